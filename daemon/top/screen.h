/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The terminal, by ncurses. */

#include "top/frame.h"
#include "top/model.h"

/* 0, or -ENOTTY: this terminal cannot do it (reported on standard error). */
int screen_open(void);

/* Restores the terminal. */
void screen_close(void);

void screen_get_size(size_t *ret_width, size_t *ret_height);

void screen_draw(const struct frame *f);

/* The next key that was pressed, as model_press() takes it, or 0: none. A terminal that was resized
 * is a key too, which does nothing. */
unsigned screen_get_key(void);
