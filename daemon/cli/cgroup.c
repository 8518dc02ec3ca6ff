/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/cgroup.h"

#include <fcntl.h>

#include "base/util.h"

#define PAGES_PATH "proc/kpagecgroup"
#define CGROUP_DIR "/sys/fs/cgroup"
/* include/linux/exportfs.h:FILEID_KERNFS, not in a header of the C library: the identifier of a
 * directory is its inode number, on 64-bit machines. */
#define FILEID_KERNFS 0xfe

static int open_by_inode(uint64_t inode)
{
        _Alignas(struct file_handle) char buf[sizeof(struct file_handle) + sizeof(inode)];
        struct file_handle *handle = (void *)buf;
        _cleanup_(closep) int mount = -1;

        mount = open(CGROUP_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (mount < 0)
                return -1;
        handle->handle_bytes = sizeof(inode);
        handle->handle_type = FILEID_KERNFS;
        memcpy(handle->f_handle, &inode, sizeof(inode));
        return open_by_handle_at(mount, handle, O_PATH | O_CLOEXEC);
}

bool cgroup_of_page(struct sysroot *root, uint64_t pfn, char ret[static CGROUP_PATH_MAX])
{
        char link[32], path[sizeof(CGROUP_DIR) + CGROUP_PATH_MAX];
        _cleanup_(closep) int fd = -1;
        const char *below;
        uint64_t inode;
        ssize_t n;

        if (sysroot_read_at(root, PAGES_PATH, &inode, sizeof(inode), pfn * sizeof(inode)) !=
                    sizeof(inode) ||
            inode == 0)
                return false;
        fd = open_by_inode(inode);
        if (fd < 0)
                return false;
        snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
        n = readlink(link, path, sizeof(path) - 1);
        if (n < 0)
                return false;
        path[n] = '\0';
        below = startswith(path, CGROUP_DIR);
        if (!below || *below != '/' || strlen(below) >= CGROUP_PATH_MAX)
                return false;
        strcpy(ret, below);
        return true;
}
