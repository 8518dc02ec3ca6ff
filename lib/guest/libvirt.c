/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guest/libvirt.h"

#include <errno.h>
#include <inttypes.h>

/* Nothing of a remark ends its comment, in which no two dashes may stand together (XML 1.0, 2.5):
 * names in it come from the policy. */
static void print_comment(FILE *f, const char *text)
{
        fputs("  ", f);
        for (; *text; text++) {
                char c = (unsigned char)*text < ' ' || *text == '-' ? ' ' : *text;

                /* a word with a dash keeps it: "write-back" */
                if (*text == '-' && text[1] != '-' && text[1] != '\0' && text[1] != '>')
                        c = '-';
                fputc(c, f);
        }
        fputs(".\n", f);
}

static void print_head(FILE *f, const struct guest *g)
{
        fputs("<!--\n  Made by numatier guest: memory of this host's nodes, as its CPUs see it. "
              "Add disks and devices.\n",
              f);
        for (size_t i = 0; i < g->n; i++)
                fprintf(f, "  Cell %zu: node %u (%s).\n", i, g->nodes[i].host->node->id,
                        node_kind_name(g->nodes[i].host->node->kind));
        for (size_t i = 0; i < g->remarks.n; i++)
                print_comment(f, g->remarks.items[i]);
        fputs("-->\n", f);
}

/* The values hold for CPUs of the node. */
static void print_pins(FILE *f, const struct guest *g)
{
        bool any = false;

        for (size_t i = 0; i < g->n; i++)
                any = any || (g->nodes[i].cpus > 0 && g->nodes[i].host_cpus);
        if (!any)
                return;
        fputs("  <cputune>\n", f);
        for (size_t i = 0; i < g->n; i++) {
                const struct guest_node *n = &g->nodes[i];

                for (unsigned c = 0; n->host_cpus && c < n->cpus; c++)
                        fprintf(f, "    <vcpupin vcpu='%u' cpuset='%s'/>\n", n->first_cpu + c,
                                n->host_cpus);
        }
        fputs("  </cputune>\n", f);
}

static void print_numatune(FILE *f, const struct guest *g)
{
        fputs("  <numatune>\n", f);
        for (size_t i = 0; i < g->n; i++)
                fprintf(f, "    <memnode cellid='%zu' mode='strict' nodeset='%u'/>\n", i,
                        g->nodes[i].host->node->id);
        fputs("  </numatune>\n", f);
}

static void print_caches(FILE *f, const struct guest_node *n)
{
        /* QEMU's "complex" is libvirt's "full" */
        static const char *const indexing[] = { "direct", "full" };
        static const char *const policies[] = { "writeback", "writethrough" };

        for (unsigned c = 0; c < n->n_caches; c++) {
                const struct side_cache *s = &n->caches[c];

                fprintf(f,
                        "        <cache level='%u' associativity='%s' policy='%s'>\n          "
                        "<size value='%" PRIu64 "' unit='KiB'/>\n          <line value='%u' "
                        "unit='B'/>\n        </cache>\n",
                        s->level,
                        s->indexing < ELEMENTSOF(indexing) ? indexing[s->indexing] : "none",
                        s->write_policy < ELEMENTSOF(policies) ? policies[s->write_policy] : "none",
                        s->size >> 10, s->line_size);
        }
}

static void print_cell(FILE *f, const struct guest *g, size_t i)
{
        const struct guest_node *n = &g->nodes[i];

        fprintf(f, "      <cell id='%zu'", i);
        if (n->cpus > 0)
                fprintf(f, " cpus='%u-%u'", n->first_cpu, n->first_cpu + n->cpus - 1);
        fprintf(f, " memory='%" PRIu64 "' unit='MiB'", n->mib);
        if (!g->distances && n->n_caches == 0) {
                fputs("/>\n", f);
                return;
        }
        fputs(">\n", f);
        if (g->distances)
                fputs("        <distances>\n", f);
        for (size_t j = 0; g->distances && j < g->n; j++)
                fprintf(f, "          <sibling id='%zu' value='%u'/>\n", j,
                        g->distances[i * g->n + j]);
        if (g->distances)
                fputs("        </distances>\n", f);
        print_caches(f, n);
        fputs("      </cell>\n", f);
}

static void print_entry(const struct guest_entry *e, void *userdata)
{
        fprintf(userdata,
                "        <%s initiator='%u' target='%u' type='%s' value='%" PRIu32 "'%s/>\n",
                e->latency ? "latency" : "bandwidth", e->initiator, e->target, e->type, e->value,
                e->latency ? "" : " unit='MiB'");
}

static void print_cpu(FILE *f, const struct guest *g)
{
        fprintf(f,
                "  <cpu mode='host-passthrough'>\n    <topology sockets='%u' dies='1' cores='%u' "
                "threads='1'/>\n    <numa>\n",
                g->cpus / g->cores, g->cores);
        for (size_t i = 0; i < g->n; i++)
                print_cell(f, g, i);
        if (g->has_values) {
                fputs("      <interconnects>\n", f);
                guest_each_entry(g, print_entry, f);
                fputs("      </interconnects>\n", f);
        }
        fputs("    </numa>\n  </cpu>\n", f);
}

static void print_domain(FILE *f, const struct guest *g)
{
        print_head(f, g);
        fprintf(f,
                "<domain type='kvm'>\n  <name>numatier-guest</name>\n  <memory unit='MiB'>%" PRIu64
                "</memory>\n  <vcpu placement='static'>%u</vcpu>\n",
                g->mib, g->cpus);
        print_pins(f, g);
        print_numatune(f, g);
        fputs("  <os>\n    <type arch='x86_64' machine='q35'>hvm</type>\n  </os>\n  "
              "<features>\n    <acpi/>\n    <apic/>\n  </features>\n",
              f);
        print_cpu(f, g);
        fputs("</domain>\n", f);
}

int guest_format_libvirt(const struct guest *g, char **ret)
{
        size_t size;
        FILE *f = open_memstream(ret, &size);
        bool failed;

        if (!f)
                return -ENOMEM;
        print_domain(f, g);
        failed = ferror(f);
        if (fclose(f) == 0 && !failed)
                return 0;
        free(TAKE_PTR(*ret));
        return -ENOMEM;
}
