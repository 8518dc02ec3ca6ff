/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/devices.h"

#include <inttypes.h>

#include "base/units.h"

const char *format_devices(const struct node *node, char buf[static DEVICES_STRING_MAX])
{
        size_t length;
        bool first = true;

        length = (size_t)snprintf(buf, DEVICES_STRING_MAX, "%s", node_kind_name(node->kind));
        for (size_t i = 0; i < node->n_devices; i++)
                for (size_t j = 0; j < node->devices[i].n_memdevs; j++) {
                        int n = snprintf(buf + length, DEVICES_STRING_MAX - length, "%s%s",
                                         first ? " " : ", ", node->devices[i].memdevs[j].name);

                        if (n < 0 || (size_t)n >= DEVICES_STRING_MAX - length)
                                return buf;
                        length += (size_t)n;
                        first = false;
                }
        return buf;
}

/* JSON: a row for each memory device; one for memory of which no device is known. */

enum {
        JSON_NODE,
        JSON_KIND,
        JSON_DAX,
        JSON_REGION,
        JSON_ADDRESS,
        JSON_SIZE,
        JSON_WAYS,
        JSON_MEMDEV,
        JSON_SERIAL,
        JSON_PCI_ADDRESS,
        JSON_PCI_ID,
        JSON_LOCKED,
        JSON_QOS_CLASS,
};

static const struct column json_columns[] = {
        [JSON_NODE] = { "node", COLUMN_NUMBER },
        [JSON_KIND] = { "kind", COLUMN_TEXT },
        [JSON_DAX] = { "dax", COLUMN_TEXT },
        [JSON_REGION] = { "region", COLUMN_TEXT },
        [JSON_ADDRESS] = { "address", COLUMN_NUMBER },
        [JSON_SIZE] = { "size", COLUMN_NUMBER },
        [JSON_WAYS] = { "interleave_ways", COLUMN_NUMBER },
        [JSON_MEMDEV] = { "memdev", COLUMN_TEXT },
        [JSON_SERIAL] = { "cxl_serial", COLUMN_TEXT },
        [JSON_PCI_ADDRESS] = { "pci_address", COLUMN_TEXT },
        [JSON_PCI_ID] = { "pci_id", COLUMN_TEXT },
        [JSON_LOCKED] = { "locked", COLUMN_BOOLEAN },
        [JSON_QOS_CLASS] = { "qos_class", COLUMN_NUMBER },
};

static void set_text(struct libscols_line *line, size_t column, const char *text)
{
        if (text)
                table_set(line, column, "%s", text);
}

static struct libscols_line *json_device(struct libscols_table *t, const struct node *n,
                                         const struct node_device *d)
{
        struct libscols_line *line = table_add(t, NULL);

        table_set(line, JSON_NODE, "%u", n->id);
        table_set(line, JSON_KIND, "%s", node_kind_name(d->kind));
        set_text(line, JSON_DAX, d->dax);
        set_text(line, JSON_REGION, d->region);
        if (d->size > 0) {
                table_set(line, JSON_ADDRESS, "%" PRIu64, d->address);
                table_set(line, JSON_SIZE, "%" PRIu64, d->size);
        }
        if (d->ways > 0)
                table_set(line, JSON_WAYS, "%u", d->ways);
        table_set(line, JSON_LOCKED, "0");
        return line;
}

static void json_memdev(struct libscols_line *line, const struct memdev *m)
{
        set_text(line, JSON_MEMDEV, m->name);
        if (m->serial != 0)
                table_set(line, JSON_SERIAL, "0x%" PRIx64, m->serial);
        set_text(line, JSON_PCI_ADDRESS, m->pci_address);
        set_text(line, JSON_PCI_ID, m->pci_id);
        table_set(line, JSON_LOCKED, "%d", m->locked);
        if (m->has_qos_class)
                table_set(line, JSON_QOS_CLASS, "%u", m->qos_class);
}

static void json_node(struct libscols_table *t, const struct node *n)
{
        for (size_t i = 0; i < n->n_devices; i++) {
                const struct node_device *d = &n->devices[i];

                if (d->n_memdevs == 0)
                        json_device(t, n, d);
                for (size_t j = 0; j < d->n_memdevs; j++)
                        json_memdev(json_device(t, n, d), &d->memdevs[j]);
        }
}

struct libscols_table *json_devices(const struct assignment *a, const struct node *only)
{
        struct libscols_table *t = table_new("devices", json_columns, ELEMENTSOF(json_columns));

        for (size_t i = 0; t && i < a->n_nodes; i++)
                if (!only || a->nodes[i].node == only)
                        json_node(t, a->nodes[i].node);
        return t;
}

/* For people */

enum {
        TEXT_MEMORY,
        TEXT_SERIAL,
        TEXT_PCI,
        TEXT_QOS,
        TEXT_REMARK,
};

static void text_memdev(struct libscols_line *line, const struct memdev *m)
{
        table_set(line, TEXT_MEMORY, "%s", m->name);
        if (m->serial != 0)
                table_set(line, TEXT_SERIAL, "0x%" PRIx64, m->serial);
        table_set(line, TEXT_PCI, "%s%s%s", m->pci_address ?: "", m->pci_id ? " " : "",
                  m->pci_id ?: "");
        if (m->has_qos_class)
                table_set(line, TEXT_QOS, "%u", m->qos_class);
        if (m->locked)
                table_set(line, TEXT_REMARK, "locked by firmware");
}

static void text_device(struct libscols_table *t, const struct node_device *d)
{
        struct libscols_line *line = table_add(t, NULL);
        char size[UNIT_STRING_MAX];

        table_set(line, TEXT_MEMORY, "%s%s%s%s%s", node_kind_name(d->kind), d->dax ? " " : "",
                  d->dax ?: "", d->region ? " " : "", d->region ?: "");
        if (d->size > 0)
                table_set(line, TEXT_REMARK, "%s at 0x%" PRIx64 "%s",
                          format_size(d->size >> 10, size), d->address,
                          d->ways > 1 ? ", interleaved" : "");
        for (size_t i = 0; i < d->n_memdevs; i++)
                text_memdev(table_add(t, line), &d->memdevs[i]);
}

struct libscols_table *text_devices(const struct node *node)
{
        static const struct column columns[] = {
                [TEXT_MEMORY] = { "DEVICE", COLUMN_TREE },
                [TEXT_SERIAL] = { "SERIAL", COLUMN_TEXT },
                [TEXT_PCI] = { "PCI", COLUMN_TEXT },
                [TEXT_QOS] = { "QOS CLASS", COLUMN_TEXT },
                [TEXT_REMARK] = { "", COLUMN_TEXT },
        };
        struct libscols_table *t = table_new(NULL, columns, ELEMENTSOF(columns));

        for (size_t i = 0; t && i < node->n_devices; i++)
                text_device(t, &node->devices[i]);
        return t;
}
