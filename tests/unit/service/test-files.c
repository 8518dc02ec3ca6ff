/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which drop-ins there are, and whether their nodes are right. */
#include "service/differences.h"
#include "service/files.h"
#include "testing.h"

#define ETC     "etc/systemd/system/"
#define RUN     "run/systemd/system/"
#define FILE_IN "/" SERVICE_FILE_NAME
#define OURS    ":\n  # numatier service: policy=bind confine=no tiers=cxl\n  [Service]\n  "
#define BIND(n) OURS "NUMAPolicy=bind\n  NUMAMask=" #n "\n"

static struct service_files files;
static struct messages problems;

static void read_from(const char *machine, const char *unit)
{
        _cleanup_(sysroot_freep) struct sysroot *root = root_from(machine);

        service_files_done(&files);
        messages_done(&problems);
        assert(service_files_read(root, unit, &problems, &files) == 0);
}

static void assert_file_at(int line, size_t i, const char *unit, enum service_file_state state,
                           bool runtime, bool hidden)
{
        const struct service_file *f = &files.items[i];

        if (i < files.n && streq(f->unit, unit) && f->state == state && f->runtime == runtime &&
            f->hidden == hidden) {
                assert((state == SERVICE_FILE_OURS) == (f->drop_in != NULL));
                return;
        }
        fprintf(stderr, "line %d: %zu files: not %s at %zu\n", line, files.n, unit, i);
        abort();
}

