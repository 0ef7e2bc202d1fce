/*
 * rounding.c: compares the core's own multiply-add and square root, which platforms without
 * right ones have, with the C library's, over random numbers and hard ones, and fails on the
 * first difference.
 *
 *     cc -O2 -Iinclude -ISources/CBackprop Tests/CTests/rounding.c -lm && ./a.out [millions]
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BP_AMALGAMATION /* its functions are static in here */
#define BP_SOFT_FMA 1
#define BP_SOFT_ROOT
#include "../../Sources/CBackprop/fma.c"
#include "../../Sources/CBackprop/root.c"

static uint64_t state = 1;

static uint64_t random_bits(void) {
    uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* Significands of few bits, or all ones, make ties and carries; exponents near each other cancel. */
#define HARD(real, bits_t, suffix, mantissa, bias)                                                        \
    static real from_bits_##suffix(bits_t bits) {                                                         \
        real x;                                                                                           \
        memcpy(&x, &bits, sizeof x);                                                                      \
        return x;                                                                                         \
    }                                                                                                     \
    static bits_t to_bits_##suffix(real x) {                                                              \
        bits_t bits;                                                                                      \
        memcpy(&bits, &x, sizeof bits);                                                                   \
        return x != x ? (bits_t)-1 : bits; /* all NaNs are one */                                         \
    }                                                                                                     \
    static real hard_##suffix(int spread) {                                                               \
        const bits_t ones = ((bits_t)1 << mantissa) - 1;                                                  \
        const uint64_t kind = random_bits();                                                              \
        bits_t significand = (bits_t)random_bits() & ones;                                                \
        if ((kind & 7) == 0) significand &= ones << (random_bits() % mantissa);                           \
        if ((kind & 7) == 1) significand |= ones >> (random_bits() % mantissa);                           \
        if ((kind & 7) == 2) significand = (bits_t)1 << (random_bits() % mantissa);                       \
        const bits_t exponent = (bits_t)((uint64_t)bias - (uint64_t)spread / 2 + random_bits() % (uint64_t)(spread + 1)); \
        return from_bits_##suffix((bits_t)(kind >> 63) << (sizeof(bits_t) * 8 - 1) |                      \
                                  (exponent & (2 * bias + 1)) << mantissa | significand);                 \
    }                                                                                                     \
    static void compare_##suffix(real x, real y, real z, real expected) {                                 \
        const real found = bp_fma_##suffix(x, y, z);                                                      \
        if (to_bits_##suffix(found) == to_bits_##suffix(expected)) return;                                \
        fprintf(stderr, "fma(%a, %a, %a) is %a, found %a\n", (double)x, (double)y, (double)z,             \
                (double)expected, (double)found);                                                         \
        exit(1);                                                                                          \
    }                                                                                                     \
    static void compare_root_##suffix(real x, real expected) {                                            \
        const real found = square_root_##suffix(x);                                                       \
        if (to_bits_##suffix(found) == to_bits_##suffix(expected)) return;                                \
        fprintf(stderr, "sqrt(%a) is %a, found %a\n", (double)x, (double)expected, (double)found);        \
        exit(1);                                                                                          \
    }

HARD(float, uint32_t, f32, 23, 127)
HARD(double, uint64_t, f64, 52, 1023)

#define SPECIAL_COUNT 16

