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

static struct policy *load(const char *file, const char *error)
{
        struct messages errors = MESSAGES_INIT;
        struct policy *p = NULL;
        struct sysroot *root;
        int r;

        assert(sysroot_open(directory, &root) == 0);
        r = config_load(root, file, &errors, &p);
        if (error)
                assert(r < 0 && messages_have(&errors, error));
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

/* The vendor's alone, whatever else is there. */
static void test_vendor(void)
{
        struct messages errors = MESSAGES_INIT;
        struct policy *p;
        struct sysroot *root;

        assert(sysroot_open(directory, &root) == 0);
        assert(config_load_vendor(root, &errors, &p) == 0);
        assert(p->rescan_usec == 20000000 && p->n_files == 3 && p->n_settings == 3);
        assert_streq(p->settings[0].file, "/" VENDOR);
        assert_streq(p->settings[2].file, "/" VENDOR ".d/20-b.conf");
        assert(p->settings[2].line == 2);
        policy_unref(p);
        sysroot_free(root);
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
        static const char error[] = ":2: tier a: expected text, found a control character";
        char path[256];
        FILE *f;

        snprintf(path, sizeof(path), "%s/%s", directory, ADMIN);
        f = fopen(path, "we");
        assert(f && fwrite(text, sizeof(text) - 1, 1, f) == 1 && fclose(f) == 0);
        assert(load(NULL, error) == NULL);
        assert(load(path, error) == NULL);
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

static int check(const char *config, char *const *files, struct messages *errors,
                 uint64_t *ret_rescan)
{
        struct policy *p = NULL;
        struct sysroot *root;
        int r;

        messages_done(errors);
        assert(sysroot_open(directory, &root) == 0);
        r = config_check(root, config, files, errors, &p);
        if (r == 0)
                *ret_rescan = p->rescan_usec / 1000000;
        policy_unref(p);
        sysroot_free(root);
        return r;
}

static char *path_of(const char *name)
{
        char *path;

        assert(asprintf(&path, "%s/%s", directory, name) > 0);
        return path;
}

/* A file is checked as it would be if it were installed. */
static void test_check(void)
{
        char *late = path_of("new/90-late.conf"), *early = path_of("new/05-early.conf"),
             *same = path_of("other/90-late.conf"), *own = path_of("new/numatierd.conf");
        struct messages errors = MESSAGES_INIT;
        uint64_t rescan_sec = 0;

        put(ADMIN, "[tier a]\nmax-latency=2x\n[tier b]\n[daemon]\nrescan=3s\n");
        put(ADMIN ".d/50-e.conf", "[daemon]\nrescan=50s\n");
        put("new/90-late.conf", "[daemon]\nrescan=90s\n[node n]\nnode=1\ntier=a\n");
        put("new/05-early.conf", "[daemon]\nrescan=5s\n");
        put("other/90-late.conf", "[daemon]\nrescan=91s\n");
        put("new/numatierd.conf", "[tier own]\n[daemon]\nrescan=7s\n");
        assert(check(NULL, (char *[]){ NULL }, &errors, &rescan_sec) == 0 && rescan_sec == 50);
        assert(check(NULL, (char *[]){ late, NULL }, &errors, &rescan_sec) == 0);
        assert(rescan_sec == 90); /* and [tier a] is the installed policy's */
        assert(check(NULL, (char *[]){ late, early, NULL }, &errors, &rescan_sec) == 0);
        assert(rescan_sec == 90); /* by name, not as given */
        assert(check(NULL, (char *[]){ early, NULL }, &errors, &rescan_sec) == 0);
        assert(rescan_sec == 50);
        assert(check(NULL, (char *[]){ own, NULL }, &errors, &rescan_sec) == 0);
        assert(rescan_sec == 50); /* the drop-ins are still laid over it */
        assert(check(own, (char *[]){ NULL }, &errors, &rescan_sec) == 0 && rescan_sec == 7);
        assert(check(own, (char *[]){ early, NULL }, &errors, &rescan_sec) == 0);
        assert(rescan_sec == 5);
        put(ADMIN ".d/90-late.conf", "nonsense\n"); /* replaced by the one that is given */
        assert(check(NULL, (char *[]){ same, NULL }, &errors, &rescan_sec) == 0);
        assert(rescan_sec == 91);
        take_away(ADMIN ".d/90-late.conf");
        assert(check(NULL, (char *[]){ late, same, NULL }, &errors, &rescan_sec) == -EINVAL);
        assert(messages_have(&errors, "other/90-late.conf: another 90-late.conf was given"));
        assert(check(own, (char *[]){ late, own, NULL }, &errors, &rescan_sec) == -EINVAL);
        assert(messages_have(&errors, "numatierd.conf: another numatierd.conf was given"));
        messages_done(&errors);
        assert(check(NULL, (char *[]){ own, own, NULL }, &errors, &rescan_sec) == -EINVAL);
        assert(errors.n == 1);
        /* the given file is refused where it stands */
        assert(check(own, (char *[]){ late, NULL }, &errors, &rescan_sec) == -EBADMSG);
        assert(errors.n == 1 && strstr(errors.items[0], "90-late.conf:3: node n.tier: expected"));
        take_away(ADMIN ".d/50-e.conf");
        messages_done(&errors);
        free(late);
        free(early);
        free(same);
        free(own);
}

/* A file is checked only under a name that counts. */
static void test_names(void)
{
        static const char *const names[] = { "new/foo.txt", "new/.hidden.conf", "new/.conf" };
        struct messages errors = MESSAGES_INIT;
        uint64_t rescan_sec = 0;

        put(ADMIN, "[tier a]\n");
        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                char *path = path_of(names[i]);

                put(names[i], "[daemon]\nrescan=5s\n");
                messages_done(&errors);
                assert(check(NULL, (char *[]){ path, NULL }, &errors, &rescan_sec) == -EINVAL);
                assert(errors.n == 1 && strstr(errors.items[0], names[i]));
                assert(messages_have(&errors, "would be ignored under this name"));
                free(path);
        }
        messages_done(&errors);
        assert(check(NULL, (char *[]){ (char *)"", NULL }, &errors, &rescan_sec) == -EBADMSG);
        assert(messages_have(&errors, "\"\": cannot be read: No such file"));
        messages_done(&errors);
        /* what does not end is not read for ever */
        assert(check(NULL, (char *[]){ (char *)"/dev/zero", NULL }, &errors, &rescan_sec) ==
               -EBADMSG);
        assert(messages_have(&errors, "/dev/zero: expected less than 1 MiB"));
        messages_done(&errors);
}

/* Errors that only the whole policy shows are reported beside those of single lines. */
static void test_errors_of_the_whole(void)
{
        char *one = path_of("new/1.conf"), *two = path_of("new/2.conf"),
             *missing = path_of("new/missing.conf");
        struct messages errors = MESSAGES_INIT;
        uint64_t rescan_sec;

        put(ADMIN, "[tier a]\nmax-latency=2x\n[tier b]\n");
        put("new/1.conf", "[daemon]\nrescan=x\n[node n]\nnode=1\ntier=nowhere\n");
        put("new/2.conf", "[tier a]\nmax-latency=\n");
        assert(check(NULL, (char *[]){ one, two, NULL }, &errors, &rescan_sec) == -EBADMSG);
        assert(errors.n == 3 && messages_have(&errors, "1.conf:2: daemon.rescan"));
        assert(messages_have(&errors, "1.conf:3: node n.tier: expected the name of a [tier]"));
        assert(messages_have(&errors, "tier b: it can never match"));
        /* what was not read may have what is missing elsewhere */
        assert(check(NULL, (char *[]){ one, two, missing, NULL }, &errors, &rescan_sec) < 0);
        assert(errors.n == 2 && messages_have(&errors, "missing.conf: cannot be read"));
        messages_done(&errors);
        free(one);
        free(two);
        free(missing);
}

static int check_change(const char *path, const char *text, struct messages *errors,
                        unsigned *rescan_sec)
{
        const struct config_change change = { path, text };
        struct policy *p = NULL;
        struct sysroot *root;
        int r;

        assert(sysroot_open(directory, &root) == 0);
        r = config_check_change(root, &change, errors, &p);
        if (r == 0)
                *rescan_sec = (unsigned)(p->rescan_usec / 1000000);
        policy_unref(p);
        sysroot_free(root);
        return r;
}

/* What could not be read again is refused. */
static void test_large_change(void)
{
        enum {
                LIMIT = 1 << 20
        };
        struct messages errors = MESSAGES_INIT;
        char *text = malloc(LIMIT + 1);
        unsigned sec;

        assert(text);
        for (size_t i = 0; i < LIMIT; i++)
                text[i] = i % 64 == 63 ? '\n' : '#';
        text[LIMIT] = '\0';
        assert(check_change(CONFIG_DIR "/70-new.conf", text, &errors, &sec) == -EBADMSG);
        assert(messages_have(&errors, "/" CONFIG_DIR "/70-new.conf: cannot be read: File too "
                                      "large"));
        messages_done(&errors);
        text[LIMIT - 1] = '\0';
        assert(check_change(CONFIG_DIR "/70-new.conf", text, &errors, &sec) == 0);
        put(CONFIG_DIR "/70-new.conf", text);
        assert(rescan() == 3);
        take_away(CONFIG_DIR "/70-new.conf");
        free(text);
}

/* A file as it is to be: new, in the place of another, gone, or masked. */
static void test_change(void)
{
        struct messages errors = MESSAGES_INIT;
        unsigned sec = 0;

        put(ADMIN, "[tier a]\n[daemon]\nrescan=1s\n");
        put(CONFIG_DIR "/50-x.conf", "[daemon]\nrescan=2s\n");
        put(CONFIG_RUNTIME_DIR "/60-x.conf", "[daemon]\nrescan=3s\n");
        assert(check_change(CONFIG_DIR "/70-new.conf", "[daemon]\nrescan=4s\n", &errors, &sec) ==
               0);
        assert(sec == 4);
        assert(check_change(CONFIG_RUNTIME_DIR "/60-x.conf", "[daemon]\nrescan=5s\n", &errors,
                            &sec) == 0);
        assert(sec == 5);
        assert(check_change(CONFIG_RUNTIME_DIR "/60-x.conf", NULL, &errors, &sec) == 0 && sec == 2);
        assert(check_change(CONFIG_DIR "/60-x.conf", "", &errors, &sec) == 0 && sec == 2);
        /* the administrator's masks it */
        assert(check_change(CONFIG_RUNTIME_DIR "/50-x.conf", "nonsense\n", &errors, &sec) == 0);
        assert(sec == 3 && errors.n == 0);
        assert(check_change(CONFIG_DIR "/70-new.conf", "[daemon]\nrescan=x\n", &errors, &sec) < 0);
        assert(messages_have(&errors, "/" CONFIG_DIR "/70-new.conf:2: daemon.rescan"));
        /* nothing was written */
        assert(rescan() == 3);
        messages_done(&errors);
        test_large_change();
        put(CONFIG_DIR "/50-x.conf", "");
        put(CONFIG_RUNTIME_DIR "/60-x.conf", "");
}

/* Whoever may not read a file knows nothing of the policy; not even that another file is wrong. */
static void test_forbidden(void)
{
        static const char *const texts[] = {
                "etc/numatier/numatierd.conf: [tier a]\n"
                "etc/numatier/numatierd.conf.d/1.conf ! EACCES\n"
                "etc/numatier/numatierd.conf.d/2.conf: [tier\n",
                "etc/numatier/numatierd.conf ! EACCES\n",
        };

        for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
                _cleanup_(sysroot_freep) struct sysroot *root = root_from(texts[i]);
                struct messages errors = MESSAGES_INIT;
                struct policy *p = NULL;

                assert(config_load(root, NULL, &errors, &p) == -EACCES && !p);
                assert(messages_have(&errors, "cannot be read: Permission denied"));
                messages_done(&errors);
        }
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
        test_vendor();
        test_mask_by_link();
        test_errors();
        test_unreadable();
        test_all_errors();
        test_nul();
        test_one_file();
        test_check();
        test_names();
        test_errors_of_the_whole();
        test_change();
        test_forbidden();
        nftw(directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}
