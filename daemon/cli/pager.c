/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/pager.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "cli/output.h"

static pid_t pager;

static const char *choose_pager(void)
{
        const char *names[] = { getenv("NUMATIER_PAGER"), getenv("PAGER") };

        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                if (names[i])
                        return *names[i] && !streq(names[i], "cat") ? names[i] : NULL;
        return "less";
}

static void become_pager(const char *command, int input)
{
        dup2(input, STDIN_FILENO);
        close(input);
        /* quit if it fits on a screen, keep colours, do not clear the screen */
        setenv("LESS", "FRSXMK", 0);
        setenv("LESSSECURE", "1", 0);
        execl("/bin/sh", "sh", "-c", command, NULL);
        _exit(127);
}

void pager_open(void)
{
        const char *command = choose_pager();
        int fds[2];

        /* not for a program that runs with somebody else's rights */
        if (!command || !isatty(STDOUT_FILENO) || getuid() != geteuid())
                return;
        output_has_colours(); /* while standard output still is the terminal */
        if (streq(command, "less") && system("command -v less >/dev/null 2>&1") != 0)
                return;
        if (pipe2(fds, O_CLOEXEC) < 0)
                return;
        fflush(stdout);
        pager = fork();
        if (pager == 0)
                become_pager(command, fds[0]);
        if (pager > 0)
                dup2(fds[1], STDOUT_FILENO);
        close(fds[0]);
        close(fds[1]);
}

void pager_close(void)
{
        if (pager <= 0)
                return;
        fflush(stdout);
        close(STDOUT_FILENO);
        while (waitpid(pager, NULL, 0) < 0 && errno == EINTR)
                ;
        pager = 0;
}
