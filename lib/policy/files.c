/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy/files.h"

#include <errno.h>
#include <sys/stat.h>

#define FILE_NAME   "numatierd.conf"
#define DROPIN_NAME FILE_NAME ".d"
#define SIZE_LIMIT  (1 << 20)

/* The administrator's, this boot's, the vendor's. */
static const char *const directories[] = { "etc/numatier", "run/numatier", "usr/lib/numatier" };

/* A file that cannot be read may have held any section. */
static int complain(struct policy *p, struct messages *errors, const char *file, int error)
{
        messages_add(errors, "%s: cannot be read: %s", file, strerror(error));
        p->damaged = POLICY_DAMAGED_WHOLLY;
        return error == EACCES ? -EACCES : -EBADMSG;
}

/* Of two results the one that says more: what may not be read may also be wrong, or right. */
static int join(int a, int b)
{
        if (a == -ENOMEM || b == -ENOMEM)
                return -ENOMEM;
        if (a == -EACCES || b == -EACCES)
                return -EACCES;
        return b < 0 ? b : a;
}

static int read_and_parse(struct sysroot *root, const char *path, struct messages *errors,
                          struct policy *policy)
{
        _cleanup_(freep) char *text = malloc(SIZE_LIMIT), *name = NULL;
        ssize_t n;

        if (!text || asprintf(&name, "/%s", path) < 0) {
                name = NULL;
                return -ENOMEM;
        }
        n = sysroot_read(root, path, text, SIZE_LIMIT);
        if (n >= 0) /* a NUL byte does not end it, but is refused */
                return policy_parse(policy, text, (size_t)n, name, errors);
        return n == -ENOENT ? -ENOENT : complain(policy, errors, name, (int)-n);
}

static int parse_stream(FILE *f, const char *name, struct messages *errors, struct policy *policy)
{
        _cleanup_(freep) char *text = malloc(SIZE_LIMIT);
        size_t n;

        if (!text)
                return -ENOMEM;
        errno = 0;
        n = fread(text, 1, SIZE_LIMIT, f);
        if (ferror(f))
                return complain(policy, errors, name, errno);
        if (n < SIZE_LIMIT) /* a NUL byte does not end it, but is refused */
                return policy_parse(policy, text, n, name, errors);
        messages_add(errors, "%s: expected less than 1 MiB", name);
        policy->damaged = POLICY_DAMAGED_WHOLLY;
        return -EBADMSG;
}

/* A file of the calling process, which need not be below root: any file, a pipe too. */
static int load_file(const char *file, struct messages *errors, struct policy *policy)
{
        FILE *f;
        int r;

        if (streq(file, "-"))
                return parse_stream(stdin, "stdin", errors, policy);
        f = fopen(file, "re");
        if (!f)
                return complain(policy, errors, *file ? file : "\"\"", errno);
        r = parse_stream(f, file, errors, policy);
        (void)fclose(f); /* it was only read */
        return r;
}

/* first: the index of a directory; those before it do not count. */
static int load_main(struct sysroot *root, size_t first, struct messages *errors,
                     struct policy *policy)
{
        for (size_t i = first; i < ELEMENTSOF(directories); i++) {
                char path[64];
                int r;

                snprintf(path, sizeof(path), "%s/" FILE_NAME, directories[i]);
                r = read_and_parse(root, path, errors, policy);
                if (r != -ENOENT)
                        return r;
        }
        messages_add(errors, "no policy: expected %s/usr/lib/numatier/" FILE_NAME,
                     first == 0 ? "/etc/numatier/" FILE_NAME " or " : "");
        return -ENOENT;
}

/* A drop-in: its name, and where it is. */
struct dropin {
        char *name;
        size_t directory;
        const char *file; /* the caller's own, or NULL: it is in the directory */
        const char *text; /* what it is to hold, or NULL: what it holds */
};

struct dropins {
        struct dropin *items;
        size_t n, allocated;
        size_t directory;                   /* being listed */
        const struct config_change *change; /* or NULL */
};

