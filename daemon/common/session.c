/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/session.h"

#include <errno.h>

#include "common/lock.h"

int session_lock(const struct input *in, struct messages *problems, int *ret_fd)
{
        pid_t holder = 0;
        int r;

        if (in->machine)
                return 0;
        r = lock_take(in->root, ret_fd, &holder);
        if (r == -EBUSY)
                messages_add(problems,
                             "numatierd or another numatier is running here (process %ld holds "
                             "/%s); \"systemctl reload numatierd\" makes numatierd read the policy "
                             "again",
                             (long)holder, LOCK_PATH);
        else if (r < 0)
                messages_add(problems, "/%s: cannot be locked: %s", LOCK_PATH, strerror(-r));
        return r;
}

int session_load_state(struct sysroot *root, struct messages *problems, struct state **ret)
{
        int r;

        r = state_load(root, problems, ret);
        if (r < 0)
                messages_add(problems, "/%s: cannot be loaded: %s", STATE_UNDO_PATH, strerror(-r));
        return r;
}
