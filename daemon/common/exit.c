/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/exit.h"

#include <stdio.h>
#include <stdlib.h>

int finish_output_or(const char *program, int status, int failure)
{
        if (fflush(stdout) == 0 && !ferror(stdout))
                return status;
        /* what fails otherwise has said why, and may have seen that it cannot print */
        if (status != EXIT_FAILURE || failure != EXIT_FAILURE)
                fprintf(stderr, "%s: cannot write to standard output\n", program);
        return failure;
}

int finish_output(const char *program, int status)
{
        return finish_output_or(program, status, EXIT_FAILURE);
}

int exit_join(int a, int b)
{
        if (a == EXIT_FAILURE || b == EXIT_FAILURE)
                return EXIT_FAILURE;
        return a == EXIT_SUCCESS ? b : a;
}
