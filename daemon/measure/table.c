/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "measure/table.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>

#include "base/units.h"
#include "cli/json.h"
#include "cli/output.h"
#include "state/measured.h"

enum {
        TABLE_NODE,
        TABLE_INITIATOR,
        TABLE_LATENCY,
        TABLE_READ,
        TABLE_MIXED,
        TABLE_WRITE,
        TABLE_SPREAD,
        TABLE_STORED,
        TABLE_COLUMNS,
};

static const struct column table_columns[] = {
        [TABLE_NODE] = { "NODE", COLUMN_RIGHT },
        [TABLE_INITIATOR] = { "INITIATOR", COLUMN_RIGHT },
        [TABLE_LATENCY] = { "LATENCY", COLUMN_RIGHT },
        [TABLE_READ] = { "READ", COLUMN_RIGHT },
        [TABLE_MIXED] = { "MIX 2:1", COLUMN_RIGHT },
        [TABLE_WRITE] = { "WRITE", COLUMN_RIGHT },
        [TABLE_SPREAD] = { "SPREAD", COLUMN_RIGHT },
        [TABLE_STORED] = { "STORED", COLUMN_TEXT },
};
static_assert(ELEMENTSOF(table_columns) == TABLE_COLUMNS, "each column has a heading");

/* JSON. */
struct row {
        unsigned node, initiator;
        double latency, bandwidths[MEASURED_WRITE - MEASURED_READ + 1], spread;
        bool stored, repeatable;
        unsigned cpus, missing_cpus;
};

static const struct view_field fields[] = {
        VIEW_FIELD("node", row, node),
        VIEW_FIELD("initiator", row, initiator),
        VIEW_FIELD("latency_ns", row, latency),
        VIEW_FIELD("read_bandwidth_mib", row, bandwidths[MEASURED_READ - MEASURED_READ]),
        VIEW_FIELD("mixed_bandwidth_mib", row, bandwidths[MEASURED_MIXED - MEASURED_READ]),
        VIEW_FIELD("write_bandwidth_mib", row, bandwidths[MEASURED_WRITE - MEASURED_READ]),
        VIEW_FIELD("spread", row, spread),
        VIEW_FIELD("stored", row, stored),
        VIEW_FIELD("repeatable", row, repeatable),
        VIEW_FIELD("cpus", row, cpus),
        VIEW_FIELD("missing_cpus", row, missing_cpus),
};

static void fill_table(struct libscols_line *line, const struct measure_result *result)
{
        const struct measurement *m = &result->measurement;
        char text[UNIT_STRING_MAX];

        table_set(line, TABLE_NODE, "%u", m->node);
        table_set(line, TABLE_INITIATOR, "%u", m->initiator);
        table_set(line, TABLE_LATENCY, "%s",
                  format_latency(m->values[MEASURED_LATENCY].median, text));
        for (unsigned k = MEASURED_READ; k <= MEASURED_WRITE; k++)
                table_set(line, TABLE_READ + k - MEASURED_READ, "%s",
                          format_bandwidth(m->values[k].median, text));
        table_set(line, TABLE_SPREAD, "%.1f%%", measurement_spread(m) * 100);
        if (!measurement_is_repeatable(m))
                table_set_colour(line, TABLE_SPREAD, "yellow");
        table_set(line, TABLE_STORED, "%s", result->stored ? "yes" : "no");
}

/* Digits that a measurement cannot know are noise. */
static double round_to(double value, unsigned parts)
{
        return (double)(uint64_t)(value * parts + 0.5) / parts;
}

static struct row make_row(const struct measure_result *result)
{
        const struct measurement *m = &result->measurement;
        struct row row = {
                .node = m->node,
                .initiator = m->initiator,
                .latency = round_to(m->values[MEASURED_LATENCY].median, 10),
                .spread = round_to(measurement_spread(m), 10000),
                .stored = result->stored,
                .repeatable = measurement_is_repeatable(m),
                .cpus = m->cpus,
                .missing_cpus = m->missing_cpus,
        };

        for (unsigned k = MEASURED_READ; k <= MEASURED_WRITE; k++)
                row.bandwidths[k - MEASURED_READ] = round_to(m->values[k].median, 1);
        return row;
}

int measure_print_json(FILE *f, const struct measure_result *results, size_t n)
{
        _cleanup_(freep) struct row *rows = calloc(n ?: 1, sizeof(*rows));
        const struct view_table table = {
                .name = "measurements",
                .fields = fields,
                .n_fields = ELEMENTSOF(fields),
                .rows = rows,
                .n_rows = n,
                .row_size = sizeof(*rows),
        };

        if (!rows)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++)
                rows[i] = make_row(&results[i]);
        json_print_tables(f, &table, 1);
        return 0;
}

int measure_print_table(const struct measure_result *results, size_t n, bool legend)
{
        _cleanup_(table_freep) struct libscols_table *t =
                table_new(table_columns, ELEMENTSOF(table_columns));
        bool any_stored = false;
        int r;

        if (n == 0)
                return 0;
        for (size_t i = 0; i < n; i++) {
                fill_table(table_add(t, NULL), &results[i]);
                any_stored = any_stored || results[i].stored;
        }
        r = table_print(t, legend);
        if (r == 0 && legend && any_stored)
                puts("Stored in /" MEASURED_PATH "; a running numatierd uses the values at its "
                     "next rescan, or at once after \"systemctl reload numatierd\".");
        return r;
}
