/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/bar.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/writer.h"

#define WIDTH      30U
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

void bar_draw(struct bar *b, size_t done, size_t total)
{
        static const char full[] = "##############################";
        char time[BAR_TIME_MAX], left[BAR_TIME_MAX + 16] = "";
        size_t n = total > 0 ? WIDTH * done / total : WIDTH, ours;
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
        fprintf(stderr, CLEAR_LINE WRAP_OFF "node %u [%.*s%*s] %zu of %zu blocks %s%s" WRAP_ON,
                b->node, (int)n, full, (int)(WIDTH - n), "", done, total, b->what, left);
}

void bar_clear(const struct bar *b)
{
        if (b->is_shown)
                fputs(CLEAR_LINE, stderr);
}
