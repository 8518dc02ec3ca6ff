/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* numatier(1): parses its arguments; each verb has a file of its own. */

#include <getopt.h>

#include "cli/cli.h"
#include "cli/program.h"

enum {
        OPT_JSON = 256,
        OPT_ROOT,
        OPT_MACHINE,
        OPT_CONFIG,
        OPT_NO_PAGER,
        OPT_NO_LEGEND,
        OPT_VERSION,
        OPT_OWN, /* from here on: those that only some verbs take, a bit of verb.options each */
        OPT_SERIALS = OPT_OWN,
        OPT_BYTES,
        OPT_OUTPUT,
        OPT_WATCH,
        OPT_DIFF,
        OPT_TIMEOUT,
        OPT_ROLLBACK,
        OPT_UNPLUG,
        OPT_FORCE,
        OPT_ZONE,
        OPT_FORMAT,
        OPT_NODES,
        OPT_CPUS,
        OPT_MEMORY,
        OPT_TIER,
        OPT_LATENCY,
        OPT_BANDWIDTH,
        OPT_RUNTIME,
        OPT_POLICY,
        OPT_CONFINE,
        OPT_CLEAR,
        OPT_SHOW,
        OPT_SORT,
        OPT_ALL,
        OPT_DOCTOR,
        OPT_HTTP,
};

#define BIT(option) (1U << ((option)-OPT_OWN))

static const struct verb {
        const char *name;
        int (*run)(const struct arguments *a);
        bool takes_operands, has_json;
        unsigned options;
} verbs[] = {
        { "status", verb_status, true, true, BIT(OPT_BYTES) | BIT(OPT_OUTPUT) | BIT(OPT_WATCH) },
        { "plan", verb_plan, false, true, 0 },
        { "explain", verb_explain, true, true, 0 },
        { "doctor", verb_doctor, false, true, 0 },
        { "policy", verb_policy, false, true, BIT(OPT_DIFF) },
        { "check", verb_check, true, true, 0 },
        { "apply", verb_apply, false, true, 0 },
        { "restore", verb_restore, false, true, 0 },
        { "drain", verb_drain, true, true,
          BIT(OPT_TIMEOUT) | BIT(OPT_ROLLBACK) | BIT(OPT_UNPLUG) | BIT(OPT_FORCE) },
        { "online", verb_online, true, true, BIT(OPT_TIMEOUT) | BIT(OPT_ZONE) },
        { "hmat", verb_hmat, true, true, BIT(OPT_OUTPUT) },
        { "guest", verb_guest, false, false,
          BIT(OPT_FORMAT) | BIT(OPT_NODES) | BIT(OPT_CPUS) | BIT(OPT_MEMORY) },
        { "capture", verb_capture, false, false, BIT(OPT_SERIALS) },
        { "set", verb_set, true, false,
          BIT(OPT_TIER) | BIT(OPT_LATENCY) | BIT(OPT_BANDWIDTH) | BIT(OPT_RUNTIME) },
        { "clear", verb_clear, true, false, BIT(OPT_RUNTIME) },
        { "edit", verb_edit, true, false, BIT(OPT_RUNTIME) },
        { "service", verb_service, true, true,
          BIT(OPT_TIER) | BIT(OPT_POLICY) | BIT(OPT_CONFINE) | BIT(OPT_CLEAR) | BIT(OPT_RUNTIME) |
                  BIT(OPT_SHOW) },
        { "usage", verb_usage, true, true, BIT(OPT_SORT) | BIT(OPT_ALL) | BIT(OPT_BYTES) },
        { "metrics", verb_metrics, false, false,
          BIT(OPT_OUTPUT) | BIT(OPT_FORMAT) | BIT(OPT_DOCTOR) | BIT(OPT_HTTP) },
};

