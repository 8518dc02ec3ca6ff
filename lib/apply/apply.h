/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The only effect: carries out a plan, write by write, and reports what each did. */

#include <stddef.h>
#include <stdint.h>

#include "apply/plan.h"
#include "base/util.h"
#include "state/state.h"
#include "sysroot/sysroot.h"

enum outcome {
        OUTCOME_DONE,       /* written, and reads back as expected */
        OUTCOME_ALREADY,    /* compared first: it already held the value */
        OUTCOME_IGNORED,    /* the kernel accepted the write and did something else */
        OUTCOME_UNVERIFIED, /* accepted; it cannot be read back safely now */
        OUTCOME_GONE,       /* the file vanished: hotplug; another pass is needed */
        OUTCOME_BUSY,       /* EAGAIN, EBUSY, EINTR: worth another try */
        OUTCOME_FAILED,     /* refused; see error */
        OUTCOME_HELD,       /* not written: the guard is not there, or is still needed */
        OUTCOMES,
};

const char *outcome_name(enum outcome o); /* "done" ... */

struct report_entry {
        const struct plan_write *write;
        enum outcome outcome;
        bool made;   /* the kernel accepted the write, whatever it did then */
        int error;   /* 0 or a negative errno */
        char *after; /* what it read afterwards, or NULL */
};

struct report {
        struct report_entry *entries; /* as plan->writes */
        size_t n_entries;
        size_t count[OUTCOMES];
};

/* Writes what the plan says. state takes each file's original value and what is to be written, and
 * is saved before the first write, so that restore works whatever happens next. Afterwards it takes
 * what was written, which the caller saves. One failed write does not stop the others.
 * plan must outlive the report. problems: which file could not be saved. 0, -ENOMEM, or the error
 * of saving the state (then nothing was written). */
int apply_plan(struct sysroot *root, const struct plan *plan, struct state *state,
               struct messages *problems, struct report **ret);

/* The same for a restore plan: what was undone is forgotten by the state instead of noted. An error
 * of saving the state may also come after the writes; then there is a report. */
int apply_restore(struct sysroot *root, const struct plan *plan, struct state *state,
                  struct messages *problems, struct report **ret);

/* How many of the writes did not take effect. */
size_t report_count_undone(const struct report *r);

struct report *report_free(struct report *r);
DEFINE_CLEANUP(struct report *, report_free)
