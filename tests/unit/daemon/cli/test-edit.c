/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* numatier edit, below a directory. The editors are scripts. */
#include "cli/edit.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "../../testing.h"
#include "common/exit.h"
#include "policy/files.h"

#define OLD "[daemon]\nrescan = 9s\n"
#define NEW "[daemon]\nrescan = 8s\n"
#define END "### The text below this line is dropped."

static char directory[] = "/tmp/numatier-test-XXXXXX";
static struct sysroot *root;

/* This process takes it again and again. */
int __wrap_lock_take_file(const char *root, const char *path, int *ret_fd, pid_t *ret_holder);

int __wrap_lock_take_file(const char *lock_root, const char *path, int *ret_fd, pid_t *ret_holder)
{
        assert_streq(path, "run/numatier/policy.lock");
        return 0;
}

static void put(const char *path, const char *text)
{
        assert(sysroot_replace(root, path, text) == 0);
}

static void assert_holds_at(int line, const char *path, const char *want)
{
        _cleanup_(freep) char *text = NULL;

        if (sysroot_read_alloc(root, path, &text) < 0)
                text = NULL;
        if (want || text)
                assert_same(__FILE__, line, text, want ?: "(nothing)");
}

#define assert_holds(path, want) assert_holds_at(__LINE__, path, want)

/* commands: what the editor does with the file $1. */
static int edit_as(const char *commands, bool runtime)
{
        _cleanup_(freep) char *text = text_new("#!/bin/sh\n%s\n", commands),
                              *path = text_new("%s/editor", directory);

        assert(text && path);
        put("editor", text);
        assert(chmod(path, 0755) == 0 && setenv("EDITOR", path, 1) == 0);
        return edit_drop_in(root, directory, "x", runtime);
}

static int edit(const char *commands)
{
        return edit_as(commands, false);
}

/* Replaces the text between the two lines. */
#define WRITE(text) "sed -i '/^### The text between/a " text "' \"$1\""

static int note_copy(const char *name, void *userdata)
{
        *(unsigned *)userdata += startswith(name, ".#") != NULL;
        return 0;
}

/* Texts that were kept for people; they are removed. */
static unsigned take_copies(void)
{
        _cleanup_(freep) char *command = text_new("rm -f %s/" CONFIG_DIR "/.#*", directory);
        unsigned n = 0;

        assert(sysroot_list(root, CONFIG_DIR, note_copy, &n) >= 0);
        assert(system(command) == 0);
        return n;
}

#define FILE_X CONFIG_DIR "/x.conf"

static void test_write(void)
{
        assert(edit(WRITE("[daemon]\\nrescan = 9s")) == EXIT_SUCCESS);
        assert_holds(FILE_X, OLD);
        assert(edit("sed -i s/9s/8s/ \"$1\"") == EXIT_SUCCESS);
        assert_holds(FILE_X, NEW);
        /* another file in its place */
        assert(edit("printf '[daemon]\\nrescan = 9s\\n' >\"$1.new\"; mv \"$1.new\" \"$1\"") ==
               EXIT_SUCCESS);
        assert_holds(FILE_X, OLD);
        assert(edit("kill -INT $PPID; sed -i s/9s/8s/ \"$1\"") == EXIT_SUCCESS);
        assert_holds(FILE_X, NEW);
        put(FILE_X, OLD);
        assert(edit(":") == EXIT_SUCCESS && edit("echo >\"$1\"") == EXIT_SUCCESS);
        assert_holds(FILE_X, OLD);
        assert(take_copies() == 0);
}

/* Below the text, for the eye. */
static void test_policy(void)
{
        put(FILE_X, OLD);
        assert(edit("grep -q '^# \\[tier dram\\]' \"$1\" && grep -q '^# rescan = 9s' \"$1\"") ==
               EXIT_SUCCESS);
        put(CONFIG_DIR "/y.conf", "nonsense\n");
        assert(edit("grep -q '^### The policy has an error: .*/y.conf:1: ' \"$1\"") ==
               EXIT_SUCCESS);
        assert(sysroot_remove(root, CONFIG_DIR "/y.conf") == 0);
}

