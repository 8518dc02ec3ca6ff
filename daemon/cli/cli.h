/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The verbs of numatier, and the look at the machine that they share. */

#include <stdbool.h>

#include "common/input.h"
#include "reconcile.h"
#include "sysroot/capture.h"

struct arguments {
        struct input input;
        bool json, pager, legend, serials;
        char **operands; /* what follows the verb, NULL at the end */
};

/* Each returns the exit status. */
int verb_status(const struct arguments *a);
int verb_plan(const struct arguments *a);
int verb_explain(const struct arguments *a);
int verb_check(const struct arguments *a);
int verb_apply(const struct arguments *a);
int verb_restore(const struct arguments *a);
int verb_capture(const struct arguments *a);

/* measure is a program of its own, and parses its own command line: becomes that program, given all
 * of argv but argv[verb]. Returns only if that fails, with the exit status for it. */
int measure_exec(char **argv, int verb);

/* The machine under its policy. */
struct pass {
        struct sysroot *root;
        struct policy *policy;
        struct state *state;
        struct snapshot *result;
};

/* Looks and judges; with RECONCILE_APPLY, writes. Says on standard error what is wrong or odd.
 * 0 or a negative errno; pass_done() in any case. */
int pass_run(const struct arguments *a, enum reconcile_mode mode, struct pass *ret);

/* Looks, under a policy that wants nothing: the machine's own may be wrong, or missing. record (may
 * be NULL) is told of everything that is read, which then is all that any policy might ask for. */
int pass_run_without_policy(const struct arguments *a, sysroot_record_fn record, void *userdata,
                            struct pass *ret);

void pass_done(struct pass *l);

/* Says on standard error why the present tiers are unknown. */
void complain_of_withheld_tiers(void);

/* "2 nodes are in another tier than the policy wants, and WHY"; nothing if none is out of place. */
void print_unmet(const struct snapshot *r);

/* "node 1 is in tier 5 and belongs in 4, but is not moved: WHY" */
void print_hazard(FILE *f, const struct plan_unmet *u);

/* That for each node that is not moved because it is not safe. */
void print_hazards(FILE *f, const struct plan *p);

/* The same of what the plan holds back. */
void print_held(const struct snapshot *r);

/* Says what failed, as "numatier: WHAT: ERROR"; returns the exit status for it. */
int cli_error(int error, const char *what);
