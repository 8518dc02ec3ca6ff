/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "usage/stat-file.h"
#include "usage/usage.h"

#include "testing.h"

#define CGROUP       "sys/fs/cgroup/"
#define CONTROLLERS  CGROUP "cgroup.controllers: cpuset memory pids\n"
#define STAT(path)   CGROUP path "/memory.numa_stat:\n"
#define SYSTEM_SLICE STAT("system.slice") "  anon N0=100 N1=50\n  file N0=10 N1=0\n"
#define CRON         STAT("system.slice/cron.service") "  anon N0=60 N1=40\n  file N0=4 N1=0\n"

/* Node 0 in tier 0, node 1 in tier 1, which is slow; all others in none. */
static struct usage_tiers two_tiers(void)
{
        struct usage_tiers t = { .n = 2, .first_slow = 1 };

        for (unsigned i = 0; i < NODE_MAX; i++)
                t.of_node[i] = i < 2 ? i : 2;
        return t;
}

static struct usage_list *list_from(const char *text, struct usage_order order,
                                    struct messages *problems)
{
        _cleanup_(sysroot_freep) struct sysroot *root = root_from(text);
        struct usage_tiers tiers = two_tiers();
        struct usage_list *l = NULL;

        assert(usage_list_cgroups(root, &tiers, &order, problems, &l) == 0);
        return l;
}

static const struct usage_user *find(const struct usage_list *l, const char *name)
{
        for (size_t i = 0; i < l->n; i++)
                if (streq(l->users[i]->name, name))
                        return l->users[i];
        return NULL;
}

static void test_parse(void)
{
        static const char text[] = "anon N0=4096 N1=8192\nfile N0=1 N1=0\nkernel_stack N0=16 N1=0\n"
                                   "pagetables N0=4\nslab_unreclaimable N0=2\nshmem N0=99\n"
                                   "workingset_refault_anon N0=7\n";
        static const char *const bad[] = { "",
                                           "file N0=1\n",
                                           "anon N0=x\n",
                                           "anon N1024=1\n",
                                           "anon\n x\n",
                                           "anon N0=-1\n",
                                           "anon N0=18446744073709551615\n"
                                           "anon N0=1\n" };
        _cleanup_(freep) struct usage_nodes *n = malloc(sizeof(*n));

        assert(n && stat_file_parse(text, strlen(text), n) == 0 && n->has_kernel);
        assert(nodeset_count(&n->nodes) == 2);
        assert(n->amounts[0].anon == 4096 && n->amounts[0].file == 1);
        assert(n->amounts[0].kernel == 22 && n->amounts[1].anon == 8192);
        assert(n->amounts[1].kernel == 0);
        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                if (stat_file_parse(bad[i], strlen(bad[i]), n) != -EBADMSG) {
                        fprintf(stderr, "\"%s\" is taken for numa_stat\n", bad[i]);
                        abort();
                }
        assert(stat_file_parse("anon\n", 5, n) == 0 && nodeset_count(&n->nodes) == 0);
}

/* What a group has with those in it is shown without them. */
static void test_disjoint(void)
{
        struct messages problems = MESSAGES_INIT;
        _cleanup_(usage_list_freep) struct usage_list *l = list_from(
                CONTROLLERS SYSTEM_SLICE CRON STAT("system.slice/ended.service") "  anon N0=0\n",
                (struct usage_order){ 0 }, &problems);
        const struct usage_user *u;

        assert(problems.n == 0 && l->n == 2 && l->n_found == 2 && l->has_kernel);
        assert_streq(l->users[0]->name, "cron.service");
        u = l->users[0];
        assert(u->total == 104 && u->slow == 40 && u->amount.anon == 100 && u->amount.file == 4);
        assert(u->tiers[0].anon == 60 && u->tiers[1].anon == 40 && u->tiers[2].anon == 0);
        assert_streq(u->cgroup, "/system.slice/cron.service");
        u = find(l, "system.slice");
        assert(u && u->total == 56 && u->slow == 10 && u->amount.anon == 50);
        assert(l->sum->total == 160 && l->sum->slow == 50); /* as system.slice */
}

