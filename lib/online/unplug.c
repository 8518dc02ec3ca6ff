/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "online/unplug.h"

#include <errno.h>
#include <inttypes.h>

#include "base/nodeset.h"
#include "base/values.h"
#include "facts/blocks.h"
#include "facts/cxl.h"

#define DAX_DIR         "sys/bus/dax/devices"
#define KMEM_DIR        "sys/bus/dax/drivers/kmem"
#define CXL_REGION_DIR  "sys/bus/cxl/drivers/cxl_region"
#define ACPI_DIR        "sys/bus/acpi/devices"
#define ACPI_MEMORY     "PNP0C80:"
#define TARGET_SIZE     1024
#define VALUE_SIZE      64
#define STATE_UNPLUGGED "unplugged"

static void copy_name(char ret[static MEMORY_DEVICE_NAME_MAX], const char *name, size_t n)
{
        if (n >= MEMORY_DEVICE_NAME_MAX)
                n = MEMORY_DEVICE_NAME_MAX - 1;
        memcpy(ret, name, n);
        ret[n] = '\0';
}

struct search {
        struct sysroot *root;
        unsigned node;
        struct messages *problems;
        struct memory_devices *devices;
};

static struct memory_device *add_device(struct memory_devices *d, enum memory_device_kind kind,
                                        const char *name)
{
        if (array_grow(&d->items, &d->allocated, d->n + 1, sizeof(*d->items)) < 0)
                return NULL;
        d->items[d->n] = (struct memory_device){ .kind = kind };
        copy_name(d->items[d->n].name, name, strlen(name));
        return &d->items[d->n++];
}

static int report(struct messages *problems, int error, const char *path, const char *name,
                  const char *file)
{
        messages_add(problems, "/%s/%s/%s: cannot be read: %s", path, name, file, strerror(-error));
        return error;
}

/* 0, or an error of reading. */
static int read_driver(struct sysroot *root, const char *name, enum dax_driver *ret)
{
        char target[TARGET_SIZE];
        int r = sysroot_readlinkf(root, target, sizeof(target), DAX_DIR "/%s/driver", name);

        if (sysroot_is_absent(r))
                *ret = DAX_DRIVER_NONE;
        else if (r < 0)
                return r;
        else
                *ret = streq(last_component(target), "kmem") ? DAX_DRIVER_KMEM : DAX_DRIVER_OTHER;
        return 0;
}

/* 1: there is no such file, as before Linux 7.3, and as long as kmem does not have the device. */
static int read_state(struct sysroot *root, const char *name, char ret[static VALUE_SIZE])
{
        int r = sysroot_read_linef(root, ret, VALUE_SIZE, DAX_DIR "/%s/state", name);

        return sysroot_is_absent(r) ? 1 : r;
}

/* A dax device of a region is ".../region0/dax_region0/dax0.0", one of persistent memory is
 * ".../ndbus0/region0/dax0.1/dax0.0". */
static void find_origin(struct sysroot *root, struct memory_device *d)
{
        char target[TARGET_SIZE];
        const char *at;

        d->is_persistent = true;
        if (sysroot_readlinkf(root, target, sizeof(target), DAX_DIR "/%s", d->name) < 0)
                return;
        d->is_persistent = strstr(target, "/ndbus") != NULL;
        at = strstr(target, "/dax_region");
        if (!at)
                return;
        at += strlen("/dax_");
        copy_name(d->region, at, strcspn(at, "/"));
        if (!is_device_name(d->region, "region", 1))
                d->region[0] = '\0';
}

static int fill_dax(struct search *s, const char *name)
{
        struct memory_device *d = add_device(s->devices, MEMORY_DEVICE_DAX, name);
        char state[VALUE_SIZE];
        int r;

        if (!d)
                return -ENOMEM;
        r = read_driver(s->root, name, &d->driver);
        if (r < 0)
                return report(s->problems, r, DAX_DIR, name, "driver");
        r = read_state(s->root, name, state);
        if (r < 0)
                return report(s->problems, r, DAX_DIR, name, "state");
        d->has_state = r == 0;
        d->is_unplugged = r == 0 && streq(state, STATE_UNPLUGGED);
        find_origin(s->root, d);
        return 0;
}

