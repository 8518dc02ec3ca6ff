/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "testing.h"

static int parse(const char *text, size_t size, struct messages *errors, struct policy **ret)
{
        int r;

        assert(policy_new(ret) == 0);
        r = policy_parse(*ret, text, size, "f", errors);
        return r < 0 ? r : policy_finish(*ret, errors);
}

static void assert_errors(const struct messages *errors, const char *expected)
{
        char *all = NULL;
        size_t size;
        FILE *f = open_memstream(&all, &size);

        for (size_t i = 0; i < errors->n; i++)
                fprintf(f, "%s\n", errors->items[i]);
        fclose(f);
        assert_streq(all, expected);
        free(all);
}

/* Exactly these errors, each ended by a newline. */
static void refuse(const char *text, const char *expected)
{
        struct messages errors = MESSAGES_INIT;
        struct policy *p;

        assert(parse(text, strlen(text), &errors, &p) == -EBADMSG);
        assert_errors(&errors, expected);
        messages_done(&errors);
        policy_unref(p);
}

/* The same, with the checks of the whole that the errors in it leave possible. */
static void refuse_wholly(const char *text, const char *expected)
{
        struct messages errors = MESSAGES_INIT;
        struct policy *p;

        assert(policy_new(&p) == 0);
        assert(policy_parse(p, text, strlen(text), "f", &errors) == -EBADMSG);
        assert(policy_finish(p, &errors) == -EBADMSG);
        assert_errors(&errors, expected);
        messages_done(&errors);
        policy_unref(p);
}

#define LATENCY   "expected a latency such as 120ns, or a multiple of the baseline such as 1.5x"
#define BANDWIDTH "expected a bandwidth such as 40GiB/s, or a multiple of the baseline such as 1.5x"

static void test_bad_values(void)
{
        refuse("[tier a]\nmax-latency = 12 parsecs\n",
               "f:2: tier a.max-latency: " LATENCY ", found \"12 parsecs\"\n");
        refuse("[tier a]\nmax-latency = 0ns\n",
               "f:2: tier a.max-latency: " LATENCY ", found \"0ns\"\n");
        refuse("[tier a]\nmax-latency = 0x\n",
               "f:2: tier a.max-latency: " LATENCY ", found \"0x\"\n");
        refuse("[tier a]\nmax-read-latency = -1ns\n",
               "f:2: tier a.max-read-latency: " LATENCY ", found \"-1ns\"\n");
        refuse("[tier a]\nmax-write-latency = 40GiB/s\n",
               "f:2: tier a.max-write-latency: " LATENCY ", found \"40GiB/s\"\n");
        refuse("[tier a]\nmin-bandwidth = 120ns\n",
               "f:2: tier a.min-bandwidth: " BANDWIDTH ", found \"120ns\"\n");
        refuse("[tier a]\nmin-read-bandwidth = inf\n",
               "f:2: tier a.min-read-bandwidth: " BANDWIDTH ", found \"inf\"\n");
        refuse("[tier a]\nmin-write-bandwidth = 1e3MiB/s\n",
               "f:2: tier a.min-write-bandwidth: " BANDWIDTH ", found \"1e3MiB/s\"\n");
        refuse("[tier a]\nmemory-tier = 16777216\n", "f:2: tier a.memory-tier: expected a number "
                                                     "from 0 to 16777215, found \"16777216\"\n");
        refuse("[tier a]\nmemory-tier = four\n",
               "f:2: tier a.memory-tier: expected a number from 0 to 16777215, found \"four\"\n");
        refuse("[policy]\nmethod = magic\n",
               "f:2: policy.method: expected thresholds or adistance, found \"magic\"\n");
        refuse("[policy]\nsources = hmat hmat\n",
               "f:2: policy.sources: expected some of user, measured, hmat, cdat, slit, each once, "
               "found \"hmat hmat\"\n");
        refuse("[policy]\nsources = hmat oracle\n",
               "f:2: policy.sources: expected some of user, measured, hmat, cdat, slit, each once, "
               "found \"hmat oracle\"\n");
        refuse("[policy]\nbaseline = node:1024\n",
               "f:2: policy.baseline: expected auto, or node:N, found \"node:1024\"\n");
        refuse("[policy]\nbaseline = 0\n",
               "f:2: policy.baseline: expected auto, or node:N, found \"0\"\n");
        refuse("[policy]\nhysteresis = 51%\n",
               "f:2: policy.hysteresis: expected a percentage from 0% to 50%, found \"51%\"\n");
        refuse("[policy]\nhysteresis = 5\n",
               "f:2: policy.hysteresis: expected a percentage from 0% to 50%, found \"5\"\n");
        refuse("[apply]\ninterface = ioctl\n",
               "f:2: apply.interface: expected auto, memtier_override, adistance_offset or none, "
               "found \"ioctl\"\n");
        refuse("[apply]\nmanual = leave\n",
               "f:2: apply.manual: expected restore or keep, found \"leave\"\n");
        refuse("[apply]\ndemotion = perhaps\n",
               "f:2: apply.demotion: expected yes, no, force or leave, found \"perhaps\"\n");
        refuse("[apply]\nmin-ttl = 1500us\n",
               "f:2: apply.min-ttl: expected auto, leave, or a time in whole milliseconds such as "
               "100ms or 0, found \"1500us\"\n");
        refuse("[apply]\nmin-ttl = 100\n",
               "f:2: apply.min-ttl: expected auto, leave, or a time in whole milliseconds such as "
               "100ms or 0, found \"100\"\n");
        refuse("[apply]\nnuma-balancing = on\n",
               "f:2: apply.numa-balancing: expected tiering, off or leave, found \"on\"\n");
        refuse("[apply]\npromotion-rate-limit = 5\n",
               "f:2: apply.promotion-rate-limit: expected a bandwidth such as 40GiB/s, or leave, "
               "found \"5\"\n");
        refuse("[apply]\nweighted-interleave = yes\n",
               "f:2: apply.weighted-interleave: expected by-bandwidth or leave, found \"yes\"\n");
        refuse("[daemon]\nsettle = soon\n",
               "f:2: daemon.settle: expected a time such as 500ms, 60s or 0, found \"soon\"\n");
        refuse("[daemon]\nrescan = 5\n",
               "f:2: daemon.rescan: expected a time such as 500ms, 60s or 0, found \"5\"\n");
        refuse("[node n]\nnode = 1024\n", "f:2: node n.node: expected a node number from 0 to "
                                          "1023, found \"1024\"\n");
        refuse("[node n]\nlatency = 1.5x\n",
               "f:2: node n.latency: expected a latency such as 120ns, found \"1.5x\"\n");
        refuse("[node n]\nbandwidth = 0.4MiB/s\n",
               "f:2: node n.bandwidth: expected a bandwidth such as 40GiB/s, found "
               "\"0.4MiB/s\"\n");
        refuse("[policy]\nmethod =\n",
               "f:2: policy.method: expected thresholds or adistance, found \"\"\n");
}

