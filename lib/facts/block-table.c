/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "facts/block-table.h"

#include <errno.h>
#include <inttypes.h>

#include "facts/blocks.h"
#include "facts/knobs.h"

#define TEXT_SIZE   64
#define TARGET_SIZE 1024

const char *block_zone_name(enum block_zone z)
{
        static const char *const names[BLOCK_ZONES] = {
                [ZONE_UNKNOWN] = "unknown",
                [ZONE_KERNEL] = "kernel",
                [ZONE_MOVABLE] = "movable",
                [ZONE_NONE] = "none",
        };

        return names[z];
}

const char *block_state_name(enum block_state s)
{
        static const char *const names[BLOCK_STATES] = {
                [BLOCK_UNREADABLE] = "unreadable", [BLOCK_OFFLINE] = "offline",
                [BLOCK_COMING] = "going-online",   [BLOCK_ONLINE] = "online",
                [BLOCK_LEAVING] = "going-offline",
        };

        return names[s];
}

static enum block_state parse_state(const char *text)
{
        for (unsigned s = BLOCK_OFFLINE; s < BLOCK_STATES; s++)
                if (streq(text, block_state_name(s)))
                        return s;
        return BLOCK_UNREADABLE;
}

static enum block_zone parse_zone(const char *text)
{
        static const char *const kernel[] = { "DMA", "DMA32", "Normal", "HighMem" };

        if (streq(text, "Movable"))
                return ZONE_MOVABLE;
        if (streq(text, "none") || streq(text, "None"))
                return ZONE_NONE;
        for (size_t i = 0; i < ELEMENTSOF(kernel); i++)
                if (streq(text, kernel[i]))
                        return ZONE_KERNEL;
        return ZONE_UNKNOWN;
}

int block_read(struct sysroot *root, struct block *b)
{
        char text[TEXT_SIZE];
        int r;

        b->zone = ZONE_UNKNOWN;
        b->state = BLOCK_UNREADABLE;
        r = sysroot_read_linef(root, text, sizeof(text), MEMORY_DIR "/memory%" PRIu64 "/state",
                               b->number);
        if (r < 0)
                return r;
        b->state = parse_state(text);
        if (b->state == BLOCK_ONLINE &&
            sysroot_read_linef(root, text, sizeof(text),
                               MEMORY_DIR "/memory%" PRIu64 "/valid_zones", b->number) == 0)
                b->zone = parse_zone(text);
        return 0;
}

static int add_block(struct block_table *t, uint64_t number, uint32_t node)
{
        if (array_grow(&t->blocks, &t->allocated, t->n + 1, sizeof(*t->blocks)) < 0)
                return -ENOMEM;
        t->blocks[t->n++] = (struct block){ .number = number, .node = node };
        return 0;
}

struct listing {
        struct block_table *table;
        uint32_t node;
};

static int note_block(const char *name, void *userdata)
{
        struct listing *l = userdata;
        const char *digits = startswith(name, "memory");
        unsigned long long number;

        /* also there: memory_side_cache, memory_failure */
        if (!digits || parse_u64(digits, 10, UINT64_MAX, &number) < 0)
                return 0;
        return add_block(l->table, number, l->node);
}

static int note_node(const char *name, void *userdata)
{
        const char *digits = startswith(name, "node");
        unsigned node;

        if (digits && parse_unsigned(digits, NODE_MAX - 1, &node) == 0)
                nodeset_add(userdata, node);
        return 0;
}

static int compare_blocks(const void *a, const void *b)
{
        const struct block *x = a, *y = b;

        return (x->number > y->number) - (x->number < y->number)
                       ?: (x->node > y->node) - (x->node < y->node);
}

/* A block is listed with each of its nodes, and with none in the directory of all blocks. */
static void merge_equal(struct block_table *t)
{
        size_t n = 0;

        if (t->n == 0)
                return;
        qsort(t->blocks, t->n, sizeof(*t->blocks), compare_blocks);
        for (size_t i = 0; i < t->n;) {
                struct block b = t->blocks[i];
                size_t same = 1, nodes = b.node != BLOCK_NO_NODE;

                for (; i + same < t->n && t->blocks[i + same].number == b.number; same++)
                        nodes += t->blocks[i + same].node != BLOCK_NO_NODE;
                if (nodes > 1)
                        b.node = BLOCK_NO_NODE;
                i += same;
                t->blocks[n++] = b;
        }
        t->n = n;
}

