/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "facts/key.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>

#include "facts/blocks.h"

static int compare_serials(const void *a, const void *b)
{
        const uint64_t *x = a, *y = b;

        return (*x > *y) - (*x < *y);
}

static char *join_serials(const uint64_t *serials, size_t n)
{
        char *text = NULL;
        size_t size;
        FILE *f;

        f = open_memstream(&text, &size);
        if (!f)
                return NULL;
        for (size_t i = 0; i < n; i++)
                fprintf(f, "%s0x%" PRIx64, i > 0 ? "+" : "cxl:", serials[i]);
        if (fclose(f) == 0)
                return text;
        free(text);
        return NULL;
}

/* In their own order, for the kernel lists devices in that of their coming; and each once, for a
 * device may be in several regions. */
static int key_of_serials(const struct node *n, char **ret)
{
        _cleanup_(freep) uint64_t *serials = NULL;
        size_t allocated = 0, count = 0, unique = 0;

        for (size_t i = 0; i < n->n_devices; i++)
                for (size_t j = 0; j < n->devices[i].n_memdevs; j++) {
                        if (array_grow(&serials, &allocated, count + 1, sizeof(*serials)) < 0)
                                return -ENOMEM;
                        serials[count++] = n->devices[i].memdevs[j].serial;
                }
        qsort(serials, count, sizeof(*serials), compare_serials);
        for (size_t i = 0; i < count; i++)
                if (unique == 0 || serials[unique - 1] != serials[i])
                        serials[unique++] = serials[i];
        *ret = join_serials(serials, unique);
        return *ret ? 0 : -ENOMEM;
}

/* All its memory is CXL devices' that have a serial number each. */
static bool has_serials(const struct node *n)
{
        for (size_t i = 0; i < n->n_devices; i++) {
                if (n->devices[i].kind != KIND_CXL || n->devices[i].n_memdevs == 0 ||
                    n->devices[i].n_memdevs < n->devices[i].ways)
                        return false;
                for (size_t j = 0; j < n->devices[i].n_memdevs; j++)
                        if (n->devices[i].memdevs[j].serial == 0)
                                return false;
        }
        return n->n_devices > 0 && !n->has_cpu;
}

static int find_key(struct sysroot *root, uint64_t block_size, const struct node *node,
                    bool *ret_has_cpu, char **ret)
{
        uint64_t address;
        int r;

        *ret = NULL;
        if (has_serials(node))
                return key_of_serials(node, ret);
        r = blocks_find_lowest(root, block_size, node->id, &address, ret_has_cpu);
        if (r < 0)
                return r;
        if (asprintf(ret, "node%u@%" PRIx64, node->id, address) >= 0)
                return 0;
        *ret = NULL;
        return -ENOMEM;
}

int key_read(struct sysroot *root, const struct node *node, char **ret)
{
        return find_key(root, blocks_read_size(root), node, NULL, ret);
}

/* While the devices are not known, the memory may be that of devices with serial numbers. */
static bool may_have_serials(const struct node *n)
{
        return node_is_unreadable(n, FACT_DEVICES) && !n->has_cpu;
}

int key_fill(struct sysroot *root, const struct machine *m, struct node *node)
{
        int r;

        assert(!node->key);
        r = find_key(root, m->block_size, node, node->has_cpu ? NULL : &node->has_offline_cpu,
                     &node->key);
        if (may_have_serials(node))
                free(TAKE_PTR(node->key));
        return r == -ENOMEM ? r : 0;
}

int key_confirm(struct sysroot *root, const struct machine *m, struct node *node, const char *key)
{
        unsigned long long address;
        unsigned id;
        char end;

        assert(!node->key);
        if (sscanf(key, "node%u@%llx%c", &id, &address, &end) != 2 || id != node->id ||
            !blocks_hold_address(root, m->block_size, id, address))
                return 0;
        node->key = strdup(key);
        return node->key ? 0 : -ENOMEM;
}
