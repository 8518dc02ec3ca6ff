/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* numatier monitor */

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
        fprintf(stderr, "numatier: monitor is not there yet\n");
        return EXIT_FAILURE;
}
