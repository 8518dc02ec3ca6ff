/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "facts/onliners.h"
#include "fake-kernel.h"

/* One rule or a file, and what is found: "LINE STATE" for each, "?" for a state that is not known,
 * "maybe" for one that depends on something. */
struct rules {
        const char *text, *found;
};

static const struct rules rules[] = {
        { "", "" },
        { "SUBSYSTEM==\"memory\", ACTION==\"add\", ATTR{state}=\"online\"\n", "1 online" },
        /* matches only */
        { "SUBSYSTEM==\"memory\", ACTION==\"add\", ATTR{state}==\"online\"\n", "" },
        { "SUBSYSTEM==\"memory\", ATTR{state}!=\"online\", TAG+=\"x\"\n", "" },
        /* what distributions and clouds have */
        { "SUBSYSTEM==\"memory\", ACTION==\"add\", PROGRAM=\"/bin/uname -p\", RESULT!=\"s390*\", "
          "ATTR{state}==\"offline\", ATTR{state}=\"online\"\n",
          "1 online maybe" },
        { "SUBSYSTEM==\"memory\", ACTION==\"add\", "
          "DEVPATH==\"/devices/system/memory/memory[0-9]*\", TEST==\"state\", "
          "ATTR{state}!=\"online\", ATTR{state}=\"online_movable\"\n",
          "1 online_movable" },
        { "SUBSYSTEM!=\"memory\", ACTION!=\"add\", GOTO=\"end\"\n"
          "PROGRAM=\"/bin/uname -p\", RESULT==\"s390*\", GOTO=\"end\"\n"
          "ENV{.state}=\"online\"\n"
          "PROGRAM=\"/bin/systemd-detect-virt\", RESULT==\"none\", ENV{.state}=\"online_movable\"\n"
          "ATTR{state}==\"offline\", ATTR{state}=\"$env{.state}\"\n"
          "LABEL=\"end\"\n",
          "5 ? maybe" },
        { "SUBSYSTEM==\"memory\", ENV{zone}=\"online_kernel\"\n"
          "SUBSYSTEM==\"memory\", ATTR{state}=\"%E{zone}\"\n",
          "2 online_kernel" },
        /* the way NVIDIA's manual switches that off */
        { "SUBSYSTEM==\"*\", GOTO=\"end\"\n"
          "ATTR{state}==\"offline\", ATTR{state}=\"online\"\n"
          "LABEL=\"end\"\n",
          "" },
        { "#SUBSYSTEM==\"memory\", ATTR{state}=\"online\"\n"
          "   # SUBSYSTEM==\"memory\", ATTR{state}=\"online\"\n",
          "" },
        /* a virtual machine's own file: a way around others' */
        { "ATTR{[dmi/id]sys_vendor}==\"Microsoft Corporation\", GOTO=\"apply\"\n"
          "GOTO=\"end\"\n"
          "LABEL=\"apply\"\n"
          "SUBSYSTEM==\"memory\", ACTION==\"add\", ATTR{state}=\"online\"\n"
          "LABEL=\"end\"\n",
          "4 online maybe" },
        /* other subsystems and events */
        { "SUBSYSTEM==\"cpu\", ATTR{state}=\"online\"\n", "" },
        { "SUBSYSTEM!=\"dmi\", GOTO=\"end\"\nATTR{state}=\"online\"\nLABEL=\"end\"\n", "" },
        { "SUBSYSTEM==\"memory\", ACTION==\"remove\", ATTR{state}=\"online\"\n", "" },
        { "SUBSYSTEM==\"cpu|memory\", ACTION==\"change|add\", ATTR{state}=\"online\"\n",
          "1 online" },
        { "SUBSYSTEM==i\"MEMORY\", ATTR{state}=\"online\"\n", "1 online" },
        { "SUBSYSTEM==\"MEMORY\", ATTR{state}=\"online\"\n", "" },
        { "KERNEL==\"memory40\", ATTR{state}=\"online\"\n", "1 online maybe" },
        { "KERNEL==\"sd*\", ATTR{state}=\"online\"\n", "" },
        { "SUBSYSTEM==\"memory\", ATTR{state}=\"offline\"\n", "" },
        { "SUBSYSTEM==\"memory\", TEST==\"online\", ATTR{online}==\"0\", ATTR{online}=\"1\"\n",
          "1 online" },
        { "SUBSYSTEM==\"memory\", ATTR{online}==\"1\", ATTR{state}=\"online\"\n", "" },
        { "SUBSYSTEM==\"memory\", ATTR{online}=\"0\"\n", "" },
        { "SUBSYSTEM==\"cpu\", TEST==\"online\", ATTR{online}==\"0\", ATTR{online}=\"1\"\n", "" },
        { "SUBSYSTEM==\"memory\", ATTR{other}=\"online\"\n", "" },
        /* lines that go on, with comments and empty lines between */
        { "\n# x\nSUBSYSTEM==\"memory\", \\\n  # not this\n\n  "
          "ATTR{state}=\"online\"\nKERNEL==\"x\"\n",
          "3 online" },
        { "SUBSYSTEM==\"memory\",\\\nATTR{state}:=\"online_kernel\"", "1 online_kernel" },
        { "SUBSYSTEM==\"memory\", \\\n", "" },
        /* commands */
        { "SUBSYSTEM==\"memory\", RUN+=\"/bin/sh -c 'echo online_movable > /sys$devpath/state'\"\n",
          "1 online_movable" },
        { "SUBSYSTEM==\"memory\", RUN+=\"/bin/sh -c 'echo offline > /sys$devpath/state'\"\n", "" },
        { "SUBSYSTEM==\"memory\", RUN{program}+=\"/usr/sbin/chmem -e %k\"\n", "1 ?" },
        { "SUBSYSTEM==\"memory\", RUN{program}+=\"/usr/bin/logger memory\"\n", "" },
        /* rules that udev does not understand */
        { "SUBSYSTEM==\"memory\", ATTR{state}=\"online\n", "" },
        { "SUBSYSTEM==\"memory\", ATTR{state=\"online\"\n", "" },
        { "SUBSYSTEM==\"memory\", ATTR{state}=online\n", "" },
        { "SUBSYSTEM=memory\n\"\n{}\n=\nA{\nA{}=\"\\\"\n", "" },
};

