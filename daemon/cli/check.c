/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "classify/rules.h"
#include "cli/cli.h"

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

int verb_check(const struct arguments *a)
{
        _cleanup_(policy_unrefp) struct policy *policy = NULL;
        struct input input = a->input;

        if (a->operands[0] && (a->operands[1] || input.config)) {
                fprintf(stderr, "numatier: expected one policy file at most\n");
                return EXIT_USAGE;
        }
        input.config = a->operands[0] ?: input.config;
        if (input_load_policy(&input, &policy) < 0)
                return EXIT_FAILURE;
        print_builtin(policy);
        return EXIT_SUCCESS;
}
