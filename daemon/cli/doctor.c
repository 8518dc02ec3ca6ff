/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* numatier doctor: reads all that the checks of lib/doctor need, and shows what they found. */

#include "cli/doctor.h"

#include <ctype.h>
#include <errno.h>
#include <sys/ioctl.h>
#include <time.h>

#include "base/units.h"
#include "cli/hmat-wanted.h"
#include "cli/json.h"
#include "cli/kmsg.h"
#include "cli/output.h"
#include "cli/pager.h"
#include "common/quiet.h"
#include "common/session.h"
#include "facts/knobs.h"
#include "policy/files.h"
#include "state/drained.h"
#include "view/unmet.h"

/* A task that waits for memory hotplug does so for a moment on a healthy machine, too. */
#define STUCK_SECONDS 3

#define EXIT_WARNINGS 1
#define EXIT_ERRORS   2

struct reading {
        struct sysroot *root;
        struct policy *policy;
        struct state *state;
        struct snapshot *snapshot;
        struct health *health;
        struct onliners onliners;
        struct service_files services;
        struct block_devices *devices;
        struct wanted *wanted;
        struct installed *installed;
        struct missing missing;
        char *missing_text;
        /* what cannot be read, and what is wrong with the policy and the state */
        struct messages problems, policy_errors, state_problems;
        struct subject subject;
};

static void reading_done(struct reading *r)
{
        free(r->missing_text);
        missing_done(&r->missing);
        installed_free(r->installed);
        free(r->wanted);
        block_devices_free(r->devices);
        onliners_done(&r->onliners);
        service_files_done(&r->services);
        health_free(r->health);
        snapshot_unref(r->snapshot);
        state_free(r->state);
        policy_unref(r->policy);
        sysroot_free(r->root);
        messages_done(&r->problems);
        messages_done(&r->policy_errors);
        messages_done(&r->state_problems);
}

/* A machine whose policy is refused is examined under one that wants nothing. */
static int load_policy(const struct arguments *a, struct reading *r)
{
        _cleanup_(sysroot_freep) struct sysroot *root = NULL;
        int error = sysroot_open("/", &root);

        if (error == 0)
                error = config_load(root, a->input.config, &r->policy_errors, &r->policy);
        if (error == 0)
                return 0;
        if (error == -ENOMEM)
                return error;
        if (r->policy_errors.n == 0)
                messages_add(&r->policy_errors, "the policy cannot be loaded: %s",
                             strerror(-error));
        r->subject.policy_errors = &r->policy_errors;
        r->subject.policy_is_missing = error == -ENOENT;
        return policy_new(&r->policy);
}

/* Only of this machine: a copy has no services. */
#define CGROUP     "sys/fs/cgroup/"
#define UNIT       "numatierd.service"
#define UNIT_LINK  "etc/systemd/system/multi-user.target.wants/" UNIT
#define UNIT_PROCS CGROUP "system.slice/" UNIT "/cgroup.procs"

static enum service_state find_service(const struct arguments *a, struct sysroot *root)
{
        _cleanup_(freep) char *text = NULL;
        char target[SYSROOT_PATH_MAX];
        int error;

        if (a->input.root || a->input.machine)
                return SERVICE_UNKNOWN;
        error = sysroot_read_alloc(root, UNIT_PROCS, &text);
        if (error == 0 && *text != '\0')
                return SERVICE_RUNNING;
        free(TAKE_PTR(text));
        if ((error < 0 && !sysroot_is_absent(error)) ||
            sysroot_read_alloc(root, CGROUP "cgroup.controllers", &text) < 0)
                return SERVICE_UNKNOWN; /* systemd does not keep its groups there */
        return sysroot_readlink(root, UNIT_LINK, target, sizeof(target)) == 0 ? SERVICE_DOWN
                                                                              : SERVICE_STOPPED;
}

/* Which device each memory block belongs to, and what the policy wants for it. */
static int read_wanted(struct reading *r)
{
        const struct block_table *t = r->health->blocks;
        const struct machine *m = r->snapshot->machine;
        int error;

        if (!t)
                return 0;
        error = block_devices_read(r->root, t, m, &r->problems, &r->devices);
        return error < 0 ? error : wanted_decide(r->policy, m, t, r->devices, &r->wanted);
}

