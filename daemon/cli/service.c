/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* numatier service: lets a unit of systemd have its memory in some tiers. */

#include "cli/service.h"

#include <errno.h>

#include "cli/service-place.h"
#include "cli/systemctl.h"

static int refuse(const char *text)
{
        fprintf(stderr, "numatier: service: %s\n", text);
        return EXIT_USAGE;
}

static bool is_change(const struct arguments *a)
{
        return a->tier || a->policy || a->confine || a->clear;
}

/* Which options go together. Returns an exit status. */
static int check_options(const struct arguments *a)
{
        if (a->operands[0] && a->operands[1])
                return refuse("expected one UNIT");
        if (!is_change(a))
                return a->runtime || a->show ? refuse("expected --tier or --policy") : 0;
        if (!a->operands[0])
                return refuse("expected the name of a UNIT");
        if (a->json)
                return refuse("--json only shows what is there: expected nothing else");
        if (a->clear && (a->tier || a->policy || a->confine || a->show))
                return refuse("--clear takes only --runtime");
        if (!a->show && (a->input.root || a->input.machine))
                return refuse("--root and --machine only go with --show: systemd is this "
                              "machine's");
        return 0;
}

static int parse_unit(const char *text, struct service_request *q)
{
        struct messages errors = MESSAGES_INIT;
        int r = unit_name_complete(text, q->unit, &q->kind, &errors);

        cli_print_messages("", &errors);
        messages_done(&errors);
        return r < 0 ? EXIT_USAGE : 0;
}

/* What a policy needs, and what it cannot have. */
static int check_policy(const struct service_request *q)
{
        if (q->kind != UNIT_SERVICE && q->policy != SERVICE_UNSET)
                return refuse("a slice or a scope has no memory policy: expected --confine only");
        if (q->kind != UNIT_SERVICE && !q->confine)
                return refuse("a slice or a scope has no memory policy: expected --confine");
        if (!q->tiers && q->confine)
                return refuse("--confine: expected --tier, too");
        if (!q->tiers && service_policy_has_nodes(q->policy))
                return refuse("this policy needs nodes: expected --tier, too");
        if (q->tiers && !q->confine && !service_policy_has_nodes(q->policy))
                return refuse("the policies default and local have no nodes: expected no --tier, "
                              "or --confine, too");
        return 0;
}

static int parse_request(const struct arguments *a, struct service_request *q)
{
        int status = parse_unit(a->operands[0], q);

        if (status != 0 || a->clear)
                return status;
        q->tiers = a->tier;
        q->confine = a->confine;
        /* the one that never ends a service because its tier is full */
        q->policy = q->kind == UNIT_SERVICE && a->tier ? SERVICE_PREFERRED : SERVICE_UNSET;
        if (a->policy && service_policy_parse(a->policy, &q->policy) < 0) {
                fprintf(stderr,
                        "numatier: --policy: expected bind, preferred, interleave, local or "
                        "default, found \"%s\"\n",
                        a->policy);
                return EXIT_USAGE;
        }
        return check_policy(q);
}

/* A drop-in of a unit that is not there would lie in wait: systemctl edit refuses that, too. */
static int find_unit(const char *unit, struct unit_status *ret)
{
        int r = systemctl_get_status(unit, ret);

        if (r < 0)
                return r;
        /* systemd reads the drop-ins of all names, and two could say different things */
        if (streq(ret->load, "loaded") && ret->is_alias) {
                fprintf(stderr, "numatier: %s is an alias: expected the unit's name, %s\n", unit,
                        ret->id);
                return -EINVAL;
        }
        if (streq(ret->load, "loaded"))
                return 0;
        if (*ret->load == '\0')
                fputs("numatier: systemctl says nothing of units: expected a system that systemd "
                      "runs\n",
                      stderr);
        else
                fprintf(stderr,
                        "numatier: unit %s: expected one that systemd can load, found: %s\n", unit,
                        ret->load);
        return -ENOENT;
}

