/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One run of numatier measure: the lock, the machine, then node after node. What is wrong is
 * printed on standard error when it is found. */

#include "base/nodeset.h"
#include "measure/measure.h"
#include "measure/table.h"

struct measure_session_arguments {
        struct measure_options options;
        struct nodeset nodes; /* empty: all that have memory, except GPUs' */
        bool dry_run;         /* measure without storing */
        bool force;           /* store what is not repeatable; measure from a part of the CPUs */
};

typedef int (*measure_fn)(struct sysroot *root, const struct place *place,
                          const struct measure_options *options, struct messages *errors,
                          struct messages *warnings, struct measurement *ret);

struct measure_session {
        const struct measure_session_arguments *arguments;
        struct sysroot *root;
        struct machine *machine;
        struct cpus allowed; /* the CPUs that this process may use */
        int lock_fd;
        measure_fn measure; /* measure(); tests replace it */
        struct measure_result *results;
        size_t n_results, allocated;
};

/* path: the root directory. 0 or a negative errno; call measure_session_close() in both cases. */
int measure_session_open(const char *path, const struct measure_session_arguments *arguments,
                         struct measure_session *ret);

/* Measures the nodes of the arguments, and stores the values unless they are not repeatable. 0 if
 * all was measured, and stored unless dry_run is set; otherwise a negative errno, of the last node
 * that failed. -ERANGE: measured, and not stored because it is not repeatable. */
int measure_session_run(struct measure_session *s);

void measure_session_close(struct measure_session *s);
