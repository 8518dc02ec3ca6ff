/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/files.h"

#include <errno.h>

/* How many directories of drop-ins are looked into: far more than a machine has. */
#define DIRS_MAX 8192
/* A drop-in of ours has less; a larger file is somebody else's. */
#define FILE_SIZE_MAX 65536

static const char *const parents[] = { "etc/systemd/system", "run/systemd/system" };

char *service_dir_new(const char *unit, bool runtime)
{
        return text_new("%s/%s.d", parents[runtime], unit);
}

char *service_path_new(const char *unit, bool runtime)
{
        return text_new("%s/%s.d/" SERVICE_FILE_NAME, parents[runtime], unit);
}

bool service_must_filter(const char *path)
{
        return (startswith(path, parents[0]) || startswith(path, parents[1])) &&
               streq(last_component(path), SERVICE_FILE_NAME);
}

static void file_done(struct service_file *f)
{
        free(f->unit);
        free(f->path);
        service_drop_in_free(f->drop_in);
}

void service_files_done(struct service_files *f)
{
        for (size_t i = 0; i < f->n; i++)
                file_done(&f->items[i]);
        free(f->items);
        *f = (struct service_files){ 0 };
}

static int parse(const char *text, size_t size, struct messages *problems, struct service_file *f)
{
        _cleanup_(freep) char *what = text_new("/%s", f->path);
        int r;

        if (!what)
                return -ENOMEM;
        if (!service_drop_in_is_ours(text, size)) {
                f->state = SERVICE_FILE_FOREIGN;
                return 0;
        }
        r = service_drop_in_parse(text, size, what, problems, &f->drop_in);
        f->state = r < 0 ? SERVICE_FILE_DAMAGED : SERVICE_FILE_OURS;
        return r == -ENOMEM ? r : 0;
}

/* -ENOENT: there is none. */
static int read_file(struct sysroot *root, struct messages *problems, struct service_file *f)
{
        _cleanup_(freep) char *text = malloc(FILE_SIZE_MAX);
        ssize_t n;

        if (!text)
                return -ENOMEM;
        n = sysroot_read(root, f->path, text, FILE_SIZE_MAX);
        if (n >= 0)
                return parse(text, (size_t)n, problems, f);
        if (sysroot_is_absent(n) || n == -ENOTDIR)
                return -ENOENT;
        f->state = n == -EFBIG ? SERVICE_FILE_FOREIGN : SERVICE_FILE_UNREADABLE;
        if (n != -EFBIG)
                sysroot_reportf(problems, n, "%s", f->path);
        return n == -ENOMEM ? -ENOMEM : 0;
}

static bool is_hidden(const struct service_files *files, const struct service_file *f)
{
        for (size_t i = 0; f->runtime && i < files->n; i++)
                if (streq(files->items[i].unit, f->unit) && !files->items[i].runtime)
                        return true;
        return false;
}

static int add_file(struct sysroot *root, const char *unit, enum unit_kind kind, bool runtime,
                    struct messages *problems, struct service_files *files)
{
        struct service_file f = { .kind = kind, .runtime = runtime };
        int r = -ENOMEM;

        f.unit = strdup(unit);
        f.path = service_path_new(unit, runtime);
        if (f.unit && f.path)
                r = read_file(root, problems, &f);
        if (r == 0)
                r = array_grow(&files->items, &files->allocated, files->n + 1,
                               sizeof(*files->items));
        if (r < 0) {
                file_done(&f);
                return r == -ENOENT ? 0 : r;
        }
        f.hidden = is_hidden(files, &f);
        files->items[files->n++] = f;
        return 0;
}

/* All units. */

struct listing {
        struct sysroot *root;
        struct messages *problems;
        struct service_files *files;
        bool runtime;
        unsigned n;
};

static int note_entry(const char *name, void *userdata)
{
        struct listing *l = userdata;
        size_t n = strlen(name);
        char unit[UNIT_NAME_SIZE];
        enum unit_kind kind;

        if (n < 3 || n - 2 >= sizeof(unit) || !streq(name + n - 2, ".d"))
                return 0;
        snprintf(unit, sizeof(unit), "%.*s", (int)(n - 2), name);
        if (!unit_name_is_complete(unit, &kind))
                return 0;
        if (l->n++ == DIRS_MAX) {
                l->files->incomplete = true;
                messages_add(l->problems, "/%s: more than %d directories of drop-ins",
                             parents[l->runtime], DIRS_MAX);
        }
        return l->n > DIRS_MAX ? 0
                               : add_file(l->root, unit, kind, l->runtime, l->problems, l->files);
}

static int compare_files(const void *a, const void *b)
{
        const struct service_file *x = a, *y = b;
        int r = strcmp(x->unit, y->unit);

        return r != 0 ? r : (int)x->runtime - (int)y->runtime;
}

static int read_all(struct sysroot *root, struct messages *problems, struct service_files *files)
{
        struct listing l = { .root = root, .problems = problems, .files = files };
        int r = 0;

        for (size_t i = 0; i < ELEMENTSOF(parents) && r == 0; i++) {
                l.runtime = i == 1;
                l.n = 0;
                r = sysroot_list(root, parents[i], note_entry, &l);
                if (r >= 0 || r == -ENOMEM)
                        continue;
                files->incomplete = files->incomplete || !sysroot_is_absent(r);
                sysroot_reportf(problems, r, "%s", parents[i]);
                r = 0;
        }
        if (files->n > 0)
                qsort(files->items, files->n, sizeof(*files->items), compare_files);
        return r;
}

int service_files_read(struct sysroot *root, const char *unit, struct messages *problems,
                       struct service_files *ret)
{
        enum unit_kind kind;
        int r;

        *ret = (struct service_files){ 0 };
        if (!unit) {
                r = read_all(root, problems, ret);
        } else {
                r = unit_name_is_complete(unit, &kind) ? 0 : -EINVAL;
                for (int runtime = 0; runtime < 2 && r == 0; runtime++)
                        r = add_file(root, unit, kind, runtime == 1, problems, ret);
        }
        if (r < 0)
                service_files_done(ret);
        return r;
}