static void format_found(const struct onliners *o, char *buf, size_t size)
{
        size_t n = 0;

        buf[0] = '\0';
        for (size_t i = 0; i < o->n; i++)
                n += (size_t)snprintf(buf + n, size - n, "%s%u %s%s", i > 0 ? ", " : "",
                                      o->items[i].line, o->items[i].state ?: "?",
                                      o->items[i].conditional ? " maybe" : "");
}

static void test_rules(void)
{
        for (size_t i = 0; i < ELEMENTSOF(rules); i++) {
                struct onliners o = { 0 };
                bool has_daxctl = false;
                char found[128];

                assert(onliners_parse_rules(&o, "/x", rules[i].text, &has_daxctl) == 0);
                format_found(&o, found, sizeof(found));
                if (!streq(found, rules[i].found))
                        fprintf(stderr, "rules %zu:\n%s", i, rules[i].text);
                assert_streq(found, rules[i].found);
                assert(!has_daxctl);
                onliners_done(&o);
        }
}

#define DAXCTL_RULE                                                                                \
        "ACTION==\"add\", SUBSYSTEM==\"dax\", TAG+=\"systemd\", PROGRAM=\"/usr/bin/systemd-"       \
        "escape -p --template=daxdev-reconfigure@.service $env{DEVNAME}\", "                       \
        "ENV{SYSTEMD_WANTS}=\"%c\"\n"

static void test_daxctl_rule(void)
{
        struct onliners o = { 0 };
        bool has_daxctl = false;

        assert(onliners_parse_rules(&o, "/x", DAXCTL_RULE, &has_daxctl) == 0 && has_daxctl);
        has_daxctl = false;
        assert(onliners_parse_rules(&o, "/x", "#" DAXCTL_RULE, &has_daxctl) == 0 && !has_daxctl);
        assert(o.n == 0);
}

static const char config[] = "# a comment\n"
                             "[core]\n"
                             "mode = system-ram\n"
                             "[reconfigure-device a]\n"
                             "nvdimm.uuid = 48d8e42c-a2f0-4312-9e70-a837faafe862\n"
                             "mode = system-ram\n"
                             "[reconfigure-device b]\n"
                             "mode = devdax\n"
                             "  [reconfigure-device c]\n"
                             "  mode = \"system-ram\"\n"
                             "  movable = false\n"
                             "[reconfigure-device d]\n"
                             "mode = system-ram\n"
                             "online = false\n"
                             "#[reconfigure-device e]\n";

