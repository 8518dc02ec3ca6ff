/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy/policy.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>

#include "base/hash.h"

static const char *const source_names[] = {
        [SOURCE_USER] = "user", [SOURCE_MEASURED] = "measured", [SOURCE_HMAT] = "hmat",
        [SOURCE_CDAT] = "cdat", [SOURCE_SLIT] = "slit",         [SOURCE_NONE] = "none",
};

static const char *const condition_names[] = {
        [MAX_LATENCY] = "max-latency",
        [MAX_READ_LATENCY] = "max-read-latency",
        [MAX_WRITE_LATENCY] = "max-write-latency",
        [MIN_BANDWIDTH] = "min-bandwidth",
        [MIN_READ_BANDWIDTH] = "min-read-bandwidth",
        [MIN_WRITE_BANDWIDTH] = "min-write-bandwidth",
};

const char *source_name(enum source s)
{
        return source_names[s];
}

const char *condition_name(enum condition_kind k)
{
        return condition_names[k];
}

bool condition_is_maximum(enum condition_kind k)
{
        return k == MAX_LATENCY || k == MAX_READ_LATENCY || k == MAX_WRITE_LATENCY;
}

/* The defaults of numatierd.conf(5). */
int policy_new(struct policy **ret)
{
        struct policy *p = calloc(1, sizeof(*p));

        if (!p)
                return -ENOMEM;
        *p = (struct policy){
                .references = 1,
                .sources = { SOURCE_USER, SOURCE_MEASURED, SOURCE_HMAT, SOURCE_CDAT, SOURCE_SLIT },
                .n_sources = SOURCES,
                .baseline_auto = true,
                .hysteresis = 0.05,
                .settle_usec = 500000,
                .settle_max_usec = 5000000,
                .rescan_usec = 60000000,
                .hash = HASH_INIT,
        };
        *ret = p;
        return 0;
}

static void rule_done(struct node_rule *r)
{
        free(r->name);
        free(r->pci_address);
        free(r->pci_id);
        free(r->region);
        free(r->dax);
        free(r->tier);
}

struct policy *policy_ref(struct policy *p)
{
        assert(p->references > 0);
        __atomic_add_fetch(&p->references, 1, __ATOMIC_RELAXED);
        return p;
}

struct policy *policy_unref(struct policy *p)
{
        if (!p || __atomic_sub_fetch(&p->references, 1, __ATOMIC_ACQ_REL) > 0)
                return NULL;
        for (size_t i = 0; i < p->n_tiers; i++)
                free(p->tiers[i].name);
        for (size_t i = 0; i < p->n_rules; i++)
                rule_done(&p->rules[i]);
        for (size_t i = 0; i < p->n_files; i++)
                free(p->files[i]);
        free(p->tiers);
        free(p->rules);
        free(p->files);
        free(p);
        return NULL;
}

const struct tier_policy *policy_get_tier(const struct policy *p, const char *name)
{
        for (size_t i = 0; i < p->n_tiers; i++)
                if (streq(p->tiers[i].name, name))
                        return &p->tiers[i];
        return NULL;
}

/* Judging the whole. */

static void complain(struct messages *errors, bool *failed, const char *file, unsigned line,
                     const char *section, const char *name, const char *key, const char *what)
{
        messages_add(errors, "%s:%u: %s %s%s%s: %s", file, line, section, name, *key ? "." : "",
                     key, what);
        *failed = true;
}

/* What a tier asks of one figure: its tightest absolute and its tightest relative bound, and the
 * relative one on the worse of read and write, which is another thing: that counts in multiples of
 * the baseline's worse. Unbounded is infinitely far away, in the direction that lets everything
 * through. */
enum {
        ABSOLUTE,
        RELATIVE,
        RELATIVE_WORSE,
        BOUNDS
};

struct bounds {
        double bound[PERF_VALUES][BOUNDS];
};

static const struct {
        enum perf_value values[2];
        unsigned n;
        bool maximum;
} constrains[] = {
        [MAX_LATENCY] = { { READ_LATENCY, WRITE_LATENCY }, 2, true },
        [MAX_READ_LATENCY] = { { READ_LATENCY }, 1, true },
        [MAX_WRITE_LATENCY] = { { WRITE_LATENCY }, 1, true },
        [MIN_BANDWIDTH] = { { READ_BANDWIDTH, WRITE_BANDWIDTH }, 2, false },
        [MIN_READ_BANDWIDTH] = { { READ_BANDWIDTH }, 1, false },
        [MIN_WRITE_BANDWIDTH] = { { WRITE_BANDWIDTH }, 1, false },
};

/* Bandwidths are negated, so that smaller is tighter for all. */
static struct bounds find_bounds(const struct tier_policy *t)
{
        struct bounds b;

        for (unsigned v = 0; v < PERF_VALUES; v++)
                b.bound[v][ABSOLUTE] = b.bound[v][RELATIVE] = b.bound[v][RELATIVE_WORSE] = HUGE_VAL;
        for (unsigned k = 0; k < CONDITION_KINDS; k++) {
                const struct condition *c = &t->conditions[k];
                double value = constrains[k].maximum ? c->value : -c->value;
                unsigned kind = !c->relative          ? ABSOLUTE
                                : constrains[k].n > 1 ? RELATIVE_WORSE
                                                      : RELATIVE;

                for (unsigned i = 0; c->set && i < constrains[k].n; i++) {
                        double *bound = &b.bound[constrains[k].values[i]][kind];

                        *bound = value < *bound ? value : *bound;
                }
        }
        return b;
}

static bool is_bounded(const double bound[BOUNDS])
{
        for (unsigned i = 0; i < BOUNDS; i++)
                if (bound[i] < HUGE_VAL)
                        return true;
        return false;
}

