/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the core's tests share: asserts that always are, and values made from text. */

#undef NDEBUG
#include <assert.h>
#include <errno.h>
#include <stdio.h>

#include "base/messages.h"
#include "base/util.h"
#include "facts/machine.h"
#include "policy/policy.h"
#include "sysroot/capture.h"
#include "sysroot/sysroot.h"

static inline void assert_same(const char *file, int line, const char *got, const char *want)
{
        if (got && streq(got, want))
                return;
        fprintf(stderr, "%s:%d: \"%s\" is not \"%s\"\n", file, line, got ?: "(null)", want);
        abort();
}

#define assert_streq(got, want) assert_same(__FILE__, __LINE__, got, want)

/* A root from a capture's text without its first line. */
static inline struct sysroot *root_from(const char *text)
{
        struct messages errors = MESSAGES_INIT;
        struct sysroot *root = NULL;
        char *whole;

        assert(asprintf(&whole, "# numatier capture 1\n%s", text) > 0);
        if (capture_open(whole, strlen(whole), "test", &errors, &root) < 0)
                fprintf(stderr, "%s\n", errors.n > 0 ? errors.items[0] : "capture_open failed");
        assert(root && errors.n == 0);
        free(whole);
        return root;
}

/* A policy that is right. */
static inline struct policy *policy_from(const char *text)
{
        struct messages errors = MESSAGES_INIT;
        struct policy *p;

        assert(policy_new(&p) == 0);
        if (policy_parse(p, text, strlen(text), "test", &errors) < 0 ||
            policy_finish(p, &errors) < 0)
                fprintf(stderr, "%s\n", errors.items[0]);
        assert(errors.n == 0);
        return p;
}

/* Whether one of the messages holds the text. */
static inline bool messages_have(const struct messages *m, const char *text)
{
        for (size_t i = 0; i < m->n; i++)
                if (strstr(m->items[i], text))
                        return true;
        return false;
}

#define NODE "sys/devices/system/node/"
#define TIER "sys/devices/virtual/memory_tiering/"

/* The files of a node's access1 with the same figures for read and write. */
#define ACCESS1(node, latency, bandwidth)                                                          \
        NODE "node" #node "/access1/initiators/read_latency: " #latency "\n" NODE "node" #node     \
             "/access1/initiators/write_latency: " #latency "\n" NODE "node" #node                 \
             "/access1/initiators/read_bandwidth: " #bandwidth "\n" NODE "node" #node              \
             "/access1/initiators/write_bandwidth: " #bandwidth "\n"

#define MEMINFO(node, kib)                                                                         \
        NODE "node" #node "/meminfo:\n  Node " #node " MemTotal:  " #kib " kB\n  Node " #node      \
             " MemFree:  1 kB\n"

/* The mailing list's guest: node 0 with CPUs, node 1 without, twice as slow. */
#define THREAD_GUEST                                                                               \
        NODE "online: 0-1\n" NODE "possible: 0-1\n" NODE "has_memory: 0-1\n" NODE                  \
             "has_cpu: 0\n" NODE "has_generic_initiator:\n" NODE                                   \
             "node0/distance: 10 20\n" MEMINFO(0, 1000000) MEMINFO(1, 500000) ACCESS1(0, 10, 10)   \
                     ACCESS1(1, 20, 5)

/* Where Linux 6.12 and later put its nodes, and the files that move them. */
#define THREAD_TIERS TIER "memory_tier4/nodelist: 0\n" TIER "memory_tier18/nodelist: 1\n"

#define THREAD_OVERRIDES                                                                           \
        NODE "node0/memtier_override: memory_tier4\n" NODE "node1/memtier_override: "              \
             "memory_tier18\n"

/* A kernel with swap: there demotion needs no guard against a freeze. */
#define SWAP "proc/swaps:\n  Filename Type Size Used Priority\n  /dev/vda2 partition 1048572 0 -2\n"

/* The multi-generational LRU in use, and its guard against a freeze, on Linux 6.12. */
#define LRU_GEN(min_ttl_ms)                                                                        \
        "proc/sys/kernel/osrelease: 6.12.95+deb12-amd64\nsys/kernel/mm/lru_gen/enabled: 0x0007\n"  \
        "sys/kernel/mm/lru_gen/min_ttl_ms: " #min_ttl_ms "\n"

#define THREAD_OFFSETS NODE "node0/adistance_offset: 0\n" NODE "node1/adistance_offset: 0\n"
