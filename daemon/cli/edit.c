/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* numatier edit: a drop-in of the policy in an editor, as "systemctl edit" does it. */

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "cli/cli.h"
#include "cli/dropin.h"
#include "cli/edit.h"
#include "policy/effective.h"

#define DEFAULT_NAME "override"

/* Lines of the file that the editor has: only what is between them is kept. */
#define BEGIN "### The text between this line and the next ### line becomes that file."
#define END   "### The text below this line is dropped."

/* A drop-in, and the file beside it that the editor has. */
struct edit {
        struct sysroot *root;
        const char *top;            /* where the root is */
        char path[DROPIN_PATH_MAX]; /* of the drop-in, below the root */
        char *before;               /* what it holds, or NULL */
        char copy[PATH_MAX];        /* with top */
};

static const char *copy_below_root(const struct edit *e)
{
        return e->copy + strlen(e->top) + 1;
}

static void print_rest_of_policy(FILE *f, struct sysroot *root)
{
        _cleanup_(policy_unrefp) struct policy *p = NULL;
        _cleanup_(effective_freep) struct effective *e = NULL;
        struct messages errors = MESSAGES_INIT;

        if (config_load(root, NULL, &errors, &p) == 0 && effective_new(p, &e) == 0)
                fputs("### The policy as it is now:\n", f);
        for (size_t i = 0; i < errors.n; i++)
                fprintf(f, "### The policy has an error: %s\n", errors.items[i]);
        messages_done(&errors);
        for (size_t i = 0; e && i < e->n; i++) {
                const struct effective_section *s = &e->sections[i];

                fprintf(f, "#\n# [%s%s%s]\n", effective_word(s->section), s->name ? " " : "",
                        s->name ?: "");
                for (size_t j = 0; j < s->n_keys; j++)
                        fprintf(f, "# %s = %s\n", s->keys[j].key, s->keys[j].value);
        }
}

static int make_directory(const char *file)
{
        char path[PATH_MAX];

        snprintf(path, sizeof(path), "%s", file);
        for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
                *slash = '\0';
                if (mkdir(path, 0755) < 0 && errno != EEXIST)
                        return -errno;
                *slash = '/';
        }
        return 0;
}

/* Its name begins with a dot, so that it is no drop-in. */
static int make_copy(struct edit *e)
{
        const char *name = last_component(e->path);
        FILE *f;
        int fd, r;

        snprintf(e->copy, sizeof(e->copy), "%s/%.*s.#%sXXXXXX", e->top, (int)(name - e->path),
                 e->path, name);
        r = make_directory(e->copy);
        if (r < 0)
                return r;
        fd = mkostemp(e->copy, O_CLOEXEC);
        if (fd < 0)
                return -errno;
        f = fdopen(fd, "w");
        if (!f) {
                close(fd);
                return -ENOMEM;
        }
        fprintf(f, "### Editing /%s\n" BEGIN "\n\n%s\n" END "\n", e->path, e->before ?: "");
        print_rest_of_policy(f, e->root);
        return fclose(f) == 0 ? 0 : -errno;
}

/* The one that the environment names, which may have arguments, or the first that is there. */
static void exec_editor(const char *file)
{
        static const char *const variables[] = { "SYSTEMD_EDITOR", "EDITOR", "VISUAL" };
        static const char script[] =
                "file=$1; shift; for e; do command -v \"${e%% *}\" >/dev/null && exec $e "
                "\"$file\"; "
                "done; echo \"numatier: no editor was found: set EDITOR\" >&2; exit 127";

        for (size_t i = 0; i < ELEMENTSOF(variables); i++) {
                const char *editor = getenv(variables[i]);

                if (editor && *editor)
                        execl("/bin/sh", "sh", "-c", script, "sh", file, editor, NULL);
        }
        execl("/bin/sh", "sh", "-c", script, "sh", file, "editor", "nano", "vim", "vi", NULL);
}

static int run_editor(const char *file)
{
        int status = -1;
        pid_t pid;

        fflush(stdout);
        pid = fork();
        if (pid == 0) {
                exec_editor(file);
                _exit(127);
        }
        if (pid < 0)
                return -errno;
        (void)signal(SIGINT, SIG_IGN); /* it is for the editor */
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
                ;
        (void)signal(SIGINT, SIG_DFL);
        return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -ECANCELED;
}

/* A drop-in may hold the same line: the last one is ours. */
static const char *find_end(const char *text)
{
        const char *end = NULL;

        for (const char *at = text; (at = strstr(at, END)); at += strlen(END))
                end = at;
        return end ?: text + strlen(text);
}

/* The text between the two lines, or up to where one is missing, without empty lines around it. */
static int find_text(const char *whole, char **ret)
{
        const char *begin = strstr(whole, BEGIN);
        size_t length;

        begin = begin ? begin + strlen(BEGIN) : whole;
        length = (size_t)(find_end(begin) - begin);
        while (length > 0 && isspace((unsigned char)*begin)) {
                begin++;
                length--;
        }
        while (length > 0 && isspace((unsigned char)begin[length - 1]))
                length--;
        *ret = text_new("%.*s%s", (int)length, begin, length > 0 ? "\n" : "");
        return *ret ? 0 : -ENOMEM;
}

static bool wants_again(void)
{
        char answer[16];

        if (!isatty(STDIN_FILENO))
                return false;
        fputs("Edit it again? [Y/n] ", stdout);
        fflush(stdout);
        return fgets(answer, sizeof(answer), stdin) && !strchr("nN", answer[0]);
}

