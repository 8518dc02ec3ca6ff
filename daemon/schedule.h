/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Chooses when a pass runs, and how it may read tiers: after events (settle.h), again after a pass
 * that was inconclusive, and every rescan interval, for what no event reports. It reads no more of
 * /sys than which nodes have memory and how many events there were: the kernel takes no lock for
 * either. */

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/util.h"
#include "monitor.h"
#include "snapshot.h"
#include "sysroot/sysroot.h"

struct schedule;

/* A pass is due now: also called while one runs. Returns 0 or a negative errno. */
typedef int (*schedule_due_fn)(void *userdata);

/* root, which must outlive the schedule, is read in the event loop. */
int schedule_new(sd_event *event, struct sysroot *root, schedule_due_fn due, void *userdata,
                 struct schedule **ret);
struct schedule *schedule_free(struct schedule *s);
DEFINE_CLEANUP(struct schedule *, schedule_free)

/* Takes the times of the policy over. 0 or a negative errno. */
int schedule_set_policy(struct schedule *s, const struct policy *p);

/* The machine is a live one. receives: its events are reported from now on. Otherwise the kernel
 * sends none to this network namespace, and silence means nothing: then the kernel's count of
 * events decides whether memory is quiet. What was before is not known, so memory does not count as
 * quiet yet. */
void schedule_set_live(struct schedule *s, bool receives);

/* Events came. May call due(). */
int schedule_note_events(struct schedule *s, const struct monitor_news *news);

/* A pass is due and about to run: call this, then schedule_note_early_events() for events that wait
 * to be received, then schedule_begin_pass(). 0, or why the kernel's count of events could not be
 * read: then no tier is read from nodelist (quiet_report()). */
int schedule_prepare_pass(struct schedule *s);

/* Events came while a pass is prepared: it is due already. */
int schedule_note_early_events(struct schedule *s);

/* Chooses how the pass may read tiers: nodelist only if memory has been quiet, and only until the
 * kernel sends another event. */
struct tier_reading schedule_begin_pass(struct schedule *s);

/* The pass has ended with this result; NULL if there is none, also because it could not be run. */
int schedule_end_pass(struct schedule *s, const struct snapshot *result);
