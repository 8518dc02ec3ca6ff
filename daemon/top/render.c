/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "top/render.h"

#include <inttypes.h>

#include "base/units.h"

#define NAME_WIDTH      14
#define NUMBER_WIDTH    4
#define KIB_WIDTH       9
#define RATE_WIDTH      9
#define BAR_WIDTH_MAX   60
#define BAR_WIDTH_MIN   4
#define BAR_TEXT_WIDTH  29 /* "  512 MiB free of 1.5 TiB" */
#define SPARK_WIDTH_MAX 120
#define HEIGHT_OF_HEAD  8 /* a terminal of fewer lines has no room for rates */
#define NUMBER_MAX      32

/* Texts */

static const char *format_kib(struct view_number n, char buf[static UNIT_STRING_MAX])
{
        return n.known ? format_size((uint64_t)n.value, buf) : strcpy(buf, "?");
}

/* "0", "12", "3.4k", "27M": pages per second; "-" is not known. */
static const char *format_rate(struct view_real rate, char buf[static NUMBER_MAX])
{
        static const char units[] = " kMGT";
        double value = rate.value;
        size_t i = 0;

        if (!rate.known)
                return strcpy(buf, "-");
        for (; value >= 999.5 && i + 2 < sizeof(units); i++)
                value /= 1000;
        if (i == 0)
                snprintf(buf, NUMBER_MAX, value > 0 && value < 9.95 ? "%.1f" : "%.0f", value);
        else
                snprintf(buf, NUMBER_MAX, value < 9.95 ? "%.1f%c" : "%.0f%c", value, units[i]);
        return buf;
}

static const char *format_tier(struct view_number tier, const char *unknown,
                               char buf[static NUMBER_MAX])
{
        if (tier.known)
                snprintf(buf, NUMBER_MAX, "%" PRId64, tier.value);
        else
                strcpy(buf, unknown);
        return buf;
}

static const char *format_seconds(uint64_t usec, char buf[static NUMBER_MAX])
{
        snprintf(buf, NUMBER_MAX, "%.10g s", (double)usec / 1e6);
        return buf;
}

/* Bars */

struct part {
        wchar_t wide, narrow;
        enum attribute attribute;
        const char *name;
};

enum {
        PART_ANON,
        PART_FILE,
        PART_OTHER,
        PART_FREE,
        PARTS
};

static const struct part parts[PARTS] = {
        [PART_ANON] = { L'█', L'#', ATTRIBUTE_GREEN, "anonymous" },
        [PART_FILE] = { L'▓', L'=', ATTRIBUTE_BLUE, "file" },
        [PART_OTHER] = { L'▒', L'-', ATTRIBUTE_YELLOW, "other" },
        [PART_FREE] = { L'·', L'.', ATTRIBUTE_DIM, "free" },
};

static wchar_t character_of(const struct model *m, const struct part *p)
{
        return m->wide ? p->wide : p->narrow;
}

static bool has_parts(const struct memory *m)
{
        return m->file_kib.known && m->anon_kib.known;
}

static int64_t limit(int64_t value, int64_t max)
{
        return value < max ? value : max;
}

/* Where each part ends, with all that are before it. The counts are read while they change: their
 * sum may exceed what is used, and no part goes beyond it. */
static void find_ends(const struct memory *m, int64_t ends[static PARTS])
{
        const int64_t size = m->size_kib.value, used = size - limit(m->free_kib.value, size);
        const int64_t anon = has_parts(m) ? limit(m->anon_kib.value, used) : 0;

        ends[PART_ANON] = anon;
        ends[PART_FILE] = has_parts(m) ? anon + limit(m->file_kib.value, used - anon) : anon;
        ends[PART_OTHER] = used;
        ends[PART_FREE] = size;
}

/* Memory that is used, and not known for what, is drawn with question marks. */
static void print_parts(struct frame *f, const struct model *m, const struct memory *memory,
                        size_t width)
{
        int64_t ends[PARTS];
        size_t at = 0;

        find_ends(memory, ends);
        for (size_t i = 0; i < PARTS; i++) {
                const double share = (double)ends[i] / (double)memory->size_kib.value;
                const size_t end = (size_t)(share * (double)width + 0.5);
                const bool known = has_parts(memory) || i == PART_FREE;

                for (; at < end; at++)
                        frame_put(f, parts[i].attribute, known ? character_of(m, &parts[i]) : L'?');
        }
}

static void print_bar(struct frame *f, const struct model *m, const struct memory *memory,
                      size_t width)
{
        frame_put(f, ATTRIBUTE_BOLD, L'[');
        if (memory->size_kib.known && memory->size_kib.value > 0 && memory->free_kib.known)
                print_parts(f, m, memory, width);
        else
                frame_print_in(f, ATTRIBUTE_DIM, (int)width, "?");
        frame_put(f, ATTRIBUTE_BOLD, L']');
}

