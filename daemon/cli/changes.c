/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>

#include "base/units.h"
#include "cli/cli.h"
#include "cli/json.h"
#include "view/unmet.h"

/* What plan, apply and restore share: what they print of writes, and their exit status. */

void print_lack_of_tiers(const struct view *v)
{
        if (v->live)
                puts("This kernel has no memory tiers (Linux 6.1 and later do); nothing can be "
                     "placed.");
        else
                puts("This recording has no memory tiers; nothing can be placed.");
}

void print_withheld(FILE *f, const struct view *v)
{
        struct nodeset nodes = { 0 };
        char list[NODESET_STRING_MAX];
        unsigned n;

        for (size_t i = 0; i < v->n_nodes; i++)
                if (v->nodes[i].has_memory && !v->nodes[i].present_tier.known)
                        nodeset_add(&nodes, v->nodes[i].node);
        n = nodeset_count(&nodes);
        if (n == 0) /* those of an earlier pass are shown */
                fputs("The present tiers are not known now", f);
        else
                fprintf(f, "The present tier%s of node%s %s %s unknown", plural(n), plural(n),
                        nodeset_format(&nodes, list), n == 1 ? "is" : "are");
        fputs(": memory is being plugged or unplugged, and tiers cannot be read safely "
              "meanwhile.\n",
              f);
}

/* missing: whether what is missing is the cause, if it is known. */
static void print_cause(FILE *f, const struct pass *l, unsigned n, bool missing, const char *cause)
{
        _cleanup_(freep) char *text = NULL;

        if (n == 0)
                return;
        if (missing && l->missing.cause != MISSING_UNKNOWN)
                text = missing_print(&l->missing);
        fprintf(f, "%u %s in another tier than the policy wants, and %s.\n", n,
                n == 1 ? "node is" : "nodes are", text ?: cause);
}

/* Not in what a script reads of a plan: print_rest() prints it on standard error then. The module
 * makes no adistance_offset. */
static void print_unclear(FILE *f, const struct pass *l)
{
        bool missing = l->result->machine->module_loaded &&
                       l->policy->interface != POLICY_INTERFACE_ADISTANCE_OFFSET;

        print_cause(f, l, nodeset_count(&l->unclear), missing, UNMET_UNCLEAR);
}

void print_unmet(const struct pass *l)
{
        for (enum unmet_cause c = UNMET_HAZARD + 1; c < UNMET_CAUSES; c++) {
                struct nodeset nodes = unmet_get_nodes(l->result, c);

                print_cause(stdout, l, nodeset_count(&nodes), c == UNMET_NO_INTERFACE,
                            unmet_cause_text(c));
        }
        print_unclear(stdout, l);
}

static void print_number(FILE *f, struct view_number tier)
{
        if (tier.known)
                fprintf(f, "%" PRId64, tier.value);
        else
                fputc('?', f);
}

/* "node 1 is in tier 5 and belongs in 4, but is not moved: WHY" */
static void print_unmet_node(FILE *f, const struct view_unmet *u)
{
        fprintf(f, "node %u is in tier ", u->node);
        print_number(f, u->present_tier);
        if (!u->wanted_tier.known) {
                fprintf(f, ", and is not given back to Linux: %s\n", u->hazard ?: "");
                return;
        }
        fputs(" and belongs in ", f);
        print_number(f, u->wanted_tier);
        if (u->hazard)
                fprintf(f, ", but is not moved: %s\n", u->hazard);
        else
                fputs(", but nothing here can move it\n", f);
}

void print_hazards(FILE *f, const struct view *v)
{
        for (size_t i = 0; i < v->n_unmet; i++)
                if (v->unmet[i].hazard)
                        print_unmet_node(f, &v->unmet[i]);
}

void print_held(const struct snapshot *r)
{
        size_t n = r->plan->n_held;

        if (n > 0)
                printf("%zu setting%s held back; \"numatier plan\" says why.\n", n,
                       n == 1 ? " is" : "s are");
}

/* For people a sentence each: a table would be as wide as its longest reason. */

static void print_outcome(const struct view_write *w)
{
        printf("%s: %s -> %s: %s", w->path, w->before, w->value, w->outcome);
        if (streq(w->outcome, outcome_name(OUTCOME_IGNORED)))
                printf(", it now reads %s", w->after ?: "otherwise");
        if (w->error)
                printf(" (%s)", w->error);
        putchar('\n');
}

static void print_writes(const struct view_write *writes, size_t n, const char *verb)
{
        for (size_t i = 0; i < n; i++) {
                const struct view_write *w = &writes[i];

                if (w->outcome)
                        print_outcome(w);
                else
                        printf("%s %s to %s, which holds %s\n", verb, w->value, w->path, w->before);
                printf("      %s\n", w->reason);
        }
}

static void print_unmet_nodes(const struct view_unmet *unmet, size_t n)
{
        for (size_t i = 0; i < n; i++) {
                const struct view_unmet *u = &unmet[i];

                print_unmet_node(stdout, u);
                if (u->reason)
                        printf("      %s\n", u->reason);
        }
}

void print_changes_as_json(const struct view *v)
{
        const struct view_table tables[] = {
                view_get_table(v, VIEW_ROWS_WRITES),   view_get_table(v, VIEW_ROWS_UNMET),
                view_get_table(v, VIEW_ROWS_HELD),     view_get_table(v, VIEW_ROWS_MEMORY),
                view_get_table(v, VIEW_ROWS_WARNINGS),
        };

        json_print_tables(stdout, tables, ELEMENTSOF(tables));
}

void print_changes(const struct arguments *a, const struct view *v)
{
        if (a->json)
                return;
        print_writes(v->writes, v->n_writes, "write");
        print_unmet_nodes(v->unmet, v->n_unmet);
        print_writes(v->held, v->n_held, "do not write");
}

void print_rest(const struct arguments *a, const struct pass *l, bool more)
{
        bool silent = a->json || !a->legend;

        if (a->json)
                print_changes_as_json(l->view);
        if (l->view->withheld)
                print_withheld(silent ? stderr : stdout, l->view);
        if (silent) {
                print_unclear(stderr, l);
                return;
        }
        print_unmet(l);
        if (view_lacks_tiers(l->view))
                print_lack_of_tiers(l->view);
        else if (pass_is_clear(l) && !l->view->withheld && !more)
                puts("There is nothing to do.");
}

int find_exit_status(const struct pass *l)
{
        const struct snapshot *s = l->result;
        size_t undone = s->report ? report_count_undone(s->report) : s->plan->n_writes;
        bool unknown = l->view->withheld || nodeset_count(&l->unclear) > 0;

        if (s->report && (undone > 0 || unknown))
                return EXIT_FAILURE;
        if (undone > 0 || s->plan->n_unmet > 0 || s->plan->n_held > 0 || view_lacks_tiers(l->view))
                return EXIT_DIFFERS;
        return unknown ? EXIT_FAILURE : EXIT_SUCCESS;
}
