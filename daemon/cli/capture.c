/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <inttypes.h>

#include "cli/cli.h"
#include "facts/blocks.h"
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

/* Leaves out the states of memory blocks, which only decide when nodelist may be read: a replay
 * needs no such guard. */
static void record(const char *path, const char *text, ssize_t length, bool link, void *userdata)
{
        if (!startswith(path, MEMORY_DIR "/memory"))
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

/* What a pass reads is, by construction, what a replay needs. */
static int capture(const struct arguments *a, struct capture *c)
{
        struct pass l = { 0 };
        int r;

        r = pass_run_without_policy(a, record, c, &l);
        if (r == 0) {
                add_tiers(c, l.result->machine);
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
