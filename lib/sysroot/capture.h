/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A captured machine: the files numatier reads, in one text that a person can read and edit.
 *
 *     # numatier capture 1
 *     sys/devices/system/node/online: 0-1          a file of one line
 *     sys/devices/system/node/node0/meminfo:       a file of several lines, each indented by two
 *       Node 0 MemTotal:         507368 kB
 *     sys/devices/system/node/has_cpu:             (nothing follows: an empty line, an empty mask)
 *     sys/devices/system/node/node7/meminfo ! ENODEV   a file whose reading fails
 *     sys/bus/dax/devices/dax0.0 -> ../../../devices/dax0.0    a symbolic link
 *     sys/firmware/acpi/tables/HMAT =              a file that is not text: bytes in hexadecimal
 *       48 4d 41 54
 *
 * Lines that start with # are comments. */

#include <stddef.h>

#include "base/messages.h"
#include "sysroot/sysroot.h"

/* Makes a root that holds a capture's files in memory. Writes change the copy in memory. name is
 * the file's, for messages. 0, -EBADMSG (each fault reported in errors as "name:line: ..."),
 * -ENOMEM.
 */
int capture_open(const char *text, size_t size, const char *name, struct messages *errors,
                 struct sysroot **ret);

/* A capture being written: files are added as they are read, and come out sorted by path. */
struct capture;

int capture_new(struct capture **ret);
struct capture *capture_free(struct capture *c);
DEFINE_CLEANUP(struct capture *, capture_free)

/* A sysroot_record_fn; userdata is the capture. The last text or error of a path counts. */
void capture_add(const char *path, const char *text, ssize_t length, bool link, void *userdata);

/* The whole text, to be freed by the caller. -ENOMEM also when an earlier addition failed. */
int capture_format(struct capture *c, char **ret);
