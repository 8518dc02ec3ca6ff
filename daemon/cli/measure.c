/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <limits.h>

#include "cli/cli.h"

#define PROGRAM "numatier-measure"

/* Beside this very program: a build directory has both. */
static void run_beside(char **argv)
{
        char path[PATH_MAX + sizeof(PROGRAM)];
        ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - 1);
        char *slash;

        if (n < 0)
                return;
        path[n] = '\0';
        slash = strrchr(path, '/');
        if (!slash)
                return;
        memcpy(slash + 1, PROGRAM, sizeof(PROGRAM));
        execv(path, argv);
}

int measure_exec(char **argv, int verb)
{
        int r;

        for (int i = verb; argv[i]; i++)
                argv[i] = argv[i + 1];
        run_beside(argv);
        execv(NUMATIER_LIBEXECDIR "/" PROGRAM, argv);
        r = -errno;
        return cli_error(r, "cannot run " NUMATIER_LIBEXECDIR "/" PROGRAM);
}
