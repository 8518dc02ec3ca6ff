/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <locale.h>
#include <sys/mman.h>

#include "base/units.h"
#include "cli/cli.h"
#include "cli/json.h"
#include "cli/kept.h"
#include "cli/pager.h"
#include "cli/status-table.h"
#include "cli/watch.h"

static void print_json(const struct view *v)
{
        const struct view_table tables[] = {
                view_get_table(v, VIEW_ROWS_TIERS),    view_get_table(v, VIEW_ROWS_NODES),
                view_get_table(v, VIEW_ROWS_DEVICES),  view_get_table(v, VIEW_ROWS_CACHES),
                view_get_table(v, VIEW_ROWS_MEMORY),   view_get_table(v, VIEW_ROWS_SETTINGS),
                view_get_table(v, VIEW_ROWS_WARNINGS),
        };

        json_print_tables(stdout, tables, ELEMENTSOF(tables));
}

/* For people: the table, and what it does not show. */

struct summary {
        unsigned memory, placed; /* nodes */
        unsigned tiers;          /* that have nodes */
};

static struct summary summarize(const struct view *v)
{
        struct summary s = { 0 };

        for (size_t i = 0; i < v->n_nodes; i++)
                s.memory += v->nodes[i].has_memory;
        for (size_t i = 0; i < v->n_tiers; i++) {
                unsigned n = nodeset_count(&v->tiers[i].nodes);

                s.placed += n;
                s.tiers += n > 0;
        }
        return s;
}

static bool is_offline(const struct view_node *n)
{
        return n->offline_kib.known && n->offline_kib.value > 0 &&
               !(n->drained.known && n->drained.value);
}

static bool any_offline(const struct view *v)
{
        for (size_t i = 0; i < v->n_nodes; i++)
                if (is_offline(&v->nodes[i]))
                        return true;
        return false;
}

static bool any_left(const struct memory_left *left)
{
        return left->to_online + left->to_offline + left->others > 0 || left->unknown;
}

/* Whether all is well, and if not, why that cannot be said. Memory that is offline while the policy
 * wants nothing of it is not looked for: numatier has nothing to do with it. */
static void print_state(const struct view *v, bool clear, const struct memory_left *left,
                        const struct summary *s)
{
        const char *end = any_offline(v) || any_left(left) ? "" : ": numatier has nothing to do";

        if (!v->has_tiers)
                print_lack_of_tiers(v);
        else if (v->withheld)
                print_withheld(stdout, v);
        else if (s->memory == 1 && clear)
                printf("One node with memory, one tier%s.\n", end);
        else if (clear)
                printf("%u node%s in %u tier%s, as the policy wants%s.\n", s->placed,
                       plural(s->placed), s->tiers, plural(s->tiers), end);
}

/* Pages that would leave their socket: that is slow, and loads the link between the sockets. */
static void print_across(const struct view *v)
{
        char buf[NODESET_STRING_MAX], to[NODESET_STRING_MAX];
        struct nodeset sources = { 0 };
        size_t targets = 0;

        for (size_t i = 0; i < v->n_nodes; i++) {
                if (nodeset_count(&v->nodes[i].targets_across) == 0)
                        continue;
                nodeset_add(&sources, v->nodes[i].node);
                nodeset_format(&v->nodes[i].targets_across, to);
                targets = nodeset_count(&v->nodes[i].targets_across);
        }
        if (nodeset_count(&sources) == 1)
                printf("Pages of node %s would be demoted to another socket (node%s %s).\n",
                       nodeset_format(&sources, buf), plural(targets), to);
        else if (nodeset_count(&sources) > 1)
                printf("Pages of nodes %s would be demoted to another socket (see TARGET).\n",
                       nodeset_format(&sources, buf));
}

static void print_nodes(const struct nodeset *nodes, const char *text)
{
        char buf[NODESET_STRING_MAX];
        size_t n = nodeset_count(nodes);

        if (n > 0)
                printf("Memory of node%s %s %s\n", plural(n), nodeset_format(nodes, buf), text);
}

/* Memory that is there, and that nobody can use. */
static void print_offline(const struct view *v)
{
        struct nodeset offline = { 0 }, drained = { 0 };

        for (size_t i = 0; i < v->n_nodes; i++) {
                const struct view_node *n = &v->nodes[i];

                if (n->drained.known && n->drained.value)
                        nodeset_add(&drained, n->node);
                else if (is_offline(n))
                        nodeset_add(&offline, n->node);
        }
        print_nodes(&offline, "is offline; \"numatier doctor\" says why.");
        print_nodes(&drained, "was drained; \"numatier online\" brings it back.");
}

