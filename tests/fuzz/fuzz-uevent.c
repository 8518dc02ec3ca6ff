/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "facts/uevent.h"
#include "fuzz.h"

/* What is found is within its bounds, and found again. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct uevent e, again;

        if (!uevent_parse((const char *)data, size, &e))
                return 0;
        assert(e.action < UEVENT_ACTIONS && e.subject < UEVENT_SUBJECTS);
        assert(e.subject != UEVENT_NODE || e.number < 1024);
        assert(uevent_parse((const char *)data, size, &again));
        assert(again.action == e.action && again.subject == e.subject && again.number == e.number);
        return 0;
}
