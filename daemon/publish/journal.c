/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "publish/journal.h"

#include <errno.h>
#include <inttypes.h>

#include "facts/knobs.h"
#include "publish/log.h"
#include "publish/message-ids.h"

/* MemTotal also moves a little as the kernel reserves and returns pages: not worth a word. */
#define RESIZED_KIB (32U << 10)

void announcer_done(struct announcer *a)
{
        conditions_done(&a->conditions);
        free(a->memory);
        *a = (struct announcer){ 0 };
}

static void send_once(struct announcer *a, struct log_entry *e)
{
        if (conditions_note(&a->conditions, log_hash(e)))
                log_send(e);
        else
                log_discard(e);
}

static void announce_messages(struct announcer *a, const struct messages *messages,
                              const char *message_id)
{
        for (size_t i = 0; i < messages->n; i++) {
                struct log_entry e = LOG_ENTRY(LOG_WARNING, message_id);

                log_text(&e, "%s", messages->items[i]);
                send_once(a, &e);
        }
}

/* Memory that came, went, grew and shrank */

static void announce_came(const struct node *n)
{
        struct log_entry e = LOG_ENTRY(LOG_INFO, MESSAGE_MEMORY_CAME);

        log_field(&e, "NUMATIER_NODE=%u", n->id);
        log_field(&e, "NUMATIER_SIZE_KIB=%" PRIu64, n->size_kib);
        log_text(&e, "Node %u has memory now: %" PRIu64 " MiB", n->id, n->size_kib >> 10);
        log_send(&e);
}

static void announce_went(unsigned node)
{
        struct log_entry e = LOG_ENTRY(LOG_INFO, MESSAGE_MEMORY_WENT);

        log_field(&e, "NUMATIER_NODE=%u", node);
        log_text(&e, "Node %u has no memory any more", node);
        log_send(&e);
}

static void announce_resized(const struct node *n, uint64_t old_kib)
{
        struct log_entry e = LOG_ENTRY(LOG_INFO, MESSAGE_MEMORY_RESIZED);

        log_field(&e, "NUMATIER_NODE=%u", n->id);
        log_field(&e, "NUMATIER_SIZE_KIB=%" PRIu64, n->size_kib);
        log_field(&e, "NUMATIER_OLD_SIZE_KIB=%" PRIu64, old_kib);
        log_text(&e, "The memory of node %u %s from %" PRIu64 " MiB to %" PRIu64 " MiB", n->id,
                 n->size_kib > old_kib ? "grew" : "shrank", old_kib >> 10, n->size_kib >> 10);
        log_send(&e);
}

static void note_memory(struct announcer *a, const struct machine *m)
{
        size_t n = 0;

        free(a->memory);
        a->n_memory = 0;
        a->memory = calloc(m->n_nodes ?: 1, sizeof(*a->memory));
        a->looked = a->memory != NULL;
        for (size_t i = 0; a->memory && i < m->n_nodes; i++)
                if (m->nodes[i].has_memory)
                        a->memory[n++] = (struct memory_size){ .node = m->nodes[i].id,
                                                               .kib = m->nodes[i].size_kib };
        a->n_memory = n;
}

static const struct memory_size *find_memory(const struct announcer *a, unsigned node)
{
        for (size_t i = 0; i < a->n_memory; i++)
                if (a->memory[i].node == node)
                        return &a->memory[i];
        return NULL;
}

/* What the last look left is kept in a, unless nothing changed, so that small changes add up. */
static void announce_memory(struct announcer *a, const struct machine *m)
{
        bool changed = !a->looked;

        for (size_t i = 0; a->looked && i < a->n_memory; i++)
                if (!nodeset_has(&m->memory, a->memory[i].node)) {
                        announce_went(a->memory[i].node);
                        changed = true;
                }
        for (size_t i = 0; a->looked && i < m->n_nodes; i++) {
                const struct node *n = &m->nodes[i];
                const struct memory_size *old = find_memory(a, n->id);
                uint64_t kib = old ? old->kib : 0;

                if (!n->has_memory)
                        continue;
                if (!old)
                        announce_came(n);
                else if (n->size_kib >= kib + RESIZED_KIB || n->size_kib + RESIZED_KIB <= kib)
                        announce_resized(n, kib);
                else
                        continue;
                changed = true;
        }
        if (changed)
                note_memory(a, m);
}