static void print_to_change(size_t n, const char *how)
{
        const char *it = n == 1 ? "it" : "them";

        if (n > 0)
                printf("%zu memory block%s to %s; \"numatier plan\" shows %s, and numatierd or "
                       "\"numatier apply\" does it.\n",
                       n, plural(n), how, it);
}

static void print_left(const struct memory_left *left)
{
        print_to_change(left->to_online, "bring online");
        print_to_change(left->to_offline, "take offline");
        if (left->others > 0)
                printf("%zu memory block%s not as the policy wants; \"numatier plan\" says why.\n",
                       left->others, left->others == 1 ? " is" : "s are");
        if (left->unknown)
                puts("Whether memory is online as the policy wants cannot be read now.");
}

static const char *balancing_word(int64_t bits)
{
        static const char *const words[] = { "off", "on", "tiering", "on and tiering" };

        return words[bits & 3];
}

/* "Demotion: off. NUMA balancing: on." A kernel need not have any of them. */
static void print_settings(const struct view *v)
{
        const struct view_settings *s = v->settings;
        const char *separator = "";

        if (s->demotion.known) {
                printf("Demotion: %s.", s->demotion.value ? "on" : "off");
                separator = " ";
        }
        if (s->numa_balancing.known) {
                printf("%sNUMA balancing: %s.", separator, balancing_word(s->numa_balancing.value));
                separator = " ";
        }
        if (s->weighted_interleave) {
                printf("%sWeighted interleave: %s.", separator,
                       streq(s->weighted_interleave, "by_node") ? "by node (-o +WEIGHT)"
                                                                : s->weighted_interleave);
                separator = " ";
        }
        if (*separator)
                puts("");
        if (s->daemon_pid.known)
                printf("numatierd runs (PID %" PRId64 ").\n", s->daemon_pid.value);
        else if (v->live)
                puts("numatierd does not run.");
}

static void print_marks(const bool marks[static MARKS])
{
        const char *separator = "\n";

        for (size_t i = 0; i < MARKS; i++) {
                if (!marks[i])
                        continue;
                printf("%s%s\n", separator, status_mark_text(i));
                separator = "";
        }
}

static void print_summary(const struct pass *l, const struct memory_left *left)
{
        const struct plan *p = l->result->plan;
        const struct summary s = summarize(l->view);
        const char *it = p->n_writes == 1 ? "it" : "them";

        puts("");
        print_state(l->view, pass_is_clear(l), left, &s);
        if (s.placed > 0 && s.placed < s.memory)
                printf("%u node%s left where Linux put %s; \"numatier explain\" says why.\n",
                       s.memory - s.placed, s.memory - s.placed == 1 ? " is" : "s are",
                       s.memory - s.placed == 1 ? "it" : "them");
        if (p->n_writes > 0)
                printf("%zu setting%s to write; \"numatier plan\" shows %s, and numatierd or "
                       "\"numatier apply\" writes %s.\n",
                       p->n_writes, plural(p->n_writes), it, it);
        print_left(left);
        print_unmet(l);
        print_hazards(stdout, l->view);
        print_held(l->result);
        if (p->interface != INTERFACE_NONE)
                printf("Nodes are moved through %s.\n", interface_name(p->interface));
        print_offline(l->view);
        print_across(l->view);
        print_settings(l->view);
}

static int print_text(const struct arguments *a, const struct pass *l,
                      const struct memory_left *left, const struct status_columns *columns)
{
        bool marks[MARKS] = { false };
        int result;

        if (a->pager && !a->watch)
                pager_open();
        result = status_table_print(l->view, columns, a->bytes, a->legend, marks);
        if (result >= 0 && a->legend) {
                if (!a->operands[0])
                        print_summary(l, left);
                print_marks(marks);
        }
        pager_close();
        return result;
}

/* Of rows that begin with the number of their node, those of these nodes. */
static void keep_rows(void *rows, size_t *n, size_t size, const struct nodeset *nodes)
{
        char *bytes = rows;
        size_t kept = 0;

        for (size_t i = 0; i < *n; i++) {
                const unsigned *node = (const void *)(bytes + i * size);

                if (!nodeset_has(nodes, *node))
                        continue;
                memmove(bytes + kept++ * size, bytes + i * size, size);
        }
        *n = kept;
}