static void test_bad_devices(void)
{
        static const struct {
                const char *key, *expected, *values[8];
        } bad[] = {
                { "kind",
                  "dram, cxl, pmem, hbm, gpu, virtio, special-purpose or unknown",
                  { "CXL", "ssd", "cxl pmem", "" } },
                { "cxl-serial",
                  "a serial number other than 0, such as 0x1234",
                  { "0", "0x0", "1234x", "beef", "-1", "0x10000000000000000", "" } },
                { "pci-address",
                  "a PCI address such as 0000:0d:00.0",
                  { "0d:00", "0000:0d:00", "0d:00.8", "0d:20.0", "d:00.0", "0d:00.0/mem0", "" } },
                { "pci-id",
                  "a PCI vendor and device such as 8086:0d93",
                  { "8086", "8086:d93", "0x8086:0x0d93", "8086:0d93:1", "" } },
                { "region",
                  "the name of a CXL region such as region0",
                  { "0", "region", "Region0", "region00", "region0.0", "region-1", "" } },
                { "dax",
                  "the name of a DAX device such as dax0.0",
                  { "dax0", "/dev/dax0.0", "dax0.", "dax0.0.0", "dax0.00", "mem0", "" } },
        };

        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                for (const char *const *v = bad[i].values; *v; v++) {
                        char text[128], error[256];

                        snprintf(text, sizeof(text), "[node n]\n%s = %s\n", bad[i].key, *v);
                        snprintf(error, sizeof(error),
                                 "f:2: node n.%s: expected %s, found \"%s\"\n", bad[i].key,
                                 bad[i].expected, *v);
                        refuse(text, error);
                }
}

static void test_repeated_keys(void)
{
        static const char *const keys[][2] = {
                { "node", "1" },           { "kind", "cxl" },
                { "cxl-serial", "1" },     { "pci-address", "0d:00.0" },
                { "pci-id", "8086:0d93" }, { "region", "region0" },
                { "dax", "dax0.0" },       { "tier", "a" },
        };

        for (size_t i = 0; i < ELEMENTSOF(keys); i++) {
                char text[128], error[128];

                snprintf(text, sizeof(text), "[node n]\n%s = %s\n%s = %s\n", keys[i][0], keys[i][1],
                         keys[i][0], keys[i][1]);
                snprintf(error, sizeof(error),
                         "f:3: node n.%s: expected each key once in a section\n", keys[i][0]);
                refuse(text, error);
        }
}

