/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "placement/unit.h"

#include "testing.h"

#define GROUPS "sys/fs/cgroup/"

static const char groups[] =
        GROUPS "cgroup.procs: 1\n" GROUPS "system.slice/cgroup.procs:\n" GROUPS
               "system.slice/web.service/cgroup.procs:\n  12\n  0\n  13\n" GROUPS
               "system.slice/web.service/worker/cgroup.procs:\n  14\n" GROUPS
               "system.slice/web.service.d/cgroup.procs:\n  99\n";

static void test_processes(void)
{
        struct sysroot *root = root_from(groups);
        size_t n = 0, allocated = 0;
        pid_t *pids = NULL;

        assert(unit_add_processes(root, "/system.slice/web.service", &pids, &n, &allocated) == 0);
        assert(n == 3 && pids[0] == 12 && pids[1] == 13 && pids[2] == 14);
        assert(unit_add_processes(root, "/gone", &pids, &n, &allocated) == 0 && n == 3);
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
        static const char path[] = "/system.slice/web.service";

        assert(unit_has_process(root, path, 12) && unit_has_process(root, path, 13));
        assert(!unit_has_process(root, path, 14) && !unit_has_process(root, path, 15));
        assert(!unit_has_process(root, path, 16));
        sysroot_free(root);
}

int main(void)
{
        test_processes();
        test_membership();
        return 0;
}
