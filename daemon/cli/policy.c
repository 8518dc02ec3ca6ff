/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* numatier policy: the policy that is in force, and where each setting comes from. */

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <locale.h>

#include "classify/rules.h"
#include "cli/cli.h"
#include "cli/json.h"
#include "cli/pager.h"
#include "policy/effective.h"
#include "policy/files.h"
#include "view/table.h"

/* Where comments begin, if there is room before. */
#define COMMENT_COLUMN 40
/* As the parser has it. */
#define NAME_LENGTH_MAX 48

static bool is_vendors(const char *file)
{
        return startswith(file, "/usr/lib/numatier/") != NULL;
}

static const char *find_origin(const char *file)
{
        if (!file)
                return "default";
        if (is_vendors(file))
                return "vendor";
        return strstr(file, "/numatierd.conf.d/") ? "drop-in" : "file";
}

/* JSON */

struct section_row {
        const char *section, *name, *file;
        struct view_number line;
        const char *shadowed_by;
};

static const struct view_field section_fields[] = {
        VIEW_FIELD("section", section_row, section),
        VIEW_FIELD("name", section_row, name),
        VIEW_FIELD("file", section_row, file),
        VIEW_FIELD("line", section_row, line),
        VIEW_FIELD("shadowed_by", section_row, shadowed_by),
};

struct setting_row {
        const char *section, *name, *key, *value, *origin, *file;
        struct view_number line;
};

static const struct view_field setting_fields[] = {
        VIEW_FIELD("section", setting_row, section), VIEW_FIELD("name", setting_row, name),
        VIEW_FIELD("key", setting_row, key),         VIEW_FIELD("value", setting_row, value),
        VIEW_FIELD("origin", setting_row, origin),   VIEW_FIELD("file", setting_row, file),
        VIEW_FIELD("line", setting_row, line),
};

static struct view_number get_line(const char *file, unsigned line)
{
        return (struct view_number){ .known = file != NULL, .value = line };
}

static struct section_row make_section_row(const struct effective_section *s)
{
        return (struct section_row){
                .section = effective_word(s->section),
                .name = s->name,
                .file = s->file,
                .line = get_line(s->file, s->line),
                .shadowed_by = s->shadowed_by ? s->shadowed_by->name : NULL,
        };
}

static struct setting_row make_setting_row(const struct effective_section *s,
                                           const struct effective_key *k)
{
        return (struct setting_row){
                .section = effective_word(s->section),
                .name = s->name,
                .key = k->key,
                .value = k->value,
                .origin = find_origin(k->file),
                .file = k->file,
                .line = get_line(k->file, k->line),
        };
}

static size_t count_keys(const struct effective *e)
{
        size_t n = 0;

        for (size_t i = 0; i < e->n; i++)
                n += e->sections[i].n_keys;
        return n;
}

static int print_json(const struct effective *e)
{
        _cleanup_(freep) struct section_row *sections = calloc(e->n ?: 1, sizeof(*sections));
        _cleanup_(freep) struct setting_row *settings =
                calloc(count_keys(e) ?: 1, sizeof(*settings));
        size_t n = 0;

        if (!sections || !settings)
                return -ENOMEM;
        for (size_t i = 0; i < e->n; i++) {
                const struct effective_section *s = &e->sections[i];

                sections[i] = make_section_row(s);
                for (size_t j = 0; j < s->n_keys; j++)
                        settings[n++] = make_setting_row(s, &s->keys[j]);
        }
        json_print_tables(stdout,
                          (const struct view_table[]){
                                  { .name = "sections",
                                    .fields = section_fields,
                                    .n_fields = ELEMENTSOF(section_fields),
                                    .rows = sections,
                                    .n_rows = e->n,
                                    .row_size = sizeof(*sections) },
                                  { .name = "settings",
                                    .fields = setting_fields,
                                    .n_fields = ELEMENTSOF(setting_fields),
                                    .rows = settings,
                                    .n_rows = n,
                                    .row_size = sizeof(*settings) },
                          },
                          2);
        return 0;
}

/* For people: a policy again, with comments. */

/* A name of a file may hold anything, and a comment ends with its line. */
static void print_file(const char *file)
{
        for (const char *c = file; *c; c++)
                putchar(iscntrl((unsigned char)*c) ? '?' : *c);
}

static void print_place(const char *file, unsigned line)
{
        if (!file) {
                fputs("built-in default", stdout);
                return;
        }
        print_file(file);
        printf(":%u", line);
}

