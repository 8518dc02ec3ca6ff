/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The values of the policy language: units, switches, names of devices (numatierd.conf(5)). */

#include <stdbool.h>
#include <stdint.h>

/* Each takes a value without surrounding white space. 0, or -EINVAL: not of that form, or out of
 * its range; then *ret is untouched. */
int parse_latency(const char *s, double *ret_ns);      /* "120ns", "0.5us": more than 0 */
int parse_bandwidth(const char *s, double *ret_mib);   /* "40GiB/s", "800MB/s": more than 0 */
int parse_multiple(const char *s, double *ret);        /* "1.5x": more than 0 */
int parse_percentage(const char *s, double *ret);      /* "5%": 0 to 50, as a fraction */
int parse_duration(const char *s, uint64_t *ret_usec); /* "500ms", "60s", "2min", "0" */
int parse_yes_no(const char *s, bool *ret);            /* yes, no, true, false, on, off, 1, 0 */

/* Parses "256M" or "1GiB" (digits, then K, M, G or T) as bytes. 0, -EINVAL (not of that form) or
 * -ERANGE. */
int parse_size(const char *s, uint64_t *ret_bytes);

/* The identifiers of devices, converted to the kernel's own spelling. */

#define PCI_STRING_MAX sizeof("ffffffff:ff:1f.7")

/* "0x1234", "4660": not 0 */
int parse_serial(const char *s, uint64_t *ret);
/* "0000:0d:00.0", and "0d:00.0" for the same */
int parse_pci_address(const char *s, char ret[static PCI_STRING_MAX]);
/* "8086:0d93": vendor and device */
int parse_pci_id(const char *s, char ret[static PCI_STRING_MAX]);

/* Whether this is an ACPI device as sysfs names it (drivers/acpi/scan.c): "PNP0C80:00". */
bool is_acpi_name(const char *s);

/* Whether s is the prefix and that many numbers with a point between them: "region0", "dax0.0". */
bool is_device_name(const char *s, const char *prefix, unsigned numbers);
