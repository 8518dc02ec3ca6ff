/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "facts/onliners.h"
#include "fuzz.h"

static size_t count_lines(const char *text)
{
        size_t n = 1;

        for (; *text != '\0'; text++)
                n += *text == '\n';
        return n;
}

static void check(const struct onliners *o, size_t n_lines)
{
        for (size_t i = 0; i < o->n; i++) {
                const struct onliner *item = &o->items[i];

                assert(item->line >= 1 && item->line <= n_lines && item->path && *item->text);
                assert(!item->state || startswith(item->state, "online"));
        }
}

/* What a capture keeps of a file is found in it again, and kept again. */
static void check_filter(const char *path, const char *text, bool found)
{
        char *kept, *again;

        assert(onliners_filter(path, text, &kept) == 0);
        assert(!found || kept);
        if (!kept)
                return;
        assert(count_lines(kept) == count_lines(text));
        assert(onliners_filter(path, kept, &again) == 0);
        free(again);
        free(kept);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        char *text = strndup((const char *)data, size);
        struct onliners rules = { 0 }, sections = { 0 };
        bool has_daxctl = false;

        assert(text);
        assert(onliners_parse_rules(&rules, "/rules", text, &has_daxctl) == 0);
        assert(onliners_parse_daxctl(&sections, "/config", text) == 0);
        check(&rules, count_lines(text));
        check(&sections, count_lines(text));
        check_filter("etc/udev/rules.d/fuzz.rules", text, rules.n > 0 || has_daxctl);
        check_filter("etc/daxctl.conf", text, sections.n > 0);
        onliners_done(&rules);
        onliners_done(&sections);
        free(text);
        return 0;
}
