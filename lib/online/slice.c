/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "online/slice.h"

#include <errno.h>
#include <inttypes.h>

#include "facts/block-devices.h"
#include "facts/blocks.h"
#include "online/wanted.h"
#include "state/drained.h"

#define ACPI_ROOT "sys/devices/LNXSYSTM:00"

/* The time until a block that failed is tried again; it doubles with each failure. */
#define RETRY_USEC     UINT64_C(30000000)
#define RETRY_DOUBLING 7 /* at most: more than an hour */

/* Rules of udev have run by then. */
#define SETTLED_USEC UINT64_C(30000000)
/* After so many blocks of a node in a row that could not be taken offline, the others wait, too:
 * first 8 minutes, then twice as long, and so on, up to more than an hour. One that took too long
 * counts as several. */
#define PAUSE_FAILURES 16
#define PAUSE_TIMEOUT  4
#define PAUSE_DOUBLING 4

struct slice {
        struct sysroot *root;
        const struct policy *policy;
        const struct machine *machine;
        struct online_memory *memory;
        const struct online_hooks *hooks;
        struct online_result *result;
        struct block_table *table;
        struct block_devices *devices;
        struct wanted *wanted;
        uint64_t *identities;
        /* what this look notes, and how many of the last look's notes were passed */
        struct online_sighting *sightings;
        size_t n_sightings, sightings_allocated, n_passed;
        struct nodeset gpus; /* nodes that are a GPU's memory, or may be */
        struct node_room *rooms;
        size_t n_rooms, rooms_allocated;
        uint64_t begin, budget; /* 0: no limit */
        uint64_t end;           /* 0: none */
};

/* Reading */

static int read_blocks(struct slice *s)
{
        struct messages *problems = &s->result->problems;
        int r;

        r = block_table_read(s->root, NULL, problems, &s->table);
        if (r == 0)
                r = block_devices_read(s->root, s->table, s->machine, problems, &s->devices);
        if (r == 0)
                r = wanted_decide(s->policy, s->machine, s->table, s->devices, &s->wanted);
        return r;
}

static struct nodeset find_gpus(const struct machine *m)
{
        struct nodeset nodes = { 0 };

        for (size_t i = 0; i < m->n_nodes; i++)
                if (m->nodes[i].kind == KIND_GPU || m->nodes[i].may_be_gpu)
                        nodeset_add(&nodes, m->nodes[i].id);
        for (size_t i = 0; i < m->n_gpus; i++)
                if (m->gpus[i].report == GPU_NODE || m->gpus[i].report == GPU_REMEMBERED)
                        nodeset_add(&nodes, m->gpus[i].node);
        return nodes;
}

/* Neither blocks nor a dax device that could be brought back ("numatier drain --unplug"). */
static void find_vanished(struct slice *s)
{
        struct nodeset vanished = s->result->drained;

        nodeset_foreach (n, &s->result->zoned)
                nodeset_add(&vanished, n);
        for (size_t i = 0; i < s->table->n; i++)
                if (s->table->blocks[i].node != BLOCK_NO_NODE)
                        nodeset_remove(&vanished, s->table->blocks[i].node);
                else if (s->table->blocks[i].state != BLOCK_ONLINE)
                        return; /* it is new, and may be of any node */
        for (size_t i = 0; i < s->devices->n; i++)
                if (s->devices->items[i].target != DAX_NO_TARGET)
                        nodeset_remove(&vanished, s->devices->items[i].target);
        if (!s->devices->unlisted)
                s->result->vanished = vanished;
}

static int identify(struct slice *s, size_t i, uint64_t *ret)
{
        char path[SYSROOT_PATH_MAX];

        snprintf(path, sizeof(path), MEMORY_DIR "/memory%" PRIu64, s->table->blocks[i].number);
        return sysroot_identify(s->root, path, ret);
}

/* A block that vanishes now is noticed when it is to be changed. */
static int read_identities(struct slice *s)
{
        s->identities = calloc(s->table->n ?: 1, sizeof(*s->identities));
        if (!s->identities)
                return -ENOMEM;
        for (size_t i = 0; i < s->table->n; i++)
                if (s->wanted[i].online != ONLINE_LEAVE)
                        (void)identify(s, i, &s->identities[i]);
        return 0;
}

