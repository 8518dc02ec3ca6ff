/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define NCURSES_WIDECHAR 1

#include "top/screen.h"

#include <errno.h>
#include <ncurses.h>

#include "cli/output.h"

/* after all others: it defines macros such as columns */
#include <term.h>

#define ESCAPE 27

static attr_t styles[ATTRIBUTES] = {
        [ATTRIBUTE_BOLD] = A_BOLD,
        [ATTRIBUTE_DIM] = A_DIM,
        [ATTRIBUTE_HEADING] = A_REVERSE,
};

/* Without colours the characters of bars still differ. */
static void choose_colours(void)
{
        static const struct {
                enum attribute attribute;
                short colour;
        } colours[] = {
                { ATTRIBUTE_GREEN, COLOR_GREEN }, { ATTRIBUTE_YELLOW, COLOR_YELLOW },
                { ATTRIBUTE_RED, COLOR_RED },     { ATTRIBUTE_BLUE, COLOR_BLUE },
                { ATTRIBUTE_CYAN, COLOR_CYAN },
        };

        if (!output_has_colours() || !has_colors() || start_color() == ERR)
                return;
        (void)use_default_colors();
        for (size_t i = 0; i < ELEMENTSOF(colours); i++)
                if (init_pair((short)(i + 1), colours[i].colour, -1) != ERR)
                        styles[colours[i].attribute] = (attr_t)COLOR_PAIR(i + 1);
}

/* newterm() leaks memory where it fails. */
static bool knows_terminal(void)
{
        const char *move;
        bool moves;
        int error;

        if (setupterm(NULL, STDOUT_FILENO, &error) != OK)
                return false;
        move = tigetstr("cup"); /* "dumb" has none */
        moves = move && move != (const char *)-1;
        (void)del_curterm(cur_term);
        return moves;
}

int screen_open(void)
{
        const char *term = getenv("TERM");

        if (!knows_terminal() || !newterm(NULL, stdout, stdin)) {
                fprintf(stderr,
                        "numatier: TERM=%s: expected a terminal that the system knows, and whose "
                        "cursor can be moved; --once needs none\n",
                        term ?: "");
                return -ENOTTY;
        }
        choose_colours();
        (void)cbreak();
        (void)noecho();
        (void)nonl();
        (void)nodelay(stdscr, true);
        (void)keypad(stdscr, true);
        (void)set_escdelay(25);
        (void)curs_set(0);
        return 0;
}

void screen_close(void)
{
        (void)endwin();
}

void screen_get_size(size_t *ret_width, size_t *ret_height)
{
        *ret_width = COLS > 0 ? (size_t)COLS : 1;
        *ret_height = LINES > 0 ? (size_t)LINES : 1;
}

static void draw_cell(const struct cell *c)
{
        const wchar_t text[2] = { c->character, L'\0' };
        const attr_t style = styles[c->attribute];
        cchar_t cell;

        if (setcchar(&cell, text, style & ~(attr_t)A_COLOR, (short)PAIR_NUMBER(style), NULL) != ERR)
                (void)add_wch(&cell);
}

void screen_draw(const struct frame *f)
{
        (void)erase();
        for (size_t y = 0; y < f->n_lines; y++) {
                const struct cell *line = frame_get_line(f, y);

                (void)move((int)y, 0);
                for (size_t x = 0; x < f->width; x++)
                        draw_cell(&line[x]);
        }
        (void)refresh();
}

static unsigned name_key(wint_t key)
{
        static const struct {
                wint_t key;
                enum top_key name;
        } keys[] = {
                { KEY_UP, KEY_OF_UP },         { KEY_DOWN, KEY_OF_DOWN },
                { KEY_PPAGE, KEY_OF_PAGE_UP }, { KEY_NPAGE, KEY_OF_PAGE_DOWN },
                { KEY_HOME, KEY_OF_HOME },     { KEY_END, KEY_OF_END },
                { KEY_F(1), KEY_OF_F1 },       { KEY_F(6), KEY_OF_F6 },
                { KEY_F(10), KEY_OF_F10 },
        };

        for (size_t i = 0; i < ELEMENTSOF(keys); i++)
                if (keys[i].key == key)
                        return keys[i].name;
        return KEY_OF_OTHER;
}

unsigned screen_get_key(void)
{
        wint_t key;
        int r = get_wch(&key);

        if (r == ERR)
                return 0;
        if (r == KEY_CODE_YES)
                return name_key(key);
        return key == ESCAPE ? KEY_OF_ESCAPE : key;
}
