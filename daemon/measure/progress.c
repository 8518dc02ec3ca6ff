/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "measure/progress.h"

#include <signal.h>

#include "base/util.h"

#define BAR          40U
#define CLEAR_LINE   "\r\033[K"
#define N_CLEAR_LINE (sizeof(CLEAR_LINE) - 1)

static bool progress_is_shown;

void progress_show(unsigned node, unsigned round, unsigned rounds, void *userdata)
{
        static const char full[] = "########################################";
        unsigned n = BAR * round / rounds;

        if (progress_is_shown)
                fprintf(stderr, "\rnode %u [%.*s%*s]", node, (int)n, full, (int)(BAR - n), "");
}

void progress_clear(void)
{
        if (progress_is_shown)
                fputs(CLEAR_LINE, stderr);
}

/* Nothing must be undone: the kernel frees the memory and the lock, and storing blocks signals. */
static void on_signal(int signal_number)
{
        ssize_t n = progress_is_shown ? write(STDERR_FILENO, CLEAR_LINE, N_CLEAR_LINE) : 0;

        (void)n;
        raise(signal_number); /* SA_RESETHAND: now it ends the process, and the shell sees why */
}

void progress_init(void)
{
        const struct sigaction action = { .sa_handler = on_signal,
                                          .sa_flags = (int)(SA_RESETHAND | SA_NODEFER) };

        progress_is_shown = isatty(STDERR_FILENO);
        (void)sigaction(SIGINT, &action, NULL);
        (void)sigaction(SIGTERM, &action, NULL);
}
