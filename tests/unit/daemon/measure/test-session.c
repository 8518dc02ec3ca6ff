/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A run of numatier measure below a directory that is a copy of a machine. Nothing is measured: a
 * function of the test provides the values. */

#include <ftw.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "measure/session.h"
#include "measure/store.h"
#include "state/measured.h"
#include "testing.h"

/* The machine: node 0 with CPU 0, node 1 without CPUs. */
static const struct {
        const char *path, *text;
} machine_files[] = {
        { NODE "online", "0-1\n" },
        { NODE "possible", "0-1\n" },
        { NODE "has_memory", "0-1\n" },
        { NODE "has_cpu", "0\n" },
        { NODE "node0/cpulist", "0\n" },
        { NODE "node0/distance", "10 20\n" },
        { NODE "node1/distance", "20 10\n" },
        { NODE "node0/meminfo", "Node 0 MemTotal:  1000 kB\n" },
        { NODE "node1/meminfo", "Node 1 MemTotal:  1000 kB\n" },
        { NODE "node0/memory0/state", "online\n" },
        { NODE "node1/memory1/state", "online\n" },
        { "sys/devices/system/memory/block_size_bytes", "8000000\n" },
        { "sys/devices/system/memory/memory0/phys_index", "00000000\n" },
        { "sys/devices/system/memory/memory1/phys_index", "00000001\n" },
};

static char root_path[] = "/tmp/numatier-test-XXXXXX";
static double spread; /* what measure_fake() finds */