/* Linux makes the directories of boot memory before those of ACPI devices
 * (drivers/base/init.c:driver_init, drivers/acpi/scan.c), and numbers them upwards. So a block is
 * known as boot memory also where an ACPI memory device has it beside no CPUs. */
static void keep_boot_memory(struct slice *s)
{
        uint64_t acpi;

        if (sysroot_identify(s->root, ACPI_ROOT, &acpi) < 0)
                return;
        for (size_t i = 0; i < s->table->n; i++)
                if (s->identities[i] > 0 && s->identities[i] < acpi)
                        wanted_mark_boot_memory(&s->wanted[i]);
}

static int read_state(struct slice *s)
{
        struct messages *problems = &s->result->problems;
        int r = 0;

        if (!s->memory->record)
                r = online_record_load(s->root, problems, &s->memory->record);
        if (r == 0)
                r = drained_load(s->root, problems, &s->result->drained);
        return r < 0 ? r : zoned_load(s->root, problems, &s->result->zoned);
}

/* The record */

static struct record_block describe(const struct slice *s, size_t i, enum record_state state,
                                    enum policy_online online)
{
        return (struct record_block){
                .number = s->table->blocks[i].number,
                .identity = s->identities[i],
                .state = state,
                .online = online,
        };
}

static int remember(struct slice *s, size_t i, enum record_state state, enum policy_online online)
{
        struct record_block b = describe(s, i, state, online);

        return online_record_set(s->memory->record, &b);
}

static void forget_gone(struct slice *s)
{
        struct online_record *r = s->memory->record;
        size_t n = 0;

        for (size_t i = 0; i < r->n; i++)
                if (block_table_get(s->table, r->blocks[i].number))
                        r->blocks[n++] = r->blocks[i];
        r->changed = r->changed || n != r->n;
        r->n = n;
}

/* What the last look noted of this block, or NULL. Blocks are asked for in ascending order. */
static const struct online_sighting *find_sighting(struct slice *s, size_t i)
{
        const struct online_memory *m = s->memory;
        uint64_t number = s->table->blocks[i].number;
        const struct online_sighting *found;

        while (s->n_passed < m->n_sightings && m->sightings[s->n_passed].number < number)
                s->n_passed++;
        found = s->n_passed < m->n_sightings ? &m->sightings[s->n_passed] : NULL;
        return found && found->number == number && found->identity == s->identities[i] ? found
                                                                                       : NULL;
}

/* Whether the block has been offline for so long that a rule of udev, which runs when memory comes,
 * will not bring it online any more: who does that later does so on purpose. */
static bool has_settled(struct slice *s, size_t i, uint64_t now)
{
        const struct online_sighting *last = find_sighting(s, i);
        uint64_t since = last ? last->since : now;

        if (last && now - since >= SETTLED_USEC)
                return true;
        if (array_grow(&s->sightings, &s->sightings_allocated, s->n_sightings + 1,
                       sizeof(*s->sightings)) == 0)
                s->sightings[s->n_sightings++] =
                        (struct online_sighting){ s->table->blocks[i].number, s->identities[i],
                                                  since };
        return false;
}

static void keep_sightings(struct slice *s)
{
        struct online_memory *m = s->memory;

        free(m->sightings);
        m->sightings = TAKE_PTR(s->sightings);
        m->n_sightings = s->n_sightings;
}

static int note_online(struct slice *s, size_t i, const struct record_block *known)
{
        enum policy_online online = s->wanted[i].online;

        if (online != ONLINE_NO && online_is_in_zone(&s->table->blocks[i], online))
                return remember(s, i, RECORD_MADE, online);
        /* if it was pending, somebody was faster */
        return !known || known->state == RECORD_PENDING ? remember(s, i, RECORD_SEEN, ONLINE_UNSET)
                                                        : 0;
}

