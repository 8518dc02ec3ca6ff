/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* numatier(1): parses its arguments; each verb has a file of its own. */

#include <getopt.h>

#include "cli/cli.h"

static const struct verb {
        const char *name;
        int (*run)(const struct arguments *a);
        bool takes_operands, has_json;
} verbs[] = {
        { "status", verb_status, false, true },    { "plan", verb_plan, false, true },
        { "explain", verb_explain, true, true },   { "check", verb_check, true, true },
        { "apply", verb_apply, false, true },      { "restore", verb_restore, false, true },
        { "capture", verb_capture, false, false },
};

static void help(void)
{
        puts("numatier [OPTION...] [VERB]\n\n"
             "Shows and sets the memory tiers of NUMA nodes.\n\n"
             "Verbs:\n"
             "  status           show tiers and nodes: where they are, where they belong (the "
             "default)\n"
             "  plan             show what would be written, and why\n"
             "  explain NODE     show each source's values, each rule tried, the verdict\n"
             "  check [FILE...]  check policy files\n"
             "  apply            write once, without a daemon\n"
             "  restore          undo every write since boot\n"
             "  capture          print this machine as one text file, for --machine\n"
             "  measure [NODE]   measure latency and bandwidth; measure --help has its options\n\n"
             "Options:\n"
             "  --json           print JSON\n"
             "  --root DIR       read a copy of /sys and /proc below DIR\n"
             "  --machine FILE   read a captured machine\n"
             "  --config FILE    use this policy\n"
             "  --no-pager       do not use a pager\n"
             "  --no-legend      print neither headings nor summary\n"
             "  --serials        capture: with the serial numbers of devices\n"
             "  --help, --version\n\n"
             "Exit status: 0 done, 1 failed, 2 usage, 3 (plan, apply) something differs from the "
             "policy.\n"
             "See numatier(1), numatierd.conf(5).");
}

enum {
        OPT_JSON = 256,
        OPT_ROOT,
        OPT_MACHINE,
        OPT_CONFIG,
        OPT_NO_PAGER,
        OPT_NO_LEGEND,
        OPT_SERIALS,
        OPT_VERSION
};

static const struct option options[] = {
        { "json", no_argument, NULL, OPT_JSON },
        { "root", required_argument, NULL, OPT_ROOT },
        { "machine", required_argument, NULL, OPT_MACHINE },
        { "config", required_argument, NULL, OPT_CONFIG },
        { "no-pager", no_argument, NULL, OPT_NO_PAGER },
        { "no-legend", no_argument, NULL, OPT_NO_LEGEND },
        { "serials", no_argument, NULL, OPT_SERIALS },
        { "help", no_argument, NULL, 'h' },
        { "version", no_argument, NULL, OPT_VERSION },
        { NULL, 0, NULL, 0 },
};

static void set_option(struct arguments *a, int option)
{
        switch (option) {
        case OPT_JSON:
                a->json = true;
                break;
        case OPT_ROOT:
                a->input.root = optarg;
                break;
        case OPT_MACHINE:
                a->input.machine = optarg;
                break;
        case OPT_CONFIG:
                a->input.config = optarg;
                break;
        case OPT_NO_PAGER:
                a->pager = false;
                break;
        case OPT_NO_LEGEND:
                a->legend = false;
                break;
        case OPT_SERIALS:
                a->serials = true;
                break;
        }
}

/* -1: go on; else exit with that status. */
static int parse_options(int argc, char **argv, struct arguments *a)
{
        for (;;) {
                int option = getopt_long(argc, argv, "h", options, NULL);

                switch (option) {
                case -1:
                        break;
                case 'h':
                        help();
                        return EXIT_SUCCESS;
                case OPT_VERSION:
                        return print_version(a);
                case '?':
                        return EXIT_USAGE;
                default:
                        set_option(a, option);
                        continue;
                }
                break;
        }
        if (a->input.root && a->input.machine) {
                fprintf(stderr, "numatier: expected --root or --machine, not both\n");
                return EXIT_USAGE;
        }
        return -1;
}

/* The index of the verb measure, or 0. Its options are its own: they are not checked here. */
static int find_measure(int argc, char **argv)
{
        int verb;

        opterr = 0;
        while (getopt_long(argc, argv, "+h", options, NULL) != -1)
                ;
        verb = optind;
        opterr = 1;
        optind = 0; /* from the beginning again */
        return argv[verb] && streq(argv[verb], "measure") ? verb : 0;
}

static const struct verb *find_verb(const char *name)
{
        for (size_t i = 0; i < ELEMENTSOF(verbs); i++)
                if (streq(verbs[i].name, name))
                        return &verbs[i];
        return NULL;
}

int main(int argc, char **argv)
{
        struct arguments a = { .pager = true, .legend = true };
        const struct verb *verb;
        int status, measure;

        argv[0] = (char *)"numatier"; /* getopt's messages begin with it */
        measure = find_measure(argc, argv);
        if (measure > 0)
                return measure_exec(argv, measure);
        status = parse_options(argc, argv, &a);
        if (status >= 0)
                return finish_output("numatier", status);
        verb = find_verb(argv[optind] ?: "status");
        if (!verb) {
                fprintf(stderr, "numatier: unknown verb \"%s\"; see numatier --help\n",
                        argv[optind]);
                return EXIT_USAGE;
        }
        a.operands = argv + optind + (argv[optind] != NULL);
        if (a.operands[0] && !verb->takes_operands) {
                fprintf(stderr, "numatier: %s takes no \"%s\"\n", verb->name, a.operands[0]);
                return EXIT_USAGE;
        }
        if (a.json && !verb->has_json) {
                fprintf(stderr, "numatier: %s prints no JSON\n", verb->name);
                return EXIT_USAGE;
        }
        if (a.serials && verb->run != verb_capture) {
                fprintf(stderr, "numatier: --serials is for capture only\n");
                return EXIT_USAGE;
        }
        status = verb->run(&a);
        return finish_output("numatier", status);
}
