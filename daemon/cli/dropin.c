/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/dropin.h"

#include <errno.h>
#include <signal.h>

#include "cli/cli.h"
#include "common/session.h"

int dropin_lock(void)
{
        return cli_take_lock("run/numatier/policy.lock", "changes the policy");
}

int dropin_read(struct sysroot *root, const char *path, char **ret)
{
        _cleanup_(freep) char *text = NULL;
        size_t size = 0;
        int r = sysroot_read_bytes(root, path, &text, &size);

        *ret = NULL;
        if (r == -ENOENT)
                return 0;
        if (r < 0) {
                fprintf(stderr, "numatier: /%s: cannot be read: %s\n", path, strerror(-r));
                return r;
        }
        if (memchr(text, '\0', size)) { /* what follows it would be lost */
                fprintf(stderr, "numatier: /%s: expected text, found a NUL byte\n", path);
                return -EBADMSG;
        }
        *ret = TAKE_PTR(text);
        return 0;
}

int dropin_check(struct sysroot *root, const struct config_change *change, struct policy **ret)
{
        _cleanup_(policy_unrefp) struct policy *policy = NULL;
        struct messages errors = MESSAGES_INIT;
        int r = config_check_change(root, change, &errors, &policy);

        if (r < 0 && errors.n == 0)
                messages_add(&errors, "the policy cannot be checked: %s", strerror(-r));
        cli_print_messages("", &errors);
        messages_done(&errors);
        if (r == 0 && ret)
                *ret = TAKE_PTR(policy);
        return r;
}

/* As "systemctl reload numatierd" does; the daemon also runs where there is no systemd. */
static int reload(struct sysroot *root)
{
        _cleanup_(state_freep) struct state *state = NULL;
        struct messages problems = MESSAGES_INIT;
        int r = session_load_state(root, &problems, &state);

        cli_print_messages("warning: ", &problems);
        messages_done(&problems);
        if (r < 0 || !state_daemon_is_alive(state, root)) {
                puts("numatierd does not run: the policy counts when it starts, or with "
                     "\"numatier apply\".");
                return EXIT_SUCCESS;
        }
        if (kill(state->daemon, SIGHUP) < 0) {
                fprintf(stderr,
                        "numatier: numatierd (process %ld) cannot be told to reload the policy: "
                        "%s\n",
                        (long)state->daemon, strerror(errno));
                return EXIT_FAILURE;
        }
        printf("numatierd (process %ld) reloads the policy.\n", (long)state->daemon);
        return EXIT_SUCCESS;
}

int dropin_install(struct sysroot *root, const struct config_change *change)
{
        _cleanup_(freep) char *old = NULL;
        int r = change->text ? dropin_read(root, change->path, &old) : 0;

        if (r < 0)
                return EXIT_FAILURE;
        if (old && streq(old, change->text)) {
                printf("/%s has that already.\n", change->path);
                return reload(root); /* perhaps it was not told when that was written */
        }
        r = change->text ? sysroot_replace(root, change->path, change->text)
                         : sysroot_remove(root, change->path);
        if (r < 0) {
                fprintf(stderr, "numatier: /%s: cannot be %s: %s\n", change->path,
                        change->text ? "written" : "removed", strerror(-r));
                return EXIT_FAILURE;
        }
        printf("%s /%s.\n", change->text ? "Wrote" : "Removed", change->path);
        return reload(root);
}
