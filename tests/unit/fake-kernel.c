/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fake-kernel.h"
#include "base/nodeset.h"
#include "facts/blocks.h"
#include "facts/knobs.h"
#include "state/state.h"

#define VALUE_MAX 4096

const char *fake_kernel_get(struct fake_kernel *k, const char *path)
{
        static char value[VALUE_MAX];

        if (sysroot_read(k->files, path, value, sizeof(value)) < 0)
                return NULL;
        value[strcspn(value, "\n")] = '\0';
        return value;
}

void fake_kernel_set(struct fake_kernel *k, const char *path, const char *value)
{
        char line[VALUE_MAX];

        snprintf(line, sizeof(line), "%s\n", value);
        assert(sysroot_replace(k->files, path, line) == 0);
}

/* Where the dump has come to. */
struct dump {
        struct sysroot *files;
        FILE *out;
        const char *path;
};

static void dump_file(struct dump *d)
{
        char text[VALUE_MAX];

        if (sysroot_read(d->files, d->path, text, sizeof(text)) < 0)
                return;
        if (!strstr(d->path, "/nodelist") || !streq(text, "\n"))
                fprintf(d->out, "%s=%s", d->path, text);
}

static int dump_entry(const char *name, void *userdata)
{
        struct dump below = *(struct dump *)userdata;
        char path[256];

        snprintf(path, sizeof(path), "%s/%s", below.path, name);
        below.path = path;
        if (sysroot_list(below.files, path, dump_entry, &below) == -ENOENT)
                dump_file(&below);
        return 0;
}

char *fake_kernel_dump(struct fake_kernel *k)
{
        char *text = NULL;
        size_t size;
        struct dump d = { .files = k->files, .out = open_memstream(&text, &size) };

        assert(d.out);
        for (size_t i = 0; i < 2; i++) {
                d.path = i == 0 ? "sys" : "proc";
                sysroot_list(d.files, d.path, dump_entry, &d);
        }
        assert(fclose(d.out) == 0 && size > 0);
        return text;
}

static bool concerns(const char *fault, const char *path)
{
        return fault && strstr(path, fault);
}

static ssize_t fake_read(void *data, const char *path, char *buf, size_t size)
{
        struct fake_kernel *k = data;
        ssize_t n;

        k->reads++;
        if (strstr(path, "/nodelist"))
                k->nodelist_reads++;
        if (k->before_read)
                k->before_read(k, path);
        if (concerns(k->unreadable_path, path))
                return k->unreadable_error;
        n = sysroot_read(k->files, path, buf, size);
        /* unless a test says more, no uevent was ever sent: TIERS_READ */
        return n == -ENOENT && streq(path, "sys/kernel/uevent_seqnum")
                       ? (ssize_t)strlen(strcpy(buf, "0\n"))
                       : n;
}

static int fake_link(void *data, const char *path, char *buf, size_t size)
{
        return sysroot_readlink(((struct fake_kernel *)data)->files, path, buf, size);
}

static int fake_list(void *data, const char *path, sysroot_entry_fn fn, void *userdata)
{
        return sysroot_list(((struct fake_kernel *)data)->files, path, fn, userdata);
}

static int fake_replace(void *data, const char *path, const char *text, size_t size)
{
        struct fake_kernel *k = data;

        if (k->replace_error < 0)
                return k->replace_error;
        if (streq(path, STATE_UNDO_PATH) && k->writes == 0)
                k->state_saved_before_first_write = true;
        return sysroot_replace_bytes(k->files, path, text, size);
}

static int fake_remove(void *data, const char *path)
{
        return sysroot_remove(((struct fake_kernel *)data)->files, path);
}

static int fake_identify(void *data, const char *path, uint64_t *ret)
{
        const struct fake_kernel *k = data;

        *ret = strstr(path, "LNXSYSTM") ? k->acpi_identity : k->identity;
        return 0;
}

static void set_nodelist(struct fake_kernel *k, unsigned tier, unsigned node, bool member)
{
        char path[128], buf[NODESET_STRING_MAX];
        struct nodeset nodes = { 0 };
        const char *list;

        snprintf(path, sizeof(path), TIER "memory_tier%u/nodelist", tier);
        list = fake_kernel_get(k, path);
        if (list)
                assert(nodeset_parse(list, &nodes) == 0);
        if (member)
                nodeset_add(&nodes, node);
        else
                nodeset_remove(&nodes, node);
        fake_kernel_set(k, path, nodeset_format(&nodes, buf));
}

static void move_node(struct fake_kernel *k, unsigned node, unsigned tier)
{
        char path[128], name[32];

        for (unsigned t = 0; t < 256; t++) {
                snprintf(path, sizeof(path), TIER "memory_tier%u/nodelist", t);
                if (fake_kernel_get(k, path))
                        set_nodelist(k, t, node, false);
        }
        set_nodelist(k, tier, node, true);
        snprintf(path, sizeof(path), NODE_DIR "/node%u/" OVERRIDE_FILE, node);
        if (!fake_kernel_get(k, path))
                return;
        snprintf(name, sizeof(name), "memory_tier%u", tier);
        fake_kernel_set(k, path, name);
}

