/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "view/usage.h"

#include <errno.h>

/* Fields: what scripts rely on (numatier(1), JSON). */

#define USER_FIELDS(row)                                                                           \
        VIEW_FIELD("name", row, name), VIEW_FIELD("cgroup", row, cgroup),                          \
                VIEW_FIELD("pid", row, pid)

#define BYTES_FIELDS(row, member)                                                                  \
        VIEW_FIELD("bytes", row, member.bytes), VIEW_FIELD("anon_bytes", row, member.anon_bytes),  \
                VIEW_FIELD("file_bytes", row, member.file_bytes),                                  \
                VIEW_FIELD("kernel_bytes", row, member.kernel_bytes)

static const struct view_field user_fields[] = {
        USER_FIELDS(view_user),
        BYTES_FIELDS(view_user, all),
        VIEW_FIELD("slow_bytes", view_user, slow_bytes),
        VIEW_FIELD("slow_percent", view_user, all.share),
};

static const struct view_field tier_fields[] = {
        USER_FIELDS(view_user_part),
        VIEW_FIELD("tier", view_user_part, tier),
        VIEW_FIELD("slow", view_user_part, slow),
        BYTES_FIELDS(view_user_part, part),
        VIEW_FIELD("percent", view_user_part, part.share),
};

static const struct view_field node_fields[] = {
        VIEW_FIELD("node", view_user_part, node),          VIEW_FIELD("tier", view_user_part, tier),
        VIEW_FIELD("slow", view_user_part, slow),          BYTES_FIELDS(view_user_part, part),
        VIEW_FIELD("percent", view_user_part, part.share),
};

static const struct view_field sum_fields[] = {
        VIEW_FIELD("users", view_user_sum, users),
        BYTES_FIELDS(view_user_sum, all),
        VIEW_FIELD("slow_bytes", view_user_sum, slow_bytes),
        VIEW_FIELD("slow_percent", view_user_sum, all.share),
};

static bool has_baseline(const struct view *v, const struct view_tier *t)
{
        nodeset_foreach (id, &t->nodes) {
                const struct view_node *n = view_get_node(v, id);

                if (n && n->is_baseline)
                        return true;
        }
        return false;
}

void view_get_usage_tiers(const struct view *v, struct usage_tiers *ret)
{
        *ret = (struct usage_tiers){ .n = (unsigned)v->n_tiers,
                                     .first_slow = (unsigned)v->n_tiers };
        for (unsigned node = 0; node < NODE_MAX; node++)
                ret->of_node[node] = ret->n;
        for (unsigned i = 0; i < ret->n; i++) {
                nodeset_foreach (node, &v->tiers[i].nodes)
                        ret->of_node[node] = i;
                if (has_baseline(v, &v->tiers[i]))
                        ret->first_slow = i + 1;
        }
}

const char *view_get_usage_tier(const struct view *v, unsigned tier)
{
        return tier < v->n_tiers ? v->tiers[tier].name : NULL;
}

static struct view_real share_of(uint64_t part, uint64_t all)
{
        return (struct view_real){ all > 0, all > 0 ? 100.0 * (double)part / (double)all : 0 };
}

static struct view_bytes make_bytes(const struct usage_amount *a, bool has_kernel, uint64_t share,
                                    uint64_t all)
{
        return (struct view_bytes){
                .bytes = usage_amount_sum(a),
                .anon_bytes = a->anon,
                .file_bytes = a->file,
                .kernel_bytes = { has_kernel, has_kernel ? (int64_t)a->kernel : 0 },
                .share = share_of(share, all),
        };
}

static void make_user(const struct usage_user *u, bool has_kernel, struct view_user *ret)
{
        *ret = (struct view_user){
                .name = u->name,
                .cgroup = u->cgroup,
                .pid = { u->pid > 0, u->pid },
                .slow_bytes = u->slow,
                .all = make_bytes(&u->amount, has_kernel, u->slow, u->total),
        };
}

struct making {
        const struct view *v;
        const struct usage_tiers *tiers;
        bool has_kernel;
};

static struct view_user_part make_part(const struct making *m, const struct usage_user *u,
                                       unsigned tier, const struct usage_amount *a)
{
        return (struct view_user_part){
                .name = u->name,
                .cgroup = u->cgroup,
                .pid = { u->pid > 0, u->pid },
                .tier = view_get_usage_tier(m->v, tier),
                .slow = tier >= m->tiers->first_slow && tier < m->tiers->n,
                .part = make_bytes(a, m->has_kernel, usage_amount_sum(a), u->total),
        };
}

static bool has_something(const struct usage_user *u, unsigned tier)
{
        return usage_amount_sum(&u->tiers[tier]) > 0;
}

/* Tiers with nodes are shown, also if the one user has nothing there. */
static bool is_shown(const struct making *m, const struct usage_user *u, unsigned tier, bool one)
{
        return has_something(u, tier) ||
               (one && tier < m->v->n_tiers && nodeset_count(&m->v->tiers[tier].nodes) > 0);
}

/* ret NULL: only counts them. */
static size_t make_tiers(const struct making *m, const struct usage_user *u, bool one,
                         struct view_user_part *ret)
{
        size_t n = 0;

