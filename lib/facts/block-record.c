/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>

#include "facts/block-table.h"

#define DEVICE_SIZE 64 /* "PNP0C80:00" */

/* Writing: one line for all blocks that are the same in everything but their number. */

struct kind {
        struct block block; /* the first one */
        char device[DEVICE_SIZE];
};

static bool is_same(const struct kind *a, const struct kind *b)
{
        return a->block.node == b->block.node && a->block.state == b->block.state &&
               a->block.zone == b->block.zone && streq(a->device, b->device);
}

static struct kind kind_of(struct sysroot *root, const struct block_table *t, size_t i)
{
        struct kind k = { .block = t->blocks[i] };

        if (block_read_firmware_node(root, t, k.block.number, k.device, sizeof(k.device)) < 0)
                k.device[0] = '\0';
        return k;
}

static void print_numbers(FILE *f, const struct block_table *t, const size_t *of, size_t kind)
{
        const char *comma = "";

        for (size_t i = 0, last; i < t->n; i = last + 1) {
                last = i;
                if (of[i] != kind)
                        continue;
                while (last + 1 < t->n && of[last + 1] == kind &&
                       t->blocks[last + 1].number == t->blocks[last].number + 1)
                        last++;
                fprintf(f, "%s%" PRIu64, comma, t->blocks[i].number);
                if (last > i)
                        fprintf(f, "-%" PRIu64, t->blocks[last].number);
                comma = ",";
        }
}

static void print_kind(FILE *f, const struct kind *k)
{
        if (k->block.node == BLOCK_NO_NODE)
                fputs(" node none", f);
        else
                fprintf(f, " node %" PRIu32, k->block.node);
        fprintf(f, " %s", block_state_name(k->block.state));
        if (k->block.state == BLOCK_ONLINE)
                fprintf(f, " %s", block_zone_name(k->block.zone));
        if (*k->device)
                fprintf(f, " of %s", k->device);
        fputc('\n', f);
}

/* Which kind each block is of. -ENOMEM, or how many kinds there are. */
static ssize_t sort_out(struct sysroot *root, const struct block_table *t, size_t *of,
                        struct kind **kinds)
{
        size_t n = 0, allocated = 0;

        for (size_t i = 0; i < t->n; i++) {
                struct kind k = kind_of(root, t, i);

                of[i] = n;
                for (size_t j = n; j > 0; j--)
                        if (is_same(&(*kinds)[j - 1], &k))
                                of[i] = j - 1;
                if (of[i] < n)
                        continue;
                if (array_grow(kinds, &allocated, n + 1, sizeof(**kinds)) < 0)
                        return -ENOMEM;
                (*kinds)[n++] = k;
        }
        return (ssize_t)n;
}

int block_table_format(struct sysroot *root, const struct block_table *t, char **ret)
{
        _cleanup_(freep) size_t *of = calloc(t->n ?: 1, sizeof(*of));
        _cleanup_(freep) struct kind *kinds = NULL;
        char *text = NULL;
        size_t size;
        ssize_t n;
        FILE *f;

        if (!of)
                return -ENOMEM;
        n = sort_out(root, t, of, &kinds);
        if (n < 0)
                return (int)n;
        f = open_memstream(&text, &size);
        if (!f)
                return -ENOMEM;
        for (size_t i = 0; i < (size_t)n; i++) {
                print_numbers(f, t, of, i);
                print_kind(f, &kinds[i]);
        }
        if (fclose(f) != 0) {
                free(text);
                return -ENOMEM;
        }
        *ret = text;
        return 0;
}

/* Reading. */

struct parser {
        struct block_table *table;
        const char *name;
        unsigned line;
        struct messages *errors;
        bool failed;
};

static int complain(struct parser *p, const char *expected)
{
        messages_add(p->errors, "%s:%u: expected %s", p->name, p->line, expected);
        p->failed = true;
        return 0;
}

/* Takes the next word of *at, and ends it with a NUL. NULL: there is none. */
static char *take_word(char **at)
{
        char *word = *at + strspn(*at, " "), *end = word + strcspn(word, " ");

        if (*word == '\0')
                return NULL;
        *at = *end == '\0' ? end : end + 1;
        *end = '\0';
        return word;
}

