/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "state/text.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>

#include "facts/gpu.h"

/* NULL: there is none. */
static char *take_word(char **rest)
{
        char *word;

        do
                word = strsep(rest, " ");
        while (word && *word == '\0');
        return word;
}

int text_take_unsigned(char **rest, unsigned max, unsigned *ret)
{
        const char *word = take_word(rest);

        return word ? parse_unsigned(word, max, ret) : -EINVAL;
}

int text_take_tier(char **rest, uint32_t *ret)
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

int text_parse_daemon(struct state *s, char *rest)
{
        unsigned pid;

        if (text_take_unsigned(&rest, INT32_MAX, &pid) < 0)
                return -EINVAL;
        s->daemon = (pid_t)pid;
        return 0;
}

int text_parse_tiering(struct state *s, char *rest)
{
        bool off = rest && streq(rest, "off");

        if (rest && *rest && !off)
                return -EINVAL;
        s->seen_off = off;
        s->tiering = true;
        return 0;
}

int text_parse_policy(struct state *s, char *rest)
{
        const char *word = take_word(&rest);
        unsigned long long hash;

        if (!word || parse_u64(word, 16, UINT64_MAX, &hash) < 0)
                return -EINVAL;
        s->policy = hash;
        return 0;
}

int text_parse_memory(struct state *s, char *rest)
{
        const char *key = take_word(&rest), *class_name = take_word(&rest);
        struct state_memory *m;
        struct perf perf;
        unsigned access;

        if (!class_name || !startswith(class_name, "access") ||
            parse_unsigned(class_name + strlen("access"), ACCESS_CLASSES - 1, &access) < 0)
                return -EINVAL;
        for (unsigned v = 0; v < PERF_VALUES; v++)
                if (text_take_unsigned(&rest, UINT32_MAX, &perf.v[v]) < 0)
                        return -EINVAL;
        m = state_make_memory(s, key);
        if (!m)
                return -ENOMEM;
        m->present[access] = true;
        m->access[access] = perf;
        return 0;
}

int text_parse_gpu(struct state *s, char *rest)
{
        const char *address = take_word(&rest);
        unsigned node;

        if (!address || !gpu_is_address(address) ||
            text_take_unsigned(&rest, NODE_MAX - 1, &node) < 0)
                return -EINVAL;
        return state_remember_gpu(s, address, node);
}

int text_parse_original(struct state *s, char *rest)
{
        const char *path = take_word(&rest);

        if (!path || !rest)
                return -EINVAL;
        return state_note_original(s, path, rest);
}

/* Lines of the present version. */

static int parse_key(char **rest, char **ret)
{
        const char *word = take_word(rest);

        *ret = NULL;
        if (!word)
                return -EINVAL;
        if (streq(word, "-"))
                return 0;
        *ret = strdup(word);
        return *ret ? 0 : -ENOMEM;
}

/* intent PATH KEY VALUE */
static int parse_intent(struct state *s, char *rest)
{
        const char *path = take_word(&rest), *key = path ? take_word(&rest) : NULL;
        const struct state_original *o = path ? state_get_original(s, path) : NULL;

        if (!o || o->intent || !key || !rest)
                return -EINVAL;
        return state_note_intent(s, path, rest, streq(key, "-") ? NULL : key);
}

static int parse_written(struct state *s, char *rest)
{
        struct state_original *o = rest ? state_get_original(s, rest) : NULL;

        if (!o)
                return -EINVAL;
        o->written = true;
        return 0;
}

static int parse_lost(struct state *s, char *rest)
{
        const char *path = take_word(&rest);

        return path ? state_note_lost(s, path) : -EINVAL;
}

static int parse_baseline(struct state *s, char *rest)
{
        char *key;
        int r;

        if (s->baseline)
                return -EINVAL;
        r = parse_key(&rest, &key);
        if (r == 0)
                s->baseline = key;
        return r;
}

