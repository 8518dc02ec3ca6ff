/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "placement/migrate.h"

#include <errno.h>
#include <inttypes.h>
#include <numaif.h>

#include "base/units.h"
#include "cli/cli.h"
#include "placement/session.h"
#include "placement/tiers.h"
#include "placement/unit.h"
#include "usage/usage.h"

/* Processes that a unit starts while those before are dealt with: looked for again so many times.
 */
#define ROUNDS 4
/* As shells report the end by a signal. */
#define EXIT_SIGNAL 128

static volatile sig_atomic_t stop_signal;

struct migration {
        const struct migrate_arguments *a;
        struct tiers tiers;
        struct nodeset from, to;
        char *unit, *group; /* its name and its control group; NULL: one process */
        pid_t *pids;        /* negative: it cannot be read, which was reported */
        size_t n, allocated;
        size_t moved; /* of these processes, those that are dealt with */
        uint64_t wanted_kib, wanted_huge_kib, there_kib;
        char subject[PROCESS_NAME_MAX + 32];
        struct move_session session;
        bool failed; /* some process could not be read */
        int end;     /* why it ended early: a negative errno, or 0 */
};

static void note_signal(int number)
{
        stop_signal = number;
}

/* What is ignored stays ignored, as for a job in the background. */
static void catch_signals(void)
{
        static const int signals[] = { SIGINT, SIGTERM, SIGHUP };

        for (size_t i = 0; i < ELEMENTSOF(signals); i++) {
                struct sigaction action = { .sa_handler = note_signal }, old;

                if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
                        (void)sigaction(signals[i], &action, NULL);
        }
}

static int fail(int r, const char *what)
{
        if (r < 0)
                (void)cli_error(r, what);
        return r;
}

static void print_errors(struct messages *errors)
{
        cli_print_messages("", errors);
        messages_done(errors);
}

/* What is meant */

static int find_nodes(struct migration *m)
{
        int r;

        r = tiers_find_nodes(&m->tiers, m->a->from, &m->from);
        if (r == 0)
                r = tiers_find_nodes(&m->tiers, m->a->to, &m->to);
        if (r < 0)
                return r;
        nodeset_foreach (n, &m->from) {
                if (!nodeset_has(&m->to, n))
                        continue;
                fprintf(stderr, "numatier: node %u belongs to the tiers of --from and of --to\n",
                        n);
                return -EINVAL;
        }
        return 0;
}

static int find_unit(struct migration *m)
{
        struct messages errors = MESSAGES_INIT;
        int r;

        if (strchr(m->a->what, '/')) {
                fprintf(stderr,
                        "numatier: expected the number of a process or the name of a unit, found "
                        "\"%s\"\n",
                        m->a->what);
                return -EINVAL;
        }
        r = usage_find_unit(m->tiers.root, m->a->what, &errors, &m->group);
        print_errors(&errors);
        if (r < 0)
                return r;
        m->unit = strdup(last_component(m->group));
        return m->unit ? 0 : fail(-ENOMEM, "cannot start");
}

static uint32_t *copy_sorted(const pid_t *pids, size_t n)
{
        uint32_t *copy = calloc(n + 1, sizeof(*copy));

        for (size_t i = 0; copy && i < n; i++)
                copy[i] = (uint32_t)abs(pids[i]);
        if (copy)
                qsort(copy, n, sizeof(*copy), compare_u32);
        return copy;
}

/* Adds the processes of the unit that are new since the last time. 0 or -ENOMEM. */
static int find_processes(struct migration *m)
{
        _cleanup_(freep) uint32_t *known = copy_sorted(m->pids, m->n);
        size_t n_known = m->n, kept = m->n;
        int r;

        if (!known)
                return -ENOMEM;
        r = unit_add_processes(m->tiers.root, m->group, &m->pids, &m->n, &m->allocated);
        for (size_t i = n_known; i < m->n; i++) {
                uint32_t pid = (uint32_t)m->pids[i];

                if (!bsearch(&pid, known, n_known, sizeof(*known), compare_u32))
                        m->pids[kept++] = m->pids[i];
        }
        m->n = kept;
        return r;
}

static int find_subject(struct migration *m)
{
        unsigned pid;
        int r;

        if (parse_unsigned(m->a->what, INT32_MAX, &pid) == 0 && pid > 0) {
                r = array_grow(&m->pids, &m->allocated, 1, sizeof(*m->pids));
                if (r < 0)
                        return fail(r, "cannot start");
                m->pids[m->n++] = (pid_t)pid;
                snprintf(m->subject, sizeof(m->subject), "process %u", pid);
                return 0;
        }
        r = find_unit(m);
        if (r < 0)
                return r;
        snprintf(m->subject, sizeof(m->subject), "%s", m->unit);
        return fail(find_processes(m), "cannot start");
}

/* One process */

