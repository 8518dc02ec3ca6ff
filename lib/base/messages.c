/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/messages.h"

#include <stdarg.h>

static char out_of_memory[] = "out of memory while reporting an error";

void messages_add(struct messages *m, const char *format, ...)
{
        char *text = NULL;
        va_list ap;

        if (array_grow(&m->items, &m->allocated, m->n + 1, sizeof(*m->items)) < 0)
                return;
        va_start(ap, format);
        if (vasprintf(&text, format, ap) < 0)
                text = out_of_memory;
        va_end(ap);
        m->items[m->n++] = text;
}

void messages_done(struct messages *m)
{
        for (size_t i = 0; i < m->n; i++)
                if (m->items[i] != out_of_memory)
                        free(m->items[i]);
        free(m->items);
        *m = MESSAGES_INIT;
}
