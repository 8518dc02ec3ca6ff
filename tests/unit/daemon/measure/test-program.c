/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The arguments of numatier-measure, whose path is the test's argument. No command line here comes
 * as far as a measurement. */

#include <sys/wait.h>

#include "testing.h"

static const char *program;

/* Runs it by a shell, since that can redirect; returns the exit status and what it printed. */
static int run(const char *arguments, char *output, size_t size)
{
        _cleanup_(freep) char *command = NULL;
        size_t n;
        FILE *f;
        int status;

        assert(asprintf(&command, "'%s' %s", program, arguments) > 0);
        f = popen(command, "r");
        assert(f);
        n = fread(output, 1, size - 1, f);
        output[n] = '\0';
        status = pclose(f);
        assert(WIFEXITED(status));
        return WEXITSTATUS(status);
}

static void expect(const char *arguments, int status, const char *text)
{
        char output[4096];
        int got = run(arguments, output, sizeof(output));

        if (got != status || !strstr(output, text))
                fprintf(stderr, "%s: exit status %d, output:\n%s\n", arguments, got, output);
        assert(got == status && strstr(output, text));
}

/* That a later operand is the wrong one shows that those before it are right. */
static void test_nodes(void)
{
        expect("node x 2>&1", 2, "numatier: expected a node, such as 1 or node1, found \"node\"\n");
        expect("1 node1 node1023 wrong 2>&1", 2, "found \"wrong\"\n");
        expect("node1024 2>&1", 2, "found \"node1024\"\n");
        expect("nodenode1 2>&1", 2, "found \"nodenode1\"\n");
}

static void test_options(void)
{
        expect("--force --dry-run --json --no-legend --no-pager wrong 2>&1", 2,
               "found \"wrong\"\n");
        expect("--seconds 0 2>&1", 2, "numatier: --seconds: expected a number from 1 to 3600");
        expect("--size 1M 2>&1", 2, "numatier: --size: expected a size from 16M to 4T");
        expect("--wrong 2>&1", 2, "numatier: unrecognized option '--wrong'");
}

static void test_output(void)
{
        expect("--help", 0, "SPREAD is (max - min) / median of the least repeatable value.");
        expect("--help", 0, "--force ");
        expect("--version", 0, "numatier ");
        expect("--help 2>&1 >/dev/full", 1, "numatier: cannot write to standard output");
        expect("--version 2>&1 >/dev/full", 1, "numatier: cannot write to standard output");
}

int main(int argc, char **argv)
{
        assert(argc == 2);
        program = argv[1];
        test_nodes();
        test_options();
        test_output();
        return 0;
}
