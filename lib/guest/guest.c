/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guest/guest.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <sys/param.h>

#include "guest/entries.h"

/* Linux in a guest has memory blocks of 128 MiB: one that is in two nodes can never be taken
 * offline. */
#define BLOCK_MIB 128

#define SLIT_LOCAL  10
#define SLIT_REMOTE 20 /* what Linux assumes where there is no table (REMOTE_DISTANCE) */

struct maker {
        const struct assignment *assignment;
        const struct guest_wish *wish;
        const char *const *host_cpus;
        struct messages *errors;
        struct guest *guest;
};

static const struct node *host_of(const struct maker *m, size_t i)
{
        return m->guest->nodes[i].host->node;
}

/* What is still missing of such a node may yet come. */
static bool is_unsettled(struct maker *m, const struct node *n)
{
        if (n->unsettled)
                messages_add(m->errors, "the kernel is still bringing node %u up: try again",
                             n->id);
        return n->unsettled;
}

/* The driver of a GPU uses its memory as it likes. */
static bool is_for_guests(const struct node *n)
{
        return n->has_memory && !n->half_there && n->kind != KIND_GPU && !n->may_be_gpu;
}

static void add_node(struct maker *m, size_t i)
{
        struct guest *g = m->guest;

        g->nodes[g->n++] = (struct guest_node){
                .host = &m->assignment->nodes[i],
                .host_cpus = m->host_cpus ? m->host_cpus[i] : NULL,
        };
}

static int choose_all_nodes(struct maker *m)
{
        const struct machine *machine = m->assignment->machine;

        for (size_t i = 0; i < machine->n_nodes; i++) {
                if (is_unsettled(m, &machine->nodes[i]))
                        return -EAGAIN;
                if (is_for_guests(&machine->nodes[i]))
                        add_node(m, i);
        }
        return 0;
}

static int choose_named_nodes(struct maker *m)
{
        const struct machine *machine = m->assignment->machine;
        struct nodeset seen = { 0 };

        for (size_t i = 0; i < m->wish->n_nodes; i++) {
                unsigned id = m->wish->nodes[i];
                const struct node *n = machine_get_node(machine, id);

                if (nodeset_has(&seen, id)) {
                        messages_add(m->errors, "--nodes: node %u is there twice", id);
                        return -EINVAL;
                }
                if (!n || !n->has_memory) {
                        messages_add(m->errors,
                                     n ? "--nodes: node %u has no memory online"
                                       : "--nodes: there is no node %u online",
                                     id);
                        return -EINVAL;
                }
                if (is_unsettled(m, n))
                        return -EAGAIN;
                nodeset_add(&seen, id);
                add_node(m, (size_t)(n - machine->nodes));
        }
        return 0;
}

static int choose_nodes(struct maker *m)
{
        struct guest *g = m->guest;
        int r;

        g->nodes = calloc(MAX(m->assignment->n_nodes, 1), sizeof(*g->nodes));
        if (!g->nodes)
                return -ENOMEM;
        r = m->wish->n_nodes > 0 ? choose_named_nodes(m) : choose_all_nodes(m);
        if (r < 0)
                return r;
        if (g->n == 0) {
                messages_add(m->errors, "no node has memory for a guest");
                return -EINVAL;
        }
        for (size_t i = 0; i < g->n; i++)
                if (g->n > GUEST_NODES_MAX || host_of(m, i)->id >= GUEST_NODES_MAX) {
                        messages_add(m->errors,
                                     "QEMU has at most %d nodes, and knows of this machine only "
                                     "those below %d: choose them with --nodes",
                                     GUEST_NODES_MAX, GUEST_NODES_MAX);
                        return -EINVAL;
                }
        return 0;
}

/* One for all nodes, or one for each. */
static int check_count(struct maker *m, const char *option, size_t n)
{
        if (n <= 1 || n == m->guest->n)
                return 0;
        messages_add(m->errors, "%s: expected one value, or one for each of the %zu nodes", option,
                     m->guest->n);
        return -EINVAL;
}

/* Half of the node: the host keeps the rest, and the nodes keep their proportions. */
static uint64_t choose_size(const struct node *n)
{
        uint64_t mib = (n->size_kib >> 11) / BLOCK_MIB * BLOCK_MIB;

        return MAX(mib, BLOCK_MIB);
}

static int set_sizes(struct maker *m)
{
        const struct guest_wish *w = m->wish;
        struct guest *g = m->guest;
        int r = check_count(m, "--memory", w->n_mib);

        if (r < 0)
                return r;
        for (size_t i = 0; i < g->n; i++) {
                const struct node *n = host_of(m, i);

                if (w->n_mib == 0 && n->size_kib == 0) {
                        messages_add(m->errors,
                                     "the size of node %u cannot be read: say the sizes with "
                                     "--memory",
                                     n->id);
                        return -EAGAIN;
                }
                g->nodes[i].mib = w->n_mib > 0 ? w->mib[w->n_mib > 1 ? i : 0] : choose_size(n);
                g->mib += g->nodes[i].mib;
        }
        return 0;
}

