/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/input.h"
#include "testing.h"

static void expect(const char *text, int error, unsigned node)
{
        unsigned found = 77;

        assert(input_parse_node(text, &found) == error);
        assert(found == (error == 0 ? node : 77));
}

/* Both forms that people know from numactl and from sysfs. */
static void test_node(void)
{
        expect("0", 0, 0);
        expect("node0", 0, 0);
        expect("1023", 0, 1023);
        expect("node1023", 0, 1023);
        expect("1024", -EINVAL, 0);
        expect("node1024", -EINVAL, 0);
        expect("", -EINVAL, 0);
        expect("node", -EINVAL, 0);
        expect("nodenode1", -EINVAL, 0);
        expect("node 1", -EINVAL, 0);
        expect(" 1", -EINVAL, 0);
        expect("-1", -EINVAL, 0);
        expect("1,2", -EINVAL, 0);
        expect("99999999999999999999", -EINVAL, 0);
}

int main(void)
{
        test_node();
        return 0;
}
