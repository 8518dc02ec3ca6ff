/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/unplug.h"

#include "facts/blocks.h"
#include "facts/virtio.h"
#include <errno.h>
#include <inttypes.h>

/* Ejecting is the work of a kernel thread and of the firmware. */
#define EJECT_USEC UINT64_C(30000000)
#define POLL_USEC  UINT64_C(200000)

static bool all_are_offline(struct hotplug *h)
{
        _cleanup_(block_table_freep) struct block_table *t = NULL;

        if (hotplug_read_table(h, &t) < 0)
                return false;
        for (size_t i = 0; i < t->n; i++)
                if (t->blocks[i].state != BLOCK_OFFLINE)
                        return false;
        return true;
}

/* Before Linux 7.3, kmem cannot be asked twice: memory that is online then stays until the next
 * boot (drivers/dax/kmem.c:dev_dax_kmem_remove). So it is looked at once more. */
static int unplug_kmem(struct hotplug *h, const struct memory_device *d)
{
        if (d->driver != DAX_DRIVER_KMEM)
                return 1;
        return all_are_offline(h) ? hotplug_unplug_dax(h, d) : -EBUSY;
}

static bool unplug_dax(struct hotplug *h, const struct memory_device *d)
{
        int r = unplug_kmem(h, d);

        if (r == 0)
                messages_add(&h->steps,
                             d->has_state ? "%s is unplugged" : "%s was unbound from kmem",
                             d->name);
        else if (r < 0)
                messages_add(&h->notes, "%s cannot be %s: %s", d->name,
                             d->has_state ? "unplugged" : "unbound from kmem",
                             hotplug_describe_error(r));
        return r >= 0;
}

static bool remove_region(struct hotplug *h, const char *region, struct cxl_decoders *ret_held)
{
        int r = -EBUSY;

        if (region_may_go(h->root, region, &h->notes))
                r = hotplug_remove_region(h, region, ret_held);
        if (r == 0)
                return true;
        if (r == -EINTR || r == -ETIMEDOUT)
                messages_add(&h->notes, "%s is not removed: %s", region, hotplug_describe_error(r));
        messages_add(&h->notes,
                     "To remove %s: cxl disable-region %s; cxl destroy-region %s (or disable the "
                     "memory device of a region that the firmware made: cxl disable-memdev)",
                     region, region, region);
        return false;
}

static bool is_first_of_region(const struct memory_devices *d, size_t i)
{
        for (size_t j = 0; j < i; j++)
                if (streq(d->items[j].region, d->items[i].region))
                        return false;
        return true;
}

/* Whether any was freed. */
static bool free_once_more(struct hotplug *h, struct cxl_decoders *held, size_t n)
{
        bool any = false;

        for (size_t i = n; i-- > 0;) {
                size_t before = held[i].n;

                if (before == 0)
                        continue;
                if (hotplug_free_decoders(h, &held[i]) == -EINPROGRESS)
                        return false;
                any = any || held[i].n < before;
        }
        return any;
}

/* Memory of a device that stays with a decoder of a region that is gone. Whether that is no
 * failure: Linux does not use it. */
static bool note_held(struct hotplug *h, const struct cxl_decoders *held)
{
        for (size_t i = 0; i < held->n; i++)
                if (held->error == -EBUSY)
                        messages_add(&h->notes,
                                     "%s keeps its part of the device (dpa_size), since a later "
                                     "decoder of the same device has memory, too. Linux does not "
                                     "use that part: the device can be pulled as soon as no other "
                                     "region of it is in use",
                                     held->names[i]);
                else
                        messages_add(&h->notes,
                                     "%s keeps its part of the device (dpa_size): %s. Linux does "
                                     "not use that part",
                                     held->names[i], hotplug_describe_error(held->error));
        return held->n == 0 || held->error == -EBUSY;
}

static bool free_all(struct hotplug *h, struct cxl_decoders *held, size_t n)
{
        bool done = true;

        while (free_once_more(h, held, n))
                ;
        for (size_t i = 0; i < n; i++)
                done = note_held(h, &held[i]) && done;
        return done;
}

/* A device gives the memory of a region back only after that of later regions: so the last region
 * goes first, and what is busy then is tried again after all others. */
static bool remove_regions(struct hotplug *h, const struct memory_devices *d)
{
        struct cxl_decoders *held = calloc(d->n + 1, sizeof(*held));
        bool done = held != NULL;

        for (size_t i = d->n; done && i-- > 0;)
                if (*d->items[i].region && is_first_of_region(d, i))
                        done = remove_region(h, d->items[i].region, &held[i]);
        if (held)
                done = free_all(h, held, d->n) && done;
        free(held);
        return done;
}