/* After damage, blocks that are offline may have been online before. */
static int note_offline(struct slice *s, size_t i, const struct record_block *known, uint64_t now)
{
        bool pending = known && known->state == RECORD_PENDING;

        if (s->wanted[i].online == ONLINE_NO)
                return pending || (!known && has_settled(s, i, now))
                               ? remember(s, i, RECORD_MADE, ONLINE_NO)
                               : 0;
        return !known && s->memory->record->damaged ? remember(s, i, RECORD_SEEN, ONLINE_UNSET) : 0;
}

static int note_block(struct slice *s, size_t i, uint64_t now)
{
        const struct block *b = &s->table->blocks[i];
        const struct record_block *known =
                online_record_get(s->memory->record, b->number, s->identities[i]);

        if (b->state == BLOCK_ONLINE)
                return note_online(s, i, known);
        return b->state == BLOCK_OFFLINE ? note_offline(s, i, known, now) : 0;
}

static int note_blocks(struct slice *s, uint64_t now)
{
        struct online_record *record = s->memory->record;

        forget_gone(s);
        for (size_t i = 0; i < s->table->n; i++)
                if (s->wanted[i].online != ONLINE_LEAVE && note_block(s, i, now) < 0)
                        return -ENOMEM;
        keep_sightings(s);
        record->changed = record->changed || record->damaged;
        record->damaged = false;
        return 0;
}

/* Returns whether the record is to keep it. */
static bool adopt(struct slice *s, const struct record_block *known)
{
        const struct block *b = block_table_get(s->table, known->number);
        size_t i = b ? (size_t)(b - s->table->blocks) : 0;
        uint64_t identity;

        if (!b || s->wanted[i].online != ONLINE_LEAVE)
                return true;
        if (b->state == BLOCK_ONLINE ||
            (identify(s, i, &identity) == 0 && identity != known->identity))
                return false;
        if (b->state == BLOCK_OFFLINE && !s->wanted[i].unreadable) {
                s->identities[i] = known->identity;
                s->wanted[i].online = known->online;
        }
        return true;
}

/* What numatier itself took offline in order to bring it back comes back, also if the policy has
 * become online = leave meanwhile. */
static void adopt_pending(struct slice *s)
{
        struct online_record *r = s->memory->record;
        size_t n = 0;

        for (size_t i = 0; i < r->n; i++)
                if (r->blocks[i].state != RECORD_PENDING || adopt(s, &r->blocks[i]))
                        r->blocks[n++] = r->blocks[i];
        r->changed = r->changed || n != r->n;
        r->n = n;
}

static int save(struct slice *s)
{
        int r = online_record_save(s->root, s->memory->record);

        if (r < 0)
                messages_add(&s->result->problems, "/" ONLINE_RECORD_PATH ": cannot be saved: %s",
                             strerror(-r));
        return r;
}

/* Failures */

static struct online_failure *find_failure(struct slice *s, size_t i)
{
        struct online_failures *f = &s->memory->failures;
        size_t j = online_failures_find(f, s->table->blocks[i].number);

        return j < f->n && f->items[j].number == s->table->blocks[i].number ? &f->items[j] : NULL;
}

/* NULL: no memory. */
static struct online_failure *add_failure(struct slice *s, size_t i)
{
        struct online_failures *f = &s->memory->failures;
        size_t j = online_failures_find(f, s->table->blocks[i].number);

        if (array_grow(&f->items, &f->allocated, f->n + 1, sizeof(*f->items)) < 0)
                return NULL;
        memmove(&f->items[j + 1], &f->items[j], (f->n - j) * sizeof(*f->items));
        f->n++;
        f->items[j] = (struct online_failure){ .number = s->table->blocks[i].number };
        return &f->items[j];
}

static struct online_pause *find_pause(struct online_failures *f, uint32_t node)
{
        for (size_t i = 0; i < f->n_pauses; i++)
                if (f->pauses[i].node == node)
                        return &f->pauses[i];
        return NULL;
}

static void forget_pause(struct slice *s, uint32_t node)
{
        struct online_failures *f = &s->memory->failures;
        struct online_pause *found = find_pause(f, node);

        if (found)
                array_remove(f->pauses, &f->n_pauses, (size_t)(found - f->pauses),
                             sizeof(*f->pauses));
}

