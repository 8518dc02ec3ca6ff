/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/input.h"

#include <errno.h>

#include "policy/files.h"
#include "sysroot/capture.h"

static void print_messages(struct messages *m)
{
        for (size_t i = 0; i < m->n; i++)
                fprintf(stderr, "%s\n", m->items[i]);
        messages_done(m);
}

/* Reads a whole file of any kind: a capture may come through a pipe. */
static int read_file(const char *path, char **ret, size_t *ret_size)
{
        _cleanup_(freep) char *text = NULL;
        size_t size = 0, allocated = 0;
        FILE *f = streq(path, "-") ? stdin : fopen(path, "re");
        int r = 0;

        if (!f)
                return -errno;
        do {
                r = array_grow(&text, &allocated, size + 65536, 1);
                if (r == 0)
                        size += fread(text + size, 1, allocated - size, f);
        } while (r == 0 && !feof(f) && !ferror(f));
        if (r == 0 && ferror(f))
                r = -EIO;
        if (f != stdin)
                fclose(f);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(text);
        *ret_size = size;
        return 0;
}

static int open_machine(const char *path, struct sysroot **ret)
{
        struct messages errors = MESSAGES_INIT;
        _cleanup_(freep) char *text = NULL;
        size_t size = 0;
        int r;

        r = read_file(path, &text, &size);
        if (r < 0) {
                fprintf(stderr, "%s: cannot be read: %s\n", path, strerror(-r));
                return r;
        }
        r = capture_open(text, size, path, &errors, ret);
        print_messages(&errors);
        return r;
}

int input_open_root(const struct input *in, struct sysroot **ret)
{
        const char *path = in->root ?: "/";
        int r;

        if (in->machine)
                return open_machine(in->machine, ret);
        r = sysroot_open(path, ret);
        if (r < 0)
                fprintf(stderr, "%s: cannot be opened as a root directory: %s\n", path,
                        strerror(-r));
        return r;
}

int input_load_policy(const struct input *in, struct policy **ret)
{
        struct messages errors = MESSAGES_INIT;
        _cleanup_(sysroot_freep) struct sysroot *root = NULL;
        int r;

        r = sysroot_open("/", &root);
        if (r < 0)
                return r;
        r = config_load(root, in->config, &errors, ret);
        print_messages(&errors);
        return r;
}
