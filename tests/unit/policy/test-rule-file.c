/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy/rule-file.h"

#include "testing.h"

#define HEADER "# Written by \"numatier set\"; \"numatier clear\" removes it.\n"

static int print(const char *old, const struct rule_key *keys, size_t n, char **ret,
                 struct messages *errors)
{
        return rule_file_print(old, "etc/x.conf", "x", keys, n, errors, ret);
}

static void test_new(void)
{
        const struct rule_key keys[] = { { "cxl-serial", "0x1234" }, { "tier", "far" } };
        struct messages errors = MESSAGES_INIT;
        _cleanup_(freep) char *text = NULL;

        assert(print(NULL, keys, 2, &text, &errors) == 0 && errors.n == 0);
        assert_streq(text, HEADER "[node x]\ncxl-serial = 0x1234\ntier = far\n");
}

/* What was set before stays, also what a person added. */
static void test_update(void)
{
        const struct rule_key keys[] = { { "node", "1" }, { "latency", "250ns" } };
        struct messages errors = MESSAGES_INIT;
        _cleanup_(freep) char *text = NULL, *again = NULL;

        assert(print("[node y] # mine\nnode=1\ntier = far\nlatency = 1us\nonline = no\n", keys, 2,
                     &text, &errors) == 0);
        assert_streq(text, HEADER "[node x]\ntier = far\nonline = no\nnode = 1\nlatency = 250ns\n");
        assert(print(text, keys, 2, &again, &errors) == 0 && errors.n == 0);
        assert_streq(again, text);
}

/* What cannot be kept is refused. */
static void test_other_files(void)
{
        static const char *const texts[] = {
                "",
                "[node a]\nnode = 1\n[node b]\nnode = 2\n",
                "[node a]\nnode = 1\n[tier a]\n",
                "[node a]\nnode = 1\n[daemon]\nrescan = 1s\n",
        };
        const struct rule_key keys[] = { { "node", "1" } };

        for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
                struct messages errors = MESSAGES_INIT;
                char *text = NULL;

                assert(print(texts[i], keys, 1, &text, &errors) == -EBADMSG && !text);
                assert(messages_have(&errors, "etc/x.conf: expected one [node] section"));
                messages_done(&errors);
        }
}

static void test_wrong_file(void)
{
        const struct rule_key keys[] = { { "node", "1" } };
        struct messages errors = MESSAGES_INIT;
        char *text = NULL;

        assert(print("[node a]\nnode = 1\nlatency = x\n", keys, 1, &text, &errors) == -EBADMSG);
        assert(!text && messages_have(&errors, "etc/x.conf:3: node a.latency: expected"));
        messages_done(&errors);
}

static void test_find(void)
{
        _cleanup_(policy_unrefp) struct policy *p =
                policy_from("[tier a]\n[node a]\nnode = 1\ntier = a\n");

        assert(rule_file_find(p, "test") == &p->rules[0]);
        assert(!rule_file_find(p, "other"));
}

int main(void)
{
        test_new();
        test_update();
        test_other_files();
        test_wrong_file();
        test_find();
        return 0;
}
