/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "examine.h"

#define GUEST       THREAD_GUEST TIER "memory_tier4/nodelist: 0\n" TIER "memory_tier5/nodelist: 1\n"
#define ONLINE(how) "sys/devices/system/memory/auto_online_blocks: " how "\n"
#define OFFLINE     BLOCKS("  0-7 node 0 online kernel\n  8-11 node 1 offline\n")
#define ADDED       BLOCKS("  0-7 node 0 online kernel\n  8-11 node 1 offline of PNP0C80:00\n")
#define TWO                                                                                        \
        BLOCKS("  0-7 node 0 online kernel\n  8-10 node 1 offline of PNP0C80:00\n  11 node 1 "     \
               "offline of PNP0C80:01\n")
#define PARTLY                                                                                     \
        BLOCKS("  0-7 node 0 online kernel\n  8-9 node 1 online movable\n  10-11 node 1 "          \
               "offline\n")

#define DAX "sys/bus/dax/devices/dax0.0"
#define DEVICE(driver)                                                                             \
        DAX " -> ../../../devices/platform/hmem.0/dax0.0\n" DAX                                    \
            "/driver -> ../../../../bus/dax/drivers/" driver "\n" DAX "/target_node: 1\n" DAX      \
            "/size: 1073741824\n"

static void test_offline(void)
{
        examine(GUEST OFFLINE ONLINE("offline"), VENDOR);
        assert_found("memory-offline", WARNING, "512 MiB of node 1 are offline");
        assert_found("memory-offline", WARNING, "Nothing on this machine brings it online.");
        assert_found("memory-offline", WARNING, "numatier online 1");
        examine(GUEST PARTLY ONLINE("online"), VENDOR);
        assert_found("memory-offline", WARNING, "not what was taken offline later");
        assert(has_evidence("memory-offline", "/sys/devices/system/node/node1/memory*/state",
                            "2 of 4 blocks"));
        examine(GUEST ADDED, VENDOR "[online]\nonline=movable\n");
        assert_found("memory-offline", WARNING, "The policy wants this memory online (movable)");
        assert_found("memory-offline", WARNING, "where it runs, unless somebody took it offline.");
        examine(GUEST ADDED ONLINE("offline"), VENDOR);
        assert_found("memory-offline", WARNING, "[online]\n    online = movable");
        /* [online] is not for boot memory */
        examine(GUEST OFFLINE ONLINE("offline"), VENDOR "[online]\nonline=movable\n");
        assert_found("memory-offline", WARNING, "Nothing on this machine brings it online.");
        assert_found("memory-offline", WARNING,
                     "[node memory1]\n    node = 1\n    online = movable");
        examine(GUEST ADDED ONLINE("offline"), VENDOR "[node n]\nnode=1\nonline=leave\n");
        assert_found("memory-offline", WARNING, "change online = leave of [node n]");
        examine(SOCKETS, VENDOR);
        assert_not_found("memory-offline");
        /* blocks of no node, or of several */
        examine(GUEST OFFLINE ONLINE("offline"), VENDOR);
        for (size_t i = 0; i < health->blocks->n; i++)
                if (health->blocks->blocks[i].node == 1)
                        health->blocks->blocks[i].node = BLOCK_NO_NODE;
        examine_again();
        assert_found("memory-offline", NOTE, "512 MiB of no node");
        assert_found("memory-offline", NOTE, "4 blocks");
        assert(has_evidence("memory-offline", "/sys/devices/system/memory/memory8/state",
                            "and others"));
}

/* What could not be looked at is said. */
static void test_unlisted(void)
{
        examine(GUEST, VENDOR);
        assert(found.unchecked.n == 0);
        health->dax_unlisted = true;
        onliners.incomplete = true;
        examine_again();
        assert(messages_have(&found.unchecked, "memory devices that are not used"));
        assert(messages_have(&found.unchecked, "others bring memory online"));
}

