/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/program.h"

#include <errno.h>
#include <limits.h>

#include "cli/cli.h"

#define NAME_MAX_SIZE 32

static const char *const programs[] = { "measure", "migrate", "monitor", "run", "top" };

bool program_exists(const char *verb)
{
        for (size_t i = 0; i < ELEMENTSOF(programs); i++)
                if (streq(programs[i], verb))
                        return true;
        return false;
}

/* Beside this very program: a build directory has all of them. */
static void run_beside(const char *name, char **argv)
{
        char path[PATH_MAX + NAME_MAX_SIZE];
        ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - 1);
        char *slash;

        if (n < 0)
                return;
        path[n] = '\0';
        slash = strrchr(path, '/');
        if (!slash)
                return;
        strcpy(slash + 1, name);
        execv(path, argv);
}

int program_exec(char **argv, int verb)
{
        char name[NAME_MAX_SIZE], path[PATH_MAX], what[PATH_MAX + NAME_MAX_SIZE];
        int r;

        snprintf(name, sizeof(name), "numatier-%s", argv[verb]);
        for (int i = verb; argv[i]; i++)
                argv[i] = argv[i + 1];
        run_beside(name, argv);
        snprintf(path, sizeof(path), NUMATIER_LIBEXECDIR "/%s", name);
        execv(path, argv);
        r = -errno;
        snprintf(what, sizeof(what), "cannot run %s", path);
        return cli_error(r, what);
}
