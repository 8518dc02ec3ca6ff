/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* numatier online: brings all memory of a node online, and ends a drain. */

#include <errno.h>
#include <inttypes.h>

#include "cli/cli.h"
#include "cli/hotplug.h"
#include "facts/blocks.h"
#include "facts/survey.h"
#include "online/wanted.h"

struct online {
        struct hotplug h;
        struct policy *policy;
        struct machine *machine;
        bool has_zone;                /* --zone */
        enum block_request zone;      /* of that, or of what the policy says nothing about */
        enum block_request *requests; /* for each block of the table */
        struct memory_devices devices;
        enum block_request *device_requests; /* for each of them */
};

static int parse_zone(struct online *o, const char *text)
{
        o->has_zone = text != NULL;
        o->zone = REQUEST_ONLINE_MOVABLE;
        if (!text || streq(text, "movable"))
                return 0;
        o->zone = REQUEST_ONLINE_KERNEL;
        if (streq(text, "kernel"))
                return 0;
        fprintf(stderr, "numatier: --zone: expected movable or kernel, found \"%s\"\n", text);
        return EXIT_USAGE;
}

static int make(void *userdata, struct block *b, enum block_request q, uint64_t limit_usec)
{
        return hotplug_make(&((struct online *)userdata)->h, b, q, limit_usec);
}

static int check(void *userdata)
{
        return writer_check(((struct online *)userdata)->h.writer);
}

static int pause_between(void *userdata, uint64_t usec)
{
        return writer_wait(((struct online *)userdata)->h.writer, usec);
}

/* Never reads memory_tierN/nodelist: blocks may be on their way out. */
static int read_machine(struct online *o)
{
        struct messages problems = MESSAGES_INIT;
        int r;

        r = survey_begin(o->h.root, NULL, &problems, &o->machine);
        if (r == 0)
                r = survey_finish(o->h.root, TIERS_KNOWN_ONLY, NULL, o->machine, &problems);
        for (size_t i = 0; r < 0 && i < problems.n; i++)
                fprintf(stderr, "numatier: %s\n", problems.items[i]);
        if (r < 0)
                hotplug_error(&o->h, "the machine cannot be read: %s", strerror(-r));
        messages_done(&problems);
        return r;
}

/* 0, or an error that was reported. what: "memory36", "dax0.0". */
static int choose(const struct online *o, const struct wanted *w, const char *what,
                  enum block_request *ret)
{
        if (w->unreadable) {
                hotplug_error(&o->h,
                              "what the policy wants for %s depends on facts that cannot be read "
                              "now. --zone says it without the policy",
                              what);
                return -EAGAIN;
        }
        switch (w->online) {
        case ONLINE_NO:
                hotplug_error(&o->h,
                              "the policy keeps the memory of %s offline%s%s%s. --zone movable or "
                              "--zone kernel brings it online all the same",
                              what, w->rule ? " ([node " : "", w->rule ? w->rule->name : "",
                              w->rule ? "])" : " ([online])");
                return -EPERM;
        case ONLINE_KERNEL:
                *ret = REQUEST_ONLINE_KERNEL;
                return 0;
        default:
                *ret = REQUEST_ONLINE_MOVABLE;
                return 0;
        }
}

/* A block that is online has its zone already. Only if it came just now, the policy counts. */
static enum block_request request_of_online(const struct block *b, const struct wanted *w)
{
        if (!w->unreadable && w->online == ONLINE_KERNEL)
                return REQUEST_ONLINE_KERNEL;
        if (!w->unreadable && w->online != ONLINE_NO)
                return REQUEST_ONLINE_MOVABLE;
        return b->zone == ZONE_KERNEL ? REQUEST_ONLINE_KERNEL : REQUEST_ONLINE_MOVABLE;
}

static int choose_blocks(struct online *o, const struct block_table *t,
                         const struct block_devices *d)
{
        _cleanup_(freep) struct wanted *wanted = NULL;
        int r;

        r = wanted_decide(o->policy, o->machine, t, d, &wanted);
        for (size_t i = 0; r == 0 && i < t->n; i++) {
                char name[32];

                snprintf(name, sizeof(name), "memory%" PRIu64, t->blocks[i].number);
                if (t->blocks[i].state != BLOCK_ONLINE)
                        r = choose(o, &wanted[i], name, &o->requests[i]);
                else
                        o->requests[i] = request_of_online(&t->blocks[i], &wanted[i]);
        }
        return r;
}

static const struct block_device *find_device(const struct block_devices *d, const char *name)
{
        for (size_t i = 0; i < d->n; i++)
                if (d->items[i].origin == ORIGIN_DAX &&
                    streq(block_device_name(&d->items[i]), name))
                        return &d->items[i];
        return NULL;
}