/* "0-15,32-47": how many these are; 0: it is not such a list. */
static unsigned count_cpus(const char *list)
{
        unsigned first, last, count = 0;
        int used;

        while (list && *list != '\0') {
                if (sscanf(list, "%u%n", &first, &used) != 1)
                        return 0;
                list += used;
                last = first;
                if (*list == '-' && sscanf(++list, "%u%n", &last, &used) == 1)
                        list += used;
                if (last < first || last - first >= 65536 || (*list != ',' && *list != '\0'))
                        return 0;
                count += last - first + 1;
                list += *list == ',';
        }
        return count;
}

static unsigned choose_cpus(const struct guest_node *n)
{
        unsigned count = count_cpus(n->host_cpus);

        return count > 0 ? count : 1;
}

/* If none of the nodes has CPUs here, the baseline gets them: then it is the baseline there, too.
 */
static void set_default_cpus(struct maker *m)
{
        struct guest *g = m->guest;
        unsigned number = m->wish->n_cpus == 1 ? m->wish->cpus[0] : 0;
        bool any = false;

        for (size_t i = 0; i < g->n; i++)
                any = any || host_of(m, i)->has_cpu;
        for (size_t i = 0; i < g->n; i++)
                if (any ? host_of(m, i)->has_cpu : host_of(m, i) == m->assignment->baseline)
                        g->nodes[i].cpus =
                                m->wish->n_cpus == 1 ? number : choose_cpus(&g->nodes[i]);
}

static int set_cpus(struct maker *m)
{
        const struct guest_wish *w = m->wish;
        struct guest *g = m->guest;
        int r = check_count(m, "--cpus", w->n_cpus);

        if (r < 0)
                return r;
        if (w->n_cpus <= 1 && g->n != w->n_cpus)
                set_default_cpus(m);
        else
                for (size_t i = 0; i < g->n; i++)
                        g->nodes[i].cpus = w->cpus[i];
        for (size_t i = 0; i < g->n; i++) {
                g->nodes[i].first_cpu = g->cpus;
                g->cpus += g->nodes[i].cpus;
                g->cores = (unsigned)greatest_common_divisor(g->nodes[i].cpus, g->cores);
        }
        if (g->cpus == 0 || g->cpus > UINT16_MAX) {
                messages_add(m->errors, g->cpus == 0
                                                ? "none of these nodes has CPUs: a guest needs a "
                                                  "node with CPUs (--nodes, --cpus)"
                                                : "QEMU has at most 65535 CPUs: say how many with "
                                                  "--cpus");
                return -EINVAL;
        }
        return 0;
}

unsigned guest_get_distance(const struct machine *m, const struct node *from, const struct node *to)
{
        unsigned there = from->distance ? from->distance[to - m->nodes] : 0;

        if (there == 0 && to->distance)
                there = to->distance[from - m->nodes];
        return there;
}

/* QEMU takes the distances of all pairs or of none (hw/core/numa.c:validate_numa_distance). */
static int set_distances(struct maker *m)
{
        struct guest *g = m->guest;
        bool any = false, all = true;

        g->distances = calloc(g->n * g->n, sizeof(*g->distances));
        if (!g->distances)
                return -ENOMEM;
        for (size_t i = 0; i < g->n; i++)
                for (size_t j = 0; j < g->n; j++) {
                        unsigned d = i == j ? SLIT_LOCAL
                                            : guest_get_distance(m->assignment->machine,
                                                                 host_of(m, i), host_of(m, j));

                        any = any || (i != j && d >= SLIT_LOCAL);
                        all = all && d >= SLIT_LOCAL;
                        g->distances[i * g->n + j] = (uint8_t)(d >= SLIT_LOCAL ? d : SLIT_REMOTE);
                }
        if (any && !all)
                messages_add(&g->remarks,
                             "The distance between some of the nodes is not known: it is %d, as "
                             "Linux assumes",
                             SLIT_REMOTE);
        if (any)
                return 0;
        if (g->n > 1)
                messages_add(&g->remarks,
                             "No distance between these nodes is known: Linux in the guest assumes "
                             "%d, and policies that use slit take that for a fact",
                             SLIT_REMOTE);
        free(g->distances);
        g->distances = NULL;
        return 0;
}

