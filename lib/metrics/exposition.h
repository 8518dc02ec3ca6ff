/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Metrics as text, in one of two formats:
 *
 *     OpenMetrics 1.0, which Prometheus asks for since 2.5;
 *     Prometheus' own format 0.0.4, which is older: node_exporter's textfile collector, for
 * example, reads no other, and refuses a file with a type "info". */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum exposition_format {
        EXPOSITION_OPENMETRICS,
        EXPOSITION_PROMETHEUS,
        EXPOSITION_FORMATS,
};

const char *exposition_format_name(enum exposition_format f); /* "openmetrics", "prometheus" */

/* What HTTP calls it. */
const char *exposition_content_type(enum exposition_format f);

enum metric_type {
        METRIC_GAUGE,
        METRIC_COUNTER, /* the name of its samples ends in _total */
        METRIC_INFO,    /* the same with _info; the labels are the value */
        METRIC_TYPES,
};

/* What all samples of a metric have in common. */
struct metric_family {
        const char *name; /* without _total or _info */
        enum metric_type type;
        const char *unit; /* the end of the name: "bytes"; NULL: it has none */
        const char *help; /* one sentence */
};

struct metric_label {
        const char *name;
        const char *value; /* NULL: there is no such label */
};

/* The labels of a sample. */
#define LABELS(...)                                                                                \
        (const struct metric_label[])                                                              \
        {                                                                                          \
                __VA_ARGS__,                                                                       \
                {                                                                                  \
                        0                                                                          \
                }                                                                                  \
        }
#define NO_LABELS ((const struct metric_label[]){ { 0 } })

struct exposition {
        FILE *f;
        enum exposition_format format;
        const struct metric_family *family;
        bool printed; /* what the family is: that stands before its first sample */
};

/* The samples that follow are of this family. One without samples is not printed at all. */
void exposition_begin(struct exposition *e, const struct metric_family *family);

void exposition_add_integer(struct exposition *e, const struct metric_label *labels,
                            uint64_t value);
void exposition_add_real(struct exposition *e, const struct metric_label *labels, double value);

/* After the last family. */
void exposition_end(struct exposition *e);
