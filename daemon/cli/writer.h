/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Writes that may take minutes, in a thread: so that a signal, a limit of time and the progress bar
 * do not wait for the kernel. Any signal that reaches a thread makes the kernel give up to take a
 * block offline (mm/memory_hotplug.c:offline_pages), so the thread blocks all of them but the one
 * that is sent to it on purpose. */

#include <stdbool.h>
#include <stdint.h>

#include "base/util.h"
#include "sysroot/sysroot.h"

struct writer;

/* A job runs in the thread; all it touches must outlive the writer. */
typedef int (*writer_job_fn)(struct sysroot *root, void *data);

/* Called from writer_do() and writer_wait(), the first a few times a second. */
typedef void (*writer_tick_fn)(void *userdata);

/* From now on SIGINT, SIGTERM and SIGHUP do not end the program: they end what the writer does. A
 * closed pipe does not end it either: what was begun must be brought to its end.
 * deadline_usec: of monotonic time, when all writing ends; 0: never. 0 or a negative errno. */
int writer_new(struct sysroot *root, uint64_t deadline_usec, writer_tick_fn tick, void *userdata,
               struct writer **ret);

/* before is called before a job is interrupted because its time is over: it then shows what it is
 * busy with. */
void writer_set_before_interrupt(struct writer *w, writer_tick_fn before);

/* Waits for the thread, unless that is stuck in the kernel. */
struct writer *writer_free(struct writer *w);
DEFINE_CLEANUP(struct writer *, writer_free)

/* Runs a job, and interrupts it after limit_usec (0: never), at the deadline, or when a signal
 * arrives. What the job returns; -ETIMEDOUT or -EINTR if it was interrupted and therefore returned
 * -EINTR, or if it was not begun, since that was so already; -EINTR also if it returns that again
 * and again for no reason that is known; -EINPROGRESS if it does not end even then: nothing can be
 * written any more. */
int writer_do(struct writer *w, writer_job_fn job, void *data, uint64_t limit_usec);

/* 0: go on. -EINTR: a signal arrived. -ETIMEDOUT: the deadline has passed. -EINPROGRESS: stuck. */
int writer_check(struct writer *w);

/* Waits; returns as writer_check(), at once if that says to end. */
int writer_wait(struct writer *w, uint64_t usec);

/* Forgets the signal and the deadline: what was done must be undone now. Later signals count
 * again only if there are three of them. */
void writer_persist(struct writer *w);

uint64_t monotonic_usec(void);
