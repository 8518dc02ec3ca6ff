/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "classify/numbering.h"
#include "testing.h"

/* The numbers that a policy's tiers get. */

/* tiers: one character each; a digit is a number fixed, "-" none. baseline: an index. lasting: one
 * character each, "-" none. */
static void check_lasting(const char *tiers, size_t baseline, const char *lasting,
                          const char *expected)
{
        uint32_t present[16];
        char text[512] = "", numbers[64] = "";
        struct assigned_tier assigned[16] = { 0 };
        struct policy *p;

        for (size_t i = 0; tiers[i]; i++) {
                size_t n = strlen(text);

                snprintf(text + n, sizeof(text) - n, "[tier t%zu]\nmax-latency=%zux\n", i, i + 1);
                if (tiers[i] != '-')
                        sprintf(text + strlen(text), "memory-tier=%c\n", tiers[i]);
                assigned[i].wanted_tier = TIER_UNKNOWN;
                present[i] = lasting[i] == '-' ? TIER_UNKNOWN : (uint32_t)(lasting[i] - '0');
        }
        p = policy_from(text);
        assert(p->n_tiers == strlen(tiers));
        number_tiers(p, baseline, present, assigned);
        for (size_t i = 0; i < p->n_tiers; i++)
                sprintf(numbers + strlen(numbers), "%s%u", i ? " " : "", assigned[i].wanted_tier);
        assert_streq(numbers, expected);
        policy_unref(p);
}

static void check(const char *tiers, size_t baseline, const char *expected)
{
        check_lasting(tiers, baseline, "----------------", expected);
}

static void test_automatic(void)
{
        check("-", 0, "4");
        check("----", 0, "4 5 6 7");
        check("----", 1, "3 4 5 6");
        check("----", 3, "1 2 3 4");
        check("-----", 4, "0 1 2 3 4");
        check("------", 5, "0 1 2 3 4 5"); /* 4 would leave no room for five before it */
        check("-------", 6, "0 1 2 3 4 5 6");
        check("---", TIER_NONE, "4 5 6"); /* no baseline: the first tier stands for it */
}

static void test_fixed(void)
{
        check("7", 0, "7");
        check("0--", 0, "0 1 2");
        check("7--", 1, "7 8 9"); /* 4 is before 7 */
        check("4--", 1, "4 5 6");
        check("3--", 1, "3 4 5");
        check("1--", 1, "1 4 5"); /* there is room for 4 */
        check("--3", 0, "1 2 3");
        check("--3", 1, "1 2 3");
        check("--9", 1, "3 4 9");
        check("--5", 0, "3 4 5"); /* 4 for the first leaves no room for the second */
        check("--6", 0, "4 5 6");
        check("2-9-", 1, "2 4 9 10");
        check("-8--", TIER_NONE, "4 8 9 10");
        check("0-2-4", 3, "0 1 2 3 4");
        check("--2----9", 7, "0 1 2 3 4 5 6 9"); /* counted up from what is fixed before */
}

/* What nothing can move. */
static void test_lasting(void)
{
        check_lasting("--", 0, "48", "4 8");
        check_lasting("---", 0, "4-8", "4 5 8");
        check_lasting("---", 0, "48-", "4 8 9");
        check_lasting("---", 1, "048", "0 4 8");
        check_lasting("---", 1, "448", "3 4 8"); /* the first is where it should not be */
        check_lasting("---", 0, "844", "8 9 10");
        check_lasting("--", 0, "44", "4 5");
        check_lasting("--", 0, "84", "8 9");
        check_lasting("--", 0, "-8", "4 8");
        check_lasting("--", 0, "-2", "4 5");
        check_lasting("---", 0, "4-5", "4 5 6");      /* no room for the one between */
        check_lasting("----", 0, "4876", "4 8 9 10"); /* the nearest to the baseline wins */
        check_lasting("----", 3, "6789", "6 7 8 9");
        check_lasting("-----", 4, "----2", "0 1 2 3 4"); /* 2 leaves no room for four */
        check_lasting("--", TIER_NONE, "79", "7 9");
        check_lasting("-6", 0, "79", "4 6"); /* what is fixed stays */
        check_lasting("-6-", 0, "498", "4 6 8");
        check_lasting("-6-", 0, "495", "4 6 7");
}

int main(void)
{
        test_automatic();
        test_fixed();
        test_lasting();
}
