/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/service-place.h"

#include <errno.h>
#include <signal.h>

#include "cli/cli.h"

/* A file, as it was and as it becomes. */
struct change {
        char *path, *before;
        const char *after; /* NULL: it is removed */
};

struct changes {
        struct change items[2];
        size_t n;
};

static void changes_done(struct changes *c)
{
        for (size_t i = 0; i < c->n; i++) {
                free(c->items[i].path);
                free(c->items[i].before);
        }
}

static int report(const char *path, const char *what, int error)
{
        fprintf(stderr, "numatier: /%s: %s: %s\n", path, what, strerror(-error));
        return error;
}

/* Notes a change of a file; its text is kept, to be put back. */
static int add_change(struct service_placing *p, struct changes *c, const char *path,
                      const char *after)
{
        struct change *new = &c->items[c->n];
        int r;

        *new = (struct change){ .path = strdup(path), .after = after };
        if (!new->path)
                return report(path, "cannot be read", -ENOMEM);
        c->n++;
        r = sysroot_read_alloc(p->root, path, &new->before);
        if (r == -ENOENT || r == -ENOTDIR)
                return 0;
        return r < 0 ? report(path, "cannot be read", r) : 0;
}

/* Directories that others use, or that are not there, stay as they are. */
static void remove_directory(const struct service_placing *p, const char *path)
{
        _cleanup_(freep) char *whole = text_new("%s/%s", p->path, path);

        if (!whole)
                return;
        *strrchr(whole, '/') = '\0';
        (void)rmdir(whole);
}

static int write_text(struct service_placing *p, const char *path, const char *text)
{
        int r = text ? sysroot_replace(p->root, path, text) : sysroot_remove(p->root, path);

        if (r == 0 && !text)
                remove_directory(p, path);
        return r;
}

static void put_back(struct service_placing *p, const struct changes *c, size_t n)
{
        for (size_t i = 0; i < n; i++) {
                const char *path = c->items[i].path;
                int r = write_text(p, path, c->items[i].before);

                if (r < 0)
                        (void)report(path, "cannot be put back", r);
                else
                        fprintf(stderr, "numatier: /%s: is as it was before\n", path);
        }
}

static int change_files(struct service_placing *p, const struct changes *c)
{
        size_t i;
        int r;

        for (i = 0; i < c->n; i++) {
                r = write_text(p, c->items[i].path, c->items[i].after);
                if (r == 0)
                        continue;
                (void)report(c->items[i].path,
                             c->items[i].after ? "cannot be written" : "cannot be removed", r);
                put_back(p, c, i);
                return EXIT_FAILURE;
        }
        if (p->reload() < 0) {
                put_back(p, c, c->n);
                return EXIT_FAILURE;
        }
        for (i = 0; i < c->n; i++)
                printf("%s /%s.\n", c->items[i].after ? "Wrote" : "Removed", c->items[i].path);
        p->done = true;
        return EXIT_SUCCESS;
}

static void note_signal(int number)
{
}

/* Ctrl-C ends systemctl: a handler is not inherited. Then it has failed, and all is put back: a
 * file that systemd has not read must not be left behind. */
static int carry_out(struct service_placing *p, const struct changes *c)
{
        static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
        const struct sigaction handler = { .sa_handler = note_signal, .sa_flags = SA_RESTART };
        struct sigaction before[ELEMENTSOF(signals)];
        int status;

        for (size_t i = 0; i < ELEMENTSOF(signals); i++) {
                (void)sigaction(signals[i], NULL, &before[i]);
                if (before[i].sa_handler != SIG_IGN)
                        (void)sigaction(signals[i], &handler, NULL);
        }
        status = change_files(p, c);
        for (size_t i = 0; i < ELEMENTSOF(signals); i++)
                (void)sigaction(signals[i], &before[i], NULL);
        return status;
}

