/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A virtual machine whose plain NUMA nodes are memory of this host's nodes, with the values that
 * this host's CPUs see: a pure function of machine, assignment and wish. Linux in the guest, and
 * numatier in it under the same policy, then come to the same tiers as here. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/messages.h"
#include "classify/assignment.h"
#include "guest/wish.h"

/* QEMU's MAX_NODES (include/sysemu/numa.h): of guest nodes, and the numbers of host nodes that
 * host-nodes= takes are below it. */
#define GUEST_NODES_MAX 128

/* A side cache has a level from 1 to 3 (QEMU's HMAT_LB_LEVELS). */
#define GUEST_CACHES_MAX 3

/* Initiators and cells are numbers of guest nodes: indices into guest.nodes. */
struct guest_node {
        const struct node_assignment *host;
        uint64_t mib;
        unsigned cpus, first_cpu; /* the guest's CPUs; 0: none */
        const char *host_cpus;    /* those of the host's node, "0-15,32-47", or NULL: unknown */
        unsigned initiator;       /* the guest node whose CPUs the values are for */
        struct perf perf;         /* as HMAT will have them; 0: unknown, left out */
        struct side_cache caches[GUEST_CACHES_MAX];
        unsigned n_caches;
};

struct guest {
        struct guest_node *nodes;
        size_t n;
        unsigned cpus;   /* of all nodes */
        unsigned cores;  /* of a socket: each node with CPUs has whole sockets */
        uint64_t mib;    /* of all nodes */
        bool has_values; /* there is a value: the guest gets an HMAT */
        bool split_latency, split_bandwidth; /* reads and writes have matrices of their own */
        uint8_t *distances; /* distances[i * n + j] from node i to node j; NULL: none is known */
        struct messages remarks;  /* what the description leaves out or changes, for its reader */
        struct messages warnings; /* what may go wrong when the guest runs on this host */
};

/* host_cpus: the list of the CPUs of each of machine.nodes, or NULL where it is unknown.
 * machine.nodes[].distance should have been read for all nodes (survey_fill_distances()). 0;
 * -EINVAL (reported in errors: what is asked does not go together, or no guest can be made of this
 * machine); -EAGAIN (reported: something cannot be read now); -ENOMEM. */
int guest_new(const struct assignment *a, const struct guest_wish *wish,
              const char *const *host_cpus, struct messages *errors, struct guest **ret);

struct guest *guest_free(struct guest *g);
DEFINE_CLEANUP(struct guest *, guest_free)

/* The distance between two nodes by the row of either, or 0: unknown. */
unsigned guest_get_distance(const struct machine *m, const struct node *from,
                            const struct node *to);

/* Adds the remarks and warnings that follow from the finished nodes (remarks.c). */
void guest_add_remarks(const struct assignment *a, struct guest *g);

/* The data types of a guest's HMAT: "access" where reads and writes are the same for all nodes.
 * Linux lets each matrix overwrite the one before it, also where that one has no entry
 * (hmat.c:hmat_parse_locality): one kind only for all nodes. */
struct guest_entry {
        unsigned target, initiator;
        const char *type; /* "access", "read", "write" */
        bool latency;     /* else bandwidth */
        uint32_t value;   /* ns, MiB/s; not 0 */
};

typedef void (*guest_entry_fn)(const struct guest_entry *e, void *userdata);
void guest_each_entry(const struct guest *g, guest_entry_fn fn, void *userdata);

/* Whether the distance from i to j is the one from j to i, for all. */
bool guest_is_symmetric(const struct guest *g);
