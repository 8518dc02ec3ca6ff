/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "publish/status.h"

#include <errno.h>

#include "base/units.h"
#include "online/summary.h"
#include "view/unmet.h"

/* systemd accepts messages of up to 4096 bytes; a person reads fewer. */
#define STATUS_MAX 1000U
#define LIST_MAX   200U

static void note_write(struct status *s, const struct assignment *a, const struct plan_write *w,
                       const char *when)
{
        const struct node_assignment *n = assignment_get_node(a, w->node);
        const char *tier = n ? assignment_tier_name(a, n) : NULL;

        if (w->kind != WRITE_NODE_TIER)
                snprintf(s->change, sizeof(s->change), "%s to %s, %s", strrchr(w->path, '/') + 1,
                         w->value, when);
        else if (w->wanted_tier == TIER_UNKNOWN)
                snprintf(s->change, sizeof(s->change), "node %u given back to Linux, %s", w->node,
                         when);
        else
                snprintf(s->change, sizeof(s->change), "node %u to %s, %s", w->node, tier ?: "?",
                         when);
}

void status_note(struct status *s, const struct snapshot *r, time_t now)
{
        char when[64];
        struct tm tm;

        if (!r || !r->report ||
            r->report->count[OUTCOME_DONE] + r->report->count[OUTCOME_UNVERIFIED] == 0)
                return;
        if (!localtime_r(&now, &tm) || strftime(when, sizeof(when), "%F %T", &tm) == 0)
                return;
        /* a move is more important than a setting */
        for (unsigned moves = 0; moves <= 1; moves++)
                for (size_t i = 0; i < r->report->n_entries; i++) {
                        const struct report_entry *e = &r->report->entries[i];

                        if ((e->outcome == OUTCOME_DONE || e->outcome == OUTCOME_UNVERIFIED) &&
                            (e->write->kind == WRITE_NODE_TIER) == moves)
                                note_write(s, r->assignment, e->write, when);
                }
}

static void print_set(FILE *f, const struct nodeset *set)
{
        char buf[NODESET_STRING_MAX];

        nodeset_format(set, buf);
        if (strlen(buf) > LIST_MAX)
                fprintf(f, "%u nodes", nodeset_count(set));
        else
                fputs(buf, f);
}

static size_t count_used(const struct assignment *a)
{
        size_t n = 0;

        for (size_t i = 0; i < a->n_tiers; i++)
                n += nodeset_count(&a->tiers[i].nodes) > 0;
        return n;
}

static void print_tiers(FILE *f, const struct assignment *a)
{
        const char *separator = " (";

        for (size_t i = 0; i < a->n_tiers; i++) {
                if (nodeset_count(&a->tiers[i].nodes) == 0)
                        continue;
                fprintf(f, "%s%s: ", separator, a->tiers[i].name);
                print_set(f, &a->tiers[i].nodes);
                separator = ", ";
        }
        if (*separator == ',')
                fputc(')', f);
}

static void print_unmet(FILE *f, const struct snapshot *r)
{
        for (enum unmet_cause c = 0; c < UNMET_CAUSES; c++) {
                struct nodeset nodes = unmet_get_nodes(r, c);
                unsigned n = nodeset_count(&nodes);

                if (n == 0)
                        continue;
                fprintf(f, "; cannot move node%s ", plural(n));
                print_set(f, &nodes);
                fprintf(f, ": %s%s", unmet_cause_text(c),
                        c == UNMET_HAZARD         ? " (see the journal)"
                        : c == UNMET_NO_INTERFACE ? UNMET_SEE_NUMATIER
                                                  : "");
        }
}

static void print_unclear(FILE *f, const struct snapshot *r)
{
        struct nodeset nodes = unmet_get_unclear(r);

        if (nodeset_count(&nodes) == 0)
                return;
        fprintf(f, "; cannot move node%s ", plural(nodeset_count(&nodes)));
        print_set(f, &nodes);
        fputs(": " UNMET_UNCLEAR, f);
}

static void print_guesses(FILE *f, const struct assignment *a)
{
        struct nodeset nodes = { 0 };

        for (size_t i = 0; i < a->n_nodes; i++)
                if (a->nodes[i].by_slit_alone)
                        nodeset_add(&nodes, a->nodes[i].node->id);
        if (nodeset_count(&nodes) == 0)
                return;
        fprintf(f, "; SLIT alone places node%s ", plural(nodeset_count(&nodes)));
        print_set(f, &nodes);
        fputs(", a guess (see the journal)", f);
}

static void print_writes(FILE *f, const struct snapshot *r)
{
        size_t waiting = plan_count_backed_off(r->plan), held = r->plan->n_held - waiting,
               failed = waiting;

        if (r->report) {
                held += r->report->count[OUTCOME_HELD];
                failed += r->report->count[OUTCOME_FAILED] + r->report->count[OUTCOME_IGNORED];
        }
        if (held > 0)
                fprintf(f, "; %zu write%s held back (see the journal)", held, plural(held));
        if (failed > 0)
                fprintf(f, "; %zu write%s without effect (see the journal)", failed,
                        plural(failed));
}

static void print_problems(FILE *f, const struct snapshot *r)
{
        if (!r->machine->has_tiers)
                fputs("; this kernel has no memory tiers (Linux 6.1 and later have them)", f);
        else if (r->machine->tiers_withheld)
                fputs("; memory is changing: the tiers are read when it is quiet", f);
        print_guesses(f, r->assignment);
        print_unmet(f, r);
        print_unclear(f, r);
        print_writes(f, r);
}

static void print_summary(FILE *f, const struct status *s, const struct snapshot *r)
{
        size_t nodes = nodeset_count(&r->machine->memory), tiers = count_used(r->assignment);

        fprintf(f, "%zu node%s in %zu tier%s", nodes, plural(nodes), tiers, plural(tiers));
        print_tiers(f, r->assignment);
        if (r->plan->interface != INTERFACE_NONE)
                fprintf(f, " through %s", interface_name(r->plan->interface));
        print_problems(f, r);
        if (*s->change != '\0')
                fprintf(f, "; last: %s", s->change);
}

char *status_format(const struct status *s, const struct snapshot *r, int error)
{
        char *text = NULL;
        size_t size;
        FILE *f = open_memstream(&text, &size);

        if (!f)
                return NULL;
        if (error < 0 || !r)
                fprintf(f, "Failed: %s; trying again", strerror(error < 0 ? -error : ENOMEM));
        else
                print_summary(f, s, r);
        if (fclose(f) != 0) {
                free(text);
                return NULL;
        }
        if (size > STATUS_MAX)
                strcpy(text + STATUS_MAX - 4, "...");
        return text;
}

char *status_format_online(const struct online_result *r)
{
        char *text = NULL;
        size_t size;
        FILE *f = open_memstream(&text, &size);

        if (!f)
                return NULL;
        for (size_t i = 0; r->plan && i < r->plan->n_groups; i++) {
                const struct online_group *g = &r->plan->groups[i];
                char buf[ONLINE_TEXT_MAX];

                /* what may be boot memory stays as it is for ever: the journal has said so */
                if (online_count_good(g) + g->count[CASE_FIXED] < online_count_all(g) &&
                    (size_t)ftell(f) < LIST_MAX)
                        fprintf(f, "; %s%s", online_format_group(g, buf),
                                r->remaining > 0 ? " so far" : " (see the journal)");
        }
        if (fclose(f) != 0) {
                free(text);
                return NULL;
        }
        return text;
}
