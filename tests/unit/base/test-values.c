/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "base/units.h"
#include "base/values.h"
#include "testing.h"

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

static void test_units(void)
{
        static const struct {
                const char *text;
                double value;
        } bandwidths[] = {
                { "3MiB/s", 3 },          { "3GiB/s", 3072 },
                { "3TiB/s", 3145728 },    { "1048576MB/s", 1000000 },
                { "1.048576GB/s", 1000 }, { "1.048576TB/s", 1000000 },
        };
        uint64_t usec;
        double d;

        for (size_t i = 0; i < ELEMENTSOF(bandwidths); i++)
                assert(parse_bandwidth(bandwidths[i].text, &d) == 0 &&
                       near(d, bandwidths[i].value));
        assert(parse_latency("2ms", &d) == 0 && near(d, 2000000));
        assert(parse_duration("7us", &usec) == 0 && usec == 7);
        assert(parse_duration("1.5s", &usec) == 0 && usec == 1500000);
        assert(parse_duration("2h", &usec) == 0 && usec == 7200000000);
}

/* The largest that is taken, and the first that is not. */
static void test_limits(void)
{
        char digits[512] = "";
        uint64_t usec;
        double d;

        assert(parse_latency("4294967295ns", &d) == 0 && near(d, UINT32_MAX));
        assert(parse_latency("4294967296ns", &d) == -EINVAL);
        assert(parse_bandwidth("4294967295MiB/s", &d) == 0 && near(d, UINT32_MAX));
        assert(parse_bandwidth("4194304GiB/s", &d) == -EINVAL);
        assert(parse_multiple("1000000x", &d) == 0 && near(d, 1e6));
        assert(parse_multiple("1000001x", &d) == -EINVAL);
        assert(parse_percentage("50%", &d) == 0 && near(d, 0.5));
        assert(parse_percentage("50.1%", &d) == -EINVAL);
        assert(parse_duration("24h", &usec) == 0 && usec == 86400000000);
        assert(parse_duration("1441min", &usec) == -EINVAL);
        memset(digits, '9', 400); /* past what a double holds */
        strcat(digits, "ns");
        assert(parse_latency(digits, &d) == -EINVAL);
        memset(digits, '0', 399);
        assert(parse_latency(digits, &d) == 0 && near(d, 9));
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

static void test_serial(void)
{
        static const char *const bad[] = { "",
                                           "0",
                                           "0x0",
                                           "0x",
                                           "0x-1",
                                           "-1",
                                           "+1",
                                           "12ab",
                                           "1 2",
                                           "0x1g",
                                           "x1",
                                           "0X1",
                                           "0x10000000000000000",
                                           "18446744073709551616" };
        uint64_t serial;

        assert(parse_serial("0x1234", &serial) == 0 && serial == 0x1234);
        assert(parse_serial("4660", &serial) == 0 && serial == 0x1234);
        assert(parse_serial("0xFFFFffffFFFFffff", &serial) == 0 && serial == UINT64_MAX);
        assert(parse_serial("18446744073709551615", &serial) == 0 && serial == UINT64_MAX);
        assert(parse_serial("010", &serial) == 0 && serial == 10); /* not octal */
        serial = 7;
        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                assert(parse_serial(bad[i], &serial) == -EINVAL && serial == 7);
}

static void test_pci_address(void)
{
        static const char *const good[][2] = {
                { "0000:0d:00.0", "0000:0d:00.0" },      { "0d:00.0", "0000:0d:00.0" },
                { "ABCD:EF:1F.7", "abcd:ef:1f.7" },      { "10000:01:00.0", "10000:01:00.0" },
                { "00010000:01:00.0", "10000:01:00.0" }, { "ffffffff:ff:1f.7", "ffffffff:ff:1f.7" },
        };
        static const char *const bad[] = {
                "",           "0d",          "0d:00",        "0d:00.",
                "0d:00.00",   "0d:00.8",     "0d:20.0",      "d:00.0",
                "0d:0.0",     "000:0d:00.0", ":0d:00.0",     "000000000:0d:00.0",
                "0000:0d:00", "0:0:0d:00.0", "0000-0d:00.0", "0d.00.0",
                "0g:00.0",    " 0d:00.0",    "0d:00.0 ",     "0x0000:0d:00.0",
        };
        char buf[PCI_STRING_MAX] = "x";

        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                assert(parse_pci_address(bad[i], buf) == -EINVAL && streq(buf, "x"));
        for (size_t i = 0; i < ELEMENTSOF(good); i++) {
                assert(parse_pci_address(good[i][0], buf) == 0);
                assert_streq(buf, good[i][1]);
        }
}

static void test_pci_id(void)
{
        static const char *const bad[] = { "",          "8086",       ":",         "8086:",
                                           "8086:0d9",  "8086:0d931", "086:0d93",  "8086.0d93",
                                           "8086:0d9g", "*:0d93",     "8086: d93", "18086:0d93" };
        char buf[PCI_STRING_MAX] = "x";

        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                assert(parse_pci_id(bad[i], buf) == -EINVAL && streq(buf, "x"));
        assert(parse_pci_id("8086:0D93", buf) == 0);
        assert_streq(buf, "8086:0d93");
        assert(parse_pci_id("aFfA:0000", buf) == 0);
        assert_streq(buf, "affa:0000");
}

static void test_device_name(void)
{
        static const char *const bad[] = { "",         "dax",     "dax0",
                                           "dax0.",    "dax.0",   "dax0.0.",
                                           "dax0.0.0", "dax0,0",  "dax00.0",
                                           "dax0.01",  "Dax0.0",  "dax0.0 ",
                                           "dax0.x",   "dax-1.0", "dax12345678901.0" };

        assert(is_device_name("region0", "region", 1));
        assert(is_device_name("region4294967295", "region", 1));
        assert(!is_device_name("region0.0", "region", 1));
        assert(is_device_name("dax0.0", "dax", 2) && is_device_name("dax10.12", "dax", 2));
        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                assert(!is_device_name(bad[i], "dax", 2));
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
        assert_streq(format_latency(0.25, buf), "0.25 ns");
        assert_streq(format_bandwidth(1023, buf), "1023 MiB/s");
        assert_streq(format_bandwidth(1024, buf), "1 GiB/s");
        assert_streq(format_size(0, buf), "0 KiB");
        assert_streq(format_size(1023, buf), "1023 KiB");
        assert_streq(format_size(1610612736, buf), "1.5 TiB");
        assert_streq(format_size(UINT64_MAX, buf), "16777216 PiB"); /* there is no larger unit */
}

/* What is rounded up to four digits is no 1e+03. */
static void test_format_rounds(void)
{
        char buf[UNIT_STRING_MAX];

        assert_streq(format_latency(99.96, buf), "100 ns");
        assert_streq(format_latency(999.4, buf), "999 ns");
        assert_streq(format_latency(999.6, buf), "1000 ns");
        assert_streq(format_latency(999, buf), "999 ns");
        assert_streq(format_latency(1000, buf), "1000 ns");
        assert_streq(format_latency(4294967295.0, buf), "4294967295 ns");
        assert_streq(format_latency(4294967296.0, buf), "4294967296 ns");
        assert_streq(format_bandwidth(999.9 * 1024, buf), "1000 GiB/s");
        assert_streq(format_multiple(999.99, buf), "1000x");
}

int main(void)
{
        test_parse();
        test_units();
        test_limits();
        test_refuse();
        test_serial();
        test_pci_address();
        test_pci_id();
        test_device_name();
        test_format();
        test_format_rounds();
}
