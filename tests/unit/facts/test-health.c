/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "facts/health.h"
#include "fake-kernel.h"

static const char machine[] =
        "captured/memory-blocks:\n"
        "  0-31 node 0 online kernel\n"
        "  32-35 node 1 online movable\n"
        "  36-37 node 1 offline\n"
        "  38 node 1 going-offline\n"
        "  39 node 1 unreadable\n"
        "sys/devices/system/memory/auto_online_blocks: online_movable\n"
        "sys/module/memory_hotplug/parameters/online_policy: contig-zones\n"
        "sys/module/memory_hotplug/parameters/memmap_on_memory: N\n"
        "proc/cmdline: root=/dev/sda1 memhp-default-state=online password=secret "
        "memhp_default_state=online_movable quiet efi=\"no soft\" numa=nohmat -- mem=1G\n"
        "sys/firmware/acpi/tables/HMAT:\n"
        "sys/firmware/acpi/tables/SSDT1:\n"
        "proc/swaps:\n"
        "  Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
        "  /dev/sda2                               partition\t1048572\t\t12\t\t-2\n"
        "  /swap\\040file                           file\t\t1024\t\t0\t\t-3\n"
        "sys/module/damon_stat/parameters/enabled: Y\n"
        "sys/module/damon_reclaim/parameters/enabled: N\n"
        "sys/kernel/mm/damon/admin/kdamonds/nr_kdamonds: 2\n"
        "sys/kernel/mm/damon/admin/kdamonds/0/state: on\n"
        "sys/kernel/mm/damon/admin/kdamonds/1/state: off\n"
        "sys/bus/dax/devices/dax0.0/driver -> ../../../bus/dax/drivers/kmem\n"
        "sys/bus/dax/devices/dax0.0/target_node: 1\n"
        "sys/bus/dax/devices/dax0.0/size: 1073741824\n"
        "sys/bus/dax/devices/dax0.0/resource: 0x140000000\n"
        "sys/bus/dax/devices/dax0.0/state: online_movable\n"
        "sys/bus/dax/devices/dax0.0/memmap_on_memory: 1\n"
        "sys/bus/dax/devices/dax10.0/size: 4096\n"
        "sys/bus/dax/devices/dax10.0/target_node: -1\n"
        "sys/bus/dax/devices/dax2.0/driver -> ../../../bus/dax/drivers/device_dax\n"
        "sys/fs/cgroup/cgroup.controllers: cpuset cpu\n"
        "sys/fs/cgroup/system.slice/cpuset.mems:\n"
        "sys/fs/cgroup/system.slice/db.service/cpuset.mems: 0\n"
        "sys/fs/cgroup/system.slice/web.service/cpuset.mems:\n"
        "sys/fs/cgroup/machine.slice/a.scope/libvirt/cpuset.mems: 1\n"
        "sys/fs/cgroup/machine.slice/a.scope/libvirt/vcpu0/cpuset.mems: 1\n"
        "sys/fs/cgroup/memory.stat: anon 0\n"
        "proc/1/task/1/stat: 1 (systemd) S 0 1\n"
        "proc/1/task/1/wchan: nodelist_show\n"
        "proc/50/task/50/stat: 50 (kworker/u4:1) D 2\n"
        "proc/50/task/50/wchan: kernfs_drain\n"
        "proc/50/task/50/stack:\n"
        "  [<0>] kernfs_drain+0x12c/0x150\n"
        "  [<0>] __kernfs_remove+0x4d/0x1f0\n"
        "  [<0>] memtier_hotplug_callback.cold+0x1/0x2\n"
        "proc/60/task/60/stat: 60 (x) D (y) S 1\n"
        "proc/60/task/61/stat: 61 (c\033a) D 1\n"
        "proc/60/task/61/wchan: nodelist_show.isra.0\n"
        "proc/70/task/70/stat: 70 (a (b) c) D 1\n"
        "proc/70/task/70/wchan: percpu_rwsem_wait\n"
        "proc/70/task/70/stack:\n"
        "  [<0>] percpu_rwsem_wait+0x1/0x2\n"
        "  [<0>] mem_hotplug_begin+0x1/0x2\n"
        "  [<0>] offline_pages+0x1/0x2\n"
        "proc/80/task/80/stat: 80 (disk) D 1\n"
        "proc/80/task/80/wchan: io_schedule\n"
        "proc/81/task/81/stat: 81 (udevd) D 1\n"
        "proc/81/task/81/wchan: kernfs_drain\n"
        "proc/81/task/81/stack:\n"
        "  [<0>] kernfs_drain+0x12c/0x150\n"
        "  [<0>] usb_disconnect+0x4d/0x1f0\n"
        "proc/82/task/82/stat: 82 (secret) D 1\n"
        "proc/82/task/82/wchan: 0\n"
        "proc/83/task/83/stat: 83 (exec) D 1\n"
        "proc/83/task/83/wchan: folio_wait_bit_common\n"
        "proc/83/task/83/stack:\n"
        "  [<0>] offline_pages+0x1/0x2\n"
        "proc/sys/kernel/numa_balancing: 1\n";