static int read_health(struct reading *r)
{
        int error = health_read(r->root, &r->problems, &r->health);

        if (error == 0 && r->health->n_tasks > 0 && sysroot_is_live(r->root)) {
                (void)nanosleep(&(struct timespec){ .tv_sec = STUCK_SECONDS }, NULL);
                error = health_read_tasks_again(r->root, r->health);
        }
        if (error == 0)
                error = onliners_read(r->root, &r->problems, &r->onliners);
        if (error == 0)
                error = service_files_read(r->root, NULL, &r->problems, &r->services);
        return error;
}

/* Without it there is nothing to check. */
static int read_machine(struct reading *r)
{
        int error = session_load_state(r->root, &r->state_problems, &r->state);

        if (error == 0)
                error = quiet_reconcile(r->root, r->policy, RECONCILE_PLAN, r->state, &r->snapshot);
        if (error == 0)
                return 0;
        for (size_t i = 0; r->snapshot && i < r->snapshot->problems.n; i++)
                fprintf(stderr, "numatier: %s\n", r->snapshot->problems.items[i]);
        (void)cli_error(error, "cannot read the nodes in /" NODE_DIR);
        return error;
}

static int find_missing(const struct arguments *a, struct reading *r)
{
        struct nodeset nodes = unmet_get_nodes(r->snapshot, UNMET_NO_INTERFACE),
                       unclear = unmet_get_unclear(r->snapshot);
        int error;

        if (nodeset_count(&nodes) + nodeset_count(&unclear) == 0)
                return 0;
        error = missing_find(&a->input, r->root, r->snapshot->machine, &r->missing);
        if (error < 0 || r->missing.cause == MISSING_UNKNOWN)
                return error;
        r->missing_text = missing_print(&r->missing);
        r->subject.missing_name = missing_name(r->missing.cause);
        return r->missing_text ? 0 : -ENOMEM;
}

static int compare_installed(struct reading *r)
{
        const struct table_file *file = &r->installed->file;
        struct hmat_wanted wanted;
        int error;

        if (r->subject.policy_errors || file->state == TABLE_UNREADABLE)
                return 0;
        error = hmat_wanted_build(r->root, r->snapshot, &wanted);
        if (error == 0 && wanted.bytes)
                r->subject.hmat_currency = table_file_serves(file, wanted.bytes, wanted.size)
                                                   ? HMAT_CURRENT
                                                   : HMAT_OUTDATED;
        for (size_t i = 0; i < wanted.refusals.n; i++)
                messages_add(&r->problems, "whether /" HMAT_FILE " is what the policy wants: %s",
                             wanted.refusals.items[i]);
        hmat_wanted_done(&wanted);
        return error;
}

/* An HMAT of numatier's own; most machines have none. */
static int read_installed(struct reading *r)
{
        _cleanup_(freep) char *log = NULL;
        int error;

        if (!installed_is_any(r->root))
                return 0;
        error = installed_read(r->root, &r->problems, &r->installed);
        if (error < 0)
                return error;
        log = sysroot_is_live(r->root) ? kmsg_read_log() : NULL;
        if (log)
                hmat_log_parse(log, &r->installed->log);
        r->subject.installed = r->installed;
        return compare_installed(r);
}

static int read_all(const struct arguments *a, struct reading *r)
{
        int error;

        *r = (struct reading){ 0 };
        error = load_policy(a, r);
        if (error < 0)
                return cli_error(error, "the policy cannot be loaded"), error;
        error = input_open_root(&a->input, &r->root);
        if (error < 0)
                return error;
        sysroot_read_all(r->root); /* also the settings that this policy leaves alone */
        error = read_machine(r);
        if (error < 0)
                return error;
        error = read_health(r);
        if (error == 0)
                error = read_wanted(r);
        if (error == 0)
                error = read_installed(r);
        if (error == 0)
                error = find_missing(a, r);
        if (error < 0)
                return cli_error(error, "the machine cannot be examined"), error;
        (void)drained_load(r->root, &r->problems, &r->subject.drained);
        r->subject.snapshot = r->snapshot;
        r->subject.health = r->health;
        r->subject.onliners = &r->onliners;
        r->subject.services = &r->services;
        r->subject.devices = r->devices;
        r->subject.wanted = r->wanted;
        r->subject.state_problems = &r->state_problems;
        r->subject.service = find_service(a, r->root);
        r->subject.missing_text = r->missing_text;
        return 0;
}

