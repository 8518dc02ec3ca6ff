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
        struct machine *machine;
        struct messages *problems;
};

static struct node *find_node(struct machine *m, unsigned id)
{
        struct node *n = (struct node *)machine_get_node(m, id);

        return n && n->has_memory ? n : NULL;
}

static const char *last_component(const char *path)
{
        const char *slash = strrchr(path, '/');

        return slash ? slash + 1 : path;
}

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
        s->machine->devices_unlisted = true;
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
static struct node *find_target(struct search *s, const char *name)
{
        char buf[NUMBER_SIZE];
        unsigned id;
        ssize_t n;

        n = sysroot_readf(s->root, buf, sizeof(buf), DAX_DIR "/%s/target_node", name);
        if (n < 0)
                note_unreadable(s, n, name, "target_node");
        if (n < 0 || buf[0] == '-')
                return NULL;
        if (parse_unsigned(buf, NODE_MAX - 1, &id) < 0) {
                messages_add(s->problems,
                             "/" DAX_DIR "/%s/target_node: expected the number of a "
                             "node",
                             name);
                s->machine->devices_unlisted = true;
                return NULL;
        }
        return find_node(s->machine, id);
}

static int add_dax(const char *name, void *userdata)
{
        struct search *s = userdata;
        struct node_device d = { 0 };
        struct node *n;
        int r;

        if (!startswith(name, "dax") || strlen(name) > NAME_LENGTH_MAX ||
            !is_bound_to_kmem(s, name))
                return 0;
        n = find_target(s, name);
        if (!n)
                return 0;
        d.dax = strdup(name);
        r = d.dax ? trace_dax(s, name, &d) : -ENOMEM;
        if (r == 0 && d.region)
                r = cxl_read_region(s->root, &d, s->problems);
        if (r < 0) {
                node_device_done(&d);
                return r;
        }
        read_extent(s, name, &d);
        return node_add_device(n, &d, 0);
}

int dax_read_devices(struct sysroot *root, struct machine *m, struct messages *problems)
{
        struct search s = { root, m, problems };

        int r = sysroot_list(root, DAX_DIR, add_dax, &s);

        if (r == -ENOMEM)
                return r;
        if (r < 0 && !device_file_is_absent(r)) {
                sysroot_reportf(problems, r, DAX_DIR);
                m->devices_unlisted = true;
        }
        return 0;
}
