/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The verbs drain and online as a whole. The linker gives them this machine instead of the real
 * one: --wrap=input_open_root, --wrap=input_open. The record and the lock are in a directory of the
 * test. */

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "cli/cli.h"
#include "common/lock.h"
#include "fake-kernel.h"
#include "state/drained.h"
#include "together.h"

#define MEMORY   "sys/devices/system/memory/"
#define STATE(n) MEMORY "memory" #n "/state"
#define BLOCK(n, state, zones)                                                                     \
        STATE(n)                                                                                   \
        ": " state "\n" MEMORY "memory" #n "/valid_zones: " zones "\n" NODE "node1/memory" #n      \
        " -> m\n"
#define INFO(node, total, free)                                                                    \
        NODE "node" #node "/meminfo:\n  Node " #node " MemTotal:  " #total " kB\n  Node " #node    \
             " MemFree:  " #free " kB\n"
#define NODES                                                                                      \
        NODE "online: 0-1\n" NODE "has_memory: 0-1\n" NODE "has_cpu: 0\n" NODE                     \
             "node0/distance: 10 20\n" NODE "node1/distance: 20 10\n" MEMORY                       \
             "block_size_bytes: 8000000\n" INFO(0, 16000000, 8000000) INFO(1, 393216, 300000)
#define MACHINE                                                                                    \
        NODES BLOCK(32, "online", "Normal") BLOCK(33, "online", "Movable")                         \
                BLOCK(34, "online", "Movable")

struct sysroot *__real_sysroot_free(struct sysroot *root);
struct sysroot *__wrap_sysroot_free(struct sysroot *root);
int __wrap_input_open_root(const struct input *in, struct sysroot **ret);
int __wrap_input_open(const struct input *in, struct policy **ret_policy,
                      struct sysroot **ret_root);

static struct fake_kernel *kernel;
static struct sysroot *machine;
static char directory[] = "/tmp/test-drain-XXXXXX";
static char output[4096]; /* of the last verb */
static const char *policy = "[tier t]\n";

int __wrap_input_open_root(const struct input *in, struct sysroot **ret)
{
        *ret = machine;
        return 0;
}

int __wrap_input_open(const struct input *in, struct policy **ret_policy, struct sysroot **ret_root)
{
        *ret_policy = policy_from(policy);
        *ret_root = machine;
        return 0;
}

/* The machine is looked at after the verb. */
struct sysroot *__wrap_sysroot_free(struct sysroot *root)
{
        return root == machine ? NULL : __real_sysroot_free(root);
}

/* Each test has a process of its own, and so a directory. */
static void clean_up(void)
{
        static const char *const files[] = { "output", DRAINED_LOCK_PATH };
        static const char *const directories[] = { "/run/numatier", "/run", "" };
        char path[64];

        (void)__real_sysroot_free(machine);
        for (size_t i = 0; i < ELEMENTSOF(files); i++) {
                snprintf(path, sizeof(path), "%s/%s", directory, files[i]);
                assert(unlink(path) == 0 || errno == ENOENT);
        }
        for (size_t i = 0; i < ELEMENTSOF(directories); i++) {
                snprintf(path, sizeof(path), "%s%s", directory, directories[i]);
                assert(rmdir(path) == 0 || errno == ENOENT);
        }
}

static void boot(const char *text)
{
        if (!machine)
                assert(mkdtemp(directory) && atexit(clean_up) == 0);
        else
                (void)__real_sysroot_free(machine);
        machine = fake_kernel_new(text, &kernel);
}

static int run(int (*verb)(const struct arguments *a), struct arguments a)
{
        char *operands[] = { (char *)"node1", NULL }, path[64];
        size_t n;
        FILE *f;
        int status;

        *kernel->log = '\0';
        snprintf(path, sizeof(path), "%s/output", directory);
        assert(freopen(path, "w", stdout));
        a.input.root = directory;
        a.operands = operands;
        status = verb(&a);
        assert(fflush(stdout) == 0);
        f = fopen(path, "r");
        assert(f);
        n = fread(output, 1, sizeof(output) - 1, f);
        output[n] = '\0';
        fclose(f);
        return status;
}

#define DRAIN(...)  run(verb_drain, (struct arguments){ __VA_ARGS__ })
#define ONLINE(...) run(verb_online, (struct arguments){ __VA_ARGS__ })

static const char *get(const char *path)
{
        return fake_kernel_get(kernel, path) ?: "";
}

#define assert_says(text) assert(strstr(output, text))

