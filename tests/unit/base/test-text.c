/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/text.h"

#include "testing.h"

static void assert_escaped(const char *text, const char *want)
{
        _cleanup_(freep) char *escaped = text_escape(text);

        assert_streq(escaped, want);
}

int main(void)
{
        assert_escaped("", "");
        assert_escaped("dev-disk-by\\x2duuid.swap", "dev-disk-by\\x2duuid.swap");
        assert_escaped("caf\xc3\xa9 \xe2\x82\xac", "caf\xc3\xa9 \xe2\x82\xac");
        assert_escaped("a\x1b[31m\n\x7f", "a\\x1b[31m\\x0a\\x7f");
        assert_escaped("\xc2\x9b[", "\\xc2\\x9b["); /* U+009B begins a sequence, too */
        assert_escaped("\xff\xc3", "\\xff\\xc3");   /* not UTF-8 */
        assert_escaped("\xed\xa0\x80", "\\xed\\xa0\\x80");
        return 0;
}
