/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "state/state.h"
#include "testing.h"

static const char text[] = "# numatier state 1; kept for this boot, do not edit\n"
                           "daemon 42\n"
                           "tiering\n"
                           "policy 00000000deadbeef\n"
                           "node 1 18 5 cxl\n"
                           "node 7 - - \n"
                           "node 1023 - 4 dram\n"
                           "memory node1@40000000 access1 20 21 5 6\n"
                           "gpu 0009:01:00.0 3\n"
                           "original sys/a/b memory_tier18\n"
                           "original sys/c two words\n";

static void refuse(const char *line, const char *complaint)
{
        struct messages errors = MESSAGES_INIT;
        struct state *s = NULL;

        assert(state_parse(line, strlen(line), "f", &errors, &s) == -EBADMSG && !s);
        assert_streq(errors.items[0], complaint);
        messages_done(&errors);
}

static void test_round_trip(void)
{
        struct messages errors = MESSAGES_INIT;
        struct state *s;
        char *formatted;

        assert(state_parse(text, strlen(text), "f", &errors, &s) == 0 && errors.n == 0);
        assert(s->daemon == 42 && s->tiering && s->policy == 0xdeadbeef);
        assert(state_get_node(s, 1)->original_tier == 18 &&
               state_get_node(s, 1)->present_tier == 5);
        assert_streq(state_get_node(s, 1)->tier, "cxl");
        assert(state_get_node(s, 7)->original_tier == TIER_UNKNOWN && !state_get_node(s, 7)->tier);
        assert(!state_get_node(s, 2));
        assert(state_get_memory(s, "node1@40000000")->access[ACCESS_CPU].v[WRITE_BANDWIDTH] == 6);
        assert(!state_get_memory(s, "node1@40000000")->present[ACCESS_LOCAL]);
        assert_streq(state_get_original(s, "sys/c")->value, "two words");
        assert(s->n_gpus == 1 && s->gpus[0].node == 3);
        state_forget_node(s, 7);
        state_forget_node(s, 7);
        assert(state_format(s, &formatted) == 0);
        assert(strstr(formatted, "\ntiering\n"));
        assert(!strstr(formatted, "node 7") && strstr(formatted, "node 1023 - 4 dram\n"));
        free(formatted);
        state_free(s);
}

static void test_refused(void)
{
        refuse("nonsense\n",
               "f:1: expected one of daemon, tiering, policy, node, manual, memory, gpu, original");
        refuse("\ndaemon x\n", "f:2: expected daemon PID");
        refuse("tiering yes\n", "f:1: expected tiering, or tiering off");
        refuse("policy\n", "f:1: expected policy HASH");
        refuse("node 1024 - -\n",
               "f:1: expected node NUMBER KERNEL-TIER MEMORY-TIER [TIER], each node once");
        refuse("node 1 -\n",
               "f:1: expected node NUMBER KERNEL-TIER MEMORY-TIER [TIER], each node once");
        refuse("node 1 4294967295 -\n",
               "f:1: expected node NUMBER KERNEL-TIER MEMORY-TIER [TIER], each node once");
        refuse("node 1 - -\nnode 1 - -\n",
               "f:2: expected node NUMBER KERNEL-TIER MEMORY-TIER [TIER], each node once");
        refuse("memory k access2 1 2 3 4\n", "f:1: expected memory KEY accessN and four numbers");
        refuse("memory k access1 1 2 3\n", "f:1: expected memory KEY accessN and four numbers");
        refuse("gpu 0009:01:00.0\n", "f:1: expected gpu PCI-ADDRESS NODE");
        refuse("gpu x 1\n", "f:1: expected gpu PCI-ADDRESS NODE");
        refuse("gpu 0009:01:00.0 1024\n", "f:1: expected gpu PCI-ADDRESS NODE");
        refuse("original path\n", "f:1: expected original PATH VALUE");
}

