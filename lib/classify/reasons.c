/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "classify/reasons.h"

#include <assert.h>
#include <stdarg.h>

#include "base/units.h"
#include "classify/rules.h"

/* A sentence that grows. A stream (open_memstream(3)) clears 8 KiB for each. */
struct text {
        char *text;
        size_t length, allocated;
        bool failed; /* no memory */
};

static void _printf_(2, 3) append(struct text *t, const char *format, ...)
{
        size_t need = t->length + 128;
        va_list ap;
        int n;

        while (array_grow(&t->text, &t->allocated, need, 1) == 0) {
                va_start(ap, format);
                n = vsnprintf(t->text + t->length, t->allocated - t->length, format, ap);
                va_end(ap);
                if (n < 0)
                        break;
                need = t->length + (size_t)n + 1;
                if (need <= t->allocated) {
                        t->length = need - 1;
                        return;
                }
        }
        t->failed = true;
}

static const char *format_condition(enum condition_kind k, double value, bool relative,
                                    char buf[static UNIT_STRING_MAX])
{
        if (relative)
                return format_multiple(value, buf);
        return condition_is_maximum(k) ? format_latency(value, buf) : format_bandwidth(value, buf);
}

/* "latency 20 ns (hmat) is over 15 ns (1.5x)" */
static void append_condition(struct text *text, const struct tier_policy *tier,
                             const struct trial *trial, enum condition_kind k)
{
        const struct trial_condition *t = &trial->conditions[k];
        const char *name = condition_name(k) + strlen("max-");
        const char *met = condition_is_maximum(k) ? "within" : "at least";
        const char *failed = condition_is_maximum(k) ? "over" : "below";
        char buf[UNIT_STRING_MAX];

        if (t->verdict == VERDICT_UNPROVEN) {
                append(text, "%s is unknown", name);
                return;
        }
        append(text, "%s %s", name, format_condition(k, t->figure.value, t->figure.relative, buf));
        if (t->figure.source != SOURCE_NONE)
                append(text, " (%s%s%s%s)", source_name(t->figure.source),
                       t->figure.remembered ? ", remembered" : "", t->figure.kept ? ", kept" : "",
                       t->figure.clamped ? ", limited to the baseline" : "");
        append(text, " is %s %s", t->verdict == VERDICT_MET ? met : failed,
               format_condition(k, t->limit, t->figure.relative, buf));
        if (tier->conditions[k].relative && !t->figure.relative)
                append(text, " (%s)", format_multiple(tier->conditions[k].value, buf));
}

static void append_trial(struct text *text, const struct tier_policy *tier,
                         const struct trial *trial, bool met)
{
        const char *separator = "";

        for (unsigned k = 0; k < CONDITION_KINDS; k++) {
                enum verdict v = trial->conditions[k].verdict;

                if (met ? v != VERDICT_MET : v != VERDICT_FAILED && v != VERDICT_UNPROVEN)
                        continue;
                append(text, "%s", separator);
                append_condition(text, tier, trial, k);
                separator = ", ";
        }
}

static void append_failures(struct text *text, const struct assignment *a,
                            const struct node_assignment *n)
{
        const char *separator = "";

        for (size_t i = 0; i < n->n_trials; i++) {
                const struct trial *trial = &n->trials[i];

                if (trial->matched || !trial->decided)
                        continue;
                append(text, "%snot %s: ", separator, a->policy->tiers[i].name);
                append_trial(text, &a->policy->tiers[i], trial, false);
                separator = "; ";
        }
}

#define HELD "; stays where it was: not past the threshold by the hysteresis"

static char *explain_trials(const struct assignment *a, const struct node_assignment *n)
{
        struct text text = { 0 };

        if (n->cause == CAUSE_CONDITIONS)
                append_trial(&text, &a->policy->tiers[n->tier], &n->trials[n->tier], true);
        else
                append_failures(&text, a, n);
        if (text.length == 0)
                append(&text, "it takes every node");
        if (n->held)
                append(&text, HELD);
        if (n->by_slit_alone)
                append(&text, "; SLIT alone, a guess");
        if (text.failed) {
                free(text.text);
                return NULL;
        }
        return text.text;
}

