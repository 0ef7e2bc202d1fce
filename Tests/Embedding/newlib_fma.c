/*
 * newlib_fma.c: whether the multiply-add of newlib's C library rounds once. Put in place of train_xor(), it
 * fails where that is right, since then platform.h need not avoid it.
 */
#include <math.h>

#include "freestanding.h"

uint64_t train_xor(void) {
    /* The product is half way between two numbers, and what is added decides; rounded to double first, it's lost. */
    volatile float x = 0x1.001p0f, z = 0x1p-80f;
    volatile double u = 0x1.0000004p0, v = 0x1.0000002p0, w = 0x1p-160;
    const int rounds_once_f32 = fmaf(x, x, z) == 0x1.002002p0f;
    const int rounds_once_f64 = fma(u, v, w) == 0x1.0000006000001p0;
    return !rounds_once_f32 && !rounds_once_f64;
}
