/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/drop-in.h"
#include "testing.h"

#define HEADER "# numatier service: policy=bind confine=yes tiers=cxl,far\n"

static struct nodeset nodes(const char *list)
{
        struct nodeset set;

        assert(nodeset_parse(list, &set) == 0);
        return set;
}

static bool is(const struct nodeset *set, const char *list)
{
        struct nodeset want = nodes(list);

        return nodeset_equal(set, &want);
}

static struct service_drop_in *parse_at(int line, const char *text)
{
        struct service_drop_in *d = NULL;
        struct messages errors = MESSAGES_INIT;

        if (service_drop_in_parse(text, strlen(text), "/f", &errors, &d) < 0) {
                fprintf(stderr, "line %d: %s\n", line, errors.n > 0 ? errors.items[0] : "failed");
                abort();
        }
        assert(errors.n == 0);
        return d;
}

#define parse(text) parse_at(__LINE__, text)

static void assert_refused_at(int line, const char *text, size_t size, const char *why)
{
        struct service_drop_in *d = NULL;
        struct messages errors = MESSAGES_INIT;
        int r = service_drop_in_parse(text, size, "/f", &errors, &d);

        if (r != -EBADMSG || !messages_have(&errors, why)) {
                fprintf(stderr, "line %d: not refused with \"%s\": %s\n", line, why,
                        errors.n > 0 ? errors.items[0] : "nothing was said");
                abort();
        }
        assert(!d);
        messages_done(&errors);
}

#define assert_refused(text, why) assert_refused_at(__LINE__, text, strlen(text), why)

static void assert_written_at(int line, struct service_drop_in *d, enum unit_kind kind,
                              const char *unit, const char *want)
{
        _cleanup_(freep) char *text = NULL;
        struct service_drop_in *again;

        assert(service_drop_in_format(d, unit, kind, &text) == 0);
        if (!strstr(text, want)) {
                fprintf(stderr, "line %d: \"%s\" is not in\n%s", line, want, text);
                abort();
        }
        again = parse_at(line, text);
        assert(again->asked_policy == d->asked_policy && again->policy == d->policy);
        assert(again->confine == d->confine && nodeset_equal(&again->mask, &d->mask));
        assert(nodeset_equal(&again->allowed, &d->allowed) && !again->mask_is_all);
        assert(d->tiers ? streq(again->tiers, d->tiers) : !again->tiers);
        service_drop_in_free(again);
}

#define assert_written(d, kind, unit, want) assert_written_at(__LINE__, d, kind, unit, want)

static void test_written(void)
{
        struct service_drop_in d = {
                .tiers = (char[]){ "cxl,far" },
                .asked_policy = SERVICE_BIND,
                .policy = SERVICE_BIND,
                .confine = true,
                .mask = nodes("1-2,1023"),
                .allowed = nodes("1-2,1023"),
        };

        assert_written(&d, UNIT_SERVICE, "x.service", HEADER);
        assert_written(&d, UNIT_SERVICE, "x.service",
                       "--clear\" removes this file.\n"
                       "[Service]\nNUMAPolicy=bind\nNUMAMask=\nNUMAMask=1-2,1023\n"
                       "AllowedMemoryNodes=\nAllowedMemoryNodes=1-2,1023\n");
        assert_written(&d, UNIT_SERVICE, "a\\x20b.service", "service 'a\\x20b.service' --clear");
        d.mask = nodes("");
        d.policy = d.asked_policy = SERVICE_UNSET;
        assert_written(&d, UNIT_SLICE, "x.slice",
                       "[Slice]\nAllowedMemoryNodes=\nAllowedMemoryNodes=1-2,1023\n");
        assert_written(&d, UNIT_SCOPE, "x.scope", "[Scope]\n");
        d = (struct service_drop_in){ .asked_policy = SERVICE_LOCAL, .policy = SERVICE_LOCAL };
        assert_written(&d, UNIT_SERVICE, "x.service",
                       "# numatier service: policy=local confine=no\n");
        /* the unit's own mask would not go with it */
        assert_written(&d, UNIT_SERVICE, "x.service", "NUMAPolicy=local\nNUMAMask=\n");
}

