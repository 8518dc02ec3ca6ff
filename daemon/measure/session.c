/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "measure/session.h"

#include <errno.h>

#include "cli/cli.h"
#include "facts/key.h"
#include "measure/progress.h"
#include "measure/store.h"
#include "state/measured.h"
#include "state/recall.h"
#include "state/state.h"

static void print_messages(struct messages *m, const char *kind)
{
        cli_print_messages(kind, m);
        messages_done(m);
}

static int report_error(int error, const char *what)
{
        (void)cli_error(error, what);
        return error;
}

/* Opening */

static int report_holder(pid_t holder)
{
        char pid[32] = "";

        if (holder > 0)
                snprintf(pid, sizeof(pid), " (process %ld)", (long)holder);
        fprintf(stderr,
                "numatier: another \"numatier measure\"%s is running, and two would disturb each "
                "other; try again when it has ended\n",
                pid);
        return -EBUSY;
}

/* Only root can take the lock. Others, who cannot store, measure without it. */
static int take_lock(const char *path, struct measure_session *s)
{
        pid_t holder = 0;
        int r;

        r = store_lock(path, &s->lock_fd, &holder);
        if (r == -EBUSY)
                return report_holder(holder);
        if (r < 0 && s->arguments->dry_run) {
                fprintf(stderr,
                        "numatier: warning: cannot find out whether another measurement is "
                        "running: /" STORE_LOCK_PATH ": %s\n",
                        strerror(-r));
                return 0;
        }
        return r < 0 ? report_error(r, "cannot lock /" STORE_LOCK_PATH) : 0;
}

/* Refuses before the measurement takes its time. */
static int check_store(struct sysroot *root)
{
        struct messages problems = MESSAGES_INIT;
        int r;

        r = store_check(root, &problems);
        if (r < 0)
                messages_add(&problems, "cannot store in /" MEASURED_PATH
                                        ": repair or remove it, or measure with --dry-run");
        print_messages(&problems, r < 0 ? "" : "warning: ");
        return r;
}

/* The state remembers which nodes are GPUs'. */
static int read_machine(struct measure_session *s)
{
        _cleanup_(state_freep) struct state *state = NULL;
        struct messages problems = MESSAGES_INIT;
        int r;

        r = state_load(s->root, &problems, &state);
        if (r == 0)
                r = machine_read(s->root, TIERS_KNOWN_ONLY, state, NULL, &problems, &s->machine);
        print_messages(&problems, "warning: ");
        return r < 0 ? report_error(r, "cannot read the machine's NUMA nodes") : 0;
}

int measure_session_open(const char *path, const struct measure_session_arguments *arguments,
                         struct measure_session *ret)
{
        int r;

        *ret = (struct measure_session){ .arguments = arguments,
                                         .lock_fd = -1,
                                         .measure = measure };
        r = sysroot_open(path, &ret->root);
        if (r < 0)
                return report_error(r, path);
        r = take_lock(path, ret);
        if (r < 0)
                return r;
        if (!arguments->dry_run) {
                r = check_store(ret->root);
                if (r < 0)
                        return r;
        }
        r = read_machine(ret);
        if (r < 0)
                return r;
        if (sched_getaffinity(0, sizeof(ret->allowed.words), ret->allowed.words) < 0)
                return report_error(-errno, "cannot read which CPUs this process may use");
        /* if memory gets short after all, the kernel ends this process and no other */
        (void)sysroot_write(ret->root, "proc/self/oom_score_adj", "1000");
        return 0;
}

void measure_session_close(struct measure_session *s)
{
        free(s->results);
        machine_free(s->machine);
        sysroot_free(s->root);
        closep(&s->lock_fd);
}

/* Storing */

