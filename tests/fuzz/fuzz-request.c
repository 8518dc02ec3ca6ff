/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz.h"
#include "metrics/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        const char *text = (const char *)data;
        struct request r = request_parse(text, size);

        assert(*request_reason(r.status) != '\0' && r.format < EXPOSITION_FORMATS);
        /* once it is complete, more bytes change nothing */
        for (size_t n = 0; n < size; n++)
                if (request_is_complete(text, n)) {
                        assert(request_is_complete(text, size));
                        assert(request_parse(text, n).status == r.status);
                        break;
                }
        return 0;
}
