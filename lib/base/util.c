/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/util.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>

int array_grow(void *array, size_t *allocated, size_t need, size_t size)
{
        size_t n = *allocated > 0 ? *allocated : 4;
        void *p;

        if (need <= *allocated)
                return 0;
        while (n < need)
                n *= 2;
        /* array points at a pointer of the caller's type: copied, not cast, for strict aliasing. */
        memcpy(&p, array, sizeof(p));
        p = reallocarray(p, n, size);
        if (!p)
                return -ENOMEM;
        memcpy(array, &p, sizeof(p));
        *allocated = n;
        return 0;
}

void array_remove(void *array, size_t *n, size_t i, size_t size)
{
        char *element = (char *)array + i * size;

        assert(i < *n);
        (*n)--;
        memmove(element, element + size, (*n - i) * size);
}

size_t array_find(const void *array, size_t n, size_t size, uint64_t number)
{
        size_t low = 0, high = n;

        while (low < high) {
                size_t middle = low + (high - low) / 2;
                uint64_t found;

                memcpy(&found, (const char *)array + middle * size, sizeof(found));
                if (found < number)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

int parse_u64(const char *s, unsigned base, unsigned long long max, unsigned long long *ret)
{
        unsigned long long v;
        char *end;

        while (isspace((unsigned char)*s))
                s++;
        /* strtoull() would take a sign, and negate. */
        if (!isxdigit((unsigned char)*s))
                return -EINVAL;
        errno = 0;
        v = strtoull(s, &end, (int)base);
        if (end == s)
                return -EINVAL;
        while (isspace((unsigned char)*end))
                end++;
        if (*end != '\0')
                return -EINVAL;
        if (errno == ERANGE || v > max)
                return -ERANGE;
        *ret = v;
        return 0;
}

int parse_unsigned(const char *s, unsigned max, unsigned *ret)
{
        unsigned long long v;
        int r;

        r = parse_u64(s, 10, max, &v);
        if (r < 0)
                return r;
        *ret = (unsigned)v;
        return 0;
}

uint64_t greatest_common_divisor(uint64_t a, uint64_t b)
{
        while (b != 0) {
                uint64_t rest = a % b;

                a = b;
                b = rest;
        }
        return a;
}

int compare_u32(const void *a, const void *b)
{
        uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

        return (x > y) - (x < y);
}

char *text_new(const char *format, ...)
{
        char *text;
        va_list args;
        int n;

        va_start(args, format);
        n = vasprintf(&text, format, args);
        va_end(args);
        return n < 0 ? NULL : text;
}

int write_all(int fd, const void *bytes, size_t size)
{
        const char *rest = bytes;

        while (size > 0) {
                ssize_t n = write(fd, rest, size);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                rest += n;
                size -= (size_t)n;
        }
        return 0;
}