static struct health *read_health(struct sysroot *root, struct messages *problems)
{
        struct health *h = NULL;

        assert(health_read(root, problems, &h) == 0);
        return h;
}

static void assert_knob(struct knob k, unsigned value)
{
        assert(k.present && !k.unreadable && k.value == value);
}

static void assert_absent(struct knob k)
{
        assert(!k.present && !k.unreadable);
}

static void check_onlining(const struct health *h)
{
        struct block_counts c;
        char buf[64];

        health_count_blocks(h, 1, &c);
        assert(c.all == 8 && c.movable == 4 && c.offline == 2 && c.changing == 1);
        assert(c.unreadable == 1 && c.kernel == 0 && c.none == 0);
        health_count_blocks(h, 0, &c);
        assert(c.all == 32 && c.kernel == 32);
        assert_streq(h->auto_online_blocks.value, "online_movable");
        assert_streq(h->online_policy.value, "contig-zones");
        assert_streq(h->memmap_on_memory.value, "N");
        assert_streq(h->options.value, "memhp-default-state=online "
                                       "memhp_default_state=online_movable efi=\"no soft\" "
                                       "numa=nohmat");
        assert_streq(health_find_option(h, "memhp_default_state", buf, sizeof(buf)),
                     "online_movable");
        assert_streq(health_find_option(h, "efi", buf, sizeof(buf)), "no soft");
        assert(!health_find_option(h, "mem", buf, sizeof(buf)));
}

static void check_memory(const struct health *h)
{
        assert_knob(h->has_hmat, 1);
        assert_knob(h->has_srat, 0);
        assert_knob(h->swap_kib, 1048572 + 1024);
        assert_knob(h->swap_used_kib, 12);
        assert_knob(h->damon_stat, 1);
        assert_knob(h->damon_reclaim, 0);
        assert_absent(h->damon_lru_sort);
        assert_knob(h->nr_kdamonds, 2);
        assert(h->n_kdamonds == 2);
        assert_streq(h->kdamonds[0].state.value, "on");
        assert_streq(h->kdamonds[1].state.value, "off");
        assert(h->n_cpusets == 2); /* and not vcpu0, which may use what its parent may */
        for (size_t i = 0; i < h->n_cpusets; i++) {
                bool is_db = streq(h->cpusets[i].path, "system.slice/db.service");

                assert(is_db || streq(h->cpusets[i].path, "machine.slice/a.scope/libvirt"));
                assert_streq(h->cpusets[i].mems, is_db ? "0" : "1");
        }
}

static void check_dax(const struct health *h)
{
        assert(h->n_dax == 3 && !h->dax_unlisted);
        assert_streq(h->dax[0].name, "dax0.0");
        assert_streq(h->dax[0].driver, "kmem");
        assert_streq(h->dax[0].state.value, "online_movable");
        assert_knob(h->dax[0].memmap_on_memory, 1);
        assert(h->dax[0].node == 1 && h->dax[0].size == 1 << 30);
        assert(h->dax[0].address == 0x140000000);
        assert_streq(h->dax[1].name, "dax2.0");
        assert_streq(h->dax[1].driver, "device_dax");
        assert_streq(h->dax[2].name, "dax10.0");
        assert(!h->dax[2].driver && h->dax[2].node == BLOCK_NO_NODE && !h->dax[2].state.value);
}

static void assert_task(const struct waiting_task *t, unsigned pid, const char *comm,
                        const char *function, enum hotplug_wait wait)
{
        assert(t->pid == pid && t->wait == wait);
        assert_streq(t->comm, comm);
        assert_streq(t->function, function);
}

