/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What drain and online share: one node of the running machine, the lock, the thread that writes,
 * and the answer. */

#include "base/messages.h"
#include "cli/bar.h"
#include "cli/cli.h"
#include "cli/writer.h"
#include "online/run.h"
#include "online/unplug.h"

/* What the thread works on. It is not freed before the program ends, even if the kernel never ends
 * the write. */
struct hotplug_job {
        struct block block;
        enum block_request request;
        const struct memory_device *device;
        const char *name;
        struct messages *steps, *problems;
        struct cxl_decoders decoders;
};

struct hotplug {
        const struct arguments *a;
        const char *verb;
        unsigned node;
        uint64_t timeout_usec; /* 0: none */
        struct sysroot *root;
        int lock_fd;
        struct writer *writer;
        struct hotplug_job job;
        struct run *run;
        struct bar bar;
        bool counts_online;    /* what the bar counts: blocks online, or offline */
        struct messages steps; /* what was done beside the blocks */
        struct messages notes; /* what was not done, and why */
        bool has_failed;       /* one of them failed */
        bool was_recorded;     /* the node was recorded as drained before */
        char **reasons;        /* of each block, why it is not as wanted, or NULL */
};

/* Reads the operand and --timeout. 0, or EXIT_USAGE: that was said. */
int hotplug_parse(struct hotplug *h, const struct arguments *a, const char *verb);

/* Refuses a copy of a machine, and takes the lock. The root must be open. Reports what is wrong; 0
 * or a negative errno. hotplug_done() in any case, also if it was never called. */
int hotplug_begin(struct hotplug *h);

/* Reads the blocks of the node: may be none. */
int hotplug_read_table(struct hotplug *h, struct block_table **ret);

/* Takes the table over, and starts the thread that writes. */
int hotplug_start(struct hotplug *h, struct block_table *table);

void hotplug_done(struct hotplug *h);

/* As the make of struct run_hooks. */
int hotplug_make(struct hotplug *h, struct block *b, enum block_request q, uint64_t limit_usec);

/* As block_barrier(), in the thread, with the first block that is offline. */
int hotplug_barrier(struct hotplug *h);

/* The writes to devices, in the thread. */
int hotplug_unplug_dax(struct hotplug *h, const struct memory_device *d);
int hotplug_plug_dax(struct hotplug *h, const struct memory_device *d, enum block_request q);
int hotplug_eject(struct hotplug *h, const char *name);
int hotplug_remove_region(struct hotplug *h, const char *region, struct cxl_decoders *ret_held);
int hotplug_free_decoders(struct hotplug *h, struct cxl_decoders *d);

/* Adds the node to the record of drained nodes, or takes it out. Reports errors. 0 or a negative
 * errno. */
int hotplug_record(struct hotplug *h, bool drained);

/* The same with the record of nodes whose zone --zone chose. */
int hotplug_record_zone(struct hotplug *h, bool zoned);

/* Prints the answer: as JSON, or what stays and then the sentence. Returns the exit status. */
int hotplug_print(struct hotplug *h, bool done, const char *sentence);

/* As strerror(-error), but says what an interrupted write means. */
const char *hotplug_describe_error(int error);

/* Why a run ended early, or NULL. */
const char *hotplug_describe_end(int end);

/* "numatier: node 1: MESSAGE" on standard error. */
void hotplug_error(const struct hotplug *h, const char *format, ...) _printf_(2, 3);
