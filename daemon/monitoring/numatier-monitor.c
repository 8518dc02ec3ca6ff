/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* numatier monitor: a program of its own, so that the other verbs do not load libsystemd. This file
 * parses the arguments; loop.c does the work. */

#include <fcntl.h>
#include <getopt.h>
#include <limits.h>

#include "base/util.h"
#include "common/exit.h"
#include "monitoring/loop.h"

static void help(void)
{
        puts("numatier monitor [OPTION...]\n\n"
             "Prints each change of memory, nodes and tiers as it happens: the kernel's events, "
             "and "
             "what\n"
             "numatierd reports.\n\n"
             "Options:\n"
             "  -n, --lines N    first print the last N reports of numatierd\n"
             "  --json           print JSON: one object a line\n"
             "  --help, --version\n\n"
             "Ctrl-C ends it. See numatier(1).");
}

enum {
        OPT_JSON = 256,
        OPT_NO_PAGER,
        OPT_VERSION
};

static const struct option options[] = {
        { "json", no_argument, NULL, OPT_JSON },
        { "lines", required_argument, NULL, 'n' },
        { "no-pager", no_argument, NULL, OPT_NO_PAGER }, /* accepted: there is no pager */
        { "help", no_argument, NULL, 'h' },
        { "version", no_argument, NULL, OPT_VERSION },
        { NULL, 0, NULL, 0 },
};

static int set_lines(struct loop_arguments *a)
{
        if (parse_unsigned(optarg, INT_MAX - 1, &a->lines) == 0)
                return 0;
        fprintf(stderr, "numatier: --lines: expected a number, found \"%s\"\n", optarg);
        return -1;
}

/* -1: go on; otherwise the exit status. */
static int parse_arguments(int argc, char **argv, struct loop_arguments *a)
{
        for (;;) {
                switch (getopt_long(argc, argv, "hn:", options, NULL)) {
                case -1:
                        if (!argv[optind])
                                return -1;
                        fprintf(stderr, "numatier: monitor takes no \"%s\"\n", argv[optind]);
                        return EXIT_USAGE;
                case 'h':
                        help();
                        return EXIT_SUCCESS;
                case OPT_VERSION:
                        puts("numatier " NUMATIER_VERSION);
                        return EXIT_SUCCESS;
                case OPT_JSON:
                        a->json = true;
                        break;
                case 'n':
                        if (set_lines(a) < 0)
                                return EXIT_USAGE;
                        break;
                case OPT_NO_PAGER:
                        break;
                default:
                        return EXIT_USAGE;
                }
        }
}

int main(int argc, char **argv)
{
        static char name[] = "numatier"; /* before getopt's messages, as before all others */
        struct loop_arguments a = { 0 };
        int status;

        argv[0] = name;
        if (fcntl(STDOUT_FILENO, F_GETFD) < 0) {
                fputs("numatier: standard output is closed\n", stderr);
                return EXIT_FAILURE;
        }
        status = parse_arguments(argc, argv, &a);
        return finish_output("numatier", status >= 0 ? status : loop_run(&a));
}