/* What stands after the numbers. False: it is wrong. */
static bool parse_kind(char *at, struct kind *k)
{
        const char *word = take_word(&at), *node = take_word(&at), *state = take_word(&at);
        unsigned number;

        if (!word || !streq(word, "node") || !node || !state)
                return false;
        k->block.node = BLOCK_NO_NODE;
        if (parse_unsigned(node, NODE_MAX - 1, &number) == 0 && isdigit((unsigned char)*node))
                k->block.node = number;
        else if (!streq(node, "none"))
                return false;
        for (k->block.state = 0; k->block.state < BLOCK_STATES; k->block.state++)
                if (streq(state, block_state_name(k->block.state)))
                        break;
        word = k->block.state == BLOCK_ONLINE ? take_word(&at) : NULL;
        for (k->block.zone = ZONE_UNKNOWN; word && k->block.zone < BLOCK_ZONES; k->block.zone++)
                if (streq(word, block_zone_name(k->block.zone)))
                        break;
        if (k->block.state == BLOCK_STATES || k->block.zone == BLOCK_ZONES ||
            (k->block.state == BLOCK_ONLINE && !word))
                return false;
        word = take_word(&at);
        if (!word)
                return true;
        node = take_word(&at);
        if (!streq(word, "of") || !node || strlen(node) >= sizeof(k->device) || take_word(&at))
                return false;
        strcpy(k->device, node);
        return true;
}

static int add_device(struct block_table *t, uint64_t first, uint64_t last, const char *name)
{
        struct recorded_device d = { first, last, NULL };

        if (*name == '\0')
                return 0;
        if (array_grow(&t->recorded, &t->recorded_allocated, t->n_recorded + 1,
                       sizeof(*t->recorded)) < 0)
                return -ENOMEM;
        d.name = strdup(name);
        if (!d.name)
                return -ENOMEM;
        t->recorded[t->n_recorded++] = d;
        return 0;
}

static int add_blocks(struct parser *p, uint64_t first, uint64_t last, const struct kind *k)
{
        struct block_table *t = p->table;

        if (last - first >= BLOCKS_RECORD_MAX - t->n)
                return complain(p, "fewer blocks");
        if (array_grow(&t->blocks, &t->allocated, t->n + (last - first) + 1, sizeof(*t->blocks)) <
            0)
                return -ENOMEM;
        for (uint64_t i = 0; i <= last - first; i++) {
                t->blocks[t->n] = k->block;
                t->blocks[t->n++].number = first + i;
        }
        return add_device(t, first, last, k->device);
}

/* "5" or "5-9". */
static bool parse_range(char *text, uint64_t *first, uint64_t *last)
{
        unsigned long long a, b;
        char *dash = strchr(text, '-');

        if (dash)
                *dash++ = '\0';
        if (!isdigit((unsigned char)*text) || parse_u64(text, 10, UINT64_MAX, &a) < 0)
                return false;
        b = a;
        if (dash && (!isdigit((unsigned char)*dash) || parse_u64(dash, 10, UINT64_MAX, &b) < 0))
                return false;
        *first = a;
        *last = b;
        return a <= b;
}

static int parse_line(struct parser *p, char *line)
{
        struct kind k = { 0 };
        char *numbers = take_word(&line), *comma;
        uint64_t first, last;
        int r = 0;

        if (!numbers || !parse_kind(line, &k))
                return complain(p, "\"NUMBERS node N STATE [ZONE] [of DEVICE]\"");
        for (; numbers && r == 0; numbers = comma) {
                comma = strchr(numbers, ',');
                if (comma)
                        *comma++ = '\0';
                if (!parse_range(numbers, &first, &last))
                        return complain(p, "the numbers of blocks, as in 0-23,32");
                r = add_blocks(p, first, last, &k);
                if (p->failed)
                        return r;
        }
        return r;
}

static int compare_blocks(const void *a, const void *b)
{
        const struct block *x = a, *y = b;

        return (x->number > y->number) - (x->number < y->number);
}

static void check_duplicates(struct parser *p)
{
        struct block_table *t = p->table;

        if (t->n > 0)
                qsort(t->blocks, t->n, sizeof(*t->blocks), compare_blocks);
        for (size_t i = 1; i < t->n; i++)
                if (t->blocks[i - 1].number == t->blocks[i].number) {
                        messages_add(p->errors, "%s: expected block %" PRIu64 " once", p->name,
                                     t->blocks[i].number);
                        p->failed = true;
                        return;
                }
}

int block_table_parse(struct block_table *t, const char *text, const char *name,
                      struct messages *errors)
{
        _cleanup_(freep) char *copy = strdup(text);
        struct parser p = { .table = t, .name = name, .errors = errors };
        int r = 0;

        if (!copy)
                return -ENOMEM;
        t->is_recorded = true;
        for (char *line = copy, *end; line && *line && r == 0; line = end) {
                end = strchr(line, '\n');
                if (end)
                        *end++ = '\0';
                p.line++;
                if (*line)
                        r = parse_line(&p, line);
        }
        check_duplicates(&p);
        if (r < 0)
                return r;
        return p.failed ? -EBADMSG : 0;
}