static void test_daxctl_config(void)
{
        struct onliners o = { 0 };
        char found[128];

        assert(onliners_parse_daxctl(&o, "/x", config) == 0);
        format_found(&o, found, sizeof(found));
        assert_streq(found, "4 online_movable maybe, 9 online maybe");
        assert_streq(o.items[1].text, "[reconfigure-device c]");
        assert(o.items[0].kind == ONLINER_DAXCTL);
        onliners_done(&o);
}

static const char machine[] =
        "sys/devices/system/memory/auto_online_blocks: online_movable\n"
        "proc/cmdline: quiet memhp_default_state=online_movable\n"
        "usr/lib/udev/rules.d/40-a.rules: SUBSYSTEM==\"memory\", ATTR{state}=\"online\"\n"
        "usr/lib/udev/rules.d/50-b.rules: SUBSYSTEM==\"memory\", ATTR{state}=\"online_kernel\"\n"
        "usr/lib/udev/rules.d/README: SUBSYSTEM==\"memory\", ATTR{state}=\"online\"\n"
        "lib/udev/rules.d/50-b.rules: SUBSYSTEM==\"memory\", ATTR{state}=\"online\"\n"
        "etc/udev/rules.d/40-a.rules:\n"
        "run/udev/rules.d/30-c.rules:\n"
        "  # x\n"
        "  SUBSYSTEM==\"memory\", ATTR{state}=\"online\"\n"
        "usr/lib/udev/rules.d/90-daxctl-device.rules: " DAXCTL_RULE "etc/daxctl.conf.d/x.conf:\n"
        "  [reconfigure-device a]\n"
        "  mode = system-ram\n"
        "etc/daxctl.conf.d/x.conf.old:\n"
        "  [reconfigure-device b]\n"
        "  mode = system-ram\n";

static void assert_onliner(const struct onliner *o, enum onliner_kind kind, const char *path,
                           unsigned line, const char *state)
{
        assert(o->kind == kind && o->line == line);
        assert_streq(o->path, path);
        assert_streq(o->state, state);
}

static void test_read(void)
{
        struct messages problems = MESSAGES_INIT;
        struct sysroot *root = root_from(machine);
        struct onliners o;

        assert(onliners_read(root, &problems, &o) == 0);
        assert(problems.n == 0 && !o.incomplete && o.n == 5);
        assert_onliner(&o.items[0], ONLINER_KERNEL, "/sys/devices/system/memory/auto_online_blocks",
                       0, "online_movable");
        assert_onliner(&o.items[1], ONLINER_BOOT, "/proc/cmdline", 0, "online_movable");
        assert_streq(o.items[1].text, "memhp_default_state=online_movable");
        assert_onliner(&o.items[2], ONLINER_UDEV, "/run/udev/rules.d/30-c.rules", 2, "online");
        assert_streq(o.items[2].text, "SUBSYSTEM==\"memory\", ATTR{state}=\"online\"");
        assert_onliner(&o.items[3], ONLINER_UDEV, "/usr/lib/udev/rules.d/50-b.rules", 1,
                       "online_kernel");
        assert_onliner(&o.items[4], ONLINER_DAXCTL, "/etc/daxctl.conf.d/x.conf", 1,
                       "online_movable");
        onliners_done(&o);
        sysroot_free(root);
}

static void test_none(void)
{
        struct messages problems = MESSAGES_INIT;
        struct sysroot *root = root_from("sys/devices/system/memory/auto_online_blocks: offline\n"
                                         "proc/cmdline: memhp_default_state=online\n"
                                         "etc/daxctl.conf.d/x.conf:\n"
                                         "  [reconfigure-device a]\n"
                                         "  mode = system-ram\n");
        struct onliners o;

        assert(onliners_read(root, &problems, &o) == 0);
        assert(problems.n == 0 && !o.incomplete && o.n == 0);
        sysroot_free(root);
}

static void test_unreadable(void)
{
        struct messages problems = MESSAGES_INIT;
        struct sysroot *root = root_from("etc/udev/rules.d/50-a.rules ! EACCES\n"
                                         "sys/devices/system/memory/auto_online_blocks ! EIO\n");
        struct onliners o;

        assert(onliners_read(root, &problems, &o) == 0);
        assert(problems.n == 2 && o.incomplete && o.n == 0);
        messages_done(&problems);
        sysroot_free(root);
}

