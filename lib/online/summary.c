/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "online/summary.h"

#include <errno.h>
#include <inttypes.h>

#include "base/units.h"

size_t online_count_good(const struct online_group *g)
{
        return g->count[CASE_GOOD] + g->done;
}

size_t online_count_all(const struct online_group *g)
{
        return g->total - g->gone;
}

const char *online_format_group(const struct online_group *g, char buf[static ONLINE_TEXT_MAX])
{
        size_t all = online_count_all(g);

        snprintf(buf, ONLINE_TEXT_MAX, "%zu of %zu block%s of node %" PRIu32 " %s%s",
                 online_count_good(g), all, plural(all), g->node,
                 g->online == ONLINE_NO ? "offline, as online = no says" : "online, ",
                 g->online == ONLINE_NO ? "" : policy_online_word(g->online));
        return buf;
}

/* "3 blocks of node 2" */
static int format_subject(const struct online_group *g, size_t n, char *buf)
{
        return snprintf(buf, ONLINE_TEXT_MAX, "%zu block%s of node %" PRIu32 " ", n, plural(n),
                        g->node);
}

static void format_full(const struct online_group *g, char *buf, size_t size)
{
        if (g->online == ONLINE_NO)
                snprintf(buf, size,
                         "not taken offline, though online = no says so: the node is in use, or "
                         "the other nodes have no room; to do it nevertheless: numatier drain "
                         "%" PRIu32,
                         g->node);
        else
                snprintf(buf, size,
                         "not changed to %s: the node is in use, or the other nodes have no room; "
                         "to do it nevertheless: numatier drain %" PRIu32
                         ", then numatier online %" PRIu32,
                         policy_online_word(g->online), g->node, g->node);
}

static const char *describe(int error)
{
        return error == -ETIMEDOUT ? "the kernel could not move all its pages away in time"
                                   : strerror(-error);
}

static void format_failed(const struct online_group *g, char *buf, size_t size)
{
        if (g->error == 0) {
                snprintf(buf, size,
                         "wait: other blocks of the node could not be taken offline; tried again "
                         "later");
                return;
        }
        snprintf(buf, size, "could not be %s: memory%" PRIu64 ": %s; tried again later",
                 g->online == ONLINE_NO        ? "taken offline"
                 : g->online == ONLINE_MOVABLE ? "brought online, movable"
                                               : "brought online, kernel",
                 g->failed_block, describe(g->error));
}

static void format_stuck(const struct online_group *g, char *buf, size_t size)
{
        snprintf(buf, size,
                 "could not be taken offline in %d tries: memory%" PRIu64 ": %s; not tried again "
                 "until the policy is reloaded or numatierd restarts",
                 ONLINE_TRIES_MAX, g->stuck_block, describe(g->stuck_error));
}

static void format_other(const struct online_group *g, enum online_case v, char *buf, size_t size)
{
        if (v == CASE_DRAINED)
                snprintf(buf, size,
                         "left alone: the node was drained; numatier online %" PRIu32 " ends that",
                         g->node);
        else if (v == CASE_BUSY)
                snprintf(buf, size,
                         "not changed: they change just now, or cannot be read, or numatier "
                         "drain or online works");
        else if (v == CASE_FIXED)
                snprintf(
                        buf, size,
                        "not %s: boot memory, and what may be boot memory, is never taken offline, "
                        "and some memory cannot be",
                        g->online == ONLINE_NO ? "taken offline, though online = no says so"
                                               : "changed to the zone that the policy wants");
        else if (g->online == ONLINE_NO)
                snprintf(buf, size,
                         "left online: somebody has brought it online on purpose; numatier drain "
                         "%" PRIu32 " takes it offline",
                         g->node);
        else
                snprintf(buf, size,
                         "left alone: somebody else has taken it offline or changed its zone; "
                         "numatier online %" PRIu32
                         " brings back what is offline, and numatier drain before "
                         "that also changes the zone",
                         g->node);
}

bool online_is_reason(enum online_case v)
{
        return v != CASE_LEAVE && v != CASE_GOOD && v != CASE_ACT;
}

const char *online_format_reason(const struct online_group *g, enum online_case v,
                                 char buf[static ONLINE_TEXT_MAX])
{
        size_t n = g->count[v] + (v == CASE_WAIT ? g->failed : 0);
        int length;

        if (n == 0)
                return NULL;
        length = format_subject(g, n, buf);
        if (v == CASE_FULL)
                format_full(g, buf + length, ONLINE_TEXT_MAX - (size_t)length);
        else if (v == CASE_WAIT)
                format_failed(g, buf + length, ONLINE_TEXT_MAX - (size_t)length);
        else if (v == CASE_STUCK)
                format_stuck(g, buf + length, ONLINE_TEXT_MAX - (size_t)length);
        else
                format_other(g, v, buf + length, ONLINE_TEXT_MAX - (size_t)length);
        return buf;
}
