/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/usage-table.h"

#include <errno.h>
#include <inttypes.h>

#include "base/text.h"
#include "base/units.h"
#include "cli/output.h"

/* "name" and so on, and a column for each tier */
#define FIXED_COLUMNS 8

/* Names may hold anything: they are escaped here, since libsmartcols would escape the \ in
 * "dev-disk-by\x2duuid.swap", too. */
static void set_name(struct libscols_line *line, size_t i, const char *name)
{
        _cleanup_(freep) char *text = text_escape(name ?: "?");

        table_set_text(line, i, text);
}

static const char *format_bytes(uint64_t bytes, bool exact, char buf[static UNIT_STRING_MAX])
{
        if (!exact)
                return format_size((bytes + 512) >> 10, buf);
        snprintf(buf, UNIT_STRING_MAX, "%" PRIu64, bytes);
        return buf;
}

static void set_bytes(const struct usage_table *t, struct libscols_line *line, size_t i,
                      uint64_t bytes)
{
        char buf[UNIT_STRING_MAX];

        table_set_text(line, i, format_bytes(bytes, t->bytes, buf));
}

static void set_share(struct libscols_line *line, size_t i, uint64_t part, uint64_t all)
{
        if (all > 0)
                table_set(line, i, "%.0f%%", 100.0 * (double)part / (double)all);
}

/* Which columns a list has. */
struct layout {
        struct column columns[FIXED_COLUMNS];
        struct column *all;
        unsigned *tiers; /* of each column of a tier, its index */
        size_t n, n_tiers;
        bool has_pid, has_kernel;
};

static bool has_column(const struct usage_table *t, const struct usage_list *l, unsigned tier)
{
        if (usage_amount_sum(&l->sum->tiers[tier]) > 0)
                return true;
        return tier < t->v->n_tiers && nodeset_count(&t->v->tiers[tier].nodes) > 0;
}

static void add_column(struct layout *y, const char *name, enum column_type type)
{
        y->all[y->n++] = (struct column){ name, type };
}

static void layout_done(struct layout *y)
{
        free(y->all);
        free(y->tiers);
}

static int make_layout(const struct usage_table *t, const struct usage_list *l, struct layout *y)
{
        y->all = calloc(t->tiers->n + 1 + FIXED_COLUMNS, sizeof(*y->all));
        y->tiers = calloc(t->tiers->n + 1, sizeof(*y->tiers));
        if (!y->all || !y->tiers)
                return -ENOMEM;
        y->has_pid = l->n > 0 && !l->users[0]->cgroup;
        y->has_kernel = l->has_kernel;
        add_column(y, "NAME", COLUMN_TEXT);
        if (y->has_pid)
                add_column(y, "PID", COLUMN_RIGHT);
        for (unsigned i = 0; i <= t->tiers->n; i++) {
                if (!has_column(t, l, i))
                        continue;
                add_column(y, view_get_usage_tier(t->v, i) ?: "NO TIER", COLUMN_RIGHT);
                y->tiers[y->n_tiers++] = i;
        }
        add_column(y, "SLOW", COLUMN_RIGHT);
        add_column(y, "TOTAL", COLUMN_RIGHT);
        add_column(y, "ANON", COLUMN_RIGHT);
        add_column(y, "FILE", COLUMN_RIGHT);
        if (y->has_kernel)
                add_column(y, "KERNEL", COLUMN_RIGHT);
        return 0;
}

static void add_user(const struct usage_table *t, const struct layout *y,
                     const struct usage_user *u, struct libscols_line *line)
{
        size_t i = 0;

        set_name(line, i++, u->name);
        if (y->has_pid)
                table_set(line, i++, "%ld", (long)u->pid);
        for (size_t k = 0; k < y->n_tiers; k++)
                set_bytes(t, line, i++, usage_amount_sum(&u->tiers[y->tiers[k]]));
        set_share(line, i++, u->slow, u->total);
        set_bytes(t, line, i++, u->total);
        set_bytes(t, line, i++, u->amount.anon);
        set_bytes(t, line, i++, u->amount.file);
        if (y->has_kernel)
                set_bytes(t, line, i++, u->amount.kernel);
}

