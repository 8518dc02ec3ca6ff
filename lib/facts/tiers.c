/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "facts/tiers.h"

#include <errno.h>

#include "facts/blocks.h"
#include "facts/knobs.h"

#define TIER_DIR   "sys/devices/virtual/memory_tiering"
#define MODULE_DIR "sys/module/memtier_override"
#define PATH_SIZE  128

int tiers_get_uevent_seqnum(struct sysroot *root, uint64_t *ret)
{
        unsigned long long seqnum;
        char buf[64];
        ssize_t n;
        int r;

        n = sysroot_read(root, "sys/kernel/uevent_seqnum", buf, sizeof(buf));
        if (n < 0)
                return (int)n;
        r = parse_u64(buf, 10, UINT64_MAX, &seqnum);
        if (r < 0)
                return r;
        *ret = seqnum;
        return 0;
}

struct tier_ids {
        uint32_t *ids;
        size_t n, allocated;
};

static int note_tier(const char *name, void *userdata)
{
        const char *digits = startswith(name, "memory_tier");
        struct tier_ids *tiers = userdata;
        unsigned id;

        if (!digits || parse_unsigned(digits, TIER_UNKNOWN - 1, &id) < 0)
                return 0;
        if (array_grow(&tiers->ids, &tiers->allocated, tiers->n + 1, sizeof(*tiers->ids)) < 0)
                return -ENOMEM;
        tiers->ids[tiers->n++] = id;
        return 0;
}

static bool all_known(const struct machine *m)
{
        for (size_t i = 0; i < m->n_nodes; i++)
                if (m->nodes[i].has_memory && m->nodes[i].present_tier == TIER_UNKNOWN)
                        return false;
        return true;
}

int tiers_parse_override(const char *text, uint32_t *ret)
{
        return parse_unsigned(startswith(text, "memory_tier") ?: text, TIER_UNKNOWN - 1, ret);
}

/* Returns whether the module would have had to wait for the kernel: the tier is unknown this time.
 */
static bool read_override(struct sysroot *root, struct node *node, struct messages *problems)
{
        char path[PATH_SIZE], buf[64];
        ssize_t n;

        snprintf(path, sizeof(path), NODE_DIR "/node%u/" OVERRIDE_FILE, node->id);
        n = sysroot_read(root, path, buf, sizeof(buf));
        node->has_override = n != -ENOENT && n != -ENODEV;
        if (n >= 0 && tiers_parse_override(buf, &node->present_tier) < 0)
                messages_add(problems, "/%s: expected memory_tierN, found \"%.*s\"", path,
                             (int)strcspn(buf, "\n"), buf);
        return n == -EAGAIN;
}

static void read_offset(struct sysroot *root, struct node *node, struct messages *problems)
{
        char path[PATH_SIZE], buf[64], end;
        ssize_t n;

        snprintf(path, sizeof(path), NODE_DIR "/node%u/" OFFSET_FILE, node->id);
        n = sysroot_read(root, path, buf, sizeof(buf));
        if (n < 0)
                return;
        node->has_offset = sscanf(buf, "%d %c", &node->adistance_offset, &end) == 1;
        if (!node->has_offset)
                messages_add(problems, "/%s: expected a number", path);
}

/* Version 1.1 was the first that clears access times. */
static void read_module(struct sysroot *root, struct machine *m)
{
        unsigned major, minor;
        char buf[64];

        m->module_loaded = sysroot_read(root, MODULE_DIR "/initstate", buf, sizeof(buf)) >= 0;
        m->module_clears = m->module_loaded &&
                           sysroot_read(root, MODULE_DIR "/version", buf, sizeof(buf)) >= 0 &&
                           sscanf(buf, "%u.%u", &major, &minor) == 2 &&
                           (major > 1 || (major == 1 && minor >= 1));
}

/* Both interfaces stand on every node or on none, so the first node with memory tells. Returns
 * whether the module says that the kernel is moving something. */
