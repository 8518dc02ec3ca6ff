/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "metrics/request.h"

#include "testing.h"

static struct request parse(const char *text)
{
        assert(request_is_complete(text, strlen(text)));
        return request_parse(text, strlen(text));
}

static void expect(enum request_status status, const char *text)
{
        assert(parse(text).status == status);
}

static void expect_format(enum exposition_format format, const char *accept)
{
        char text[512];
        struct request r;

        snprintf(text, sizeof(text), "GET /metrics HTTP/1.1\r\nHost: a\r\naccept:%s\r\n\r\n",
                 accept);
        r = parse(text);
        assert(r.status == REQUEST_OK && r.format == format);
}

static void test_complete(void)
{
        const char *text = "GET /metrics HTTP/1.0\r\nA: b\r\n\r\n";

        for (size_t n = 0; n < strlen(text); n++)
                assert(!request_is_complete(text, n));
        assert(request_is_complete(text, strlen(text)));
        assert(!request_is_complete("\r\n", 2)); /* an empty first line is not the end */
}

static void test_status(void)
{
        expect(REQUEST_OK, "GET /metrics HTTP/1.0\r\n\r\n");
        expect(REQUEST_OK, "GET /metrics HTTP/1.0\n\n");
        expect(REQUEST_OK, "GET /metrics?a=b HTTP/1.1\r\nhost:\r\n\r\n");
        expect(REQUEST_OK, "GET http://a:1/metrics HTTP/1.1\r\nHost: a\r\n\r\n");
        assert(parse("HEAD /metrics HTTP/1.0\r\n\r\n").head);
        assert(!parse("GET /metrics HTTP/1.0\r\n\r\n").head);
        expect(REQUEST_NOT_FOUND, "GET / HTTP/1.0\r\n\r\n");
        expect(REQUEST_NOT_FOUND, "GET /metrics/x HTTP/1.0\r\n\r\n");
        expect(REQUEST_NOT_FOUND, "POST http://a HTTP/1.0\r\n\r\n");
        expect(REQUEST_NOT_ALLOWED, "POST /metrics HTTP/1.0\r\n\r\n");
        expect(REQUEST_NOT_ALLOWED, "get /metrics HTTP/1.0\r\n\r\n");
}

static void test_malformed(void)
{
        static const char *const texts[] = {
                "\r\nGET /metrics HTTP/1.0\r\n\r\n",
                "GET /metrics\r\n\r\n",
                "GET  /metrics HTTP/1.0\r\n\r\n",
                "GET /metrics HTTP/1.0 \r\n\r\n",
                "GET /metrics HTTP/2.0\r\n\r\n",
                "G(T /metrics HTTP/1.0\r\n\r\n",
                " /metrics HTTP/1.0\r\n\r\n",
                "GET /met\trics HTTP/1.0\r\n\r\n",
                "GET /metrics HTTP/1.1\r\n\r\n", /* without Host */
                "GET /metrics HTTP/1.0\r\nA\r\n\r\n",
                "GET /metrics HTTP/1.0\r\nA : b\r\n\r\n",
                "GET /metrics HTTP/1.0\r\n: b\r\n\r\n",
                "GET /metrics HTTP/1.0\r\nA: b\r\n c\r\n\r\n",
                "GET /metrics HTTP/1.0\r\nA: \x01\r\n\r\n",
        };
        static const char nul[] = "GET /metrics HTTP/1.0\r\nA\0: b\r\n\r\n";

        for (size_t i = 0; i < ELEMENTSOF(texts); i++)
                expect(REQUEST_MALFORMED, texts[i]);
        assert(request_parse(nul, sizeof(nul) - 1).status == REQUEST_MALFORMED);
        assert(request_parse("", 0).status == REQUEST_MALFORMED);
}

static void test_format(void)
{
        assert(parse("GET /metrics HTTP/1.0\r\n\r\n").format == EXPOSITION_PROMETHEUS);
        expect_format(EXPOSITION_OPENMETRICS,
                      "application/openmetrics-text; version=1.0.0,text/plain;q=0.5,*/*;q=0.1");
        expect_format(EXPOSITION_OPENMETRICS,
                      " Application/OpenMetrics-Text ; Q=0.2 , text/plain;q=0.15");
        expect_format(EXPOSITION_PROMETHEUS,
                      " application/openmetrics-text;q=0.3,text/plain;version=0.0.4;q=0.4");
        expect_format(EXPOSITION_PROMETHEUS, " application/openmetrics-text;q=0");
        expect_format(EXPOSITION_PROMETHEUS,
                      " application/openmetrics-text;q=abc, text/plain;q=0.001");
        expect_format(EXPOSITION_PROMETHEUS, " application/openmetrics-text, */*");
        expect_format(EXPOSITION_PROMETHEUS, " application/json,,;,q=1");
}

int main(void)
{
        test_complete();
        test_status();
        test_malformed();
        test_format();
        return 0;
}
