/*
 * math_template.h: exp, log, tanh and the activations on vectors.
 *
 * Every function is a fixed sequence of correctly rounded operations, so it gives
 * the same bits on every instruction set. Coefficients are Chebyshev fits, printed
 * by Tests/Scripts/polynomials.py; methods are those of J.-M. Muller, Elementary
 * Functions, 3rd ed., 2016 (ch. 3 and 11). No function is further than 3 ulp from
 * the real one; Tests/KernelTests/AccuracyTests.swift measures how far.
 */

#include "parts_template.h"

#if BP_IS_DOUBLE
#define MATH_MANTISSA_BITS 52
#define MATH_MANTISSA_MASK UINT64_C(0x000fffffffffffff)
#define MATH_SIGN_BIT UINT64_C(0x8000000000000000)
#define MATH_BITS_ONE UINT64_C(0x3ff0000000000000)
#define MATH_BITS_SQRT_HALF UINT64_C(0x3fe6a09e667f3bcd)
#define MATH_BITS_TWO_TO_MANTISSA UINT64_C(0x4330000000000000)
#define MATH_TWO_TO_MANTISSA 0x1p52
#define MATH_BIAS 1023
#define MATH_ROUNDER 0x1.8p52 /* adding it rounds to an integer, kept in the low bits */
#define MATH_SMALLEST_NORMAL 0x1p-1022
#define MATH_LARGEST 0x1.fffffffffffffp1023
/* Beyond these exp is 0 (or infinite), and so is exp times anything that follows it here. */
#define MATH_EXP_LOW (-760.0)
#define MATH_EXP_HIGH 710.0
#define MATH_EXP_NORMAL 708.0 /* exp(x) is a normal number while |x| is smaller */
#define MATH_TANH_HIGH 20.0 /* tanh is 1 from 19.1 on */
#define MATH_GELU_LOW (-22.0) /* and gelu is -0 below this */
#define MATH_LOG2_E 0x1.71547652b82fep0
#define MATH_LN2_HIGH 0x1.62e42fefa39efp-1
#define MATH_LN2_LOW 0x1.abc9e3b39803fp-56
#define MATH_GELU_C1_HIGH 0x1.9884533d43651p0 /* 2 sqrt(2/pi) */
#define MATH_GELU_C1_LOW (-0x1.cbc0d30ebfd15p-54)
#define MATH_GELU_C3_HIGH 0x1.2444f2a4d8b4bp-4 /* 0.044715 * 2 sqrt(2/pi) */
#define MATH_GELU_C3_LOW (-0x1.6c843a29d1c70p-61)
#define MATH_GELU_SLOPE 0x1.b6676bf7450f0p-3 /* 3 * 0.044715 * 2 sqrt(2/pi) */
#define MATH_LEAK 0.01
#else
#define MATH_MANTISSA_BITS 23
#define MATH_MANTISSA_MASK UINT32_C(0x007fffff)
#define MATH_SIGN_BIT UINT32_C(0x80000000)
#define MATH_BITS_ONE UINT32_C(0x3f800000)
#define MATH_BITS_SQRT_HALF UINT32_C(0x3f3504f3)
#define MATH_BITS_TWO_TO_MANTISSA UINT32_C(0x4b000000)
#define MATH_TWO_TO_MANTISSA 0x1p23f
#define MATH_BIAS 127
#define MATH_ROUNDER 0x1.8p23f
#define MATH_SMALLEST_NORMAL 0x1p-126f
#define MATH_LARGEST 0x1.fffffep127f
#define MATH_EXP_LOW (-120.0f)
#define MATH_EXP_HIGH 89.0f
#define MATH_EXP_NORMAL 87.0f
#define MATH_TANH_HIGH 10.0f /* tanh is 1 from 9.02 on */
#define MATH_GELU_LOW (-12.0f)
#define MATH_LOG2_E 0x1.715476p0f
#define MATH_LN2_HIGH 0x1.62e430p-1f
#define MATH_LN2_LOW (-0x1.05c610p-29f)
#define MATH_GELU_C1_HIGH 0x1.988454p0f
#define MATH_GELU_C1_LOW (-0x1.857936p-25f)
#define MATH_GELU_C3_HIGH 0x1.2444f2p-4f
#define MATH_GELU_C3_LOW 0x1.49b16ap-29f
#define MATH_GELU_SLOPE 0x1.b6676cp-3f
#define MATH_LEAK 0.01f
#endif

