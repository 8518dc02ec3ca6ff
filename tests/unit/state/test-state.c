/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "state/state.h"
#include "testing.h"

/* All that must outlive a run does, to the byte. */

#define UNDO_HEADER   "# numatier undo 2; kept for this boot, do not edit\n"
#define MEMORY_HEADER "# numatier memory 2; kept for this boot, do not edit\n"
#define VIEW_HEADER   "# numatier view 2; kept for this boot, do not edit\n"

static const char undo_text[] = UNDO_HEADER
        "original sys/devices/system/node/node1/memtier_override memory_tier18\n"
        "intent sys/devices/system/node/node1/memtier_override cxl:0x1234 memory_tier5\n"
        "written sys/devices/system/node/node1/memtier_override\n"
        "original sys/c two words\n"
        "intent sys/c - three more words\n"
        "lost run/numatier/undo.damaged-1\n"
        "end 7\n";

static const char memory_text[] = MEMORY_HEADER "tiering off\n"
                                                "policy 00000000deadbeef\n"
                                                "baseline node0@0\n"
                                                "node cxl:0x1234 1 18 5 auto cxl\n"
                                                "node - 7 - - manual\n"
                                                "node node1023@f0 1023 - 4 auto dram\n"
                                                "memory node1@40000000 access0 1 2 3 4\n"
                                                "memory node1@40000000 access1 20 21 5 6\n"
                                                "gpu 0009:01:00.0 3\n"
                                                "end 10\n";

static const char view_text[] = VIEW_HEADER
        "daemon 42\nmoves 7 2\npolicy refused 1764000000\nnode 1 5\nnode 1023 4\nend 6\n";

static const char *const texts[] = {
        [STATE_UNDO] = undo_text,
        [STATE_MEMORY] = memory_text,
        [STATE_VIEW] = view_text,
};

static const char *const paths[] = {
        [STATE_UNDO] = STATE_UNDO_PATH,
        [STATE_MEMORY] = STATE_MEMORY_PATH,
        [STATE_VIEW] = STATE_VIEW_PATH,
};

static void check_format(const struct state *s, enum state_file file, const char *wanted)
{
        char *text;

        assert(state_format(s, file, &text) == 0);
        assert_streq(text, wanted);
        free(text);
}

static char *read_file(struct sysroot *root, const char *path)
{
        char *text = NULL;

        assert(sysroot_read_alloc(root, path, &text) == 0);
        return text;
}

static void check_file(struct sysroot *root, const char *path, const char *wanted)
{
        char *text = read_file(root, path);

        assert_streq(text, wanted);
        free(text);
}

static bool is_there(struct sysroot *root, const char *path)
{
        char byte[2];

        return sysroot_read(root, path, byte, sizeof(byte)) != -ENOENT;
}

static void check_content(const struct state *s)
{
        assert(s->daemon == 42 && s->tiering && s->seen_off && s->policy == 0xdeadbeef);
        assert_streq(s->baseline, "node0@0");
        assert(state_get_node(s, 1)->original_tier == 18 && state_get_node(s, 1)->placed == 5 &&
               state_get_node(s, 1)->present_tier == 5 && !state_get_node(s, 1)->manual);
        assert_streq(state_get_node(s, 1)->tier, "cxl");
        assert_streq(state_get_node(s, 1)->key, "cxl:0x1234");
        assert(state_get_node(s, 7)->original_tier == TIER_UNKNOWN && state_get_node(s, 7)->manual);
        assert(!state_get_node(s, 7)->tier && !state_get_node(s, 7)->key);
        assert(!state_get_node(s, 2));
        assert(state_get_memory(s, "node1@40000000")->access[ACCESS_CPU].v[WRITE_BANDWIDTH] == 6);
        assert_streq(state_get_original(s, "sys/c")->value, "two words");
        assert_streq(state_get_original(s, "sys/c")->intent, "three more words");
        assert(!state_get_original(s, "sys/c")->written && s->originals[0].written);
        assert_streq(s->originals[0].key, "cxl:0x1234");
        assert(s->n_gpus == 1 && s->gpus[0].node == 3);
        assert(s->n_lost == 1);
        assert(s->activity.moves == 7 && s->activity.failed_moves == 2);
        assert(s->activity.policy_refused && s->activity.policy_loaded == 1764000000);
}

