/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <inttypes.h>

#include "cli/cli.h"
#include "facts/block-devices.h"
#include "facts/blocks.h"
#include "facts/health.h"
#include "facts/knobs.h"
#include "facts/onliners.h"
#include "facts/survey.h"
#include "service/files.h"
#include "state/drained.h"
#include "sysroot/serials.h"

/* A replay must find the tiers, whatever way they were found out. */
static void add_tiers(struct capture *c, const struct machine *m)
{
        for (size_t i = 0; i < m->n_nodes; i++) {
                char path[128], buf[NODESET_STRING_MAX], line[NODESET_STRING_MAX + 2];
                uint32_t tier = m->nodes[i].present_tier;
                struct nodeset nodes = { 0 };

                if (tier == TIER_UNKNOWN)
                        continue;
                for (size_t j = 0; j < m->n_nodes; j++)
                        if (m->nodes[j].present_tier == tier)
                                nodeset_add(&nodes, m->nodes[j].id);
                if (nodeset_next(&nodes, 0) != m->nodes[i].id)
                        continue;
                snprintf(path, sizeof(path),
                         "sys/devices/virtual/memory_tiering/memory_tier%" PRIu32 "/nodelist",
                         tier);
                snprintf(line, sizeof(line), "%s\n", nodeset_format(&nodes, buf));
                capture_add(path, line, (ssize_t)strlen(line), false, c);
        }
}

/* One file instead of thousands. */
static int add_blocks(struct sysroot *root, struct capture *c, const struct block_table *blocks)
{
        _cleanup_(freep) char *text = NULL;
        int r;

        if (!blocks || blocks->n == 0)
                return 0;
        r = block_table_format(root, blocks, &text);
        if (r == 0)
                capture_add(BLOCKS_RECORD_PATH, text, (ssize_t)strlen(text), false, c);
        return r;
}

/* Of the processes only those that doctor reports, and nothing of them but where they wait. */
static void add_tasks(struct capture *c, const struct health *h)
{
        for (size_t i = 0; i < h->n_tasks; i++) {
                const struct waiting_task *t = &h->tasks[i];
                char path[64], line[128];

                snprintf(path, sizeof(path), "proc/%u/task/%u/stat", t->pid, t->pid);
                snprintf(line, sizeof(line), "%u (%s) D\n", t->pid, t->comm);
                capture_add(path, line, (ssize_t)strlen(line), false, c);
                snprintf(path, sizeof(path), "proc/%u/task/%u/wchan", t->pid, t->pid);
                snprintf(line, sizeof(line), "%s\n", t->function);
                capture_add(path, line, (ssize_t)strlen(line), false, c);
        }
}

static void add_table(struct capture *c, const char *name, const struct knob *is_there)
{
        char path[64];

        snprintf(path, sizeof(path), ACPI_TABLE_DIR "/%s", name);
        if (is_there->present && is_there->value == 1)
                capture_add(path, "\n", 1, false, c);
}

/* The same with what it holds, as far as this user may read it. */
static int add_whole_table(struct sysroot *root, struct capture *c, const char *name,
                           const struct knob *is_there)
{
        _cleanup_(freep) char *bytes = NULL;
        char path[64];
        size_t size = 0;
        int r;

        if (!is_there->present || is_there->value != 1)
                return 0;
        snprintf(path, sizeof(path), ACPI_TABLE_DIR "/%s", name);
        r = sysroot_read_bytes(root, path, &bytes, &size);
        if (r == -ENOMEM)
                return r;
        capture_add(path, bytes, r < 0 ? r : (ssize_t)size, false, c);
        return 0;
}

/* Of some a replay needs to know only whether they are there. */
static int add_tables(struct sysroot *root, struct capture *c, const struct health *h)
{
        int r = add_whole_table(root, c, "HMAT", &h->has_hmat);

        if (r == 0)
                r = add_whole_table(root, c, "SRAT", &h->has_srat);
        add_table(c, "SLIT", &h->has_slit);
        add_table(c, "CEDT", &h->has_cedt);
        return r;
}

/* What "plan" reads of memory blocks if the policy says when they are brought online. */
static int read_devices(struct sysroot *root, const struct machine *m,
                        const struct block_table *blocks, struct messages *problems)
{
        _cleanup_(block_devices_freep) struct block_devices *devices = NULL;
        struct nodeset drained;

        (void)drained_load(root, problems, &drained);
        return blocks ? block_devices_read(root, blocks, m, problems, &devices) : 0;
}