/* After so many columns. */
static void begin_comment(int width)
{
        printf("%*s# ", width < COMMENT_COLUMN ? COMMENT_COLUMN - width : 1, "");
}

static void print_key(const char *sign, const struct effective_key *k)
{
        bool unset = *k->value == '\0';

        begin_comment(unset ? printf("%s# %s: unset", sign, k->key)
                            : printf("%s%s = %s", sign, k->key, k->value));
        print_place(k->file, k->line);
        puts("");
}

/* Two files may each have a section of the same name; one file may not. */
static bool is_taken(const struct effective *e, size_t section, const char *name)
{
        for (size_t i = 0; i < e->n; i++)
                if (i != section && e->sections[i].section == SECTION_NODE &&
                    streq(e->sections[i].name, name))
                        return true;
        return false;
}

static bool is_repeated(const struct effective *e, size_t section)
{
        for (size_t i = 0; i < section; i++)
                if (e->sections[i].section == SECTION_NODE &&
                    streq(e->sections[i].name, e->sections[section].name))
                        return true;
        return false;
}

/* "x-2": the number is the section's own, so that no other new name is the same. */
static void choose_name(const struct effective *e, size_t section,
                        char buf[static NAME_LENGTH_MAX + 1])
{
        const struct effective_section *s = &e->sections[section];
        char number[24];

        snprintf(buf, NAME_LENGTH_MAX + 1, "%s", s->name);
        if (s->section != SECTION_NODE || !is_repeated(e, section))
                return;
        for (size_t i = section; i == section || is_taken(e, section, buf); i += e->n) {
                int length = snprintf(number, sizeof(number), "-%zu", i);

                snprintf(buf, NAME_LENGTH_MAX + 1, "%.*s%s", NAME_LENGTH_MAX - length, s->name,
                         number);
        }
}

static int print_name(const char *sign, const struct effective_section *s, const char *name)
{
        return name ? printf("%s[%s %s]", sign, effective_word(s->section), name)
                    : printf("%s[%s]", sign, effective_word(s->section));
}

static void print_header(const struct effective *e, size_t section)
{
        const struct effective_section *s = &e->sections[section];
        char name[NAME_LENGTH_MAX + 1];

        if (!s->name) {
                (void)print_name("", s, NULL);
                puts("");
                return;
        }
        choose_name(e, section, name);
        begin_comment(print_name("", s, name));
        print_place(s->file, s->line);
        if (!streq(name, s->name))
                printf(", where its name is %s", s->name);
        puts("");
        if (!s->shadowed_by)
                return;
        printf("# never used: [node %s] matches all that this matches, and is tried first (",
               s->shadowed_by->name);
        print_place(s->shadowed_by->file, s->shadowed_by->line);
        puts(")");
}

static void print_builtin(const struct policy *p)
{
        const struct node_rule *r = rules_find_gpu_override(p);

        fputs("\n# Built-in rule, tried after all [node] sections: kind = gpu, ignore = yes.",
              stdout);
        if (r)
                printf(" Overridden by [node %s].", r->name);
        puts("");
}

static void print_files(const struct policy *p)
{
        puts("# The policy in force. It is made of these files, in this order:");
        for (size_t i = 0; i < p->n_files; i++) {
                fputs("#   ", stdout);
                print_file(p->files[i]);
                puts("");
        }
        puts("");
}

static void print_policy(const struct policy *p, const struct effective *e, bool legend)
{
        if (legend)
                print_files(p);
        for (size_t i = 0; i < e->n; i++) {
                const struct effective_section *s = &e->sections[i];

                if (s->section == SECTION_APPLY) {
                        print_builtin(p);
                        puts("");
                } else if (i > 0) {
                        puts("");
                }
                print_header(e, i);
                for (size_t j = 0; j < s->n_keys; j++)
                        print_key("", &s->keys[j]);
        }
}

/* --diff */

struct difference_row {
        const char *section, *name, *key; /* key NULL: the section itself */
        const char *before, *before_file;
        struct view_number before_line;
        const char *after, *after_file;
        struct view_number after_line;
};

