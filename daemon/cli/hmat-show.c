/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* numatier hmat show: the table of the firmware, or of a file, as people read it. */

#include <errno.h>
#include <inttypes.h>

#include "cli/hmat-rows.h"
#include "cli/hmat.h"
#include "cli/json.h"
#include "cli/pager.h"
#include "cli/rows.h"
#include "facts/health.h"
#include "facts/knobs.h"
#include "view/table.h"

/* For people */

/* "0 (node 0)", "7" */
static void set_domain(struct libscols_line *line, size_t column, unsigned domain,
                       struct view_number node)
{
        if (node.known)
                table_set(line, column, "%u (node %" PRId64 ")", domain, node.value);
        else
                table_set(line, column, "%u", domain);
}

static void set_value(struct libscols_line *line, size_t column, struct view_number value,
                      bool is_latency)
{
        char buf[UNIT_STRING_MAX];

        if (value.known)
                table_set_text(line, column,
                               format_value_of((double)value.value, false, is_latency, buf));
}

static void set_size(struct libscols_line *line, size_t column, uint64_t bytes)
{
        char buf[UNIT_STRING_MAX];

        if (bytes > 0)
                table_set_text(line, column, format_size(bytes >> 10, buf));
}

static void set_count(struct libscols_line *line, size_t column, unsigned n)
{
        if (n > 0)
                table_set(line, column, "%u", n);
}

static void set_level(struct libscols_line *line, size_t column, unsigned level)
{
        if (level == 0)
                table_set_text(line, column, "memory");
        else
                table_set(line, column, "side cache %u", level);
}

/* The names are bytes that anybody may have chosen. */
#define NAME_SIZE 9
static const char *format_name(const char *name, char buf[static NAME_SIZE])
{
        (void)snprintf(buf, NAME_SIZE, "%s", name);
        acpi_make_printable(buf);
        return buf;
}

static void print_head(const struct hmat_table_row *t)
{
        char id[NAME_SIZE], table_id[NAME_SIZE], creator[NAME_SIZE];

        printf("%s: revision %u, %u bytes, OEM \"%s\", table \"%s\", OEM revision %u, made by "
               "\"%s\" 0x%08x\n",
               t->file, t->revision, t->bytes, format_name(t->oem_id, id),
               format_name(t->oem_table_id, table_id), t->oem_revision,
               format_name(t->creator_id, creator), t->creator_revision);
}

/* Prints a table under a heading, unless it is empty. 0 or a negative errno. */
static int print_table(const struct arguments *a, const char *heading, struct libscols_table *t)
{
        if (!t)
                return -ENOMEM;
        if (scols_table_is_empty(t))
                return 0;
        if (a->legend)
                printf("\n%s\n", heading);
        return table_print(t, a->legend);
}

static int print_domains(const struct arguments *a, const struct hmat_rows *r)
{
        static const struct column columns[] = {
                { "DOMAIN", COLUMN_TEXT },      { "CPUS", COLUMN_RIGHT },
                { "MEMORY", COLUMN_RIGHT },     { "HOTPLUG", COLUMN_TEXT },
                { "INITIATORS", COLUMN_RIGHT }, { "PORTS", COLUMN_RIGHT },
        };
        _cleanup_(table_freep) struct libscols_table *t = table_new(columns, ELEMENTSOF(columns));

        for (size_t i = 0; i < r->n_domains; i++) {
                const struct hmat_domain_row *d = &r->domains[i];
                struct libscols_line *line = table_add(t, NULL);

                set_domain(line, 0, d->domain, d->node);
                set_count(line, 1, d->cpus);
                set_size(line, 2, d->memory_bytes);
                table_set_text(line, 3, d->hotpluggable ? "yes" : NULL);
                set_count(line, 4, d->generic_initiators);
                set_count(line, 5, d->generic_ports);
        }
        return print_table(a, "Proximity domains, as SRAT has them:", t);
}

static int print_devices(const struct arguments *a, const struct hmat_rows *r)
{
        static const struct column columns[] = {
                { "KIND", COLUMN_TEXT },
                { "DOMAIN", COLUMN_TEXT },
                { "DEVICE", COLUMN_TEXT },
        };
        _cleanup_(table_freep) struct libscols_table *t = table_new(columns, ELEMENTSOF(columns));

        for (size_t i = 0; i < r->n_devices; i++) {
                const struct hmat_device_row *d = &r->devices[i];
                struct libscols_line *line = table_add(t, NULL);

                table_set_text(line, 0, d->kind);
                set_domain(line, 1, d->domain, d->node);
                table_set_text(line, 2, d->device);
        }
        return print_table(a, "Generic initiators and ports, as SRAT has them:", t);
}

