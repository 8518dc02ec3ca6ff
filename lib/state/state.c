/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "state/state.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>

#include "facts/gpu.h"
#include "facts/knobs.h"

#define HEADER "# numatier state 1; kept for this boot, do not edit\n"

int state_new(struct state **ret)
{
        *ret = calloc(1, sizeof(**ret));
        return *ret ? 0 : -ENOMEM;
}

struct state *state_free(struct state *s)
{
        if (!s)
                return NULL;
        for (size_t i = 0; i < s->n_originals; i++) {
                free(s->originals[i].path);
                free(s->originals[i].value);
        }
        for (size_t i = 0; i < s->n_nodes; i++)
                free(s->nodes[i].tier);
        for (size_t i = 0; i < s->n_memories; i++)
                free(s->memories[i].key);
        for (size_t i = 0; i < s->n_gpus; i++)
                free(s->gpus[i].address);
        free(s->baseline);
        free(s->gpus);
        free(s->originals);
        free(s->nodes);
        free(s->memories);
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
        free(s->nodes[i].tier);
        s->n_nodes--;
        memmove(&s->nodes[i], &s->nodes[i + 1], (s->n_nodes - i) * sizeof(*s->nodes));
}

const struct state_memory *state_get_memory(const struct state *s, const char *key)
{
        for (size_t i = 0; i < s->n_memories; i++)
                if (streq(s->memories[i].key, key))
                        return &s->memories[i];
        return NULL;
}

static struct state_memory *make_memory(struct state *s, const char *key)
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
        struct state_memory *m = make_memory(s, key);

        if (!m)
                return -ENOMEM;
        memcpy(m->present, node->access_present, sizeof(m->present));
        memcpy(m->access, node->access, sizeof(m->access));
        return 0;
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
        size_t i;

        if (!g)
                return;
        i = (size_t)(g - s->gpus);
        free(g->address);
        s->n_gpus--;
        memmove(g, g + 1, (s->n_gpus - i) * sizeof(*g));
}

const struct state_original *state_get_original(const struct state *s, const char *path)
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
        struct state_original *o = (struct state_original *)state_get_original(s, path);
        size_t i;

        if (!o)
                return;
        i = (size_t)(o - s->originals);
        free(o->path);
        free(o->value);
        s->n_originals--;
        memmove(o, o + 1, (s->n_originals - i) * sizeof(*o));
}

bool state_was_tiering(const struct state *s)
{
        return s->tiering || state_get_original(s, BALANCING_PATH);
}

bool state_daemon_is_alive(const struct state *s, struct sysroot *root)
{
        char path[64], comm[64];
        ssize_t n;

        if (s->daemon <= 0)
                return false;
        snprintf(path, sizeof(path), "proc/%ld/comm", (long)s->daemon);
        n = sysroot_read(root, path, comm, sizeof(comm));
        return n > 0 && streq(comm, "numatierd\n");
}

/* The text form: a line a fact, its first word says which. */

static void format_tier(FILE *f, uint32_t tier)
{
        if (tier == TIER_UNKNOWN)
                fputs(" -", f);
        else
                fprintf(f, " %" PRIu32, tier);
}

static void format_memory(FILE *f, const struct state_memory *m)
{
        for (unsigned c = 0; c < ACCESS_CLASSES; c++) {
                const uint32_t *v = m->access[c].v;

                if (m->present[c])
                        fprintf(f, "memory %s access%u %u %u %u %u\n", m->key, c, v[0], v[1], v[2],
                                v[3]);
        }
}

int state_format(const struct state *s, char **ret)
{
        char *text = NULL;
        size_t size;
        FILE *f;

        f = open_memstream(&text, &size);
        if (!f)
                return -ENOMEM;
        fputs(HEADER, f);
        if (s->daemon > 0)
                fprintf(f, "daemon %ld\n", (long)s->daemon);
        if (s->tiering)
                fputs(s->seen_off ? "tiering off\n" : "tiering\n", f);
        fprintf(f, "policy %016" PRIx64 "\n", s->policy);
        for (size_t i = 0; i < s->n_nodes; i++) {
                fprintf(f, "node %u", s->nodes[i].node);
                format_tier(f, s->nodes[i].original_tier);
                format_tier(f, s->nodes[i].present_tier);
                fprintf(f, "%s%s\n", s->nodes[i].tier ? " " : "", s->nodes[i].tier ?: "");
                if (s->nodes[i].manual)
                        fprintf(f, "manual %u\n", s->nodes[i].node);
        }
        for (size_t i = 0; i < s->n_memories; i++)
                format_memory(f, &s->memories[i]);
        for (size_t i = 0; i < s->n_gpus; i++)
                fprintf(f, "gpu %s %u\n", s->gpus[i].address, s->gpus[i].node);
        for (size_t i = 0; i < s->n_originals; i++)
                fprintf(f, "original %s %s\n", s->originals[i].path, s->originals[i].value);
        if (fclose(f) != 0) {
                free(text);
                return -ENOMEM;
        }
        *ret = text;
        return 0;
}

static char *take_word(char **rest)
{
        char *word;

        do
                word = strsep(rest, " ");
        while (word && *word == '\0');
        return word;
}

static int parse_word(char **rest, unsigned max, unsigned *ret)
{
        const char *word = take_word(rest);

        return word ? parse_unsigned(word, max, ret) : -EINVAL;
}

static int parse_tier(char **rest, uint32_t *ret)
{
        const char *word = take_word(rest);

        if (!word)
                return -EINVAL;
        if (streq(word, "-")) {
                *ret = TIER_UNKNOWN;
                return 0;
        }
        return parse_unsigned(word, TIER_UNKNOWN - 1, ret);
}