static void help(void)
{
        puts("numatier [OPTION...] [VERB]\n\n"
             "Shows and sets the memory tiers of NUMA nodes.\n\n"
             "Nodes and tiers:\n"
             "  status [NODE...] show tiers and nodes: where they are, where they belong (the "
             "default)\n"
             "  plan             show what would be written, and why\n"
             "  explain NODE     show each source's values, each rule tried, the verdict\n"
             "  doctor           find what is wrong with the memory, and how to repair it\n"
             "  apply            write once, without a daemon\n"
             "  restore          undo every write to tiers and settings since boot\n"
             "  drain NODE       take all memory of a node offline\n"
             "  online NODE      bring it online again\n"
             "  measure [NODE]   measure latency and bandwidth\n\n"
             "Policy:\n"
             "  policy           show the policy, and the file and line of each setting\n"
             "  check [FILE...]  check policy files\n"
             "  set NODE         give a node a tier, or values of latency and bandwidth\n"
             "  clear NODE       take that back\n"
             "  edit [NAME]      edit a drop-in file of the policy\n\n"
             "Programs:\n"
             "  run COMMAND      run a command with its memory in some tiers\n"
             "  service [UNIT]   let a systemd unit have its memory in some tiers\n"
             "  migrate PID|UNIT move pages from one tier to another\n"
             "  usage [PID|UNIT|CGROUP]\n"
             "                   show who uses which tier\n\n"
             "Monitoring:\n"
             "  top              show all that, live\n"
             "  monitor          print each change as it happens\n"
             "  metrics          print metrics as OpenMetrics text\n\n"
             "Firmware and machines:\n"
             "  hmat COMMAND     show [FILE], build, install, uninstall, status: the firmware's "
             "HMAT, and a\n"
             "                   corrected one for the next boot\n"
             "  guest            print the options of a virtual machine that has these nodes\n"
             "  capture          print this machine as one text file, for --machine\n\n"
             "Options (run, migrate, top, monitor and measure have others: see their --help):\n"
             "  --json           print JSON\n"
             "  --root DIR       read a copy of /sys and /proc below DIR\n"
             "  --machine FILE   read a captured machine\n"
             "  --config FILE    use this policy\n"
             "  --no-pager       do not use a pager\n"
             "  --no-legend      print neither headings nor summary\n"
             "  --output LIST    status: only these columns (also -o)\n"
             "  --output FILE    hmat build, metrics: write to this file (also -o)\n"
             "  --bytes          status, usage: sizes in bytes\n"
             "  --watch          status: show it again after each change\n"
             "  --diff           policy: only what differs from the default policy\n"
             "  --timeout TIME   drain, online: give up after this time\n"
             "  --rollback       drain: all memory of the node, or none\n"
             "  --unplug         drain: then remove it, so that the device can be pulled out\n"
             "  --force          drain: a node with CPUs, too; or as much as fits elsewhere\n"
             "  --zone ZONE      online: movable or kernel, instead of what the policy says\n"
             "  --tier TIERS     set, service: the tier, or for service several: dram,cxl\n"
             "  --latency TIME   set: the latency of the node\n"
             "  --bandwidth RATE set: its bandwidth\n"
             "  --runtime        set, clear, edit, service: until the next boot\n"
             "  --policy POLICY  service: bind, preferred, interleave, local or default\n"
             "  --confine        service: with AllowedMemoryNodes=, too\n"
             "  --clear          service: take it back\n"
             "  --show           service: only print what would be written\n"
             "  --sort COLUMN    usage: slow, total, anon, file, kernel, name or a tier\n"
             "  --all            usage: not only the first 20\n"
             "  --doctor         metrics: with the findings of doctor\n"
             "  --http           metrics: answer a request of HTTP on standard input\n"
             "  --format FORMAT  guest: qemu or libvirt; metrics: openmetrics or prometheus\n"
             "  --nodes LIST     guest: only the memory of these nodes\n"
             "  --cpus LIST      guest: the number of CPUs of each node\n"
             "  --memory LIST    guest: the size of each node's memory\n"
             "  --serials        capture: with the serial numbers of devices\n"
             "  --help, --version\n\n"
             "Exit status: 0 done, 1 failed, 2 usage,\n"
             "3 (plan, apply, hmat status, service) something differs from the policy.\n"
             "doctor: 0 nothing is wrong, 1 warnings, 2 errors.\n"
             "See numatier(1), numatierd.conf(5).");
}

static const struct option options[] = {
        { "json", no_argument, NULL, OPT_JSON },
        { "root", required_argument, NULL, OPT_ROOT },
        { "machine", required_argument, NULL, OPT_MACHINE },
        { "config", required_argument, NULL, OPT_CONFIG },
        { "no-pager", no_argument, NULL, OPT_NO_PAGER },
        { "no-legend", no_argument, NULL, OPT_NO_LEGEND },
        { "serials", no_argument, NULL, OPT_SERIALS },
        { "bytes", no_argument, NULL, OPT_BYTES },
        { "output", required_argument, NULL, OPT_OUTPUT },
        { "watch", no_argument, NULL, OPT_WATCH },
        { "diff", no_argument, NULL, OPT_DIFF },
        { "timeout", required_argument, NULL, OPT_TIMEOUT },
        { "rollback", no_argument, NULL, OPT_ROLLBACK },
        { "unplug", no_argument, NULL, OPT_UNPLUG },
        { "force", no_argument, NULL, OPT_FORCE },
        { "zone", required_argument, NULL, OPT_ZONE },
        { "format", required_argument, NULL, OPT_FORMAT },
        { "nodes", required_argument, NULL, OPT_NODES },
        { "cpus", required_argument, NULL, OPT_CPUS },
        { "memory", required_argument, NULL, OPT_MEMORY },
        { "tier", required_argument, NULL, OPT_TIER },
        { "latency", required_argument, NULL, OPT_LATENCY },
        { "bandwidth", required_argument, NULL, OPT_BANDWIDTH },
        { "runtime", no_argument, NULL, OPT_RUNTIME },
        { "policy", required_argument, NULL, OPT_POLICY },
        { "confine", no_argument, NULL, OPT_CONFINE },
        { "clear", no_argument, NULL, OPT_CLEAR },
        { "show", no_argument, NULL, OPT_SHOW },
        { "sort", required_argument, NULL, OPT_SORT },
        { "all", no_argument, NULL, OPT_ALL },
        { "doctor", no_argument, NULL, OPT_DOCTOR },
        { "http", no_argument, NULL, OPT_HTTP },
        { "help", no_argument, NULL, 'h' },
        { "version", no_argument, NULL, OPT_VERSION },
        { NULL, 0, NULL, 0 },
};