static bool is_unconditional(const struct tier_policy *t)
{
        for (unsigned k = 0; k < CONDITION_KINDS; k++)
                if (t->conditions[k].set)
                        return false;
        return true;
}

/* Whether the earlier tier takes every node that the later one would. As conditions on unknown
 * figures are skipped, that takes bounds on the same figures: on more, a node of which only some
 * are known may fail the later; on fewer, it may not be decided by the earlier. */
static bool shadows(const struct tier_policy *earlier, const struct tier_policy *later)
{
        struct bounds e = find_bounds(earlier), l = find_bounds(later);

        if (is_unconditional(earlier))
                return true;
        for (unsigned v = 0; v < PERF_VALUES; v++) {
                if (is_bounded(e.bound[v]) != is_bounded(l.bound[v]))
                        return false;
                for (unsigned i = 0; i < BOUNDS; i++)
                        if (e.bound[v][i] < l.bound[v][i])
                                return false;
        }
        return !is_unconditional(later);
}

/* A tier without conditions may stand anywhere if it is there for a rule to name. */
static bool is_for_rules(const struct policy *p, const struct tier_policy *t)
{
        for (size_t i = 0; i < p->n_rules; i++)
                if (p->rules[i].tier && streq(p->rules[i].tier, t->name))
                        return is_unconditional(t);
        return false;
}

static const struct tier_policy *find_shadow(const struct policy *p, size_t tier)
{
        for (size_t i = 0; i < tier; i++)
                if (shadows(&p->tiers[i], &p->tiers[tier]))
                        return &p->tiers[i];
        return NULL;
}

static void judge_reachable(const struct policy *p, struct messages *errors, bool *failed)
{
        if (p->method == METHOD_ADISTANCE)
                return; /* it tries no conditions: tiers are names for rules */
        for (size_t i = 1; i < p->n_tiers; i++) {
                const struct tier_policy *t = &p->tiers[i], *shadow = find_shadow(p, i);
                char what[256];

                if (!shadow || is_for_rules(p, t))
                        continue;
                snprintf(what, sizeof(what),
                         "it can never match: tier %s before it takes every node it would",
                         shadow->name);
                complain(errors, failed, t->file, t->line, "tier", t->name, "", what);
        }
}

/* The numbers fixed by hand ascend, and leave room for the tiers between them and before the first.
 */
static void judge_numbers(const struct policy *p, struct messages *errors, bool *failed)
{
        uint64_t least = 0;

        for (size_t i = 0; i < p->n_tiers; i++, least++) {
                const struct tier_policy *t = &p->tiers[i];
                char what[128];

                if (!t->has_memory_tier) {
                        if (least == (uint64_t)MEMORY_TIER_MAX + 1)
                                complain(errors, failed, t->file, t->line, "tier", t->name, "",
                                         "no number is left for it by the tiers before it");
                        continue;
                }
                if (t->memory_tier < least) {
                        snprintf(what, sizeof(what),
                                 "expected at least %" PRIu64 ", as the tiers before it take their "
                                 "numbers below it, found %" PRIu32,
                                 least, t->memory_tier);
                        complain(errors, failed, t->file, t->line, "tier", t->name, "memory-tier",
                                 what);
                } else
                        least = t->memory_tier;
        }
}

static void judge_rule_tier(const struct policy *p, const struct node_rule *r,
                            struct messages *errors, bool *failed)
{
        const struct tier_policy *t = policy_get_tier(p, r->tier);

        if (!t)
                complain(errors, failed, r->file, r->line, "node", r->name, "tier",
                         "expected the name of a [tier] section");
        else if (p->method == METHOD_ADISTANCE && !t->has_memory_tier)
                complain(
                        errors, failed, r->file, r->line, "node", r->name, "tier",
                        "expected a tier that sets memory-tier, as method = adistance has no tiers "
                        "of its own");
}

static bool says_which_node(const struct node_rule *r)
{
        return r->has_node || r->has_kind || r->has_cxl_serial || r->pci_address || r->pci_id ||
               r->region || r->dax;
}

static void judge_rules(const struct policy *p, struct messages *errors, bool *failed)
{
        for (size_t i = 0; i < p->n_rules; i++) {
                const struct node_rule *r = &p->rules[i];

                if (!says_which_node(r))
                        complain(errors, failed, r->file, r->line, "node", r->name, "",
                                 "expected one of node, kind, cxl-serial, pci-address, pci-id, "
                                 "region and "
                                 "dax, to say which node is meant");
                if (!r->has_ignore && !r->tier && !perf_is_known(&r->perf))
                        complain(errors, failed, r->file, r->line, "node", r->name, "",
                                 "expected a tier, a latency or bandwidth, or ignore");
                if (r->ignore && r->tier)
                        complain(errors, failed, r->file, r->line, "node", r->name, "ignore",
                                 "expected no tier beside ignore = yes");
                if (r->tier)
                        judge_rule_tier(p, r, errors, failed);
        }
}

int policy_finish(struct policy *p, struct messages *errors)
{
        const char *file = p->n_files > 0 ? p->files[p->n_files - 1] : "policy";
        bool failed = false;

        if (p->n_tiers == 0 && p->method == METHOD_THRESHOLDS) {
                messages_add(errors, "%s: expected at least one [tier NAME] section", file);
                failed = true;
        }
        if (p->settle_usec > p->settle_max_usec) {
                messages_add(errors, "%s:%u: daemon.settle: expected no more than settle-max",
                             p->settle_file, p->settle_line);
                failed = true;
        }
        judge_reachable(p, errors, &failed);
        judge_numbers(p, errors, &failed);
        judge_rules(p, errors, &failed);
        return failed ? -EBADMSG : 0;
}
