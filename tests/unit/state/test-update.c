/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "facts/knobs.h"
#include "state/update.h"
#include "testing.h"

/* Entries follow their memory, and nothing is forgotten that may still be there. */

static struct node nodes[4];
static struct machine machine;
static struct state *state;

#define OVERRIDE(node) NODE_DIR "/node" #node "/" OVERRIDE_FILE

/* A node of the machine; key NULL: it cannot be told. */
static struct node *add(unsigned id, const char *key)
{
        struct node *n = &nodes[machine.n_nodes++];

        *n = (struct node){ .id = id,
                            .key = (char *)key,
                            .has_memory = true,
                            .has_override = true,
                            .present_tier = 5 };
        nodeset_add(&machine.memory, id);
        nodeset_add(&machine.online, id);
        return n;
}

static void start(void)
{
        machine = (struct machine){ .nodes = nodes };
        state_free(state);
        assert(state_new(&state) == 0);
}

/* The machine changes, the state stays. */
static void again(void)
{
        machine = (struct machine){ .nodes = nodes };
}

static struct state_node *place(unsigned id, const char *key)
{
        struct state_node *n = state_make_node(state, id);

        n->key = key ? strdup(key) : NULL;
        n->tier = strdup(key ?: "none");
        n->present_tier = n->placed = 5;
        n->original_tier = 18;
        return n;
}

static void follow(void)
{
        assert(state_follow(state, &machine) == 0);
}

static void update(void)
{
        follow();
        assert(state_update(state, &machine) == 0);
}

static void note_override(const char *key)
{
        assert(state_note_original(state, OVERRIDE(1), "memory_tier18") == 0);
        assert(state_note_intent(state, OVERRIDE(1), "memory_tier5", key) == 0);
        place(1, key);
}

static bool is_noted(void)
{
        return state_get_original(state, OVERRIDE(1)) != NULL;
}

static void test_other_number(void)
{
        start();
        place(1, "cxl:0x1")->manual = true;
        place(2, "cxl:0x2");
        add(1, "cxl:0x2");
        add(2, "cxl:0x1");
        follow();
        assert(state->n_nodes == 2 && state->nodes[0].node == 1);
        assert_streq(state_get_node(state, 1)->tier, "cxl:0x2");
        assert_streq(state_get_node(state, 2)->tier, "cxl:0x1");
        /* what was known of tiers was known of the number */
        assert(!state_get_node(state, 2)->manual);
        assert(state_get_node(state, 2)->placed == TIER_UNKNOWN);
        assert(state_get_node(state, 2)->present_tier == TIER_UNKNOWN);
}

/* To a number that other memory had, which is gone. */
static void test_taken_number(void)
{
        start();
        place(1, "cxl:0x1");
        place(2, "cxl:0x2")->manual = true;
        place(3, NULL);
        add(1, "cxl:0x2");
        follow();
        assert(state->n_nodes == 2 && !state_get_node(state, 1)->manual);
        assert_streq(state_get_node(state, 1)->key, "cxl:0x2");
        assert_streq(state_get_node(state, 1)->tier, "cxl:0x2");
}

/* Other memory at the same number knows nothing of what was there. */
static void test_replaced(void)
{
        start();
        place(1, "cxl:0x1")->manual = true;
        add(1, "cxl:0x2");
        follow();
        assert(!state_get_node(state, 1));
}

/* Where a key cannot be told, the number counts; once it can, it is noted. */
static void test_unknown_keys(void)
{
        start();
        place(1, "cxl:0x1")->manual = true;
        place(2, NULL)->manual = true;
        add(1, NULL);
        add(2, "cxl:0x2");
        follow();
        assert(state_get_node(state, 1)->manual && state_get_node(state, 2)->manual);
        assert_streq(state_get_node(state, 1)->key, "cxl:0x1");
        assert_streq(state_get_node(state, 2)->key, "cxl:0x2");
}

/* The key of the same memory may change: nothing of an undo is forgotten because of that. */
static void test_changed_key(void)
{
        /* its devices were not known at first */
        start();
        place(1, "node1@40000000")->manual = true;
        add(1, "cxl:0x1");
        follow();
        assert(state_get_node(state, 1)->manual);
        assert_streq(state_get_node(state, 1)->key, "cxl:0x1");
        /* its first block was taken out, or other memory has come */
        start();
        note_override("node1@40000000");
        state_get_node(state, 1)->manual = true;
        add(1, "node1@48000000");
        update();
        assert(!state_get_node(state, 1)->manual && !state_get_node(state, 1)->tier);
        assert(state_get_node(state, 1)->original_tier == 18 && is_noted());
        assert_streq(state_get_node(state, 1)->key, "node1@48000000");
}

/* Two nodes of one device have one key: each keeps its own. */
static void test_same_key(void)
{
        start();
        place(1, "cxl:0x1");
        place(2, "cxl:0x1")->manual = true;
        add(1, "cxl:0x1");
        add(2, "cxl:0x1");
        follow();
        assert(!state_get_node(state, 1)->manual && state_get_node(state, 2)->manual);
        /* and still does when the other goes */
        again();
        add(2, "cxl:0x1");
        update();
        assert(state_get_node(state, 2)->manual && state_get_node(state, 2)->placed == 5);
        assert(state_get_node(state, 1)->placed == TIER_UNKNOWN);
}