#define SECTION                                                                                    \
        "expected [policy], [tier NAME], [node NAME], [apply], [online] or [daemon], with a NAME " \
        "of at most 48 letters, digits, \".\", \"_\" and \"-\", found "

static void test_bad_lines(void)
{
        refuse("[tier a]\nmax-latency = 1#x\n", /* no white space before it: no comment */
               "f:2: tier a.max-latency: " LATENCY ", found \"1#x\"\n");
        refuse("[foo]\n", "f:1: " SECTION "[foo]\n");
        refuse("[tier]\n", "f:1: " SECTION "[tier]\n");
        refuse("[policy x]\n", "f:1: " SECTION "[policy x]\n");
        refuse("[tier a b]\n", "f:1: " SECTION "[tier a b]\n");
        refuse("[tier a\n", "f:1: expected \"]\" at the end of a section's header\n");
        refuse("[tier a]\nnonsense\n",
               "f:2: tier a: expected KEY = VALUE or [SECTION], found \"nonsense\"\n");
        refuse("method = adistance\n", "f:1: expected a section's header before the first key\n");
        refuse("[daemon]\nsettel = 1s\n",
               "f:2: daemon.settel: unknown key; expected one of settle, settle-max, rescan\n");
        refuse("[tier a]\n[tier b]\n[tier a]\n",
               "f:3: tier a: expected each section once in a file\n");
        refuse("[daemon]\nrescan = 1s\nrescan = 2s\n",
               "f:3: daemon.rescan: expected each key once in a section\n");
        refuse("[tier a]\nmax-latency = 1\x01x\n",
               "f:2: tier a: expected text, found a control character\n");
        refuse("[tier a]\nmax-latency = 2\xC2\xB5s\n",
               "f:2: tier a: expected ASCII outside comments, found byte 0xc2\n");
        refuse("[tier a]\n\xEF\xBB\xBFmax-latency = 1x\n", /* a mark of order begins a file only */
               "f:2: tier a: expected ASCII outside comments, found byte 0xef\n");
        refuse("[tier a]\n= 3\n",
               "f:2: tier a: expected KEY = VALUE or [SECTION], found \"= 3\"\n");
        refuse("[node n]\nserial = 1\n",
               "f:2: node n.serial: unknown key; expected one of node, kind, cxl-serial, "
               "pci-address, pci-id, region, dax, firmware-node, tier, ignore, online, latency, "
               "read-latency, write-latency, bandwidth, read-bandwidth, write-bandwidth\n");
        refuse("[apply]\nmanuel = keep\n",
               "f:2: apply.manuel: unknown key; expected one of interface, manual, demotion, "
               "min-ttl, numa-balancing, promotion-rate-limit, weighted-interleave\n");
}

/* Sections are the same however they are spaced. */
static void test_repeated_sections(void)
{
        refuse("[tier a]\nmax-latency = 1x\n[tier \t a]\nmax-latency = 2x\n",
               "f:3: tier a: expected each section once in a file\n");
        refuse("[policy ]\nmethod = thresholds\n[policy]\nmethod = adistance\n",
               "f:3: policy: expected each section once in a file\n");
}

/* A header that is wrong takes its keys with it: they are not those of the section before. */
static void test_wrong_headers(void)
{
        static const char prefix[] = "[tier a]\nmax-latency = 1x\n";
        static const char *const headers[][2] = {
                { "[tier b", "f:3: expected \"]\" at the end of a section's header\n" },
                { "[tier \x01]", "f:3: expected text, found a control character\n" },
                { "[tier \xE9]", "f:3: expected ASCII outside comments, found byte 0xe9\n" },
        };

        for (size_t i = 0; i < ELEMENTSOF(headers); i++) {
                char text[256];

                snprintf(text, sizeof(text), "%s%s\nmax-latency = 2x\n", prefix, headers[i][0]);
                refuse(text, headers[i][1]);
        }
}

static void test_keys_before_sections(void)
{
        refuse("nonsense\nmethod = adistance\nhysteresis = 1%\n[tier a]\n",
               "f:1: expected KEY = VALUE or [SECTION], found \"nonsense\"\n"
               "f:2: expected a section's header before the first key\n");
}

static void test_long_line(void)
{
        char text[512] = "[tier a]\nmax-latency = ";

        memset(text + strlen(text), '1', 300);
        refuse(text, "f:2: tier a: expected a line of at most 197 characters\n");
}

