/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guest/qemu.h"

#include <errno.h>
#include <inttypes.h>

/* Nothing of a remark ends its comment: names in it come from the policy. */
static void print_comment(FILE *f, const char *text)
{
        fputs("# ", f);
        for (; *text; text++)
                fputc((unsigned char)*text < ' ' ? '?' : *text, f);
        fputc('\n', f);
}

static void print_head(FILE *f, const struct guest *g)
{
        fputs("#!/bin/sh\n# Made by numatier guest: memory of this host's nodes, as its CPUs see "
              "it.\n# Add disks, devices and -accel as arguments.\n",
              f);
        for (size_t i = 0; i < g->n; i++) {
                const struct guest_node *n = &g->nodes[i];
                unsigned last = n->first_cpu + n->cpus - 1;

                fprintf(f, "# Guest node %zu: node %u (%s)", i, n->host->node->id,
                        node_kind_name(n->host->node->kind));
                if (n->cpus > 0 && n->host_cpus)
                        fprintf(f, "; the threads of its CPUs (%u-%u) belong on CPUs %s",
                                n->first_cpu, last, n->host_cpus);
                fputc('\n', f);
        }
        for (size_t i = 0; i < g->remarks.n; i++)
                print_comment(f, g->remarks.items[i]);
}

static void print_node(FILE *f, const struct guest *g, size_t i)
{
        const struct guest_node *n = &g->nodes[i];

        fprintf(f,
                "    -object memory-backend-ram,id=node%zu,size=%" PRIu64
                "M,host-nodes=%u,policy=bind \\\n    -numa node,nodeid=%zu,memdev=node%zu",
                i, n->mib, n->host->node->id, i, i);
        if (n->cpus > 0)
                fprintf(f, ",cpus=%u-%u", n->first_cpu, n->first_cpu + n->cpus - 1);
        if (g->has_values) /* with hmat=on, a node without CPUs must have one */
                fprintf(f, ",initiator=%u", n->initiator);
        fputs(" \\\n", f);
}

/* In one direction, if that says all. */
static void print_distances(FILE *f, const struct guest *g)
{
        bool symmetric = guest_is_symmetric(g);

        for (size_t i = 0; g->distances && i < g->n; i++)
                for (size_t j = symmetric ? i + 1 : 0; j < g->n; j++)
                        if (i != j)
                                fprintf(f, "    -numa dist,src=%zu,dst=%zu,val=%u \\\n", i, j,
                                        g->distances[i * g->n + j]);
}

static void print_entry(const struct guest_entry *e, void *userdata)
{
        FILE *f = userdata;
        const char *what = e->latency ? "latency" : "bandwidth";

        fprintf(f,
                "    -numa "
                "hmat-lb,initiator=%u,target=%u,hierarchy=memory,data-type=%s-%s,%s=%" PRIu32
                "%s \\\n",
                e->initiator, e->target, e->type, what, what, e->value, e->latency ? "" : "M");
}

/* After hmat-lb, which must say something of the node first; level by level. */
static void print_caches(FILE *f, size_t i, const struct guest_node *n)
{
        static const char *const indexing[] = { "direct", "complex" };
        static const char *const policies[] = { "write-back", "write-through" };

        for (unsigned c = 0; c < n->n_caches; c++) {
                const struct side_cache *s = &n->caches[c];

                fprintf(f,
                        "    -numa hmat-cache,node-id=%zu,size=%" PRIu64
                        ",level=%u,associativity=%s,policy=%s,line=%u \\\n",
                        i, s->size, s->level,
                        s->indexing < ELEMENTSOF(indexing) ? indexing[s->indexing] : "none",
                        s->write_policy < ELEMENTSOF(policies) ? policies[s->write_policy] : "none",
                        s->line_size);
        }
}

static void print_script(FILE *f, const struct guest *g)
{
        print_head(f, g);
        fprintf(f, "qemu-system-x86_64 \\\n    -machine q35%s \\\n",
                g->has_values ? ",hmat=on" : "");
        fprintf(f, "    -smp %u,sockets=%u,cores=%u,threads=1 \\\n    -m %" PRIu64 "M \\\n",
                g->cpus, g->cpus / g->cores, g->cores, g->mib);
        for (size_t i = 0; i < g->n; i++)
                print_node(f, g, i);
        print_distances(f, g);
        guest_each_entry(g, print_entry, f);
        for (size_t i = 0; i < g->n; i++)
                print_caches(f, i, &g->nodes[i]);
        fputs("    \"$@\"\n", f);
}

int guest_format_qemu(const struct guest *g, char **ret)
{
        size_t size;
        FILE *f = open_memstream(ret, &size);
        bool failed;

        if (!f)
                return -ENOMEM;
        print_script(f, g);
        failed = ferror(f);
        if (fclose(f) == 0 && !failed)
                return 0;
        free(TAKE_PTR(*ret));
        return -ENOMEM;
}