/* What only "guest" reads: all distances, and the CPUs of each node. */
static int read_for_guests(struct sysroot *root, struct machine *m)
{
        struct messages problems = MESSAGES_INIT; /* a replay reports them again */
        int r = survey_fill_distances(root, &m->online, m, &problems);

        for (size_t i = 0; i < m->n_nodes; i++) {
                _cleanup_(freep) char *text = NULL;
                char path[64];

                snprintf(path, sizeof(path), NODE_DIR "/node%u/cpulist", m->nodes[i].id);
                if (m->nodes[i].has_cpu)
                        (void)sysroot_read_alloc(root, path, &text);
        }
        messages_done(&problems);
        return r;
}

/* What no pass reads, and doctor and plan do. */
static int add_health(struct sysroot *root, const struct machine *m, struct capture *c)
{
        _cleanup_(health_freep) struct health *h = NULL;
        struct messages problems = MESSAGES_INIT; /* a replay reports them again */
        struct onliners onliners = { 0 };
        struct service_files services = { 0 };
        int r = health_read(root, &problems, &h);

        if (r == 0)
                r = onliners_read(root, &problems, &onliners);
        if (r == 0)
                r = service_files_read(root, NULL, &problems, &services);
        if (r == 0)
                r = read_devices(root, m, h->blocks, &problems);
        sysroot_record(root, NULL, NULL);
        if (r == 0)
                r = add_blocks(root, c, h->blocks);
        if (r == 0) {
                add_tasks(c, h);
                r = add_tables(root, c, h);
        }
        service_files_done(&services);
        onliners_done(&onliners);
        messages_done(&problems);
        return r;
}

/* A file of which only some lines are of use here; the others may hold secrets. */
static void record_part(const char *path, const char *text, void *userdata)
{
        char *kept = NULL;
        int r = onliners_must_filter(path)  ? onliners_filter(path, text, &kept)
                : service_must_filter(path) ? service_drop_in_filter(text, strlen(text), &kept)
                                            : health_filter_options(text, &kept);

        if (r == 0 && kept)
                capture_add(path, kept, (ssize_t)strlen(kept), false, userdata);
        free(kept);
}

/* A pass reads only proc/PID/comm, of the daemon. */
static bool is_task(const char *path)
{
        const char *rest = startswith(path, "proc/");

        return rest && startswith(rest + strspn(rest, "0123456789"), "/task/");
}

/* Leaves out what is read of memory blocks and of tasks (add_health() adds what counts), and of
 * groups that are not restricted. */
static void record(const char *path, const char *text, ssize_t length, bool link, void *userdata)
{
        if (startswith(path, MEMORY_DIR "/memory") || is_task(path))
                return;
        if (startswith(path, "sys/fs/cgroup/") && strstr(path, "/cpuset.mems") &&
            (length <= 0 || *text == '\n'))
                return;
        if (length >= 0 && (onliners_must_filter(path) || service_must_filter(path) ||
                            streq(path, "proc/cmdline")))
                record_part(path, text, userdata);
        else
                capture_add(path, text, length, link, userdata);
}

static int print_capture(struct capture *c, bool serials)
{
        _cleanup_(freep) char *text = NULL, *hidden = NULL;
        int r;

        r = capture_format(c, &text);
        if (r == 0 && !serials)
                r = serials_hide(text, &hidden);
        if (r < 0)
                return r;
        return fputs(hidden ?: text, stdout) < 0 || fflush(stdout) < 0 ? -errno : 0;
}

/* What a pass and doctor read is, by construction, what a replay needs. */
static int capture(const struct arguments *a, struct capture *c)
{
        struct pass l = { 0 };
        int r;

        r = pass_run_without_policy(a, record, c, &l);
        if (r == 0) {
                add_tiers(c, l.result->machine);
                r = read_for_guests(l.root, l.result->machine);
                if (r == 0)
                        r = add_health(l.root, l.result->machine, c);
                if (r == 0)
                        r = print_capture(c, a->serials);
                if (r < 0)
                        (void)cli_print_error(r);
        }
        pass_done(&l);
        return r;
}

int verb_capture(const struct arguments *a)
{
        _cleanup_(capture_freep) struct capture *c = NULL;
        int r;

        r = capture_new(&c);
        if (r < 0)
                return cli_error(r, "cannot capture");
        return capture(a, c) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
