/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "facts/cxl.h"

#include <errno.h>

#include "facts/blocks.h"

#define PCI_DIR     "sys/bus/pci/devices"
#define TARGET_SIZE 1024
#define NAME_MAX_   64
#define NUMBER_SIZE 64

/* CXL 3.1, 8.2.4.20: at most 16-way. */
#define WAYS_MAX 16

/* "region" and a number, and nothing else that stands there ("dax_region0"). */
static bool is_region_name(const char *name)
{
        const char *digits = startswith(name, "region");
        unsigned number;

        return digits && parse_unsigned(digits, UINT32_MAX, &number) == 0;
}

/* One attribute of a device on the CXL bus, without its newline. */
static int read_text(struct sysroot *root, const char *device, const char *attribute, char *buf,
                     size_t size)
{
        return sysroot_read_linef(root, buf, size, CXL_DIR "/%s/%s", device, attribute);
}

/* Also -EINVAL or -ERANGE: it is not a number. */
static int read_number(struct sysroot *root, const char *device, const char *attribute,
                       unsigned base, uint64_t *ret)
{
        unsigned long long v;
        char buf[NUMBER_SIZE];
        int r;

        r = read_text(root, device, attribute, buf, sizeof(buf));
        if (r == 0)
                r = parse_u64(buf, base, UINT64_MAX, &v);
        if (r == 0)
                *ret = v;
        return r;
}

/* The last component of a path, and the one before it: of ".../0000:0d:00.0/mem0" both. */
static bool split_target(char *target, const char **ret_parent, const char **ret_name)
{
        char *slash = strrchr(target, '/');

        if (!slash || slash == target)
                return false;
        *slash = '\0';
        *ret_name = slash + 1;
        slash = strrchr(target, '/');
        *ret_parent = slash ? slash + 1 : target;
        return **ret_name != '\0' && **ret_parent != '\0' && strlen(*ret_name) < NAME_MAX_ &&
               strlen(*ret_parent) < NAME_MAX_;
}

static char *read_pci_id(struct sysroot *root, const char *address)
{
        static const char *const names[] = { "vendor", "device" };
        unsigned long long ids[ELEMENTSOF(names)];
        char *id;

        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                char buf[NUMBER_SIZE];

                if (sysroot_readf(root, buf, sizeof(buf), PCI_DIR "/%s/%s", address, names[i]) <
                            0 ||
                    parse_u64(buf, 16, UINT16_MAX, &ids[i]) < 0)
                        return NULL;
        }
        return asprintf(&id, "%04llx:%04llx", ids[0], ids[1]) < 0 ? NULL : id;
}

int cxl_add_memdev(struct sysroot *root, struct node_device *d, const char *name,
                   const char *pci_address, const char *decoder)
{
        struct memdev *memdevs = reallocarray(d->memdevs, d->n_memdevs + 1, sizeof(*memdevs)), *m;
        uint64_t v;
        int r;

        if (!memdevs)
                return -ENOMEM;
        d->memdevs = memdevs;
        m = &d->memdevs[d->n_memdevs++];
        *m = (struct memdev){
                .name = strdup(name),
                .pci_address = strdup(pci_address),
                .pci_id = read_pci_id(root, pci_address),
                .decoder = decoder ? strdup(decoder) : NULL,
        };
        if (!m->name || !m->pci_address || (decoder && !m->decoder))
                return -ENOMEM;
        if (!decoder)
                return 0;
        r = read_number(root, name, "serial", 16, &m->serial);
        if (r < 0 && !device_file_is_absent(r))
                d->unreadable = true;
        m->locked = read_number(root, decoder, "locked", 10, &v) == 0 && v != 0;
        m->has_qos_class = read_number(root, name, "ram/qos_class", 10, &v) == 0 && v <= UINT32_MAX;
        m->qos_class = m->has_qos_class ? (unsigned)v : 0;
        return 0;
}

