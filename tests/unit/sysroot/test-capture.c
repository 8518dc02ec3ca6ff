/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "testing.h"

#define HEADER "# numatier capture 1\n"

static void refuse(const char *text, size_t size, const char *complaint)
{
        struct messages errors = MESSAGES_INIT;
        struct sysroot *root = NULL;

        assert(capture_open(text, size, "f", &errors, &root) == -EBADMSG);
        assert_streq(errors.items[0], complaint);
        assert(!root);
        messages_done(&errors);
}

#define REFUSE(text, complaint) refuse(text, sizeof(text) - 1, complaint)

#define PATH_EXPECTED                                                                              \
        "expected \"PATH: VALUE\", \"PATH:\", \"PATH =\", \"PATH -> TARGET\" or \"PATH ! "         \
        "ERROR\", with a "                                                                         \
        "path "                                                                                    \
        "below the root"

#define BYTES_EXPECTED "expected up to 16 bytes such as \"48 4d 41 54\""

static void test_refused(void)
{
        REFUSE("", "f:1: expected \"# numatier capture 1\": is this the output of \"numatier "
                   "capture\"?");
        REFUSE("a: b\n", "f:1: expected \"# numatier capture 1\": is this the output of \"numatier "
                         "capture\"?");
        REFUSE(HEADER "/sys/a: b\n", "f:2: " PATH_EXPECTED);
        REFUSE(HEADER "sys/../a: b\n", "f:2: " PATH_EXPECTED);
        REFUSE(HEADER "sys//a: b\n", "f:2: " PATH_EXPECTED);
        REFUSE(HEADER "sys/a/: b\n", "f:2: " PATH_EXPECTED);
        REFUSE(HEADER "word\n", "f:2: " PATH_EXPECTED);
        REFUSE(HEADER "a ! ENOSUCH\n", "f:2: expected \" ! \" and the name of an error such as "
                                       "ENODEV, or \" -> \" and where "
                                       "the link points");
        REFUSE(HEADER "  indented\n",
               "f:2: expected a path: an indented line follows \"PATH:\" or \"PATH =\" only");
        REFUSE(HEADER "a: b\n  c\n",
               "f:3: expected a path: an indented line follows \"PATH:\" or \"PATH =\" only");
        REFUSE(HEADER "a =\n  4g\n", "f:3: " BYTES_EXPECTED);
        REFUSE(HEADER "a =\n  4\n", "f:3: " BYTES_EXPECTED);
        REFUSE(HEADER "a =\n  41-42\n", "f:3: " BYTES_EXPECTED);
        REFUSE(HEADER "a =\n  41 42 \n", "f:3: " BYTES_EXPECTED);
        REFUSE(HEADER "a =\n  \n", "f:3: " BYTES_EXPECTED);
        REFUSE(HEADER "a =\n  41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41\n",
               "f:3: " BYTES_EXPECTED);
        REFUSE(HEADER "a: b\0c\n", "f:2: expected text, found a NUL byte");
        REFUSE(HEADER "a: b\na: c\n", "f: a: expected each path once");
}

static void expect(struct sysroot *root, const char *path, const char *text)
{
        char buf[256];

        assert(sysroot_read(root, path, buf, sizeof(buf)) == (ssize_t)strlen(text));
        assert_streq(buf, text);
}

static int note_name(const char *name, void *userdata)
{
        strcat(strcat(userdata, name), " ");
        return 0;
}

static void test_root(void)
{
        struct sysroot *root = root_from("d/one: 1\nd/e/deep:  two words\nd/empty:\n# comment\n\n"
                                         "d/lines:\n  a\n   b\nd/gone ! ENODEV\n"
                                         "d/0000:35:00.0/x: colon: s\n");
        char names[256] = "", small[4];

        expect(root, "d/one", "1\n");
        expect(root, "d/e/deep", " two words\n");
        expect(root, "d/empty", "\n");
        expect(root, "d/lines", "a\n b\n");
        expect(root, "d/0000:35:00.0/x", "colon: s\n");
        assert(sysroot_read(root, "d/gone", names, sizeof(names)) == -ENODEV);
        assert(sysroot_read(root, "d/none", names, sizeof(names)) == -ENOENT);
        assert(sysroot_read(root, "d/lines", small, sizeof(small)) == -EFBIG);
        assert(sysroot_list(root, "d", note_name, names) == 0);
        assert_streq(names, "0000:35:00.0 e empty gone lines one ");
        assert(sysroot_list(root, "d/on", note_name, names) == -ENOENT);
        assert(sysroot_write(root, "d/none", "x") == -ENOENT);
        assert(sysroot_write(root, "d/gone", "x") == -ENODEV);
        assert(sysroot_write(root, "d/one", "new") == 0);
        expect(root, "d/one", "new");
        assert(!sysroot_is_live(root));
        sysroot_free(root);
}

static void test_round_trip(void)
{
        static const char text[] = HEADER "a: 1\n"
                                          "b:\n"
                                          "c:\n  x\n  y: z\n";
        struct capture *c;
        char *formatted;

        assert(capture_new(&c) == 0);
        capture_add("c", "x\ny: z\n", 7, false, c);
        capture_add("a", "old\n", 4, false, c);
        capture_add("b", "\n", 1, false, c);
        capture_add("a", "1", 1, false, c); /* the last counts; no newline */
        assert(capture_format(c, &formatted) == 0);
        assert_streq(formatted, text);
        free(formatted);
        capture_free(c);
}

