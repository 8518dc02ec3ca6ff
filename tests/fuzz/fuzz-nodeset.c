/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "base/nodeset.h"
#include "fuzz.h"

/* What parses also survives being formatted and parsed again. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        char text[8192], formatted[NODESET_STRING_MAX];
        struct nodeset a, b;

        if (size >= sizeof(text))
                return 0;
        memcpy(text, data, size);
        text[size] = '\0';
        if (nodeset_parse(text, &a) < 0)
                return 0;
        assert(nodeset_parse(nodeset_format(&a, formatted), &b) == 0);
        assert(nodeset_equal(&a, &b));
        return 0;
}
