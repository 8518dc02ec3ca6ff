/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "classify/thresholds.h"

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

/* What SLIT says of a node, where the policy asks it: a multiple of the baseline's latency even if
 * that is unknown. */
static const struct figure *distance_of(const struct assignment *a, const struct node_assignment *n,
                                        enum condition_kind k)
{
        const struct figure *f = &n->figures.candidates[SOURCE_SLIT][READ_LATENCY];

        if (!condition_is_maximum(k) || !f->relative)
                return NULL;
        for (size_t i = 0; i < a->policy->n_sources; i++)
                if (a->policy->sources[i] == SOURCE_SLIT)
                        return f;
        return NULL;
}

/* The limit in the figure's own terms. False: the two cannot be compared. */
static bool find_limit(const struct assignment *a, const struct node_assignment *n,
                       enum condition_kind k, const struct condition *c, struct trial_condition *t)
{
        const struct figure *base = figure_of(&a->baseline_figures, k), *distance;

        t->figure = *figure_of(&n->figures, k);
        t->limit = c->value;
        if (c->relative && n->node == a->baseline) {
                /* once itself, whether or not anybody knows how much that is */
                t->figure = (struct figure){ .value = 1, .source = SOURCE_NONE, .relative = true };
                return true;
        }
        if (!figure_is_known(&t->figure))
                return false;
        if (!c->relative)
                return !t->figure.relative;
        if (t->figure.relative)
                return true;
        if (figure_is_known(base) && !base->relative) {
                t->limit *= base->value;
                return true;
        }
        distance = distance_of(a, n, k);
        if (distance)
                t->figure = *distance;
        return distance;
}

/* Whether the baseline itself would fail: then the tier is for what is better than the baseline,
 * and a node whose figure is unknown is not taken for that on trust. Were it skipped, a node of
 * which SLIT alone tells a latency would be taken for HBM, whatever its bandwidth. */
static bool asks_for_proof(const struct assignment *a, enum condition_kind k,
                           const struct condition *c)
{
        const struct figure *base = figure_of(&a->baseline_figures, k);
        double figure = c->relative ? 1 : base->value;

        if (!a->baseline || (!c->relative && !figure_is_known(base)))
                return false;
        return condition_is_maximum(k) ? figure > c->value : figure < c->value;
}

/* slack: how much further than the limit the figure may be (or, if negative, must not be). */
static enum verdict try_condition(const struct assignment *a, const struct node_assignment *n,
                                  enum condition_kind k, const struct condition *c, double slack,
                                  struct trial_condition *t)
{
        if (!c->set)
                return VERDICT_UNSET;
        if (!find_limit(a, n, k, c, t))
                return asks_for_proof(a, k, c) ? VERDICT_UNPROVEN : VERDICT_UNKNOWN;
        if (c->relative && n->node == a->baseline)
                slack = 0; /* once itself is what it will always be */
        t->hysteresis = slack != 0;
        t->limit *= condition_is_maximum(k) ? 1 + slack : 1 - slack;
        if (condition_is_maximum(k))
                return t->figure.value <= t->limit ? VERDICT_MET : VERDICT_FAILED;
        return t->figure.value >= t->limit ? VERDICT_MET : VERDICT_FAILED;
}

static void try_tier(const struct assignment *a, const struct node_assignment *n, size_t tier,
                     double slack, struct trial *trial)
{
        unsigned count[VERDICTS] = { 0 };

        *trial = (struct trial){ .tier = tier };
        for (unsigned k = 0; k < CONDITION_KINDS; k++) {
                struct trial_condition *t = &trial->conditions[k];

                t->verdict =
                        try_condition(a, n, k, &a->policy->tiers[tier].conditions[k], slack, t);
                count[t->verdict]++;
        }
        trial->unconditional = count[VERDICT_UNSET] == CONDITION_KINDS;
        trial->decided = count[VERDICT_MET] + count[VERDICT_FAILED] > 0;
        trial->matched = trial->decided && count[VERDICT_FAILED] + count[VERDICT_UNPROVEN] == 0;
}

/* A tier without conditions takes the rest: what was tried and failed. Where nothing could be
 * tried, nothing is known, and that tier would be a guess. */
static void try_tiers(const struct assignment *a, struct node_assignment *n, size_t last,
                      struct trial *trials)
{
        bool decided = false;
        size_t i;

        n->tier = TIER_NONE;
        for (i = 0; i < a->policy->n_tiers && n->tier == TIER_NONE; i++) {
                double slack = 0;

                if (last != TIER_NONE && i <= last)
                        slack = i == last ? a->policy->hysteresis : -a->policy->hysteresis;
                try_tier(a, n, i, slack, &trials[i]);
                decided = decided || trials[i].decided;
                if (trials[i].unconditional)
                        trials[i].matched = decided || i == 0;
                if (trials[i].matched)
                        n->tier = i;
        }
        n->n_trials = i;
        n->cause = n->tier != TIER_NONE
                           ? (trials[n->tier].unconditional ? CAUSE_REST : CAUSE_CONDITIONS)
                           : CAUSE_NO_MATCH;
}

int thresholds_classify(const struct assignment *a, struct node_assignment *n, size_t last)
{
        size_t unheld;

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