static int print_attributes(const struct arguments *a, const struct hmat_rows *r)
{
        static const struct column columns[] = {
                { "MEMORY", COLUMN_TEXT },
                { "ATTACHED INITIATOR", COLUMN_TEXT },
        };
        _cleanup_(table_freep) struct libscols_table *t = table_new(columns, ELEMENTSOF(columns));

        for (size_t i = 0; i < r->n_attributes; i++) {
                const struct hmat_attribute_row *d = &r->attributes[i];
                struct libscols_line *line = table_add(t, NULL);

                set_domain(line, 0, d->memory, d->memory_node);
                if (d->initiator.known)
                        set_domain(line, 1, (unsigned)d->initiator.value, d->initiator_node);
        }
        return print_table(a, "Memory (structures of type 0):", t);
}

static int print_matrices(const struct arguments *a, const struct hmat_rows *r)
{
        static const struct column columns[] = {
                { "DATA", COLUMN_TEXT },        { "OF", COLUMN_TEXT },
                { "INITIATORS", COLUMN_RIGHT }, { "TARGETS", COLUMN_RIGHT },
                { "UNIT", COLUMN_RIGHT },
        };
        _cleanup_(table_freep) struct libscols_table *t = table_new(columns, ELEMENTSOF(columns));

        for (size_t i = 0; i < r->n_matrices; i++) {
                const struct hmat_matrix_row *m = &r->matrices[i];
                struct libscols_line *line = table_add(t, NULL);

                table_set_text(line, 0, m->data);
                set_level(line, 1, m->level);
                table_set(line, 2, "%u", m->initiators);
                table_set(line, 3, "%u", m->targets);
                table_set(line, 4, "%" PRIu64 " %s%s", m->base_unit,
                          r->table.revision == 1 ? "/10 " : "",
                          strstr(m->data, "latency") ? r->table.revision == 1 ? "ns" : "ps"
                                                     : "MB/s");
        }
        return print_table(a, "Matrices (structures of type 1):", t);
}

static int print_values(const struct arguments *a, const struct hmat_rows *r)
{
        static const struct column columns[] = {
                { "TARGET", COLUMN_TEXT },
                { "INITIATOR", COLUMN_TEXT },
                { "OF", COLUMN_TEXT },
                { "READ LATENCY", COLUMN_RIGHT },
                { "WRITE LATENCY", COLUMN_RIGHT },
                { "READ BANDWIDTH", COLUMN_RIGHT },
                { "WRITE BANDWIDTH", COLUMN_RIGHT },
        };
        _cleanup_(table_freep) struct libscols_table *t = table_new(columns, ELEMENTSOF(columns));

        for (size_t i = 0; i < r->n_values; i++) {
                const struct hmat_value_row *v = &r->values[i];
                struct libscols_line *line = table_add(t, NULL);

                set_domain(line, 0, v->target, v->target_node);
                set_domain(line, 1, v->initiator, v->initiator_node);
                set_level(line, 2, v->level);
                set_value(line, 3, v->read_latency, true);
                set_value(line, 4, v->write_latency, true);
                set_value(line, 5, v->read_bandwidth, false);
                set_value(line, 6, v->write_bandwidth, false);
        }
        return print_table(a, "Values, as Linux reads the matrices:", t);
}

static int print_caches(const struct arguments *a, const struct hmat_rows *r)
{
        static const struct column columns[] = {
                { "MEMORY", COLUMN_TEXT }, { "LEVEL", COLUMN_RIGHT },   { "SIZE", COLUMN_RIGHT },
                { "LINE", COLUMN_RIGHT },  { "INDEXING", COLUMN_TEXT }, { "WRITES", COLUMN_TEXT },
                { "MODE", COLUMN_TEXT },   { "SMBIOS", COLUMN_RIGHT },
        };
        _cleanup_(table_freep) struct libscols_table *t = table_new(columns, ELEMENTSOF(columns));

        for (size_t i = 0; i < r->n_caches; i++) {
                const struct hmat_cache_row *c = &r->caches[i];
                struct libscols_line *line = table_add(t, NULL);

                set_domain(line, 0, c->memory, c->node);
                table_set(line, 1, "%u of %u", c->level, c->levels);
                set_size(line, 2, c->size_bytes);
                table_set(line, 3, "%u", c->line_size);
                table_set_text(line, 4, c->indexing);
                table_set_text(line, 5, c->write_policy);
                table_set_text(line, 6, streq(c->address_mode, "unknown") ? NULL : c->address_mode);
                table_set(line, 7, "%u handle%s", c->smbios_handles, plural(c->smbios_handles));
        }
        return print_table(a, "Side caches (structures of type 2):", t);
}