static int note_dax(const char *name, void *userdata)
{
        struct search *s = userdata;
        char text[VALUE_SIZE];
        unsigned target;
        int r;

        if (!is_device_name(name, "dax", 2))
                return 0;
        r = sysroot_read_linef(s->root, text, sizeof(text), DAX_DIR "/%s/target_node", name);
        if (sysroot_is_absent(r))
                return 0;
        if (r < 0)
                return report(s->problems, r, DAX_DIR, name, "target_node");
        /* -1: it has none */
        if (parse_unsigned(text, NODE_MAX - 1, &target) < 0 || target != s->node)
                return 0;
        return fill_dax(s, name);
}

static int note_acpi(struct search *s, uint64_t block)
{
        char target[TARGET_SIZE];
        const char *name;
        int r;

        r = sysroot_readlinkf(s->root, target, sizeof(target),
                              MEMORY_DIR "/memory%" PRIu64 "/firmware_node", block);
        if (sysroot_is_absent(r))
                return 0;
        name = last_component(target);
        if (r < 0 || !startswith(name, ACPI_MEMORY))
                return r;
        for (size_t i = 0; i < s->devices->n; i++)
                if (streq(s->devices->items[i].name, name))
                        return 0;
        return add_device(s->devices, MEMORY_DEVICE_ACPI, name) ? 0 : -ENOMEM;
}

int memory_devices_find(struct sysroot *root, unsigned node, const struct block_table *table,
                        struct messages *problems, struct memory_devices *ret)
{
        struct memory_devices devices = { 0 };
        struct search s = { root, node, problems, &devices };
        int r;

        r = sysroot_list(root, DAX_DIR, note_dax, &s);
        if (sysroot_is_absent(r))
                r = 0;
        for (size_t i = 0; r >= 0 && i < table->n; i++)
                r = note_acpi(&s, table->blocks[i].number);
        if (r < 0) {
                memory_devices_done(&devices);
                return r;
        }
        *ret = devices;
        return 0;
}

void memory_devices_done(struct memory_devices *d)
{
        free(d->items);
        *d = (struct memory_devices){ 0 };
}

static int write_state(struct sysroot *root, const char *name, const char *value)
{
        char path[SYSROOT_PATH_MAX], state[VALUE_SIZE];
        int r, error;

        snprintf(path, sizeof(path), DAX_DIR "/%s/state", name);
        error = sysroot_write(root, path, value);
        r = read_state(root, name, state);
        if (r < 0)
                return r;
        if (r == 0 && streq(state, value))
                return 0;
        return error < 0 ? error : -EIO;
}

/* Binds a dax device to kmem, or unbinds it. 0 or an error. */
static int write_binding(struct sysroot *root, const char *name, const char *file,
                         enum dax_driver wanted)
{
        char path[SYSROOT_PATH_MAX];
        enum dax_driver driver;
        int r, error;

        snprintf(path, sizeof(path), KMEM_DIR "/%s", file);
        error = sysroot_write(root, path, name);
        r = read_driver(root, name, &driver);
        if (r < 0)
                return r;
        if (driver == wanted)
                return 0;
        return error < 0 ? error : -EIO;
}

int dax_unplug(struct sysroot *root, const struct memory_device *d)
{
        enum dax_driver driver;
        char state[VALUE_SIZE];
        int r;

        r = read_driver(root, d->name, &driver);
        if (r < 0)
                return r;
        if (driver != DAX_DRIVER_KMEM)
                return 1;
        r = read_state(root, d->name, state);
        if (r < 0)
                return r;
        if (r == 0)
                return streq(state, STATE_UNPLUGGED) ? 1
                                                     : write_state(root, d->name, STATE_UNPLUGGED);
        return write_binding(root, d->name, "unbind", DAX_DRIVER_NONE);
}