/* Reports why a process cannot be read or moved. Of a unit, one that has ended is no error. */
static int refuse(struct migration *m, const struct process *p, int r)
{
        if ((r == -ESRCH || r == -ENOENT) && process_is_ending(p)) {
                if (!m->unit)
                        fprintf(stderr, "numatier: process %d (%s) has ended\n", (int)p->pid,
                                p->name);
                return -ESRCH;
        }
        m->failed = true;
        if (r == -EACCES || r == -EPERM)
                fprintf(stderr,
                        "numatier: process %d (%s): not permitted. Only root may move the pages of "
                        "another user's process%s\n",
                        (int)p->pid, p->name,
                        m->a->shared ? ", or pages that others use, too (--shared)" : "");
        else
                fprintf(stderr, "numatier: process %d (%s): %s\n", (int)p->pid, p->name,
                        strerror(-r));
        return r;
}

/* Opens a process and reads its mappings. 0, or an error that is reported. */
static int open_process(struct migration *m, pid_t pid, struct process *p, struct areas *areas)
{
        struct messages errors = MESSAGES_INIT;
        int r;

        *p = PROCESS_NONE;
        *areas = (struct areas){ 0 };
        r = process_open(m->tiers.root, pid, &errors, p);
        if (r == -ESRCH && m->unit)
                messages_done(&errors);
        else if (r < 0)
                m->failed = true;
        print_errors(&errors);
        if (r < 0)
                return r;
        if (m->unit && !unit_has_process(m->tiers.root, m->group, pid)) {
                process_close(p);
                return -ESRCH;
        }
        r = areas_read(m->tiers.root, pid, &m->from, &m->to, areas);
        if (r < 0)
                r = refuse(m, p, r);
        if (r < 0)
                process_close(p);
        return r;
}

static void close_process(struct process *p, struct areas *areas)
{
        areas_done(areas);
        process_close(p);
}

/* The nodes of the target that the cpuset of a process allows (mm/migrate.c:do_pages_move). */
static int limit_to_cpuset(struct migration *m, const struct process *p)
{
        char allowed[NODESET_STRING_MAX], left[NODESET_STRING_MAX];
        struct nodeset left_out = { 0 }, to = m->to;

        nodeset_foreach (n, &m->to)
                if (!nodeset_has(&p->memory, n)) {
                        nodeset_add(&left_out, n);
                        nodeset_remove(&to, n);
                }
        m->session.mover.to = to;
        targets_done(&m->session.targets);
        if (nodeset_count(&left_out) == 0)
                return 0;
        fprintf(stderr,
                "numatier: process %d (%s): its cpuset allows memory of node %s only, so %s is "
                "moved to node %s\n",
                (int)p->pid, p->name, nodeset_format(&p->memory, allowed),
                nodeset_count(&to) > 0 ? "nothing" : "none of its pages",
                nodeset_format(&left_out, left));
        if (nodeset_count(&to) > 0)
                return 0;
        m->failed = true;
        return -EACCES;
}

/* Before anything is moved: how much there is. */
static void add_up(struct migration *m, size_t i)
{
        struct process p;
        struct areas areas;
        pid_t pid = m->pids[i];

        if (open_process(m, pid, &p, &areas) < 0) {
                m->pids[i] = -pid;
                return;
        }
        if (!m->unit)
                snprintf(m->subject, sizeof(m->subject), "process %d (%s)", (int)pid, p.name);
        m->wanted_kib += areas_sum(&areas, false);
        m->wanted_huge_kib += areas_sum(&areas, true);
        m->there_kib += areas.there_kib;
        close_process(&p, &areas);
}

static int move_process(struct migration *m, pid_t pid)
{
        struct process p;
        struct areas areas;
        int r;

        r = open_process(m, pid, &p, &areas);
        if (r < 0)
                return r;
        r = limit_to_cpuset(m, &p);
        if (r == 0) {
                r = move_session_run(&m->session, &p, &areas);
                bar_clear(&m->session.bar);
                if (r < 0 && r != -EINTR && r != -ENOSPC)
                        r = refuse(m, &p, r);
        }
        close_process(&p, &areas);
        return r;
}

/* All of them */

static int check_room(struct migration *m)
{
        char wanted[UNIT_STRING_MAX], room[UNIT_STRING_MAX], nodes[NODESET_STRING_MAX];
        struct messages errors = MESSAGES_INIT;
        struct targets t;
        int r;

        r = targets_read(m->tiers.root, &m->to, &errors, &t);
        print_errors(&errors);
        if (r < 0)
                return r;
        if (m->wanted_kib > targets_get_room(&t) && !m->a->force) {
                fprintf(stderr,
                        "numatier: %s: %s are to move, and node %s has room for %s before the "
                        "kernel would reclaim memory there. Nothing was moved. --force moves what "
                        "fits\n",
                        m->subject, format_size(m->wanted_kib, wanted),
                        nodeset_format(&m->to, nodes), format_size(targets_get_room(&t), room));
                r = -ENOSPC;
        }
        targets_done(&t);
        return r;
}

