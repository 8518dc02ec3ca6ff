/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "online/wanted.h"
#include "testing.h"

/* A machine of which only the nodes count here: 0 has CPUs, 1 and 2 have none. */
static struct node nodes[] = {
        { .id = 0, .has_memory = true, .has_cpu = true, .kind = KIND_DRAM },
        { .id = 1 },
        { .id = 2 },
};
static const struct machine machine = { .nodes = nodes, .n_nodes = ELEMENTSOF(nodes) };

static struct memdev memdev = { (char *)"mem0", 0x1234, (char *)"0000:0d:00.0", (char *)"8086:0d93",
                                .locked = false };
enum {
        CXL,
        ACPI,
        VIRTIO,
        REGION,
        GPU,
        DEVICES
};
static struct block_device items[DEVICES] = {
        [CXL] = { .origin = ORIGIN_DAX,
                  .device = { .kind = KIND_CXL,
                              .dax = (char *)"dax0.0",
                              .region = (char *)"region0",
                              .memdevs = &memdev,
                              .n_memdevs = 1 },
                  .is_kmem = true,
                  .target = 2 },
        [ACPI] = { .origin = ORIGIN_ACPI,
                   .device = { .kind = KIND_DRAM, .firmware_node = (char *)"PNP0C80:00" } },
        [VIRTIO] = { .origin = ORIGIN_VIRTIO, .device = { .kind = KIND_VIRTIO } },
        [REGION] = { .origin = ORIGIN_REGION,
                     .device = { .kind = KIND_CXL, .region = (char *)"region1" } },
        [GPU] = { .origin = ORIGIN_GPU,
                  .device = { .kind = KIND_GPU, .memdevs = &memdev, .n_memdevs = 1 } },
};

/* What the policy wants for one block of this device in this node. */
static struct wanted decide(const char *text, uint32_t device, uint32_t node)
{
        struct block block = { .number = 32, .node = node, .state = BLOCK_OFFLINE };
        struct block_table table = { .block_size = 128 << 20, .blocks = &block, .n = 1 };
        struct block_devices devices = {
                .items = items, .n = ELEMENTSOF(items), .of = &device, .n_blocks = 1
        };
        char whole[512];
        struct policy *p;
        struct wanted *all, w;

        snprintf(whole, sizeof(whole), "[tier t]\n%s", text);
        p = policy_from(whole);
        assert(wanted_decide(p, &machine, &table, &devices, &all) == 0);
        w = all[0];
        w.rule = w.rule ? &p->rules[0] : NULL; /* only whether there is one */
        policy_unref(p);
        free(all);
        return w;
}

static enum policy_online online(const char *text, uint32_t device, uint32_t node)
{
        return decide(text, device, node).online;
}

#define DEFAULT     "[online]\nonline=movable\n"
#define RULE(match) "[node x]\n" match "\nonline=kernel\n"

static void test_default(void)
{
        assert(online("", CXL, 2) == ONLINE_LEAVE);
        assert(online(DEFAULT, CXL, 2) == ONLINE_MOVABLE);
        assert(online(DEFAULT, ACPI, 1) == ONLINE_MOVABLE);
        assert(online(DEFAULT, ACPI, 0) == ONLINE_MOVABLE);
        assert(online(DEFAULT, VIRTIO, 1) == ONLINE_MOVABLE);
        /* what nobody plugged in, and what is a driver's */
        assert(online(DEFAULT, BLOCK_DEVICE_NONE, 0) == ONLINE_LEAVE);
        assert(online(DEFAULT, REGION, 1) == ONLINE_LEAVE);
        assert(online(DEFAULT, GPU, 1) == ONLINE_LEAVE);
}

static void test_matches(void)
{
        static const struct {
                const char *rule;
                uint32_t device;
                bool yes;
        } cases[] = {
                { RULE("kind=cxl"), CXL, true },
                { RULE("kind=cxl"), ACPI, false },
                { RULE("kind=dram"), CXL, false },
                { RULE("kind=dram"), ACPI, true },
                { RULE("kind=virtio"), VIRTIO, true },
                { RULE("kind=virtio"), CXL, false },
                { RULE("cxl-serial=0x1234"), CXL, true },
                { RULE("cxl-serial=0x1235"), CXL, false },
                { RULE("pci-id=8086:0d93"), CXL, true },
                { RULE("pci-address=0d:00.0"), CXL, true },
                { RULE("region=region0"), CXL, true },
                { RULE("region=region1"), CXL, false },
                { RULE("dax=dax0.0"), CXL, true },
                { RULE("firmware-node=PNP0C80:00"), ACPI, true },
                { RULE("firmware-node=PNP0C80:01"), ACPI, false },
                { RULE("firmware-node=PNP0C80:00"), CXL, false },
                { RULE("node=2"), CXL, true },
                { RULE("node=1"), CXL, false },
                { RULE("node=2\nkind=dram"), CXL, false },
                { RULE("node=2"), BLOCK_DEVICE_NONE, true },
                { RULE("region=region1"), REGION, true },
                { RULE("kind=gpu"), GPU, true },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                struct wanted w = decide(cases[i].rule, cases[i].device, 2);

                assert(w.online == (cases[i].yes ? ONLINE_KERNEL : ONLINE_LEAVE));
                assert(!w.rule == !cases[i].yes && !w.unreadable);
        }
}