/* Reads where a link on the CXL bus points and splits it. False: it cannot be read (which marks the
 * device, unless there is no such link) or understood; a problem is then reported. */
static bool follow_link(struct sysroot *root, struct node_device *d, const char *path,
                        char target[static TARGET_SIZE], const char **ret_parent,
                        const char **ret_name, struct messages *problems)
{
        int r = sysroot_readlinkf(root, target, TARGET_SIZE, CXL_DIR "/%s", path);

        if (r == 0 && split_target(target, ret_parent, ret_name))
                return true;
        if (!device_file_is_absent(r))
                d->unreadable = true;
        messages_add(problems, "/" CXL_DIR "/%s: expected a link to the memory device of %s", path,
                     d->region);
        return false;
}

/* targetN names an endpoint decoder; that one's parent is the endpoint, whose uport is the memory
 * device, whose parent is the PCI device. */
static int read_target(struct sysroot *root, struct node_device *d, unsigned position,
                       struct messages *problems)
{
        char name[32], decoder[NAME_MAX_], uport[NAME_MAX_ + sizeof("/uport")];
        char target[TARGET_SIZE];
        const char *parent, *last;
        int r;

        snprintf(name, sizeof(name), "target%u", position);
        r = read_text(root, d->region, name, decoder, sizeof(decoder));
        if (r < 0 || decoder[0] == '\0' || strchr(decoder, '/')) {
                if (!device_file_is_absent(r))
                        d->unreadable = true;
                messages_add(problems,
                             "/" CXL_DIR "/%s/%s: expected the name of an endpoint decoder",
                             d->region, name);
                return 0;
        }
        if (!follow_link(root, d, decoder, target, &parent, &last, problems))
                return 0;
        snprintf(uport, sizeof(uport), "%s/uport", parent);
        if (!follow_link(root, d, uport, target, &parent, &last, problems))
                return 0;
        return cxl_add_memdev(root, d, last, parent, decoder);
}

static void read_figures(struct sysroot *root, struct node_device *d, struct messages *problems)
{
        for (unsigned c = 0; c < ACCESS_CLASSES; c++) {
                char directory[SYSROOT_PATH_MAX];
                bool present;

                snprintf(directory, sizeof(directory), CXL_DIR "/%s/access%u", d->region, c);
                if (perf_read(root, directory, &d->access[c], &present, problems) < 0)
                        d->unreadable = true;
        }
}

static bool is_committed(struct sysroot *root, struct node_device *d, struct messages *problems)
{
        uint64_t committed;
        int r = read_number(root, d->region, "commit", 10, &committed);

        if (r == 0)
                return committed != 0;
        if (device_file_is_absent(r))
                return false;
        d->unreadable = true;
        if (r == -EINVAL || r == -ERANGE)
                messages_add(problems, "/" CXL_DIR "/%s/commit: expected 0 or 1", d->region);
        else
                messages_add(problems, "/" CXL_DIR "/%s/commit: cannot be read: %s", d->region,
                             strerror(-r));
        return false;
}

/* Both are 0x..., and all ones or 0 until they are set. Where access is denied, the caller is not
 * root, and what it shows is not used to move anything. */
static void read_extent(struct sysroot *root, struct node_device *d)
{
        int r = read_number(root, d->region, "resource", 16, &d->address);

        if (r == 0)
                r = read_number(root, d->region, "size", 16, &d->size);
        if (r < 0 && r != -EACCES && !device_file_is_absent(r))
                d->unreadable = true;
        if (r < 0 || d->address == UINT64_MAX)
                d->address = d->size = 0;
}

static void read_ways(struct sysroot *root, struct node_device *d, struct messages *problems)
{
        uint64_t ways;
        int r = read_number(root, d->region, "interleave_ways", 10, &ways);

        if (r == 0 && ways > 0 && ways <= WAYS_MAX) {
                d->ways = (unsigned)ways;
                return;
        }
        if (device_file_is_absent(r))
                return;
        d->unreadable = true;
        messages_add(problems, "/" CXL_DIR "/%s/interleave_ways: expected a number from 1 to %d",
                     d->region, WAYS_MAX);
}

