/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* numatier set and clear, on a copy of a machine that has the files of its policy, too. */

#include <ftw.h>
#include <signal.h>
#include <sys/stat.h>

#include "cli/cli.h"
#include "cli/set-target.h"
#include "testing.h"

static char directory[] = "/tmp/numatier-test-XXXXXX";

/* "/" is the copy. */
int __real_input_open_root(const struct input *in, struct sysroot **ret);
int __wrap_input_open_root(const struct input *in, struct sysroot **ret);

int __wrap_input_open_root(const struct input *in, struct sysroot **ret)
{
        assert(!in->root && !in->machine);
        return sysroot_open(directory, ret);
}

/* This process takes it again and again. */
int __wrap_lock_take_file(const char *root, const char *path, int *ret_fd, pid_t *ret_holder);

static bool is_locked;

int __wrap_lock_take_file(const char *root, const char *path, int *ret_fd, pid_t *ret_holder)
{
        assert(!root);
        assert_streq(path, "run/numatier/policy.lock");
        *ret_holder = 1;
        return is_locked ? -EBUSY : 0;
}

static struct sysroot *open_copy(void)
{
        struct sysroot *root;

        assert(sysroot_open(directory, &root) == 0);
        return root;
}

static void put(const char *path, const char *text)
{
        _cleanup_(sysroot_freep) struct sysroot *root = open_copy();

        assert(sysroot_replace(root, path, text) == 0);
}

static void assert_holds(const char *path, const char *want)
{
        _cleanup_(sysroot_freep) struct sysroot *root = open_copy();
        _cleanup_(freep) char *text = NULL;
        int r = sysroot_read_alloc(root, path, &text);

        assert(want ? r >= 0 : r == -ENOENT);
        if (want)
                assert_streq(text, want);
}

static int set(const char *what, const char *tier, const char *latency, bool runtime)
{
        char *operands[] = { (char *)what, NULL };
        const struct arguments a = {
                .operands = operands, .tier = tier, .latency = latency, .runtime = runtime
        };

        return verb_set(&a);
}

static int clear(const char *what, bool runtime)
{
        char *operands[] = { (char *)what, NULL };
        const struct arguments a = { .operands = operands, .runtime = runtime };

        return verb_clear(&a);
}

#define HEADER  "# Written by \"numatier set\"; \"numatier clear\" removes it.\n"
#define LASTING CONFIG_DIR "/90-set-node-1.conf"
#define RUNTIME CONFIG_RUNTIME_DIR "/91-set-node-1.conf"

static void test_set_and_clear(void)
{
        assert(set("1", "far", NULL, false) == EXIT_SUCCESS);
        assert_holds(LASTING, HEADER "[node node-1]\nnode = 1\ntier = far\n");
        assert(set("node1", NULL, "250ns", false) == EXIT_SUCCESS);
        assert_holds(LASTING, HEADER "[node node-1]\ntier = far\nnode = 1\nlatency = 250ns\n");
        /* for this boot: on top of that */
        assert(set("node=1", "dram", NULL, true) == EXIT_SUCCESS);
        assert_holds(RUNTIME, HEADER "[node node-1]\nlatency = 250ns\nnode = 1\ntier = dram\n");
        assert(clear("1", true) == EXIT_SUCCESS);
        assert_holds(RUNTIME, NULL);
        assert_holds(LASTING, HEADER "[node node-1]\ntier = far\nnode = 1\nlatency = 250ns\n");
        assert(set("1", "dram", NULL, true) == EXIT_SUCCESS); /* without --runtime, both go */
        assert(clear("1", false) == EXIT_SUCCESS);
        assert_holds(LASTING, NULL);
        assert_holds(RUNTIME, NULL);
        assert(clear("1", false) == EXIT_SUCCESS);
}

static void test_bandwidth(void)
{
        char *operands[] = { (char *)"1", NULL };
        const struct arguments a = { .operands = operands, .bandwidth = "30GiB/s" };

        assert(verb_set(&a) == EXIT_SUCCESS);
        assert_holds(LASTING, HEADER "[node node-1]\nnode = 1\nbandwidth = 30GiB/s\n");
        assert(clear("1", false) == EXIT_SUCCESS);
}

