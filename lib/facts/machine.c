/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "facts/machine.h"

#include <errno.h>

static void gpus_free(struct gpu *gpus, size_t n)
{
        for (size_t i = 0; i < n; i++)
                free(gpus[i].address);
        free(gpus);
}

struct machine *machine_free(struct machine *m)
{
        if (!m)
                return NULL;
        for (size_t i = 0; i < m->n_nodes; i++) {
                free(m->nodes[i].key);
                free(m->nodes[i].distance);
                node_devices_free(m->nodes[i].devices, m->nodes[i].n_devices);
        }
        gpus_free(m->gpus, m->n_gpus);
        free(m->nodes);
        free(m->weights);
        free(m->kernel);
        free(m);
        return NULL;
}

const struct node *machine_get_node(const struct machine *m, unsigned id)
{
        size_t low = 0, high = m->n_nodes;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (m->nodes[middle].id < id)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low < m->n_nodes && m->nodes[low].id == id ? &m->nodes[low] : NULL;
}

bool balancing_is_tiering(const char *value)
{
        unsigned v;

        return parse_unsigned(value, UINT32_MAX, &v) == 0 && (v & BALANCING_TIERING_BIT) != 0;
}

/* Takes the device over, whatever it returns. */
static int append_device(struct node *n, struct node_device *d)
{
        struct node_device *devices = reallocarray(n->devices, n->n_devices + 1, sizeof(*devices));

        if (!devices) {
                node_device_done(d);
                return -ENOMEM;
        }
        n->devices = devices;
        n->devices[n->n_devices++] = *d;
        *d = (struct node_device){ 0 };
        return 0;
}

int node_add_device(struct node *n, struct node_device *d, int made)
{
        if (made == 0)
                return append_device(n, d);
        node_device_done(d);
        return made;
}
