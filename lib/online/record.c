/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "online/record.h"

#include <errno.h>
#include <inttypes.h>

/* One line for each run of blocks of which the same is remembered, with identities that grow by the
 * same step:
 *
 *     numatier online 1
 *     seen 32-63 4096+11
 *     made 64 5170 movable
 *     pending 65-66 5181+11 movable
 */
#define HEADER    "numatier online 1"
#define LINE_MAX_ 128

static const char *const state_words[RECORD_STATES] = {
        [RECORD_SEEN] = "seen",
        [RECORD_MADE] = "made",
        [RECORD_PENDING] = "pending",
};

struct run {
        struct record_block first;
        uint64_t count, step;
};

/* Takes a number and what separates it from the rest. */
static bool take_number(char **s, const char *end, uint64_t *ret)
{
        char *digits = *s;
        size_t n = strspn(digits, "0123456789");
        unsigned long long v;
        char after = digits[n];

        if (n == 0 || (after != '\0' && !strchr(end, after)))
                return false;
        digits[n] = '\0';
        if (parse_u64(digits, 10, UINT64_MAX, &v) < 0)
                return false;
        digits[n] = after;
        *s = digits + n;
        *ret = v;
        return true;
}

static bool take_char(char **s, char c)
{
        if (**s != c)
                return false;
        (*s)++;
        return true;
}

static bool parse_state(char **s, enum record_state *ret)
{
        for (unsigned i = 0; i < RECORD_STATES; i++) {
                const char *rest = startswith(*s, state_words[i]);

                if (!rest || *rest != ' ')
                        continue;
                *s += rest - *s + 1;
                *ret = i;
                return true;
        }
        return false;
}

static bool parse_online(char **s, struct record_block *b)
{
        if (b->state == RECORD_SEEN)
                return **s == '\0';
        if (!take_char(s, ' '))
                return false;
        for (unsigned o = ONLINE_MOVABLE; o <= ONLINE_NO; o++)
                if (streq(*s, policy_online_word(o))) {
                        b->online = o;
                        return true;
                }
        return false;
}

/* "pending 65-66 5181+11 movable"; changes the line. */
static bool parse_run(char *line, struct run *ret)
{
        struct run r = { .count = 1 };
        uint64_t last;

        if (!parse_state(&line, &r.first.state) || !take_number(&line, "- ", &r.first.number))
                return false;
        if (take_char(&line, '-')) {
                if (!take_number(&line, " ", &last) || last <= r.first.number ||
                    last - r.first.number >= RECORD_BLOCKS_MAX)
                        return false;
                r.count = last - r.first.number + 1;
        }
        if (!take_char(&line, ' ') || !take_number(&line, "+ ", &r.first.identity))
                return false;
        if (take_char(&line, '+') && !take_number(&line, " ", &r.step))
                return false;
        if (r.step > 0 && (UINT64_MAX - r.first.identity) / r.step < r.count - 1)
                return false;
        *ret = r;
        return parse_online(&line, &ret->first);
}

/* Blocks stand once, in ascending order. */
static int add_run(struct online_record *r, const struct run *run)
{
        size_t n = (size_t)run->count;

        if (r->n > 0 && r->blocks[r->n - 1].number >= run->first.number)
                return -EINVAL;
        if (r->n + n > RECORD_BLOCKS_MAX)
                return -EINVAL;
        if (array_grow(&r->blocks, &r->allocated, r->n + n, sizeof(*r->blocks)) < 0)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                struct record_block *b = &r->blocks[r->n++];

                *b = run->first;
                b->number += i;
                b->identity += i * run->step;
        }
        return 0;
}

static int parse_line(struct online_record *r, const char *text, size_t length)
{
        char line[LINE_MAX_];
        struct run run;

        if (length >= sizeof(line) || memchr(text, '\0', length))
                return -EINVAL;
        memcpy(line, text, length);
        line[length] = '\0';
        return parse_run(line, &run) ? add_run(r, &run) : -EINVAL;
}

int online_record_parse(const char *text, size_t size, const char *name, struct messages *problems,
                        struct online_record **ret)
{
        _cleanup_(online_record_freep) struct online_record *r = calloc(1, sizeof(*r));
        unsigned number = 0;

        if (!r)
                return -ENOMEM;
        for (size_t at = 0; at < size;) {
                const char *end = memchr(text + at, '\n', size - at);
                size_t length = end ? (size_t)(end - text) - at : size - at;
                int e = 0;

                if (++number > 1)
                        e = parse_line(r, text + at, length);
                else if (length != strlen(HEADER) || memcmp(text, HEADER, length) != 0)
                        e = -EPROTO;
                if (e == -ENOMEM)
                        return e;
                if (e < 0) {
                        messages_add(problems, "%s:%u: %s", name, number,
                                     e == -EPROTO ? "expected \"" HEADER "\""
                                                  : "expected blocks and what is known of them");
                        r->damaged = true;
                }
                if (e == -EPROTO) /* another version's lines may mean something else */
                        break;
                at += length + 1;
        }
        *ret = TAKE_PTR(r);
        return 0;
}