/* KEY NUMBER ORIGINAL-TIER PLACED-TIER auto|manual [TIER] */
static int parse_node(struct state *s, char *rest)
{
        struct state_node new = { .present_tier = TIER_UNKNOWN }, *n;
        const char *mode = NULL;
        char *key, *tier = NULL;
        int r;

        r = parse_key(&rest, &key);
        if (r < 0)
                return r;
        if (text_take_unsigned(&rest, NODE_MAX - 1, &new.node) == 0 &&
            text_take_tier(&rest, &new.original_tier) == 0 &&
            text_take_tier(&rest, &new.placed) == 0)
                mode = take_word(&rest);
        if (!mode || (!streq(mode, "auto") && !streq(mode, "manual")) ||
            state_get_node(s, new.node)) {
                free(key);
                return -EINVAL;
        }
        if (rest && *rest)
                tier = strdup(rest);
        n = rest && *rest && !tier ? NULL : state_make_node(s, new.node);
        if (!n) {
                free(tier);
                free(key);
                return -ENOMEM;
        }
        new.manual = streq(mode, "manual");
        new.key = key;
        new.tier = tier;
        *n = new;
        return 0;
}

/* NUMBER PRESENT-TIER */
static int parse_present(struct state *s, char *rest)
{
        struct state_node *n;
        uint32_t tier;
        unsigned id;

        if (text_take_unsigned(&rest, NODE_MAX - 1, &id) < 0 || text_take_tier(&rest, &tier) < 0 ||
            tier == TIER_UNKNOWN)
                return -EINVAL;
        n = state_make_node(s, id);
        if (!n)
                return -ENOMEM;
        if (n->present_tier != TIER_UNKNOWN)
                return -EINVAL;
        n->present_tier = tier;
        return 0;
}

static int take_count(char **rest, uint64_t *ret)
{
        const char *word = take_word(rest);
        unsigned long long v;

        if (!word || parse_u64(word, 10, UINT64_MAX, &v) < 0)
                return -EINVAL;
        *ret = v;
        return 0;
}

/* MOVES FAILED-MOVES */
static int parse_moves(struct state *s, char *rest)
{
        struct state_activity *a = &s->activity;
        uint64_t moves, failed;

        if (a->moves + a->failed_moves > 0 || take_count(&rest, &moves) < 0 ||
            take_count(&rest, &failed) < 0)
                return -EINVAL;
        a->moves = moves;
        a->failed_moves = failed;
        return 0;
}

/* accepted|refused SECONDS */
static int parse_loaded(struct state *s, char *rest)
{
        struct state_activity *a = &s->activity;
        const char *word = take_word(&rest);

        if (!word || (!streq(word, "accepted") && !streq(word, "refused")) ||
            a->policy_loaded > 0 || take_count(&rest, &a->policy_loaded) < 0)
                return -EINVAL;
        a->policy_refused = streq(word, "refused");
        return 0;
}

static const struct text_line undo_lines[] = {
        TEXT_ORIGINAL,
        { "intent", parse_intent, "intent PATH KEY VALUE, once, of an original above" },
        { "written", parse_written, "written PATH, of an original above" },
        { "lost", parse_lost, "lost PATH" },
};

static const struct text_line memory_lines[] = {
        TEXT_TIERING,
        TEXT_POLICY,
        { "baseline", parse_baseline, "baseline KEY, once" },
        { "node", parse_node,
          "node KEY NUMBER LINUX-TIER PLACED-TIER auto or manual [TIER], each number once" },
        TEXT_MEMORY,
        TEXT_GPU,
};

static const struct text_line view_lines[] = {
        TEXT_DAEMON,
        { "moves", parse_moves, "moves MOVES FAILED-MOVES, once" },
        { "policy", parse_loaded, "policy accepted or refused, SECONDS, once" },
        { "node", parse_present, "node NUMBER TIER, each number once" },
};

static const struct {
        const char *header; /* of the first line, before the version */
        const struct text_line *lines;
        size_t n_lines;
} forms[] = {
        [STATE_MEMORY] = { "# numatier memory ", memory_lines, ELEMENTSOF(memory_lines) },
        [STATE_VIEW] = { "# numatier view ", view_lines, ELEMENTSOF(view_lines) },
        [STATE_UNDO] = { "# numatier undo ", undo_lines, ELEMENTSOF(undo_lines) },
};