BP_INLINE vec math_one(void) { return vec_set1((real)1); }
BP_INLINE vec math_zero(void) { return vec_set1((real)0); }
BP_INLINE vec math_negate(vec x) { return vec_mul(x, vec_set1((real)-1)); }
BP_INLINE vec_bits math_sign(vec x) { return vec_bits_and(vec_to_bits(x), vec_bits_set1(MATH_SIGN_BIT)); }
BP_INLINE vec math_abs(vec x) { return vec_from_bits(vec_bits_and(vec_to_bits(x), vec_bits_set1(MATH_SIGN_BIT - 1))); }
/* -|x| */
BP_INLINE vec math_negative(vec x) { return vec_from_bits(vec_bits_or(vec_to_bits(x), vec_bits_set1(MATH_SIGN_BIT))); }

/* An integer, and its bits as what is added to an exponent. */
typedef struct math_integer {
    vec n;
    vec_bits exponent;
} math_integer;

/* The integer nearest to x * y; |x * y| must stay below 2^(mantissa bits - 1). */
BP_INLINE math_integer math_nearest(vec x, vec y) {
    const vec rounder = vec_set1(MATH_ROUNDER), sum = vec_fma(x, y, rounder);
    const math_integer nearest = {vec_sub(sum, rounder), vec_bits_shift_left(vec_to_bits(sum), MATH_MANTISSA_BITS)};
    return nearest;
}

/* v * 2^n, where both are normal numbers. */
BP_INLINE vec math_multiply_power(vec v, vec_bits exponent) {
    return vec_from_bits(vec_bits_add(vec_to_bits(v), exponent));
}

/* 2^n for an integer n that is the exponent of a normal number. */
BP_INLINE vec math_power_of_two(vec n) {
    const vec shifted = vec_add(n, vec_set1(MATH_ROUNDER + (real)MATH_BIAS));
    return vec_from_bits(vec_bits_shift_left(vec_to_bits(shifted), MATH_MANTISSA_BITS));
}

/* v * 2^n, rounded once; in two steps, as 2^n itself may be no number. */
BP_INLINE vec math_scale(vec v, vec n) {
    const vec half = math_nearest(n, vec_set1((real)0.5)).n;
    return vec_mul(vec_mul(v, math_power_of_two(half)), math_power_of_two(vec_sub(n, half)));
}

/* q(r) of exp(r) = 1 + r + r^2 q(r), |r| <= ln(2)/2. */
BP_INLINE vec math_exp_tail(vec r) {
#if BP_IS_DOUBLE
    vec q = vec_set1(0x1.61bfaa228dde5p-33);
    q = vec_fma(q, r, vec_set1(0x1.1f7f2776cfaf2p-29));
    q = vec_fma(q, r, vec_set1(0x1.ae642c82e33d5p-26));
    q = vec_fma(q, r, vec_set1(0x1.27e4d41966f2fp-22));
    q = vec_fma(q, r, vec_set1(0x1.71de3a5aa7bb7p-19));
    q = vec_fma(q, r, vec_set1(0x1.a01a01a9e991bp-16));
    q = vec_fma(q, r, vec_set1(0x1.a01a01a0196acp-13));
    q = vec_fma(q, r, vec_set1(0x1.6c16c16c15a68p-10));
    q = vec_fma(q, r, vec_set1(0x1.1111111111111p-7));
    q = vec_fma(q, r, vec_set1(0x1.5555555555557p-5));
    q = vec_fma(q, r, vec_set1(0x1.5555555555555p-3));
    return vec_fma(q, r, vec_set1(0.5));
#else
    vec q = vec_set1(0x1.a124f2p-13f);
    q = vec_fma(q, r, vec_set1(0x1.6d4324p-10f));
    q = vec_fma(q, r, vec_set1(0x1.1110e0p-7f));
    q = vec_fma(q, r, vec_set1(0x1.5554eap-5f));
    q = vec_fma(q, r, vec_set1(0x1.555556p-3f));
    return vec_fma(q, r, vec_set1(0.5f));
#endif
}

