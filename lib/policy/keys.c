/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy/keys.h"

#include <assert.h>
#include <errno.h>

#include "base/values.h"

/* Each setter takes a value that is not empty: 0, -EINVAL, or -ENOMEM. */

static int choose(const char *value, const char *const *words, size_t n)
{
        for (size_t i = 0; i < n; i++)
                if (streq(value, words[i]))
                        return (int)i;
        return -EINVAL;
}

static int set_method(struct place *p, const char *value)
{
        static const char *const words[] = { "thresholds", "adistance" };
        int i = choose(value, words, ELEMENTSOF(words));

        if (i >= 0)
                p->policy->method = i == 0 ? METHOD_THRESHOLDS : METHOD_ADISTANCE;
        return i < 0 ? i : 0;
}

static int find_source(const char *word, size_t length)
{
        for (unsigned s = 0; s < SOURCES; s++)
                if (strlen(source_name(s)) == length && memcmp(source_name(s), word, length) == 0)
                        return (int)s;
        return -EINVAL;
}

static int set_sources(struct place *p, const char *value)
{
        enum source sources[SOURCES];
        size_t n = 0;

        while (*value) {
                size_t length = strcspn(value, " \t,");
                int s = find_source(value, length);

                if (s < 0 || n == SOURCES)
                        return -EINVAL;
                for (size_t i = 0; i < n; i++)
                        if (sources[i] == (enum source)s)
                                return -EINVAL;
                sources[n++] = (enum source)s;
                value += length;
                value += strspn(value, " \t,");
        }
        memcpy(p->policy->sources, sources, sizeof(sources));
        p->policy->n_sources = n;
        return 0;
}

static int parse_node_number(const char *value, unsigned *ret)
{
        return parse_unsigned(value, NODE_MAX - 1, ret) < 0 ? -EINVAL : 0;
}

static int set_baseline(struct place *p, const char *value)
{
        const char *number = startswith(value, "node:");

        p->policy->baseline_auto = streq(value, "auto");
        if (p->policy->baseline_auto)
                return 0;
        return number ? parse_node_number(number, &p->policy->baseline) : -EINVAL;
}

static int set_hysteresis(struct place *p, const char *value)
{
        return parse_percentage(value, &p->policy->hysteresis);
}

static int set_condition(struct place *p, enum condition_kind k, const char *value)
{
        struct condition c = { .set = true };
        bool latency = condition_is_maximum(k);

        c.relative = parse_multiple(value, &c.value) == 0;
        if (!c.relative &&
            (latency ? parse_latency(value, &c.value) : parse_bandwidth(value, &c.value)) < 0)
                return -EINVAL;
        p->policy->tiers[p->tier].conditions[k] = c;
        return 0;
}

#define DEFINE_CONDITION(name, kind)                                                               \
        static int name(struct place *p, const char *value)                                        \
        {                                                                                          \
                return set_condition(p, kind, value);                                              \
        }

DEFINE_CONDITION(set_max_latency, MAX_LATENCY)
DEFINE_CONDITION(set_max_read_latency, MAX_READ_LATENCY)
DEFINE_CONDITION(set_max_write_latency, MAX_WRITE_LATENCY)
DEFINE_CONDITION(set_min_bandwidth, MIN_BANDWIDTH)
DEFINE_CONDITION(set_min_read_bandwidth, MIN_READ_BANDWIDTH)
DEFINE_CONDITION(set_min_write_bandwidth, MIN_WRITE_BANDWIDTH)

static int set_memory_tier(struct place *p, const char *value)
{
        struct tier_policy *t = &p->policy->tiers[p->tier];

        t->has_memory_tier = parse_unsigned(value, MEMORY_TIER_MAX, &t->memory_tier) == 0;
        return t->has_memory_tier ? 0 : -EINVAL;
}

static int set_node(struct place *p, const char *value)
{
        struct node_rule *r = &p->policy->rules[p->rule];

        r->has_node = parse_node_number(value, &r->node) == 0;
        return r->has_node ? 0 : -EINVAL;
}

static int set_kind(struct place *p, const char *value)
{
        struct node_rule *r = &p->policy->rules[p->rule];

        for (unsigned k = 0; k < NODE_KINDS; k++)
                if (streq(value, node_kind_name(k))) {
                        r->has_kind = true;
                        r->kind = k;
                        return 0;
                }
        return -EINVAL;
}

static int set_cxl_serial(struct place *p, const char *value)
{
        struct node_rule *r = &p->policy->rules[p->rule];

        r->has_cxl_serial = parse_serial(value, &r->cxl_serial) == 0;
        return r->has_cxl_serial ? 0 : -EINVAL;
}

