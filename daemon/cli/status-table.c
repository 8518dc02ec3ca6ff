/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/status-table.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <strings.h>

#include "cli/rows.h"

static const struct column all_columns[] = {
        [STATUS_TIER] = { "TIER", COLUMN_TREE },
        [STATUS_NOW] = { "NOW", COLUMN_RIGHT },
        [STATUS_WANTED] = { "WANTED", COLUMN_RIGHT },
        [STATUS_ORIGINAL] = { "ORIGINAL", COLUMN_RIGHT },
        [STATUS_ADISTANCE] = { "ADISTANCE", COLUMN_RIGHT },
        [STATUS_LATENCY] = { "LATENCY", COLUMN_RIGHT },
        [STATUS_BANDWIDTH] = { "BANDWIDTH", COLUMN_RIGHT },
        [STATUS_SOURCE] = { "SOURCE", COLUMN_TEXT },
        [STATUS_SIZE] = { "SIZE", COLUMN_RIGHT },
        [STATUS_FREE] = { "FREE", COLUMN_RIGHT },
        [STATUS_USED] = { "USE%", COLUMN_RIGHT },
        [STATUS_TARGET] = { "TARGET", COLUMN_RIGHT },
        [STATUS_WEIGHT] = { "WEIGHT", COLUMN_RIGHT },
        [STATUS_DEVICE] = { "DEVICE", COLUMN_TEXT },
        [STATUS_REASON] = { "REASON", COLUMN_TEXT },
};
static_assert(ELEMENTSOF(all_columns) == STATUS_COLUMNS, "a heading for each column");

/* With short names of devices, 80 columns of a terminal hold them. */
static const enum status_column usual_columns[] = {
        STATUS_TIER, STATUS_NOW,  STATUS_WANTED, STATUS_LATENCY, STATUS_BANDWIDTH,
        STATUS_SIZE, STATUS_FREE, STATUS_TARGET, STATUS_DEVICE,
};

const char *status_mark_text(enum status_mark m)
{
        static const char *const texts[] = {
                [MARK_UNKNOWN] = "\"?\": cannot be known now.",
                [MARK_MULTIPLE] = "\"1x\": a multiple of the baseline's latency; no source has it "
                                  "in ns.",
                [MARK_GUESS] = "\"~\": placed by the distance table (SLIT) alone, which is a "
                               "guess.",
                [MARK_SLIT_ONLY] = "\"(SLIT only)\": placed by the distance table alone, which is "
                                   "a guess.",
                [MARK_REMEMBERED] = "\"(remembered)\": the kernel showed it earlier in this boot, "
                                    "and does not show it now.",
                [MARK_KEPT] = "\"(kept)\": cannot be read now; the value is of an earlier pass.",
        };

        static_assert(ELEMENTSOF(texts) == MARKS, "a text for each mark");
        return texts[m];
}

static void complain(const char *name, size_t length)
{
        fprintf(stderr, "numatier: unknown column \"%.*s\"; expected some of ", (int)length, name);
        for (size_t i = 0; i < STATUS_COLUMNS; i++)
                fprintf(stderr, "%s%s", i > 0 ? ", " : "", all_columns[i].name);
        fputs("\n", stderr);
}

static int add_column(struct status_columns *columns, const char *name, size_t length)
{
        for (size_t i = 0; i < STATUS_COLUMNS; i++)
                if (strlen(all_columns[i].name) == length &&
                    strncasecmp(all_columns[i].name, name, length) == 0) {
                        if (columns->n == STATUS_COLUMNS_MAX)
                                return -E2BIG;
                        columns->items[columns->n++] = (enum status_column)i;
                        return 0;
                }
        complain(name, length);
        return -EINVAL;
}

int status_columns_parse(const char *list, struct status_columns *ret)
{
        ret->n = 0;
        if (!list || *list == '+')
                for (size_t i = 0; i < ELEMENTSOF(usual_columns); i++)
                        ret->items[ret->n++] = usual_columns[i];
        if (!list)
                return 0;
        list += *list == '+';
        for (;;) {
                size_t length = strcspn(list, ",");
                int r = add_column(ret, list, length);

                if (r == -E2BIG) {
                        fprintf(stderr, "numatier: expected at most %d columns\n",
                                STATUS_COLUMNS_MAX);
                        r = -EINVAL;
                }
                if (r < 0 || list[length] == '\0')
                        return r;
                list += length + 1;
        }
}

/* A table being filled. */
struct filling {
        const struct view *v;
        const struct status_columns *columns;
        bool bytes;
        bool *marks;
};

static void mark(struct filling *f, enum status_mark m)
{
        f->marks[m] = true;
}

