/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/values.h"

#include <ctype.h>
#include <errno.h>

#include "base/util.h"

struct unit {
        const char *name;
        double factor;
};

/* Digits, and perhaps a fraction: no sign, no exponent, no "inf", the same in every locale. */
static int take_decimal(const char **s, double *ret)
{
        double value = 0, place = 1;

        if (!isdigit((unsigned char)**s))
                return -EINVAL;
        for (; isdigit((unsigned char)**s); (*s)++)
                value = value * 10 + (**s - '0');
        if (**s == '.') {
                (*s)++;
                if (!isdigit((unsigned char)**s))
                        return -EINVAL;
                for (; isdigit((unsigned char)**s); (*s)++)
                        value += (**s - '0') * (place /= 10);
        }
        *ret = value;
        return 0;
}

static int parse_quantity(const char *s, const struct unit *units, size_t n, double max,
                          double *ret)
{
        double value;

        if (take_decimal(&s, &value) < 0)
                return -EINVAL;
        s += strspn(s, " \t");
        for (size_t i = 0; i < n; i++) {
                if (!streq(s, units[i].name))
                        continue;
                value *= units[i].factor;
                if (value > max)
                        return -EINVAL;
                *ret = value;
                return 0;
        }
        return -EINVAL;
}

static int parse_positive(const char *s, const struct unit *units, size_t n, double max,
                          double *ret)
{
        double value;

        if (parse_quantity(s, units, n, max, &value) < 0 || value <= 0)
                return -EINVAL;
        *ret = value;
        return 0;
}

int parse_latency(const char *s, double *ret_ns)
{
        static const struct unit units[] = { { "ns", 1 }, { "us", 1e3 }, { "ms", 1e6 } };

        return parse_positive(s, units, ELEMENTSOF(units), UINT32_MAX, ret_ns);
}

int parse_bandwidth(const char *s, double *ret_mib)
{
        static const double mib = 1 << 20;
        const struct unit units[] = {
                { "MiB/s", 1 },        { "GiB/s", 1 << 10 },  { "TiB/s", 1 << 20 },
                { "MB/s", 1e6 / mib }, { "GB/s", 1e9 / mib }, { "TB/s", 1e12 / mib },
        };

        return parse_positive(s, units, ELEMENTSOF(units), UINT32_MAX, ret_mib);
}

int parse_multiple(const char *s, double *ret)
{
        static const struct unit units[] = { { "x", 1 } };

        return parse_positive(s, units, ELEMENTSOF(units), 1e6, ret);
}

int parse_percentage(const char *s, double *ret)
{
        static const struct unit units[] = { { "%", 0.01 } };

        return parse_quantity(s, units, ELEMENTSOF(units), 0.5, ret);
}

int parse_duration(const char *s, uint64_t *ret_usec)
{
        static const struct unit units[] = {
                { "us", 1 }, { "ms", 1e3 }, { "s", 1e6 }, { "min", 60e6 }, { "h", 3600e6 },
        };
        double usec;

        if (streq(s, "0"))
                usec = 0;
        else if (parse_quantity(s, units, ELEMENTSOF(units), 86400e6, &usec) < 0)
                return -EINVAL;
        *ret_usec = (uint64_t)usec;
        return 0;
}

int parse_size(const char *s, uint64_t *ret_bytes)
{
        static const char units[] = "KMGT";
        const char *unit;
        uint64_t value = 0;
        unsigned shift;

        if (!isdigit((unsigned char)*s))
                return -EINVAL;
        for (; isdigit((unsigned char)*s); s++)
                if (__builtin_mul_overflow(value, 10, &value) ||
                    __builtin_add_overflow(value, *s - '0', &value))
                        return -ERANGE;
        unit = *s ? strchr(units, *s) : NULL;
        if (!unit || (s[1] && !streq(s + 1, "iB")))
                return -EINVAL;
        shift = 10 * (unsigned)(unit - units + 1);
        if (value > UINT64_MAX >> shift)
                return -ERANGE;
        *ret_bytes = value << shift;
        return 0;
}

