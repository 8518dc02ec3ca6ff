/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "classify/rules.h"

#include <assert.h>
#include <inttypes.h>

/* A GPU's memory belongs to its driver and its applications: Linux must not put pages there by
 * itself. If its tier were slower than that of DRAM, cold pages would be demoted to it. */
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
        if ((r->region && !same(r->region, d->region)) || (r->dax && !same(r->dax, d->dax)) ||
            (r->firmware_node && !same(r->firmware_node, d->firmware_node)))
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
        return r->has_cxl_serial || r->pci_address || r->pci_id || r->region || r->dax ||
               r->firmware_node;
}

enum match {
        MATCH_NO,
        MATCH_YES,
        MATCH_UNREADABLE, /* the rule matches devices, which cannot be read now */
};

/* Without its devices, only two kinds are known: a GPU's memory by its driver, DRAM by its CPUs. */
static enum match match_kind(const struct node_rule *r, const struct node *n)
{
        if (n->may_be_gpu)
                return MATCH_NO; /* what the memory is will only be known later */
        if (node_is_unreadable(n, FACT_DEVICES) && n->kind != KIND_GPU && !n->has_cpu)
                return MATCH_UNREADABLE;
        return r->kind == n->kind ? MATCH_YES : MATCH_NO;
}

/* Only the device of a memory block may have one (online/wanted.h). */
static bool has_firmware_node(const struct node *n)
{
        return n->n_devices > 0 && n->devices[0].firmware_node;
}

static enum match match_devices(const struct node_rule *r, const struct node *n)
{
        if (r->firmware_node && !has_firmware_node(n))
                return MATCH_NO;
        if (node_is_unreadable(n, FACT_DEVICES))
                return MATCH_UNREADABLE;
        for (size_t i = 0; i < n->n_devices; i++)
                if (device_matches(r, &n->devices[i]))
                        return MATCH_YES;
        return MATCH_NO;
}

static enum match match(const struct node_rule *r, const struct node *n)
{
        enum match m = MATCH_YES;

        if (r->has_node && r->node != n->id)
                return MATCH_NO;
        if (r->has_kind)
                m = match_kind(r, n);
        return m != MATCH_NO && names_device(r) ? match_devices(r, n) : m;
}

const struct node_rule *rules_find(const struct policy *p, const struct node *node)
{
        for (size_t i = 0; i < p->n_rules; i++) {
                enum match m = match(&p->rules[i], node);

                if (m != MATCH_NO)
                        return m == MATCH_YES ? &p->rules[i] : NULL;
        }
        return match(&builtin_gpu, node) == MATCH_YES ? &builtin_gpu : NULL;
}

bool rules_are_unreadable(const struct policy *p, const struct node *node)
{
        for (size_t i = 0; i < p->n_rules; i++) {
                enum match m = match(&p->rules[i], node);

                if (m != MATCH_NO)
                        return m == MATCH_UNREADABLE;
        }
        return false;
}

bool rule_may_match(const struct node_rule *r, const struct node *node)
{
        return match(r, node) != MATCH_NO;
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

/* The first device that says more than NULL. */
static const struct memdev *find_memdev(const struct node *node, bool with_serial)
{
        for (size_t i = 0; i < node->n_devices; i++) {
                const struct node_device *d = &node->devices[i];

                for (size_t j = 0; j < d->n_memdevs; j++)
                        if (with_serial ? d->memdevs[j].serial != 0
                                        : d->memdevs[j].pci_address != NULL)
                                return &d->memdevs[j];
        }
        return NULL;
}

void rules_identify(const struct node *node, struct rule_identity *ret)
{
        const struct memdev *m = find_memdev(node, true);

        if (m) {
                ret->key = "cxl-serial";
                snprintf(ret->value, sizeof(ret->value), "0x%" PRIx64, m->serial);
                return;
        }
        m = find_memdev(node, false);
        if (m) {
                ret->key = "pci-address";
                snprintf(ret->value, sizeof(ret->value), "%s", m->pci_address);
                return;
        }
        ret->key = "node";
        snprintf(ret->value, sizeof(ret->value), "%u", node->id);
}

const char *rules_suggest_match(const struct node *node, char buf[static RULE_MATCH_MAX])
{
        struct rule_identity i;

        rules_identify(node, &i);
        snprintf(buf, RULE_MATCH_MAX, "%s = %s", i.key, i.value);
        return buf;
}

static const char *suggest(const struct node *node, const char *before, const char *keys,
                           char buf[static RULE_SUGGESTION_MAX])
{
        char match[RULE_MATCH_MAX];
        int n = snprintf(buf, RULE_SUGGESTION_MAX, "%sa [node NAME] section with %s%s", before,
                         rules_suggest_match(node, match), keys);

        assert(n < RULE_SUGGESTION_MAX);
        return buf;
}

const char *rules_suggest_section(const struct node *node, const char *keys,
                                  char buf[static RULE_SUGGESTION_MAX])
{
        return suggest(node, "", keys, buf);
}

const char *rules_suggest(const struct node *node, const char *keys,
                          char buf[static RULE_SUGGESTION_MAX])
{
        char measure[48];

        snprintf(measure, sizeof(measure), "numatier measure %u, or ", node->id);
        return suggest(node, measure, keys, buf);
}
