/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "judge.h"

#include <errno.h>

#include "units.h"

static bool is_maximum(enum condition_kind k)
{
        return k == MAX_LATENCY || k == MAX_READ_LATENCY || k == MAX_WRITE_LATENCY;
}

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

        if (!is_maximum(k) || !f->relative)
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
        return is_maximum(k) ? figure > c->value : figure < c->value;
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
        t->limit *= is_maximum(k) ? 1 + slack : 1 - slack;
        if (is_maximum(k))
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

int judge(const struct assignment *a, struct node_assignment *n, size_t last)
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

static void print_figure(FILE *f, enum condition_kind k, double value, bool relative)
{
        char buf[UNIT_STRING_MAX];

        if (relative)
                fputs(format_multiple(value, buf), f);
        else
                fputs(is_maximum(k) ? format_latency(value, buf) : format_bandwidth(value, buf), f);
}

/* "latency 20 ns (hmat) is over 15 ns (1.5x)" */
static void print_condition(FILE *f, const struct tier_policy *tier, const struct trial *trial,
                            enum condition_kind k)
{
        const struct trial_condition *t = &trial->conditions[k];
        const char *met = is_maximum(k) ? "within" : "at least";
        const char *failed = is_maximum(k) ? "over" : "below";
        char buf[UNIT_STRING_MAX];

        fprintf(f, "%s ", condition_name(k) + strlen("max-"));
        if (t->verdict == VERDICT_UNPROVEN) {
                fputs("is unknown", f);
                return;
        }
        print_figure(f, k, t->figure.value, t->figure.relative);
        if (t->figure.source != SOURCE_NONE)
                fprintf(f, " (%s%s)", source_name(t->figure.source),
                        t->figure.remembered ? ", remembered" : "");
        fprintf(f, " is %s ", t->verdict == VERDICT_MET ? met : failed);
        print_figure(f, k, t->limit, t->figure.relative);
        if (tier->conditions[k].relative && !t->figure.relative)
                fprintf(f, " (%s)", format_multiple(tier->conditions[k].value, buf));
}

static void print_trial(FILE *f, const struct tier_policy *tier, const struct trial *trial,
                        bool met)
{
        const char *separator = "";

        for (unsigned k = 0; k < CONDITION_KINDS; k++) {
                enum verdict v = trial->conditions[k].verdict;

                if (met ? v != VERDICT_MET : v != VERDICT_FAILED && v != VERDICT_UNPROVEN)
                        continue;
                fputs(separator, f);
                print_condition(f, tier, trial, k);
                separator = ", ";
        }
}

static void print_failures(FILE *f, const struct assignment *a, const struct node_assignment *n)
{
        const char *separator = "";

        for (size_t i = 0; i < n->n_trials; i++) {
                const struct trial *trial = &n->trials[i];

                if (trial->matched || !trial->decided)
                        continue;
                fprintf(f, "%snot %s: ", separator, a->policy->tiers[i].name);
                print_trial(f, &a->policy->tiers[i], trial, false);
                separator = "; ";
        }
}

char *judge_explain(const struct assignment *a, const struct node_assignment *n)
{
        char *text = NULL;
        size_t size;
        FILE *f = open_memstream(&text, &size);

        if (!f)
                return NULL;
        if (n->cause == CAUSE_CONDITIONS)
                print_trial(f, &a->policy->tiers[n->tier], &n->trials[n->tier], true);
        else
                print_failures(f, a, n);
        fflush(f); /* brings size up to date */
        if (size == 0)
                fputs("it takes every node", f);
        if (n->held)
                fputs("; stays where it was: not past the threshold by the hysteresis", f);
        if (fclose(f) != 0) {
                free(text);
                return NULL;
        }
        return text;
}
