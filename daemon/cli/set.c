/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* numatier set, clear: a tier or values for one node, in a drop-in of the policy. */

#include <ctype.h>
#include <errno.h>

#include "base/values.h"
#include "cli/cli.h"
#include "cli/dropin.h"
#include "cli/set-target.h"

static int refuse_usage(const char *verb, const char *expected)
{
        fprintf(stderr, "numatier: %s: expected %s\n", verb, expected);
        return EXIT_USAGE;
}

/* What both verbs take: one node of this machine, under its own policy. 0 or an exit status. */
static int check_usage(const struct arguments *a, const char *verb)
{
        if (cli_refuse_copy(a, verb) != 0)
                return EXIT_USAGE;
        if (a->input.config)
                return refuse_usage(verb, "no --config: it changes the policy that is installed");
        if (!a->operands[0] || a->operands[1])
                return refuse_usage(verb, "one NODE, or a match such as cxl-serial=0x1234");
        return 0;
}

static int refuse_value(const char *option, const char *value, const char *expected)
{
        fprintf(stderr, "numatier: --%s: expected %s, found \"%s\"\n", option, expected, value);
        return EXIT_USAGE;
}

static bool is_name(const char *s)
{
        for (const char *c = s; *c; c++)
                if (!isalnum((unsigned char)*c) && !strchr("._-", *c))
                        return false;
        return *s != '\0';
}

static int check_values(const struct arguments *a)
{
        double value;

        if (!a->tier && !a->latency && !a->bandwidth)
                return refuse_usage("set", "--tier, --latency or --bandwidth");
        if (a->tier && !is_name(a->tier))
                return refuse_value("tier", a->tier, "the name of a tier");
        if (a->latency && parse_latency(a->latency, &value) < 0)
                return refuse_value("latency", a->latency, "a latency such as 250ns");
        if (a->bandwidth && parse_bandwidth(a->bandwidth, &value) < 0)
                return refuse_value("bandwidth", a->bandwidth, "a bandwidth such as 30GiB/s");
        return 0;
}

static void print_errors(struct messages *errors)
{
        cli_print_messages("", errors);
        messages_done(errors);
}

/* What the file (path: with a slash) is to hold. What is set for this boot begins with what is set
 * for good. */
static int make_text(const struct arguments *a, struct sysroot *root, const struct set_target *t,
                     const char *path, char **ret)
{
        _cleanup_(freep) char *old = NULL;
        struct messages errors = MESSAGES_INIT;
        struct rule_key keys[ELEMENTSOF(t->keys) + 3];
        char name[SET_NAME_MAX], lasting[DROPIN_PATH_MAX + 1] = "/";
        size_t n = t->n;
        int r;

        set_target_path(t, false, lasting + 1);
        r = dropin_read(root, path + 1, &old);
        if (r == 0 && !old && a->runtime) {
                path = lasting;
                r = dropin_read(root, path + 1, &old);
        }
        if (r < 0)
                return r;
        memcpy(keys, t->keys, sizeof(t->keys));
        if (a->tier)
                keys[n++] = (struct rule_key){ "tier", a->tier };
        if (a->latency)
                keys[n++] = (struct rule_key){ "latency", a->latency };
        if (a->bandwidth)
                keys[n++] = (struct rule_key){ "bandwidth", a->bandwidth };
        set_target_name(t, name);
        r = rule_file_print(old, path, name, keys, n, &errors, ret);
        print_errors(&errors);
        return r;
}

/* Both are what is set for the same memory: for good, and for this boot. */
static bool is_same_target(const char *file, const char *other)
{
        const char *a = strstr(file, "-set-"), *b = strstr(other, "-set-");

        return a && b && streq(a, b);
}

/* Which sections the new one takes the place of, and which keep it from having an effect. before:
 * NULL, if the policy was wrong. */
static void print_effect(const struct machine *m, const struct policy *before,
                         const struct policy *after, const char *file)
{
        const struct node_rule *rule = rule_file_find(after, file);
        bool matches = false;

        for (size_t i = 0; rule && i < m->n_nodes; i++) {
                const struct node *n = &m->nodes[i];
                const struct node_rule *was, *is;

                if (!rule_may_match(rule, n))
                        continue;
                matches = true;
                was = before ? rules_find(before, n) : NULL;
                is = rules_find(after, n);
                if (is && is != rule)
                        fprintf(stderr,
                                "numatier: warning: node %u: [node %s] (%s:%u) is tried first, so "
                                "that this has no effect\n",
                                n->id, is->name, is->file, is->line);
                else if (was && was->file && !is_same_target(was->file, file))
                        fprintf(stderr,
                                "numatier: warning: node %u: nothing of [node %s] (%s:%u) counts "
                                "any more\n",
                                n->id, was->name, was->file, was->line);
        }
        if (rule && !matches)
                puts("No node that is online matches; it counts for one that comes later.");
}

