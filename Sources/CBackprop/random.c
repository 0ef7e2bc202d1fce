/*
 * random.c: SplitMix64, and what is drawn from it.
 */
#include "internal.h"

bp_random bp_random_make(uint64_t seed, uint64_t stream) {
    const uint64_t streamed = random_mix(random_mix(stream + BP_GOLDEN_GAMMA) + BP_GOLDEN_GAMMA);
    const bp_random random = {random_mix(seed + BP_GOLDEN_GAMMA) ^ streamed};
    return random;
}

uint64_t bp_random_next(bp_random *random) {
    random->state += BP_GOLDEN_GAMMA;
    return random_mix(random->state);
}

uint64_t bp_random_below(bp_random *random, uint64_t bound) {
    if (bound == 0) return 0;
    /* The lowest 2^64 mod bound numbers would make some remainders likelier: draw again. */
    const uint64_t uneven = (0 - bound) % bound;
    uint64_t number;
    do number = bp_random_next(random);
    while (number < uneven);
    return number % bound;
}

void bp_random_uniform_f32(bp_random *random, float limit, float *x, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const int32_t centered = (int32_t)(bp_random_next(random) >> 40) - (INT32_C(1) << 23);
        x[i] = (float)centered * 0x1p-23f * limit;
    }
}

#if !defined(BP_NO_DOUBLE)
void bp_random_uniform_f64(bp_random *random, double limit, double *x, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const int64_t centered = (int64_t)(bp_random_next(random) >> 11) - (INT64_C(1) << 52);
        x[i] = (double)centered * 0x1p-52 * limit;
    }
}
#endif

void bp_random_shuffle(bp_random *random, uint32_t *items, size_t n) {
    for (size_t i = n; i > 1; i--) {
        const size_t j = (size_t)bp_random_below(random, i);
        const uint32_t item = items[i - 1];
        items[i - 1] = items[j];
        items[j] = item;
    }
}