/* Groups within a unit are a part of it, unless they are units; names of those begin with it. */
static void test_units(void)
{
        struct messages problems = MESSAGES_INIT;
        _cleanup_(usage_list_freep) struct usage_list *
                l = list_from(CONTROLLERS STAT("a.service") "  anon N0=100\n" STAT("a.service/part") "  anon N0=70\n" STAT("a.service/part/inner.scope") "  anon N0=10\n" STAT(
                                      "user.slice/u@1.service") "  anon N0=30\n" STAT("use"
                                                                                      "r."
                                                                                      "sli"
                                                                                      "ce/"
                                                                                      "u@"
                                                                                      "1."
                                                                                      "ser"
                                                                                      "vic"
                                                                                      "e/"
                                                                                      "app"
                                                                                      ".sl"
                                                                                      "ice"
                                                                                      "/x."
                                                                                      "ser"
                                                                                      "vic"
                                                                                      "e") "  anon "
                                                                                           "N0="
                                                                                           "20"
                                                                                           "\n" STAT("kube/pod") "  anon N0=5 N9=1\n" STAT("_cpu.service") "  anon N0=3\n",
                              (struct usage_order){ .key = USAGE_BY_NAME }, &problems);

        assert(problems.n == 0 && l->n == 5);
        assert_streq(l->users[0]->name, "/kube/pod");
        assert(l->users[0]->tiers[2].anon == 1); /* node 9 */
        assert_streq(l->users[1]->name, "a.service");
        assert(l->users[1]->total == 100);
        assert_streq(l->users[2]->name, "cpu.service");
        assert_streq(l->users[3]->name, "u@1.service");
        assert(l->users[3]->total == 10); /* user.slice has no file: nothing is lost by that */
        assert_streq(l->users[4]->name, "u@1.service/x.service");
        assert(l->users[4]->total == 20 && l->sum->total == 139);
}

/* Values of one time that are larger than those of another do not wrap around. */
static void test_race(void)
{
        struct messages problems = MESSAGES_INIT;
        _cleanup_(usage_list_freep) struct usage_list *l =
                list_from(CONTROLLERS STAT("s.slice") "  anon N0=1\n" STAT(
                                  "s.slice/a.service") "  anon N0=2\n",
                          (struct usage_order){ 0 }, &problems);

        assert(problems.n == 0 && l->n == 1 && l->sum->total == 2);
}

/* What cannot be read now counts for the group above, and is said once. */
static void test_unreadable(void)
{
        struct messages problems = MESSAGES_INIT;
        _cleanup_(usage_list_freep) struct usage_list *l =
                list_from(CONTROLLERS SYSTEM_SLICE CGROUP
                          "system.slice/cron.service/memory.numa_stat ! EIO\n" CGROUP
                          "system.slice/\x1b.service/memory.numa_stat: rubbish\n" CGROUP
                          "system.slice/gone.service/memory.numa_stat ! ENODEV\n",
                          (struct usage_order){ 0 }, &problems);

        assert(l->n == 1 && l->users[0]->total == 160);
        assert(problems.n == 1 && messages_have(&problems, "(and 1 other control group"));
        assert(messages_have(&problems,
                             "/sys/fs/cgroup/system.slice/\\x1b.service/memory.numa_stat: "
                             "cannot be read: expected lines such as"));
        messages_done(&problems);
}