/* Without memory for it, the node gets no pause. */
static void count_failure(struct slice *s, uint32_t node, int error)
{
        struct online_failures *f = &s->memory->failures;
        struct online_pause *p = find_pause(f, node);

        if (!p) {
                if (array_grow(&f->pauses, &f->pauses_allocated, f->n_pauses + 1,
                               sizeof(*f->pauses)) < 0)
                        return;
                p = &f->pauses[f->n_pauses++];
                *p = (struct online_pause){ .node = node };
        }
        p->failures += error == -ETIMEDOUT ? PAUSE_TIMEOUT : 1;
        if (p->failures < PAUSE_FAILURES)
                return;
        p->failures = 0;
        p->end = s->hooks->now(s->hooks->userdata) +
                 (RETRY_USEC << (PAUSE_DOUBLING + (p->pauses < RETRY_DOUBLING - PAUSE_DOUBLING
                                                           ? p->pauses
                                                           : RETRY_DOUBLING - PAUSE_DOUBLING)));
        p->pauses++;
}

static bool is_paused(struct slice *s, uint32_t node)
{
        return online_failures_is_paused(&s->memory->failures, node,
                                         s->hooks->now(s->hooks->userdata));
}

static void forget_failure(struct slice *s, size_t i)
{
        struct online_failures *f = &s->memory->failures;
        struct online_failure *found = find_failure(s, i);

        if (found)
                array_remove(f->items, &f->n, (size_t)(found - f->items), sizeof(*f->items));
}

/* Returns how often it failed in a row. Without memory for it, the block is tried again at once. */
static unsigned note_failure(struct slice *s, size_t i, int error)
{
        struct online_failure *found = find_failure(s, i) ?: add_failure(s, i);
        bool was_online = s->table->blocks[i].state == BLOCK_ONLINE;
        unsigned doubling;

        if (!found)
                return 0;
        if (found->identity != s->identities[i] || found->was_online != was_online)
                found->attempts = 0;
        found->identity = s->identities[i];
        found->was_online = was_online;
        found->error = error;
        doubling = found->attempts < RETRY_DOUBLING ? found->attempts : RETRY_DOUBLING;
        found->attempts++;
        found->retry = s->hooks->now(s->hooks->userdata) + (RETRY_USEC << doubling);
        return found->attempts;
}

/* The steps */

static int make(struct slice *s, size_t i, enum block_request q)
{
        return s->hooks->make(s->root, &s->table->blocks[i], q, s->hooks->userdata);
}

static enum block_request get_former(const struct block *b)
{
        return b->zone == ZONE_MOVABLE  ? REQUEST_ONLINE_MOVABLE
               : b->zone == ZONE_KERNEL ? REQUEST_ONLINE_KERNEL
                                        : REQUEST_ONLINE;
}

static bool is_pending(const struct slice *s, size_t i)
{
        const struct record_block *known =
                online_record_get(s->memory->record, s->table->blocks[i].number, s->identities[i]);

        return known && known->state == RECORD_PENDING;
}

static bool must_note(const struct slice *s, const struct online_step *step)
{
        const struct record_block *known =
                online_record_get(s->memory->record, s->table->blocks[step->block].number,
                                  s->identities[step->block]);

        if (known && known->state == RECORD_PENDING &&
            known->online == s->result->plan->groups[step->group].online)
                return false;
        return known || step->request == REQUEST_OFFLINE;
}

/* Before a block is changed, the record says that numatier does that, and what it is to become:
 * whatever happens then, the next run goes on from there. It says so of no other block, because
 * somebody may take that offline after we were killed. A new block needs no such note: if it is
 * online, it is as if others had brought it online. */
static int prepare(struct slice *s, const struct online_step *step)
{
        int r;

        if (!must_note(s, step))
                return 0;
        r = remember(s, step->block, RECORD_PENDING, s->result->plan->groups[step->group].online);
        return r < 0 ? r : save(s);
}

