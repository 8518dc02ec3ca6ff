/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "measure/store.h"

#include <errno.h>
#include <signal.h>

#include "common/lock.h"
#include "state/measured.h"

int store_lock(const char *root, int *ret_fd, pid_t *ret_holder)
{
        return lock_take_file(root, STORE_LOCK_PATH, ret_fd, ret_holder);
}

int store_check(struct sysroot *root, struct messages *problems)
{
        _cleanup_(measured_freep) struct measured *all = NULL;
        int r;

        r = measured_load(root, problems, &all);
        return r < 0 ? r : all->error;
}

static int read_merge_write(struct sysroot *root, const char *key, const struct perf *perf,
                            struct messages *warnings)
{
        _cleanup_(measured_freep) struct measured *all = NULL;
        int r;

        r = measured_load(root, warnings, &all);
        if (r == 0)
                r = measured_set(all, key, perf);
        return r < 0 ? r : measured_save(root, all);
}

int store_add(struct sysroot *root, const char *key, const struct perf *perf,
              struct messages *warnings)
{
        sigset_t all_signals, before;
        int r;

        (void)sigfillset(&all_signals);
        (void)sigprocmask(SIG_BLOCK, &all_signals, &before);
        r = read_merge_write(root, key, perf, warnings);
        (void)sigprocmask(SIG_SETMASK, &before, NULL);
        return r;
}