static int parse(struct state *s, enum state_file file, const char *text, struct messages *errors)
{
        return state_parse_file(s, file, text, strlen(text), "f", errors);
}

static void test_same_text(void)
{
        struct messages errors = MESSAGES_INIT;
        struct state *s;

        assert(state_new(&s) == 0);
        for (unsigned f = 0; f < STATE_FILES; f++)
                assert(parse(s, f, texts[f], &errors) == 0 && errors.n == 0);
        check_content(s);
        for (unsigned f = 0; f < STATE_FILES; f++)
                check_format(s, f, texts[f]);
        state_forget_node(s, 7);
        state_forget_node(s, 7);
        assert(!state_get_node(s, 7) && state_get_node(s, 1023));
        state_free(s);
}

static void refuse(enum state_file file, const char *line, const char *complaint)
{
        static const char *const headers[] = {
                [STATE_UNDO] = UNDO_HEADER,
                [STATE_MEMORY] = MEMORY_HEADER,
                [STATE_VIEW] = VIEW_HEADER,
        };
        struct messages errors = MESSAGES_INIT;
        struct state *s;
        char *text;

        assert(asprintf(&text, "%s%s", headers[file], line) > 0);
        assert(state_new(&s) == 0);
        assert(parse(s, file, text, &errors) == -EBADMSG);
        assert_streq(errors.items[0], complaint);
        state_free(s);
        free(text);
        messages_done(&errors);
}

#define NODE_FORM                                                                                  \
        "expected node KEY NUMBER LINUX-TIER PLACED-TIER auto or manual [TIER], each number once"

static void test_refused(void)
{
        refuse(STATE_UNDO, "nonsense\n", "f:2: expected a known word at the beginning of the line");
        refuse(STATE_VIEW, "moves 1\n", "f:2: expected moves MOVES FAILED-MOVES, once");
        refuse(STATE_VIEW, "moves 1 0\nmoves 1 0\n",
               "f:3: expected moves MOVES FAILED-MOVES, once");
        refuse(STATE_VIEW, "policy taken 1\n",
               "f:2: expected policy accepted or refused, SECONDS, once");
        refuse(STATE_VIEW, "\ndaemon x\n", "f:3: expected daemon PID");
        refuse(STATE_VIEW, "node 1 5\nnode 1 5\n",
               "f:3: expected node NUMBER TIER, each number once");
        refuse(STATE_VIEW, "node 1 -\n", "f:2: expected node NUMBER TIER, each number once");
        refuse(STATE_MEMORY, "tiering yes\n", "f:2: expected tiering, or tiering off");
        refuse(STATE_MEMORY, "policy\n", "f:2: expected policy HASH");
        refuse(STATE_MEMORY, "node - 1024 - - auto\n", "f:2: " NODE_FORM);
        refuse(STATE_MEMORY, "node - 1 - -\n", "f:2: " NODE_FORM);
        refuse(STATE_MEMORY, "node - 1 - - maybe\n", "f:2: " NODE_FORM);
        refuse(STATE_MEMORY, "node - 1 4294967295 - auto\n", "f:2: " NODE_FORM);
        refuse(STATE_MEMORY, "node - 1 - - auto\nnode k 1 - - auto\n", "f:3: " NODE_FORM);
        refuse(STATE_MEMORY, "baseline a\nbaseline b\n", "f:3: expected baseline KEY, once");
        refuse(STATE_MEMORY, "memory k access2 1 2 3 4\n",
               "f:2: expected memory KEY accessN and four numbers");
        refuse(STATE_MEMORY, "memory k access1 1 2 3\n",
               "f:2: expected memory KEY accessN and four numbers");
        refuse(STATE_MEMORY, "gpu 0009:01:00.0\n", "f:2: expected gpu PCI-ADDRESS NODE");
        refuse(STATE_MEMORY, "gpu x 1\n", "f:2: expected gpu PCI-ADDRESS NODE");
        refuse(STATE_UNDO, "original path\n", "f:2: expected original PATH VALUE");
        refuse(STATE_UNDO, "intent p - 1\n",
               "f:2: expected intent PATH KEY VALUE, once, of an original above");
        refuse(STATE_UNDO, "written p\n", "f:2: expected written PATH, of an original above");
}