/* "numatier drain" may have begun since the look; while the lock is held, it does not begin. */
static bool is_drained(struct slice *s, uint32_t node)
{
        struct messages ignored = MESSAGES_INIT;
        int r = drained_load(s->root, &ignored, &s->result->drained);

        messages_done(&ignored);
        return r < 0 || nodeset_has(&s->result->drained, node);
}

/* "numatier online --zone" may have come and gone since the look. */
static bool is_zoned(struct slice *s, uint32_t node)
{
        struct messages ignored = MESSAGES_INIT;
        int r = zoned_load(s->root, &ignored, &s->result->zoned);

        messages_done(&ignored);
        return r < 0 || nodeset_has(&s->result->zoned, node);
}

/* Offline and online again. If the zone cannot be had, the block comes back as it was. 1: somebody
 * else took it offline since the look, and wants it so. */
static int change_zone(struct slice *s, const struct online_step *step)
{
        enum block_request former = get_former(&s->table->blocks[step->block]);
        int r, back;

        r = make(s, step->block, REQUEST_OFFLINE);
        if (r != 0)
                return r;
        r = make(s, step->block, step->then);
        if (r >= 0)
                return 0;
        back = make(s, step->block, former);
        return back < 0 && back != -EEXIST && !sysroot_is_absent(back) ? back : r;
}

static bool is_room_left(struct slice *s, uint32_t node)
{
        struct messages ignored = MESSAGES_INIT;
        struct room room;
        int r = room_read_without(s->root, node, &s->gpus, &ignored, &room);

        messages_done(&ignored);
        return r == 0 && online_is_empty_enough(&room, online_get_node_size(s->table, node));
}

static void set_case(struct online_group *g, enum online_case v)
{
        g->count[CASE_ACT]--;
        g->count[v]++;
}

static void count_failed(struct slice *s, const struct online_step *step, int error)
{
        struct online_group *g = &s->result->plan->groups[step->group];
        const struct block *b = &s->table->blocks[step->block];
        unsigned attempts = note_failure(s, step->block, error);

        if (attempts >= ONLINE_TRIES_MAX && b->state == BLOCK_ONLINE) {
                set_case(g, CASE_STUCK);
                if (g->stuck_error == 0) {
                        g->stuck_error = error;
                        g->stuck_block = b->number;
                }
                return;
        }
        if (g->error == 0) {
                g->error = error;
                g->failed_block = b->number;
        }
        g->failed++;
}

static int note_outcome(struct slice *s, const struct online_step *step, int error)
{
        struct online_group *g = &s->result->plan->groups[step->group];
        const struct block *b = &s->table->blocks[step->block];

        if (sysroot_is_absent(error)) {
                g->gone++;
                return 0;
        }
        if (error == -EEXIST) { /* somebody was faster: the next slice sees what it is now */
                set_case(g, CASE_BUSY);
                if (step->request == REQUEST_OFFLINE) /* that is no reason to try without end */
                        (void)note_failure(s, step->block, error);
                return remember(s, step->block, RECORD_SEEN, ONLINE_UNSET);
        }
        if (error == 1 && step->request == REQUEST_OFFLINE) {
                set_case(g, g->online == ONLINE_NO ? CASE_GOOD : CASE_MANUAL);
                return remember(s, step->block, RECORD_SEEN, ONLINE_UNSET);
        }
        if (error == -EINTR && s->hooks->stop(s->hooks->userdata))
                return 0; /* it is as it was */
        if (error < 0) {
                count_failed(s, step, error);
                if (step->request == REQUEST_OFFLINE)
                        count_failure(s, b->node, error);
                /* a block that is offline stays pending */
                return b->state == BLOCK_ONLINE
                               ? remember(s, step->block, RECORD_SEEN, ONLINE_UNSET)
                               : 0;
        }
        g->done++;
        forget_failure(s, step->block);
        if (step->request == REQUEST_OFFLINE)
                forget_pause(s, b->node);
        return remember(s, step->block, RECORD_MADE, g->online);
}

/* Other memory may have been plugged in under its number since the look. */
static bool is_same_memory(struct slice *s, size_t i)
{
        uint64_t identity;

        return identify(s, i, &identity) == 0 && identity == s->identities[i];
}

