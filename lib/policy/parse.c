/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <stdarg.h>

#include "base/hash.h"
#include "base/values.h"
#include "policy/policy.h"

/* inih's lines end, unannounced, at INI_MAX_LINE bytes (200), of which it needs three. */
#define NAME_LENGTH_MAX 48

enum section {
        SECTION_NONE, /* before the first header, or below one that is wrong */
        SECTION_POLICY,
        SECTION_TIER,
        SECTION_NODE,
        SECTION_APPLY,
        SECTION_DAEMON,
        SECTIONS,
};

static const char *const section_words[] = {
        [SECTION_NONE] = "",     [SECTION_POLICY] = "policy", [SECTION_TIER] = "tier",
        [SECTION_NODE] = "node", [SECTION_APPLY] = "apply",   [SECTION_DAEMON] = "daemon",
};

static bool is_named(enum section s)
{
        return s == SECTION_TIER || s == SECTION_NODE;
}

struct parser {
        struct policy *policy;
        const char *text;
        size_t size, at;
        const char *file; /* the policy's own copy */
        unsigned line;
        struct messages *errors;
        bool failed, out_of_memory;

        enum section section;
        bool headed;                    /* a section's header has been seen, right or wrong */
        char name[NAME_LENGTH_MAX + 1]; /* of the [tier NAME] or [node NAME] */
        size_t tier, rule;              /* the index it has */
        size_t next_rule;               /* this file's rules go before those of earlier files */
        uint64_t keys_seen;             /* a bit for each key of the section */
        char **sections_seen;
        size_t n_sections_seen, sections_allocated;
};

_printf_(3, 4) static void complain(struct parser *p, const char *key, const char *format, ...)
{
        char *what = NULL;
        va_list ap;

        va_start(ap, format);
        if (vasprintf(&what, format, ap) < 0)
                what = NULL;
        va_end(ap);
        messages_add(p->errors, "%s:%u: %s%s%s%s%s%s%s", p->file, p->line,
                     section_words[p->section], *p->name ? " " : "", p->name,
                     p->section && key ? "." : "", key ?: "", p->section || key ? ": " : "",
                     what ?: "out of memory");
        free(what);
        p->failed = true;
}

/* The keys. Each setter takes a value that is not empty: 0, -EINVAL, or -ENOMEM. */

static int choose(const char *value, const char *const *words, size_t n)
{
        for (size_t i = 0; i < n; i++)
                if (streq(value, words[i]))
                        return (int)i;
        return -EINVAL;
}

static int set_method(struct parser *p, const char *value)
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

static int set_sources(struct parser *p, const char *value)
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

static int set_baseline(struct parser *p, const char *value)
{
        const char *number = startswith(value, "node:");

        p->policy->baseline_auto = streq(value, "auto");
        if (p->policy->baseline_auto)
                return 0;
        return number ? parse_node_number(number, &p->policy->baseline) : -EINVAL;
}

static int set_hysteresis(struct parser *p, const char *value)
{
        return parse_percentage(value, &p->policy->hysteresis);
}

static int set_condition(struct parser *p, enum condition_kind k, const char *value)
{
        struct condition c = { .set = true };
        bool latency = k == MAX_LATENCY || k == MAX_READ_LATENCY || k == MAX_WRITE_LATENCY;

        c.relative = parse_multiple(value, &c.value) == 0;
        if (!c.relative &&
            (latency ? parse_latency(value, &c.value) : parse_bandwidth(value, &c.value)) < 0)
                return -EINVAL;
        p->policy->tiers[p->tier].conditions[k] = c;
        return 0;
}

#define DEFINE_CONDITION(name, kind)                                                               \
        static int name(struct parser *p, const char *value)                                       \
        {                                                                                          \
                return set_condition(p, kind, value);                                              \
        }

