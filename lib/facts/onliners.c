/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "facts/onliners.h"

#include <errno.h>

#include "facts/blocks.h"
#include "facts/health.h"
#include "facts/udev-rules.h"

#define AUTO_ONLINE    MEMORY_DIR "/auto_online_blocks"
#define COMMAND_LINE   "proc/cmdline"
#define BOOT_OPTION    "memhp_default_state"
#define MOVABLE_NODE   "movable_node"
#define ONLINE_POLICY  "sys/module/memory_hotplug/parameters/online_policy"
#define DAXCTL_CONFIG  "etc/daxctl.conf"
#define DAXCTL_DIR     "etc/daxctl.conf.d"
#define LINE_SIZE      64
#define FILE_NAME_SIZE 256

/* The first one that has a file of some name hides the others' (udev(7)). */
static const char *const rule_dirs[] = {
        "etc/udev/rules.d",     "run/udev/rules.d", "usr/local/lib/udev/rules.d",
        "usr/lib/udev/rules.d", "lib/udev/rules.d",
};

static bool brings_online(const char *state)
{
        return streq(state, "online") || streq(state, "online_kernel") ||
               streq(state, "online_movable");
}

static void onliner_done(struct onliner *o)
{
        free(o->path);
        free(o->text);
        free(o->state);
}

void onliners_done(struct onliners *o)
{
        for (size_t i = 0; i < o->n; i++)
                onliner_done(&o->items[i]);
        free(o->items);
        *o = (struct onliners){ 0 };
}

/* Copies what the item points to. */
static int add_onliner(struct onliners *o, const struct onliner *item)
{
        struct onliner copy = *item;

        copy.path = strdup(item->path);
        copy.text = strdup(item->text);
        copy.state = item->state ? strdup(item->state) : NULL;
        if (!copy.path || !copy.text || (item->state && !copy.state) ||
            array_grow(&o->items, &o->allocated, o->n + 1, sizeof(*o->items)) < 0) {
                onliner_done(&copy);
                return -ENOMEM;
        }
        o->items[o->n++] = copy;
        return 0;
}

static void note_error(struct onliners *o, struct messages *problems, const char *path, int error)
{
        if (sysroot_is_absent(error))
                return;
        o->incomplete = true;
        sysroot_reportf(problems, error, "%s", path);
}

/* 1: somebody has switched it off. */
static int read_auto_online(struct sysroot *root, struct onliners *o, struct messages *problems)
{
        char line[LINE_SIZE];
        int r = sysroot_read_line(root, AUTO_ONLINE, line, sizeof(line));

        if (r < 0) {
                note_error(o, problems, AUTO_ONLINE, r);
                return 0;
        }
        if (!brings_online(line))
                return 1;
        return add_onliner(o, &(struct onliner){ .kind = ONLINER_KERNEL,
                                                 .path = (char[]){ "/" AUTO_ONLINE },
                                                 .text = line,
                                                 .state = line });
}

static int read_boot_option(struct sysroot *root, struct onliners *o, struct messages *problems)
{
        _cleanup_(freep) char *line = NULL;
        struct health h = { 0 };
        char state[LINE_SIZE], text[2 * LINE_SIZE];
        int r = sysroot_read_alloc(root, COMMAND_LINE, &line);

        if (r < 0) {
                note_error(o, problems, COMMAND_LINE, r);
                return r == -ENOMEM ? r : 0;
        }
        h.options.value = line;
        if (!health_find_option(&h, BOOT_OPTION, state, sizeof(state)) || !brings_online(state))
                return 0;
        snprintf(text, sizeof(text), BOOT_OPTION "=%s", state);
        return add_onliner(o, &(struct onliner){ .kind = ONLINER_BOOT,
                                                 .path = (char[]){ "/" COMMAND_LINE },
                                                 .text = text,
                                                 .state = state });
}

/* The files of udev. */

struct rule_file {
        char *name;
        size_t directory; /* index of rule_dirs */
};

struct rule_files {
        struct rule_file *items;
        size_t n, allocated, directory;
};

static bool has_suffix(const char *name, const char *suffix)
{
        size_t n = strlen(name), m = strlen(suffix);

        return n > m && n < FILE_NAME_SIZE && streq(name + n - m, suffix);
}