static void move_all(struct migration *m)
{
        for (int round = 0; round < ROUNDS && m->moved < m->n && m->end == 0; round++) {
                while (m->moved < m->n && m->end == 0) {
                        pid_t pid = m->pids[m->moved++];
                        int r = pid > 0 ? move_process(m, pid) : 0;

                        if (r == -EINTR || r == -ENOSPC)
                                m->end = r;
                }
                if (m->unit && m->end == 0)
                        (void)find_processes(m);
        }
}

/* What is said at the end */

static void print_amount(uint64_t kib, const char *rest)
{
        char size[UNIT_STRING_MAX];
        uint64_t pages = kib / ((uint64_t)sysconf(_SC_PAGESIZE) / 1024);

        printf("%s (%" PRIu64 " page%s) %s\n", format_size(kib, size), pages, plural(pages), rest);
}

static void print_moved(const struct migration *m)
{
        char from[NODESET_STRING_MAX], to[NODESET_STRING_MAX];
        _cleanup_(freep) char *text =
                text_new("of %s moved from node %s to node %s", m->subject,
                         nodeset_format(&m->from, from), nodeset_format(&m->to, to));

        print_amount(m->session.mover.kib[MOVE_DONE], text ?: "moved");
        if (m->there_kib > 0)
                print_amount(m->there_kib, "were there before");
}

static const char *const reasons[MOVE_OUTCOMES] = {
        [MOVE_SHARED] = "not moved: other processes use them, too; root moves them with --shared",
        [MOVE_BUSY] = "not moved: in use by a device or by the kernel, locked, or of a kind that "
                      "cannot be moved",
        [MOVE_NO_MEMORY] = "not moved: there is no free huge page of that size on these nodes",
        [MOVE_GONE] = "no longer there: freed, swapped out or moved meanwhile",
};

/* What no attempt was made for. */
static uint64_t get_left(const struct migration *m)
{
        uint64_t done = move_session_get_done(&m->session), wanted = m->session.wanted_kib;

        return m->end < 0 && wanted > done ? wanted - done : 0;
}

static void print_counts(const struct migration *m)
{
        const uint64_t *kib = m->session.mover.kib;
        char from[NODESET_STRING_MAX];

        if (m->session.wanted_kib + move_session_get_done(&m->session) == 0) {
                printf("%s has no pages on node %s\n", m->subject, nodeset_format(&m->from, from));
                return;
        }
        print_moved(m);
        for (size_t i = 0; i < MOVE_OUTCOMES; i++)
                if (reasons[i] && kib[i] > 0)
                        print_amount(kib[i], reasons[i]);
        if (get_left(m) > 0)
                print_amount(get_left(m),
                             m->end == -ENOSPC
                                     ? "not moved: there is no room before the kernel would "
                                       "reclaim memory there"
                                     : "not moved: interrupted");
        if (m->session.has_bound && kib[MOVE_DONE] > 0)
                printf("Some of this memory has the policy \"bind\" for other nodes: new pages "
                       "still come from there\n");
}

/* Pages that others use are not asked for, unless with --shared. */
static int find_status(const struct migration *m)
{
        const uint64_t *kib = m->session.mover.kib;

        if (m->end == -EINTR)
                return EXIT_SIGNAL + stop_signal;
        return m->failed || m->end < 0 || kib[MOVE_BUSY] + kib[MOVE_NO_MEMORY] > 0 ||
                               (m->a->shared && kib[MOVE_SHARED] > 0)
                       ? EXIT_FAILURE
                       : EXIT_SUCCESS;
}

static int prepare(struct migration *m)
{
        int r;

        r = tiers_open(&m->a->input, &m->tiers);
        if (r == 0)
                r = find_nodes(m);
        if (r == 0)
                r = find_subject(m);
        if (r < 0)
                return r;
        for (size_t i = 0; i < m->n; i++)
                add_up(m, i);
        if (m->failed && !m->unit)
                return -EPERM;
        return check_room(m);
}

static void start(struct migration *m)
{
        m->session = (struct move_session){
                .root = m->tiers.root,
                .mover = { .from = m->from,
                           .to = m->to,
                           .shared = m->a->shared,
                           .move = move_pages,
                           .stop = &stop_signal },
                .rate = m->a->rate,
                .wanted_kib = m->wanted_kib + m->wanted_huge_kib,
        };
        bar_init_size(&m->session.bar, true, m->subject, "moved");
        catch_signals();
}

int migrate(const struct migrate_arguments *a)
{
        struct migration m = { .a = a };
        int status = EXIT_FAILURE;

        if (prepare(&m) == 0) {
                start(&m);
                move_all(&m);
                print_counts(&m);
                status = find_status(&m);
        }
        move_session_done(&m.session);
        free(m.pids);
        free(m.unit);
        free(m.group);
        tiers_close(&m.tiers);
        return status;
}
