/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>

#include "policy/policy.h"

/* The checks of the whole policy, after all files were parsed. */

static void complain(struct messages *errors, bool *failed, const char *file, unsigned line,
                     const char *section, const char *name, const char *key, const char *what)
{
        messages_add(errors, "%s:%u: %s %s%s%s: %s", file, line, section, name, *key ? "." : "",
                     key, what);
        *failed = true;
}

/* What a tier requires of one value: its tightest absolute bound, its tightest relative bound, and
 * the relative bound on the worse of read and write. The last is another thing: it is a multiple of
 * the baseline's worse value. No bound is infinity, which lets everything through. */
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
} constraints[] = {
        [MAX_LATENCY] = { { READ_LATENCY, WRITE_LATENCY }, 2 },
        [MAX_READ_LATENCY] = { { READ_LATENCY }, 1 },
        [MAX_WRITE_LATENCY] = { { WRITE_LATENCY }, 1 },
        [MIN_BANDWIDTH] = { { READ_BANDWIDTH, WRITE_BANDWIDTH }, 2 },
        [MIN_READ_BANDWIDTH] = { { READ_BANDWIDTH }, 1 },
        [MIN_WRITE_BANDWIDTH] = { { WRITE_BANDWIDTH }, 1 },
};
static_assert(ELEMENTSOF(constraints) == CONDITION_KINDS, "a constraint for each condition");

/* Bandwidths are negated, so that smaller is tighter for all. */
static struct bounds find_bounds(const struct tier_policy *t)
{
        struct bounds b;

        for (unsigned v = 0; v < PERF_VALUES; v++)
                b.bound[v][ABSOLUTE] = b.bound[v][RELATIVE] = b.bound[v][RELATIVE_WORSE] = HUGE_VAL;
        for (unsigned k = 0; k < CONDITION_KINDS; k++) {
                const struct condition *c = &t->conditions[k];
                double value = condition_is_maximum(k) ? c->value : -c->value;
                unsigned kind = !c->relative           ? ABSOLUTE
                                : constraints[k].n > 1 ? RELATIVE_WORSE
                                                       : RELATIVE;

                if (!c->set)
                        continue;
                for (unsigned i = 0; i < constraints[k].n; i++) {
                        double *bound = &b.bound[constraints[k].values[i]][kind];

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

/* Whether the earlier tier takes every node that the later one would. Conditions on unknown values
 * are skipped, so both must have bounds on the same values: with more, a node of which only some
 * values are known may fail the later tier; with fewer, the earlier tier may not decide it. */
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

static void check_reachable(const struct policy *p, struct messages *errors, bool *failed)
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

/* Fixed numbers ascend, and leave room for the tiers between them and before the first. */
static void check_numbers(const struct policy *p, struct messages *errors, bool *failed)
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

static void check_rule_tier(const struct policy *p, const struct node_rule *r,
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

static bool has_match(const struct node_rule *r)
{
        return r->has_node || r->has_kind || r->has_cxl_serial || r->pci_address || r->pci_id ||
               r->region || r->dax || r->firmware_node;
}

static void check_rule(const struct node_rule *r, struct messages *errors, bool *failed)
{
        if (!has_match(r))
                complain(errors, failed, r->file, r->line, "node", r->name, "",
                         "expected one of node, kind, cxl-serial, pci-address, pci-id, region, dax "
                         "and firmware-node, to say which node is meant");
        if (!r->has_ignore && !r->tier && !perf_is_known(&r->perf) && r->online == ONLINE_UNSET)
                complain(errors, failed, r->file, r->line, "node", r->name, "",
                         "expected a tier, a latency or bandwidth, ignore, or online");
        if (r->ignore && r->tier)
                complain(errors, failed, r->file, r->line, "node", r->name, "ignore",
                         "expected no tier beside ignore = yes");
        if (r->firmware_node && (r->has_ignore || r->tier || perf_is_known(&r->perf)))
                complain(errors, failed, r->file, r->line, "node", r->name, "firmware-node",
                         "expected no key beside it but online and other matches");
}

static void check_rules(const struct policy *p, struct messages *errors, bool *failed)
{
        for (size_t i = 0; i < p->n_rules; i++)
                if (!p->rules[i].damaged)
                        check_rule(&p->rules[i], errors, failed);
}

static void check_rule_tiers(const struct policy *p, struct messages *errors, bool *failed)
{
        for (size_t i = 0; i < p->n_rules; i++)
                if (p->rules[i].tier)
                        check_rule_tier(p, &p->rules[i], errors, failed);
}

static void check_any_tier(const struct policy *p, struct messages *errors, bool *failed)
{
        if (p->n_tiers > 0 || p->method != METHOD_THRESHOLDS)
                return;
        messages_add(errors, "%s: expected at least one [tier NAME] section",
                     p->n_files > 0 ? p->files[p->n_files - 1] : "policy");
        *failed = true;
}

static void check_settle(const struct policy *p, struct messages *errors, bool *failed)
{
        if (p->settle_usec <= p->settle_max_usec)
                return;
        messages_add(errors, "%s:%u: daemon.settle: expected no more than settle-max",
                     p->settle_file, p->settle_line);
        *failed = true;
}

#define BIT(section) (1U << (section))

/* A section whose header is wrong may be any that has a name. */
#define TIERS (BIT(SECTION_NONE) | BIT(SECTION_POLICY) | BIT(SECTION_TIER))

/* Each check, and the sections that it can only be made on if they have no error: else what is
 * wrong there would be reported twice. */
static const struct {
        void (*check)(const struct policy *p, struct messages *errors, bool *failed);
        unsigned needs;
} checks[] = {
        { check_any_tier, TIERS },
        { check_settle, BIT(SECTION_NONE) | BIT(SECTION_DAEMON) },
        { check_reachable, TIERS | BIT(SECTION_NODE) },
        { check_numbers, TIERS },
        { check_rules, BIT(SECTION_NONE) },
        { check_rule_tiers, TIERS },
};

int policy_finish(const struct policy *p, struct messages *errors)
{
        bool failed = p->damaged != 0;

        for (size_t i = 0; i < ELEMENTSOF(checks); i++)
                if (!(p->damaged & checks[i].needs))
                        checks[i].check(p, errors, &failed);
        return failed ? -EBADMSG : 0;
}
