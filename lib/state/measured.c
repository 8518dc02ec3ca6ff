/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "state/measured.h"

#include <errno.h>
#include <inttypes.h>

#define HEADER "# numatier measured 1; written by numatier measure\n"

struct measured *measured_free(struct measured *m)
{
        if (!m)
                return NULL;
        for (size_t i = 0; i < m->n; i++)
                free(m->memories[i].key);
        for (size_t i = 0; i < m->n_bad; i++)
                free(m->bad[i]);
        free(m->memories);
        free(m->bad);
        free(m);
        return NULL;
}

static struct measured_memory *find(const struct measured *m, const char *key)
{
        for (size_t i = 0; i < m->n; i++)
                if (streq(m->memories[i].key, key))
                        return &m->memories[i];
        return NULL;
}

const struct perf *measured_get(const struct measured *m, const char *key)
{
        const struct measured_memory *memory = find(m, key);

        return memory ? &memory->perf : NULL;
}

/* The first word of a line is this key. */
static bool has_key(const char *line, const char *key)
{
        const char *rest = startswith(line, key);

        return rest && (*rest == '\0' || *rest == ' ');
}

/* Whether a line begins with what identifies some memory (facts/key.h). If it does not, it may be
 * that of any. */
static bool begins_with_key(const char *line)
{
        const char *cxl = startswith(line, "cxl:0x"), *node = startswith(line, "node");
        size_t n;

        if (cxl) {
                n = strspn(cxl, "0123456789abcdefx+");
                return n > 0 && (cxl[n] == ' ' || cxl[n] == '\0');
        }
        if (!node)
                return false;
        n = strspn(node, "0123456789");
        if (n == 0 || node[n] != '@')
                return false;
        node += n + 1;
        n = strspn(node, "0123456789abcdef");
        return n > 0 && (node[n] == ' ' || node[n] == '\0');
}

bool measured_is_unreadable(const struct measured *m, const char *key)
{
        if (m->error < 0)
                return true;
        for (size_t i = 0; i < m->n_bad; i++)
                if (has_key(m->bad[i], key) || !begins_with_key(m->bad[i]))
                        return true;
        return false;
}

/* A new value takes the place of a line that could not be understood, too. */
static void drop_bad_lines(struct measured *m, const char *key)
{
        for (size_t i = m->n_bad; i-- > 0;) {
                if (!has_key(m->bad[i], key))
                        continue;
                free(m->bad[i]);
                array_remove(m->bad, &m->n_bad, i, sizeof(*m->bad));
        }
}

/* Up to the end of the line or of the text. */
static int keep_bad_line(struct measured *m, const char *line, const char *end)
{
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        char *copy;

        if (array_grow(&m->bad, &m->bad_allocated, m->n_bad + 1, sizeof(*m->bad)) < 0)
                return -ENOMEM;
        copy = strndup(line, (size_t)((newline ?: end) - line));
        if (!copy)
                return -ENOMEM;
        m->bad[m->n_bad++] = copy;
        return 0;
}

static int add(struct measured *m, const char *key, const struct perf *perf)
{
        char *copy;

        if (array_grow(&m->memories, &m->allocated, m->n + 1, sizeof(*m->memories)) < 0)
                return -ENOMEM;
        copy = strdup(key);
        if (!copy)
                return -ENOMEM;
        m->memories[m->n++] = (struct measured_memory){ .key = copy, .perf = *perf };
        return 0;
}

int measured_set(struct measured *m, const char *key, const struct perf *perf)
{
        struct measured_memory *memory = find(m, key);
        int r = 0;

        if (memory)
                memory->perf = *perf;
        else
                r = add(m, key, perf);
        if (r == 0)
                drop_bad_lines(m, key);
        return r;
}

/* NAME=NUMBER of one of the four values. */
static int parse_value(const char *word, struct perf *perf)
{
        for (unsigned v = 0; v < PERF_VALUES; v++) {
                const char *rest = startswith(word, perf_value_name(v));

                if (rest && *rest == '=')
                        return parse_unsigned(rest + 1, UINT32_MAX, &perf->v[v]);
        }
        return -EINVAL;
}

static int parse_line(struct measured *m, char *line)
{
        const char *key = strsep(&line, " "), *word;
        struct perf perf = { 0 };

        if (!*key || *key == '#')
                return *key || !line ? 0 : -EINVAL;
        while ((word = strsep(&line, " ")))
                if (*word && parse_value(word, &perf) < 0)
                        return -EINVAL;
        return perf_is_known(&perf) && !find(m, key) ? add(m, key, &perf) : -EINVAL;
}

int measured_parse(const char *text, size_t size, const char *name, struct messages *errors,
                   struct measured **ret)
{
        _cleanup_(measured_freep) struct measured *m = calloc(1, sizeof(*m));
        _cleanup_(freep) char *copy = strndup(text, size);
        char *rest = copy, *line;

        if (!m || !copy)
                return -ENOMEM;
        for (unsigned number = 1; (line = strsep(&rest, "\n")); number++) {
                const char *whole = text + (line - copy);
                int r = parse_line(m, line);

                if (r == 0)
                        continue;
                if (r == -ENOMEM || keep_bad_line(m, whole, text + size) < 0)
                        return -ENOMEM;
                messages_add(errors,
                             "%s:%u: expected what identifies a memory, once, and values such as "
                             "read_latency=250",
                             name, number);
        }
        *ret = TAKE_PTR(m);
        return 0;
}

int measured_format(const struct measured *m, char **ret)
{
        char *text = NULL;
        size_t size;
        FILE *f;

        f = open_memstream(&text, &size);
        if (!f)
                return -ENOMEM;
        fputs(HEADER, f);
        for (size_t i = 0; i < m->n; i++) {
                fputs(m->memories[i].key, f);
                for (unsigned v = 0; v < PERF_VALUES; v++)
                        fprintf(f, " %s=%" PRIu32, perf_value_name(v), m->memories[i].perf.v[v]);
                fputc('\n', f);
        }
        for (size_t i = 0; i < m->n_bad; i++)
                fprintf(f, "%s\n", m->bad[i]);
        if (fclose(f) != 0) {
                free(text);
                return -ENOMEM;
        }
        *ret = text;
        return 0;
}

int measured_load(struct sysroot *root, struct messages *problems, struct measured **ret)
{
        _cleanup_(freep) char *text = NULL;
        int r;

        r = sysroot_read_alloc(root, MEASURED_PATH, &text);
        if (r == -ENOMEM)
                return r;
        if (r == 0)
                return measured_parse(text, strlen(text), "/" MEASURED_PATH, problems, ret);
        *ret = calloc(1, sizeof(**ret));
        if (!*ret)
                return -ENOMEM;
        if (r != -ENOENT) {
                (*ret)->error = r;
                messages_add(problems, "/" MEASURED_PATH ": cannot be read: %s", strerror(-r));
        }
        return 0;
}

int measured_save(struct sysroot *root, const struct measured *m)
{
        _cleanup_(freep) char *text = NULL;
        int r;

        if (m->error < 0)
                return m->error;
        r = measured_format(m, &text);
        return r < 0 ? r : sysroot_replace(root, MEASURED_PATH, text);
}
