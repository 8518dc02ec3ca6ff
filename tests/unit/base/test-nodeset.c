/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "base/nodeset.h"
#include "testing.h"

static void round_trip(const char *text, const char *formatted, unsigned count)
{
        char buf[NODESET_STRING_MAX];
        struct nodeset set;

        assert(nodeset_parse(text, &set) == 0);
        assert(nodeset_count(&set) == count);
        assert_streq(nodeset_format(&set, buf), formatted);
}

int main(void)
{
        static const char *const bad[] = { "a",  "0-",   "-1",  "1-0", "0,",
                                           ",0", "0,,1", "0 1", "0x1", "0-1-2" };
        struct nodeset set = { { 42 } }, all = { 0 };
        char buf[NODESET_STRING_MAX];
        unsigned n = 0;

        round_trip("\n", "", 0);
        round_trip("", "", 0);
        round_trip("0\n", "0", 1);
        round_trip("0-1,4\n", "0-1,4", 3);
        round_trip("4,0,1", "0-1,4", 3); /* any order */
        round_trip(" 0-1023 \n", "0-1023", 1024);
        round_trip("63-64,127-128,1023", "63-64,127-128,1023", 5);
        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                assert(nodeset_parse(bad[i], &set) == -EINVAL);
        assert(nodeset_parse("0-1024", &set) == -ERANGE);
        assert(nodeset_parse("99999999999999999999", &set) == -ERANGE);
        assert(set.words[0] == 42); /* untouched */

        for (unsigned i = 0; i < NODE_MAX; i += 2)
                nodeset_add(&all, i);
        nodeset_foreach (i, &all) {
                assert(i == n);
                n += 2;
        }
        assert(n == NODE_MAX && strlen(nodeset_format(&all, buf)) < sizeof(buf));
        assert(!nodeset_has(&all, 1) && !nodeset_has(&all, 5000));
        nodeset_remove(&all, 0);
        assert(nodeset_next(&all, 0) == 2);
}