int parse_yes_no(const char *s, bool *ret)
{
        static const char *const words[] = { "no", "yes", "false", "true", "off", "on", "0", "1" };

        for (size_t i = 0; i < ELEMENTSOF(words); i++)
                if (streq(s, words[i])) {
                        *ret = i % 2;
                        return 0;
                }
        return -EINVAL;
}

int parse_serial(const char *s, uint64_t *ret)
{
        unsigned long long v;

        if (parse_u64(s, startswith(s, "0x") ? 16 : 10, UINT64_MAX, &v) < 0 || v == 0)
                return -EINVAL;
        *ret = v;
        return 0;
}

/* Takes all hexadecimal digits that follow, at least min and at most max. */
static int take_hex(const char **s, unsigned min, unsigned max, unsigned *ret)
{
        unsigned value = 0, n;

        for (n = 0; n < max && isxdigit((unsigned char)(*s)[n]); n++) {
                char c = (*s)[n];

                value = value << 4 |
                        (unsigned)(isdigit((unsigned char)c) ? c - '0' : (c | 0x20) - 'a' + 10);
        }
        if (n < min)
                return -EINVAL;
        *s += n;
        *ret = value;
        return 0;
}

static int take_char(const char **s, char c)
{
        if (**s != c)
                return -EINVAL;
        (*s)++;
        return 0;
}

/* A missing domain is 0, as for lspci; it may have more than four digits (VMD). */
int parse_pci_address(const char *s, char ret[static PCI_STRING_MAX])
{
        const char *colon = strchr(s, ':');
        unsigned domain = 0, bus, device, function;

        if (colon && strchr(colon + 1, ':') &&
            (take_hex(&s, 4, 8, &domain) < 0 || take_char(&s, ':') < 0))
                return -EINVAL;
        if (take_hex(&s, 2, 2, &bus) < 0 || take_char(&s, ':') < 0 ||
            take_hex(&s, 2, 2, &device) < 0 || take_char(&s, '.') < 0 ||
            take_hex(&s, 1, 1, &function) < 0 || *s || device > 0x1f || function > 7)
                return -EINVAL;
        snprintf(ret, PCI_STRING_MAX, "%04x:%02x:%02x.%x", domain, bus, device, function);
        return 0;
}

int parse_pci_id(const char *s, char ret[static PCI_STRING_MAX])
{
        unsigned vendor, device;

        if (take_hex(&s, 4, 4, &vendor) < 0 || take_char(&s, ':') < 0 ||
            take_hex(&s, 4, 4, &device) < 0 || *s)
                return -EINVAL;
        snprintf(ret, PCI_STRING_MAX, "%04x:%04x", vendor, device);
        return 0;
}

/* A number as the kernel prints it, without a leading 0: 0, -EINVAL. */
static int take_number(const char **s)
{
        size_t n = strspn(*s, "0123456789");

        if (n == 0 || n > 10 || (n > 1 && **s == '0'))
                return -EINVAL;
        *s += n;
        return 0;
}

bool is_device_name(const char *s, const char *prefix, unsigned numbers)
{
        s = startswith(s, prefix);
        if (!s)
                return false;
        for (unsigned i = 0; i < numbers; i++)
                if ((i > 0 && take_char(&s, '.') < 0) || take_number(&s) < 0)
                        return false;
        return *s == '\0';
}

bool is_acpi_name(const char *s)
{
        size_t id = strspn(s, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ");
        size_t number;

        if (id < 7 || id > 8 || s[id] != ':') /* ACPI 6.5, 6.1.5: a hardware ID */
                return false;
        s += id + 1;
        number = strspn(s, "0123456789abcdef");
        return number >= 2 && number <= 8 && s[number] == '\0';
}
