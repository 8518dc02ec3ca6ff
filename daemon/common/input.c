/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/input.h"

#include <errno.h>

#include "base/nodeset.h"
#include "policy/files.h"
#include "sysroot/capture.h"

static const char *program_name(const struct input *in)
{
        return in->program ?: "numatier";
}

static void print_messages(const struct input *in, struct messages *m)
{
        for (size_t i = 0; i < m->n; i++)
                fprintf(stderr, "%s: %s\n", program_name(in), m->items[i]);
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
                if (r < 0)
                        break;
                errno = 0;
                size += fread(text + size, 1, allocated - size, f);
                if (ferror(f))
                        r = errno > 0 ? -errno : -EIO;
        } while (!feof(f) && !ferror(f));
        if (f != stdin)
                fclose(f);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(text);
        *ret_size = size;
        return 0;
}

static int open_machine(const struct input *in, struct sysroot **ret)
{
        const char *path = in->machine;
        struct messages errors = MESSAGES_INIT;
        _cleanup_(freep) char *text = NULL;
        size_t size = 0;
        int r;

        r = read_file(path, &text, &size);
        if (r < 0) {
                fprintf(stderr, "%s: %s: cannot be read: %s\n", program_name(in), path,
                        strerror(-r));
                return r;
        }
        r = capture_open(text, size, path, &errors, ret);
        print_messages(in, &errors);
        return r;
}

static int open_directory(const struct input *in, const char *path, struct sysroot **ret)
{
        int r = sysroot_open(path, ret);

        if (r < 0)
                fprintf(stderr, "%s: %s: cannot be opened as a root directory: %s\n",
                        program_name(in), path, strerror(-r));
        return r;
}

int input_open_root(const struct input *in, struct sysroot **ret)
{
        return in->machine ? open_machine(in, ret) : open_directory(in, in->root ?: "/", ret);
}

static int load_policy(const struct input *in, struct sysroot *root, struct policy **ret)
{
        struct messages errors = MESSAGES_INIT;
        int r = config_load(root, in->config, &errors, ret);

        print_messages(in, &errors);
        return r;
}

int input_load_policy(const struct input *in, struct policy **ret)
{
        _cleanup_(sysroot_freep) struct sysroot *root = NULL;
        int r = open_directory(in, "/", &root);

        return r < 0 ? r : load_policy(in, root, ret);
}

int input_open(const struct input *in, struct policy **ret_policy, struct sysroot **ret_root)
{
        _cleanup_(sysroot_freep) struct sysroot *root = NULL;
        _cleanup_(policy_unrefp) struct policy *policy = NULL;
        int r;

        r = open_directory(in, "/", &root);
        if (r < 0)
                return r;
        r = load_policy(in, root, &policy);
        if (r < 0)
                return r;
        if (in->root || in->machine) {
                root = sysroot_free(root);
                r = input_open_root(in, &root);
                if (r < 0)
                        return r;
        }
        *ret_policy = TAKE_PTR(policy);
        *ret_root = TAKE_PTR(root);
        return 0;
}

int input_parse_node(const char *text, unsigned *ret)
{
        /* no white space, which parse_unsigned() allows */
        const char *number = startswith(text, "node") ?: text;

        if (number[strspn(number, "0123456789")] != '\0')
                return -EINVAL;
        return parse_unsigned(number, NODE_MAX - 1, ret) < 0 ? -EINVAL : 0;
}
