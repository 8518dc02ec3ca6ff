/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "classify/reasons.h"

#include "base/units.h"
#include "classify/rules.h"

static void print_figure(FILE *f, enum condition_kind k, double value, bool relative)
{
        char buf[UNIT_STRING_MAX];

        if (relative)
                fputs(format_multiple(value, buf), f);
        else
                fputs(condition_is_maximum(k) ? format_latency(value, buf)
                                              : format_bandwidth(value, buf),
                      f);
}

/* "latency 20 ns (hmat) is over 15 ns (1.5x)" */
static void print_condition(FILE *f, const struct tier_policy *tier, const struct trial *trial,
                            enum condition_kind k)
{
        const struct trial_condition *t = &trial->conditions[k];
        const char *met = condition_is_maximum(k) ? "within" : "at least";
        const char *failed = condition_is_maximum(k) ? "over" : "below";
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

static char *explain_trials(const struct assignment *a, const struct node_assignment *n)
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

static char *explain_unreadable(const struct machine *m)
{
        const char *address = NULL;
        char *text = NULL;

        for (size_t i = 0; !address && i < m->n_gpus; i++)
                if (m->gpus[i].report == GPU_UNREADABLE)
                        address = m->gpus[i].address;
        return asprintf(&text,
                        "it may be the memory of %s%s, whose driver cannot report its node now: "
                        "left as it is",
                        address ? "GPU " : "a GPU", address ?: "") < 0
                       ? NULL
                       : text;
}

/* Why, in one sentence. */
char *reason_format(const struct assignment *a, const struct node_assignment *n)
{
        char *text = NULL;
        int r = 0;

        switch (n->cause) {
        case CAUSE_NO_MEMORY:
                return strdup("it has no memory");
        case CAUSE_UNSETTLED:
                return strdup("its memory is just coming: looked at again when it is there");
        case CAUSE_MANUAL:
                return strdup("moved by hand, and manual = keep leaves it there");
        case CAUSE_IGNORED:
                if (n->rule == rules_builtin_gpu())
                        return strdup("the memory of a GPU is left to its driver (built-in rule)");
                r = asprintf(&text, "[node %s] says ignore", n->rule->name);
                break;
        case CAUSE_UNREADABLE:
                return explain_unreadable(a->machine);
        case CAUSE_RULE:
                r = asprintf(&text, "[node %s] names the tier", n->rule->name);
                break;
        case CAUSE_CONDITIONS:
        case CAUSE_REST:
                return n->node == a->baseline && a->policy->n_tiers > 0 &&
                                       !figures_any_known(&n->figures)
                               ? strdup("it is the baseline")
                               : explain_trials(a, n);
        case CAUSE_NO_MATCH:
                return strdup("no tier of the policy takes it: left to Linux");
        case CAUSE_BASELINE:
                r = asprintf(&text, "it has CPUs and %s: with the baseline, node %u",
                             figures_any_known(&n->figures) ? "no tier of the policy takes it"
                                                            : "nothing is known of its memory",
                             a->baseline->id);
                break;
        case CAUSE_UNKNOWN:
                return strdup("nothing is known of its memory: left to Linux");
        case CAUSE_ADISTANCE:
                r = asprintf(
                        &text, "abstract distance %d%s", n->adistance,
                        n->held ? "; stays where it was: not past the threshold by the hysteresis"
                                : "");
                break;
        }
        return r < 0 ? NULL : text;
}
