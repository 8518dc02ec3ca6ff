/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "top/live.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <time.h>

#include "cli/writer.h"
#include "common/input.h"
#include "top/collect.h"
#include "top/render.h"
#include "top/screen.h"

#define USEC_PER_SEC  1000000U
#define NSEC_PER_USEC 1000U

static volatile sig_atomic_t ended;

static void end(int signal)
{
        (void)signal;
        ended = true;
}

/* They arrive only while the display waits; so does the one of a terminal that is resized, which
 * ncurses handles. */
static void catch_signals(sigset_t *ret_waiting)
{
        static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
        struct sigaction action = { .sa_handler = end };
        sigset_t blocked;

        (void)sigemptyset(&action.sa_mask);
        (void)sigemptyset(&blocked);
        (void)sigaddset(&blocked, SIGWINCH);
        for (size_t i = 0; i < ELEMENTSOF(signals); i++) {
                (void)sigaddset(&blocked, signals[i]);
                (void)sigaction(signals[i], &action, NULL);
        }
        (void)sigprocmask(SIG_BLOCK, &blocked, ret_waiting);
}

static void draw(struct model *m)
{
        size_t width, height;
        struct frame f;

        screen_get_size(&width, &height);
        render(m, width, height, &f);
        if (!f.failed)
                screen_draw(&f);
        frame_done(&f);
}

/* A machine that cannot be read now may be readable later: then the last values stay, with what is
 * wrong. The first time it is an error, and *ret_why says it. */
static int take(struct collector *c, struct model *m, char **ret_why)
{
        _cleanup_(freep) char *why = NULL;
        struct sample *s = NULL;
        int r = collector_take(c, &s, &why);

        if (r == 0)
                return 0;
        if (r > 0) {
                s->problem = s->problem ?: texts_copy(&s->texts, why);
                model_add(m, s);
                return 1;
        }
        if (!m->now) {
                *ret_why = TAKE_PTR(why);
                return r;
        }
        if (!m->now->problem || !why || !streq(m->now->problem, why))
                m->now->problem = texts_copy(&m->now->texts, why ?: strerror(-r));
        return 1;
}

static void wait_until(uint64_t due, int fd, const sigset_t *waiting)
{
        struct pollfd fds[] = { { .fd = STDIN_FILENO, .events = POLLIN },
                                { .fd = fd, .events = POLLIN } };
        const uint64_t now = monotonic_usec(), left = due > now ? due - now : 0;
        const struct timespec timeout = { (time_t)(left / USEC_PER_SEC),
                                          (long)(left % USEC_PER_SEC * NSEC_PER_USEC) };

        if (ppoll(fds, ELEMENTSOF(fds), due == UINT64_MAX ? NULL : &timeout, waiting) > 0 &&
            (fds[0].revents & (POLLHUP | POLLERR | POLLNVAL)))
                ended = true; /* the terminal is gone */
}

static bool press_keys(struct model *m)
{
        unsigned key;
        bool any = false;

        while ((key = screen_get_key()) != 0) {
                model_press(m, key);
                any = true;
        }
        return any;
}

static int run(struct collector *c, struct model *m, const sigset_t *waiting, char **ret_why)
{
        uint64_t last = 0;
        bool asked = false, changed = true;
        int r = 0;

        while (r >= 0 && !ended && !m->ended) {
                if (!asked && !m->paused && monotonic_usec() >= last + m->delay_usec) {
                        collector_request(c);
                        last = monotonic_usec();
                        asked = true;
                }
                if (changed)
                        draw(m);
                wait_until(asked || m->paused ? UINT64_MAX : last + m->delay_usec,
                           collector_get_fd(c), waiting);
                r = take(c, m, ret_why);
                asked = asked && r == 0;
                changed = press_keys(m) || r > 0;
        }
        return r;
}

int live_run(const struct input *in, struct model *m)
{
        _cleanup_(freep) char *why = NULL;
        struct collector *c = NULL;
        sigset_t waiting;
        int r;

        catch_signals(&waiting);
        r = screen_open();
        if (r < 0)
                return EXIT_FAILURE;
        r = collector_new(in, &c);
        if (r == 0)
                r = run(c, m, &waiting, &why);
        screen_close();
        collector_free(c); /* from here on standard error is the terminal again */
        if (r < 0)
                fprintf(stderr, "numatier: %s\n", why ?: strerror(-r));
        return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
