/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "base/messages.h"
#include "fuzz.h"
#include "service/differences.h"
#include "service/drop-in.h"

static void check_same(const struct service_drop_in *a, const struct service_drop_in *b)
{
        assert(a->asked_policy == b->asked_policy && a->policy == b->policy);
        assert(a->confine == b->confine && nodeset_equal(&a->allowed, &b->allowed));
        assert(a->policy == SERVICE_UNSET || nodeset_equal(&a->mask, &b->mask));
        assert(!a->tiers == !b->tiers && (!a->tiers || streq(a->tiers, b->tiers)));
}

/* What parses survives being formatted and parsed again. */
static void check_again(const struct service_drop_in *d)
{
        struct messages errors = MESSAGES_INIT;
        struct service_drop_in *again = NULL;
        char *text;

        assert(service_drop_in_format(d, "x.service", UNIT_SERVICE, &text) == 0);
        assert(service_drop_in_parse(text, strlen(text), "again", &errors, &again) == 0);
        assert(errors.n == 0);
        check_same(d, again);
        service_drop_in_free(again);
        free(text);
}

/* A capture gives the same, if its lines are text. */
static void check_filter(const uint8_t *data, size_t size, const struct service_drop_in *d)
{
        struct messages errors = MESSAGES_INIT;
        struct service_drop_in *again = NULL;
        char *kept;

        assert(service_drop_in_filter((const char *)data, size, &kept) == 0);
        if (d) {
                assert(service_drop_in_parse(kept, strlen(kept), "kept", &errors, &again) == 0);
                check_same(d, again);
                check_same(again, d);
                service_drop_in_free(again);
        }
        free(kept);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct messages errors = MESSAGES_INIT;
        struct service_drop_in *d = NULL;
        const struct nodeset nodes = { { 6 } };
        int r = service_drop_in_parse((const char *)data, size, "fuzz", &errors, &d);

        assert((r == 0) == (d != NULL) && (r == 0) == (errors.n == 0));
        check_filter(data, size, d);
        if (d) {
                check_again(d);
                (void)service_find_differences(d, &nodes, &nodes, &errors);
        }
        service_drop_in_free(d);
        messages_done(&errors);
        return 0;
}