int dax_plug(struct sysroot *root, const struct memory_device *d, enum block_request q)
{
        enum dax_driver driver;
        char state[VALUE_SIZE];
        int r;

        r = read_driver(root, d->name, &driver);
        if (r < 0)
                return r;
        if (driver == DAX_DRIVER_OTHER)
                return -EBUSY;
        if (driver == DAX_DRIVER_NONE) {
                r = write_binding(root, d->name, "bind", DAX_DRIVER_KMEM);
                if (r < 0)
                        return r;
        }
        /* who binds it gets the state that auto_online_blocks asks for */
        r = read_state(root, d->name, state);
        if (r < 0)
                return r;
        if (r == 0 && streq(state, STATE_UNPLUGGED))
                return write_state(root, d->name, block_request_word(q));
        return driver == DAX_DRIVER_NONE ? 0 : 1;
}

int acpi_eject(struct sysroot *root, const char *name)
{
        char path[SYSROOT_PATH_MAX];

        snprintf(path, sizeof(path), ACPI_DIR "/%s/eject", name);
        return sysroot_write(root, path, "1");
}

static int read_decoders(struct sysroot *root, const char *region, struct cxl_decoders *ret)
{
        struct cxl_decoders d = { .n = 0 };

        for (unsigned i = 0; i < CXL_INTERLEAVE_MAX; i++) {
                char name[MEMORY_DEVICE_NAME_MAX];
                int r = sysroot_read_linef(root, name, sizeof(name), CXL_DIR "/%s/target%u", region,
                                           i);

                if (sysroot_is_absent(r))
                        break;
                if (r < 0)
                        return r;
                if (is_device_name(name, "decoder", 2))
                        memcpy(d.names[d.n++], name, sizeof(name));
        }
        *ret = d;
        return 0;
}

/* The decoder of the root: the directory of the region is in that of it. */
static int find_root_decoder(struct sysroot *root, const char *region,
                             char ret[static MEMORY_DEVICE_NAME_MAX])
{
        char target[TARGET_SIZE];
        char *slash;
        int r;

        r = sysroot_readlinkf(root, target, sizeof(target), CXL_DIR "/%s", region);
        if (r < 0)
                return r;
        slash = strrchr(target, '/');
        if (!slash)
                return -ENOENT;
        *slash = '\0';
        copy_name(ret, last_component(target), strlen(last_component(target)));
        return is_device_name(ret, "decoder", 2) ? 0 : -ENOENT;
}

struct siblings {
        struct sysroot *root;
        const char *region;
        struct messages *problems;
};

/* 1: this dax device of the region is in use. */
static int is_in_use(const char *name, void *userdata)
{
        struct siblings *s = userdata;
        struct memory_device d = { 0 };
        char state[VALUE_SIZE];
        enum dax_driver driver;

        copy_name(d.name, name, strlen(name));
        find_origin(s->root, &d);
        if (!streq(d.region, s->region))
                return 0;
        if (read_driver(s->root, name, &driver) == 0 &&
            (driver == DAX_DRIVER_NONE ||
             (driver == DAX_DRIVER_KMEM && read_state(s->root, name, state) == 0 &&
              streq(state, STATE_UNPLUGGED))))
                return 0;
        messages_add(s->problems, "%s is not removed: %s in it is still in use", s->region, name);
        return 1;
}

bool region_may_go(struct sysroot *root, const char *region, struct messages *problems)
{
        struct siblings s = { root, region, problems };
        struct cxl_decoders decoders;
        int r;

        r = read_decoders(root, region, &decoders);
        for (size_t i = 0; r == 0 && i < decoders.n; i++) {
                unsigned locked;

                r = sysroot_read_unsignedf(root, 1, &locked, NULL, CXL_DIR "/%s/locked",
                                           decoders.names[i]);
                if (sysroot_is_absent(r))
                        r = 0;
                else if (r == 0 && locked) {
                        messages_add(problems,
                                     "%s is not removed: the firmware locked its decoder %s",
                                     region, decoders.names[i]);
                        return false;
                }
        }
        if (r < 0) {
                messages_add(problems, "/" CXL_DIR "/%s: cannot be read: %s", region, strerror(-r));
                return false;
        }
        return sysroot_list(root, DAX_DIR, is_in_use, &s) == 0;
}