static void test_there_and_back(void)
{
        boot(MACHINE);
        assert(DRAIN(.rollback = false) == EXIT_SUCCESS);
        assert_streq(output, "3 of 3 blocks of node 1 are offline\n");
        assert_streq(get(DRAINED_PATH), "nodes 1");
        /* the last write changes nothing: it waits for the kernel's lock */
        assert_streq(kernel->log, STATE(34) "=offline\n" STATE(33) "=offline\n" STATE(
                                          32) "=offline\n" STATE(32) "=offline\n");
        assert(DRAIN(.json = true) == EXIT_SUCCESS);
        assert_streq(kernel->log, STATE(32) "=offline\n");
        assert_says("\"done\": true");
        assert(ONLINE(.zone = "kernel") == EXIT_SUCCESS);
        assert_streq(output, "3 of 3 blocks of node 1 online, kernel\n");
        assert_streq(get(ZONED_PATH), "nodes 1");
        assert(!strstr(get(DRAINED_PATH), "1"));
        /* the zone counts as long as the memory is online */
        kernel->fail_path = STATE(33);
        kernel->fail_error = -EBUSY;
        assert(DRAIN(.rollback = true) == EXIT_FAILURE);
        assert_streq(get(ZONED_PATH), "nodes 1");
        kernel->fail_error = 0;
        kernel->fail_path = NULL;
        assert(DRAIN(.rollback = false) == EXIT_SUCCESS);
        assert_streq(get(ZONED_PATH), "nodes ");
}

/* What does not go is named, and the rest stays offline, or comes back. */
static void test_held(void)
{
        boot(MACHINE);
        kernel->fail_path = STATE(32);
        kernel->fail_error = -EBUSY;
        assert(DRAIN(.rollback = false) == EXIT_FAILURE);
        assert_says(
                "memory32 stays online: it is in a kernel zone, and not all of it can be moved");
        assert_says("2 of 3 blocks of node 1 are offline; node 1 is partly offline");
        assert(!strstr(output, "added meanwhile"));
        assert_streq(get(DRAINED_PATH), "nodes 1");
        boot(MACHINE);
        kernel->fail_path = STATE(32);
        kernel->fail_error = -EBUSY;
        assert(DRAIN(.rollback = true) == EXIT_FAILURE);
        assert_says("One block does not go. Node 1 is as it was before: 3 of 3 blocks are online");
        assert(!strstr(kernel->log, STATE(32)));
        assert(!strstr(get(DRAINED_PATH), "1"));
        assert_streq(get(MEMORY "memory32/valid_zones"), "Normal");
        assert_streq(get(MEMORY "memory34/valid_zones"), "Movable");
}

/* What cannot be rolled back stays recorded. */
static void refuse_online(struct fake_kernel *k, const char *path)
{
        if (streq(path, STATE(34)) && streq(get(STATE(34)), "offline")) {
                k->fail_path = STATE(34);
                k->fail_error = -ENOMEM;
        } else if (streq(path, STATE(33))) {
                k->fail_path = STATE(33);
                k->fail_error = -EBUSY;
        }
}

static void test_rollback_fails(void)
{
        boot(MACHINE);
        kernel->before_write = refuse_online;
        assert(DRAIN(.rollback = true) == EXIT_FAILURE);
        assert_says("Node 1 cannot be brought back to what it was: 2 of 3 blocks are online");
        assert_says("memory34 stays offline: it cannot be brought online again: Cannot allocate");
        assert_streq(get(DRAINED_PATH), "nodes 1");
}

static void interrupt(struct fake_kernel *k, const char *path)
{
        if (streq(path, STATE(34)))
                assert(kill(getpid(), SIGINT) == 0);
}

static void test_interrupted(void)
{
        boot(MACHINE);
        kernel->before_write = interrupt;
        assert(DRAIN(.unplug = true) == EXIT_FAILURE);
        assert_says("Interrupted. 1 of 3 blocks of node 1 are offline; node 1 is partly offline");
        assert_streq(kernel->log, STATE(34) "=offline\n");
        kernel->before_write = NULL;
        assert(DRAIN(.json = true) == EXIT_SUCCESS);
}

/* Memory that is added while the other goes. */
static void add_block(struct fake_kernel *k, const char *path)
{
        if (!streq(path, STATE(32)))
                return;
        fake_kernel_set(k, STATE(35), "online");
        fake_kernel_set(k, MEMORY "memory35/valid_zones", "Movable");
        fake_kernel_set(k, NODE "node1/memory35", "");
}