/* A wrong policy is not written, and what is there stays. */
static void test_refused(void)
{
        assert(set("1", "far", NULL, false) == EXIT_SUCCESS);
        assert(set("1", "nowhere", NULL, false) == EXIT_FAILURE);
        assert_holds(LASTING, HEADER "[node node-1]\nnode = 1\ntier = far\n");
        assert(set("1", "a\nb", NULL, false) == EXIT_USAGE);
        assert(set("1", NULL, "5", false) == EXIT_USAGE);
        assert(set("1", NULL, NULL, false) == EXIT_USAGE);
        assert(set("dax=x\ntier", "far", NULL, false) == EXIT_USAGE);
        assert(set("dax=../../x", "far", NULL, false) == EXIT_USAGE);
        assert(set("serial=1", "far", NULL, false) == EXIT_USAGE);
        assert(set("9", "far", NULL, false) == EXIT_FAILURE);
        /* a policy that is wrong elsewhere */
        put(CONFIG_DIR "/10-x.conf", "[daemon]\nrescan = x\n");
        assert(set("1", "dram", NULL, false) == EXIT_FAILURE);
        assert_holds(LASTING, HEADER "[node node-1]\nnode = 1\ntier = far\n");
        /* and one that is wrong anyhow does not keep what was set */
        assert(clear("1", false) == EXIT_SUCCESS);
        assert_holds(LASTING, NULL);
        put(CONFIG_DIR "/10-x.conf", "");
        /* what needs it */
        assert(set("1", "far", NULL, false) == EXIT_SUCCESS);
        put("etc/numatier/numatierd.conf", "[tier dram]\n[tier far]\n");
        assert(clear("1", false) == EXIT_FAILURE);
        assert_holds(LASTING, HEADER "[node node-1]\nnode = 1\ntier = far\n");
}

static void add_device(struct node *n, uint64_t serial, const char *pci_address)
{
        n->devices = calloc(1, sizeof(*n->devices));
        n->n_devices = 1;
        n->devices[0].memdevs = calloc(1, sizeof(*n->devices[0].memdevs));
        n->devices[0].n_memdevs = 1;
        n->devices[0].memdevs[0] =
                (struct memdev){ .serial = serial, .pci_address = (char *)pci_address };
}

static void remove_devices(struct node *n)
{
        for (size_t i = 0; i < n->n_devices; i++)
                free(n->devices[i].memdevs);
        free(n->devices);
}

static void assert_file(const struct machine *m, const char *what, const char *want)
{
        struct messages errors = MESSAGES_INIT;
        char path[DROPIN_PATH_MAX];
        struct set_target t;

        assert(set_target_find(what, m, &errors, &t) == 0 && errors.n == 0);
        set_target_path(&t, false, path);
        assert_streq(path + strlen(CONFIG_DIR "/90-set-"), want);
}

/* A damaged file is not written over, since that would lose what is behind the NUL byte; but it can
 * be taken back. */
static void test_damaged(void)
{
        static const char text[] = "[node node-1]\nnode = 1\n\0tier = far\n";
        _cleanup_(sysroot_freep) struct sysroot *root = open_copy();

        assert(sysroot_replace_bytes(root, LASTING, text, sizeof(text) - 1) == 0);
        assert(set("1", "far", NULL, false) == EXIT_FAILURE);
        assert(set("1", "far", NULL, true) == EXIT_FAILURE); /* it would begin with it */
        assert_holds(LASTING, text);
        assert(clear("1", false) == EXIT_SUCCESS);
        assert_holds(LASTING, NULL);
}

/* The last line that it says on standard error. */
static const char *set_and_read_as(int want, const char *what, const char *tier, bool runtime)
{
        static char line[512];
        int saved = dup(STDERR_FILENO), status;
        FILE *f = tmpfile();

        assert(saved >= 0 && f && dup2(fileno(f), STDERR_FILENO) >= 0);
        status = set(what, tier, NULL, runtime);
        assert(dup2(saved, STDERR_FILENO) >= 0 && close(saved) == 0 && status == want);
        rewind(f);
        for (*line = '\0'; fgets(line, sizeof(line), f);)
                ;
        fclose(f);
        return line;
}

static const char *set_and_read(const char *what, const char *tier, bool runtime)
{
        return set_and_read_as(EXIT_SUCCESS, what, tier, runtime);
}

static unsigned hangups;

static void note_hangup(int number)
{
        hangups++;
}

