/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Exit status of the programs, beside EXIT_SUCCESS and EXIT_FAILURE. */
#define EXIT_USAGE   2
#define EXIT_DIFFERS 3

/* The status of a program that did two things: what failed counts most. */
int exit_join(int a, int b);

/* The last step of a program that prints: writes out standard output. Returns the status, or
 * EXIT_FAILURE (and reports it as "PROGRAM: ...") if something could not be printed. */
int finish_output(const char *program, int status);

/* The same for a program whose EXIT_FAILURE means something else: returns failure instead. */
int finish_output_or(const char *program, int status, int failure);