/* Explains values that are not repeatable. */
static void report_spread(const struct measure_session *s, const struct measurement *m)
{
        bool refused = !s->arguments->dry_run && !s->arguments->force;

        fprintf(stderr,
                "numatier: %snode %u: %s: the spread of the %s is %.1f%%, more than %.0f%%%s\n",
                refused ? "" : "warning: ", m->node, refused ? "not stored" : "not repeatable",
                measured_value_name(measurement_worst_value(m)), measurement_spread(m) * 100,
                SPREAD_MAX * 100,
                refused ? "; measure again while the machine is idle, or use --force" : "");
}

static int store(const struct measure_session *s, const char *key, struct measure_result *result)
{
        struct perf perf = measurement_perf(&result->measurement);
        struct messages warnings = MESSAGES_INIT;
        int r;

        r = store_add(s->root, key, &perf, &warnings);
        print_messages(&warnings, "warning: ");
        if (r < 0)
                return report_error(r, "cannot store in /" MEASURED_PATH);
        result->stored = true;
        return 0;
}

static int store_if_repeatable(const struct measure_session *s, const char *key,
                               struct measure_result *result)
{
        bool repeatable = measurement_is_repeatable(&result->measurement);

        if (!repeatable)
                report_spread(s, &result->measurement);
        if (s->arguments->dry_run)
                return 0;
        return repeatable || s->arguments->force ? store(s, key, result) : -ERANGE;
}

/* Measuring */

static int find_key(const struct measure_session *s, unsigned node, struct messages *errors,
                    char **ret)
{
        int r;

        if (s->arguments->dry_run)
                return 0;
        r = key_read(s->root, machine_get_node(s->machine, node), ret);
        if (r < 0)
                messages_add(errors,
                             "node %u: cannot find out what identifies its memory, which is needed "
                             "to store its values: %s; --dry-run measures without storing",
                             node, strerror(-r));
        return r;
}

/* All that must be known before the measurement takes its time. */
static int prepare_node(const struct measure_session *s, unsigned node, struct messages *errors,
                        struct messages *warnings, struct place *ret_place, char **ret_key)
{
        int r;

        r = place_find(s->root, s->machine, node, &s->allowed, errors, ret_place);
        if (r < 0)
                return r;
        r = place_check_cpus(s->root, ret_place, s->arguments->force, errors, warnings);
        return r < 0 ? r : find_key(s, node, errors, ret_key);
}

static int measure_node(struct measure_session *s, unsigned node)
{
        struct messages errors = MESSAGES_INIT, warnings = MESSAGES_INIT;
        struct measure_result result = { 0 };
        _cleanup_(freep) char *key = NULL;
        struct place place;
        int r;

        if (array_grow(&s->results, &s->allocated, s->n_results + 1, sizeof(*s->results)) < 0)
                return report_error(-ENOMEM, "cannot measure");
        r = prepare_node(s, node, &errors, &warnings, &place, &key);
        if (r == 0)
                r = s->measure(s->root, &place, &s->arguments->options, &errors, &warnings,
                               &result.measurement);
        progress_clear();
        print_messages(&warnings, "warning: ");
        print_messages(&errors, "");
        if (r < 0)
                return r;
        r = store_if_repeatable(s, key, &result);
        s->results[s->n_results++] = result;
        return r;
}

/* All that have memory. A GPU's memory belongs to its applications, and is measured only if its
 * node is named. */
static void choose_nodes(const struct machine *m, struct nodeset *ret)
{
        *ret = m->memory;
        for (size_t i = 0; i < m->n_nodes; i++)
                if (m->nodes[i].kind == KIND_GPU || m->nodes[i].may_be_gpu)
                        nodeset_remove(ret, m->nodes[i].id);
}

/* If one node fails, the others are still measured. */
int measure_session_run(struct measure_session *s)
{
        struct nodeset nodes = s->arguments->nodes;
        int result = 0;

        if (nodeset_count(&nodes) == 0)
                choose_nodes(s->machine, &nodes);
        nodeset_foreach (node, &nodes) {
                int r = measure_node(s, node);

                if (r < 0)
                        result = r;
        }
        return result;
}
