/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The weights of weighted interleaving. */

#include <stdbool.h>
#include <stddef.h>

/* Small weights in 1..255, in the ratio of the bandwidths to within 5% where that is possible.
 * bandwidths are > 0. Returns whether the ratio was kept. */
bool weights_from_bandwidths(const double *bandwidths, unsigned *weights, size_t n);
