/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "facts/dax.h"

#include <errno.h>

#include "facts/cxl.h"

#define DAX_DIR         "sys/bus/dax/devices"
#define NAME_LENGTH_MAX 64
#define NUMBER_SIZE     64
#define TARGET_SIZE     1024

struct search {
        struct sysroot *root;
        struct messages *problems;
        bool *unlisted;
        dax_fn fn;
        void *userdata;
};

/* drivers/dax/hmem: memory that the firmware reserved for a special purpose hangs below a platform
 * device "hmem.N". */
static bool is_below_hmem(const char *target)
{
        for (const char *at = strstr(target, "/hmem."); at; at = strstr(at + 1, "/hmem.")) {
                const char *digits = at + strlen("/hmem.");
                size_t n = strspn(digits, "0123456789");

                if (n > 0 && digits[n] == '/')
                        return true;
        }
        return false;
}

/* drivers/dax: below which device it hangs says what it is. */
static int trace_dax(struct search *s, const char *name, struct node_device *d)
{
        char target[TARGET_SIZE];
        const char *region;
        int r;

        r = sysroot_readlinkf(s->root, target, sizeof(target), DAX_DIR "/%s", name);
        if (r < 0) {
                d->unreadable = !device_file_is_absent(r);
                if (d->unreadable)
                        messages_add(s->problems, "/" DAX_DIR "/%s: cannot be read: %s", name,
                                     strerror(-r));
                return 0;
        }
        if (strstr(target, "/ndbus"))
                d->kind = KIND_PMEM;
        else if (is_below_hmem(target))
                d->kind = KIND_SPECIAL;
        region = strstr(target, "/dax_region");
        if (!region || d->kind != KIND_UNKNOWN)
                return 0;
        d->kind = KIND_CXL;
        if (asprintf(&d->region, "region%.*s", (int)strcspn(region + strlen("/dax_region"), "/"),
                     region + strlen("/dax_region")) < 0) {
                d->region = NULL;
                return -ENOMEM;
        }
        return 0;
}

/* A device that may be part of any node that has no other. */
static void note_unreadable(struct search *s, ssize_t error, const char *name,
                            const char *attribute)
{
        if (device_file_is_absent(error))
                return;
        messages_add(s->problems, "/" DAX_DIR "/%s/%s: cannot be read: %s", name, attribute,
                     strerror((int)-error));
        *s->unlisted = true;
}

static bool is_bound_to_kmem(struct search *s, const char *name)
{
        char target[TARGET_SIZE];
        int r = sysroot_readlinkf(s->root, target, sizeof(target), DAX_DIR "/%s/driver", name);

        if (r < 0)
                note_unreadable(s, r, name, "driver");
        return r == 0 && streq(last_component(target), "kmem");
}

static void read_extent_value(struct search *s, const char *name, const char *attribute,
                              unsigned base, uint64_t *ret)
{
        unsigned long long v;
        char buf[NUMBER_SIZE];

        if (sysroot_readf(s->root, buf, sizeof(buf), DAX_DIR "/%s/%s", name, attribute) >= 0 &&
            parse_u64(buf, base, UINT64_MAX, &v) == 0)
                *ret = v;
}

/* resource is for root alone; what may not be read stays unknown. */
static void read_extent(struct search *s, const char *name, struct node_device *d)
{
        read_extent_value(s, name, "resource", 16, &d->address);
        read_extent_value(s, name, "size", 10, &d->size);
}

/* target_node is a node, or -1. */
static uint32_t read_target(struct search *s, const char *name)
{
        char buf[NUMBER_SIZE];
        unsigned id;
        ssize_t n;

        n = sysroot_readf(s->root, buf, sizeof(buf), DAX_DIR "/%s/target_node", name);
        if (n < 0)
                note_unreadable(s, n, name, "target_node");
        if (n < 0 || buf[0] == '-')
                return DAX_NO_TARGET;
        if (parse_unsigned(buf, NODE_MAX - 1, &id) < 0) {
                messages_add(s->problems,
                             "/" DAX_DIR "/%s/target_node: expected the number of a "
                             "node",
                             name);
                *s->unlisted = true;
                return DAX_NO_TARGET;
        }
        return id;
}

