/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A program whose memory is on one node, and that knows what it has written there:
 *
 *      holder NODE MIB [pinned|kernel]
 *
 * allocates MIB on NODE and drops the memory policy. Then it goes over its pages again and again:
 * each must hold what the last pass wrote, and gets the number of this pass. A page that does not
 * ends the program, with status 1 and a line that says so. Each line on standard input is answered
 * when a whole pass has been made since it came: with the number of its pages that are on NODE. The
 * program ends with its standard input.
 *
 * With "pinned" the last page is also in a pipe (vmsplice), which holds a reference that no
 * migration gets rid of; with "kernel" the kernel has pages of its own on NODE, which hold what was
 * written to a pipe. */

#define _GNU_SOURCE /* vmsplice */

#include <err.h>
#include <fcntl.h>
#include <numa.h>
#include <numaif.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#define IN_PIPE 65536

static char *memory;
static size_t page, pages;

/* What every word of a page holds after a pass. */
static uint64_t word_of(size_t index, uint64_t pass)
{
        return (uint64_t)index << 32 | pass;
}

static void fill(size_t index, uint64_t pass)
{
        uint64_t *words = (uint64_t *)(memory + index * page);

        for (size_t i = 0; i < page / sizeof(*words); i++)
                words[i] = word_of(index, pass);
}

static void check(size_t index, uint64_t pass)
{
        const uint64_t *words = (const uint64_t *)(memory + index * page);

        for (size_t i = 0; i < page / sizeof(*words); i++)
                if (words[i] != word_of(index, pass)) {
                        printf("page %zu of %zu is damaged: word %zu is %#jx\n", index, pages, i,
                               (uintmax_t)words[i]);
                        exit(1);
                }
}

static unsigned long pages_on(int node)
{
        unsigned long n = 0;

        for (size_t i = 0; i < pages; i++) {
                void *address = memory + i * page;
                int where = -1;

                if (move_pages(0, 1, &address, NULL, &where, 0) == 0 && where == node)
                        n++;
        }
        return n;
}

static void hold_in_pipe(const char *how)
{
        static char bytes[IN_PIPE];
        struct iovec last = { .iov_base = memory + (pages - 1) * page, .iov_len = page };
        int ends[2];

        if (pipe(ends) < 0)
                err(1, "pipe");
        if (strcmp(how, "pinned") == 0 && vmsplice(ends[1], &last, 1, 0) < 0)
                err(1, "vmsplice");
        if (strcmp(how, "kernel") == 0 && write(ends[1], bytes, sizeof(bytes)) < 0)
                err(1, "write");
}

static void allocate(int node, const char *how)
{
        struct bitmask *nodes = numa_allocate_nodemask();

        numa_bitmask_setbit(nodes, (unsigned)node);
        numa_set_bind_policy(1);
        numa_set_membind(nodes);
        memory = mmap(NULL, pages * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                      0);
        if (memory == MAP_FAILED)
                err(1, "mmap");
        for (size_t i = 0; i < pages; i++)
                fill(i, 0);
        if (how)
                hold_in_pipe(how);
        set_mempolicy(MPOL_DEFAULT, NULL, 0);
        numa_free_nodemask(nodes);
}

static void make_pass(uint64_t pass)
{
        for (size_t i = 0; i < pages; i++) {
                check(i, pass - 1);
                fill(i, pass);
        }
}

int main(int argc, char **argv)
{
        struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
        uint64_t passes = 0;
        char line[16];

        if (argc != 3 && argc != 4)
                errx(2, "usage: holder NODE MIB [pinned|kernel]");
        setvbuf(stdin, NULL, _IONBF, 0);
        setvbuf(stdout, NULL, _IOLBF, 0);
        page = (size_t)sysconf(_SC_PAGESIZE);
        pages = ((size_t)atol(argv[2]) << 20) / page;
        allocate(atoi(argv[1]), argv[3]);
        for (;;) {
                make_pass(++passes);
                if (poll(&input, 1, 0) == 0)
                        continue;
                if (!fgets(line, sizeof(line), stdin))
                        return 0;
                make_pass(++passes);
                printf("%lu\n", pages_on(atoi(argv[1])));
        }
}
