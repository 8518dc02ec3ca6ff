/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* numatier hmat status: whether the kernel has taken the table. */

#include <errno.h>

#include "cli/hmat-wanted.h"
#include "cli/hmat.h"
#include "cli/json.h"
#include "cli/kmsg.h"
#include "hmat/obstacles.h"

struct reading {
        struct sysroot *root;
        struct installed *installed;
        struct messages problems;
        struct hmat_wanted wanted;
        unsigned obstacles;
};

static void reading_done(struct reading *r)
{
        hmat_wanted_done(&r->wanted);
        messages_done(&r->problems);
        installed_free(r->installed);
        sysroot_free(r->root);
}

/* Whether the table is the one that the policy wants now: not known without one that can be built.
 */
static struct view_flag is_current(const struct reading *r)
{
        const struct table_file *file = &r->installed->file;

        if (r->installed->srat == SRAT_OTHER)
                return (struct view_flag){ true, false };
        if (!r->wanted.bytes || file->state == TABLE_UNREADABLE)
                return (struct view_flag){ 0 };
        return (struct view_flag){ true, table_file_serves(file, r->wanted.bytes, r->wanted.size) };
}

static struct view_flag is_used(const struct reading *r)
{
        const struct installed *i = r->installed;

        if (i->used.state == TABLE_UNREADABLE || i->file.state == TABLE_UNREADABLE)
                return (struct view_flag){ 0 };
        return (struct view_flag){ true, installed_is_taken(i) && !i->switched_off };
}

static bool is_ours(const struct table_file *t)
{
        return t->state == TABLE_VALID && hmat_is_ours(&t->header);
}

/* For people. */

static void print_file(const struct reading *r)
{
        const struct table_file *file = &r->installed->file;
        struct view_flag current = is_current(r);

        switch (file->state) {
        case TABLE_ABSENT:
                puts("No table is installed (/" HMAT_FILE ").");
                return;
        case TABLE_UNREADABLE:
                printf("Whether a table is installed is not known: /%s: %s\n", HMAT_FILE,
                       file->fault);
                return;
        case TABLE_DAMAGED:
                return; /* an obstacle */
        case TABLE_VALID:
                break;
        }
        printf("A table is installed: /%s, OEM revision %u.\n", HMAT_FILE,
               file->header.oem_revision);
        if (r->installed->srat == SRAT_OTHER)
                puts(HMAT_SRAT_CHANGED);
        else if (!current.known)
                puts("Whether it is what the policy wants now is not known.");
        else if (current.value)
                puts("It is what the policy wants.");
        else
                puts("It is not what the policy wants now: run \"numatier hmat install\" again.");
}

static void print_initrd(const struct installed *i)
{
        if (!i->initrd.path)
                puts("The initrd of the running kernel was not found.");
        else if (i->initrd.state == INITRD_HAS)
                printf("The initrd has it: /%s\n", i->initrd.path);
        else if (i->file.state == TABLE_ABSENT && i->initrd.has_ours)
                printf("The initrd /%s still has a table: run \"numatier hmat uninstall\".\n",
                       i->initrd.path);
}

static void print_used(const struct installed *i)
{
        const struct table_file *used = &i->used;

        if (used->state == TABLE_UNREADABLE)
                printf("Which HMAT the kernel has is not known: /%s: %s\n", used->path,
                       used->fault);
        else if (used->state == TABLE_ABSENT)
                puts("The running kernel has no HMAT.");
        else if (used->state == TABLE_DAMAGED)
                puts("The running kernel has a damaged HMAT.");
        else if (installed_is_taken(i))
                puts(i->switched_off ? "The running kernel has taken it, and does not use it."
                                     : "The running kernel uses it.");
        else
                printf("The running kernel has %s: OEM revision %u.\n",
                       is_ours(used) ? "a table that numatier made" : "the firmware's HMAT",
                       used->header.oem_revision);
        if (i->several)
                puts("It has a second HMAT, which it does not read.");
}

static void print_text(const struct reading *r)
{
        const struct installed *i = r->installed;

        print_file(r);
        print_initrd(i);
        print_used(i);
        for (enum hmat_obstacle o = 0; o < OBSTACLES; o++) {
                _cleanup_(freep) char *text =
                        r->obstacles & 1U << o ? hmat_obstacle_print(i, o) : NULL;

                if (text)
                        printf("%s\n", text);
        }
        if (i->file.state == TABLE_ABSENT && is_ours(&i->used))
                puts("Until the next boot, the kernel keeps the table that was installed.");
        if (i->file.state == TABLE_VALID && !installed_makes_tiers(i))
                printf("Linux %s makes no memory tiers by HMAT: it only shows the values "
                       "(access0, access1). Linux 6.7 and later make the tiers.\n",
                       i->kernel);
}

/* JSON. */

struct status_row {
        struct view_flag installed, valid, current, srat_changed, in_initrd, used, makes_tiers;
        struct view_number oem_revision, kernel_oem_revision;
        const char *initrd, *kernel_table;
};

struct obstacle_row {
        const char *name, *text;
};

