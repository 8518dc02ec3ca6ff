/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* numatier drain: takes all memory of a node offline, and then maybe out of the machine. */

#include <errno.h>
#include <inttypes.h>

#include "base/units.h"
#include "cli/cgroup.h"
#include "cli/cli.h"
#include "cli/hotplug.h"
#include "cli/kmsg.h"
#include "cli/unplug.h"
#include "facts/blocks.h"
#include "facts/knobs.h"
#include "online/holders.h"
#include "online/room.h"

/* A page that is pinned in ZONE_MOVABLE makes the kernel try for ever
 * (mm/memory_hotplug.c:offline_pages). */
#define BLOCK_LIMIT_USEC UINT64_C(60000000)
/* Slower than this no machine moves pages. */
#define SLOWEST_RATE (UINT64_C(16) << 20)
/* The kernel (auto_online_blocks) or a rule of udev may bring blocks online again. Who does that
 * more often insists. */
#define TRIES 3
/* Reading the flags of all pages of a block takes milliseconds. */
#define EXPLAINED_MAX 64

struct drain {
        struct hotplug h; /* the first: its userdata is that of all */
        int kmsg_fd;
        struct page_dumps dumps;
        struct holders *holders; /* of each block, as it was when its time was over */
        size_t busy;             /* the index of the block that is being written */
        bool was_recorded;
};

/* While the kernel still tries, all pages are gone that can go. */
static void look_into_block(void *userdata)
{
        struct drain *d = userdata;
        const struct block_table *t = d->h.run->table;

        (void)holders_read(d->h.root, t->blocks[d->busy].number, t->block_size,
                           &d->holders[d->busy]);
}

static int make(void *userdata, struct block *b, enum block_request q, uint64_t limit_usec)
{
        struct drain *d = userdata;
        int r;

        d->busy = (size_t)(b - d->h.run->table->blocks);
        r = hotplug_make(&d->h, b, q, limit_usec);
        kmsg_read(d->kmsg_fd, &d->dumps);
        return r;
}

/* A block is not begun if its pages have nowhere to go: the kernel would kill processes, and panic
 * where it may kill none. With --force they may be swapped out. What cannot be read now was read
 * before the first block. */
static int check(void *userdata)
{
        struct drain *d = userdata;
        struct messages problems = MESSAGES_INIT;
        struct room room;
        uint64_t need;
        int r;

        r = writer_check(d->h.writer);
        if (r < 0)
                return r;
        r = room_read(d->h.root, d->h.node, &problems, &room);
        messages_done(&problems);
        if (r < 0)
                return 0;
        need = d->h.run->table->block_size / 1024;
        if (need > room.used_kib)
                need = room.used_kib;
        return need > room.other_kib + (d->h.a->force ? room.swap_kib : 0) ? -ENOSPC : 0;
}

static int pause_between(void *userdata, uint64_t usec)
{
        return writer_wait(((struct drain *)userdata)->h.writer, usec);
}

static bool has_cpus(struct sysroot *root, unsigned node)
{
        char list[NODESET_STRING_MAX];
        struct nodeset nodes = { 0 };

        /* not known: as if it had */
        return sysroot_read_line(root, NODE_DIR "/has_cpu", list, sizeof(list)) < 0 ||
               nodeset_parse(list, &nodes) < 0 || nodeset_has(&nodes, node);
}

static int check_room(const struct hotplug *h)
{
        char used[UNIT_STRING_MAX], other[UNIT_STRING_MAX];
        struct messages problems = MESSAGES_INIT;
        struct room room;
        int r;

        r = room_read(h->root, h->node, &problems, &room);
        cli_print_messages("", &problems);
        messages_done(&problems);
        if (r < 0)
                return r;
        if (!room.has_others) {
                hotplug_error(h, "no other node has memory to which its pages could move");
                return -ENOSPC;
        }
        if (room.used_kib <= room.other_kib || h->a->force)
                return 0;
        hotplug_error(h,
                      "%s of it are in use, and the other nodes have room for %s. Free memory "
                      "first. --force takes offline what fits, and may swap",
                      format_size(room.used_kib, used), format_size(room.other_kib, other));
        return -ENOSPC;
}

