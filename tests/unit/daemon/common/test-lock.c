/* SPDX-License-Identifier: LGPL-2.1-or-later */
#undef NDEBUG
#include <assert.h>
#include <errno.h>
#include <sys/stat.h>

#include "base/util.h"
#include "common/lock.h"

int main(void)
{
        char root[] = "/tmp/numatier-test-XXXXXX", path[64];
        struct stat st;
        pid_t holder;
        int fd, other;

        assert(mkdtemp(root));
        assert(lock_take(root, &fd, NULL) == 0);
        assert(lock_take(root, &other, &holder) == -EBUSY && holder == getpid());
        assert(lock_take(root, &other, NULL) == -EBUSY);

        snprintf(path, sizeof(path), "%s/" LOCK_PATH, root);
        assert(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600);
        close(fd);
        assert(lock_take(root, &fd, NULL) == 0);
        close(fd);

        /* shared by several, or one alone */
        assert(lock_share_file(root, LOCK_PATH, &fd) == 0);
        assert(lock_share_file(root, LOCK_PATH, &other) == 0);
        close(other);
        assert(lock_is_shared(root, LOCK_PATH));
        assert(lock_take(root, &other, &holder) == -EBUSY && holder == getpid());
        close(fd);
        assert(lock_take(root, &fd, NULL) == 0);
        assert(!lock_is_shared(root, LOCK_PATH));
        assert(lock_share_file(root, LOCK_PATH, &other) == -EBUSY);
        close(fd);

        assert(unlink(path) == 0);
        *strrchr(path, '/') = '\0';
        assert(rmdir(path) == 0);
        *strrchr(path, '/') = '\0';
        assert(rmdir(path) == 0 && rmdir(root) == 0);
        assert(lock_take(root, &fd, NULL) == -ENOENT);
        return 0;
}
