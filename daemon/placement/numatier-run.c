/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* numatier run: a program of its own, so that the other verbs do not load libnuma. This file parses
 * the arguments; run.c does the work. */

#include <errno.h>
#include <getopt.h>

#include "placement/run.h"

static void help(void)
{
        puts("numatier run --tier NAME[,NAME...] [OPTION...] [--] COMMAND [ARGUMENT...]\n"
             "numatier run --avoid NAME[,NAME...] [OPTION...] [--] COMMAND [ARGUMENT...]\n\n"
             "Runs a command with its memory in some tiers.\n\n"
             "Options:\n"
             "  --tier NAMES     on the nodes of these tiers\n"
             "  --avoid NAMES    not on the nodes of these tiers\n"
             "  --policy POLICY  preferred-many (the default): elsewhere when these nodes are "
             "full\n"
             "                   preferred: the same with the nearest of them\n"
             "                   bind: nowhere else; the kernel kills when they are full\n"
             "                   interleave: page by page on each of them\n"
             "                   weighted-interleave: by the kernel's weights of the nodes\n"
             "  --local          on the CPUs of one node, and only on memory near to it\n"
             "  --show           print what would be set, and run nothing\n"
             "  --json           with --show: print JSON\n"
             "  --config FILE    use this policy of tiers\n"
             "  --root DIR, --machine FILE\n"
             "                   with --show: of a copied or captured machine\n"
             "  --help, --version\n\n"
             "Exit status: that of the command; 125 if numatier itself fails, 126 if the command "
             "cannot be\n"
             "executed, 127 if it is not found. See numatier(1).");
}

enum {
        OPT_TIER = 256,
        OPT_AVOID,
        OPT_POLICY,
        OPT_LOCAL,
        OPT_SHOW,
        OPT_JSON,
        OPT_CONFIG,
        OPT_ROOT,
        OPT_MACHINE,
        OPT_IGNORED,
        OPT_VERSION,
};

static const struct option options[] = {
        { "tier", required_argument, NULL, OPT_TIER },
        { "avoid", required_argument, NULL, OPT_AVOID },
        { "policy", required_argument, NULL, OPT_POLICY },
        { "local", no_argument, NULL, OPT_LOCAL },
        { "show", no_argument, NULL, OPT_SHOW },
        { "json", no_argument, NULL, OPT_JSON },
        { "config", required_argument, NULL, OPT_CONFIG },
        { "root", required_argument, NULL, OPT_ROOT },
        { "machine", required_argument, NULL, OPT_MACHINE },
        { "no-pager", no_argument, NULL, OPT_IGNORED }, /* accepted: there is no pager */
        { "no-legend", no_argument, NULL, OPT_IGNORED },
        { "help", no_argument, NULL, 'h' },
        { "version", no_argument, NULL, OPT_VERSION },
        { NULL, 0, NULL, 0 },
};

static int set_policy(struct run_arguments *a)
{
        a->mode = mode_find(optarg);
        if (a->mode)
                return 0;
        fprintf(stderr, "numatier: --policy: expected " MODE_NAMES ", found \"%s\"\n", optarg);
        return -EINVAL;
}

static int set_option(struct run_arguments *a, int option)
{
        switch (option) {
        case OPT_TIER:
                a->tier = optarg;
                break;
        case OPT_AVOID:
                a->avoid = optarg;
                break;
        case OPT_POLICY:
                return set_policy(a);
        case OPT_LOCAL:
                a->local = true;
                break;
        case OPT_SHOW:
                a->show = true;
                break;
        case OPT_JSON:
                a->json = true;
                break;
        case OPT_CONFIG:
                a->input.config = optarg;
                break;
        case OPT_ROOT:
                a->input.root = optarg;
                break;
        case OPT_MACHINE:
                a->input.machine = optarg;
                break;
        }
        return 0;
}

/* What is wrong with all of them, or NULL. */
static const char *check(const struct run_arguments *a)
{
        if (!a->tier && !a->avoid)
                return "run: expected --tier or --avoid with the names of tiers";
        if (a->input.root && a->input.machine)
                return "expected --root or --machine, not both";
        if (!a->show && (a->input.root || a->input.machine))
                return "run: --root and --machine need --show: a command runs on this machine";
        if (!a->show && a->json)
                return "run: --json needs --show";
        if (!a->show && !a->command[0])
                return "run: expected a command";
        return NULL;
}

/* -1: go on; otherwise the exit status. */
static int parse_arguments(int argc, char **argv, struct run_arguments *a)
{
        const char *wrong;

        for (;;) {
                /* +: the options of the command are its own */
                int option = getopt_long(argc, argv, "+h", options, NULL);

                switch (option) {
                case -1:
                        a->command = argv + optind;
                        wrong = check(a);
                        if (wrong)
                                fprintf(stderr, "numatier: %s; see numatier run --help\n", wrong);
                        return wrong ? EXIT_RUN_FAILED : -1;
                case 'h':
                        help();
                        return EXIT_SUCCESS;
                case OPT_VERSION:
                        puts("numatier " NUMATIER_VERSION);
                        return EXIT_SUCCESS;
                case '?':
                        return EXIT_RUN_FAILED;
                default:
                        if (set_option(a, option) < 0)
                                return EXIT_RUN_FAILED;
                }
        }
}

int main(int argc, char **argv)
{
        static char name[] = "numatier"; /* before getopt's messages, as before all others */
        struct run_arguments a = { .mode = mode_find(MODE_DEFAULT) };
        int status;

        argv[0] = name;
        status = parse_arguments(argc, argv, &a);
        if (status < 0)
                status = run(&a);
        return finish_output_or("numatier", status, EXIT_RUN_FAILED);
}
