/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "examine.h"

#define ETC    "etc/systemd/system/"
#define RUN    "run/systemd/system/"
#define NAME   ".d/50-numatier.conf"
#define HEADER ":\n  # numatier service: policy="
#define DROP_IN(policy, tiers, node)                                                               \
        HEADER policy " confine=no tiers=" tiers "\n  [Service]\n  NUMAPolicy=" policy             \
                      "\n  NUMAMask=" node "\n"
#define GUEST THREAD_GUEST THREAD_TIERS
#define PATH  "/" ETC "db.service" NAME

static void test_right(void)
{
        examine(GUEST ETC "db.service" NAME DROP_IN("bind", "cxl", "1"), VENDOR);
        assert_not_found("service-tiers");
        examine(GUEST, VENDOR);
        assert_not_found("service-tiers");
        /* what /etc hides does not count */
        examine(GUEST ETC "db.service" NAME DROP_IN("bind", "cxl", "1") RUN
                "db.service" NAME DROP_IN("bind", "cxl", "0"),
                VENDOR);
        assert_not_found("service-tiers");
        examine(GUEST ETC "db.service" NAME ": [Service]\n" RUN
                          "db.service" NAME DROP_IN("bind", "cxl", "0"),
                VENDOR);
        assert_not_found("service-tiers");
}

static void test_moved(void)
{
        examine(GUEST ETC "db.service" NAME DROP_IN("bind", "cxl", "0"), VENDOR);
        assert_found("service-tiers", WARNING,
                     "numatier service db.service --tier cxl --policy bind && systemctl restart "
                     "db.service");
        assert(has_evidence("service-tiers", PATH, "NUMAMask=0: expected 1"));
        assert(!strstr(get_finding("service-tiers")->consequence, "242"));
        examine(GUEST RUN "getty@.service" NAME DROP_IN("preferred", "cxl", "0"), VENDOR);
        assert_found("service-tiers", WARNING,
                     "numatier service getty@.service --tier cxl --policy preferred --runtime && "
                     "systemctl restart 'getty@*.service'");
        examine(GUEST ETC "db.service" NAME DROP_IN("bind", "cxl", "0") ETC
                "web.service" NAME DROP_IN("bind", "dram", "1"),
                VENDOR);
        assert_found("service-tiers", WARNING, "2 units have");
}

static void test_gone(void)
{
        /* the node */
        examine(GUEST ETC "db.service" NAME DROP_IN("bind", "cxl", "2"), VENDOR);
        assert_found("service-tiers", WARNING, "242");
        /* all nodes of the tier */
        examine(GUEST ETC "db.service" NAME DROP_IN("bind", "far", "1"), VENDOR);
        assert_found("service-tiers", WARNING, "numatier service db.service --clear");
        assert(has_evidence("service-tiers", PATH, "no node with memory belongs in it"));
        /* the tier */
        examine(GUEST ETC "db.service" NAME DROP_IN("bind", "slow", "1"), VENDOR);
        assert_found("service-tiers", WARNING, "1 unit has");
        assert(has_evidence("service-tiers", PATH, "the policy has no such tier"));
}

static void test_confined(void)
{
        examine(GUEST ETC "my.slice" NAME HEADER
                          "unset confine=yes tiers=cxl\n  [Slice]\n  AllowedMemoryNodes=1-2\n",
                VENDOR);
        assert_found("service-tiers", WARNING, "Linux refuses the whole list");
        assert_found("service-tiers", WARNING,
                     "numatier service my.slice --tier cxl --confine && systemctl restart");
}

/* Eight are shown, and the others counted. */
static void test_many(void)
{
        char *machine = NULL, *more;

        assert(asprintf(&machine, "%s", GUEST) > 0);
        for (int i = 0; i < 11; i++) {
                assert(asprintf(&more, "%s" ETC "u%d.service" NAME "%s", machine, i,
                                DROP_IN("bind", "cxl", "0")) > 0);
                free(machine);
                machine = more;
        }
        examine(machine, VENDOR);
        assert_found("service-tiers", WARNING, "11 units have");
        assert(get_finding("service-tiers")->n_evidence == 9);
        assert(has_evidence("service-tiers", "numatier service", "shows 3 more"));
        free(machine);
}

/* A tier that is not known now is not gone, and a policy that is refused says nothing of tiers. */
static void test_unknown(void)
{
        struct messages errors = MESSAGES_INIT;
        struct node_assignment *n;

        examine(GUEST ETC "db.service" NAME DROP_IN("bind", "cxl", "0"), VENDOR);
        n = &snapshot->assignment->nodes[1];
        n->tier = TIER_NONE;
        n->cause = CAUSE_UNREADABLE;
        examine_again();
        assert_not_found("service-tiers");
        assert(messages_have(&found.unchecked, "numatier service"));
        examine(GUEST ETC "db.service" NAME DROP_IN("bind", "cxl", "0"), VENDOR);
        messages_add(&errors, "x:1: tier.x: expected y");
        subject.policy_errors = &errors;
        examine_again();
        assert_not_found("service-tiers");
        messages_done(&errors);
        /* a file that is damaged could not be checked */
        examine(GUEST ETC "db.service" NAME DROP_IN("bind", "cxl", "x"), VENDOR);
        assert_not_found("service-tiers");
        assert(messages_have(&problems, PATH ":4: NUMAMask: expected"));
}

int main(void)
{
        test_right();
        test_moved();
        test_gone();
        test_confined();
        test_many();
        test_unknown();
        forget();
        return 0;
}
