/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The few idioms every file here uses: cleanup attributes, ownership transfer, string tests. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define _cleanup_(f)        __attribute__((cleanup(f)))
#define _printf_(fmt, args) __attribute__((format(printf, fmt, args)))

#define ELEMENTSOF(x) (sizeof(x) / sizeof((x)[0]))

/* Hands over ownership: yields the pointer and leaves NULL behind, so that cleanup does nothing. */
#define TAKE_PTR(p)                                                                                \
        ({                                                                                         \
                typeof(p) *_pp = &(p);                                                             \
                typeof(p) _p = *_pp;                                                               \
                *_pp = NULL;                                                                       \
                _p;                                                                                \
        })

#define DEFINE_CLEANUP(type, func)                                                                 \
        static inline void func##p(type *p)                                                        \
        {                                                                                          \
                if (*p)                                                                            \
                        *p = func(*p);                                                             \
        }

static inline void freep(void *p)
{
        free(*(void **)p);
}

static inline void closep(const int *fd)
{
        if (*fd >= 0)
                close(*fd);
}

static inline bool streq(const char *a, const char *b)
{
        return strcmp(a, b) == 0;
}

/* The rest of s after prefix, or NULL. */
static inline const char *startswith(const char *s, const char *prefix)
{
        size_t n = strlen(prefix);

        return strncmp(s, prefix, n) == 0 ? s + n : NULL;
}

/* The name at the end of a path. */
static inline const char *last_component(const char *path)
{
        const char *slash = strrchr(path, '/');

        return slash ? slash + 1 : path;
}

/* Grows *array of elements of the given size so that it holds at least need of them. 0 or -ENOMEM.
 */
int array_grow(void *array, size_t *allocated, size_t need, size_t size);
/* Takes element i out of *n elements of the given size; array is the first. Their order stays. */
void array_remove(void *array, size_t *n, size_t i, size_t size);

/* The index of the first of n elements whose number is not below that one; n: all are. The elements
 * ascend, and each begins with its number, a uint64_t. */
size_t array_find(const void *array, size_t n, size_t size, uint64_t number);

/* Parses a whole string as a decimal (or, with base 16, hexadecimal) number. Surrounding white
 * space is allowed, nothing else is: 0, -EINVAL (not a number), -ERANGE (larger than max). */
int parse_u64(const char *s, unsigned base, unsigned long long max, unsigned long long *ret);
int parse_unsigned(const char *s, unsigned max, unsigned *ret);

/* The greatest number that divides both; if one is 0, the other. */
uint64_t greatest_common_divisor(uint64_t a, uint64_t b);

/* For qsort() and bsearch(): uint32_t, ascending. */
int compare_u32(const void *a, const void *b);

/* A new string, made as by printf(3); NULL: out of memory. */
char *text_new(const char *format, ...) _printf_(1, 2);

/* Writes all of it, whatever interrupts. 0 or -errno. */
int write_all(int fd, const void *bytes, size_t size);
