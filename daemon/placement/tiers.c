/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "placement/tiers.h"

#include <errno.h>

#include "cli/cli.h"
#include "common/quiet.h"
#include "common/session.h"
#include "view/tier-list.h"

static int report(int error, const char *what)
{
        if (error < 0)
                (void)cli_error(error, what);
        return error;
}

static int run_pass(struct tiers *t)
{
        int r = quiet_reconcile_known(t->root, t->policy, t->state, &t->result);

        if (r == 0)
                r = view_new(t->result, sysroot_is_live(t->root), &t->view);
        return report(r, "cannot read the machine's NUMA nodes");
}

int tiers_open(const struct input *in, struct tiers *ret)
{
        int r;

        *ret = (struct tiers){ 0 };
        r = input_open(in, &ret->policy, &ret->root);
        if (r < 0)
                return r;
        r = session_load_state(ret->root, &ret->doubts, &ret->state);
        if (r < 0) {
                cli_print_messages("", &ret->doubts);
                return r;
        }
        return run_pass(ret);
}

void tiers_close(struct tiers *t)
{
        messages_done(&t->doubts);
        view_free(t->view);
        snapshot_unref(t->result);
        state_free(t->state);
        sysroot_free(t->root);
        policy_unref(t->policy);
}

int tiers_find_nodes(struct tiers *t, const char *list, struct nodeset *ret)
{
        struct messages errors = MESSAGES_INIT;
        int r;

        r = tier_list_find_nodes(t->view, list, ret, &errors);
        if (r == -ENOENT) {
                cli_print_messages("warning: ", &t->doubts);
                cli_print_messages("warning: ", &t->result->problems);
        }
        cli_print_messages("", &errors);
        messages_done(&errors);
        return r == -ENOMEM ? report(r, "cannot find the nodes of a tier") : r;
}

static bool has_any(const struct nodeset *a, const struct nodeset *b)
{
        nodeset_foreach (n, a)
                if (nodeset_has(b, n))
                        return true;
        return false;
}

char *tiers_name_nodes(const struct tiers *t, const struct nodeset *nodes)
{
        char *names = NULL;
        size_t size;
        FILE *f = open_memstream(&names, &size);
        bool first = true;

        if (!f)
                return NULL;
        for (size_t i = 0; i < t->view->n_tiers; i++) {
                if (!has_any(&t->view->tiers[i].nodes, nodes))
                        continue;
                fprintf(f, "%s%s", first ? "" : ",", t->view->tiers[i].name);
                first = false;
        }
        if (fclose(f) != 0) {
                free(names);
                return NULL;
        }
        return names;
}
