/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* numatier top: a program of its own, so that the other verbs do not load ncurses. This file parses
 * the arguments; live.c shows the screen. */

#include <errno.h>
#include <getopt.h>
#include <langinfo.h>
#include <locale.h>
#include <sys/ioctl.h>
#include <time.h>

#include "cli/output.h"
#include "common/input.h"
#include "top/collect.h"
#include "top/live.h"
#include "top/render.h"

#define DELAY_DEFAULT_USEC 2000000U
#define WIDTH_DEFAULT      80U
#define WIDTH_MAX          1000U

struct arguments {
        struct input input;
        uint64_t delay_usec;
        bool once;
};

static void help(void)
{
        puts("numatier top [OPTION...]\n\n"
             "Shows tiers, nodes, and the pages that move between them, live.\n\n"
             "Options:\n"
             "  --delay SECONDS  the time between two updates (default: 2)\n"
             "  --once           print this once as plain text, with the rates of one delay\n"
             "  --root DIR       show the machine of which DIR is a copy\n"
             "  --machine FILE   with --once: show a captured machine\n"
             "  --config FILE    use this policy\n"
             "  --help, --version\n\n"
             "Keys: h shows them, q ends. See numatier(1).");
}

enum {
        OPT_DELAY = 256,
        OPT_ONCE,
        OPT_ROOT,
        OPT_MACHINE,
        OPT_CONFIG,
        OPT_NO_PAGER,
        OPT_VERSION
};

static const struct option options[] = {
        { "delay", required_argument, NULL, OPT_DELAY },
        { "once", no_argument, NULL, OPT_ONCE },
        { "root", required_argument, NULL, OPT_ROOT },
        { "machine", required_argument, NULL, OPT_MACHINE },
        { "config", required_argument, NULL, OPT_CONFIG },
        { "no-pager", no_argument, NULL, OPT_NO_PAGER }, /* accepted: there is no pager */
        { "help", no_argument, NULL, 'h' },
        { "version", no_argument, NULL, OPT_VERSION },
        { NULL, 0, NULL, 0 },
};

static int set_delay(struct arguments *a)
{
        char *end;
        double seconds = strtod(optarg, &end);

        if (end != optarg && *end == '\0' && seconds * 1e6 >= (double)DELAY_MIN_USEC &&
            seconds * 1e6 <= (double)DELAY_MAX_USEC) {
                a->delay_usec = (uint64_t)(seconds * 1e6);
                return 0;
        }
        fprintf(stderr, "numatier: --delay: expected seconds, from 0.1 to 3600, found \"%s\"\n",
                optarg);
        return -EINVAL;
}

static int set_option(struct arguments *a, int option)
{
        switch (option) {
        case OPT_DELAY:
                return set_delay(a);
        case OPT_ONCE:
                a->once = true;
                return 0;
        case OPT_ROOT:
                a->input.root = optarg;
                return 0;
        case OPT_MACHINE:
                a->input.machine = optarg;
                return 0;
        case OPT_CONFIG:
                a->input.config = optarg;
                return 0;
        case OPT_NO_PAGER:
                return 0;
        default:
                return -EINVAL;
        }
}

static int check(const struct arguments *a, const char *operand)
{
        if (operand)
                fprintf(stderr, "numatier: top takes no \"%s\"\n", operand);
        else if (a->input.root && a->input.machine)
                fprintf(stderr, "numatier: expected --root or --machine, not both\n");
        else if (a->input.machine && !a->once)
                fprintf(stderr, "numatier: a recorded machine does not change: expected --once "
                                "with --machine\n");
        else
                return 0;
        return -EINVAL;
}

/* -1: go on; otherwise the exit status. */
static int parse_arguments(int argc, char **argv, struct arguments *a)
{
        for (;;) {
                int option = getopt_long(argc, argv, "h", options, NULL);

                switch (option) {
                case -1:
                        return check(a, argv[optind]) < 0 ? EXIT_USAGE : -1;
                case 'h':
                        help();
                        return EXIT_SUCCESS;
                case OPT_VERSION:
                        puts("numatier " NUMATIER_VERSION);
                        return EXIT_SUCCESS;
                default:
                        if (set_option(a, option) < 0)
                                return EXIT_USAGE;
                }
        }
}

/* As wide as the terminal, or as COLUMNS says. */
static size_t find_width(void)
{
        const char *columns = getenv("COLUMNS");
        struct winsize size;
        unsigned width;

        if (columns && parse_unsigned(columns, WIDTH_MAX, &width) == 0 && width > 0)
                return width;
        if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
                return size.ws_col;
        return WIDTH_DEFAULT;
}

static int add_sample(const struct arguments *a, struct model *m)
{
        struct sample *s;
        int r = collect(&a->input, &s);

        if (r == 0)
                model_add(m, s);
        return r;
}

static void sleep_usec(uint64_t usec)
{
        struct timespec left = { (time_t)(usec / 1000000), (long)(usec % 1000000 * 1000) };

        while (nanosleep(&left, &left) < 0 && errno == EINTR)
                ;
}

/* Rates need two samples. A recorded machine has one. */
static int print_once(const struct arguments *a, struct model *m)
{
        struct frame f;
        int r;

        r = add_sample(a, m);
        if (r == 0 && !a->input.machine) {
                sleep_usec(m->delay_usec);
                r = add_sample(a, m);
        }
        if (r < 0)
                return EXIT_FAILURE; /* reported */
        render_all(m, find_width(), &f);
        r = f.failed ? EXIT_FAILURE : EXIT_SUCCESS;
        if (f.failed)
                fprintf(stderr, "numatier: cannot print: %s\n", strerror(ENOMEM));
        else
                frame_write(&f, stdout, output_has_colours());
        frame_done(&f);
        return r;
}

static int run(const struct arguments *a, struct model *m)
{
        if (a->once)
                return print_once(a, m);
        if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
                fprintf(stderr, "numatier: expected a terminal; --once needs none\n");
                return EXIT_FAILURE;
        }
        return live_run(&a->input, m);
}

int main(int argc, char **argv)
{
        static char name[] = "numatier"; /* before getopt's messages, as before all others */
        struct arguments a = { .delay_usec = DELAY_DEFAULT_USEC };
        struct model m = { 0 };
        int status;

        argv[0] = name;
        status = parse_arguments(argc, argv, &a);
        if (status >= 0)
                return finish_output("numatier", status);
        (void)setlocale(LC_CTYPE, "");
        m.wide = streq(nl_langinfo(CODESET), "UTF-8");
        m.delay_usec = a.delay_usec;
        status = run(&a, &m);
        model_done(&m);
        return finish_output("numatier", status);
}
