/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sysroot/capture.h"

#include <errno.h>
#include <stdio.h>

#define HEADER        "# numatier capture 1\n"
#define BYTES_OF_LINE 16

struct entry {
        char *path;
        char *text; /* NULL: reading fails with error */
        size_t length;
        bool link;   /* text is where it points */
        bool binary; /* text is bytes */
        int error;
        size_t sequence; /* when it was added: of equal paths the last counts */
};

/* Sorted by path once complete, so that a directory is a run of entries. */
struct capture {
        struct entry *entries;
        size_t n, allocated;
        bool sorted;
        int failed;
};

int capture_new(struct capture **ret)
{
        *ret = calloc(1, sizeof(**ret));
        return *ret ? 0 : -ENOMEM;
}

struct capture *capture_free(struct capture *c)
{
        if (!c)
                return NULL;
        for (size_t i = 0; i < c->n; i++) {
                free(c->entries[i].path);
                free(c->entries[i].text);
        }
        free(c->entries);
        free(c);
        return NULL;
}

static int compare_entries(const void *a, const void *b)
{
        const struct entry *x = a, *y = b;

        return strcmp(x->path, y->path)
                       ?: (x->sequence > y->sequence) - (x->sequence < y->sequence);
}

static void sort_entries(struct capture *c)
{
        if (c->sorted || c->n == 0)
                return;
        qsort(c->entries, c->n, sizeof(*c->entries), compare_entries);
        c->sorted = true;
}