/* The problems of a file of ours that is damaged do not matter: it is replaced. */
static int read_files(struct service_placing *p, const char *unit, struct service_files *ret)
{
        struct messages problems = MESSAGES_INIT;
        int r = service_files_read(p->root, unit, &problems, ret);

        for (size_t i = 0; r == 0 && i < ret->n; i++)
                if (ret->items[i].state == SERVICE_FILE_UNREADABLE)
                        r = -EACCES;
        for (size_t i = 0; r == -EACCES && i < problems.n; i++)
                fprintf(stderr, "numatier: %s\n", problems.items[i]);
        if (r < 0 && r != -EACCES)
                (void)cli_error(r, unit);
        messages_done(&problems);
        return r;
}

static bool refuse_foreign(const struct service_file *f)
{
        if (f->state != SERVICE_FILE_FOREIGN)
                return false;
        fprintf(stderr,
                "numatier: /%s: numatier did not write this file; expected its first line to begin "
                "with \"# numatier service:\". It stays as it is\n",
                f->path);
        return true;
}

static void report_hidden(const char *path, const char *unit)
{
        char word[UNIT_WORD_SIZE];

        fprintf(stderr,
                "numatier: /%s: hides a file of that name in /run: expected no --runtime, or take "
                "it back first (numatier service %s --clear)\n",
                path, unit_name_format(unit, false, word));
}

/* Somebody ended numatier after it had written the file. */
static int reload_stale(struct service_placing *p)
{
        if (p->reload() < 0)
                return EXIT_FAILURE;
        p->done = true;
        return EXIT_SUCCESS;
}

static int place(struct service_placing *p, const char *unit, bool runtime, const char *text,
                 const struct service_files *files, struct changes *c)
{
        _cleanup_(freep) char *path = service_path_new(unit, runtime);
        const struct service_file *hides = NULL, *hidden = NULL;

        if (!path)
                return cli_error(-ENOMEM, unit);
        for (size_t i = 0; i < files->n; i++) {
                const struct service_file *f = &files->items[i];

                if (f->runtime == runtime && refuse_foreign(f))
                        return EXIT_FAILURE;
                if (runtime && !f->runtime)
                        hides = f;
                if (!runtime && f->runtime)
                        hidden = f;
        }
        if (hides) {
                report_hidden(hides->path, unit);
                return EXIT_FAILURE;
        }
        if (add_change(p, c, path, text) < 0)
                return EXIT_FAILURE;
        if (c->items[0].before && streq(c->items[0].before, text)) {
                printf("/%s has that already.\n", path);
                return p->stale ? reload_stale(p) : EXIT_SUCCESS;
        }
        if (hidden)
                printf("/%s is hidden by it, and counts no more.\n", hidden->path);
        return carry_out(p, c);
}

int service_place(struct service_placing *p, const char *unit, bool runtime, const char *text)
{
        struct service_files files = { 0 };
        struct changes c = { 0 };
        int status = EXIT_FAILURE;

        p->done = false;
        if (read_files(p, unit, &files) == 0)
                status = place(p, unit, runtime, text, &files, &c);
        changes_done(&c);
        service_files_done(&files);
        return status;
}

static int remove_all(struct service_placing *p, const char *unit, bool runtime,
                      const struct service_files *files, struct changes *c)
{
        bool refused = false;

        for (size_t i = 0; i < files->n; i++) {
                const struct service_file *f = &files->items[i];

                if (runtime && !f->runtime)
                        continue;
                if (refuse_foreign(f))
                        refused = true;
                else if (add_change(p, c, f->path, NULL) < 0)
                        return EXIT_FAILURE;
        }
        if (c->n == 0 && refused)
                return EXIT_FAILURE;
        if (c->n == 0) {
                printf("%s has no drop-in of numatier%s.\n", unit, runtime ? " for this boot" : "");
                return EXIT_SUCCESS;
        }
        return carry_out(p, c);
}

int service_remove(struct service_placing *p, const char *unit, bool runtime)
{
        struct service_files files = { 0 };
        struct changes c = { 0 };
        int status = EXIT_FAILURE;

        p->done = false;
        if (read_files(p, unit, &files) == 0)
                status = remove_all(p, unit, runtime, &files, &c);
        changes_done(&c);
        service_files_done(&files);
        return status;
}
