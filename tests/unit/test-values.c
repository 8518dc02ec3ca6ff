/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "testing.h"
#include "units.h"
#include "values.h"

static bool near(double a, double b)
{
        return a - b < 1e-6 && b - a < 1e-6;
}

static void test_parse(void)
{
        uint64_t usec;
        double d;
        bool yes;

        assert(parse_latency("120ns", &d) == 0 && near(d, 120));
        assert(parse_latency("0.5 us", &d) == 0 && near(d, 500));
        assert(parse_bandwidth("40GiB/s", &d) == 0 && near(d, 40960));
        assert(parse_bandwidth("1.048576MB/s", &d) == 0 && near(d, 1));
        assert(parse_multiple("1.5x", &d) == 0 && near(d, 1.5));
        assert(parse_percentage("5%", &d) == 0 && near(d, 0.05));
        assert(parse_percentage("0%", &d) == 0 && near(d, 0));
        assert(parse_duration("500ms", &usec) == 0 && usec == 500000);
        assert(parse_duration("0", &usec) == 0 && usec == 0);
        assert(parse_duration("2min", &usec) == 0 && usec == 120000000);
        assert(parse_yes_no("yes", &yes) == 0 && yes);
        assert(parse_yes_no("off", &yes) == 0 && !yes);
}

static void test_refuse(void)
{
        static const char *const bad[] = { "",       "ns",    "120",   "-1ns",
                                           "+1ns",   "1e3ns", "infns", "nanns",
                                           "0x10ns", "1.ns",  ".5ns",  "1 n s",
                                           "0ns",    "1ns ",  "120NS", "99999999999ms" };
        uint64_t usec = 7;
        double d = 7;
        bool yes;

        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                assert(parse_latency(bad[i], &d) == -EINVAL);
        assert(parse_bandwidth("40GiB", &d) == -EINVAL);
        assert(parse_bandwidth("40Gib/s", &d) == -EINVAL);
        assert(parse_multiple("1.5", &d) == -EINVAL);
        assert(parse_multiple("0x", &d) == -EINVAL);
        assert(parse_percentage("51%", &d) == -EINVAL);
        assert(parse_duration("60", &usec) == -EINVAL);
        assert(parse_duration("2d", &usec) == -EINVAL);
        assert(parse_yes_no("maybe", &yes) == -EINVAL);
        assert(near(d, 7) && usec == 7); /* untouched */
}

static void test_format(void)
{
        char buf[UNIT_STRING_MAX];

        assert_streq(format_latency(120, buf), "120 ns");
        assert_streq(format_latency(17270, buf), "17270 ns");
        assert_streq(format_bandwidth(512, buf), "512 MiB/s");
        assert_streq(format_bandwidth(40960, buf), "40 GiB/s");
        assert_streq(format_size(500000, buf), "488 MiB");
        assert_streq(format_multiple(1.5, buf), "1.5x");
}

int main(void)
{
        test_parse();
        test_refuse();
        test_format();
}
