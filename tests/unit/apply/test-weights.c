/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "apply/plan.h"
#include "apply/weights.h"
#include "testing.h"

static void test_known(void)
{
        unsigned w[3];

        assert(weights_from_bandwidths((double[]){ 10, 5 }, w, 2));
        assert(w[0] == 2 && w[1] == 1);
        assert(weights_from_bandwidths((double[]){ 7, 7, 7 }, w, 3));
        assert(w[0] == 1 && w[1] == 1 && w[2] == 1);
        /* 102400 : 16000 is 6.4; 13 : 2 is 6.5, 1.6% off, and nothing smaller is within 5% */
        assert(weights_from_bandwidths((double[]){ 102400, 16000 }, w, 2));
        assert(w[0] == 13 && w[1] == 2);
        /* 10 : 6.5 is 1.54; 3 : 2 is 2.5% off, as 1.95 is nearer to 2 than to 1 */
        assert(weights_from_bandwidths((double[]){ 10, 6.5 }, w, 2));
        assert(w[0] == 3 && w[1] == 2);
}

static void test_out_of_range(void)
{
        unsigned w[2];

        assert(!weights_from_bandwidths((double[]){ 1000000, 1 }, w, 2));
        assert(w[0] == 255 && w[1] == 1);
}

/* Whatever the bandwidths, within a factor of 12 every pair keeps its ratio to within 5%. */
static void test_accuracy(void)
{
        srand(1);
        for (unsigned round = 0; round < 20000; round++) {
                double bandwidths[8], low = 1e9, high = 0;
                size_t n = 2 + (size_t)(rand() % 7);
                unsigned w[8];

                for (size_t i = 0; i < n; i++)
                        bandwidths[i] = 1000 + rand() % 11000;
                assert(weights_from_bandwidths(bandwidths, w, n));
                for (size_t i = 0; i < n; i++) {
                        double share = w[i] / bandwidths[i];

                        assert(w[i] >= 1 && w[i] <= 255);
                        low = share < low ? share : low;
                        high = share > high ? share : high;
                }
                assert(high / low <= 1.05 + 1e-9);
        }
}

int main(void)
{
        test_known();
        test_out_of_range();
        test_accuracy();
}