static bool has_dropin(const struct dropins *d, const char *name)
{
        for (size_t i = 0; i < d->n; i++)
                if (streq(d->items[i].name, name))
                        return true;
        return false;
}

/* file: the caller's own, or NULL. */
static int add_dropin(struct dropins *d, const char *name, const char *file)
{
        struct dropin dropin = { .directory = d->directory, .file = file };

        if (array_grow(&d->items, &d->allocated, d->n + 1, sizeof(*d->items)) < 0)
                return -ENOMEM;
        dropin.name = strdup(name);
        if (!dropin.name)
                return -ENOMEM;
        d->items[d->n++] = dropin;
        return 0;
}

static bool is_dropin_name(const char *name)
{
        size_t length = strlen(name), suffix = strlen(".conf");

        return name[0] != '.' && length > suffix && streq(name + length - suffix, ".conf");
}

/* Whether the change is about that file of the directory that is being listed. */
static bool is_changed(const struct dropins *d, const char *name)
{
        const char *path =
                d->change ? startswith(d->change->path, directories[d->directory]) : NULL;

        path = path ? startswith(path, "/" DROPIN_NAME "/") : NULL;
        return path && streq(path, name);
}

static int add_change(struct dropins *d)
{
        const char *name = d->change ? last_component(d->change->path) : NULL;
        int r;

        if (!name || !is_changed(d, name) || !d->change->text || has_dropin(d, name))
                return 0;
        r = add_dropin(d, name, NULL);
        if (r == 0)
                d->items[d->n - 1].text = d->change->text;
        return r;
}

/* Directories are listed in order of precedence: a name that is there already is masked. */
static int note_dropin(const char *name, void *userdata)
{
        struct dropins *d = userdata;

        if (!is_dropin_name(name) || has_dropin(d, name) || is_changed(d, name))
                return 0;
        return add_dropin(d, name, NULL);
}

static int compare_dropins(const void *a, const void *b)
{
        return strcmp(((const struct dropin *)a)->name, ((const struct dropin *)b)->name);
}

