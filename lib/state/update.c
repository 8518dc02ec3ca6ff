/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "state/update.h"

#include <errno.h>

#include "facts/knobs.h"

/* The node's number may be known and its memory not: see node.key. */
static const struct node *node_with_memory(const struct machine *m, unsigned id)
{
        const struct node *n = machine_get_node(m, id);

        return n && n->has_memory ? n : NULL;
}

static bool has_key(const struct node *n, const char *key)
{
        return n && n->key && key && streq(n->key, key);
}

/* A key of serial numbers, not of a number and an address (facts/key.h). */
static bool has_serials(const char *key)
{
        return startswith(key, "cxl:") != NULL;
}

/* Whether a node's memory is known to be other memory than that of this key. Devices may be seen
 * later than the node, and the first block may be taken out: then the key changes, and some of the
 * memory may be the same. */
static bool is_replaced(const struct machine *m, unsigned id, const char *key)
{
        const struct node *n = node_with_memory(m, id);

        return n && n->key && key && !streq(n->key, key) && has_serials(n->key) && has_serials(key);
}

/* Whether it is known that the node has no memory. */
static bool is_absent(const struct machine *m, unsigned id)
{
        const struct node *n = machine_get_node(m, id);

        return !nodeset_has(&m->memory, id) && !(n && n->unreadable != 0);
}

/* Whether a node has an entry of its own with that key. */
static bool is_known(const struct state *s, const struct node *n)
{
        for (size_t i = 0; i < s->n_nodes; i++)
                if (s->nodes[i].node == n->id && has_key(n, s->nodes[i].key))
                        return true;
        return false;
}

/* Where memory of this key is now. Two nodes may have the same key (parts of one device): the one
 * of that number is taken if it is among them, and none that has an entry already. */
static const struct node *find_memory(const struct state *s, const struct machine *m,
                                      const struct state_node *entry)
{
        const struct node *n = node_with_memory(m, entry->node);

        if (has_key(n, entry->key))
                return n;
        for (size_t i = 0; i < m->n_nodes; i++)
                if (m->nodes[i].has_memory && has_key(&m->nodes[i], entry->key) &&
                    !is_known(s, &m->nodes[i]))
                        return &m->nodes[i];
        return NULL;
}

static int compare_nodes(const void *a, const void *b)
{
        const struct state_node *x = a, *y = b;

        return (x->node > y->node) - (x->node < y->node);
}

/* Whether another entry has a better claim to the number. */
static bool is_taken(const struct state *s, const struct state_node *n, const bool *certain)
{
        for (size_t i = 0; i < s->n_nodes; i++) {
                const struct state_node *other = &s->nodes[i];

                if (other == n || other->node != n->node)
                        continue;
                if (certain[i] != certain[n - s->nodes] ? certain[i] : other < n)
                        return true;
        }
        return false;
}

/* Memory that comes as another node is where Linux or an override of that number put it: what was
 * known of its tier was known of the old number, and nothing there is a manual move. */
static void renumber_node(struct state_node *n, unsigned id)
{
        n->node = id;
        n->present_tier = n->placed = TIER_UNKNOWN;
        n->manual = n->doubtful = false;
}

/* Renumbers the entries, and notes of which the memory was found. Returns whether one has another
 * number now. */
static bool renumber(struct state *s, const struct machine *m, bool *certain)
{
        bool moved = false;

        for (size_t i = 0; i < s->n_nodes; i++) {
                struct state_node *n = &s->nodes[i];
                const struct node *memory = n->key ? find_memory(s, m, n) : NULL;

                certain[i] = memory != NULL;
                if (!memory || memory->id == n->node)
                        continue;
                renumber_node(n, memory->id);
                moved = true;
        }
        return moved;
}

static int follow_keys(struct state *s, const struct machine *m)
{
        _cleanup_(freep) bool *certain = calloc(s->n_nodes ?: 1, sizeof(*certain));
        _cleanup_(freep) bool *drop = calloc(s->n_nodes ?: 1, sizeof(*drop));
        size_t kept = 0;
        bool moved;

        if (!certain || !drop)
                return -ENOMEM;
        moved = renumber(s, m, certain);
        for (size_t i = 0; i < s->n_nodes; i++)
                drop[i] = (moved && is_taken(s, &s->nodes[i], certain)) ||
                          (!certain[i] && is_replaced(m, s->nodes[i].node, s->nodes[i].key));
        for (size_t i = 0; i < s->n_nodes; i++) {
                if (drop[i])
                        state_node_done(&s->nodes[i]);
                else
                        s->nodes[kept++] = s->nodes[i];
        }
        s->n_nodes = kept;
        if (moved && kept > 0)
                qsort(s->nodes, kept, sizeof(*s->nodes), compare_nodes);
        return 0;
}

/* What was placed, may have gone, and is now where Linux would put it, was put there by Linux. Our
 * module keeps its overrides: under it, nothing is moved by going and coming. */
static void settle_doubt(struct state_node *s, const struct machine *m)
{
        const struct node *n = node_with_memory(m, s->node);

        if (!s->doubtful)
                return;
        if (n ? n->present_tier == TIER_UNKNOWN : !is_absent(m, s->node))
                return; /* it is not known yet */
        s->doubtful = false;
        if (!n || m->module_loaded || s->manual)
                return;
        if (s->original_tier == n->present_tier)
                s->placed = TIER_UNKNOWN;
}

