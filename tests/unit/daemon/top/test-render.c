/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <locale.h>

#include "testing.h"
#include "top/render.h"

/* What is on the screen, for a machine and counts of it that are written down here. */

#define MIB(n)   ((struct view_number){ true, (int64_t)(n)*1024 })
#define COUNT(n) ((struct count){ true, (n) })

static struct view_node view_nodes[3];
static struct view_tier view_tiers[3];
static struct node_counts node_counts[3];
static struct view view;
static struct counts counts;

static void set_node(unsigned i, const char *tier, int64_t wanted, int64_t present, uint64_t size,
                     uint64_t free_mib, uint64_t file, uint64_t anon)
{
        struct count *c = node_counts[i].counts;

        view_nodes[i] = (struct view_node){ .node = i,
                                            .tier = tier,
                                            .wanted_tier = { tier, wanted },
                                            .present_tier = { true, present },
                                            .has_memory = true,
                                            .has_cpu = i == 0 };
        node_counts[i] = (struct node_counts){ .node = i };
        c[COUNT_SIZE] = COUNT(size << 10);
        c[COUNT_FREE] = COUNT(free_mib << 10);
        c[COUNT_FILE] = COUNT(file << 10);
        c[COUNT_ANON] = COUNT(anon << 10);
        c[COUNT_DEMOTED_KSWAPD] = COUNT(1000);
        c[COUNT_DEMOTED_DIRECT] = COUNT(0);
        c[COUNT_PROMOTED] = COUNT(50);
}

/* Three nodes in two tiers; no node is in the tier "hbm". */
static void make_machine(void)
{
        set_node(0, "dram", 4, 4, 1024, 256, 256, 512);
        set_node(1, "cxl", 5, 22, 512, 512, 0, 0);
        set_node(2, "cxl", 5, 5, 512, 0, 256, 0);
        view_tiers[0] = (struct view_tier){ .name = "hbm" };
        view_tiers[1] = (struct view_tier){ .name = "dram" };
        view_tiers[2] = (struct view_tier){ .name = "cxl" };
        view = (struct view){ .tiers = view_tiers,
                              .n_tiers = 3,
                              .nodes = view_nodes,
                              .n_nodes = 3,
                              .has_tiers = true };
        counts = (struct counts){ .nodes = node_counts, .n_nodes = 3 };
        counts.machine[COUNT_DEMOTED_KSWAPD] = COUNT(3000);
        counts.machine[COUNT_PROMOTED] = COUNT(150);
}

static struct sample *take_sample(uint64_t seconds)
{
        struct sample *s;

        assert(sample_new(&view, &counts, seconds * 1000000, &s) == 0);
        return s;
}

static void add_sample(struct model *m, uint64_t seconds)
{
        model_add(m, take_sample(seconds));
}

static char *text_of(const struct frame *f, bool colours)
{
        char *text = NULL;
        size_t size;
        FILE *to = open_memstream(&text, &size);

        assert(to && !f->failed);
        frame_write(f, to, colours);
        assert(fclose(to) == 0);
        return text;
}

static void check(struct model *m, size_t width, size_t height, const char *want)
{
        struct frame f;
        _cleanup_(freep) char *text = NULL;

        render(m, width, height, &f);
        assert(f.n_lines == height && f.width == width);
        text = text_of(&f, false);
        assert_streq(text, want);
        frame_done(&f);
}

static struct model begin(bool wide)
{
        make_machine();
        return (struct model){ .delay_usec = 2000000, .wide = wide };
}