static bool continues(const struct run *run, const struct record_block *b)
{
        return b->state == run->first.state && b->online == run->first.online &&
               b->number == run->first.number + run->count && b->identity >= run->first.identity &&
               (run->count == 1 || b->identity == run->first.identity + run->step * run->count);
}

static void print_run(FILE *f, const struct run *run)
{
        fprintf(f, "%s %" PRIu64, state_words[run->first.state], run->first.number);
        if (run->count > 1)
                fprintf(f, "-%" PRIu64, run->first.number + run->count - 1);
        fprintf(f, " %" PRIu64, run->first.identity);
        if (run->count > 1 && run->step > 0)
                fprintf(f, "+%" PRIu64, run->step);
        if (run->first.state != RECORD_SEEN)
                fprintf(f, " %s", policy_online_word(run->first.online));
        fputc('\n', f);
}

static void print_blocks(FILE *f, const struct online_record *r)
{
        for (size_t i = 0; i < r->n;) {
                struct run run = { .first = r->blocks[i], .count = 1 };

                for (i++; i < r->n && continues(&run, &r->blocks[i]); i++, run.count++)
                        if (run.count == 1)
                                run.step = r->blocks[i].identity - run.first.identity;
                print_run(f, &run);
        }
}

int online_record_format(const struct online_record *r, char **ret)
{
        char *text = NULL;
        size_t size;
        FILE *f = open_memstream(&text, &size);

        if (!f)
                return -ENOMEM;
        fputs(HEADER "\n", f);
        print_blocks(f, r);
        if (fclose(f) != 0) {
                free(text);
                return -ENOMEM;
        }
        *ret = text;
        return 0;
}

int online_record_load(struct sysroot *root, struct messages *problems, struct online_record **ret)
{
        _cleanup_(freep) char *text = NULL;
        size_t size;
        int r;

        r = sysroot_read_bytes(root, ONLINE_RECORD_PATH, &text, &size);
        if (sysroot_is_absent(r)) {
                *ret = calloc(1, sizeof(**ret));
                return *ret ? 0 : -ENOMEM;
        }
        if (r < 0) {
                sysroot_reportf(problems, r, ONLINE_RECORD_PATH);
                return r;
        }
        return online_record_parse(text, size, "/" ONLINE_RECORD_PATH, problems, ret);
}

int online_record_save(struct sysroot *root, struct online_record *r)
{
        _cleanup_(freep) char *text = NULL;
        int e;

        if (!r->changed)
                return 0;
        e = online_record_format(r, &text);
        if (e == 0)
                e = sysroot_replace(root, ONLINE_RECORD_PATH, text);
        r->changed = e < 0;
        return e;
}

struct online_record *online_record_free(struct online_record *r)
{
        if (!r)
                return NULL;
        free(r->blocks);
        free(r);
        return NULL;
}

/* The first that is not below the number. */
static size_t find(const struct online_record *r, uint64_t number)
{
        static_assert(offsetof(struct record_block, number) == 0, "for array_find()");

        return array_find(r->blocks, r->n, sizeof(*r->blocks), number);
}

const struct record_block *online_record_get(const struct online_record *r, uint64_t number,
                                             uint64_t identity)
{
        size_t i = find(r, number);

        return i < r->n && r->blocks[i].number == number && r->blocks[i].identity == identity
                       ? &r->blocks[i]
                       : NULL;
}

bool online_record_has_pending(const struct online_record *r)
{
        for (size_t i = 0; i < r->n; i++)
                if (r->blocks[i].state == RECORD_PENDING)
                        return true;
        return false;
}

static bool is_same(const struct record_block *a, const struct record_block *b)
{
        return a->number == b->number && a->identity == b->identity && a->state == b->state &&
               a->online == b->online;
}

int online_record_set(struct online_record *r, const struct record_block *b)
{
        size_t i = find(r, b->number);

        if (i < r->n && is_same(&r->blocks[i], b))
                return 0;
        r->changed = true;
        if (i < r->n && r->blocks[i].number == b->number) {
                r->blocks[i] = *b;
                return 0;
        }
        if (array_grow(&r->blocks, &r->allocated, r->n + 1, sizeof(*r->blocks)) < 0)
                return -ENOMEM;
        memmove(&r->blocks[i + 1], &r->blocks[i], (r->n - i) * sizeof(*r->blocks));
        r->blocks[i] = *b;
        r->n++;
        return 0;
}
