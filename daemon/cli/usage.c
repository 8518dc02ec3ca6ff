/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <inttypes.h>
#include <locale.h>

#include "base/text.h"
#include "base/units.h"
#include "cli/cli.h"
#include "cli/json.h"
#include "cli/pager.h"
#include "cli/usage-table.h"

#define USERS_SHOWN 20

static const struct {
        const char *name;
        enum usage_key key;
} keys[] = {
        { "slow", USAGE_BY_SLOW }, { "total", USAGE_BY_TOTAL },   { "anon", USAGE_BY_ANON },
        { "file", USAGE_BY_FILE }, { "kernel", USAGE_BY_KERNEL }, { "name", USAGE_BY_NAME },
};

static int refuse_sort(const struct view *v, const char *column)
{
        fprintf(stderr, "numatier: --sort: expected ");
        for (size_t i = 0; i < ELEMENTSOF(keys); i++)
                fprintf(stderr, "%s, ", keys[i].name);
        fprintf(stderr, "or a tier (");
        for (size_t i = 0; i < v->n_tiers; i++)
                fprintf(stderr, "%s%s", i > 0 ? ", " : "", v->tiers[i].name);
        fprintf(stderr, "), found \"%s\"\n", column);
        return EXIT_USAGE;
}

/* 0, or an exit status. */
static int parse_sort(const struct view *v, const char *column, struct usage_order *ret)
{
        for (size_t i = 0; i < ELEMENTSOF(keys); i++)
                if (!column || streq(column, keys[i].name)) {
                        ret->key = keys[i].key;
                        return 0;
                }
        for (size_t i = 0; i < v->n_tiers; i++)
                if (streq(column, v->tiers[i].name)) {
                        ret->key = USAGE_BY_TIER;
                        ret->tier = (unsigned)i;
                        return 0;
                }
        return refuse_sort(v, column);
}

static void print_json(const struct view_usage *u)
{
        struct view_table tables[VIEW_USAGE_TABLES];

        json_print_tables(stdout, tables, view_usage_get_tables(u, tables));
}

/* Nothing to list, which a recording never has. */
static int refuse_list(const struct arguments *a, int error)
{
        const char *where = a->input.machine ?: a->input.root ?: "";

        if (error == -EOPNOTSUPP || error == -ENOENT)
                fprintf(stderr,
                        "numatier: %s%sexpected control groups of version 2 in "
                        "/sys/fs/cgroup, or processes with /proc/PID/numa_maps%s\n",
                        where, *where ? ": " : "",
                        a->input.machine ? "; a recorded machine has neither" : "");
        else
                (void)cli_error(error, "/sys/fs/cgroup");
        return error;
}

static int read_list(const struct arguments *a, const struct pass *l,
                     const struct usage_tiers *tiers, const struct usage_order *order,
                     struct usage_list **ret)
{
        struct messages problems = MESSAGES_INIT;
        int r = usage_list_cgroups(l->root, tiers, order, &problems, ret);

        if (r == -EOPNOTSUPP)
                r = usage_list_processes(l->root, tiers, order, &problems, ret);
        if (r == 0 && (*ret)->users_overlap)
                fprintf(stderr, "numatier: warning: /sys/fs/cgroup: there are no control groups of "
                                "version 2 with the memory controller; these are processes\n");
        cli_print_messages("warning: ", &problems);
        messages_done(&problems);
        return r < 0 ? refuse_list(a, r) : 0;
}

static int print_list(const struct arguments *a, const struct usage_table *t,
                      const struct usage_list *list)
{
        int r;

        (void)setlocale(LC_CTYPE, "");
        if (a->pager)
                pager_open();
        r = usage_table_print_list(t, list);
        if (r == 0 && a->legend) {
                puts("");
                usage_print_sum(t, list);
        }
        pager_close();
        return r;
}

static int list_as_json(const struct pass *l, const struct usage_tiers *tiers,
                        const struct usage_list *list)
{
        _cleanup_(view_usage_freep) struct view_usage *u = NULL;
        int r = view_usage_new(l->view, tiers, list, &u);

        if (r == 0)
                print_json(u);
        return r;
}

/* Scripts get all users, since they cannot see that some are missing. */
static int show_list(const struct arguments *a, const struct pass *l,
                     const struct usage_tiers *tiers)
{
        struct usage_order order = { .limit = a->all || a->json ? 0 : USERS_SHOWN };
        _cleanup_(usage_list_freep) struct usage_list *list = NULL;
        int r;

        r = parse_sort(l->view, a->sort, &order);
        if (r > 0)
                return r;
        r = read_list(a, l, tiers, &order, &list);
        if (r < 0)
                return EXIT_FAILURE;
        if (a->json) {
                r = list_as_json(l, tiers, list);
        } else {
                struct usage_table t = { l->view, tiers, a->bytes, a->legend };

                r = print_list(a, &t, list);
        }
        return r < 0 ? cli_print_error(r) : EXIT_SUCCESS;
}

/* One user: a process, a unit or a control group. */

struct target {
        unsigned pid; /* 0: it is another */
        char *name, *cgroup;
        struct usage_nodes nodes;
};

static struct target *target_free(struct target *t)
{
        if (!t)
                return NULL;
        free(t->name);
        free(t->cgroup);
        free(t);
        return NULL;
}
DEFINE_CLEANUP(struct target *, target_free)

static bool is_number(const char *text)
{
        return *text && text[strspn(text, "0123456789")] == '\0';
}

