/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Hears the kernel's uevents of subsystems that have to do with memory. They say only that
 * something changed; the facts come from a fresh look. */

#include <stdbool.h>
#include <systemd/sd-event.h>

#include "base/util.h"

struct monitor;

/* What a handful of events amounted to. */
struct monitor_news {
        bool any;      /* memory, node, memory_tiering, cxl, dax or our module changed */
        bool complete; /* memory became usable, a driver finished: the machine may be complete */
        bool online;   /* memory that can be used now */
        bool removal;  /* something went, so that a tier may be gone or another node's */
        bool offline;  /* and it was memory: a node may be gone, or back as another */
        bool lost;     /* the kernel dropped events */
};

typedef int (*monitor_fn)(const struct monitor_news *news, void *userdata);

/* Listens from now on. fn is called for events that matter, a batch at a time. */
int monitor_new(sd_event *event, monitor_fn fn, void *userdata, struct monitor **ret);
struct monitor *monitor_free(struct monitor *m);
DEFINE_CLEANUP(struct monitor *, monitor_free)

/* What has come and was not told yet; fn is not called for it. */
void monitor_drain(struct monitor *m, struct monitor_news *news);

/* What the text of one event means, as the kernel sends it: NUL-separated, and ended by one. */
void monitor_read_event(const char *text, size_t length, struct monitor_news *news);

/* What one event means, by its subsystem and action; news is added to. */
void monitor_classify(const char *subsystem, const char *action, struct monitor_news *news);