static int note_rule_file(const char *name, void *userdata)
{
        struct rule_files *f = userdata;

        if (!has_suffix(name, ".rules"))
                return 0;
        if (array_grow(&f->items, &f->allocated, f->n + 1, sizeof(*f->items)) < 0)
                return -ENOMEM;
        f->items[f->n] = (struct rule_file){ .name = strdup(name), .directory = f->directory };
        return f->items[f->n].name ? (f->n++, 0) : -ENOMEM;
}

static int compare_files(const void *a, const void *b)
{
        const struct rule_file *x = a, *y = b;

        return strcmp(x->name, y->name)
                       ?: (x->directory > y->directory) - (x->directory < y->directory);
}

static int read_file(struct sysroot *root, struct onliners *o, struct messages *problems,
                     const char *path, char **ret)
{
        int r = sysroot_read_alloc(root, path, ret);

        if (r < 0)
                note_error(o, problems, path, r);
        return r;
}

static int read_rule_file(struct sysroot *root, struct onliners *o, struct messages *problems,
                          const struct rule_file *f, bool *has_daxctl)
{
        _cleanup_(freep) char *text = NULL;
        char path[SYSROOT_PATH_MAX + FILE_NAME_SIZE];
        int r;

        snprintf(path, sizeof(path), "/%s/%s", rule_dirs[f->directory], f->name);
        r = read_file(root, o, problems, path + 1, &text);
        if (r < 0)
                return r == -ENOMEM ? r : 0;
        return onliners_parse_rules(o, path, text, has_daxctl);
}

static int read_rules(struct sysroot *root, struct onliners *o, struct messages *problems,
                      bool *has_daxctl)
{
        struct rule_files f = { 0 };
        int r = 0;

        for (; r == 0 && f.directory < ELEMENTSOF(rule_dirs); f.directory++) {
                r = sysroot_list(root, rule_dirs[f.directory], note_rule_file, &f);
                if (r < 0 && r != -ENOMEM) {
                        note_error(o, problems, rule_dirs[f.directory], r);
                        r = 0;
                }
        }
        if (f.n > 0)
                qsort(f.items, f.n, sizeof(*f.items), compare_files);
        for (size_t i = 0; r == 0 && i < f.n; i++)
                if (i == 0 || !streq(f.items[i - 1].name, f.items[i].name))
                        r = read_rule_file(root, o, problems, &f.items[i], has_daxctl);
        for (size_t i = 0; i < f.n; i++)
                free(f.items[i].name);
        free(f.items);
        return r;
}

/* The files of daxctl. */

struct daxctl_search {
        struct sysroot *root;
        struct onliners *onliners;
        struct messages *problems;
};

static int read_daxctl_file(struct daxctl_search *s, const char *path)
{
        _cleanup_(freep) char *text = NULL, *shown = NULL;
        int r = read_file(s->root, s->onliners, s->problems, path, &text);

        if (r < 0)
                return r == -ENOMEM ? r : 0;
        if (asprintf(&shown, "/%s", path) < 0) {
                shown = NULL;
                return -ENOMEM;
        }
        return onliners_parse_daxctl(s->onliners, shown, text);
}

static int note_daxctl_file(const char *name, void *userdata)
{
        char path[SYSROOT_PATH_MAX + FILE_NAME_SIZE];

        if (!has_suffix(name, ".conf"))
                return 0;
        snprintf(path, sizeof(path), DAXCTL_DIR "/%s", name);
        return read_daxctl_file(userdata, path) == -ENOMEM ? -ENOMEM : 0;
}

static int read_daxctl(struct sysroot *root, struct onliners *o, struct messages *problems)
{
        struct daxctl_search s = { root, o, problems };
        int r = read_daxctl_file(&s, DAXCTL_CONFIG);

        if (r < 0)
                return r;
        r = sysroot_list(root, DAXCTL_DIR, note_daxctl_file, &s);
        if (r < 0 && r != -ENOMEM)
                note_error(o, problems, DAXCTL_DIR, r);
        return r == -ENOMEM ? r : 0;
}

