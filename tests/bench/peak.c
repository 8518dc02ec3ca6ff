/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs a command with its output thrown away, and prints its peak resident memory in KiB. A child
 * of an interpreter would have the interpreter's. */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
        struct rusage usage;
        int status;
        pid_t pid;

        if (argc < 2) {
                fputs("usage: peak COMMAND [ARGUMENT...]\n", stderr);
                return EXIT_FAILURE;
        }
        pid = fork();
        if (pid == 0) {
                int null = open("/dev/null", O_RDWR | O_CLOEXEC);

                if (null >= 0 && dup2(null, 1) >= 0 && dup2(null, 2) >= 0)
                        execvp(argv[1], argv + 1);
                _exit(127);
        }
        if (pid < 0 || wait4(pid, &status, 0, &usage) != pid || status != 0) {
                fprintf(stderr, "%s: failed\n", argv[1]);
                return EXIT_FAILURE;
        }
        printf("%ld\n", usage.ru_maxrss);
        return EXIT_SUCCESS;
}
