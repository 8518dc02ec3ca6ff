/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "facts/numa-maps.h"

#include "testing.h"

static int parse(const char *line, struct numa_map *m)
{
        const char *at = line;

        return numa_maps_next(&at, line + strlen(line), m);
}

static void assert_policy(const char *line, const char *policy)
{
        struct numa_map m;

        assert(parse(line, &m) == 1);
        assert(m.policy_size == strlen(policy) && memcmp(m.policy, policy, m.policy_size) == 0);
}

/* As 6.12 and 7.3 print them. */
static void test_lines(void)
{
        static const char text[] =
                "55d0c8b5a000 default file=/usr/bin/my\\040cat mapped=8 active=1 N0=5 N1=3 "
                "kernelpagesize_kB=4\n"
                "55d0d0000000 bind:1 heap anon=20 dirty=19 N0=1 N1=19 kernelpagesize_kB=4\n"
                "7f0000000000 default file=/dev/hugepages/x huge anon=2 dirty=2 N1=2 "
                "kernelpagesize_kB=2048\n"
                "7f8000000000 prefer (many):0-1\n"
                "7fff00000000 default stack anon=3 dirty=3 swapcache=1 writeback=1 N1023=3 "
                "kernelpagesize_kB=4\n";
        const char *at = text, *end = text + strlen(text);
        struct numa_map m;

        assert(numa_maps_next(&at, end, &m) == 1);
        assert(m.start == 0x55d0c8b5a000 && m.kind == NUMA_MAP_FILE && !m.huge);
        assert(m.file_size == 18 && memcmp(m.file, "/usr/bin/my\\040cat", 18) == 0);
        assert(m.pages == 8 && m.mapped == 8 && m.anon == 0 && m.page_kib == 4);
        assert(m.n_nodes == 2 && m.nodes[1].node == 1 && m.nodes[1].pages == 3);
        assert(numa_maps_next(&at, end, &m) == 1 && m.kind == NUMA_MAP_HEAP && !m.file);
        assert(m.anon == 20 && m.dirty == 19 && m.mapped == 0 && m.pages == 20);
        assert(numa_maps_next(&at, end, &m) == 1 && m.huge && m.page_kib == 2048 && m.pages == 2);
        assert(numa_maps_next(&at, end, &m) == 1 && m.kind == NUMA_MAP_UNNAMED && m.pages == 0);
        assert(!m.huge && m.n_nodes == 0 && m.page_kib == 0);
        assert(numa_maps_next(&at, end, &m) == 1 && m.kind == NUMA_MAP_STACK);
        assert(m.n_nodes == 1 && m.nodes[0].node == 1023);
        assert(numa_maps_next(&at, end, &m) == 0 && at == end);
}

static void test_policies(void)
{
        assert_policy("1000 default", "default");
        assert_policy("1000 prefer (many):1 anon=1 N1=1 kernelpagesize_kB=4\n", "prefer (many):1");
        assert_policy("1000 weighted interleave=static:0-1 huge\n",
                      "weighted interleave=static:0-1");
        assert_policy("1000 bind=relative:0 file=/x\n", "bind=relative:0");
        assert_policy("1000 bind:0 N0=1 kernelpagesize_kB=4\n", "bind:0");
}

/* A file's name has neither spaces nor =, so that none passes for another field. */
static void test_names(void)
{
        struct numa_map m;

        assert(parse("1000 default file=/N1\\0755 anon=1 N0=1 kernelpagesize_kB=4", &m) == 1);
        assert(m.n_nodes == 1 && m.nodes[0].node == 0);
        assert(parse("1000 default file=/\xff\x01 N0=2 later=x kernelpagesize_kB=4", &m) == 1);
        assert(m.file_size == 3 && m.pages == 2);
}

static void test_garbage(void)
{
        static const char *const bad[] = {
                "",
                " ",
                "\n",
                "x default",
                "1000",
                "1000 ",
                "1000 N0=1 kernelpagesize_kB=4",
                "1000 file=/x",
                "1000  file=/x",
                "10000000000000000 default",
                "1000 default N0=1",
                "1000 default N0=1 kernelpagesize_kB=0",
                "1000 default N0=1 kernelpagesize_kB=4294967296",
                "1000 default N0= kernelpagesize_kB=4",
                "1000 default N0=-1 kernelpagesize_kB=4",
                "1000 default N1024=1 kernelpagesize_kB=4",
                "1000 default N1=1 N1=1 kernelpagesize_kB=4",
                "1000 default N1=1 N0=1 kernelpagesize_kB=4",
                "1000 default N0=18446744073709551616 kernelpagesize_kB=4",
                "1000 default N0=18446744073709551615 N1=1 kernelpagesize_kB=4",
                "1000 default N0=4503599627370496 kernelpagesize_kB=4",
                "1000 default anon=x N0=1 kernelpagesize_kB=4",
        };
        struct numa_map m;

        for (size_t i = 1; i < ELEMENTSOF(bad); i++)
                if (parse(bad[i], &m) != -EBADMSG) {
                        fprintf(stderr, "\"%s\" is taken for a line\n", bad[i]);
                        abort();
                }
        assert(parse(bad[0], &m) == 0);
        /* more anonymous pages than pages: of a node that is not listed */
        assert(parse("1000 default anon=5 N0=1 kernelpagesize_kB=4", &m) == 1 && m.anon == 1);
}

/* A bad line does not hide those after it. */
static void test_next(void)
{
        static const char text[] = "nonsense\n1000 default N0=1 kernelpagesize_kB=4\n";
        const char *at = text, *end = text + strlen(text);
        struct numa_map m;

        assert(numa_maps_next(&at, end, &m) == -EBADMSG);
        assert(numa_maps_next(&at, end, &m) == 1 && m.pages == 1);
        assert(numa_maps_next(&at, end, &m) == 0);
}

int main(void)
{
        test_lines();
        test_policies();
        test_names();
        test_garbage();
        test_next();
        return 0;
}
