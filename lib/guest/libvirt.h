/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A guest as a domain of libvirt. */

#include "guest/guest.h"

/* An XML document (https://libvirt.org/formatdomain.html): a domain without disks and devices, its
 * remarks as a comment. 0 or -ENOMEM; the caller frees the text. */
int guest_format_libvirt(const struct guest *g, char **ret);
