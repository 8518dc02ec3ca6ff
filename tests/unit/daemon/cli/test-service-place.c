/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The drop-ins of a unit on a machine that is a directory. systemd is played. */
#include "cli/service-place.h"

#include <signal.h>
#include <sys/stat.h>

#include "../../testing.h"
#include "common/exit.h"

#define DIR(top) top "/systemd/system/x.service.d"
#define ETC      DIR("etc") "/" SERVICE_FILE_NAME
#define RUN      DIR("run") "/" SERVICE_FILE_NAME
#define OURS     "# numatier service: policy=bind confine=no tiers=cxl\n[Service]\nNUMAMask=1\n"
#define OTHERS   "[Service]\nNUMAPolicy=local\n"

static char path[] = "/tmp/numatier-test-XXXXXX";
static struct service_placing placing;
static int reloads, result; /* of systemd */
static bool interrupted;    /* Ctrl-C meanwhile */

static int reload(void)
{
        reloads++;
        if (interrupted)
                assert(raise(SIGINT) == 0 && raise(SIGTERM) == 0);
        return result;
}

static void put(const char *file, const char *text)
{
        assert(sysroot_replace(placing.root, file, text) == 0);
}

/* NULL: it is not there. */
static void assert_text_at(int line, const char *file, const char *want)
{
        _cleanup_(freep) char *text = NULL;

        if (sysroot_read_alloc(placing.root, file, &text) < 0)
                text = NULL;
        if (want || text)
                assert_same(__FILE__, line, text, want ?: "(nothing)");
}

#define assert_text(file, want) assert_text_at(__LINE__, file, want)

static bool is_there(const char *dir)
{
        _cleanup_(freep) char *whole = text_new("%s/%s", path, dir);

        return access(whole, F_OK) == 0;
}

static void begin(const char *etc, const char *run)
{
        char line[128];

        snprintf(line, sizeof(line), "rm -rf %s/etc %s/run", path, path);
        assert(system(line) == 0);
        if (etc)
                put(ETC, etc);
        if (run)
                put(RUN, run);
        reloads = result = 0;
}

static int place(bool runtime, const char *text)
{
        return service_place(&placing, "x.service", runtime, text);
}

static void test_place(void)
{
        begin(NULL, NULL);
        assert(place(false, OURS) == EXIT_SUCCESS && placing.done && reloads == 1);
        assert_text(ETC, OURS);
        assert(place(false, OURS) == EXIT_SUCCESS && !placing.done && reloads == 1); /* the same */
        placing.stale = true; /* and systemd has not read it */
        assert(place(false, OURS) == EXIT_SUCCESS && placing.done && reloads == 2);
        result = -EIO;
        assert(place(false, OURS) == EXIT_FAILURE && !placing.done && reloads == 3);
        assert_text(ETC, OURS);
        placing.stale = false;
        begin(OURS, NULL);
        reloads = 1;
        assert(place(false, OURS "#\n") == EXIT_SUCCESS && placing.done && reloads == 2);
        assert_text(ETC, OURS "#\n");
        begin(NULL, NULL);
        assert(place(true, OURS) == EXIT_SUCCESS && placing.done);
        assert_text(RUN, OURS);
        assert_text(ETC, NULL);
        assert(place(false, OURS "#\n") == EXIT_SUCCESS); /* hides it from now on */
        assert_text(RUN, OURS);
        assert(place(true, OURS) == EXIT_FAILURE && !placing.done);
        begin("# numatier service: damaged\n", NULL);
        assert(place(false, OURS) == EXIT_SUCCESS);
        assert_text(ETC, OURS);
}

static void test_foreign(void)
{
        begin(OTHERS, NULL);
        assert(place(false, OURS) == EXIT_FAILURE && !placing.done && reloads == 0);
        assert(place(true, OURS) == EXIT_FAILURE); /* it would be hidden */
        assert(service_remove(&placing, "x.service", false) == EXIT_FAILURE && !placing.done);
        assert_text(ETC, OTHERS);
        assert_text(RUN, NULL);
        begin(OURS, OTHERS);
        assert(service_remove(&placing, "x.service", false) == EXIT_SUCCESS);
        assert_text(ETC, NULL);
        assert_text(RUN, OTHERS);
        begin(NULL, OTHERS); /* it is hidden, and stays */
        assert(place(false, OURS) == EXIT_SUCCESS && placing.done);
        assert_text(RUN, OTHERS);
        begin("", NULL); /* masks one in /run: somebody means that */
        assert(place(false, OURS) == EXIT_FAILURE);
        assert_text(ETC, "");
}

