/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Findings about units whose memory "numatier service" has put into tiers. */

#include <errno.h>

#include "base/units.h"
#include "doctor/checks.h"
#include "service/differences.h"
#include "service/files.h"
#include "view/tier-list.h"

/* A machine may have hundreds of units: some of them are enough. */
#define UNITS_MAX 8U

struct service_check {
        struct messages differences;
        struct service_harm harm;
        bool has_tiers; /* there are nodes in them: the same command helps */
};

/* Tiers that are not known now are not gone. */
static bool are_tiers_uncertain(const struct assignment *a)
{
        for (size_t i = 0; i < a->n_nodes; i++)
                if (a->nodes[i].tier == TIER_NONE &&
                    (a->nodes[i].cause == CAUSE_UNREADABLE || a->nodes[i].cause == CAUSE_UNSETTLED))
                        return true;
        return false;
}

/* 0 or -ENOMEM. */
static int compare(const struct subject *s, const struct view *v, const struct service_drop_in *d,
                   struct service_check *ret)
{
        struct messages rest = MESSAGES_INIT;
        struct nodeset nodes = { 0 };
        int r = d->tiers ? tier_list_find_nodes(v, d->tiers, &nodes, &ret->differences) : 0;

        ret->has_tiers = r == 0;
        ret->harm = service_find_differences(d, &nodes, &s->snapshot->machine->memory,
                                             r == 0 ? &ret->differences : &rest);
        messages_done(&rest);
        return r == -ENOMEM ? r : 0;
}

static bool is_wrong(const struct service_check *o)
{
        return o->differences.n > 0;
}

static void add_unit(const struct service_file *f, const struct service_check *o,
                     struct diagnosis *d)
{
        for (size_t i = 0; i < o->differences.n; i++)
                finding_add_file(d, f->path, "%s%s%s%s", f->drop_in->tiers ? "tiers=" : "",
                                 f->drop_in->tiers ?: "", f->drop_in->tiers ? ": " : "",
                                 o->differences.items[i]);
}

static void add_command(const struct service_file *f, const struct service_check *c,
                        struct diagnosis *d)
{
        const struct service_drop_in *a = f->drop_in;
        const char *runtime = f->runtime ? " --runtime" : "";
        bool has_policy = a->asked_policy != SERVICE_UNSET;
        char unit[UNIT_WORD_SIZE], units[UNIT_WORD_SIZE];

        (void)unit_name_format(f->unit, false, unit);
        (void)unit_name_format(f->unit, true, units);
        if (!c->has_tiers)
                finding_add_command(d, "numatier service %s --clear%s && systemctl restart %s",
                                    unit, runtime, units);
        else
                finding_add_command(d, "numatier service %s%s%s%s%s%s%s && systemctl restart %s",
                                    unit, a->tiers ? " --tier " : "", a->tiers ?: "",
                                    has_policy ? " --policy " : "",
                                    has_policy ? service_policy_word(a->asked_policy) : "",
                                    a->confine ? " --confine" : "", runtime, units);
}

static void add_consequences(const struct service_harm *harm, struct diagnosis *d)
{
        finding_add_consequence(d, "Their memory is not where it was asked to be.");
        if (harm->does_not_start)
                finding_add_consequence(d, "systemd does not start a service if no node of its "
                                           "NUMAMask= has memory (status 242, NUMA_POLICY).");
        if (harm->not_confined)
                finding_add_consequence(d, "AllowedMemoryNodes= has no effect while one of its "
                                           "nodes has no memory: Linux refuses the whole list.");
}

static void add_remedies(const struct service_files *files, const struct service_check *outcomes,
                         struct diagnosis *d)
{
        unsigned n = 0;

        finding_add_remedy(d, "Have them written again, and restart the units. Where a tier is "
                              "gone, choose another one (--tier), or take it back:");
        for (size_t i = 0; i < files->n; i++)
                if (is_wrong(&outcomes[i]) && n++ < UNITS_MAX)
                        add_command(&files->items[i], &outcomes[i], d);
}

static void add_finding(const struct service_files *files, const struct service_check *outcomes,
                        size_t n, struct diagnosis *d)
{
        struct service_harm all = { 0 };
        unsigned count = 0;

        finding_begin(d, SEVERITY_WARNING,
                      "%zu unit%s not the nodes of the tiers that were asked for", n,
                      n == 1 ? " has" : "s have");
        for (size_t i = 0; i < files->n; i++) {
                if (!is_wrong(&outcomes[i]))
                        continue;
                if (count++ < UNITS_MAX)
                        add_unit(&files->items[i], &outcomes[i], d);
                all.does_not_start |= outcomes[i].harm.does_not_start;
                all.not_confined |= outcomes[i].harm.not_confined;
        }
        if (count > UNITS_MAX)
                finding_add_evidence(d, "numatier service", "shows %u more", count - UNITS_MAX);
        add_consequences(&all, d);
        add_remedies(files, outcomes, d);
}

/* The number of units that are not right. -ENOMEM. */
static int compare_all(const struct subject *s, struct service_check *outcomes, size_t *ret)
{
        _cleanup_(view_freep) struct view *v = NULL;
        size_t n = 0;
        int r = view_new(s->snapshot, false, &v);

        for (size_t i = 0; i < s->services->n && r == 0; i++) {
                const struct service_file *f = &s->services->items[i];

                if (f->state != SERVICE_FILE_OURS || f->hidden)
                        continue;
                r = compare(s, v, f->drop_in, &outcomes[i]);
                n += is_wrong(&outcomes[i]);
        }
        *ret = n;
        return r;
}

void check_service_tiers(const struct subject *s, struct diagnosis *d)
{
        struct service_check *outcomes;
        size_t n = 0;

        if (!s->services || s->services->n == 0 || s->policy_errors)
                return;
        outcomes = calloc(s->services->n, sizeof(*outcomes));
        if (!outcomes || compare_all(s, outcomes, &n) < 0)
                d->failed = true;
        else if (n > 0 && are_tiers_uncertain(s->snapshot->assignment))
                diagnosis_skip(d, "whether the units of \"numatier service\" have the nodes of "
                                  "their tiers: not all tiers are known now");
        else if (n > 0)
                add_finding(s->services, outcomes, n, d);
        for (size_t i = 0; outcomes && i < s->services->n; i++)
                messages_done(&outcomes[i].differences);
        free(outcomes);
}
