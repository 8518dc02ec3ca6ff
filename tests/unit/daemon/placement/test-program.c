/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The arguments of numatier-run and numatier-migrate, whose paths are the test's arguments after
 * numatier's; and what run does on a machine with one node at least. No page is moved here. */

#include <sys/wait.h>

#include "testing.h"

static const char *numatier, *run_program, *migrate_program, *policy, *machine;

/* Runs it by a shell, since that can redirect; the words @P and @M are options with the policy and
 * the machine. Returns the exit status and what it printed. */
static int run(const char *program, const char *arguments, char *output, size_t size)
{
        _cleanup_(freep) char *command = NULL;
        size_t n;
        FILE *f;
        int status;

        assert(asprintf(&command, "P='--config %s' M='--machine %s'; '%s' %s", policy, machine,
                        program, arguments) > 0);
        f = popen(command, "r");
        assert(f);
        n = fread(output, 1, size - 1, f);
        output[n] = '\0';
        status = pclose(f);
        assert(WIFEXITED(status));
        return WEXITSTATUS(status);
}

static void expect(const char *program, const char *arguments, int status, const char *text)
{
        char output[4096];
        int got = run(program, arguments, output, sizeof(output));

        if (got != status || !strstr(output, text))
                fprintf(stderr, "%s: exit status %d, output:\n%s\n", arguments, got, output);
        assert(got == status && strstr(output, text));
}

static void test_run_arguments(void)
{
        expect(run_program, "2>&1", 125, "numatier: run: expected --tier or --avoid");
        expect(run_program, "--tier dram 2>&1", 125, "numatier: run: expected a command");
        expect(run_program, "--tier dram --policy x true 2>&1", 125,
               "--policy: expected bind, preferred, preferred-many, interleave or "
               "weighted-interleave, found \"x\"");
        expect(run_program, "--tier dram $M true 2>&1", 125, "--machine need --show");
        expect(run_program, "--tier dram --json true 2>&1", 125, "--json needs --show");
        expect(run_program, "--tier dram --root / $M --show 2>&1", 125, "not both");
        expect(run_program, "--wrong 2>&1", 125, "numatier: unrecognized option '--wrong'");
        expect(run_program, "--help", 0, "weighted-interleave");
        expect(run_program, "--version", 0, "numatier ");
        expect(run_program, "--help >/dev/full", 125, "");
}

/* The machine: nodes 0 and 1 with CPUs, hbm 2 and 3, cxl 4 and 5. */
static void test_show(void)
{
        expect(run_program, "$P $M --tier cxl --show", 0,
               "policy: preferred-many\nnodes:  4-5\ntiers:  cxl\n");
        expect(run_program, "$P $M --tier hbm,dram --policy interleave --show", 0,
               "policy: interleave\nnodes:  0-3\ntiers:  hbm,dram\n");
        expect(run_program, "$P $M --avoid cxl,hbm --show", 0, "nodes:  0-1\n");
        expect(run_program, "$P $M --tier hbm,cxl --avoid cxl --show", 0, "tiers:  hbm\n");
        expect(run_program, "$P $M --tier cxl --local --show --json", 0, "\"cpus_of_node\": ");
        expect(run_program, "$P $M --tier cxl --avoid cxl --show 2>&1", 125,
               "--avoid cxl: no other node with memory is left");
        expect(run_program, "$P $M --tier nope --show 2>&1", 125,
               "tier \"nope\": the policy has no such tier; expected one of hbm, dram, cxl, far");
        expect(run_program, "$P $M --tier far --show 2>&1", 125,
               "no node with memory belongs in it");
}

/* Of this machine: --avoid far leaves whatever nodes there are. A sandbox may forbid the policy. */
static void test_execute(void)
{
        char output[4096];

        if (run(run_program, "$P --avoid far true 2>&1", output, sizeof(output)) == 125)
                return;
        expect(run_program, "$P --avoid far sh -c 'echo \"$0\"; exit 7' --tier", 7, "--tier\n");
        expect(run_program, "$P --avoid far -- /nonexistent 2>&1", 127,
               "numatier: cannot run /nonexistent: No such file");
        expect(run_program, "$P --avoid far -- / 2>&1", 126, "numatier: cannot run /: ");
}

static void test_migrate_arguments(void)
{
        expect(migrate_program, "2>&1", 2,
               "expected the number of a process or the name of a unit");
        expect(migrate_program, "1 2 2>&1", 2, "expected only one process or unit");
        expect(migrate_program, "1 --to x 2>&1", 2, "expected --from");
        expect(migrate_program, "1 --from x 2>&1", 2, "expected --to");
        expect(migrate_program, "--rate 100M --rate 1GiB/s --rate 0 2>&1", 2,
               "--rate: expected a rate such as 100M or 1GiB/s, found \"0\"");
        expect(migrate_program, "--wrong 2>&1", 2, "numatier: unrecognized option '--wrong'");
        if (access("/sys/devices/system/node/online", R_OK) == 0) /* where packages are built */
                expect(migrate_program, "$P 1 --from nope --to dram 2>&1", 1,
                       "the policy has no such tier");
        expect(migrate_program, "--help", 0, "--shared ");
        expect(migrate_program, "--version", 0, "numatier ");
}

/* As verbs: the options before and after are those of the program. */
static void test_verbs(void)
{
        expect(numatier, "$P run $M --tier cxl --show", 0, "tiers:  cxl\n");
        expect(numatier, "$P $M --json run --avoid cxl --local --show", 0, "\"cpus_of_node\": 0");
        expect(numatier, "run --tier cxl $P $M --show ls --json", 0, "nodes:  4-5");
        expect(numatier, "$P migrate --to x 1 2>&1", 2, "migrate: expected --from");
}

int main(int argc, char **argv)
{
        assert(argc == 6);
        numatier = argv[1];
        run_program = argv[2];
        migrate_program = argv[3];
        policy = argv[4];
        machine = argv[5];
        test_run_arguments();
        test_show();
        test_execute();
        test_migrate_arguments();
        test_verbs();
        return 0;
}
