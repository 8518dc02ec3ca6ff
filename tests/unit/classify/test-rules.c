/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "classify/rules.h"
#include "testing.h"

/* Which [node] section applies to a node, by its devices. */

/* Node 3: a region interleaved over two devices, another one of a third, and memory of which no
 * more than its dax device is known. */
static struct memdev pair[] = {
        { (char *)"mem0", 0x1, (char *)"0000:0d:00.0", (char *)"8086:0d93", .locked = true },
        { (char *)"mem1", 0x2, (char *)"0000:0e:00.0", (char *)"1e98:0001", .has_qos_class = true },
};
static struct memdev single[] = {
        { (char *)"mem2", UINT64_MAX, (char *)"0001:0d:00.0", (char *)"8086:0d93",
          .locked = false },
};
static struct node_device devices[] = {
        { .kind = KIND_CXL,
          .dax = (char *)"dax0.0",
          .region = (char *)"region0",
          .memdevs = pair,
          .n_memdevs = ELEMENTSOF(pair) },
        { .kind = KIND_CXL,
          .dax = (char *)"dax1.0",
          .region = (char *)"region1",
          .memdevs = single,
          .n_memdevs = ELEMENTSOF(single) },
        { .kind = KIND_UNKNOWN, .dax = (char *)"dax2.0" },
};
static const struct node cxl = { .id = 3,
                                 .has_memory = true,
                                 .kind = KIND_CXL,
                                 .devices = devices,
                                 .n_devices = ELEMENTSOF(devices) };
static const struct node plain = { .id = 0, .has_memory = true, .kind = KIND_DRAM };

/* Whether a rule with these matches means the node. */
static bool matches(const char *match, const struct node *n)
{
        struct policy *p;
        char text[512];
        bool found;

        snprintf(text, sizeof(text), "[tier t]\n[node rule]\nignore=yes\n%s\n", match);
        p = policy_from(text);
        assert(p->n_rules == 1);
        found = rules_find(p, n) == &p->rules[0];
        assert(found || !rules_find(p, n) || rules_find(p, n) == rules_builtin_gpu());
        policy_unref(p);
        return found;
}

static void test_node(void)
{
        assert(matches("node=3", &cxl) && !matches("node=2", &cxl));
        assert(matches("node=0", &plain) && !matches("node=3", &plain));
}

static void test_kind(void)
{
        for (unsigned k = 0; k < NODE_KINDS; k++) {
                struct node n = { .id = 1, .has_memory = true, .kind = k };

                for (unsigned wanted = 0; wanted < NODE_KINDS; wanted++) {
                        char match[32];

                        snprintf(match, sizeof(match), "kind=%s", node_kind_name(wanted));
                        assert(matches(match, &n) == (wanted == k));
                }
        }
        /* the node's kind, not its devices': DRAM with a region added stays DRAM */
        assert(!matches("kind=unknown", &cxl));
}

/* Any of the devices' will do, and no prefix of it. */
static void test_devices(void)
{
        static const struct {
                const char *match;
                bool found;
        } cases[] = {
                { "cxl-serial=0x1", true },
                { "cxl-serial=0x2", true },
                { "cxl-serial=0xffffffffffffffff", true },
                { "cxl-serial=0x12", false },
                { "pci-address=0000:0d:00.0", true },
                { "pci-address=0000:0e:00.0", true },
                { "pci-address=0001:0d:00.0", true },
                { "pci-address=0d:00.0", true }, /* domain 0 goes without saying */
                { "pci-address=0000:0D:00.0", true },
                { "pci-address=0001:0e:00.0", false },
                { "pci-address=0000:0d:00.1", false },
                { "pci-id=8086:0d93", true },
                { "pci-id=8086:0D93", true },
                { "pci-id=1e98:0001", true },
                { "pci-id=8086:0001", false },
                { "region=region0", true },
                { "region=region1", true },
                { "region=region10", false },
                { "region=region2", false },
                { "dax=dax0.0", true },
                { "dax=dax2.0", true },
                { "dax=dax0.1", false },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                if (matches(cases[i].match, &cxl) != cases[i].found)
                        fprintf(stderr, "%s\n", cases[i].match);
                assert(matches(cases[i].match, &cxl) == cases[i].found);
                assert(!matches(cases[i].match, &plain));
        }
}

/* All of a rule's matches hold of the same device, and of the same half of a pair. */
static void test_together(void)
{
        assert(matches("cxl-serial=0x1\npci-address=0000:0d:00.0\npci-id=8086:0d93", &cxl));
        assert(!matches("cxl-serial=0x1\npci-address=0000:0e:00.0", &cxl));
        assert(!matches("cxl-serial=0x2\npci-id=8086:0d93", &cxl));
        assert(!matches("pci-address=0000:0e:00.0\npci-id=8086:0d93", &cxl));
        assert(matches("cxl-serial=0x2\nregion=region0\ndax=dax0.0", &cxl));
        assert(!matches("cxl-serial=0x2\nregion=region1", &cxl));
        assert(!matches("region=region0\ndax=dax1.0", &cxl));
        assert(!matches("region=region0\ndax=dax2.0", &cxl)); /* it has none */
        assert(!matches("cxl-serial=0x1\ndax=dax2.0", &cxl));
        assert(!matches("pci-address=0001:0d:00.0\ndax=dax0.0", &cxl));
        /* and of the node */
        assert(matches("node=3\nkind=cxl\ncxl-serial=0xffffffffffffffff\nregion=region1", &cxl));
        assert(!matches("node=2\ncxl-serial=0x1", &cxl));
        assert(!matches("kind=dram\ncxl-serial=0x1", &cxl));
        assert(!matches("node=3\nkind=cxl\ncxl-serial=0x3", &cxl));
}

