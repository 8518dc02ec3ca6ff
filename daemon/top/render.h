/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The model as a frame. Nothing is read here. */

#include "top/frame.h"
#include "top/model.h"

/* A frame of that size exactly, whatever the size. Limits the model's scrolling. */
void render(struct model *m, size_t width, size_t height, struct frame *ret);

/* All lines, however many, without keys and titles of a screen. */
void render_all(struct model *m, size_t width, struct frame *ret);
