/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "publish/journal.h"

#include <errno.h>
#include <inttypes.h>

#include "base/hash.h"
#include "base/units.h"
#include "classify/rules.h"
#include "facts/knobs.h"
#include "online/summary.h"
#include "publish/log.h"
#include "publish/message-ids.h"
#include "view/unmet.h"

/* MemTotal also changes a little as the kernel reserves and returns pages: that is not reported. */
#define RESIZED_KIB (32U << 10)

void journal_done(struct journal *j)
{
        conditions_done(&j->conditions);
        conditions_done(&j->online);
        free(j->memory);
        free(j->told);
        *j = (struct journal){ 0 };
}

static void send_condition(struct journal *j, struct log_entry *e, uint64_t hash)
{
        if (conditions_note(&j->conditions, hash))
                log_send(e);
        else
                log_discard(e);
}

static void send_once(struct journal *j, struct log_entry *e)
{
        send_condition(j, e, conditions_hash(e->id, e->text ?: ""));
}

static void report_messages(struct journal *j, const struct messages *messages,
                            const char *message_id)
{
        for (size_t i = 0; i < messages->n; i++) {
                struct log_entry e = LOG_ENTRY(LOG_WARNING, message_id);

                log_text(&e, "%s", messages->items[i]);
                send_once(j, &e);
        }
}

/* Memory that came, went, grew and shrank */

static void report_came(const struct node *n)
{
        struct log_entry e = LOG_ENTRY(LOG_INFO, MESSAGE_MEMORY_CAME);

        log_field(&e, "NUMATIER_NODE=%u", n->id);
        log_field(&e, "NUMATIER_SIZE_KIB=%" PRIu64, n->size_kib);
        log_text(&e, "Node %u has memory now: %" PRIu64 " MiB", n->id, n->size_kib >> 10);
        log_send(&e);
}

static void report_went(unsigned node)
{
        struct log_entry e = LOG_ENTRY(LOG_INFO, MESSAGE_MEMORY_WENT);

        log_field(&e, "NUMATIER_NODE=%u", node);
        log_text(&e, "Node %u no longer has memory", node);
        log_send(&e);
}

static void report_resized(const struct node *n, uint64_t old_kib)
{
        struct log_entry e = LOG_ENTRY(LOG_INFO, MESSAGE_MEMORY_RESIZED);

        log_field(&e, "NUMATIER_NODE=%u", n->id);
        log_field(&e, "NUMATIER_SIZE_KIB=%" PRIu64, n->size_kib);
        log_field(&e, "NUMATIER_OLD_SIZE_KIB=%" PRIu64, old_kib);
        log_text(&e, "The memory of node %u %s from %" PRIu64 " MiB to %" PRIu64 " MiB", n->id,
                 n->size_kib > old_kib ? "grew" : "shrank", old_kib >> 10, n->size_kib >> 10);
        log_send(&e);
}

static const struct memory_size *find_memory(const struct memory_size *sizes, size_t n,
                                             unsigned node)
{
        for (size_t i = 0; i < n; i++)
                if (sizes[i].node == node)
                        return &sizes[i];
        return NULL;
}

/* A size that could not be read now is the last one known. */
static void note_memory(struct journal *j, const struct machine *m)
{
        struct memory_size *old = TAKE_PTR(j->memory);
        size_t n_old = j->n_memory;

        j->n_memory = 0;
        j->memory = calloc(m->n_nodes ?: 1, sizeof(*j->memory));
        j->knows_memory = j->memory != NULL;
        for (size_t i = 0; j->memory && i < m->n_nodes; i++) {
                const struct node *n = &m->nodes[i];
                const struct memory_size *known = find_memory(old, n_old, n->id);
                bool unreadable = node_is_unreadable(n, FACT_SIZE);

                if (n->has_memory)
                        j->memory[j->n_memory++] = (struct memory_size){
                                .node = n->id,
                                .kib = unreadable && known ? known->kib : n->size_kib,
                        };
        }
        free(old);
}

static bool is_resized(const struct node *n, uint64_t old_kib)
{
        if (node_is_unreadable(n, FACT_SIZE))
                return false;
        return n->size_kib >= old_kib + RESIZED_KIB || n->size_kib + RESIZED_KIB <= old_kib;
}