static bool has_same_access(const struct hmat_node_row *a, const struct hmat_node_row *b)
{
        return nodeset_equal(&a->initiators, &b->initiators) &&
               a->read_latency.value == b->read_latency.value &&
               a->write_latency.value == b->write_latency.value &&
               a->read_bandwidth.value == b->read_bandwidth.value &&
               a->write_bandwidth.value == b->write_bandwidth.value;
}

static void add_node(struct libscols_table *t, const struct hmat_node_row *n)
{
        struct libscols_line *line = table_add(t, NULL);
        char buf[NODESET_STRING_MAX];

        table_set(line, 0, "%u", n->node);
        table_set(line, 1, "access%u", n->access);
        table_set_text(line, 2, nodeset_format(&n->initiators, buf));
        set_value(line, 3, n->read_latency, true);
        set_value(line, 4, n->write_latency, true);
        set_value(line, 5, n->read_bandwidth, false);
        set_value(line, 6, n->write_bandwidth, false);
        table_set_number(line, 7, n->tier);
}

/* Each node has two rows; that of access class 0 is only of interest if it differs. */
static int print_nodes(const struct arguments *a, const struct hmat_rows *r)
{
        static const struct column columns[] = {
                { "NODE", COLUMN_RIGHT },
                { "CLASS", COLUMN_TEXT },
                { "INITIATORS", COLUMN_TEXT },
                { "READ LATENCY", COLUMN_RIGHT },
                { "WRITE LATENCY", COLUMN_RIGHT },
                { "READ BANDWIDTH", COLUMN_RIGHT },
                { "WRITE BANDWIDTH", COLUMN_RIGHT },
                { "TIER", COLUMN_RIGHT },
        };
        _cleanup_(table_freep) struct libscols_table *t = table_new(columns, ELEMENTSOF(columns));

        for (size_t i = 0; i + 1 < r->n_nodes; i += 2) {
                if (!has_same_access(&r->nodes[i], &r->nodes[i + 1]))
                        add_node(t, &r->nodes[i]);
                add_node(t, &r->nodes[i + 1]);
        }
        return print_table(
                a, "What Linux makes of it for nodes with memory (TIER: from Linux 6.7 on):", t);
}

static int print_for_people(const struct arguments *a, const struct hmat_rows *r)
{
        static int (*const print[])(const struct arguments *a, const struct hmat_rows *r) = {
                print_domains, print_devices, print_attributes, print_matrices,
                print_values,  print_caches,  print_nodes,
        };
        int error = 0;

        if (a->pager)
                pager_open();
        print_head(&r->table);
        for (size_t i = 0; i < ELEMENTSOF(print) && error == 0; i++)
                error = print[i](a, r);
        pager_close();
        return error;
}

/* JSON */

static const struct view_field table_fields[] = {
        VIEW_FIELD("file", hmat_table_row, file),
        VIEW_FIELD("revision", hmat_table_row, revision),
        VIEW_FIELD("bytes", hmat_table_row, bytes),
        VIEW_FIELD("oem_id", hmat_table_row, oem_id),
        VIEW_FIELD("oem_table_id", hmat_table_row, oem_table_id),
        VIEW_FIELD("oem_revision", hmat_table_row, oem_revision),
        VIEW_FIELD("creator_id", hmat_table_row, creator_id),
        VIEW_FIELD("creator_revision", hmat_table_row, creator_revision),
};

static const struct view_field domain_fields[] = {
        VIEW_FIELD("domain", hmat_domain_row, domain),
        VIEW_FIELD("node", hmat_domain_row, node),
        VIEW_FIELD("cpus", hmat_domain_row, cpus),
        VIEW_FIELD("memory_bytes", hmat_domain_row, memory_bytes),
        VIEW_FIELD("hotpluggable", hmat_domain_row, hotpluggable),
        VIEW_FIELD("generic_initiators", hmat_domain_row, generic_initiators),
        VIEW_FIELD("generic_ports", hmat_domain_row, generic_ports),
};

static const struct view_field device_fields[] = {
        VIEW_FIELD("kind", hmat_device_row, kind),
        VIEW_FIELD("domain", hmat_device_row, domain),
        VIEW_FIELD("node", hmat_device_row, node),
        VIEW_FIELD("handle", hmat_device_row, handle),
        VIEW_FIELD("device", hmat_device_row, device),
};

