/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "measure/table.h"

#include "base/units.h"
#include "cli/output.h"
#include "state/measured.h"

/* The columns that both forms have, in this order, then those of one form. */
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
        JSON_REPEATABLE = TABLE_COLUMNS,
        JSON_CPUS,
        JSON_MISSING_CPUS,
        JSON_COLUMNS,
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
_Static_assert(ELEMENTSOF(table_columns) == TABLE_COLUMNS, "each column has a heading");

static const struct column json_columns[] = {
        [TABLE_NODE] = { "node", COLUMN_NUMBER },
        [TABLE_INITIATOR] = { "initiator", COLUMN_NUMBER },
        [TABLE_LATENCY] = { "latency_ns", COLUMN_NUMBER },
        [TABLE_READ] = { "read_bandwidth_mib", COLUMN_NUMBER },
        [TABLE_MIXED] = { "mixed_bandwidth_mib", COLUMN_NUMBER },
        [TABLE_WRITE] = { "write_bandwidth_mib", COLUMN_NUMBER },
        [TABLE_SPREAD] = { "spread", COLUMN_NUMBER },
        [TABLE_STORED] = { "stored", COLUMN_BOOLEAN },
        [JSON_REPEATABLE] = { "repeatable", COLUMN_BOOLEAN },
        [JSON_CPUS] = { "cpus", COLUMN_NUMBER },
        [JSON_MISSING_CPUS] = { "missing_cpus", COLUMN_NUMBER },
};
_Static_assert(ELEMENTSOF(json_columns) == JSON_COLUMNS, "each column has a key");

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

static void fill_json(struct libscols_line *line, const struct measure_result *result)
{
        const struct measurement *m = &result->measurement;

        table_set(line, TABLE_NODE, "%u", m->node);
        table_set(line, TABLE_INITIATOR, "%u", m->initiator);
        table_set(line, TABLE_LATENCY, "%.1f", m->values[MEASURED_LATENCY].median);
        for (unsigned k = MEASURED_READ; k <= MEASURED_WRITE; k++)
                table_set(line, TABLE_READ + k - MEASURED_READ, "%.0f", m->values[k].median);
        table_set(line, TABLE_SPREAD, "%.4f", measurement_spread(m));
        table_set(line, TABLE_STORED, "%d", result->stored);
        table_set(line, JSON_REPEATABLE, "%d", measurement_is_repeatable(m));
        table_set(line, JSON_CPUS, "%u", m->cpus);
        table_set(line, JSON_MISSING_CPUS, "%u", m->missing_cpus);
}

int measure_print_json(const struct measure_result *results, size_t n)
{
        _cleanup_(table_freep) struct libscols_table *t =
                table_new("measurements", json_columns, ELEMENTSOF(json_columns));

        for (size_t i = 0; i < n; i++)
                fill_json(table_add(t, NULL), &results[i]);
        return json_print(&t, 1);
}

int measure_print_table(const struct measure_result *results, size_t n, bool legend)
{
        _cleanup_(table_freep) struct libscols_table *t =
                table_new(NULL, table_columns, ELEMENTSOF(table_columns));
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