static void test_whole(void)
{
        struct model m = begin(true);

        check(&m, 40, 9,
              "numatier top  every 2 s\n"
              "Demotion              - pages/s\n"
              "Promotion             - pages/s\n"
              "\n"
              "Reading the machine...\n\n\n\n"
              "q quit  p pause  +/- delay  h help\n");
        add_sample(&m, 10);
        node_counts[0].counts[COUNT_DEMOTED_DIRECT] = COUNT(500);
        node_counts[2].counts[COUNT_PROMOTED] = COUNT(51);
        counts.machine[COUNT_DEMOTED_KSWAPD] = COUNT(3000 + 7000000);
        add_sample(&m, 12);
        check(&m, 80, 16,
              "numatier top  3 nodes in 2 tiers  every 2 s\n"
              "Demotion           3.5M pages/s\n"
              "Promotion             0 pages/s\n"
              "\n"
              "dram          [██████████████████▓▓▓▓▓▓▓▓·········] 256 MiB free of 1 GiB\n"
              "cxl           [▓▓▓▓▓▓▓▓▓▒▒▒▒▒▒▒▒▒·················] 512 MiB free of 1 GiB\n"
              "              █ anonymous  ▓ file  ▒ other  · free\n"
              "\n"
              "NODE           NOW WANTED     SIZE     FREE     FILE     ANON  DEMOTED  PROMOTED\n"
              "node 0 (CPUs)    4      4    1 GiB  256 MiB  256 MiB  512 MiB      250         0\n"
              "node 1          22      5  512 MiB  512 MiB    0 KiB    0 KiB        0         0\n"
              "node 2           5      5  512 MiB    0 KiB  256 MiB    0 KiB        0       0.5\n"
              "\n\n\n"
              "q quit  p pause  +/- delay  h help\n");
        model_done(&m);
}

static void test_ascii(void)
{
        struct model m = begin(false);

        add_sample(&m, 10);
        add_sample(&m, 12);
        counts.machine[COUNT_PROMOTED] = COUNT(152);
        add_sample(&m, 14);
        m.paused = true;
        check(&m, 60, 8,
              "numatier top  3 nodes in 2 tiers  every 2 s  paused\n"
              "Demotion              0 pages/s                          __\n"
              "Promotion           1.0 pages/s                          _#\n"
              "\n"
              "dram          [########===....] 256 MiB free of 1 GiB\n"
              "cxl           [====----.......] 512 MiB free of 1 GiB\n"
              "              # anonymous  = file  - other  . free\n"
              "q quit  p pause  +/- delay  h help  line 1 of 6\n");
        model_done(&m);
}

/* What is not known is never 0. */
static void test_unknown(void)
{
        struct model m = begin(true);
        struct frame f;
        _cleanup_(freep) char *text = NULL;

        node_counts[1].counts[COUNT_FILE].known = false;
        node_counts[1].counts[COUNT_DEMOTED_KSWAPD].known = false;
        node_counts[1].counts[COUNT_DEMOTED_DIRECT].known = false;
        view_nodes[1].present_tier.known = false;
        add_sample(&m, 10);
        /* plugged again: its counts began anew */
        node_counts[2].counts[COUNT_PROMOTED] = COUNT(0);
        counts.machine[COUNT_PROMOTED].known = false;
        add_sample(&m, 12);
        m.now->problem = "node3/meminfo: cannot be read";
        render_all(&m, 80, &f);
        text = text_of(&f, false);
        assert_streq(
                text,
                "Demotion              0 pages/s\n"
                "Promotion             - pages/s\n"
                "node3/meminfo: cannot be read\n"
                "dram          [██████████████████▓▓▓▓▓▓▓▓·········] 256 MiB free of 1 GiB\n"
                "cxl           [??????????????????·················] 512 MiB free of 1 GiB\n"
                "              █ anonymous  ▓ file  ▒ other  · free\n"
                "\n"
                "NODE           NOW WANTED     SIZE     FREE     FILE     ANON  DEMOTED  PROMOTED\n"
                "node 0 (CPUs)    4      4    1 GiB  256 MiB  256 MiB  512 MiB        0         0\n"
                "node 1           ?      5  512 MiB  512 MiB        ?    0 KiB        -         0\n"
                "node 2           5      5  512 MiB    0 KiB  256 MiB    0 KiB        0         "
                "-\n");
        frame_done(&f);
        m.now->tiers[0].memory.free_kib.known = false;
        m.wide = false;
        check(&m, 60, 5,
              "numatier top  3 nodes in 2 tiers  every 2 s\n"
              "dram          [?              ] ? free of 1 GiB\n"
              "cxl           [????????.......] 512 MiB free of 1 GiB\n"
              "              # anonymous  = file  - other  . free\n"
              "q quit  p pause  +/- delay  h help  line 1 of 6\n");
        model_done(&m);
}

