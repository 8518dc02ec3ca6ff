/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/bar.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/units.h"
#include "cli/writer.h"

#define WIDTH      30U
#define LEAST      5U /* less says nothing */
#define COLUMNS    80U
#define CLEAR_LINE "\r\033[K"
/* What does not fit into the line is cut off: a line that wraps could not be cleared. */
#define WRAP_OFF "\033[?7l"
#define WRAP_ON  "\033[?7h"

void bar_init(struct bar *b, bool wanted, unsigned node, const char *what)
{
        *b = (struct bar){
                .is_shown = wanted && isatty(STDERR_FILENO),
                .node = node,
                .what = what,
        };
}

void bar_init_size(struct bar *b, bool wanted, const char *subject, const char *what)
{
        bar_init(b, wanted, 0, what);
        b->subject = subject;
}

const char *bar_format_time(uint64_t usec, char buf[static BAR_TIME_MAX])
{
        uint64_t s = (usec + 999999) / 1000000, min = (s + 59) / 60;

        if (s < 120)
                snprintf(buf, BAR_TIME_MAX, "%" PRIu64 " s", s);
        else if (min < 120)
                snprintf(buf, BAR_TIME_MAX, "%" PRIu64 " min", min);
        else
                snprintf(buf, BAR_TIME_MAX, "%" PRIu64 " h %" PRIu64 " min", min / 60, min % 60);
        return buf;
}

#define TEXT_MAX    (BAR_LINE_MAX / 2)
#define SUBJECT_MAX 64

static void format_text(const struct bar *b, const char *left, char buf[static TEXT_MAX])
{
        char done[UNIT_STRING_MAX], total[UNIT_STRING_MAX];

        if (b->subject)
                snprintf(buf, TEXT_MAX, "%s of %s %s%s", format_size(b->done, done),
                         format_size(b->total, total), b->what, left);
        else
                snprintf(buf, TEXT_MAX, "%zu of %zu blocks %s%s", b->done, b->total, b->what, left);
}

void bar_format(const struct bar *b, unsigned columns, const char *left,
                char buf[static BAR_LINE_MAX])
{
        char subject[SUBJECT_MAX], text[TEXT_MAX], bar[WIDTH + 1];
        size_t others, width = WIDTH, n;

        format_text(b, left, text);
        if (b->subject)
                snprintf(subject, sizeof(subject), "%s", b->subject);
        else
                snprintf(subject, sizeof(subject), "node %u", b->node);
        others = (size_t)snprintf(NULL, 0, "%s [] %s", subject, text);
        if (others + width > columns)
                width = columns > others ? columns - others : 0;
        n = b->total > b->done ? width * b->done / b->total : width;
        memset(bar, ' ', sizeof(bar));
        memset(bar, '#', n);
        bar[width] = '\0';
        snprintf(buf, BAR_LINE_MAX, "%s %s%s%s%s", subject, width < LEAST ? "" : "[",
                 width < LEAST ? "" : bar, width < LEAST ? "" : "] ", text);
}

static unsigned count_columns(void)
{
        struct winsize size;

        return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col
                                                                               : COLUMNS;
}

void bar_draw(struct bar *b, size_t done, size_t total)
{
        char time[BAR_TIME_MAX], left[BAR_TIME_MAX + 16] = "", line[BAR_LINE_MAX];
        size_t ours;
        uint64_t now = monotonic_usec();

        if (b->start_usec == 0) {
                b->start_usec = now;
                b->done_at_start = done;
        }
        b->done = done;
        b->total = total;
        if (!b->is_shown)
                return;
        ours = done > b->done_at_start ? done - b->done_at_start : 0;
        if (ours > 0 && done < total)
                snprintf(left, sizeof(left), ", about %s left",
                         bar_format_time((now - b->start_usec) * (total - done) / ours, time));
        /* in one write: nobody stops us between off and on */
        bar_format(b, count_columns(), left, line);
        fprintf(stderr, CLEAR_LINE WRAP_OFF "%s" WRAP_ON, line);
}

void bar_clear(const struct bar *b)
{
        if (b->is_shown)
                fputs(CLEAR_LINE, stderr);
}
