/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "classify/thresholds.h"

#include <assert.h>
#include <errno.h>

static const struct figure *figure_of(const struct figures *f, enum condition_kind k)
{
        switch (k) {
        case MAX_LATENCY:
                return &f->latency;
        case MAX_READ_LATENCY:
                return &f->values[READ_LATENCY];
        case MAX_WRITE_LATENCY:
                return &f->values[WRITE_LATENCY];
        case MIN_BANDWIDTH:
                return &f->bandwidth;
        case MIN_READ_BANDWIDTH:
                return &f->values[READ_BANDWIDTH];
        default:
                return &f->values[WRITE_BANDWIDTH];
        }
}

/* What SLIT says of a node, if it is one of the policy's sources: a multiple of the baseline's
 * latency even if that is unknown. */
static const struct figure *distance_of(const struct assignment *a, const struct node_assignment *n,
                                        enum condition_kind k)
{
        const struct figure *f = &n->figures.slit[READ_LATENCY];

        if (!condition_is_maximum(k) || !f->relative || f->unreadable)
                return NULL;
        for (size_t i = 0; i < a->policy->n_sources; i++)
                if (a->policy->sources[i] == SOURCE_SLIT)
                        return f;
        return NULL;
}

/* The limit in the terms of the node's value. False: the two cannot be compared. */
static bool find_limit(const struct assignment *a, const struct node_assignment *n,
                       enum condition_kind k, const struct condition *c, struct trial_condition *t)
{
        const struct figure *base = figure_of(&a->baseline_figures, k), *distance;

        t->figure = *figure_of(&n->figures, k);
        t->limit = c->value;
        if (c->relative && n->node == a->baseline) {
                /* 1x by definition, even if its value is unknown */
                t->figure = (struct figure){ .value = 1, .source = SOURCE_NONE, .relative = true };
                return true;
        }
        if (!figure_is_known(&t->figure) || t->figure.unreadable)
                return false;
        if (!c->relative)
                return !t->figure.relative;
        if (t->figure.relative)
                return true;
        if (figure_is_known(base) && !base->relative) {
                t->limit *= base->value;
                return true;
        }
        if (base->unreadable)
                return false;
        distance = distance_of(a, n, k);
        if (distance)
                t->figure = *distance;
        return distance;
}

/* Whether the baseline itself would fail. Then the tier is for what is better than the baseline,
 * and a node whose value is unknown does not match. If the condition were skipped, a node with a
 * latency from SLIT alone would be taken for HBM, whatever its bandwidth. */
static bool asks_for_proof(const struct assignment *a, enum condition_kind k,
                           const struct condition *c)
{
        const struct figure *base = figure_of(&a->baseline_figures, k);
        double figure = c->relative ? 1 : base->value;

        if (!a->baseline || (!c->relative && !figure_is_known(base)))
                return false;
        return condition_is_maximum(k) ? figure > c->value : figure < c->value;
}

/* The fact without which the condition cannot be decided now: the node's value, or the baseline's
 * where that is needed. NULL: nothing is unreadable, the value is unknown. */
static const struct figure *find_unreadable(const struct assignment *a,
                                            const struct node_assignment *n, enum condition_kind k,
                                            const struct condition *c)
{
        const struct figure *f = figure_of(&n->figures, k),
                            *base = figure_of(&a->baseline_figures, k),
                            *slit = &n->figures.slit[READ_LATENCY];

        if (f->unreadable)
                return f;
        if (base->unreadable && (figure_is_known(f) || !c->relative))
                return base;
        if (figure_is_known(f) && c->relative && condition_is_maximum(k) && slit->unreadable)
                return slit;
        return NULL;
}

static enum verdict undecided(const struct assignment *a, const struct node_assignment *n,
                              enum condition_kind k, const struct condition *c,
                              struct trial_condition *t)
{
        const struct figure *missing = find_unreadable(a, n, k, c);

        if (!missing)
                return asks_for_proof(a, k, c) ? VERDICT_UNPROVEN : VERDICT_UNKNOWN;
        t->figure = *missing;
        return VERDICT_UNREADABLE;
}

/* slack: how much further than the limit the value may be (or, if negative, must not be). */
static enum verdict try_condition(const struct assignment *a, const struct node_assignment *n,
                                  enum condition_kind k, const struct condition *c, double slack,
                                  struct trial_condition *t)
{
        if (!c->set)
                return VERDICT_UNSET;
        if (!find_limit(a, n, k, c, t))
                return undecided(a, n, k, c, t);
        if (c->relative && n->node == a->baseline)
                slack = 0; /* it is always 1x */
        t->hysteresis = slack != 0;
        t->limit *= condition_is_maximum(k) ? 1 + slack : 1 - slack;
        if (condition_is_maximum(k))
                return t->figure.value <= t->limit ? VERDICT_MET : VERDICT_FAILED;
        return t->figure.value >= t->limit ? VERDICT_MET : VERDICT_FAILED;
}