/* A node that comes has no rate yet, one that goes is no longer there. */
static void test_hotplug(void)
{
        struct model m = begin(true);

        view.n_nodes = counts.n_nodes = 2;
        add_sample(&m, 10);
        assert(!sample_get_node(m.now, 2));
        view.n_nodes = counts.n_nodes = 3;
        add_sample(&m, 12);
        assert(sample_get_node(m.now, 2) && m.now->n_tiers == 2);
        m.scroll = 99;
        check(&m, 80, 8,
              "numatier top  3 nodes in 2 tiers  every 2 s\n"
              "Demotion              0 pages/s\n"
              "Promotion             0 pages/s\n"
              "\n"
              "node 0 (CPUs)    4      4    1 GiB  256 MiB  256 MiB  512 MiB        0         0\n"
              "node 1          22      5  512 MiB  512 MiB    0 KiB    0 KiB        0         0\n"
              "node 2           5      5  512 MiB    0 KiB  256 MiB    0 KiB        -         -\n"
              "q quit  p pause  +/- delay  h help  line 6 of 6\n");
        view_nodes[0].tier = NULL; /* left to Linux */
        view_nodes[0].wanted_tier.known = false;
        view.n_nodes = counts.n_nodes = 1;
        add_sample(&m, 14);
        m.wide = false;
        check(&m, 60, 12,
              "numatier top  1 node in 1 tier  every 2 s\n"
              "Demotion              0 pages/s                          __\n"
              "Promotion             0 pages/s                          __\n"
              "\n"
              "left to Linux [########===....] 256 MiB free of 1 GiB\n"
              "              # anonymous  = file  - other  . free\n"
              "\n"
              "NODE           NOW WANTED     SIZE     FREE     FILE     ANO\n"
              "node 0 (CPUs)    4      -    1 GiB  256 MiB  256 MiB  512 Mi\n"
              "\n"
              "\n"
              "q quit  p pause  +/- delay  h help\n");
        model_done(&m);
}

/* The order of units, and how a key changes it. */
static void test_units(void)
{
        static const struct top_unit units[] = {
                { "b.service", MIB(1), MIB(400) },
                { "a.service", MIB(300), MIB(300) },
                { "c.service", { false, 0 }, MIB(2) },
        };
        struct model m = begin(false);

        view.n_nodes = counts.n_nodes = 1;
        add_sample(&m, 10);
        m.now->has_units = true;
        m.now->n_units = ELEMENTSOF(units);
        m.now->units = malloc(sizeof(units));
        assert(m.now->units);
        memcpy(m.now->units, units, sizeof(units));
        m.scroll = 5;
        check(&m, 50, 7,
              "numatier top  1 node in 1 tier  every 2 s\n"
              "\n"
              "    SLOW*      ALL  SHARE  UNIT\n"
              "  300 MiB  300 MiB   100%  a.service\n"
              "    1 MiB  400 MiB     0%  b.service\n"
              "        ?    2 MiB      ?  c.service\n"
              "q quit  p pause  +/- delay  s sort  h help  line 6\n");
        model_press(&m, 's');
        check(&m, 50, 5,
              "numatier top  1 node in 1 tier  every 2 s\n"
              "\n"
              "     SLOW     ALL*  SHARE  UNIT\n"
              "    1 MiB  400 MiB     0%  b.service\n"
              "q quit  p pause  +/- delay  s sort  h help  line 6\n");
        model_press(&m, '>');
        model_press(&m, KEY_OF_END);
        check(&m, 50, 6,
              "numatier top  1 node in 1 tier  every 2 s\n"
              "     SLOW      ALL  SHARE  UNIT*\n"
              "  300 MiB  300 MiB   100%  a.service\n"
              "    1 MiB  400 MiB     0%  b.service\n"
              "        ?    2 MiB      ?  c.service\n"
              "q quit  p pause  +/- delay  s sort  h help  line 7\n");
        model_press(&m, '<');
        assert(m.sort == SORT_ALL);
        model_done(&m);
}