static const struct view_field difference_fields[] = {
        VIEW_FIELD("section", difference_row, section),
        VIEW_FIELD("name", difference_row, name),
        VIEW_FIELD("key", difference_row, key),
        VIEW_FIELD("before", difference_row, before),
        VIEW_FIELD("before_file", difference_row, before_file),
        VIEW_FIELD("before_line", difference_row, before_line),
        VIEW_FIELD("after", difference_row, after),
        VIEW_FIELD("after_file", difference_row, after_file),
        VIEW_FIELD("after_line", difference_row, after_line),
};

/* A key that is taken back is not there. */
static const struct effective_key *get_set_key(const struct effective_section *s, const char *key)
{
        const struct effective_key *k = s ? effective_get_key(s, key) : NULL;

        return k && *k->value ? k : NULL;
}

static bool keys_differ(const struct effective_key *a, const struct effective_key *b)
{
        return a && b ? !streq(a->value, b->value) : a != b;
}

/* Calls for each difference; either section or key may be NULL: it is not there. */
struct difference {
        const struct effective_section *before, *after;
        const struct effective_key *old, *new; /* both NULL: the section comes or goes */
};
typedef void (*difference_fn)(const struct difference *d, void *userdata);

static void compare_sections(const struct effective_section *before,
                             const struct effective_section *after, difference_fn fn,
                             void *userdata)
{
        const struct effective_section *const both[] = { before, after };

        if (!before || !after)
                fn(&(struct difference){ before, after, NULL, NULL }, userdata);
        for (size_t s = 0; s < ELEMENTSOF(both); s++)
                for (size_t i = 0; both[s] && i < both[s]->n_keys; i++) {
                        const char *key = both[s]->keys[i].key;
                        const struct effective_key *old = get_set_key(before, key);
                        const struct effective_key *new = get_set_key(after, key);

                        /* what both have is compared once */
                        if (keys_differ(old, new) &&
                            (s == 0 || !before || !effective_get_key(before, key)))
                                fn(&(struct difference){ before, after, old, new }, userdata);
                }
}

static void compare(const struct effective *before, const struct effective *after, difference_fn fn,
                    void *userdata)
{
        for (size_t i = 0; i < before->n; i++) {
                const struct effective_section *s = &before->sections[i];

                compare_sections(s, effective_get(after, s->section, s->name), fn, userdata);
        }
        for (size_t i = 0; i < after->n; i++) {
                const struct effective_section *s = &after->sections[i];

                if (!effective_get(before, s->section, s->name))
                        compare_sections(NULL, s, fn, userdata);
        }
}

/* The names of the tiers that the other has, too: "dram cxl". NULL: no memory. */
static char *list_common_tiers(const struct effective *e, const struct effective *other)
{
        char *text = NULL;
        size_t size;
        FILE *f = open_memstream(&text, &size);

        if (!f)
                return NULL;
        for (size_t i = 0; i < e->n; i++)
                if (e->sections[i].section == SECTION_TIER &&
                    effective_get(other, SECTION_TIER, e->sections[i].name))
                        fprintf(f, "%s%s", ftell(f) > 0 ? " " : "", e->sections[i].name);
        if (fclose(f) == 0)
                return text;
        free(text);
        return NULL;
}

struct rows {
        struct difference_row *items;
        size_t n, allocated;
        bool failed;
};

static void add_row(struct rows *rows, const struct difference_row *row)
{
        rows->failed = rows->failed ||
                       array_grow(&rows->items, &rows->allocated, rows->n + 1, sizeof(*row)) < 0;
        if (!rows->failed)
                rows->items[rows->n++] = *row;
}

static void set_side(const struct effective_section *s, const struct effective_key *k, bool whole,
                     const char **value, const char **file, struct view_number *line)
{
        if (k) {
                *value = k->value;
                *file = k->file;
                *line = get_line(k->file, k->line);
        } else if (whole && s) {
                *file = s->file;
                *line = get_line(s->file, s->line);
        }
}

static void note_difference(const struct difference *d, void *userdata)
{
        const struct effective_section *s = d->after ?: d->before;
        bool whole = !d->old && !d->new;
        struct difference_row row = {
                .section = effective_word(s->section),
                .name = s->name,
                .key = d->new   ? d->new->key
                       : d->old ? d->old->key
                                : NULL,
        };

        set_side(d->before, d->old, whole, &row.before, &row.before_file, &row.before_line);
        set_side(d->after, d->new, whole, &row.after, &row.after_file, &row.after_line);
        add_row(userdata, &row);
}

