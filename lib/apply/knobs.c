/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "apply/knobs.h"

#include <assert.h>
#include <ctype.h>

#include "facts/knobs.h"
#include "facts/tiers.h"

static bool same_text(const char *a, const char *b)
{
        return streq(a, b);
}

static bool same_tier(const char *a, const char *b)
{
        uint32_t x, y;

        return tiers_parse_override(a, &x) == 0 && tiers_parse_override(b, &y) == 0 && x == y;
}

static bool shows_min_ttl(const char *shown, const char *written)
{
        unsigned a, b;

        return parse_unsigned(shown, UINT32_MAX, &a) == 0 &&
               parse_unsigned(written, UINT32_MAX, &b) == 0 && min_ttl_is(a, b);
}

static char *undo_text(const struct machine *m, const char *original)
{
        return strdup(original);
}

/* Our module also takes "default", which leaves nothing of an override behind. */
static char *undo_override(const struct machine *m, const char *original)
{
        if (m->module_loaded)
                return strdup("default");
        return strdup(startswith(original, "memory_tier") ?: original);
}

static enum guard_role no_role(const char *original)
{
        return GUARD_NONE;
}

/* The guard ends when what it guards against has ended. */
static enum guard_role undo_role_of_min_ttl(const char *original)
{
        return streq(original, "0") ? GUARD_LOWER : GUARD_NONE;
}

/* Demotion that was on before is on again when no node is in a tier of its own any more. */
static enum guard_role undo_role_of_demotion(const char *original)
{
        return streq(original, "true") ? GUARD_NEED_MOVES : GUARD_NONE;
}

static const struct knob_row rows[] = {
        { NODE_DIR "/node%u/" OVERRIDE_FILE, WRITE_NODE_TIER, INTERFACE_MEMTIER_OVERRIDE, same_tier,
          same_tier, undo_override, no_role, false },
        { NODE_DIR "/node%u/" OFFSET_FILE, WRITE_NODE_TIER, INTERFACE_ADISTANCE_OFFSET, same_text,
          same_text, undo_text, no_role, false },
        { DEMOTION_PATH, WRITE_DEMOTION, INTERFACE_NONE, same_text, same_text, undo_text,
          undo_role_of_demotion, false },
        { MIN_TTL_PATH, WRITE_MIN_TTL, INTERFACE_NONE, same_text, shows_min_ttl, undo_text,
          undo_role_of_min_ttl, false },
        { BALANCING_PATH, WRITE_NUMA_BALANCING, INTERFACE_NONE, same_text, same_text, undo_text,
          no_role, false },
        { PROMOTE_RATE_PATH, WRITE_PROMOTE_RATE_LIMIT, INTERFACE_NONE, same_text, same_text,
          undo_text, no_role, false },
        { WEIGHT_AUTO_PATH, WRITE_WEIGHT_AUTO, INTERFACE_NONE, same_text, same_text, undo_text,
          no_role, false },
        { WEIGHT_DIR "/node%u", WRITE_WEIGHT, INTERFACE_NONE, same_text, same_text, undo_text,
          no_role, true },
};

/* Two interfaces move nodes. */
static_assert(ELEMENTSOF(rows) == WRITE_KINDS + 1, "each kind of write has a row");

static bool matches(const char *pattern, const char *path, unsigned *ret_node)
{
        const char *number = strstr(pattern, "%u");
        unsigned long node;
        char *end;

        if (!number)
                return streq(pattern, path);
        if (strncmp(path, pattern, (size_t)(number - pattern)) != 0)
                return false;
        path += number - pattern;
        if (!isdigit((unsigned char)*path))
                return false;
        node = strtoul(path, &end, 10);
        if (node >= NODE_MAX || !streq(end, number + strlen("%u")))
                return false;
        if (ret_node)
                *ret_node = (unsigned)node;
        return true;
}

const struct knob_row *knob_of_path(const char *path, unsigned *ret_node)
{
        for (size_t i = 0; i < ELEMENTSOF(rows); i++)
                if (matches(rows[i].path, path, ret_node))
                        return &rows[i];
        return NULL;
}

static const struct knob_row *find_row(enum write_kind kind, enum interface interface)
{
        size_t i = 0;

        while (rows[i].kind != kind || rows[i].interface != interface) {
                i++;
                assert(i < ELEMENTSOF(rows));
        }
        return &rows[i];
}

const struct knob_row *knob_of_write(const struct plan_write *w)
{
        return find_row(w->kind, w->interface);
}

char *knob_make_path(enum write_kind kind, enum interface interface, unsigned node)
{
        const char *pattern = find_row(kind, interface)->path, *number = strstr(pattern, "%u");

        if (!number)
                return strdup(pattern);
        return text_new("%.*s%u%s", (int)(number - pattern), pattern, node, number + strlen("%u"));
}
