/* SPDX-License-Identifier: LGPL-2.1-or-later */
#undef NDEBUG
#include <assert.h>
#include <sys/socket.h>

#include "common/monitor-filter.h"
#include "monitor.h"

/* Real events come from real kernels, in tests/vm. This is what a uevent socket with our filter
 * would do with the texts that kernels send: a Unix socket runs the same filters. */

static int sockets[2];

static bool passes(const char *action, const char *devpath, const char *subsystem)
{
        char text[512], got[512];
        int n = snprintf(text, sizeof(text), "%s@%s%cACTION=%s%cDEVPATH=%s%cSUBSYSTEM=%s%cSEQNUM=1",
                         action, devpath, 0, action, 0, devpath, 0, subsystem, 0);

        assert(send(sockets[0], text, (size_t)n, 0) == n);
        return recv(sockets[1], got, sizeof(got), MSG_DONTWAIT) == n;
}

static void test_filter(void)
{
        assert(socketpair(AF_UNIX, SOCK_DGRAM, 0, sockets) == 0);
        assert(monitor_filter_attach(sockets[1]) == 0);

        assert(passes("add", "/devices/system/memory/memory32", "memory"));
        assert(passes("online", "/devices/system/memory/memory32", "memory"));
        assert(passes("offline", "/devices/system/memory/memory32", "memory"));
        assert(passes("remove", "/devices/system/node/node1", "node"));
        assert(passes("add", "/devices/virtual/memory_tiering/memory_tier5", "memory_tiering"));
        assert(passes("bind", "/devices/platform/ACPI0017:00/root0/decoder0.0/region0", "cxl"));
        assert(passes("unbind", "/devices/platform/hmem.0/dax0.0", "dax"));
        assert(passes("change", "/devices/pci0000:0c/0000:0c:00.0/0000:0d:00.0/mem0", "cxl"));
        assert(passes("move", "/devices/virtual/memory_tiering/memory_tier4", "memory_tiering"));
        assert(passes("reticulate", "/devices/virtual/net/veth0", "net")); /* an unknown action */

        assert(passes("change", "/devices/system/node/node1", "node"));
        assert(passes("online", "/devices/system/cpu/cpu4", "cpu"));
        assert(passes("online", "/devices/system/memory/memory1", "memory"));
        assert(!passes("change", "/devices/system/memory/memory1", "memory"));
        assert(!passes("add", "/devices/virtual/net/veth4242", "net"));
        assert(!passes("move", "/devices/virtual/net/veth4242", "net"));
        assert(!passes("change", "/devices/virtual/block/loop0", "block"));
        assert(!passes("add", "/devices/virtual/mem/null", "mem"));
        assert(!passes("add", "/kernel/slab/:0000064/cgroup/x(1:y)", "slab"));
        assert(!passes("remove", "/module/kmem", "module"));
        assert(passes("add", "/module/memtier_override", "module"));
        close(sockets[0]);
        close(sockets[1]);
}

static struct monitor_news classify(const char *subsystem, const char *action)
{
        struct monitor_news news = { 0 };

        monitor_classify(subsystem, action, &news);
        return news;
}

static void test_classify(void)
{
        struct monitor_news news = { 0 };

        assert(classify("memory", "add").any && !classify("memory", "add").complete);
        assert(classify("memory", "online").complete);
        assert(classify("dax", "bind").complete);
        assert(classify("module", "add").complete);
        assert(classify("memory_tiering", "remove").removal);
        assert(classify("memory", "offline").removal && !classify("memory", "offline").complete);
        assert(!classify("block", "bind").any);
        assert(classify("cpu", "online").complete && !classify("cpu", "online").online);
        assert(classify("cpu", "offline").any && !classify("cpu", "offline").removal);
        assert(!classify("cpu", "change").any); /* udevadm trigger */
        assert(!classify(NULL, "add").any && !classify("node", NULL).any);

        /* a batch adds up */
        monitor_classify("memory", "online", &news);
        monitor_classify("memory", "offline", &news);
        assert(news.complete && news.removal && !news.lost);
}

static struct monitor_news read_event(const char *text, size_t size)
{
        struct monitor_news news = { 0 };

        monitor_read_event(text, size - 1, &news);
        return news;
}

#define READ_EVENT(text) read_event(text, sizeof(text))

static void test_text(void)
{
        assert(READ_EVENT("online@/devices/system/memory/memory32\0ACTION=online\0"
                          "DEVPATH=/devices/system/memory/memory32\0SUBSYSTEM=memory\0SEQNUM=1")
                       .online);
        assert(!READ_EVENT("add@/module/kmem\0ACTION=add\0SUBSYSTEM=block\0").any);
        /* cut short, empty, without an action, not from lib/kobject_uevent.c */
        assert(!READ_EVENT("online@/devices/system/memory/memory32\0ACTION=online\0SUBSYS").any);
        assert(!READ_EVENT("").any);
        assert(!READ_EVENT("x\0SUBSYSTEM=memory").any);
        assert(!READ_EVENT("\0\0\0\0").any);
}

int main(void)
{
        test_text();
        test_filter();
        test_classify();
        return 0;
}