static void test_version_is_needed(void)
{
        static const char *const headers[] = { "", "original a b\n", "# numatier undo 1\n",
                                               "# numatier memory 2\n" };

        for (size_t i = 0; i < ELEMENTSOF(headers); i++) {
                struct messages errors = MESSAGES_INIT;
                struct state *s;

                assert(state_new(&s) == 0);
                assert(parse(s, STATE_UNDO, headers[i], &errors) == -EBADMSG);
                assert_streq(errors.items[0], "f:1: expected # numatier undo 2");
                state_free(s);
                messages_done(&errors);
        }
}

/* What a newer version wrote, and we do not understand, is written back. */
static void test_newer_version(void)
{
        static const char newer[] = "# numatier undo 3; kept for this boot, do not edit\n"
                                    "original a b\n"
                                    "checksum 1 of a\n"
                                    "flags\n"
                                    "end 4\n";
        struct messages errors = MESSAGES_INIT;
        struct state *s;

        assert(state_new(&s) == 0);
        assert(parse(s, STATE_UNDO, newer, &errors) == 0 && errors.n == 0);
        assert_streq(state_get_original(s, "a")->value, "b");
        check_format(s, STATE_UNDO, newer);
        /* what we know, and is not as it should be, is damage there too */
        assert(parse(s, STATE_UNDO, "# numatier undo 3\noriginal a\nend 2\n", &errors) == -EBADMSG);
        messages_done(&errors);
        state_free(s);
}

static void test_originals(void)
{
        struct state *s;

        assert(state_new(&s) == 0);
        assert(state_note_original(s, "p", "first") == 0);
        assert(state_note_original(s, "q", "other") == 0);
        assert(state_note_original(s, "p", "second") == 0); /* does nothing */
        assert_streq(state_get_original(s, "p")->value, "first");
        assert(state_note_intent(s, "p", "i", NULL) == 0);
        assert(state_note_intent(s, "p", "j", "key") == 0);
        assert_streq(state_get_original(s, "p")->intent, "j");
        state_forget_original(s, "p");
        assert(!state_get_original(s, "p") && state_get_original(s, "q"));
        state_forget_original(s, "never noted");
        state_free(s);
}

static void test_gpus(void)
{
        struct state *s;

        assert(state_new(&s) == 0);
        assert(state_remember_gpu(s, "0009:01:00.0", 1) == 0);
        assert(state_remember_gpu(s, "000a:01:00.0", 2) == 0);
        assert(state_remember_gpu(s, "0009:01:00.0", 3) == 0);
        assert(s->n_gpus == 2 && s->gpus[0].node == 3);
        state_forget_gpu(s, "000b:01:00.0");
        check_format(s, STATE_MEMORY,
                     MEMORY_HEADER "policy 0000000000000000\n"
                                   "gpu 0009:01:00.0 3\ngpu 000a:01:00.0 2\nend 4\n");
        state_forget_gpu(s, "0009:01:00.0");
        assert(s->n_gpus == 1);
        assert_streq(s->gpus[0].address, "000a:01:00.0");
        state_free(s);
}

static struct state *load(struct sysroot *root, size_t n_problems)
{
        struct messages problems = MESSAGES_INIT;
        struct state *s;

        assert(state_load(root, &problems, &s) == 0);
        assert(problems.n == n_problems);
        messages_done(&problems);
        return s;
}

