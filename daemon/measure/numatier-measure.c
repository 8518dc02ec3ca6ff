/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* numatier measure: a program of its own, so that the other verbs need not load libnuma. It parses
 * its arguments, prints and stores; the work is in measure.c and below. */

#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <signal.h>

#include "base/units.h"
#include "cli/output.h"
#include "common/input.h"
#include "facts/key.h"
#include "measure/measure.h"
#include "state/measured.h"
#include "state/recall.h"
#include "state/state.h"

#define SECONDS_DEFAULT 5U
#define SECONDS_MAX     3600U
#define SIZE_MIN        (16ULL << 20)
#define SIZE_LIMIT      (1ULL << 42)

struct arguments {
        struct measure_options options;
        bool json, legend, dry_run;
        struct nodeset nodes; /* empty: all that have memory */
};

struct session {
        const struct arguments *arguments;
        struct sysroot *root;
        struct machine *machine;
        struct cpus allowed;
        struct measurement *done;
        size_t n_done, allocated;
};

static void help(void)
{
        puts("numatier measure [OPTION...] [NODE...]\n\n"
             "Measures the memory of NUMA nodes (all that have any) and stores the figures.\n\n"
             "Options:\n"
             "  --seconds N      at most so long for each node (default: 5)\n"
             "  --size SIZE      the buffer, such as 256M or 1G (default: four times the "
             "last-level\n"
             "                   caches, 64M at least)\n"
             "  --dry-run        measure, and do not store\n"
             "  --json           print JSON\n"
             "  --no-legend      print neither headings nor where the figures went\n"
             "  --help, --version\n\n"
             "See numatier(1).");
}

enum {
        OPT_SECONDS = 256,
        OPT_SIZE,
        OPT_DRY_RUN,
        OPT_JSON,
        OPT_NO_LEGEND,
        OPT_NO_PAGER,
        OPT_VERSION
};

static const struct option options[] = {
        { "seconds", required_argument, NULL, OPT_SECONDS },
        { "size", required_argument, NULL, OPT_SIZE },
        { "dry-run", no_argument, NULL, OPT_DRY_RUN },
        { "json", no_argument, NULL, OPT_JSON },
        { "no-legend", no_argument, NULL, OPT_NO_LEGEND },
        { "no-pager", no_argument, NULL, OPT_NO_PAGER }, /* there is none */
        { "help", no_argument, NULL, 'h' },
        { "version", no_argument, NULL, OPT_VERSION },
        { NULL, 0, NULL, 0 },
};

static int set_seconds(struct arguments *a)
{
        if (parse_unsigned(optarg, SECONDS_MAX, &a->options.seconds) == 0 && a->options.seconds > 0)
                return 0;
        fprintf(stderr, "numatier: --seconds: expected a number from 1 to %u, found \"%s\"\n",
                SECONDS_MAX, optarg);
        return -EINVAL;
}

static int set_size(struct arguments *a)
{
        if (parse_size(optarg, &a->options.size) == 0 && a->options.size >= SIZE_MIN &&
            a->options.size <= SIZE_LIMIT)
                return 0;
        fprintf(stderr, "numatier: --size: expected a size from 16M to 4T, found \"%s\"\n", optarg);
        return -EINVAL;
}

static int set_option(struct arguments *a, int option)
{
        switch (option) {
        case OPT_SECONDS:
                return set_seconds(a);
        case OPT_SIZE:
                return set_size(a);
        case OPT_DRY_RUN:
                a->dry_run = true;
                break;
        case OPT_JSON:
                a->json = true;
                break;
        case OPT_NO_LEGEND:
                a->legend = false;
                break;
        }
        return 0;
}

static int add_nodes(char **operands, struct arguments *a)
{
        for (; *operands; operands++) {
                unsigned node;

                if (parse_unsigned(*operands, NODE_MAX - 1, &node) < 0) {
                        fprintf(stderr, "numatier: expected a node number, found \"%s\"\n",
                                *operands);
                        return -EINVAL;
                }
                nodeset_add(&a->nodes, node);
        }
        return 0;
}