static char *explain_gpu(const struct machine *m)
{
        const char *address = NULL;
        char *text = NULL;

        for (size_t i = 0; i < m->n_gpus; i++)
                if (m->gpus[i].report == GPU_UNREADABLE) {
                        address = m->gpus[i].address;
                        break;
                }
        return asprintf(&text,
                        "it may be the memory of %s%s, whose driver cannot report its node now: "
                        "left as it is",
                        address ? "GPU " : "a GPU", address ?: "") < 0
                       ? NULL
                       : text;
}

static const char *const fact_words[] = {
        [FACT_SIZE] = "size",         [FACT_DISTANCE] = "distance",
        [FACT_ACCESS] = "HMAT value", [FACT_MEASURED] = "measured value",
        [FACT_DEVICES] = "device",    [FACT_INTERFACE] = "interface",
        [FACT_TIER] = "present tier", [FACT_RELEASE] = "kernel's release",
};
static_assert(ELEMENTSOF(fact_words) == FACTS, "a word for each fact");

static char *explain_unreadable(const struct assignment *a, const struct node_assignment *n)
{
        const struct obstacle *o = &n->obstacle;
        const char *ending;
        char *text = NULL;
        int r;

        if (o->fact == FACTS)
                return explain_gpu(a->machine);
        assert(o->fact < FACTS && o->node);
        ending = o->fact == FACT_ACCESS || o->fact == FACT_MEASURED || o->fact == FACT_DEVICES ? "s"
                                                                                               : "";
        if (o->fact == FACT_RELEASE)
                r = asprintf(&text, "the %s cannot be read now: left as it is",
                             fact_words[o->fact]);
        else if (o->node == n->node)
                r = asprintf(&text, "its %s%s cannot be read now: left as it is",
                             fact_words[o->fact], ending);
        else
                r = asprintf(&text, "the %s%s of node %u%s cannot be read now: left as it is",
                             fact_words[o->fact], ending, o->node->id,
                             o->node == a->baseline ? ", the baseline,"
                             : a->undecided.node    ? ", which may be the baseline,"
                                                    : "");
        return r < 0 ? NULL : text;
}

static char *explain_ignored(const struct node_assignment *n)
{
        char *text;

        if (n->rule == rules_builtin_gpu())
                return strdup("the memory of a GPU is left to its driver (built-in rule)");
        return asprintf(&text, "[node %s] says ignore", n->rule->name) < 0 ? NULL : text;
}

static char *explain_rule(const struct node_assignment *n)
{
        char *text;

        return asprintf(&text, "[node %s] names the tier", n->rule->name) < 0 ? NULL : text;
}

#define NO_MATCH "no tier of the policy takes it"
#define UNKNOWN  "nothing is known of its memory"
#define TO_LINUX ": left to Linux"

static char *explain_baseline(const struct assignment *a, const struct node_assignment *n)
{
        char *text;

        return asprintf(&text, "it has CPUs and %s: with the baseline, node %u",
                        figures_any_known(&n->figures) ? NO_MATCH : UNKNOWN, a->baseline->id) < 0
                       ? NULL
                       : text;
}

static char *explain_adistance(const struct node_assignment *n)
{
        char *text;

        return asprintf(&text, "abstract distance %d%s", n->adistance, n->held ? HELD : "") < 0
                       ? NULL
                       : text;
}

char *reason_format(const struct assignment *a, const struct node_assignment *n)
{
        switch (n->cause) {
        case CAUSE_NO_MEMORY:
                return strdup("it has no memory");
        case CAUSE_UNSETTLED:
                return strdup(
                        "the kernel is still bringing its memory up: classified when it is there");
        case CAUSE_MANUAL:
                return strdup("moved manually, and manual = keep leaves it there");
        case CAUSE_IGNORED:
                return explain_ignored(n);
        case CAUSE_UNREADABLE:
                return explain_unreadable(a, n);
        case CAUSE_RULE:
                return explain_rule(n);
        case CAUSE_CONDITIONS:
        case CAUSE_REST:
                if (n->node == a->baseline && a->policy->n_tiers > 0 &&
                    !figures_any_known(&n->figures))
                        return strdup("it is the baseline");
                return explain_trials(a, n);
        case CAUSE_NO_MATCH:
                return strdup(NO_MATCH TO_LINUX);
        case CAUSE_BASELINE:
                return explain_baseline(a, n);
        case CAUSE_UNKNOWN:
                return strdup(UNKNOWN TO_LINUX);
        case CAUSE_ADISTANCE:
                return explain_adistance(n);
        case CAUSES:
                break;
        }
        assert(false);
        return NULL;
}
