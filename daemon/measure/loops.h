/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The loops that are timed, and the chain that one of them follows. Nothing here knows of time,
 * threads or nodes. Memory is aligned to a page. */

#include <stddef.h>
#include <stdint.h>

#define LINE 64U

/* One cache line of a chain. */
struct line {
        struct line *next;
        char rest[LINE - sizeof(void *)];
};

/* Makes a random cycle through n lines, a part a call, so that it can be given up: start with at =
 * n and go on with what is returned until that is 0 (Sattolo's algorithm: there is no shorter cycle
 * within). Before the first part chain_start() makes each line its own successor. */
void chain_start(struct line *lines, size_t n);
size_t chain_mix(struct line *lines, size_t at, size_t steps, uint64_t *seed);

/* Follows it: each load must wait for the one before. Returns where it came to. */
struct line *chain_follow(struct line *from, size_t loads);

/* Stream through memory once. What they touch, in bytes, is size: a multiple of LINE, or of 3 *
 * LINE for loop_mixed(), which reads two thirds and writes one. Writes pass the caches by where the
 * CPU can, so that a line written is not read first. */
void loop_read(char *from, size_t size);
void loop_write(char *to, size_t size);
void loop_mixed(char *memory, size_t size);
