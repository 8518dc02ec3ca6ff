/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "metrics/exposition.h"

#include "testing.h"

static const struct metric_family pages = {
        "x_pages",
        METRIC_COUNTER,
        "pages",
        "A \"quoted\" \\ and\na line.",
};
static const struct metric_family info = { "x_node", METRIC_INFO, NULL, "Two." };
static const struct metric_family empty = { "x_empty", METRIC_GAUGE, NULL, "Three." };
static const struct metric_family gauge = { "x_seconds", METRIC_GAUGE, "seconds", "Four." };

static void check(enum exposition_format format, const char *wanted)
{
        struct exposition e = { .format = format };
        char *text;
        size_t size;

        e.f = open_memstream(&text, &size);
        assert(e.f);
        exposition_begin(&e, &pages);
        exposition_add_integer(&e, LABELS({ "node", "0" }, { "tier", NULL }), UINT64_MAX);
        exposition_add_integer(&e, NO_LABELS, 0);
        exposition_begin(&e, &info);
        exposition_add_integer(&e, LABELS({ "a", NULL }, { "b", "\"\\\n" }), 1);
        exposition_begin(&e, &empty);
        exposition_begin(&e, &gauge);
        exposition_add_real(&e, NO_LABELS, 1.2e-7);
        exposition_end(&e);
        assert(fclose(e.f) == 0);
        assert_streq(text, wanted);
        free(text);
}

int main(void)
{
        check(EXPOSITION_OPENMETRICS,
              "# HELP x_pages A \\\"quoted\\\" \\\\ and\\na line.\n# TYPE x_pages counter\n"
              "# UNIT x_pages pages\nx_pages_total{node=\"0\"} 18446744073709551615\n"
              "x_pages_total 0\n# HELP x_node Two.\n# TYPE x_node info\n"
              "x_node_info{b=\"\\\"\\\\\\n\"} 1\n# HELP x_seconds Four.\n"
              "# TYPE x_seconds gauge\n# UNIT x_seconds seconds\nx_seconds 1.2e-07\n# EOF\n");
        check(EXPOSITION_PROMETHEUS,
              "# HELP x_pages_total A \"quoted\" \\\\ and\\na line.\n# TYPE x_pages_total counter\n"
              "x_pages_total{node=\"0\"} 18446744073709551615\nx_pages_total 0\n"
              "# HELP x_node_info Two.\n# TYPE x_node_info gauge\n"
              "x_node_info{b=\"\\\"\\\\\\n\"} 1\n# HELP x_seconds Four.\n"
              "# TYPE x_seconds gauge\nx_seconds 1.2e-07\n");
        return 0;
}
