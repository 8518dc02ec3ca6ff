/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* numatier service: from the names of tiers to nodes. */

#include <errno.h>

#include "base/units.h"
#include "cli/service.h"
#include "view/tier-list.h"

static int find_nodes(const struct view *v, const char *tiers, struct nodeset *ret)
{
        struct messages errors = MESSAGES_INIT;
        int r = tier_list_find_nodes(v, tiers, ret, &errors);

        cli_print_messages("", &errors);
        if (r < 0 && errors.n == 0)
                (void)cli_error(r, tiers);
        messages_done(&errors);
        return r;
}

/* The nodes of the first tier of a list that has any. */
static int find_first_nodes(const struct view *v, const char *tiers, struct nodeset *ret)
{
        _cleanup_(freep) char *names = strdup(tiers);
        char *rest = names, *name;
        int r = names ? -ENOENT : -ENOMEM;

        while (r == -ENOENT && (name = strsep(&rest, ","))) {
                struct messages errors = MESSAGES_INIT; /* the whole list is right */

                r = tier_list_find_nodes(v, name, ret, &errors);
                messages_done(&errors);
        }
        return r;
}

static int64_t get_size(const struct view *v, unsigned node)
{
        const struct view_node *n = view_get_node(v, node);

        return n && n->size_kib.known ? n->size_kib.value : 0;
}

/* systemd takes one node for "preferred": the largest of the fastest tier, which is the first. */
static int prefer_one(const struct view *v, const char *tiers, const struct nodeset *all,
                      struct nodeset *ret)
{
        unsigned best = NODE_MAX;
        char text[NODESET_STRING_MAX];
        struct nodeset nodes;
        int r = find_first_nodes(v, tiers, &nodes);

        if (r < 0)
                return cli_error(r, tiers), r;
        nodeset_foreach (n, &nodes)
                if (best == NODE_MAX || get_size(v, n) > get_size(v, best))
                        best = n;
        if (nodeset_count(all) > 1)
                fprintf(stderr,
                        "numatier: preferred takes one node: node %u, the largest of the first "
                        "tier. bind and interleave take all of them: %s\n",
                        best, nodeset_format(all, text));
        *ret = (struct nodeset){ 0 };
        nodeset_add(ret, best);
        return 0;
}

/* What is free there now, or unknown. */
static struct view_number get_free(const struct view *v, const struct nodeset *nodes)
{
        struct view_number sum = { .known = true };

        nodeset_foreach (id, nodes) {
                const struct view_node *n = view_get_node(v, id);

                sum.known = sum.known && n && n->free_kib.known;
                sum.value += sum.known ? n->free_kib.value : 0;
        }
        return sum;
}

/* Linux takes no memory from elsewhere then. */
static void warn_of_limits(const struct view *v, const struct service_drop_in *d,
                           const struct nodeset *nodes)
{
        struct view_number available = get_free(v, nodes);
        char list[NODESET_STRING_MAX], size[UNIT_STRING_MAX];

        if (d->policy != SERVICE_BIND && !d->confine)
                return;
        fprintf(stderr, "numatier: the memory of %s can only come from node%s %s",
                d->confine ? "what is confined" : "a service with bind",
                plural(nodeset_count(nodes)), nodeset_format(nodes, list));
        if (available.known)
                fprintf(stderr, " (free now: %s)", format_size((uint64_t)available.value, size));
        fputs(". When that is full, its pages are reclaimed or swapped, and then the OOM killer "
              "ends it, though there may be free memory elsewhere",
              stderr);
        fputs(d->confine ? "\n" : "; --policy preferred goes on elsewhere\n", stderr);
}

/* AllowedMemoryNodes= is for the unified hierarchy alone. */
static void warn_of_cgroups(const struct pass *pass)
{
        _cleanup_(freep) char *text = NULL;

        if (sysroot_is_live(pass->root) &&
            sysroot_read_alloc(pass->root, "sys/fs/cgroup/cgroup.controllers", &text) < 0)
                fputs("numatier: AllowedMemoryNodes= has no effect on this machine: it has no "
                      "unified hierarchy of control groups\n",
                      stderr);
}

static int resolve(const struct service_request *q, const struct pass *pass,
                   struct service_drop_in *d)
{
        struct nodeset nodes = { 0 };
        int r = 0;

        d->asked_policy = d->policy = q->policy;
        d->confine = q->confine;
        if (!q->tiers)
                return 0;
        d->tiers = strdup(q->tiers);
        if (!d->tiers)
                return cli_error(-ENOMEM, q->unit), -ENOMEM;
        r = find_nodes(pass->view, q->tiers, &nodes);
        if (r < 0)
                return r;
        if (d->confine)
                d->allowed = nodes;
        if (service_policy_has_nodes(q->policy))
                d->mask = nodes;
        if (q->policy == SERVICE_PREFERRED)
                r = prefer_one(pass->view, q->tiers, &nodes, &d->mask);
        if (r == 0)
                warn_of_limits(pass->view, d, &nodes);
        if (r == 0 && d->confine)
                warn_of_cgroups(pass);
        return r;
}

int service_request_resolve(const struct service_request *q, const struct pass *pass,
                            struct service_drop_in **ret)
{
        _cleanup_(service_drop_in_freep) struct service_drop_in *d = calloc(1, sizeof(*d));
        int r;

        if (!d)
                return cli_error(-ENOMEM, q->unit), -ENOMEM;
        r = resolve(q, pass, d);
        if (r == 0)
                *ret = TAKE_PTR(d);
        return r;
}