/* As systemd reads it: it adds up nodes, and an empty value begins anew. */
static void test_read(void)
{
        struct service_drop_in *d;

        d = parse(HEADER "[Service]\n NUMAMask = 0\nNUMAMask=2 3,\t5\nNUMAPolicy=interleave\n"
                         "NUMAPolicy=bind\nAllowedMemoryNodes=4\nAllowedMemoryNodes=\n"
                         "; a comment\nEnvironment=A=b\n[Install]\nNUMAMask=9\n");
        assert(is(&d->mask, "0,2-3,5") && is(&d->allowed, ""));
        assert(d->policy == SERVICE_BIND && d->asked_policy == SERVICE_BIND && d->confine);
        assert_streq(d->tiers, "cxl,far");
        service_drop_in_free(d);
        d = parse(HEADER "[Service]\r\nNUMAMask=1\r\n");
        assert(is(&d->mask, "1"));
        service_drop_in_free(d);
}

static void test_all(void)
{
        struct service_drop_in *d = parse(HEADER "[Service]\nNUMAMask=all\n");

        assert(d->mask_is_all);
        service_drop_in_free(d);
        d = parse(HEADER);
        assert(d->policy == SERVICE_UNSET && is(&d->mask, "") && !d->mask_is_all);
        service_drop_in_free(d);
        d = parse("# numatier service: policy=unset confine=no");
        assert(!d->tiers && d->asked_policy == SERVICE_UNSET);
        service_drop_in_free(d);
}

static void test_refused(void)
{
        const char hole[] = HEADER "[Service]\nNUMA\0Mask=1\n";
        char longest[8192];

        assert_refused("", "/f:1: expected a line that begins with");
        assert_refused("[Service]\nNUMAMask=1\n", "/f:1: expected a line that begins with");
        assert_refused("# numatier services: policy=bind\n", "/f:1: expected a line");
        assert_refused("# numatier service: policy=weighted\n", "/f:1: policy: expected");
        assert_refused("# numatier service: confine=maybe\n", "/f:1: confine: expected yes or no");
        assert_refused("# numatier service: tiers=a;b\n", "/f:1: tiers: expected names");
        assert_refused("# numatier service: tiers=\n", "/f:1: tiers: expected names");
        assert_refused("# numatier service: colour=red\n", "/f:1: the first line: expected");
        assert_refused(HEADER "[Service]\nNUMAPolicy=strict\n", "/f:3: NUMAPolicy: expected");
        assert_refused(HEADER "[Service]\nNUMAMask=1-\n", "/f:3: NUMAMask: expected a list");
        assert_refused(HEADER "[Service]\nNUMAMask=x\n", "/f:3: NUMAMask: expected a list");
        assert_refused(HEADER "[Service]\nNUMAMask=1024\n", "/f:3: NUMAMask: expected a list");
        assert_refused(HEADER "[Slice]\nAllowedMemoryNodes=3-1\n",
                       "/f:3: AllowedMemoryNodes: expected a list");
        assert_refused(HEADER "[Service]\nNUMAMask=1 \\\n2\n", "/f:3: the line: expected one that");
        assert_refused_at(__LINE__, hole, sizeof(hole) - 1, "/f:3: the line: expected text");
        memset(longest, '#', sizeof(longest));
        memcpy(longest, HEADER, strlen(HEADER));
        assert_refused_at(__LINE__, longest, sizeof(longest), "/f:2: the line: expected text");
}

static void assert_kept(const char *text, const char *want)
{
        _cleanup_(freep) char *kept = NULL;

        assert(service_drop_in_filter(text, strlen(text), &kept) == 0);
        assert_streq(kept, want);
}

/* Nothing that may be secret gets into a capture, and what is read here does. */
static void test_filter(void)
{
        assert_kept(HEADER "# note\n[Service]\nNUMAPolicy=bind\nEnvironment=PASSWORD=x\n"
                           "NUMAMask = 1\nAllowedMemoryNodes=1\nNUMAMaskless=1\n",
                    HEADER "[Service]\nNUMAPolicy=bind\nNUMAMask = 1\nAllowedMemoryNodes=1\n");
        assert_kept("[Service]\nEnvironment=PASSWORD=x\n", "# of another program\n");
        assert_kept("", "# of another program\n");
}

static void test_words(void)
{
        enum service_policy p = SERVICE_UNSET;

        assert(service_policy_parse("unset", &p) == -EINVAL && p == SERVICE_UNSET);
        assert(service_policy_parse("preferred", &p) == 0 && p == SERVICE_PREFERRED);
        assert(service_policy_parse("preferred-many", &p) == -EINVAL);
        for (p = SERVICE_DEFAULT; p < SERVICE_POLICIES; p++) {
                enum service_policy again;

                assert(service_policy_parse(service_policy_word(p), &again) == 0 && again == p);
        }
}

int main(void)
{
        test_written();
        test_read();
        test_all();
        test_refused();
        test_filter();
        test_words();
        return 0;
}
