/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/util.h"

/* run and run/numatier may be missing below a root that is a copy. */
static int make_directories(int root)
{
        if (mkdirat(root, "run", 0755) < 0 && errno != EEXIST)
                return -errno;
        if (mkdirat(root, "run/numatier", 0755) < 0 && errno != EEXIST)
                return -errno;
        return 0;
}

/* Who holds it is written in it, for messages only. */
static pid_t read_holder(int fd)
{
        char buf[32];
        ssize_t n = pread(fd, buf, sizeof(buf) - 1, 0);
        unsigned pid;

        buf[n > 0 ? n : 0] = '\0';
        return parse_unsigned(buf, INT_MAX, &pid) < 0 ? 0 : (pid_t)pid;
}

static void write_holder(int fd)
{
        char buf[32];
        int n = snprintf(buf, sizeof(buf), "%ld\n", (long)getpid());

        if (ftruncate(fd, 0) == 0 && pwrite(fd, buf, (size_t)n, 0) != n)
                return; /* then messages do not name us */
}

/* Never waits. */
static int take(const char *root, const char *path, int operation, int *ret_fd, pid_t *ret_holder)
{
        _cleanup_(closep) int root_fd = -1, fd = -1;
        int r;

        root_fd = open(root ?: "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (root_fd < 0)
                return -errno;
        r = make_directories(root_fd);
        if (r < 0)
                return r;
        fd = openat(root_fd, path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0)
                return -errno;
        if (flock(fd, operation | LOCK_NB) < 0) {
                if (errno != EWOULDBLOCK)
                        return -errno;
                if (ret_holder)
                        *ret_holder = read_holder(fd);
                return -EBUSY;
        }
        write_holder(fd);
        *ret_fd = fd;
        fd = -1;
        return 0;
}

int lock_take_file(const char *root, const char *path, int *ret_fd, pid_t *ret_holder)
{
        return take(root, path, LOCK_EX, ret_fd, ret_holder);
}

int lock_share_file(const char *root, const char *path, int *ret_fd)
{
        return take(root, path, LOCK_SH, ret_fd, NULL);
}

/* Asked as somebody who would share it, and at once given back. Who holds it stays in the file. */
bool lock_is_shared(const char *root, const char *path)
{
        _cleanup_(closep) int root_fd = -1, fd = -1;

        root_fd = open(root ?: "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (root_fd >= 0)
                fd = openat(root_fd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        return fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) == 0;
}

int lock_take(const char *root, int *ret_fd, pid_t *ret_holder)
{
        return lock_take_file(root, LOCK_PATH, ret_fd, ret_holder);
}