/* The first entry whose path is not less than path. */
static size_t find_position(struct capture *c, const char *path)
{
        size_t low = 0, high = c->n;

        sort_entries(c);
        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (strcmp(c->entries[middle].path, path) < 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

static struct entry *find_entry(struct capture *c, const char *path)
{
        size_t i = find_position(c, path);

        return i < c->n && streq(c->entries[i].path, path) ? &c->entries[i] : NULL;
}

static int set_text(struct entry *e, const char *text, size_t length)
{
        char *copy = malloc(length + 1);

        if (!copy)
                return -ENOMEM;
        memcpy(copy, text, length);
        copy[length] = '\0';
        free(e->text);
        e->text = copy;
        e->length = length;
        e->error = 0;
        return 0;
}

/* Appends an entry without text: it reads as an empty line until a text is set. */
static int append_entry(struct capture *c, const char *path, size_t path_length, struct entry **ret)
{
        char *copy;

        if (array_grow(&c->entries, &c->allocated, c->n + 1, sizeof(*c->entries)) < 0)
                return -ENOMEM;
        copy = strndup(path, path_length);
        if (!copy)
                return -ENOMEM;
        c->entries[c->n] = (struct entry){ .path = copy, .sequence = c->n };
        c->sorted = false;
        *ret = &c->entries[c->n++];
        return 0;
}

void capture_add(const char *path, const char *text, ssize_t length, bool link, void *userdata)
{
        struct capture *c = userdata;
        struct entry *e;

        if (append_entry(c, path, strlen(path), &e) < 0)
                c->failed = -ENOMEM;
        else if (length < 0)
                e->error = (int)length;
        else if (set_text(e, text, (size_t)length) < 0)
                c->failed = -ENOMEM;
        else {
                e->link = link;
                e->binary = !link && memchr(text, '\0', (size_t)length);
        }
}

static void format_bytes(FILE *f, const struct entry *e)
{
        fprintf(f, "%s =", e->path);
        for (size_t i = 0; i < e->length; i++)
                fprintf(f, "%s%02x", i % BYTES_OF_LINE == 0 ? "\n  " : " ",
                        (unsigned char)e->text[i]);
        fputc('\n', f);
}

/* One line: after the path. Several: indented below it. */
static void format_entry(FILE *f, const struct entry *e)
{
        const char *line = e->text, *end, *newline;

        if (e->error < 0) {
                fprintf(f, "%s ! %s\n", e->path, strerrorname_np(-e->error) ?: "EIO");
                return;
        }
        if (e->link) {
                fprintf(f, "%s -> %s\n", e->path, e->text);
                return;
        }
        if (e->binary) {
                format_bytes(f, e);
                return;
        }
        end = line + e->length;
        newline = memchr(line, '\n', e->length);
        if (!newline || newline + 1 == end) {
                fprintf(f, "%s:%s%.*s\n", e->path, newline == line || line == end ? "" : " ",
                        (int)((newline ?: end) - line), line);
                return;
        }
        fprintf(f, "%s:\n", e->path);
        for (; line < end; line = newline + 1) {
                newline = memchr(line, '\n', (size_t)(end - line)) ?: end;
                fprintf(f, "  %.*s\n", (int)(newline - line), line);
        }
}

int capture_format(struct capture *c, char **ret)
{
        char *text = NULL;
        size_t size;
        FILE *f;

        if (c->failed < 0)
                return c->failed;
        f = open_memstream(&text, &size);
        if (!f)
                return -ENOMEM;
        sort_entries(c);
        fputs(HEADER, f);
        for (size_t i = 0; i < c->n; i++)
                if (i + 1 == c->n || !streq(c->entries[i].path, c->entries[i + 1].path))
                        format_entry(f, &c->entries[i]);
        if (fclose(f) != 0) {
                free(text);
                return -ENOMEM;
        }
        *ret = text;
        return 0;
}

/* Reading a capture back. */

struct parser {
        struct capture *capture;
        struct entry *open; /* the entry that indented lines belong to */
        const char *name;
        unsigned line;
        struct messages *errors;
        bool failed;
};

static void complain(struct parser *p, const char *what)
{
        messages_add(p->errors, "%s:%u: %s", p->name, p->line, what);
        p->failed = true;
}

static bool path_is_sane(const char *path, size_t length)
{
        if (length == 0 || length >= 4096 || path[0] == '/' || path[length - 1] == '/')
                return false;
        for (size_t at = 0; at < length;) {
                const char *slash = memchr(path + at, '/', length - at);
                size_t n = slash ? (size_t)(slash - path) - at : length - at;

                if (n == 0 || (n == 1 && path[at] == '.') ||
                    (n == 2 && path[at] == '.' && path[at + 1] == '.'))
                        return false;
                at += n + 1;
        }
        return true;
}

static int parse_errno(const char *name, size_t length)
{
        for (int e = 1; e < 134; e++) {
                const char *known = strerrorname_np(e);

                if (known && strlen(known) == length && memcmp(known, name, length) == 0)
                        return -e;
        }
        return 0;
}

static int append_text(struct entry *e, const char *line, size_t length)
{
        char *text = realloc(e->text, e->length + length + 2);

        if (!text)
                return -ENOMEM;
        memcpy(text + e->length, line, length);
        memcpy(text + e->length + length, "\n", 2);
        e->text = text;
        e->length += length + 1;
        return 0;
}

static int parse_digit(char c)
{
        const char *digits = "0123456789abcdef", *found = c ? strchr(digits, c) : NULL;

        return found ? (int)(found - digits) : -1;
}

/* "48 4d 41 54": a line of up to 16 bytes. Returns how many, 0: it is not that. */
static size_t parse_bytes(const char *line, size_t length, char bytes[static BYTES_OF_LINE])
{
        size_t n = (length + 1) / 3;

        if (length % 3 != 2 || n > BYTES_OF_LINE)
                return 0;
        for (size_t i = 0; i < n; i++) {
                int high = parse_digit(line[3 * i]), low = parse_digit(line[3 * i + 1]);

                if (high < 0 || low < 0 || (i + 1 < n && line[3 * i + 2] != ' '))
                        return 0;
                bytes[i] = (char)(high << 4 | low);
        }
        return n;
}

static int append_bytes(struct parser *p, struct entry *e, const char *line, size_t length)
{
        char bytes[BYTES_OF_LINE], *text;
        size_t n = parse_bytes(line, length, bytes);

        if (n == 0) {
                complain(p, "expected up to 16 bytes such as \"48 4d 41 54\"");
                return 0;
        }
        text = realloc(e->text, e->length + n + 1);
        if (!text)
                return -ENOMEM;
        memcpy(text + e->length, bytes, n);
        e->text = text;
        e->length += n;
        text[e->length] = '\0';
        return 0;
}

/* A PCI address in a path has colons of its own: the path ends at ": ", at a space, or at a colon
 * that ends the line. */
static size_t measure_path(const char *line, size_t length)
{
        size_t n = 0;

        while (n < length && line[n] != ' ' &&
               !(line[n] == ':' && (n + 1 == length || line[n + 1] == ' ')))
                n++;
        return n;
}

/* What stands after the path, from its separator on. */
static int parse_contents(struct parser *p, struct entry *e, const char *rest, size_t length)
{
        if (length == 1 && rest[0] == ':') {
                p->open = e;
                return 0;
        }
        if (rest[0] == ':')
                return append_text(e, rest + 2, length - 2);
        if (length == 2 && memcmp(rest, " =", 2) == 0) {
                p->open = e;
                e->binary = true;
                return set_text(e, "", 0);
        }
        if (length > 4 && memcmp(rest, " -> ", 4) == 0) {
                e->link = true;
                return set_text(e, rest + 4, length - 4);
        }
        if (length > 3 && memcmp(rest, " ! ", 3) == 0)
                e->error = parse_errno(rest + 3, length - 3);
        if (e->error == 0)
                complain(p, "expected \" ! \" and the name of an error such as ENODEV, or "
                            "\" -> \" and where the link points");
        return 0;
}

static int parse_file_line(struct parser *p, const char *line, size_t length)
{
        size_t n = measure_path(line, length);
        struct entry *e;
        int r;

        if (n == length || !path_is_sane(line, n)) {
                complain(p,
                         "expected \"PATH: VALUE\", \"PATH:\", \"PATH =\", \"PATH -> TARGET\" or "
                         "\"PATH ! ERROR\", with a path below the root");
                return 0;
        }
        r = append_entry(p->capture, line, n, &e);
        return r < 0 ? r : parse_contents(p, e, line + n, length - n);
}

static int parse_line(struct parser *p, const char *line, size_t length)
{
        if (memchr(line, '\0', length)) {
                complain(p, "expected text, found a NUL byte");
                return 0;
        }
        if (length >= 2 && line[0] == ' ' && line[1] == ' ') {
                if (p->open && p->open->binary)
                        return append_bytes(p, p->open, line + 2, length - 2);
                if (p->open)
                        return append_text(p->open, line + 2, length - 2);
                complain(p, "expected a path: an indented line follows \"PATH:\" or \"PATH =\" "
                            "only");
                return 0;
        }
        if (length == 0 || line[0] == '#')
                return 0;
        p->open = NULL;
        return parse_file_line(p, line, length);
}

static void check_duplicates(struct parser *p)
{
        struct capture *c = p->capture;

        sort_entries(c);
        for (size_t i = 1; i < c->n; i++)
                if (streq(c->entries[i - 1].path, c->entries[i].path)) {
                        messages_add(p->errors, "%s: %s: expected each path once", p->name,
                                     c->entries[i].path);
                        p->failed = true;
                }
}

static int parse_capture(struct parser *p, const char *text, size_t size)
{
        int r;

        for (size_t at = 0; at < size; at++) {
                const char *newline = memchr(text + at, '\n', size - at);
                size_t length = newline ? (size_t)(newline - text) - at : size - at;

                p->line++;
                r = parse_line(p, text + at, length);
                if (r < 0)
                        return r;
                at += length;
        }
        check_duplicates(p);
        return p->failed ? -EBADMSG : 0;
}

/* The root in memory: data is the capture. */

static ssize_t capture_read(void *data, const char *path, char *buf, size_t size)
{
        const struct entry *e = find_entry(data, path);

        if (!e)
                return -ENOENT;
        if (e->error < 0)
                return e->error;
        if (e->link)
                return -ENOENT; /* where it points is not followed */
        if (!e->text) {
                if (size < 2)
                        return -EFBIG;
                memcpy(buf, "\n", 2);
                return 1;
        }
        if (e->length >= size)
                return -EFBIG;
        memcpy(buf, e->text, e->length + 1);
        return (ssize_t)e->length;
}

static int capture_write(void *data, const char *path, const char *value)
{
        struct entry *e = find_entry(data, path);

        if (!e || e->link)
                return -ENOENT;
        return e->error < 0 ? e->error : set_text(e, value, strlen(value));
}

static int capture_link(void *data, const char *path, char *buf, size_t size)
{
        const struct entry *e = find_entry(data, path);

        if (!e)
                return -ENOENT;
        if (e->error < 0 || !e->link)
                return e->error < 0 ? e->error : -EINVAL;
        if (e->length >= size)
                return -ENAMETOOLONG;
        memcpy(buf, e->text, e->length + 1);
        return 0;
}

static int capture_list(void *data, const char *path, sysroot_entry_fn fn, void *userdata)
{
        struct capture *c = data;
        _cleanup_(freep) char *prefix = NULL;
        char name[256], last[256] = "";
        size_t n_prefix, first;
        int r;

        if (asprintf(&prefix, "%s/", path) < 0) {
                prefix = NULL;
                return -ENOMEM;
        }
        n_prefix = strlen(prefix);
        first = find_position(c, prefix);
        for (size_t i = first; i < c->n && startswith(c->entries[i].path, prefix); i++) {
                const char *rest = c->entries[i].path + n_prefix;
                size_t n = strcspn(rest, "/");

                if (n >= sizeof(name))
                        return -ENAMETOOLONG;
                memcpy(name, rest, n);
                name[n] = '\0';
                if (streq(name, last))
                        continue;
                memcpy(last, name, n + 1);
                r = fn(name, userdata);
                if (r != 0)
                        return r;
        }
        return first < c->n && startswith(c->entries[first].path, prefix) ? 0 : -ENOENT;
}

static int capture_replace(void *data, const char *path, const char *text, size_t size)
{
        struct entry *e = find_entry(data, path);
        int r;

        if (!e) {
                r = append_entry(data, path, strlen(path), &e);
                if (r < 0)
                        return r;
        }
        return set_text(e, text, size);
}

static int capture_remove(void *data, const char *path)
{
        struct capture *c = data;
        struct entry *e = find_entry(c, path);

        if (!e)
                return -ENOENT;
        free(e->path);
        free(e->text);
        array_remove(c->entries, &c->n, (size_t)(e - c->entries), sizeof(*e));
        return 0;
}

static void capture_release(void *data)
{
        capture_free(data);
}

static const struct sysroot_ops capture_ops = {
        .read = capture_read,
        .write = capture_write,
        .link = capture_link,
        .list = capture_list,
        .replace = capture_replace,
        .remove = capture_remove,
        .free = capture_release,
};

int capture_open(const char *text, size_t size, const char *name, struct messages *errors,
                 struct sysroot **ret)
{
        _cleanup_(capture_freep) struct capture *c = NULL;
        struct parser parser = { .name = name, .errors = errors };
        int r;

        if (size < strlen(HEADER) || memcmp(text, HEADER, strlen(HEADER)) != 0) {
                messages_add(errors,
                             "%s:1: expected \"# numatier capture 1\": is this the output "
                             "of \"numatier capture\"?",
                             name);
                return -EBADMSG;
        }
        r = capture_new(&c);
        if (r < 0)
                return r;
        parser.capture = c;
        r = parse_capture(&parser, text, size);
        if (r < 0)
                return r;
        return sysroot_new(&capture_ops, TAKE_PTR(c), ret);
}
