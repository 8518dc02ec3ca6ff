/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "fuzz.h"
#include "machine.h"

/* A kernel that answers every read with a piece of the input: every reader meets every kind of
 * garbage. */
struct garbage {
        const uint8_t *data;
        size_t size, at;
};

static uint8_t take_byte(struct garbage *g)
{
        return g->at < g->size ? g->data[g->at++] : 0;
}

static ssize_t garbage_read(void *data, const char *path, char *buf, size_t size)
{
        static const int errors[] = { -ENOENT, -ENODEV, -EACCES, -EAGAIN, -EFBIG };
        struct garbage *g = data;
        uint8_t length = take_byte(g);

        if (length >= 256 - sizeof(errors) / sizeof(*errors))
                return errors[255 - length];
        if (length >= size)
                return -EFBIG;
        for (uint8_t i = 0; i < length; i++)
                buf[i] = (char)take_byte(g);
        buf[length] = '\0';
        return length;
}

static int garbage_write(void *data, const char *path, const char *value)
{
        return -EINVAL;
}

static int garbage_list(void *data, const char *path, sysroot_entry_fn fn, void *userdata)
{
        char name[32];

        for (uint8_t n = take_byte(data) % 8; n > 0; n--) {
                uint8_t length = take_byte(data) % (sizeof(name) - 1);
                int r;

                for (uint8_t i = 0; i < length; i++)
                        name[i] = (char)(take_byte(data) ?: 'x');
                name[length] = '\0';
                r = fn(name, userdata);
                if (r != 0)
                        return r;
        }
        return 0;
}

static void garbage_free(void *data)
{
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static const struct sysroot_ops ops = {
                .read = garbage_read,
                .write = garbage_write,
                .list = garbage_list,
                .free = garbage_free,
        };
        struct garbage garbage = { data, size, 0 };
        struct messages problems = MESSAGES_INIT;
        struct machine *m = NULL;
        struct sysroot *root;

        assert(sysroot_new(&ops, &garbage, &root) == 0);
        if (machine_read(root, TIERS_READ, NULL, &problems, &m) == 0 &&
            machine_read_knobs(root, m, &problems) == 0)
                for (size_t i = 0; i < m->n_nodes; i++)
                        assert(m->nodes[i].id < NODE_MAX);
        machine_free(m);
        messages_done(&problems);
        sysroot_free(root);
        return 0;
}
