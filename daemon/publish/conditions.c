/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "publish/conditions.h"

#include <ctype.h>

#include "base/hash.h"
#include "base/util.h"

/* Whether a word goes on listing nodes: "nodes 0, 2 and 3". */
static bool continues_nodes(const char *word, size_t length, bool listing)
{
        static const char *const beginnings[] = { "node", "Node", "nodes", "Nodes" };

        for (size_t i = 0; i < ELEMENTSOF(beginnings); i++)
                if (strlen(beginnings[i]) == length && strncmp(word, beginnings[i], length) == 0)
                        return true;
        return listing &&
               (isdigit((unsigned char)*word) || (length == 3 && strncmp(word, "and", 3) == 0));
}

/* A word that is a value: "120", "(1.5x)". */
static bool is_value(const char *word, size_t length)
{
        size_t i = strspn(word, "(");

        return i < length && isdigit((unsigned char)word[i]);
}

uint64_t conditions_hash(const char *id, const char *text)
{
        uint64_t hash = hash_bytes(HASH_INIT, id ?: "", strlen(id ?: ""));
        bool nodes = false;

        while (*text) {
                size_t length = strcspn(text, " ");
                const char *end = *text == '"' ? strrchr(text + 1, '"') : NULL;

                if (end) {
                        text = end + 1;
                        continue;
                }
                nodes = continues_nodes(text, length, nodes);
                if (nodes || !is_value(text, length))
                        hash = hash_bytes(hash, text, length);
                text += length;
                text += strspn(text, " ");
        }
        return hash;
}

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