static int parse_daemon(struct state *s, char *rest)
{
        unsigned pid;

        if (parse_word(&rest, INT32_MAX, &pid) < 0)
                return -EINVAL;
        s->daemon = (pid_t)pid;
        return 0;
}

static int parse_tiering(struct state *s, char *rest)
{
        s->seen_off = rest && streq(rest, "off");
        if (rest && *rest && !s->seen_off)
                return -EINVAL;
        s->tiering = true;
        return 0;
}

static int parse_policy(struct state *s, char *rest)
{
        const char *word = take_word(&rest);
        unsigned long long hash;

        if (!word || parse_u64(word, 16, UINT64_MAX, &hash) < 0)
                return -EINVAL;
        s->policy = hash;
        return 0;
}

static int parse_node(struct state *s, char *rest)
{
        uint32_t kernel_tier, memory_tier;
        struct state_node *n;
        unsigned id;

        if (parse_word(&rest, NODE_MAX - 1, &id) < 0 || parse_tier(&rest, &kernel_tier) < 0 ||
            parse_tier(&rest, &memory_tier) < 0 || state_get_node(s, id))
                return -EINVAL;
        n = state_make_node(s, id);
        if (!n)
                return -ENOMEM;
        n->original_tier = kernel_tier;
        n->present_tier = memory_tier;
        if (rest && *rest) {
                n->tier = strdup(rest);
                if (!n->tier)
                        return -ENOMEM;
        }
        return 0;
}

static int parse_manual(struct state *s, char *rest)
{
        struct state_node *n;
        unsigned id;

        if (parse_word(&rest, NODE_MAX - 1, &id) < 0)
                return -EINVAL;
        n = state_get_node(s, id);
        if (!n)
                return -EINVAL;
        n->manual = true;
        return 0;
}

static int parse_memory(struct state *s, char *rest)
{
        const char *key = take_word(&rest), *class_name = take_word(&rest);
        struct state_memory *m;
        struct perf perf;
        unsigned access;

        if (!class_name || !startswith(class_name, "access") ||
            parse_unsigned(class_name + strlen("access"), ACCESS_CLASSES - 1, &access) < 0)
                return -EINVAL;
        for (unsigned v = 0; v < PERF_VALUES; v++)
                if (parse_word(&rest, UINT32_MAX, &perf.v[v]) < 0)
                        return -EINVAL;
        m = make_memory(s, key);
        if (!m)
                return -ENOMEM;
        m->present[access] = true;
        m->access[access] = perf;
        return 0;
}

static int parse_gpu(struct state *s, char *rest)
{
        const char *address = take_word(&rest);
        unsigned node;

        if (!address || !gpu_is_address(address) || parse_word(&rest, NODE_MAX - 1, &node) < 0)
                return -EINVAL;
        return state_remember_gpu(s, address, node);
}

static int parse_original(struct state *s, char *rest)
{
        const char *path = take_word(&rest);

        if (!path || !rest)
                return -EINVAL;
        return state_note_original(s, path, rest);
}

static const struct {
        const char *word;
        int (*parse)(struct state *s, char *rest);
        const char *expected;
} line_kinds[] = {
        { "daemon", parse_daemon, "daemon PID" },
        { "tiering", parse_tiering, "tiering, or tiering off" },
        { "policy", parse_policy, "policy HASH" },
        { "node", parse_node, "node NUMBER KERNEL-TIER MEMORY-TIER [TIER], each node once" },
        { "manual", parse_manual, "manual NUMBER, of a node above" },
        { "memory", parse_memory, "memory KEY accessN and four numbers" },
        { "gpu", parse_gpu, "gpu PCI-ADDRESS NODE" },
        { "original", parse_original, "original PATH VALUE" },
};

static int parse_line(struct state *s, char *line, const char **ret_expected)
{
        const char *word = take_word(&line);

        *ret_expected = "one of daemon, tiering, policy, node, manual, memory, gpu, original";
        if (!word || *word == '#')
                return 0;
        for (size_t i = 0; i < ELEMENTSOF(line_kinds); i++)
                if (streq(word, line_kinds[i].word)) {
                        *ret_expected = line_kinds[i].expected;
                        return line_kinds[i].parse(s, line);
                }
        return -EINVAL;
}

int state_parse(const char *text, size_t size, const char *name, struct messages *errors,
                struct state **ret)
{
        _cleanup_(state_freep) struct state *s = NULL;
        _cleanup_(freep) char *copy = strndup(text, size);
        char *rest = copy, *line;
        bool failed = false;
        int r;

        r = copy ? state_new(&s) : -ENOMEM;
        if (r < 0)
                return r;
        for (unsigned number = 1; (line = strsep(&rest, "\n")); number++) {
                const char *expected;

                r = parse_line(s, line, &expected);
                if (r == -ENOMEM)
                        return r;
                if (r < 0) {
                        messages_add(errors, "%s:%u: expected %s", name, number, expected);
                        failed = true;
                }
        }
        if (failed)
                return -EBADMSG;
        *ret = TAKE_PTR(s);
        return 0;
}

int state_load(struct sysroot *root, struct messages *problems, struct state **ret)
{
        _cleanup_(freep) char *text = NULL;
        int r;

        r = sysroot_read_own(root, STATE_PATH, problems, &text);
        if (r == 0 && text)
                r = state_parse(text, strlen(text), "/" STATE_PATH, problems, ret);
        return r == -ENOMEM || (r == 0 && text) ? r : state_new(ret);
}

int state_save(struct sysroot *root, struct state *s)
{
        _cleanup_(freep) char *text = NULL;
        int r;

        r = state_format(s, &text);
        if (r == 0)
                r = sysroot_replace(root, STATE_PATH, text);
        s->unsaved = r < 0;
        return r;
}
