/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "top/frame.h"

#include <limits.h>
#include <stdarg.h>
#include <string.h>

void frame_begin_line(struct frame *f)
{
        size_t need = (f->n_lines + 1) * f->width;

        f->column = 0;
        if (f->failed || array_grow(&f->cells, &f->allocated, need, sizeof(*f->cells)) < 0) {
                f->failed = true;
                return;
        }
        for (size_t i = f->n_lines * f->width; i < need; i++)
                f->cells[i] = (struct cell){ L' ', ATTRIBUTE_NORMAL };
        f->n_lines++;
}

void frame_put(struct frame *f, enum attribute a, wchar_t character)
{
        if (f->failed || f->n_lines == 0 || f->column >= f->width)
                return;
        f->cells[(f->n_lines - 1) * f->width + f->column++] = (struct cell){ character, a };
}

/* Returns the number of columns that the text takes, also where it is cut off. */
static size_t print(struct frame *f, enum attribute a, const char *text)
{
        mbstate_t state = { 0 };
        size_t columns = 0;

        while (*text) {
                wchar_t c;
                size_t n = mbrtowc(&c, text, MB_LEN_MAX, &state);

                if (n == 0 || n > MB_LEN_MAX) {
                        n = 1;
                        c = L'?';
                        memset(&state, 0, sizeof(state));
                }
                frame_put(f, a, wcwidth(c) == 1 ? c : L'?');
                text += n;
                columns++;
        }
        return columns;
}

void frame_print(struct frame *f, enum attribute a, const char *format, ...)
{
        _cleanup_(freep) char *text = NULL;
        va_list ap;

        va_start(ap, format);
        if (vasprintf(&text, format, ap) < 0)
                text = NULL;
        va_end(ap);
        if (text)
                (void)print(f, a, text);
        else
                f->failed = true;
}

void frame_print_in(struct frame *f, enum attribute a, int width, const char *text)
{
        const size_t columns = (size_t)(width < 0 ? -width : width);
        struct frame measured = { 0 };
        size_t length = print(&measured, a, text);

        for (size_t i = length; width < 0 && i < columns; i++)
                frame_put(f, a, L' ');
        (void)print(f, a, text);
        for (size_t i = length; width > 0 && i < columns; i++)
                frame_put(f, a, L' ');
}

void frame_fill_line(struct frame *f, enum attribute a)
{
        while (!f->failed && f->n_lines > 0 && f->column < f->width)
                frame_put(f, a, L' ');
}

void frame_append(struct frame *f, const struct frame *from, size_t first, size_t n)
{
        for (size_t i = first; i < first + n; i++) {
                frame_begin_line(f);
                for (size_t k = 0; i < from->n_lines && k < f->width; k++) {
                        const struct cell *c = &from->cells[i * from->width + k];

                        frame_put(f, c->attribute, c->character);
                }
        }
        f->failed = f->failed || from->failed;
}

const struct cell *frame_get_line(const struct frame *f, size_t line)
{
        return f->cells + line * f->width;
}

static bool is_blank(const struct cell *c)
{
        return c->character == L' ' && c->attribute != ATTRIBUTE_HEADING;
}

static void write_character(FILE *to, wchar_t c)
{
        char bytes[MB_LEN_MAX];
        mbstate_t state = { 0 };
        size_t n = wcrtomb(bytes, c, &state);

        if (n == (size_t)-1)
                fputc('?', to);
        else
                fwrite(bytes, 1, n, to);
}

static void write_line(const struct cell *c, size_t n, FILE *to, bool colours)
{
        static const char *const codes[ATTRIBUTES] = {
                [ATTRIBUTE_NORMAL] = "0",   [ATTRIBUTE_BOLD] = "0;1",
                [ATTRIBUTE_DIM] = "0;2",    [ATTRIBUTE_HEADING] = "0;7",
                [ATTRIBUTE_GREEN] = "0;32", [ATTRIBUTE_YELLOW] = "0;33",
                [ATTRIBUTE_RED] = "0;31",   [ATTRIBUTE_BLUE] = "0;34",
                [ATTRIBUTE_CYAN] = "0;36",
        };
        enum attribute now = ATTRIBUTE_NORMAL;

        while (n > 0 && (colours ? is_blank(&c[n - 1]) : c[n - 1].character == L' '))
                n--;
        for (size_t i = 0; i < n; i++) {
                if (colours && c[i].attribute != now) {
                        now = c[i].attribute;
                        fprintf(to, "\033[%sm", codes[now]);
                }
                write_character(to, c[i].character);
        }
        if (now != ATTRIBUTE_NORMAL)
                fputs("\033[0m", to);
        fputc('\n', to);
}

void frame_write(const struct frame *f, FILE *to, bool colours)
{
        for (size_t i = 0; i < f->n_lines; i++)
                write_line(frame_get_line(f, i), f->width, to, colours);
}

void frame_done(struct frame *f)
{
        free(f->cells);
        *f = (struct frame){ 0 };
}
