/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "usage/stat-file.h"

#include <errno.h>

#include "facts/numa-stat.h"
#include "usage/list.h"

#define STAT_MAX (16U << 20)

/* Kernel memory is what is counted for each node of it; the rest is in memory.stat, for all nodes
 * together. */
static bool is_kernel(struct span name)
{
        static const char *const parts[] = { "kernel_stack", "pagetables", "sec_pagetables",
                                             "slab_reclaimable", "slab_unreclaimable" };

        for (size_t i = 0; i < ELEMENTSOF(parts); i++)
                if (span_is(name, parts[i]))
                        return true;
        return false;
}

static uint64_t *get_part(struct usage_amount *a, struct span name)
{
        return span_is(name, "anon") ? &a->anon : span_is(name, "file") ? &a->file : &a->kernel;
}

static int parse_line(struct numa_stat_line *line, struct usage_nodes *ret)
{
        uint64_t bytes;
        unsigned node;
        int r;

        while ((r = numa_stat_next_node(line, &node, &bytes)) > 0) {
                uint64_t *part;

                if (bytes == 0)
                        continue;
                part = get_part(usage_nodes_get(ret, node), line->name);
                if (__builtin_add_overflow(*part, bytes, part))
                        return -EBADMSG;
        }
        return r;
}

int stat_file_parse(const char *text, size_t size, struct usage_nodes *ret)
{
        struct span rest = { text, text + size };
        struct numa_stat_line line;
        bool has_anon = false;
        int r;

        usage_nodes_clear(ret);
        ret->has_kernel = true;
        while ((r = numa_stat_next(&rest, &line)) > 0) {
                if (!span_is(line.name, "anon") && !span_is(line.name, "file") &&
                    !is_kernel(line.name))
                        continue;
                has_anon = has_anon || span_is(line.name, "anon");
                r = parse_line(&line, ret);
                if (r < 0)
                        return r;
        }
        return r < 0 || has_anon ? r : -EBADMSG;
}

/* Lines of 30 kinds of memory, each with all nodes: large on large machines only. */
int stat_file_read(struct stat_file *f, struct sysroot *root, const char *path,
                   struct usage_nodes *ret)
{
        for (size_t size = f->allocated ?: 16384;; size *= 8) {
                ssize_t n;

                if (size > STAT_MAX)
                        return -EFBIG;
                if (array_grow(&f->text, &f->allocated, size, 1) < 0)
                        return -ENOMEM;
                n = sysroot_read(root, path, f->text, f->allocated);
                if (n >= 0)
                        return stat_file_parse(f->text, (size_t)n, ret);
                if (n != -EFBIG)
                        return (int)n;
        }
}

const char *stat_file_describe(int error)
{
        return error == -EBADMSG ? "expected lines such as \"anon N0=4096\"" : strerror(-error);
}