static int write_node(struct fake_kernel *k, unsigned node, const char *file, const char *value)
{
        unsigned tier;
        char path[128];

        if (streq(file, OFFSET_FILE)) {
                snprintf(path, sizeof(path), NODE_DIR "/node%u/" OFFSET_FILE, node);
                fake_kernel_set(k, path, value);
                move_node(k, node, (unsigned)((int)k->own_tier[node] + atoi(value) / 128));
                return 0;
        }
        if (streq(value, "default") && k->module)
                tier = k->own_tier[node];
        else if (parse_unsigned(value, MEMORY_TIER_MAX, &tier) < 0)
                return -EINVAL;
        move_node(k, node, tier);
        return 0;
}

/* 6.16 and later: any manual weight ends the automatic mode. */
static int write_weight(struct fake_kernel *k, const char *path, const char *value)
{
        if (streq(path, WEIGHT_AUTO_PATH) && streq(value, "true") && !k->has_bandwidths)
                return -ENODEV;
        fake_kernel_set(k, path, value);
        if (!streq(path, WEIGHT_AUTO_PATH) && fake_kernel_get(k, WEIGHT_AUTO_PATH))
                fake_kernel_set(k, WEIGHT_AUTO_PATH, "false");
        return 0;
}

/* It counts in jiffies. */
static int write_min_ttl(struct fake_kernel *k, const char *path, const char *value)
{
        unsigned ms, tick = k->tick_ms ?: 1;
        char text[32];

        if (parse_unsigned(value, UINT32_MAX, &ms) < 0)
                return -EINVAL;
        snprintf(text, sizeof(text), "%u", (ms + tick - 1) / tick * tick);
        fake_kernel_set(k, path, text);
        return 0;
}

/* drivers/base/memory.c:state_store. No block changes to the state in which it is. */
static int write_block(struct fake_kernel *k, const char *path, const char *value)
{
        _cleanup_(freep) char *directory = strndup(path, strlen(path) - strlen("/state"));
        bool on = startswith(value, "online");
        char zones[128];

        assert(directory);
        if (streq(fake_kernel_get(k, path), on ? "online" : "offline"))
                return -EINVAL;
        snprintf(zones, sizeof(zones), "%s/valid_zones", directory);
        fake_kernel_set(k, path, on ? "online" : "offline");
        fake_kernel_set(k, zones,
                        !on                              ? "Normal Movable"
                        : streq(value, "online_movable") ? "Movable"
                                                         : "Normal");
        return 0;
}

static void note_write(struct fake_kernel *k, const char *path, const char *value)
{
        size_t n = strlen(k->log);

        assert(n + strlen(path) + strlen(value) + 3 <= sizeof(k->log));
        sprintf(k->log + n, "%s=%s\n", path, value);
}

static int fake_write(void *data, const char *path, const char *value)
{
        struct fake_kernel *k = data;
        char file[64];
        unsigned node;

        if (k->before_write)
                k->before_write(k, path);
        if (concerns(k->fail_path, path))
                return k->fail_error;
        if (!fake_kernel_get(k, path))
                return -ENOENT;
        k->writes++;
        note_write(k, path, value);
        if (concerns(k->ignore_path, path))
                return 0;
        if (sscanf(path, NODE_DIR "/node%u/%63s", &node, file) == 2 && node < FAKE_NODES)
                return write_node(k, node, file, value);
        if (startswith(path, MEMORY_DIR "/memory"))
                return write_block(k, path, value);
        if (startswith(path, WEIGHT_DIR "/"))
                return write_weight(k, path, value);
        if (streq(path, MIN_TTL_PATH))
                return write_min_ttl(k, path, value);
        fake_kernel_set(k, path, value);
        return 0;
}

static void fake_free(void *data)
{
        struct fake_kernel *k = data;

        sysroot_free(k->files);
        free(k);
}

struct sysroot *fake_kernel_new(const char *text, struct fake_kernel **ret)
{
        static const struct sysroot_ops ops = {
                .read = fake_read,
                .write = fake_write,
                .link = fake_link,
                .list = fake_list,
                .replace = fake_replace,
                .remove = fake_remove,
                .identify = fake_identify,
                .free = fake_free,
                .live = true,
        };
        struct fake_kernel *k = calloc(1, sizeof(*k));
        struct sysroot *root;

        assert(k);
        k->files = root_from(text);
        assert(sysroot_new(&ops, k, &root) == 0);
        *ret = k;
        return root;
}

struct plan *plan_restore_now(struct sysroot *root, const struct machine *m, const struct state *s)
{
        struct present_values *present;
        struct plan *plan;

        assert(restore_read(root, s, &present) == 0);
        assert(plan_new_restore(m, s, present, &plan) == 0);
        present_values_free(present);
        return plan;
}