DEFINE_CONDITION(set_max_latency, MAX_LATENCY)
DEFINE_CONDITION(set_max_read_latency, MAX_READ_LATENCY)
DEFINE_CONDITION(set_max_write_latency, MAX_WRITE_LATENCY)
DEFINE_CONDITION(set_min_bandwidth, MIN_BANDWIDTH)
DEFINE_CONDITION(set_min_read_bandwidth, MIN_READ_BANDWIDTH)
DEFINE_CONDITION(set_min_write_bandwidth, MIN_WRITE_BANDWIDTH)

static int set_memory_tier(struct parser *p, const char *value)
{
        struct tier_policy *t = &p->policy->tiers[p->tier];

        t->has_memory_tier = parse_unsigned(value, MEMORY_TIER_MAX, &t->memory_tier) == 0;
        return t->has_memory_tier ? 0 : -EINVAL;
}

static int set_node(struct parser *p, const char *value)
{
        struct node_rule *r = &p->policy->rules[p->rule];

        r->has_node = parse_node_number(value, &r->node) == 0;
        return r->has_node ? 0 : -EINVAL;
}

static int set_kind(struct parser *p, const char *value)
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

static int set_cxl_serial(struct parser *p, const char *value)
{
        struct node_rule *r = &p->policy->rules[p->rule];

        r->has_cxl_serial = parse_serial(value, &r->cxl_serial) == 0;
        return r->has_cxl_serial ? 0 : -EINVAL;
}

/* A key stands once in a section: there is nothing to be replaced. */
static int set_text(char **field, const char *value)
{
        *field = strdup(value);
        return *field ? 0 : -ENOMEM;
}

static int set_pci_address(struct parser *p, const char *value)
{
        char address[PCI_STRING_MAX];

        if (parse_pci_address(value, address) < 0)
                return -EINVAL;
        return set_text(&p->policy->rules[p->rule].pci_address, address);
}

static int set_pci_id(struct parser *p, const char *value)
{
        char id[PCI_STRING_MAX];

        if (parse_pci_id(value, id) < 0)
                return -EINVAL;
        return set_text(&p->policy->rules[p->rule].pci_id, id);
}

static int set_region(struct parser *p, const char *value)
{
        if (!is_device_name(value, "region", 1))
                return -EINVAL;
        return set_text(&p->policy->rules[p->rule].region, value);
}

static int set_dax(struct parser *p, const char *value)
{
        if (!is_device_name(value, "dax", 2))
                return -EINVAL;
        return set_text(&p->policy->rules[p->rule].dax, value);
}

static int set_tier(struct parser *p, const char *value)
{
        return set_text(&p->policy->rules[p->rule].tier, value);
}

static int set_ignore(struct parser *p, const char *value)
{
        struct node_rule *r = &p->policy->rules[p->rule];

        r->has_ignore = parse_yes_no(value, &r->ignore) == 0;
        return r->has_ignore ? 0 : -EINVAL;
}

/* A figure that the kernel could hold: a whole number, at least 1. */
static int set_figure(struct parser *p, const char *value, enum perf_value v)
{
        bool latency = v == READ_LATENCY || v == WRITE_LATENCY;
        double figure;

        if ((latency ? parse_latency(value, &figure) : parse_bandwidth(value, &figure)) < 0 ||
            figure + 0.5 < 1)
                return -EINVAL;
        p->policy->rules[p->rule].perf.v[v] = (uint32_t)(figure + 0.5);
        return 0;
}