/* What could not be read could not be checked; the same file may be read for two purposes. */
static void add_problems(struct diagnosis *d, const struct messages *problems)
{
        for (size_t i = 0; i < problems->n; i++) {
                bool known = false;

                for (size_t j = 0; j < d->unchecked.n; j++)
                        known = known || streq(d->unchecked.items[j], problems->items[i]);
                if (!known)
                        messages_add(&d->unchecked, "%s", problems->items[i]);
        }
}

/* JSON. */

static void print_member(const char *name, const char *value)
{
        printf(",\n         \"%s\": ", name);
        if (value)
                json_print_text(stdout, value);
        else
                fputs("null", stdout);
}

static void print_evidence(const struct finding *f)
{
        fputs(",\n         \"evidence\": [", stdout);
        for (size_t i = 0; i < f->n_evidence; i++) {
                fputs(i > 0 ? ",\n            {\"path\": " : "\n            {\"path\": ", stdout);
                json_print_text(stdout, f->evidence[i].path);
                fputs(", \"value\": ", stdout);
                json_print_text(stdout, f->evidence[i].value);
                putchar('}');
        }
        fputs(f->n_evidence > 0 ? "\n         ]" : "]", stdout);
}

static void print_json(const struct diagnosis *d)
{
        fputs("{\n   \"findings\": [", stdout);
        for (size_t i = 0; i < d->n_findings; i++) {
                const struct finding *f = &d->findings[i];

                fputs(i > 0 ? ",\n      {\n         \"id\": " : "\n      {\n         \"id\": ",
                      stdout);
                json_print_text(stdout, f->id);
                print_member("severity", severity_name(f->severity));
                print_member("title", f->title);
                print_evidence(f);
                print_member("consequence", f->consequence);
                print_member("remedy", f->remedy);
                fputs("\n      }", stdout);
        }
        printf("%s],\n   \"checks\": %u,\n   \"unchecked\": [", d->n_findings > 0 ? "\n   " : "",
               d->checks);
        for (size_t i = 0; i < d->unchecked.n; i++) {
                fputs(i > 0 ? ",\n      " : "\n      ", stdout);
                json_print_text(stdout, d->unchecked.items[i]);
        }
        printf("%s]\n}\n", d->unchecked.n > 0 ? "\n   " : "");
}

/* For people. */

#define WIDTH_DEFAULT 80U
#define WIDTH_MIN     40U
#define WIDTH_MAX     120U

static unsigned find_width(void)
{
        const char *columns = getenv("COLUMNS");
        struct winsize size;
        unsigned width = 0;

        if (!columns || parse_unsigned(columns, 10000, &width) < 0)
                width = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
        if (width == 0)
                return WIDTH_DEFAULT;
        return width < WIDTH_MIN ? WIDTH_MIN : width > WIDTH_MAX ? WIDTH_MAX : width;
}

/* Prints words, each line indented; first is what stands at the beginning of the first line. */
static void print_wrapped(const char *text, size_t length, const char *first, unsigned indent,
                          unsigned width)
{
        unsigned column = (unsigned)strlen(first);
        bool begins = true;

        fputs(first, stdout);
        for (const char *end = text + length; text < end;) {
                size_t word = strcspn(text, " \n");

                if (text + word > end)
                        word = (size_t)(end - text);
                if (!begins && column + 1 + word > width) {
                        printf("\n%*s", (int)indent, "");
                        column = indent;
                        begins = true;
                }
                printf("%s%.*s", begins ? "" : " ", (int)word, text);
                column += (unsigned)word + !begins;
                begins = false;
                text += word;
                text += text < end;
        }
        putchar('\n');
}

#define INDENT 15 /* of "  consequence  " */

/* Paragraphs are wrapped; lines that are indented are commands, and stay whole. */
static void print_paragraphs(const char *text, const char *first, unsigned width)
{
        char rest[INDENT + 1];

        snprintf(rest, sizeof(rest), "%*s", INDENT, "");
        for (const char *line = text; line; first = rest) {
                const char *end = strchr(line, '\n');
                size_t length = end ? (size_t)(end - line) : strlen(line);

                if (startswith(line, "    "))
                        printf("%s%.*s\n", first, (int)length, line);
                else
                        print_wrapped(line, length, first, INDENT, width);
                line = end ? end + 1 : NULL;
        }
}

