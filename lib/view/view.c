/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "view/view.h"

#include <assert.h>
#include <errno.h>

#include "view/changes.h"
#include "view/memory.h"
#include "view/nodes.h"

/* Fields: what scripts rely on (numatier(1), JSON). */

static const struct view_field tier_fields[] = {
        VIEW_FIELD("name", view_tier, name),
        VIEW_FIELD("wanted_tier", view_tier, wanted_tier),
        VIEW_FIELD("nodes", view_tier, nodes),
        VIEW_FIELD("size_kib", view_tier, size_kib),
        VIEW_FIELD("free_kib", view_tier, free_kib),
};

static const struct view_field node_fields[] = {
        VIEW_FIELD("node", view_node, node),
        VIEW_FIELD("tier", view_node, tier),
        VIEW_FIELD("wanted_tier", view_node, wanted_tier),
        VIEW_FIELD("present_tier", view_node, present_tier),
        VIEW_FIELD("original_tier", view_node, original_tier),
        VIEW_FIELD("adistance", view_node, adistance),
        VIEW_FIELD("latency_ns", view_node, latency.value),
        VIEW_FIELD("latency_multiple", view_node, latency.multiple),
        VIEW_FIELD("latency_source", view_node, latency.source),
        VIEW_FIELD("bandwidth_mib", view_node, bandwidth.value),
        VIEW_FIELD("bandwidth_source", view_node, bandwidth.source),
        VIEW_FIELD("by_slit_alone", view_node, by_slit_alone),
        VIEW_FIELD("size_kib", view_node, size_kib),
        VIEW_FIELD("free_kib", view_node, free_kib),
        VIEW_FIELD("offline_kib", view_node, offline_kib),
        VIEW_FIELD("drained", view_node, drained),
        VIEW_FIELD("demotion_targets", view_node, targets),
        VIEW_FIELD("demotion_targets_across_sockets", view_node, targets_across),
        VIEW_FIELD("interleave_weight", view_node, weight),
        VIEW_FIELD("has_memory", view_node, has_memory),
        VIEW_FIELD("has_cpu", view_node, has_cpu),
        VIEW_FIELD("is_baseline", view_node, is_baseline),
        VIEW_FIELD("kind", view_node, kind),
        VIEW_FIELD("reason", view_node, reason),
};

static const struct view_field device_fields[] = {
        VIEW_FIELD("node", view_device, node),
        VIEW_FIELD("kind", view_device, kind),
        VIEW_FIELD("dax", view_device, dax),
        VIEW_FIELD("region", view_device, region),
        VIEW_FIELD("address", view_device, address),
        VIEW_FIELD("size_kib", view_device, size_kib),
        VIEW_FIELD("interleave_ways", view_device, interleave_ways),
        VIEW_FIELD("memdev", view_device, memdev),
        VIEW_FIELD("cxl_serial", view_device, cxl_serial),
        VIEW_FIELD("pci_address", view_device, pci_address),
        VIEW_FIELD("pci_id", view_device, pci_id),
        VIEW_FIELD("locked", view_device, locked),
        VIEW_FIELD("qos_class", view_device, qos_class),
};

static const struct view_field cache_fields[] = {
        VIEW_FIELD("node", view_cache, node),
        VIEW_FIELD("level", view_cache, level),
        VIEW_FIELD("size_kib", view_cache, size_kib),
        VIEW_FIELD("line_size", view_cache, line_size),
        VIEW_FIELD("indexing", view_cache, indexing),
        VIEW_FIELD("write_policy", view_cache, write_policy),
};

static const struct view_field write_fields[] = {
        VIEW_FIELD("node", view_write, node),     VIEW_FIELD("path", view_write, path),
        VIEW_FIELD("before", view_write, before), VIEW_FIELD("value", view_write, value),
        VIEW_FIELD("after", view_write, after),   VIEW_FIELD("outcome", view_write, outcome),
        VIEW_FIELD("error", view_write, error),   VIEW_FIELD("reason", view_write, reason),
};

static const struct view_field unmet_fields[] = {
        VIEW_FIELD("node", view_unmet, node),
        VIEW_FIELD("present_tier", view_unmet, present_tier),
        VIEW_FIELD("wanted_tier", view_unmet, wanted_tier),
        VIEW_FIELD("reason", view_unmet, reason),
        VIEW_FIELD("hazard", view_unmet, hazard),
        VIEW_FIELD("cause", view_unmet, cause),
};

