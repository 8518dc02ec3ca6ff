/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "sysroot/serials.h"
#include "testing.h"

static void hides(const char *text, const char *expected)
{
        char *hidden;

        assert(serials_hide(text, &hidden) == 0);
        assert_streq(hidden, expected);
        free(hidden);
}

static void test_places(void)
{
        hides("", "");
        hides("sys/a: 0x1234\nsys/serial_no: 0x1234\n", "sys/a: 0x1234\nsys/serial_no: 0x1234\n");
        hides("sys/mem0/serial: 0x1234\nsys/a: 1\n", "sys/mem0/serial: 0x1\nsys/a: 1\n");
        hides("sys/mem0/serial: 0x1234", "sys/mem0/serial: 0x1");
        hides("measured:\n  cxl:0x1234 read_latency=12\n",
              "measured:\n  cxl:0x1 read_latency=12\n");
}

/* What is equal, and what comes first, is to be so afterwards: 0x9 is less than 0x10. */
static void test_order(void)
{
        hides("m1/serial: 0x10\nm2/serial: 0x9\n  cxl:0x9+0x10 x\n  cxl:0x10 y\n  "
              "cxl:0xffffffffffffffff z\n",
              "m1/serial: 0x2\nm2/serial: 0x1\n  cxl:0x1+0x2 x\n  cxl:0x2 y\n  cxl:0x3 z\n");
}

/* No serial number stays none; what is none at all stays as it is. */
static void test_none(void)
{
        hides("m1/serial: 0x0\nm2/serial: 0x5\n", "m1/serial: 0x0\nm2/serial: 0x1\n");
        hides("m1/serial: \nm2/serial: what\ncxl:\ncxl:+\ncxl:0x5+\ncxl:x+0x5\n",
              "m1/serial: \nm2/serial: what\ncxl:\ncxl:+\ncxl:0x1+\ncxl:x+0x5\n");
}

int main(void)
{
        test_places();
        test_order();
        test_none();
        return EXIT_SUCCESS;
}