static void print_finding(const struct finding *f, unsigned width)
{
        static const char *const colours[] = {
                [SEVERITY_ERROR] = "\033[1;31m",
                [SEVERITY_WARNING] = "\033[33m",
                [SEVERITY_NOTE] = "\033[36m",
        };
        bool colour = output_has_colours();
        const char *name = severity_name(f->severity);
        char first[32];

        snprintf(first, sizeof(first), "%c%s: ", toupper((unsigned char)name[0]), name + 1);
        if (colour)
                fputs(colours[f->severity], stdout);
        print_wrapped(f->title, strlen(f->title), first, 2, width);
        if (colour)
                fputs("\033[0m", stdout);
        for (size_t i = 0; i < f->n_evidence; i++) {
                _cleanup_(freep) char *line = NULL;

                if (asprintf(&line, "%s: %s", f->evidence[i].path, f->evidence[i].value) < 0) {
                        line = NULL;
                        continue;
                }
                print_wrapped(line, strlen(line), i == 0 ? "  evidence     " : "               ",
                              INDENT + 2, width);
        }
        print_paragraphs(f->consequence, "  consequence  ", width);
        print_paragraphs(f->remedy, "  remedy       ", width);
        printf("  id           %s\n\n", f->id);
}

static void print_counts(const struct diagnosis *d)
{
        const char *separator = "";

        for (enum severity s = 0; s < SEVERITIES; s++) {
                size_t n = diagnosis_count(d, s);

                if (n == 0)
                        continue;
                printf("%s%zu %s%s", separator, n, severity_name(s), plural(n));
                separator = ", ";
        }
}

static void print_summary(const struct diagnosis *d)
{
        size_t notes = diagnosis_count(d, SEVERITY_NOTE);
        bool wrong = notes < d->n_findings;

        if (wrong)
                print_counts(d);
        else
                fputs(d->unchecked.n > 0 ? "Nothing wrong was found" : "Nothing is wrong", stdout);
        printf(" (%u checks", d->checks);
        if (!wrong && notes > 0)
                printf(", %zu note%s", notes, plural(notes));
        puts(").");
}

static void print_text(const struct arguments *a, const struct diagnosis *d)
{
        unsigned width = find_width();

        (void)output_has_colours(); /* before a pager takes standard output over */
        if (a->pager)
                pager_open();
        for (size_t i = 0; i < d->n_findings; i++)
                print_finding(&d->findings[i], width);
        for (size_t i = 0; i < d->unchecked.n; i++)
                print_wrapped(d->unchecked.items[i], strlen(d->unchecked.items[i]),
                              "Could not be checked: ", 2, width);
        if (d->unchecked.n > 0 && geteuid() != 0 && !a->input.machine)
                puts("Only root can read everything: run \"sudo numatier doctor\".");
        if (a->legend)
                print_summary(d);
        pager_close();
}

int doctor_diagnose(const struct arguments *a, struct diagnosis *ret)
{
        struct reading r;
        int error;

        *ret = (struct diagnosis){ 0 };
        error = read_all(a, &r);
        if (error == 0) {
                error = doctor_examine(&r.subject, ret);
                if (error < 0)
                        (void)cli_error(error, "the machine cannot be examined");
        }
        if (error == 0) {
                add_problems(ret, &r.snapshot->problems);
                add_problems(ret, &r.problems);
        }
        reading_done(&r);
        return error;
}

int verb_doctor(const struct arguments *a)
{
        struct diagnosis d;
        int status = EXIT_ERRORS;

        if (doctor_diagnose(a, &d) == 0) {
                if (a->json)
                        print_json(&d);
                else
                        print_text(a, &d);
                status = diagnosis_count(&d, SEVERITY_ERROR) > 0     ? EXIT_ERRORS
                         : diagnosis_count(&d, SEVERITY_WARNING) > 0 ? EXIT_WARNINGS
                                                                     : EXIT_SUCCESS;
        }
        diagnosis_done(&d);
        return status;
}
