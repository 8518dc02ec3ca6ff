/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli.h"

int verb_check(const struct arguments *a)
{
        _cleanup_(policy_freep) struct policy *policy = NULL;
        struct input input = a->input;

        if (a->operands[0] && (a->operands[1] || input.config)) {
                fprintf(stderr, "numatier: expected one policy file at most\n");
                return EXIT_USAGE;
        }
        input.config = a->operands[0] ?: input.config;
        return input_load_policy(&input, &policy) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