static int change_block(struct slice *s, size_t index)
{
        const struct online_step *step = &s->result->plan->steps[index];
        struct online_group *g = &s->result->plan->groups[step->group];
        uint32_t node = s->table->blocks[step->block].node;
        int r;

        if (is_drained(s, node)) {
                set_case(g, CASE_DRAINED);
                return 0;
        }
        if (step->request == REQUEST_OFFLINE && is_zoned(s, node)) {
                set_case(g, CASE_MANUAL);
                return 0;
        }
        r = prepare(s, step);
        if (r < 0)
                return r;
        if (!is_same_memory(s, step->block))
                r = -ENOENT;
        else if (step->then == REQUEST_OFFLINE)
                r = make(s, step->block, step->request);
        else
                r = change_zone(s, step);
        return note_outcome(s, step, r);
}

/* A write may wait long for the kernel's lock of hotplug: it must not come after the writes of a
 * drain that began meanwhile. */
static int change_block_locked(struct slice *s, size_t index)
{
        const struct online_step *step = &s->result->plan->steps[index];
        int r;

        r = s->hooks->lock(s->hooks->userdata);
        if (r == -EBUSY) {
                set_case(&s->result->plan->groups[step->group], CASE_BUSY);
                return 0;
        }
        if (r < 0) {
                messages_add(&s->result->problems, "/" DRAINED_LOCK_PATH ": cannot be locked: %s",
                             strerror(-r));
                return r;
        }
        r = change_block(s, index);
        s->hooks->unlock(s->hooks->userdata);
        return r;
}

static int take_step(struct slice *s, size_t index)
{
        const struct online_step *step = &s->result->plan->steps[index];
        struct online_group *g = &s->result->plan->groups[step->group];
        const struct block *b = &s->table->blocks[step->block];

        if (step->request == REQUEST_OFFLINE && is_paused(s, b->node)) {
                set_case(g, CASE_WAIT);
                return 0;
        }
        if (step->request == REQUEST_OFFLINE && !is_room_left(s, b->node)) {
                set_case(g, CASE_FULL);
                return 0;
        }
        return change_block_locked(s, index);
}

static bool is_over(const struct slice *s)
{
        return s->hooks->stop(s->hooks->userdata) ||
               (s->end > 0 && s->hooks->now(s->hooks->userdata) >= s->end);
}

/* What was noted as pending and is as it was: the write was interrupted, or was left out in a run
 * before. Who takes it offline from now on is not numatier. */
static int drop_pending(struct slice *s)
{
        const struct online_plan *p = s->result->plan;
        int r = 0;

        for (size_t i = 0; r == 0 && i < p->n_steps; i++)
                if (s->table->blocks[p->steps[i].block].state == BLOCK_ONLINE &&
                    is_pending(s, p->steps[i].block))
                        r = remember(s, p->steps[i].block, RECORD_SEEN, ONLINE_UNSET);
        return r;
}

/* Reading thousands of blocks takes its time: at least as much is given to the steps, so that there
 * is no end of slices that change one block. */
static void set_end(struct slice *s)
{
        uint64_t now = s->hooks->now(s->hooks->userdata);

        if (s->budget > 0)
                s->end = now + (now - s->begin > s->budget ? now - s->begin : s->budget);
}

static int take_steps(struct slice *s)
{
        const struct online_plan *p = s->result->plan;
        size_t i;
        int r, e;

        set_end(s);
        r = save(s); /* what is known now; if that fails, nothing is changed */

        for (i = 0; r == 0 && i < p->n_steps; i++) {
                if ((i > 0 || s->hooks->stop(s->hooks->userdata)) && is_over(s))
                        break;
                r = take_step(s, i);
        }
        s->result->remaining = p->n_steps - i;
        e = drop_pending(s);
        if (r == 0)
                r = e;
        e = save(s);
        return r < 0 ? r : e;
}

