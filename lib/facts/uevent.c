/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "facts/uevent.h"

#include <string.h>

#include "base/nodeset.h"
#include "base/util.h"

#define VALUE_MAX 256

static const char *const actions[UEVENT_ACTIONS] = {
        [UEVENT_ADD] = "add",
        [UEVENT_REMOVE] = "remove",
        [UEVENT_ONLINE] = "online",
        [UEVENT_OFFLINE] = "offline",
};

static const struct {
        const char *subsystem, *name;
        uint64_t max;
} subjects[UEVENT_SUBJECTS] = {
        [UEVENT_BLOCK] = { "memory", "memory", UINT64_MAX - 1 },
        [UEVENT_NODE] = { "node", "node", NODE_MAX - 1 },
        [UEVENT_TIER] = { "memory_tiering", "memory_tier", UINT32_MAX - 1 },
};

/* The value of a variable as a text of its own; false: there is none, or it is too long. */
static bool find(const char *text, size_t size, const char *name, char ret[static VALUE_MAX])
{
        const char *end = text + size;
        size_t length = strlen(name);

        while (text < end) {
                size_t n = strnlen(text, (size_t)(end - text));

                if (n >= length && memcmp(text, name, length) == 0 && n - length < VALUE_MAX) {
                        memcpy(ret, text + length, n - length);
                        ret[n - length] = '\0';
                        return true;
                }
                text += n + 1;
        }
        return false;
}

static bool find_action(const char *text, size_t size, enum uevent_action *ret)
{
        char value[VALUE_MAX];

        if (!find(text, size, "ACTION=", value))
                return false;
        for (size_t i = 0; i < UEVENT_ACTIONS; i++)
                if (streq(value, actions[i])) {
                        *ret = (enum uevent_action)i;
                        return true;
                }
        return false;
}

/* parse_u64() allows white space and signs of no meaning here. */
static bool parse_number(const char *name, const char *prefix, uint64_t max, uint64_t *ret)
{
        const char *digits = startswith(name, prefix);
        unsigned long long number;

        if (!digits || digits[strspn(digits, "0123456789")] != '\0' ||
            parse_u64(digits, 10, max, &number) < 0)
                return false;
        *ret = number;
        return true;
}

static bool find_subject(const char *text, size_t size, enum uevent_subject *ret,
                         uint64_t *ret_number)
{
        char subsystem[VALUE_MAX], path[VALUE_MAX];

        if (!find(text, size, "SUBSYSTEM=", subsystem) || !find(text, size, "DEVPATH=", path))
                return false;
        for (size_t i = 0; i < UEVENT_SUBJECTS; i++)
                if (streq(subsystem, subjects[i].subsystem)) {
                        *ret = (enum uevent_subject)i;
                        return parse_number(last_component(path), subjects[i].name, subjects[i].max,
                                            ret_number);
                }
        return false;
}

bool uevent_parse(const char *text, size_t size, struct uevent *ret)
{
        struct uevent e;
        char asked[VALUE_MAX];

        if (!find_action(text, size, &e.action) ||
            !find_subject(text, size, &e.subject, &e.number) ||
            find(text, size, "SYNTH_UUID=", asked))
                return false;
        *ret = e;
        return true;
}