static void set_unknown(struct filling *f, struct libscols_line *line, size_t i)
{
        table_set_text(line, i, "?");
        mark(f, MARK_UNKNOWN);
}

static void set_size(struct filling *f, struct libscols_line *line, size_t i,
                     struct view_number kib)
{
        char buf[UNIT_STRING_MAX];

        if (!kib.known)
                set_unknown(f, line, i);
        else if (f->bytes)
                table_set(line, i, "%" PRIu64, (uint64_t)kib.value << 10);
        else
                table_set_text(line, i, format_size((uint64_t)kib.value, buf));
}

static void set_used(struct filling *f, struct libscols_line *line, size_t i,
                     struct view_number size, struct view_number free_kib)
{
        if (!size.known || !free_kib.known)
                set_unknown(f, line, i);
        else if (size.value > 0)
                table_set(line, i, "%.0f%%",
                          100.0 * (double)(size.value - free_kib.value) / (double)size.value);
}

static void set_value(struct filling *f, struct libscols_line *line, size_t i,
                      const struct view_value *v, bool is_latency)
{
        double value = v->multiple.known ? v->multiple.value : v->value.value;
        char buf[UNIT_STRING_MAX];

        if (v->multiple.known || v->value.known)
                table_set_text(line, i, format_value_of(value, v->multiple.known, is_latency, buf));
        if (v->multiple.known)
                mark(f, MARK_MULTIPLE);
}

/* A guess has only a latency. */
static void set_latency(struct filling *f, struct libscols_line *line, size_t i,
                        const struct view_node *n)
{
        const char *text;

        set_value(f, line, i, &n->latency, true);
        text = n->by_slit_alone ? table_get_text(line, i) : NULL;
        if (!text)
                return;
        table_set(line, i, "~%s", text);
        mark(f, MARK_GUESS);
}

/* "hmat", "hmat, slit", "hmat (remembered)", "slit (SLIT only)" */
static void set_source(struct filling *f, struct libscols_line *line, size_t i,
                       const struct view_node *n)
{
        const char *first = n->latency.source ?: n->bandwidth.source, *second = NULL;
        const char *text = "";

        if (!first)
                return;
        if (n->bandwidth.source && !streq(n->bandwidth.source, first))
                second = n->bandwidth.source;
        if (n->latency.kept || n->bandwidth.kept) {
                text = " (kept)";
                mark(f, MARK_KEPT);
        } else if (n->latency.remembered || n->bandwidth.remembered) {
                text = " (remembered)";
                mark(f, MARK_REMEMBERED);
        } else if (n->by_slit_alone) {
                text = " (SLIT only)";
                mark(f, MARK_SLIT_ONLY);
        }
        table_set(line, i, "%s%s%s%s", first, second ? ", " : "", second ?: "", text);
}

/* A kernel without tiers demotes nothing by them. */
static void set_target(struct filling *f, struct libscols_line *line, size_t i,
                       const struct view_node *n)
{
        char buf[NODESET_STRING_MAX];

        if (n->targets.known)
                table_set_text(line, i, nodeset_format(&n->targets.nodes, buf));
        else if (f->v->has_tiers)
                set_unknown(f, line, i);
}

static bool is_out_of_place(const struct view_node *n)
{
        return n->wanted_tier.known && n->present_tier.known &&
               n->wanted_tier.value != n->present_tier.value;
}

static void set_now(struct filling *f, struct libscols_line *line, size_t i,
                    const struct view_node *n)
{
        if (n->present_tier.known)
                table_set_number(line, i, n->present_tier);
        else
                set_unknown(f, line, i);
        if (is_out_of_place(n))
                table_set_colour(line, i, "yellow");
}

static void set_wanted(struct libscols_line *line, size_t i, const struct view_node *n)
{
        table_set_number(line, i, n->wanted_tier);
        if (is_out_of_place(n))
                table_set_colour(line, i, "green");
}

static void set_device(struct libscols_line *line, size_t i, const struct view_node *n)
{
        if (n->drained.known && n->drained.value)
                table_set(line, i, "%s (drained)", n->devices);
        else
                table_set_text(line, i, n->devices);
}

