/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Threads that write to memory all the time:
 *
 *      writers NODE MIB
 *
 * allocates MIB on NODE, drops the memory policy and starts the threads. Each line on standard
 * input is answered by itself when each thread has written to every page since it came. The program
 * ends with its standard input. */

#include <err.h>
#include <numa.h>
#include <numaif.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define THREADS 3

static char *memory;
static size_t size;

struct writer {
        pthread_t thread;
        atomic_ulong passes;
};

static void *run_writer(void *userdata)
{
        struct writer *w = userdata;
        size_t page = (size_t)sysconf(_SC_PAGESIZE);

        for (;;) {
                for (size_t at = 0; at < size; at += page)
                        ((volatile char *)memory)[at]++;
                atomic_fetch_add(&w->passes, 1);
        }
        return NULL;
}

static void fill(int node)
{
        struct bitmask *nodes = numa_allocate_nodemask();

        numa_bitmask_setbit(nodes, (unsigned)node);
        numa_set_bind_policy(1);
        numa_set_membind(nodes);
        memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED)
                err(1, "mmap");
        memset(memory, 1, size);
        set_mempolicy(MPOL_DEFAULT, NULL, 0);
        numa_free_nodemask(nodes);
}

/* Two passes: the first may have begun before. */
static void wait_for_passes(struct writer *writers)
{
        for (int i = 0; i < THREADS; i++) {
                unsigned long until = atomic_load(&writers[i].passes) + 2;

                while (atomic_load(&writers[i].passes) < until)
                        usleep(1000);
        }
}

int main(int argc, char **argv)
{
        static struct writer writers[THREADS];
        char line[16];

        if (argc != 3)
                errx(2, "usage: writers NODE MIB");
        size = (size_t)atol(argv[2]) << 20;
        fill(atoi(argv[1]));
        for (int i = 0; i < THREADS; i++)
                if (pthread_create(&writers[i].thread, NULL, run_writer, &writers[i]) != 0)
                        errx(1, "pthread_create");
        while (fgets(line, sizeof(line), stdin)) {
                wait_for_passes(writers);
                fputs(line, stdout);
                fflush(stdout);
        }
        return 0;
}
