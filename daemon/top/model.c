/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "top/model.h"

void model_done(struct model *m)
{
        m->now = sample_free(m->now);
        m->before = sample_free(m->before);
}

struct view_real model_get_rate(const struct model *m, struct count before, struct count now)
{
        struct view_real rate = { 0 };

        if (!m->before || !before.known || !now.known || now.value < before.value ||
            m->now->usec <= m->before->usec)
                return rate;
        rate.known = true;
        rate.value =
                (double)(now.value - before.value) * 1e6 / (double)(m->now->usec - m->before->usec);
        return rate;
}

static void note(struct history *h, struct view_real rate)
{
        h->items[h->next] = rate;
        h->next = (h->next + 1) % HISTORY_MAX;
        h->n += h->n < HISTORY_MAX;
}

struct view_real history_get(const struct history *h, size_t i)
{
        if (i >= h->n)
                return (struct view_real){ 0 };
        return h->items[(h->next + HISTORY_MAX - 1 - i) % HISTORY_MAX];
}

void model_add(struct model *m, struct sample *s)
{
        sample_free(m->before);
        m->before = m->now;
        m->now = s;
        if (!m->before)
                return;
        note(&m->demoted, model_get_rate(m, m->before->demoted, s->demoted));
        note(&m->promoted, model_get_rate(m, m->before->promoted, s->promoted));
}

/* Keys */

static void change_delay(struct model *m, bool longer)
{
        static const uint64_t steps[] = { 100000,  200000,   500000,   1000000,  2000000,
                                          5000000, 10000000, 30000000, 60000000, 600000000 };
        size_t n = ELEMENTSOF(steps);

        if (longer) {
                for (size_t i = 0; i < n; i++)
                        if (steps[i] > m->delay_usec) {
                                m->delay_usec = steps[i];
                                return;
                        }
                return;
        }
        for (size_t i = n; i > 0; i--)
                if (steps[i - 1] < m->delay_usec) {
                        m->delay_usec = steps[i - 1];
                        return;
                }
}

static void change_sort(struct model *m, size_t by)
{
        m->sort = (enum top_sort)((m->sort + by) % SORTS);
}

static void scroll_up(struct model *m, size_t lines)
{
        m->scroll = m->scroll > lines ? m->scroll - lines : 0;
}

static void scroll_down(struct model *m, size_t lines)
{
        m->scroll = m->scroll_max - m->scroll > lines ? m->scroll + lines : m->scroll_max;
}

static bool press_scroll(struct model *m, unsigned key)
{
        const size_t page = m->page > 1 ? m->page - 1 : 1;

        switch (key) {
        case KEY_OF_UP:
                scroll_up(m, 1);
                return true;
        case KEY_OF_DOWN:
                scroll_down(m, 1);
                return true;
        case KEY_OF_PAGE_UP:
                scroll_up(m, page);
                return true;
        case KEY_OF_PAGE_DOWN:
                scroll_down(m, page);
                return true;
        case KEY_OF_HOME:
                m->scroll = 0;
                return true;
        case KEY_OF_END:
                m->scroll = m->scroll_max;
                return true;
        default:
                return false;
        }
}

void model_press(struct model *m, unsigned key)
{
        if (press_scroll(m, key))
                return;
        switch (key) {
        case 'q':
        case KEY_OF_F10:
                m->ended = true;
                break;
        case 'h':
        case '?':
        case KEY_OF_F1:
                m->help = !m->help;
                m->scroll = 0;
                break;
        case KEY_OF_ESCAPE:
                m->help = false;
                break;
        case ' ':
        case 'p':
                m->paused = !m->paused;
                break;
        case '+':
                change_delay(m, true);
                break;
        case '-':
                change_delay(m, false);
                break;
        case 's':
        case '>':
        case KEY_OF_F6:
                change_sort(m, 1);
                break;
        case '<':
                change_sort(m, SORTS - 1);
                break;
        }
}
