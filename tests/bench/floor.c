/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The least that "numatier status --json --root DIR" can cost: opens, reads and closes each file
 * whose contents are part of that answer, once, and does nothing with them. What is in the tree
 * that tests/bench/tree makes is known, so nothing is looked for that is not there. */

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NODE_DIR   "sys/devices/system/node"
#define TIER_DIR   "sys/devices/virtual/memory_tiering"
#define WEIGHT_DIR "sys/kernel/mm/mempolicy/weighted_interleave"

static int root;
static size_t total;

static const char *slurp(const char *path)
{
        static char buf[65536];
        int fd = openat(root, path, O_RDONLY | O_CLOEXEC);
        ssize_t n = fd < 0 ? -1 : read(fd, buf, sizeof(buf) - 1);

        if (n < 0) {
                perror(path);
                exit(EXIT_FAILURE);
        }
        close(fd);
        buf[n] = '\0';
        total += (size_t)n;
        return buf;
}

static void slurp_node(unsigned node, const char *name)
{
        char path[128];

        snprintf(path, sizeof(path), NODE_DIR "/node%u/%s", node, name);
        slurp(path);
}

static void slurp_tiers(void)
{
        int fd = openat(root, TIER_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        DIR *dir = fd < 0 ? NULL : fdopendir(fd);
        char path[512];

        if (!dir) {
                perror(TIER_DIR);
                exit(EXIT_FAILURE);
        }
        for (struct dirent *e = readdir(dir); e; e = readdir(dir)) {
                if (strncmp(e->d_name, "memory_tier", strlen("memory_tier")) != 0)
                        continue;
                snprintf(path, sizeof(path), TIER_DIR "/%s/nodelist", e->d_name);
                slurp(path);
        }
        closedir(dir);
}

int main(int argc, char **argv)
{
        static const char *const of_each[] = { "meminfo", "access1/initiators/read_latency",
                                               "access1/initiators/write_latency",
                                               "access1/initiators/read_bandwidth",
                                               "access1/initiators/write_bandwidth" };
        unsigned last, cpu_every;
        char path[128];

        if (argc != 4) {
                fputs("usage: floor ROOT NODES CPU-EVERY\n", stderr);
                return EXIT_FAILURE;
        }
        root = open(argv[1], O_PATH | O_DIRECTORY | O_CLOEXEC);
        last = (unsigned)atoi(argv[2]);
        cpu_every = (unsigned)atoi(argv[3]);
        slurp(NODE_DIR "/online");
        slurp(NODE_DIR "/has_memory");
        slurp(NODE_DIR "/has_cpu");
        for (unsigned node = 0; node < last; node++) {
                for (size_t i = 0; i < sizeof(of_each) / sizeof(of_each[0]); i++)
                        slurp_node(node, of_each[i]);
                if (node % cpu_every == 0)
                        slurp_node(node, "distance");
                snprintf(path, sizeof(path), WEIGHT_DIR "/node%u", node);
                slurp(path);
        }
        slurp_tiers();
        slurp("sys/kernel/mm/numa/demotion_enabled");
        slurp("proc/sys/kernel/numa_balancing");
        slurp("proc/sys/kernel/numa_balancing_promote_rate_limit_MBps");
        printf("%zu\n", total);
        return EXIT_SUCCESS;
}
