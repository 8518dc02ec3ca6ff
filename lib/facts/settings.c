/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "facts/settings.h"

#include <errno.h>

#include "facts/knobs.h"

#define TEXT_SIZE  64
#define WEIGHT_MAX 255

static void note_unreadable(const char *path, struct knob *knob, int error,
                            struct messages *problems)
{
        knob->unreadable = !sysroot_is_absent(error);
        if (error != -EBADMSG) /* which sysroot_read_unsigned() reports */
                sysroot_reportf(problems, error, "%s", path);
}

static void read_bool(struct sysroot *root, const char *path, struct knob *knob,
                      struct messages *problems)
{
        char buf[TEXT_SIZE];
        ssize_t n;

        n = sysroot_read(root, path, buf, sizeof(buf));
        if (n < 0) {
                note_unreadable(path, knob, (int)n, problems);
                return;
        }
        knob->value = startswith(buf, "true") != NULL;
        knob->present = knob->value || startswith(buf, "false");
        knob->unreadable = !knob->present;
        if (!knob->present)
                messages_add(problems, "/%s: expected true or false", path);
}

static void read_number(struct sysroot *root, const char *path, struct knob *knob,
                        struct messages *problems)
{
        int r = sysroot_read_unsigned(root, path, UINT32_MAX, &knob->value, problems);

        knob->present = r == 0;
        if (r < 0)
                note_unreadable(path, knob, r, problems);
}

/* Only the nodes with memory count; on 6.12 every possible node has a file, on 6.16 and later
 * those. */
static int read_weights(struct sysroot *root, struct machine *m, struct messages *problems)
{
        m->weights = calloc(nodeset_count(&m->memory) ?: 1, sizeof(*m->weights));
        if (!m->weights)
                return -ENOMEM;
        nodeset_foreach (id, &m->memory) {
                struct weight *w = &m->weights[m->n_weights];
                int r = sysroot_read_unsignedf(root, WEIGHT_MAX, &w->value, problems,
                                               WEIGHT_DIR "/node%u", id);

                if (r == -ENOENT && m->n_weights == 0)
                        return 0;
                w->node = id;
                if (r == 0)
                        m->n_weights++;
                else /* if it is absent, it is about to come */
                        m->weights_unreadable = true;
                if (r < 0 && r != -EBADMSG) /* which is already reported */
                        sysroot_reportf(problems, r, WEIGHT_DIR "/node%u", id);
        }
        read_bool(root, WEIGHT_AUTO_PATH, &m->weight_auto, problems);
        return 0;
}

/* mm/vmscan.c:enabled_show: a mask of features, "0x0007". */
static void read_lru_gen(struct sysroot *root, struct knob *knob, struct messages *problems)
{
        char buf[TEXT_SIZE];
        unsigned long long mask;
        ssize_t n;

        n = sysroot_read(root, LRU_GEN_PATH, buf, sizeof(buf));
        if (n < 0) {
                note_unreadable(LRU_GEN_PATH, knob, (int)n, problems);
                return;
        }
        knob->present = parse_u64(buf, 0, UINT32_MAX, &mask) == 0;
        knob->unreadable = !knob->present;
        if (knob->present)
                knob->value = (unsigned)mask;
        else
                messages_add(problems, "/" LRU_GEN_PATH ": expected a mask such as 0x0007");
}

/* A header, then a line for each area (mm/swapfile.c:swap_show). A kernel without swap support has
 * no such file. */
static void read_swap(struct sysroot *root, struct knob *knob, struct messages *problems)
{
        _cleanup_(freep) char *text = NULL;
        const char *areas;
        int r;

        r = sysroot_read_alloc(root, SWAPS_PATH, &text);
        if (r < 0) {
                note_unreadable(SWAPS_PATH, knob, r, problems);
                return;
        }
        areas = strchr(text, '\n');
        knob->present = startswith(text, "Filename") && areas;
        knob->unreadable = !knob->present;
        if (knob->present)
                knob->value = areas[1] != '\0';
        else
                messages_add(problems,
                             "/" SWAPS_PATH ": expected a line that starts with Filename");
}

void machine_read_guard(struct sysroot *root, struct machine *m, struct messages *problems)
{
        read_bool(root, DEMOTION_PATH, &m->demotion, problems);
        read_lru_gen(root, &m->lru_gen, problems);
        read_number(root, MIN_TTL_PATH, &m->min_ttl, problems);
        read_swap(root, &m->swap, problems);
}

int machine_read_knobs(struct sysroot *root, struct machine *m, struct messages *problems)
{
        if (!m->numa_balancing.present && !m->numa_balancing.unreadable)
                read_number(root, BALANCING_PATH, &m->numa_balancing, problems);
        read_number(root, PROMOTE_RATE_PATH, &m->promote_rate_limit, problems);
        return read_weights(root, m, problems);
}

void machine_read_balancing(struct sysroot *root, struct machine *m, struct messages *problems)
{
        read_number(root, BALANCING_PATH, &m->numa_balancing, problems);
}