/* "/sys/fs/cgroup/a/b/" and "a/b" are "/a/b" */
static char *make_path(const char *text)
{
        const char *below = startswith(text, "/sys/fs/cgroup");
        size_t n;

        if (below && (*below == '/' || *below == '\0'))
                text = below;
        text += strspn(text, "/");
        n = strlen(text);
        while (n > 0 && text[n - 1] == '/')
                n--;
        return text_new("/%.*s", (int)n, text);
}

static int find_process(const struct pass *l, const char *text, struct target *t,
                        struct messages *errors)
{
        int r;

        if (parse_unsigned(text, INT32_MAX, &t->pid) < 0 || t->pid == 0) {
                messages_add(errors, "process %s: expected a number from 1 to %d", text, INT32_MAX);
                return -ERANGE;
        }
        r = usage_read_process(l->root, (pid_t)t->pid, errors, &t->nodes);
        if (r == 0 && usage_read_name(l->root, (pid_t)t->pid, &t->name) < 0)
                t->name = strdup("?");
        return r;
}

static int find_cgroup(const struct pass *l, const char *text, struct target *t,
                       struct messages *errors)
{
        bool is_path = strchr(text, '/');
        int r = 0;

        if (!is_path)
                r = usage_find_unit(l->root, text, errors, &t->cgroup);
        else if (!(t->cgroup = make_path(text)))
                r = -ENOMEM;
        if (r < 0)
                return r;
        t->name = strdup(is_path ? t->cgroup : last_component(t->cgroup));
        return usage_read_cgroup(l->root, t->cgroup, errors, &t->nodes);
}

static int fail(const struct arguments *a, int error, const struct messages *errors)
{
        cli_print_messages("", errors);
        if (errors->n == 0)
                (void)cli_error(error, a->operands[0]);
        if (a->input.machine)
                fprintf(stderr,
                        "numatier: %s: a recorded machine has neither control groups nor "
                        "processes\n",
                        a->input.machine);
        return EXIT_FAILURE;
}

/* "/system.slice/cron.service has 1 GiB, 25% of it in slow tiers." */
static void print_heading(const struct arguments *a, const struct target *t,
                          const struct usage_user *u)
{
        _cleanup_(freep) char *name = text_escape(t->cgroup ?: t->name);
        char buf[UNIT_STRING_MAX];

        if (t->pid > 0)
                printf("Process %u (%s) has ", t->pid, name ?: "");
        else
                printf("%s has ", name ?: "");
        if (a->bytes)
                printf("%" PRIu64 " bytes", u->total);
        else
                fputs(format_size((u->total + 512) >> 10, buf), stdout);
        if (u->total > 0)
                printf(", %.0f%% of it in slow tiers", 100.0 * (double)u->slow / (double)u->total);
        puts(".\n");
}

static int print_one(const struct arguments *a, const struct pass *l,
                     const struct usage_tiers *tiers, const struct target *t,
                     const struct usage_user *user)
{
        _cleanup_(view_usage_freep) struct view_usage *u = NULL;
        struct usage_table table = { l->view, tiers, a->bytes, a->legend };
        int r = view_usage_new_one(l->view, tiers, user, &t->nodes, &u);

        if (r < 0)
                return r;
        if (a->json) {
                print_json(u);
                return 0;
        }
        (void)setlocale(LC_CTYPE, "");
        if (a->pager)
                pager_open();
        if (a->legend)
                print_heading(a, t, user);
        r = usage_table_print_one(&table, u);
        pager_close();
        return r;
}

static struct usage_user *make_user(struct target *t, const struct usage_tiers *tiers)
{
        struct usage_user *u = usage_sum_up(&t->nodes, tiers);

        if (!u)
                return NULL;
        u->pid = (pid_t)t->pid;
        u->name = t->name ? strdup(t->name) : NULL;
        u->cgroup = t->cgroup ? strdup(t->cgroup) : NULL;
        return u->name && (u->cgroup || u->pid > 0) ? u : usage_user_free(u);
}

static int show_target(const struct arguments *a, const struct pass *l,
                       const struct usage_tiers *tiers)
{
        _cleanup_(target_freep) struct target *t = calloc(1, sizeof(*t));
        _cleanup_(usage_user_freep) struct usage_user *user = NULL;
        struct messages errors = MESSAGES_INIT;
        const char *text = a->operands[0];
        int r = -ENOMEM, status;

        if (t)
                r = is_number(text) ? find_process(l, text, t, &errors)
                                    : find_cgroup(l, text, t, &errors);
        status = r < 0 ? fail(a, r, &errors) : EXIT_SUCCESS;
        messages_done(&errors);
        if (r < 0)
                return status;
        user = make_user(t, tiers);
        r = user ? print_one(a, l, tiers, t, user) : -ENOMEM;
        return r < 0 ? cli_print_error(r) : EXIT_SUCCESS;
}

static bool are_right(const struct arguments *a)
{
        const char *expected = NULL;

        if (a->operands[0] && a->operands[1])
                expected = "one process, unit or control group";
        else if (a->operands[0] && (a->sort || a->all))
                expected = "no --sort and no --all with a process, unit or control group";
        else if (a->json && (a->bytes || a->all))
                expected = "no --bytes and no --all with --json, which has all of it in bytes";
        if (expected)
                fprintf(stderr, "numatier: usage: expected %s\n", expected);
        return !expected;
}

int verb_usage(const struct arguments *a)
{
        struct usage_tiers tiers;
        struct pass l;
        int status = EXIT_FAILURE;

        if (!are_right(a))
                return EXIT_USAGE;
        if (pass_run_without_tiers(a, &l) == 0) {
                view_get_usage_tiers(l.view, &tiers);
                status = a->operands[0] ? show_target(a, &l, &tiers) : show_list(a, &l, &tiers);
        }
        pass_done(&l);
        return status;
}