/* 197 characters are taken, wherever they stand; what stands in a comment does not count. */
static void test_longest_line(void)
{
        char text[1024] = "[tier a]\n    max-latency = ", *line = strchr(text, '\n') + 5;
        struct policy *p;

        memset(line + strlen(line), '0', 197 - strlen(line) - strlen("7ns"));
        strcat(text, "7ns");
        assert(strlen(line) == 197);
        strcat(text, "   # ");
        memset(text + strlen(text), 'c', 300);
        strcat(text, "\n# ");
        memset(text + strlen(text), 'c', 300);
        p = policy_from(text);
        assert(p->tiers[0].conditions[MAX_LATENCY].value == 7);
        policy_unref(p);
        line[-1] = 'x'; /* one more, in place of the last blank before it */
        refuse(text, "f:2: tier a: expected a line of at most 197 characters\n");
}

static void test_assigned(void)
{
        refuse("", "f: expected at least one [tier NAME] section\n");
        refuse("[tier a]\n[daemon]\nsettle = 6s\n",
               "f:3: daemon.settle: expected no more than settle-max\n");
        refuse("[tier a]\n[node x]\nnode = 1\nignore = yes\ntier = a\n",
               "f:2: node x.ignore: expected no tier beside ignore = yes\n");
        refuse("[tier a]\nmax-latency=1x\nmemory-tier=16777215\n[tier b]\n",
               "f:4: tier b: no number is left for it by the tiers before it\n");
        refuse("[tier a]\n[node x]\ntier = b\nnode = 1\n",
               "f:2: node x.tier: expected the name of a [tier] section\n");
        refuse("[tier a]\n[node x]\nnode = 1\n",
               "f:2: node x: expected a tier, a latency or bandwidth, ignore, or online\n");
        refuse("[policy]\nmethod = adistance\n[tier a]\n[node x]\nnode = 1\ntier = a\n",
               "f:4: node x.tier: expected a tier that sets memory-tier, as method = adistance has "
               "no tiers of its own\n");
        refuse("[tier a]\nmax-latency=1x\nmemory-tier = 5\n[tier b]\nmax-latency=2x\n[tier c]\n"
               "memory-tier = 6\n",
               "f:6: tier c.memory-tier: expected at least 7, as the tiers before it take their "
               "numbers below it, found 6\n");
}

/* A rule that says of no node that it is meant, and what says it of one. */
static void test_rule_without_match(void)
{
        static const char *const keys[] = {
                "node = 1",           "kind = unknown",   "cxl-serial = 1", "pci-address = 0d:00.0",
                "pci-id = 8086:0d93", "region = region0", "dax = dax0.0",
        };

        refuse("[tier a]\n[node x]\ntier = a\n",
               "f:2: node x: expected one of node, kind, cxl-serial, pci-address, pci-id, region, "
               "dax and firmware-node, to say which node is meant\n");
        refuse("[tier a]\n[node x]\n",
               "f:2: node x: expected one of node, kind, cxl-serial, pci-address, pci-id, region, "
               "dax and firmware-node, to say which node is meant\n"
               "f:2: node x: expected a tier, a latency or bandwidth, ignore, or online\n");
        refuse("[tier a]\n[node x]\nfirmware-node = PNP0C80:00\ntier = a\n",
               "f:2: node x.firmware-node: expected no key beside it but online and other "
               "matches\n");
        refuse("[tier a]\n[node x]\nfirmware-node = PNP0C80\nonline = no\n",
               "f:3: node x.firmware-node: expected an ACPI device such as PNP0C80:00, found "
               "\"PNP0C80\"\n");
        policy_unref(policy_from("[tier a]\n[node x]\nfirmware-node = PNP0C80:0a\nonline = no\n"));
        for (size_t i = 0; i < ELEMENTSOF(keys); i++) {
                char text[128];

                snprintf(text, sizeof(text), "[tier a]\n[node x]\ntier = a\n%s\n", keys[i]);
                policy_unref(policy_from(text));
        }
}

static void test_many_at_once(void)
{
        refuse("[tier a]\nfoo = 1\nx\n[bar]\nkey = ignored\n[daemon]\nsettle = x\n",
               "f:2: tier a.foo: unknown key; expected one of max-latency, max-read-latency, "
               "max-write-latency, min-bandwidth, min-read-bandwidth, min-write-bandwidth, "
               "memory-tier\n"
               "f:3: tier a: expected KEY = VALUE or [SECTION], found \"x\"\n"
               "f:4: " SECTION "[bar]\n"
               "f:7: daemon.settle: expected a time such as 500ms, 60s or 0, found \"x\"\n");
}

