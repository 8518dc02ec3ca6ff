/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "placement/process.h"

#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "testing.h"

static void parse(const char *text, int result, const char *name, bool kernel)
{
        char found[PROCESS_NAME_MAX];
        bool is_kernel, is_zombie;

        assert(process_parse_stat(text, found, &is_kernel, &is_zombie) == result);
        if (result < 0)
                return;
        assert_streq(found, name);
        assert(is_kernel == kernel && !is_zombie);
}

static void test_stat(void)
{
        parse("12 (cat) R 1 12 12 0 -1 4194304 110 0", 0, "cat", false);
        parse("2 (kthreadd) S 0 0 0 0 -1 2129984 0 0", 0, "kthreadd", true);
        parse("12 (a) b (c) R) R 1 12 12 0 -1 4194304 1", 0, "a) b (c) R", false);
        parse("12 (a\nb\033) R 1 12 12 0 -1 4194304 1", 0, "a?b?", false);
        parse("12 (cat) R 1 12 12 0", -EBADMSG, NULL, false);
        parse("12 (cat) R 1 12 12 0 -1 x", -EBADMSG, NULL, false);
        parse("12 )cat(", -EBADMSG, NULL, false);
        parse("", -EBADMSG, NULL, false);
}

static void test_memory(void)
{
        struct nodeset nodes;
        char text[NODESET_STRING_MAX];

        assert(process_parse_memory("Name:\tx\nMems_allowed:\t3\nMems_allowed_list:\t0-1,4\nx:\n",
                                    &nodes) == 0);
        assert_streq(nodeset_format(&nodes, text), "0-1,4");
        assert(process_parse_memory("Name:\tx\n", &nodes) == -EBADMSG);
        assert(process_parse_memory("\nMems_allowed_list:\tx\n", &nodes) == -EBADMSG);
        assert(process_parse_memory("\nMems_allowed_list:", &nodes) == 0);
}

#define STATUS "proc/12/status:\n  Name: x\n  Mems_allowed_list: 0-1\n"

static void test_open(void)
{
        struct sysroot *root = root_from("proc/12/stat: 12 (cat) R 1 12 12 0 -1 4194304 1\n" STATUS
                                         "proc/2/stat: 2 (kswapd0) S 0 0 0 0 -1 2129984 0\n"
                                         "proc/2/status:\n  Name: x\n  Mems_allowed_list: 0\n"
                                         "proc/14/stat: 14 (gone) Z 1 12 12 0 -1 4194304 1\n"
                                         "proc/14/status:\n  Mems_allowed_list: 0\n");
        struct messages errors = MESSAGES_INIT;
        struct process p;

        assert(process_open(root, 12, &errors, &p) == 0);
        assert_streq(p.name, "cat");
        assert(nodeset_count(&p.memory) == 2 && process_is_alive(&p));
        process_close(&p);
        assert(errors.n == 0);
        assert(process_open(root, 2, &errors, &p) == -EINVAL);
        assert(messages_have(&errors, "process 2 (kswapd0) is a thread of the kernel"));
        assert(process_open(root, 14, &errors, &p) == -ESRCH);
        assert(messages_have(&errors, "process 14 (gone) has ended, or its first thread has"));
        assert(process_open(root, 13, &errors, &p) == -ESRCH);
        assert(messages_have(&errors, "there is no process 13"));
        messages_done(&errors);
        sysroot_free(root);
}

/* Valgrind 3.19 does not know the call; each kernel that numatier supports does. */
static bool has_pidfd(void)
{
        int fd = (int)syscall(SYS_pidfd_open, getpid(), 0);

        if (fd < 0)
                assert(errno == ENOSYS);
        else
                close(fd);
        return fd >= 0;
}

/* Packages are built in a root without sysfs: nothing is moved there, and no process held. */
static bool is_live(void)
{
        struct sysroot *root;
        bool live;

        assert(sysroot_open("/", &root) == 0);
        live = sysroot_is_live(root);
        sysroot_free(root);
        return live;
}

/* One that ends, of this machine. */
static void test_end(void)
{
        struct messages errors = MESSAGES_INIT;
        struct sysroot *root;
        struct process p;
        pid_t child = fork();

        if (child == 0) {
                pause();
                _exit(0);
        }
        assert(child > 0 && sysroot_open("/", &root) == 0);
        assert(process_open(root, child, &errors, &p) == 0 && errors.n == 0);
        assert(process_is_alive(&p));
        assert(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
        assert(!process_is_alive(&p) && process_is_ending(&p));
        process_close(&p);
        assert(process_open(root, child, &errors, &p) == -ESRCH);
        messages_done(&errors);
        sysroot_free(root);
}

/* Number 1 is the child itself, and another process in /proc. */
static void open_other(void)
{
        struct messages errors = MESSAGES_INIT;
        struct sysroot *root;
        struct process p;

        assert(getpid() == 1 && sysroot_open("/", &root) == 0);
        assert(process_open(root, 1, &errors, &p) == -EXDEV && errors.n == 1);
        assert(messages_have(&errors, "for another PID namespace"));
        messages_done(&errors);
        sysroot_free(root);
}

static void run(void (*fn)(void))
{
        pid_t child = fork();
        int status;

        assert(child >= 0);
        if (child == 0) {
                fn();
                _exit(0);
        }
        assert(waitpid(child, &status, 0) == child && status == 0);
}

static void leave_namespace(void)
{
        if (unshare(CLONE_NEWPID) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWPID) == 0)
                run(open_other);
        else
                fprintf(stderr, "another PID namespace: not permitted, not tried\n");
}

int main(void)
{
        test_stat();
        test_memory();
        test_open();
        if (is_live() && has_pidfd()) {
                run(leave_namespace);
                test_end();
        } else {
                fputs("sysfs or pidfd_open(2): not here, so that no process is opened\n", stderr);
        }
        return 0;
}