static bool any_is_plain(const struct onliners *o)
{
        for (size_t i = 0; i < o->n; i++)
                if (o->items[i].state && streq(o->items[i].state, "online"))
                        return true;
        return false;
}

/* Kernels before 5.14 have no online_policy. */
static int read_plain_zone(struct sysroot *root, struct onliners *o, struct messages *problems)
{
        _cleanup_(freep) char *options = NULL;
        struct health h = { 0 };
        char line[LINE_SIZE];
        int r = sysroot_read_line(root, ONLINE_POLICY, line, sizeof(line));

        o->plain = PLAIN_EITHER;
        if (r < 0 && !sysroot_is_absent(r)) {
                sysroot_reportf(problems, r, "%s", ONLINE_POLICY);
                return 0;
        }
        if (r >= 0 && !streq(line, "contig-zones"))
                return 0;
        r = sysroot_read_alloc(root, COMMAND_LINE, &options);
        if (r < 0 && !sysroot_is_absent(r))
                return r == -ENOMEM ? r : 0; /* others report it: read_boot_option(), health */
        h.options.value = options;
        o->plain = health_find_option(&h, MOVABLE_NODE, line, sizeof(line)) ? PLAIN_MOVABLE
                                                                            : PLAIN_KERNEL;
        return 0;
}

int onliners_read(struct sysroot *root, struct messages *problems, struct onliners *ret)
{
        struct onliners o = { 0 };
        bool has_daxctl = false;
        int r = read_auto_online(root, &o, problems);

        if (r >= 0)
                r = r == 1 ? 0 : read_boot_option(root, &o, problems);
        if (r == 0)
                r = read_rules(root, &o, problems, &has_daxctl);
        if (r == 0 && has_daxctl)
                r = read_daxctl(root, &o, problems);
        if (r == 0 && any_is_plain(&o))
                r = read_plain_zone(root, &o, problems);
        if (r < 0) {
                onliners_done(&o);
                return r;
        }
        *ret = o;
        return 0;
}

/* Parsers. */

struct rules_search {
        struct onliners *onliners;
        const char *path;
        bool *has_daxctl;
};

static int note_rule(const struct udev_hit *hit, void *userdata)
{
        struct rules_search *s = userdata;

        if (hit->is_daxctl) {
                if (s->has_daxctl)
                        *s->has_daxctl = true;
                return 0;
        }
        return add_onliner(s->onliners, &(struct onliner){ .kind = ONLINER_UDEV,
                                                           .path = (char *)s->path,
                                                           .line = hit->line,
                                                           .text = (char *)hit->text,
                                                           .state = (char *)hit->state,
                                                           .conditional = hit->conditional });
}

int onliners_parse_rules(struct onliners *o, const char *path, const char *text, bool *has_daxctl)
{
        struct rules_search s = { o, path, has_daxctl };

        return udev_rules_walk(text, note_rule, &s);
}

/* [reconfigure-device NAME] with "mode = system-ram"; unless "online" and "movable" are false, the
 * memory is brought online, movable (daxctl-reconfigure-device(1)). */
struct section {
        unsigned line;
        char header[LINE_SIZE];
        bool is_memory, stays_offline, is_kernel;
};

static int end_section(struct onliners *o, const char *path, struct section *s)
{
        struct section ended = *s;

        *s = (struct section){ 0 };
        if (!ended.is_memory || ended.stays_offline)
                return 0;
        return add_onliner(o, &(struct onliner){ .kind = ONLINER_DAXCTL,
                                                 .path = (char *)path,
                                                 .line = ended.line,
                                                 .text = ended.header,
                                                 .state = ended.is_kernel
                                                                  ? (char[]){ "online" }
                                                                  : (char[]){ "online_movable" },
                                                 .conditional = true });
}

/* Without the space around it, and quotation marks. */
static char *trim(char *text)
{
        size_t n;

        text += strspn(text, " \t\r\"");
        for (n = strlen(text); n > 0 && strchr(" \t\r\"", text[n - 1]); n--)
                text[n - 1] = '\0';
        return text;
}

static int parse_daxctl_line(struct onliners *o, const char *path, unsigned number, char *line,
                             struct section *s)
{
        char *value = strchr(line, '='), *key;
        int r = 0;