/* Every combination of zeros, infinities, NaN, the ends of the range, and ones. */
static void compare_special(void) {
    static const float f[SPECIAL_COUNT] = {0, -0.0f, 1, -1, 0x1p-149f, -0x1p-149f, 0x1.fffffcp-127f, 0x1p-126f,
                                           0x1.fffffep127f, -0x1.fffffep127f, INFINITY, -INFINITY, NAN,
                                           0x1.000002p0f, 0x1p-24f, -0x1p-75f};
    static const double d[SPECIAL_COUNT] = {0, -0.0, 1, -1, 0x1p-1074, -0x1p-1074, 0x1.ffffffffffffep-1023, 0x1p-1022,
                                            0x1.fffffffffffffp1023, -0x1.fffffffffffffp1023, INFINITY, -INFINITY,
                                            NAN, 0x1.0000000000001p0, 0x1p-53, -0x1p-538};
    for (int i = 0; i < SPECIAL_COUNT; i++) {
        compare_root_f32(f[i], sqrtf(f[i]));
        compare_root_f64(d[i], sqrt(d[i]));
        for (int j = 0; j < SPECIAL_COUNT; j++)
            for (int k = 0; k < SPECIAL_COUNT; k++) {
                compare_f32(f[i], f[j], f[k], fmaf(f[i], f[j], f[k]));
                compare_f64(d[i], d[j], d[k], fma(d[i], d[j], d[k]));
            }
    }
}

/* Products of 2^73 + 1 and a multiple of 2^75: added to 1, half of its last place and nothing more but the very last bit. */
static void compare_ties(void) {
    static const uint64_t pairs[][2] = {{0x16f0b5c08843cf, 0x16fe0de735e32f},
                                        {0x17e0c28aa1ae1b, 0x0e774c5fb17c13},
                                        {0x1aa470e0b7ff5b, 0x1107b92db818d3},
                                        {0x1a1bfbcbcb0a23, 0x0b2f5ac59af58b}};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        const double x = ldexp((double)pairs[i][0], -63), y = ldexp((double)pairs[i][1], -63);
        compare_f64(x, y, 1, fma(x, y, 1));
        compare_f64(x, -y, -1, fma(x, -y, -1));
        compare_f64(x, -y, 1, fma(x, -y, 1));
        compare_f64(x, y, -1, fma(x, y, -1));
    }
}

/* Odd products just below a power of two, of which a number just above is taken: ties of one bit too many. */
static void compare_cancelled_ties(void) {
    for (int i = 0; i < 10000; i++) {
        const uint64_t a = random_bits() >> 32 | UINT64_C(0x80000001), b = (UINT64_MAX / a - 1) | 1;
        const double taken = ldexp(1, 64) + ldexp((double)(random_bits() >> 23 | UINT64_C(1) << 41), 12);
        compare_f64((double)a, (double)b, -taken, fma((double)a, (double)b, -taken));
        const uint32_t c = (uint32_t)(random_bits() >> 48) | 0x8001, d = (UINT32_MAX / c - 1) | 1;
        const float gone = ldexpf(1, 32) + ldexpf((float)(random_bits() >> 49 | 1u << 15), 9);
        compare_f32((float)c, (float)d, -gone, fmaf((float)c, (float)d, -gone));
    }
}

int main(int count, char **words) {
    const unsigned long millions = count > 1 ? strtoul(words[1], NULL, 10) : 2;
    compare_special();
    compare_ties();
    compare_cancelled_ties();
    for (unsigned long i = 0; i < millions * 1000000; i++) {
        /* z near the product's exponent, then anywhere, then products that are subnormal. */
        const int kind = (int)(i % 4), spread_f32 = kind == 0 ? 8 : kind == 1 ? 60 : 255;
        const int spread_f64 = kind == 0 ? 8 : kind == 1 ? 120 : 2047;
        const float x = hard_f32(spread_f32), y = hard_f32(spread_f32), z = hard_f32(spread_f32);
        compare_f32(x, y, z, fmaf(x, y, z));
        const double u = hard_f64(spread_f64), v = hard_f64(spread_f64), w = hard_f64(spread_f64);
        compare_f64(u, v, w, fma(u, v, w));
        compare_root_f32(x, sqrtf(x));
        compare_root_f64(u, sqrt(u));
        /* The error of a product is what fma() is for: nearly all of it cancels. */
        compare_f32(x, y, -(x * y), fmaf(x, y, -(x * y)));
        compare_f64(u, v, -(u * v), fma(u, v, -(u * v)));
    }
    printf("%lu million multiply-adds and %lu million square roots of each precision agree\n", 2 * millions,
           millions);
    return 0;
}