static void test_remove(void)
{
        begin(OURS, OURS);
        assert(service_remove(&placing, "x.service", true) == EXIT_SUCCESS && reloads == 1);
        assert_text(ETC, OURS);
        assert(!is_there(DIR("run")) && is_there(DIR("etc")));
        put(RUN, OURS);
        put(DIR("etc") "/60-own.conf", "x");
        assert(service_remove(&placing, "x.service", false) == EXIT_SUCCESS && placing.done);
        assert_text(ETC, NULL);
        assert_text(RUN, NULL);
        assert(is_there(DIR("etc")) && !is_there(DIR("run")));
        assert(service_remove(&placing, "x.service", false) == EXIT_SUCCESS && !placing.done);
        assert(reloads == 2);
}

/* systemd refuses: all is as before. */
static void test_failure(void)
{
        begin(NULL, NULL);
        result = -EIO;
        assert(place(false, OURS) == EXIT_FAILURE && !placing.done && reloads == 1);
        assert(!is_there(DIR("etc")));
        put(ETC, OURS "#\n");
        assert(place(false, OURS) == EXIT_FAILURE);
        assert_text(ETC, OURS "#\n");
        put(RUN, OURS);
        assert(service_remove(&placing, "x.service", false) == EXIT_FAILURE && !placing.done);
        assert_text(ETC, OURS "#\n");
        assert_text(RUN, OURS);
}

/* No file is left that systemd has not read. */
static void test_interrupted(void)
{
        struct sigaction after;

        begin(NULL, NULL);
        interrupted = true;
        result = -EIO; /* systemctl is ended by it, too */
        assert(place(false, OURS) == EXIT_FAILURE && reloads == 1);
        assert(!is_there(DIR("etc")));
        result = 0;
        assert(place(false, OURS) == EXIT_SUCCESS && placing.done);
        interrupted = false;
        assert(sigaction(SIGINT, NULL, &after) == 0 && after.sa_handler == SIG_DFL);
}

/* A root on which the file in /run can be read, and not be removed. */
static ssize_t read_inner(void *data, const char *file, char *buf, size_t size)
{
        return sysroot_read(data, file, buf, size);
}

static int replace_inner(void *data, const char *file, const char *text, size_t size)
{
        return sysroot_replace_bytes(data, file, text, size);
}

static int remove_inner(void *data, const char *file)
{
        return startswith(file, "run/") ? -EROFS : sysroot_remove(data, file);
}

static void leave(void *data)
{
}

/* The second of two files fails: the first is put back. */
static void test_halfway(void)
{
        const struct sysroot_ops ops = {
                .read = read_inner, .replace = replace_inner, .remove = remove_inner, .free = leave
        };
        struct sysroot *inner = placing.root;

        begin(OURS, OURS);
        assert(sysroot_new(&ops, inner, &placing.root) == 0);
        assert(service_remove(&placing, "x.service", false) == EXIT_FAILURE && reloads == 0);
        assert_text(ETC, OURS);
        sysroot_free(placing.root);
        placing.root = inner;
}

/* What cannot be read is not replaced. */
static void test_unreadable(void)
{
        char line[128];

        begin(OURS, NULL);
        snprintf(line, sizeof(line), "mkdir -p %s/" RUN, path);
        assert(system(line) == 0);
        assert(service_remove(&placing, "x.service", false) == EXIT_FAILURE && reloads == 0);
        assert(place(true, OURS) == EXIT_FAILURE && place(false, "x") == EXIT_FAILURE);
        assert_text(ETC, OURS);
}

int main(void)
{
        char line[64];

        assert(mkdtemp(path));
        placing = (struct service_placing){ .path = path, .reload = reload };
        assert(sysroot_open(path, &placing.root) == 0);
        test_place();
        test_foreign();
        test_remove();
        test_failure();
        test_interrupted();
        test_halfway();
        test_unreadable();
        sysroot_free(placing.root);
        snprintf(line, sizeof(line), "rm -r %s", path);
        assert(system(line) == 0);
        return 0;
}