/* Returns whether something changed. */
static bool report_changes(struct journal *j, const struct machine *m)
{
        bool changed = false;

        for (size_t i = 0; i < j->n_memory; i++) {
                if (nodeset_has(&m->memory, j->memory[i].node))
                        continue;
                report_went(j->memory[i].node);
                changed = true;
        }
        for (size_t i = 0; i < m->n_nodes; i++) {
                const struct node *n = &m->nodes[i];
                const struct memory_size *old = find_memory(j->memory, j->n_memory, n->id);

                if (!n->has_memory || (old && !is_resized(n, old->kib)))
                        continue;
                if (old)
                        report_resized(n, old->kib);
                else
                        report_came(n);
                changed = true;
        }
        return changed;
}

/* The sizes of the last report are kept while nothing is reported, so that small changes add up. */
static void report_memory(struct journal *j, const struct machine *m)
{
        if (!j->knows_memory || report_changes(j, m))
                note_memory(j, m);
}

/* Writes */

static void add_tier(struct log_entry *e, const char *field, uint32_t tier)
{
        if (tier != TIER_UNKNOWN)
                log_field(e, "%s=%" PRIu32, field, tier);
}

static void add_tier_fields(struct log_entry *e, const struct assignment *a, unsigned node,
                            uint32_t present_tier, uint32_t wanted_tier)
{
        const struct node_assignment *n = assignment_get_node(a, node);
        const char *tier = n ? assignment_tier_name(a, n) : NULL;

        log_field(e, "NUMATIER_NODE=%u", node);
        if (tier)
                log_field(e, "NUMATIER_TIER=%s", tier);
        add_tier(e, "NUMATIER_WANTED_TIER", wanted_tier);
        add_tier(e, "NUMATIER_PRESENT_TIER", present_tier);
        add_tier(e, "NUMATIER_ORIGINAL_TIER", n ? n->original_tier : TIER_UNKNOWN);
        if (n && n->reason)
                log_field(e, "NUMATIER_REASON=%s", n->reason);
}

static void add_write_fields(struct log_entry *e, const struct assignment *a,
                             const struct plan_write *w)
{
        log_field(e, "NUMATIER_PATH=/%s", w->path);
        log_field(e, "NUMATIER_VALUE=%s", w->value);
        log_field(e, "NUMATIER_OLD_VALUE=%s", w->before);
        if (w->kind == WRITE_NODE_TIER) {
                add_tier_fields(e, a, w->node, w->present_tier, w->wanted_tier);
                return;
        }
        if (w->kind == WRITE_WEIGHT)
                log_field(e, "NUMATIER_NODE=%u", w->node);
        log_field(e, "NUMATIER_REASON=%s", w->reason);
}

/* A condition of one value in one file, whatever the file holds instead. */
static uint64_t hash_write(const char *id, const struct plan_write *w)
{
        uint64_t hash = hash_bytes(HASH_INIT, id, strlen(id) + 1);

        hash = hash_bytes(hash, w->path, strlen(w->path) + 1);
        return hash_bytes(hash, w->value, strlen(w->value) + 1);
}

/* ". If it is wrong: numatier measure 1, or ..." of a node that only SLIT places; else "". */
static char *format_doubt(const struct assignment *a, unsigned node)
{
        const struct node_assignment *n = assignment_get_node(a, node);
        char suggestion[RULE_SUGGESTION_MAX];
        char *text = NULL;

        if (!n || !n->by_slit_alone)
                return strdup("");
        if (asprintf(&text, ". If it is wrong: %s",
                     rules_suggest(n->node, " and tier = NAME", suggestion)) < 0)
                return NULL;
        return text;
}

static void report_moved(const struct assignment *assignment, const struct report_entry *entry)
{
        _cleanup_(freep) char *doubt = format_doubt(assignment, entry->write->node);
        struct log_entry e = LOG_ENTRY(LOG_NOTICE, MESSAGE_NODE_MOVED);
        const struct plan_write *w = entry->write;

        add_write_fields(&e, assignment, w);
        if (w->wanted_tier == TIER_UNKNOWN)
                log_text(&e, "Gave node %u back to Linux, which put it in %s (%s)", w->node,
                         entry->after ?: "a tier of its own choice", w->reason);
        else if (entry->outcome == OUTCOME_UNVERIFIED)
                log_text(&e,
                         "Asked the kernel to move node %u to memory_tier%" PRIu32
                         " (%s); the next pass checks whether it did%s",
                         w->node, w->wanted_tier, w->reason, doubt ?: "");
        else
                log_text(&e,
                         "Moved node %u from memory_tier%" PRIu32 " to memory_tier%" PRIu32
                         " (%s)%s",
                         w->node, w->present_tier, w->wanted_tier, w->reason, doubt ?: "");
        log_send(&e);
}

