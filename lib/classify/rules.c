/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "classify/rules.h"

#include <inttypes.h>

/* A GPU's memory belongs to its driver and its applications: Linux is not to put pages there by
 * itself. In a slower tier than DRAM's it would be where cold pages are demoted to. */
static const struct node_rule builtin_gpu = {
        .name = (char *)"gpu",
        .has_kind = true,
        .kind = KIND_GPU,
        .has_ignore = true,
        .ignore = true,
};

static bool same(const char *wanted, const char *found)
{
        return found && streq(wanted, found);
}

/* A match that the rule does not have lets everything through. */
static bool memdev_matches(const struct node_rule *r, const struct memdev *m)
{
        return (!r->has_cxl_serial || r->cxl_serial == m->serial) &&
               (!r->pci_address || same(r->pci_address, m->pci_address)) &&
               (!r->pci_id || same(r->pci_id, m->pci_id));
}

static bool device_matches(const struct node_rule *r, const struct node_device *d)
{
        if ((r->region && !same(r->region, d->region)) || (r->dax && !same(r->dax, d->dax)))
                return false;
        if (!r->has_cxl_serial && !r->pci_address && !r->pci_id)
                return true;
        for (size_t i = 0; i < d->n_memdevs; i++)
                if (memdev_matches(r, &d->memdevs[i]))
                        return true;
        return false;
}

static bool names_device(const struct node_rule *r)
{
        return r->has_cxl_serial || r->pci_address || r->pci_id || r->region || r->dax;
}

static bool rule_matches(const struct node_rule *r, const struct node *n)
{
        if (r->has_node && r->node != n->id)
                return false;
        if (r->has_kind && (n->may_be_gpu || r->kind != n->kind))
                return false; /* of what may be a GPU's memory the kind is not known */
        if (!names_device(r))
                return true;
        for (size_t i = 0; i < n->n_devices; i++)
                if (device_matches(r, &n->devices[i]))
                        return true;
        return false;
}

const struct node_rule *rules_find(const struct policy *p, const struct node *node)
{
        for (size_t i = 0; i < p->n_rules; i++)
                if (rule_matches(&p->rules[i], node))
                        return &p->rules[i];
        return rule_matches(&builtin_gpu, node) ? &builtin_gpu : NULL;
}

const struct node_rule *rules_builtin_gpu(void)
{
        return &builtin_gpu;
}

const struct node_rule *rules_find_gpu_override(const struct policy *p)
{
        for (size_t i = 0; i < p->n_rules; i++) {
                const struct node_rule *r = &p->rules[i];

                if (r->has_kind && r->kind == KIND_GPU && !r->has_node && !names_device(r))
                        return r;
        }
        return NULL;
}

const char *rules_suggest_match(const struct node *node, char buf[static RULE_MATCH_MAX])
{
        uint64_t serial = 0;

        for (size_t i = 0; serial == 0 && i < node->n_devices; i++)
                if (node->devices[i].n_memdevs > 0)
                        serial = node->devices[i].memdevs[0].serial;
        if (serial != 0)
                snprintf(buf, RULE_MATCH_MAX, "cxl-serial = 0x%" PRIx64, serial);
        else
                snprintf(buf, RULE_MATCH_MAX, "node = %u", node->id);
        return buf;
}
