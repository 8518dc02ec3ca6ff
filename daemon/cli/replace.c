/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/replace.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/util.h"

static int write_new(int fd, const char *text, size_t size)
{
        int r = write_all(fd, text, size);

        return r < 0 ? r : fchmod(fd, 0644) < 0 ? -errno : 0;
}

int replace_file(const char *path, const char *text, size_t size)
{
        _cleanup_(freep) char *temporary = NULL;
        _cleanup_(closep) int fd = -1;
        struct stat st;
        int r;

        /* not /dev/stdout: root would take it away from all others */
        if (lstat(path, &st) == 0 && !S_ISREG(st.st_mode))
                return -EEXIST;
        temporary = text_new("%s.XXXXXX", path);
        if (!temporary)
                return -ENOMEM;
        fd = mkostemp(temporary, O_CLOEXEC);
        if (fd < 0)
                return -errno;
        r = write_new(fd, text, size);
        if (r == 0 && rename(temporary, path) < 0)
                r = -errno;
        if (r < 0)
                (void)unlink(temporary);
        return r;
}