static void test_added(void)
{
        boot(MACHINE);
        kernel->before_write = add_block;
        assert(DRAIN(.rollback = false) == EXIT_FAILURE);
        assert_says("memory35 is online: it was added meanwhile");
        assert_says("All 3 blocks that node 1 had are offline, but not all that it has now");
        kernel->before_write = NULL;
        assert(DRAIN(.rollback = false) == EXIT_SUCCESS);
        assert_streq(kernel->log, STATE(35) "=offline\n" STATE(32) "=offline\n");
}

/* numatierd had a block offline when the drain began. */
static void bring_back(struct fake_kernel *k, const char *path)
{
        if (!streq(path, STATE(34)) || strstr(k->log, STATE(34)))
                return;
        fake_kernel_set(k, STATE(33), "online");
        fake_kernel_set(k, MEMORY "memory33/valid_zones", "Movable");
}

static void test_back(void)
{
        boot(NODES BLOCK(32, "online", "Normal") BLOCK(33, "offline", "Normal Movable")
                     BLOCK(34, "online", "Movable"));
        kernel->before_write = bring_back;
        assert(DRAIN(.rollback = false) == EXIT_SUCCESS);
        assert_streq(output, "3 of 3 blocks of node 1 are offline\n");
}

/* Nothing is written, nothing recorded. */
static void test_refused(void)
{
        boot(MACHINE);
        fake_kernel_set(kernel, NODE "has_cpu", "0-1");
        assert(DRAIN(.rollback = false) == EXIT_FAILURE && *kernel->log == '\0');
        boot(MACHINE);
        fake_kernel_set(kernel, NODE "has_memory", "1");
        assert(DRAIN(.force = true) == EXIT_FAILURE && *kernel->log == '\0');
        boot(MACHINE);
        fake_kernel_set(kernel, MEMORY "memory33/valid_zones", "none");
        assert(DRAIN(.rollback = true) == EXIT_FAILURE && *kernel->log == '\0');
        boot(MACHINE);
        kernel->unreadable_path = "memory33/valid_zones";
        kernel->unreadable_error = -EIO;
        assert(DRAIN(.rollback = true) == EXIT_FAILURE && *kernel->log == '\0');
        boot(MACHINE);
        fake_kernel_set(kernel, NODE "node0/meminfo",
                        "Node 0 MemTotal: 16000000 kB\nNode 0 MemFree: 1000 kB");
        assert(DRAIN(.rollback = false) == EXIT_FAILURE && *kernel->log == '\0');
        assert_streq(get(DRAINED_PATH), "");
        /* --force begins no block whose pages find no room either */
        assert(DRAIN(.force = true) == EXIT_FAILURE && *kernel->log == '\0');
        assert(DRAIN(.timeout = "soon") == EXIT_USAGE && ONLINE(.zone = "none") == EXIT_USAGE);
}

#define REGION                                                                                     \
        NODES "sys/bus/dax/devices/dax0.0 -> d/root0/decoder0.0/region0/dax_region0/dax0.0\n"      \
              "sys/bus/dax/devices/dax0.0/target_node: 1\n"                                        \
              "sys/bus/cxl/devices/region0 -> d/root0/decoder0.0/region0\n"                        \
              "sys/bus/cxl/devices/decoder0.0/delete_region:\n"

static void delete_region(struct fake_kernel *k, const char *path)
{
        if (!strstr(path, "delete_region"))
                return;
        (void)sysroot_remove(k->files, "sys/bus/cxl/devices/region0");
        (void)sysroot_remove(k->files, "sys/bus/dax/devices/dax0.0");
        (void)sysroot_remove(k->files, "sys/bus/dax/devices/dax0.0/target_node");
}

/* Where --unplug was interrupted it goes on, although the node has no memory any more. */
static void test_unplug_again(void)
{
        boot(REGION);
        assert(DRAIN(.rollback = false) == EXIT_FAILURE && *kernel->log == '\0');
        kernel->before_write = delete_region;
        assert(DRAIN(.unplug = true) == EXIT_SUCCESS);
        assert_says("region0 was deleted");
        assert(!strstr(get(DRAINED_PATH), "1"));
}

/* It may hold data. */
static void test_persistent(void)
{
        boot(NODES BLOCK(32, "online",
                         "Normal") "sys/bus/dax/devices/dax1.0 -> d/ndbus0/region1/dax1.0/dax1.0\n"
                                   "sys/bus/dax/devices/dax1.0/target_node: 1\n"
                                   "sys/bus/dax/drivers/kmem/bind:\n");
        assert(ONLINE(.zone = "movable") == EXIT_SUCCESS && *kernel->log == '\0');
        assert_says("dax1.0 is persistent memory without a driver, and may hold data");
}

static int shared_fd = -1;