#define assert_file(i, unit, state, runtime, hidden)                                               \
        assert_file_at(__LINE__, i, unit, SERVICE_FILE_##state, runtime, hidden)

static void test_all(void)
{
        read_from(RUN "b.service.d" FILE_IN BIND(2) ETC "b.service.d" FILE_IN BIND(1) RUN
                  "a.slice.d" FILE_IN ": [Slice]\n" ETC "c.service.d" FILE_IN OURS
                  "NUMAMask=x\n" ETC "service.d" FILE_IN BIND(1) ETC "x.target.d" FILE_IN BIND(1)
                          ETC "b.service.d/60-x.conf: x\n" ETC
                              "multi-user.target.wants/x.service: x\n",
                  NULL);
        assert(files.n == 4 && !files.incomplete);
        assert_file(0, "a.slice", FOREIGN, true, false);
        assert_file(1, "b.service", OURS, false, false);
        assert_file(2, "b.service", OURS, true, true);
        assert_file(3, "c.service", DAMAGED, false, false);
        assert(problems.n == 1);
        assert(messages_have(&problems, "/" ETC "c.service.d" FILE_IN ":3: NUMAMask: expected"));
        assert_streq(files.items[2].path, RUN "b.service.d" FILE_IN);
        assert(nodeset_has(&files.items[2].drop_in->mask, 2));
}

static void test_one(void)
{
        read_from(ETC "b.service.d" FILE_IN BIND(1) ETC "c.service.d" FILE_IN BIND(1), "b.service");
        assert(files.n == 1 && problems.n == 0);
        assert_file(0, "b.service", OURS, false, false);
        read_from(ETC "b.service.d" FILE_IN BIND(1), "x.service");
        assert(files.n == 0 && problems.n == 0);
        read_from("proc/x: x\n", NULL); /* a machine without systemd */
        assert(files.n == 0 && problems.n == 0 && !files.incomplete);
}

/* What cannot be read is not absent. */
static void test_unreadable(void)
{
        char path[] = "/tmp/numatier-test-XXXXXX", line[128];
        struct sysroot *root;

        assert(mkdtemp(path) && sysroot_open(path, &root) == 0);
        snprintf(line, sizeof(line), "cd %s; mkdir -p " ETC "a.service.d" FILE_IN, path);
        assert(system(line) == 0); /* it is a directory */
        service_files_done(&files);
        messages_done(&problems);
        assert(service_files_read(root, NULL, &problems, &files) == 0);
        assert_file(0, "a.service", UNREADABLE, false, false);
        assert(messages_have(&problems, "a.service.d" FILE_IN));
        snprintf(line, sizeof(line), "cd %s; rm -r etc; ln -s etc etc", path);
        assert(system(line) == 0);
        service_files_done(&files);
        messages_done(&problems);
        assert(service_files_read(root, NULL, &problems, &files) == 0);
        assert(files.n == 0 && files.incomplete && messages_have(&problems, "/etc/systemd/system"));
        snprintf(line, sizeof(line), "rm -r %s", path);
        assert(system(line) == 0);
        sysroot_free(root);
}

static void test_filter(void)
{
        assert(service_must_filter(ETC "b.service.d" FILE_IN));
        assert(service_must_filter(RUN "b.service.d" FILE_IN));
        assert(!service_must_filter(ETC "b.service.d/60-x.conf"));
        assert(!service_must_filter("etc/numatier/50-numatier.conf"));
}

/* Differences. tiers, memory: lists of nodes. */
static struct service_harm compare(const char *settings, const char *tiers, const char *memory)
{
        _cleanup_(service_drop_in_freep) struct service_drop_in *d = NULL;
        struct nodeset t, m;
        struct service_harm harm;

        messages_done(&problems);
        assert(service_drop_in_parse(settings, strlen(settings), "/f", &problems, &d) == 0);
        assert(nodeset_parse(tiers, &t) == 0 && nodeset_parse(memory, &m) == 0);
        harm = service_find_differences(d, &t, &m, &problems);
        assert(harm.elsewhere == (problems.n > 0));
        return harm;
}

#define ASKED(policy, confine)                                                                     \
        "# numatier service: policy=" policy " confine=" confine " tiers=cxl\n"
#define SET(policy, mask) "[Service]\nNUMAPolicy=" policy "\nNUMAMask=" mask "\n"

static void test_differences(void)
{
        struct service_harm h;

        h = compare(ASKED("bind", "no") SET("bind", "1-2"), "1-2", "0-2");
        assert(!h.elsewhere && !h.does_not_start && !h.not_confined);
        h = compare(ASKED("bind", "no") SET("bind", "1"), "1-2", "0-2");
        assert(messages_have(&problems, "NUMAMask=1: expected 1-2") && !h.does_not_start);
        h = compare(ASKED("bind", "no") SET("bind", "3"), "1", "0-2");
        assert(messages_have(&problems, "NUMAMask=3: expected 1") && h.does_not_start);
        h = compare(ASKED("bind", "no") SET("bind", "1,3"), "1", "0-2"); /* one is enough */
        assert(h.elsewhere && !h.does_not_start);
        h = compare(ASKED("bind", "no") SET("bind", "all"), "1", "0-2");
        assert(messages_have(&problems, "NUMAMask=all: expected 1") && !h.does_not_start);
        h = compare(ASKED("bind", "no") SET("bind", ""), "1", "0-2");
        assert(messages_have(&problems, "NUMAMask=: expected 1"));
        h = compare(ASKED("bind", "no") SET("interleave", "1"), "1", "0-2");
        assert(messages_have(&problems, "NUMAPolicy=interleave: expected bind"));
}

static void test_preferred(void)
{
        struct service_harm h;

        h = compare(ASKED("preferred", "no") SET("preferred", "2"), "1-2", "0-2");
        assert(!h.elsewhere);
        h = compare(ASKED("preferred", "no") SET("preferred", "0"), "1-2", "0-2");
        assert(messages_have(&problems, "NUMAMask=0: expected one node of 1-2"));
        h = compare(ASKED("preferred", "no") SET("preferred", "1-2"), "1-2", "0-2");
        assert(h.elsewhere && h.does_not_start);
}

static void test_confined(void)
{
        struct service_harm h;

        h = compare(ASKED("default", "yes") SET("default", "") "AllowedMemoryNodes=1\n", "1",
                    "0-1");
        assert(!h.elsewhere && !h.not_confined && !h.does_not_start);
        h = compare(ASKED("unset", "yes") "[Slice]\nAllowedMemoryNodes=1-2\n", "1", "0-1");
        assert(messages_have(&problems, "AllowedMemoryNodes=1-2: expected 1") && h.not_confined);
        h = compare(ASKED("unset", "yes") "[Slice]\n", "1", "0-1");
        assert(messages_have(&problems, "AllowedMemoryNodes=: expected 1") && !h.not_confined);
        h = compare(ASKED("bind", "no") SET("bind", "1") "AllowedMemoryNodes=1\n", "1", "0-1");
        assert(messages_have(&problems, "AllowedMemoryNodes=1: expected none"));
}

int main(void)
{
        test_all();
        test_one();
        test_unreadable();
        test_filter();
        test_differences();
        test_preferred();
        test_confined();
        service_files_done(&files);
        messages_done(&problems);
        return 0;
}
