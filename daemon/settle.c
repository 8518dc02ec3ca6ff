/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "settle.h"

bool settle_event(struct settle *s, uint64_t now, bool complete)
{
        bool hurry = complete && !(s->pending && s->hurried);

        if (!s->pending) {
                s->pending = true;
                s->hurried = false;
                s->first = now;
        }
        s->last = now;
        s->hurried = s->hurried || complete;
        return hurry;
}

static uint64_t add(uint64_t a, uint64_t b)
{
        return b < UINT64_MAX - a ? a + b : UINT64_MAX - 1;
}

uint64_t settle_deadline(const struct settle *s)
{
        uint64_t quiet = add(s->last, s->quiet), max = add(s->first, s->max);

        if (!s->pending)
                return SETTLE_NEVER;
        return quiet < max ? quiet : max;
}

void settle_done(struct settle *s)
{
        s->pending = false;
}
