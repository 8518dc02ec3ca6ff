/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "apply/knobs.h"
#include "facts/knobs.h"
#include "testing.h"

/* Each row is found by its path and by its write, and undone as it should be. */

static const struct {
        enum write_kind kind;
        enum interface interface;
        const char *path;
        const char *original, *undo, *undo_by_module;
        enum guard_role role;
} rows[] = {
        { WRITE_NODE_TIER, INTERFACE_MEMTIER_OVERRIDE, NODE_DIR "/node7/" OVERRIDE_FILE,
          "memory_tier4", "4", "default", GUARD_NONE },
        { WRITE_NODE_TIER, INTERFACE_ADISTANCE_OFFSET, NODE_DIR "/node7/" OFFSET_FILE, "-128",
          "-128", "-128", GUARD_NONE },
        { WRITE_DEMOTION, INTERFACE_NONE, DEMOTION_PATH, "true", "true", "true", GUARD_NEED_MOVES },
        { WRITE_MIN_TTL, INTERFACE_NONE, MIN_TTL_PATH, "0", "0", "0", GUARD_LOWER },
        { WRITE_NUMA_BALANCING, INTERFACE_NONE, BALANCING_PATH, "1", "1", "1", GUARD_NONE },
        { WRITE_PROMOTE_RATE_LIMIT, INTERFACE_NONE, PROMOTE_RATE_PATH, "9", "9", "9", GUARD_NONE },
        { WRITE_WEIGHT_AUTO, INTERFACE_NONE, WEIGHT_AUTO_PATH, "true", "true", "true", GUARD_NONE },
        { WRITE_WEIGHT, INTERFACE_NONE, WEIGHT_DIR "/node7", "2", "2", "2", GUARD_NONE },
};

_Static_assert(ELEMENTSOF(rows) == WRITE_KINDS + 1, "each row is tested");

static void test_undo(const struct knob_row *k, bool module, const char *original, const char *want)
{
        struct machine m = { .module_loaded = module };
        char *value = k->undo(&m, original);

        assert_streq(value, want);
        free(value);
}

static void test_rows(void)
{
        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                struct plan_write w = { .kind = rows[i].kind, .interface = rows[i].interface };
                const struct knob_row *k;
                unsigned node = 0;
                char *path;

                path = knob_make_path(rows[i].kind, rows[i].interface, 7);
                assert_streq(path, rows[i].path);
                k = knob_of_path(path, &node);
                assert(k && k == knob_of_write(&w));
                assert(node == (strstr(path, "node7") ? 7 : 0));
                test_undo(k, false, rows[i].original, rows[i].undo);
                test_undo(k, true, rows[i].original, rows[i].undo_by_module);
                assert(k->undo_role(rows[i].original) == rows[i].role);
                assert(k->same(rows[i].original, rows[i].original));
                assert(k->shows(rows[i].original, rows[i].original));
                assert(!k->same(rows[i].original, "other"));
                free(path);
        }
}

static void test_no_row(void)
{
        static const char *const paths[] = { "",
                                             "sys/kernel/else",
                                             NODE_DIR "/node/" OVERRIDE_FILE,
                                             NODE_DIR "/node1024/" OVERRIDE_FILE,
                                             NODE_DIR "/node-1/" OVERRIDE_FILE,
                                             NODE_DIR "/node1/" OVERRIDE_FILE "x",
                                             NODE_DIR "/node1",
                                             WEIGHT_DIR "/node1/x",
                                             DEMOTION_PATH "/" };

        for (size_t i = 0; i < ELEMENTSOF(paths); i++)
                assert(!knob_of_path(paths[i], NULL));
}

/* What the kernel shows need not be what was written. */
static void test_compare(void)
{
        const struct knob_row *override = knob_of_path(NODE_DIR "/node1/" OVERRIDE_FILE, NULL);
        const struct knob_row *min_ttl = knob_of_path(MIN_TTL_PATH, NULL);

        assert(override->same("memory_tier5", "5") && !override->same("memory_tier5", "6"));
        assert(min_ttl->shows("104", "100") && !min_ttl->shows("110", "100"));
        assert(!min_ttl->shows("99", "100") && !min_ttl->same("104", "100"));
        assert(min_ttl->undo_role("8") == GUARD_NONE);
        assert(knob_of_path(DEMOTION_PATH, NULL)->undo_role("false") == GUARD_NONE);
}

int main(void)
{
        test_rows();
        test_no_row();
        test_compare();
}