/* Of what went nothing stays, of what did not everything does. */
static void test_other_memory_goes(void)
{
        start();
        place(1, "cxl:0x1")->manual = true;
        place(2, "cxl:0x2")->manual = true;
        add(1, "cxl:0x1");
        state_doubt_placements(state);
        update();
        assert(state_get_node(state, 1)->manual && state_get_node(state, 1)->placed == 5);
        assert(!state_get_node(state, 2)->manual && !state_get_node(state, 2)->tier);
        assert(state_get_node(state, 2)->placed == TIER_UNKNOWN);
        assert(state_get_node(state, 2)->original_tier == 18); /* for an undo */
}

/* Memory went, it is not known which: what is in Linux's own tier again may have been that. */
static void test_doubt(void)
{
        static const struct {
                bool module, manual, doubt;
                uint32_t present, placed;
        } cases[] = {
                { false, false, true, 18, TIER_UNKNOWN },
                { false, false, true, 5, 5 },
                { false, false, true, 7, 5 },            /* moved manually */
                { false, true, true, 18, 5 },            /* that was known before */
                { false, false, false, 18, 5 },          /* nothing went: moved manually */
                { true, false, true, 18, 5 },            /* our module keeps its overrides */
                { false, false, true, TIER_UNKNOWN, 5 }, /* it is not known yet */
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                start();
                place(1, "cxl:0x1")->manual = cases[i].manual;
                add(1, "cxl:0x1")->present_tier = cases[i].present;
                machine.module_loaded = cases[i].module;
                if (cases[i].doubt)
                        state_doubt_placements(state);
                follow();
                assert(state_get_node(state, 1)->placed == cases[i].placed);
                assert(state_get_node(state, 1)->doubtful ==
                       (cases[i].present == TIER_UNKNOWN && cases[i].doubt));
        }
}

/* Where Linux itself had a node is not known if we never moved it: a manual move is still one. */
static void test_doubt_of_unmoved(void)
{
        start();
        place(1, "cxl:0x1")->original_tier = TIER_UNKNOWN;
        add(1, "cxl:0x1")->present_tier = 30;
        state_doubt_placements(state);
        follow();
        assert(state_get_node(state, 1)->placed == 5 && !state_get_node(state, 1)->doubtful);
        /* nor does it settle anything that a node could not be read */
        state_doubt_placements(state);
        again();
        *add(1, "cxl:0x1") = (struct node){ .id = 1, .unreadable = 1U << FACT_SIZE };
        nodeset_remove(&machine.memory, 1);
        update();
        assert(state_get_node(state, 1)->placed == 5 && state_get_node(state, 1)->doubtful);
}

/* The RFC's override goes with the memory; our module keeps it. */
static void test_override_goes(void)
{
        start();
        note_override("cxl:0x1");
        add(0, NULL);
        update();
        assert(!is_noted() && !state_get_node(state, 1));
        start();
        note_override("cxl:0x1");
        add(1, "cxl:0x2"); /* other memory has come meanwhile */
        update();
        assert(!is_noted());
        start();
        note_override("cxl:0x1");
        add(0, NULL);
        machine.module_loaded = true;
        update();
        assert(is_noted() && state_get_node(state, 1)->original_tier == 18);
}

/* What cannot be read is not taken for gone. */
static void test_unreadable(void)
{
        struct node *n;

        start();
        note_override("cxl:0x1");
        state_get_node(state, 1)->manual = true;
        assert(state_remember_gpu(state, "0009:01:00.0", 1) == 0);
        n = add(1, "cxl:0x1"); /* online, and its files cannot be read */
        n->has_memory = false;
        n->unreadable = 1U << FACT_SIZE;
        nodeset_remove(&machine.memory, 1);
        update();
        assert(is_noted() && state_get_node(state, 1)->manual && state->n_gpus == 1);
        assert_streq(state_get_node(state, 1)->tier, "cxl:0x1");
        again();
        /* whether our module is there is not known, for node 0's file cannot be read */
        n = add(0, NULL);
        n->has_override = false;
        n->unreadable = 1U << FACT_INTERFACE;
        update();
        assert(is_noted());
        again();
        add(0, NULL);
        update();
        assert(!is_noted() && !state_get_node(state, 1) && state->n_gpus == 0);
}

/* Values of a pass that could not read them are not remembered. */
static void test_values(void)
{
        struct node *n;

        start();
        n = add(1, "cxl:0x1");
        n->access_present[ACCESS_CPU] = true;
        n->access[ACCESS_CPU].v[READ_LATENCY] = 100;
        n->unreadable = 1U << FACT_ACCESS;
        update();
        assert(!state_get_memory(state, "cxl:0x1"));
        n->unreadable = 1U << FACT_DEVICES; /* the key is that of the devices of an earlier pass */
        update();
        assert(!state_get_memory(state, "cxl:0x1"));
        n->unreadable = 0;
        update();
        assert(state_get_memory(state, "cxl:0x1")->access[ACCESS_CPU].v[READ_LATENCY] == 100);
}

int main(void)
{
        test_other_number();
        test_taken_number();
        test_replaced();
        test_unknown_keys();
        test_changed_key();
        test_same_key();
        test_other_memory_goes();
        test_doubt();
        test_doubt_of_unmoved();
        test_override_goes();
        test_unreadable();
        test_values();
        state_free(state);
}