static size_t bar_width(size_t width)
{
        const size_t others = NAME_WIDTH + 2 + BAR_TEXT_WIDTH;

        if (width < others + BAR_WIDTH_MIN)
                return BAR_WIDTH_MIN;
        return width - others < BAR_WIDTH_MAX ? width - others : BAR_WIDTH_MAX;
}

static void print_tiers(struct frame *f, const struct model *m)
{
        char size[UNIT_STRING_MAX], free_size[UNIT_STRING_MAX];

        for (size_t i = 0; i < m->now->n_tiers; i++) {
                const struct top_tier *t = &m->now->tiers[i];

                frame_begin_line(f);
                frame_print_in(f, ATTRIBUTE_BOLD, NAME_WIDTH, t->name ?: "left to Linux");
                print_bar(f, m, &t->memory, bar_width(f->width));
                frame_print(f, ATTRIBUTE_NORMAL, " %s free of %s",
                            format_kib(t->memory.free_kib, free_size),
                            format_kib(t->memory.size_kib, size));
        }
        frame_begin_line(f);
        frame_print_in(f, ATTRIBUTE_NORMAL, NAME_WIDTH, "");
        for (size_t i = 0; i < PARTS; i++) {
                frame_put(f, parts[i].attribute, character_of(m, &parts[i]));
                frame_print(f, ATTRIBUTE_DIM, " %s  ", parts[i].name);
        }
}

/* Sparklines */

static double find_maximum(const struct history *h, size_t n)
{
        double max = 0;

        for (size_t i = 0; i < n; i++) {
                const struct view_real rate = history_get(h, i);

                if (rate.known && rate.value > max)
                        max = rate.value;
        }
        return max;
}

/* The newest at the right. 0 is the lowest block, unknown is a gap. */
static void print_spark(struct frame *f, const struct model *m, const struct history *h,
                        enum attribute a, size_t n)
{
        static const wchar_t wide[] = L"▁▂▃▄▅▆▇█", narrow[] = L"_.:-=+*#";
        const size_t levels = ELEMENTSOF(wide) - 1;
        const double max = find_maximum(h, n);

        for (size_t i = n; i > 0; i--) {
                const struct view_real rate = history_get(h, i - 1);
                size_t level =
                        max > 0 ? (size_t)(rate.value / max * (double)(levels - 1) + 0.5) : 0;

                level += level == 0 && rate.value > 0; /* little is not nothing */
                frame_put(f, a, !rate.known ? L' ' : m->wide ? wide[level] : narrow[level]);
        }
}

static void print_rate(struct frame *f, const struct model *m, const char *name,
                       const struct history *h, enum attribute a)
{
        const size_t others = NAME_WIDTH + RATE_WIDTH + 10;
        size_t n = f->width > others ? f->width - others : 0;
        char buf[NUMBER_MAX];

        frame_begin_line(f);
        frame_print_in(f, ATTRIBUTE_BOLD, NAME_WIDTH, name);
        frame_print_in(f, ATTRIBUTE_NORMAL, -RATE_WIDTH, format_rate(history_get(h, 0), buf));
        frame_print(f, ATTRIBUTE_NORMAL, " pages/s ");
        if (h->n > 1)
                print_spark(f, m, h, a, n < SPARK_WIDTH_MAX ? n : SPARK_WIDTH_MAX);
}

/* Nodes */

static void print_node_heading(struct frame *f)
{
        static const char *const sizes[] = { "SIZE", "FREE", "FILE", "ANON" };

        frame_begin_line(f);
        frame_print_in(f, ATTRIBUTE_HEADING, NAME_WIDTH, "NODE");
        frame_print_in(f, ATTRIBUTE_HEADING, -NUMBER_WIDTH, "NOW");
        frame_print_in(f, ATTRIBUTE_HEADING, -NUMBER_WIDTH - 3, "WANTED");
        for (size_t i = 0; i < ELEMENTSOF(sizes); i++)
                frame_print_in(f, ATTRIBUTE_HEADING, -KIB_WIDTH, sizes[i]);
        frame_print_in(f, ATTRIBUTE_HEADING, -RATE_WIDTH, "DEMOTED");
        frame_print_in(f, ATTRIBUTE_HEADING, -RATE_WIDTH - 1, "PROMOTED");
        frame_fill_line(f, ATTRIBUTE_HEADING);
}