static_assert(ELEMENTSOF(forms) == STATE_FILES, "each file has a form");

static int parse_line(struct state *s, char *line, const struct text_line *lines, size_t n_lines,
                      const char **ret_expected)
{
        const char *word = take_word(&line);

        *ret_expected = NULL;
        if (!word || *word == '#')
                return 0;
        for (size_t i = 0; i < n_lines; i++)
                if (streq(word, lines[i].word)) {
                        *ret_expected = lines[i].expected;
                        return lines[i].parse(s, line);
                }
        return -EINVAL;
}

/* Takes a copy of the line apart. */
static int parse_copy(struct state *s, const char *text, size_t length,
                      const struct text_line *lines, size_t n_lines, const char **ret_expected)
{
        _cleanup_(freep) char *copy = NULL;

        *ret_expected = NULL;
        if (memchr(text, '\0', length)) {
                *ret_expected = "a text without NUL bytes";
                return -EINVAL;
        }
        copy = strndup(text, length);
        return copy ? parse_line(s, copy, lines, n_lines, ret_expected) : -ENOMEM;
}

static int keep_line(struct state_disk *disk, const char *line, size_t length)
{
        char *text;

        if (asprintf(&text, "%s%.*s\n", disk->unknown ?: "", (int)length, line) < 0)
                return -ENOMEM;
        free(disk->unknown);
        disk->unknown = text;
        return 0;
}

/* expected: NULL if the first word of the line is not known. */
static int note_fault(struct text_faults *f, unsigned number, const char *line, size_t length,
                      const char *expected)
{
        if (!expected && f->disk && f->disk->version > STATE_VERSION)
                return keep_line(f->disk, line, length);
        messages_add(f->errors, "%s:%u: expected %s", f->name, number,
                     expected ?: "a known word at the beginning of the line");
        f->any = true;
        return 0;
}

int text_parse(struct state *s, const char *text, size_t size, const struct text_line *lines,
               size_t n_lines, struct text_faults *faults)
{
        const char *line = text, *end = text + size;

        for (unsigned number = 1; line < end; number++) {
                const char *newline = memchr(line, '\n', (size_t)(end - line)) ?: end, *expected;
                size_t length = (size_t)(newline - line);
                int r;

                r = parse_copy(s, line, length, lines, n_lines, &expected);
                if (r == -EINVAL || r == -ERANGE)
                        r = note_fault(faults, number, line, length, expected);
                if (r < 0)
                        return r;
                line = newline + 1;
        }
        return 0;
}

/* The number after the header, up to white space; 0: there is none. text ends with a NUL. */
static unsigned parse_version(enum state_file file, const char *text)
{
        const char *rest = startswith(text, forms[file].header);
        unsigned version;

        return rest && sscanf(rest, "%u", &version) == 1 ? version : 0;
}

static size_t count_lines(const char *text, size_t size)
{
        size_t n = 0;

        for (size_t i = 0; i < size; i++)
                n += text[i] == '\n';
        return n;
}

/* The last line counts those before it. Without it the file was cut off, maybe within a line, which
 * is then not to be used. Returns the size of the text before the last line, or of all whole lines;
 * ret_whole: whether the count is right. */
static size_t find_end(const char *text, size_t size, bool *ret_whole)
{
        size_t start;
        unsigned long long count;
        char after;

        *ret_whole = false;
        while (size > 0 && text[size - 1] != '\n')
                size--;
        if (size == 0)
                return 0;
        for (start = size - 1; start > 0 && text[start - 1] != '\n';)
                start--;
        if (size - start > 32 || !startswith(text + start, "end "))
                return size;
        *ret_whole = sscanf(text + start, "end %llu%c", &count, &after) == 2 && after == '\n' &&
                     count == count_lines(text, start);
        return start;
}