/* This process plays the daemon. It is told again, too: the first time may have been interrupted.
 */
static void test_reload(void)
{
        char path[64], view[64];

        snprintf(path, sizeof(path), "proc/%ld/comm", (long)getpid());
        snprintf(view, sizeof(view), "# numatier view 2\ndaemon %ld\nend 2\n", (long)getpid());
        put(path, "numatierd\n");
        put("run/numatier/view", view);
        assert(signal(SIGHUP, note_hangup) != SIG_ERR);
        assert(set("1", "far", NULL, false) == EXIT_SUCCESS && hangups == 1);
        assert(set("1", "far", NULL, false) == EXIT_SUCCESS && hangups == 2);
        assert(set("1", "nowhere", NULL, false) == EXIT_FAILURE && hangups == 2);
        assert(clear("1", false) == EXIT_SUCCESS && hangups == 3);
        assert(clear("1", false) == EXIT_SUCCESS && hangups == 3);
        put(path, "other\n"); /* its number is another process's now */
        assert(set("1", "far", NULL, false) == EXIT_SUCCESS && hangups == 3);
        assert(clear("1", false) == EXIT_SUCCESS);
}

/* Which file it is that is not as it was written. */
static void test_other_file(void)
{
        static const char error[] =
                "numatier: /" LASTING ": expected one [node] section and nothing else\n";

        put(LASTING, "[daemon]\n");
        assert_streq(set_and_read_as(EXIT_FAILURE, "1", "far", false), error);
        assert_streq(set_and_read_as(EXIT_FAILURE, "1", "far", true), error);
        assert(clear("1", false) == EXIT_SUCCESS);
}

/* Which other sections it takes the place of: also those that it wrote itself, for others. */
static void test_effect(void)
{
        assert_streq(set_and_read("kind=dram", "dram", false), "");
        assert_streq(set_and_read("node=1", "far", false),
                     "numatier: warning: node 1: nothing of [node kind-dram] "
                     "(/" CONFIG_DIR "/90-set-kind-dram.conf:2) counts any more\n");
        assert_streq(set_and_read("node=1", "dram", true), ""); /* of itself, it begins with it */
        assert_streq(set_and_read("node=1", "dram", false),
                     "numatier: warning: node 1: [node node-1] "
                     "(/" RUNTIME ":2) is tried first, so that this has no effect\n");
        assert(clear("1", false) == EXIT_SUCCESS);
        assert(clear("kind=dram", false) == EXIT_SUCCESS);
}

/* The device, as long as it is the node's alone. */
static void test_identity(void)
{
        struct node nodes[] = { { .id = 0 }, { .id = 1 }, { .id = 2 },
                                { .id = 3 }, { .id = 4 }, { .id = 5 } };
        struct machine m = { .nodes = nodes, .n_nodes = ELEMENTSOF(nodes) };
        struct messages errors = MESSAGES_INIT;
        struct set_target t;
        char name[SET_NAME_MAX];

        add_device(&nodes[1], 0x1234, "0000:0d:00.0");
        add_device(&nodes[2], 0, "0000:0e:00.0");
        add_device(&nodes[3], 0x5678, NULL);
        add_device(&nodes[4], 0x5678, NULL);
        node_mark_unreadable(&nodes[5], FACT_DEVICES);
        assert_file(&m, "0", "node-0.conf");
        assert_file(&m, "1", "cxl-serial-0x1234.conf");
        assert_file(&m, "cxl-serial=4660", "cxl-serial-0x1234.conf");
        assert_file(&m, "2", "pci-address-0000:0e:00.0.conf");
        assert_file(&m, "pci-address=0e:00.0", "pci-address-0000:0e:00.0.conf");
        assert_file(&m, "3", "cxl-serial-0x5678.node-3.conf");
        assert_file(&m, "node3", "cxl-serial-0x5678.node-3.conf");
        assert_file(&m, "node=3", "node-3.conf");
        assert_file(&m, "cxl-serial=0x5678", "cxl-serial-0x5678.conf");
        assert(strcmp("cxl-serial-0x5678.conf", "cxl-serial-0x5678.node-3.conf") < 0);
        assert(set_target_find("5", &m, &errors, &t) < 0);
        assert(messages_have(&errors, "node 5: its devices cannot be read now"));
        messages_done(&errors);
        assert(set_target_find("2", &m, &errors, &t) == 0);
        set_target_name(&t, name);
        assert_streq(name, "pci-address-0000.0e.00.0");
        for (size_t i = 1; i < 5; i++)
                remove_devices(&nodes[i]);
}