#define SHADOWED(name, line, by)                                                                   \
        "f:" line ": tier " name ": it can never match: tier " by                                  \
        " before it takes every node it would\n"

static void test_unreachable(void)
{
        refuse("[tier a]\n[tier b]\nmax-latency=1x\n", SHADOWED("b", "2", "a"));
        refuse("[tier a]\nmax-latency=2x\n[tier b]\nmax-latency=1x\n", SHADOWED("b", "3", "a"));
        refuse("[tier a]\nmax-latency=2x\n[tier b]\nmax-latency=2x\n", SHADOWED("b", "3", "a"));
        refuse("[tier a]\nmin-bandwidth=1GiB/s\n[tier b]\nmin-bandwidth=2GiB/s\n",
               SHADOWED("b", "3", "a"));
        refuse("[tier a]\nmax-latency=20ns\n[tier b]\nmax-read-latency=20ns\n"
               "max-write-latency=10ns\n",
               SHADOWED("b", "3", "a"));
        refuse("[tier a]\nmax-read-latency=2x\n[tier b]\nmax-read-latency=2x\n",
               SHADOWED("b", "3", "a"));
        /* a rule names it, but what it asks for is in vain */
        refuse("[tier a]\n[tier b]\nmax-latency=2x\n[node n]\nnode=1\ntier=b\n",
               SHADOWED("b", "2", "a"));
}

static void test_reachable(void)
{
        static const char *const texts[] = {
                "[tier a]\nmax-latency=1x\n[tier b]\nmax-latency=2x\n[tier c]\n",
                /* absolute and relative cannot be compared without a machine */
                "[tier a]\nmax-latency=2x\n[tier b]\nmax-latency=100ns\n",
                /* a node of which only the bandwidth is known */
                "[tier a]\nmax-latency=2x\n[tier b]\nmax-latency=1x\nmin-bandwidth=1x\n",
                /* a fast node with little bandwidth */
                "[tier a]\nmax-latency=2x\nmin-bandwidth=2x\n[tier b]\nmax-latency=1x\n",
                /* writes that are slow beside the baseline's, but not beside its reads */
                "[tier a]\nmax-read-latency=2x\nmax-write-latency=2x\n[tier b]\nmax-latency=2x\n",
                ("[tier a]\nmin-read-bandwidth=1x\nmin-write-bandwidth=1x\n"
                 "[tier b]\nmin-bandwidth=1x\n"),
                /* slow writes, where nothing is known of the baseline's */
                "[tier a]\nmax-latency=2x\n[tier b]\nmax-read-latency=2x\nmax-write-latency=1x\n",
                /* a rule names it, and it asks for nothing else */
                "[tier a]\n[tier b]\n[node n]\nnode=1\ntier=b\n",
                "[tier a]\n[daemon]\nsettle=5s\nsettle-max=5s\n",
                /* names for rules, which this method does not try */
                "[policy]\nmethod=adistance\n[tier a]\nmemory-tier=3\n[tier b]\nmemory-tier=7\n",
        };

        for (size_t i = 0; i < ELEMENTSOF(texts); i++)
                policy_unref(policy_from(texts[i]));
}

static void test_defaults(void)
{
        struct policy *p = policy_from("[tier a]\n");

        assert(p->method == METHOD_THRESHOLDS && p->baseline_auto && p->n_sources == SOURCES);
        assert(p->hysteresis > 0.0499 && p->hysteresis < 0.0501);
        assert(p->interface == POLICY_INTERFACE_AUTO && p->demotion == SWITCH_LEAVE);
        assert(!p->keep_manual);
        assert(p->numa_balancing == BALANCING_LEAVE && p->weighted_interleave == WEIGHTS_LEAVE);
        assert(!p->has_promote_rate_limit);
        assert(p->settle_usec == 500000 && p->settle_max_usec == 5000000 &&
               p->rescan_usec == 60000000);
        policy_unref(p);
}