static void print_restart(const char *why, const char *unit)
{
        char word[UNIT_WORD_SIZE];

        printf("%s: systemctl restart %s\n", why, unit_name_format(unit, true, word));
}

/* What runs keeps its memory policy, but not its cpuset (systemd sets that at once). */
static void print_outlook(const struct service_request *q, const struct service_drop_in *d,
                          bool running)
{
        if (unit_name_is_template(q->unit)) {
                print_restart("Its instances that run get this when they are restarted", q->unit);
                return;
        }
        if (!running) {
                printf("%s does not run: it gets this when it is started.\n", q->unit);
                return;
        }
        if (d->confine)
                printf("%s runs. From now on it gets memory from these nodes only, and Linux may "
                       "move there what it has.\n",
                       q->unit);
        if (d->policy != SERVICE_UNSET)
                print_restart("The memory policy of a program changes when it is restarted",
                              q->unit);
}

static int write_drop_in(const struct service_request *q, struct sysroot *root,
                         const struct service_drop_in *d, const char *text)
{
        struct service_placing p = { .root = root, .path = "", .reload = systemctl_reload };
        struct unit_status unit;
        int status;

        if (find_unit(q->unit, &unit) < 0)
                return EXIT_FAILURE;
        p.stale = unit.stale;
        status = service_place(&p, q->unit, q->runtime, text);
        if (p.done)
                print_outlook(q, d, unit_is_running(&unit));
        return status;
}

static int show_or_write(const struct arguments *a, const struct service_request *q,
                         struct pass *pass)
{
        _cleanup_(service_drop_in_freep) struct service_drop_in *d = NULL;
        _cleanup_(freep) char *text = NULL, *path = service_path_new(q->unit, q->runtime);

        if (service_request_resolve(q, pass, &d) < 0)
                return EXIT_FAILURE;
        if (!path || service_drop_in_format(d, q->unit, q->kind, &text) < 0)
                return cli_error(-ENOMEM, q->unit);
        if (!a->show)
                return write_drop_in(q, pass->root, d, text);
        printf("# /%s\n%s", path, text);
        return EXIT_SUCCESS;
}

static int change(const struct arguments *a, const struct service_request *q)
{
        struct pass pass = { 0 };
        int status = EXIT_FAILURE;

        if (pass_run(a, RECONCILE_PLAN, &pass) == 0)
                status = show_or_write(a, q, &pass);
        pass_done(&pass);
        return status;
}

/* Linux does not empty a cpuset while there are processes in it (ENOSPC). Where no other unit uses
 * cpusets, systemd switches the controller off: Linux 6.1 and 7.3 then let go of them, and 6.12
 * does not. */
static void print_aftermath(const char *unit)
{
        struct unit_status s;

        if (unit_name_is_template(unit) ||
            (systemctl_get_status(unit, &s) == 0 && unit_is_running(&s)))
                print_restart("What runs now may keep its nodes until it is restarted", unit);
}

static int clear(const struct arguments *a, const struct service_request *q)
{
        _cleanup_(sysroot_freep) struct sysroot *root = NULL;
        struct service_placing p = { .path = "", .reload = systemctl_reload };
        int status;

        if (input_open_root(&a->input, &root) < 0)
                return EXIT_FAILURE;
        p.root = root;
        status = service_remove(&p, q->unit, q->runtime);
        if (p.done)
                print_aftermath(q->unit);
        return status;
}

int verb_service(const struct arguments *a)
{
        struct service_request q = { .runtime = a->runtime };
        int status = check_options(a);

        if (status != 0)
                return status;
        if (is_change(a))
                status = parse_request(a, &q);
        else if (a->operands[0])
                status = parse_unit(a->operands[0], &q);
        if (status != 0)
                return status;
        if (!is_change(a))
                return service_print_status(a, a->operands[0] ? q.unit : NULL);
        return a->clear ? clear(a, &q) : change(a, &q);
}
