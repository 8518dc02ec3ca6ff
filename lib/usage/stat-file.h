/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* memory.numa_stat of a control group: read and summed up. For the files of this directory. */

#include "usage/usage.h"

/* A buffer that is used for one group after the other. */
struct stat_file {
        char *text;
        size_t allocated;
};

/* 0; -EBADMSG: that is no such file; -ENOMEM, or what reading it says. */
int stat_file_read(struct stat_file *f, struct sysroot *root, const char *path,
                   struct usage_nodes *ret);

/* What an error of it means. */
const char *stat_file_describe(int error);

/* The text of the file: 0, or -EBADMSG. */
int stat_file_parse(const char *text, size_t size, struct usage_nodes *ret);
