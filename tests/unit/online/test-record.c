/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fake-kernel.h"
#include "online/record.h"

static struct online_record *parse(const char *text, size_t n_problems)
{
        struct messages problems = MESSAGES_INIT;
        struct online_record *r;

        assert(online_record_parse(text, strlen(text), "f", &problems, &r) == 0);
        assert(problems.n == n_problems && r->damaged == (n_problems > 0));
        messages_done(&problems);
        return r;
}

static void assert_formats(const struct online_record *r, const char *wanted)
{
        _cleanup_(freep) char *text = NULL;

        assert(online_record_format(r, &text) == 0);
        assert_streq(text, wanted);
}

static void set(struct online_record *r, uint64_t number, uint64_t identity,
                enum record_state state, enum policy_online online)
{
        struct record_block b = { number, identity, state, online };

        assert(online_record_set(r, &b) == 0);
}

static void test_format(void)
{
        struct online_record *r = parse("", 0);

        assert(r->n == 0 && !r->changed);
        set(r, 70, 5, RECORD_PENDING, ONLINE_KERNEL);
        for (uint64_t i = 32; i < 64; i++)
                set(r, i, 100 + 7 * i, RECORD_SEEN, ONLINE_UNSET);
        set(r, 64, 9, RECORD_SEEN, ONLINE_UNSET); /* plugged in at another time */
        set(r, 65, 9, RECORD_MADE, ONLINE_NO);
        set(r, 66, 9, RECORD_MADE, ONLINE_NO);
        assert(r->changed);
        assert_formats(r, "numatier online 1\nseen 32-63 324+7\nseen 64 9\nmade 65-66 9 no\n"
                          "pending 70 5 kernel\n");
        r->changed = false;
        set(r, 65, 9, RECORD_MADE, ONLINE_NO); /* as it was */
        assert(!r->changed && online_record_get(r, 33, 331) && !online_record_get(r, 33, 330));
        online_record_free(r);
}

/* Another block of the same number is not the one that was seen. */
static void test_identity(void)
{
        struct online_record *r = parse("numatier online 1\nseen 32-33 100+7\n", 0);

        assert(online_record_get(r, 33, 107) && !online_record_get(r, 33, 108));
        set(r, 33, 200, RECORD_MADE, ONLINE_MOVABLE);
        assert(!online_record_get(r, 33, 107) && online_record_get(r, 33, 200) && r->n == 2);
        online_record_free(r);
}

static void test_damage(void)
{
        static const char *const bad[] = {
                "seen 5",
                "seen 5 1 movable",
                "made 5 1",
                "made 5 1 leave",
                "lost 5 1",
                "seen 9-5 1",
                "seen 5-5 1",
                "seen 5-1048581 1",
                "seen 5 +1",
                "seen -5 1",
                "seen 5-6 18446744073709551615+1",
                "seen 18446744073709551616 1",
                "",
        };

        for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
                char text[128];
                struct online_record *r;

                snprintf(text, sizeof(text), "numatier online 1\n%s\nseen 7 1\n", bad[i]);
                r = parse(text, 1);
                assert(r->n == 1 && online_record_get(r, 7, 1)); /* the rest counts */
                online_record_free(r);
        }
        online_record_free(parse("numatier online 1\nseen 7 1\nseen 7 2\n", 1));
        online_record_free(parse("numatier online 1\nseen 7 1\nseen 6 2\n", 1));
}

/* Its lines may mean something else. */
static void test_other_version(void)
{
        struct online_record *r = parse("numatier online 2\nseen 7 1\n", 1);

        assert(r->n == 0);
        online_record_free(r);
}

static void test_files(void)
{
        struct messages problems = MESSAGES_INIT;
        struct fake_kernel *kernel;
        struct sysroot *root = fake_kernel_new("sys/x: 1\n", &kernel);
        struct online_record *r;

        assert(online_record_load(root, &problems, &r) == 0 && r->n == 0 && !r->damaged);
        set(r, 7, 1, RECORD_SEEN, ONLINE_UNSET);
        kernel->replace_error = -ENOSPC;
        assert(online_record_save(root, r) == -ENOSPC && r->changed);
        kernel->replace_error = 0;
        assert(online_record_save(root, r) == 0 && !r->changed);
        online_record_free(r);
        assert(online_record_load(root, &problems, &r) == 0 && r->n == 1 && problems.n == 0);
        online_record_free(r);
        kernel->unreadable_path = ONLINE_RECORD_PATH;
        kernel->unreadable_error = -EIO;
        assert(online_record_load(root, &problems, &r) == -EIO && problems.n == 1);
        messages_done(&problems);
        sysroot_free(root);
}

int main(void)
{
        test_format();
        test_identity();
        test_damage();
        test_other_version();
        test_files();
        return 0;
}
