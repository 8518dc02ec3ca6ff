/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "usage/stat-file.h"
#include "usage/usage.h"

#include "testing.h"

/* Groups are written as "PATH|LINE|LINE..." of memory.numa_stat, or "PATH!ERROR". */
#define SYSTEM      "system.slice|anon N0=100 N1=50|file N0=10 N1=0\n"
#define CRON        "system.slice/cron.service|anon N0=60 N1=40|file N0=4 N1=0\n"
#define CONTROLLERS ": cpuset memory pids"

static void print_group(FILE *f, char *group)
{
        char *path = strsep(&group, "|"), *line, *error = strchr(path, '!');

        if (error) {
                *error++ = '\0';
                fprintf(f, "sys/fs/cgroup/%s/memory.numa_stat ! %s\n", path, error);
                return;
        }
        fprintf(f, "sys/fs/cgroup%s%s/memory.numa_stat:\n", *path ? "/" : "", path);
        while ((line = strsep(&group, "|")))
                fprintf(f, "  %s\n", line);
}

/* controllers NULL: there are no control groups. */
static struct sysroot *root_of(const char *controllers, const char *groups)
{
        _cleanup_(freep) char *copy = strdup(groups), *text = NULL;
        char *rest = copy, *group;
        size_t size;
        FILE *f = open_memstream(&text, &size);

        assert(copy && f);
        if (controllers)
                fprintf(f, "sys/fs/cgroup/cgroup.controllers%s\n", controllers);
        while ((group = strsep(&rest, "\n")))
                if (*group)
                        print_group(f, group);
        assert(fclose(f) == 0);
        return root_from(text);
}

/* Node 0 in tier 0, node 1 in tier 1, which is slow; all others in none. */
static struct usage_tiers two_tiers(void)
{
        struct usage_tiers t = { .n = 2, .first_slow = 1 };

        for (unsigned i = 0; i < NODE_MAX; i++)
                t.of_node[i] = i < 2 ? i : 2;
        return t;
}

static struct usage_list *list_from(const char *groups, struct usage_order order,
                                    struct messages *problems)
{
        _cleanup_(sysroot_freep) struct sysroot *root = root_of(CONTROLLERS, groups);
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
        static const char *const bad[] = {
                "",
                "file N0=1\n",
                "anon N0=x\n",
                "anon N1024=1\n",
                "anon\n x\n",
                "anon N0=-1\n",
                "anon N0=18446744073709551615\nanon N0=1\n",
        };
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

/* In a container, the root is a group as others, and often the only one. */
static void test_container(void)
{
        static const char groups[] = "|anon N0=100 N1=50\n" SYSTEM CRON;
        _cleanup_(sysroot_freep) struct sysroot *root = root_of(CONTROLLERS, groups);
        _cleanup_(freep) struct usage_nodes *n = malloc(sizeof(*n));
        struct messages problems = MESSAGES_INIT;
        _cleanup_(usage_list_freep) struct usage_list *l =
                list_from("|anon N0=3 N1=4\n", (struct usage_order){ 0 }, &problems);

        assert(problems.n == 0 && l->n == 1 && l->sum->total == 7 && l->sum->slow == 4);
        assert_streq(l->users[0]->name, "/");
        assert_streq(l->users[0]->cgroup, "/");
        usage_list_free(TAKE_PTR(l));
        l = list_from("|anon N0=200 N1=50\n" SYSTEM CRON, (struct usage_order){ 0 }, &problems);
        assert(l->n == 3 && l->sum->amount.anon == 250); /* each byte once */
        assert(n && usage_read_cgroup(root, "//", &problems, n) == 0 && problems.n == 0);
        assert(n->amounts[0].anon == 100 && n->amounts[1].anon == 50);
}

/* What a group has with those in it is shown without them. */
static void test_disjoint(void)
{
        static const char groups[] = SYSTEM CRON "system.slice/ended.service|anon N0=0\n";
        struct messages problems = MESSAGES_INIT;
        _cleanup_(usage_list_freep) struct usage_list *l =
                list_from(groups, (struct usage_order){ 0 }, &problems);
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
        static const char groups[] = "a.service|anon N0=100\n"
                                     "a.service/part|anon N0=70\n"
                                     "a.service/part/inner.scope|anon N0=10\n"
                                     "user.slice/u@1.service|anon N0=30\n"
                                     "user.slice/u@1.service/app.slice/x.service|anon N0=20\n"
                                     "kube/pod|anon N0=5 N9=1\n"
                                     "_cpu.service|anon N0=3\n";
        struct messages problems = MESSAGES_INIT;
        _cleanup_(usage_list_freep) struct usage_list *l =
                list_from(groups, (struct usage_order){ .key = USAGE_BY_NAME }, &problems);

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
        static const char groups[] = "s.slice|anon N0=1\ns.slice/a.service|anon N0=2\n";
        struct messages problems = MESSAGES_INIT;
        _cleanup_(usage_list_freep) struct usage_list *l =
                list_from(groups, (struct usage_order){ 0 }, &problems);

        assert(problems.n == 0 && l->n == 1 && l->sum->total == 2);
}

/* What cannot be read now counts for the group above, and is said once. */
static void test_unreadable(void)
{
        static const char groups[] = SYSTEM "system.slice/cron.service!EIO\n"
                                            "system.slice/\x1b.service|rubbish\n"
                                            "system.slice/gone.service!ENODEV\n";
        struct messages problems = MESSAGES_INIT;
        _cleanup_(usage_list_freep) struct usage_list *l =
                list_from(groups, (struct usage_order){ 0 }, &problems);

        assert(l->n == 1 && l->users[0]->total == 160);
        assert(problems.n == 1 && messages_have(&problems, "(and 1 other control group"));
        assert(messages_have(&problems,
                             "/sys/fs/cgroup/system.slice/\\x1b.service/memory.numa_stat: "
                             "cannot be read: expected lines such as"));
        messages_done(&problems);
}

static void test_order(void)
{
        static const char groups[] = "a.service|anon N0=1 N1=9|file N0=0\n"
                                     "b.service|anon N0=2 N1=1|file N0=30\n"
                                     "c.service|anon N0=20 N1=1|file N0=1|pagetables N0=5\n";
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
                        l = list_from(groups, order, &problems);
                        assert(l->n == (limit ?: 3) && l->n_found == 3 && l->sum->total == 70);
                        assert_streq(l->users[0]->name, cases[i].first);
                        if (l->n > 1)
                                assert_streq(l->users[1]->name, cases[i].second);
                        usage_list_free(l);
                }
}

