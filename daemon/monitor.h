/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Receives the kernel's uevents of the subsystems that concern memory. They report only that
 * something changed; the facts come from the next pass. */

#include <stdbool.h>
#include <systemd/sd-event.h>

#include "base/util.h"

struct monitor;

/* The sum of a batch of events. */
struct monitor_news {
        bool any;      /* memory, node, memory_tiering, cxl, dax, cpu or our module changed */
        bool complete; /* memory became usable, a driver finished: the machine may be complete */
        bool online;   /* memory that can be used now */
        bool removal;  /* something went: a tier may be gone, or have become another node's */
        bool offline;  /* it was memory: a node may be gone, or have come back as another */
        bool lost;     /* the kernel dropped events */
};

typedef int (*monitor_fn)(const struct monitor_news *news, void *userdata);

/* Receives events from now on. fn is called for events that matter, a batch at a time. */
int monitor_new(sd_event *event, monitor_fn fn, void *userdata, struct monitor **ret);
struct monitor *monitor_free(struct monitor *m);
DEFINE_CLEANUP(struct monitor *, monitor_free)

/* Receives what waits in the socket; fn is not called for it. */
void monitor_drain(struct monitor *m, struct monitor_news *news);

/* The same, from the text of an event as the kernel sends it: parts that are each ended by a NUL.
 */
void monitor_read_event(const char *text, size_t length, struct monitor_news *news);

/* Adds to news what one event means, by its subsystem and action. */
void monitor_classify(const char *subsystem, const char *action, struct monitor_news *news);