static void check_tasks(const struct health *h)
{
        assert(h->n_tasks == 3 && h->n_hidden_tasks == 1);
        assert_task(&h->tasks[0], 50, "kworker/u4:1", "kernfs_drain", WAIT_DRAIN);
        assert_task(&h->tasks[1], 61, "c?a", "nodelist_show", WAIT_NODELIST);
        assert_task(&h->tasks[2], 70, "a (b) c", "mem_hotplug_begin", WAIT_LOCK);
}

static void test_known(void)
{
        struct messages problems = MESSAGES_INIT;
        struct sysroot *root = root_from(machine);
        struct health *h = read_health(root, &problems);

        assert_streq(problems.n > 0 ? problems.items[0] : "", "");
        check_onlining(h);
        check_memory(h);
        check_dax(h);
        check_tasks(h);
        assert(health_read_tasks_again(root, h) == 0);
        check_tasks(h);
        /* those that have come meanwhile, and those that wait elsewhere, do not wait still */
        h->tasks[0].pid = 999;
        h->tasks[2].wait = WAIT_HOTPLUG;
        assert(health_read_tasks_again(root, h) == 0);
        assert(h->n_tasks == 1 && h->tasks[0].pid == 61);
        health_free(h);
        sysroot_free(root);
}

static void test_absent(void)
{
        struct messages problems = MESSAGES_INIT;
        struct sysroot *root = root_from("sys/devices/system/node/online: 0\n");
        struct health *h = read_health(root, &problems);
        char buf[8];

        assert(problems.n == 0 && h->blocks && h->blocks->n == 0);
        assert(!h->auto_online_blocks.value && !h->auto_online_blocks.unreadable);
        assert(!h->options.value && !h->options.unreadable);
        assert(!health_find_option(h, "numa", buf, sizeof(buf)));
        assert_absent(h->has_hmat);
        assert_absent(h->swap_kib);
        assert_absent(h->damon_stat);
        assert_absent(h->nr_kdamonds);
        assert(h->n_dax == 0 && !h->dax_unlisted && h->n_tasks == 0 && h->n_cpusets == 0);
        health_free(h);
        sysroot_free(root);
}

/* Each is reported, and is not taken for absent. */
static void test_unreadable(void)
{
        struct messages problems = MESSAGES_INIT;
        struct sysroot *root =
                root_from("captured/memory-blocks ! EIO\n"
                          "sys/devices/system/memory/auto_online_blocks ! EIO\n"
                          "sys/module/memory_hotplug/parameters/online_policy ! EACCES\n"
                          "sys/module/memory_hotplug/parameters/memmap_on_memory ! EIO\n"
                          "proc/cmdline ! EIO\n"
                          "proc/swaps ! EIO\n"
                          "sys/module/damon_stat/parameters/enabled: perhaps\n"
                          "sys/kernel/mm/damon/admin/kdamonds/nr_kdamonds ! EACCES\n"
                          "sys/bus/dax/devices/dax0.0/target_node ! EIO\n"
                          "sys/bus/dax/devices/dax0.0/driver ! EIO\n"
                          "sys/bus/dax/devices/dax0.0/state ! EIO\n");
        struct health *h = read_health(root, &problems);

        assert(!h->blocks && h->auto_online_blocks.unreadable && h->online_policy.unreadable);
        assert(h->memmap_on_memory.unreadable && h->options.unreadable && h->swap_kib.unreadable);
        assert(h->damon_stat.unreadable && h->nr_kdamonds.unreadable);
        assert(h->n_dax == 1 && h->dax[0].unreadable && h->dax[0].state.unreadable);
        assert(problems.n == 11);
        health_free(h);
        messages_done(&problems);
        sysroot_free(root);
}

static void test_options(void)
{
        static const struct {
                const char *line, *options;
        } cases[] = {
                { "", "" },
                { "\n", "" },
                { "numa\n", "numa" },
                { "  numa=off\tnumactl=1  mem=4G", "numa=off mem=4G" },
                { "\"memmap=1G $ 2G\" x", "\"memmap=1G $ 2G\"" },
                { "damon_stat.enabled=0 damon_stat. damon=1", "damon_stat.enabled=0" },
                { "key=\"mem=1G numa=off\" cma=\"open", "cma=\"open" },
                { "-- numa=off", "" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                char *options, *again;

                assert(health_filter_options(cases[i].line, &options) == 0);
                assert_streq(options, cases[i].options);
                assert(health_filter_options(options, &again) == 0);
                assert_streq(again, options);
                free(options);
                free(again);
        }
}

int main(void)
{
        test_known();
        test_absent();
        test_unreadable();
        test_options();
        return 0;
}
