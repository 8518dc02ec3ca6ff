/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* numatier check: validates the policy that is installed, or as it would be with more files. */

#include "classify/rules.h"
#include "cli/cli.h"
#include "cli/json.h"
#include "policy/files.h"

/* The one part of a policy that is in no file. */
static void print_builtin(const struct policy *p)
{
        const struct node_rule *r = rules_find_gpu_override(p);

        fputs("Built-in rule \"kind = gpu, ignore = yes\": ", stdout);
        if (r)
                printf("overridden by [node %s] (%s:%u).\n", r->name, r->file, r->line);
        else
                puts("in force for every GPU that no [node] section matches.");
}

static void print_json(const struct messages *errors)
{
        fputs("{\"errors\": [", stdout);
        for (size_t i = 0; i < errors->n; i++) {
                fputs(i > 0 ? ", " : "", stdout);
                json_print_text(stdout, errors->items[i]);
        }
        puts("]}");
}

int verb_check(const struct arguments *a)
{
        _cleanup_(policy_unrefp) struct policy *policy = NULL;
        _cleanup_(sysroot_freep) struct sysroot *root = NULL;
        struct messages errors = MESSAGES_INIT;
        int r;

        r = sysroot_open("/", &root);
        if (r == 0)
                r = config_check(root, a->input.config, a->operands, &errors, &policy);
        if (r < 0 && errors.n == 0)
                messages_add(&errors, "the policy cannot be checked: %s", strerror(-r));
        if (a->json)
                print_json(&errors);
        else if (r < 0)
                cli_print_messages("", &errors);
        else
                print_builtin(policy);
        messages_done(&errors);
        return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