static void print_side(char sign, const struct difference_row *row, const char *value,
                       const char *file, struct view_number line)
{
        int width;

        if (row->key && !value)
                return;
        if (row->key)
                width = printf("%c%s = %s", sign, row->key, value);
        else
                width = printf("%c[%s %s]", sign, row->section, row->name);
        begin_comment(width);
        print_place(file, (unsigned)line.value);
        puts("");
}

static bool same_section(const struct difference_row *a, const struct difference_row *b)
{
        return streq(a->section, b->section) &&
               (a->name && b->name ? streq(a->name, b->name) : a->name == b->name);
}

static void print_difference(const struct difference_row *row, const struct difference_row *last)
{
        bool begins = !last || !same_section(row, last);

        if (begins && last)
                puts("");
        if (begins && row->key && row->name)
                printf(" [%s %s]\n", row->section, row->name);
        else if (begins && row->key)
                printf(" [%s]\n", row->section);
        if (row->key || row->before_file)
                print_side('-', row, row->before, row->before_file, row->before_line);
        if (row->key || row->after_file)
                print_side('+', row, row->after, row->after_file, row->after_line);
}

static void print_differences(const struct rows *rows, const char *before, const char *after,
                              bool legend)
{
        for (size_t i = 0; i < rows->n; i++)
                print_difference(&rows->items[i], i > 0 ? &rows->items[i - 1] : NULL);
        if (before && !streq(before, after))
                printf("%s-tiers in this order: %s\n+tiers in this order: %s\n",
                       rows->n > 0 ? "\n" : "", before, after);
        else if (rows->n == 0 && legend)
                puts("The policy does not differ from the vendor's.");
}

static void print_json_differences(const struct rows *rows, const char *before, const char *after)
{
        const struct order {
                const char *before, *after;
        } order = { before, after };
        static const struct view_field order_fields[] = {
                VIEW_FIELD("before", order, before),
                VIEW_FIELD("after", order, after),
        };
        const struct view_table tables[] = {
                { .name = "differences",
                  .fields = difference_fields,
                  .n_fields = ELEMENTSOF(difference_fields),
                  .rows = rows->items,
                  .n_rows = rows->n,
                  .row_size = sizeof(*rows->items) },
                { .name = "tier_order",
                  .fields = order_fields,
                  .n_fields = ELEMENTSOF(order_fields),
                  .rows = &order,
                  .n_rows = 1,
                  .row_size = sizeof(order),
                  .single = true },
        };

        json_print_tables(stdout, tables, ELEMENTSOF(tables));
}

static int show_difference(const struct arguments *a, const struct effective *before,
                           const struct effective *after)
{
        _cleanup_(freep) char *old = list_common_tiers(before, after);
        _cleanup_(freep) char *new = list_common_tiers(after, before);
        struct rows rows = { 0 };
        int r = 0;

        compare(before, after, note_difference, &rows);
        if (rows.failed || !old || !new)
                r = -ENOMEM;
        else if (a->json)
                print_json_differences(&rows, old, new);
        else
                print_differences(&rows, old, new, a->legend);
        free(rows.items);
        return r;
}

static int load_vendors(struct policy **ret)
{
        _cleanup_(sysroot_freep) struct sysroot *root = NULL;
        struct messages errors = MESSAGES_INIT;
        int r;

        r = sysroot_open("/", &root);
        if (r == 0)
                r = config_load_vendor(root, &errors, ret);
        cli_print_messages("", &errors);
        messages_done(&errors);
        return r;
}

static int show_policy(const struct arguments *a, const struct policy *p, const struct effective *e)
{
        if (a->json)
                return print_json(e);
        (void)setlocale(LC_CTYPE, "");
        if (a->pager)
                pager_open();
        print_policy(p, e, a->legend);
        pager_close();
        return 0;
}

int verb_policy(const struct arguments *a)
{
        _cleanup_(policy_unrefp) struct policy *policy = NULL, *vendors = NULL;
        _cleanup_(effective_freep) struct effective *e = NULL, *before = NULL;
        int r;

        if (input_load_policy(&a->input, &policy) < 0)
                return EXIT_FAILURE;
        if (a->diff && load_vendors(&vendors) < 0)
                return EXIT_FAILURE;
        r = effective_new(policy, &e);
        if (r == 0 && vendors)
                r = effective_new(vendors, &before);
        if (r == 0)
                r = vendors ? show_difference(a, before, e) : show_policy(a, policy, e);
        return r < 0 ? cli_print_error(r) : EXIT_SUCCESS;
}