int cxl_read_region(struct sysroot *root, struct node_device *d, struct messages *problems)
{
        if (!is_region_name(d->region) || !is_committed(root, d, problems))
                return 0;
        read_extent(root, d);
        read_ways(root, d, problems);
        if (d->ways == 0)
                return 0;
        for (unsigned i = 0; i < d->ways; i++) {
                int r = read_target(root, d, i, problems);

                if (r < 0)
                        return r;
        }
        read_figures(root, d, problems);
        return 0;
}

/* CXL regions whose memory Linux had from the start: firmware made them, and no dax device stands
 * between. Their addresses lead to the node. */

struct search {
        struct sysroot *root;
        struct machine *machine;
        struct messages *problems;
};

static bool is_known_region(const struct machine *m, const char *name)
{
        for (size_t i = 0; i < m->n_nodes; i++)
                for (size_t j = 0; j < m->nodes[i].n_devices; j++)
                        if (m->nodes[i].devices[j].region &&
                            streq(m->nodes[i].devices[j].region, name))
                                return true;
        return false;
}

static struct node *find_node_at(struct search *s, uint64_t address)
{
        for (size_t i = 0; i < s->machine->n_nodes; i++) {
                struct node *n = &s->machine->nodes[i];

                if (n->has_memory &&
                    blocks_hold_address(s->root, s->machine->block_size, n->id, address))
                        return n;
        }
        return NULL;
}

static int add_region(const char *name, void *userdata)
{
        struct search *s = userdata;
        struct node_device d = { .kind = KIND_CXL };
        struct node *n;
        int r;

        if (!is_region_name(name) || is_known_region(s->machine, name))
                return 0;
        d.region = strdup(name);
        r = d.region ? cxl_read_region(s->root, &d, s->problems) : -ENOMEM;
        n = r == 0 && d.size > 0 ? find_node_at(s, d.address) : NULL;
        if (n)
                return node_add_device(n, &d, 0);
        if (d.unreadable)
                s->machine->devices_unlisted = true;
        node_device_done(&d);
        return r;
}

struct region_list {
        struct sysroot *root;
        struct messages *problems;
        bool *unlisted;
        cxl_region_fn fn;
        void *userdata;
};

static int list_region(const char *name, void *userdata)
{
        struct region_list *l = userdata;
        struct node_device d = { .kind = KIND_CXL };
        int r;

        if (!is_region_name(name))
                return 0;
        d.region = strdup(name);
        r = d.region ? cxl_read_region(l->root, &d, l->problems) : -ENOMEM;
        if (r == 0 && d.size > 0)
                return l->fn(&d, l->userdata);
        *l->unlisted = *l->unlisted || d.unreadable;
        node_device_done(&d);
        return r;
}

int cxl_list_regions(struct sysroot *root, struct messages *problems, bool *unlisted,
                     cxl_region_fn fn, void *userdata)
{
        struct region_list l = { root, problems, unlisted, fn, userdata };
        int r = sysroot_list(root, CXL_DIR, list_region, &l);

        if (r >= 0 || r == -ENOMEM)
                return r;
        if (!device_file_is_absent(r)) {
                sysroot_reportf(problems, r, CXL_DIR);
                *unlisted = true;
        }
        return 0;
}

int cxl_read_regions(struct sysroot *root, struct machine *m, struct messages *problems)
{
        struct search s = { root, m, problems };

        int r = sysroot_list(root, CXL_DIR, add_region, &s);

        if (r == -ENOMEM)
                return r;
        if (r < 0 && !device_file_is_absent(r)) {
                sysroot_reportf(problems, r, CXL_DIR);
                m->devices_unlisted = true;
        }
        return 0;
}