static void test_files(void)
{
        struct sysroot *root = root_from("x: y\nproc/42/comm: numatierd\nproc/43/comm: bash\n");
        struct state *s = load(root, 0);

        assert(s->n_nodes == 0 && !state_daemon_is_alive(s, root));
        s->daemon = 42;
        assert(state_daemon_is_alive(s, root));
        s->daemon = 43;
        assert(!state_daemon_is_alive(s, root));
        assert(state_save(root, s, NULL) == 0);
        state_free(s);
        check_file(root, STATE_UNDO_PATH, UNDO_HEADER "end 1\n");
        check_file(root, STATE_VIEW_PATH, VIEW_HEADER "daemon 43\nend 2\n");
        s = load(root, 0);
        assert(s->daemon == 43);
        /* only what changed is written */
        assert(sysroot_replace(root, STATE_UNDO_PATH, "untouched") == 0);
        s->daemon = 0;
        assert(state_save(root, s, NULL) == 0);
        check_file(root, STATE_UNDO_PATH, "untouched");
        check_file(root, STATE_VIEW_PATH, VIEW_HEADER "end 1\n");
        state_free(s);
        sysroot_free(root);
}

/* The good lines count, the damaged file is kept under another name, and that originals are lost is
 * not forgotten until the administrator says so. */
static void test_damaged_journal(void)
{
        static const char damaged[] = UNDO_HEADER "original a b\noriginal c\nend 3\n";
        struct sysroot *root = root_from("x: y\n" STATE_UNDO_PATH ".damaged-1: something else\n");
        struct state *s;

        assert(sysroot_replace(root, STATE_UNDO_PATH, damaged) == 0);
        s = load(root, 2);
        assert(state_get_original(s, "a") && state_originals_are_lost(s));
        check_file(root, STATE_UNDO_PATH, damaged); /* loading changes nothing */
        assert(!is_there(root, STATE_UNDO_PATH ".damaged-2"));
        assert(state_save(root, s, NULL) == 0);
        check_file(root, STATE_UNDO_PATH ".damaged-1", "something else\n");
        check_file(root, STATE_UNDO_PATH ".damaged-2", damaged);
        check_file(root, STATE_UNDO_PATH,
                   UNDO_HEADER "original a b\nlost " STATE_UNDO_PATH ".damaged-2\nend 3\n");
        assert(state_originals_are_lost(s));
        state_free(s);
        s = load(root, 0); /* it was reported */
        assert(state_originals_are_lost(s));
        state_free(s);
        assert(sysroot_remove(root, STATE_UNDO_PATH ".damaged-2") == 0);
        s = load(root, 0);
        assert(!state_originals_are_lost(s));
        state_free(s);
        sysroot_free(root);
}

/* A file that was cut off anywhere, or holds NULs, is damaged, and kept to the byte. */
static void check_damage(const char *text, size_t size, size_t n_originals)
{
        struct sysroot *root = root_from("x: y\n");
        struct messages problems = MESSAGES_INIT;
        struct state *s;
        char *kept;
        size_t kept_size;

        assert(sysroot_replace_bytes(root, STATE_UNDO_PATH, text, size) == 0);
        assert(state_load(root, &problems, &s) == 0);
        assert(problems.n >= 2 && messages_have(&problems, "/" STATE_UNDO_PATH " is damaged"));
        assert(s->n_originals == n_originals && state_originals_are_lost(s));
        assert(state_save(root, s, NULL) == 0);
        state_free(s);
        assert(sysroot_read_bytes(root, STATE_UNDO_PATH ".damaged-1", &kept, &kept_size) == 0);
        assert(kept_size == size && memcmp(kept, text, size) == 0);
        free(kept);
        state_free(load(root, 0));
        messages_done(&problems);
        sysroot_free(root);
}

