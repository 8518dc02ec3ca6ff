/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "facts/blocks.h"

#include <errno.h>
#include <inttypes.h>

#include "facts/knobs.h"

#define TARGET_SIZE 256
#define STATE_SIZE  32
#define NUMBER_SIZE 64

uint64_t blocks_read_size(struct sysroot *root)
{
        unsigned long long size;
        char buf[NUMBER_SIZE];

        /* hexadecimal, without 0x */
        if (sysroot_read(root, MEMORY_DIR "/block_size_bytes", buf, sizeof(buf)) < 0 ||
            parse_u64(buf, 16, UINT64_MAX, &size) < 0)
                return 0;
        return size;
}

/* Also there: memory_side_cache, memory_failure. */
static int parse_block(const char *name, unsigned long long *ret)
{
        const char *digits = startswith(name, "memory");

        return digits ? parse_u64(digits, 10, UINT64_MAX, ret) : -EINVAL;
}

/* 0, -EINVAL (this is no block), or an error of reading. */
static int read_state(struct sysroot *root, const char *name, char ret[static STATE_SIZE])
{
        unsigned long long block;

        if (parse_block(name, &block) < 0)
                return -EINVAL;
        return sysroot_read_linef(root, ret, STATE_SIZE, MEMORY_DIR "/memory%llu/state", block);
}

/* 1: it is, or that is not known. */
static int may_go_offline(const char *name, void *userdata)
{
        char state[STATE_SIZE];
        int r = read_state(userdata, name, state);

        if (r == 0)
                return streq(state, "going-offline");
        return r != -EINVAL && !sysroot_is_absent(r);
}

bool blocks_any_may_go_offline(struct sysroot *root)
{
        int r = sysroot_list(root, MEMORY_DIR, may_go_offline, root);

        return r == 1 || (r < 0 && !sysroot_is_absent(r));
}

struct arrival {
        struct sysroot *root;
        bool coming;
};

/* 1: a block that is there, or leaves again, ends the search. */
static int note_arrival(const char *name, void *userdata)
{
        struct arrival *a = userdata;
        char state[STATE_SIZE];

        if (read_state(a->root, name, state) < 0)
                return 0;
        if (streq(state, "online") || streq(state, "going-offline"))
                return 1;
        a->coming = a->coming || streq(state, "offline") || streq(state, "going-online");
        return 0;
}

bool blocks_are_coming(struct sysroot *root, unsigned node)
{
        struct arrival a = { .root = root };

        return sysroot_listf(root, note_arrival, &a, NODE_DIR "/node%u", node) == 0 && a.coming;
}

/* A link that is read is in a capture; one that is only listed is not. */
static bool has_link(struct sysroot *root, unsigned node, const char *name, uint64_t number)
{
        char target[TARGET_SIZE];

        return sysroot_readlinkf(root, target, sizeof(target), NODE_DIR "/node%u/%s%" PRIu64, node,
                                 name, number) == 0;
}

struct members {
        unsigned long long lowest_block, lowest_cpu; /* UINT64_MAX: none */
};

static int note_member(const char *name, void *userdata)
{
        struct members *m = userdata;
        const char *digits = startswith(name, "cpu");
        unsigned long long number;

        /* also there: cpulist, cpumap */
        if (digits && parse_u64(digits, 10, UINT64_MAX, &number) == 0) {
                if (number < m->lowest_cpu)
                        m->lowest_cpu = number;
        } else if (parse_block(name, &number) == 0 && number < m->lowest_block) {
                m->lowest_block = number;
        }
        return 0;
}

int blocks_find_lowest(struct sysroot *root, uint64_t size, unsigned node, uint64_t *ret,
                       bool *ret_has_cpu)
{
        struct members m = { UINT64_MAX, UINT64_MAX };
        int r;

        if (size == 0)
                return -ENOENT;
        r = sysroot_listf(root, note_member, &m, NODE_DIR "/node%u", node);
        if (r < 0)
                return r;
        if (ret_has_cpu)
                *ret_has_cpu =
                        m.lowest_cpu != UINT64_MAX && has_link(root, node, "cpu", m.lowest_cpu);
        if (m.lowest_block == UINT64_MAX)
                return -ENOENT;
        (void)has_link(root, node, "memory", m.lowest_block);
        *ret = m.lowest_block * size;
        return 0;
}

bool blocks_hold_address(struct sysroot *root, uint64_t size, unsigned node, uint64_t address)
{
        return size > 0 && has_link(root, node, "memory", address / size);
}
