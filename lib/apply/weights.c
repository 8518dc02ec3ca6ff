/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "apply/weights.h"

#include <math.h>

#define WEIGHT_MAX      255
#define WEIGHT_ACCURACY 0.05

/* How far apart the best and the worst served node are: 1 is exact. */
static double spread(const double *bandwidths, const unsigned *weights, size_t n)
{
        double low = HUGE_VAL, high = 0;

        for (size_t i = 0; i < n; i++) {
                double share = weights[i] / bandwidths[i];

                low = share < low ? share : low;
                high = share > high ? share : high;
        }
        return high / low;
}

static void scale(const double *bandwidths, double largest, unsigned top, unsigned *weights,
                  size_t n)
{
        for (size_t i = 0; i < n; i++) {
                double w = bandwidths[i] / largest * top + 0.5;

                weights[i] = w < 1 ? 1 : (unsigned)w;
        }
}

/* Small weights keep the pages of one node from coming in long runs, so the smallest that will do.
 */
bool weights_from_bandwidths(const double *bandwidths, unsigned *weights, size_t n)
{
        double largest = 0, best = HUGE_VAL;
        unsigned best_top = 1;

        for (size_t i = 0; i < n; i++)
                largest = bandwidths[i] > largest ? bandwidths[i] : largest;
        for (unsigned top = 1; top <= WEIGHT_MAX && best > 1 + WEIGHT_ACCURACY; top++) {
                double s;

                scale(bandwidths, largest, top, weights, n);
                s = spread(bandwidths, weights, n);
                if (s < best) {
                        best = s;
                        best_top = top;
                }
        }
        scale(bandwidths, largest, best_top, weights, n);
        return best <= 1 + WEIGHT_ACCURACY;
}
