/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "facts/uevent.h"
#include "testing.h"

#define EVENT(action, path, subsystem, more)                                                       \
        action "@" path "\0ACTION=" action "\0DEVPATH=" path "\0SUBSYSTEM=" subsystem "\0" more

#define PARSE(text, ret) uevent_parse(text, sizeof(text) - 1, ret)

static void test_subjects(void)
{
        struct uevent e;

        assert(PARSE(EVENT("online", "/devices/system/memory/memory32", "memory", "SEQNUM=1"), &e));
        assert(e.action == UEVENT_ONLINE && e.subject == UEVENT_BLOCK && e.number == 32);
        assert(PARSE(EVENT("remove", "/devices/system/node/node1023", "node", ""), &e));
        assert(e.action == UEVENT_REMOVE && e.subject == UEVENT_NODE && e.number == 1023);
        assert(PARSE(EVENT("add", "/devices/virtual/memory_tiering/memory_tier6235",
                           "memory_tiering", ""),
                     &e));
        assert(e.action == UEVENT_ADD && e.subject == UEVENT_TIER && e.number == 6235);
}

static void test_others(void)
{
        struct uevent e;

        /* a repetition (udevadm trigger) */
        assert(!PARSE(
                EVENT("add", "/devices/system/memory/memory32", "memory", "SYNTH_UUID=0\0SEQNUM=1"),
                &e));
        assert(!PARSE(EVENT("change", "/devices/system/memory/memory32", "memory", ""), &e));
        assert(!PARSE(EVENT("add", "/devices/virtual/net/node1", "net", ""), &e));
        assert(!PARSE(EVENT("add", "/devices/system/node/node1024", "node", ""), &e));
        assert(!PARSE(EVENT("add", "/devices/system/node/node 1", "node", ""), &e));
        assert(!PARSE(EVENT("add", "/devices/system/node/node", "node", ""), &e));
        assert(!PARSE("ACTION=add", &e));
        assert(!PARSE("", &e));
        /* not ended */
        assert(uevent_parse("ACTION=add\0SUBSYSTEM=node\0DEVPATH=/node17", 40, &e));
        assert(e.number == 1);
}

int main(void)
{
        test_subjects();
        test_others();
        return 0;
}