/* Two devices of one node; and one that cannot be read now, so that its section may be meant. */
static void test_devices(void)
{
        examine(GUEST TWO, VENDOR "[online]\nonline=movable\n[node n]\nfirmware-node=PNP0C80:01\n"
                                  "online=no\n");
        assert_found("memory-offline", WARNING, "384 MiB of node 1");
        assert_found("memory-quarantined", NOTE, "128 MiB of node 1");
        examine(GUEST OFFLINE DEVICE("kmem") DAX "/mapping0/start ! EIO\n",
                VENDOR "[online]\nonline=no\n");
        assert_not_found("memory-offline");
        assert_not_found("memory-quarantined");
        assert(messages_have(&found.unchecked,
                             "whether the policy wants 4 offline blocks of node 1"));
        examine(GUEST OFFLINE DEVICE("kmem") DAX "/mapping0/start ! EIO\n", VENDOR);
        assert_found("memory-offline", WARNING, "512 MiB of node 1"); /* the policy wants nothing */
}

#define RULE_TEXT                                                                                  \
        "rules.d/80-hotplug.rules:\n  SUBSYSTEM==\"memory\", ACTION==\"add\", "                    \
        "ATTR{state}=\"online\"\n"
#define RULE "etc/udev/" RULE_TEXT

static void test_left_to_others(void)
{
        examine(GUEST OFFLINE ONLINE("offline") RULE, VENDOR);
        assert_found("memory-offline", WARNING, "did not bring this online");
        assert(has_evidence("memory-offline", "/etc/udev/rules.d/80-hotplug.rules:1",
                            "ATTR{state}"));
        assert(!strstr(get_finding("memory-offline")->consequence, "Nothing on this machine"));
        /* [online] does not count for a node with a section of its own */
        examine(GUEST OFFLINE ONLINE("offline"), VENDOR "[node n]\nnode=1\nonline=leave\n");
        assert_found("memory-offline", WARNING, "change online = leave of [node n] in /usr/lib");
        assert(!strstr(get_finding("memory-offline")->remedy, "online = movable"));
}

static void test_on_its_way(void)
{
        examine(GUEST OFFLINE, VENDOR);
        health->blocks->blocks[8].state = BLOCK_COMING;
        examine_again();
        assert_not_found("memory-offline");
}

static void test_quarantined(void)
{
        examine(GUEST OFFLINE, VENDOR "[node n]\nnode=1\nonline=no\n");
        assert_not_found("memory-offline");
        assert_found("memory-quarantined", NOTE, "change online = no of [node n]");
        examine(GUEST ADDED, VENDOR "[online]\nonline=no\n");
        assert_found("memory-quarantined", NOTE, "online = movable");
        examine(GUEST OFFLINE, VENDOR "[online]\nonline=no\n");
        assert_not_found("memory-quarantined"); /* not boot memory */
        examine(GUEST OFFLINE, VENDOR);
        assert_not_found("memory-quarantined");
}

static void test_drained(void)
{
        examine(GUEST OFFLINE, VENDOR);
        assert_not_found("memory-drained");
        nodeset_add(&subject.drained, 1);
        examine_again();
        assert_not_found("memory-offline");
        assert_found("memory-drained", NOTE, "Node 1 is drained");
}

static void test_dax(void)
{
        examine(GUEST DEVICE("device_dax"), VENDOR);
        assert_found("dax-unused", NOTE, "daxctl reconfigure-device");
        assert_found("dax-unused", NOTE, "keeps data in it, which would be lost");
        assert(has_evidence("dax-unused", "/" DAX, "1 GiB, device_dax"));
        examine(GUEST BLOCKS("  0-7 node 0 online kernel\n") DEVICE("device_dax"),
                VENDOR "[online]\nonline=movable\n");
        assert_found("dax-unused", NOTE, "does not make a device into memory");
        examine(GUEST BLOCKS("  0-7 node 0 online kernel\n") DEVICE("device_dax"),
                VENDOR "[node n]\ndax=dax0.0\nonline=no\n");
        assert_not_found("dax-unused"); /* as the policy wants */
        examine(GUEST DEVICE("kmem"), VENDOR);
        assert_not_found("dax-unused");
        examine(GUEST DEVICE("kmem") DAX "/state: unplugged\n", VENDOR);
        assert_found("dax-unused", NOTE, "");
        nodeset_add(&subject.drained, 1);
        examine_again();
        assert_not_found("dax-unused");
}