/* Writes */

static void add_tier_fields(struct log_entry *e, const struct assignment *a, unsigned node,
                            uint32_t old_tier, uint32_t memory_tier)
{
        const struct node_assignment *n = assignment_get_node(a, node);
        const char *tier = n ? assignment_tier_name(a, n) : NULL;

        log_field(e, "NUMATIER_NODE=%u", node);
        if (tier)
                log_field(e, "NUMATIER_TIER=%s", tier);
        if (memory_tier != TIER_UNKNOWN)
                log_field(e, "NUMATIER_MEMORY_TIER=%" PRIu32, memory_tier);
        if (old_tier != TIER_UNKNOWN)
                log_field(e, "NUMATIER_OLD_TIER=%" PRIu32, old_tier);
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

static void announce_moved(struct announcer *a, const struct assignment *assignment,
                           const struct report_entry *entry)
{
        struct log_entry e = LOG_ENTRY(LOG_NOTICE, MESSAGE_NODE_MOVED);
        const struct plan_write *w = entry->write;

        add_write_fields(&e, assignment, w);
        if (w->wanted_tier == TIER_UNKNOWN)
                log_text(&e, "Gave node %u back to Linux, which has it in %s (%s)", w->node,
                         entry->after ?: "a tier of its own choice", w->reason);
        else if (entry->outcome == OUTCOME_UNVERIFIED)
                log_text(&e,
                         "Asked the kernel to move node %u to memory_tier%" PRIu32
                         " (%s); the next look tells whether it did",
                         w->node, w->wanted_tier, w->reason);
        else
                log_text(&e,
                         "Moved node %u from memory_tier%" PRIu32 " to memory_tier%" PRIu32 " (%s)",
                         w->node, w->present_tier, w->wanted_tier, w->reason);
        log_send(&e);
}

static void announce_knob(const struct assignment *assignment, const struct report_entry *entry)
{
        struct log_entry e = LOG_ENTRY(LOG_NOTICE, MESSAGE_KNOB_CHANGED);
        const struct plan_write *w = entry->write;

        add_write_fields(&e, assignment, w);
        log_text(&e, "Set /%s from %s to %s (%s)", w->path, w->before, w->value, w->reason);
        log_send(&e);
}

static void announce_ignored(struct announcer *a, const struct assignment *assignment,
                             const struct report_entry *entry)
{
        struct log_entry e = LOG_ENTRY(LOG_WARNING, MESSAGE_WRITE_IGNORED);
        const struct plan_write *w = entry->write;

        add_write_fields(&e, assignment, w);
        log_text(&e, "The kernel accepted %s for /%s and did not do it: it reads %s", w->value,
                 w->path, entry->after ?: "otherwise");
        send_once(a, &e);
}

static void announce_refused(struct announcer *a, const struct assignment *assignment,
                             const struct report_entry *entry)
{
        struct log_entry e = LOG_ENTRY(LOG_ERR, MESSAGE_WRITE_REFUSED);
        const struct plan_write *w = entry->write;

        add_write_fields(&e, assignment, w);
        log_field(&e, "ERRNO=%d", -entry->error);
        log_text(&e, "The kernel refused %s for /%s: %s%s", w->value, w->path,
                 strerror(-entry->error),
                 w->kind == WRITE_NUMA_BALANCING && entry->error == -EPERM
                         ? " (this knob needs CAP_SYS_ADMIN; see numatierd(8))"
                         : "");
        send_once(a, &e);
}

static void announce_held(struct announcer *a, const struct assignment *assignment,
                          const struct report_entry *entry)
{
        struct log_entry e = LOG_ENTRY(LOG_WARNING, MESSAGE_WRITE_HELD);
        const struct plan_write *w = entry->write;

        add_write_fields(&e, assignment, w);
        if (w->guard == GUARD_LOWER)
                log_text(&e, "Left /%s at %s, as not everything that needs it has been undone",
                         w->path, w->before);
        else if (w->guard == GUARD_NEED_OFF)
                log_text(&e,
                         "Did not set /%s to %s: /" DEMOTION_PATH
                         " could not be set to false first, and memory exhaustion can freeze this "
                         "machine",
                         w->path, w->value);
        else if (w->after_moves)
                log_text(&e, "Did not set /%s to %s: a node could not be moved before", w->path,
                         w->value);
        else
                log_text(&e,
                         "Did not set /%s to %s: /" MIN_TTL_PATH
                         " could not be set first, and without it memory exhaustion can freeze "
                         "this machine",
                         w->path, w->value);
        send_once(a, &e);
}

static void announce_planned_hold(struct announcer *a, const struct assignment *assignment,
                                  const struct plan_write *w)
{
        struct log_entry e = LOG_ENTRY(LOG_WARNING, MESSAGE_WRITE_HELD);

        add_write_fields(&e, assignment, w);
        log_text(&e, "Did not set /%s to %s: %s", w->path, w->value, w->reason);
        send_once(a, &e);
}

static void announce_busy(struct announcer *a, const struct report_entry *entry)
{
        struct log_entry e = LOG_ENTRY(LOG_INFO, NULL);

        log_text(&e, "/%s is busy; trying again", entry->write->path);
        send_once(a, &e);
}

static void announce_write(struct announcer *a, const struct assignment *assignment,
                           const struct report_entry *entry)
{
        switch (entry->outcome) {
        case OUTCOME_DONE:
        case OUTCOME_UNVERIFIED:
                if (entry->write->kind == WRITE_NODE_TIER)
                        announce_moved(a, assignment, entry);
                else
                        announce_knob(assignment, entry);
                break;
        case OUTCOME_IGNORED:
                announce_ignored(a, assignment, entry);
                break;
        case OUTCOME_FAILED:
                announce_refused(a, assignment, entry);
                break;
        case OUTCOME_HELD:
                announce_held(a, assignment, entry);
                break;
        case OUTCOME_BUSY:
                announce_busy(a, entry);
                break;
        case OUTCOME_ALREADY:
        case OUTCOME_GONE: /* hotplug: its own event leads to the next look */
        case OUTCOMES:
                break;
        }
}

static const char *why_unmet(const struct snapshot *r, const struct plan_unmet *u)
{
        if (u->hazard)
                return u->hazard;
        if (r->plan->interface != INTERFACE_NONE)
                return "the kernel does not do what its interface is told";
        if (r->assignment->policy->interface == POLICY_INTERFACE_NONE)
                return "the policy says interface = none";
        return "this kernel offers no way to move it (numatier's module memtier_override would)";
}

static void announce_unmet(struct announcer *a, const struct snapshot *r,
                           const struct plan_unmet *u)
{
        struct log_entry e =
                LOG_ENTRY(LOG_NOTICE, u->hazard ? MESSAGE_NODE_NOT_SAFE : MESSAGE_NODE_NOT_MOVABLE);
        const struct node_assignment *n = assignment_get_node(r->assignment, u->node);
        const char *tier = n ? assignment_tier_name(r->assignment, n) : NULL;

        add_tier_fields(&e, r->assignment, u->node, u->present_tier, u->wanted_tier);
        if (tier)
                log_text(&e,
                         "Node %u belongs in tier %s (memory_tier%" PRIu32
                         ") but stays in memory_tier%" PRIu32 ": %s",
                         u->node, tier, u->wanted_tier, u->present_tier, why_unmet(r, u));
        else
                log_text(&e,
                         "Node %u is not given back to Linux but stays in memory_tier%" PRIu32
                         ": %s",
                         u->node, u->present_tier, why_unmet(r, u));
        send_once(a, &e);
}

static void announce_error(struct announcer *a, int error)
{
        struct log_entry e = LOG_ENTRY(LOG_ERR, MESSAGE_LOOK_FAILED);

        log_field(&e, "ERRNO=%d", -error);
        log_text(&e, "Cannot bring the machine in line with the policy: %s",
                 error == -ENOENT ? "this kernel has no NUMA support" : strerror(-error));
        send_once(a, &e);
}

void announce_look(struct announcer *a, const struct snapshot *r, int error)
{
        announce_messages(a, &r->problems, MESSAGE_GARBAGE);
        announce_messages(a, &r->warnings, MESSAGE_WARNING);
        announce_messages(a, &r->bugs, MESSAGE_FIRMWARE_BUG);
        if (r->machine)
                announce_memory(a, r->machine);
        if (r->report)
                for (size_t i = 0; i < r->report->n_entries; i++)
                        announce_write(a, r->assignment, &r->report->entries[i]);
        if (r->plan)
                for (size_t i = 0; i < r->plan->n_unmet; i++)
                        announce_unmet(a, r, &r->plan->unmet[i]);
        if (r->plan)
                for (size_t i = 0; i < r->plan->n_held; i++)
                        announce_planned_hold(a, r->assignment, &r->plan->held[i]);
        if (error < 0)
                announce_error(a, error);
        /* A look that could not see the tiers cannot know what is unmet. */
        conditions_end(&a->conditions, error < 0 || (r->machine && r->machine->tiers_withheld));
}

void announce_looked(const struct snapshot *r, const char *summary)
{
        struct log_entry e = LOG_ENTRY(LOG_DEBUG, NULL);

        log_text(&e, "Looked at the machine: %zu writes; %s", r->plan ? r->plan->n_writes : 0,
                 summary ?: "");
        log_send(&e);
}

/* The policy, and the daemon itself */

void announce_policy(const struct policy *p)
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
        log_text(&e, "Policy of %zu tier%s from %s", p->n_tiers, p->n_tiers == 1 ? "" : "s", files);
        log_send(&e);
}