int usage_table_print_list(const struct usage_table *t, const struct usage_list *l)
{
        _cleanup_(table_freep) struct libscols_table *table = NULL;
        struct layout y = { 0 };
        int r = make_layout(t, l, &y);

        if (r == 0)
                table = table_new(y.all, y.n);
        if (table)
                (void)scols_table_enable_noencoding(table, 1);
        for (size_t i = 0; table && i < l->n; i++)
                add_user(t, &y, l->users[i], table_add(table, NULL));
        layout_done(&y);
        return table ? table_print(table, t->legend) : -ENOMEM;
}

static void add_part(const struct usage_table *t, const struct view_bytes *b,
                     struct libscols_line *line)
{
        set_bytes(t, line, 1, b->bytes);
        if (b->share.known)
                table_set(line, 2, "%.0f%%", b->share.value);
        set_bytes(t, line, 3, b->anon_bytes);
        set_bytes(t, line, 4, b->file_bytes);
        if (b->kernel_bytes.known)
                set_bytes(t, line, 5, (uint64_t)b->kernel_bytes.value);
}

/* Rows of nodes follow those of tiers in the same order. */
static void add_nodes(const struct usage_table *t, const struct view_usage *u, const char *tier,
                      struct libscols_table *table, struct libscols_line *parent)
{
        for (size_t i = 0; i < u->n_nodes; i++) {
                struct libscols_line *line;

                if (!streq(u->nodes[i].tier ?: "", tier ?: ""))
                        continue;
                line = table_add(table, parent);
                table_set(line, 0, "node %u", (unsigned)u->nodes[i].node.value);
                add_part(t, &u->nodes[i].part, line);
        }
}

int usage_table_print_one(const struct usage_table *t, const struct view_usage *u)
{
        static const struct column columns[] = {
                { "TIER", COLUMN_TREE },  { "TOTAL", COLUMN_RIGHT }, { "SHARE", COLUMN_RIGHT },
                { "ANON", COLUMN_RIGHT }, { "FILE", COLUMN_RIGHT },  { "KERNEL", COLUMN_RIGHT },
        };
        bool has_kernel = u->users[0].all.kernel_bytes.known;
        _cleanup_(table_freep) struct libscols_table *table =
                table_new(columns, ELEMENTSOF(columns) - !has_kernel);

        for (size_t i = 0; i < u->n_tiers; i++) {
                struct libscols_line *line = table_add(table, NULL);

                table_set_text(line, 0, u->tiers[i].tier ?: "no tier");
                add_part(t, &u->tiers[i].part, line);
                add_nodes(t, u, u->tiers[i].tier, table, line);
        }
        return table_print(table, t->legend);
}

static bool any_slow(const struct usage_table *t)
{
        for (unsigned i = t->tiers->first_slow; i < t->tiers->n; i++)
                if (nodeset_count(&t->v->tiers[i].nodes) > 0)
                        return true;
        return false;
}

/* "The first 20 of 57 units (--all: all of them)" */
static void print_count(const struct usage_list *l)
{
        const char *noun = l->n_found == 1    ? l->users_overlap ? "process" : "unit"
                           : l->users_overlap ? "processes"
                                              : "units";

        if (l->n < l->n_found)
                printf("The first %zu of %zu %s (--all: all of them)", l->n, l->n_found, noun);
        else
                printf("%zu %s", l->n_found, noun);
}

void usage_print_sum(const struct usage_table *t, const struct usage_list *l)
{
        char total[UNIT_STRING_MAX], slow[UNIT_STRING_MAX];

        print_count(l);
        if (!l->users_overlap)
                printf(", with %s in all", format_bytes(l->sum->total, t->bytes, total));
        if (!any_slow(t))
                puts("; no node is in a slow tier.");
        else if (!l->users_overlap)
                printf("; in slow tiers: %s.\n", format_bytes(l->sum->slow, t->bytes, slow));
        else
                puts("; what they share is counted for each of them.");
}