static bool read_interfaces(struct sysroot *root, struct machine *m, struct messages *problems)
{
        bool first = true, override = true, offset = true, busy = false;

        for (size_t i = 0; i < m->n_nodes; i++) {
                struct node *n = &m->nodes[i];

                if (!n->has_memory)
                        continue;
                if (override && read_override(root, n, problems))
                        busy = true;
                if (offset)
                        read_offset(root, n, problems);
                if (first) {
                        override = n->has_override;
                        offset = n->has_offset;
                        first = false;
                }
        }
        if (!first && override)
                read_module(root, m);
        return busy;
}

static void use_known_tiers(struct machine *m, const struct tier_ids *tiers)
{
        for (size_t i = 0; i < m->n_nodes; i++) {
                struct node *n = &m->nodes[i];

                if (!n->has_memory || n->present_tier != TIER_UNKNOWN)
                        continue;
                for (size_t t = 0; t < tiers->n; t++)
                        if (tiers->ids[t] == n->known_tier)
                                n->present_tier = n->known_tier;
        }
}

static void put_in_tier(struct machine *m, const struct nodeset *nodes, uint32_t tier)
{
        for (size_t i = 0; i < m->n_nodes; i++) {
                struct node *n = &m->nodes[i];

                if (n->has_memory && n->present_tier == TIER_UNKNOWN && nodeset_has(nodes, n->id))
                        n->present_tier = tier;
        }
}

/* See the header for why. A block that cannot be listed is no reason to look away: a kernel without
 * memory hotplug never destroys a tier. */
static bool is_safe_to_read(struct sysroot *root)
{
        return !sysroot_is_live(root) || !blocks_any_goes_offline(root);
}

static int read_nodelist(struct sysroot *root, uint32_t tier, struct machine *m,
                         struct messages *problems)
{
        char path[PATH_SIZE], buf[NODESET_STRING_MAX + 2];
        struct nodeset nodes;
        ssize_t n;

        snprintf(path, sizeof(path), TIER_DIR "/memory_tier%u/nodelist", tier);
        n = sysroot_read(root, path, buf, sizeof(buf));
        if (n < 0)
                return (int)n;
        if (nodeset_parse(buf, &nodes) == 0)
                put_in_tier(m, &nodes, tier);
        else
                messages_add(problems, "/%s: expected a list of nodes, found \"%.*s\"", path,
                             (int)strcspn(buf, "\n"), buf);
        return 0;
}

static void read_nodelists(struct sysroot *root, const struct tier_ids *tiers, struct machine *m,
                           struct messages *problems)
{
        for (size_t i = 0; i < tiers->n; i++) {
                if (!is_safe_to_read(root)) {
                        m->tiers_withheld = true;
                        return;
                }
                read_nodelist(root, tiers->ids[i], m, problems);
        }
}

static void learn_tiers(struct sysroot *root, enum tier_reading reading,
                        const struct tier_ids *tiers, struct machine *m, struct messages *problems)
{
        bool busy = read_interfaces(root, m, problems);

        if (all_known(m))
                return;
        /* One tier, and no node on its way to another: every node with memory is in it. */
        if (tiers->n == 1 && !busy) {
                put_in_tier(m, &m->memory, tiers->ids[0]);
                return;
        }
        if (reading == TIERS_READ && !busy) {
                read_nodelists(root, tiers, m, problems);
                return;
        }
        use_known_tiers(m, tiers);
        m->tiers_withheld = !all_known(m);
}

int tiers_read(struct sysroot *root, enum tier_reading reading, struct machine *m,
               struct messages *problems)
{
        struct tier_ids tiers = { 0 };
        int r;

        r = sysroot_list(root, TIER_DIR, note_tier, &tiers);
        m->has_tiers = r == 0;
        if (r == 0)
                learn_tiers(root, reading, &tiers, m, problems);
        m->tiers_known = m->has_tiers && all_known(m);
        free(tiers.ids);
        return r == -ENOMEM ? r : 0;
}
