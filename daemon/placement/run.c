/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "placement/run.h"

#include <errno.h>
#include <numaif.h>

#include "cli/cli.h"
#include "cli/json.h"
#include "placement/self.h"
#include "placement/tiers.h"

static void print_all(struct messages *m, const char *kind)
{
        cli_print_messages(kind, m);
        messages_done(m);
}

/* A GPU's memory belongs to its applications: it is used only if its tier is named. */
static struct nodeset find_usual_nodes(const struct view *v)
{
        struct nodeset nodes = { 0 };

        for (size_t i = 0; i < v->n_nodes; i++)
                if (v->nodes[i].has_memory && !(v->nodes[i].kind && streq(v->nodes[i].kind, "gpu")))
                        nodeset_add(&nodes, v->nodes[i].node);
        return nodes;
}

static int find_nodes(const struct run_arguments *a, struct tiers *t, struct nodeset *ret)
{
        struct nodeset avoided = { 0 };
        int r;

        if (a->tier) {
                r = tiers_find_nodes(t, a->tier, ret);
                if (r < 0)
                        return r;
        } else {
                *ret = find_usual_nodes(t->view);
        }
        if (!a->avoid)
                return 0;
        r = tiers_find_nodes(t, a->avoid, &avoided);
        if (r == -ENOENT) /* avoided as it is */
                return 0;
        if (r < 0)
                return r;
        nodeset_foreach (n, &avoided)
                nodeset_remove(ret, n);
        if (nodeset_count(ret) > 0)
                return 0;
        fprintf(stderr, "numatier: --avoid %s: no other node with memory is left\n", a->avoid);
        return -EINVAL;
}

static int decide(const struct run_arguments *a, struct tiers *t, struct placement *ret)
{
        struct messages errors = MESSAGES_INIT, warnings = MESSAGES_INIT;
        const struct machine *m = t->result->machine;
        struct allowance allowed;
        struct nodeset nodes;
        int r;

        r = find_nodes(a, t, &nodes);
        if (r < 0)
                return r;
        self_read(t->root, m, &allowed);
        r = placement_decide(m, &nodes, a->mode, a->local, &allowed, &errors, &warnings, ret);
        print_all(&warnings, "warning: ");
        print_all(&errors, "");
        return r;
}

/* What --show prints */

struct shown_placement {
        const char *policy, *tiers;
        struct nodeset nodes;
        struct view_number cpus_of_node;
};

static const struct view_field fields[] = {
        VIEW_FIELD("policy", shown_placement, policy),
        VIEW_FIELD("tiers", shown_placement, tiers),
        VIEW_FIELD("nodes", shown_placement, nodes),
        VIEW_FIELD("cpus_of_node", shown_placement, cpus_of_node),
};

static void print_json(const struct shown_placement *s)
{
        const struct view_table table = { "placement", fields, ELEMENTSOF(fields), s, 1,
                                          sizeof(*s),  true };

        json_print_tables(stdout, &table, 1);
}

static void print_text(const struct shown_placement *s)
{
        char nodes[NODESET_STRING_MAX];

        printf("policy: %s\nnodes:  %s\ntiers:  %s\n", s->policy, nodeset_format(&s->nodes, nodes),
               s->tiers);
        if (s->cpus_of_node.known)
                printf("cpus:   of node %lld\n", (long long)s->cpus_of_node.value);
}

static int show(const struct run_arguments *a, const struct tiers *t, const struct placement *p)
{
        _cleanup_(freep) char *tiers = tiers_name_nodes(t, &p->nodes);
        struct shown_placement s = { p->mode->name, tiers, p->nodes, { p->is_local, p->cpus } };

        if (!tiers)
                return -ENOMEM;
        if (a->json)
                print_json(&s);
        else
                print_text(&s);
        return 0;
}

/* With --show the policy is set, too, where that can be tried: in this process, which ends. */
static int prepare(const struct run_arguments *a)
{
        struct placement p;
        struct tiers t;
        int r;

        r = tiers_open(&a->input, &t);
        if (r == 0)
                r = decide(a, &t, &p);
        if (r == 0 && sysroot_is_live(t.root))
                r = self_set(&p, set_mempolicy);
        if (r == 0 && a->show)
                r = show(a, &t, &p);
        tiers_close(&t);
        return r;
}

int run(const struct run_arguments *a)
{
        int error;

        if (prepare(a) < 0)
                return EXIT_RUN_FAILED;
        if (a->show)
                return EXIT_SUCCESS;
        execvp(a->command[0], a->command);
        error = errno;
        fprintf(stderr, "numatier: cannot run %s: %s\n", a->command[0], strerror(error));
        return error == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_EXECUTE;
}
