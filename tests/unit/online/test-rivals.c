/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "online/rivals.h"
#include "testing.h"

static struct onliner items[2];
static struct onliners onliners = { .items = items };

static void set(size_t i, enum onliner_kind kind, const char *state)
{
        items[i] = (struct onliner){
                .kind = kind,
                .path = (char *)(kind == ONLINER_UDEV ? "/etc/udev/rules.d/80-x.rules" : "/auto"),
                .line = kind == ONLINER_UDEV ? 3 : 0,
                .text = (char *)"ATTR{state}=\"$env{x}\"",
                .state = (char *)state,
        };
        onliners.n = i + 1;
}

/* How many work against the policy; the first message is copied. */
static size_t find(const char *text, char ret[static 512])
{
        struct messages m = MESSAGES_INIT;
        char whole[256];
        struct policy *p;
        size_t n;

        snprintf(whole, sizeof(whole), "[tier t]\n%s", text);
        p = policy_from(whole);
        rivals_find(p, &onliners, &m);
        n = m.n;
        snprintf(ret, 512, "%s", n > 0 ? m.items[0] : "");
        messages_done(&m);
        policy_unref(p);
        return n;
}

#define MOVABLE "[online]\nonline=movable\n"
#define KERNEL  "[online]\nonline=kernel\n"
#define NO      "[node x]\nkind=cxl\nonline=no\n"

int main(void)
{
        char message[512];

        set(0, ONLINER_UDEV, "online_movable");
        assert(find(MOVABLE, message) == 0 && find("", message) == 0);
        assert(find(KERNEL, message) == 1 && find(MOVABLE NO, message) == 1);
        assert_streq(message,
                     "/etc/udev/rules.d/80-x.rules:3 brings hot-added memory online "
                     "(online_movable), and the policy has online = no: numatier takes such memory "
                     "offline again only while its node is hardly used");
        set(0, ONLINER_KERNEL, "online");
        onliners.plain = PLAIN_KERNEL;
        assert(find(MOVABLE, message) == 1 && find(KERNEL, message) == 0);
        onliners.plain = PLAIN_MOVABLE;
        assert(find(MOVABLE, message) == 0 && find(KERNEL, message) == 1);
        onliners.plain = PLAIN_EITHER;
        assert(find(MOVABLE, message) == 1 && find(KERNEL, message) == 1);
        assert_streq(message, "/auto brings hot-added memory online (online), and the policy has "
                              "online = kernel: numatier changes its zone only while its node is "
                              "hardly used");
        set(0, ONLINER_UDEV, NULL); /* decided when it is applied */
        items[0].conditional = true;
        assert(find(MOVABLE, message) == 1);
        assert(startswith(message, "/etc/udev/rules.d/80-x.rules:3 perhaps brings"));
        /* the command line only says how the other began */
        set(0, ONLINER_KERNEL, "online");
        set(1, ONLINER_BOOT, "online");
        assert(find(MOVABLE, message) == 1);
        assert(strstr(message, "(online, from memhp_default_state= on the kernel's command line)"));
        items[0] = items[1]; /* it is switched off now */
        onliners.n = 1;
        assert(find(MOVABLE, message) == 0);
        return 0;
}