static void test_cut_off(void)
{
        static const char zeros[64];
        static const char within[] = UNDO_HEADER "original a 1\noriginal b 2\0\0\nend 3\n";
        static const char short_by_one[] = UNDO_HEADER "original a 1\nend 3\n";

        for (size_t size = 0; size < sizeof(undo_text) - 1; size++) {
                size_t n = 0;

                for (const char *at = undo_text; (at = strstr(at, "original ")); at++)
                        n += strcspn(at, "\n") < size - (size_t)(at - undo_text) &&
                             at < undo_text + size;
                check_damage(undo_text, size, n);
        }
        check_damage(zeros, sizeof(zeros), 0);
        check_damage(within, sizeof(within) - 1, 1);
        check_damage(short_by_one, sizeof(short_by_one) - 1, 1);
}

/* Somebody removed the files under us: they are written again when that is asked for. */
static void test_removed(void)
{
        struct sysroot *root = root_from("x: y\n");
        struct state *s = load(root, 0);

        assert(state_note_original(s, "a", "b") == 0);
        assert(state_save(root, s, NULL) == 0);
        assert(sysroot_remove(root, STATE_UNDO_PATH) == 0);
        assert(sysroot_remove(root, STATE_MEMORY_PATH) == 0);
        state_check_saved(root, s);
        assert(state_save(root, s, NULL) == 0);
        check_file(root, STATE_UNDO_PATH, UNDO_HEADER "original a b\nend 2\n");
        assert(is_there(root, STATE_MEMORY_PATH));
        state_free(s);
        sysroot_free(root);
}

/* What is not known of tiering mode is not "it was off". */
static void test_damaged_memory(void)
{
        static const char damaged[] = MEMORY_HEADER "node - 1 18 5 auto cxl\ntiereng\nend 3\n";
        struct sysroot *root =
                root_from("x: y\n" STATE_UNDO_PATH ":\n  # numatier undo 2\n  end 1\n");
        struct state *s;

        assert(sysroot_replace(root, STATE_MEMORY_PATH, damaged) == 0);
        s = load(root, 2);
        assert(!state_originals_are_lost(s) && state_was_tiering(s));
        assert(state_get_node(s, 1)->placed == 5);
        assert(state_save(root, s, NULL) == 0);
        check_file(root, STATE_MEMORY_PATH ".damaged-1", damaged);
        state_free(s);
        state_free(load(root, 0));
        sysroot_free(root);
}

/* A file that is there and cannot be read is reported, and is not overwritten. */
static void test_unreadable(void)
{
        struct messages problems = MESSAGES_INIT;

        for (unsigned f = 0; f < STATE_FILES; f++) {
                struct sysroot *root;
                struct state *s;
                char *text;

                assert(asprintf(&text, "%s ! EACCES\n", paths[f]) > 0);
                root = root_from(text);
                assert(state_load(root, &problems, &s) == 0 && problems.n == 1);
                assert(strstr(problems.items[0], ": cannot be read: Permission denied"));
                assert(s->n_nodes == 0 && s->n_originals == 0);
                messages_done(&problems);
                /* what a daemon reports is not needed; the others are, and the journal is saved */
                assert(state_save(root, s, &problems) == (f == STATE_VIEW ? 0 : -EACCES));
                assert(state_save(root, s, &problems) < 0 || f == STATE_VIEW);
                assert(problems.n == 1 && strstr(problems.items[0], paths[f]));
                assert(strstr(problems.items[0], ": cannot be saved: Permission denied"));
                assert(f == STATE_UNDO || s->disk[STATE_UNDO].is_saved);
                state_free(s);
                messages_done(&problems);
                free(text);
                sysroot_free(root);
        }
}

/* The one file of 0.1. */
static const char old_text[] = "# numatier state 1; kept for this boot, do not edit\n"
                               "daemon 42\n"
                               "tiering\n"
                               "policy 00000000deadbeef\n"
                               "node 1 18 5 cxl\n"
                               "node 7 - - \n"
                               "manual 7\n"
                               "memory node1@40000000 access1 20 21 5 6\n"
                               "gpu 0009:01:00.0 3\n"
                               "original sys/a/b memory_tier18\n"
                               "original sys/c two words\n";