/* The first that matches decides, also if it says nothing. */
static void test_order(void)
{
        assert(online(RULE("kind=cxl") "[node y]\nnode=2\nonline=no\n", CXL, 2) == ONLINE_KERNEL);
        assert(online("[node y]\nnode=2\nonline=no\n" RULE("kind=cxl"), CXL, 2) == ONLINE_NO);
        assert(online("[node y]\nnode=2\ntier=t\n" RULE("kind=cxl") DEFAULT, CXL, 2) ==
               ONLINE_MOVABLE);
        assert(online("[node y]\nnode=2\nonline=leave\n" DEFAULT, CXL, 2) == ONLINE_LEAVE);
        assert(online("[node y]\nnode=2\nignore=yes\n" DEFAULT, CXL, 2) == ONLINE_LEAVE);
        assert(online("[node y]\nnode=2\nignore=yes\nonline=no\n" DEFAULT, CXL, 2) == ONLINE_NO);
        /* a section for another key does not hide the rest */
        assert(online("[node y]\nfirmware-node=PNP0C80:07\nonline=no\n" DEFAULT, CXL, 2) ==
               ONLINE_MOVABLE);
}

static void test_may_go(void)
{
        assert(decide(DEFAULT, CXL, 2).may_go && decide(DEFAULT, CXL, 0).may_go);
        assert(decide(DEFAULT, ACPI, 1).may_go && !decide(DEFAULT, ACPI, 0).may_go);
        assert(!decide(DEFAULT, ACPI, 7).may_go); /* the pass has not seen the node */
        assert(!decide(RULE("node=1"), BLOCK_DEVICE_NONE, 1).may_go);
        assert(!decide(RULE("node=1"), REGION, 1).may_go);
        assert(!decide(RULE("node=1"), GPU, 1).may_go);
        assert_streq(decide(DEFAULT, VIRTIO, 1).device, "virtio-mem");
}

static void test_unreadable(void)
{
        struct wanted w;

        w = decide(DEFAULT, BLOCK_DEVICE_UNREADABLE, 1);
        assert(w.unreadable && w.online == ONLINE_LEAVE && !w.may_go);
        w = decide(DEFAULT, CXL, BLOCK_NO_NODE);
        assert(w.unreadable && w.online == ONLINE_LEAVE);
        items[CXL].device.unreadable = true;
        w = decide(RULE("cxl-serial=0x1234") DEFAULT, CXL, 2);
        assert(w.unreadable && w.online == ONLINE_LEAVE);
        w = decide(RULE("node=2"), CXL, 2); /* does not depend on it */
        assert(!w.unreadable && w.online == ONLINE_KERNEL);
        items[CXL].device.unreadable = false;
}

static void test_any(void)
{
        static const struct {
                const char *text;
                bool any;
        } cases[] = {
                { "[tier t]\n", false },
                { "[tier t]\n[online]\nonline=leave\n", false },
                { "[tier t]\n[node x]\nnode=1\nonline=leave\n", false },
                { "[tier t]\n[node x]\nnode=1\ntier=t\n", false },
                { "[tier t]\n[online]\nonline=no\n", true },
                { "[tier t]\n[node x]\nnode=1\nonline=kernel\n", true },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                struct policy *p = policy_from(cases[i].text);

                assert(wanted_any(p) == cases[i].any);
                policy_unref(p);
        }
}

static void test_device_without_blocks(void)
{
        struct policy *p = policy_from("[tier t]\n[node x]\nnode=2\nkind=cxl\nonline=no\n");

        assert(wanted_for_device(p, &machine, &items[CXL]).online == ONLINE_NO);
        policy_unref(p);
}

int main(void)
{
        test_default();
        test_matches();
        test_order();
        test_may_go();
        test_unreadable();
        test_any();
        test_device_without_blocks();
        return 0;
}