        for (unsigned i = 0; i <= m->tiers->n; i++) {
                if (!is_shown(m, u, i, one))
                        continue;
                if (ret)
                        ret[n] = make_part(m, u, i, &u->tiers[i]);
                n++;
        }
        return n;
}

static int make_list(const struct making *m, const struct usage_list *l, struct view_usage *u)
{
        size_t n = 0;

        for (size_t i = 0; i < l->n; i++)
                n += make_tiers(m, l->users[i], false, NULL);
        u->users = calloc(l->n ?: 1, sizeof(*u->users));
        u->tiers = calloc(n ?: 1, sizeof(*u->tiers));
        if (!u->users || !u->tiers)
                return -ENOMEM;
        for (size_t i = 0; i < l->n; i++) {
                make_user(l->users[i], l->has_kernel, &u->users[u->n_users++]);
                u->n_tiers += make_tiers(m, l->users[i], false, u->tiers + u->n_tiers);
        }
        u->sum = (struct view_user_sum){
                .users = l->n_found,
                .slow_bytes = l->sum->slow,
                .all = make_bytes(&l->sum->amount, l->has_kernel, l->sum->slow, l->sum->total),
        };
        u->is_list = true;
        u->users_overlap = l->users_overlap;
        return 0;
}

int view_usage_new(const struct view *v, const struct usage_tiers *tiers,
                   const struct usage_list *l, struct view_usage **ret)
{
        _cleanup_(view_usage_freep) struct view_usage *u = calloc(1, sizeof(*u));
        struct making m = { v, tiers, l->has_kernel };
        int r = u ? make_list(&m, l, u) : -ENOMEM;

        if (r == 0)
                *ret = TAKE_PTR(u);
        return r;
}

static bool has_memory(const struct view *v, unsigned node)
{
        const struct view_node *n = view_get_node(v, node);

        return n && n->has_memory;
}

/* Those with memory, whether the user has something there or not; and those that are gone. */
static struct nodeset find_nodes(const struct view *v, const struct usage_nodes *nodes)
{
        struct nodeset found = nodes->nodes;

        for (size_t i = 0; i < v->n_nodes; i++)
                if (has_memory(v, v->nodes[i].node))
                        nodeset_add(&found, v->nodes[i].node);
        return found;
}

static void make_nodes(const struct making *m, const struct usage_user *u,
                       const struct usage_nodes *nodes, const struct nodeset *shown,
                       struct view_usage *ret)
{
        for (unsigned tier = 0; tier <= m->tiers->n; tier++) {
                nodeset_foreach (node, shown) {
                        struct usage_amount a = { 0 };

                        if (m->tiers->of_node[node] != tier)
                                continue;
                        if (nodeset_has(&nodes->nodes, node))
                                a = nodes->amounts[node];
                        ret->nodes[ret->n_nodes] = make_part(m, u, tier, &a);
                        ret->nodes[ret->n_nodes++].node = (struct view_number){ true, node };
                }
        }
}

int view_usage_new_one(const struct view *v, const struct usage_tiers *tiers,
                       const struct usage_user *user, const struct usage_nodes *nodes,
                       struct view_usage **ret)
{
        _cleanup_(view_usage_freep) struct view_usage *u = calloc(1, sizeof(*u));
        struct making m = { v, tiers, nodes->has_kernel };
        struct nodeset shown = find_nodes(v, nodes);

        if (!u)
                return -ENOMEM;
        u->users = calloc(1, sizeof(*u->users));
        u->tiers = calloc(tiers->n + 1, sizeof(*u->tiers));
        u->nodes = calloc(nodeset_count(&shown) ?: 1, sizeof(*u->nodes));
        if (!u->users || !u->tiers || !u->nodes)
                return -ENOMEM;
        make_user(user, nodes->has_kernel, &u->users[u->n_users++]);
        u->n_tiers = make_tiers(&m, user, true, u->tiers);
        make_nodes(&m, user, nodes, &shown, u);
        *ret = TAKE_PTR(u);
        return 0;
}

struct view_usage *view_usage_free(struct view_usage *u)
{
        if (!u)
                return NULL;
        free(u->users);
        free(u->tiers);
        free(u->nodes);
        free(u);
        return NULL;
}

#define TABLE(table_name, fields_of, rows_of, n_of)                                                \
        (struct view_table)                                                                        \
        {                                                                                          \
                .name = (table_name), .fields = (fields_of), .n_fields = ELEMENTSOF(fields_of),    \
                .rows = (rows_of), .n_rows = (n_of), .row_size = sizeof(*(rows_of)),               \
        }

size_t view_usage_get_tables(const struct view_usage *u,
                             struct view_table ret[static VIEW_USAGE_TABLES])
{
        ret[0] = TABLE("users", user_fields, u->users, u->n_users);
        ret[1] = TABLE("tiers", tier_fields, u->tiers, u->n_tiers);
        ret[2] = TABLE("nodes", node_fields, u->nodes, u->n_nodes);
        if (u->is_list && u->users_overlap)
                return 2;
        if (u->is_list) {
                ret[2] = TABLE("sum", sum_fields, &u->sum, 1);
                ret[2].single = true;
        }
        return VIEW_USAGE_TABLES;
}