static bool is_out_of_place(const struct top_node *n)
{
        return n->wanted_tier.known && n->present_tier.known &&
               n->wanted_tier.value != n->present_tier.value;
}

static struct view_real rate_of(const struct model *m, const struct top_node *n, bool demoted)
{
        const struct top_node *before = m->before ? sample_get_node(m->before, n->node) : NULL;

        if (!before)
                return (struct view_real){ 0 };
        return demoted ? model_get_rate(m, before->demoted, n->demoted)
                       : model_get_rate(m, before->promoted, n->promoted);
}

static void print_rate_in(struct frame *f, struct view_real rate, enum attribute a, int width)
{
        char buf[NUMBER_MAX];

        frame_print_in(f, rate.known && rate.value > 0 ? a : ATTRIBUTE_NORMAL, width,
                       format_rate(rate, buf));
}

static void print_node(struct frame *f, const struct model *m, const struct top_node *n)
{
        const struct view_number sizes[] = { n->memory.size_kib, n->memory.free_kib,
                                             n->memory.file_kib, n->memory.anon_kib };
        const bool misplaced = is_out_of_place(n);
        char name[NUMBER_MAX], buf[NUMBER_MAX], size[UNIT_STRING_MAX];

        frame_begin_line(f);
        snprintf(name, sizeof(name), "node %u%s", n->node, n->has_cpu ? " (CPUs)" : "");
        frame_print_in(f, ATTRIBUTE_NORMAL, NAME_WIDTH, name);
        frame_print_in(f, misplaced ? ATTRIBUTE_YELLOW : ATTRIBUTE_NORMAL, -NUMBER_WIDTH,
                       format_tier(n->present_tier, m->now->has_tiers ? "?" : "-", buf));
        frame_print_in(f, misplaced ? ATTRIBUTE_GREEN : ATTRIBUTE_NORMAL, -NUMBER_WIDTH - 3,
                       format_tier(n->wanted_tier, "-", buf));
        for (size_t i = 0; i < ELEMENTSOF(sizes); i++)
                frame_print_in(f, ATTRIBUTE_NORMAL, -KIB_WIDTH, format_kib(sizes[i], size));
        print_rate_in(f, rate_of(m, n, true), ATTRIBUTE_YELLOW, -RATE_WIDTH);
        print_rate_in(f, rate_of(m, n, false), ATTRIBUTE_CYAN, -RATE_WIDTH - 1);
}

static void print_nodes(struct frame *f, const struct model *m)
{
        print_node_heading(f);
        for (size_t i = 0; i < m->now->n_nodes; i++)
                print_node(f, m, &m->now->nodes[i]);
}

/* Units */

static const struct view_number *size_of(const struct top_unit *u, enum top_sort sort)
{
        return sort == SORT_ALL ? &u->all_kib : &u->slow_kib;
}

static int compare_units(const void *a, const void *b, void *sort)
{
        const struct top_unit *x = a, *y = b;
        const enum top_sort by = *(const enum top_sort *)sort;
        const struct view_number *v = size_of(x, by), *w = size_of(y, by);

        if (by != SORT_NAME && v->known != w->known)
                return v->known ? -1 : 1;
        if (by != SORT_NAME && v->value != w->value)
                return v->value > w->value ? -1 : 1;
        return strcmp(x->name, y->name);
}

static void print_unit_heading(struct frame *f, const struct model *m)
{
        static const char *const names[SORTS] = { "SLOW", "ALL", "UNIT" };
        const char *mark = m->wide ? "▼" : "*";
        char buf[NUMBER_MAX];

        frame_begin_line(f);
        for (size_t i = 0; i < SORTS; i++) {
                snprintf(buf, sizeof(buf), "%s%s", names[i], m->sort == i ? mark : "");
                frame_print_in(f, ATTRIBUTE_HEADING, i == SORT_NAME ? NAME_WIDTH : -KIB_WIDTH, buf);
                if (i == SORT_ALL)
                        frame_print(f, ATTRIBUTE_HEADING, "  SHARE  ");
        }
        frame_fill_line(f, ATTRIBUTE_HEADING);
}

static void print_unit(struct frame *f, const struct top_unit *u)
{
        char size[UNIT_STRING_MAX], share[NUMBER_MAX] = "?";

        if (u->slow_kib.known && u->all_kib.known && u->all_kib.value > 0)
                snprintf(share, sizeof(share), "%.0f%%",
                         100.0 * (double)u->slow_kib.value / (double)u->all_kib.value);
        frame_begin_line(f);
        frame_print_in(f, ATTRIBUTE_NORMAL, -KIB_WIDTH, format_kib(u->slow_kib, size));
        frame_print_in(f, ATTRIBUTE_NORMAL, -KIB_WIDTH, format_kib(u->all_kib, size));
        frame_print_in(f, ATTRIBUTE_NORMAL, -7, share);
        frame_print(f, ATTRIBUTE_NORMAL, "  %s", u->name);
}

