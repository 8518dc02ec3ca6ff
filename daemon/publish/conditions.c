/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "publish/conditions.h"

#include "base/util.h"

static bool has(const struct conditions_set *s, uint64_t hash)
{
        for (size_t i = 0; i < s->n; i++)
                if (s->hashes[i] == hash)
                        return true;
        return false;
}

static bool add(struct conditions_set *s, uint64_t hash)
{
        if (has(s, hash))
                return false;
        if (array_grow(&s->hashes, &s->allocated, s->n + 1, sizeof(*s->hashes)) == 0)
                s->hashes[s->n++] = hash;
        return true;
}

bool conditions_note(struct conditions *c, uint64_t hash)
{
        return add(&c->current, hash) && !has(&c->last, hash);
}

void conditions_end(struct conditions *c, bool keep)
{
        struct conditions_set last = c->last;

        for (size_t i = 0; keep && i < last.n; i++)
                add(&c->current, last.hashes[i]);
        c->last = c->current;
        last.n = 0;
        c->current = last;
}

void conditions_done(struct conditions *c)
{
        free(c->last.hashes);
        free(c->current.hashes);
        *c = (struct conditions){ 0 };
}
