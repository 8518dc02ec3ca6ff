/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The one request of HTTP that is answered: GET /metrics. */

#include <stdbool.h>
#include <stddef.h>

#include "metrics/exposition.h"

#define REQUEST_MAX 8192U /* bytes up to the empty line; Prometheus sends some 300 */

enum request_status {
        REQUEST_GONE = 0, /* the client went away, and gets no answer */
        REQUEST_OK = 200,
        REQUEST_MALFORMED = 400,
        REQUEST_NOT_FOUND = 404,   /* another path */
        REQUEST_NOT_ALLOWED = 405, /* another method */
        REQUEST_TIMEOUT = 408,
        REQUEST_TOO_LARGE = 431,
        REQUEST_FAILED = 500,
};

struct request {
        enum request_status status;
        bool head;                     /* without the text */
        enum exposition_format format; /* the one that the client prefers; the older of equals */
};

/* Whether all of a request is there. */
bool request_is_complete(const char *text, size_t size);

/* Parses a complete request. */
struct request request_parse(const char *text, size_t size);

/* "Bad Request" */
const char *request_reason(enum request_status s);
