/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/hmat-room.h"

#include <dirent.h>
#include <errno.h>
#include <sys/param.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/util.h"

/* As distributions name them (hmat/initrd.h). */
static bool is_initrd(const char *name)
{
        return startswith(name, "initrd") || startswith(name, "initramfs");
}

int boot_room_measure(const char *directory, struct boot_room *ret)
{
        DIR *d = opendir(directory);
        struct statvfs fs;
        struct dirent *e;
        struct stat st;

        *ret = (struct boot_room){ 0 };
        if (!d)
                return -errno;
        if (fstatvfs(dirfd(d), &fs) < 0) {
                int error = -errno;

                (void)closedir(d);
                return error;
        }
        ret->free = (uint64_t)fs.f_bfree * fs.f_frsize;
        while ((e = readdir(d)))
                if (is_initrd(e->d_name) && fstatat(dirfd(d), e->d_name, &st, 0) == 0 &&
                    S_ISREG(st.st_mode))
                        ret->largest = MAX(ret->largest, (uint64_t)st.st_size);
        (void)closedir(d);
        return 0;
}