/* A node with CPUs is its own initiator: QEMU accepts no other (hw/core/machine.c). */
static void set_initiators(struct maker *m)
{
        struct guest *g = m->guest;

        for (size_t i = 0; i < g->n; i++) {
                size_t best = SIZE_MAX;

                if (g->nodes[i].cpus > 0)
                        best = i;
                for (size_t j = 0; j < g->n && best != i; j++)
                        if (g->nodes[j].cpus > 0 &&
                            (best == SIZE_MAX ||
                             (g->distances &&
                              g->distances[j * g->n + i] < g->distances[best * g->n + i])))
                                best = j;
                assert(best < g->n); /* some node has CPUs */
                g->nodes[i].initiator = (unsigned)best;
        }
}

/* Only what is known in ns or MiB/s: a distance is neither. */
static int set_values_of(struct maker *m, struct guest_node *n)
{
        const struct figures *f = &n->host->figures;

        for (unsigned v = 0; v < PERF_VALUES; v++) {
                const struct figure *value = &f->values[v];

                if (value->unreadable) {
                        messages_add(m->errors, "the %s of node %u cannot be read now",
                                     perf_value_name(v), n->host->node->id);
                        return -EAGAIN;
                }
                if (!figure_is_known(value) || value->relative || value->source == SOURCE_SLIT)
                        continue;
                assert(value->value <= UINT32_MAX);
                n->perf.v[v] = (uint32_t)value->value;
                if (perf_value_is_latency(v) && n->perf.v[v] > GUEST_LATENCY_MAX) {
                        messages_add(&m->guest->remarks,
                                     "The %s of node %u (%" PRIu32 " ns) is left out: Linux reads "
                                     "no more than %u ns from HMAT",
                                     perf_value_name(v), n->host->node->id, n->perf.v[v],
                                     GUEST_LATENCY_MAX);
                        n->perf.v[v] = 0;
                }
        }
        return 0;
}

static const char *describe(unsigned v, bool split)
{
        static const char *const names[] = { "read latencies", "write latencies", "read bandwidths",
                                             "write bandwidths" };

        if (split)
                return names[v];
        return perf_value_is_latency(v) ? "latencies" : "bandwidths";
}

/* Of the values of one kind, which the nodes now have, and had before. */
static void remark_rounding(struct guest *g, unsigned v, bool split, uint32_t unit,
                            const uint32_t *before)
{
        const char *unit_name = perf_value_is_latency(v) ? "ns" : "MiB/s";
        size_t changed = 0, worst = 0;
        double most = 0;

        for (size_t i = 0; i < g->n; i++) {
                double error = before[i] ? (double)g->nodes[i].perf.v[v] / before[i] - 1 : 0;

                error = error < 0 ? -error : error;
                changed += error > 0;
                if (error > most) {
                        most = error;
                        worst = i;
                }
        }
        if (changed > 0)
                messages_add(&g->remarks,
                             "The %s are rounded to multiples of %" PRIu32 " %s, since QEMU has 16 "
                             "bits for each: that of node %u becomes %" PRIu32
                             " instead of %" PRIu32 " %s%s",
                             describe(v, split), unit, unit_name, g->nodes[worst].host->node->id,
                             g->nodes[worst].perf.v[v], before[worst], unit_name,
                             changed > 1 ? ", the others by less" : "");
}

static int fit(struct guest *g, unsigned v, bool split)
{
        uint32_t *before = calloc(g->n * 2, sizeof(*before)), *after, unit;

        if (!before)
                return -ENOMEM;
        after = before + g->n;
        for (size_t i = 0; i < g->n; i++)
                before[i] = after[i] = g->nodes[i].perf.v[v];
        unit = guest_fit_entries(after, g->n, perf_value_is_latency(v));
        for (size_t i = 0; i < g->n; i++)
                g->nodes[i].perf.v[v] = after[i];
        if (split || v == READ_LATENCY || v == READ_BANDWIDTH)
                remark_rounding(g, v, split, unit, before);
        free(before);
        return 0;
}

static bool differs(const struct guest *g, unsigned read, unsigned write)
{
        for (size_t i = 0; i < g->n; i++)
                if (g->nodes[i].perf.v[read] != g->nodes[i].perf.v[write])
                        return true;
        return false;
}

static int set_values(struct maker *m)
{
        struct guest *g = m->guest;
        int r = 0;

        for (size_t i = 0; i < g->n && r == 0; i++) {
                r = set_values_of(m, &g->nodes[i]);
                g->has_values = g->has_values || perf_is_known(&g->nodes[i].perf);
        }
        g->split_latency = differs(g, READ_LATENCY, WRITE_LATENCY);
        g->split_bandwidth = differs(g, READ_BANDWIDTH, WRITE_BANDWIDTH);
        for (unsigned v = 0; v < PERF_VALUES && r == 0; v++)
                r = fit(g, v, perf_value_is_latency(v) ? g->split_latency : g->split_bandwidth);
        return r;
}