/* R(v) of 2 atanh(s/2) = s + s v R(v), v = s^2, 0 <= s <= 2/3. */
BP_INLINE vec math_atanh_tail(vec v) {
#if BP_IS_DOUBLE
    vec p = vec_set1(0x1.4b0a26c5f2aefp-24);
    p = vec_fma(p, v, vec_set1(0x1.687a6e7c95176p-23));
    p = vec_fma(p, v, vec_set1(0x1.eb905e8575054p-21));
    p = vec_fma(p, v, vec_set1(0x1.10ac75dc602b1p-18));
    p = vec_fma(p, v, vec_set1(0x1.3b18b294bebf9p-16));
    p = vec_fma(p, v, vec_set1(0x1.745cf0b0e03bdp-14));
    p = vec_fma(p, v, vec_set1(0x1.c71c727143318p-12));
    p = vec_fma(p, v, vec_set1(0x1.24924923d44c6p-9));
    p = vec_fma(p, v, vec_set1(0x1.999999999a3ddp-7));
    return vec_fma(p, v, vec_set1(0x1.5555555555555p-4));
#else
    vec p = vec_set1(0x1.dba260p-14f);
    p = vec_fma(p, v, vec_set1(0x1.bc8cf8p-12f));
    p = vec_fma(p, v, vec_set1(0x1.24c926p-9f));
    p = vec_fma(p, v, vec_set1(0x1.9998d4p-7f));
    return vec_fma(p, v, vec_set1(0x1.555556p-4f));
#endif
}

/* exp(r) - 1, |r| <= ln(2)/2 */
BP_INLINE vec math_exp_less_one(vec r) { return vec_fma(vec_mul(r, r), math_exp_tail(r), r); }

/* exp(x + low) = 2^n * (1 + tail), |tail| < 0.42; 'low' is NULL for 0, and far smaller than x. */
typedef struct math_exp_parts {
    vec tail;
    math_integer n;
} math_exp_parts;

BP_INLINE math_exp_parts math_exp_split(vec x, const vec *low) {
    const math_integer n = math_nearest(x, vec_set1(MATH_LOG2_E));
    vec r = vec_fnma(n.n, vec_set1(MATH_LN2_HIGH), x);
    r = vec_fnma(n.n, vec_set1(MATH_LN2_LOW), r);
    const math_exp_parts parts = {math_exp_less_one(low ? vec_add(r, *low) : r), n};
    return parts;
}

BP_INLINE vec math_exp_of_any(vec x) {
    x = vec_min(vec_set1(MATH_EXP_HIGH), vec_max(vec_set1(MATH_EXP_LOW), x));
    const math_exp_parts e = math_exp_split(x, NULL);
    return math_scale(vec_add(math_one(), e.tail), e.n.n);
}

/* The same bits by a shorter way where all are normal numbers, as they mostly are. */
BP_INLINE vec math_exp(vec x) {
    if (BP_UNLIKELY(!vec_all_greater(vec_set1(MATH_EXP_NORMAL), math_abs(x)))) return math_exp_of_any(x);
    const math_exp_parts e = math_exp_split(x, NULL);
    return math_multiply_power(vec_add(math_one(), e.tail), e.n.exponent);
}

/* exp(x) - 1 for |x| <= 80, where n is the exponent of a normal number. */
BP_INLINE vec math_expm1(vec x) {
    const math_exp_parts e = math_exp_split(x, NULL);
    const vec power = math_multiply_power(math_one(), e.n.exponent);
    return vec_fma(power, e.tail, vec_sub(power, math_one()));
}