static void test_everything(void)
{
        struct policy *p = policy_from(
                "\xEF\xBB\xBF; a comment\r\n"
                "[policy]\r\n"
                "  method = thresholds   # indented, with a comment\r\n"
                "sources = hmat, slit\n"
                "baseline = node:7\n"
                "hysteresis = 0%\n"
                "[tier fast]\nmax-latency = 80ns\nmin-bandwidth = 2.5x\nmemory-tier = 0\n"
                "[tier slow]\n"
                "[node a]\nnode = 3\nlatency = 250ns\nread-latency = 200ns\nbandwidth = 30GiB/s\n"
                "[node b]\nnode = 4\nignore = yes\n"
                "[node c]\nnode = 5\ntier = slow\n"
                "[apply]\ninterface = none\nmanual = keep\ndemotion = force\nmin-ttl = 2s\n"
                "numa-balancing = tiering\n"
                "promotion-rate-limit = 1GiB/s\nweighted-interleave = by-bandwidth\n"
                "[daemon]\nsettle = 0\nsettle-max = 1s\nrescan = 0");

        assert(p->n_sources == 2 && p->sources[0] == SOURCE_HMAT && p->sources[1] == SOURCE_SLIT);
        assert(!p->baseline_auto && p->baseline == 7 && p->hysteresis == 0);
        assert(p->n_tiers == 2 && p->n_rules == 3);
        assert(p->tiers[0].conditions[MAX_LATENCY].value == 80 &&
               !p->tiers[0].conditions[MAX_LATENCY].relative);
        assert(p->tiers[0].conditions[MIN_BANDWIDTH].value == 2.5 &&
               p->tiers[0].conditions[MIN_BANDWIDTH].relative);
        assert(p->tiers[0].has_memory_tier && p->tiers[0].memory_tier == 0);
        assert(p->rules[0].perf.v[READ_LATENCY] == 200 && p->rules[0].perf.v[WRITE_LATENCY] == 250);
        assert(p->rules[0].perf.v[READ_BANDWIDTH] == 30720);
        assert(p->rules[1].ignore && streq(p->rules[2].tier, "slow"));
        assert(p->keep_manual && p->demotion == SWITCH_FORCE);
        assert(p->min_ttl == MIN_TTL_SET && p->min_ttl_ms == 2000);
        assert(p->promote_rate_limit == 1024 && p->rescan_usec == 0 && p->settle_usec == 0);
        policy_unref(p);
}

/* What names a device is kept as the kernel writes it, however it was written. */
static void test_devices(void)
{
        struct policy *p = policy_from(
                "[tier a]\n"
                "[node all]\nnode=3\nkind=cxl\ncxl-serial=0xFEDCBA9876543210\n"
                "pci-address=0001:0D:1F.7\npci-id=8086:0D93\nregion=region10\ndax=dax1.12\n"
                "tier=a\n"
                "[node short]\npci-address=aB:00.0\ntier=a\n"
                "[node decimal]\ncxl-serial=18446744073709551615\ntier=a\n"
                "[node kind]\nkind=unknown\ntier=a\n");
        const struct node_rule *r = p->rules;

        assert(r->has_node && r->node == 3 && r->has_kind && r->kind == KIND_CXL);
        assert(r->has_cxl_serial && r->cxl_serial == UINT64_C(0xfedcba9876543210));
        assert_streq(r->pci_address, "0001:0d:1f.7");
        assert_streq(r->pci_id, "8086:0d93");
        assert_streq(r->region, "region10");
        assert_streq(r->dax, "dax1.12");
        assert_streq(r[1].pci_address, "0000:ab:00.0");
        assert(!r[1].has_node && !r[1].has_kind && !r[1].has_cxl_serial);
        assert(!r[1].pci_id && !r[1].region && !r[1].dax);
        assert(r[2].has_cxl_serial && r[2].cxl_serial == UINT64_MAX);
        assert(r[3].has_kind && r[3].kind == KIND_UNKNOWN);
        policy_unref(p);
}

static void test_kinds(void)
{
        for (unsigned k = 0; k < NODE_KINDS; k++) {
                struct policy *p;
                char text[64];

                snprintf(text, sizeof(text), "[tier a]\n[node n]\nkind=%s\ntier=a\n",
                         node_kind_name(k));
                p = policy_from(text);
                assert(p->rules[0].has_kind && p->rules[0].kind == k);
                policy_unref(p);
        }
}

/* What the kernel holds as whole numbers is rounded, not cut. */
static void test_rounding(void)
{
        struct policy *p = policy_from("[tier a]\n[node n]\nnode=1\nread-latency=1.6ns\n"
                                       "write-latency=1.4ns\nbandwidth=0.6MiB/s\n"
                                       "[apply]\npromotion-rate-limit=1.6MiB/s\n");

        assert(p->rules[0].perf.v[READ_LATENCY] == 2 && p->rules[0].perf.v[WRITE_LATENCY] == 1);
        assert(p->rules[0].perf.v[READ_BANDWIDTH] == 1 && p->promote_rate_limit == 2);
        policy_unref(p);
}

/* Values must not depend on the order of the exact and the general key. */
static void test_exact_key_wins(void)
{
        struct policy *p =
                policy_from("[tier a]\n[node n]\nnode=1\nread-latency=1ns\nlatency=9ns\n");

        assert(p->rules[0].perf.v[READ_LATENCY] == 1 && p->rules[0].perf.v[WRITE_LATENCY] == 9);
        policy_unref(p);
}