/* Node 1 is interleaved over two devices; node 2 has the rest of the second one, as a rule for that
 * device matches both. */
static void test_interleaved(void)
{
        struct node nodes[] = { { .id = 1 }, { .id = 2 } };
        const struct machine m = { .nodes = nodes, .n_nodes = ELEMENTSOF(nodes) };
        struct memdev *both;

        add_device(&nodes[0], 0x10, NULL);
        add_device(&nodes[1], 0x20, NULL);
        both = reallocarray(nodes[0].devices[0].memdevs, 2, sizeof(*both));
        assert(both);
        both[1] = nodes[1].devices[0].memdevs[0];
        nodes[0].devices[0].memdevs = both;
        nodes[0].devices[0].n_memdevs = 2;
        assert_file(&m, "1", "cxl-serial-0x10.conf");
        assert_file(&m, "2", "cxl-serial-0x20.node-2.conf");
        for (size_t i = 0; i < ELEMENTSOF(nodes); i++)
                remove_devices(&nodes[i]);
}

/* Which files clear removes. */
static void test_owned(void)
{
        struct node nodes[] = { { .id = 3 }, { .id = 4 }, { .id = 5 } };
        const struct machine m = { .nodes = nodes, .n_nodes = ELEMENTSOF(nodes) };
        static const struct {
                const char *what, *file;
                bool owned;
        } cases[] = {
                { "3", "90-set-cxl-serial-0x5678.node-3.conf", true },
                { "3", "90-set-cxl-serial-0x5678.node-33.conf", false },
                { "3", "90-set-cxl-serial-0x5678.node-4.conf", false },
                { "3", "90-set-cxl-serial-0x5678.conf", false }, /* node 4's, too */
                { "3", "91-set-cxl-serial-0x5678.node-3.conf", false },
                { "cxl-serial=0x5678", "90-set-cxl-serial-0x5678.node-3.conf", true },
                { "cxl-serial=0x5678", "90-set-cxl-serial-0x5678.conf", true },
                { "cxl-serial=0x5678", "90-set-cxl-serial-0x56789.conf", false },
                { "5", "90-set-cxl-serial-0x9.conf", true },
                { "5", "90-set-cxl-serial-0x9.node-5.conf", true }, /* when it was shared */
                { "5", "90-set-cxl-serial-0x9.node-6.conf", false },
                { "node=5", "90-set-node-5.conf", true },
                { "node=5", "90-set-cxl-serial-0x9.conf", false },
        };

        add_device(&nodes[0], 0x5678, NULL);
        add_device(&nodes[1], 0x5678, NULL);
        add_device(&nodes[2], 0x9, NULL);
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                struct messages errors = MESSAGES_INIT;
                struct set_target t;

                assert(set_target_find(cases[i].what, &m, &errors, &t) == 0);
                assert(set_target_owns(&t, false, cases[i].file) == cases[i].owned);
        }
        for (size_t i = 0; i < ELEMENTSOF(nodes); i++)
                remove_devices(&nodes[i]);
}

static void test_locked(void)
{
        is_locked = true;
        assert(set("1", "far", NULL, false) == EXIT_FAILURE);
        assert(clear("1", false) == EXIT_FAILURE);
        is_locked = false;
        assert_holds(LASTING, NULL);
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
        return remove(path);
}

int main(void)
{
        assert(mkdtemp(directory));
        put(NODE "online", "0-1\n");
        put(NODE "has_memory", "0-1\n");
        put(NODE "has_cpu", "0\n");
        put(NODE "node0/meminfo", "Node 0 MemTotal: 1024 kB\n");
        put(NODE "node1/meminfo", "Node 1 MemTotal: 1024 kB\n");
        put("etc/numatier/numatierd.conf", "[tier dram]\nmax-latency = 1.5x\n[tier far]\n");
        test_identity();
        test_owned();
        test_locked();
        test_interleaved();
        test_set_and_clear();
        test_bandwidth();
        test_reload();
        test_other_file();
        test_effect();
        test_damaged();
        test_refused();
        nftw(directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
        return 0;
}
