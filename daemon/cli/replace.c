/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/replace.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/util.h"

/* Whatever happens, the file is the old one or the whole new one. */
static int replace(const char *path, const void *bytes, size_t size)
{
        _cleanup_(freep) char *temporary = NULL;
        _cleanup_(closep) int fd = -1;
        int r;

        temporary = text_new("%s.XXXXXX", path);
        if (!temporary)
                return -ENOMEM;
        fd = mkostemp(temporary, O_CLOEXEC);
        if (fd < 0)
                return -errno;
        r = write_all(fd, bytes, size);
        if (r == 0 && (fchmod(fd, 0644) < 0 || fsync(fd) < 0 || rename(temporary, path) < 0))
                r = -errno;
        if (r < 0)
                (void)unlink(temporary);
        return r;
}

int output_write_file(const char *path, const void *bytes, size_t size)
{
        _cleanup_(closep) int fd = -1;
        struct stat st;

        if (stat(path, &st) < 0 || S_ISREG(st.st_mode))
                return replace(path, bytes, size);
        fd = open(path, O_WRONLY | O_CLOEXEC);
        return fd < 0 ? -errno : write_all(fd, bytes, size);
}
