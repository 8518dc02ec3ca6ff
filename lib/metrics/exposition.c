/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "metrics/exposition.h"

#include <assert.h>
#include <inttypes.h>

static const struct {
        const char *name, *content_type;
} formats[] = {
        [EXPOSITION_OPENMETRICS] = { "openmetrics",
                                     "application/openmetrics-text; version=1.0.0; charset=utf-8" },
        [EXPOSITION_PROMETHEUS] = { "prometheus", "text/plain; version=0.0.4; charset=utf-8" },
};

static_assert(sizeof(formats) / sizeof(formats[0]) == EXPOSITION_FORMATS, "each has a name");

/* The older format has no type "info": such a sample is a gauge that is always 1. */
static const struct {
        const char *names[EXPOSITION_FORMATS];
        const char *suffix; /* of the samples */
} types[] = {
        [METRIC_GAUGE] = { { "gauge", "gauge" }, "" },
        [METRIC_COUNTER] = { { "counter", "counter" }, "_total" },
        [METRIC_INFO] = { { "info", "gauge" }, "_info" },
};

static_assert(sizeof(types) / sizeof(types[0]) == METRIC_TYPES, "each has a name");

const char *exposition_format_name(enum exposition_format f)
{
        return formats[f].name;
}

const char *exposition_content_type(enum exposition_format f)
{
        return formats[f].content_type;
}

void exposition_begin(struct exposition *e, const struct metric_family *family)
{
        e->family = family;
        e->printed = false;
}

/* The older format knows only the names of samples. */
static const char *family_suffix(const struct exposition *e)
{
        return e->format == EXPOSITION_PROMETHEUS ? types[e->family->type].suffix : "";
}

/* quote: a double quote is special, too. */
static void print_escaped(FILE *f, const char *text, bool quote)
{
        for (const char *c = text; *c; c++) {
                if (*c == '\n')
                        fputs("\\n", f);
                else if (*c == '\\' || (quote && *c == '"'))
                        fprintf(f, "\\%c", *c);
                else
                        putc(*c, f);
        }
}

static void print_family(struct exposition *e)
{
        const struct metric_family *m = e->family;
        const char *suffix = family_suffix(e);

        fprintf(e->f, "# HELP %s%s ", m->name, suffix);
        print_escaped(e->f, m->help, e->format == EXPOSITION_OPENMETRICS);
        fprintf(e->f, "\n# TYPE %s%s %s\n", m->name, suffix, types[m->type].names[e->format]);
        if (m->unit && e->format == EXPOSITION_OPENMETRICS)
                fprintf(e->f, "# UNIT %s %s\n", m->name, m->unit);
}

static void print_labels(FILE *f, const struct metric_label *labels)
{
        char separator = '{';

        for (const struct metric_label *l = labels; l->name; l++) {
                if (!l->value)
                        continue;
                fprintf(f, "%c%s=\"", separator, l->name);
                print_escaped(f, l->value, true);
                putc('"', f);
                separator = ',';
        }
        if (separator == ',')
                putc('}', f);
}

static void begin_sample(struct exposition *e, const struct metric_label *labels)
{
        if (!e->printed)
                print_family(e);
        e->printed = true;
        fprintf(e->f, "%s%s", e->family->name, types[e->family->type].suffix);
        print_labels(e->f, labels);
}

void exposition_add_integer(struct exposition *e, const struct metric_label *labels, uint64_t value)
{
        begin_sample(e, labels);
        fprintf(e->f, " %" PRIu64 "\n", value);
}

void exposition_add_real(struct exposition *e, const struct metric_label *labels, double value)
{
        begin_sample(e, labels);
        fprintf(e->f, " %.10g\n", value);
}

void exposition_end(struct exposition *e)
{
        if (e->format == EXPOSITION_OPENMETRICS)
                fputs("# EOF\n", e->f);
}