static int find_dropins(struct sysroot *root, size_t first, struct messages *errors,
                        struct policy *policy, struct dropins *d)
{
        for (d->directory = first; d->directory < ELEMENTSOF(directories); d->directory++) {
                char path[64];
                int r;

                snprintf(path, sizeof(path), "/%s/" DROPIN_NAME, directories[d->directory]);
                r = sysroot_list(root, path + 1, note_dropin, d);
                if (r < 0 && r != -ENOENT && r != -ENOMEM)
                        return complain(policy, errors, path, -r);
                if (r != -ENOMEM)
                        r = add_change(d);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int parse_dropin(struct sysroot *root, const struct dropin *d, struct messages *errors,
                        struct policy *policy)
{
        _cleanup_(freep) char *path = NULL;
        int r;

        if (d->file)
                return load_file(d->file, errors, policy);
        if (asprintf(&path, "/%s/" DROPIN_NAME "/%s", directories[d->directory], d->name) < 0) {
                path = NULL;
                return -ENOMEM;
        }
        if (d->text && strlen(d->text) >= SIZE_LIMIT) /* the file could not be read again */
                return complain(policy, errors, path, EFBIG);
        if (d->text)
                return policy_parse(policy, d->text, strlen(d->text), path, errors);
        r = read_and_parse(root, path + 1, errors, policy);
        return r == -ENOENT ? complain(policy, errors, path, ENOENT) : r;
}

/* All are parsed even if one is wrong, so that all errors are reported at once. */
static int parse_dropins(struct sysroot *root, struct dropins *d, struct messages *errors,
                         struct policy *policy)
{
        int result = 0;

        if (d->n > 0)
                qsort(d->items, d->n, sizeof(*d->items), compare_dropins);
        for (size_t i = 0; i < d->n; i++) {
                result = join(result, parse_dropin(root, &d->items[i], errors, policy));
                if (result == -ENOMEM)
                        return result;
        }
        return result;
}

/* The name of what is no regular file (a pipe) says nothing. */
static bool would_be_ignored(const char *file, const char *name)
{
        struct stat st;

        return !streq(file, "-") && !streq(name, FILE_NAME) && !is_dropin_name(name) &&
               stat(file, &st) == 0 && S_ISREG(st.st_mode);
}

/* Sorts the caller's files into the main file (if one is named like that) and drop-ins. 0, -EINVAL
 * (reported in errors), -ENOMEM. */
static int take_own_files(char *const *files, struct messages *errors, const char **main_file,
                          struct dropins *d)
{
        for (; files && *files; files++) {
                const char *name = streq(*files, "-") ? "stdin" : last_component(*files);
                bool is_main = streq(name, FILE_NAME);

                if ((is_main && *main_file) || has_dropin(d, name)) {
                        messages_add(errors, "%s: another %s was given", *files, name);
                        return -EINVAL;
                }
                if (would_be_ignored(*files, name)) {
                        messages_add(errors,
                                     "%s: would be ignored under this name: expected " FILE_NAME
                                     " or, for a drop-in, NAME.conf",
                                     *files);
                        return -EINVAL;
                }
                if (is_main) {
                        *main_file = *files;
                } else {
                        int r = add_dropin(d, name, *files);

                        if (r < 0)
                                return r;
                }
        }
        return 0;
}

/* What config_check() and its like are given. */
struct request {
        const char *config;                 /* replaces all that is installed, or NULL */
        char *const *files;                 /* see config_check() */
        size_t first;                       /* the first directory that counts */
        const struct config_change *change; /* or NULL */
};

static int load(struct sysroot *root, const struct request *request, struct messages *errors,
                struct policy *policy, struct dropins *d)
{
        const char *main_file = request->config;
        int r, q;

        r = take_own_files(request->files, errors, &main_file, d);
        if (r < 0)
                return r;
        r = main_file ? load_file(main_file, errors, policy)
                      : load_main(root, request->first, errors, policy);
        if (r == -ENOMEM || (r == -ENOENT && d->n == 0))
                return r;
        q = request->config ? 0 : find_dropins(root, request->first, errors, policy, d);
        if (q == 0)
                q = parse_dropins(root, d, errors, policy);
        return join(r, q);
}

static int load_and_finish(struct sysroot *root, const struct request *request,
                           struct messages *errors, struct policy **ret)
{
        _cleanup_(policy_unrefp) struct policy *policy = NULL;
        struct dropins d = { .change = request->change };
        int r;

        r = policy_new(&policy);
        if (r < 0)
                return r;
        r = load(root, request, errors, policy, &d);
        for (size_t i = 0; i < d.n; i++)
                free(d.items[i].name);
        free(d.items);
        if (r == 0 || r == -EBADMSG || r == -EACCES) /* what parsing did not find, too */
                r = join(r, policy_finish(policy, errors));
        if (r < 0)
                return r;
        *ret = TAKE_PTR(policy);
        return 0;
}

int config_check(struct sysroot *root, const char *config, char *const *files,
                 struct messages *errors, struct policy **ret)
{
        const struct request request = { .config = config, .files = files };

        return load_and_finish(root, &request, errors, ret);
}

int config_check_change(struct sysroot *root, const struct config_change *change,
                        struct messages *errors, struct policy **ret)
{
        const struct request request = { .change = change };

        return load_and_finish(root, &request, errors, ret);
}

int config_load(struct sysroot *root, const char *file, struct messages *errors,
                struct policy **ret)
{
        return config_check(root, file, NULL, errors, ret);
}

int config_load_vendor(struct sysroot *root, struct messages *errors, struct policy **ret)
{
        const struct request request = { .first = ELEMENTSOF(directories) - 1 };

        return load_and_finish(root, &request, errors, ret);
}
