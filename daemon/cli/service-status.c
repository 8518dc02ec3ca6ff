/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* numatier service without a change: the drop-ins that there are. */

#include <assert.h>
#include <errno.h>
#include <locale.h>

#include "cli/json.h"
#include "cli/output.h"
#include "cli/pager.h"
#include "cli/service.h"
#include "service/differences.h"
#include "service/files.h"
#include "view/table.h"
#include "view/tier-list.h"

struct row {
        const char *unit, *path;
        bool runtime;
        const char *tiers, *policy;
        struct view_nodeset nodes; /* NUMAMask= */
        struct view_flag confine;
        struct view_nodeset allowed_nodes;  /* AllowedMemoryNodes= */
        struct view_nodeset expected_nodes; /* of the tiers now */
        const char *state, *reason;
};

static const struct view_field fields[] = {
        VIEW_FIELD("unit", row, unit),
        VIEW_FIELD("path", row, path),
        VIEW_FIELD("runtime", row, runtime),
        VIEW_FIELD("tiers", row, tiers),
        VIEW_FIELD("policy", row, policy),
        VIEW_FIELD("nodes", row, nodes),
        VIEW_FIELD("confine", row, confine),
        VIEW_FIELD("allowed_nodes", row, allowed_nodes),
        VIEW_FIELD("expected_nodes", row, expected_nodes),
        VIEW_FIELD("state", row, state),
        VIEW_FIELD("reason", row, reason),
};

struct status {
        struct service_files files;
        struct row *rows;
        struct texts texts;
        int exit_status;
};

static const char *join(struct texts *t, const struct messages *m)
{
        const char *text = NULL;

        for (size_t i = 0; i < m->n; i++)
                text = text ? texts_print(t, "%s; %s", text, m->items[i])
                            : texts_copy(t, m->items[i]);
        return text;
}

static int compare(const struct pass *pass, const struct service_drop_in *d, struct row *row,
                   struct texts *t)
{
        struct messages differences = MESSAGES_INIT;
        struct nodeset nodes = { 0 };
        int r = d->tiers ? tier_list_find_nodes(pass->view, d->tiers, &nodes, &differences) : 0;

        if (r == 0)
                (void)service_find_differences(d, &nodes, &pass->result->machine->memory,
                                               &differences);
        if (d->tiers)
                row->expected_nodes = (struct view_nodeset){ .known = true, .nodes = nodes };
        row->state = differences.n > 0 ? "differs" : "as-asked";
        row->reason = join(t, &differences);
        messages_done(&differences);
        return r == -ENOMEM ? r : 0;
}

static void fill_settings(const struct service_drop_in *d, struct row *row)
{
        row->tiers = d->tiers;
        row->policy = d->policy != SERVICE_UNSET ? service_policy_word(d->policy) : NULL;
        row->nodes =
                (struct view_nodeset){ .known = nodeset_count(&d->mask) > 0, .nodes = d->mask };
        row->confine = (struct view_flag){ .known = true, .value = d->confine };
        row->allowed_nodes = (struct view_nodeset){ .known = nodeset_count(&d->allowed) > 0,
                                                    .nodes = d->allowed };
}

static int fill(const struct pass *pass, const struct service_file *f, struct row *row,
                struct texts *t)
{
        static const char *const states[] = {
                [SERVICE_FILE_DAMAGED] = "damaged",
                [SERVICE_FILE_FOREIGN] = "foreign",
                [SERVICE_FILE_UNREADABLE] = "unreadable",
        };

        *row = (struct row){ .unit = f->unit,
                             .path = texts_print(t, "/%s", f->path),
                             .runtime = f->runtime };
        if (f->drop_in)
                fill_settings(f->drop_in, row);
        if (f->hidden) {
                row->state = "hidden";
                row->reason = "a file of that name in /etc/systemd/system hides it";
                return 0;
        }
        row->state = states[f->state];
        if (f->state == SERVICE_FILE_FOREIGN)
                row->reason = "numatier did not write this file";
        return f->drop_in ? compare(pass, f->drop_in, row, t) : 0;
}