static const struct side_cache *find_cache(const struct node *n, unsigned level)
{
        for (unsigned i = 0; i < n->n_caches; i++)
                if (n->caches[i].level == level)
                        return &n->caches[i];
        return NULL;
}

/* QEMU: levels 1 to 3 without a gap, each greater than the one before it; and only for a node with
 * a latency and a bandwidth (hw/core/numa.c:parse_numa_hmat_cache). */
static void set_caches(struct guest *g)
{
        for (size_t i = 0; i < g->n; i++) {
                struct guest_node *n = &g->nodes[i];
                const struct node *host = n->host->node;
                const struct perf *p = &n->perf;
                bool latency = p->v[READ_LATENCY] || p->v[WRITE_LATENCY];
                bool bandwidth = p->v[READ_BANDWIDTH] || p->v[WRITE_BANDWIDTH];

                while (latency && bandwidth && n->n_caches < GUEST_CACHES_MAX) {
                        const struct side_cache *c = find_cache(host, n->n_caches + 1);

                        if (!c || c->size < 1024 || c->line_size > UINT16_MAX ||
                            (n->n_caches > 0 && c->size <= n->caches[n->n_caches - 1].size))
                                break;
                        n->caches[n->n_caches++] = *c;
                }
                if (n->n_caches < host->n_caches)
                        messages_add(&g->remarks,
                                     "Side caches of node %u are left out: QEMU takes levels 1 to "
                                     "3, each larger than the one before it, and only with a "
                                     "latency and a bandwidth",
                                     host->id);
        }
}

/* Linux in the guest takes memory for itself, most of it from node 0. The node that has the most
 * here is to have the most there: it is the baseline. */
static void favour_baseline(struct maker *m)
{
        struct guest_node *baseline = NULL;
        struct guest *g = m->guest;
        bool tie = false;

        for (size_t i = 0; i < g->n; i++)
                if (host_of(m, i) == m->assignment->baseline)
                        baseline = &g->nodes[i];
        for (size_t i = 0; baseline && i < g->n; i++)
                tie = tie || (g->nodes[i].cpus > 0 && &g->nodes[i] != baseline &&
                              g->nodes[i].mib == baseline->mib);
        if (!tie || m->wish->n_mib > 0)
                return;
        baseline->mib += BLOCK_MIB;
        g->mib += BLOCK_MIB;
}

static int make(struct maker *m)
{
        int r = choose_nodes(m);

        if (r == 0)
                r = set_sizes(m);
        if (r == 0)
                r = set_cpus(m);
        if (r == 0)
                r = set_distances(m);
        if (r < 0)
                return r;
        favour_baseline(m);
        set_initiators(m);
        r = set_values(m);
        if (r < 0)
                return r;
        set_caches(m->guest);
        guest_add_remarks(m->assignment, m->guest);
        return 0;
}

int guest_new(const struct assignment *a, const struct guest_wish *wish,
              const char *const *host_cpus, struct messages *errors, struct guest **ret)
{
        _cleanup_(guest_freep) struct guest *g = calloc(1, sizeof(*g));
        struct maker m = { a, wish, host_cpus, errors, g };
        int r = g ? make(&m) : -ENOMEM;

        if (r < 0)
                return r;
        *ret = TAKE_PTR(g);
        return 0;
}

struct guest *guest_free(struct guest *g)
{
        if (!g)
                return NULL;
        free(g->nodes);
        free(g->distances);
        messages_done(&g->remarks);
        messages_done(&g->warnings);
        free(g);
        return NULL;
}

static void each_of(const struct guest *g, unsigned v, const char *type, guest_entry_fn fn,
                    void *userdata)
{
        for (unsigned i = 0; i < g->n; i++) {
                const struct guest_node *n = &g->nodes[i];
                struct guest_entry e = { i, n->initiator, type, perf_value_is_latency(v),
                                         n->perf.v[v] };

                if (e.value != 0)
                        fn(&e, userdata);
        }
}

void guest_each_entry(const struct guest *g, guest_entry_fn fn, void *userdata)
{
        each_of(g, READ_LATENCY, g->split_latency ? "read" : "access", fn, userdata);
        if (g->split_latency)
                each_of(g, WRITE_LATENCY, "write", fn, userdata);
        each_of(g, READ_BANDWIDTH, g->split_bandwidth ? "read" : "access", fn, userdata);
        if (g->split_bandwidth)
                each_of(g, WRITE_BANDWIDTH, "write", fn, userdata);
}

bool guest_is_symmetric(const struct guest *g)
{
        for (size_t i = 0; g->distances && i < g->n; i++)
                for (size_t j = 0; j < i; j++)
                        if (g->distances[i * g->n + j] != g->distances[j * g->n + i])
                                return false;
        return true;
}