static void set_cell(struct filling *f, struct libscols_line *line, size_t i,
                     const struct view_node *n)
{
        switch (f->columns->items[i]) {
        case STATUS_NOW:
                set_now(f, line, i, n);
                break;
        case STATUS_WANTED:
                set_wanted(line, i, n);
                break;
        case STATUS_ORIGINAL:
                table_set_number(line, i, n->original_tier);
                break;
        case STATUS_ADISTANCE:
                table_set_number(line, i, n->adistance);
                break;
        case STATUS_LATENCY:
                set_latency(f, line, i, n);
                break;
        case STATUS_BANDWIDTH:
                set_value(f, line, i, &n->bandwidth, false);
                break;
        case STATUS_SOURCE:
                set_source(f, line, i, n);
                break;
        case STATUS_SIZE:
                set_size(f, line, i, n->size_kib);
                break;
        case STATUS_FREE:
                set_size(f, line, i, n->free_kib);
                break;
        case STATUS_USED:
                set_used(f, line, i, n->size_kib, n->free_kib);
                break;
        case STATUS_TARGET:
                set_target(f, line, i, n);
                break;
        case STATUS_WEIGHT:
                table_set_number(line, i, n->weight);
                break;
        case STATUS_DEVICE:
                set_device(line, i, n);
                break;
        case STATUS_TIER:
        case STATUS_REASON:
        case STATUS_COLUMNS:
                break; /* every node has them */
        }
}

/* "1 GiB offline", "drained", "no memory" */
static void set_absent(struct libscols_line *line, size_t i, const struct view_node *n)
{
        bool offline = n->offline_kib.known && n->offline_kib.value > 0;
        bool drained = n->drained.known && n->drained.value;
        char buf[UNIT_STRING_MAX];

        if (offline)
                table_set(line, i, "%s %s", format_size((uint64_t)n->offline_kib.value, buf),
                          drained ? "drained" : "offline");
        else
                table_set_text(line, i, drained ? "drained" : "no memory");
}

static void add_node(struct filling *f, struct libscols_line *line, const struct view_node *n)
{
        for (size_t i = 0; i < f->columns->n; i++) {
                enum status_column column = f->columns->items[i];

                if (column == STATUS_TIER)
                        table_set(line, i, "node %u%s", n->node, n->has_cpu ? " (CPUs)" : "");
                else if (column == STATUS_REASON)
                        table_set_text(line, i, n->reason);
                else if (n->has_memory)
                        set_cell(f, line, i, n);
                else if (column == STATUS_DEVICE)
                        set_absent(line, i, n);
        }
}

/* name NULL: below it are nodes that are left to Linux. */
static struct libscols_line *add_heading(struct filling *f, struct libscols_table *t,
                                         const struct view_tier *tier)
{
        struct libscols_line *line = table_add(t, NULL);

        for (size_t i = 0; i < f->columns->n; i++) {
                enum status_column column = f->columns->items[i];

                if (column == STATUS_TIER)
                        table_set_text(line, i, tier ? tier->name : "left to Linux");
                else if (tier && column == STATUS_WANTED)
                        table_set_number(line, i, tier->wanted_tier);
                else if (tier && column == STATUS_SIZE)
                        set_size(f, line, i, tier->size_kib);
                else if (tier && column == STATUS_FREE)
                        set_size(f, line, i, tier->free_kib);
                else if (tier && column == STATUS_USED)
                        set_used(f, line, i, tier->size_kib, tier->free_kib);
        }
        return line;
}

/* Only those that are to be shown are among the view's nodes. */
static void add_tier(struct filling *f, struct libscols_table *t, const struct view_tier *tier)
{
        struct libscols_line *heading = NULL;

        nodeset_foreach (id, &tier->nodes) {
                const struct view_node *n = view_get_node(f->v, id);

                if (!n)
                        continue;
                heading = heading ?: add_heading(f, t, tier);
                add_node(f, table_add(t, heading), n);
        }
}

static void add_rest(struct filling *f, struct libscols_table *t)
{
        struct libscols_line *heading = NULL;

        for (size_t i = 0; i < f->v->n_nodes; i++) {
                if (f->v->nodes[i].tier)
                        continue;
                heading = heading ?: add_heading(f, t, NULL);
                add_node(f, table_add(t, heading), &f->v->nodes[i]);
        }
}

static struct libscols_table *make_table(const struct status_columns *columns)
{
        struct column headings[STATUS_COLUMNS_MAX];

        for (size_t i = 0; i < columns->n; i++)
                headings[i] = all_columns[columns->items[i]];
        return table_new(headings, columns->n);
}

/* Without the tiers that have no nodes: they describe the policy, not the machine. */
int status_table_print(const struct view *v, const struct status_columns *columns, bool bytes,
                       bool legend, bool marks[static MARKS])
{
        _cleanup_(table_freep) struct libscols_table *t = make_table(columns);
        struct filling f = { .v = v, .columns = columns, .bytes = bytes, .marks = marks };

        if (!t)
                return -ENOMEM;
        for (size_t i = 0; i < v->n_tiers; i++)
                add_tier(&f, t, &v->tiers[i]);
        add_rest(&f, t);
        return table_print(t, legend);
}
