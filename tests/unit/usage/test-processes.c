/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <sys/stat.h>

#include "usage/usage.h"

#include "testing.h"

#define MAPS(pid)       "proc/" #pid "/numa_maps:\n"
#define COMM(pid, name) "proc/" #pid "/comm: " name "\n"
#define STAT(pid, rest) "proc/" #pid "/stat: " #pid " " rest "\n"
#define RUNS            "S 1 5 5 0 -1 4194304 0 0"
#define KERNEL_THREAD   "S 2 0 0 0 -1 2129984 0 0"
#define ENDED           "Z 1 5 5 0 -1 4194304 0 0"

static struct usage_tiers two_tiers(void)
{
        struct usage_tiers t = { .n = 2, .first_slow = 1 };

        for (unsigned i = 0; i < NODE_MAX; i++)
                t.of_node[i] = i < 2 ? i : 2;
        return t;
}

static int list(const char *text, struct usage_order order, struct messages *problems,
                struct usage_list **ret)
{
        _cleanup_(sysroot_freep) struct sysroot *root = root_from(text);
        struct usage_tiers tiers = two_tiers();

        return usage_list_processes(root, &tiers, &order, problems, ret);
}

static const char machine[] = MAPS(
        5) "  1000 bind:1 heap anon=3 dirty=3 N0=1 N1=2 kernelpagesize_kB=4\n"
           "  2000 default file=/bin/cat mapped=2 N0=2 kernelpagesize_kB=4\n" COMM(5, "cat") MAPS(
                   6) "  1000 default huge anon=1 dirty=1 N0=1 kernelpagesize_kB=2048\n" COMM(6,
                                                                                              "big")
                   MAPS(7) "  1000 default anon=1 dirty=1 N1=1 kernelpagesize_kB=4\n" /* it ends
                                                                                         then */
        MAPS(8) "  \n"
                "proc/9/numa_maps ! EACCES\nproc/10/numa_maps ! EACCES\nproc/11/numa_maps ! EIO\n"
                "proc/12/numa_maps ! ESRCH\nproc/13/comm: kthread\nproc/meminfo: x\n";

static void test_list(void)
{
        struct messages problems = MESSAGES_INIT;
        _cleanup_(usage_list_freep) struct usage_list *l = NULL;

        assert(list(machine, (struct usage_order){ 0 }, &problems, &l) == 0);
        assert(l->n == 2 && l->n_found == 2 && l->users_overlap && !l->has_kernel);
        assert_streq(l->users[0]->name, "cat"); /* the other has nothing in the slow tier */
        assert(l->users[0]->pid == 5 && !l->users[0]->cgroup);
        assert(l->users[0]->tiers[0].anon == 4096 && l->users[0]->tiers[1].anon == 8192);
        assert(l->users[0]->tiers[0].file == 8192 && l->users[0]->slow == 8192);
        assert(l->users[1]->total == 2 << 20);
        assert(l->sum->total == 5 * 4096 + (2 << 20));
        assert(problems.n == 2);
        assert(messages_have(&problems, "/proc/10/numa_maps: Permission denied: 2 processes of"));
        assert(messages_have(&problems, "/numa_maps: ") &&
               messages_have(&problems, "(2 processes)"));
        messages_done(&problems);
}

static void test_limit(void)
{
        struct messages problems = MESSAGES_INIT;
        _cleanup_(usage_list_freep) struct usage_list *l = NULL, *by_name = NULL;

        assert(list(machine, (struct usage_order){ .key = USAGE_BY_TOTAL, .limit = 1 }, &problems,
                    &l) == 0);
        assert(l->n == 1 && l->n_found == 3); /* of 7 the name was not needed */
        assert_streq(l->users[0]->name, "big");
        assert(list(machine, (struct usage_order){ .key = USAGE_BY_NAME, .limit = 1 }, &problems,
                    &by_name) == 0);
        assert_streq(by_name->users[0]->name, "big");
        messages_done(&problems);
}

static void test_none(void)
{
        struct messages problems = MESSAGES_INIT;
        struct usage_list *l = NULL;

        assert(list("proc/5/comm: cat\nproc/6/comm: dog\n", (struct usage_order){ 0 }, &problems,
                    &l) == -EOPNOTSUPP);
        assert(list("proc/meminfo: x\n", (struct usage_order){ 0 }, &problems, &l) == -ENOENT);
        assert(list("", (struct usage_order){ 0 }, &problems, &l) == -ENOENT);
        assert(problems.n == 0 && !l);
}

static int read_from(struct sysroot *root, struct usage_nodes *n, const char *want)
{
        struct messages errors = MESSAGES_INIT;
        int r = usage_read_process(root, 5, &errors, n);

        assert((r == 0) == (errors.n == 0));
        if (r < 0 && !messages_have(&errors, want)) {
                fprintf(stderr, "\"%s\" is not \"%s\"\n", errors.items[0], want);
                abort();
        }
        messages_done(&errors);
        return r;
}

static int read_one(const char *text, struct usage_nodes *n, const char *want)
{
        _cleanup_(sysroot_freep) struct sysroot *root = root_from(text);

        return read_from(root, n, want);
}

