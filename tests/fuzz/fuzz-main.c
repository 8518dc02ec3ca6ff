/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs a target on every file that is named: what fuzzing has found stays found. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"

int main(int argc, char **argv)
{
        static uint8_t data[1 << 20];

        for (int i = 1; i < argc; i++) {
                FILE *f = fopen(argv[i], "re");
                size_t size;

                if (!f) {
                        perror(argv[i]);
                        return EXIT_FAILURE;
                }
                size = fread(data, 1, sizeof(data), f);
                fclose(f);
                LLVMFuzzerTestOneInput(data, size);
        }
        printf("%d inputs\n", argc - 1);
        return argc > 1 ? EXIT_SUCCESS : EXIT_FAILURE;
}