int state_parse_file(struct state *s, enum state_file file, const char *text, size_t size,
                     const char *name, struct messages *errors)
{
        struct state_disk *disk = &s->disk[file];
        struct text_faults faults = { .name = name, .errors = errors, .disk = disk };
        unsigned version = parse_version(file, text);
        bool whole;
        size_t used = find_end(text, size, &whole);
        int r;

        if (version < STATE_VERSION) {
                messages_add(errors, "%s:1: expected %s%u", name, forms[file].header,
                             STATE_VERSION);
                faults.any = true;
        } else {
                disk->version = version;
        }
        r = text_parse(s, text, used, forms[file].lines, forms[file].n_lines, &faults);
        if (r < 0)
                return r;
        whole = whole && text[size - 1] == '\n';
        if (!whole)
                messages_add(
                        errors,
                        "%s: expected \"end COUNT\" as its last line, with the number of lines "
                        "before: some are missing",
                        name);
        faults.any = faults.any || !whole;
        return faults.any ? -EBADMSG : 0;
}

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

static void format_node(FILE *f, const struct state_node *n)
{
        fprintf(f, "node %s %u", n->key ?: "-", n->node);
        format_tier(f, n->original_tier);
        format_tier(f, n->placed);
        fprintf(f, " %s%s%s\n", n->manual ? "manual" : "auto", n->tier ? " " : "", n->tier ?: "");
}

static void format_memory_file(FILE *f, const struct state *s)
{
        if (s->tiering)
                fputs(s->seen_off ? "tiering off\n" : "tiering\n", f);
        fprintf(f, "policy %016" PRIx64 "\n", s->policy);
        if (s->baseline)
                fprintf(f, "baseline %s\n", s->baseline);
        for (size_t i = 0; i < s->n_nodes; i++)
                format_node(f, &s->nodes[i]);
        for (size_t i = 0; i < s->n_memories; i++)
                format_memory(f, &s->memories[i]);
        for (size_t i = 0; i < s->n_gpus; i++)
                fprintf(f, "gpu %s %u\n", s->gpus[i].address, s->gpus[i].node);
}

static void format_activity(FILE *f, const struct state_activity *a)
{
        if (a->moves + a->failed_moves > 0)
                fprintf(f, "moves %" PRIu64 " %" PRIu64 "\n", a->moves, a->failed_moves);
        if (a->policy_loaded > 0)
                fprintf(f, "policy %s %" PRIu64 "\n", a->policy_refused ? "refused" : "accepted",
                        a->policy_loaded);
}

static void format_view(FILE *f, const struct state *s)
{
        if (s->daemon > 0)
                fprintf(f, "daemon %ld\n", (long)s->daemon);
        format_activity(f, &s->activity);
        for (size_t i = 0; i < s->n_nodes; i++)
                if (s->nodes[i].present_tier != TIER_UNKNOWN)
                        fprintf(f, "node %u %" PRIu32 "\n", s->nodes[i].node,
                                s->nodes[i].present_tier);
}

static void format_undo(FILE *f, const struct state *s)
{
        for (size_t i = 0; i < s->n_originals; i++) {
                const struct state_original *o = &s->originals[i];

                fprintf(f, "original %s %s\n", o->path, o->value);
                if (o->intent)
                        fprintf(f, "intent %s %s %s\n", o->path, o->key ?: "-", o->intent);
                if (o->written)
                        fprintf(f, "written %s\n", o->path);
        }
        for (size_t i = 0; i < s->n_lost; i++)
                fprintf(f, "lost %s\n", s->lost[i]);
}

int state_format(const struct state *s, enum state_file file, char **ret)
{
        static void (*const format[])(FILE * f, const struct state *s) = {
                [STATE_MEMORY] = format_memory_file,
                [STATE_VIEW] = format_view,
                [STATE_UNDO] = format_undo,
        };
        static_assert(ELEMENTSOF(format) == STATE_FILES, "each file can be written");
        char *text = NULL;
        size_t size;
        FILE *f;

        f = open_memstream(&text, &size);
        if (!f)
                return -ENOMEM;
        fprintf(f, "%s%u; kept for this boot, do not edit\n", forms[file].header,
                s->disk[file].version);
        format[file](f, s);
        fputs(s->disk[file].unknown ?: "", f);
        if (fflush(f) == 0)
                fprintf(f, "end %zu\n", count_lines(text, size));
        if (fclose(f) != 0) {
                free(text);
                return -ENOMEM;
        }
        *ret = text;
        return 0;
}