static void test_order(void)
{
        static const char text[] =
                CONTROLLERS STAT("a.service") "  anon N0=1 N1=9\n  file N0=0\n" STAT(
                        "b.service") "  anon N0=2 N1=1\n  file N0=30\n" STAT("c.service") "  anon "
                                                                                          "N0=20 "
                                                                                          "N1=1\n  "
                                                                                          "file "
                                                                                          "N0=1\n  "
                                                                                          "pagetabl"
                                                                                          "es "
                                                                                          "N0=5\n";
        static const struct {
                struct usage_order order;
                const char *first, *second;
        } cases[] = {
                { { .key = USAGE_BY_SLOW }, "a.service", "b.service" }, /* then by the total */
                { { .key = USAGE_BY_TOTAL }, "b.service", "c.service" },
                { { .key = USAGE_BY_ANON }, "c.service", "a.service" },
                { { .key = USAGE_BY_FILE }, "b.service", "c.service" },
                { { .key = USAGE_BY_KERNEL }, "c.service", "b.service" },
                { { .key = USAGE_BY_TIER, .tier = 0 }, "b.service", "c.service" },
                { { .key = USAGE_BY_NAME }, "a.service", "b.service" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                for (size_t limit = 0; limit < 3; limit++) {
                        struct usage_order order = cases[i].order;
                        struct messages problems = MESSAGES_INIT;
                        struct usage_list *l;

                        order.limit = limit;
                        l = list_from(text, order, &problems);
                        assert(l->n == (limit ?: 3) && l->n_found == 3 && l->sum->total == 70);
                        assert_streq(l->users[0]->name, cases[i].first);
                        if (l->n > 1)
                                assert_streq(l->users[1]->name, cases[i].second);
                        usage_list_free(l);
                }
}

static int list(const char *text)
{
        _cleanup_(sysroot_freep) struct sysroot *root = root_from(text);
        _cleanup_(usage_list_freep) struct usage_list *l = NULL;
        struct messages problems = MESSAGES_INIT;
        struct usage_tiers tiers = two_tiers();
        struct usage_order order = { 0 };
        int r = usage_list_cgroups(root, &tiers, &order, &problems, &l);

        assert(problems.n == 0 && (r == 0) == (l != NULL));
        return r;
}

static void test_controller(void)
{
        assert(list("") == -EOPNOTSUPP);
        assert(list(CGROUP "cgroup.controllers: cpu pids\n" CRON) == -EOPNOTSUPP);
        assert(list(CGROUP "cgroup.controllers: hugememory\n" CRON) == -EOPNOTSUPP);
        assert(list(CGROUP "cgroup.controllers ! EACCES\n" CRON) == -EACCES);
        assert(list(CONTROLLERS) == 0);
}

static int read_one(const char *cgroup, const char *want)
{
        _cleanup_(sysroot_freep) struct sysroot *root =
                root_from(CONTROLLERS SYSTEM_SLICE CRON CGROUP "io.slice/memory.numa_stat ! EIO\n");
        _cleanup_(freep) struct usage_nodes *n = malloc(sizeof(*n));
        struct messages errors = MESSAGES_INIT;
        int r;

        assert(n);
        r = usage_read_cgroup(root, cgroup, &errors, n);
        assert((r == 0) == (errors.n == 0));
        if (r < 0 && !messages_have(&errors, want)) {
                fprintf(stderr, "%s: \"%s\"\n", cgroup, errors.items[0]);
                abort();
        }
        messages_done(&errors);
        return r < 0 ? r : (int)n->amounts[0].anon;
}

static void test_one(void)
{
        assert(read_one("/system.slice", "") == 100); /* with those in it */
        assert(read_one("system.slice/cron.service", "") == 60);
        assert(read_one("/", "below the root") == -ENOENT);
        assert(read_one("/none.slice", "/none.slice: there is no such control group") == -ENOENT);
        assert(read_one("/system.slice/../system.slice", "no such control group") == -ENOENT);
        assert(read_one("/io.slice", "io.slice/memory.numa_stat: cannot be read: Input/output") ==
               -EIO);
}

static void check_unit(const char *text, const char *name, int want, const char *found)
{
        _cleanup_(sysroot_freep) struct sysroot *root = root_from(text);
        struct messages errors = MESSAGES_INIT;
        _cleanup_(freep) char *cgroup = NULL;

        assert(usage_find_unit(root, name, &errors, &cgroup) == want);
        if (want == 0)
                assert_streq(cgroup, found);
        else
                assert(errors.n == 1 && messages_have(&errors, found));
        messages_done(&errors);
}

static void test_find(void)
{
        static const char text[] = CONTROLLERS SYSTEM_SLICE
                CRON STAT("init.scope") "  anon N0=1\n" STAT("user.slice/u@1.service/init.scope") "  anon N0=1\n" STAT(
                        "user.slice/u@1.service/app.slice/x.service") "  anon N0=1\n" STAT("user."
                                                                                           "slice/"
                                                                                           "u@2."
                                                                                           "service"
                                                                                           "/app."
                                                                                           "slice/"
                                                                                           "x."
                                                                                           "servic"
                                                                                           "e") "  "
                                                                                                "an"
                                                                                                "on"
                                                                                                " N"
                                                                                                "0="
                                                                                                "1"
                                                                                                "\n" STAT("a."
                                                                                                          "service"
                                                                                                          "/part/"
                                                                                                          "hidden."
                                                                                                          "servic"
                                                                                                          "e") "  "
                                                                                                               "an"
                                                                                                               "on"
                                                                                                               " N"
                                                                                                               "0="
                                                                                                               "1"
                                                                                                               "\n" STAT(
                                                                                                                       "_memory.service") "  anon N0=1\n";

        check_unit(text, "cron", 0, "/system.slice/cron.service");
        check_unit(text, "cron.service", 0, "/system.slice/cron.service");
        check_unit(text, "system.slice", 0, "/system.slice");
        check_unit(text, "init.scope", 0, "/init.scope"); /* the system's, not a user's */
        check_unit(text, "memory", 0, "/_memory.service");
        check_unit(text, "x", -ENOTUNIQ,
                   "x.service: several control groups have this name: /user.slice");
        check_unit(text, "cron.timer", -ENOENT, "cron.timer: expected a unit that runs");
        check_unit(text, "hidden", -ENOENT, "hidden.service: expected a unit that runs");
        check_unit("", "cron", -EOPNOTSUPP, "expected control groups of version 2");
}

int main(void)
{
        test_parse();
        test_disjoint();
        test_units();
        test_race();
        test_unreadable();
        test_order();
        test_controller();
        test_one();
        test_find();
        return 0;
}
