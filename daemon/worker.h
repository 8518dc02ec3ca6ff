/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One job at a time, in a thread of its own that exists only while it runs: a write to sysfs may
 * wait for minutes behind the kernel's hotplug lock, and the event loop must go on meanwhile. */

#include <stdbool.h>
#include <systemd/sd-event.h>

#include "base/util.h"

struct worker;

typedef void (*worker_run_fn)(void *userdata); /* in the thread */
typedef int (*worker_done_fn)(void *userdata); /* in the event loop, when the thread has ended */

/* done is called after each job. */
int worker_new(sd_event *event, worker_run_fn run, worker_done_fn done, void *userdata,
               struct worker **ret);

/* Starts a job; -EBUSY while one runs. */
int worker_start(struct worker *w);

bool worker_is_busy(const struct worker *w);

/* A job that still runs is left to itself: what it uses must then not be freed. */
struct worker *worker_free(struct worker *w);
DEFINE_CLEANUP(struct worker *, worker_free)
