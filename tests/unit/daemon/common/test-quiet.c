/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <sched.h>

#include "common/quiet.h"
#include "testing.h"

/* When memory counts as quiet: by the kernel's count of uevents alone. */

#define SECOND 1000000ULL

static const char *count = "7\n";
static uint64_t slept_usec;

/* Sleeping takes no time here, and is counted. */
int __wrap_nanosleep(const struct timespec *duration, struct timespec *rest);
int __wrap_nanosleep(const struct timespec *duration, struct timespec *rest)
{
        slept_usec += (uint64_t)duration->tv_sec * SECOND + (uint64_t)duration->tv_nsec / 1000;
        return 0;
}

static ssize_t read_count(void *data, const char *path, char *buf, size_t size)
{
        assert(streq(path, "sys/kernel/uevent_seqnum"));
        if (!count)
                return -EIO;
        strcpy(buf, count);
        return (ssize_t)strlen(buf);
}

static void free_nothing(void *data)
{
}

static struct sysroot *open_root(void)
{
        static const struct sysroot_ops ops = { .read = read_count, .free = free_nothing };
        struct sysroot *root;

        assert(sysroot_new(&ops, NULL, &root) == 0);
        return root;
}

static void sample(struct quiet *q, struct sysroot *root, const char *text, uint64_t now)
{
        count = text;
        assert(quiet_sample(q, root, now) == (text ? 0 : -EIO));
}

static bool is_quiet(const struct quiet *q, uint64_t now)
{
        return quiet_get_reading(q, now).nodelist;
}

static void test_sample(void)
{
        struct sysroot *root = open_root();
        struct quiet q = { 0 };

        assert(!is_quiet(&q, 100 * SECOND)); /* no sample yet */
        sample(&q, root, "7\n", 100 * SECOND);
        assert(!is_quiet(&q, 100 * SECOND + TIERS_QUIET_USEC - 1));
        assert(!is_quiet(&q, 99 * SECOND)); /* a clock that went backwards */
        sample(&q, root, "7\n", 102 * SECOND);
        assert(is_quiet(&q, 102 * SECOND) && quiet_get_reading(&q, 102 * SECOND).seqnum == 7);
        sample(&q, root, "8\n", 103 * SECOND); /* an event, whether it reached us or not */
        assert(!is_quiet(&q, 103 * SECOND));
        sample(&q, root, "8\n", 105 * SECOND);
        assert(quiet_get_reading(&q, 105 * SECOND).seqnum == 8);
        /* an event that came after the last sample is met when nodelist is to be read (tiers.c) */
        sample(&q, root, NULL, 106 * SECOND);
        assert(!is_quiet(&q, 110 * SECOND));
        sample(&q, root, "8\n", 110 * SECOND); /* what happened meanwhile is not known */
        assert(!is_quiet(&q, 110 * SECOND));
        sysroot_free(root);
}

static void test_wait(void)
{
        struct sysroot *root = open_root();
        struct tier_reading tiers;

        count = "7\n";
        assert(quiet_wait(root, 0, &tiers) == -ETIMEDOUT && !tiers.nodelist && slept_usec == 0);
        assert(quiet_wait(root, TIERS_QUIET_USEC, &tiers) == 0 && tiers.nodelist);
        assert(slept_usec == TIERS_QUIET_USEC);
        assert(tiers.seqnum == 7);
        count = NULL;
        assert(quiet_wait(root, 0, &tiers) == -EIO);
        sysroot_free(root);
}

static void test_report(void)
{
        struct messages problems = MESSAGES_INIT;

        quiet_report(0, &problems);
        quiet_report(-ETIMEDOUT, &problems);
        assert(problems.n == 0);
        quiet_report(-EIO, &problems);
        assert(problems.n == 1 && messages_have(&problems, "uevent_seqnum: cannot be read: Input"));
        messages_done(&problems);
}

/* A network namespace of another user namespace, as in a container without privileges. */
static void test_receives(void)
{
        if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
                return; /* this system does not allow it */
        assert(!quiet_receives_uevents());
}

int main(void)
{
        test_sample();
        test_wait();
        test_report();
        test_receives();
}