static void set_option(struct arguments *a, int option)
{
        if (option >= OPT_OWN)
                a->own |= BIT(option);
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
        case OPT_OUTPUT:
                a->output = optarg;
                break;
        case OPT_TIMEOUT:
                a->timeout = optarg;
                break;
        case OPT_ZONE:
                a->zone = optarg;
                break;
        case OPT_FORMAT:
                a->format = optarg;
                break;
        case OPT_NODES:
                a->nodes = optarg;
                break;
        case OPT_CPUS:
                a->cpus = optarg;
                break;
        case OPT_MEMORY:
                a->memory = optarg;
                break;
        case OPT_TIER:
                a->tier = optarg;
                break;
        case OPT_LATENCY:
                a->latency = optarg;
                break;
        case OPT_BANDWIDTH:
                a->bandwidth = optarg;
                break;
        case OPT_POLICY:
                a->policy = optarg;
                break;
        case OPT_SORT:
                a->sort = optarg;
                break;
        }
}

static void set_flags(struct arguments *a)
{
        a->serials = a->own & BIT(OPT_SERIALS);
        a->bytes = a->own & BIT(OPT_BYTES);
        a->watch = a->own & BIT(OPT_WATCH);
        a->diff = a->own & BIT(OPT_DIFF);
        a->rollback = a->own & BIT(OPT_ROLLBACK);
        a->unplug = a->own & BIT(OPT_UNPLUG);
        a->force = a->own & BIT(OPT_FORCE);
        a->runtime = a->own & BIT(OPT_RUNTIME);
        a->confine = a->own & BIT(OPT_CONFINE);
        a->clear = a->own & BIT(OPT_CLEAR);
        a->show = a->own & BIT(OPT_SHOW);
        a->all = a->own & BIT(OPT_ALL);
        a->doctor = a->own & BIT(OPT_DOCTOR);
        a->http = a->own & BIT(OPT_HTTP);
}

/* -1: go on; else exit with that status. */
static int parse_options(int argc, char **argv, struct arguments *a)
{
        for (;;) {
                int option = getopt_long(argc, argv, "ho:", options, NULL);

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
                case 'o':
                        option = OPT_OUTPUT;
                        __attribute__((fallthrough));
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

/* The index of a verb that is a program of its own, or 0. Its options are not checked here. */
static int find_program(int argc, char **argv)
{
        int verb;

        opterr = 0;
        while (getopt_long(argc, argv, "+ho:", options, NULL) != -1)
                ;
        verb = optind;
        opterr = 1;
        optind = 0; /* from the beginning again */
        return argv[verb] && program_exists(argv[verb]) ? verb : 0;
}

static const struct verb *find_verb(const char *name)
{
        for (size_t i = 0; i < ELEMENTSOF(verbs); i++)
                if (streq(verbs[i].name, name))
                        return &verbs[i];
        return NULL;
}

/* Whether an option was given that this verb does not take: then says so. */
static bool refuse_option(const struct verb *verb, unsigned given)
{
        unsigned wrong = given & ~verb->options;

        for (const struct option *o = options; o->name; o++)
                if (o->val >= OPT_OWN && (wrong & BIT(o->val))) {
                        fprintf(stderr, "numatier: %s does not take --%s\n", verb->name, o->name);
                        return true;
                }
        return false;
}

int main(int argc, char **argv)
{
        struct arguments a = { .pager = true, .legend = true };
        const struct verb *verb;
        int status, program;

        argv[0] = (char *)"numatier"; /* getopt's messages begin with it */
        program = find_program(argc, argv);
        if (program > 0)
                return program_exec(argv, program);
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
        if (refuse_option(verb, a.own))
                return EXIT_USAGE;
        set_flags(&a);
        status = verb->run(&a);
        /* doctor: 1 would say that there are warnings */
        return finish_output_or("numatier", status,
                                verb->run == verb_doctor ? EXIT_USAGE : EXIT_FAILURE);
}