/* A dax device without blocks asks for one zone for all its memory. */
static int choose_devices(struct online *o, const struct block_devices *d)
{
        int r = 0;

        for (size_t i = 0; r == 0 && i < o->devices.n; i++) {
                const struct memory_device *device = &o->devices.items[i];
                const struct block_device *found;
                struct wanted w;

                if (device->kind != MEMORY_DEVICE_DAX)
                        continue;
                found = find_device(d, device->name);
                w = found ? wanted_for_device(o->policy, o->machine, found)
                          : (struct wanted){ .unreadable = true };
                r = choose(o, &w, device->name, &o->device_requests[i]);
        }
        return r;
}

static int allocate_requests(struct online *o, const struct block_table *t)
{
        free(o->requests);
        free(o->device_requests);
        o->requests = calloc(t->n + 1, sizeof(*o->requests));
        o->device_requests = calloc(o->devices.n + 1, sizeof(*o->device_requests));
        if (!o->requests || !o->device_requests) {
                (void)cli_error(-ENOMEM, "cannot start");
                return -ENOMEM;
        }
        for (size_t i = 0; i < t->n; i++)
                o->requests[i] = o->zone;
        for (size_t i = 0; i < o->devices.n; i++)
                o->device_requests[i] = o->zone;
        return 0;
}

/* Fills in the requests. */
static int decide(struct online *o, const struct block_table *t)
{
        _cleanup_(block_devices_freep) struct block_devices *d = NULL;
        struct messages problems = MESSAGES_INIT;
        int r = allocate_requests(o, t);

        if (r < 0 || o->has_zone)
                return r;
        r = block_devices_read(o->h.root, t, o->machine, &problems, &d);
        if (r == 0)
                r = choose_devices(o, d);
        if (r == 0)
                r = choose_blocks(o, t, d);
        messages_done(&problems);
        return r;
}

static void plug_device(struct online *o, const struct memory_device *d, enum block_request q)
{
        int r = hotplug_plug_dax(&o->h, d, q);

        if (r == 0)
                messages_add(&o->h.steps,
                             d->driver == DAX_DRIVER_NONE ? "%s was bound to kmem"
                                                          : "%s is plugged in again",
                             d->name);
        if (r >= 0)
                return;
        o->h.has_failed = true;
        messages_add(&o->h.notes, "%s %s: %s%s", d->name,
                     d->driver == DAX_DRIVER_NONE ? "cannot be bound to kmem"
                                                  : "cannot be plugged in",
                     strerror(-r),
                     r == -ENOENT && d->driver == DAX_DRIVER_NONE ? " (modprobe kmem)" : "");
}

/* kmem overwrites what is in the memory. A device without a driver that numatier did not unbind may
 * hold data: of a namespace, while the driver device_dax is missing. */
static bool may_hold_data(const struct online *o, const struct memory_device *d)
{
        return d->driver == DAX_DRIVER_NONE && d->is_persistent &&
               (!o->h.was_recorded || o->h.run->table->n > 0);
}

/* Whether a device was plugged in: then there may be blocks that were not there before. */
static bool plug_devices(struct online *o)
{
        bool any = false;

        for (size_t i = 0; i < o->devices.n; i++) {
                const struct memory_device *d = &o->devices.items[i];

                if (d->kind != MEMORY_DEVICE_DAX || d->driver == DAX_DRIVER_OTHER ||
                    (d->driver == DAX_DRIVER_KMEM && !d->is_unplugged))
                        continue;
                if (may_hold_data(o, d)) {
                        messages_add(&o->h.notes,
                                     "%s is persistent memory without a driver, and may hold data: "
                                     "it is not bound to kmem. To do that: daxctl "
                                     "reconfigure-device --mode=system-ram %s",
                                     d->name, d->name);
                        continue;
                }
                plug_device(o, d, o->device_requests[i]);
                any = true;
        }
        return any;
}

/* Memory that was plugged in just now may be online in the zone that the kernel chose: nothing uses
 * it yet, so it is taken offline again. */
static void undo_choice_of_kernel(struct online *o, const struct block_table *before)
{
        struct run *r = o->h.run;

        for (size_t i = 0; i < r->table->n; i++) {
                struct block *b = &r->table->blocks[i];
                enum block_zone other =
                        o->requests[i] == REQUEST_ONLINE_KERNEL ? ZONE_MOVABLE : ZONE_KERNEL;
                int error;

                if (b->state != BLOCK_ONLINE || b->zone != other ||
                    block_table_get(before, b->number) || writer_check(o->h.writer) < 0)
                        continue;
                error = hotplug_make(&o->h, b, REQUEST_OFFLINE, UINT64_C(60000000));
                if (error < 0)
                        messages_add(&o->h.notes,
                                     "memory%" PRIu64 " stays in the zone that the kernel chose "
                                     "(auto_online_blocks): it cannot be taken offline: %s",
                                     b->number, hotplug_describe_error(error));
        }
}