/* -1: go on; else exit with that status. */
static int parse_arguments(int argc, char **argv, struct arguments *a)
{
        for (;;) {
                int option = getopt_long(argc, argv, "h", options, NULL);

                switch (option) {
                case -1:
                        return add_nodes(argv + optind, a) < 0 ? EXIT_USAGE : -1;
                case 'h':
                        help();
                        return EXIT_SUCCESS;
                case OPT_VERSION:
                        puts("numatier " NUMATIER_VERSION);
                        return EXIT_SUCCESS;
                case '?':
                        return EXIT_USAGE;
                default:
                        if (set_option(a, option) < 0)
                                return EXIT_USAGE;
                }
        }
}

static void print_messages(struct messages *m, const char *kind)
{
        for (size_t i = 0; i < m->n; i++)
                fprintf(stderr, "numatier: %s%s\n", kind, m->items[i]);
        messages_done(m);
}

static int cli_error(int error, const char *what)
{
        fprintf(stderr, "numatier: %s: %s\n", what, strerror(-error));
        return error;
}

/* Progress, where somebody watches */

#define BAR          40U
#define CLEAR_LINE   "\r\033[K"
#define N_CLEAR_LINE (sizeof(CLEAR_LINE) - 1)

static bool has_progress;

static void show_progress(unsigned node, unsigned round, unsigned rounds, void *userdata)
{
        static const char full[] = "########################################";
        unsigned n = BAR * round / rounds;

        if (has_progress)
                fprintf(stderr, "\rnode %u [%.*s%*s]", node, (int)n, full, (int)(BAR - n), "");
}

static void clear_progress(void)
{
        if (has_progress)
                fputs(CLEAR_LINE, stderr);
}

/* There is nothing to be undone: storing holds signals back, and all else goes with the process. */
static void on_signal(int signal_number)
{
        ssize_t n = has_progress ? write(STDERR_FILENO, CLEAR_LINE, N_CLEAR_LINE) : 0;

        (void)n;
        raise(signal_number); /* SA_RESETHAND: now it kills, which the shell is to see */
}

static void handle_signals(void)
{
        const struct sigaction action = { .sa_handler = on_signal,
                                          .sa_flags = (int)(SA_RESETHAND | SA_NODEFER) };

        sigaction(SIGINT, &action, NULL);
        sigaction(SIGTERM, &action, NULL);
}

/* Printing */

enum {
        TABLE_NODE,
        TABLE_INITIATOR,
        TABLE_LATENCY,
        TABLE_READ,
        TABLE_MIXED,
        TABLE_WRITE,
        TABLE_SPREAD,
        TABLE_REPEATABLE, /* JSON only */
};

static const struct column table_columns[] = {
        [TABLE_NODE] = { "NODE", COLUMN_RIGHT },
        [TABLE_INITIATOR] = { "INITIATOR", COLUMN_RIGHT },
        [TABLE_LATENCY] = { "LATENCY", COLUMN_RIGHT },
        [TABLE_READ] = { "READ", COLUMN_RIGHT },
        [TABLE_MIXED] = { "MIX 2:1", COLUMN_RIGHT },
        [TABLE_WRITE] = { "WRITE", COLUMN_RIGHT },
        [TABLE_SPREAD] = { "SPREAD", COLUMN_RIGHT },
};

static const struct column json_columns[] = {
        [TABLE_NODE] = { "node", COLUMN_NUMBER },
        [TABLE_INITIATOR] = { "initiator", COLUMN_NUMBER },
        [TABLE_LATENCY] = { "latency_ns", COLUMN_NUMBER },
        [TABLE_READ] = { "read_bandwidth_mib", COLUMN_NUMBER },
        [TABLE_MIXED] = { "mixed_bandwidth_mib", COLUMN_NUMBER },
        [TABLE_WRITE] = { "write_bandwidth_mib", COLUMN_NUMBER },
        [TABLE_SPREAD] = { "spread", COLUMN_NUMBER },
        [TABLE_REPEATABLE] = { "repeatable", COLUMN_BOOLEAN },
};

