/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>

#include "policy/files.h"
#include "testing.h"

static char directory[] = "/tmp/numatier-test-XXXXXX";

static void put(const char *path, const char *text)
{
        struct sysroot *root;

        assert(sysroot_open(directory, &root) == 0);
        assert(sysroot_replace(root, path, text) == 0);
        sysroot_free(root);
}

static struct policy *load(const char *file, const char *complaint)
{
        struct messages errors = MESSAGES_INIT;
        struct policy *p = NULL;
        struct sysroot *root;
        int r;

        assert(sysroot_open(directory, &root) == 0);
        r = config_load(root, file, &errors, &p);
        if (complaint)
                assert(r < 0 && messages_have(&errors, complaint));
        else
                assert(r == 0 && errors.n == 0);
        messages_done(&errors);
        sysroot_free(root);
        return p;
}

static uint64_t rescan(void)
{
        struct policy *p = load(NULL, NULL);
        uint64_t usec = p->rescan_usec;

        policy_unref(p);
        return usec / 1000000;
}

#define VENDOR "usr/lib/numatier/numatierd.conf"
#define BOOT   "run/numatier/numatierd.conf"
#define ADMIN  "etc/numatier/numatierd.conf"

static void test_main_file(void)
{
        assert(load(NULL, "no policy: expected /etc/numatier/numatierd.conf") == NULL);
        put(VENDOR, "[tier a]\n[daemon]\nrescan=1s\n");
        assert(rescan() == 1);
        put(BOOT, "[tier a]\n[daemon]\nrescan=2s\n");
        assert(rescan() == 2);
        put(ADMIN, "[tier a]\n[daemon]\nrescan=3s\n");
        assert(rescan() == 3);
}

static void test_dropins(void)
{
        put(VENDOR ".d/20-b.conf", "[daemon]\nrescan=20s\n");
        put(VENDOR ".d/10-a.conf", "[daemon]\nrescan=10s\n");
        put(VENDOR ".d/99-not-a-policy.txt", "nonsense");
        put(VENDOR ".d/.hidden.conf", "nonsense");
        assert(rescan() == 20); /* sorted by name */
        put(BOOT ".d/20-b.conf", "[daemon]\nrescan=21s\n");
        assert(rescan() == 21);
        put(ADMIN ".d/20-b.conf", "");
        assert(rescan() == 10); /* masked by an empty file */
}

static void test_mask_by_link(void)
{
        char path[256];

        snprintf(path, sizeof(path), "%s/%s.d/10-a.conf", directory, ADMIN);
        assert(symlink("/dev/null", path) == 0);
        assert(rescan() == 3);
}

static void test_errors(void)
{
        put(ADMIN ".d/30-c.conf", "[daemon]\nrescan=x\n");
        put(ADMIN ".d/40-d.conf", "nonsense\n");
        assert(load(NULL, "/etc/numatier/numatierd.conf.d/30-c.conf:2: daemon.rescan") == NULL);
        assert(load(NULL, "/etc/numatier/numatierd.conf.d/40-d.conf:1: expected") == NULL);
}

static void take_away(const char *name)
{
        char path[256];

        snprintf(path, sizeof(path), "%s/%s", directory, name);
        assert(remove(path) == 0);
}

static void link_to(const char *name, const char *target)
{
        char path[256];

        snprintf(path, sizeof(path), "%s/%s", directory, name);
        assert(symlink(target, path) == 0);
}

/* What is there and cannot be read is not passed over: it may be what matters. */
static void test_unreadable(void)
{
        take_away(ADMIN ".d/30-c.conf");
        take_away(ADMIN ".d/40-d.conf");
        assert(rescan() == 3);
        link_to(ADMIN ".d/50-e.conf", "nowhere");
        assert(load(NULL, "/" ADMIN ".d/50-e.conf: cannot be read: No such file or directory") ==
               NULL);
        take_away(ADMIN ".d/50-e.conf");
        link_to(ADMIN ".d/50-e.conf", ".");
        assert(load(NULL, "/" ADMIN ".d/50-e.conf: cannot be read: Is a directory") == NULL);
        take_away(ADMIN ".d/50-e.conf");
        take_away(ADMIN);
        link_to(ADMIN, ".");
        assert(load(NULL, "/" ADMIN ": cannot be read: Is a directory") == NULL);
        take_away(ADMIN);
        assert(rescan() == 2); /* and without it, this boot's */
        put(ADMIN, "[tier a]\n[daemon]\nrescan=3s\n");
}

/* The errors of all files at once, the main one's first. */
static void test_all_errors(void)
{
        struct messages errors = MESSAGES_INIT;
        struct sysroot *root;
        struct policy *p;

        put(ADMIN, "[tier a]\nx\n");
        put(ADMIN ".d/60-f.conf", "[tier a]\ny\n");
        assert(sysroot_open(directory, &root) == 0);
        assert(config_load(root, NULL, &errors, &p) == -EBADMSG && errors.n == 2);
        assert_streq(errors.items[0], "/" ADMIN ":2: tier a: expected KEY = VALUE or [SECTION], "
                                      "found \"x\"");
        assert_streq(errors.items[1], "/" ADMIN ".d/60-f.conf:2: tier a: expected KEY = VALUE or "
                                      "[SECTION], found \"y\"");
        messages_done(&errors);
        sysroot_free(root);
        take_away(ADMIN ".d/60-f.conf");
        put(ADMIN, "[tier a]\n[daemon]\nrescan=3s\n");
}

/* What follows a NUL byte is not overlooked, wherever the policy comes from. */
static void test_nul(void)
{
        static const char text[] = "[tier a]\n\0nonsense\n";
        static const char complaint[] = ":2: tier a: expected text, found a control character";
        char path[256];
        FILE *f;

        snprintf(path, sizeof(path), "%s/%s", directory, ADMIN);
        f = fopen(path, "we");
        assert(f && fwrite(text, sizeof(text) - 1, 1, f) == 1 && fclose(f) == 0);
        assert(load(NULL, complaint) == NULL);
        assert(load(path, complaint) == NULL);
}

static void test_one_file(void)
{
        char path[256];
        struct policy *p;

        snprintf(path, sizeof(path), "%s/own.conf", directory);
        assert(load(path, "own.conf: cannot be read: No such file or directory") == NULL);
        put("own.conf", "[tier only]\n");
        p = load(path, NULL); /* and no drop-in */
        assert(p->n_tiers == 1 && streq(p->tiers[0].name, "only"));
        policy_unref(p);
        assert(load(directory, "cannot be read: Is a directory") == NULL);
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
        return remove(path);
}

int main(void)
{
        assert(mkdtemp(directory));
        test_main_file();
        test_dropins();
        test_mask_by_link();
        test_errors();
        test_unreadable();
        test_all_errors();
        test_nul();
        test_one_file();
        nftw(directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}
