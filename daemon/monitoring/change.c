/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "monitoring/change.h"

#include <inttypes.h>
#include <time.h>

#include "cli/json.h"

#define USEC_PER_SEC 1000000U
#define TIME_MAX     64

static const struct view_field fields[] = {
        VIEW_FIELD("source", change, source),
        VIEW_FIELD("kind", change, kind),
        VIEW_FIELD("node", change, node),
        VIEW_FIELD("tier", change, tier),
        VIEW_FIELD("present_tier", change, present_tier),
        VIEW_FIELD("wanted_tier", change, wanted_tier),
        VIEW_FIELD("original_tier", change, original_tier),
        VIEW_FIELD("blocks", change, blocks),
        VIEW_FIELD("size_kib", change, size_kib),
        VIEW_FIELD("old_size_kib", change, old_size_kib),
        VIEW_FIELD("path", change, path),
        VIEW_FIELD("value", change, value),
        VIEW_FIELD("old_value", change, old_value),
        VIEW_FIELD("device", change, device),
        VIEW_FIELD("reason", change, reason),
        VIEW_FIELD("error", change, error),
        VIEW_FIELD("priority", change, priority),
        VIEW_FIELD("message_id", change, message_id),
        VIEW_FIELD("text", change, text),
};

void change_done(struct change *c)
{
        texts_done(&c->texts);
        *c = (struct change){ 0 };
}

/* "2026-11-28T15:02:03.123456Z": RFC 3339, which sorts as text and has no time zone to guess. */
static void print_json(FILE *f, const struct change *c)
{
        const time_t seconds = (time_t)(c->usec / USEC_PER_SEC);
        const struct view_table table = {
                .fields = fields,
                .n_fields = ELEMENTSOF(fields),
                .rows = c,
                .n_rows = 1,
                .row_size = sizeof(*c),
        };
        char text[TIME_MAX] = "";
        struct tm tm;

        if (gmtime_r(&seconds, &tm))
                (void)strftime(text, sizeof(text), "%FT%T", &tm);
        fprintf(f, "{\"time\": \"%s.%06uZ\", ", text, (unsigned)(c->usec % USEC_PER_SEC));
        json_print_members(f, &table, 0);
        fputs("}\n", f);
}

/* A message of the journal may have several lines, and bytes that would move the cursor. */
static void print_line(FILE *f, const char *text)
{
        for (; *text; text++)
                fputc((unsigned char)*text < 0x20 || *text == 0x7f ? ' ' : *text, f);
        fputc('\n', f);
}

static void print_text(FILE *f, const struct change *c)
{
        const time_t seconds = (time_t)(c->usec / USEC_PER_SEC);
        char text[TIME_MAX] = "";
        struct tm tm;

        if (localtime_r(&seconds, &tm))
                (void)strftime(text, sizeof(text), "%F %T", &tm);
        fprintf(f, "%s.%03u  %-9s  ", text, (unsigned)(c->usec % USEC_PER_SEC / 1000), c->source);
        print_line(f, c->text ?: "");
}

void change_print(FILE *f, const struct change *c, bool json)
{
        if (json)
                print_json(f, c);
        else
                print_text(f, c);
}