static const struct view_field attribute_fields[] = {
        VIEW_FIELD("memory_domain", hmat_attribute_row, memory),
        VIEW_FIELD("memory_node", hmat_attribute_row, memory_node),
        VIEW_FIELD("initiator_domain", hmat_attribute_row, initiator),
        VIEW_FIELD("initiator_node", hmat_attribute_row, initiator_node),
};

static const struct view_field matrix_fields[] = {
        VIEW_FIELD("data", hmat_matrix_row, data),
        VIEW_FIELD("level", hmat_matrix_row, level),
        VIEW_FIELD("initiators", hmat_matrix_row, initiators),
        VIEW_FIELD("targets", hmat_matrix_row, targets),
        VIEW_FIELD("base_unit", hmat_matrix_row, base_unit),
        VIEW_FIELD("min_transfer_size", hmat_matrix_row, min_transfer_size),
        VIEW_FIELD("flags", hmat_matrix_row, flags),
};

static const struct view_field entry_fields[] = {
        VIEW_FIELD("matrix", hmat_entry_row, matrix),
        VIEW_FIELD("initiator_domain", hmat_entry_row, initiator),
        VIEW_FIELD("target_domain", hmat_entry_row, target),
        VIEW_FIELD("entry", hmat_entry_row, entry),
};

static const struct view_field value_fields[] = {
        VIEW_FIELD("target_domain", hmat_value_row, target),
        VIEW_FIELD("target_node", hmat_value_row, target_node),
        VIEW_FIELD("initiator_domain", hmat_value_row, initiator),
        VIEW_FIELD("initiator_node", hmat_value_row, initiator_node),
        VIEW_FIELD("level", hmat_value_row, level),
        VIEW_FIELD("read_latency_ns", hmat_value_row, read_latency),
        VIEW_FIELD("write_latency_ns", hmat_value_row, write_latency),
        VIEW_FIELD("read_bandwidth_mib", hmat_value_row, read_bandwidth),
        VIEW_FIELD("write_bandwidth_mib", hmat_value_row, write_bandwidth),
};

static const struct view_field cache_fields[] = {
        VIEW_FIELD("memory_domain", hmat_cache_row, memory),
        VIEW_FIELD("memory_node", hmat_cache_row, node),
        VIEW_FIELD("level", hmat_cache_row, level),
        VIEW_FIELD("levels", hmat_cache_row, levels),
        VIEW_FIELD("size_bytes", hmat_cache_row, size_bytes),
        VIEW_FIELD("line_size_bytes", hmat_cache_row, line_size),
        VIEW_FIELD("indexing", hmat_cache_row, indexing),
        VIEW_FIELD("write_policy", hmat_cache_row, write_policy),
        VIEW_FIELD("address_mode", hmat_cache_row, address_mode),
        VIEW_FIELD("smbios_handles", hmat_cache_row, smbios_handles),
};

static const struct view_field node_fields[] = {
        VIEW_FIELD("node", hmat_node_row, node),
        VIEW_FIELD("domain", hmat_node_row, domain),
        VIEW_FIELD("access", hmat_node_row, access),
        VIEW_FIELD("initiators", hmat_node_row, initiators),
        VIEW_FIELD("read_latency_ns", hmat_node_row, read_latency),
        VIEW_FIELD("write_latency_ns", hmat_node_row, write_latency),
        VIEW_FIELD("read_bandwidth_mib", hmat_node_row, read_bandwidth),
        VIEW_FIELD("write_bandwidth_mib", hmat_node_row, write_bandwidth),
        VIEW_FIELD("tier", hmat_node_row, tier),
};

#define TABLE(table_name, table_fields, first, count)                                              \
        {                                                                                          \
                .name = (table_name), .fields = (table_fields),                                    \
                .n_fields = ELEMENTSOF(table_fields), .rows = (first), .n_rows = (count),          \
                .row_size = sizeof(*(first))                                                       \
        }

static void print_json(const struct hmat_rows *r)
{
        struct view_table tables[] = {
                TABLE("table", table_fields, &r->table, 1),
                TABLE("domains", domain_fields, r->domains, r->n_domains),
                TABLE("devices", device_fields, r->devices, r->n_devices),
                TABLE("attributes", attribute_fields, r->attributes, r->n_attributes),
                TABLE("matrices", matrix_fields, r->matrices, r->n_matrices),
                TABLE("entries", entry_fields, r->entries, r->n_entries),
                TABLE("values", value_fields, r->values, r->n_values),
                TABLE("caches", cache_fields, r->caches, r->n_caches),
                TABLE("nodes", node_fields, r->nodes, r->n_nodes),
        };

        tables[0].single = true;
        json_print_tables(stdout, tables, ELEMENTSOF(tables));
}