static const struct view_field memory_fields[] = {
        VIEW_FIELD("node", view_memory, node),
        VIEW_FIELD("online", view_memory, online),
        VIEW_FIELD("device", view_memory, device),
        VIEW_FIELD("section", view_memory, section),
        VIEW_FIELD("blocks", view_memory, blocks),
        VIEW_FIELD("as_wanted", view_memory, as_wanted),
        VIEW_FIELD("planned", view_memory, planned),
        VIEW_FIELD("done", view_memory, done),
        VIEW_FIELD("failed", view_memory, failed),
        VIEW_FIELD("reason", view_memory, reason),
};

static const struct view_field settings_fields[] = {
        VIEW_FIELD("numatierd_pid", view_settings, daemon_pid),
        VIEW_FIELD("demotion", view_settings, demotion),
        VIEW_FIELD("numa_balancing", view_settings, numa_balancing),
        VIEW_FIELD("promotion_rate_limit_mib", view_settings, promote_rate_limit),
        VIEW_FIELD("min_ttl_ms", view_settings, min_ttl),
        VIEW_FIELD("weighted_interleave", view_settings, weighted_interleave),
};

static const struct view_field warning_fields[] = {
        VIEW_FIELD("kind", view_warning, kind),
        VIEW_FIELD("text", view_warning, text),
};

#define TABLE(table_name, table_fields, member)                                                    \
        {                                                                                          \
                .name = (table_name), .fields = (table_fields),                                    \
                .n_fields = ELEMENTSOF(table_fields), .rows = v->member, .n_rows = v->n_##member,  \
                .row_size = sizeof(*v->member),                                                    \
        }

struct view_table view_get_table(const struct view *v, enum view_rows rows)
{
        const struct view_table tables[] = {
                [VIEW_ROWS_TIERS] = TABLE("tiers", tier_fields, tiers),
                [VIEW_ROWS_NODES] = TABLE("nodes", node_fields, nodes),
                [VIEW_ROWS_DEVICES] = TABLE("devices", device_fields, devices),
                [VIEW_ROWS_CACHES] = TABLE("side_caches", cache_fields, caches),
                [VIEW_ROWS_WRITES] = TABLE("writes", write_fields, writes),
                [VIEW_ROWS_UNMET] = TABLE("unmet", unmet_fields, unmet),
                [VIEW_ROWS_HELD] = TABLE("held", write_fields, held),
                [VIEW_ROWS_MEMORY] = TABLE("memory", memory_fields, memory),
                [VIEW_ROWS_SETTINGS] = TABLE("settings", settings_fields, settings),
                [VIEW_ROWS_WARNINGS] = TABLE("warnings", warning_fields, warnings),
        };

        struct view_table t = tables[rows];

        static_assert(ELEMENTSOF(tables) == VIEW_ROWS, "a table for each kind of row");
        t.single = rows == VIEW_ROWS_SETTINGS;
        return t;
}

struct view_table view_get_table_of_node(const struct view *v, enum view_rows rows, unsigned node)
{
        struct view_table t = view_get_table(v, rows);
        size_t first = 0, end;

        assert(rows == VIEW_ROWS_NODES || rows == VIEW_ROWS_DEVICES || rows == VIEW_ROWS_CACHES);
        assert(t.fields[0].type == VIEW_UNSIGNED && streq(t.fields[0].name, "node"));
        while (first < t.n_rows && *(const unsigned *)view_table_get(&t, first, 0) != node)
                first++;
        end = first;
        while (end < t.n_rows && *(const unsigned *)view_table_get(&t, end, 0) == node)
                end++;
        t.rows = (const char *)t.rows + first * t.row_size;
        t.n_rows = end - first;
        return t;
}

const struct view_node *view_get_node(const struct view *v, unsigned node)
{
        size_t low = 0, high = v->n_nodes;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (v->nodes[middle].node < node)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low < v->n_nodes && v->nodes[low].node == node ? &v->nodes[low] : NULL;
}

bool view_lacks_tiers(const struct view *v)
{
        size_t used = 0;

        for (size_t i = 0; i < v->n_tiers; i++)
                used += nodeset_count(&v->tiers[i].nodes) > 0;
        return !v->has_tiers && used > 1;
}

