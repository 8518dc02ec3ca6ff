/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <signal.h>
#include <time.h>

#include "common/lock.h"
#include "common/onlining.h"
#include "facts/survey.h"
#include "fake-kernel.h"
#include "state/drained.h"

/* A kernel that tries without end to take a block offline, until a signal arrives. */

#define MEMORY "sys/devices/system/memory/"

static struct sysroot *files;
static unsigned writes;

static ssize_t read_file(void *data, const char *path, char *buf, size_t size)
{
        return sysroot_read(files, path, buf, size);
}

static int write_file(void *data, const char *path, const char *value)
{
        writes++;
        assert(streq(path, MEMORY "memory32/state") && streq(value, "offline"));
        return pause() < 0 ? -errno : 0;
}

static int read_link(void *data, const char *path, char *buf, size_t size)
{
        return sysroot_readlink(files, path, buf, size);
}

static int list(void *data, const char *path, sysroot_entry_fn fn, void *userdata)
{
        return sysroot_list(files, path, fn, userdata);
}

static int replace(void *data, const char *path, const char *text, size_t size)
{
        return sysroot_replace_bytes(files, path, text, size);
}

static void free_nothing(void *data)
{
}

static const char machine[] = MEMORY
        "block_size_bytes: 8000000\n" MEMORY "memory32/state: online\n" MEMORY
        "memory32/valid_zones: Normal\n" MEMORY "memory32/firmware_node -> a/PNP0C80:00\n" NODE
        "node1/memory32 -> m\n" NODE "online: 0-1\n" NODE "has_cpu: 0\n" NODE
        "has_memory: 0-1\n" NODE "node0/distance: 10 20\n" NODE
        "node0/meminfo:\n  Node 0 MemTotal: 1000000 kB\n  Node 0 MemFree: 900000 kB\n" NODE
        "node1/meminfo:\n  Node 1 MemTotal: 131072 kB\n  Node 1 MemFree: 131072 kB\n";

static char directory[] = "/tmp/test-onlining-XXXXXX"; /* of the lock */

static void test_limit(void)
{
        static const struct sysroot_ops ops = {
                .read = read_file,
                .write = write_file,
                .link = read_link,
                .list = list,
                .replace = replace,
                .free = free_nothing,
        };
        struct policy *p = policy_from("[tier t]\n[online]\nonline=no\n");
        struct messages ignored = MESSAGES_INIT;
        struct machine *m;
        struct onlining o = { .path = directory, .limit_msec = 50 };
        struct online_result *r;
        struct sysroot *root;

        files = root_from(machine);
        assert(sysroot_new(&ops, NULL, &root) == 0);
        assert(survey_begin(root, NULL, &ignored, &m) == 0);
        assert(onlining_run(root, p, m, &o, 0, &r) == 0);
        assert(writes == 1 && r->plan->n_groups == 1);
        assert(r->plan->groups[0].failed == 1 && r->plan->groups[0].error == -ETIMEDOUT);
        online_result_free(r);
        /* asked to stop, it does not begin */
        onlining_done(&o);
        onlining_stop(&o);
        assert(onlining_run(root, p, m, &o, 0, &r) == 0 && writes == 1 && r->remaining == 1);
        online_result_free(r);
        onlining_done(&o);
        machine_free(m);
        messages_done(&ignored);
        policy_unref(p);
        sysroot_free(root);
        sysroot_free(files);
}

#define BLOCK(n)                                                                                   \
        MEMORY "memory" #n "/state: online\n" MEMORY "memory" #n "/valid_zones: Normal\n" NODE     \
               "node1/memory" #n " -> m\n" MEMORY "memory" #n "/firmware_node -> a/PNP0C80:00\n"

static const char text[] = NODE
        "online: 0-1\n" NODE "has_memory: 0-1\n" NODE "has_cpu: 0\n" NODE
        "node0/distance: 10 20\n" MEMORY "block_size_bytes: 8000000\n" NODE
        "node0/meminfo:\n  Node 0 MemTotal:  16000000 kB\n  Node 0 MemFree:  8000000 kB\n" NODE
        "node1/meminfo:\n  Node 1 MemTotal:  262144 kB\n  Node 1 MemFree:  262144 kB\n" BLOCK(32)
                BLOCK(33);

static void interrupt(struct fake_kernel *k, const char *path)
{
        raise(SIGINT);
}

