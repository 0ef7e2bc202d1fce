/*
 * limit.c: compares the bounds of random weights, which the core finds by integers, with the C
 * library's square root, for every fan up to 2^24 and a sample of larger ones.
 * It includes network.c, so it is built with all other files of the core.
 */
#include <math.h>
#include <stdio.h>

#include "../../Sources/CBackprop/network.c"

int main(void) {
    for (uint64_t fan = 1; fan < UINT64_C(1) << 40; fan += fan < UINT64_C(1) << 24 ? 1 : fan / 9973) {
        const double expected = sqrt(6 / (double)fan);
        if (initial_limit_f64(fan) == expected && initial_limit_f32(fan) == (float)expected) continue;
        fprintf(stderr, "fan %llu: sqrt(6 / fan) is %a, found %a and %a\n", (unsigned long long)fan, expected,
                initial_limit_f64(fan), (double)initial_limit_f32(fan));
        return 1;
    }
    printf("the bounds of random weights are rounded square roots for every fan up to 2^24\n");
    return 0;
}