/* A key stands once in a section: no earlier text is replaced. */
static int set_text(char **field, const char *value)
{
        *field = strdup(value);
        return *field ? 0 : -ENOMEM;
}

static int set_pci_address(struct place *p, const char *value)
{
        char address[PCI_STRING_MAX];

        if (parse_pci_address(value, address) < 0)
                return -EINVAL;
        return set_text(&p->policy->rules[p->rule].pci_address, address);
}

static int set_pci_id(struct place *p, const char *value)
{
        char id[PCI_STRING_MAX];

        if (parse_pci_id(value, id) < 0)
                return -EINVAL;
        return set_text(&p->policy->rules[p->rule].pci_id, id);
}

static int set_region(struct place *p, const char *value)
{
        if (!is_device_name(value, "region", 1))
                return -EINVAL;
        return set_text(&p->policy->rules[p->rule].region, value);
}

static int set_dax(struct place *p, const char *value)
{
        if (!is_device_name(value, "dax", 2))
                return -EINVAL;
        return set_text(&p->policy->rules[p->rule].dax, value);
}

static int set_firmware_node(struct place *p, const char *value)
{
        if (!is_acpi_name(value))
                return -EINVAL;
        return set_text(&p->policy->rules[p->rule].firmware_node, value);
}

static int set_tier(struct place *p, const char *value)
{
        return set_text(&p->policy->rules[p->rule].tier, value);
}

static int set_ignore(struct place *p, const char *value)
{
        struct node_rule *r = &p->policy->rules[p->rule];

        r->has_ignore = parse_yes_no(value, &r->ignore) == 0;
        return r->has_ignore ? 0 : -EINVAL;
}

static int parse_online(const char *value, enum policy_online *ret)
{
        for (unsigned o = ONLINE_UNSET + 1; o < ONLINE_WORDS; o++)
                if (streq(value, policy_online_word(o))) {
                        *ret = o;
                        return 0;
                }
        return -EINVAL;
}

static int set_node_online(struct place *p, const char *value)
{
        return parse_online(value, &p->policy->rules[p->rule].online);
}

static int set_online(struct place *p, const char *value)
{
        return parse_online(value, &p->policy->online);
}

/* A value that the kernel could hold: a whole number, at least 1. */
static int set_figure(struct place *p, const char *value, enum perf_value v)
{
        bool latency = perf_value_is_latency(v);
        double figure;

        if ((latency ? parse_latency(value, &figure) : parse_bandwidth(value, &figure)) < 0 ||
            figure + 0.5 < 1)
                return -EINVAL;
        p->policy->rules[p->rule].perf.v[v] = (uint32_t)(figure + 0.5);
        return 0;
}

/* latency and bandwidth set both read and write, unless a more exact key does. */
static int set_figures(struct place *p, const char *value, enum perf_value read,
                       enum perf_value write)
{
        const struct perf given = p->policy->rules[p->rule].perf;
        struct perf *perf = &p->policy->rules[p->rule].perf;

        if (set_figure(p, value, read) < 0 || set_figure(p, value, write) < 0)
                return -EINVAL;
        perf->v[read] = given.v[read] ?: perf->v[read];
        perf->v[write] = given.v[write] ?: perf->v[write];
        return 0;
}

static int set_latency(struct place *p, const char *value)
{
        return set_figures(p, value, READ_LATENCY, WRITE_LATENCY);
}

static int set_bandwidth(struct place *p, const char *value)
{
        return set_figures(p, value, READ_BANDWIDTH, WRITE_BANDWIDTH);
}

#define DEFINE_FIGURE(name, figure)                                                                \
        static int name(struct place *p, const char *value)                                        \
        {                                                                                          \
                return set_figure(p, value, figure);                                               \
        }

DEFINE_FIGURE(set_read_latency, READ_LATENCY)
DEFINE_FIGURE(set_write_latency, WRITE_LATENCY)
DEFINE_FIGURE(set_read_bandwidth, READ_BANDWIDTH)
DEFINE_FIGURE(set_write_bandwidth, WRITE_BANDWIDTH)

static int set_interface(struct place *p, const char *value)
{
        static const char *const words[] = {
                [POLICY_INTERFACE_AUTO] = "auto",
                [POLICY_INTERFACE_MEMTIER_OVERRIDE] = "memtier_override",
                [POLICY_INTERFACE_ADISTANCE_OFFSET] = "adistance_offset",
                [POLICY_INTERFACE_NONE] = "none",
        };
        static_assert(ELEMENTSOF(words) == POLICY_INTERFACE_NONE + 1, "a word for each");
        int i = choose(value, words, ELEMENTSOF(words));

        if (i >= 0)
                p->policy->interface = (enum policy_interface)i;
        return i < 0 ? i : 0;
}

