/*
 * fma_template.h: x * y + z rounded once, by integers, in one precision.
 *
 * The product is exact in twice the bits of a significand. It and z are moved into 'wide'
 * integers with room below; bits that fall off the lower end leave a 1 there, which is all
 * that rounding must know of them. So there is one rounding, to nearest, ties to even, and
 * into subnormals too. (J.-M. Muller et al., Handbook of Floating-Point Arithmetic, 2nd
 * ed., 2018, section 7.5.)
 *
 * FMA_BITS is the type of a number's bits, FMA_MANTISSA how many are behind the point,
 * FMA_BIAS the exponent of 1; wide_... are operations on wide integers of WIDE_BITS bits.
 */
typedef FMA_BITS BP_(fma_bits);

/* A number as significand * 2^exponent; the significand has FMA_MANTISSA + 1 bits. */
typedef struct BP_(fma_parts) {
    BP_(fma_bits) significand;
    int exponent;
} BP_(fma_parts);

static BP_(fma_bits) BP_(fma_to_bits)(real x) {
    BP_(fma_bits) bits;
    BP_COPY(&bits, &x, sizeof bits);
    return bits;
}

#define FMA_ONE ((BP_(fma_bits))1)
#define FMA_HIDDEN (FMA_ONE << FMA_MANTISSA)
#define FMA_MAGNITUDE(x) (BP_(fma_to_bits)(x) & (~(BP_(fma_bits))0 >> 1))
#define FMA_INFINITY ((BP_(fma_bits))(2 * FMA_BIAS + 1) << FMA_MANTISSA)

static BP_(fma_parts) BP_(fma_split)(real x) {
    const BP_(fma_bits) magnitude = FMA_MAGNITUDE(x);
    BP_(fma_parts) parts = {magnitude & (FMA_HIDDEN - 1), (int)(magnitude >> FMA_MANTISSA)};
    if (parts.exponent > 0) parts.significand |= FMA_HIDDEN;
    else parts.exponent = 1;
    for (; !(parts.significand & FMA_HIDDEN); parts.exponent--) parts.significand <<= 1;
    parts.exponent -= FMA_BIAS + FMA_MANTISSA;
    return parts;
}

/* sum * 2^exponent, rounded; the highest bit of the sum is set. */
static real BP_(fma_rounded)(wide sum, int exponent, int negative) {
    const int leading = exponent + WIDE_BITS - 1 + FMA_BIAS; /* that bit's exponent, as it is stored */
    int drop = WIDE_BITS - 1 - FMA_MANTISSA;
    BP_(fma_bits) bits = (BP_(fma_bits))negative << (sizeof bits * 8 - 1);
    if (leading >= 2 * FMA_BIAS + 1) {
        bits |= FMA_INFINITY;
    } else {
        if (leading < 1) drop += 1 - leading < FMA_MANTISSA + 2 ? 1 - leading : FMA_MANTISSA + 2;
        /* Two more bits than are kept: the one behind, and whether any follows. */
        const BP_(fma_bits) kept = (BP_(fma_bits))wide_low(wide_shift_right(sum, drop - 2));
        const BP_(fma_bits) odd = kept >> 2 & 1, tail = kept & 3;
        /* The hidden bit counts up the exponent, and so does a carry. */
        if (leading > 1) bits += (BP_(fma_bits))(leading - 1) << FMA_MANTISSA;
        bits += (kept >> 2) + (tail > 2 - odd);
    }
    real result;
    BP_COPY(&result, &bits, sizeof result);
    return result;
}

/* For finite numbers that are not 0. */
static real BP_(fma_of_numbers)(real x, real y, real z) {
    const BP_(fma_parts) px = BP_(fma_split)(x), py = BP_(fma_split)(y), pz = BP_(fma_split)(z);
    const int product_negative = (x < 0) != (y < 0), z_negative = z < 0;
    /* Both with one bit to spare for a carry; what follows the bits of z is 0. */
    const int product_room = WIDE_BITS - 2 - 2 * (FMA_MANTISSA + 1), z_room = WIDE_BITS - 2 - (FMA_MANTISSA + 1);
    wide product = wide_shift_left(wide_multiply(px.significand, py.significand), product_room);
    wide addend = wide_shift_left(wide_make(pz.significand), z_room);
    const int product_exponent = px.exponent + py.exponent - product_room, z_exponent = pz.exponent - z_room;
    int exponent = product_exponent > z_exponent ? product_exponent : z_exponent;
    product = wide_shift_right(product, exponent - product_exponent);
    addend = wide_shift_right(addend, exponent - z_exponent);

    wide sum;
    int negative = product_negative;
    if (product_negative == z_negative) {
        sum = wide_add(product, addend);
    } else if (wide_less(product, addend)) {
        sum = wide_subtract(addend, product);
        negative = z_negative;
    } else {
        sum = wide_subtract(product, addend);
        if (wide_is_zero(sum)) return 0;
    }
    for (; !wide_highest(sum); exponent--) sum = wide_shift_left(sum, 1);
    return BP_(fma_rounded)(sum, exponent, negative);
}

BP_INTERNAL real BP_(bp_fma)(real x, real y, real z) {
    const BP_(fma_bits) a = FMA_MAGNITUDE(x), b = FMA_MAGNITUDE(y), c = FMA_MAGNITUDE(z);
    /* Of infinities, NaNs and zeros only the sign has to be found, as the operations themselves find it. */
    if (c >= FMA_INFINITY && a < FMA_INFINITY && b < FMA_INFINITY) return z + z;
    if (a >= FMA_INFINITY || b >= FMA_INFINITY || a == 0 || b == 0) return x * y + z;
    if (c == 0) return x * y;
    return BP_(fma_of_numbers)(x, y, z);
}

#undef FMA_ONE
#undef FMA_HIDDEN
#undef FMA_MAGNITUDE
#undef FMA_INFINITY