static void fill_table(struct libscols_line *line, const struct measurement *m)
{
        char text[UNIT_STRING_MAX];
        double spread = measurement_spread(m);

        table_set(line, TABLE_NODE, "%u", m->node);
        table_set(line, TABLE_INITIATOR, "%u", m->initiator);
        table_set(line, TABLE_LATENCY, "%s",
                  format_latency(m->figures[MEASURED_LATENCY].median, text));
        for (unsigned k = MEASURED_READ; k <= MEASURED_WRITE; k++)
                table_set(line, TABLE_READ + k - MEASURED_READ, "%s",
                          format_bandwidth(m->figures[k].median, text));
        table_set(line, TABLE_SPREAD, "%.1f%%", spread * 100);
        if (spread > SPREAD_MAX)
                table_set_colour(line, TABLE_SPREAD, "yellow");
}

static void fill_json(struct libscols_line *line, const struct measurement *m)
{
        double spread = measurement_spread(m);

        table_set(line, TABLE_NODE, "%u", m->node);
        table_set(line, TABLE_INITIATOR, "%u", m->initiator);
        table_set(line, TABLE_LATENCY, "%.1f", m->figures[MEASURED_LATENCY].median);
        for (unsigned k = MEASURED_READ; k <= MEASURED_WRITE; k++)
                table_set(line, TABLE_READ + k - MEASURED_READ, "%.0f", m->figures[k].median);
        table_set(line, TABLE_SPREAD, "%.4f", spread);
        table_set(line, TABLE_REPEATABLE, "%d", spread <= SPREAD_MAX);
}

static int print_json(const struct session *s)
{
        _cleanup_(table_freep) struct libscols_table *t =
                table_new("measurements", json_columns, ELEMENTSOF(json_columns));

        for (size_t i = 0; i < s->n_done; i++)
                fill_json(table_add(t, NULL), &s->done[i]);
        return json_print(&t, 1);
}

static int print_table(const struct session *s)
{
        _cleanup_(table_freep) struct libscols_table *t =
                table_new(NULL, table_columns, ELEMENTSOF(table_columns));

        for (size_t i = 0; i < s->n_done; i++)
                fill_table(table_add(t, NULL), &s->done[i]);
        return table_print(t, s->arguments->legend);
}

static int print_all(const struct session *s)
{
        int r = 0;

        if (s->arguments->json)
                r = print_json(s);
        else if (s->n_done > 0)
                r = print_table(s);
        if (r < 0)
                return cli_error(r, "cannot print");
        if (s->n_done > 0 && s->arguments->legend && !s->arguments->json && !s->arguments->dry_run)
                puts("Stored in /" MEASURED_PATH "; a running numatierd takes it at its next "
                     "rescan, or at once with \"systemctl reload numatierd\".");
        if (fflush(stdout) != 0 || ferror(stdout))
                return cli_error(-EIO, "cannot write to standard output");
        return 0;
}

/* Storing */

static int store_figures(const struct session *s, const char *key, const struct perf *perf)
{
        _cleanup_(measured_freep) struct measured *all = NULL;
        struct messages problems = MESSAGES_INIT;
        int r;

        r = measured_load(s->root, &problems, &all);
        print_messages(&problems, "warning: ");
        if (r == 0)
                r = measured_set(all, key, perf);
        return r < 0 ? r : measured_save(s->root, all);
}

/* No signal comes between a new file and its name. */
static int store(const struct session *s, const char *key, const struct measurement *m)
{
        struct perf perf = measurement_perf(m);
        sigset_t every, before;
        int r;

        sigfillset(&every);
        sigprocmask(SIG_BLOCK, &every, &before);
        r = store_figures(s, key, &perf);
        sigprocmask(SIG_SETMASK, &before, NULL);
        return r < 0 ? cli_error(r, "cannot store in /" MEASURED_PATH) : 0;
}

/* Measuring */

static int find_key(const struct session *s, unsigned node, struct messages *errors, char **ret)
{
        int r = key_read(s->root, machine_get_node(s->machine, node), ret);

        if (r < 0)
                messages_add(errors,
                             "node %u: cannot tell what identifies its memory, to store figures of "
                             "it: %s; --dry-run only measures",
                             node, strerror(-r));
        return r;
}

static int measure_and_store(struct session *s, const struct place *place, const char *key,
                             struct messages *errors)
{
        struct messages warnings = MESSAGES_INIT;
        struct measurement m;
        int r;

