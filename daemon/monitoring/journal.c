/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "monitoring/journal.h"

#include <errno.h>
#include <time.h>

#include "monitoring/entry.h"

#define UNIT        "numatierd.service"
#define FIELD_LIMIT 65536U

static int add_matches(sd_journal *j)
{
        static const char *const failed[] = { "_PID=1", "UNIT=" UNIT,
                                              "MESSAGE_ID=" ENTRY_UNIT_FAILED };
        /* not those of the level debug */
        static const char *const priorities[] = { "PRIORITY=0", "PRIORITY=1", "PRIORITY=2",
                                                  "PRIORITY=3", "PRIORITY=4", "PRIORITY=5",
                                                  "PRIORITY=6" };
        int r = sd_journal_add_match(j, "_SYSTEMD_UNIT=" UNIT, 0);

        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(priorities); i++)
                r = sd_journal_add_match(j, priorities[i], 0);
        if (r >= 0)
                r = sd_journal_add_disjunction(j);
        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(failed); i++)
                r = sd_journal_add_match(j, failed[i], 0);
        return r;
}

static int seek_now(sd_journal *j)
{
        struct timespec now;

        (void)clock_gettime(CLOCK_REALTIME, &now);
        return sd_journal_seek_realtime_usec(j, (uint64_t)now.tv_sec * 1000000U +
                                                        (uint64_t)now.tv_nsec / 1000U);
}

/* The next call of sd_journal_next() is to return the first entry that is wanted. */
static int seek(sd_journal *j, unsigned lines)
{
        int r;

        if (lines == 0)
                return seek_now(j);
        r = sd_journal_seek_tail(j);
        if (r >= 0)
                r = sd_journal_previous_skip(j, (uint64_t)lines + 1);
        if (r < 0)
                return r;
        /* all that there are: the first of them is wanted too */
        return r <= (int)lines ? sd_journal_seek_head(j) : 0;
}

/* What nobody may read looks like what is not there. */
static int check_readable(sd_journal *j)
{
        int persistent = sd_journal_has_persistent_files(j),
            runtime = sd_journal_has_runtime_files(j);

        if (persistent != 0 || runtime != 0)
                return persistent < 0 ? persistent : runtime < 0 ? runtime : 0;
        return geteuid() == 0 ? -ENOENT : -EACCES;
}

int journal_open(unsigned lines, sd_journal **ret)
{
        _cleanup_(journal_closep) sd_journal *j = NULL;
        int r = sd_journal_open(&j, SD_JOURNAL_LOCAL_ONLY | SD_JOURNAL_SYSTEM);

        if (r < 0)
                return r;
        r = check_readable(j);
        if (r < 0)
                return r;
        r = sd_journal_set_data_threshold(j, FIELD_LIMIT);
        if (r >= 0)
                r = add_matches(j);
        if (r >= 0)
                r = sd_journal_get_fd(j); /* from now on nothing is missed */
        if (r >= 0)
                r = seek(j, lines);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(j);
        return 0;
}

static char *get(const char *name, void *userdata)
{
        const void *data;
        size_t size, skip = strlen(name) + 1;

        if (sd_journal_get_data(userdata, name, &data, &size) < 0 || size < skip)
                return NULL;
        return strndup((const char *)data + skip, size - skip);
}

int journal_read(sd_journal *j, void (*fn)(const struct change *c, void *userdata), void *userdata)
{
        int r = sd_journal_process(j);

        if (r < 0)
                return r;
        while ((r = sd_journal_next(j)) > 0) {
                struct change c;
                uint64_t usec = 0;

                /* an entry of a file that was removed meanwhile cannot be read */
                if (sd_journal_get_realtime_usec(j, &usec) < 0)
                        continue;
                entry_read(get, j, usec, &c);
                fn(&c, userdata);
                change_done(&c);
        }
        return r;
}