/* A write whose success is found by reading: 0, or an error that is reported. */
static int check_step(struct messages *problems, const char *path, const char *value, int error,
                      bool done)
{
        if (done)
                return 0;
        error = error < 0 ? error : -EIO;
        messages_add(problems, "writing %s to /%s failed: %s", value, path, strerror(-error));
        return error;
}

static bool has_link(struct sysroot *root, const char *path)
{
        char target[TARGET_SIZE];

        return !sysroot_is_absent(sysroot_readlink(root, path, target, sizeof(target)));
}

static int unbind_region(struct sysroot *root, const char *region, struct messages *steps,
                         struct messages *problems)
{
        char driver[SYSROOT_PATH_MAX];
        int error;

        snprintf(driver, sizeof(driver), CXL_DIR "/%s/driver", region);
        if (!has_link(root, driver))
                return 0;
        error = sysroot_write(root, CXL_REGION_DIR "/unbind", region);
        if (error == 0)
                messages_add(steps, "%s was unbound from its driver", region);
        return check_step(problems, CXL_REGION_DIR "/unbind", region, error,
                          !has_link(root, driver));
}

/* Writes 0 to a file that shows a number, and reads it back. 0 or an error. */
static int write_zero(struct sysroot *root, const char *path)
{
        char text[VALUE_SIZE];
        int r, error;

        r = sysroot_read_line(root, path, text, sizeof(text));
        if (sysroot_is_absent(r) || (r == 0 && strtoull(text, NULL, 0) == 0))
                return 0;
        error = sysroot_write(root, path, "0");
        r = sysroot_read_line(root, path, text, sizeof(text));
        if (r == 0 && strtoull(text, NULL, 0) == 0)
                return 0;
        return error < 0 ? error : -EIO;
}

static int end_decoding(struct sysroot *root, const char *region, struct messages *problems)
{
        char path[SYSROOT_PATH_MAX];
        int r;

        snprintf(path, sizeof(path), CXL_DIR "/%s/commit", region);
        r = write_zero(root, path);
        return check_step(problems, path, "0", r, r == 0);
}

static int delete_region(struct sysroot *root, const char *region, struct messages *steps,
                         struct messages *problems)
{
        char path[SYSROOT_PATH_MAX], link[SYSROOT_PATH_MAX], decoder[MEMORY_DEVICE_NAME_MAX];
        int r;

        r = find_root_decoder(root, region, decoder);
        if (r < 0) {
                messages_add(problems, "/" CXL_DIR "/%s: its root decoder was not found", region);
                return r;
        }
        snprintf(path, sizeof(path), CXL_DIR "/%s/delete_region", decoder);
        snprintf(link, sizeof(link), CXL_DIR "/%s", region);
        r = sysroot_write(root, path, region);
        r = check_step(problems, path, region, r, !has_link(root, link));
        if (r == 0)
                messages_add(steps, "%s was deleted", region);
        return r;
}

void cxl_decoders_free(struct sysroot *root, struct cxl_decoders *d)
{
        char path[SYSROOT_PATH_MAX];
        size_t n = 0;

        d->error = 0;
        for (size_t i = 0; i < d->n; i++) {
                int r;

                snprintf(path, sizeof(path), CXL_DIR "/%s/dpa_size", d->names[i]);
                r = write_zero(root, path);
                if (r == 0)
                        continue;
                d->error = r;
                if (n < i)
                        memcpy(d->names[n], d->names[i], sizeof(d->names[n]));
                n++;
        }
        d->n = n;
}

int region_remove(struct sysroot *root, const char *region, struct messages *steps,
                  struct messages *problems, struct cxl_decoders *ret_held)
{
        struct cxl_decoders decoders;
        int r;

        r = read_decoders(root, region, &decoders);
        if (r < 0) {
                messages_add(problems, "/" CXL_DIR "/%s/target0: cannot be read: %s", region,
                             strerror(-r));
                return r;
        }
        r = unbind_region(root, region, steps, problems);
        if (r == 0)
                r = end_decoding(root, region, problems);
        if (r == 0)
                r = delete_region(root, region, steps, problems);
        if (r < 0)
                return r;
        cxl_decoders_free(root, &decoders);
        *ret_held = decoders;
        return 0;
}
