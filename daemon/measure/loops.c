/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>

#include "measure/loops.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* A size that every CPU has registers for. A cache line is four of them. */
typedef uint64_t vector __attribute__((vector_size(16), may_alias));
#define PARTS (LINE / sizeof(vector))

static_assert(sizeof(struct line) == LINE && PARTS == 4, "a cache line is four vectors");

void chain_start(struct line *lines, size_t n)
{
        for (size_t i = 0; i < n; i++)
                lines[i].next = &lines[i];
}

/* xorshift64* (Vigna 2016): fast, and good enough */
static uint64_t next_random(uint64_t *seed)
{
        *seed ^= *seed >> 12;
        *seed ^= *seed << 25;
        *seed ^= *seed >> 27;
        return *seed * 2685821657736338717ULL;
}

/* A number less than n, which is less than 2^32. */
static size_t random_below(size_t n, uint64_t *seed)
{
        return (size_t)((next_random(seed) >> 32) * (uint64_t)n >> 32);
}

size_t chain_mix(struct line *lines, size_t at, size_t steps, uint64_t *seed)
{
        for (; at > 1 && steps > 0; steps--) {
                struct line *a = &lines[--at], *b = &lines[random_below(at, seed)], *next = a->next;

                a->next = b->next;
                b->next = next;
        }
        return at > 1 ? at : 0;
}

struct line *chain_follow(struct line *from, size_t loads)
{
        while (loads-- > 0)
                from = from->next;
        return from;
}

static inline vector *as_vectors(char *memory)
{
        return __builtin_assume_aligned(memory, LINE);
}

/* Four sums, so that no operation must wait for another. */
static inline void read_line(const vector *line, vector sums[static PARTS])
{
        sums[0] ^= line[0];
        sums[1] ^= line[1];
        sums[2] ^= line[2];
        sums[3] ^= line[3];
}

/* Keeps the compiler from removing the loads as unused. */
static inline void keep_sums(const vector sums[static PARTS])
{
        vector all = sums[0] ^ sums[1] ^ sums[2] ^ sums[3];

        __asm__ volatile("" : : "m"(all));
}

static inline void store_part(vector *to, vector value)
{
#ifdef __SSE2__
        _mm_stream_si128((__m128i *)to, (__m128i)value);
#else
        *to = value;
#endif
}

static inline void write_line(vector *line, uint64_t value)
{
        vector v = { value, value };

        store_part(line, v);
        store_part(line + 1, v);
        store_part(line + 2, v);
        store_part(line + 3, v);
}

void loop_read(char *from, size_t size)
{
        const vector *at = as_vectors(from), *end = at + size / LINE * PARTS;
        vector sums[PARTS] = { 0 };

        for (; at < end; at += PARTS)
                read_line(at, sums);
        keep_sums(sums);
}

void loop_write(char *to, size_t size)
{
        vector *at = as_vectors(to), *end = at + size / LINE * PARTS;

        for (uint64_t i = 0; at < end; at += PARTS)
                write_line(at, i++);
        __asm__ volatile("" : : : "memory");
}

void loop_mixed(char *memory, size_t size)
{
        size_t n = size / LINE / 3 * PARTS;
        const vector *from = as_vectors(memory);
        vector *to = as_vectors(memory) + 2 * n;
        vector sums[PARTS] = { 0 };

        for (size_t i = 0; i < n; i += PARTS) {
                read_line(from + 2 * i, sums);
                read_line(from + 2 * i + PARTS, sums);
                write_line(to + i, i);
        }
        keep_sums(sums);
}
