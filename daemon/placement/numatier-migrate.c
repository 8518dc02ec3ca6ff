/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* numatier migrate: a program of its own, so that the other verbs do not load libnuma. This file
 * parses the arguments; migrate.c does the work. */

#include <errno.h>
#include <getopt.h>

#include "base/values.h"
#include "placement/migrate.h"

static void help(void)
{
        puts("numatier migrate PID|UNIT --from NAME[,NAME...] --to NAME[,NAME...] [OPTION...]\n\n"
             "Moves the pages of a process, or of all processes of a systemd unit, from one tier "
             "to "
             "another.\n\n"
             "Options:\n"
             "  --from NAMES     the pages that are on nodes of these tiers\n"
             "  --to NAMES       to nodes of these tiers\n"
             "  --rate RATE      no faster than this, such as 100M (a second) or 1GiB/s\n"
             "  --shared         also pages that other processes use, too (for root)\n"
             "  --force          begin even if not all of them have room: move what fits\n"
             "  --config FILE    use this policy of tiers\n"
             "  --help, --version\n\n"
             "Exit status: 0 if all pages were moved, 1 if not, 2 for wrong usage, 128 and the "
             "number of the\n"
             "signal that ended it. See numatier(1).");
}

enum {
        OPT_FROM = 256,
        OPT_TO,
        OPT_RATE,
        OPT_SHARED,
        OPT_FORCE,
        OPT_CONFIG,
        OPT_IGNORED,
        OPT_VERSION,
};

static const struct option options[] = {
        { "from", required_argument, NULL, OPT_FROM },
        { "to", required_argument, NULL, OPT_TO },
        { "rate", required_argument, NULL, OPT_RATE },
        { "shared", no_argument, NULL, OPT_SHARED },
        { "force", no_argument, NULL, OPT_FORCE },
        { "config", required_argument, NULL, OPT_CONFIG },
        { "no-pager", no_argument, NULL, OPT_IGNORED }, /* accepted: there is no pager */
        { "no-legend", no_argument, NULL, OPT_IGNORED },
        { "help", no_argument, NULL, 'h' },
        { "version", no_argument, NULL, OPT_VERSION },
        { NULL, 0, NULL, 0 },
};

#define MIB (1024.0 * 1024.0)

static int set_rate(struct migrate_arguments *a)
{
        double mib;

        if (parse_size(optarg, &a->rate) == 0 && a->rate > 0)
                return 0;
        if (parse_bandwidth(optarg, &mib) == 0 && mib * MIB >= 1 && mib < 1e9) {
                a->rate = (uint64_t)(mib * MIB);
                return 0;
        }
        fprintf(stderr, "numatier: --rate: expected a rate such as 100M or 1GiB/s, found \"%s\"\n",
                optarg);
        return -EINVAL;
}

static int set_option(struct migrate_arguments *a, int option)
{
        switch (option) {
        case OPT_FROM:
                a->from = optarg;
                break;
        case OPT_TO:
                a->to = optarg;
                break;
        case OPT_RATE:
                return set_rate(a);
        case OPT_SHARED:
                a->shared = true;
                break;
        case OPT_FORCE:
                a->force = true;
                break;
        case OPT_CONFIG:
                a->input.config = optarg;
                break;
        }
        return 0;
}

static int set_operands(struct migrate_arguments *a, char **operands)
{
        const char *missing = !operands[0]  ? "the number of a process or the name of a unit"
                              : operands[1] ? "only one process or unit"
                              : !a->from    ? "--from with the names of tiers"
                              : !a->to      ? "--to with the names of tiers"
                                            : NULL;

        if (missing) {
                fprintf(stderr, "numatier: migrate: expected %s; see numatier migrate --help\n",
                        missing);
                return -EINVAL;
        }
        a->what = operands[0];
        return 0;
}

/* -1: go on; otherwise the exit status. */
static int parse_arguments(int argc, char **argv, struct migrate_arguments *a)
{
        for (;;) {
                int option = getopt_long(argc, argv, "h", options, NULL);

                switch (option) {
                case -1:
                        return set_operands(a, argv + optind) < 0 ? EXIT_USAGE : -1;
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

int main(int argc, char **argv)
{
        static char name[] = "numatier"; /* before getopt's messages, as before all others */
        struct migrate_arguments a = { 0 };
        int status;

        argv[0] = name;
        status = parse_arguments(argc, argv, &a);
        if (status < 0)
                status = migrate(&a);
        return finish_output("numatier", status);
}