/* The blocks of an ACPI device; also those of which that is not known. */
static int read_blocks_of(struct hotplug *h, const char *name, struct block_table **ret)
{
        char found[MEMORY_DEVICE_NAME_MAX];
        struct block_table *t;
        size_t n = 0;
        int r = hotplug_read_table(h, &t);

        if (r < 0)
                return r;
        for (size_t i = 0; i < t->n; i++) {
                r = block_read_firmware_node(h->root, t, t->blocks[i].number, found, sizeof(found));
                if (r != -ENOENT && (r < 0 || streq(found, name)))
                        t->blocks[n++] = t->blocks[i];
        }
        t->n = n;
        *ret = t;
        return 0;
}

static bool are_gone(struct hotplug *h, const struct block_table *blocks)
{
        _cleanup_(block_table_freep) struct block_table *now = NULL;

        if (hotplug_read_table(h, &now) < 0)
                return false;
        for (size_t i = 0; i < blocks->n; i++)
                if (block_table_get(now, blocks->blocks[i].number))
                        return false;
        return true;
}

/* The kernel removes one block after the other, and their links to the device before all. */
static int await_removal(struct hotplug *h, const struct block_table *blocks)
{
        uint64_t end = monotonic_usec() + EJECT_USEC;
        int r = 0;

        while (!are_gone(h, blocks)) {
                if (monotonic_usec() >= end)
                        return -EBUSY;
                r = writer_wait(h->writer, POLL_USEC);
                if (r < 0)
                        return r;
        }
        return 0;
}

static bool eject(struct hotplug *h, const char *name)
{
        _cleanup_(block_table_freep) struct block_table *blocks = NULL;
        int r = read_blocks_of(h, name, &blocks);

        if (r == 0)
                r = hotplug_eject(h, name);
        if (r == 0)
                r = await_removal(h, blocks);
        if (r == 0) {
                messages_add(&h->steps, "%s was ejected", name);
                return true;
        }
        if (sysroot_is_absent(r))
                messages_add(&h->notes,
                             "%s cannot be ejected from here: unplug it at the hypervisor (QEMU: "
                             "device_del) or at the machine",
                             name);
        else
                messages_add(&h->notes, "%s is not ejected yet: %s. See \"dmesg\"", name,
                             hotplug_describe_error(r));
        return false;
}

static bool unplug_all(struct hotplug *h, const struct memory_devices *d)
{
        bool done = true;

        for (size_t i = 0; i < d->n; i++)
                if (d->items[i].kind == MEMORY_DEVICE_DAX)
                        done = unplug_dax(h, &d->items[i]) && done;
        if (done)
                done = remove_regions(h, d);
        for (size_t i = 0; i < d->n; i++)
                if (d->items[i].kind == MEMORY_DEVICE_ACPI)
                        done = eject(h, d->items[i].name) && done;
        return done;
}

/* What is left, nobody here can remove. */
static void note_rest(struct hotplug *h, size_t blocks)
{
        if (virtio_has_device(h->root) == 1)
                messages_add(&h->notes,
                             "%zu blocks remain: the hypervisor removes the memory of a virtio-mem "
                             "device, when its requested size is made smaller",
                             blocks);
        else
                messages_add(&h->notes, "%zu blocks remain: of no device that is known", blocks);
}

static bool is_gone(struct hotplug *h)
{
        _cleanup_(block_table_freep) struct block_table *t = NULL;
        struct memory_devices devices;
        bool gone;

        if (hotplug_read_table(h, &t) < 0 ||
            memory_devices_find(h->root, h->node, t, &h->notes, &devices) < 0)
                return false;
        if (t->n > 0)
                note_rest(h, t->n);
        gone = t->n == 0 && devices.n == 0;
        memory_devices_done(&devices);
        if (gone)
                (void)hotplug_record(h, false);
        return t->n == 0;
}

bool drain_unplug(struct hotplug *h, bool *ret_gone)
{
        struct memory_devices devices;
        bool done;

        *ret_gone = false;
        if (memory_devices_find(h->root, h->node, h->run->table, &h->notes, &devices) < 0)
                return false;
        done = unplug_all(h, &devices);
        /* a write that never ends still uses them */
        if (writer_check(h->writer) != -EINPROGRESS)
                memory_devices_done(&devices);
        if (!done && h->run->end == 0)
                h->run->end = writer_check(h->writer);
        *ret_gone = is_gone(h);
        return *ret_gone && done;
}