static void explain(struct online *o)
{
        const struct run *r = o->h.run;

        for (size_t i = 0; i < r->table->n; i++) {
                if (r->blocks[i].error == 0 || r->blocks[i].gone)
                        continue;
                if (asprintf(&o->h.reasons[i], "%s",
                             r->blocks[i].error == -EEXIST
                                     ? "somebody else brought it online, in another zone"
                                     : strerror(-r->blocks[i].error)) < 0)
                        o->h.reasons[i] = NULL;
        }
}

static const char *describe_zones(const struct run_count *c, char *buf, size_t size)
{
        if (c->online == 0)
                return "";
        if (c->movable == c->online)
                return ", movable";
        if (c->kernel == c->online)
                return ", kernel";
        if (c->movable + c->kernel == c->online)
                snprintf(buf, size, ": %zu movable, %zu kernel", c->movable, c->kernel);
        else
                snprintf(buf, size, ": %zu movable, %zu kernel, %zu of no single zone", c->movable,
                         c->kernel, c->online - c->movable - c->kernel);
        return buf;
}

static int finish(struct online *o)
{
        char text[512], zones[128];
        const char *end = hotplug_describe_end(o->h.run->end);
        struct run_count c;
        bool done;

        run_refresh(o->h.run, o->h.root);
        explain(o);
        c = run_count_blocks(o->h.run);
        done = c.online == c.total && c.total > 0 && c.failed == 0 && !o->h.has_failed;
        snprintf(text, sizeof(text), "%s%s%zu of %zu blocks of node %u online%s%s", end ?: "",
                 end ? ". " : "", c.online, c.total, o->h.node,
                 describe_zones(&c, zones, sizeof(zones)),
                 done ? "" : ". \"numatier online\" can be repeated");
        return hotplug_print(&o->h, done, text);
}

static int refresh_table(struct online *o)
{
        struct block_table *t = NULL, *before = o->h.run->table;
        int r;

        r = hotplug_read_table(&o->h, &t);
        if (r == 0)
                r = decide(o, t);
        if (r < 0) {
                block_table_free(t);
                return r;
        }
        o->h.run->table = NULL;
        free(o->h.reasons);
        o->h.reasons = NULL;
        o->h.run = run_free(o->h.run);
        r = hotplug_start(&o->h, t);
        if (r == 0)
                undo_choice_of_kernel(o, before);
        block_table_free(before);
        return r;
}

static int run(struct online *o)
{
        struct run_hooks hooks = { make, check, pause_between, o };

        if (plug_devices(o) && refresh_table(o) < 0) {
                o->h.has_failed = true;
                return o->h.run && o->h.reasons ? finish(o) : EXIT_FAILURE;
        }
        run_online(o->h.run, &hooks, o->requests);
        return finish(o);
}

static int open_input(struct online *o)
{
        const struct input *in = &o->h.a->input;

        if (o->has_zone)
                return input_open_root(in, &o->h.root);
        return input_open(in, &o->policy, &o->h.root);
}

static int check_table(struct online *o, const struct block_table *t)
{
        if (t->n > 0 || o->devices.n > 0)
                return 0;
        if (t->block_size == 0)
                hotplug_error(&o->h,
                              "this kernel has no memory hotplug (/" MEMORY_DIR " is missing)");
        else
                hotplug_error(&o->h, "it has no memory, and no dax device is to become memory of "
                                     "it");
        return -ENOENT;
}

static int read_node(struct online *o, struct block_table **ret)
{
        struct messages problems = MESSAGES_INIT;
        int r;

        r = hotplug_read_table(&o->h, ret);
        if (r < 0)
                return r;
        r = memory_devices_find(o->h.root, o->h.node, *ret, &problems, &o->devices);
        cli_print_messages("", &problems);
        messages_done(&problems);
        if (r == 0)
                r = check_table(o, *ret);
        if (r == 0 && !o->has_zone)
                r = read_machine(o);
        return r == 0 ? decide(o, *ret) : r;
}

static int begin(struct online *o)
{
        struct block_table *t = NULL;
        int r;

        r = open_input(o);
        if (r == 0)
                r = hotplug_begin(&o->h);
        if (r == 0) {
                r = read_node(o, &t);
                if (r < 0)
                        block_table_free(t);
        }
        if (r == 0)
                r = hotplug_start(&o->h, t);
        /* as soon as the node is not drained any more, numatierd looks at its zones */
        if (r == 0)
                r = hotplug_record_zone(&o->h, o->has_zone);
        return r == 0 ? hotplug_record(&o->h, false) : r;
}

int verb_online(const struct arguments *a)
{
        struct online o = { 0 };
        int status;

        status = hotplug_parse(&o.h, a, "online");
        if (status == 0)
                status = parse_zone(&o, a->zone);
        if (status > 0)
                return status;
        o.h.counts_online = true;
        status = begin(&o) < 0 ? EXIT_FAILURE : run(&o);
        hotplug_done(&o.h);
        memory_devices_done(&o.devices);
        free(o.requests);
        free(o.device_requests);
        machine_free(o.machine);
        policy_unref(o.policy);
        return status;
}