static struct sysroot *old_root(const char *text)
{
        struct sysroot *root = root_from("x: y\n");

        assert(sysroot_replace(root, STATE_OLD_PATH, text) == 0);
        return root;
}

static void test_upgrade(void)
{
        struct sysroot *root = old_root(old_text);
        struct state *s = load(root, 0);

        assert(state_get_original(s, "sys/a/b")->written);
        assert(state_get_node(s, 1)->original_tier == 18 && state_get_node(s, 7)->manual);
        assert(is_there(root, STATE_OLD_PATH));
        assert(state_save(root, s, NULL) == 0);
        assert(!is_there(root, STATE_OLD_PATH));
        state_free(s);
        check_file(root, STATE_UNDO_PATH,
                   UNDO_HEADER "original sys/a/b memory_tier18\nwritten sys/a/b\n"
                               "original sys/c two words\nwritten sys/c\nend 5\n");
        check_file(root, STATE_MEMORY_PATH,
                   MEMORY_HEADER "tiering\npolicy 00000000deadbeef\nnode - 1 18 - auto cxl\n"
                                 "node - 7 - - manual\nmemory node1@40000000 access1 20 21 5 6\n"
                                 "gpu 0009:01:00.0 3\nend 7\n");
        check_file(root, STATE_VIEW_PATH, VIEW_HEADER "daemon 42\nnode 1 5\nend 3\n");
        sysroot_free(root);
}

/* Killed after some of the new files were written: the old one counts alone, until the journal is
 * there, which is written last. From then on it adds what the new ones do not say: 0.1 may have run
 * again since. */
static void test_upgrade_was_interrupted(void)
{
        struct sysroot *root = old_root(old_text);
        struct state *s;

        assert(sysroot_replace(root, STATE_MEMORY_PATH, MEMORY_HEADER) == 0);
        s = load(root, 0);
        assert(s->tiering && state_get_original(s, "sys/c"));
        state_free(s);
        assert(sysroot_replace(root, STATE_UNDO_PATH, UNDO_HEADER "original sys/c 1\nend 2\n") ==
               0);
        assert(sysroot_replace(root, STATE_MEMORY_PATH, MEMORY_HEADER "end 1\n") == 0);
        s = load(root, 0);
        assert(s->tiering && s->n_originals == 2 && state_get_original(s, "sys/a/b")->written);
        assert_streq(state_get_original(s, "sys/c")->value, "1");
        assert(state_get_node(s, 1)->original_tier == 18);
        assert(state_save(root, s, NULL) == 0 && !is_there(root, STATE_OLD_PATH));
        state_free(s);
        s = load(root, 0);
        assert(s->tiering && s->n_originals == 2);
        state_free(s);
        sysroot_free(root);
}

static void test_damaged_old_file(void)
{
        static const char damaged[] = "nonsense\noriginal a b\n";
        struct sysroot *root = old_root(damaged);
        struct state *s = load(root, 2);

        assert(state_get_original(s, "a") && state_originals_are_lost(s) && state_was_tiering(s));
        assert(state_save(root, s, NULL) == 0);
        check_file(root, STATE_OLD_PATH ".damaged-1", damaged);
        assert(!is_there(root, STATE_OLD_PATH));
        state_free(s);
        s = load(root, 0);
        assert(state_originals_are_lost(s));
        state_free(s);
        sysroot_free(root);
}

/* In whatever order nodes come. */
static void test_node_order(void)
{
        static const unsigned order[] = { 5, 1, 9, 0, 7 }, sorted[] = { 0, 1, 5, 7, 9 };
        struct state *s;

        assert(state_new(&s) == 0);
        for (size_t i = 0; i < ELEMENTSOF(order); i++)
                state_make_node(s, order[i])->present_tier = 100 + order[i];
        assert(s->n_nodes == ELEMENTSOF(sorted));
        for (size_t i = 0; i < ELEMENTSOF(sorted); i++) {
                assert(s->nodes[i].node == sorted[i]);
                assert(state_get_node(s, sorted[i])->present_tier == 100 + sorted[i]);
        }
        state_forget_node(s, 5);
        assert(!state_get_node(s, 5) && state_get_node(s, 7)->present_tier == 107);
        state_free(s);
}