/* What an earlier --unplug left: a dax device without memory, and its region. */
static bool has_devices(const struct hotplug *h, const struct block_table *t)
{
        struct messages problems = MESSAGES_INIT;
        struct memory_devices devices = { 0 };
        bool any =
                memory_devices_find(h->root, h->node, t, &problems, &devices) == 0 && devices.n > 0;

        memory_devices_done(&devices);
        messages_done(&problems);
        return any;
}

/* All or nothing must be possible, and each block must come back into its zone. */
static int check_rollback(const struct hotplug *h, const struct block_table *t)
{
        for (size_t i = 0; i < t->n; i++) {
                const struct block *b = &t->blocks[i];

                if (b->zone == ZONE_NONE) {
                        hotplug_error(h,
                                      "memory%" PRIu64 " spans zones or has holes, and can never "
                                      "go offline",
                                      b->number);
                        return -EINVAL;
                }
                if (b->state == BLOCK_ONLINE && b->zone == ZONE_UNKNOWN) {
                        hotplug_error(h,
                                      "the zone of memory%" PRIu64 " cannot be read now, so it "
                                      "could not be brought back into it",
                                      b->number);
                        return -EAGAIN;
                }
        }
        return 0;
}

static int check_blocks(const struct hotplug *h, const struct block_table *t)
{
        if (t->block_size == 0) {
                hotplug_error(h, "this kernel has no memory hotplug (/" MEMORY_DIR " is missing)");
                return -EOPNOTSUPP;
        }
        if (t->n == 0 && !(h->a->unplug && has_devices(h, t))) {
                char list[8];
                bool exists = !sysroot_is_absent(sysroot_readf(
                        h->root, list, sizeof(list), NODE_DIR "/node%u/distance", h->node));

                hotplug_error(h, exists ? "it has no memory" : "there is no such node");
                return -ENOENT;
        }
        return h->a->rollback ? check_rollback(h, t) : 0;
}

/* What must not even begin. */
static int check_node(const struct hotplug *h, const struct block_table *t)
{
        int r = check_blocks(h, t);

        if (r < 0)
                return r;
        if (has_cpus(h->root, h->node) && !h->a->force) {
                hotplug_error(h, "it has CPUs. What runs there would lose its local memory, and "
                                 "memory that the kernel itself uses does not go. --force takes "
                                 "offline what can go");
                return -EPERM;
        }
        return check_room(h);
}

static bool stays(const struct run *r, size_t i)
{
        const struct block *b = &r->table->blocks[i];

        return b->state != BLOCK_OFFLINE && !r->blocks[i].gone &&
               (r->blocks[i].tried || b->zone == ZONE_NONE);
}

#define OWNER_MAX (PAGE_OWNER_MAX + CGROUP_PATH_MAX + sizeof("charged to , "))

/* Whom to ask about a page. */
static bool find_owner(struct drain *d, uint64_t pfn, char ret[static OWNER_MAX])
{
        char owner[PAGE_OWNER_MAX], cgroup[CGROUP_PATH_MAX];
        bool has_cgroup = cgroup_of_page(d->h.root, pfn, cgroup);
        bool has_owner = page_owner_read(d->h.root, pfn, owner) == 0;

        snprintf(ret, OWNER_MAX, "%s%s%s%s", has_cgroup ? "charged to " : "",
                 has_cgroup ? cgroup : "", has_cgroup && has_owner ? ", " : "",
                 has_owner ? owner : "");
        return has_cgroup || has_owner;
}