/* All nodes, unless some are named. */
static int choose_nodes(const struct arguments *a, struct view *v)
{
        struct nodeset nodes = { 0 };

        static_assert(offsetof(struct view_node, node) == 0, "for keep_rows()");
        static_assert(offsetof(struct view_device, node) == 0, "for keep_rows()");
        static_assert(offsetof(struct view_cache, node) == 0, "for keep_rows()");
        static_assert(offsetof(struct view_memory, node) == 0, "for keep_rows()");
        if (!a->operands[0])
                return 0;
        for (char **name = a->operands; *name; name++) {
                unsigned node = 0;

                (void)input_parse_node(*name, &node); /* which check_operands() did */
                if (!view_get_node(v, node)) {
                        fprintf(stderr, "numatier: node %u is not online\n", node);
                        return -ENODEV;
                }
                nodeset_add(&nodes, node);
        }
        keep_rows(v->nodes, &v->n_nodes, sizeof(*v->nodes), &nodes);
        keep_rows(v->devices, &v->n_devices, sizeof(*v->devices), &nodes);
        keep_rows(v->caches, &v->n_caches, sizeof(*v->caches), &nodes);
        keep_rows(v->memory, &v->n_memory, sizeof(*v->memory), &nodes);
        return 0;
}

/* On a terminal, what is shown takes the place of what was there, warnings too: they are kept back
 * until then. */
static int hold_stderr(void)
{
        int held, text = memfd_create("numatier", MFD_CLOEXEC);

        if (text < 0)
                return -1;
        held = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
        if (held >= 0 && dup2(text, STDERR_FILENO) < 0) {
                close(held);
                held = -1;
        }
        close(text);
        return held;
}

static void release_stderr(int held)
{
        char buf[4096];
        ssize_t n;
        int text;

        fputs("\033[H\033[J", stdout);
        (void)fflush(stdout);
        if (held < 0)
                return;
        text = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
        (void)dup2(held, STDERR_FILENO);
        close(held);
        if (text < 0)
                return;
        (void)lseek(text, 0, SEEK_SET);
        while ((n = read(text, buf, sizeof(buf))) > 0)
                if (write(STDERR_FILENO, buf, (size_t)n) != n)
                        break;
        close(text);
}

static int show(const struct arguments *a, const struct status_columns *columns, struct kept *kept)
{
        bool redraws = a->watch && isatty(STDOUT_FILENO);
        int held = redraws ? hold_stderr() : -1;
        struct memory_left left;
        struct pass l;
        int r;

        r = pass_run_in_detail(a, kept, &l);
        if (r == 0)
                r = find_memory_left(&l, &left);
        if (redraws)
                release_stderr(held);
        if (r == 0)
                r = choose_nodes(a, l.view);
        if (r == 0) {
                if (a->json)
                        print_json(l.view);
                else
                        r = print_text(a, &l, &left, columns);
                if (r < 0)
                        (void)cli_print_error(r);
        }
        pass_done(&l);
        return r;
}

/* Until Ctrl-C, or until nothing can be printed, which finish_output() reports. What cannot be
 * shown the first time is an error; later, it may yet come again. */
static int show_changes(const struct arguments *a, const struct status_columns *columns)
{
        struct kept kept = { 0 };
        struct watch watch;
        int r;

        watch_begin(&a->input, &watch);
        r = show(a, columns, &kept);
        while (r == 0 && fflush(stdout) == 0 && !ferror(stdout)) {
                watch_wait(&watch);
                if (!isatty(STDOUT_FILENO) && !a->json)
                        puts("");
                (void)show(a, columns, &kept);
        }
        watch_end(&watch);
        kept_done(&kept);
        return r;
}

static int check_operands(const struct arguments *a)
{
        unsigned node;

        for (char **name = a->operands; *name; name++)
                if (input_parse_node(*name, &node) < 0) {
                        fprintf(stderr,
                                "numatier: expected nodes, such as \"numatier status 1 2\", found "
                                "\"%s\"\n",
                                *name);
                        return -EINVAL;
                }
        if (a->json && (a->output || a->bytes)) {
                fprintf(stderr, "numatier: JSON has all fields, and sizes in KiB: expected no "
                                "--output and no --bytes with --json\n");
                return -EINVAL;
        }
        if (a->watch && a->input.machine) {
                fprintf(stderr, "numatier: a recorded machine does not change: expected no --watch "
                                "with --machine\n");
                return -EINVAL;
        }
        return 0;
}

int verb_status(const struct arguments *a)
{
        struct status_columns columns;
        int r;

        if (check_operands(a) < 0 || status_columns_parse(a->output, &columns) < 0)
                return EXIT_USAGE;
        if (!a->json) /* which is UTF-8 in any locale */
                (void)setlocale(LC_CTYPE, "");
        r = a->watch ? show_changes(a, &columns) : show(a, &columns, NULL);
        return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
