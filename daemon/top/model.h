/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The state of numatier top: the last two samples, the rates between them and before, and what the
 * keys have set. */

#include <stdbool.h>
#include <stddef.h>

#include "top/sample.h"

#define HISTORY_MAX 512

/* Per second; unknown if a count is, or began anew. */
struct history {
        struct view_real items[HISTORY_MAX]; /* a ring */
        size_t n, next;
};

enum top_sort {
        SORT_SLOW,
        SORT_ALL,
        SORT_NAME,
        SORTS,
};

struct model {
        struct sample *now, *before; /* or NULL */
        struct history demoted, promoted;
        uint64_t delay_usec;
        enum top_sort sort;
        size_t scroll, page; /* lines; page: how many the last frame had room for */
        size_t scroll_max;   /* of the last frame */
        bool paused, help, ended;
        bool wide; /* the locale has block elements */
};

void model_done(struct model *m);

/* Takes the sample over. */
void model_add(struct model *m, struct sample *s);

/* Pages per second between the last two samples. */
struct view_real model_get_rate(const struct model *m, struct count before, struct count now);

/* i steps back; unknown if there was none. */
struct view_real history_get(const struct history *h, size_t i);

/* What a key does. Keys that are no characters have names. */
enum top_key {
        KEY_OF_UP = 0x110000, /* beyond Unicode */
        KEY_OF_DOWN,
        KEY_OF_PAGE_UP,
        KEY_OF_PAGE_DOWN,
        KEY_OF_HOME,
        KEY_OF_END,
        KEY_OF_F1,
        KEY_OF_F6,
        KEY_OF_F10,
        KEY_OF_ESCAPE,
        KEY_OF_OTHER, /* does nothing; also: the terminal was resized */
};

void model_press(struct model *m, unsigned key);

#define DELAY_MIN_USEC 100000ULL
#define DELAY_MAX_USEC (3600 * 1000000ULL)
