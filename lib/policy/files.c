/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy/files.h"

#include <errno.h>

#define FILE_NAME   "numatierd.conf"
#define DROPIN_NAME FILE_NAME ".d"
#define SIZE_LIMIT  (1 << 20)

/* The administrator's, this boot's, the vendor's. */
static const char *const directories[] = { "etc/numatier", "run/numatier", "usr/lib/numatier" };

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
        if (n == -ENOENT)
                return -ENOENT;
        messages_add(errors, "%s: cannot be read: %s", name, strerror((int)-n));
        return -EBADMSG;
}

static int load_main(struct sysroot *root, struct messages *errors, struct policy *policy)
{
        int r = -ENOENT;

        for (size_t i = 0; r == -ENOENT && i < ELEMENTSOF(directories); i++) {
                char path[64];

                snprintf(path, sizeof(path), "%s/" FILE_NAME, directories[i]);
                r = read_and_parse(root, path, errors, policy);
        }
        if (r == -ENOENT)
                messages_add(errors, "no policy: expected /etc/numatier/" FILE_NAME
                                     " or /usr/lib/numatier/" FILE_NAME);
        return r;
}

/* A drop-in: its name, and which directory has it. */
struct dropin {
        char *name;
        size_t directory;
};

struct dropins {
        struct dropin *items;
        size_t n, allocated;
        size_t directory; /* being listed */
};

/* Directories are listed in order of precedence: a name that is there already is masked. */
static int note_dropin(const char *name, void *userdata)
{
        struct dropins *d = userdata;
        size_t length = strlen(name), suffix = strlen(".conf");
        char *copy;

        if (name[0] == '.' || length <= suffix || !streq(name + length - suffix, ".conf"))
                return 0;
        for (size_t i = 0; i < d->n; i++)
                if (streq(d->items[i].name, name))
                        return 0;
        if (array_grow(&d->items, &d->allocated, d->n + 1, sizeof(*d->items)) < 0)
                return -ENOMEM;
        copy = strdup(name);
        if (!copy)
                return -ENOMEM;
        d->items[d->n++] = (struct dropin){ copy, d->directory };
        return 0;
}

static int compare_dropins(const void *a, const void *b)
{
        return strcmp(((const struct dropin *)a)->name, ((const struct dropin *)b)->name);
}

static int find_dropins(struct sysroot *root, struct messages *errors, struct dropins *d)
{
        for (d->directory = 0; d->directory < ELEMENTSOF(directories); d->directory++) {
                char path[64];
                int r;

                snprintf(path, sizeof(path), "%s/" DROPIN_NAME, directories[d->directory]);
                r = sysroot_list(root, path, note_dropin, d);
                if (r == -ENOMEM)
                        return r;
                if (r < 0 && r != -ENOENT) {
                        messages_add(errors, "/%s: cannot be read: %s", path, strerror(-r));
                        return -EBADMSG;
                }
        }
        if (d->n > 0)
                qsort(d->items, d->n, sizeof(*d->items), compare_dropins);
        return 0;
}

/* All are read even if one is wrong, so that all errors are told at once. */
static int parse_dropins(struct sysroot *root, const struct dropins *d, struct messages *errors,
                         struct policy *policy)
{
        int result = 0;

        for (size_t i = 0; i < d->n; i++) {
                _cleanup_(freep) char *path = NULL;
                int r;

                if (asprintf(&path, "%s/" DROPIN_NAME "/%s", directories[d->items[i].directory],
                             d->items[i].name) < 0) {
                        path = NULL;
                        return -ENOMEM;
                }
                r = read_and_parse(root, path, errors, policy);
                if (r == -ENOENT) {
                        messages_add(errors, "/%s: cannot be read: %s", path, strerror(ENOENT));
                        r = -EBADMSG;
                }
                result = r < 0 ? r : result;
        }
        return result;
}

static int load_dropins(struct sysroot *root, struct messages *errors, struct policy *policy)
{
        struct dropins d = { 0 };
        int r;

        r = find_dropins(root, errors, &d);
        if (r == 0)
                r = parse_dropins(root, &d, errors, policy);
        for (size_t i = 0; i < d.n; i++)
                free(d.items[i].name);
        free(d.items);
        return r;
}

static int load_standard(struct sysroot *root, struct messages *errors, struct policy *policy)
{
        int r, q;

        r = load_main(root, errors, policy);
        if (r == -ENOENT || r == -ENOMEM)
                return r;
        q = load_dropins(root, errors, policy);
        return q < 0 ? q : r;
}

/* A file of the calling process, which need not be below root: any file, a pipe too. */
static int load_file(const char *file, struct messages *errors, struct policy *policy)
{
        _cleanup_(freep) char *text = NULL;
        size_t allocated = 0;
        FILE *f = streq(file, "-") ? stdin : fopen(file, "re");
        ssize_t n;

        if (!f) {
                messages_add(errors, "%s: cannot be read: %s", file, strerror(errno));
                return -EBADMSG;
        }
        errno = 0;
        n = getdelim(&text, &allocated, '\0', f);
        if (n < 0 && !feof(f)) {
                messages_add(errors, "%s: cannot be read: %s", file, strerror(errno));
                if (f != stdin)
                        fclose(f);
                return -EBADMSG;
        }
        if (f != stdin)
                fclose(f);
        if (n >= SIZE_LIMIT) {
                messages_add(errors, "%s: expected less than 1 MiB", file);
                return -EBADMSG;
        }
        /* up to and with a NUL byte, which is none of the language */
        return policy_parse(policy, text ?: "", n < 0 ? 0 : (size_t)n,
                            streq(file, "-") ? "stdin" : file, errors);
}

int config_load(struct sysroot *root, const char *file, struct messages *errors,
                struct policy **ret)
{
        _cleanup_(policy_unrefp) struct policy *policy = NULL;
        int r;

        r = policy_new(&policy);
        if (r < 0)
                return r;
        r = file ? load_file(file, errors, policy) : load_standard(root, errors, policy);
        if (r < 0)
                return r;
        r = policy_finish(policy, errors);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(policy);
        return 0;
}