/* ln(1 + x), 0 <= x <= 1; keeps full relative accuracy as x goes to 0. */
BP_INLINE vec math_log1p(vec x) {
    const vec s = vec_div(x, vec_fma(x, vec_set1((real)0.5), math_one()));
    const vec v = vec_mul(s, s);
    return vec_fma(vec_mul(s, v), math_atanh_tail(v), s);
}

/* ln(x) for a normal x > 0, as k ln 2 + ln m with m in [sqrt(1/2), sqrt(2)). */
BP_INLINE vec math_log_normal(vec x) {
    const vec_bits bits =
        vec_bits_add(vec_to_bits(x), vec_bits_set1(MATH_BITS_ONE - MATH_BITS_SQRT_HALF));
    const vec_bits biased = vec_bits_shift_right(bits, MATH_MANTISSA_BITS);
    const vec k = vec_sub(vec_from_bits(vec_bits_add(biased, vec_bits_set1(MATH_BITS_TWO_TO_MANTISSA))),
                          vec_set1(MATH_TWO_TO_MANTISSA + (real)MATH_BIAS));
    const vec m = vec_from_bits(vec_bits_add(vec_bits_and(bits, vec_bits_set1(MATH_MANTISSA_MASK)),
                                             vec_bits_set1(MATH_BITS_SQRT_HALF)));
    const vec f = vec_sub(m, math_one());
    const vec s = vec_div(f, vec_fma(f, vec_set1((real)0.5), math_one()));
    const vec v = vec_mul(s, s);
    const vec small = vec_fma(k, vec_set1(MATH_LN2_LOW), vec_mul(vec_mul(s, v), math_atanh_tail(v)));
    return vec_fma(k, vec_set1(MATH_LN2_HIGH), vec_add(small, s));
}

/* ln(x) for any x: -infinity at 0, NaN below. */
BP_INLINE vec math_log(vec x) {
    const vec two_to_mantissa = vec_set1(MATH_TWO_TO_MANTISSA);
    const vec smallest = vec_set1(MATH_SMALLEST_NORMAL);
    const vec normal = vec_if_greater(smallest, x, vec_mul(x, two_to_mantissa), x);
    vec y = math_log_normal(normal);
    /* A subnormal was scaled up by 2^mantissa bits: take their logarithm off again. */
    const vec excess = vec_set1((real)MATH_MANTISSA_BITS);
    const vec scaled = vec_fnma(excess, vec_set1(MATH_LN2_HIGH), y);
    y = vec_if_greater(smallest, x, scaled, y);
    /* +infinity and NaN go through. */
    y = vec_if_greater(x, vec_set1(MATH_LARGEST), x, y);
    const vec infinity = vec_mul(vec_set1(MATH_LARGEST), vec_set1((real)2));
    const vec nan = vec_sub(infinity, infinity);
    y = vec_if_greater(x, math_zero(), y, vec_if_greater(math_zero(), x, nan, math_negate(infinity)));
    return vec_if_greater(x, math_negate(infinity), y, vec_add(x, nan));
}

BP_INLINE vec math_tanh(vec x) {
    const vec magnitude = vec_min(vec_set1(MATH_TANH_HIGH), math_abs(x));
    const vec e = math_expm1(vec_add(magnitude, magnitude));
    const vec t = vec_div(e, vec_add(e, vec_set1((real)2)));
    return vec_from_bits(vec_bits_or(vec_to_bits(t), math_sign(x)));
}

/* The activations. '*derivative' is df/dz where it is cheapest found beside f. */

BP_INLINE vec math_sigmoid(vec z) {
    const vec e = math_exp(math_negative(z));
    return vec_div(vec_if_greater(math_zero(), z, e, math_one()), vec_add(math_one(), e));
}

BP_INLINE vec math_elu(vec z) {
    const vec low = vec_max(vec_set1((real)-80), z);
    return vec_if_greater(z, math_zero(), z, vec_if_greater(math_zero(), z, math_expm1(low), z));
}

