/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/writer.h"

#include <signal.h>
#include <time.h>

#include "testing.h"

static struct sysroot *root;
static unsigned ticks, interrupts;

static void tick(void *userdata)
{
        ticks++;
}

static void before_interrupt(void *userdata)
{
        interrupts++;
}

/* As the kernel's offlining: goes on until a signal arrives. */
static int wait_for_signal(struct sysroot *r, void *data)
{
        const struct timespec forever = { .tv_sec = 1000 };

        return nanosleep(&forever, NULL) < 0 ? -errno : 0;
}

static int return_at_once(struct sysroot *r, void *data)
{
        assert(r == root);
        return *(int *)data;
}

/* Others' signals do not reach the thread. */
static int sleep_shortly(struct sysroot *r, void *data)
{
        const struct timespec shortly = { .tv_nsec = 300000000 };

        assert(kill(getpid(), SIGUSR2) == 0);
        return nanosleep(&shortly, NULL) < 0 ? -errno : 0;
}

/* The first time interrupted by nobody. */
static int fail_once(struct sysroot *r, void *data)
{
        return ++*(int *)data == 1 ? -EINTR : 0;
}

static int fail_always(struct sysroot *r, void *data)
{
        ++*(int *)data;
        return -EINTR;
}

static void on_signal(int signal_number)
{
}

static void test_results(struct writer *w)
{
        int value = -EBUSY, calls = 0;

        assert(writer_do(w, return_at_once, &value, 0) == -EBUSY);
        value = 1;
        assert(writer_do(w, return_at_once, &value, 1000000) == 1);
        assert(writer_do(w, sleep_shortly, NULL, 0) == 0 && ticks > 0);
        assert(writer_do(w, fail_once, &calls, 0) == 0 && calls == 2);
        calls = 0;
        assert(writer_do(w, fail_always, &calls, 0) == -EINTR && calls > 1);
        assert(writer_check(w) == 0);
        assert(interrupts == 0);
}

static void test_limit(struct writer *w)
{
        uint64_t start = monotonic_usec();

        assert(writer_do(w, wait_for_signal, NULL, 300000) == -ETIMEDOUT);
        assert(monotonic_usec() - start >= 300000 && interrupts == 1);
        assert(writer_check(w) == 0);
}

/* Who reads the output may be gone. */
static void test_pipe(void)
{
        int fds[2];

        assert(pipe(fds) == 0);
        close(fds[0]);
        assert(write(fds[1], "x", 1) < 0 && errno == EPIPE);
        close(fds[1]);
}

static int count(struct sysroot *r, void *data)
{
        ++*(int *)data;
        return 0;
}

static void test_signal(struct writer *w)
{
        int value = 0, calls = 0;

        assert(kill(getpid(), SIGTERM) == 0);
        assert(writer_do(w, wait_for_signal, NULL, 0) == -EINTR);
        assert(writer_check(w) == -EINTR && writer_wait(w, 1000000000) == -EINTR);
        /* nothing is begun after that */
        assert(writer_do(w, count, &calls, 0) == -EINTR && calls == 0);
        /* what was done is undone, and that is not ended by another Ctrl-C */
        writer_persist(w);
        assert(kill(getpid(), SIGINT) == 0);
        assert(writer_check(w) == 0);
        assert(writer_do(w, return_at_once, &value, 0) == 0);
}

static void test_deadline(void)
{
        struct writer *w;

        assert(writer_new(root, monotonic_usec() + 300000, NULL, NULL, &w) == 0);
        assert(writer_check(w) == 0);
        assert(writer_do(w, wait_for_signal, NULL, 0) == -ETIMEDOUT);
        assert(writer_check(w) == -ETIMEDOUT && writer_wait(w, 1000000000) == -ETIMEDOUT);
        writer_persist(w);
        assert(writer_check(w) == 0 && writer_wait(w, 1000) == 0);
        writer_free(w);
}

int main(void)
{
        struct writer *w;

        root = root_from("sys/x: 1\n");
        (void)signal(SIGUSR2, on_signal);
        assert(writer_new(root, 0, tick, NULL, &w) == 0);
        writer_set_before_interrupt(w, before_interrupt);
        test_results(w);
        test_limit(w);
        test_pipe();
        test_signal(w);
        writer_free(w);
        test_deadline();
        sysroot_free(root);
        return 0;
}