/* What a device does not say is nothing that a rule could ask for. */
static void test_device_without_details(void)
{
        struct memdev memdev = { .name = (char *)"mem0", .pci_address = (char *)"0000:0d:00.0" };
        struct node_device d = { .kind = KIND_CXL, .memdevs = &memdev, .n_memdevs = 1 };
        const struct node n = { .id = 1, .kind = KIND_CXL, .devices = &d, .n_devices = 1 };

        assert(matches("pci-address=0000:0d:00.0", &n));
        assert(!matches("cxl-serial=0x1", &n) && !matches("pci-id=8086:0d93", &n));
        assert(!matches("region=region0", &n) && !matches("dax=dax0.0", &n));
}

static void test_first(void)
{
        struct policy *p = policy_from("[tier t]\n"
                                       "[node gone]\ncxl-serial=0x9\nignore=yes\n"
                                       "[node second]\ncxl-serial=0x2\nlatency=1ns\n"
                                       "[node any]\nkind=cxl\ntier=t\n");
        const struct node other = { .id = 4, .kind = KIND_CXL };

        assert_streq(rules_find(p, &cxl)->name, "second");
        assert_streq(rules_find(p, &other)->name, "any");
        assert(!rules_find(p, &plain));
        policy_unref(p);
}

/* The built-in rule comes last: whatever else matches a GPU's memory comes before it. */
static void test_builtin(void)
{
        struct memdev memdev = { .name = (char *)"gpu", .pci_address = (char *)"0009:01:00.0" };
        struct node_device d = { .kind = KIND_GPU, .memdevs = &memdev, .n_memdevs = 1 };
        const struct node n = { .id = 2, .kind = KIND_GPU, .devices = &d, .n_devices = 1 };
        struct policy *p = policy_from("[tier t]\n[node x]\nkind=cxl\nignore=no\n");

        assert(rules_find(p, &n) == rules_builtin_gpu() && !rules_find(p, &plain));
        assert(rules_builtin_gpu()->ignore && !rules_builtin_gpu()->file);
        policy_unref(p);
        assert(matches("kind=gpu", &n) && matches("node=2", &n));
        assert(matches("pci-address=0009:01:00.0", &n) && !matches("pci-address=09:01.0", &n));
}

static const char *override_of(const char *rules)
{
        char text[256];
        struct policy *p;
        bool found;

        snprintf(text, sizeof(text), "[tier t]\n%s", rules);
        p = policy_from(text);
        found = rules_find_gpu_override(p);
        policy_unref(p);
        return found ? "all" : "some or none";
}

static void test_override(void)
{
        assert_streq(override_of(""), "some or none");
        assert_streq(override_of("[node x]\nkind=cxl\nignore=no\n"), "some or none");
        assert_streq(override_of("[node gpu]\nkind=gpu\nnode=1\nignore=no\n"), "some or none");
        assert_streq(override_of("[node gpu]\nkind=gpu\npci-id=10de:2342\ntier=t\n"),
                     "some or none");
        assert_streq(override_of("[node gpu]\nkind=gpu\nignore=no\n"), "all");
        assert_streq(override_of("[node x]\nkind=gpu\ntier=t\n"), "all");
}

/* What may be a GPU's memory is of no kind that is known. */
static void test_may_be_gpu(void)
{
        const struct node n = { .id = 2, .kind = KIND_UNKNOWN, .may_be_gpu = true };

        assert(!matches("kind=unknown", &n) && !matches("kind=gpu", &n));
        assert(!matches("kind=dram\nnode=2", &n) && matches("node=2", &n));
}

static void test_suggestion(void)
{
        struct memdev memdev = { .name = (char *)"gpu" };
        struct node_device d[] = {
                { .kind = KIND_UNKNOWN, .dax = (char *)"dax0.0" },
                { .kind = KIND_GPU, .memdevs = &memdev, .n_memdevs = 1 },
                { .kind = KIND_CXL, .memdevs = single, .n_memdevs = 1 },
        };
        struct node n = { .id = 1023, .devices = d, .n_devices = 2 };
        char buf[RULE_MATCH_MAX];

        assert_streq(rules_suggest_match(&plain, buf), "node = 0");
        assert_streq(rules_suggest_match(&cxl, buf), "cxl-serial = 0x1");
        assert(matches(buf, &cxl));
        assert_streq(rules_suggest_match(&n, buf), "node = 1023"); /* no serial number anywhere */
        n.n_devices = 3;
        assert_streq(rules_suggest_match(&n, buf), "cxl-serial = 0xffffffffffffffff");
        assert(matches(buf, &n));
}

int main(void)
{
        test_node();
        test_kind();
        test_devices();
        test_together();
        test_device_without_details();
        test_first();
        test_builtin();
        test_override();
        test_may_be_gpu();
        test_suggestion();
}
