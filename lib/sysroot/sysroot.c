/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sysroot/sysroot.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <sys/param.h>
#include <sys/stat.h>
#include <sys/vfs.h>

/* sysfs hands out at most a page a read (fs/kernfs/file.c); whatever ends elsewhere is the end. So
 * does /proc/sys (fs/proc/proc_sysctl.c). A list elsewhere in /proc comes in as many whole lines as
 * fit into a page (fs/seq_file.c): a read of any length may not be its last. */
#define SYSFS_PAGE     4096
#define READ_ALLOC_MAX (16U << 20)

struct sysroot {
        const struct sysroot_ops *ops;
        void *data;
        bool live, read_all;
        sysroot_record_fn record;
        void *record_userdata;
};

/* The directory root: data is its file descriptor. */

static int directory_fd(void *data)
{
        return *(int *)data;
}

static ssize_t directory_read(void *data, const char *path, char *buf, size_t size)
{
        bool is_list = startswith(path, "proc/") && !startswith(path, "proc/sys/");
        _cleanup_(closep) int fd = -1;
        size_t length = 0;

        fd = openat(directory_fd(data), path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        if (fd < 0)
                return -errno;
        for (;;) {
                ssize_t n = read(fd, buf + length, size - length);

                if (n < 0) {
                        if (errno == EINTR)
                                continue;
                        return -errno;
                }
                length += (size_t)n;
                if (length == size)
                        return -EFBIG;
                if (n == 0 || (!is_list && n % SYSFS_PAGE != 0))
                        break;
        }
        buf[length] = '\0';
        return (ssize_t)length;
}

/* One pread(2): each record of page_owner is a read of its own. */
static ssize_t directory_read_at(void *data, const char *path, void *buf, size_t size,
                                 uint64_t offset)
{
        _cleanup_(closep) int fd = -1;
        ssize_t n;

        fd = openat(directory_fd(data), path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        if (fd < 0)
                return -errno;
        do
                n = pread(fd, buf, size, (off_t)offset);
        while (n < 0 && errno == EINTR);
        return n < 0 ? -errno : n;
}

static int directory_write(void *data, const char *path, const char *value)
{
        _cleanup_(closep) int fd = -1;
        size_t length = strlen(value);
        ssize_t n;

        fd = openat(directory_fd(data), path, O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOCTTY);
        if (fd < 0)
                return -errno;
        n = write(fd, value, length);
        if (n < 0)
                return -errno;
        return (size_t)n == length ? 0 : -EIO;
}

static int directory_link(void *data, const char *path, char *buf, size_t size)
{
        ssize_t n = readlinkat(directory_fd(data), path, buf, size);

        if (n < 0)
                return -errno;
        if ((size_t)n == size)
                return -ENAMETOOLONG;
        buf[n] = '\0';
        return 0;
}

/* Whether an entry is a directory; some file systems do not say so in the list. */
static bool is_directory(int directory, const struct dirent64 *entry)
{
        struct stat st;

        if (entry->d_type != DT_UNKNOWN)
                return entry->d_type == DT_DIR;
        return fstatat(directory, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
               S_ISDIR(st.st_mode);
}

static int list_entries(int directory, const char *buf, size_t length, bool directories_only,
                        sysroot_entry_fn fn, void *userdata)
{
        const struct dirent64 *entry;
        int r;

        for (size_t at = 0; at < length; at += entry->d_reclen) {
                entry = (const void *)(buf + at);
                if (streq(entry->d_name, ".") || streq(entry->d_name, ".."))
                        continue;
                if (directories_only && !is_directory(directory, entry))
                        continue;
                r = fn(entry->d_name, userdata);
                if (r != 0)
                        return r;
        }
        return 0;
}

static int list(void *data, const char *path, bool directories_only, sysroot_entry_fn fn,
                void *userdata)
{
        _Alignas(struct dirent64) char buf[16384];
        _cleanup_(closep) int fd = -1;
        int r;

        fd = openat(directory_fd(data), path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return -errno;
        for (;;) {
                ssize_t n = getdents64(fd, buf, sizeof(buf));

                if (n < 0)
                        return -errno;
                if (n == 0)
                        return 0;
                r = list_entries(fd, buf, (size_t)n, directories_only, fn, userdata);
                if (r != 0)
                        return r;
        }
}

static int directory_list(void *data, const char *path, sysroot_entry_fn fn, void *userdata)
{
        return list(data, path, false, fn, userdata);
}

/* Two links are those of the directory itself: its name, and its "." (kernfs, too:
 * fs/kernfs/inode.c). One such call spares four for most control groups. */
static int directory_list_directories(void *data, const char *path, sysroot_entry_fn fn,
                                      void *userdata)
{
        struct stat st;

        if (fstatat(directory_fd(data), path, &st, 0) < 0)
                return -errno;
        if (S_ISDIR(st.st_mode) && st.st_nlink == 2)
                return 0;
        return list(data, path, true, fn, userdata);
}

/* Hands over all whole lines of buf, and keeps what follows them. Returns its length, or what fn
 * says. */
static ssize_t pass_lines(char *buf, size_t length, size_t size, sysroot_piece_fn fn,
                          void *userdata)
{
        const char *last = memrchr(buf, '\n', length);
        size_t whole = last ? (size_t)(last - buf) + 1 : length == size ? size : 0;
        int r = whole > 0 ? fn(buf, whole, userdata) : 0;

        if (r < 0)
                return r;
        memmove(buf, buf + whole, length - whole);
        return (ssize_t)(length - whole);
}

static int directory_scan(void *data, const char *path, sysroot_piece_fn fn, void *userdata)
{
        _cleanup_(closep) int fd = -1;
        size_t length = 0;
        char buf[65536];

        fd = openat(directory_fd(data), path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        if (fd < 0)
                return -errno;
        for (;;) {
                ssize_t n = read(fd, buf + length, sizeof(buf) - length);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                if (n == 0)
                        return length > 0 ? fn(buf, length, userdata) : 0;
                n = pass_lines(buf, length + (size_t)n, sizeof(buf), fn, userdata);
                if (n < 0)
                        return (int)n;
                length = (size_t)n;
        }
}

/* Makes the directories above path. */
static int make_parents(int root, const char *path)
{
        char parent[PATH_MAX];

        if (strlen(path) >= sizeof(parent))
                return -ENAMETOOLONG;
        for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
                memcpy(parent, path, (size_t)(slash - path));
                parent[slash - path] = '\0';
                if (mkdirat(root, parent, 0755) == 0)
                        (void)fchmodat(root, parent, 0755, 0); /* whatever the umask is */
                else if (errno != EEXIST)
                        return -errno;
        }
        return 0;
}

static int directory_replace(void *data, const char *path, const char *text, size_t size)
{
        int root = directory_fd(data), r;
        _cleanup_(freep) char *temporary = NULL;
        _cleanup_(closep) int fd = -1;

        if (asprintf(&temporary, "%s.%ld.tmp", path, (long)getpid()) < 0) {
                temporary = NULL;
                return -ENOMEM;
        }
        r = make_parents(root, path);
        if (r < 0)
                return r;
        fd = openat(root, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
        if (fd < 0)
                return -errno;
        r = write_all(fd, text, size);
        if (r == 0 && (fchmod(fd, 0644) < 0 || fsync(fd) < 0))
                r = -errno;
        if (r == 0 && renameat(root, temporary, root, path) < 0)
                r = -errno;
        if (r < 0)
                (void)unlinkat(root, temporary, 0);
        return r;
}

static void directory_free(void *data)
{
        (void)close(directory_fd(data));
        free(data);
}

static int directory_remove(void *data, const char *path)
{
        return unlinkat(directory_fd(data), path, 0) < 0 ? -errno : 0;
}

/* sysfs numbers its entries upwards and does not use a number again (fs/kernfs/dir.c). */
static int directory_identify(void *data, const char *path, uint64_t *ret)
{
        struct stat st;

        if (fstatat(directory_fd(data), path, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return -errno;
        *ret = st.st_ino;
        return 0;
}

static const struct sysroot_ops directory_ops = {
        .read = directory_read,
        .write = directory_write,
        .link = directory_link,
        .list = directory_list,
        .replace = directory_replace,
        .remove = directory_remove,
        .identify = directory_identify,
        .read_at = directory_read_at,
        .list_directories = directory_list_directories,
        .scan = directory_scan,
        .free = directory_free,
};

static bool shows_sysfs(const char *path)
{
        char sys[PATH_MAX];
        struct statfs fs;

        if (snprintf(sys, sizeof(sys), "%s/sys", path) >= (int)sizeof(sys))
                return false;
        return statfs(sys, &fs) == 0 && fs.f_type == SYSFS_MAGIC;
}

int sysroot_open(const char *path, struct sysroot **ret)
{
        _cleanup_(closep) int fd = -1;
        int *data, r;

        fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return -errno;
        data = malloc(sizeof(*data));
        if (!data)
                return -ENOMEM;
        *data = fd;
        fd = -1;
        r = sysroot_new(&directory_ops, data, ret);
        if (r < 0)
                return r;
        (*ret)->live = shows_sysfs(path);
        return 0;
}

int sysroot_new(const struct sysroot_ops *ops, void *data, struct sysroot **ret)
{
        struct sysroot *root = calloc(1, sizeof(*root));

        if (!root) {
                ops->free(data);
                return -ENOMEM;
        }
        root->ops = ops;
        root->data = data;
        root->live = ops->live;
        *ret = root;
        return 0;
}

struct sysroot *sysroot_free(struct sysroot *root)
{
        if (root) {
                root->ops->free(root->data);
                free(root);
        }
        return NULL;
}

bool sysroot_is_live(const struct sysroot *root)
{
        return root->live;
}

bool sysroot_is_absent(ssize_t error)
{
        return error == -ENOENT || error == -ENODEV || error == -ENOTDIR;
}

/* Not there (any more), too large for this buffer, or busy at the moment. */
static bool is_passing(ssize_t error)
{
        return sysroot_is_absent(error) || error == -EFBIG || error == -EAGAIN;
}

void sysroot_reportf(struct messages *problems, ssize_t error, const char *format, ...)
{
        char path[SYSROOT_PATH_MAX];
        va_list ap;

        if (sysroot_is_absent(error))
                return;
        va_start(ap, format);
        (void)vsnprintf(path, sizeof(path), format, ap);
        va_end(ap);
        messages_add(problems, "/%s: cannot be read: %s", path, strerror((int)-error));
}

ssize_t sysroot_read(struct sysroot *root, const char *path, char *buf, size_t size)
{
        ssize_t n = root->ops->read(root->data, path, buf, size);

        if (root->record && (n >= 0 || !is_passing(n)))
                root->record(path, n < 0 ? NULL : buf, n, false, root->record_userdata);
        return n;
}

ssize_t sysroot_read_at(struct sysroot *root, const char *path, void *buf, size_t size,
                        uint64_t offset)
{
        return root->ops->read_at ? root->ops->read_at(root->data, path, buf, size, offset)
                                  : -EOPNOTSUPP;
}

int sysroot_read_line(struct sysroot *root, const char *path, char *buf, size_t size)
{
        ssize_t n = sysroot_read(root, path, buf, size);

        if (n < 0)
                return (int)n;
        buf[strcspn(buf, "\n")] = '\0';
        return 0;
}

int sysroot_readlink(struct sysroot *root, const char *path, char *buf, size_t size)
{
        int r = root->ops->link ? root->ops->link(root->data, path, buf, size) : -ENOENT;

        if (r == 0 && root->record)
                root->record(path, buf, (ssize_t)strlen(buf), true, root->record_userdata);
        return r;
}

int sysroot_read_alloc(struct sysroot *root, const char *path, char **ret)
{
        size_t size;

        return sysroot_read_bytes(root, path, ret, &size);
}

int sysroot_read_bytes(struct sysroot *root, const char *path, char **ret, size_t *ret_size)
{
        for (size_t size = 4 * SYSFS_PAGE;; size = MIN(size * 16, READ_ALLOC_MAX)) {
                _cleanup_(freep) char *buf = malloc(size);
                ssize_t n;

                if (!buf)
                        return -ENOMEM;
                n = sysroot_read(root, path, buf, size);
                if (n >= 0) {
                        *ret = TAKE_PTR(buf);
                        *ret_size = (size_t)n;
                        return 0;
                }
                if (n != -EFBIG || size == READ_ALLOC_MAX)
                        return (int)n;
        }
}

int sysroot_read_unsigned(struct sysroot *root, const char *path, unsigned max, unsigned *ret,
                          struct messages *problems)
{
        char buf[64];
        ssize_t n;

        n = sysroot_read(root, path, buf, sizeof(buf));
        if (n < 0 && n != -EFBIG)
                return (int)n;
        if (n >= 0 && memchr(buf, '\0', (size_t)n) == NULL && parse_unsigned(buf, max, ret) == 0)
                return 0;
        if (problems)
                messages_add(problems, "/%s: expected a number from 0 to %u, found \"%.*s\"", path,
                             max, n < 0 ? 0 : (int)strcspn(buf, "\n"), buf);
        return -EBADMSG;
}

/* Makes a path of the arguments after format. The result has the type of call, which uses path. */
#define WITH_PATH(format, call)                                                                    \
        ({                                                                                         \
                char path[SYSROOT_PATH_MAX];                                                       \
                va_list ap;                                                                        \
                int length;                                                                        \
                                                                                                   \
                va_start(ap, format);                                                              \
                length = vsnprintf(path, sizeof(path), format, ap);                                \
                va_end(ap);                                                                        \
                length < 0 || (size_t)length >= sizeof(path) ? -ENAMETOOLONG : (call);             \
        })

ssize_t sysroot_readf(struct sysroot *root, char *buf, size_t size, const char *format, ...)
{
        return WITH_PATH(format, sysroot_read(root, path, buf, size));
}

int sysroot_read_linef(struct sysroot *root, char *buf, size_t size, const char *format, ...)
{
        return WITH_PATH(format, sysroot_read_line(root, path, buf, size));
}

int sysroot_read_allocf(struct sysroot *root, char **ret, const char *format, ...)
{
        return WITH_PATH(format, sysroot_read_alloc(root, path, ret));
}

int sysroot_read_unsignedf(struct sysroot *root, unsigned max, unsigned *ret,
                           struct messages *problems, const char *format, ...)
{
        return WITH_PATH(format, sysroot_read_unsigned(root, path, max, ret, problems));
}

int sysroot_readlinkf(struct sysroot *root, char *buf, size_t size, const char *format, ...)
{
        return WITH_PATH(format, sysroot_readlink(root, path, buf, size));
}

int sysroot_listf(struct sysroot *root, sysroot_entry_fn fn, void *userdata, const char *format,
                  ...)
{
        return WITH_PATH(format, sysroot_list(root, path, fn, userdata));
}

int sysroot_write(struct sysroot *root, const char *path, const char *value)
{
        return root->ops->write(root->data, path, value);
}

int sysroot_identify(struct sysroot *root, const char *path, uint64_t *ret)
{
        if (root->ops->identify)
                return root->ops->identify(root->data, path, ret);
        *ret = 0;
        return 0;
}

int sysroot_list(struct sysroot *root, const char *path, sysroot_entry_fn fn, void *userdata)
{
        return root->ops->list(root->data, path, fn, userdata);
}

int sysroot_list_directories(struct sysroot *root, const char *path, sysroot_entry_fn fn,
                             void *userdata)
{
        if (!root->ops->list_directories)
                return sysroot_list(root, path, fn, userdata);
        return root->ops->list_directories(root->data, path, fn, userdata);
}

int sysroot_scan(struct sysroot *root, const char *path, sysroot_piece_fn fn, void *userdata)
{
        _cleanup_(freep) char *text = NULL;
        size_t size;
        int r;

        if (root->ops->scan)
                return root->ops->scan(root->data, path, fn, userdata);
        r = sysroot_read_bytes(root, path, &text, &size);
        return r < 0 || size == 0 ? r : fn(text, size, userdata);
}

int sysroot_replace(struct sysroot *root, const char *path, const char *text)
{
        return sysroot_replace_bytes(root, path, text, strlen(text));
}

int sysroot_replace_bytes(struct sysroot *root, const char *path, const char *bytes, size_t size)
{
        return root->ops->replace(root->data, path, bytes, size);
}

int sysroot_remove(struct sysroot *root, const char *path)
{
        return root->ops->remove ? root->ops->remove(root->data, path) : -EROFS;
}

void sysroot_record(struct sysroot *root, sysroot_record_fn fn, void *userdata)
{
        root->record = fn;
        root->record_userdata = userdata;
}

void sysroot_read_all(struct sysroot *root)
{
        root->read_all = true;
}

bool sysroot_reads_all(const struct sysroot *root)
{
        return root->read_all;
}
