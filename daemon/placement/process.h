/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A process whose pages are moved: what it is, and whether it is still the same. */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/messages.h"
#include "base/nodeset.h"
#include "sysroot/sysroot.h"

#define PROCESS_NAME_MAX 64

struct process {
        pid_t pid;
        int fd; /* a pidfd, or -1: of a recorded machine */
        char name[PROCESS_NAME_MAX];
        struct nodeset memory; /* the nodes that its cpuset allows */
};

#define PROCESS_NONE ((struct process){ .fd = -1 })

/* 0; -ESRCH: there is none; -EINVAL: a thread of the kernel, which has no memory of its own;
 * -EXDEV: /proc is of another PID namespace; or what the system says. What is wrong is said in
 * errors. */
int process_open(struct sysroot *root, pid_t pid, struct messages *errors, struct process *ret);
void process_close(struct process *p);

/* Whether it has not ended: the number may be that of another process otherwise. */
bool process_is_alive(const struct process *p);

/* Whether it has ended or does so within a second: its memory goes first, so that calls fail. */
bool process_is_ending(const struct process *p);

/* Parses /proc/PID/stat: the name, made printable, whether it is a thread of the kernel, and
 * whether it, or its first thread alone, has ended. 0 or -EBADMSG. */
int process_parse_stat(const char *text, char name[static PROCESS_NAME_MAX], bool *ret_kernel,
                       bool *ret_zombie);

/* The nodes that the cpuset of a process allows, from the text of /proc/PID/status. 0 or -EBADMSG.
 */
int process_parse_memory(const char *text, struct nodeset *ret);