BP_INLINE vec math_softplus(vec z, vec *derivative) {
    const vec e = math_exp(math_negative(z));
    *derivative = vec_div(vec_if_greater(math_zero(), z, e, math_one()), vec_add(math_one(), e));
    return vec_add(vec_max(z, math_zero()), math_log1p(e));
}

/*
 * z * sigmoid(u + low), and the sigmoid itself. For u < 0 the power of two of
 * exp(u) is multiplied in last, after z: on its own it may be subnormal.
 */
BP_INLINE vec math_gated(vec z, vec u, vec low, vec *sigmoid) {
    const vec negative = vec_if_greater(math_zero(), u, math_one(), math_zero());
    const vec sign = vec_fma(negative, vec_set1((real)2), vec_set1((real)-1));
    const vec signed_low = vec_mul(low, sign);
    const math_exp_parts parts = math_exp_split(vec_mul(u, sign), &signed_low);
    const vec m = vec_add(math_one(), parts.tail);
    const vec e = math_scale(m, parts.n.n);
    const vec denominator = vec_add(math_one(), e);
    *sigmoid = vec_div(vec_if_greater(negative, math_zero(), e, math_one()), denominator);
    /* z + z * tail is z * m with one rounding less. */
    const vec below = math_scale(vec_div(vec_fma(z, parts.tail, z), denominator), parts.n.n);
    return vec_if_greater(negative, math_zero(), below, vec_div(z, denominator));
}

BP_INLINE vec math_silu(vec z, vec *derivative) {
    const vec low = vec_max(vec_set1(MATH_EXP_LOW), z);
    const vec u = vec_min(vec_set1(-MATH_EXP_LOW), low);
    vec s;
    const vec a = math_gated(low, u, math_zero(), &s);
    *derivative = vec_mul(s, vec_fma(u, vec_sub(math_one(), s), math_one()));
    return a;
}

/* z * sigmoid(2u), 2u = c1 z + c3 z^3: the same as 0.5 z (1 + tanh(u)), without its cancellation. */
BP_INLINE vec math_gelu(vec z, vec *derivative) {
    const vec low = vec_max(vec_set1(MATH_GELU_LOW), z);
    const vec x = vec_min(vec_set1(-MATH_GELU_LOW), low);
    const vec c1 = vec_set1(MATH_GELU_C1_HIGH), c3 = vec_set1(MATH_GELU_C3_HIGH);
    /* w + w_low = c1 + c3 x^2 and u + u_low = x w, each with the error of its rounding. */
    const vec square = vec_mul(x, x);
    const vec square_low = vec_fma(x, x, math_negate(square));
    const vec cubic = vec_mul(c3, square);
    const vec cubic_low = vec_fma(c3, square, math_negate(cubic));
    const vec w = vec_add(c1, cubic);
    const vec part = vec_sub(w, c1);
    const vec w_error = vec_add(vec_sub(c1, vec_sub(w, part)), vec_sub(cubic, part));
    vec w_low = vec_add(vec_add(cubic_low, w_error), vec_set1(MATH_GELU_C1_LOW));
    w_low = vec_fma(c3, square_low, vec_fma(vec_set1(MATH_GELU_C3_LOW), square, w_low));
    const vec u = vec_mul(x, w);
    const vec u_low = vec_fma(x, w_low, vec_fma(x, w, math_negate(u)));
    vec s;
    const vec a = math_gated(low, u, u_low, &s);
    const vec slope = vec_fma(vec_set1(MATH_GELU_SLOPE), square, c1);
    *derivative = vec_mul(s, vec_fma(vec_mul(x, vec_sub(math_one(), s)), slope, math_one()));
    return a;
}

