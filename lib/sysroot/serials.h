/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The serial numbers in a capture's text: those of CXL devices ("/serial: 0x1234"), and those in
 * the keys of our own files ("cxl:0x1234+0x5678"). */

/* Copies the text with 0x1, 0x2, ... in their place, the smallest first: which are the same, which
 * comes before which (so in which order a key has them) and which are 0 stays. 0 or -ENOMEM. */
int serials_hide(const char *text, char **ret);
