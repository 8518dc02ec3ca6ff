/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/differences.h"

/* The nodes of a that are (in: not) in b. */
static struct nodeset select_nodes(const struct nodeset *a, const struct nodeset *b, bool in)
{
        struct nodeset r = { 0 };

        nodeset_foreach (n, a)
                if (nodeset_has(b, n) == in)
                        nodeset_add(&r, n);
        return r;
}

/* "NUMAMask=1: expected 2"; what: begins what is expected. */
static void add_difference(struct messages *m, const char *key, const struct nodeset *found,
                           const char *what, const struct nodeset *expected)
{
        char a[NODESET_STRING_MAX], b[NODESET_STRING_MAX];

        messages_add(m, "%s=%s: expected %s%s", key, nodeset_format(found, a), what,
                     nodeset_count(expected) == 0 ? "none" : nodeset_format(expected, b));
}

static void compare_mask(const struct service_drop_in *d, const struct nodeset *tiers,
                         struct messages *m)
{
        struct nodeset strange = select_nodes(&d->mask, tiers, false);
        char text[NODESET_STRING_MAX];

        if (d->mask_is_all)
                messages_add(m, "NUMAMask=all: expected %s", nodeset_format(tiers, text));
        else if (d->policy == SERVICE_PREFERRED &&
                 (nodeset_count(&strange) > 0 || nodeset_count(&d->mask) != 1))
                add_difference(m, "NUMAMask", &d->mask, "one node of ", tiers);
        else if (d->policy != SERVICE_PREFERRED && !nodeset_equal(&d->mask, tiers))
                add_difference(m, "NUMAMask", &d->mask, "", tiers);
}

struct service_harm service_find_differences(const struct service_drop_in *d,
                                             const struct nodeset *tiers,
                                             const struct nodeset *memory, struct messages *ret)
{
        bool has_nodes = service_policy_has_nodes(d->policy);
        struct nodeset usable = select_nodes(&d->mask, memory, true);
        struct nodeset absent = select_nodes(&d->allowed, memory, false);
        const struct nodeset none = { 0 }, *confines = d->confine ? tiers : &none;
        size_t before = ret->n;
        struct service_harm harm = { 0 };

        if (d->policy != d->asked_policy)
                messages_add(ret, "NUMAPolicy=%s: expected %s", service_policy_word(d->policy),
                             service_policy_word(d->asked_policy));
        if (has_nodes)
                compare_mask(d, tiers, ret);
        if (!nodeset_equal(&d->allowed, confines))
                add_difference(ret, "AllowedMemoryNodes", &d->allowed, "", confines);
        harm.elsewhere = ret->n > before;
        harm.does_not_start = has_nodes && !d->mask_is_all &&
                              (nodeset_count(&usable) == 0 ||
                               (d->policy == SERVICE_PREFERRED && nodeset_count(&d->mask) != 1));
        harm.not_confined = nodeset_count(&absent) > 0;
        return harm;
}
