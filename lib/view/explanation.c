/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "view/explanation.h"

#include <assert.h>
#include <errno.h>

#include "view/nodes.h"

static const struct view_field value_fields[] = {
        VIEW_FIELD("source", view_candidate, source),
        VIEW_FIELD("quantity", view_candidate, quantity),
        VIEW_FIELD("value", view_candidate, value),
        VIEW_FIELD("relative", view_candidate, relative),
        VIEW_FIELD("used", view_candidate, used),
        VIEW_FIELD("remembered", view_candidate, remembered),
        VIEW_FIELD("kept", view_candidate, kept),
        VIEW_FIELD("distrusted", view_candidate, distrusted),
};

static const struct view_field rule_fields[] = {
        VIEW_FIELD("tier", view_condition, tier),
        VIEW_FIELD("condition", view_condition, condition),
        VIEW_FIELD("verdict", view_condition, verdict),
        VIEW_FIELD("value", view_condition, value),
        VIEW_FIELD("limit", view_condition, limit),
        VIEW_FIELD("relative", view_condition, relative),
        VIEW_FIELD("hysteresis", view_condition, hysteresis),
};

struct view_table explanation_get_values(const struct explanation *e)
{
        return (struct view_table){
                .name = "values",
                .fields = value_fields,
                .n_fields = ELEMENTSOF(value_fields),
                .rows = e->values,
                .n_rows = e->n_values,
                .row_size = sizeof(*e->values),
        };
}

struct view_table explanation_get_rules(const struct explanation *e)
{
        return (struct view_table){
                .name = "rules",
                .fields = rule_fields,
                .n_fields = ELEMENTSOF(rule_fields),
                .rows = e->conditions,
                .n_rows = e->n_conditions,
                .row_size = sizeof(*e->conditions),
        };
}

static const char *verdict_name(enum verdict v)
{
        static const char *const names[] = {
                [VERDICT_UNSET] = "unset",           [VERDICT_UNKNOWN] = "unknown",
                [VERDICT_UNPROVEN] = "unproven",     [VERDICT_MET] = "met",
                [VERDICT_UNREADABLE] = "unreadable", [VERDICT_FAILED] = "failed",
        };

        static_assert(ELEMENTSOF(names) == VERDICTS, "a name for each verdict");
        return names[v];
}

static struct view_candidate make_candidate(const struct node_assignment *n, enum source s,
                                            enum perf_value v)
{
        const struct figures *f = &n->figures;
        const struct figure *c = &f->candidates[s][v];

        return (struct view_candidate){
                .source = source_name(s),
                .quantity = perf_value_name(v),
                .index = v,
                .value = c->value,
                .relative = c->relative,
                .used = figure_is_known(&f->values[v]) && f->values[v].source == s,
                .remembered = c->remembered,
                .kept = c->kept,
                .distrusted = c->distrusted,
        };
}

static int make_values(struct explanation *e, const struct node_assignment *n)
{
        e->values = calloc(SOURCES * PERF_VALUES, sizeof(*e->values));
        if (!e->values)
                return -ENOMEM;
        for (unsigned s = 0; s < SOURCES; s++)
                for (unsigned v = 0; v < PERF_VALUES; v++)
                        if (figure_is_known(&n->figures.candidates[s][v]))
                                e->values[e->n_values++] = make_candidate(n, s, v);
        return 0;
}

static struct view_condition make_condition(const struct condition *asked, enum condition_kind k,
                                            const struct trial_condition *c)
{
        bool known = c->verdict == VERDICT_MET || c->verdict == VERDICT_FAILED;

        return (struct view_condition){
                .condition = condition_name(k),
                .is_latency = condition_is_maximum(k),
                .asked = asked->value,
                .asked_relative = asked->relative,
                .verdict = verdict_name(c->verdict),
                .value = { .known = known, .value = c->figure.value },
                .limit = { .known = known, .value = c->limit },
                .relative = c->figure.relative,
                .hysteresis = c->hysteresis,
        };
}

static void add_trial(struct explanation *e, const struct assignment *a, const struct trial *trial)
{
        const struct tier_policy *tier = &a->policy->tiers[trial->tier];
        const char *name = texts_copy(&e->texts, tier->name);

        e->trials[e->n_trials] = (struct view_trial){
                .tier = name,
                .verdict = trial->matched   ? "takes it"
                           : trial->decided ? "no"
                                            : "undecided",
        };
        for (unsigned k = 0; k < CONDITION_KINDS; k++) {
                struct view_condition *row = &e->conditions[e->n_conditions];

                if (trial->conditions[k].verdict == VERDICT_UNSET)
                        continue;
                *row = make_condition(&tier->conditions[k], k, &trial->conditions[k]);
                row->trial = e->n_trials;
                row->tier = name;
                e->n_conditions++;
        }
        e->n_trials++;
}

static int make_rules(struct explanation *e, const struct assignment *a,
                      const struct node_assignment *n)
{
        e->trials = calloc(n->n_trials ?: 1, sizeof(*e->trials));
        e->conditions = calloc(n->n_trials + 1, CONDITION_KINDS * sizeof(*e->conditions));
        if (!e->trials || !e->conditions)
                return -ENOMEM;
        for (size_t i = 0; i < n->n_trials; i++)
                add_trial(e, a, &n->trials[i]);
        return e->texts.failed ? -ENOMEM : 0;
}

int explanation_new(const struct assignment *a, const struct node_assignment *n,
                    struct explanation **ret)
{
        _cleanup_(explanation_freep) struct explanation *e = calloc(1, sizeof(*e));
        int r;

        if (!e)
                return -ENOMEM;
        r = make_values(e, n);
        if (r == 0)
                r = make_rules(e, a, n);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(e);
        return 0;
}

struct explanation *explanation_free(struct explanation *e)
{
        if (!e)
                return NULL;
        free(e->values);
        free(e->trials);
        free(e->conditions);
        texts_done(&e->texts);
        free(e);
        return NULL;
}
