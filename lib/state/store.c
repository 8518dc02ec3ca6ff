/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* state_load() and state_save(): the files of a state. */

#include <assert.h>
#include <errno.h>

#include "base/hash.h"
#include "state/state.h"
#include "state/upgrade.h"

static const char *const paths[] = {
        [STATE_MEMORY] = STATE_MEMORY_PATH,
        [STATE_VIEW] = STATE_VIEW_PATH,
        [STATE_UNDO] = STATE_UNDO_PATH,
};

static_assert(ELEMENTSOF(paths) == STATE_FILES, "each file has a path");

static uint64_t hash_text(const char *text)
{
        return hash_bytes(HASH_INIT, text, strlen(text));
}

static int read_file(struct sysroot *root, const char *path, struct messages *problems,
                     int *ret_error, struct state_bytes *ret)
{
        int r;

        *ret = (struct state_bytes){ 0 };
        r = sysroot_read_bytes(root, path, &ret->bytes, &ret->size);
        if (r == -ENOMEM)
                return r;
        *ret_error = r == -ENOENT ? 0 : r;
        if (*ret_error < 0)
                messages_add(problems, "/%s: cannot be read: %s", path, strerror(-r));
        return 0;
}

static void report_damage(const char *path, bool holds_originals, struct messages *problems)
{
        messages_add(problems, "/%s is damaged: lines that could not be understood are left out%s",
                     path,
                     holds_originals ? ", and with them values that numatier restore would have "
                                       "put back"
                                     : "");
}

static int load_file(struct sysroot *root, enum state_file file, struct messages *problems,
                     struct state *s)
{
        struct state_disk *disk = &s->disk[file];
        _cleanup_(freep) char *name = NULL, *text = NULL;
        struct state_bytes content;
        int r;

        r = read_file(root, paths[file], problems, &disk->error, &content);
        text = content.bytes;
        if (r < 0 || !text)
                return r;
        if (asprintf(&name, "/%s", paths[file]) < 0) {
                name = NULL;
                return -ENOMEM;
        }
        r = state_parse_file(s, file, text, content.size, name, problems);
        if (r == -EBADMSG) {
                report_damage(paths[file], file == STATE_UNDO, problems);
                disk->damaged = content;
                TAKE_PTR(text);
                return 0;
        }
        disk->is_saved = r == 0;
        if (r == 0)
                disk->hash = hash_text(text);
        return r;
}

static int parse_old(struct state *s, const struct state_bytes *content, struct messages *problems)
{
        _cleanup_(state_freep) struct state *old = NULL;
        bool damaged;
        int r;

        r = state_new(&old);
        if (r < 0)
                return r;
        r = upgrade_parse(old, content->bytes, content->size, "/" STATE_OLD_PATH, problems);
        damaged = r == -EBADMSG;
        if (r < 0 && !damaged)
                return r;
        r = upgrade_merge(s, old);
        return r < 0 ? r : damaged ? -EBADMSG : 0;
}

/* merge: there are files of this version. An upgrade may have been interrupted, or 0.1 have run
 * again since. */
static int load_old(struct sysroot *root, bool merge, struct messages *problems, struct state *s)
{
        _cleanup_(freep) char *text = NULL;
        struct state_bytes content;
        int r, error;

        r = read_file(root, STATE_OLD_PATH, problems, &error, &content);
        text = content.bytes;
        if (r < 0)
                return r;
        if (!text) {
                if (error < 0)
                        s->disk[STATE_UNDO].error = error;
                return 0;
        }
        s->upgraded = true;
        r = merge ? parse_old(s, &content, problems)
                  : upgrade_parse(s, text, content.size, "/" STATE_OLD_PATH, problems);
        if (r != -EBADMSG)
                return r;
        report_damage(STATE_OLD_PATH, true, problems);
        s->old_damaged = content;
        TAKE_PTR(text);
        return 0;
}

/* The administrator removed what had been set aside: then nothing is to be said of it any more. */
static void forget_removed(struct sysroot *root, struct state *s)
{
        for (size_t i = s->n_lost; i-- > 0;) {
                char byte[2];

                if (sysroot_read(root, s->lost[i], byte, sizeof(byte)) != -ENOENT)
                        continue;
                free(s->lost[i]);
                s->lost[i] = s->lost[--s->n_lost];
        }
}

/* The journal is written last: without one, what else there is was left by an upgrade from 0.1 that
 * did not come to its end, and only the file of 0.1 counts. */
static int load_all(struct sysroot *root, struct messages *problems, struct state *s)
{
        struct state_disk *undo = &s->disk[STATE_UNDO];
        bool has_undo;
        int r;

        r = load_file(root, STATE_UNDO, problems, s);
        has_undo = undo->is_saved || undo->damaged.bytes || undo->error < 0;
        if (r == 0 && !has_undo)
                r = load_old(root, false, problems, s);
        if (r < 0 || s->upgraded)
                return r;
        for (unsigned f = 0; f < STATE_UNDO; f++) {
                r = load_file(root, f, problems, s);
                if (r < 0)
                        return r;
        }
        return has_undo ? load_old(root, true, problems, s) : 0;
}

