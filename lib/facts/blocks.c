/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "facts/blocks.h"

#include <errno.h>
#include <inttypes.h>

#include "facts/knobs.h"

#define PATH_SIZE   128
#define TARGET_SIZE 256
#define STATE_SIZE  32

uint64_t blocks_read_size(struct sysroot *root)
{
        unsigned long long size;
        char buf[64];

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

/* False: this is no block, or it has gone. */
static bool read_state(struct sysroot *root, const char *name, char ret[static STATE_SIZE])
{
        unsigned long long block;
        char path[PATH_SIZE];

        if (parse_block(name, &block) < 0)
                return false;
        snprintf(path, sizeof(path), MEMORY_DIR "/memory%llu/state", block);
        if (sysroot_read(root, path, ret, STATE_SIZE) < 0)
                return false;
        ret[strcspn(ret, "\n")] = '\0';
        return true;
}

static int is_going_offline(const char *name, void *userdata)
{
        char state[STATE_SIZE];

        return read_state(userdata, name, state) && streq(state, "going-offline");
}

bool blocks_any_goes_offline(struct sysroot *root)
{
        return sysroot_list(root, MEMORY_DIR, is_going_offline, root) == 1;
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

        if (!read_state(a->root, name, state))
                return 0;
        if (streq(state, "online") || streq(state, "going-offline"))
                return 1;
        a->coming = a->coming || streq(state, "offline") || streq(state, "going-online");
        return 0;
}

bool blocks_are_coming(struct sysroot *root, unsigned node)
{
        struct arrival a = { .root = root };
        char path[PATH_SIZE];

        snprintf(path, sizeof(path), NODE_DIR "/node%u", node);
        return sysroot_list(root, path, note_arrival, &a) == 0 && a.coming;
}

static int note_lowest(const char *name, void *userdata)
{
        unsigned long long block, *lowest = userdata;

        if (parse_block(name, &block) == 0 && block < *lowest)
                *lowest = block;
        return 0;
}

/* A link that is read is in a capture; one that is only listed is not. */
static bool has_block(struct sysroot *root, unsigned node, uint64_t block)
{
        char path[PATH_SIZE], target[TARGET_SIZE];

        snprintf(path, sizeof(path), NODE_DIR "/node%u/memory%" PRIu64, node, block);
        return sysroot_readlink(root, path, target, sizeof(target)) == 0;
}

int blocks_find_lowest(struct sysroot *root, unsigned node, uint64_t *ret)
{
        unsigned long long lowest = UINT64_MAX;
        uint64_t size = blocks_read_size(root);
        char path[PATH_SIZE];
        int r;

        snprintf(path, sizeof(path), NODE_DIR "/node%u", node);
        r = size > 0 ? sysroot_list(root, path, note_lowest, &lowest) : -ENOENT;
        if (r < 0)
                return r;
        if (lowest == UINT64_MAX)
                return -ENOENT;
        has_block(root, node, lowest);
        *ret = lowest * size;
        return 0;
}

bool blocks_hold_address(struct sysroot *root, unsigned node, uint64_t address)
{
        uint64_t size = blocks_read_size(root);

        return size > 0 && has_block(root, node, address / size);
}
