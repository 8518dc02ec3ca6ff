/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "facts/counts.h"

#include <errno.h>

#include "facts/knobs.h"

#define VMSTAT_PATH "proc/vmstat"

static const char *const fields[COUNTS] = {
        [COUNT_SIZE] = "MemTotal",
        [COUNT_FREE] = "MemFree",
        [COUNT_FILE] = "FilePages",
        [COUNT_ANON] = "AnonPages",
        [COUNT_SHMEM] = "Shmem",
        [COUNT_SLAB] = "Slab",
        [COUNT_DEMOTED_KSWAPD] = "pgdemote_kswapd",
        [COUNT_DEMOTED_DIRECT] = "pgdemote_direct",
        [COUNT_DEMOTED_KHUGEPAGED] = "pgdemote_khugepaged",
        [COUNT_DEMOTED_PROACTIVE] = "pgdemote_proactive",
        [COUNT_PROMOTED] = "pgpromote_success",
        [COUNT_PROMOTE_CANDIDATES] = "pgpromote_candidate",
};

/* The number after a field that begins a line or follows a space; end: what stands between both. */
static int find(const char *text, const char *field, char end, uint64_t *ret)
{
        size_t length = strlen(field);

        for (const char *at = strstr(text, field); at; at = strstr(at + 1, field)) {
                unsigned long long v;
                char *after;

                if ((at > text && at[-1] != ' ' && at[-1] != '\n') || at[length] != end)
                        continue;
                errno = 0;
                v = strtoull(at + length + 1, &after, 10);
                if (errno != 0 || after == at + length + 1)
                        return -ENOENT;
                *ret = v;
                return 0;
        }
        return -ENOENT;
}

int meminfo_find(const char *text, const char *field, uint64_t *ret)
{
        return find(text, field, ':', ret); /* "Node 1 MemFree:   498132 kB" */
}

static void find_counts(const char *text, enum count_kind first, enum count_kind end,
                        struct count counts[static COUNTS])
{
        for (enum count_kind k = first; k < end; k++)
                counts[k].known = find(text, fields[k], first == COUNT_VMSTAT_FIRST ? ' ' : ':',
                                       &counts[k].value) == 0;
}

/* false: the node went away. */
static bool read_file(struct sysroot *root, unsigned node, const char *name, enum count_kind first,
                      enum count_kind end, struct count counts[static COUNTS],
                      struct messages *problems)
{
        _cleanup_(freep) char *text = NULL;
        int r = sysroot_read_allocf(root, &text, NODE_DIR "/node%u/%s", node, name);

        if (r >= 0)
                find_counts(text, first, end, counts);
        else
                sysroot_reportf(problems, r, NODE_DIR "/node%u/%s", node, name);
        return !sysroot_is_absent(r);
}

static bool read_node(struct sysroot *root, bool moved, struct node_counts *n,
                      struct messages *problems)
{
        if (!moved &&
            !read_file(root, n->node, "meminfo", 0, COUNT_VMSTAT_FIRST, n->counts, problems))
                return false;
        /* an old capture does not have it */
        (void)read_file(root, n->node, "vmstat", COUNT_VMSTAT_FIRST, COUNTS, n->counts, problems);
        return true;
}

static void read_machine(struct sysroot *root, struct counts *c, struct messages *problems)
{
        _cleanup_(freep) char *text = NULL;
        int r = sysroot_read_alloc(root, VMSTAT_PATH, &text);

        if (r >= 0)
                find_counts(text, COUNT_VMSTAT_FIRST, COUNTS, c->machine);
        else
                sysroot_reportf(problems, r, "%s", VMSTAT_PATH);
}

static int read_counts(struct sysroot *root, const struct nodeset *nodes, bool moved,
                       struct messages *problems, struct counts **ret)
{
        _cleanup_(counts_freep) struct counts *c = calloc(1, sizeof(*c));

        if (!c)
                return -ENOMEM;
        c->nodes = calloc(nodeset_count(nodes) ?: 1, sizeof(*c->nodes));
        if (!c->nodes)
                return -ENOMEM;
        nodeset_foreach (node, nodes) {
                struct node_counts *n = &c->nodes[c->n_nodes];

                *n = (struct node_counts){ .node = node };
                if (read_node(root, moved, n, problems))
                        c->n_nodes++;
        }
        read_machine(root, c, problems);
        *ret = TAKE_PTR(c);
        return 0;
}

int counts_read(struct sysroot *root, const struct nodeset *nodes, struct messages *problems,
                struct counts **ret)
{
        return read_counts(root, nodes, false, problems, ret);
}

int counts_read_moved(struct sysroot *root, const struct nodeset *nodes, struct messages *problems,
                      struct counts **ret)
{
        return read_counts(root, nodes, true, problems, ret);
}

struct counts *counts_free(struct counts *c)
{
        if (!c)
                return NULL;
        free(c->nodes);
        free(c);
        return NULL;
}

const struct node_counts *counts_get_node(const struct counts *c, unsigned node)
{
        for (size_t i = 0; i < c->n_nodes; i++)
                if (c->nodes[i].node == node)
                        return &c->nodes[i];
        return NULL;
}

struct count counts_get_demoted(const struct count counts[static COUNTS])
{
        struct count sum = { 0 };

        for (enum count_kind k = COUNT_DEMOTED_KSWAPD; k <= COUNT_DEMOTED_PROACTIVE; k++) {
                sum.known = sum.known || counts[k].known;
                sum.value += counts[k].known ? counts[k].value : 0;
        }
        return sum;
}
