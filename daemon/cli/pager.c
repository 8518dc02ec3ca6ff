/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/pager.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "cli/output.h"

/* The output is collected in memory, and not written into a pipe: so it is still there if the pager
 * turns out not to run. */
static int pager_terminal = -1; /* the real standard output */
static const char *pager_command;

/* NULL: none. */
static const char *choose_pager(void)
{
        const char *names[] = { getenv("NUMATIER_PAGER"), getenv("PAGER") };

        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                if (names[i])
                        return *names[i] && !streq(names[i], "cat") ? names[i] : NULL;
        return "less";
}

static bool is_dumb(void)
{
        const char *term = getenv("TERM");

        return !term || streq(term, "dumb");
}

void pager_open(void)
{
        int memory;

        /* not for a program that runs with somebody else's rights */
        if (!isatty(STDOUT_FILENO) || is_dumb() || getuid() != geteuid())
                return;
        pager_command = choose_pager();
        if (!pager_command)
                return;
        (void)output_has_colours(); /* while standard output still is the terminal */
        (void)fflush(stdout);
        memory = memfd_create("numatier", MFD_CLOEXEC);
        if (memory < 0)
                return;
        pager_terminal = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
        if (pager_terminal >= 0 && dup2(memory, STDOUT_FILENO) < 0) {
                close(pager_terminal);
                pager_terminal = -1;
        }
        close(memory);
}

static void become_pager(int text)
{
        (void)dup2(text, STDIN_FILENO);
        close(text);
        /* quit if it fits on a screen, keep colours, do not clear the screen */
        (void)setenv("LESS", "FRSXMK", 0);
        (void)setenv("LESSSECURE", "1", 0);
        execl("/bin/sh", "sh", "-c", pager_command, NULL);
        _exit(127);
}

/* Whether the pager ran. The shell reports 127 for a command that it does not find, and 126 for one
 * that it cannot run; a pager that ran may do that too, but has read some of the text. */
static bool run_pager(int text)
{
        int status = 0;
        pid_t pid = fork();

        if (pid < 0)
                return false;
        if (pid == 0)
                become_pager(text);
        while (waitpid(pid, &status, 0) < 0)
                if (errno != EINTR)
                        return false;
        return !WIFEXITED(status) || WEXITSTATUS(status) < 126 || lseek(text, 0, SEEK_CUR) > 0;
}

/* Returns whether all of it was printed. */
static bool copy_text(int text)
{
        char buf[4096];
        ssize_t n;

        if (lseek(text, 0, SEEK_SET) < 0)
                return false;
        while ((n = read(text, buf, sizeof(buf))) > 0)
                if (fwrite(buf, 1, (size_t)n, stdout) != (size_t)n)
                        return false;
        return n == 0;
}

static bool is_missing(const char *command)
{
        return streq(command, "less") && system("command -v less >/dev/null 2>&1") != 0;
}

void pager_close(void)
{
        int text;

        if (pager_terminal < 0)
                return;
        (void)fflush(stdout); /* an error stays noted in the stream */
        text = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
        (void)dup2(pager_terminal, STDOUT_FILENO);
        close(pager_terminal);
        pager_terminal = -1;
        if (text < 0) {
                fprintf(stderr, "numatier: cannot show the output: %s\n", strerror(errno));
                return;
        }
        /* nobody asked for less by name */
        if (is_missing(pager_command) || lseek(text, 0, SEEK_SET) < 0 || !run_pager(text)) {
                if (!streq(pager_command, "less"))
                        fprintf(stderr, "numatier: the pager \"%s\" cannot be run\n",
                                pager_command);
                if (!copy_text(text))
                        fprintf(stderr, "numatier: cannot print: %s\n", strerror(errno));
        }
        close(text);
}