static int set_manual(struct place *p, const char *value)
{
        static const char *const words[] = { "restore", "keep" };
        int i = choose(value, words, ELEMENTSOF(words));

        if (i >= 0)
                p->policy->keep_manual = i == 1;
        return i < 0 ? i : 0;
}

static int set_demotion(struct place *p, const char *value)
{
        bool yes;

        if (streq(value, "leave") || streq(value, "force")) {
                p->policy->demotion = streq(value, "leave") ? SWITCH_LEAVE : SWITCH_FORCE;
                return 0;
        }
        if (parse_yes_no(value, &yes) < 0)
                return -EINVAL;
        p->policy->demotion = yes ? SWITCH_YES : SWITCH_NO;
        return 0;
}

/* The kernel counts in milliseconds. */
static int set_min_ttl(struct place *p, const char *value)
{
        uint64_t usec;

        if (streq(value, "auto") || streq(value, "leave")) {
                p->policy->min_ttl = streq(value, "auto") ? MIN_TTL_AUTO : MIN_TTL_LEAVE;
                return 0;
        }
        if (parse_duration(value, &usec) < 0 || usec % 1000 != 0)
                return -EINVAL;
        p->policy->min_ttl = MIN_TTL_SET;
        p->policy->min_ttl_ms = (unsigned)(usec / 1000);
        return 0;
}

static int set_balancing(struct place *p, const char *value)
{
        static const char *const words[] = {
                [BALANCING_LEAVE] = "leave",
                [BALANCING_TIERING] = "tiering",
                [BALANCING_OFF] = "off",
        };
        static_assert(ELEMENTSOF(words) == BALANCING_OFF + 1, "a word for each");
        int i = choose(value, words, ELEMENTSOF(words));

        if (i >= 0)
                p->policy->numa_balancing = (enum policy_balancing)i;
        return i < 0 ? i : 0;
}

static int set_rate_limit(struct place *p, const char *value)
{
        double mib;

        p->policy->has_promote_rate_limit = !streq(value, "leave");
        if (!p->policy->has_promote_rate_limit)
                return 0;
        if (parse_bandwidth(value, &mib) < 0 || mib < 1 || mib > INT32_MAX)
                return -EINVAL;
        p->policy->promote_rate_limit = (unsigned)(mib + 0.5);
        return 0;
}

static int set_weights(struct place *p, const char *value)
{
        static const char *const words[] = {
                [WEIGHTS_LEAVE] = "leave",
                [WEIGHTS_BY_BANDWIDTH] = "by-bandwidth",
        };
        static_assert(ELEMENTSOF(words) == WEIGHTS_BY_BANDWIDTH + 1, "a word for each");
        int i = choose(value, words, ELEMENTSOF(words));

        if (i >= 0)
                p->policy->weighted_interleave = (enum policy_weights)i;
        return i < 0 ? i : 0;
}

static void note_settle(struct place *p)
{
        p->policy->settle_file = p->file;
        p->policy->settle_line = p->line;
}

static int set_settle(struct place *p, const char *value)
{
        note_settle(p);
        return parse_duration(value, &p->policy->settle_usec);
}

static int set_settle_max(struct place *p, const char *value)
{
        note_settle(p);
        return parse_duration(value, &p->policy->settle_max_usec);
}

static int set_rescan(struct place *p, const char *value)
{
        return parse_duration(value, &p->policy->rescan_usec);
}

#define EXPECT_LATENCY   "a latency such as 120ns"
#define EXPECT_BANDWIDTH "a bandwidth such as 40GiB/s"
#define OR_MULTIPLE      ", or a multiple of the baseline such as 1.5x"
#define EXPECT_ONLINE    "movable, kernel, no or leave"
#define EXPECT_DURATION  "a time such as 500ms, 60s or 0"

