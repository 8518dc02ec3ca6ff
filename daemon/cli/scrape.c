/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/scrape.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

#include "cli/metrics-text.h"
#include "cli/writer.h"
#include "metrics/request.h"

/* Prometheus gives up a scrape after ten seconds. */
#define REQUEST_MSEC 5000U /* for all of the request */
#define ANSWER_MSEC  5000U /* for all of the answer */
#define CLOSE_MSEC   1000U

static uint64_t get_now(void)
{
        return monotonic_usec() / 1000;
}

/* Waits until fd is ready, or the deadline is over. */
static bool wait_for(int fd, short events, uint64_t deadline)
{
        struct pollfd p = { .fd = fd, .events = events };

        for (;;) {
                uint64_t now = get_now();
                int r = now < deadline ? poll(&p, 1, (int)(deadline - now)) : 0;

                if (r > 0)
                        return true;
                if (r == 0 || errno != EINTR)
                        return false;
        }
}

/* More bytes: how many, 0 at the end, -EAGAIN for none yet, or another error. */
static ssize_t read_some(int fd, char *buf, size_t size)
{
        ssize_t n = read(fd, buf, size);

        return n >= 0 ? n : errno == EINTR ? -EAGAIN : -errno;
}

/* REQUEST_OK: a complete request is there. */
static enum request_status read_request(int fd, char buf[static REQUEST_MAX], size_t *ret_size)
{
        uint64_t deadline = get_now() + REQUEST_MSEC;
        size_t size = 0;

        while (size < REQUEST_MAX) {
                ssize_t n;

                if (!wait_for(fd, POLLIN, deadline))
                        return REQUEST_TIMEOUT;
                n = read_some(fd, buf + size, REQUEST_MAX - size);
                if (n == -EAGAIN)
                        continue;
                if (n <= 0)
                        return n == 0 && size > 0 ? REQUEST_MALFORMED : REQUEST_GONE;
                size += (size_t)n;
                *ret_size = size;
                if (request_is_complete(buf, size))
                        return REQUEST_OK;
        }
        return REQUEST_TOO_LARGE;
}

/* What a client does not take in time, it does not get. */
static bool write_until(int fd, const char *text, size_t size, uint64_t deadline)
{
        while (size > 0) {
                ssize_t n;

                if (!wait_for(fd, POLLOUT, deadline))
                        return false;
                n = write(fd, text, size);
                if (n < 0 && errno != EINTR && errno != EAGAIN)
                        return false;
                if (n > 0) {
                        text += n;
                        size -= (size_t)n;
                }
        }
        return true;
}

/* Closing a connection with bytes that nobody has read would take the answer away from a client
 * that has not read it, either (RFC 9112, 9.6). */
static void linger(int in, int out)
{
        uint64_t deadline = get_now() + CLOSE_MSEC;
        char ignored[4096];
        ssize_t n;

        if (shutdown(out, SHUT_WR) < 0)
                return;
        do {
                n = wait_for(in, POLLIN, deadline) ? read_some(in, ignored, sizeof(ignored)) : 0;
        } while (n > 0 || n == -EAGAIN);
}

static void answer(int out, const struct request *r, const char *text, size_t size)
{
        const char *type = r->status == REQUEST_OK ? exposition_content_type(r->format)
                                                   : "text/plain; charset=utf-8";
        uint64_t deadline = get_now() + ANSWER_MSEC;
        char head[512];
        int n;

        n = snprintf(head, sizeof(head),
                     "HTTP/1.1 %u %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n%s"
                     "Connection: close\r\n\r\n",
                     r->status, request_reason(r->status), type, size,
                     r->status == REQUEST_NOT_ALLOWED ? "Allow: GET, HEAD\r\n" : "");
        if (write_until(out, head, (size_t)n, deadline) && !r->head)
                (void)write_until(out, text, size, deadline);
}

/* The two may be one, and then both are switched. A terminal is also that of other programs. */
static void set_nonblocking(int fd)
{
        int flags = fcntl(fd, F_GETFL);

        if (flags >= 0 && !isatty(fd))
                (void)fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

static struct request get_request(int in)
{
        char buf[REQUEST_MAX];
        struct request r = { 0 };
        size_t size = 0;

        r.status = read_request(in, buf, &size);
        return r.status == REQUEST_OK ? request_parse(buf, size) : r;
}

int scrape_answer(const struct arguments *a, int in, int out)
{
        _cleanup_(freep) char *text = NULL;
        struct request r;
        size_t size = 0;

        (void)signal(SIGPIPE, SIG_IGN);
        set_nonblocking(in);
        set_nonblocking(out);
        r = get_request(in);
        if (r.status == REQUEST_GONE)
                return EXIT_SUCCESS;
        if (r.status == REQUEST_OK && metrics_format(a, r.format, &text, &size) < 0)
                r.status = REQUEST_FAILED;
        if (r.status != REQUEST_OK) {
                text = text_new("%s. The metrics of numatier are at /metrics.\n",
                                request_reason(r.status));
                size = text ? strlen(text) : 0;
        }
        answer(out, &r, text ?: "", size);
        linger(in, out);
        return r.status == REQUEST_FAILED ? EXIT_FAILURE : EXIT_SUCCESS;
}
