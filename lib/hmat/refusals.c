/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hmat/refusals.h"

#include <stdarg.h>

void refusals_add(struct refusals *r, const char *format, ...)
{
        char *text;
        va_list ap;
        int n;

        r->n++;
        va_start(ap, format);
        n = vasprintf(&text, format, ap);
        va_end(ap);
        if (n < 0)
                return;
        messages_add(r->messages, "%s", text);
        free(text);
}