static const struct key keys[] = {
        { SECTION_POLICY, "method", set_method, "thresholds or adistance" },
        { SECTION_POLICY, "sources", set_sources,
          "some of user, measured, hmat, cdat, slit, each once" },
        { SECTION_POLICY, "baseline", set_baseline, "auto, or node:N" },
        { SECTION_POLICY, "hysteresis", set_hysteresis, "a percentage from 0% to 50%" },
        { SECTION_TIER, "max-latency", set_max_latency, EXPECT_LATENCY OR_MULTIPLE },
        { SECTION_TIER, "max-read-latency", set_max_read_latency, EXPECT_LATENCY OR_MULTIPLE },
        { SECTION_TIER, "max-write-latency", set_max_write_latency, EXPECT_LATENCY OR_MULTIPLE },
        { SECTION_TIER, "min-bandwidth", set_min_bandwidth, EXPECT_BANDWIDTH OR_MULTIPLE },
        { SECTION_TIER, "min-read-bandwidth", set_min_read_bandwidth,
          EXPECT_BANDWIDTH OR_MULTIPLE },
        { SECTION_TIER, "min-write-bandwidth", set_min_write_bandwidth,
          EXPECT_BANDWIDTH OR_MULTIPLE },
        { SECTION_TIER, "memory-tier", set_memory_tier, "a number from 0 to 16777215" },
        { SECTION_NODE, "node", set_node, "a node number from 0 to 1023" },
        { SECTION_NODE, "kind", set_kind,
          "dram, cxl, pmem, hbm, gpu, virtio, special-purpose or unknown" },
        { SECTION_NODE, "cxl-serial", set_cxl_serial,
          "a serial number other than 0, such as 0x1234" },
        { SECTION_NODE, "pci-address", set_pci_address, "a PCI address such as 0000:0d:00.0" },
        { SECTION_NODE, "pci-id", set_pci_id, "a PCI vendor and device such as 8086:0d93" },
        { SECTION_NODE, "region", set_region, "the name of a CXL region such as region0" },
        { SECTION_NODE, "dax", set_dax, "the name of a DAX device such as dax0.0" },
        { SECTION_NODE, "firmware-node", set_firmware_node, "an ACPI device such as PNP0C80:00" },
        { SECTION_NODE, "tier", set_tier, "the name of a [tier] section" },
        { SECTION_NODE, "ignore", set_ignore, "yes or no" },
        { SECTION_NODE, "online", set_node_online, EXPECT_ONLINE },
        { SECTION_NODE, "latency", set_latency, EXPECT_LATENCY },
        { SECTION_NODE, "read-latency", set_read_latency, EXPECT_LATENCY },
        { SECTION_NODE, "write-latency", set_write_latency, EXPECT_LATENCY },
        { SECTION_NODE, "bandwidth", set_bandwidth, EXPECT_BANDWIDTH },
        { SECTION_NODE, "read-bandwidth", set_read_bandwidth, EXPECT_BANDWIDTH },
        { SECTION_NODE, "write-bandwidth", set_write_bandwidth, EXPECT_BANDWIDTH },
        { SECTION_APPLY, "interface", set_interface,
          "auto, memtier_override, adistance_offset or none" },
        { SECTION_APPLY, "manual", set_manual, "restore or keep" },
        { SECTION_APPLY, "demotion", set_demotion, "yes, no, force or leave" },
        { SECTION_APPLY, "min-ttl", set_min_ttl,
          "auto, leave, or a time in whole milliseconds such as 100ms or 0" },
        { SECTION_APPLY, "numa-balancing", set_balancing, "tiering, off or leave" },
        { SECTION_APPLY, "promotion-rate-limit", set_rate_limit, EXPECT_BANDWIDTH ", or leave" },
        { SECTION_APPLY, "weighted-interleave", set_weights, "by-bandwidth or leave" },
        { SECTION_ONLINE, "online", set_online, EXPECT_ONLINE },
        { SECTION_DAEMON, "settle", set_settle, EXPECT_DURATION },
        { SECTION_DAEMON, "settle-max", set_settle_max, EXPECT_DURATION },
        { SECTION_DAEMON, "rescan", set_rescan, EXPECT_DURATION },
};

static_assert(ELEMENTSOF(keys) <= KEYS_MAX, "a bit for each key");

const struct key *key_find(enum policy_section section, const char *name)
{
        for (size_t i = 0; i < ELEMENTSOF(keys); i++)
                if (keys[i].section == section && streq(keys[i].name, name))
                        return &keys[i];
        return NULL;
}

unsigned key_number(const struct key *key)
{
        assert(key >= keys && key < keys + ELEMENTSOF(keys));
        return (unsigned)(key - keys);
}

static void unset(const struct key *key, struct tier_policy *t)
{
        if (key->set == set_memory_tier)
                t->has_memory_tier = false;
        for (unsigned k = 0; k < CONDITION_KINDS; k++)
                if (streq(key->name, condition_name(k)))
                        t->conditions[k] = (struct condition){ 0 };
}

int key_set(const struct key *key, struct place *p, const char *value)
{
        if (*value)
                return key->set(p, value);
        if (key->section != SECTION_TIER)
                return -EINVAL;
        unset(key, &p->policy->tiers[p->tier]);
        return 0;
}

const char *key_names(enum policy_section section, char buf[static KEY_NAMES_MAX])
{
        size_t length = 0;

        *buf = '\0';
        for (size_t i = 0; i < ELEMENTSOF(keys); i++) {
                if (keys[i].section != section)
                        continue;
                length += (size_t)snprintf(buf + length, KEY_NAMES_MAX - length, "%s%s",
                                           length > 0 ? ", " : "", keys[i].name);
                assert(length < KEY_NAMES_MAX);
        }
        return buf;
}