static void test_keys(void)
{
        struct model m = begin(false);

        add_sample(&m, 10);
        model_press(&m, '+');
        assert(m.delay_usec == 5000000);
        for (unsigned i = 0; i < 20; i++)
                model_press(&m, '-');
        assert(m.delay_usec == DELAY_MIN_USEC);
        model_press(&m, ' ');
        assert(m.paused);
        model_press(&m, 'p');
        assert(!m.paused);
        model_press(&m, KEY_OF_DOWN); /* nothing was drawn yet: nothing to scroll */
        assert(m.scroll == 0);
        model_press(&m, KEY_OF_OTHER);
        model_press(&m, 'h');
        check(&m, 50, 6,
              "numatier top  3 nodes in 2 tiers  every 0.1 s\n"
              "q, F10            quit\n"
              "p, space          pause; again: go on\n"
              "+, -              longer, shorter delay\n"
              "s, F6, <, >       sort units by another column\n"
              "q quit  p pause  +/- delay  h help  line 1 of 9\n");
        model_press(&m, KEY_OF_PAGE_DOWN);
        assert(m.scroll == 3);
        model_press(&m, KEY_OF_ESCAPE);
        assert(!m.help && !m.ended);
        model_press(&m, KEY_OF_F10);
        assert(m.ended);
        model_done(&m);
}

/* Any size: a frame has it, and nothing is written beyond it. */
static void test_sizes(void)
{
        struct model m = begin(true);

        add_sample(&m, 10);
        add_sample(&m, 12);
        for (size_t width = 1; width < 200; width += width < 30 ? 1 : 17)
                for (size_t height = 1; height < 60; height += height < 20 ? 1 : 13) {
                        struct frame f;

                        render(&m, width, height, &f);
                        assert(!f.failed && f.n_lines == height && f.width == width);
                        frame_done(&f);
                }
        check(&m, 20, 5,
              "numatier top  3 node\n"
              "dram          [██▓·]\n"
              "cxl           [▓▒··]\n"
              "              █ anon\n"
              "q quit  p pause  +/-\n");
        model_done(&m);
}

static void test_colours(void)
{
        struct model m = begin(false);
        struct frame f;
        _cleanup_(freep) char *text = NULL;

        add_sample(&m, 10);
        render_all(&m, 80, &f);
        text = text_of(&f, true);
        /* node 1 is in tier 22 and belongs in 5 */
        assert(strstr(text, "node 1        \033[0;33m  22\033[0;32m      5\033[0m"));
        assert(strstr(text, "\033[0;32m####"));
        frame_done(&f);
        model_done(&m);
}

/* What is no character of one column must not move the others. */
static void test_characters(void)
{
        struct frame f = { .width = 12 };
        _cleanup_(freep) char *text = NULL;

        frame_begin_line(&f);
        frame_print(&f, ATTRIBUTE_NORMAL, "a\033[2J\xff\xe4\xb8\xad\xc3\xa9z");
        text = text_of(&f, false);
        assert_streq(text, "a?[2J??\xc3\xa9z\n");
        frame_done(&f);
}

int main(void)
{
        assert(setlocale(LC_CTYPE, "C.UTF-8"));
        test_whole();
        test_ascii();
        test_unknown();
        test_hotplug();
        test_units();
        test_keys();
        test_sizes();
        test_colours();
        test_characters();
        return 0;
}