/* What the pages in the block are, as it was when its time was over, or as it is now. */
static char *explain_pages(struct drain *d, size_t i)
{
        const struct block_table *t = d->h.run->table;
        uint64_t pages = t->block_size / (uint64_t)sysconf(_SC_PAGESIZE), pfn;
        const struct block *b = &t->blocks[i];
        struct holders *holders = &d->holders[i];
        int error = d->h.run->blocks[i].error;
        const struct page_dump *dump;
        char owner[OWNER_MAX];
        bool has_owner = false;

        if (!holders->known && b->zone != ZONE_NONE && error != -EINTR && error != -EINPROGRESS)
                (void)holders_read(d->h.root, b->number, t->block_size, holders);
        dump = page_dumps_find(&d->dumps, b->number * pages, pages);
        if (dump || holders_get_example(holders, b->zone, &pfn))
                has_owner = find_owner(d, dump ? dump->pfn : pfn, owner);
        return holders_explain(holders, b->zone, error, dump, has_owner ? owner : NULL);
}

static void explain(struct drain *d)
{
        const struct run *r = d->h.run;
        size_t explained = 0;

        for (size_t i = 0; i < r->table->n; i++)
                if (stays(r, i))
                        d->h.reasons[i] = explained++ < EXPLAINED_MAX
                                                  ? explain_pages(d, i)
                                                  : holders_explain(NULL, r->table->blocks[i].zone,
                                                                    r->blocks[i].error, NULL, NULL);
}

/* Whether also no memory was added meanwhile. */
static bool is_done(struct drain *d)
{
        _cleanup_(block_table_freep) struct block_table *now = NULL;

        if (hotplug_read_table(&d->h, &now) < 0)
                return false;
        for (size_t i = 0; i < now->n; i++)
                if (now->blocks[i].state != BLOCK_OFFLINE) {
                        messages_add(&d->h.notes,
                                     "memory%" PRIu64 " is online: it was added meanwhile, or "
                                     "somebody brought it online again",
                                     now->blocks[i].number);
                        return false;
                }
        return true;
}

/* A write that did not end may still take a block offline. */
static bool is_stuck(const struct drain *d)
{
        return writer_check(d->h.writer) == -EINPROGRESS;
}

/* The record as it was before, if nothing is offline because of it. */
static void forget(struct drain *d)
{
        if (!d->was_recorded)
                (void)hotplug_record(&d->h, false);
}

/* Why blocks do not come back. */
static void explain_roll_back(struct drain *d)
{
        const struct run *r = d->h.run;

        for (size_t i = 0; i < r->table->n; i++) {
                if (r->table->blocks[i].state != BLOCK_OFFLINE || r->blocks[i].error == 0 ||
                    r->blocks[i].gone)
                        continue;
                free(d->h.reasons[i]);
                if (asprintf(&d->h.reasons[i], "it cannot be brought online again: %s",
                             hotplug_describe_error(r->blocks[i].error)) < 0)
                        d->h.reasons[i] = NULL;
        }
}

static int finish_rolled_back(struct drain *d)
{
        char text[256];
        struct run_count c;
        bool done;

        writer_persist(d->h.writer);
        done = run_roll_back(d->h.run, &(struct run_hooks){ make, check, pause_between, d }) &&
               !is_stuck(d);
        if (done)
                forget(d);
        run_refresh(d->h.run, d->h.root);
        explain_roll_back(d);
        c = run_count_blocks(d->h.run);
        snprintf(text, sizeof(text),
                 done ? "%s%sNode %u is as it was before: %zu of %zu blocks are online"
                      : "%s%sNode %u cannot be brought back to what it was: %zu of %zu blocks are "
                        "online. \"numatier online %u\" tries again",
                 hotplug_describe_end(d->h.run->end) ?: "", d->h.run->end < 0 ? ". " : "",
                 d->h.node, c.online, c.total, d->h.node);
        return hotplug_print(&d->h, false, text);
}