static enum plain_zone read_plain(const char *text, size_t n_problems)
{
        struct messages problems = MESSAGES_INIT;
        struct sysroot *root = root_from(text);
        struct onliners o;
        enum plain_zone plain;

        assert(onliners_read(root, &problems, &o) == 0);
        assert(problems.n == n_problems && o.n > 0);
        plain = o.plain;
        onliners_done(&o);
        messages_done(&problems);
        sysroot_free(root);
        return plain;
}

/* What the kernel chooses where nobody says the zone. */
static void test_plain_zone(void)
{
#define PLAIN  "sys/devices/system/memory/auto_online_blocks: online\n"
#define POLICY "sys/module/memory_hotplug/parameters/online_policy"
        assert(read_plain(PLAIN POLICY ": contig-zones\n", 0) == PLAIN_KERNEL);
        assert(read_plain(PLAIN, 0) == PLAIN_KERNEL); /* it is older */
        assert(read_plain(PLAIN POLICY ": contig-zones\nproc/cmdline: quiet movable_node\n", 0) ==
               PLAIN_MOVABLE);
        assert(read_plain(PLAIN POLICY ": auto-movable\n", 0) == PLAIN_EITHER);
        assert(read_plain(PLAIN POLICY ": new\n", 0) == PLAIN_EITHER);
        assert(read_plain(PLAIN POLICY " ! EIO\n", 1) == PLAIN_EITHER);
        assert(read_plain(PLAIN "proc/cmdline ! EIO\n", 1) == PLAIN_EITHER);
        /* also for a rule, while the kernel itself leaves memory offline */
        assert(read_plain("sys/devices/system/memory/auto_online_blocks: offline\n"
                          "etc/udev/rules.d/50-a.rules: SUBSYSTEM==\"memory\", "
                          "ATTR{state}=\"online\"\n"
                          "proc/cmdline: movable_node\n",
                          0) == PLAIN_MOVABLE);
}

static void assert_filtered(const char *path, const char *text, const char *want)
{
        char *kept;

        assert(onliners_must_filter(path));
        assert(onliners_filter(path, text, &kept) == 0);
        if (want)
                assert_streq(kept, want);
        else
                assert(!kept);
        free(kept);
}

/* Lines stay where they are, and secrets do not. */
static void test_filter(void)
{
        const char *rules_path = "etc/udev/rules.d/50-a.rules";

        assert(!onliners_must_filter("proc/cmdline"));
        assert_filtered(rules_path, "# serial 1234\nSUBSYSTEM==\"block\", ENV{X}=\"secret\"\n",
                        NULL);
        assert_filtered(
                rules_path,
                "# secret\nSUBSYSTEM==\"memory\", \\\n  ATTR{state}=\"online\"\nKERNEL==\"s\"",
                "\nSUBSYSTEM==\"memory\", \\\n  ATTR{state}=\"online\"\n");
        assert_filtered("usr/lib/udev/rules.d/90-x.rules", DAXCTL_RULE, DAXCTL_RULE);
        assert_filtered("etc/daxctl.conf.d/x.conf",
                        "# secret\n[reconfigure-device a]\nnvdimm.uuid = 1\n mode = devdax\n",
                        "\n[reconfigure-device a]\n\n mode = devdax\n");
        assert_filtered("etc/daxctl.conf", "# secret\n", NULL);
}

/* A file may jump to one label from many lines. */
static void test_many_jumps(void)
{
        char text[8192];
        struct onliners o = { 0 };
        size_t n = 0;

        for (unsigned i = 0; i < 40; i++)
                n += (size_t)snprintf(text + n, sizeof(text) - n,
                                      "ENV{x}==\"%u\", GOTO=\"early\"\n", i);
        snprintf(text + n, sizeof(text) - n,
                 "GOTO=\"apply\"\nLABEL=\"early\"\nGOTO=\"end\"\nLABEL=\"apply\"\n"
                 "SUBSYSTEM==\"memory\", ATTR{state}=\"online\"\nLABEL=\"end\"\n");
        assert(onliners_parse_rules(&o, "/x", text, NULL) == 0);
        assert(o.n == 1 && o.items[0].line == 45);
        onliners_done(&o);
}

int main(void)
{
        test_many_jumps();
        test_rules();
        test_daxctl_rule();
        test_daxctl_config();
        test_read();
        test_none();
        test_unreadable();
        test_plain_zone();
        test_filter();
        return 0;
}