static void report_knob(const struct assignment *assignment, const struct report_entry *entry)
{
        struct log_entry e = LOG_ENTRY(LOG_NOTICE, MESSAGE_KNOB_CHANGED);
        const struct plan_write *w = entry->write;

        add_write_fields(&e, assignment, w);
        log_text(&e, "Changed /%s from %s to %s (%s)", w->path, w->before, w->value, w->reason);
        log_send(&e);
}

static void report_ignored(struct journal *j, const struct assignment *assignment,
                           const struct report_entry *entry)
{
        struct log_entry e = LOG_ENTRY(LOG_WARNING, MESSAGE_WRITE_IGNORED);
        const struct plan_write *w = entry->write;

        add_write_fields(&e, assignment, w);
        log_text(&e, "The kernel accepted the value %s for /%s and did not apply it: %s%s",
                 w->value, w->path,
                 entry->after ? "the file now reads " : "the file reads otherwise",
                 entry->after ?: "");
        send_condition(j, &e, hash_write(MESSAGE_WRITE_IGNORED, w));
}

static void report_refused(struct journal *j, const struct assignment *assignment,
                           const struct report_entry *entry)
{
        struct log_entry e = LOG_ENTRY(LOG_ERR, MESSAGE_WRITE_REFUSED);
        const struct plan_write *w = entry->write;

        add_write_fields(&e, assignment, w);
        log_field(&e, "ERRNO=%d", -entry->error);
        log_text(&e, "The kernel refused the value %s for /%s: %s%s", w->value, w->path,
                 strerror(-entry->error),
                 w->kind == WRITE_NUMA_BALANCING && entry->error == -EPERM
                         ? " (this setting needs CAP_SYS_ADMIN; see numatierd(8))"
                         : "");
        send_condition(j, &e, hash_write(e.text ?: "", w));
}

static void report_held(struct journal *j, const struct assignment *assignment,
                        const struct report_entry *entry)
{
        struct log_entry e = LOG_ENTRY(LOG_WARNING, MESSAGE_WRITE_HELD);
        const struct plan_write *w = entry->write;
        const char *why;

        if (w->guard == GUARD_LOWER)
                why = "not everything that needs the present value has been undone";
        else if (w->guard == GUARD_NEED_OFF)
                why = "/" DEMOTION_PATH " could not be set to false before, and memory exhaustion "
                      "can freeze this machine";
        else if (w->kind == WRITE_WEIGHT || w->kind == WRITE_WEIGHT_AUTO)
                why = "another weight, or the switch for automatic weights, could not be set "
                      "before";
        else if (w->after_moves)
                why = "a node could not be moved before";
        else
                why = "/" MIN_TTL_PATH " could not be set before, and without it memory exhaustion "
                      "can freeze this machine";
        add_write_fields(&e, assignment, w);
        log_text(&e, "Did not set /%s to %s: %s", w->path, w->value, why);
        send_condition(j, &e, hash_write(MESSAGE_WRITE_HELD, w));
}

/* The kernel ignored the write before, which may have been reported: then it is not repeated. */
static void report_backed_off(struct journal *j, const struct assignment *assignment,
                              const struct plan_write *w)
{
        struct log_entry e = LOG_ENTRY(LOG_WARNING, MESSAGE_WRITE_IGNORED);

        add_write_fields(&e, assignment, w);
        log_text(&e, "Did not write %s to /%s: %s", w->value, w->path, w->reason);
        send_condition(j, &e, hash_write(MESSAGE_WRITE_IGNORED, w));
}

static void report_planned_hold(struct journal *j, const struct assignment *assignment,
                                const struct plan_write *w)
{
        struct log_entry e = LOG_ENTRY(LOG_WARNING, MESSAGE_WRITE_HELD);

        if (w->retry_usec > 0) {
                report_backed_off(j, assignment, w);
                return;
        }
        add_write_fields(&e, assignment, w);
        log_text(&e, "Did not set /%s to %s: %s", w->path, w->value, w->reason);
        send_condition(j, &e, hash_write(MESSAGE_WRITE_HELD, w));
}

