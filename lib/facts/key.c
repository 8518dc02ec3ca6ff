/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "facts/key.h"

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

int key_read(struct sysroot *root, const struct node *node, char **ret)
{
        uint64_t address;
        int r;

        *ret = NULL;
        if (has_serials(node))
                return key_of_serials(node, ret);
        r = blocks_find_lowest(root, node->id, &address);
        if (r < 0)
                return r;
        if (asprintf(ret, "node%u@%" PRIx64, node->id, address) >= 0)
                return 0;
        *ret = NULL;
        return -ENOMEM;
}