static int list(const char *controllers, const char *groups)
{
        _cleanup_(sysroot_freep) struct sysroot *root = root_of(controllers, groups);
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
        assert(list(NULL, "") == -EOPNOTSUPP);
        assert(list(": cpu pids", CRON) == -EOPNOTSUPP);
        assert(list(": hugememory", CRON) == -EOPNOTSUPP);
        assert(list(" ! EACCES", CRON) == -EACCES);
        assert(list(CONTROLLERS, "") == 0);
}

static int read_one(const char *cgroup, const char *want)
{
        _cleanup_(sysroot_freep) struct sysroot *root =
                root_of(CONTROLLERS, SYSTEM CRON "io.slice!EIO\n");
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

static void check_unit(const char *controllers, const char *name, int want, const char *found)
{
        static const char groups[] = SYSTEM CRON "init.scope|anon N0=1\n"
                                                 "user.slice/u@1.service/init.scope|anon N0=1\n"
                                                 "user.slice/u@1.service/a.slice/x.service|anon\n"
                                                 "user.slice/u@2.service/a.slice/x.service|anon\n"
                                                 "a.service/part/hidden.service|anon N0=1\n"
                                                 "_memory.service|anon N0=1\n";
        _cleanup_(sysroot_freep) struct sysroot *root = root_of(controllers, groups);
        struct messages errors = MESSAGES_INIT;
        _cleanup_(freep) char *cgroup = NULL;

        assert(usage_find_unit(root, name, &errors, &cgroup) == want);
        if (want == 0)
                assert_streq(cgroup, found);
        else
                assert(errors.n == 1 && messages_have(&errors, found));
        messages_done(&errors);
}

static void refuse_unit(const char *name, int error, const char *said)
{
        check_unit(CONTROLLERS, name, error, said);
}

static void test_find(void)
{
        check_unit(CONTROLLERS, "cron", 0, "/system.slice/cron.service");
        check_unit(CONTROLLERS, "cron.service", 0, "/system.slice/cron.service");
        check_unit(CONTROLLERS, "system.slice", 0, "/system.slice");
        check_unit(CONTROLLERS, "init.scope", 0, "/init.scope"); /* the system's, not a user's */
        check_unit(CONTROLLERS, "memory", 0, "/_memory.service");
        refuse_unit("x", -ENOTUNIQ,
                    "x.service: several control groups have this name: "
                    "/user.slice/u@1.service/a.slice/x."
                    "service, /user.slice/u@2");
        refuse_unit("cron.timer", -ENOENT, "cron.timer: expected a unit that runs");
        refuse_unit("hidden", -ENOENT, "hidden.service: expected a unit that runs");
        check_unit(NULL, "cron", -EOPNOTSUPP, "expected control groups of version 2");
}

int main(void)
{
        test_parse();
        test_disjoint();
        test_container();
        test_units();
        test_race();
        test_unreadable();
        test_order();
        test_controller();
        test_one();
        test_find();
        return 0;
}