static void test_onliners(void)
{
        examine(GUEST ONLINE("online"), VENDOR "[online]\nonline=movable\n");
        assert_found("onliner-conflict", WARNING, "memhp_default_state=offline");
        examine(GUEST ONLINE("online_movable"), VENDOR "[online]\nonline=movable\n");
        assert_not_found("onliner-conflict");
        /* the kernel's own choice: as the journal has it (online/rivals.h) */
        examine(GUEST ONLINE("online"), VENDOR "[online]\nonline=kernel\n");
        assert_not_found("onliner-conflict");
        examine(GUEST ONLINE("online") "sys/module/memory_hotplug/parameters/online_policy: "
                                       "auto-movable\n",
                VENDOR "[online]\nonline=kernel\n");
        assert_found("onliner-conflict", WARNING, "online = kernel");
        examine(GUEST ONLINE("online_movable"), VENDOR "[node n]\nnode=1\nonline=no\n");
        assert_found("onliner-conflict", WARNING, "online = no");
        examine(GUEST ONLINE("offline"), VENDOR "[online]\nonline=movable\n");
        assert_not_found("onliner-conflict");
        examine(GUEST ONLINE("offline") RULE, VENDOR "[online]\nonline=movable\n");
        assert_found("onliner-conflict", WARNING,
                     "Remove the rule in /etc/udev/rules.d/80-hotplug.rules:1.");
        assert(has_evidence("onliner-conflict", "/etc/udev/rules.d/80-hotplug.rules:1",
                            "ATTR{state}"));
        examine(GUEST ONLINE("offline") "usr/lib/udev/" RULE_TEXT,
                VENDOR "[online]\nonline=movable\n");
        assert_found("onliner-conflict", WARNING,
                     "ln -s /dev/null /etc/udev/rules.d/80-hotplug.rules");
        examine(GUEST ONLINE("online") RULE, VENDOR);
        assert_not_found("onliner-conflict"); /* the policy leaves it to others */
}

static void wait_in(enum hotplug_wait first, enum hotplug_wait second)
{
        static struct waiting_task tasks[] = {
                { .pid = 100, .comm = "cat", .function = "nodelist_show" },
                { .pid = 101, .comm = "kworker", .function = "kernfs_drain" },
        };

        tasks[0].wait = first;
        tasks[1].wait = second;
        health->tasks = tasks;
        health->n_tasks = 2;
        examine_again();
        health->tasks = NULL;
        health->n_tasks = 0;
}

static void test_stuck(void)
{
        examine(SOCKETS, VENDOR);
        wait_in(WAIT_NODELIST, WAIT_DRAIN);
        assert_found("hotplug-stuck", ERROR, "Reboot");
        assert(has_evidence("hotplug-stuck", "/proc/100/stack", "cat waits in nodelist_show"));
        wait_in(WAIT_NODELIST, WAIT_LOCK);
        assert_found("hotplug-stuck", WARNING, "may be stuck");
        /* memory that goes offline may keep others waiting for minutes */
        health->blocks->blocks[0].state = BLOCK_LEAVING;
        wait_in(WAIT_HOTPLUG, WAIT_LOCK);
        assert_found("hotplug-stuck", NOTE, "");
        /* who takes it offline may be running, for ever */
        examine_again();
        assert_found("hotplug-stuck", NOTE, "migrating pfn");
        assert(has_evidence("hotplug-stuck", "/sys/devices/system/memory/memory0/state",
                            "going-offline"));
        examine(SOCKETS, VENDOR);
        health->n_hidden_tasks = 2;
        examine_again();
        assert_not_found("hotplug-stuck");
        assert(messages_have(&found.unchecked, "only root"));
}

int main(void)
{
        test_offline();
        test_unlisted();
        test_devices();
        test_left_to_others();
        test_on_its_way();
        test_quarantined();
        test_drained();
        test_dax();
        test_onliners();
        test_stuck();
        forget();
        return 0;
}
