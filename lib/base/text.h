/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Names that may hold any bytes, as they can be shown. */

#include <stddef.h>

/* The length of the UTF-8 character at s, or 0: it is none. RFC 3629 section 4. */
size_t utf8_length(const char *s);

/* A copy in which \x1b stands for each byte that is not part of a character, or of a control
 * character: a terminal would obey those. NULL: out of memory. */
char *text_escape(const char *text);
