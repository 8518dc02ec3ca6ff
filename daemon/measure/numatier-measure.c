/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* numatier measure: a program of its own, so that the other verbs do not load libnuma. This file
 * parses the arguments; session.c does the work. */

#include <errno.h>
#include <getopt.h>

#include "base/values.h"
#include "common/input.h"
#include "measure/progress.h"
#include "measure/session.h"

#define SECONDS_DEFAULT 5U
#define SECONDS_MAX     3600U
#define SIZE_MIN        (16ULL << 20)
#define SIZE_LIMIT      (1ULL << 42)

struct arguments {
        struct measure_session_arguments session;
        bool json, legend;
};

static void help(void)
{
        puts("numatier measure [OPTION...] [NODE...]\n\n"
             "Measures the memory of NUMA nodes (default: all that have memory) and stores the "
             "values.\n"
             "SPREAD is (max - min) / median of the least repeatable value.\n\n"
             "Options:\n"
             "  --seconds N      the time limit for each node (default: 5)\n"
             "  --size SIZE      the buffer size, such as 256M or 1G (default: four times the "
             "size of\n"
             "                   the last-level caches, at least 64M)\n"
             "  --dry-run        measure without storing\n"
             "  --force          store values with a spread of more than 5%, and measure even if "
             "this\n"
             "                   process may not use all CPUs of the initiator\n"
             "  --json           print JSON\n"
             "  --no-legend      print no headings and no summary\n"
             "  --no-pager       for compatibility with the other verbs: there is no pager\n"
             "  --help, --version\n\n"
             "Exit status: 0 if all values were measured and stored (or --dry-run was given), 1 if "
             "not,\n"
             "2 for wrong usage. See numatier(1).");
}

enum {
        OPT_SECONDS = 256,
        OPT_SIZE,
        OPT_DRY_RUN,
        OPT_FORCE,
        OPT_JSON,
        OPT_NO_LEGEND,
        OPT_NO_PAGER,
        OPT_VERSION
};

static const struct option options[] = {
        { "seconds", required_argument, NULL, OPT_SECONDS },
        { "size", required_argument, NULL, OPT_SIZE },
        { "dry-run", no_argument, NULL, OPT_DRY_RUN },
        { "force", no_argument, NULL, OPT_FORCE },
        { "json", no_argument, NULL, OPT_JSON },
        { "no-legend", no_argument, NULL, OPT_NO_LEGEND },
        { "no-pager", no_argument, NULL, OPT_NO_PAGER }, /* accepted: there is no pager */
        { "help", no_argument, NULL, 'h' },
        { "version", no_argument, NULL, OPT_VERSION },
        { NULL, 0, NULL, 0 },
};

static int set_seconds(struct arguments *a)
{
        if (parse_unsigned(optarg, SECONDS_MAX, &a->session.options.seconds) == 0 &&
            a->session.options.seconds > 0)
                return 0;
        fprintf(stderr, "numatier: --seconds: expected a number from 1 to %u, found \"%s\"\n",
                SECONDS_MAX, optarg);
        return -EINVAL;
}

static int set_size(struct arguments *a)
{
        if (parse_size(optarg, &a->session.options.size) == 0 &&
            a->session.options.size >= SIZE_MIN && a->session.options.size <= SIZE_LIMIT)
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
                a->session.dry_run = true;
                break;
        case OPT_FORCE:
                a->session.force = true;
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

                if (input_parse_node(*operands, &node) < 0) {
                        fprintf(stderr,
                                "numatier: expected a node, such as 1 or node1, found \"%s\"\n",
                                *operands);
                        return -EINVAL;
                }
                nodeset_add(&a->session.nodes, node);
        }
        return 0;
}

/* -1: go on; otherwise the exit status. */
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

static int print_results(const struct arguments *a, const struct measure_session *s)
{
        int r = a->json ? measure_print_json(stdout, s->results, s->n_results)
                        : measure_print_table(s->results, s->n_results, a->legend);

        if (r < 0)
                fprintf(stderr, "numatier: cannot print: %s\n", strerror(-r));
        return r;
}

static int run(const struct arguments *a)
{
        int status = EXIT_FAILURE;
        struct measure_session s;

        if (measure_session_open("/", &a->session, &s) == 0) {
                status = measure_session_run(&s) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
                if (print_results(a, &s) < 0)
                        status = EXIT_FAILURE;
        }
        measure_session_close(&s);
        return status;
}

int main(int argc, char **argv)
{
        static char name[] = "numatier"; /* before getopt's messages, as before all others */
        struct arguments a = { .legend = true,
                               .session.options = { .seconds = SECONDS_DEFAULT,
                                                    .progress = progress_show } };
        int status;

        argv[0] = name;
        status = parse_arguments(argc, argv, &a);
        if (status >= 0)
                return finish_output("numatier", status);
        if (!a.session.dry_run && geteuid() != 0) {
                fprintf(stderr, "numatier: only root can store measured values; --dry-run measures "
                                "without storing\n");
                return EXIT_FAILURE;
        }
        progress_init();
        return finish_output("numatier", run(&a));
}