static bool is_unchanged(const struct edit *e, const char *text)
{
        return *text == '\0' || (e->before && streq(text, e->before));
}

static int report_kept(const struct edit *e)
{
        fprintf(stderr, "numatier: /%s was not changed; your text is in %s\n", e->path, e->copy);
        return EXIT_FAILURE;
}

/* Somebody else may have written it meanwhile. */
static bool is_as_before(const struct edit *e)
{
        _cleanup_(freep) char *now = NULL;

        if (dropin_read(e->root, e->path, &now) < 0)
                return false;
        if (now && e->before ? streq(now, e->before) : now == e->before)
                return true;
        fprintf(stderr, "numatier: /%s was changed by somebody else meanwhile\n", e->path);
        return false;
}

/* Returns an exit status, or -EAGAIN: it is to be edited again. */
static int take_text(const struct edit *e)
{
        _cleanup_(freep) char *whole = NULL, *text = NULL;
        struct config_change change = { .path = e->path };
        int r = dropin_read(e->root, copy_below_root(e), &whole);

        if (r == 0 && !whole) {
                fprintf(stderr, "numatier: the editor removed %s: /%s was not changed\n", e->copy,
                        e->path);
                return EXIT_FAILURE;
        }
        if (r < 0 || find_text(whole, &text) < 0)
                return report_kept(e);
        if (is_unchanged(e, text)) {
                (void)unlink(e->copy);
                printf("%s: /%s is as it was.\n",
                       *text == '\0' ? "The text is empty" : "Nothing was changed", e->path);
                return EXIT_SUCCESS;
        }
        change.text = text;
        if (dropin_check(e->root, &change, NULL) < 0)
                return wants_again() ? -EAGAIN : report_kept(e);
        if (dropin_lock() < 0 || !is_as_before(e) ||
            dropin_install(e->root, &change) != EXIT_SUCCESS)
                return report_kept(e);
        (void)unlink(e->copy);
        return EXIT_SUCCESS;
}

/* A text that nobody wrote is not kept. */
static int report_failed_editor(const struct edit *e)
{
        _cleanup_(freep) char *whole = NULL, *text = NULL;

        fputs("numatier: the editor failed\n", stderr);
        if (dropin_read(e->root, copy_below_root(e), &whole) < 0 || !whole ||
            find_text(whole, &text) < 0 || !is_unchanged(e, text))
                return report_kept(e);
        (void)unlink(e->copy);
        fprintf(stderr, "numatier: /%s was not changed\n", e->path);
        return EXIT_FAILURE;
}

static int edit(struct edit *e)
{
        int r = make_copy(e);

        if (r < 0) {
                (void)unlink(e->copy);
                fprintf(stderr, "numatier: %s: cannot be written: %s\n", e->copy, strerror(-r));
                return EXIT_FAILURE;
        }
        do {
                if (run_editor(e->copy) < 0)
                        return report_failed_editor(e);
                r = take_text(e);
        } while (r == -EAGAIN);
        return r;
}

/* "x" and "x.conf" are the same file. */
static int find_path(const char *name, bool runtime, char ret[static DROPIN_PATH_MAX])
{
        size_t length = strlen(name), suffix = strlen(".conf");

        if (length > suffix && streq(name + length - suffix, ".conf"))
                length -= suffix;
        if (length == 0 || length > 100 || name[0] == '.' || strchr(name, '/'))
                return -EINVAL;
        snprintf(ret, DROPIN_PATH_MAX, "%s/%.*s.conf", runtime ? CONFIG_RUNTIME_DIR : CONFIG_DIR,
                 (int)length, name);
        return 0;
}

/* What is for this boot counts only where there is no file of that name for good: it would not even
 * be checked. */
static int refuse_hidden(struct sysroot *root, const char *name, bool runtime)
{
        char path[DROPIN_PATH_MAX];
        _cleanup_(freep) char *text = NULL;
        int r = runtime ? find_path(name, false, path) : 0;

        if (runtime && r == 0)
                r = dropin_read(root, path, &text);
        if (r < 0 || !text)
                return r;
        fprintf(stderr,
                "numatier: /%s: hides a file of that name in /run: expected another name, or no "
                "--runtime\n",
                path);
        return -EEXIST;
}

int edit_drop_in(struct sysroot *root, const char *top, const char *name, bool runtime)
{
        struct edit e = { .root = root, .top = top };
        int status;

        if (find_path(name, runtime, e.path) < 0) {
                fprintf(stderr,
                        "numatier: edit: expected the name of a drop-in of at most 100 letters, "
                        "without \"/\", found \"%s\"\n",
                        name);
                return EXIT_USAGE;
        }
        if (refuse_hidden(root, name, runtime) < 0)
                return EXIT_FAILURE;
        status = dropin_read(root, e.path, &e.before) < 0 ? EXIT_FAILURE : edit(&e);
        free(e.before);
        return status;
}

int verb_edit(const struct arguments *a)
{
        _cleanup_(sysroot_freep) struct sysroot *root = NULL;
        int status = cli_refuse_copy(a, "edit");

        if (status != 0)
                return status;
        if (a->input.config || (a->operands[0] && a->operands[1])) {
                fputs("numatier: edit: expected at most one name of a drop-in, and no --config\n",
                      stderr);
                return EXIT_USAGE;
        }
        if (input_open_root(&a->input, &root) < 0)
                return EXIT_FAILURE;
        return edit_drop_in(root, "", a->operands[0] ?: DEFAULT_NAME, a->runtime);
}