static void report_busy(struct journal *j, const struct report_entry *entry)
{
        struct log_entry e = LOG_ENTRY(LOG_INFO, NULL);

        log_text(&e, "/%s is busy; trying again", entry->write->path);
        send_once(j, &e);
}

static void report_write(struct journal *j, const struct assignment *assignment,
                         const struct report_entry *entry)
{
        switch (entry->outcome) {
        case OUTCOME_DONE:
        case OUTCOME_UNVERIFIED:
                if (entry->write->kind == WRITE_NODE_TIER)
                        report_moved(assignment, entry);
                else
                        report_knob(assignment, entry);
                break;
        case OUTCOME_IGNORED:
                report_ignored(j, assignment, entry);
                break;
        case OUTCOME_FAILED:
                report_refused(j, assignment, entry);
                break;
        case OUTCOME_HELD:
                report_held(j, assignment, entry);
                break;
        case OUTCOME_BUSY:
                report_busy(j, entry);
                break;
        case OUTCOME_ALREADY:
        case OUTCOME_GONE: /* hotplug: its own event leads to the next pass */
        case OUTCOMES:
                break;
        }
}

static void report_unmet(struct journal *j, const struct snapshot *r, const struct plan_unmet *u)
{
        struct log_entry e =
                LOG_ENTRY(LOG_NOTICE, u->hazard ? MESSAGE_NODE_NOT_SAFE : MESSAGE_NODE_NOT_MOVABLE);
        const struct node_assignment *n = assignment_get_node(r->assignment, u->node);
        const char *tier = n ? assignment_tier_name(r->assignment, n) : NULL;
        enum unmet_cause cause = unmet_get_cause(r, u);
        const char *why = u->hazard ?: unmet_cause_text(cause);
        const char *more = cause == UNMET_NO_INTERFACE ? UNMET_SEE_NUMATIER : "";

        add_tier_fields(&e, r->assignment, u->node, u->present_tier, u->wanted_tier);
        if (tier)
                log_text(&e,
                         "Node %u belongs in tier %s (memory_tier%" PRIu32
                         ") but stays in memory_tier%" PRIu32 ": %s%s",
                         u->node, tier, u->wanted_tier, u->present_tier, why, more);
        else
                log_text(&e,
                         "Node %u is not given back to Linux but stays in memory_tier%" PRIu32
                         ": %s",
                         u->node, u->present_tier, why);
        send_once(j, &e);
}

static void report_plan(struct journal *j, const struct snapshot *r)
{
        for (size_t i = 0; i < r->plan->n_unmet; i++)
                report_unmet(j, r, &r->plan->unmet[i]);
        for (size_t i = 0; i < r->plan->n_held; i++)
                report_planned_hold(j, r->assignment, &r->plan->held[i]);
}

static void report_error(struct journal *j, int error)
{
        struct log_entry e = LOG_ENTRY(LOG_ERR, MESSAGE_PASS_FAILED);

        log_field(&e, "ERRNO=%d", -error);
        log_text(&e, "Cannot apply the policy to this machine: %s",
                 error == -ENOENT ? "this kernel has no NUMA support" : strerror(-error));
        send_once(j, &e);
}

/* A pass that could not see the tiers does not know what is unmet. */
static bool ended_early(const struct snapshot *r)
{
        return !r || !r->plan || r->machine->tiers_withheld;
}

void journal_pass(struct journal *j, const struct snapshot *r, int error)
{
        if (r) {
                report_messages(j, &r->problems, MESSAGE_UNREADABLE);
                report_messages(j, &r->warnings, MESSAGE_WARNING);
                report_messages(j, &r->bugs, MESSAGE_FIRMWARE_BUG);
                if (r->machine)
                        report_memory(j, r->machine);
                for (size_t i = 0; r->report && i < r->report->n_entries; i++)
                        report_write(j, r->assignment, &r->report->entries[i]);
                if (r->plan)
                        report_plan(j, r);
        }
        if (error < 0)
                report_error(j, error);
        conditions_end(&j->conditions, error < 0 || ended_early(r));
}