static void read_states(struct sysroot *root, struct block_table *t, struct messages *problems)
{
        size_t n = 0;

        for (size_t i = 0; i < t->n; i++) {
                int r = block_read(root, &t->blocks[i]);

                if (sysroot_is_absent(r))
                        continue;
                if (r < 0)
                        sysroot_reportf(problems, r, MEMORY_DIR "/memory%" PRIu64 "/state",
                                        t->blocks[i].number);
                t->blocks[n++] = t->blocks[i];
        }
        t->n = n;
}

static int list_blocks(struct sysroot *root, const struct nodeset *nodes, struct block_table *t)
{
        struct nodeset all = { 0 };
        struct listing l = { .table = t, .node = BLOCK_NO_NODE };
        int r = 0;

        if (!nodes) {
                r = sysroot_list(root, MEMORY_DIR, note_block, &l);
                if (r == 0)
                        r = sysroot_list(root, NODE_DIR, note_node, &all);
                nodes = &all;
        }
        if (r < 0)
                return r;
        nodeset_foreach (node, nodes) {
                l.node = node;
                r = sysroot_listf(root, note_block, &l, NODE_DIR "/node%u", node);
                if (r < 0 && !sysroot_is_absent(r))
                        return r;
        }
        return 0;
}

static void keep_nodes(struct block_table *t, const struct nodeset *nodes)
{
        size_t n = 0;

        for (size_t i = 0; i < t->n; i++)
                if (t->blocks[i].node != BLOCK_NO_NODE && nodeset_has(nodes, t->blocks[i].node))
                        t->blocks[n++] = t->blocks[i];
        t->n = n;
}

/* 1: the table is that of a capture. 0: there is none. */
static int read_record(struct sysroot *root, const struct nodeset *nodes, struct block_table *t,
                       struct messages *problems)
{
        _cleanup_(freep) char *text = NULL;
        int r;

        if (sysroot_is_live(root))
                return 0;
        r = sysroot_read_alloc(root, BLOCKS_RECORD_PATH, &text);
        if (r < 0) {
                sysroot_reportf(problems, r, BLOCKS_RECORD_PATH);
                return sysroot_is_absent(r) ? 0 : r;
        }
        r = block_table_parse(t, text, "/" BLOCKS_RECORD_PATH, problems);
        if (r < 0)
                return r;
        if (nodes)
                keep_nodes(t, nodes);
        return 1;
}

int block_table_read(struct sysroot *root, const struct nodeset *nodes, struct messages *problems,
                     struct block_table **ret)
{
        _cleanup_(block_table_freep) struct block_table *t = calloc(1, sizeof(*t));
        int r;

        if (!t)
                return -ENOMEM;
        t->block_size = blocks_read_size(root);
        r = read_record(root, nodes, t, problems);
        if (r < 0)
                return r;
        if (r == 1) {
                *ret = TAKE_PTR(t);
                return 0;
        }
        r = list_blocks(root, nodes, t);
        if (r < 0 && !sysroot_is_absent(r)) {
                sysroot_reportf(problems, r, MEMORY_DIR);
                return r;
        }
        merge_equal(t);
        read_states(root, t, problems);
        *ret = TAKE_PTR(t);
        return 0;
}

struct block_table *block_table_free(struct block_table *t)
{
        if (!t)
                return NULL;
        for (size_t i = 0; i < t->n_recorded; i++)
                free(t->recorded[i].name);
        free(t->recorded);
        free(t->blocks);
        free(t);
        return NULL;
}

const struct block *block_table_get(const struct block_table *t, uint64_t number)
{
        size_t i = array_find(t->blocks, t->n, sizeof(*t->blocks), number);

        return i < t->n && t->blocks[i].number == number ? &t->blocks[i] : NULL;
}

static int find_recorded(const struct block_table *t, uint64_t number, char *buf, size_t size)
{
        for (size_t i = 0; i < t->n_recorded; i++) {
                const struct recorded_device *d = &t->recorded[i];

                if (number < d->first || number > d->last)
                        continue;
                if (strlen(d->name) >= size)
                        return -ENAMETOOLONG;
                strcpy(buf, d->name);
                return 0;
        }
        return -ENOENT;
}

int block_read_firmware_node(struct sysroot *root, const struct block_table *t, uint64_t number,
                             char *buf, size_t size)
{
        char target[TARGET_SIZE];
        const char *name;
        int r;

        if (t->is_recorded)
                return find_recorded(t, number, buf, size);
        r = sysroot_readlinkf(root, target, sizeof(target),
                              MEMORY_DIR "/memory%" PRIu64 "/firmware_node", number);
        if (r < 0)
                return sysroot_is_absent(r) ? -ENOENT : r;
        name = last_component(target);
        if (strlen(name) >= size)
                return -ENAMETOOLONG;
        strcpy(buf, name);
        return 0;
}
