/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/exit.h"

#include <stdio.h>
#include <stdlib.h>

int finish_output(const char *program, int status)
{
        if (fflush(stdout) == 0 && !ferror(stdout))
                return status;
        if (status != EXIT_FAILURE)
                fprintf(stderr, "%s: cannot write to standard output\n", program);
        return EXIT_FAILURE;
}

int exit_join(int a, int b)
{
        if (a == EXIT_FAILURE || b == EXIT_FAILURE)
                return EXIT_FAILURE;
        return a == EXIT_SUCCESS ? b : a;
}
