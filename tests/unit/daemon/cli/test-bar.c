/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/bar.h"

#include "testing.h"

static void format(size_t done, size_t total, unsigned columns, const char *left, const char *want)
{
        const struct bar b = { .node = 1, .what = "offline", .done = done, .total = total };
        char line[BAR_LINE_MAX];

        bar_format(&b, columns, left, line);
        assert_streq(line, want);
}

/* What is left of the line goes to the bar. */
static void test_width(void)
{
        format(1, 2, 80, "", "node 1 [###############               ] 1 of 2 blocks offline");
        format(1, 2, 40, "", "node 1 [####     ] 1 of 2 blocks offline");
        format(1, 2, 40, ", about 5 s left", "node 1 1 of 2 blocks offline, about 5 s left");
        format(1, 2, 30, "", "node 1 1 of 2 blocks offline");
        format(1, 2, 1, "", "node 1 1 of 2 blocks offline");
}

static void test_numbers(void)
{
        format(0, 1, 80, "", "node 1 [                              ] 0 of 1 blocks offline");
        format(1, 1, 80, "", "node 1 [##############################] 1 of 1 blocks offline");
        format(3, 1, 80, "", "node 1 [##############################] 3 of 1 blocks offline");
        format(0, 0, 80, "", "node 1 [##############################] 0 of 0 blocks offline");
        format(99999, 100000, 80, ", about 1 h 20 min left",
               "node 1 [################ ] 99999 of 100000 blocks offline, about 1 h 20 min "
               "left");
}

static void test_size(void)
{
        struct bar b;
        char line[BAR_LINE_MAX];

        bar_init_size(&b, false, "process 12", "moved");
        b.done = 512 << 10;
        b.total = 1 << 20;
        bar_format(&b, 80, "", line);
        assert_streq(line, "process 12 [###############               ] 512 MiB of 1 GiB moved");
}

static void test_time(void)
{
        char buf[BAR_TIME_MAX];

        assert_streq(bar_format_time(1, buf), "1 s");
        assert_streq(bar_format_time(UINT64_C(120000000), buf), "2 min");
        assert_streq(bar_format_time(UINT64_C(7200000000), buf), "2 h 0 min");
}

int main(void)
{
        test_width();
        test_numbers();
        test_size();
        test_time();
        return 0;
}