/* latency and bandwidth stand for read and write alike, but give way to the more exact keys. */
static int set_figures(struct parser *p, const char *value, enum perf_value read,
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

static int set_latency(struct parser *p, const char *value)
{
        return set_figures(p, value, READ_LATENCY, WRITE_LATENCY);
}

static int set_bandwidth(struct parser *p, const char *value)
{
        return set_figures(p, value, READ_BANDWIDTH, WRITE_BANDWIDTH);
}

#define DEFINE_FIGURE(name, figure)                                                                \
        static int name(struct parser *p, const char *value)                                       \
        {                                                                                          \
                return set_figure(p, value, figure);                                               \
        }

DEFINE_FIGURE(set_read_latency, READ_LATENCY)
DEFINE_FIGURE(set_write_latency, WRITE_LATENCY)
DEFINE_FIGURE(set_read_bandwidth, READ_BANDWIDTH)
DEFINE_FIGURE(set_write_bandwidth, WRITE_BANDWIDTH)

static int set_interface(struct parser *p, const char *value)
{
        static const char *const words[] = {
                [POLICY_INTERFACE_AUTO] = "auto",
                [POLICY_INTERFACE_MEMTIER_OVERRIDE] = "memtier_override",
                [POLICY_INTERFACE_ADISTANCE_OFFSET] = "adistance_offset",
                [POLICY_INTERFACE_NONE] = "none",
        };
        int i = choose(value, words, ELEMENTSOF(words));

        if (i >= 0)
                p->policy->interface = (enum policy_interface)i;
        return i < 0 ? i : 0;
}

static int set_manual(struct parser *p, const char *value)
{
        static const char *const words[] = { "restore", "keep" };
        int i = choose(value, words, ELEMENTSOF(words));

        if (i >= 0)
                p->policy->keep_manual = i == 1;
        return i < 0 ? i : 0;
}

static int set_demotion(struct parser *p, const char *value)
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
static int set_min_ttl(struct parser *p, const char *value)
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

static int set_balancing(struct parser *p, const char *value)
{
        static const char *const words[] = {
                [BALANCING_LEAVE] = "leave",
                [BALANCING_TIERING] = "tiering",
                [BALANCING_OFF] = "off",
        };
        int i = choose(value, words, ELEMENTSOF(words));

        if (i >= 0)
                p->policy->numa_balancing = (enum policy_balancing)i;
        return i < 0 ? i : 0;
}

static int set_rate_limit(struct parser *p, const char *value)
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

static int set_weights(struct parser *p, const char *value)
{
        static const char *const words[] = {
                [WEIGHTS_LEAVE] = "leave",
                [WEIGHTS_BY_BANDWIDTH] = "by-bandwidth",
        };
        int i = choose(value, words, ELEMENTSOF(words));

        if (i >= 0)
                p->policy->weighted_interleave = (enum policy_weights)i;
        return i < 0 ? i : 0;
}

static void note_settle(struct parser *p)
{
        p->policy->settle_file = p->file;
        p->policy->settle_line = p->line;
}

static int set_settle(struct parser *p, const char *value)
{
        note_settle(p);
        return parse_duration(value, &p->policy->settle_usec);
}

static int set_settle_max(struct parser *p, const char *value)
{
        note_settle(p);
        return parse_duration(value, &p->policy->settle_max_usec);
}

static int set_rescan(struct parser *p, const char *value)
{
        return parse_duration(value, &p->policy->rescan_usec);
}

#define EXPECT_LATENCY   "a latency such as 120ns"
#define EXPECT_BANDWIDTH "a bandwidth such as 40GiB/s"
#define OR_MULTIPLE      ", or a multiple of the baseline such as 1.5x"
#define EXPECT_DURATION  "a time such as 500ms, 60s or 0"

static const struct key {
        enum section section;
        const char *name;
        int (*set)(struct parser *p, const char *value);
        const char *expected;
} keys[] = {
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
        { SECTION_NODE, "kind", set_kind, "dram, cxl, pmem, hbm, gpu, virtio or unknown" },
        { SECTION_NODE, "cxl-serial", set_cxl_serial,
          "a serial number other than 0, such as 0x1234" },
        { SECTION_NODE, "pci-address", set_pci_address, "a PCI address such as 0000:0d:00.0" },
        { SECTION_NODE, "pci-id", set_pci_id, "a PCI vendor and device such as 8086:0d93" },
        { SECTION_NODE, "region", set_region, "the name of a CXL region such as region0" },
        { SECTION_NODE, "dax", set_dax, "the name of a DAX device such as dax0.0" },
        { SECTION_NODE, "tier", set_tier, "the name of a [tier] section" },
        { SECTION_NODE, "ignore", set_ignore, "yes or no" },
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
        { SECTION_DAEMON, "settle", set_settle, EXPECT_DURATION },
        { SECTION_DAEMON, "settle-max", set_settle_max, EXPECT_DURATION },
        { SECTION_DAEMON, "rescan", set_rescan, EXPECT_DURATION },
};

_Static_assert(ELEMENTSOF(keys) <= 64, "keys_seen has a bit for each key");

static void complain_of_key(struct parser *p, const char *name)
{
        char takes[512] = "";

        for (size_t i = 0; i < ELEMENTSOF(keys); i++)
                if (keys[i].section == p->section)
                        snprintf(takes + strlen(takes), sizeof(takes) - strlen(takes), "%s%s",
                                 *takes ? ", " : "", keys[i].name);
        complain(p, name, "unknown key; expected one of %s", takes);
}

/* An empty value in a later file takes a tier's condition or number back. */
static bool unset(struct parser *p, const struct key *key)
{
        struct tier_policy *t;

        if (key->section != SECTION_TIER)
                return false;
        t = &p->policy->tiers[p->tier];
        if (key->set == set_memory_tier)
                t->has_memory_tier = false;
        for (unsigned k = 0; k < CONDITION_KINDS; k++)
                if (streq(key->name, condition_name(k)))
                        t->conditions[k] = (struct condition){ 0 };
        return true;
}

static void set_key(struct parser *p, const struct key *key, const char *value)
{
        uint64_t bit = UINT64_C(1) << (key - keys);
        int r;

        if (p->keys_seen & bit) {
                complain(p, key->name, "expected each key once in a section");
                return;
        }
        p->keys_seen |= bit;
        if (*value == '\0' && unset(p, key))
                return;
        r = *value ? key->set(p, value) : -EINVAL;
        if (r == -ENOMEM)
                p->out_of_memory = true;
        else if (r < 0)
                complain(p, key->name, "expected %s, found \"%s\"", key->expected, value);
}

/* inih's handler: non-zero is success, and all complaints are ours. */
static int take_key(void *userdata, const char *section, const char *name, const char *value)
{
        struct parser *p = userdata;

        if (p->section == SECTION_NONE)
                return 1; /* the header above it, or its lack, was complained of */
        for (size_t i = 0; i < ELEMENTSOF(keys); i++)
                if (keys[i].section == p->section && streq(keys[i].name, name)) {
                        set_key(p, &keys[i], value);
                        return 1;
                }
        complain_of_key(p, name);
        return 1;
}

/* Sections. inih does not tell of one that has no keys, such as [tier far]: headers are noted here
 * as they pass by on their way to it. */

static int begin_tier(struct parser *p)
{
        struct policy *policy = p->policy;
        struct tier_policy *t = (struct tier_policy *)policy_get_tier(policy, p->name);

        if (!t) {
                if (array_grow(&policy->tiers, &policy->tiers_allocated, policy->n_tiers + 1,
                               sizeof(*t)) < 0)
                        return -ENOMEM;
                t = &policy->tiers[policy->n_tiers];
                *t = (struct tier_policy){ .name = strdup(p->name) };
                if (!t->name)
                        return -ENOMEM;
                policy->n_tiers++;
        }
        t->file = p->file;
        t->line = p->line;
        p->tier = (size_t)(t - policy->tiers);
        return 0;
}

static int begin_rule(struct parser *p)
{
        struct policy *policy = p->policy;
        struct node_rule rule = { .file = p->file, .line = p->line };

        if (array_grow(&policy->rules, &policy->rules_allocated, policy->n_rules + 1,
                       sizeof(rule)) < 0)
                return -ENOMEM;
        rule.name = strdup(p->name);
        if (!rule.name)
                return -ENOMEM;
        p->rule = p->next_rule++;
        memmove(&policy->rules[p->rule + 1], &policy->rules[p->rule],
                (policy->n_rules - p->rule) * sizeof(rule));
        policy->rules[p->rule] = rule;
        policy->n_rules++;
        return 0;
}

/* Splits "tier dram" into p->section and p->name. */
static int parse_header(struct parser *p, const char *header, size_t length)
{
        size_t word = 0, name;

        while (word < length && !isspace((unsigned char)header[word]))
                word++;
        while (length > word && isspace((unsigned char)header[length - 1]))
                length--;
        for (name = word; name < length && isspace((unsigned char)header[name]);)
                name++;
        for (unsigned s = SECTION_POLICY; s < SECTIONS; s++)
                if (strlen(section_words[s]) == word && memcmp(section_words[s], header, word) == 0)
                        p->section = s;
        if (p->section == SECTION_NONE || (name < length) != is_named(p->section) ||
            length - name > NAME_LENGTH_MAX)
                return -EINVAL;
        memcpy(p->name, header + name, length - name);
        p->name[length - name] = '\0';
        for (const char *c = p->name; *c; c++)
                if (!isalnum((unsigned char)*c) && !strchr("._-", *c))
                        return -EINVAL;
        return 0;
}

/* By what the header means, however it is spaced. */
static int note_section(struct parser *p)
{
        _cleanup_(freep) char *header = NULL;

        if (asprintf(&header, "%s %s", section_words[p->section], p->name) < 0) {
                header = NULL;
                return -ENOMEM;
        }
        for (size_t i = 0; i < p->n_sections_seen; i++)
                if (streq(p->sections_seen[i], header))
                        return -EEXIST;
        if (array_grow(&p->sections_seen, &p->sections_allocated, p->n_sections_seen + 1,
                       sizeof(*p->sections_seen)) < 0)
                return -ENOMEM;
        p->sections_seen[p->n_sections_seen++] = TAKE_PTR(header);
        return 0;
}

static void reject_section(struct parser *p)
{
        p->section = SECTION_NONE;
        *p->name = '\0';
}

static void begin_section(struct parser *p, const char *header, size_t length)
{
        int r;

        p->keys_seen = 0;
        r = parse_header(p, header, length);
        if (r < 0) {
                reject_section(p);
                complain(p, NULL,
                         "expected [policy], [tier NAME], [node NAME], [apply] or [daemon], with a "
                         "NAME of at most %d letters, digits, \".\", \"_\" and \"-\", found [%.*s]",
                         NAME_LENGTH_MAX, (int)length, header);
                return;
        }
        r = note_section(p);
        if (r == -EEXIST) {
                complain(p, NULL, "expected each section once in a file");
                reject_section(p);
                return;
        }
        if (r == 0 && p->section == SECTION_TIER)
                r = begin_tier(p);
        else if (r == 0 && p->section == SECTION_NODE)
                r = begin_rule(p);
        if (r < 0)
                p->out_of_memory = true;
}

/* Lines, on their way to inih. */

/* A # or ; that begins a line or follows white space begins a comment. */
static size_t strip_comment(const char *line, size_t length)
{
        for (size_t i = 0; i < length; i++)
                if ((line[i] == '#' || line[i] == ';') &&
                    (i == 0 || isspace((unsigned char)line[i - 1])))
                        return i;
        return length;
}

/* Nothing of the language is beyond ASCII, and what is complained of ends up on terminals. */
static bool is_text(struct parser *p, const char *line, size_t length)
{
        for (size_t i = 0; i < length; i++) {
                unsigned char c = (unsigned char)line[i];

                if (c >= 0x80) {
                        complain(p, NULL, "expected ASCII outside comments, found byte 0x%02x", c);
                        return false;
                }
                if ((c < ' ' && c != '\t') || c == 0x7f) {
                        complain(p, NULL, "expected text, found a control character");
                        return false;
                }
        }
        return true;
}

/* Complains of a line that inih would not understand, or begins the section it names. Returns
 * whether the line is for inih. */
static bool judge_line(struct parser *p, const char *line, size_t length, size_t max)
{
        if (length == 0)
                return false;
        if (line[0] == '[') {
                reject_section(p); /* whatever is wrong with it: its keys are not the last one's */
                p->headed = true;
        }
        if (!is_text(p, line, length))
                return false;
        if (length > max) {
                complain(p, NULL, "expected a line of at most %zu characters", max);
                return false;
        }
        if (line[0] == '[') {
                if (line[length - 1] == ']')
                        begin_section(p, line + 1, length - 2);
                else
                        complain(p, NULL, "expected \"]\" at the end of a section's header");
                return false;
        }
        if (!memchr(line, '=', length) || line[0] == '=') {
                complain(p, NULL, "expected KEY = VALUE or [SECTION], found \"%.*s\"", (int)length,
                         line);
                return false;
        }
        if (!p->headed) {
                complain(p, NULL, "expected a section's header before the first key");
                p->headed = true; /* once is enough */
        }
        return true;
}

/* The next line without its comment and the white space around it (indentation would make it a
 * continuation of the one before). */
static const char *next_line(struct parser *p, size_t *ret_length)
{
        const char *line = p->text + p->at;
        const char *newline = memchr(line, '\n', p->size - p->at);
        size_t length = newline ? (size_t)(newline - line) : p->size - p->at;

        p->at += length + (newline != NULL);
        p->line++;
        if (p->line == 1 && length >= 3 && memcmp(line, "\xEF\xBB\xBF", 3) == 0) {
                line += 3;
                length -= 3;
        }
        length = strip_comment(line, length);
        while (length > 0 && isspace((unsigned char)line[length - 1]))
                length--;
        while (length > 0 && isspace((unsigned char)*line)) {
                line++;
                length--;
        }
        *ret_length = length;
        return line;
}

/* inih's reader, in the manner of fgets(). What is not for inih becomes an empty line. */
static char *read_line(char *str, int num, void *stream)
{
        struct parser *p = stream;
        const char *line;
        size_t length;

        if (p->out_of_memory || p->at >= p->size || num < 3)
                return NULL;
        line = next_line(p, &length);
        if (!judge_line(p, line, length, (size_t)num - 3))
                length = 0;
        memcpy(str, line, length);
        memcpy(str + length, "\n", 2);
        return str;
}

static const char *add_file(struct policy *p, const char *name)
{
        char *copy;

        if (array_grow(&p->files, &p->files_allocated, p->n_files + 1, sizeof(*p->files)) < 0)
                return NULL;
        copy = strdup(name);
        if (copy)
                p->files[p->n_files++] = copy;
        return copy;
}

int policy_parse(struct policy *policy, const char *text, size_t size, const char *file,
                 struct messages *errors)
{
        struct parser p = { .policy = policy, .text = text, .size = size, .errors = errors };
        int r;

        p.file = add_file(policy, file);
        if (!p.file)
                return -ENOMEM;
        policy->hash = hash_bytes(policy->hash, text, size);
        r = ini_parse_stream(read_line, &p, take_key, &p);
        if (r != 0 && !p.failed) {
                p.line = r > 0 ? (unsigned)r : p.line;
                reject_section(&p);
                complain(&p, NULL, "expected KEY = VALUE or [SECTION]");
        }
        for (size_t i = 0; i < p.n_sections_seen; i++)
                free(p.sections_seen[i]);
        free(p.sections_seen);
        if (p.out_of_memory)
                return -ENOMEM;
        return p.failed ? -EBADMSG : 0;
}
