/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "blocks.h"

#include <errno.h>
#include <inttypes.h>

#include "knobs.h"

#define PATH_SIZE   128
#define TARGET_SIZE 256

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

struct state_search {
        struct sysroot *root;
        const char *state;
};

static int is_in_state(const char *name, void *userdata)
{
        const struct state_search *s = userdata;
        unsigned long long block;
        char path[PATH_SIZE], state[32];

        if (parse_block(name, &block) < 0)
                return 0;
        snprintf(path, sizeof(path), MEMORY_DIR "/memory%llu/state", block);
        if (sysroot_read(s->root, path, state, sizeof(state)) < 0)
                return 0;
        state[strcspn(state, "\n")] = '\0';
        return streq(state, s->state);
}

bool blocks_any_is(struct sysroot *root, const char *directory, const char *state)
{
        struct state_search search = { root, state };

        return sysroot_list(root, directory, is_in_state, &search) == 1;
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