/* Which one, and with arguments. */
static void test_editors(void)
{
        put(FILE_X, OLD);
        assert(setenv("SYSTEMD_EDITOR", "sed -i s/9s/8s/", 1) == 0);
        assert(edit("exit 1") == EXIT_SUCCESS);
        assert_holds(FILE_X, NEW);
        assert(setenv("SYSTEMD_EDITOR", "", 1) == 0 && edit("exit 1") == EXIT_FAILURE);
        assert(unsetenv("SYSTEMD_EDITOR") == 0 && take_copies() == 0);
}

/* Nothing is changed, and what somebody wrote is kept. */
static void test_refused(void)
{
        put(FILE_X, OLD);
        assert(edit("sed -i s/9s/x/ \"$1\"") == EXIT_FAILURE && take_copies() == 1);
        assert(edit("sed -i s/9s/8s/ \"$1\"; exit 1") == EXIT_FAILURE && take_copies() == 1);
        assert(edit("exit 1") == EXIT_FAILURE && take_copies() == 0);
        assert(edit("kill -KILL $$") == EXIT_FAILURE && take_copies() == 0);
        assert(edit("rm \"$1\"") == EXIT_FAILURE && take_copies() == 0);
        assert(edit("printf '[daemon]\\nrescan = 8s\\n\\0[tier lost]\\n' >\"$1\"") == EXIT_FAILURE);
        assert(take_copies() == 1);
        assert(edit("head -c 1200000 /dev/zero | tr '\\0' '#' | fold >\"$1\"") == EXIT_FAILURE);
        assert(take_copies() == 1);
        assert_holds(FILE_X, OLD);
        assert(edit("sed -i s/9s/8s/ \"$1\"; echo '#' >\"${1%/*}/x.conf\"") == EXIT_FAILURE);
        assert_holds(FILE_X, "#\n");
        assert(take_copies() == 1);
}

/* Our own lines in a drop-in end nothing. */
static void test_lines(void)
{
        put(FILE_X, OLD END "\n[policy]\n");
        assert(edit("sed -i s/9s/8s/ \"$1\"") == EXIT_SUCCESS);
        assert_holds(FILE_X, NEW END "\n[policy]\n");
        /* without them, all of it counts */
        assert(edit("echo '[daemon]' >\"$1\"") == EXIT_SUCCESS);
        assert_holds(FILE_X, "[daemon]\n");
}

/* What the drop-in for good hides is not even checked. */
static void test_hidden(void)
{
        put(FILE_X, OLD);
        assert(edit_as(WRITE("[nonsense]"), true) == EXIT_FAILURE);
        assert_holds(CONFIG_RUNTIME_DIR "/x.conf", NULL);
        assert(sysroot_remove(root, FILE_X) == 0);
        assert(edit_as(WRITE("[nonsense]"), true) == EXIT_FAILURE);
        assert(edit_as(WRITE("[daemon]\\nrescan = 9s"), true) == EXIT_SUCCESS);
        assert_holds(CONFIG_RUNTIME_DIR "/x.conf", OLD);
}

static void test_names(void)
{
        static const char *const names[] = { "", ".x", "..", "../x", "x/y", ".conf" };

        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                assert(edit_drop_in(root, directory, names[i], false) == EXIT_USAGE);
}

int main(void)
{
        _cleanup_(freep) char *command = NULL;

        assert(mkdtemp(directory) && sysroot_open(directory, &root) == 0);
        assert(unsetenv("SYSTEMD_EDITOR") == 0 && freopen("/dev/null", "re", stdin));
        put("etc/numatier/numatierd.conf", "[tier dram]\n");
        test_write();
        test_policy();
        test_editors();
        test_refused();
        test_lines();
        test_hidden();
        test_names();
        sysroot_free(root);
        command = text_new("rm -r %s", directory);
        assert(system(command) == 0);
        return 0;
}