/* The block that is being changed comes back, and no other is begun. */
static void test_interrupted(void)
{
        struct messages ignored = MESSAGES_INIT;
        struct onlining o = { .path = directory };
        struct online_result *result;
        struct fake_kernel *kernel;
        struct sysroot *root = fake_kernel_new(text, &kernel);
        struct policy *p = policy_from("[tier t]\n[online]\nonline=movable\n");
        struct machine *m;
        struct sigaction after;

        assert(survey_begin(root, NULL, &ignored, &m) == 0);
        kernel->before_write = interrupt;
        assert(onlining_run_in_foreground(root, p, m, &o, &result) == 0);
        assert(o.stop && result->remaining == 1 && result->plan->groups[0].done == 1);
        assert_streq(kernel->log,
                     MEMORY "memory33/state=offline\n" MEMORY "memory33/state=online_movable\n");
        assert(sigaction(SIGINT, NULL, &after) == 0 && after.sa_handler == SIG_DFL);
        online_result_free(result);
        onlining_done(&o);
        machine_free(m);
        policy_unref(p);
        sysroot_free(root);
        messages_done(&ignored);
}

/* A drained node that had no memory when it was looked at, and has some now, stays drained. */
static void test_forget(void)
{
        struct messages ignored = MESSAGES_INIT;
        struct sysroot *root = root_from(text);
        struct nodeset nodes = { 0 }, loaded;

        nodeset_add(&nodes, 1);
        assert(drained_save(root, &nodes) == 0);
        onlining_forget_drained(root, directory, &nodes);
        assert(drained_load(root, &ignored, &loaded) == 0 && nodeset_has(&loaded, 1));
        nodeset_add(&nodes, 2);
        nodeset_remove(&nodes, 1);
        assert(drained_save(root, &nodes) == 0);
        onlining_forget_drained(root, directory, &nodes);
        assert(drained_load(root, &ignored, &loaded) == 0 && nodeset_count(&loaded) == 0);
        sysroot_free(root);
}

static void test_pending(void)
{
        struct sysroot *root = root_from(text);
        const struct onlining o = { .path = directory };

        assert(!onlining_is_any_pending(root, &o));
        assert(sysroot_replace(root, ONLINE_RECORD_PATH, "numatier online 1\nseen 32 1\n") == 0);
        assert(!onlining_is_any_pending(root, &o));
        assert(sysroot_replace(root, ONLINE_RECORD_PATH,
                               "numatier online 1\npending 32 1 movable\n") == 0);
        assert(onlining_is_any_pending(root, &o));
        sysroot_free(root);
}

static int lock_fd = -1;

static void find_lock(struct fake_kernel *k, const char *path)
{
        int fd;

        if (strstr(path, "/state"))
                assert(lock_take_file(directory, DRAINED_LOCK_PATH, &fd, NULL) == -EBUSY);
}

/* "numatier drain" cannot begin while a block is changed, and is left alone before and after. */
static void test_lock(void)
{
        struct policy *p = policy_from("[tier t]\n[online]\nonline=movable\n");
        struct onlining o = { .path = directory };
        struct messages ignored = MESSAGES_INIT;
        struct online_result *result;
        struct fake_kernel *kernel;
        struct sysroot *root = fake_kernel_new(text, &kernel);
        struct machine *m;

        assert(survey_begin(root, NULL, &ignored, &m) == 0);
        assert(lock_take_file(directory, DRAINED_LOCK_PATH, &lock_fd, NULL) == 0);
        assert(onlining_run(root, p, m, &o, 0, &result) == 0 && *kernel->log == '\0');
        assert(result->plan->groups[0].count[CASE_BUSY] == 2);
        online_result_free(result);
        close(lock_fd);
        kernel->before_write = find_lock;
        assert(onlining_run(root, p, m, &o, 0, &result) == 0 && result->plan->groups[0].done == 2);
        online_result_free(result);
        assert(lock_take_file(directory, DRAINED_LOCK_PATH, &lock_fd, NULL) == 0);
        close(lock_fd);
        onlining_done(&o);
        machine_free(m);
        policy_unref(p);
        sysroot_free(root);
        messages_done(&ignored);
}

static void clean_up(void)
{
        static const char *const directories[] = { "/run/numatier", "/run", "" };
        char path[64];

        snprintf(path, sizeof(path), "%s/" DRAINED_LOCK_PATH, directory);
        assert(unlink(path) == 0);
        for (size_t i = 0; i < ELEMENTSOF(directories); i++) {
                snprintf(path, sizeof(path), "%s%s", directory, directories[i]);
                assert(rmdir(path) == 0);
        }
}

int main(void)
{
        alarm(60);
        assert(mkdtemp(directory));
        test_limit();
        test_interrupted();
        test_forget();
        test_pending();
        test_lock();
        clean_up();
        return 0;
}
