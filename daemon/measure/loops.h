/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The loops that are timed, and the chain that one of them follows. Time, threads and nodes are
 * not their business. Memory is aligned to a page. */

#include <stddef.h>
#include <stdint.h>

#define LINE 64U

/* One cache line of a chain. */
struct line {
        struct line *next;
        char rest[LINE - sizeof(void *)];
};

/* Makes a random cycle through n lines, one part per call, so that the caller can stop: begin with
 * at = n, and pass the returned value to the next call until it is 0. Sattolo's algorithm makes one
 * cycle through all lines. Call chain_start() first: it makes each line its own successor. */
void chain_start(struct line *lines, size_t n);
size_t chain_mix(struct line *lines, size_t at, size_t steps, uint64_t *seed);

/* Follows the chain: each load must wait for the one before. Returns the line where it ended. */
struct line *chain_follow(struct line *from, size_t loads);

/* Stream through memory once. size is in bytes: a multiple of LINE, or of 3 * LINE for
 * loop_mixed(), which reads two thirds and writes one third. Writes bypass the caches if the CPU
 * can do that, so that a line is not read before it is written. */
void loop_read(char *from, size_t size);
void loop_write(char *to, size_t size);
void loop_mixed(char *memory, size_t size);