static int finish_partly(struct drain *d)
{
        unsigned node = d->h.node;
        const char *end = hotplug_describe_end(d->h.run->end);
        struct run_count c = run_count_blocks(d->h.run);
        char text[512];

        if (c.offline == 0 && !is_stuck(d)) {
                forget(d);
                snprintf(text, sizeof(text), "%s%sNo block of node %u is offline: it is as before",
                         end ?: "", end ? ". " : "", node);
        } else if (c.offline == c.total) {
                snprintf(text, sizeof(text),
                         "All %zu blocks that node %u had are offline, but not all that it has "
                         "now: \"numatier drain %u\" goes on",
                         c.total, node, node);
        } else {
                snprintf(text, sizeof(text),
                         "%s%s%zu of %zu blocks of node %u are offline; node %u is partly offline: "
                         "\"numatier online %u\" brings them back, \"numatier drain %u\" goes on",
                         end ?: "", end ? ". " : "", c.offline, c.total, node, node, node, node);
        }
        return hotplug_print(&d->h, false, text);
}

static int finish_done(struct drain *d)
{
        struct run_count c = run_count_blocks(d->h.run);
        bool done = true, gone = false;
        const char *end;
        char text[512];

        if (d->h.a->unplug)
                done = drain_unplug(&d->h, &gone);
        end = hotplug_describe_end(d->h.run->end);
        snprintf(text, sizeof(text), "%s%s%zu of %zu blocks of node %u are offline%s", end ?: "",
                 end ? ". " : "", c.offline, c.total, d->h.node,
                 !d->h.a->unplug ? ""
                 : gone          ? ", and its memory was removed"
                                 : "; its memory was not removed");
        return hotplug_print(&d->h, done, text);
}

/* Takes all blocks offline, and those again that the kernel or somebody else brought online. */
static bool take_offline(struct drain *d)
{
        const struct run_hooks hooks = { make, check, pause_between, d };
        struct run_count c;
        uint64_t limit = d->h.run->table->block_size / SLOWEST_RATE * 1000000;

        d->h.run->all_or_nothing = d->h.a->rollback;
        for (unsigned i = 0; i < TRIES; i++) {
                run_offline(d->h.run, &hooks, limit > BLOCK_LIMIT_USEC ? limit : BLOCK_LIMIT_USEC);
                c = run_count_blocks(d->h.run);
                if (c.offline == c.total)
                        (void)hotplug_barrier(&d->h);
                run_refresh(d->h.run, d->h.root);
                if (d->h.run->end < 0 || !run_is_any_back(d->h.run))
                        break;
        }
        c = run_count_blocks(d->h.run);
        return c.offline == c.total && is_done(d);
}

static int run(struct drain *d)
{
        bool done;

        writer_set_before_interrupt(d->h.writer, look_into_block);
        done = take_offline(d);
        if (done)
                return finish_done(d);
        explain(d);
        return d->h.a->rollback ? finish_rolled_back(d) : finish_partly(d);
}

static int begin(struct drain *d)
{
        struct block_table *t = NULL;
        int r;

        r = input_open_root(&d->h.a->input, &d->h.root);
        if (r == 0)
                r = hotplug_begin(&d->h);
        if (r == 0)
                r = hotplug_read_table(&d->h, &t);
        if (r == 0) {
                r = check_node(&d->h, t);
                if (r < 0)
                        block_table_free(t);
        }
        if (r == 0) {
                d->holders = calloc(t->n + 1, sizeof(*d->holders));
                r = hotplug_start(&d->h, t);
        }
        if (r == 0 && !d->holders) {
                (void)cli_error(-ENOMEM, "cannot start");
                return -ENOMEM;
        }
        if (r == 0)
                r = hotplug_record(&d->h, true);
        d->was_recorded = d->h.was_recorded;
        if (r == 0)
                run_refresh(d->h.run, d->h.root);
        return r;
}

int verb_drain(const struct arguments *a)
{
        struct drain d = { .kmsg_fd = -1 };
        int status;

        status = hotplug_parse(&d.h, a, "drain");
        if (status > 0)
                return status;
        d.kmsg_fd = kmsg_open();
        status = begin(&d) < 0 ? EXIT_FAILURE : run(&d);
        free(d.holders);
        closep(&d.kmsg_fd);
        hotplug_done(&d.h);
        return status;
}
