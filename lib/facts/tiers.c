/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "facts/tiers.h"

#include <errno.h>

#include "facts/blocks.h"
#include "facts/keep.h"
#include "facts/knobs.h"
#include "facts/module.h"

#define TIER_DIR    "sys/devices/virtual/memory_tiering"
#define SEQNUM_PATH "sys/kernel/uevent_seqnum"
#define TEXT_SIZE   64

int tiers_get_uevent_seqnum(struct sysroot *root, uint64_t *ret)
{
        unsigned long long seqnum;
        char buf[TEXT_SIZE];
        ssize_t n;
        int r;

        n = sysroot_read(root, SEQNUM_PATH, buf, sizeof(buf));
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

/* Our module's file, or the RFC's. An error other than "no such file" says that the file is there:
 * ENODEV, that the node is in no tier or that the file is going. EAGAIN, that the module would have
 * had to wait for the kernel, which moves something: that is nothing to report. Returns what
 * reading said. */
static ssize_t read_override(struct sysroot *root, struct node *node, struct messages *problems)
{
        char buf[TEXT_SIZE];
        ssize_t n =
                sysroot_readf(root, buf, sizeof(buf), NODE_DIR "/node%u/" OVERRIDE_FILE, node->id);

        node->has_override = !sysroot_is_absent(n);
        if (n == -ENOENT)
                return n;
        if (n < 0) {
                node_mark_unreadable(node, FACT_TIER);
                if (n == -ENODEV)
                        node_mark_unreadable(node, FACT_INTERFACE);
                if (n != -EAGAIN)
                        sysroot_reportf(problems, n, NODE_DIR "/node%u/" OVERRIDE_FILE, node->id);
        } else if (tiers_parse_override(buf, &node->present_tier) < 0) {
                node_mark_unreadable(node, FACT_TIER);
                messages_add(problems,
                             "/" NODE_DIR "/node%u/" OVERRIDE_FILE
                             ": expected memory_tierN, found \"%.*s\"",
                             node->id, (int)strcspn(buf, "\n"), buf);
        }
        return n;
}

static ssize_t read_offset(struct sysroot *root, struct node *node, struct messages *problems)
{
        char buf[TEXT_SIZE], end;
        ssize_t n =
                sysroot_readf(root, buf, sizeof(buf), NODE_DIR "/node%u/" OFFSET_FILE, node->id);

        if (n == -ENOENT)
                return n;
        node->has_offset = n >= 0 && sscanf(buf, "%d %c", &node->adistance_offset, &end) == 1;
        if (node->has_offset)
                return n;
        node->adistance_offset = 0;
        node_mark_unreadable(node, FACT_INTERFACE);
        if (n < 0)
                sysroot_reportf(problems, n, NODE_DIR "/node%u/" OFFSET_FILE, node->id);
        else
                messages_add(problems, "/" NODE_DIR "/node%u/" OFFSET_FILE ": expected a number",
                             node->id);
        return n;
}

/* Version 1.1 was the first that clears access times. */
static void read_module(struct sysroot *root, struct machine *m)
{
        unsigned major, minor;
        char buf[TEXT_SIZE];

        m->module_loaded =
                !sysroot_is_absent(sysroot_read(root, MODULE_DIR "/initstate", buf, sizeof(buf)));
        m->module_clears = m->module_loaded &&
                           sysroot_read(root, MODULE_DIR "/version", buf, sizeof(buf)) >= 0 &&
                           sscanf(buf, "%u.%u", &major, &minor) == 2 &&
                           (major > 1 || (major == 1 && minor >= 1));
}

/* Both interfaces stand on every node with memory or on none. Where one node lacks the file that
 * another has, or the module is loaded, the file is about to come or to go. */
static void mark_missing(struct machine *m)
{
        bool override = m->module_loaded, offset = false;

        for (size_t i = 0; i < m->n_nodes; i++) {
                override = override || m->nodes[i].has_override;
                offset = offset || m->nodes[i].has_offset;
        }
        for (size_t i = 0; i < m->n_nodes; i++) {
                struct node *n = &m->nodes[i];

                if (n->has_memory && ((override && !n->has_override) || (offset && !n->has_offset)))
                        node_mark_unreadable(n, FACT_INTERFACE);
        }
}

static void keep_interface(struct node *n, const struct machine *previous)
{
        const struct node *p = keep_find_lender(previous, n, FACT_INTERFACE);

        if (!p)
                return;
        n->has_override = n->has_override || p->has_override;
        if (!n->has_offset) {
                n->has_offset = p->has_offset;
                n->adistance_offset = p->adistance_offset;
        }
        keep_mark(n, FACT_INTERFACE);
}

static bool may_have_had_interface(const struct machine *previous)
{
        if (!previous)
                return false;
        for (size_t i = 0; i < previous->n_nodes; i++)
                if (node_can_be_moved(&previous->nodes[i]) ||
                    node_is_unreadable(&previous->nodes[i], FACT_INTERFACE))
                        return true;
        return false;
}

/* Returns whether the module says that the kernel is moving something. A kernel without interfaces
 * is asked once, and not for each node: only its own files are there from the start, and the module
 * is seen. */
static bool read_interfaces(struct sysroot *root, struct machine *m, const struct machine *previous,
                            struct messages *problems)
{
        bool may_have_none, override = true, offset = true, busy = false;

        read_module(root, m);
        may_have_none = !m->module_loaded && !may_have_had_interface(previous);
        for (size_t i = 0; i < m->n_nodes; i++) {
                struct node *n = &m->nodes[i];
                ssize_t r;

                if (!n->has_memory)
                        continue;
                r = override ? read_override(root, n, problems) : -ENOENT;
                busy = busy || r == -EAGAIN;
                override = override && !(may_have_none && r == -ENOENT);
                r = offset ? read_offset(root, n, problems) : -ENOENT;
                offset = offset && !(may_have_none && r == -ENOENT);
        }
        mark_missing(m);
        for (size_t i = 0; i < m->n_nodes; i++)
                keep_interface(&m->nodes[i], previous);
        return busy;
}

/* previous: NULL unless its tiers still hold. */
static void use_known_tiers(struct machine *m, const struct tier_ids *tiers,
                            const struct machine *previous)
{
        for (size_t i = 0; i < m->n_nodes; i++) {
                struct node *n = &m->nodes[i];
                const struct node *p = previous ? machine_get_node(previous, n->id) : NULL;
                uint32_t known = p ? p->present_tier : n->known_tier;

                if (!n->has_memory || n->coming || n->present_tier != TIER_UNKNOWN)
                        continue;
                for (size_t t = 0; t < tiers->n; t++)
                        if (tiers->ids[t] == known)
                                n->present_tier = known;
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

/* A node whose memory is coming is in it only when its first block is online, and one whose file
 * does not say where it is may be in none. */
static void put_in_single_tier(struct machine *m, uint32_t tier)
{
        struct nodeset nodes = m->memory;

        for (size_t i = 0; i < m->n_nodes; i++)
                if (m->nodes[i].coming || m->nodes[i].half_there ||
                    node_is_unreadable(&m->nodes[i], FACT_TIER))
                        nodeset_remove(&nodes, m->nodes[i].id);
        put_in_tier(m, &nodes, tier);
}

/* See the header for why. The count comes last: it takes the least time. */
static bool is_safe_to_read(struct sysroot *root, struct tier_reading reading)
{
        uint64_t seqnum = 0;

        if (!sysroot_is_live(root))
                return true;
        return !blocks_any_may_go_offline(root) && tiers_get_uevent_seqnum(root, &seqnum) == 0 &&
               seqnum == reading.seqnum;
}

static void read_nodelist(struct sysroot *root, uint32_t tier, struct machine *m,
                          struct messages *problems)
{
        char buf[NODESET_STRING_MAX + 2];
        struct nodeset nodes;
        ssize_t n;

        n = sysroot_readf(root, buf, sizeof(buf), TIER_DIR "/memory_tier%u/nodelist", tier);
        if (n < 0)
                sysroot_reportf(problems, n, TIER_DIR "/memory_tier%u/nodelist", tier);
        else if (nodeset_parse(buf, &nodes) == 0)
                put_in_tier(m, &nodes, tier);
        else
                messages_add(problems,
                             "/" TIER_DIR "/memory_tier%u/nodelist: expected a list of nodes, "
                             "found \"%.*s\"",
                             tier, (int)strcspn(buf, "\n"), buf);
}

static bool any_is_coming(const struct machine *m)
{
        for (size_t i = 0; i < m->n_nodes; i++)
                if (m->nodes[i].coming && m->nodes[i].present_tier == TIER_UNKNOWN)
                        return true;
        return false;
}

static void read_nodelists(struct sysroot *root, struct tier_reading reading,
                           const struct tier_ids *tiers, struct machine *m,
                           struct messages *problems)
{
        for (size_t i = 0; i < tiers->n; i++) {
                if (!is_safe_to_read(root, reading)) {
                        m->tiers_withheld = true;
                        return;
                }
                read_nodelist(root, tiers->ids[i], m, problems);
        }
}

/* A tier that is known from earlier may be written over, but nothing is computed from it: so it is
 * kept only where the write names a tier, and not a difference. */
static void keep_tiers(struct machine *m, const struct machine *previous)
{
        for (size_t i = 0; i < m->n_nodes; i++) {
                struct node *n = &m->nodes[i];
                const struct node *p;

                if (!n->has_memory)
                        continue;
                if (n->present_tier == TIER_UNKNOWN)
                        node_mark_unreadable(n, FACT_TIER);
                else
                        n->unreadable &= ~(1U << FACT_TIER); /* learnt by another way */
                p = keep_find_lender(previous, n, FACT_TIER);
                if (!p || !n->has_override || n->coming || p->present_tier == TIER_UNKNOWN)
                        continue;
                n->present_tier = p->present_tier;
                keep_mark(n, FACT_TIER);
        }
}

static void learn_tiers(struct sysroot *root, struct tier_reading reading, bool busy,
                        const struct tier_ids *tiers, const struct machine *previous,
                        struct machine *m, struct messages *problems)
{
        if (all_known(m))
                return;
        /* One tier, and no node on its way to another: every node whose memory is there is in it.
         */
        if (tiers->n == 1 && !busy)
                put_in_single_tier(m, tiers->ids[0]);
        if (all_known(m))
                return;
        if (reading.nodelist && !busy) {
                read_nodelists(root, reading, tiers, m, problems);
                m->tiers_withheld = m->tiers_withheld || any_is_coming(m);
                return;
        }
        use_known_tiers(m, tiers, reading.unchanged && !busy ? previous : NULL);
        m->tiers_withheld = !all_known(m);
}

int tiers_read(struct sysroot *root, struct tier_reading reading, const struct machine *previous,
               struct machine *m, struct messages *problems)
{
        struct tier_ids tiers = { 0 };
        bool busy;
        int r;

        r = sysroot_list(root, TIER_DIR, note_tier, &tiers);
        m->has_tiers = r == 0 || (r != -ENOMEM && !sysroot_is_absent(r));
        if (r < 0 && m->has_tiers)
                sysroot_reportf(problems, r, TIER_DIR);
        if (m->has_tiers) {
                busy = read_interfaces(root, m, previous, problems);
                learn_tiers(root, reading, busy, &tiers, previous, m, problems);
                m->tiers_known = all_known(m);
                keep_tiers(m, previous);
        }
        free(tiers.ids);
        return r == -ENOMEM ? r : 0;
}
