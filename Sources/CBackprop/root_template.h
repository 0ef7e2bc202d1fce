/*
 * root_template.h: the square root of one number, in one precision.
 *
 * ROOT_BITS is the type of a number's bits, ROOT_MANTISSA how many are behind the point,
 * ROOT_BIAS the exponent of 1.
 */
BP_INTERNAL real BP_(bp_soft_root)(real x) {
    if (x == 0 || x - x != 0) return x < 0 ? x - x : x; /* zeros, infinities and NaNs */
    if (x < 0) return (x - x) / (x - x);
    ROOT_BITS bits;
    BP_COPY(&bits, &x, sizeof bits);
    int exponent = (int)(bits >> ROOT_MANTISSA);
    uint64_t leading = (uint64_t)bits << (63 - ROOT_MANTISSA);
    if (exponent > 0) leading |= UINT64_C(1) << 63;
    else exponent = 1;
    for (; !(leading >> 63); exponent--) leading <<= 1;
    exponent -= ROOT_BIAS;
    /* leading * 2^(exponent - 63), of which the exponent must be even; its lowest bit is free. */
    const int even = exponent & 1;
    if (!even) leading >>= 1;
    const int half = (exponent - even) / 2;
    bits = (ROOT_BITS)bp_rounded_root(leading, ROOT_MANTISSA + 2);
    bits += (ROOT_BITS)(half + ROOT_BIAS - 1) << ROOT_MANTISSA; /* the root's leading bit counts as 1 */
    real root;
    BP_COPY(&root, &bits, sizeof root);
    return root;
}
