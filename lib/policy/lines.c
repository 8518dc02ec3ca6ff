/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy/lines.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* A # or ; that begins a line or follows white space begins a comment. */
static size_t strip_comment(const char *line, size_t length)
{
        for (size_t i = 0; i < length; i++)
                if ((line[i] == '#' || line[i] == ';') &&
                    (i == 0 || isspace((unsigned char)line[i - 1])))
                        return i;
        return length;
}

/* White space before a key would make the line a continuation of the one before (inih). */
const char *lines_next(struct lines *l, size_t *ret_length)
{
        const char *line = l->text + l->at, *newline;
        size_t length;

        if (l->at >= l->size)
                return NULL;
        newline = memchr(line, '\n', l->size - l->at);
        length = newline ? (size_t)(newline - line) : l->size - l->at;
        l->at += length + (newline != NULL);
        l->number++;
        if (l->number == 1 && length >= 3 && memcmp(line, "\xEF\xBB\xBF", 3) == 0) {
                line += 3;
                length -= 3;
        }
        length = strip_comment(line, length);
        while (length > 0 && isspace((unsigned char)line[length - 1]))
                length--;
        while (length > 0 && isspace((unsigned char)*line)) {
                line++;
                length--;
        }
        *ret_length = length;
        return line;
}

const char *line_find_fault(const char *line, size_t length, char buf[static LINE_FAULT_MAX])
{
        for (size_t i = 0; i < length; i++) {
                unsigned char c = (unsigned char)line[i];

                if (c >= 0x80) {
                        snprintf(buf, LINE_FAULT_MAX,
                                 "expected ASCII outside comments, found byte 0x%02x", c);
                        return buf;
                }
                if ((c < ' ' && c != '\t') || c == 0x7f)
                        return "expected text, found a control character";
        }
        return NULL;
}
