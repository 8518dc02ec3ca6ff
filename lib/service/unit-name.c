/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/unit-name.h"

#include <errno.h>

/* All that a name may have (systemd's src/basic/unit-name.c:unit_name_is_valid). */
#define NAME_CHARACTERS "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ:-_.\\@"

static const char *const suffixes[] = {
        [UNIT_SERVICE] = ".service",
        [UNIT_SLICE] = ".slice",
        [UNIT_SCOPE] = ".scope",
};

/* What runs in them, if anything, is over in a moment. */
static const char *const other_suffixes[] = {
        ".automount", ".device", ".mount", ".path", ".socket", ".swap", ".target", ".timer",
};

const char *unit_kind_section(enum unit_kind kind)
{
        static const char *const sections[] = {
                [UNIT_SERVICE] = "Service",
                [UNIT_SLICE] = "Slice",
                [UNIT_SCOPE] = "Scope",
        };

        return sections[kind];
}

static bool find_kind(const char *suffix, enum unit_kind *ret)
{
        for (enum unit_kind k = 0; k < UNIT_KINDS; k++)
                if (streq(suffixes[k], suffix)) {
                        *ret = k;
                        return true;
                }
        return false;
}

static bool is_other(const char *suffix)
{
        for (size_t i = 0; i < ELEMENTSOF(other_suffixes); i++)
                if (streq(other_suffixes[i], suffix))
                        return true;
        return false;
}

/* What is wrong with the part before the suffix, or NULL. */
static const char *find_fault(const char *name, size_t n)
{
        if (n == 0)
                return "it is empty";
        if (memchr(name, '/', n))
                return "it has a slash; expected the name of a unit, not of a file";
        if (strspn(name, NAME_CHARACTERS) < n)
                return "expected letters, digits and :-_.\\@ only (systemd-escape(1) makes a name "
                       "of any text)";
        if (name[0] == '@')
                return "it begins with @";
        return NULL;
}

/* A slice's name says where it is: "a-b.slice" is in "a.slice" (systemd.slice(5)). */
static const char *find_slice_fault(const char *name, size_t n)
{
        if (n == 1 && name[0] == '-')
                return NULL; /* the root */
        if (memchr(name, '@', n))
                return "a slice has no instances";
        if (name[0] == '-' || name[n - 1] == '-')
                return "the name of a slice neither begins nor ends with -";
        for (size_t i = 1; i < n; i++)
                if (name[i] == '-' && name[i - 1] == '-')
                        return "the name of a slice has no two - side by side";
        return NULL;
}

/* Splits off the suffix: its start, or the end of the text if it has none that is known. */
static const char *find_suffix(const char *text)
{
        const char *dot = strrchr(text, '.');
        enum unit_kind kind;

        return dot && (find_kind(dot, &kind) || is_other(dot)) ? dot : text + strlen(text);
}

bool unit_name_has_suffix(const char *name)
{
        const char *suffix = find_suffix(name);

        return suffix > name && *suffix != '\0';
}

static const char *examine(const char *text, const char *suffix, enum unit_kind *ret_kind)
{
        size_t n = (size_t)(suffix - text);
        enum unit_kind kind = UNIT_SERVICE;
        const char *fault = find_fault(text, n);

        if (!fault && *suffix != '\0' && !find_kind(suffix, &kind))
                fault = "a unit of this kind has no memory of its own; expected a service, a slice "
                        "or a scope";
        if (!fault && kind == UNIT_SLICE)
                fault = find_slice_fault(text, n);
        if (!fault && n + strlen(suffixes[kind]) >= UNIT_NAME_SIZE)
                fault = "it is too long; expected at most 255 characters";
        if (!fault)
                *ret_kind = kind;
        return fault;
}

int unit_name_complete(const char *text, char ret[static UNIT_NAME_SIZE], enum unit_kind *ret_kind,
                       struct messages *errors)
{
        const char *suffix = find_suffix(text), *fault;
        enum unit_kind kind;

        fault = examine(text, suffix, &kind);
        if (fault) {
                messages_add(errors, "unit \"%s\": %s", text, fault);
                return -EINVAL;
        }
        snprintf(ret, UNIT_NAME_SIZE, "%s%s", text, *suffix == '\0' ? suffixes[kind] : "");
        *ret_kind = kind;
        return 0;
}

bool unit_name_is_complete(const char *name, enum unit_kind *ret_kind)
{
        const char *suffix = find_suffix(name);

        return *suffix != '\0' && !examine(name, suffix, ret_kind);
}

bool unit_name_is_template(const char *name)
{
        const char *at = strchr(name, '@');

        return at && at + 1 == find_suffix(name);
}

const char *unit_name_format(const char *name, bool instances, char buf[static UNIT_WORD_SIZE])
{
        const char *suffix = find_suffix(name);
        bool is_pattern = instances && unit_name_is_template(name);
        const char *quote = is_pattern || strchr(name, '\\') ? "'" : "";

        snprintf(buf, UNIT_WORD_SIZE, "%s%.*s%s%s%s", quote, (int)(suffix - name), name,
                 is_pattern ? "*" : "", suffix, quote);
        return buf;
}
