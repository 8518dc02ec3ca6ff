/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What must outlive one run but not the boot, kept in run/numatier/state: what was there before our
 * first write (for restore), each node's last assignment (for hysteresis), the HMAT figures that
 * the kernel shows only once, the nodes of GPUs, and the tiers a running daemon knows. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/messages.h"
#include "base/util.h"
#include "facts/machine.h"
#include "sysroot/sysroot.h"

#define STATE_PATH "run/numatier/state"

struct state_original {
        char *path;
        char *value; /* as it was before our first write */
};

struct state_node {
        unsigned node;
        char *tier;             /* the last assignment, or NULL */
        uint32_t original_tier; /* the tier Linux itself gave it, or TIER_UNKNOWN */
        uint32_t present_tier;  /* the tier it was last seen in, or TIER_UNKNOWN */
        uint32_t placed; /* the tier it was last seen in as wanted, or TIER_UNKNOWN; this run's */
        bool manual;     /* it was moved by hand since, and left there */
};

struct state_memory {
        char *key; /* of key_read() */
        bool present[ACCESS_CLASSES];
        struct perf access[ACCESS_CLASSES];
};

/* A GPU and the node that its memory is, as its driver reported it last. */
struct state_gpu {
        char *address;
        unsigned node;
};

struct state {
        pid_t daemon;    /* who keeps memory_tier current, or 0 */
        bool tiering;    /* NUMA balancing's tiering mode has been on in this boot */
        bool seen_off;   /* the last pass read 0 there: it lasts (plan_tiering()) */
        uint64_t policy; /* the hash of the policy of the last assignment */
        char *baseline;  /* the key of the memory that was the baseline then, or NULL */
        struct state_original *originals; /* in the order they were first written */
        size_t n_originals, originals_allocated;
        struct state_node *nodes; /* ascending */
        size_t n_nodes, nodes_allocated;
        struct state_memory *memories;
        size_t n_memories, memories_allocated;
        struct state_gpu *gpus;
        size_t n_gpus, gpus_allocated;
        bool unsaved; /* the last attempt to save it failed */
};

int state_new(struct state **ret);
struct state *state_free(struct state *s);
DEFINE_CLEANUP(struct state *, state_free)

/* 0, -EBADMSG (told in errors; ret untouched), -ENOMEM. */
int state_parse(const char *text, size_t size, const char *name, struct messages *errors,
                struct state **ret);
int state_format(const struct state *s, char **ret);

/* Reads and writes STATE_PATH. No file is an empty state; one that cannot be parsed is told in
 * problems and taken as empty. */
int state_load(struct sysroot *root, struct messages *problems, struct state **ret);
int state_save(struct sysroot *root, struct state *s);

/* The entry of a node, made if asked to (NULL: there is none, or no memory). */
struct state_node *state_get_node(const struct state *s, unsigned node);
struct state_node *state_make_node(struct state *s, unsigned node);
void state_forget_node(struct state *s, unsigned node);

const struct state_memory *state_get_memory(const struct state *s, const char *key);
int state_remember_memory(struct state *s, const char *key, const struct node *node);

/* The GPU's entry is made, changed, or removed. 0 or -ENOMEM. */
int state_remember_gpu(struct state *s, const char *address, unsigned node);
void state_forget_gpu(struct state *s, const char *address);

/* Notes what a file held before our first write to it; later calls for the same path do nothing. */
int state_note_original(struct state *s, const char *path, const char *value);
const struct state_original *state_get_original(const struct state *s, const char *path);
void state_forget_original(struct state *s, const char *path);

/* Whether NUMA balancing's tiering mode may have been on in this boot, as far as is known: also if
 * an earlier version wrote to that setting, whatever it held before. */
bool state_was_tiering(const struct state *s);

/* Whether the daemon that wrote this state still runs (proc/PID/comm below root says so). */
bool state_daemon_is_alive(const struct state *s, struct sysroot *root);
