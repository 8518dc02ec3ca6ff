/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/text.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t utf8_length(const char *text)
{
        const unsigned char *s = (const unsigned char *)text;
        size_t n = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;

        if (s[0] > 0xf4)
                return 0;
        for (size_t i = 1; i < n; i++)
                if ((s[i] & 0xc0) != 0x80)
                        return 0;
        if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
            (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
                return 0;
        return n;
}

/* U+0000 to U+001F, U+007F to U+009F */
static bool is_control(const char *s)
{
        unsigned char first = (unsigned char)s[0];

        return first < 0x20 || first == 0x7f || (first == 0xc2 && (unsigned char)s[1] < 0xa0);
}

char *text_escape(const char *text)
{
        char *escaped = malloc(4 * strlen(text) + 1), *to = escaped;

        while (escaped && *text) {
                size_t n = utf8_length(text);

                if (n == 0 || is_control(text)) {
                        to += sprintf(to, "\\x%02x", (unsigned char)*text++);
                        continue;
                }
                memcpy(to, text, n);
                to += n;
                text += n;
        }
        if (escaped)
                *to = '\0';
        return escaped;
}
