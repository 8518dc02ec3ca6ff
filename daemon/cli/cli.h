/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The verbs of numatier, and the pass over the machine that they share. */

#include <stdbool.h>

#include "cli/missing.h"
#include "common/input.h"
#include "facts/block-table.h"
#include "reconcile.h"
#include "sysroot/capture.h"
#include "view/view.h"

struct arguments {
        struct input input;
        bool json, pager, legend;
        char **operands; /* what follows the verb, NULL at the end */

        /* Options that only some verbs take */
        unsigned own; /* a bit for each that was given; only numatier.c looks at it */
        bool serials, bytes, watch, diff, rollback, unplug, force;
        bool runtime, confine, clear, show, all, doctor, http;
        const char *output, *timeout, *zone;        /* as given, or NULL */
        const char *format, *nodes, *cpus, *memory; /* the same */
        const char *tier, *latency, *bandwidth, *policy, *sort;
};

/* Each returns the exit status. */
int verb_status(const struct arguments *a);
int verb_plan(const struct arguments *a);
int verb_explain(const struct arguments *a);
int verb_check(const struct arguments *a);
int verb_apply(const struct arguments *a);
int verb_restore(const struct arguments *a);
int verb_capture(const struct arguments *a);
int verb_doctor(const struct arguments *a);
int verb_policy(const struct arguments *a);
int verb_drain(const struct arguments *a);
int verb_online(const struct arguments *a);
int verb_hmat(const struct arguments *a);
int verb_guest(const struct arguments *a);
int verb_set(const struct arguments *a);
int verb_clear(const struct arguments *a);
int verb_edit(const struct arguments *a);
int verb_service(const struct arguments *a);
int verb_usage(const struct arguments *a);
int verb_metrics(const struct arguments *a);

/* The machine under its policy. */
struct pass {
        struct sysroot *root;
        struct policy *policy;
        struct state *state;
        struct snapshot *result;
        struct view *view;      /* the result as rows; NULL: without policy */
        struct nodeset drained; /* by "numatier drain", if that was read */
        bool knows_drained;
        struct block_table
                *blocks;        /* of nodes that are drained or have no memory online, or NULL */
        struct nodeset unclear; /* belong elsewhere, and how to move them cannot be read now */
        struct missing missing; /* why the kernel cannot move nodes, if that was asked */
};

/* Reads and classifies; with RECONCILE_APPLY, writes. Reports on standard error what is wrong or
 * odd. 0 or a negative errno; pass_done() in any case. */
int pass_run(const struct arguments *a, enum reconcile_mode mode, struct pass *ret);

/* The same with RECONCILE_PLAN for who asks only for the tiers that the policy wants: does not wait
 * until the present ones may be read, and does not look why nodes are not moved. */
int pass_run_without_tiers(const struct arguments *a, struct pass *ret);

/* The same with RECONCILE_PLAN, and with what only who shows the machine needs: where pages are
 * demoted to, the settings, whether the daemon runs, memory that is offline. kept: the tiers of an
 * earlier call (cli/kept.h), or NULL. */
struct kept;
int pass_run_in_detail(const struct arguments *a, struct kept *kept, struct pass *ret);

/* The same with RECONCILE_PLAN for who shows the machine again and again: kept_reconcile_at(). Does
 * not look why nodes are not moved. */
int pass_run_at(const struct arguments *a, struct kept *kept, uint64_t now_usec, struct pass *ret);

/* The same under a policy that wants nothing: does not load the machine's own, since it may be
 * wrong or missing. record (may be NULL) receives everything that is read, which then is all that
 * any policy might ask for. */
int pass_run_without_policy(const struct arguments *a, sysroot_record_fn record, void *userdata,
                            struct pass *ret);

void pass_done(struct pass *l);

/* Whether nothing is left to do, as far as the tiers are known. */
bool pass_is_clear(const struct pass *l);

/* --version: of the program, the module and the kernel's interface. */
int print_version(const struct arguments *a);

/* What plan, apply and restore print (changes.c): one or two lines for each write, for each node
 * that stays where it does not belong, and for each write that is held back. Nothing with --json.
 */
void print_changes(const struct arguments *a, const struct view *v);

/* The same and memory that is brought online, as one JSON object: when all of it is known. */
void print_changes_as_json(const struct view *v);

/* What plan and apply print after that. For people: what remains and why, unless --no-legend. With
 * --json: print_changes_as_json(). more: there was something else to do. */
void print_rest(const struct arguments *a, const struct pass *l, bool more);

/* The exit status of plan and apply: 0 if the machine is as the policy wants, EXIT_DIFFERS if
 * something is left to write or cannot be reached, EXIT_FAILURE if a write failed or the present
 * tiers are unknown. */
int find_exit_status(const struct pass *l);

/* Brings memory online and offline as [online] says, or (planned) says what would be done: also as
 * rows of the view. Returns
 * an exit status, as find_exit_status(). ret_any: there was something to do or to say. */
int bring_online(const struct arguments *a, const struct pass *l, bool planned, bool *ret_any);

/* Memory blocks that are not as the policy wants, on the machine as it is. */
struct memory_left {
        size_t to_online, to_offline; /* what plan would do; the first also into another zone */
        size_t others;                /* of which plan says why they are not changed */
        bool unknown;                 /* there may be more: something cannot be read now */
};

/* Asks the same plan as bring_online(), for status: also as rows of the view. Reads no block if the
 * policy wants nothing of them. 0 or -ENOMEM (reported). */
int find_memory_left(const struct pass *l, struct memory_left *ret);

/* "This kernel has no memory tiers": nothing can be placed. */
void print_lack_of_tiers(const struct view *v);

/* Says of which nodes the present tier could not be read safely. */
void print_withheld(FILE *f, const struct view *v);

/* "2 nodes are in another tier than the policy wants, and WHY"; nothing if none is out of place. */
void print_unmet(const struct pass *l);

/* "node 1 is in tier 5 and belongs in 4, but is not moved: WHY", for each node that is not moved
 * because it is not safe. */
void print_hazards(FILE *f, const struct view *v);

/* How many writes the plan holds back. */
void print_held(const struct snapshot *r);

/* Reports what failed, as "numatier: WHAT: ERROR"; returns the exit status for it. */
int cli_error(int error, const char *what);

/* Prints each message on standard error, after "numatier: " and its kind ("", "warning: "). */
void cli_print_messages(const char *kind, const struct messages *m);

/* Reports that a verb changes this machine, if another one was named: EXIT_USAGE, else 0. */
int cli_refuse_copy(const struct arguments *a, const char *verb);

/* Takes the lock of something that only one program may do (common/lock.h), until this one ends.
 * what: what the other one does. 0 or a negative errno (reported). */
int cli_take_lock(const char *path, const char *what);

/* Reports that an answer could not be printed; returns the exit status for it. */
int cli_print_error(int error);