static int fill_all(const struct pass *pass, struct status *s)
{
        int r = 0;

        s->rows = calloc(s->files.n ?: 1, sizeof(*s->rows));
        if (!s->rows)
                return -ENOMEM;
        for (size_t i = 0; i < s->files.n && r == 0; i++) {
                r = fill(pass, &s->files.items[i], &s->rows[i], &s->texts);
                if (r == 0 && streq(s->rows[i].state, "differs"))
                        s->exit_status = exit_join(s->exit_status, EXIT_DIFFERS);
        }
        return s->texts.failed ? -ENOMEM : r;
}

static void print_json(const struct status *s)
{
        json_print_tables(stdout,
                          &(struct view_table){ .name = "services",
                                                .fields = fields,
                                                .n_fields = ELEMENTSOF(fields),
                                                .rows = s->rows,
                                                .n_rows = s->files.n,
                                                .row_size = sizeof(*s->rows) },
                          1);
}

/* For people. */

enum {
        UNIT,
        TIERS,
        POLICY,
        NODES,
        ALLOWED,
        STATE,
        COLUMNS,
};

static const struct column columns[] = {
        [UNIT] = { "UNIT", COLUMN_TEXT },
        [TIERS] = { "TIERS", COLUMN_TEXT },
        [POLICY] = { "POLICY", COLUMN_TEXT },
        [NODES] = { "NODES", COLUMN_TEXT },
        [ALLOWED] = { "ALLOWED NODES", COLUMN_TEXT },
        [STATE] = { "STATE", COLUMN_TEXT },
};
static_assert(ELEMENTSOF(columns) == COLUMNS, "a heading for each column");

static void set_nodes(struct libscols_line *line, size_t column, const struct view_nodeset *n)
{
        char text[NODESET_STRING_MAX];

        table_set_text(line, column, n->known ? nodeset_format(&n->nodes, text) : NULL);
}

static void add_row(struct libscols_table *t, const struct row *row)
{
        struct libscols_line *line = table_add(t, NULL);

        table_set_text(line, UNIT, row->unit);
        table_set_text(line, TIERS, row->tiers);
        table_set_text(line, POLICY, row->policy);
        set_nodes(line, NODES, &row->nodes);
        set_nodes(line, ALLOWED, &row->allowed_nodes);
        table_set(line, STATE, "%s%s%s%s", streq(row->state, "as-asked") ? "as asked" : row->state,
                  row->runtime ? " (until the next boot)" : "", row->reason ? ": " : "",
                  row->reason ?: "");
        if (streq(row->state, "differs"))
                table_set_colour(line, STATE, "yellow");
}

static int print_text(const struct arguments *a, const struct status *s, const char *unit)
{
        _cleanup_(table_freep) struct libscols_table *t = table_new(columns, COLUMNS);
        int r;

        if (!t)
                return -ENOMEM;
        if (s->files.n == 0) {
                printf("%s %s of numatier.\n", unit ?: "No unit",
                       unit ? "has no drop-in" : "has a drop-in");
                return 0;
        }
        for (size_t i = 0; i < s->files.n; i++)
                add_row(t, &s->rows[i]);
        (void)output_has_colours();
        if (a->pager)
                pager_open();
        r = table_print(t, a->legend);
        pager_close();
        return r;
}

static int print_status(const struct arguments *a, const struct pass *pass, const char *unit,
                        struct status *s)
{
        struct messages problems = MESSAGES_INIT;
        int r = service_files_read(pass->root, unit, &problems, &s->files);

        cli_print_messages("", &problems);
        if (problems.n > 0)
                s->exit_status = EXIT_FAILURE;
        messages_done(&problems);
        if (r == 0)
                r = fill_all(pass, s);
        if (r == 0 && a->json)
                print_json(s);
        else if (r == 0)
                r = print_text(a, s, unit);
        return r;
}

int service_print_status(const struct arguments *a, const char *unit)
{
        struct status s = { .exit_status = EXIT_FAILURE };
        struct pass pass = { 0 };
        int r;

        (void)setlocale(LC_CTYPE, "");
        if (pass_run(a, RECONCILE_PLAN, &pass) == 0) {
                s.exit_status = EXIT_SUCCESS;
                r = print_status(a, &pass, unit, &s);
                if (r < 0)
                        s.exit_status = cli_print_error(r);
        }
        free(s.rows);
        texts_done(&s.texts);
        service_files_done(&s.files);
        pass_done(&pass);
        return s.exit_status;
}