void journal_summary(const struct snapshot *r, const char *summary)
{
        struct log_entry e = LOG_ENTRY(LOG_DEBUG, NULL);

        log_text(&e, "Pass finished: %zu writes; %s", r && r->plan ? r->plan->n_writes : 0,
                 summary ?: "");
        log_send(&e);
}

/* Memory that is brought online and taken offline */

static void send_online(struct journal *j, struct log_entry *e, uint64_t hash, bool always)
{
        bool is_new = conditions_note(&j->online, hash);

        if (is_new || always)
                log_send(e);
        else
                log_discard(e);
}

static void add_group_fields(struct log_entry *e, const struct online_group *g)
{
        log_field(e, "NUMATIER_NODE=%" PRIu32, g->node);
        log_field(e, "NUMATIER_ONLINE=%s", policy_online_word(g->online));
        log_field(e, "NUMATIER_BLOCKS=%zu", online_count_all(g));
        log_field(e, "NUMATIER_BLOCKS_AS_WANTED=%zu", online_count_good(g));
        if (*g->device)
                log_field(e, "NUMATIER_DEVICE=%s", g->device);
        if (*g->section)
                log_field(e, "NUMATIER_SECTION=%s", g->section);
}

/* Whether there are more than when it was last reported. Without memory for it: yes. */
static bool note_good(struct journal *j, const struct online_group *g)
{
        size_t good = online_count_good(g), before = 0, i;

        for (i = 0; i < j->n_told; i++)
                if (j->told[i].node == g->node && j->told[i].online == g->online)
                        break;
        if (i < j->n_told)
                before = j->told[i].good;
        else if (array_grow(&j->told, &j->told_allocated, i + 1, sizeof(*j->told)) < 0)
                return true;
        else
                j->n_told++;
        j->told[i] = (struct online_told){ g->node, g->online, good };
        return good > before;
}

static void report_group(struct journal *j, const struct online_group *g)
{
        struct log_entry e =
                LOG_ENTRY(g->online == ONLINE_NO ? LOG_NOTICE : LOG_INFO,
                          g->online == ONLINE_NO ? MESSAGE_QUARANTINE : MESSAGE_ONLINE);
        bool changed = note_good(j, g) || nodeset_has(&j->changed, g->node);
        char buf[ONLINE_TEXT_MAX];

        if (online_count_good(g) == 0)
                return;
        add_group_fields(&e, g);
        log_text(&e, "%s", online_format_group(g, buf));
        send_online(j, &e, conditions_hash(e.id, e.text ?: ""), changed);
}

/* A positive errno, or 0: it did not fail. */
static int get_error(const struct online_group *g, enum online_case c)
{
        return c == CASE_WAIT ? -g->error : c == CASE_STUCK ? -g->stuck_error : 0;
}

/* Which block is the first that failed changes from one try to the next: that is nothing new. */
static uint64_t hash_reason(const struct log_entry *e, const struct online_group *g,
                            enum online_case c)
{
        char text[128];

        snprintf(text, sizeof(text), "node %" PRIu32 " case-%d %s error-%d", g->node, (int)c,
                 policy_online_word(g->online), get_error(g, c));
        return conditions_hash(e->id, text);
}

static void report_reason(struct journal *j, const struct online_group *g, enum online_case c)
{
        bool failed = c == CASE_WAIT || c == CASE_STUCK;
        struct log_entry e = LOG_ENTRY(failed ? LOG_WARNING : LOG_NOTICE,
                                       failed ? MESSAGE_ONLINE_FAILED : MESSAGE_ONLINE_LEFT);
        char buf[ONLINE_TEXT_MAX];

        if (!online_format_reason(g, c, buf))
                return;
        add_group_fields(&e, g);
        if (failed)
                log_field(&e, "ERRNO=%d", get_error(g, c));
        log_text(&e, "%s", buf);
        send_online(j, &e, hash_reason(&e, g, c), false);
}

static void report_groups(struct journal *j, const struct online_plan *p)
{
        static const enum online_case reasons[] = { CASE_WAIT,  CASE_STUCK,  CASE_FULL,
                                                    CASE_FIXED, CASE_MANUAL, CASE_DRAINED };

        for (size_t i = 0; i < p->n_groups; i++) {
                report_group(j, &p->groups[i]);
                for (size_t k = 0; k < ELEMENTSOF(reasons); k++)
                        report_reason(j, &p->groups[i], reasons[k]);
        }
        j->changed = (struct nodeset){ 0 };
}

