/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "placement/unit.h"

#include "testing.h"

#define GROUPS "sys/fs/cgroup/"

static const char groups[] =
        GROUPS "cgroup.procs: 1\n" GROUPS "system.slice/cgroup.procs:\n" GROUPS
               "system.slice/web.service/cgroup.procs:\n  12\n  0\n  13\n" GROUPS
               "system.slice/web.service/worker/cgroup.procs:\n  14\n" GROUPS
               "system.slice/_cpu.service/cgroup.procs:\n  15\n" GROUPS
               "system.slice/web.service.d/cgroup.procs:\n  99\n" GROUPS
               "user.slice/a/twice.service/cgroup.procs:\n  16\n" GROUPS
               "user.slice/b/twice.service/cgroup.procs:\n  17\n";

static void completes(const char *name, const char *want)
{
        char *found = unit_complete_name(name);

        assert_streq(found, want);
        free(found);
}

static void test_names(void)
{
        completes("web", "web.service");
        completes("web.service", "web.service");
        completes("run-1.scope", "run-1.scope");
        completes("a.b", "a.b.service");
        completes(".service", ".service.service");
        completes("user.slice", "user.slice");
}

static void finds(struct sysroot *root, const char *name, const char *want)
{
        struct messages errors = MESSAGES_INIT;
        char *path = NULL;

        assert(unit_find(root, name, &errors, &path) == 0 && errors.n == 0);
        assert_streq(path, want);
        free(path);
}

static void test_find(void)
{
        struct sysroot *root = root_from(groups);
        struct messages errors = MESSAGES_INIT;
        char *path = NULL;

        finds(root, "web.service", GROUPS "system.slice/web.service");
        finds(root, "system.slice", GROUPS "system.slice");
        finds(root, "cpu.service", GROUPS "system.slice/_cpu.service");
        assert(unit_find(root, "none.service", &errors, &path) == -ENOENT);
        assert(messages_have(&errors, "no unit none.service is running"));
        assert(unit_find(root, "twice.service", &errors, &path) == -EEXIST);
        assert(messages_have(&errors, "/sys/fs/cgroup/user.slice/a/twice.service, /sys/fs/cgroup/"
                                      "user.slice/b/twice.service"));
        assert(!path);
        messages_done(&errors);
        sysroot_free(root);
}

static void test_hybrid(void)
{
        struct sysroot *root = root_from(GROUPS "memory/web.service/cgroup.procs: 7\n" GROUPS
                                                "unified/cgroup.procs: 1\n" GROUPS
                                                "unified/web.service/cgroup.procs: 7\n");

        finds(root, "web.service", GROUPS "unified/web.service");
        sysroot_free(root);
}

static void test_processes(void)
{
        struct sysroot *root = root_from(groups);
        size_t n = 0, allocated = 0;
        pid_t *pids = NULL;

        assert(unit_add_processes(root, GROUPS "system.slice/web.service", &pids, &n, &allocated) ==
               0);
        assert(n == 3 && pids[0] == 12 && pids[1] == 13 && pids[2] == 14);
        assert(unit_add_processes(root, GROUPS "gone", &pids, &n, &allocated) == 0 && n == 3);
        free(pids);
        sysroot_free(root);
}

static void test_membership(void)
{
        struct sysroot *root = root_from("proc/12/cgroup:\n  1:name=systemd:/x\n"
                                         "  0::/system.slice/web.service\n"
                                         "proc/13/cgroup: 0::/system.slice/web.service/worker\n"
                                         "proc/14/cgroup: 0::/system.slice/web.service2\n"
                                         "proc/15/cgroup: 1:cpu:/system.slice/web.service\n");
        static const char path[] = GROUPS "system.slice/web.service";

        assert(unit_has_process(root, path, 12) && unit_has_process(root, path, 13));
        assert(!unit_has_process(root, path, 14) && !unit_has_process(root, path, 15));
        assert(!unit_has_process(root, path, 16));
        assert(unit_has_process(root, GROUPS "unified/system.slice/web.service", 12));
        sysroot_free(root);
}

int main(void)
{
        test_names();
        test_find();
        test_hybrid();
        test_processes();
        test_membership();
        return 0;
}
