/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The least that reading a list of files below ROOT can cost: opens, reads and closes each, and
 * does nothing with them. LIST has a path a line. A file of /proc is read up to its end, as it must
 * be.
 *
 *      floor-list ROOT LIST [to-the-end] */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
        static char buf[65536], path[4096];
        size_t total = 0;
        FILE *list;
        int root;

        if (argc < 3) {
                fputs("usage: floor-list ROOT LIST [to-the-end]\n", stderr);
                return EXIT_FAILURE;
        }
        root = open(argv[1], O_PATH | O_DIRECTORY | O_CLOEXEC);
        list = fopen(argv[2], "re");
        if (root < 0 || !list) {
                perror(root < 0 ? argv[1] : argv[2]);
                return EXIT_FAILURE;
        }
        while (fgets(path, sizeof(path), list)) {
                ssize_t n;
                int fd;

                path[strcspn(path, "\n")] = '\0';
                fd = openat(root, path, O_RDONLY | O_CLOEXEC);
                if (fd < 0) {
                        perror(path);
                        return EXIT_FAILURE;
                }
                do {
                        n = read(fd, buf, sizeof(buf));
                        total += n > 0 ? (size_t)n : 0;
                } while (n > 0 && argc > 3);
                close(fd);
        }
        printf("%zu\n", total);
        return EXIT_SUCCESS;
}
