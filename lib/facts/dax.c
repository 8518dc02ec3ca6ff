/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "facts/dax.h"

#include <errno.h>

#include "facts/cxl.h"

#define DAX_DIR     "sys/bus/dax/devices"
#define PATH_SIZE   256
#define TARGET_SIZE 1024

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

/* drivers/dax: below which device it hangs says what it is. */
static int trace_dax(struct search *s, const char *name, struct node_device *d)
{
        char path[PATH_SIZE], target[TARGET_SIZE];
        const char *region;

        snprintf(path, sizeof(path), DAX_DIR "/%s", name);
        if (sysroot_readlink(s->root, path, target, sizeof(target)) < 0)
                return 0;
        if (strstr(target, "/ndbus"))
                d->kind = KIND_PMEM;
        region = strstr(target, "/dax_region");
        if (!region || d->kind == KIND_PMEM)
                return 0;
        d->kind = KIND_CXL;
        if (asprintf(&d->region, "region%.*s", (int)strcspn(region + strlen("/dax_region"), "/"),
                     region + strlen("/dax_region")) < 0) {
                d->region = NULL;
                return -ENOMEM;
        }
        return 0;
}

static bool is_bound_to_kmem(struct search *s, const char *name)
{
        char path[PATH_SIZE], target[TARGET_SIZE];

        snprintf(path, sizeof(path), DAX_DIR "/%s/driver", name);
        return sysroot_readlink(s->root, path, target, sizeof(target)) == 0 &&
               streq(last_component(target), "kmem");
}

/* resource is for root alone; what may not be read stays unknown. */
static void read_extent(struct search *s, const char *name, struct node_device *d)
{
        char path[PATH_SIZE], buf[64];
        unsigned long long v;

        snprintf(path, sizeof(path), DAX_DIR "/%s/resource", name);
        if (sysroot_read(s->root, path, buf, sizeof(buf)) >= 0 &&
            parse_u64(buf, 16, UINT64_MAX, &v) == 0)
                d->address = v;
        snprintf(path, sizeof(path), DAX_DIR "/%s/size", name);
        if (sysroot_read(s->root, path, buf, sizeof(buf)) >= 0 &&
            parse_u64(buf, 10, UINT64_MAX, &v) == 0)
                d->size = v;
}

/* target_node is a node, or -1. */
static struct node *find_target(struct search *s, const char *name)
{
        char path[PATH_SIZE], buf[64];
        unsigned id;

        snprintf(path, sizeof(path), DAX_DIR "/%s/target_node", name);
        if (sysroot_read(s->root, path, buf, sizeof(buf)) < 0 || buf[0] == '-')
                return NULL;
        if (parse_unsigned(buf, NODE_MAX - 1, &id) < 0) {
                messages_add(s->problems, "/%s: expected the number of a node", path);
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

        if (!startswith(name, "dax") || strlen(name) > 64 || !is_bound_to_kmem(s, name))
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

        return sysroot_list(root, DAX_DIR, add_dax, &s) == -ENOMEM ? -ENOMEM : 0;
}
