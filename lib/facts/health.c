/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "facts/health.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>

#include "facts/blocks.h"
#include "facts/knobs.h"

#define HOTPLUG_DIR  "sys/module/memory_hotplug/parameters"
#define AUTO_ONLINE  MEMORY_DIR "/auto_online_blocks"
#define COMMAND_LINE "proc/cmdline"
#define KDAMOND_DIR  "sys/kernel/mm/damon/admin/kdamonds"
#define DAX_DIR      "sys/bus/dax/devices"
#define CGROUP_DIR   "sys/fs/cgroup"
#define LINE_SIZE    128
#define NAME_LENGTH  64
#define TARGET_SIZE  1024
#define KDAMONDS_MAX 256
#define CPUSETS_MAX  16
/* How many groups are asked for their nodes, and how far down: a machine may have thousands. */
#define GROUPS_MAX   8192
#define GROUPS_DEPTH 5

/* Texts and numbers. */

static int set_text(struct text_fact *fact, const char *text)
{
        fact->value = strdup(text);
        return fact->value ? 0 : -ENOMEM;
}

static int read_text(struct sysroot *root, const char *path, struct text_fact *fact,
                     struct messages *problems)
{
        char line[LINE_SIZE];
        int r = sysroot_read_line(root, path, line, sizeof(line));

        if (r == 0)
                return set_text(fact, line);
        fact->unreadable = !sysroot_is_absent(r);
        sysroot_reportf(problems, r, "%s", path);
        return 0;
}

static struct knob known(uint64_t value)
{
        return (struct knob){ .present = true,
                              .value = value < UINT32_MAX ? (unsigned)value : UINT32_MAX };
}

/* A parameter of a module: Y or N. */
static void read_switch(struct sysroot *root, const char *path, struct knob *knob,
                        struct messages *problems)
{
        char line[LINE_SIZE];
        int r = sysroot_read_line(root, path, line, sizeof(line));

        if (r == 0 && (streq(line, "Y") || streq(line, "N"))) {
                *knob = known(line[0] == 'Y');
                return;
        }
        knob->unreadable = !sysroot_is_absent(r);
        if (r == 0)
                messages_add(problems, "/%s: expected Y or N, found \"%s\"", path, line);
        else
                sysroot_reportf(problems, r, "%s", path);
}

/* The command line. */

/* What has to do with memory. A name that ends in a dot stands for all that begin with it. */
static const char *const memory_options[] = {
        "acpi",
        "cgroup_disable",
        "cma",
        "cma_pernuma",
        "damon_lru_sort.",
        "damon_reclaim.",
        "damon_stat.",
        "dax_hmem.",
        "default_hugepagesz",
        "efi",
        "efi_fake_mem",
        "hugepages",
        "hugepagesz",
        "hugetlb_cma",
        "hugetlb_free_vmemmap",
        "kernelcore",
        "lockdown",
        "mem",
        "memhp_default_state",
        "memmap",
        "memory_hotplug.",
        "modprobe.blacklist",
        "module.sig_enforce",
        "module_blacklist",
        "movable_node",
        "movablecore",
        "numa",
        "numa_balancing",
        "numa_emulation.",
        "page_owner",
        "transparent_hugepage",
};

/* The kernel takes - for _ in names (kernel/params.c:parameq). */
static bool has_name(const char *option, size_t length, const char *name)
{
        size_t n = strlen(name);
        bool is_prefix = n > 0 && name[n - 1] == '.';

        if (is_prefix ? length <= n : length != n)
                return false;
        for (size_t i = 0; i < n; i++)
                if ((option[i] == '-' ? '_' : option[i]) != name[i])
                        return false;
        return true;
}

/* The next word of a command line, which may be quoted in part ("a b", a="b c"). NULL: the rest
 * is for init, or there is none. */
static const char *next_option(const char *at, size_t *ret_length)
{
        bool quoted = false;
        size_t n = 0;

        at += strspn(at, " \t\n");
        for (; at[n] != '\0' && (quoted || !isspace((unsigned char)at[n])); n++)
                quoted ^= at[n] == '"';
        *ret_length = n;
        return n == 0 || (n == 2 && memcmp(at, "--", 2) == 0) ? NULL : at;
}