static void add_warnings(struct view *v, const char *kind, const struct messages *m)
{
        for (size_t i = 0; i < m->n; i++)
                v->warnings[v->n_warnings++] = (struct view_warning){
                        .kind = kind,
                        .text = texts_copy(&v->texts, m->items[i]),
                };
}

static int make_warnings(struct view *v, const struct snapshot *s)
{
        size_t n = s->problems.n + s->warnings.n + s->bugs.n;

        v->warnings = calloc(n ?: 1, sizeof(*v->warnings));
        if (!v->warnings)
                return -ENOMEM;
        add_warnings(v, "problem", &s->problems);
        add_warnings(v, "warning", &s->warnings);
        add_warnings(v, "bug", &s->bugs);
        return 0;
}

static int make_changes(struct view *v, const struct plan *p, const struct report *report,
                        const struct snapshot *s)
{
        int r;

        r = view_make_writes(p->writes, p->n_writes, report, &v->texts, &v->writes);
        if (r < 0)
                return r;
        v->n_writes = p->n_writes;
        r = view_make_unmet(p, s, &v->texts, &v->unmet);
        if (r < 0)
                return r;
        v->n_unmet = p->n_unmet;
        r = view_make_writes(p->held, p->n_held, NULL, &v->texts, &v->held);
        if (r < 0)
                return r;
        v->n_held = p->n_held;
        return 0;
}

static int make_all(struct view *v, const struct snapshot *s)
{
        int r;

        r = view_make_tiers(s->assignment, &v->texts, &v->tiers, &v->n_tiers);
        if (r == 0)
                r = view_make_nodes(s->assignment, &v->texts, &v->nodes, &v->n_nodes);
        if (r == 0)
                r = view_make_devices(s->machine, &v->texts, &v->devices, &v->n_devices);
        if (r == 0)
                r = view_make_caches(s->machine, &v->caches, &v->n_caches);
        if (r == 0)
                r = view_make_settings(s->machine, &v->settings, &v->n_settings);
        if (r == 0)
                r = make_changes(v, s->plan, s->report, s);
        return r < 0 ? r : make_warnings(v, s);
}

/* Returns the view to the caller, unless making it failed. */
static int finish(struct view **v, int r, struct view **ret)
{
        if (r == 0 && (*v)->texts.failed)
                r = -ENOMEM;
        if (r == 0)
                *ret = TAKE_PTR(*v);
        return r;
}

int view_new(const struct snapshot *s, bool live, struct view **ret)
{
        _cleanup_(view_freep) struct view *v = calloc(1, sizeof(*v));

        if (!v)
                return -ENOMEM;
        v->has_tiers = s->machine->has_tiers;
        v->withheld = s->machine->tiers_withheld;
        v->live = live;
        return finish(&v, make_all(v, s), ret);
}

int view_new_changes(const struct plan *plan, const struct report *report, struct view **ret)
{
        _cleanup_(view_freep) struct view *v = calloc(1, sizeof(*v));

        if (!v)
                return -ENOMEM;
        return finish(&v, make_changes(v, plan, report, NULL), ret);
}

static int add_problems(struct view *v, const struct messages *problems)
{
        size_t n = v->n_warnings + problems->n;
        struct view_warning *rows = reallocarray(v->warnings, n ?: 1, sizeof(*rows));

        if (!rows)
                return -ENOMEM;
        v->warnings = rows;
        add_warnings(v, "problem", problems);
        return 0;
}

int view_set_memory(struct view *v, const struct online_plan *p, const struct messages *problems)
{
        int r = add_problems(v, problems);

        if (r == 0)
                r = view_make_memory(p, &v->texts, &v->memory);
        if (r == 0)
                v->n_memory = p->n_groups;
        return r < 0 || v->texts.failed ? -ENOMEM : 0;
}

struct view *view_free(struct view *v)
{
        if (!v)
                return NULL;
        free(v->tiers);
        free(v->nodes);
        free(v->devices);
        free(v->caches);
        free(v->writes);
        free(v->unmet);
        free(v->held);
        free(v->memory);
        free(v->settings);
        free(v->warnings);
        texts_done(&v->texts);
        free(v);
        return NULL;
}