static void test_originals(void)
{
        struct state *s;

        assert(state_new(&s) == 0);
        assert(state_note_original(s, "p", "first") == 0);
        assert(state_note_original(s, "q", "other") == 0);
        assert(state_note_original(s, "p", "second") == 0); /* does nothing */
        assert_streq(state_get_original(s, "p")->value, "first");
        state_forget_original(s, "p");
        assert(!state_get_original(s, "p") && state_get_original(s, "q"));
        state_free(s);
}

static void test_gpus(void)
{
        struct state *s;
        char *formatted;

        assert(state_new(&s) == 0);
        assert(state_remember_gpu(s, "0009:01:00.0", 1) == 0);
        assert(state_remember_gpu(s, "000a:01:00.0", 2) == 0);
        assert(state_remember_gpu(s, "0009:01:00.0", 3) == 0);
        assert(s->n_gpus == 2 && s->gpus[0].node == 3);
        state_forget_gpu(s, "000b:01:00.0");
        assert(state_format(s, &formatted) == 0);
        assert(strstr(formatted, "gpu 0009:01:00.0 3\ngpu 000a:01:00.0 2\n"));
        free(formatted);
        state_forget_gpu(s, "0009:01:00.0");
        assert(s->n_gpus == 1);
        assert_streq(s->gpus[0].address, "000a:01:00.0");
        state_free(s);
}

static void test_file(void)
{
        struct sysroot *root = root_from("x: y\nproc/42/comm: numatierd\nproc/43/comm: bash\n");
        struct messages problems = MESSAGES_INIT;
        struct state *s;

        assert(state_load(root, &problems, &s) == 0 && problems.n == 0 && s->n_nodes == 0);
        assert(!state_daemon_is_alive(s, root));
        s->daemon = 42;
        assert(state_daemon_is_alive(s, root));
        s->daemon = 43;
        assert(!state_daemon_is_alive(s, root));
        assert(state_save(root, s) == 0);
        state_free(s);
        assert(state_load(root, &problems, &s) == 0 && s->daemon == 43);
        state_free(s);
        assert(sysroot_replace(root, STATE_PATH, "nonsense") == 0);
        assert(state_load(root, &problems, &s) == 0 && problems.n == 1 && s->daemon == 0);
        state_free(s);
        messages_done(&problems);
        sysroot_free(root);
}

/* All that must outlive a run does, to the byte. */
static void test_same_text(void)
{
        static const char whole[] = "# numatier state 1; kept for this boot, do not edit\n"
                                    "daemon 42\n"
                                    "policy 00000000deadbeef\n"
                                    "node 1 18 5 cxl\n"
                                    "node 7 - -\n"
                                    "memory node1@40000000 access0 1 2 3 4\n"
                                    "memory node1@40000000 access1 20 21 5 6\n"
                                    "original sys/a/b memory_tier18\n"
                                    "original sys/c two words\n";
        struct messages errors = MESSAGES_INIT;
        struct state *s;
        char *formatted;

        assert(state_parse(whole, strlen(whole), "f", &errors, &s) == 0 && s->n_memories == 1);
        assert(state_format(s, &formatted) == 0);
        assert_streq(formatted, whole);
        free(formatted);
        state_free(s);
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
        state_forget_original(s, "never noted");
        state_free(s);
}

/* A state that is there and cannot be read is told, and does not stop anybody. */
static void test_unreadable(void)
{
        struct sysroot *root = root_from(STATE_PATH " ! EACCES\n");
        struct messages problems = MESSAGES_INIT;
        struct state *s;

        assert(state_load(root, &problems, &s) == 0 && problems.n == 1);
        assert_streq(problems.items[0], "/run/numatier/state: cannot be read: Permission denied");
        assert(s->n_nodes == 0 && s->n_originals == 0);
        assert(state_save(root, s) == 0);
        state_free(s);
        messages_done(&problems);
        sysroot_free(root);
}

int main(void)
{
        test_same_text();
        test_node_order();
        test_memory_again();
        test_unreadable();

        test_round_trip();
        test_refused();
        test_originals();
        test_gpus();
        test_file();
}