/* Reading */

static void report(const char *kind, struct messages *m)
{
        cli_print_messages(kind, m);
        messages_done(m);
}

/* Reads the file of the command line, or the machine's table. Reports errors. */
static int read_table(const struct arguments *a, struct sysroot *root, const char *file, char **ret,
                      size_t *ret_size)
{
        _cleanup_(sysroot_freep) struct sysroot *here = NULL;
        int r;

        if (file) {
                r = sysroot_open(".", &here);
                if (r == 0)
                        r = sysroot_read_bytes(here, file, ret, ret_size);
        } else
                r = sysroot_read_bytes(root, HMAT_PATH, ret, ret_size);
        if (r == -ENOENT && !file)
                fputs("numatier: this machine has no HMAT\n", stderr);
        else if ((r == -EACCES || r == -EPERM) && !file && !a->input.machine)
                fputs("numatier: /" HMAT_PATH ": only root may read it\n", stderr);
        else if (r < 0)
                (void)cli_error(r, file ?: "/" HMAT_PATH);
        return r;
}

/* SRAT is of use, and not necessary: its faults are warnings. NULL: it is not known. That of this
 * machine may not belong to a file: if there is none, nothing is said then. */
static int read_srat(struct sysroot *root, bool is_file, struct srat **ret, struct domain_map *map)
{
        _cleanup_(freep) char *bytes = NULL;
        struct messages faults = MESSAGES_INIT;
        size_t size;
        int r = sysroot_read_bytes(root, SRAT_PATH, &bytes, &size);

        if (r == 0) {
                r = srat_parse(bytes, size, "/" SRAT_PATH, &faults, ret);
                if (r == 0)
                        r = srat_map_domains(*ret, map);
                if (r == -E2BIG)
                        messages_add(&faults,
                                     "/%s: it has more proximity domains than Linux has "
                                     "nodes",
                                     SRAT_PATH);
        } else if (r != -ENOMEM && !(is_file && sysroot_is_absent(r)))
                messages_add(&faults, "/%s: cannot be read: %s; domains have no nodes", SRAT_PATH,
                             strerror(-r));
        report("warning: ", &faults);
        return r == -ENOMEM ? r : 0;
}

static int read_surroundings(struct sysroot *root, bool is_file, struct srat **ret_srat,
                             struct hmat_surroundings *ret)
{
        char list[NODESET_STRING_MAX];
        int r = read_srat(root, is_file, ret_srat, &ret->map);

        ret->srat = *ret_srat;
        ret->cpus.known = sysroot_read_line(root, NODE_DIR "/has_cpu", list, sizeof(list)) >= 0 &&
                          nodeset_parse(list, &ret->cpus.nodes) == 0;
        return r;
}

static int show(const struct arguments *a, struct sysroot *root, const char *file)
{
        _cleanup_(freep) char *bytes = NULL;
        _cleanup_(hmat_freep) struct hmat *h = NULL;
        _cleanup_(srat_freep) struct srat *srat = NULL;
        struct messages errors = MESSAGES_INIT, warnings = MESSAGES_INIT;
        struct hmat_surroundings s = { 0 };
        struct hmat_rows rows = { 0 };
        size_t size;
        int r = read_table(a, root, file, &bytes, &size);

        if (r < 0)
                return r;
        r = hmat_parse(bytes, size, file ?: "/" HMAT_PATH, &errors, &warnings, &h);
        report("", &errors);
        if (r == -EBADMSG) {
                report("warning: ", &warnings);
                return r;
        }
        if (r == 0)
                r = read_surroundings(root, file != NULL, &srat, &s);
        if (r == 0)
                r = hmat_rows_new(file ?: "/" HMAT_PATH, h, &s, &warnings, &rows);
        report("warning: ", &warnings);
        if (r == 0 && a->json)
                print_json(&rows);
        else if (r == 0)
                r = print_for_people(a, &rows);
        if (r < 0)
                (void)cli_print_error(r);
        hmat_rows_done(&rows);
        domain_map_done(&s.map);
        return r;
}

int hmat_show(const struct arguments *a, char **operands)
{
        _cleanup_(sysroot_freep) struct sysroot *root = NULL;

        if (input_open_root(&a->input, &root) < 0)
                return EXIT_FAILURE;
        return show(a, root, operands[0]) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