static void test_later_file(void)
{
        static const char first[] = "[tier a]\nmax-latency=1x\nmin-bandwidth=1x\n[tier b]\n"
                                    "[node x]\nnode=1\ntier=a\n[node y]\nnode=2\ntier=a\n";
        static const char second[] = "[tier a]\nmin-bandwidth=\nmemory-tier=3\n"
                                     "[node z]\nnode=1\ntier=b\n";
        struct messages errors = MESSAGES_INIT;
        struct policy *p;
        uint64_t hash;

        assert(policy_new(&p) == 0);
        assert(policy_parse(p, first, strlen(first), "1", &errors) == 0);
        hash = p->hash;
        assert(policy_parse(p, second, strlen(second), "2", &errors) == 0);
        assert(policy_finish(p, &errors) == 0 && p->hash != hash);
        assert(p->n_tiers == 2 && p->tiers[0].conditions[MAX_LATENCY].set);
        assert(!p->tiers[0].conditions[MIN_BANDWIDTH].set && p->tiers[0].memory_tier == 3);
        assert(streq(p->rules[0].name, "z") && streq(p->rules[1].name, "x") &&
               streq(p->rules[2].name, "y"));
        policy_unref(p);
}

static struct policy *policy_from_two(const char *first, const char *second)
{
        struct messages errors = MESSAGES_INIT;
        struct policy *p;

        assert(policy_new(&p) == 0);
        assert(policy_parse(p, first, strlen(first), "1", &errors) == 0);
        assert(policy_parse(p, second, strlen(second), "2", &errors) == 0);
        assert(policy_finish(p, &errors) == 0 && errors.n == 0);
        return p;
}

/* Whatever a file sets, a later one can take back. */
static void test_take_back(void)
{
        struct policy *p = policy_from_two(
                "[policy]\nmethod=adistance\nbaseline=node:3\nsources=hmat\n"
                "[tier a]\nmemory-tier=7\nmax-latency=1x\n"
                "[apply]\ninterface=none\nmanual=keep\ndemotion=yes\nmin-ttl=0\n"
                "numa-balancing=off\n"
                "promotion-rate-limit=1GiB/s\nweighted-interleave=by-bandwidth\n",
                "[policy]\nmethod=thresholds\nbaseline=auto\nsources=slit user\n"
                "[tier a]\nmemory-tier=\nmax-latency=\n"
                "[apply]\ninterface=auto\nmanual=restore\ndemotion=leave\nmin-ttl=auto\n"
                "numa-balancing=leave\n"
                "promotion-rate-limit=leave\nweighted-interleave=leave\n");

        assert(p->method == METHOD_THRESHOLDS && p->baseline_auto);
        assert(p->n_sources == 2 && p->sources[0] == SOURCE_SLIT && p->sources[1] == SOURCE_USER);
        assert(!p->tiers[0].has_memory_tier && !p->tiers[0].conditions[MAX_LATENCY].set);
        assert(p->interface == POLICY_INTERFACE_AUTO && p->demotion == SWITCH_LEAVE);
        assert(!p->keep_manual);
        assert(p->numa_balancing == BALANCING_LEAVE && !p->has_promote_rate_limit);
        assert(p->weighted_interleave == WEIGHTS_LEAVE && p->min_ttl == MIN_TTL_AUTO);
        policy_unref(p);
}

/* The vendor's rules can be overridden: a site's stand before them, even by the same name. */
static void test_rules_of_two_files(void)
{
        struct policy *p = policy_from_two("[tier a]\n[node gpu]\nkind=gpu\nignore=yes\n",
                                           "[node gpu]\nkind=gpu\ntier=a\n");

        assert(p->n_rules == 2 && !p->rules[0].ignore && streq(p->rules[0].tier, "a"));
        assert(p->rules[1].ignore && p->rules[1].has_kind && p->rules[1].kind == KIND_GPU);
        policy_unref(p);
}

/* An error of the whole names the file that caused it. */
static void test_errors_of_two_files(void)
{
        static const char first[] =
                "[tier a]\nmax-latency=1x\n[daemon]\nsettle=6s\nsettle-max=7s\n";
        static const char second[] = "[daemon]\nsettle-max=5s\n[tier b]\nmax-latency=1x\n";
        struct messages errors = MESSAGES_INIT;
        struct policy *p;

        assert(policy_new(&p) == 0);
        assert(policy_parse(p, first, strlen(first), "1", &errors) == 0);
        assert(policy_parse(p, second, strlen(second), "2", &errors) == 0);
        assert(policy_finish(p, &errors) == -EBADMSG && errors.n == 2);
        assert_streq(errors.items[0], "2:2: daemon.settle: expected no more than settle-max");
        assert_streq(errors.items[1], "2:3: tier b: it can never match: tier a before it takes "
                                      "every node it would");
        messages_done(&errors);
        policy_unref(p);
}