/* Memory that is seen again replaces what was known of it. */
static void test_memory_again(void)
{
        struct node node = { .access_present = { [ACCESS_CPU] = true } };
        struct state *s;

        assert(state_new(&s) == 0);
        node.access[ACCESS_CPU].v[READ_LATENCY] = 100;
        assert(state_remember_memory(s, "k", &node) == 0);
        node.access[ACCESS_CPU].v[READ_LATENCY] = 200;
        assert(state_remember_memory(s, "k", &node) == 0);
        assert(state_remember_memory(s, "l", &node) == 0);
        assert(s->n_memories == 2);
        assert(state_get_memory(s, "k")->access[ACCESS_CPU].v[READ_LATENCY] == 200);
        state_free(s);
}

/* By key; and by number if one of the two has no key, or the node has CPUs. */
static void test_baseline(void)
{
        struct node zero = { .id = 0 }, keyed = { .id = 0, .key = (char *)"node0@0" },
                    other = { .id = 0, .key = (char *)"node0@40" }, one = { .id = 1 },
                    cpus = { .id = 0, .key = (char *)"node0@40", .has_cpu = true },
                    cxl = { .id = 1, .key = (char *)"cxl:0x1" };
        struct state *s;

        assert(state_new(&s) == 0);
        assert(!state_is_baseline(s, &zero) && !state_is_baseline(s, &cxl));
        assert(state_note_baseline(s, &zero) == 0);
        assert(state_is_baseline(s, &zero) && state_is_baseline(s, &keyed));
        assert(!state_is_baseline(s, &one) && !state_is_baseline(s, &cxl));
        assert(state_note_baseline(s, &keyed) == 0);
        assert(state_is_baseline(s, &zero) && state_is_baseline(s, &keyed));
        assert(!state_is_baseline(s, &other) && !state_is_baseline(s, &one));
        assert(state_is_baseline(s, &cpus)); /* its first block is gone */
        assert(state_note_baseline(s, &cxl) == 0);
        assert(state_is_baseline(s, &cxl) && !state_is_baseline(s, &one));
        state_free(s);
}

/* A minute, two, four, up to an hour; anew for another value or another effect. */
static void test_ignored(void)
{
        struct state *s;

        assert(state_new(&s) == 0);
        s->now = 1000;
        assert(state_note_ignored(s, "p", "5", "18") == 0);
        assert(state_get_ignored(s, "p")->retry == 1000 + STATE_RETRY_MIN_USEC);
        assert(state_note_ignored(s, "p", "5", "18") == 0);
        assert(state_get_ignored(s, "p")->retry == 1000 + 2 * STATE_RETRY_MIN_USEC);
        assert(s->n_ignored == 1 && state_get_ignored(s, "p")->times == 2);
        for (unsigned i = 0; i < 20; i++)
                assert(state_note_ignored(s, "p", "5", "18") == 0);
        assert(state_get_ignored(s, "p")->retry == 1000 + STATE_RETRY_MAX_USEC);
        assert(state_note_ignored(s, "p", "6", "18") == 0);
        assert(state_get_ignored(s, "p")->times == 1);
        assert(!state_get_ignored(s, "q"));
        state_forget_ignored(s, "p");
        assert(s->n_ignored == 0);
        state_free(s);
}

int main(void)
{
        test_same_text();
        test_refused();
        test_version_is_needed();
        test_newer_version();
        test_originals();
        test_gpus();
        test_files();
        test_damaged_journal();
        test_cut_off();
        test_removed();
        test_damaged_memory();
        test_unreadable();
        test_upgrade();
        test_upgrade_was_interrupted();
        test_damaged_old_file();
        test_node_order();
        test_memory_again();
        test_baseline();
        test_ignored();
}
