/*
 * fma.c: multiply-adds rounded once, for platforms without one that can be trusted (platform.h).
 */
#include "platform.h"

#if BP_SOFT_FMA_F32 || BP_SOFT_FMA_F64

/* Integers of twice the bits of a number; one name for both precisions. */
#define wide BP_(wide)
#define wide_make BP_(wide_make)
#define wide_low BP_(wide_low)
#define wide_multiply BP_(wide_multiply)
#define wide_add BP_(wide_add)
#define wide_subtract BP_(wide_subtract)
#define wide_less BP_(wide_less)
#define wide_is_zero BP_(wide_is_zero)
#define wide_highest BP_(wide_highest)
#define wide_shift_left BP_(wide_shift_left)
#define wide_shift_right BP_(wide_shift_right)

#endif

#if BP_SOFT_FMA_F32

#include "precision_f32.h"

#define WIDE_BITS 64
typedef uint64_t wide;

static wide wide_make(uint32_t a) { return a; }
static uint32_t wide_low(wide a) { return (uint32_t)a; }
static wide wide_multiply(uint32_t a, uint32_t b) { return (uint64_t)a * b; }
static wide wide_add(wide a, wide b) { return a + b; }
static wide wide_subtract(wide a, wide b) { return a - b; }
static int wide_less(wide a, wide b) { return a < b; }
static int wide_is_zero(wide a) { return a == 0; }
static int wide_highest(wide a) { return (int)(a >> 63); }

/* By 0 <= n < 64. */
static wide wide_shift_left(wide a, int n) { return a << n; }

/* By any n >= 0; the lowest bit is 1 if any bit that is lost was. */
static wide wide_shift_right(wide a, int n) {
    if (n == 0) return a;
    if (n >= 64) return a != 0;
    return a >> n | (a << (64 - n) != 0);
}

#define FMA_BITS uint32_t
#define FMA_MANTISSA 23
#define FMA_BIAS 127
#include "fma_template.h"
#undef WIDE_BITS
#undef FMA_BITS
#undef FMA_MANTISSA
#undef FMA_BIAS

#endif

#if BP_SOFT_FMA_F64 && !defined(BP_NO_DOUBLE)

#include "precision_f64.h"

#define WIDE_BITS 128
typedef struct wide {
    uint64_t high, low;
} wide;

static wide wide_make(uint64_t a) {
    const wide made = {0, a};
    return made;
}

static uint64_t wide_low(wide a) { return a.low; }

static wide wide_multiply(uint64_t a, uint64_t b) {
    const uint64_t half = UINT32_MAX;
    const uint64_t low = (a & half) * (b & half), first = (a >> 32) * (b & half), second = (a & half) * (b >> 32);
    const uint64_t middle = (low >> 32) + (first & half) + (second & half);
    const wide product = {(a >> 32) * (b >> 32) + (first >> 32) + (second >> 32) + (middle >> 32),
                          middle << 32 | (low & half)};
    return product;
}

static wide wide_add(wide a, wide b) {
    const wide sum = {a.high + b.high + (a.low + b.low < a.low), a.low + b.low};
    return sum;
}

static wide wide_subtract(wide a, wide b) {
    const wide difference = {a.high - b.high - (a.low < b.low), a.low - b.low};
    return difference;
}

static int wide_less(wide a, wide b) { return a.high != b.high ? a.high < b.high : a.low < b.low; }
static int wide_is_zero(wide a) { return (a.high | a.low) == 0; }
static int wide_highest(wide a) { return (int)(a.high >> 63); }

/* By 0 <= n < 128. */
static wide wide_shift_left(wide a, int n) {
    const int rest = n & 63;
    wide shifted = {a.high << rest | (rest ? a.low >> (64 - rest) : 0), a.low << rest};
    if (n >= 64) {
        shifted.high = shifted.low;
        shifted.low = 0;
    }
    return shifted;
}

/* By any n >= 0; the lowest bit is 1 if any bit that is lost was. */
static wide wide_shift_right(wide a, int n) {
    wide shifted = a;
    uint64_t lost = 0;
    if (n >= 128) {
        lost = a.high | a.low;
        shifted.high = shifted.low = 0;
    } else if (n >= 64) {
        const int rest = n - 64;
        lost = a.low | (rest ? a.high << (64 - rest) : 0);
        shifted.low = a.high >> rest;
        shifted.high = 0;
    } else if (n > 0) {
        lost = a.low << (64 - n);
        shifted.low = a.low >> n | a.high << (64 - n);
        shifted.high = a.high >> n;
    }
    shifted.low |= lost != 0;
    return shifted;
}

#define FMA_BITS uint64_t
#define FMA_MANTISSA 52
#define FMA_BIAS 1023
#include "fma_template.h"

#endif

typedef int bp_fma_file; /* ISO C wants something in every file. */