static const struct view_field status_fields[] = {
        VIEW_FIELD("installed", status_row, installed),
        VIEW_FIELD("valid", status_row, valid),
        VIEW_FIELD("oem_revision", status_row, oem_revision),
        VIEW_FIELD("current", status_row, current),
        VIEW_FIELD("srat_changed", status_row, srat_changed),
        VIEW_FIELD("initrd", status_row, initrd),
        VIEW_FIELD("in_initrd", status_row, in_initrd),
        VIEW_FIELD("used", status_row, used),
        VIEW_FIELD("kernel_table", status_row, kernel_table),
        VIEW_FIELD("kernel_oem_revision", status_row, kernel_oem_revision),
        VIEW_FIELD("makes_tiers", status_row, makes_tiers),
};

static const struct view_field obstacle_fields[] = {
        VIEW_FIELD("name", obstacle_row, name),
        VIEW_FIELD("text", obstacle_row, text),
};

static const char *name_kernel_table(const struct installed *i)
{
        switch (i->used.state) {
        case TABLE_ABSENT:
                return "none";
        case TABLE_DAMAGED:
                return "damaged";
        case TABLE_VALID:
                return installed_is_taken(i) ? "installed"
                       : is_ours(&i->used)   ? "numatier"
                                             : "firmware";
        case TABLE_UNREADABLE:
                break;
        }
        return NULL;
}

static struct view_number get_revision(const struct table_file *t)
{
        return (struct view_number){ t->state == TABLE_VALID, t->header.oem_revision };
}

static struct status_row make_row(const struct reading *r)
{
        const struct installed *i = r->installed;
        bool readable = i->file.state != TABLE_UNREADABLE, present = i->file.state >= TABLE_DAMAGED;

        return (struct status_row){
                .installed = { readable, present },
                .valid = { readable && present, i->file.state == TABLE_VALID },
                .current = is_current(r),
                .srat_changed = { i->srat != SRAT_UNKNOWN, i->srat == SRAT_OTHER },
                .in_initrd = { i->initrd.state != INITRD_UNKNOWN, i->initrd.state == INITRD_HAS },
                .used = is_used(r),
                .makes_tiers = { i->kernel != NULL, installed_makes_tiers(i) },
                .oem_revision = get_revision(&i->file),
                .kernel_oem_revision = get_revision(&i->used),
                .initrd = i->initrd.path,
                .kernel_table = name_kernel_table(i),
        };
}

static int print_json(const struct reading *r)
{
        struct status_row row = make_row(r);
        char initrd[SYSROOT_PATH_MAX + 1];
        struct obstacle_row obstacles[OBSTACLES];
        char *texts[OBSTACLES] = { 0 };
        size_t n = 0;
        int error = 0;

        for (enum hmat_obstacle o = 0; o < OBSTACLES; o++) {
                if (!(r->obstacles & 1U << o))
                        continue;
                texts[n] = hmat_obstacle_print(r->installed, o);
                error = texts[n] ? error : -ENOMEM;
                obstacles[n] = (struct obstacle_row){ hmat_obstacle_name(o), texts[n] };
                n++;
        }
        if (row.initrd) {
                (void)snprintf(initrd, sizeof(initrd), "/%s", row.initrd);
                row.initrd = initrd;
        }
        if (error == 0) {
                const struct view_table tables[] = {
                        { .name = "hmat",
                          .fields = status_fields,
                          .n_fields = ELEMENTSOF(status_fields),
                          .rows = &row,
                          .n_rows = 1,
                          .row_size = sizeof(row),
                          .single = true },
                        { .name = "obstacles",
                          .fields = obstacle_fields,
                          .n_fields = ELEMENTSOF(obstacle_fields),
                          .rows = obstacles,
                          .n_rows = n,
                          .row_size = sizeof(obstacles[0]) },
                };

                json_print_tables(stdout, tables, ELEMENTSOF(tables));
        }
        for (size_t k = 0; k < n; k++)
                free(texts[k]);
        return error;
}

/* The log of this machine says nothing of another one. */
static void read_log(struct reading *r)
{
        _cleanup_(freep) char *text = sysroot_is_live(r->root) ? kmsg_read_log() : NULL;

        if (text)
                hmat_log_parse(text, &r->installed->log);
}

static int read_all(const struct arguments *a, struct reading *r)
{
        int error = input_open_root(&a->input, &r->root);

        if (error < 0)
                return error;
        error = installed_read(r->root, &r->problems, &r->installed);
        if (error < 0)
                return cli_error(error, "the installed table cannot be read"), error;
        read_log(r);
        r->obstacles = hmat_find_obstacles(r->installed);
        return r->installed->file.state == TABLE_ABSENT ? 0 : hmat_wanted_find(a, &r->wanted);
}

static int find_status(const struct reading *r)
{
        struct view_flag current = is_current(r), used = is_used(r);

        if (!used.known || (used.value && !current.known))
                return EXIT_FAILURE;
        return used.value && current.value ? EXIT_SUCCESS : EXIT_DIFFERS;
}

int hmat_status(const struct arguments *a, char **operands)
{
        struct reading r = { 0 };
        int status = EXIT_FAILURE, error = read_all(a, &r);

        if (r.installed) {
                cli_print_messages("warning: ", &r.problems);
                cli_print_messages("", &r.wanted.refusals);
                if (a->json)
                        error = print_json(&r) ?: error;
                else
                        print_text(&r);
                status = error < 0 ? EXIT_FAILURE : find_status(&r);
        }
        reading_done(&r);
        return status;
}
