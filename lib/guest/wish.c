/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guest/wish.h"

#include <errno.h>

#include "base/nodeset.h"
#include "base/util.h"
#include "base/values.h"

#define CPUS_MAX 65535U /* of one node; QEMU numbers CPUs with 16 bits */
#define PART_MAX 32

/* The parts of a list, one after the other: each is copied, so that it ends. */
typedef int (*part_fn)(const char *part, struct guest_wish *w);

static int parse_list(const char *text, part_fn take, struct guest_wish *w)
{
        for (;;) {
                size_t n = strcspn(text, ",");
                char part[PART_MAX];
                int r;

                if (n == 0 || n >= sizeof(part))
                        return -EINVAL;
                memcpy(part, text, n);
                part[n] = '\0';
                r = take(part, w);
                if (r < 0 || text[n] == '\0')
                        return r;
                text += n + 1;
        }
}

static int add_unsigned(unsigned **list, size_t *n, unsigned value)
{
        unsigned *grown = reallocarray(*list, *n + 1, sizeof(*grown));

        if (!grown)
                return -ENOMEM;
        *list = grown;
        grown[(*n)++] = value;
        return 0;
}

/* At most so many as there can be: a node twice is an error anyway. */
static int take_nodes(const char *part, struct guest_wish *w)
{
        const char *dash = strchr(part, '-');
        char first[PART_MAX];
        unsigned from, to;
        int r = 0;

        snprintf(first, sizeof(first), "%.*s", dash ? (int)(dash - part) : PART_MAX, part);
        if (parse_unsigned(first, NODE_MAX - 1, &from) < 0)
                return -EINVAL;
        to = from;
        if (dash && (parse_unsigned(dash + 1, NODE_MAX - 1, &to) < 0 || to < from))
                return -EINVAL;
        for (unsigned node = from; r == 0 && node <= to; node++)
                r = w->n_nodes < NODE_MAX ? add_unsigned(&w->nodes, &w->n_nodes, node) : -EINVAL;
        return r;
}

static int take_cpus(const char *part, struct guest_wish *w)
{
        unsigned cpus;

        if (parse_unsigned(part, CPUS_MAX, &cpus) < 0 || w->n_cpus >= NODE_MAX)
                return -EINVAL;
        return add_unsigned(&w->cpus, &w->n_cpus, cpus);
}

static int take_size(const char *part, struct guest_wish *w)
{
        uint64_t bytes, *grown;

        if (parse_size(part, &bytes) < 0 || bytes == 0 || bytes % (1 << 20) != 0 ||
            w->n_mib >= NODE_MAX)
                return -EINVAL;
        grown = reallocarray(w->mib, w->n_mib + 1, sizeof(*grown));
        if (!grown)
                return -ENOMEM;
        w->mib = grown;
        grown[w->n_mib++] = bytes >> 20;
        return 0;
}

static int parse_option(const char *option, const char *text, const char *expected, part_fn take,
                        struct guest_wish *w, struct messages *errors)
{
        int r = text ? parse_list(text, take, w) : 0;

        if (r == -EINVAL)
                messages_add(errors, "%s: expected %s, found \"%s\"", option, expected, text);
        return r;
}

int guest_wish_parse(const char *nodes, const char *cpus, const char *memory,
                     struct guest_wish *ret, struct messages *errors)
{
        int r;

        *ret = (struct guest_wish){ 0 };
        r = parse_option("--nodes", nodes, "a list of nodes, such as 0,2", take_nodes, ret, errors);
        if (r == 0)
                r = parse_option("--cpus", cpus, "a list of numbers, such as 4,0", take_cpus, ret,
                                 errors);
        if (r == 0)
                r = parse_option("--memory", memory,
                                 "a list of sizes in whole MiB, more than 0, such as 4G,512M",
                                 take_size, ret, errors);
        return r;
}

void guest_wish_done(struct guest_wish *w)
{
        free(w->nodes);
        free(w->cpus);
        free(w->mib);
        *w = (struct guest_wish){ 0 };
}
