/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A queue of commands, and the thread that carries them out one after the other: a write to sysfs
 * may wait for minutes behind the kernel's hotplug lock, and the event loop must go on meanwhile.
 * The thread exists only while a command runs: an idle daemon has one thread and no wake-ups. */

#include <stdbool.h>
#include <systemd/sd-event.h>

#include "base/util.h"

/* The order of urgency: of the commands that wait, the first runs next. Each waits only once. */
enum command {
        COMMAND_WITHDRAW, /* what is known of tiers may be wrong: no longer say it */
        COMMAND_PASS,     /* reconcile */
        COMMAND_PUBLISH,  /* save what the event loop has found out, where no pass will */
        COMMAND_ONLINE,   /* a slice of bringing memory online (online/slice.h) */
        COMMANDS,
};

struct worker_handler {
        /* In the event loop, immediately before the command runs: gives it its arguments. It may
         * push a more urgent command, which then runs first (this one is prepared again later). */
        void (*prepare)(enum command c, void *userdata);
        /* In the thread. */
        void (*run)(enum command c, void *userdata);
        /* In the event loop, after the thread has ended. Returns 0 or a negative errno. */
        int (*done)(enum command c, void *userdata);
        /* In the event loop: no thread could be started. All commands go on waiting, until the next
         * push. Returns 0 or a negative errno. */
        int (*failed)(int error, void *userdata);
};

struct worker;

int worker_new(sd_event *event, const struct worker_handler *handler, void *userdata,
               struct worker **ret);

/* Adds a command to the queue, unless the same one waits there, and starts it if none runs.
 * 0, or what failed() returned. */
int worker_push(struct worker *w, enum command c);

/* Whether a command runs now. */
bool worker_is_busy(const struct worker *w);

/* A command that still runs is left to itself: what it uses must then not be freed. */
struct worker *worker_free(struct worker *w);
DEFINE_CLEANUP(struct worker *, worker_free)
