/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "state/state.h"

#include <assert.h>
#include <errno.h>

#include "facts/knobs.h"

int state_new(struct state **ret)
{
        struct state *s = calloc(1, sizeof(*s));

        *ret = s;
        if (!s)
                return -ENOMEM;
        for (unsigned f = 0; f < STATE_FILES; f++)
                s->disk[f].version = STATE_VERSION;
        return 0;
}

static void original_done(struct state_original *o)
{
        free(o->path);
        free(o->value);
        free(o->intent);
        free(o->key);
}

void state_node_done(struct state_node *n)
{
        free(n->key);
        free(n->tier);
}

static void ignored_done(struct state_ignored *i)
{
        free(i->path);
        free(i->value);
        free(i->after);
}

struct state *state_free(struct state *s)
{
        if (!s)
                return NULL;
        for (size_t i = 0; i < s->n_originals; i++)
                original_done(&s->originals[i]);
        for (size_t i = 0; i < s->n_nodes; i++)
                state_node_done(&s->nodes[i]);
        for (size_t i = 0; i < s->n_memories; i++)
                free(s->memories[i].key);
        for (size_t i = 0; i < s->n_gpus; i++)
                free(s->gpus[i].address);
        for (size_t i = 0; i < s->n_ignored; i++)
                ignored_done(&s->ignored[i]);
        for (size_t i = 0; i < s->n_lost; i++)
                free(s->lost[i]);
        for (unsigned f = 0; f < STATE_FILES; f++) {
                free(s->disk[f].unknown);
                free(s->disk[f].damaged.bytes);
        }
        free(s->old_damaged.bytes);
        free(s->baseline);
        free(s->originals);
        free(s->nodes);
        free(s->memories);
        free(s->gpus);
        free(s->ignored);
        free(s->lost);
        free(s);
        return NULL;
}

/* The position of a node's entry, or where it would stand. */
static size_t find_node(const struct state *s, unsigned node)
{
        size_t i = 0;

        while (i < s->n_nodes && s->nodes[i].node < node)
                i++;
        return i;
}

struct state_node *state_get_node(const struct state *s, unsigned node)
{
        size_t i = find_node(s, node);

        return i < s->n_nodes && s->nodes[i].node == node ? &s->nodes[i] : NULL;
}

struct state_node *state_make_node(struct state *s, unsigned node)
{
        size_t i = find_node(s, node);

        if (i < s->n_nodes && s->nodes[i].node == node)
                return &s->nodes[i];
        if (array_grow(&s->nodes, &s->nodes_allocated, s->n_nodes + 1, sizeof(*s->nodes)) < 0)
                return NULL;
        memmove(&s->nodes[i + 1], &s->nodes[i], (s->n_nodes - i) * sizeof(*s->nodes));
        s->n_nodes++;
        s->nodes[i] = (struct state_node){
                .node = node,
                .original_tier = TIER_UNKNOWN,
                .present_tier = TIER_UNKNOWN,
                .placed = TIER_UNKNOWN,
        };
        return &s->nodes[i];
}

void state_forget_node(struct state *s, unsigned node)
{
        size_t i = find_node(s, node);

        if (i == s->n_nodes || s->nodes[i].node != node)
                return;
        state_node_done(&s->nodes[i]);
        array_remove(s->nodes, &s->n_nodes, i, sizeof(*s->nodes));
}

const struct state_memory *state_get_memory(const struct state *s, const char *key)
{
        for (size_t i = 0; i < s->n_memories; i++)
                if (streq(s->memories[i].key, key))
                        return &s->memories[i];
        return NULL;
}

struct state_memory *state_make_memory(struct state *s, const char *key)
{
        struct state_memory *m = (struct state_memory *)state_get_memory(s, key);
        char *copy;

        if (m)
                return m;
        if (array_grow(&s->memories, &s->memories_allocated, s->n_memories + 1, sizeof(*m)) < 0)
                return NULL;
        copy = strdup(key);
        if (!copy)
                return NULL;
        m = &s->memories[s->n_memories++];
        *m = (struct state_memory){ .key = copy };
        return m;
}

int state_remember_memory(struct state *s, const char *key, const struct node *node)
{
        struct state_memory *m = state_make_memory(s, key);

        if (!m)
                return -ENOMEM;
        memcpy(m->present, node->access_present, sizeof(m->present));
        memcpy(m->access, node->access, sizeof(m->access));
        return 0;
}

int state_note_baseline(struct state *s, const struct node *node)
{
        char *name = NULL;

        if (node->key)
                name = strdup(node->key);
        else if (asprintf(&name, "node%u", node->id) < 0)
                name = NULL;
        if (!name)
                return -ENOMEM;
        free(s->baseline);
        s->baseline = name;
        return 0;
}

bool state_is_baseline(const struct state *s, const struct node *node)
{
        size_t n = s->baseline ? strcspn(s->baseline, "@") : 0;
        char number[16];

        if (n == 0)
                return false;
        if (node->key && s->baseline[n] != '\0' && !node->has_cpu)
                return streq(node->key, s->baseline);
        snprintf(number, sizeof(number), "node%u", node->id);
        return (node->key && streq(node->key, s->baseline)) ||
               (strncmp(s->baseline, number, n) == 0 && number[n] == '\0');
}

static struct state_gpu *find_gpu(struct state *s, const char *address)
{
        for (size_t i = 0; i < s->n_gpus; i++)
                if (streq(s->gpus[i].address, address))
                        return &s->gpus[i];
        return NULL;
}