        if (array_grow(&s->done, &s->allocated, s->n_done + 1, sizeof(*s->done)) < 0)
                return cli_error(-ENOMEM, "cannot measure");
        r = measure(s->root, place, &s->arguments->options, errors, &warnings, &m);
        clear_progress();
        print_messages(&warnings, "warning: ");
        if (r == 0 && key)
                r = store(s, key, &m);
        if (r == 0)
                s->done[s->n_done++] = m;
        return r;
}

static int measure_node(struct session *s, unsigned node)
{
        struct messages errors = MESSAGES_INIT;
        _cleanup_(freep) char *key = NULL;
        struct place place;
        int r;

        r = place_find(s->root, s->machine, node, &s->allowed, &errors, &place);
        if (r == 0 && !s->arguments->dry_run)
                r = find_key(s, node, &errors, &key);
        if (r == 0)
                r = measure_and_store(s, &place, key, &errors);
        print_messages(&errors, "");
        return r;
}

/* All that have memory; a GPU's is its applications', and measured only when it is named. */
static void choose_nodes(const struct machine *m, struct nodeset *ret)
{
        *ret = m->memory;
        for (size_t i = 0; i < m->n_nodes; i++)
                if (m->nodes[i].kind == KIND_GPU || m->nodes[i].may_be_gpu)
                        nodeset_remove(ret, m->nodes[i].id);
}

/* A node that cannot be measured does not keep the others from it. */
static int measure_nodes(struct session *s)
{
        const struct arguments *a = s->arguments;
        struct nodeset nodes = a->nodes;
        int status = EXIT_SUCCESS;

        if (nodeset_count(&nodes) == 0)
                choose_nodes(s->machine, &nodes);
        nodeset_foreach (node, &nodes)
                if (measure_node(s, node) < 0)
                        status = EXIT_FAILURE;
        return print_all(s) < 0 ? EXIT_FAILURE : status;
}

/* A file that cannot be read is not replaced by one that has lost what was in it. */
static int check_store(struct sysroot *root)
{
        _cleanup_(measured_freep) struct measured *all = NULL;
        struct messages problems = MESSAGES_INIT;
        int r;

        r = measured_load(root, &problems, &all);
        if (r == 0 && problems.n > 0) {
                messages_add(&problems, "mend or remove it; --dry-run only measures");
                r = -EBADMSG;
        }
        print_messages(&problems, "");
        return r;
}

static int open_session(struct session *s)
{
        _cleanup_(state_freep) struct state *state = NULL;
        struct messages problems = MESSAGES_INIT;
        int r;

        r = sysroot_open("/", &s->root);
        if (r < 0)
                return cli_error(r, "/");
        if (!s->arguments->dry_run) {
                r = check_store(s->root);
                if (r < 0)
                        return r;
        }
        /* which remembers the nodes of GPUs */
        r = state_load(s->root, &problems, &state);
        if (r == 0)
                r = machine_read(s->root, TIERS_KNOWN_ONLY, state, &problems, &s->machine);
        print_messages(&problems, "warning: ");
        if (r < 0)
                return cli_error(r, "cannot read the machine's NUMA nodes");
        if (sched_getaffinity(0, sizeof(s->allowed.words), s->allowed.words) < 0)
                return cli_error(-errno, "cannot tell which CPUs may be used");
        /* should memory that was free be gone when it is taken, nobody else is to pay for it */
        sysroot_write(s->root, "proc/self/oom_score_adj", "1000");
        return 0;
}

static void close_session(struct session *s)
{
        free(s->done);
        machine_free(s->machine);
        sysroot_free(s->root);
}

int main(int argc, char **argv)
{
        struct arguments a = { .legend = true, .options = { .seconds = SECONDS_DEFAULT } };
        struct session s = { .arguments = &a };
        int status;

        status = parse_arguments(argc, argv, &a);
        if (status >= 0)
                return status;
        if (!a.dry_run && geteuid() != 0) {
                fprintf(stderr, "numatier: only root can store what is measured; --dry-run only "
                                "measures\n");
                return EXIT_FAILURE;
        }
        has_progress = isatty(STDERR_FILENO);
        a.options.progress = show_progress;
        handle_signals();
        status = open_session(&s) < 0 ? EXIT_FAILURE : measure_nodes(&s);
        close_session(&s);
        return status;
}
