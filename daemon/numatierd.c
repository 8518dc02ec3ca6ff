/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* numatierd's command line; the daemon itself is manager.c. */

#include <getopt.h>
#include <malloc.h>

#include "common/exit.h"
#include "common/input.h"
#include "manager.h"
#include "once.h"
#include "publish/log.h"

static struct input arg_input = { .program = "numatierd" };
static bool arg_once, arg_dry_run, arg_check;

static int help(void)
{
        puts("numatierd [OPTION...]\n"
             "\n"
             "Keeps each NUMA node in the memory tier that the policy names.\n"
             "\n"
             "     --once          run one pass in the foreground, then exit\n"
             "     --dry-run       with --once: only report what would be done\n"
             "     --check         check the policy, then exit\n"
             "     --config FILE   use this policy instead of the system's\n"
             "     --root DIR      use a copy of a machine's files instead of this machine\n"
             "     --machine FILE  with --once: use a machine recorded by numatier capture\n"
             "  -h --help\n"
             "     --version\n"
             "\n"
             "Exit status: 0 success, 1 failure, 2 wrong usage, 3 differs (--once --dry-run).\n"
             "See numatierd(8) and numatierd.conf(5).");
        return finish_output("numatierd", EXIT_SUCCESS);
}

static int usage(const char *problem)
{
        if (problem)
                fprintf(stderr, "numatierd: %s\n", problem);
        fputs("numatierd: try numatierd --help\n", stderr);
        return EXIT_USAGE;
}

enum option_id {
        OPTION_ONCE = 0x100,
        OPTION_DRY_RUN,
        OPTION_CHECK,
        OPTION_CONFIG,
        OPTION_ROOT,
        OPTION_MACHINE,
        OPTION_VERSION,
};

static const struct option options[] = {
        { "once", no_argument, NULL, OPTION_ONCE },
        { "dry-run", no_argument, NULL, OPTION_DRY_RUN },
        { "check", no_argument, NULL, OPTION_CHECK },
        { "config", required_argument, NULL, OPTION_CONFIG },
        { "root", required_argument, NULL, OPTION_ROOT },
        { "machine", required_argument, NULL, OPTION_MACHINE },
        { "version", no_argument, NULL, OPTION_VERSION },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
};

/* Returns an exit status, or -1 to go on. */
static int parse_option(int c)
{
        switch (c) {
        case OPTION_ONCE:
                arg_once = true;
                return -1;
        case OPTION_DRY_RUN:
                arg_dry_run = true;
                return -1;
        case OPTION_CHECK:
                arg_check = true;
                return -1;
        case OPTION_CONFIG:
                arg_input.config = optarg;
                return -1;
        case OPTION_ROOT:
                arg_input.root = optarg;
                return -1;
        case OPTION_MACHINE:
                arg_input.machine = optarg;
                return -1;
        case OPTION_VERSION:
                puts("numatierd " NUMATIER_VERSION);
                return finish_output("numatierd", EXIT_SUCCESS);
        case 'h':
                return help();
        default:
                return usage(NULL);
        }
}

static int check_options(int argc)
{
        if (optind < argc)
                return usage("no argument is expected");
        if (arg_once && arg_check)
                return usage("--once and --check cannot be used together");
        if (arg_dry_run && !arg_once)
                return usage("--dry-run needs --once");
        if (arg_input.machine && !arg_once)
                return usage("--machine needs --once");
        if (arg_input.machine && arg_input.root)
                return usage("--root and --machine cannot be used together");
        return -1;
}

static int parse_options(int argc, char *argv[])
{
        int c, status;

        while ((c = getopt_long(argc, argv, "h", options, NULL)) >= 0) {
                status = parse_option(c);
                if (status >= 0)
                        return status;
        }
        return check_options(argc);
}

static int run_daemon(void)
{
        _cleanup_(manager_freep) struct manager *m = NULL;

        /* The worker's thread needs no arena of its own. */
        mallopt(M_ARENA_MAX, 1);
        if (manager_new(&arg_input, &m) < 0 || manager_start(m) < 0 || manager_run(m) < 0)
                return EXIT_FAILURE;
        return EXIT_SUCCESS;
}

int main(int argc, char *argv[])
{
        int status = parse_options(argc, argv);

        if (status >= 0)
                return status;
        log_open(arg_once || arg_check);
        if (arg_check)
                return once_check(&arg_input);
        return arg_once ? once_run(&arg_input, arg_dry_run) : run_daemon();
}
