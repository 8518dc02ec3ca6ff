/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "measure/cpus.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>

#include "base/util.h"

struct cpus cpus_and(const struct cpus *a, const struct cpus *b)
{
        struct cpus both;

        CPU_AND_S(sizeof(both.words), both.words, a->words, b->words);
        return both;
}

struct cpus cpus_andnot(const struct cpus *a, const struct cpus *b)
{
        struct cpus both = cpus_and(a, b), rest;

        CPU_XOR_S(sizeof(rest.words), rest.words, a->words, both.words);
        return rest;
}

/* Reads a run of digits at *s and moves past it. */
static int parse_cpu(const char **s, unsigned *ret)
{
        unsigned cpu = 0;

        if (!isdigit((unsigned char)**s))
                return -EINVAL;
        for (; isdigit((unsigned char)**s); (*s)++) {
                cpu = cpu * 10 + (unsigned)(**s - '0');
                if (cpu >= CPU_MAX)
                        return -ERANGE;
        }
        *ret = cpu;
        return 0;
}

static int parse_range(const char **s, struct cpus *set)
{
        unsigned first, last;
        int r;

        r = parse_cpu(s, &first);
        if (r < 0)
                return r;
        last = first;
        if (**s == '-') {
                (*s)++;
                r = parse_cpu(s, &last);
                if (r < 0)
                        return r;
        }
        if (last < first)
                return -EINVAL;
        for (unsigned cpu = first; cpu <= last; cpu++)
                cpus_add(cpu, set);
        return 0;
}

int cpus_parse(const char *text, struct cpus *ret)
{
        struct cpus set = { 0 };
        int r;

        if (*text && *text != '\n') {
                r = parse_range(&text, &set);
                if (r < 0)
                        return r;
                while (*text == ',') {
                        text++;
                        r = parse_range(&text, &set);
                        if (r < 0)
                                return r;
                }
        }
        if (*text && !streq(text, "\n"))
                return -EINVAL;
        *ret = set;
        return 0;
}

const char *cpus_format(const struct cpus *set, char buf[static CPUS_STRING_MAX])
{
        unsigned first, next;
        size_t n = 0;

        buf[0] = '\0';
        for (first = 0; first < CPU_MAX; first = next) {
                next = first + 1;
                if (!cpus_has(first, set))
                        continue;
                while (next < CPU_MAX && cpus_has(next, set))
                        next++;
                n += (size_t)snprintf(buf + n, CPUS_STRING_MAX - n, "%s%u", n > 0 ? "," : "",
                                      first);
                if (next > first + 1)
                        n += (size_t)snprintf(buf + n, CPUS_STRING_MAX - n, "-%u", next - 1);
                assert(n < CPUS_STRING_MAX);
        }
        return buf;
}
