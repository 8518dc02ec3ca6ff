/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* numatier metrics: to a file, to standard output, or to who asks by HTTP. */

#include <errno.h>

#include "cli/metrics-text.h"
#include "cli/replace.h"
#include "cli/scrape.h"

/* node_exporter reads files of the older format only. */
static int choose_format(const struct arguments *a, enum exposition_format *ret)
{
        *ret = a->output ? EXPOSITION_PROMETHEUS : EXPOSITION_OPENMETRICS;
        if (!a->format)
                return 0;
        for (enum exposition_format f = 0; f < EXPOSITION_FORMATS; f++)
                if (streq(a->format, exposition_format_name(f))) {
                        *ret = f;
                        return 0;
                }
        fprintf(stderr, "numatier: --format: expected openmetrics or prometheus, not \"%s\"\n",
                a->format);
        return -EINVAL;
}

int verb_metrics(const struct arguments *a)
{
        _cleanup_(freep) char *text = NULL;
        enum exposition_format format;
        size_t size;

        if (a->http && (a->output || a->format)) {
                fprintf(stderr, "numatier: expected --http, or --output and --format\n");
                return EXIT_USAGE;
        }
        if (a->http)
                return scrape_answer(a, STDIN_FILENO, STDOUT_FILENO);
        if (choose_format(a, &format) < 0)
                return EXIT_USAGE;
        if (metrics_format(a, format, &text, &size) < 0)
                return EXIT_FAILURE;
        if (a->output) {
                int r = output_write_file(a->output, text, size);

                return r < 0 ? cli_error(r, a->output) : EXIT_SUCCESS;
        }
        (void)fwrite(text, 1, size, stdout); /* finish_output() finds errors */
        return EXIT_SUCCESS;
}
