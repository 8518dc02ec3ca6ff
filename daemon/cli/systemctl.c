/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/systemctl.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

#include "cli/cli.h"

#define OUTPUT_SIZE 4096

/* Standard output goes into the pipe, and what systemctl has to say to standard error. */
static int spawn(char *const argv[], const int out[2], pid_t *ret)
{
        posix_spawn_file_actions_t actions;
        int r = posix_spawn_file_actions_init(&actions);

        if (r != 0)
                return -r;
        r = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        if (r == 0)
                r = posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
        if (r == 0)
                r = posix_spawnp(ret, argv[0], &actions, NULL, argv, environ);
        (void)posix_spawn_file_actions_destroy(&actions);
        return -r;
}

/* All of it, so that systemctl is not kept waiting; what does not fit is dropped. */
static void read_output(int fd, char buf[static OUTPUT_SIZE])
{
        size_t n = 0;

        for (;;) {
                char rest[256];
                bool fits = n < OUTPUT_SIZE - 1;
                ssize_t r =
                        read(fd, fits ? buf + n : rest, fits ? OUTPUT_SIZE - 1 - n : sizeof(rest));

                if (r < 0 && errno == EINTR)
                        continue;
                if (r <= 0)
                        break;
                n += fits ? (size_t)r : 0;
        }
        buf[n] = '\0';
}

static int wait_for(pid_t pid, int *ret_status)
{
        while (waitpid(pid, ret_status, 0) < 0)
                if (errno != EINTR)
                        return -errno;
        return 0;
}

/* What failed, for people: argv[1] is the command. */
static int report(char *const argv[], int r, int status)
{
        if (r < 0)
                fprintf(stderr, "numatier: systemctl %s: cannot be run: %s\n", argv[1],
                        strerror(-r));
        else if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
                return 0;
        else if (WIFEXITED(status))
                fprintf(stderr, "numatier: systemctl %s: failed with exit status %d\n", argv[1],
                        WEXITSTATUS(status));
        else
                fprintf(stderr, "numatier: systemctl %s: was ended by signal %d\n", argv[1],
                        WTERMSIG(status));
        return r < 0 ? r : -EIO;
}

static int run(char *const argv[], char output[static OUTPUT_SIZE])
{
        int out[2], status = 0, r;
        pid_t pid = -1;

        (void)fflush(stdout);
        if (pipe2(out, O_CLOEXEC) < 0)
                return report(argv, -errno, 0);
        r = spawn(argv, out, &pid);
        (void)close(out[1]);
        if (r == 0) {
                read_output(out[0], output);
                r = wait_for(pid, &status);
        }
        (void)close(out[0]);
        return report(argv, r, status);
}

/* The value of a line KEY=value. */
static void find_value(const char *output, const char *key, char *ret, size_t size)
{
        size_t n = strlen(key);

        ret[0] = '\0';
        for (const char *line = output; *line != '\0'; line += strspn(line, "\n")) {
                size_t length = strcspn(line, "\n");

                if (length > n && strncmp(line, key, n) == 0 && line[n] == '=')
                        snprintf(ret, size, "%.*s", (int)(length - n - 1), line + n + 1);
                line += length;
        }
}

int systemctl_get_status(const char *unit, struct unit_status *ret)
{
        _cleanup_(freep) char *name = NULL;
        char output[OUTPUT_SIZE], stale[32];
        const char *dot = strrchr(unit, '.');
        int r;

        /* a template is not loaded, but an instance of it is where there is one */
        name = unit_name_is_template(unit)
                       ? text_new("%.*snumatier%s", (int)(dot - unit), unit, dot)
                       : strdup(unit);
        if (!name)
                return cli_error(-ENOMEM, unit), -ENOMEM;
        r = run((char *const[]){ (char *)"systemctl", (char *)"show",
                                 (char *)"--property=Id,LoadState,ActiveState,NeedDaemonReload",
                                 (char *)"--", name, NULL },
                output);
        if (r < 0)
                return r;
        find_value(output, "Id", ret->id, sizeof(ret->id));
        find_value(output, "LoadState", ret->load, sizeof(ret->load));
        find_value(output, "ActiveState", ret->active, sizeof(ret->active));
        find_value(output, "NeedDaemonReload", stale, sizeof(stale));
        ret->stale = streq(stale, "yes");
        ret->is_alias = *ret->id != '\0' && !streq(ret->id, name);
        return 0;
}

int systemctl_reload(void)
{
        char output[OUTPUT_SIZE];

        return run((char *const[]){ (char *)"systemctl", (char *)"daemon-reload", NULL }, output);
}