/* Of a whole that is quoted: "a=b c". */
static void strip_quotes(const char **text, size_t *length)
{
        if (*length < 2 || (*text)[0] != '"' || (*text)[*length - 1] != '"')
                return;
        *text += 1;
        *length -= 2;
}

static size_t name_length(const char *option, size_t length)
{
        const char *end = memchr(option, '=', length);

        return end ? (size_t)(end - option) : length;
}

static bool is_memory_option(const char *option, size_t length)
{
        strip_quotes(&option, &length);
        for (size_t i = 0; i < ELEMENTSOF(memory_options); i++)
                if (has_name(option, name_length(option, length), memory_options[i]))
                        return true;
        return false;
}

int health_filter_options(const char *command_line, char **ret)
{
        char *out = malloc(strlen(command_line) + 1);
        size_t length, n = 0;

        if (!out)
                return -ENOMEM;
        for (const char *at = command_line; (at = next_option(at, &length)); at += length) {
                if (!is_memory_option(at, length))
                        continue;
                if (n > 0)
                        out[n++] = ' ';
                memcpy(out + n, at, length);
                n += length;
        }
        out[n] = '\0';
        *ret = out;
        return 0;
}

static int read_options(struct sysroot *root, struct text_fact *fact, struct messages *problems)
{
        _cleanup_(freep) char *line = NULL;
        int r = sysroot_read_alloc(root, COMMAND_LINE, &line);

        if (r == 0)
                return health_filter_options(line, &fact->value);
        if (r == -ENOMEM)
                return r;
        fact->unreadable = !sysroot_is_absent(r);
        sysroot_reportf(problems, r, COMMAND_LINE);
        return 0;
}

const char *health_find_option(const struct health *h, const char *name, char *buf, size_t size)
{
        const char *found = NULL, *option;
        size_t length, n = 0;

        for (const char *at = h->options.value ?: ""; (at = next_option(at, &length));
             at += length) {
                size_t n_option = length, n_name;

                option = at;
                strip_quotes(&option, &n_option);
                n_name = name_length(option, n_option);
                if (!has_name(option, n_name, name))
                        continue;
                found = n_name < n_option ? option + n_name + 1 : "";
                n = n_name < n_option ? n_option - n_name - 1 : 0;
        }
        if (!found || size == 0)
                return NULL;
        strip_quotes(&found, &n);
        (void)snprintf(buf, size, "%.*s", (int)n, found);
        return buf;
}

/* The firmware's tables: only root may read them, but that they are there can be seen. */

static int note_table(const char *name, void *userdata)
{
        struct health *h = userdata;

        if (streq(name, "HMAT") || streq(name, "HMAT1")) /* numbered if there is a second one */
                h->has_hmat.value = 1;
        else if (streq(name, "SRAT"))
                h->has_srat.value = 1;
        else if (streq(name, "SLIT"))
                h->has_slit.value = 1;
        else if (streq(name, "CEDT"))
                h->has_cedt.value = 1;
        return 0;
}

static void read_tables(struct sysroot *root, struct health *h, struct messages *problems)
{
        struct knob *const tables[] = { &h->has_hmat, &h->has_srat, &h->has_slit, &h->has_cedt };
        int r = sysroot_list(root, ACPI_TABLE_DIR, note_table, h);

        if (r < 0)
                sysroot_reportf(problems, r, ACPI_TABLE_DIR);
        for (size_t i = 0; i < ELEMENTSOF(tables); i++) {
                tables[i]->present = r == 0;
                tables[i]->unreadable = r < 0 && !sysroot_is_absent(r);
        }
}

/* Swap. A line: "/dev/sda2   partition   1048572   0   -2" (mm/swapfile.c:swap_show). */

static int read_swap(struct sysroot *root, struct health *h, struct messages *problems)
{
        _cleanup_(freep) char *text = NULL;
        unsigned long long size, used, sum = 0, sum_used = 0;
        int r = sysroot_read_alloc(root, SWAPS_PATH, &text);

        if (r == -ENOMEM)
                return r;
        if (r < 0) {
                h->swap_kib.unreadable = h->swap_used_kib.unreadable = !sysroot_is_absent(r);
                sysroot_reportf(problems, r, SWAPS_PATH);
                return 0;
        }
        for (const char *line = strchr(text, '\n'); line && line[1]; line = strchr(line + 1, '\n'))
                if (sscanf(line + 1, "%*s %*s %llu %llu", &size, &used) == 2) {
                        sum += size;
                        sum_used += used;
                }
        h->swap_kib = known(sum);
        h->swap_used_kib = known(sum_used);
        return 0;
}