static void test_one(void)
{
        _cleanup_(freep) struct usage_nodes *n = malloc(sizeof(*n));

        assert(n);
        /* copies of a file's pages: as its pages are spread, and all of them */
        assert(read_one(MAPS(5) "  1000 default file=/x anon=3 N0=4 N1=2 N3=1 "
                                "kernelpagesize_kB=4\n" STAT(5, "(a) b) " RUNS),
                        n, "") == 0);
        assert(n->amounts[0].anon == 4096 && n->amounts[0].file == 3 * 4096);
        assert(n->amounts[1].anon == 4096 && n->amounts[1].file == 4096);
        assert(n->amounts[3].anon == 4096 && n->amounts[3].file == 0 && !n->has_kernel);

        assert(read_one("", n, "process 5: there is no such process") == -ESRCH);
        assert(read_one("proc/5/numa_maps ! ESRCH\n" STAT(5, "(kworker) " KERNEL_THREAD), n,
                        "kernel thread") == -EINVAL);
        assert(read_one("proc/5/numa_maps ! ESRCH\n" STAT(5, "(x) " RUNS), n,
                        "ended while it was read") == -ESRCH);
        assert(read_one(STAT(5, "(x) " RUNS), n, "CONFIG_NUMA") == -EOPNOTSUPP);
        assert(read_one("proc/5/numa_maps ! EACCES\n" STAT(5, "(x) " RUNS), n,
                        "/proc/5/numa_maps: Permission denied: expected the user of that process, "
                        "or root") == -EACCES);
        assert(read_one(MAPS(5) "  rubbish\n" STAT(5, "(x) " RUNS), n,
                        "a line is not as expected") == -EBADMSG);
}

/* A directory with the files of process 5: a recording has no empty ones. */

static void make_file(int directory, const char *path, const char *text)
{
        int fd = openat(directory, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

        assert(fd >= 0 && write_all(fd, text, strlen(text)) == 0 && close(fd) == 0);
}

static int read_directory(const char *maps, const char *stat, struct usage_nodes *n,
                          const char *want)
{
        char path[] = "/tmp/numatier-test-XXXXXX";
        _cleanup_(sysroot_freep) struct sysroot *root = NULL;
        int fd, r;

        assert(mkdtemp(path) && (fd = open(path, O_DIRECTORY | O_CLOEXEC)) >= 0);
        assert(mkdirat(fd, "proc", 0700) == 0 && mkdirat(fd, "proc/5", 0700) == 0);
        make_file(fd, "proc/5/numa_maps", maps);
        if (stat)
                make_file(fd, "proc/5/stat", stat);
        assert(sysroot_open(path, &root) == 0);
        r = read_from(root, n, want);
        assert(unlinkat(fd, "proc/5/numa_maps", 0) == 0);
        assert(!stat || unlinkat(fd, "proc/5/stat", 0) == 0);
        assert(unlinkat(fd, "proc/5", AT_REMOVEDIR) == 0 &&
               unlinkat(fd, "proc", AT_REMOVEDIR) == 0);
        assert(close(fd) == 0 && rmdir(path) == 0);
        return r;
}

static void test_empty(void)
{
        _cleanup_(freep) struct usage_nodes *n = malloc(sizeof(*n));

        assert(n);
        assert(read_directory("", "5 (kworker) " KERNEL_THREAD, n, "kernel thread") == -EINVAL);
        assert(read_directory("", "5 (x) " ENDED, n, "has ended") == -ESRCH);
        assert(read_directory("", "5 (x) " ENDED " 0 0 0 0 0 0 20 0 2 0", n,
                              "first thread has ended") == -ESRCH);
        assert(read_directory("", "5 (x) " ENDED " 0 0 0 0 0 0 20 0 1 0", n,
                              "waits for its parent") == -ESRCH);
        assert(read_directory("", NULL, n, "ended while it was read") == -ESRCH);
        assert(read_directory("", "5 (x) " RUNS, n, "") == 0 && nodeset_count(&n->nodes) == 0);
}

/* A file that is larger than any buffer: each line is read once, and as a whole. */
static void test_large(void)
{
        enum {
                LINES = 20000
        };
        static const char name[] = "a/name/of/ninety/characters/so/that/lines/are/of/many/lengths/"
                                   "and/cross/the/ends/of/pieces";
        _cleanup_(freep) struct usage_nodes *n = malloc(sizeof(*n));
        _cleanup_(freep) char *maps = NULL;
        size_t size;
        FILE *f = open_memstream(&maps, &size);

        assert(f && n);
        for (unsigned i = 0; i < LINES; i++)
                fprintf(f, "%x000 default file=/%.*s anon=1 N%u=1 kernelpagesize_kB=4\n", i + 1,
                        (int)(i % sizeof(name)), name, i % 2);
        assert(fclose(f) == 0 && size > 1000000);
        assert(read_directory(maps, "5 (x) " RUNS, n, "") == 0);
        assert(n->amounts[0].anon == LINES / 2 * 4096 && n->amounts[1].anon == LINES / 2 * 4096);
}

int main(void)
{
        test_list();
        test_limit();
        test_none();
        test_one();
        test_empty();
        test_large();
        return 0;
}