int state_load(struct sysroot *root, struct messages *problems, struct state **ret)
{
        _cleanup_(state_freep) struct state *s = NULL;
        int r;

        r = state_new(&s);
        if (r == 0)
                r = load_all(root, problems, s);
        if (r < 0)
                return r;
        /* Not known is not "no": see plan-top-tier.c */
        if (s->disk[STATE_MEMORY].damaged.bytes || s->old_damaged.bytes)
                s->tiering = true;
        forget_removed(root, s);
        *ret = TAKE_PTR(s);
        return 0;
}

#define DAMAGED_MAX         100
#define STATE_DAMAGED_PATHS "run/numatier/*.damaged-N"

/* Whether a damaged text can have this name, or has it already. */
static int try_name(struct sysroot *root, const char *name, const struct state_bytes *content)
{
        _cleanup_(freep) char *there = NULL;
        size_t size;
        int r;

        r = sysroot_read_bytes(root, name, &there, &size);
        if (r == -ENOENT)
                return sysroot_replace_bytes(root, name, content->bytes, content->size);
        if (r == -ENOMEM)
                return r;
        return r == 0 && size == content->size && memcmp(there, content->bytes, size) == 0
                       ? 0
                       : -EEXIST;
}

/* Copies a damaged text to the first free name, which is returned. */
static int set_aside(struct sysroot *root, const char *path, const struct state_bytes *content,
                     char **ret)
{
        for (unsigned i = 1; i <= DAMAGED_MAX; i++) {
                _cleanup_(freep) char *name = NULL;
                int r;

                if (asprintf(&name, "%s.damaged-%u", path, i) < 0) {
                        name = NULL;
                        return -ENOMEM;
                }
                r = try_name(root, name, content);
                if (r == 0)
                        *ret = TAKE_PTR(name);
                if (r != -EEXIST)
                        return r;
        }
        return -EEXIST;
}

/* Sets a damaged text aside and frees it. */
static int rescue(struct sysroot *root, struct state *s, const char *path, bool holds_originals,
                  struct state_bytes *content)
{
        _cleanup_(freep) char *name = NULL;
        int r;

        if (!content->bytes)
                return 0;
        r = set_aside(root, path, content, &name);
        if (r == 0 && holds_originals)
                r = state_note_lost(s, name);
        if (r == 0)
                free(TAKE_PTR(content->bytes));
        return r;
}

static int save_file(struct sysroot *root, struct state *s, enum state_file file)
{
        struct state_disk *disk = &s->disk[file];
        _cleanup_(freep) char *text = NULL;
        uint64_t hash;
        int r;

        r = state_format(s, file, &text);
        if (r < 0)
                return r;
        hash = hash_text(text);
        if (disk->is_saved && disk->hash == hash)
                return 0;
        if (disk->error < 0)
                return disk->error;
        r = sysroot_replace(root, paths[file], text);
        disk->is_saved = r == 0;
        disk->hash = hash;
        return r;
}

static int rescue_all(struct sysroot *root, struct state *s)
{
        for (unsigned f = 0; f < STATE_FILES; f++) {
                int r = rescue(root, s, paths[f], f == STATE_UNDO, &s->disk[f].damaged);

                if (r < 0)
                        return r;
        }
        return rescue(root, s, STATE_OLD_PATH, true, &s->old_damaged);
}

/* A pass may save twice: each problem is reported once. */
static void report_save(struct messages *problems, const char *path, int error)
{
        char text[128];

        if (!problems)
                return;
        snprintf(text, sizeof(text), "/%s: cannot be saved: %s", path, strerror(-error));
        for (size_t i = 0; i < problems->n; i++)
                if (streq(problems->items[i], text))
                        return;
        messages_add(problems, "%s", text);
}

int state_save(struct sysroot *root, struct state *s, struct messages *problems)
{
        int r;

        r = rescue_all(root, s);
        if (r < 0) {
                report_save(problems, STATE_DAMAGED_PATHS, r);
                return r;
        }
        for (unsigned f = 0; f < STATE_FILES; f++) {
                int error = save_file(root, s, f);

                if (error < 0)
                        report_save(problems, paths[f], error);
                /* the command line can do without what a daemon reports */
                if (error < 0 && f != STATE_VIEW && r == 0)
                        r = error;
        }
        if (r < 0)
                return r;
        if (s->upgraded)
                (void)sysroot_remove(root, STATE_OLD_PATH); /* else it is merged again */
        s->upgraded = false;
        return 0;
}

void state_check_saved(struct sysroot *root, struct state *s)
{
        char byte[2];

        if (sysroot_read(root, STATE_UNDO_PATH, byte, sizeof(byte)) != -ENOENT)
                return;
        for (unsigned f = 0; f < STATE_FILES; f++)
                s->disk[f].is_saved = false;
}