static int read_rooms(struct slice *s, const struct nodeset *nodes)
{
        nodeset_foreach (node, nodes) {
                struct room room;

                if (room_read_without(s->root, node, &s->gpus, &s->result->problems, &room) < 0)
                        continue;
                if (array_grow(&s->rooms, &s->rooms_allocated, s->n_rooms + 1, sizeof(*s->rooms)) <
                    0)
                        return -ENOMEM;
                s->rooms[s->n_rooms++] = (struct node_room){ node, room };
        }
        return 0;
}

static int make_plan(struct slice *s, uint64_t now)
{
        struct online_input in = {
                .table = s->table,
                .wanted = s->wanted,
                .identities = s->identities,
                .record = s->memory->record,
                .failures = &s->memory->failures,
                .drained = &s->result->drained,
                .zoned = &s->result->zoned,
                .now = now,
        };
        struct nodeset nodes = online_plan_get_nodes_to_empty(&in);
        int r;

        r = read_rooms(s, &nodes);
        if (r < 0)
                return r;
        in.rooms = s->rooms;
        in.n_rooms = s->n_rooms;
        return online_plan_new(&in, &s->result->plan);
}

/* What waits for time (of a block that is to stay offline, half a minute), for room in other nodes,
 * for a person or for a file that can be read may change without any event. */
static bool is_settled(const struct slice *s)
{
        static const enum online_case open[] = {
                CASE_DRAINED, CASE_BUSY, CASE_FULL, CASE_WAIT, CASE_ACT,
        };
        const struct online_plan *p = s->result->plan;

        for (size_t i = 0; i < p->n_groups; i++)
                for (size_t k = 0; k < ELEMENTSOF(open); k++)
                        if (p->groups[i].count[open[k]] > 0)
                                return false;
        for (size_t i = 0; i < p->n_groups; i++)
                if (p->groups[i].count[CASE_MANUAL] > 0 &&
                    nodeset_has(&s->result->zoned, p->groups[i].node))
                        return false;
        for (size_t i = 0; i < s->table->n; i++)
                if (s->wanted[i].unreadable && s->table->blocks[i].node != BLOCK_NO_NODE)
                        return false;
        return s->memory->n_sightings == 0 && nodeset_count(&s->result->vanished) == 0 &&
               s->result->problems.n == 0;
}

static int run(struct slice *s, uint64_t budget_usec)
{
        uint64_t now = s->hooks ? s->hooks->now(s->hooks->userdata) : 0;
        int r;

        s->begin = now;
        s->budget = budget_usec;
        r = read_state(s);
        if (r == 0)
                r = read_blocks(s);
        if (r == 0)
                find_vanished(s);
        if (r == 0)
                r = read_identities(s);
        if (r == 0) {
                keep_boot_memory(s);
                adopt_pending(s);
        }
        if (r == 0)
                r = note_blocks(s, now);
        if (r == 0)
                r = make_plan(s, now);
        if (r == 0 && s->hooks)
                r = take_steps(s);
        if (r == 0)
                s->result->settled = is_settled(s);
        return r;
}

int online_slice(struct sysroot *root, const struct policy *p, const struct machine *m,
                 struct online_memory *memory, const struct online_hooks *hooks,
                 uint64_t budget_usec, struct online_result **ret)
{
        struct slice s = {
                .root = root,
                .policy = p,
                .machine = m,
                .memory = memory,
                .hooks = hooks,
                .gpus = find_gpus(m),
                .result = calloc(1, sizeof(*s.result)),
        };
        int r;

        *ret = s.result;
        if (!s.result)
                return -ENOMEM;
        r = run(&s, budget_usec);
        free(s.sightings);
        free(s.rooms);
        free(s.identities);
        free(s.wanted);
        block_devices_free(s.devices);
        block_table_free(s.table);
        return r;
}

void online_forget_failures(struct online_memory *m)
{
        m->failures.n = 0;
        m->failures.n_pauses = 0;
}

void online_memory_done(struct online_memory *m)
{
        online_record_free(m->record);
        free(m->failures.items);
        free(m->sightings);
        free(m->failures.pauses);
        *m = (struct online_memory){ 0 };
}

struct online_result *online_result_free(struct online_result *r)
{
        if (!r)
                return NULL;
        messages_done(&r->problems);
        online_plan_free(r->plan);
        free(r);
        return NULL;
}