int state_remember_gpu(struct state *s, const char *address, unsigned node)
{
        struct state_gpu *g = find_gpu(s, address);
        char *copy;

        if (g) {
                g->node = node;
                return 0;
        }
        if (array_grow(&s->gpus, &s->gpus_allocated, s->n_gpus + 1, sizeof(*g)) < 0)
                return -ENOMEM;
        copy = strdup(address);
        if (!copy)
                return -ENOMEM;
        s->gpus[s->n_gpus++] = (struct state_gpu){ copy, node };
        return 0;
}

void state_forget_gpu(struct state *s, const char *address)
{
        struct state_gpu *g = find_gpu(s, address);

        if (!g)
                return;
        free(g->address);
        array_remove(s->gpus, &s->n_gpus, (size_t)(g - s->gpus), sizeof(*g));
}

struct state_original *state_get_original(const struct state *s, const char *path)
{
        for (size_t i = 0; i < s->n_originals; i++)
                if (streq(s->originals[i].path, path))
                        return &s->originals[i];
        return NULL;
}

int state_note_original(struct state *s, const char *path, const char *value)
{
        _cleanup_(freep) char *path_copy = NULL, *value_copy = NULL;

        if (state_get_original(s, path))
                return 0;
        path_copy = strdup(path);
        value_copy = strdup(value);
        if (!path_copy || !value_copy ||
            array_grow(&s->originals, &s->originals_allocated, s->n_originals + 1,
                       sizeof(*s->originals)) < 0)
                return -ENOMEM;
        s->originals[s->n_originals++] = (struct state_original){
                .path = TAKE_PTR(path_copy),
                .value = TAKE_PTR(value_copy),
        };
        return 0;
}

void state_forget_original(struct state *s, const char *path)
{
        struct state_original *o = state_get_original(s, path);

        if (!o)
                return;
        original_done(o);
        array_remove(s->originals, &s->n_originals, (size_t)(o - s->originals), sizeof(*o));
}

int state_note_intent(struct state *s, const char *path, const char *intent, const char *key)
{
        struct state_original *o = state_get_original(s, path);
        char *intent_copy = strdup(intent), *key_copy = key ? strdup(key) : NULL;

        assert(o);
        if (!intent_copy || (key && !key_copy)) {
                free(intent_copy);
                free(key_copy);
                return -ENOMEM;
        }
        free(o->intent);
        free(o->key);
        o->intent = intent_copy;
        o->key = key_copy;
        return 0;
}

int state_note_lost(struct state *s, const char *path)
{
        char *copy;

        if (array_grow(&s->lost, &s->lost_allocated, s->n_lost + 1, sizeof(*s->lost)) < 0)
                return -ENOMEM;
        copy = strdup(path);
        if (!copy)
                return -ENOMEM;
        s->lost[s->n_lost++] = copy;
        return 0;
}

bool state_originals_are_lost(const struct state *s)
{
        return s->n_lost > 0 || s->disk[STATE_UNDO].damaged.bytes || s->old_damaged.bytes;
}

bool state_originals_are_unknown(const struct state *s)
{
        return s->disk[STATE_UNDO].unknown != NULL;
}

static struct state_ignored *find_ignored(const struct state *s, const char *path)
{
        for (size_t i = 0; i < s->n_ignored; i++)
                if (streq(s->ignored[i].path, path))
                        return &s->ignored[i];
        return NULL;
}

const struct state_ignored *state_get_ignored(const struct state *s, const char *path)
{
        return find_ignored(s, path);
}

void state_forget_ignored(struct state *s, const char *path)
{
        struct state_ignored *i = find_ignored(s, path);

        if (!i)
                return;
        ignored_done(i);
        *i = s->ignored[--s->n_ignored];
}

uint64_t state_retry_delay(unsigned times)
{
        uint64_t delay = STATE_RETRY_MIN_USEC;

        assert(times > 0);
        while (--times > 0 && delay < STATE_RETRY_MAX_USEC)
                delay *= 2;
        return delay < STATE_RETRY_MAX_USEC ? delay : STATE_RETRY_MAX_USEC;
}

int state_note_ignored(struct state *s, const char *path, const char *value, const char *after)
{
        struct state_ignored *known = find_ignored(s, path);
        struct state_ignored new = { .times = 1 };

        if (known && streq(known->value, value) && streq(known->after, after))
                new.times = known->times + 1;
        new.retry = s->now + state_retry_delay(new.times);
        new.path = strdup(path);
        new.value = strdup(value);
        new.after = strdup(after);
        if (!new.path || !new.value || !new.after ||
            array_grow(&s->ignored, &s->ignored_allocated, s->n_ignored + 1, sizeof(new)) < 0) {
                ignored_done(&new);
                return -ENOMEM;
        }
        state_forget_ignored(s, path);
        s->ignored[s->n_ignored++] = new;
        return 0;
}

void state_doubt_placements(struct state *s)
{
        for (size_t i = 0; i < s->n_nodes; i++)
                s->nodes[i].doubtful = true;
}

bool state_was_tiering(const struct state *s)
{
        return s->tiering || state_get_original(s, BALANCING_PATH);
}

bool state_knows_activity(const struct state *s, struct sysroot *root)
{
        const struct state_disk *disk = &s->disk[STATE_VIEW];

        return disk->is_saved ||
               (sysroot_is_live(root) && disk->error == 0 && !disk->damaged.bytes);
}

bool state_daemon_is_alive(const struct state *s, struct sysroot *root)
{
        char comm[64];
        ssize_t n;

        if (s->daemon <= 0)
                return false;
        n = sysroot_readf(root, comm, sizeof(comm), "proc/%ld/comm", (long)s->daemon);
        return n > 0 && streq(comm, "numatierd\n");
}