/* f(z). Activations whose derivative is not a function of f(z) alone give it too. */
BP_INLINE vec activation_value(bp_activation f, vec z, vec *derivative) {
    switch (f) {
    case BP_SIGMOID: return math_sigmoid(z);
    case BP_TANH: return math_tanh(z);
    case BP_RELU: return vec_max(math_zero(), z);
    case BP_LEAKY_RELU: return vec_if_greater(z, math_zero(), z, vec_mul(z, vec_set1(MATH_LEAK)));
    case BP_ELU: return math_elu(z);
    case BP_SOFTPLUS: return math_softplus(z, derivative);
    case BP_SILU: return math_silu(z, derivative);
    case BP_GELU: return math_gelu(z, derivative);
    default: return z;
    }
}

/* f'(z), from a = f(z). */
BP_INLINE vec activation_slope(bp_activation f, vec a) {
    switch (f) {
    case BP_SIGMOID: return vec_mul(a, vec_sub(math_one(), a));
    case BP_TANH: return vec_fnma(a, a, math_one());
    case BP_RELU: return vec_if_greater(a, math_zero(), math_one(), math_zero());
    case BP_LEAKY_RELU: return vec_if_greater(a, math_zero(), math_one(), vec_set1(MATH_LEAK));
    case BP_ELU: return vec_if_greater(a, math_zero(), math_one(), vec_add(a, math_one()));
    default: return math_one();
    }
}

/* The losses of one output. */

/* Adds the loss of one output to those before it: from its error e = a - t, but e itself for binary cross-entropy. */
BP_INLINE real loss_add(bp_loss loss, real e, real sum) {
    const real magnitude = e < 0 ? -e : e;
    switch (loss) {
    case BP_BINARY_CROSS_ENTROPY: return sum + e;
    case BP_MEAN_ABSOLUTE_ERROR: return sum + magnitude;
    case BP_HUBER:
        return magnitude > 1 ? sum + (magnitude - (real)0.5) : real_fma((real)0.5 * e, e, sum);
    default: return real_fma(e, e, sum); /* the squared errors; halved or divided at the end */
    }
}

/* The same for one sample a lane, to the same bits. */
BP_INLINE vec loss_add_lanes(bp_loss loss, vec e, vec sum) {
    const vec half = vec_set1((real)0.5), magnitude = math_abs(e);
    switch (loss) {
    case BP_BINARY_CROSS_ENTROPY: return vec_add(sum, e);
    case BP_MEAN_ABSOLUTE_ERROR: return vec_add(sum, magnitude);
    case BP_HUBER:
        return vec_if_greater(magnitude, math_one(), vec_add(sum, vec_sub(magnitude, half)),
                              vec_fma(vec_mul(half, e), e, sum));
    default: return vec_fma(e, e, sum);
    }
}

/* The derivative of that loss with respect to a, lane by lane. */
BP_INLINE vec loss_slope(bp_loss loss, vec e) {
    const vec one = math_one(), minus_one = vec_set1((real)-1);
    switch (loss) {
    case BP_MEAN_SQUARED_ERROR: return vec_mul(vec_set1((real)2), e);
    case BP_MEAN_ABSOLUTE_ERROR:
        return vec_if_greater(e, math_zero(), one, vec_if_greater(math_zero(), e, minus_one, math_zero()));
    case BP_HUBER: return vec_if_greater(e, one, one, vec_if_greater(minus_one, e, minus_one, e));
    default: return e; /* BP_SQUARED_ERROR */
    }
}

/* What a mean over the outputs divides by; the mean over none is 0. */
BP_INLINE real loss_count(size_t n) { return n > 0 ? (real)n : 1; }

/* The loss of one sample, from the sum of its n outputs. */
BP_INLINE real loss_mean(bp_loss loss, real sum, size_t n) {
    return loss == BP_SQUARED_ERROR ? sum * (real)0.5 : sum / loss_count(n);
}

BP_INLINE vec loss_mean_lanes(bp_loss loss, vec sum, size_t n) {
    return loss == BP_SQUARED_ERROR ? vec_mul(sum, vec_set1((real)0.5)) : vec_div(sum, vec_set1(loss_count(n)));
}
