/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "metrics/request.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/util.h"

#define METRICS_PATH "/metrics"

/* A part of the request. */
struct piece {
        const char *text;
        size_t size;
};

static bool piece_is(struct piece p, const char *text)
{
        return p.size == strlen(text) && memcmp(p.text, text, p.size) == 0;
}

/* Names of fields and media types are the same in capital letters. */
static bool piece_matches(struct piece p, const char *text)
{
        return p.size == strlen(text) && strncasecmp(p.text, text, p.size) == 0;
}

static struct piece trim(struct piece p)
{
        while (p.size > 0 && (p.text[0] == ' ' || p.text[0] == '\t')) {
                p.text++;
                p.size--;
        }
        while (p.size > 0 && (p.text[p.size - 1] == ' ' || p.text[p.size - 1] == '\t'))
                p.size--;
        return p;
}

/* Takes what stands before the first delimiter off the rest. false: there is no delimiter, and all
 * of it is taken. */
static bool take(struct piece *rest, char delimiter, struct piece *ret)
{
        const char *at = memchr(rest->text, delimiter, rest->size);
        size_t size = at ? (size_t)(at - rest->text) : rest->size;

        *ret = (struct piece){ rest->text, size };
        rest->text += size + (at != NULL);
        rest->size -= size + (at != NULL);
        return at != NULL;
}

/* Without its end, which may lack the carriage return (RFC 9112, 2.2). */
static bool take_line(struct piece *rest, struct piece *ret)
{
        bool whole = take(rest, '\n', ret);

        if (ret->size > 0 && ret->text[ret->size - 1] == '\r')
                ret->size--;
        return whole;
}

bool request_is_complete(const char *text, size_t size)
{
        struct piece rest = { text, size }, line;
        bool first = true;

        while (take_line(&rest, &line)) {
                if (line.size == 0 && !first)
                        return true;
                first = false;
        }
        return false;
}

/* What a name may consist of (RFC 9110, 5.6.2). */
static bool is_token(struct piece p)
{
        for (size_t i = 0; i < p.size; i++)
                if (!isalnum((unsigned char)p.text[i]) &&
                    (p.text[i] == '\0' || !strchr("!#$%&'*+-.^_`|~", p.text[i])))
                        return false;
        return p.size > 0;
}

static bool is_text(struct piece p)
{
        for (size_t i = 0; i < p.size; i++)
                if (iscntrl((unsigned char)p.text[i]) && p.text[i] != '\t')
                        return false;
        return true;
}

/* Also "http://HOST/metrics?QUERY". */
static bool is_metrics(struct piece target)
{
        struct piece path;

        if (target.size >= 7 && strncasecmp(target.text, "http://", 7) == 0) {
                target.text += 7;
                target.size -= 7;
                while (target.size > 0 && *target.text != '/') {
                        target.text++;
                        target.size--;
                }
        }
        (void)take(&target, '?', &path);
        return piece_is(path, METRICS_PATH);
}

/* METHOD TARGET HTTP/1.N; whether it is one. */
static bool parse_first_line(struct piece line, struct request *ret, bool *ret_needs_host)
{
        struct piece method, target;

        if (!take(&line, ' ', &method) || !take(&line, ' ', &target) || !is_token(method) ||
            target.size == 0 || !is_text(target) || memchr(target.text, '\t', target.size) ||
            (!piece_is(line, "HTTP/1.1") && !piece_is(line, "HTTP/1.0")))
                return false;
        *ret_needs_host = piece_is(line, "HTTP/1.1");
        ret->head = piece_is(method, "HEAD");
        if (!is_metrics(target))
                ret->status = REQUEST_NOT_FOUND;
        else if (!ret->head && !piece_is(method, "GET"))
                ret->status = REQUEST_NOT_ALLOWED;
        return true;
}

/* "1", "0.75" in thousandths; what is no number counts as 0. */
static unsigned parse_weight(struct piece p)
{
        unsigned weight = 0, digit = 1000;

        for (size_t i = 0; i < p.size && digit > 0; i++) {
                if (i == 1 && p.text[i] == '.')
                        continue;
                if (!isdigit((unsigned char)p.text[i]))
                        return 0;
                weight += digit * (unsigned)(p.text[i] - '0');
                digit /= 10;
        }
        return weight < 1000 ? weight : 1000;
}

/* The weight of one media range, "text/plain;version=0.0.4;q=0.5". Other parameters may only have
 * the version in a wish: whoever names a format reads the version that there is. */
static unsigned get_weight(struct piece range)
{
        unsigned weight = 1000;
        struct piece parameter;

        while (range.size > 0) {
                (void)take(&range, ';', &parameter);
                parameter = trim(parameter);
                if (parameter.size >= 2 && strncasecmp(parameter.text, "q=", 2) == 0)
                        weight = parse_weight(
                                (struct piece){ parameter.text + 2, parameter.size - 2 });
        }
        return weight;
}

/* The older format stands for all that a client may mean by "text". */
static void parse_accept(struct piece value, unsigned best[static EXPOSITION_FORMATS])
{
        struct piece range, type;

        while (value.size > 0) {
                enum exposition_format f;
                unsigned weight;

                (void)take(&value, ',', &range);
                (void)take(&range, ';', &type);
                type = trim(type);
                if (piece_matches(type, "application/openmetrics-text"))
                        f = EXPOSITION_OPENMETRICS;
                else if (piece_matches(type, "text/plain") || piece_matches(type, "text/*") ||
                         piece_matches(type, "*/*"))
                        f = EXPOSITION_PROMETHEUS;
                else
                        continue;
                weight = get_weight(range);
                if (weight > best[f])
                        best[f] = weight;
        }
}

/* Whether each line is NAME: VALUE, up to the empty line. */
static bool parse_fields(struct piece rest, bool *ret_has_host,
                         unsigned best[static EXPOSITION_FORMATS])
{
        struct piece line, name;

        while (take_line(&rest, &line) && line.size > 0) {
                if (!take(&line, ':', &name) || !is_token(name) || !is_text(line))
                        return false;
                *ret_has_host = *ret_has_host || piece_matches(name, "Host");
                if (piece_matches(name, "Accept"))
                        parse_accept(line, best);
        }
        return true;
}

struct request request_parse(const char *text, size_t size)
{
        struct request r = { .status = REQUEST_OK, .format = EXPOSITION_PROMETHEUS };
        unsigned best[EXPOSITION_FORMATS] = { 0 };
        struct piece rest = { text, size }, line;
        bool needs_host, has_host = false;

        (void)take_line(&rest, &line);
        if (!parse_first_line(line, &r, &needs_host) || !parse_fields(rest, &has_host, best) ||
            (needs_host && !has_host))
                return (struct request){ .status = REQUEST_MALFORMED };
        if (best[EXPOSITION_OPENMETRICS] > best[EXPOSITION_PROMETHEUS])
                r.format = EXPOSITION_OPENMETRICS;
        return r;
}

const char *request_reason(enum request_status s)
{
        switch (s) {
        case REQUEST_GONE:
                break;
        case REQUEST_OK:
                return "OK";
        case REQUEST_MALFORMED:
                return "Bad Request";
        case REQUEST_NOT_FOUND:
                return "Not Found";
        case REQUEST_NOT_ALLOWED:
                return "Method Not Allowed";
        case REQUEST_TIMEOUT:
                return "Request Timeout";
        case REQUEST_TOO_LARGE:
                return "Request Header Fields Too Large";
        case REQUEST_FAILED:
                return "Internal Server Error";
        }
        return "";
}