/* Lets go of the lock as soon as the verb says that it waits. */
static void *end_change(void *data)
{
        char path[64], said[256] = "";

        snprintf(path, sizeof(path), "%s/errors", directory);
        while (!strstr(said, "changes a memory block just now; waiting")) {
                FILE *f = fopen(path, "r");

                assert(f);
                said[fread(said, 1, sizeof(said) - 1, f)] = '\0';
                fclose(f);
                (void)usleep(1000);
        }
        assert(*kernel->log == '\0');
        close(shared_fd);
        return NULL;
}

/* numatierd shares the lock while it changes a block. */
static void test_waiting(void)
{
        pthread_t thread;
        char path[64];
        int fd;

        boot(MACHINE);
        assert(lock_share_file(directory, DRAINED_LOCK_PATH, &shared_fd) == 0);
        assert(DRAIN(.timeout = "50ms") == EXIT_FAILURE && *kernel->log == '\0');
        assert_streq(get(DRAINED_PATH), "");
        snprintf(path, sizeof(path), "%s/errors", directory);
        fd = dup(STDERR_FILENO);
        assert(freopen(path, "w", stderr) && setvbuf(stderr, NULL, _IONBF, 0) == 0);
        assert(pthread_create(&thread, NULL, end_change, NULL) == 0);
        assert(DRAIN(.rollback = false) == EXIT_SUCCESS);
        assert(pthread_join(thread, NULL) == 0);
        assert(dup2(fd, STDERR_FILENO) == STDERR_FILENO && close(fd) == 0);
        assert(unlink(path) == 0);
}

#define UNPLUGGED(name, start)                                                                     \
        "sys/bus/dax/devices/" name " -> d/root0/decoder0.0/region" name "/dax_region0/" name      \
        "\nsys/bus/dax/devices/" name "/target_node: 1\nsys/bus/dax/devices/" name                 \
        "/driver -> ../../bus/dax/drivers/kmem\nsys/bus/dax/devices/" name "/state: unplugged\n"   \
        "sys/bus/dax/devices/" name "/size: 134217728\nsys/bus/dax/devices/" name                  \
        "/resource: " start "\n"
#define TWO_DEVICES NODES UNPLUGGED("dax0.0", "0x140000000") UNPLUGGED("dax1.0", "0x148000000")

static void add_online(struct fake_kernel *k, const char *block, const char *zone)
{
        char path[128];

        snprintf(path, sizeof(path), MEMORY "%s/state", block);
        fake_kernel_set(k, path, "online");
        snprintf(path, sizeof(path), MEMORY "%s/valid_zones", block);
        fake_kernel_set(k, path, zone);
        snprintf(path, sizeof(path), NODE "node1/%s", block);
        fake_kernel_set(k, path, "");
}

/* The memory of both comes, each in the zone that the other should have. */
static void choose_badly(struct fake_kernel *k, const char *path)
{
        if (!strstr(path, "dax1.0/state"))
                return;
        add_online(k, "memory40", "Movable");
        add_online(k, "memory41", "Normal");
}

/* Two devices of one node, of which the policy wants different zones. */
static void test_zones_of_devices(void)
{
        policy = "[tier t]\n[online]\nonline = movable\n[node a]\ndax = dax0.0\nonline = kernel\n";
        boot(TWO_DEVICES);
        assert(ONLINE(.rollback = false) == EXIT_FAILURE); /* no blocks come here */
        assert_streq(get("sys/bus/dax/devices/dax0.0/state"), "online_kernel");
        assert_streq(get("sys/bus/dax/devices/dax1.0/state"), "online_movable");
        boot(TWO_DEVICES);
        assert(ONLINE(.zone = "movable") == EXIT_FAILURE);
        assert_streq(get("sys/bus/dax/devices/dax0.0/state"), "online_movable");
        /* also where they must be changed */
        boot(TWO_DEVICES);
        kernel->before_write = choose_badly;
        assert(ONLINE(.rollback = false) == EXIT_SUCCESS);
        assert_streq(output + strlen("dax0.0 is plugged in again\ndax1.0 is plugged in again\n"),
                     "2 of 2 blocks of node 1 online: 1 movable, 1 kernel\n");
        assert_streq(get(MEMORY "memory40/valid_zones"), "Normal");
        assert_streq(get(MEMORY "memory41/valid_zones"), "Movable");
        policy = "[tier t]\n";
}

int main(void)
{
        static void (*const tests[])(void) = {
                test_waiting,        test_there_and_back,   test_held,
                test_rollback_fails, test_interrupted,      test_added,
                test_back,           test_refused,          test_unplug_again,
                test_persistent,     test_zones_of_devices,
        };

        run_together(tests, ELEMENTSOF(tests));
        return 0;
}