static void test_nul(void)
{
        static const char text[] = "[tier a]\nmax-\0latency = 1x\n";
        struct messages errors = MESSAGES_INIT;
        struct policy *p;

        assert(parse(text, sizeof(text) - 1, &errors, &p) == -EBADMSG);
        assert_streq(errors.items[0], "f:2: tier a: expected text, found a control character");
        messages_done(&errors);
        policy_unref(p);
}

#define BAD_RESCAN "f:2: daemon.rescan: expected a time such as 500ms, 60s or 0, found \"x\"\n"

/* Errors in lines and errors of the whole, at once. */
static void test_all_errors_at_once(void)
{
        refuse_wholly("[daemon]\nrescan=x\n", BAD_RESCAN "f: expected at least one [tier NAME] "
                                                         "section\n");
        refuse_wholly("[daemon]\nrescan=x\n[tier a]\n[tier b]\n[node n]\nnode=1\n",
                      BAD_RESCAN "f:4: tier b: it can never match: tier a before it takes every "
                                 "node it would\n"
                                 "f:5: node n: expected a tier, a latency or bandwidth, ignore, or "
                                 "online\n");
        refuse_wholly("[apply]\nx=1\n[tier a]\nmemory-tier=5\n[tier b]\nmax-latency=9x\n"
                      "memory-tier=4\n[daemon]\nsettle=9s\n",
                      "f:2: apply.x: unknown key; expected one of interface, manual, demotion, "
                      "min-ttl, numa-balancing, promotion-rate-limit, weighted-interleave\n"
                      "f:9: daemon.settle: expected no more than settle-max\n"
                      "f:5: tier b: it can never match: tier a before it takes every node it "
                      "would\n"
                      "f:5: tier b.memory-tier: expected at least 6, as the tiers before it take "
                      "their numbers below it, found 4\n");
}

/* No error because of what an error took away. */
static void test_no_false_errors(void)
{
        refuse_wholly("[tier a]\nmax-latency=x\n[tier b]\nmax-latency=2x\n",
                      "f:2: tier a.max-latency: " LATENCY ", found \"x\"\n");
        refuse_wholly("[teir a]\n[node n]\nnode=1\ntier=a\n", "f:1: " SECTION "[teir a]\n");
        refuse_wholly("[tier a]\n[node n]\nnode=x\ntier=a\n",
                      "f:3: node n.node: expected a node number from 0 to 1023, found \"x\"\n");
        refuse_wholly(
                "[tier a]\n[node n]\nnode=1\ntire=a\n",
                "f:4: node n.tire: unknown key; expected one of node, kind, cxl-serial, "
                "pci-address, pci-id, region, dax, firmware-node, tier, ignore, online, latency, "
                "read-latency, write-latency, bandwidth, read-bandwidth, write-bandwidth\n");
        refuse_wholly("[policy]\nmethod=adistence\n",
                      "f:2: policy.method: expected thresholds or adistance, found "
                      "\"adistence\"\n");
        refuse_wholly("[tier a]\n[daemon]\nsettle-max=x\nsettle=6s\n",
                      "f:3: daemon.settle-max: expected a time such as 500ms, 60s or 0, found "
                      "\"x\"\n");
        /* a tier that the section with the error may be there for */
        refuse_wholly("[tier a]\n[tier b]\n[node n]\nnode=1\nkind=x\ntier=b\n",
                      "f:5: node n.kind: expected dram, cxl, pmem, hbm, gpu, virtio, "
                      "special-purpose or unknown, "
                      "found \"x\"\n");
}

int main(void)
{
        test_bad_values();
        test_bad_devices();
        test_repeated_keys();
        test_bad_lines();
        test_repeated_sections();
        test_wrong_headers();
        test_keys_before_sections();
        test_long_line();
        test_longest_line();
        test_assigned();
        test_rule_without_match();
        test_many_at_once();
        test_unreachable();
        test_reachable();
        test_defaults();
        test_everything();
        test_devices();
        test_kinds();
        test_rounding();
        test_exact_key_wins();
        test_later_file();
        test_take_back();
        test_rules_of_two_files();
        test_errors_of_two_files();
        test_nul();
        test_all_errors_at_once();
        test_no_false_errors();
}