void announce_policy_refused(const struct messages *errors, bool keeps_old)
{
        for (size_t i = 0; i < errors->n; i++) {
                struct log_entry e = LOG_ENTRY(LOG_ERR, MESSAGE_POLICY_REFUSED);

                log_text(&e, "%s", errors->items[i]);
                log_send(&e);
        }
        if (keeps_old) {
                struct log_entry e = LOG_ENTRY(LOG_ERR, MESSAGE_POLICY_REFUSED);

                log_text(&e, "The new policy is refused, and the one before stays in force");
                log_send(&e);
        }
}

void announce_started(const char *summary)
{
        struct log_entry e = LOG_ENTRY(LOG_INFO, MESSAGE_STARTED);

        log_field(&e, "NUMATIER_VERSION=%s", NUMATIER_VERSION);
        log_text(&e, "numatierd %s: %s", NUMATIER_VERSION, summary);
        log_send(&e);
}

void announce_stopped(void)
{
        struct log_entry e = LOG_ENTRY(LOG_INFO, MESSAGE_STOPPED);

        log_text(&e, "Stopped; tiers stay as they are");
        log_send(&e);
}

void announce_waiting(const char *place, unsigned seconds)
{
        struct log_entry e = LOG_ENTRY(LOG_WARNING, MESSAGE_WAITING);

        log_field(&e, "NUMATIER_PATH=/%s", place);
        log_text(&e, "The kernel has kept numatierd waiting for %u s, since it read /%s", seconds,
                 place);
        log_send(&e);
}

void announce_events_lost(void)
{
        struct log_entry e = LOG_ENTRY(LOG_INFO, MESSAGE_EVENTS_LOST);

        log_text(&e, "The kernel sent events faster than they could be taken, and dropped some: "
                     "the machine is looked at as a whole anyway");
        log_send(&e);
}