static void print_units(struct frame *f, struct model *m)
{
        if (!m->now->has_units)
                return;
        qsort_r(m->now->units, m->now->n_units, sizeof(*m->now->units), compare_units, &m->sort);
        frame_begin_line(f);
        print_unit_heading(f, m);
        for (size_t i = 0; i < m->now->n_units; i++)
                print_unit(f, &m->now->units[i]);
}

/* The whole */

static void print_body(struct frame *f, struct model *m)
{
        if (!m->now) {
                frame_begin_line(f);
                frame_print(f, ATTRIBUTE_NORMAL, "Reading the machine...");
                return;
        }
        print_tiers(f, m);
        frame_begin_line(f);
        print_nodes(f, m);
        print_units(f, m);
}

static void print_head(struct frame *f, const struct model *m)
{
        print_rate(f, m, "Demotion", &m->demoted, ATTRIBUTE_YELLOW);
        print_rate(f, m, "Promotion", &m->promoted, ATTRIBUTE_CYAN);
        frame_begin_line(f);
        if (m->now && m->now->problem)
                frame_print(f, ATTRIBUTE_RED, "%s", m->now->problem);
}

static void print_title(struct frame *f, const struct model *m)
{
        char buf[NUMBER_MAX];

        frame_begin_line(f);
        frame_print(f, ATTRIBUTE_BOLD, "numatier top");
        if (m->now)
                frame_print(f, ATTRIBUTE_NORMAL, "  %zu node%s in %zu tier%s", m->now->n_nodes,
                            plural(m->now->n_nodes), m->now->n_tiers, plural(m->now->n_tiers));
        frame_print(f, ATTRIBUTE_NORMAL, "  every %s", format_seconds(m->delay_usec, buf));
        if (m->paused)
                frame_print(f, ATTRIBUTE_YELLOW, "  paused");
}

static void print_help(struct frame *f)
{
        static const char *const lines[] = {
                "q, F10            quit",
                "p, space          pause; again: go on",
                "+, -              longer, shorter delay",
                "s, F6, <, >       sort units by another column",
                "arrows, PgUp, PgDn, Home, End",
                "                  scroll",
                "h, F1, ?          this help; again: back",
                "",
                "NOW, WANTED: the N of memory_tierN that a node is in, and belongs in.",
                "DEMOTED: pages a second that left the node for a slower one.",
                "PROMOTED: pages a second that came to the node from a slower one.",
                "SLOW: memory of a unit in slow tiers. ?, -: not known.",
        };

        for (size_t i = 0; i < ELEMENTSOF(lines); i++) {
                frame_begin_line(f);
                frame_print(f, ATTRIBUTE_NORMAL, "%s", lines[i]);
        }
}

static void print_keys(struct frame *f, const struct model *m)
{
        frame_begin_line(f);
        frame_print(f, ATTRIBUTE_HEADING, "q quit  p pause  +/- delay  %sh help",
                    m->now && m->now->has_units ? "s sort  " : "");
        if (m->scroll_max > 0)
                frame_print(f, ATTRIBUTE_HEADING, "  line %zu of %zu", m->scroll + 1,
                            m->scroll_max + 1);
        frame_fill_line(f, ATTRIBUTE_HEADING);
}

/* What is below the head, as far as it has been scrolled. */
static void append_body(struct frame *f, struct model *m, const struct frame *body, size_t room)
{
        m->page = room;
        m->scroll_max = body->n_lines > room ? body->n_lines - room : 0;
        m->scroll = m->scroll < m->scroll_max ? m->scroll : m->scroll_max;
        frame_append(f, body, m->scroll, room);
}

void render(struct model *m, size_t width, size_t height, struct frame *ret)
{
        struct frame whole = { .width = width }, body = { .width = width };
        size_t head;

        print_title(&whole, m);
        if (!m->help && height >= HEIGHT_OF_HEAD)
                print_head(&whole, m);
        head = whole.n_lines;
        if (m->help)
                print_help(&body);
        else
                print_body(&body, m);
        append_body(&whole, m, &body, height > head + 1 ? height - head - 1 : 0);
        print_keys(&whole, m);
        *ret = (struct frame){ .width = width };
        frame_append(ret, &whole, 0, height);
        frame_done(&whole);
        frame_done(&body);
}

void render_all(struct model *m, size_t width, struct frame *ret)
{
        *ret = (struct frame){ .width = width };
        print_head(ret, m);
        print_body(ret, m);
}