/* The node's first block has another address: what was placed may be gone. */
static void forget_placement(struct state_node *s)
{
        free(TAKE_PTR(s->tier));
        s->placed = TIER_UNKNOWN;
        s->manual = s->doubtful = false;
}

static int note_key(struct state_node *s, const struct machine *m)
{
        const struct node *n = node_with_memory(m, s->node);
        char *key;

        if (!n || !n->key || has_key(n, s->key))
                return 0;
        key = strdup(n->key);
        if (!key)
                return -ENOMEM;
        if (s->key && !has_serials(s->key) && !has_serials(key))
                forget_placement(s);
        free(s->key);
        s->key = key;
        return 0;
}

int state_follow(struct state *s, const struct machine *m)
{
        int r;

        r = follow_keys(s, m);
        if (r < 0)
                return r;
        for (size_t i = 0; i < s->n_nodes; i++) {
                r = note_key(&s->nodes[i], m);
                if (r < 0)
                        return r;
                settle_doubt(&s->nodes[i], m);
        }
        return 0;
}

/* Whether it is known how nodes are moved here, and whether by our module. */
static bool interface_is_known(const struct machine *m)
{
        for (size_t i = 0; i < m->n_nodes; i++)
                if (m->nodes[i].unreadable & (1U << FACT_INTERFACE))
                        return false;
        return true;
}

bool state_override_is_replaced(const struct machine *m, unsigned id, const char *key)
{
        return !m->module_loaded && interface_is_known(m) && is_replaced(m, id, key);
}

static void forget_overrides(struct state *s, const struct machine *m)
{
        if (m->module_loaded || !interface_is_known(m))
                return;
        for (size_t i = s->n_originals; i-- > 0;) {
                const struct state_original *o = &s->originals[i];
                struct state_node *n;
                unsigned id;
                char file[32];

                if (sscanf(o->path, NODE_DIR "/node%u/%31s", &id, file) != 2 ||
                    !streq(file, OVERRIDE_FILE))
                        continue;
                if (!is_absent(m, id) && !is_replaced(m, id, o->key))
                        continue;
                state_forget_original(s, o->path);
                n = state_get_node(s, id);
                if (n)
                        n->original_tier = TIER_UNKNOWN;
        }
}

/* Memory that went is forgotten but for what an undo needs. */
static void forget_nodes(struct state *s, const struct machine *m)
{
        forget_overrides(s, m);
        for (size_t i = s->n_nodes; i-- > 0;) {
                struct state_node *n = &s->nodes[i];

                if (!is_absent(m, n->node))
                        continue;
                if (n->original_tier == TIER_UNKNOWN) {
                        state_forget_node(s, n->node);
                        continue;
                }
                forget_placement(n);
                n->present_tier = TIER_UNKNOWN;
        }
}

/* A GPU that its driver does not list is remembered as long as its memory is there. */
static void forget_gpus(struct state *s, const struct machine *m)
{
        for (size_t i = s->n_gpus; i-- > 0;) {
                const struct state_gpu *known = &s->gpus[i];
                bool listed = m->gpus_unlisted;

                for (size_t j = 0; j < m->n_gpus; j++)
                        listed = listed || streq(m->gpus[j].address, known->address);
                if (!listed && is_absent(m, known->node))
                        state_forget_gpu(s, known->address);
        }
}

static int remember_gpus(struct state *s, const struct machine *m)
{
        forget_gpus(s, m);
        for (size_t i = 0; i < m->n_gpus; i++) {
                int r = 0;

                if (m->gpus[i].report == GPU_NODE)
                        r = state_remember_gpu(s, m->gpus[i].address, m->gpus[i].node);
                else if (m->gpus[i].report == GPU_NO_NODE)
                        state_forget_gpu(s, m->gpus[i].address);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* Values that the kernel shows now, and will not after the node's memory went and came. Nodes with
 * CPUs do not go. While devices cannot be read, a key that was made of kept ones may be that of
 * other memory. */
static int remember_values(struct state *s, const struct machine *m)
{
        for (size_t i = 0; i < m->n_nodes; i++) {
                const struct node *n = &m->nodes[i];
                int r;

                if (!n->has_memory || n->has_cpu || n->remembered || !n->key ||
                    (n->unreadable & (1U << FACT_ACCESS | 1U << FACT_DEVICES)) ||
                    (!n->access_present[ACCESS_LOCAL] && !n->access_present[ACCESS_CPU]))
                        continue;
                r = state_remember_memory(s, n->key, n);
                if (r < 0)
                        return r;
        }
        return 0;
}

int state_update(struct state *s, const struct machine *m)
{
        int r;

        forget_nodes(s, m);
        if (machine_is_tiering(m))
                s->tiering = true;
        if (!m->numa_balancing.unreadable)
                s->seen_off = m->numa_balancing.present && m->numa_balancing.value == 0;
        r = remember_gpus(s, m);
        return r < 0 ? r : remember_values(s, m);
}