/* DAMON. */

static int read_kdamonds(struct sysroot *root, struct health *h, struct messages *problems)
{
        char path[SYSROOT_PATH_MAX];
        unsigned n;
        int r = sysroot_read_unsigned(root, KDAMOND_DIR "/nr_kdamonds", UINT32_MAX, &n, problems);

        if (r < 0) {
                h->nr_kdamonds.unreadable = !sysroot_is_absent(r);
                if (r != -EBADMSG)
                        sysroot_reportf(problems, r, KDAMOND_DIR "/nr_kdamonds");
                return 0;
        }
        h->nr_kdamonds = known(n);
        if (n > KDAMONDS_MAX)
                n = KDAMONDS_MAX;
        h->kdamonds = calloc(n ?: 1, sizeof(*h->kdamonds));
        if (!h->kdamonds)
                return -ENOMEM;
        for (h->n_kdamonds = 0; h->n_kdamonds < n; h->n_kdamonds++) {
                struct kdamond *k = &h->kdamonds[h->n_kdamonds];

                k->number = (unsigned)h->n_kdamonds;
                snprintf(path, sizeof(path), KDAMOND_DIR "/%u/state", k->number);
                r = read_text(root, path, &k->state, problems);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int read_damon(struct sysroot *root, struct health *h, struct messages *problems)
{
        read_switch(root, "sys/module/damon_stat/parameters/enabled", &h->damon_stat, problems);
        read_switch(root, "sys/module/damon_reclaim/parameters/enabled", &h->damon_reclaim,
                    problems);
        read_switch(root, "sys/module/damon_lru_sort/parameters/enabled", &h->damon_lru_sort,
                    problems);
        return read_kdamonds(root, h, problems);
}

/* Dax devices. */

struct dax_search {
        struct sysroot *root;
        struct health *health;
        struct messages *problems;
        size_t allocated;
};

static void note_unreadable(struct dax_search *s, struct health_dax *d, const char *file, int r)
{
        if (r == 0 || sysroot_is_absent(r))
                return;
        d->unreadable = true;
        sysroot_reportf(s->problems, r, DAX_DIR "/%s/%s", d->name, file);
}

static int read_driver(struct dax_search *s, struct health_dax *d)
{
        char target[TARGET_SIZE];
        const char *slash;
        int r = sysroot_readlinkf(s->root, target, sizeof(target), DAX_DIR "/%s/driver", d->name);

        if (r < 0) {
                note_unreadable(s, d, "driver", r);
                return 0;
        }
        slash = strrchr(target, '/');
        d->driver = strdup(slash ? slash + 1 : target);
        return d->driver ? 0 : -ENOMEM;
}

/* 0, or an error of reading; what is no number stays as it is. */
static int read_dax_number(struct dax_search *s, struct health_dax *d, const char *file,
                           unsigned base, uint64_t *ret)
{
        unsigned long long value;
        char line[LINE_SIZE];
        int r = sysroot_read_linef(s->root, line, sizeof(line), DAX_DIR "/%s/%s", d->name, file);

        if (r == 0 && parse_u64(line, base, UINT64_MAX, &value) == 0)
                *ret = value;
        return r;
}

static void read_extent(struct dax_search *s, struct health_dax *d)
{
        uint64_t node = BLOCK_NO_NODE; /* -1 is no number */

        note_unreadable(s, d, "target_node", read_dax_number(s, d, "target_node", 10, &node));
        d->node = node < NODE_MAX ? (uint32_t)node : BLOCK_NO_NODE;
        note_unreadable(s, d, "size", read_dax_number(s, d, "size", 10, &d->size));
        (void)read_dax_number(s, d, "resource", 16, &d->address); /* for root only */
}

static int read_dax(struct dax_search *s, struct health_dax *d)
{
        char path[SYSROOT_PATH_MAX];
        uint64_t value = UINT64_MAX;
        int r = read_driver(s, d);

        if (r < 0)
                return r;
        read_extent(s, d);
        (void)read_dax_number(s, d, "memmap_on_memory", 10, &value);
        if (value <= 1)
                d->memmap_on_memory = known(value);
        snprintf(path, sizeof(path), DAX_DIR "/%s/state", d->name);
        return read_text(s->root, path, &d->state, s->problems);
}

static int add_dax(const char *name, void *userdata)
{
        struct dax_search *s = userdata;
        struct health *h = s->health;
        struct health_dax *d;

        if (!startswith(name, "dax") || strlen(name) > NAME_LENGTH)
                return 0;
        if (array_grow(&h->dax, &s->allocated, h->n_dax + 1, sizeof(*h->dax)) < 0)
                return -ENOMEM;
        d = &h->dax[h->n_dax++];
        *d = (struct health_dax){ .node = BLOCK_NO_NODE, .name = strdup(name) };
        return d->name ? read_dax(s, d) : -ENOMEM;
}

static int compare_dax(const void *a, const void *b)
{
        const struct health_dax *x = a, *y = b;

        return strverscmp(x->name, y->name);
}

static int read_all_dax(struct sysroot *root, struct health *h, struct messages *problems)
{
        struct dax_search s = { .root = root, .health = h, .problems = problems };
        int r = sysroot_list(root, DAX_DIR, add_dax, &s);

        if (r == -ENOMEM)
                return r;
        h->dax_unlisted = r < 0 && !sysroot_is_absent(r);
        if (r < 0)
                sysroot_reportf(problems, r, DAX_DIR);
        if (h->n_dax > 0)
                qsort(h->dax, h->n_dax, sizeof(*h->dax), compare_dax);
        return 0;
}

/* Control groups. */

struct group_search {
        struct sysroot *root;
        struct health *health;
        const char *parent, *mems; /* the group that is searched, and its nodes; NULL: the root */
        unsigned depth, *n_asked;
};

static int add_cpuset(struct health *h, const char *path, const char *mems)
{
        struct cpuset *c;

        if (!h->cpusets)
                h->cpusets = calloc(CPUSETS_MAX, sizeof(*h->cpusets));
        if (!h->cpusets)
                return -ENOMEM;
        c = &h->cpusets[h->n_cpusets++];
        c->path = strdup(path);
        c->mems = strdup(mems);
        return c->path && c->mems ? 0 : -ENOMEM;
}

/* The files of a group, and no group: "memory.stat". */
static bool is_group_file(const char *name)
{
        static const char *const controllers[] = { "cgroup.",  "cpu.",        "cpuset.", "dmem.",
                                                   "hugetlb.", "io.",         "irq.",    "memory.",
                                                   "misc.",    "perf_event.", "pids.",   "rdma." };

        for (size_t i = 0; i < ELEMENTSOF(controllers); i++)
                if (startswith(name, controllers[i]))
                        return true;
        return false;
}

static int note_group(const char *name, void *userdata);

/* Virtual machines and containers are restricted some levels down: machine.slice/X/libvirt/vcpu0.
 * Where a group lacks the file, so do all below it; a capture has only files that say something. */
static int search_below(const struct group_search *s, const char *path, const char *mems, int error)
{
        struct group_search below = *s;
        int r;

        if (s->depth == GROUPS_DEPTH || (sysroot_is_absent(error) && sysroot_is_live(s->root)))
                return 0;
        below.parent = path;
        below.mems = mems;
        below.depth++;
        r = sysroot_listf(s->root, note_group, &below, CGROUP_DIR "/%s", path);
        return r == -ENOMEM || r == 1 ? r : 0;
}

/* 1: enough. */
static int note_group(const char *name, void *userdata)
{
        const struct group_search *s = userdata;
        char path[SYSROOT_PATH_MAX], mems[LINE_SIZE];
        int r;

        if (is_group_file(name) || snprintf(path, sizeof(path), "%s%s%s", s->parent ?: "",
                                            s->parent ? "/" : "", name) >= (int)sizeof(path))
                return 0;
        if ((*s->n_asked)++ >= GROUPS_MAX || s->health->n_cpusets >= CPUSETS_MAX) {
                s->health->cpusets_incomplete = true;
                return 1;
        }
        r = sysroot_read_linef(s->root, mems, sizeof(mems), CGROUP_DIR "/%s/cpuset.mems", path);
        if (r < 0)
                *mems = '\0';
        if (*mems && !(s->mems && streq(mems, s->mems)) && add_cpuset(s->health, path, mems) < 0)
                return -ENOMEM;
        return search_below(s, path, *mems ? mems : s->mems, r);
}

static int read_cpusets(struct sysroot *root, struct health *h)
{
        unsigned n_asked = 0;
        struct group_search s = { .root = root, .health = h, .depth = 1, .n_asked = &n_asked };
        char line[TARGET_SIZE];

        if (sysroot_read_line(root, CGROUP_DIR "/cgroup.controllers", line, sizeof(line)) < 0)
                return 0;
        return sysroot_list(root, CGROUP_DIR, note_group, &s) == -ENOMEM ? -ENOMEM : 0;
}

/* All of it. */

static int read_onlining(struct sysroot *root, struct health *h, struct messages *problems)
{
        int r = block_table_read(root, NULL, problems, &h->blocks);

        if (r == -ENOMEM)
                return r;
        r = read_text(root, AUTO_ONLINE, &h->auto_online_blocks, problems);
        if (r == 0)
                r = read_text(root, HOTPLUG_DIR "/online_policy", &h->online_policy, problems);
        if (r == 0)
                r = read_text(root, HOTPLUG_DIR "/memmap_on_memory", &h->memmap_on_memory,
                              problems);
        return r < 0 ? r : read_options(root, &h->options, problems);
}

int health_read(struct sysroot *root, struct messages *problems, struct health **ret)
{
        _cleanup_(health_freep) struct health *h = calloc(1, sizeof(*h));
        int r;

        if (!h)
                return -ENOMEM;
        r = read_onlining(root, h, problems);
        if (r < 0)
                return r;
        read_tables(root, h, problems);
        r = read_swap(root, h, problems);
        if (r == 0)
                r = read_damon(root, h, problems);
        if (r == 0)
                r = read_all_dax(root, h, problems);
        if (r == 0)
                r = read_cpusets(root, h);
        if (r == 0)
                r = health_read_tasks(root, h);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(h);
        return 0;
}

static void free_dax(struct health *h)
{
        for (size_t i = 0; i < h->n_dax; i++) {
                free(h->dax[i].name);
                free(h->dax[i].driver);
                free(h->dax[i].state.value);
        }
        free(h->dax);
}

struct health *health_free(struct health *h)
{
        if (!h)
                return NULL;
        block_table_free(h->blocks);
        free(h->auto_online_blocks.value);
        free(h->online_policy.value);
        free(h->memmap_on_memory.value);
        free(h->options.value);
        for (size_t i = 0; h->kdamonds && i < h->nr_kdamonds.value && i < KDAMONDS_MAX; i++)
                free(h->kdamonds[i].state.value);
        free(h->kdamonds);
        free_dax(h);
        for (size_t i = 0; i < h->n_cpusets; i++) {
                free(h->cpusets[i].path);
                free(h->cpusets[i].mems);
        }
        free(h->cpusets);
        free(h->tasks);
        free(h);
        return NULL;
}

static void count_zone(const struct block *b, struct block_counts *c)
{
        if (b->zone == ZONE_KERNEL)
                c->kernel++;
        else if (b->zone == ZONE_MOVABLE)
                c->movable++;
        else if (b->zone == ZONE_NONE)
                c->none++;
        else
                c->unknown_zone++;
}

void health_count_blocks(const struct health *h, uint32_t node, struct block_counts *ret)
{
        *ret = (struct block_counts){ 0 };
        for (size_t i = 0; h->blocks && i < h->blocks->n; i++) {
                const struct block *b = &h->blocks->blocks[i];

                if (b->node != node)
                        continue;
                ret->all++;
                if (b->state == BLOCK_ONLINE)
                        count_zone(b, ret);
                else if (b->state == BLOCK_OFFLINE)
                        ret->offline++;
                else if (b->state == BLOCK_UNREADABLE)
                        ret->unreadable++;
                else
                        ret->changing++;
        }
}
