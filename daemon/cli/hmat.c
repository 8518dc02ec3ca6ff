/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* numatier hmat: finds the command that is meant. */

#include "cli/hmat.h"

static const struct command {
        const char *name;
        int (*run)(const struct arguments *a, char **operands);
        bool takes_operand, has_json, takes_output;
} commands[] = {
        { "show", hmat_show, true, true, false },
        { "build", hmat_build, false, false, true },
        { "install", hmat_install, false, false, false },
        { "uninstall", hmat_uninstall, false, false, false },
        { "status", hmat_status, false, true, false },
        { "check", hmat_check, true, false, false },
};

static const struct command *find_command(const char *name)
{
        for (size_t i = 0; i < ELEMENTSOF(commands); i++)
                if (streq(commands[i].name, name))
                        return &commands[i];
        return NULL;
}

int verb_hmat(const struct arguments *a)
{
        const char *name = a->operands[0] ?: "show";
        char **operands = a->operands + (a->operands[0] != NULL);
        const struct command *c = find_command(name);

        if (!c) {
                fprintf(stderr,
                        "numatier: expected hmat show, build, install, uninstall or status, "
                        "found \"%s\"\n",
                        name);
                return EXIT_USAGE;
        }
        if (operands[0] && (!c->takes_operand || operands[1])) {
                fprintf(stderr, "numatier: hmat %s takes no \"%s\"\n", name,
                        operands[c->takes_operand]);
                return EXIT_USAGE;
        }
        if (a->json && !c->has_json) {
                fprintf(stderr, "numatier: hmat %s prints no JSON\n", name);
                return EXIT_USAGE;
        }
        if (a->output && !c->takes_output) {
                fprintf(stderr, "numatier: hmat %s does not take --output\n", name);
                return EXIT_USAGE;
        }
        return c->run(a, operands);
}