/* NULL: it is wrong, perhaps because of the very file that is to be changed. */
static struct policy *load_present(struct sysroot *root)
{
        struct messages errors = MESSAGES_INIT;
        struct policy *policy = NULL;

        (void)config_load(root, NULL, &errors, &policy);
        messages_done(&errors);
        return policy;
}

static int set(const struct arguments *a, const struct pass *p)
{
        const struct machine *m = p->result->machine;
        _cleanup_(policy_unrefp) struct policy *before = NULL, *after = NULL;
        _cleanup_(freep) char *text = NULL;
        struct messages errors = MESSAGES_INIT;
        char path[DROPIN_PATH_MAX + 1] = "/";
        struct config_change change = { .path = path + 1 };
        struct set_target target;
        int r, status;

        r = set_target_find(a->operands[0], m, &errors, &target);
        print_errors(&errors);
        if (r < 0)
                return r == -EINVAL ? EXIT_USAGE : EXIT_FAILURE;
        set_target_path(&target, a->runtime, path + 1);
        if (dropin_lock() < 0)
                return EXIT_FAILURE;
        if (make_text(a, p->root, &target, path, &text) < 0)
                return EXIT_FAILURE;
        change.text = text;
        before = load_present(p->root);
        if (dropin_check(p->root, &change, &after) < 0)
                return EXIT_FAILURE;
        status = dropin_install(p->root, &change);
        if (status == EXIT_SUCCESS)
                print_effect(m, before, after, path);
        return status;
}

int verb_set(const struct arguments *a)
{
        struct pass p;
        int status = check_usage(a, "set");

        if (status == 0)
                status = check_values(a);
        if (status != 0)
                return status;
        status = pass_run_without_policy(a, NULL, NULL, &p) < 0 ? EXIT_FAILURE : set(a, &p);
        pass_done(&p);
        return status;
}

/* The drop-ins of a directory that set wrote for this memory. */
struct clearing {
        struct sysroot *root;
        const struct set_target *target;
        bool runtime, any;
        int status;
};

static int clear_file(const char *name, void *userdata)
{
        struct clearing *c = userdata;
        char path[DROPIN_PATH_MAX];
        const struct config_change change = { .path = path };
        _cleanup_(policy_unrefp) struct policy *present = NULL;

        if (!set_target_owns(c->target, c->runtime, name))
                return 0;
        c->any = true;
        snprintf(path, sizeof(path), "%s/%s", c->runtime ? CONFIG_RUNTIME_DIR : CONFIG_DIR, name);
        present = load_present(c->root);
        /* what was wrong already does not get worse */
        if (dropin_check(c->root, &change, NULL) < 0 && present)
                c->status = EXIT_FAILURE;
        else
                c->status = exit_join(c->status, dropin_install(c->root, &change));
        return 0;
}

static void clear_directory(struct clearing *c, bool runtime)
{
        const char *directory = runtime ? CONFIG_RUNTIME_DIR : CONFIG_DIR;
        int r;

        c->runtime = runtime;
        r = sysroot_list(c->root, directory, clear_file, c);
        if (r < 0 && r != -ENOENT) {
                fprintf(stderr, "numatier: /%s: cannot be listed: %s\n", directory, strerror(-r));
                c->status = EXIT_FAILURE;
        }
}

static int clear(const struct arguments *a, const struct pass *p)
{
        struct messages errors = MESSAGES_INIT;
        struct set_target target;
        struct clearing c = { .root = p->root, .target = &target };
        int r;

        r = set_target_find(a->operands[0], p->result->machine, &errors, &target);
        print_errors(&errors);
        if (r < 0)
                return r == -EINVAL ? EXIT_USAGE : EXIT_FAILURE;
        if (dropin_lock() < 0)
                return EXIT_FAILURE;
        clear_directory(&c, true);
        if (c.status == EXIT_SUCCESS && !a->runtime)
                clear_directory(&c, false);
        if (c.status == EXIT_SUCCESS && !c.any)
                printf("Nothing is set for %s = %s%s%s%s.\n", target.identity.key,
                       target.identity.value, target.has_node ? " with node = " : "",
                       target.has_node ? target.node : "", a->runtime ? " for this boot" : "");
        if (!c.any && target.has_node)
                printf("For all memory of this device: numatier clear %s=%s\n", target.identity.key,
                       target.identity.value);
        return c.status;
}

int verb_clear(const struct arguments *a)
{
        struct pass p;
        int status = check_usage(a, "clear");

        if (status != 0)
                return status;
        status = pass_run_without_policy(a, NULL, NULL, &p) < 0 ? EXIT_FAILURE : clear(a, &p);
        pass_done(&p);
        return status;
}
