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
        free(m->memories);
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

int measured_set(struct measured *m, const char *key, const struct perf *perf)
{
        struct measured_memory *memory = find(m, key);
        char *copy;

        if (memory) {
                memory->perf = *perf;
                return 0;
        }
        if (array_grow(&m->memories, &m->allocated, m->n + 1, sizeof(*m->memories)) < 0)
                return -ENOMEM;
        copy = strdup(key);
        if (!copy)
                return -ENOMEM;
        m->memories[m->n++] = (struct measured_memory){ .key = copy, .perf = *perf };
        return 0;
}

/* NAME=NUMBER of one of the four figures. */
static int parse_figure(const char *word, struct perf *perf)
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
                if (*word && parse_figure(word, &perf) < 0)
                        return -EINVAL;
        return perf_is_known(&perf) && !find(m, key) ? measured_set(m, key, &perf) : -EINVAL;
}

int measured_parse(const char *text, size_t size, const char *name, struct messages *errors,
                   struct measured **ret)
{
        _cleanup_(measured_freep) struct measured *m = calloc(1, sizeof(*m));
        _cleanup_(freep) char *copy = strndup(text, size);
        char *rest = copy, *line;
        bool failed = false;

        if (!m || !copy)
                return -ENOMEM;
        for (unsigned number = 1; (line = strsep(&rest, "\n")); number++) {
                int r = parse_line(m, line);

                if (r == -ENOMEM)
                        return r;
                if (r < 0)
                        messages_add(errors,
                                     "%s:%u: expected what identifies a memory, once, and figures "
                                     "such as read_latency=250",
                                     name, number);
                failed = failed || r < 0;
        }
        if (failed)
                return -EBADMSG;
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

        r = sysroot_read_own(root, MEASURED_PATH, problems, &text);
        if (r == 0 && text)
                r = measured_parse(text, strlen(text), "/" MEASURED_PATH, problems, ret);
        if (r == -ENOMEM || (r == 0 && text))
                return r;
        *ret = calloc(1, sizeof(**ret));
        return *ret ? 0 : -ENOMEM;
}

int measured_save(struct sysroot *root, const struct measured *m)
{
        _cleanup_(freep) char *text = NULL;
        int r;

        r = measured_format(m, &text);
        return r < 0 ? r : sysroot_replace(root, MEASURED_PATH, text);
}
