/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A root that is a directory: real files, with what a capture cannot hold. */
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "testing.h"

static int directory;
static struct sysroot *root;

static void put(const char *path, const char *bytes, size_t length)
{
        int fd = openat(directory, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

        assert(fd >= 0 && write(fd, bytes, length) == (ssize_t)length);
        close(fd);
}

/* Zeros. */
static void put_size(const char *path, off_t size)
{
        int fd = openat(directory, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

        assert(fd >= 0 && ftruncate(fd, size) == 0);
        close(fd);
}

static void test_read(void)
{
        char buf[16], page[8192], *text;
        size_t size;

        put("f", "12", 2); /* no newline */
        assert(sysroot_read(root, "f", buf, sizeof(buf)) == 2);
        assert_streq(buf, "12");
        put("f", "", 0);
        assert(sysroot_read(root, "f", buf, sizeof(buf)) == 0 && buf[0] == '\0');
        put("f", "0123456789abcdef", 15);
        assert(sysroot_read(root, "f", buf, sizeof(buf)) == 15);
        put("f", "0123456789abcdef", 16); /* no room for the NUL */
        assert(sysroot_read(root, "f", buf, sizeof(buf)) == -EFBIG);
        assert(sysroot_read(root, "absent", buf, sizeof(buf)) == -ENOENT);
        memset(page, 'x', sizeof(page));
        put("f", page, 4096); /* one page to the byte: it may go on, and does not */
        assert(sysroot_read_alloc(root, "f", &text) == 0 && strlen(text) == 4096);
        free(text);
        put("f", page, sizeof(page));
        assert(sysroot_read_alloc(root, "f", &text) == 0 && strlen(text) == sizeof(page));
        free(text);
        assert(sysroot_read_alloc(root, "absent", &text) == -ENOENT);
        put_size("f", (16 << 20) - 1);
        assert(sysroot_read_bytes(root, "f", &text, &size) == 0 && size == (16 << 20) - 1);
        free(text);
        put_size("f", 16 << 20);
        assert(sysroot_read_bytes(root, "f", &text, &size) == -EFBIG);
        put("f", "", 0);
}

static void test_read_line(void)
{
        char buf[16];

        put("f", "12\n34\n", 6);
        assert(sysroot_read_line(root, "f", buf, sizeof(buf)) == 0);
        assert_streq(buf, "12");
        put("f", "12", 2);
        assert(sysroot_read_linef(root, buf, sizeof(buf), "%s", "f") == 0);
        assert_streq(buf, "12");
        assert(sysroot_read_line(root, "absent", buf, sizeof(buf)) == -ENOENT);
}

static int read_number(const char *bytes, size_t length, unsigned *ret, struct messages *problems)
{
        put("n", bytes, length);
        return sysroot_read_unsigned(root, "n", 99, ret, problems);
}

static void test_read_unsigned(void)
{
        struct messages problems = MESSAGES_INIT;
        unsigned n = 7;

        assert(read_number("99", 2, &n, &problems) == 0 && n == 99);
        assert(read_number(" 5 \n", 4, &n, &problems) == 0 && n == 5);
        assert(problems.n == 0);
        assert(read_number("5\0"
                           "6",
                           3, &n, &problems) == -EBADMSG);
        assert(read_number("100\n", 4, &n, &problems) == -EBADMSG);
        assert_streq(problems.items[1], "/n: expected a number from 0 to 99, found \"100\"");
        assert(read_number("\377\n", 2, &n, NULL) == -EBADMSG); /* reported to nobody */
        assert(problems.n == 2 && n == 5);
        assert(sysroot_read_unsigned(root, "absent", 9, &n, &problems) == -ENOENT);
        assert(problems.n == 2);
        messages_done(&problems);
}

/* Which errors say that there is no such file, and what is reported of the others. */
static void test_absent(void)
{
        struct messages problems = MESSAGES_INIT;
        char *text = NULL;

        assert(sysroot_is_absent(-ENOENT) && sysroot_is_absent(-ENODEV));
        assert(sysroot_is_absent(-ENOTDIR) && !sysroot_is_absent(0) && !sysroot_is_absent(7));
        assert(!sysroot_is_absent(-EIO) && !sysroot_is_absent(-EAGAIN));
        assert(!sysroot_is_absent(-EACCES) && !sysroot_is_absent(-EBADMSG));
        sysroot_reportf(&problems, -ENODEV, "node%u/meminfo", 1U);
        assert(problems.n == 0);
        sysroot_reportf(&problems, -EIO, "node%u/meminfo", 1U);
        assert_streq(problems.items[0], "/node1/meminfo: cannot be read: Input/output error");
        messages_done(&problems);
        put("node1", "text\n", 5);
        assert(sysroot_read_allocf(root, &text, "node%u", 1U) == 0);
        assert_streq(text, "text\n");
        free(text);
        assert(sysroot_read_allocf(root, &text, "%0300d", 1) == -ENAMETOOLONG);
}

static void test_write(void)
{
        char buf[32];

        put("w", "a longer text than before\n", 26);
        assert(sysroot_write(root, "w", "5") == 0);
        assert(sysroot_read(root, "w", buf, sizeof(buf)) == 1 && streq(buf, "5"));
        assert(sysroot_write(root, "never", "5") == -ENOENT); /* and it was not made */
        assert(sysroot_read(root, "never", buf, sizeof(buf)) == -ENOENT);
}

static void test_replace(void)
{
        char buf[32];

        assert(sysroot_replace(root, "run/numatier/state", "one\n") == 0);
        assert(sysroot_replace(root, "run/numatier/state", "two\n") == 0);
        assert(sysroot_read(root, "run/numatier/state", buf, sizeof(buf)) == 4);
        assert_streq(buf, "two\n");
        assert(sysroot_replace(root, "w/x", "y") == -ENOTDIR);
}

static unsigned mode_of(const char *name)
{
        struct stat st;

        assert(fstatat(directory, name, &st, 0) == 0);
        return st.st_mode & 07777;
}

/* Any user may run numatier status, whoever set a tier. */
static void test_replace_under_umask(void)
{
        mode_t before = umask(0077);

        assert(sysroot_replace(root, "etc/new/file", "x") == 0);
        umask(before);
        assert(mode_of("etc/new/file") == 0644 && mode_of("etc/new") == 0755);
}

static int count(const char *name, void *userdata)
{
        assert(!streq(name, ".") && !streq(name, ".."));
        return ++*(unsigned *)userdata == 100 ? 42 : 0;
}

/* More entries than one getdents64(2) returns. */
static void test_list(void)
{
        char name[64];
        unsigned n = 0;

        assert(mkdirat(directory, "many", 0755) == 0);
        assert(sysroot_list(root, "many", count, &n) == 0 && n == 0);
        for (unsigned i = 0; i < 700; i++) {
                snprintf(name, sizeof(name), "many/a-name-of-some-length-%u", i);
                put(name, "", 0);
        }
        assert(sysroot_list(root, "many", count, &n) == 42 && n == 100); /* as asked */
        assert(sysroot_list(root, "many", count, &n) == 0 && n == 800);
        assert(sysroot_list(root, "absent", count, &n) == -ENOENT);
        assert(sysroot_list(root, "w", count, &n) == -ENOTDIR);
}

/* A list of /proc that one read(2) does not return: the stack is among the last of it. */
/* Files and links to directories are left out, and a directory without others is not opened. */
static void test_list_directories(void)
{
        unsigned n = 0;

        assert(mkdirat(directory, "tree", 0755) == 0);
        put("tree/file", "", 0);
        assert(symlinkat("..", directory, "tree/link") == 0);
        assert(sysroot_list_directories(root, "tree", count, &n) == 0 && n == 0);
        assert(mkdirat(directory, "tree/a", 0755) == 0 && mkdirat(directory, "tree/b", 0) == 0);
        assert(sysroot_list_directories(root, "tree", count, &n) == 0 && n == 2);
        assert(sysroot_list_directories(root, "tree/none", count, &n) == -ENOENT);
        assert(sysroot_list_directories(root, "tree/file", count, &n) == -ENOTDIR && n == 2);
}

struct scanned {
        size_t n, size;
        bool is_cut; /* a piece ended within a line */
};

static int scan(const char *text, size_t size, void *userdata)
{
        struct scanned *s = userdata;

        s->is_cut = s->is_cut || s->n > 1; /* only the last one may */
        s->n += text[size - 1] != '\n';
        s->size += size;
        return memchr(text, '!', size) ? -EBADMSG : 0;
}

static void test_scan(void)
{
        _cleanup_(freep) char *text = malloc(300000);
        struct scanned s = { 0 };

        assert(text);
        put("scan", "", 0);
        assert(sysroot_scan(root, "scan", scan, &s) == 0 && s.size == 0);
        for (size_t i = 0; i < 300000; i++)
                text[i] = i % 97 == 0 ? '\n' : 'x';
        put("scan", text, 300000);
        assert(sysroot_scan(root, "scan", scan, &s) == 0 && s.size == 300000);
        assert(s.n == 1 && !s.is_cut); /* the file ends without a newline */
        memset(text, 'x', 300000);     /* one line that is longer than a piece */
        put("scan", text, 300000);
        s = (struct scanned){ 0 };
        assert(sysroot_scan(root, "scan", scan, &s) == 0 && s.size == 300000 && s.n > 1);
        text[0] = '!';
        put("scan", text, 300000);
        assert(sysroot_scan(root, "scan", scan, &s) == -EBADMSG);
        assert(sysroot_scan(root, "none", scan, &s) == -ENOENT);
}

static void test_long_list(void)
{
        _cleanup_(sysroot_freep) struct sysroot *live = NULL;
        _cleanup_(freep) char *maps = NULL;

        assert(sysroot_open("/", &live) == 0);
        assert(sysroot_read_alloc(live, "proc/self/smaps", &maps) == 0);
        assert(strlen(maps) > 4096 && strstr(maps, "[stack]"));
}

static _Noreturn void write_twice(void)
{
        int fd = openat(directory, "proc/list", O_WRONLY | O_CLOEXEC), unread = 1;

        if (fd < 0 || write(fd, "one\n", 4) != 4)
                _exit(1);
        while (unread > 0)
                if (ioctl(fd, FIONREAD, &unread) < 0 || usleep(100) < 0)
                        _exit(1);
        _exit(write(fd, "two\n", 4) == 4 ? 0 : 1);
}

/* A read that returns little is not the last: the next line did not fit. */
static void test_short_read(void)
{
        char buf[64];
        int status;
        pid_t pid;

        assert(mkdirat(directory, "proc", 0755) == 0 &&
               mkfifoat(directory, "proc/list", 0600) == 0);
        pid = fork();
        assert(pid >= 0);
        if (pid == 0)
                write_twice();
        assert(sysroot_read(root, "proc/list", buf, sizeof(buf)) == 8);
        assert_streq(buf, "one\ntwo\n");
        assert(waitpid(pid, &status, 0) == pid && status == 0);
}

int main(void)
{
        char path[] = "/tmp/numatier-test-XXXXXX", command[64];
        struct sysroot *none;

        assert(mkdtemp(path));
        directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        assert(directory >= 0 && sysroot_open(path, &root) == 0);
        assert(!sysroot_is_live(root)); /* a copy */
        assert(sysroot_open("/absent", &none) == -ENOENT);
        test_read();
        test_read_line();
        test_read_unsigned();
        test_absent();
        test_write();
        test_replace();
        test_replace_under_umask();
        test_list();
        test_list_directories();
        test_scan();
        test_long_list();
        test_short_read();
        sysroot_free(root);
        close(directory);
        snprintf(command, sizeof(command), "rm -r %s", path);
        assert(system(command) == 0);
}