static void try_tier(const struct assignment *a, const struct node_assignment *n, size_t tier,
                     double slack, struct trial *trial)
{
        unsigned count[VERDICTS] = { 0 }, failed;

        *trial = (struct trial){ .tier = tier };
        for (unsigned k = 0; k < CONDITION_KINDS; k++) {
                struct trial_condition *t = &trial->conditions[k];

                t->verdict =
                        try_condition(a, n, k, &a->policy->tiers[tier].conditions[k], slack, t);
                count[t->verdict]++;
        }
        trial->unconditional = count[VERDICT_UNSET] == CONDITION_KINDS;
        trial->decided = count[VERDICT_MET] + count[VERDICT_FAILED] > 0;
        failed = count[VERDICT_FAILED] + count[VERDICT_UNPROVEN];
        trial->matched = trial->decided && failed + count[VERDICT_UNREADABLE] == 0;
        trial->unreadable = count[VERDICT_UNREADABLE] > 0 && failed == 0;
}

/* A node that no tier took may belong in one whose conditions cannot be decided now. */
static void leave_unreadable(struct node_assignment *n, const struct trial *trials)
{
        for (size_t i = 0; i < n->n_trials; i++)
                for (unsigned k = 0; k < CONDITION_KINDS; k++) {
                        const struct trial_condition *t = &trials[i].conditions[k];

                        if (t->verdict != VERDICT_UNREADABLE)
                                continue;
                        n->cause = CAUSE_UNREADABLE;
                        n->obstacle = (struct obstacle){ t->figure.fact, t->figure.fact_of };
                        return;
                }
}

/* Whether each value that decided came from SLIT. The distance of a node with CPUs is no guess: its
 * memory is local. */
static bool is_by_slit_alone(const struct trial *trials, size_t n)
{
        bool slit = false;

        for (size_t i = 0; i < n; i++)
                for (unsigned k = 0; k < CONDITION_KINDS; k++) {
                        const struct trial_condition *t = &trials[i].conditions[k];

                        if (t->verdict != VERDICT_MET && t->verdict != VERDICT_FAILED)
                                continue;
                        if (t->figure.source != SOURCE_SLIT)
                                return false;
                        slit = true;
                }
        return slit;
}

static double find_slack(const struct assignment *a, size_t tier, size_t last)
{
        if (last == TIER_NONE || tier > last)
                return 0;
        return tier == last ? a->policy->hysteresis : -a->policy->hysteresis;
}

/* Tries the tiers up to the first that matches, or that cannot be decided now. */
static void find_tier(const struct assignment *a, struct node_assignment *n, size_t last,
                      struct trial *trials)
{
        bool decided = false;

        for (size_t i = 0; i < a->policy->n_tiers; i++) {
                try_tier(a, n, i, find_slack(a, i, last), &trials[i]);
                n->n_trials = i + 1;
                decided = decided || trials[i].decided;
                if (trials[i].unconditional)
                        trials[i].matched = decided || i == 0;
                if (trials[i].matched)
                        n->tier = i;
                if (trials[i].matched || trials[i].unreadable)
                        break;
        }
}

/* A tier without conditions takes the rest: what was tried and failed. If no condition could be
 * decided, nothing is known, and that tier would be a guess. */
static void try_tiers(const struct assignment *a, struct node_assignment *n, size_t last,
                      struct trial *trials)
{
        n->tier = TIER_NONE;
        n->n_trials = 0;
        find_tier(a, n, last, trials);
        n->by_slit_alone =
                n->tier != TIER_NONE && !n->node->has_cpu && is_by_slit_alone(trials, n->n_trials);
        n->cause = CAUSE_NO_MATCH;
        if (n->tier != TIER_NONE)
                n->cause = trials[n->tier].unconditional ? CAUSE_REST : CAUSE_CONDITIONS;
        else
                leave_unreadable(n, trials);
}

int thresholds_classify(const struct assignment *a, struct node_assignment *n, size_t last)
{
        size_t unheld;

        assert(last == TIER_NONE || last < a->policy->n_tiers);
        n->trials = calloc(a->policy->n_tiers, sizeof(*n->trials));
        if (!n->trials)
                return -ENOMEM;
        try_tiers(a, n, TIER_NONE, n->trials);
        if (last == TIER_NONE)
                return 0;
        unheld = n->tier;
        try_tiers(a, n, last, n->trials);
        n->held = n->tier != unheld;
        return 0;
}
