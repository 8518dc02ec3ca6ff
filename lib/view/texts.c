/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "view/texts.h"

#include <stdarg.h>

/* Takes text over, whatever becomes of it. */
static const char *own(struct texts *t, char *text)
{
        if (!text || array_grow(&t->items, &t->allocated, t->n + 1, sizeof(*t->items)) < 0) {
                free(text);
                t->failed = true;
                return NULL;
        }
        t->items[t->n++] = text;
        return text;
}

const char *texts_copy(struct texts *t, const char *text)
{
        return text ? own(t, strdup(text)) : NULL;
}

const char *texts_print(struct texts *t, const char *format, ...)
{
        char *text = NULL;
        va_list ap;
        int r;

        va_start(ap, format);
        r = vasprintf(&text, format, ap);
        va_end(ap);
        return own(t, r < 0 ? NULL : text);
}

void texts_done(struct texts *t)
{
        for (size_t i = 0; i < t->n; i++)
                free(t->items[i]);
        free(t->items);
        *t = (struct texts){ 0 };
}