static void report_online_messages(struct journal *j, const struct messages *messages,
                                   const char *message_id)
{
        for (size_t i = 0; i < messages->n; i++) {
                struct log_entry e = LOG_ENTRY(LOG_WARNING, message_id);

                log_text(&e, "%s", messages->items[i]);
                send_online(j, &e, conditions_hash(e.id, e.text ?: ""), false);
        }
}

static void note_changes(struct journal *j, const struct online_plan *p)
{
        for (size_t i = 0; i < p->n_groups; i++)
                if (p->groups[i].done > 0)
                        nodeset_add(&j->changed, p->groups[i].node);
}

void journal_online(struct journal *j, const struct online_result *r, int error,
                    const struct messages *rivals)
{
        /* rivals are looked for once a policy */
        for (size_t i = 0; i < rivals->n; i++) {
                struct log_entry e = LOG_ENTRY(LOG_WARNING, MESSAGE_RIVAL);

                log_text(&e, "%s", rivals->items[i]);
                log_send(&e);
        }
        if (r && r->plan)
                note_changes(j, r->plan);
        if (r && r->remaining > 0)
                return;
        if (r)
                report_online_messages(j, &r->problems, MESSAGE_UNREADABLE);
        if (r && r->plan)
                report_groups(j, r->plan);
        conditions_end(&j->online, error < 0);
}

/* The policy, and the daemon itself */

void journal_policy(const struct policy *p)
{
        struct log_entry e = LOG_ENTRY(LOG_INFO, MESSAGE_POLICY_LOADED);
        _cleanup_(freep) char *files = NULL;
        size_t size;
        FILE *f = open_memstream(&files, &size);

        if (!f)
                return;
        for (size_t i = 0; i < p->n_files; i++)
                fprintf(f, "%s%s", i > 0 ? ", " : "", p->files[i]);
        if (fclose(f) != 0)
                return;
        log_field(&e, "NUMATIER_FILES=%s", files);
        log_text(&e, "Loaded a policy of %zu tier%s from %s", p->n_tiers, plural(p->n_tiers),
                 files);
        log_send(&e);
}

void journal_policy_refused(const struct messages *errors, bool keeps_old)
{
        for (size_t i = 0; i < errors->n; i++) {
                struct log_entry e = LOG_ENTRY(LOG_ERR, MESSAGE_POLICY_REFUSED);

                log_text(&e, "%s", errors->items[i]);
                log_send(&e);
        }
        if (keeps_old) {
                struct log_entry e = LOG_ENTRY(LOG_ERR, MESSAGE_POLICY_REFUSED);

                log_text(&e, "The new policy was refused; the previous policy stays in force");
                log_send(&e);
        }
}

void journal_started(const char *summary)
{
        struct log_entry e = LOG_ENTRY(LOG_INFO, MESSAGE_STARTED);

        log_field(&e, "NUMATIER_VERSION=%s", NUMATIER_VERSION);
        log_text(&e, "numatierd %s: %s", NUMATIER_VERSION, summary);
        log_send(&e);
}

void journal_stopped(void)
{
        struct log_entry e = LOG_ENTRY(LOG_INFO, MESSAGE_STOPPED);

        log_text(&e, "Stopped; tiers stay as they are");
        log_send(&e);
}

void journal_waiting(const char *place, unsigned seconds)
{
        struct log_entry e = LOG_ENTRY(LOG_WARNING, MESSAGE_WAITING);

        log_field(&e, "NUMATIER_PATH=/%s", place);
        log_text(&e, "Waiting for the kernel for %u s; last file read: /%s", seconds, place);
        log_send(&e);
}

void journal_events_lost(void)
{
        struct log_entry e = LOG_ENTRY(LOG_INFO, MESSAGE_EVENTS_LOST);

        log_text(&e, "The kernel sent events faster than numatierd could receive them, and some "
                     "were lost; "
                     "each pass reads the whole machine, so nothing is missed");
        log_send(&e);
}

void journal_no_events(void)
{
        struct log_entry e = LOG_ENTRY(LOG_WARNING, MESSAGE_WARNING);

        log_text(&e, "The kernel sends no events to this network namespace: memory that comes or "
                     "goes is noticed only at the rescan interval");
        log_send(&e);
}