/* What any file may hold comes back as it was, but for a newline at its end. */
static void test_contents(void)
{
        static const char *const texts[] = { "\n",     "1\n",    " 1\n",         "  1  \n",
                                             "a\nb\n", "\nb\n",  "a\n\n",        "\n\n",
                                             ": \n",   "# no\n", "x ! ENODEV\n", "a\n# b\n  c\n" };
        char path[32], *formatted;
        struct messages errors = MESSAGES_INIT;
        struct sysroot *root = NULL;
        struct capture *c;

        assert(capture_new(&c) == 0);
        for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
                snprintf(path, sizeof(path), "d/file%zu", i);
                capture_add(path, texts[i], (ssize_t)strlen(texts[i]), false, c);
        }
        capture_add("d/none", "", 0, false, c);
        capture_add("d/no-newline", "a\nb", 3, false, c);
        assert(capture_format(c, &formatted) == 0);
        assert(capture_open(formatted, strlen(formatted), "f", &errors, &root) == 0);
        for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
                snprintf(path, sizeof(path), "d/file%zu", i);
                expect(root, path, texts[i]);
        }
        expect(root, "d/none", "\n");
        expect(root, "d/no-newline", "a\nb\n");
        sysroot_free(root);
        free(formatted);
        capture_free(c);
}

/* A file that is not text. */
static void test_bytes(void)
{
        static const char text[] = HEADER "d/none =\n"
                                          "d/table =\n"
                                          "  00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f\n"
                                          "  fe ff\n";
        static const char bytes[18] = "\0\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17\376\377";
        struct sysroot *root = root_from(text + strlen(HEADER));
        char buf[64], *formatted;
        struct capture *c;

        assert(sysroot_read(root, "d/table", buf, sizeof(buf)) == sizeof(bytes));
        assert(memcmp(buf, bytes, sizeof(bytes)) == 0);
        assert(sysroot_read(root, "d/none", buf, sizeof(buf)) == 0);
        sysroot_free(root);
        assert(capture_new(&c) == 0);
        capture_add("d/table", bytes, sizeof(bytes), false, c);
        assert(capture_format(c, &formatted) == 0);
        assert(startswith(formatted, HEADER "d/table =\n") &&
               streq(strstr(formatted, "d/table"), strstr(text, "d/table")));
        free(formatted);
        capture_free(c);
}

static void test_links(void)
{
        static const char text[] = HEADER "d/0000:0d:00.0/up -> ../x:y/mem0\n"
                                          "d/file: 1\n";
        struct sysroot *root = root_from(text + strlen(HEADER));
        struct capture *c;
        char buf[32], *formatted;

        assert(capture_new(&c) == 0);
        sysroot_record(root, capture_add, c);
        assert(sysroot_readlink(root, "d/0000:0d:00.0/up", buf, sizeof(buf)) == 0);
        assert_streq(buf, "../x:y/mem0");
        assert(sysroot_readlink(root, "d/0000:0d:00.0/up", buf, 11) == -ENAMETOOLONG);
        assert(sysroot_readlink(root, "d/file", buf, sizeof(buf)) == -EINVAL);
        assert(sysroot_readlink(root, "d/none", buf, sizeof(buf)) == -ENOENT);
        assert(sysroot_read(root, "d/0000:0d:00.0/up", buf, sizeof(buf)) == -ENOENT);
        assert(sysroot_write(root, "d/0000:0d:00.0/up", "2") == -ENOENT);
        assert(sysroot_read(root, "d/file", buf, sizeof(buf)) == 2);
        assert(capture_format(c, &formatted) == 0);
        assert_streq(formatted, text);
        free(formatted);
        capture_free(c);
        sysroot_free(root);
}

/* A file that cannot be read is captured as such; one that is not there is not. */
static void test_errors(void)
{
        static const char text[] = HEADER "a: 1\nd/b ! EIO\nd/e ! EACCES\n";
        struct sysroot *root = root_from(
                "a: 1\nd/b ! EIO\nd/c ! ENODEV\nd/d ! EAGAIN\nd/e ! EACCES\nd/f:\n  xyz\n");
        struct capture *c;
        char buf[4], *formatted;

        assert(capture_new(&c) == 0);
        capture_add("a", NULL, -EIO, false, c); /* the last counts */
        sysroot_record(root, capture_add, c);
        for (const char *name = "bcdefg"; *name; name++) {
                const char path[] = { 'd', '/', *name, '\0' };

                assert(sysroot_read(root, path, buf, sizeof(buf)) < 0);
        }
        assert(sysroot_read(root, "a", buf, sizeof(buf)) == 2);
        assert(capture_format(c, &formatted) == 0);
        assert_streq(formatted, text);
        free(formatted);
        capture_free(c);
        sysroot_free(root);
}

/* A name that no kernel has ends a listing; an empty file does not fit in nothing. */
static void test_bounds(void)
{
        char text[512] = "d/", buf[2];
        struct sysroot *root;

        memset(text + 2, 'n', 256);
        strcat(text, "/x: 1\n");
        root = root_from(text);
        assert(sysroot_list(root, "d", note_name, NULL) == -ENAMETOOLONG);
        sysroot_free(root);
        root = root_from("empty:\n");
        assert(sysroot_read(root, "empty", buf, 1) == -EFBIG);
        assert(sysroot_read(root, "empty", buf, 2) == 1 && streq(buf, "\n"));
        sysroot_free(root);
}

int main(void)
{
        test_bounds();
        test_contents();
        test_bytes();
        test_links();
        test_errors();
        test_refused();
        test_root();
        test_round_trip();
}