static int read_device(struct search *s, const char *name, struct node_device *ret)
{
        struct node_device d = { .dax = strdup(name) };
        int r;

        r = d.dax ? trace_dax(s, name, &d) : -ENOMEM;
        if (r == 0 && d.region)
                r = cxl_read_region(s->root, &d, s->problems);
        if (r < 0) {
                node_device_done(&d);
                return r;
        }
        read_extent(s, name, &d);
        *ret = d;
        return 0;
}

static bool is_dax_name(const char *name)
{
        return startswith(name, "dax") && strlen(name) <= NAME_LENGTH_MAX;
}

static int list_one(const char *name, void *userdata)
{
        struct search *s = userdata;
        struct dax_device d = { 0 };
        int r;

        if (!is_dax_name(name))
                return 0;
        d.is_kmem = is_bound_to_kmem(s, name);
        d.target = read_target(s, name);
        r = read_device(s, name, &d.device);
        return r < 0 ? r : s->fn(&d, s->userdata);
}

static int list(struct search *s, sysroot_entry_fn fn)
{
        int r = sysroot_list(s->root, DAX_DIR, fn, s);

        if (r >= 0 || r == -ENOMEM)
                return r;
        if (!device_file_is_absent(r)) {
                sysroot_reportf(s->problems, r, DAX_DIR);
                *s->unlisted = true;
        }
        return 0;
}

int dax_list(struct sysroot *root, struct messages *problems, bool *unlisted, dax_fn fn,
             void *userdata)
{
        struct search s = { root, problems, unlisted, fn, userdata };

        return list(&s, list_one);
}

/* mappingN: 0, or what reading says; -ENOENT after the last one. */
static int read_mapping(struct sysroot *root, const char *name, size_t number,
                        struct dax_range *ret)
{
        static const char *const attributes[] = { "start", "end" };
        unsigned long long v[ELEMENTSOF(attributes)];
        char buf[NUMBER_SIZE];

        for (size_t i = 0; i < ELEMENTSOF(attributes); i++) {
                ssize_t n = sysroot_readf(root, buf, sizeof(buf), DAX_DIR "/%s/mapping%zu/%s", name,
                                          number, attributes[i]);
                int r = n < 0 ? (int)n : parse_u64(buf, 16, UINT64_MAX - 1, &v[i]);

                if (r < 0)
                        return r;
        }
        *ret = (struct dax_range){ v[0], v[1] + 1 };
        return 0;
}

/* Kernels and captures without mappings: all of it is in one piece. */
static int read_whole(struct sysroot *root, const char *name, struct dax_range *ret)
{
        struct node_device d = { 0 };
        struct search s = { .root = root };

        read_extent(&s, name, &d);
        if (d.size == 0 || d.address == 0 || d.address > UINT64_MAX - d.size)
                return -EACCES;
        *ret = (struct dax_range){ d.address, d.address + d.size };
        return 0;
}

int dax_read_ranges(struct sysroot *root, const struct node_device *d, struct dax_range **ret,
                    size_t *ret_n)
{
        struct dax_range *ranges = NULL;
        size_t n = 0, allocated = 0;
        int r;

        do {
                r = array_grow(&ranges, &allocated, n + 1, sizeof(*ranges));
                if (r == 0)
                        r = read_mapping(root, d->dax, n, &ranges[n]);
                n += r == 0;
        } while (r == 0);
        if (n == 0 && device_file_is_absent(r)) {
                r = read_whole(root, d->dax, &ranges[0]);
                n = r == 0;
        } else if (device_file_is_absent(r)) {
                r = 0;
        }
        if (r < 0) {
                free(ranges);
                return r;
        }
        *ret = ranges;
        *ret_n = n;
        return 0;
}

static struct node *find_node(struct machine *m, uint32_t id)
{
        struct node *n = id == DAX_NO_TARGET ? NULL : (struct node *)machine_get_node(m, id);

        return n && n->has_memory ? n : NULL;
}

/* What is not that of a node with memory is not read any further. */
static int add_dax(const char *name, void *userdata)
{
        struct search *s = userdata;
        struct node_device d = { 0 };
        struct node *n;
        int r;

        if (!is_dax_name(name) || !is_bound_to_kmem(s, name))
                return 0;
        n = find_node(s->userdata, read_target(s, name));
        if (!n)
                return 0;
        r = read_device(s, name, &d);
        return r < 0 ? r : node_add_device(n, &d, 0);
}

int dax_read_devices(struct sysroot *root, struct machine *m, struct messages *problems)
{
        struct search s = { root, problems, &m->devices_unlisted, NULL, m };

        return list(&s, add_dax);
}