        if (*line == '[') {
                r = end_section(o, path, s);
                if (startswith(line, "[reconfigure-device")) {
                        s->line = number;
                        snprintf(s->header, sizeof(s->header), "%s", line);
                }
                return r;
        }
        if (!value || s->line == 0)
                return 0;
        *value++ = '\0';
        key = trim(line);
        value = trim(value);
        if (streq(key, "mode"))
                s->is_memory = streq(value, "system-ram");
        else if (streq(key, "online"))
                s->stays_offline = streq(value, "false");
        else if (streq(key, "movable"))
                s->is_kernel = streq(value, "false");
        return 0;
}

int onliners_parse_daxctl(struct onliners *o, const char *path, const char *text)
{
        _cleanup_(freep) char *copy = strdup(text);
        struct section s = { 0 };
        unsigned number = 0;
        int r = 0;

        if (!copy)
                return -ENOMEM;
        for (char *line = copy, *end; line && r == 0; line = end) {
                end = strchr(line, '\n');
                if (end)
                        *end++ = '\0';
                line = trim(line);
                number++;
                if (*line != '#' && *line != ';')
                        r = parse_daxctl_line(o, path, number, line, &s);
        }
        return r < 0 ? r : end_section(o, path, &s);
}

/* What a capture keeps. */

static bool is_daxctl_config(const char *path)
{
        return streq(path, DAXCTL_CONFIG) || startswith(path, DAXCTL_DIR "/");
}

bool onliners_must_filter(const char *path)
{
        for (size_t i = 0; i < ELEMENTSOF(rule_dirs); i++)
                if (startswith(path, rule_dirs[i]))
                        return true;
        return is_daxctl_config(path);
}

/* Copies a line if it is to be kept, and its newline in any case. */
static const char *copy_line(const char *line, bool keep, char **out)
{
        size_t n = strcspn(line, "\n");

        if (keep) {
                memcpy(*out, line, n);
                *out += n;
        }
        if (line[n] == '\0')
                return line + n;
        *(*out)++ = '\n';
        return line + n + 1;
}

static bool is_kept_key(const char *line)
{
        static const char *const keys[] = { "mode", "online", "movable" };

        line += strspn(line, " \t");
        for (size_t i = 0; i < ELEMENTSOF(keys); i++) {
                const char *rest = startswith(line, keys[i]);

                if (rest && rest[strspn(rest, " \t")] == '=')
                        return true;
        }
        return *line == '[';
}

static char *filter_daxctl(const char *text, char *out)
{
        bool found = false;

        while (*text != '\0') {
                bool keep = is_kept_key(text);

                found = found || keep;
                text = copy_line(text, keep, &out);
        }
        return found ? out : NULL;
}

struct rule_filter {
        unsigned char *keep; /* for each line, from 1 */
        bool found;
};

static int keep_rule(const struct udev_hit *hit, void *userdata)
{
        struct rule_filter *f = userdata;

        memset(f->keep + hit->line, true, hit->n_lines);
        f->found = true;
        return 0;
}

/* 1: something is kept, up to *end. */
static int filter_rules(const char *text, char *out, char **end)
{
        _cleanup_(freep) unsigned char *keep = calloc(strlen(text) + 3, 1);
        struct rule_filter f = { .keep = keep };
        int r = keep ? udev_rules_walk(text, keep_rule, &f) : -ENOMEM;

        if (r < 0)
                return r;
        for (size_t line = 1; *text != '\0'; line++)
                text = copy_line(text, keep[line], &out);
        *end = out;
        return f.found;
}

int onliners_filter(const char *path, const char *text, char **ret)
{
        _cleanup_(freep) char *out = malloc(strlen(text) + 1);
        char *end = NULL;
        int r = 0;

        *ret = NULL;
        if (!out)
                return -ENOMEM;
        if (is_daxctl_config(path))
                end = filter_daxctl(text, out);
        else
                r = filter_rules(text, out, &end);
        if (r < 0)
                return r;
        if (!end || (!is_daxctl_config(path) && r == 0))
                return 0;
        *end = '\0';
        *ret = TAKE_PTR(out);
        return 0;
}