static void write_file(const char *path, const char *text)
{
        _cleanup_(freep) char *full = NULL;
        FILE *f;

        assert(asprintf(&full, "%s/%s", root_path, path) > 0);
        for (char *slash = strchr(full + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
                *slash = '\0';
                assert(mkdir(full, 0755) == 0 || errno == EEXIST);
                *slash = '/';
        }
        f = fopen(full, "we");
        assert(f && fputs(text, f) >= 0 && fclose(f) == 0);
}

/* The file's text, "" if there is none. */
static char *read_file(const char *path)
{
        _cleanup_(freep) char *full = NULL;
        char *text = calloc(1, 4096);
        FILE *f;

        assert(text && asprintf(&full, "%s/%s", root_path, path) > 0);
        f = fopen(full, "re");
        if (!f)
                return text;
        text[fread(text, 1, 4095, f)] = 0;
        fclose(f);
        return text;
}

static void remove_file(const char *path)
{
        _cleanup_(freep) char *full = NULL;

        assert(asprintf(&full, "%s/%s", root_path, path) > 0);
        assert(remove(full) == 0 || errno == ENOENT);
}

static int measure_fake(struct sysroot *root, const struct place *place,
                        const struct measure_options *options, struct messages *errors,
                        struct messages *warnings, struct measurement *ret)
{
        *ret = (struct measurement){ .node = place->node,
                                     .initiator = place->initiator,
                                     .cpus = cpus_count(&place->cpus),
                                     .missing_cpus = cpus_count(&place->missing),
                                     .values = { [MEASURED_LATENCY] = { 100, 0.01 },
                                                 [MEASURED_READ] = { 2000, spread },
                                                 [MEASURED_MIXED] = { 1500, 0.02 },
                                                 [MEASURED_WRITE] = { 1000, 0.03 } } };
        return 0;
}

/* A session, and what it prints. */
struct run {
        struct measure_session session;
        char *errors, *json;
        int r;
};

static int open_and_measure(const struct measure_session_arguments *a, struct measure_session *s)
{
        int r = measure_session_open(root_path, a, s);

        if (r < 0)
                return r;
        s->allowed = (struct cpus){ 0 };
        cpus_add(0, &s->allowed);
        s->measure = measure_fake;
        return measure_session_run(s);
}

static struct run run_session(const struct measure_session_arguments *a)
{
        FILE *before_errors = stderr, *before_output = stdout;
        struct run run = { 0 };
        size_t size;

        stderr = open_memstream(&run.errors, &size);
        assert(stderr);
        run.r = open_and_measure(a, &run.session);
        assert(fclose(stderr) == 0);
        stderr = before_errors;
        stdout = open_memstream(&run.json, &size);
        assert(stdout);
        assert(measure_print_json(stdout, run.session.results, run.session.n_results) == 0);
        assert(fclose(stdout) == 0);
        stdout = before_output;
        return run;
}

static void run_done(struct run *run)
{
        measure_session_close(&run->session);
        free(run->errors);
        free(run->json);
}

static void expect_run(const struct measure_session_arguments *a, int r, const char *errors)
{
        struct run run = run_session(a);

        if (run.r != r || (*errors ? !strstr(run.errors, errors) : *run.errors))
                fprintf(stderr, "%d, printed: %s\n", run.r, run.errors);
        assert(run.r == r);
        assert(*errors ? strstr(run.errors, errors) != NULL : streq(run.errors, ""));
        run_done(&run);
}

static void expect_stored(const char *text)
{
        _cleanup_(freep) char *stored = read_file(MEASURED_PATH);

        assert(*text ? strstr(stored, text) != NULL : streq(stored, ""));
}

#define VALUES " read_latency=100 write_latency=100 read_bandwidth=2000 write_bandwidth=1000\n"

static void test_stored(void)
{
        const struct measure_session_arguments a = { 0 };

        spread = SPREAD_MAX;
        expect_run(&a, 0, "");
        expect_stored("node0@0" VALUES "node1@8000000" VALUES);
        remove_file(MEASURED_PATH);
}

/* Values that are not repeatable are shown and not stored: 52% was stored once, and counted more
 * than HMAT's. */
static void test_not_repeatable(void)
{
        struct measure_session_arguments a = { 0 };
        struct run run;

        spread = 0.52;
        nodeset_add(&a.nodes, 1);
        write_file(MEASURED_PATH, "node1@8000000 read_latency=7 write_latency=7 read_bandwidth=7 "
                                  "write_bandwidth=7\n");
        run = run_session(&a);
        assert(run.r == -ERANGE);
        assert(strstr(run.errors, "numatier: node 1: not stored: the spread of the read bandwidth "
                                  "is 52.0%, more than 5%; "));
        assert(strstr(run.errors, "--force"));
        assert(run.session.n_results == 1 && !run.session.results[0].stored);
        assert(strstr(run.json, "\"read_bandwidth_mib\": 2000"));
        assert(strstr(run.json, "\"stored\": false"));
        assert(strstr(run.json, "\"repeatable\": false"));
        run_done(&run);
        expect_stored("node1@8000000 read_latency=7 ");

        a.dry_run = true; /* nothing was to be stored: not a failure */
        expect_run(&a, 0, "warning: node 1: not repeatable: the spread of the read bandwidth");
        expect_stored("node1@8000000 read_latency=7 ");

        a.dry_run = false;
        a.force = true;
        expect_run(&a, 0, "warning: node 1: not repeatable: the spread of the read bandwidth");
        expect_stored("node1@8000000" VALUES);
        remove_file(MEASURED_PATH);
}

/* One that is not stored does not keep the others from it, nor hides that it failed. */
static void test_others(void)
{
        struct measure_session_arguments a = { 0 };

        spread = 0;
        nodeset_add(&a.nodes, 0);
        nodeset_add(&a.nodes, 7);
        nodeset_add(&a.nodes, 1);
        expect_run(&a, -ENODEV, "node 7: is not there");
        expect_stored("node0@0" VALUES "node1@8000000" VALUES);
        remove_file(MEASURED_PATH);
}

static void test_missing_cpus(void)
{
        struct measure_session_arguments a = { 0 };
        struct run run;

        spread = 0;
        nodeset_add(&a.nodes, 1);
        write_file(NODE "node0/cpulist", "0-3\n");
        expect_run(&a, -EPERM, "this process may not use CPUs 1-3 of them");
        expect_stored("");
        a.force = true;
        run = run_session(&a);
        assert(run.r == 0 && strstr(run.errors, "numatier: warning: node 1: "));
        assert(strstr(run.json, "\"cpus\": 1"));
        assert(strstr(run.json, "\"missing_cpus\": 3"));
        assert(strstr(run.json, "\"stored\": true"));
        run_done(&run);
        expect_stored("node1@8000000" VALUES);
        write_file(NODE "node0/cpulist", "0\n");
        remove_file(MEASURED_PATH);
}

/* Two at once disturb each other, and could lose each other's results. */
static void test_two_at_once(void)
{
        struct measure_session_arguments a = { 0 };
        struct measure_session first;
        char errors[128];

        spread = 0;
        assert(measure_session_open(root_path, &a, &first) == 0);
        snprintf(errors, sizeof(errors),
                 "numatier: another \"numatier measure\" (process %ld) is running", (long)getpid());
        expect_run(&a, -EBUSY, errors);
        a.dry_run = true;
        expect_run(&a, -EBUSY, errors);
        a.dry_run = false;
        expect_stored("");
        measure_session_close(&first);
        expect_run(&a, 0, "");
        expect_stored("node1@8000000" VALUES);
        remove_file(MEASURED_PATH);
}

/* What cannot be read is not replaced. */
static void test_unreadable_store(void)
{
        const struct measure_session_arguments a = { 0 };

        write_file(MEASURED_PATH "/is-a-directory", "");
        expect_run(&a, -EISDIR, "cannot store in /" MEASURED_PATH ": repair or remove it");
        remove_file(MEASURED_PATH "/is-a-directory");
        remove_file(MEASURED_PATH);
}

/* Damaged lines are reported, and stay. */
static void test_damaged_store(void)
{
        const struct measure_session_arguments a = { 0 };

        write_file(MEASURED_PATH, "nonsense\n");
        expect_run(&a, 0, "warning: /" MEASURED_PATH ":1: expected");
        expect_stored("node1@8000000" VALUES "nonsense\n");
        remove_file(MEASURED_PATH);
}

/* Nor is what can no longer be read after the measurement: no value is lost, and it fails. */
static void test_store_lost(void)
{
        struct messages warnings = MESSAGES_INIT;
        const struct perf perf = { { 1, 2, 3, 4 } };
        struct sysroot *root;

        write_file(MEASURED_PATH "/is-a-directory", "");
        assert(sysroot_open(root_path, &root) == 0);
        assert(store_add(root, "node1@8000000", &perf, &warnings) == -EISDIR);
        assert(messages_have(&warnings, "cannot be read"));
        messages_done(&warnings);
        sysroot_free(root);
        remove_file(MEASURED_PATH "/is-a-directory");
        remove_file(MEASURED_PATH);
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
        return remove(path);
}

int main(void)
{
        assert(mkdtemp(root_path));
        for (size_t i = 0; i < ELEMENTSOF(machine_files); i++)
                write_file(machine_files[i].path, machine_files[i].text);
        test_stored();
        test_not_repeatable();
        test_others();
        test_missing_cpus();
        test_two_at_once();
        test_unreadable_store();
        test_damaged_store();
        test_store_lost();
        assert(nftw(root_path, remove_entry, 16, FTW_DEPTH | FTW_PHYS) == 0);
        return 0;
}
