/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A kernel to play with: files from a capture, writes that do what the kernel's would, and faults.
 * The real kernels are in tests/vm; this one is for speed and for what they cannot be made to do.
 */

#include "apply/restore.h"
#include "testing.h"

#define FAKE_NODES 8

struct fake_kernel {
        struct sysroot *files;
        bool module;                   /* memtier_override takes "default", as our module does */
        unsigned tick_ms;              /* min_ttl_ms is rounded up to this; 0: 1 */
        bool has_bandwidths;           /* weighted_interleave/auto can be switched on */
        unsigned own_tier[FAKE_NODES]; /* where it puts a node of its own accord */
        /* faults: on the path that contains this text */
        const char *fail_path, *ignore_path, *unreadable_path;
        int fail_error, unreadable_error, replace_error;
        /* called before each write: may change what is there behind the writer's back */
        void (*before_write)(struct fake_kernel *k, const char *path);
        /* and before each read, once set */
        void (*before_read)(struct fake_kernel *k, const char *path);
        uint64_t identity;      /* of every directory (sysroot_identify()) but the next one */
        uint64_t acpi_identity; /* of the root of ACPI devices */
        /* what happened */
        unsigned reads, nodelist_reads, writes;
        bool state_saved_before_first_write;
        char log[1024]; /* the writes that were accepted, in order: "path=value\n" */
};

/* Owned by the root. */
struct sysroot *fake_kernel_new(const char *text, struct fake_kernel **ret);

/* What a file holds now, without its newline; valid until the next call. */
const char *fake_kernel_get(struct fake_kernel *k, const char *path);
void fake_kernel_set(struct fake_kernel *k, const char *path, const char *value);

/* All that the kernel shows, to be freed: "path=text" for each file below sys and proc, but for the
 * nodelists of tiers that no node is in (the kernel has no such tiers). */
char *fake_kernel_dump(struct fake_kernel *k);

/* The plan that undoes the journal, with the present values read: the caller frees it. */
struct plan *plan_restore_now(struct sysroot *root, const struct machine *m, const struct state *s);
