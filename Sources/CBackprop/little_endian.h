/*
 * little_endian.h: numbers in files, on machines of any byte order.
 */
#ifndef BP_LITTLE_ENDIAN_H
#define BP_LITTLE_ENDIAN_H

#include "internal.h"
#include "text.h"

/* Compilers make one load or store of each of these where the machine has that order. */

BP_INLINE uint16_t bp_load_u16(const uint8_t *bytes) { return (uint16_t)(bytes[0] | bytes[1] << 8); }

BP_INLINE uint32_t bp_load_u32(const uint8_t *bytes) {
    return bp_load_u16(bytes) | (uint32_t)bp_load_u16(bytes + 2) << 16;
}

BP_INLINE uint64_t bp_load_u64(const uint8_t *bytes) {
    return bp_load_u32(bytes) | (uint64_t)bp_load_u32(bytes + 4) << 32;
}

BP_INLINE void bp_store_u32(uint8_t *bytes, uint32_t word) {
    for (int i = 0; i < 4; i++) bytes[i] = (uint8_t)(word >> 8 * i);
}

BP_INLINE void bp_store_u64(uint8_t *bytes, uint64_t word) {
    for (int i = 0; i < 8; i++) bytes[i] = (uint8_t)(word >> 8 * i);
}

BP_INLINE float bp_float_of_bits(uint32_t bits) {
    float number;
    BP_COPY(&number, &bits, sizeof number);
    return number;
}

BP_INLINE float bp_load_f32(const uint8_t *bytes) { return bp_float_of_bits(bp_load_u32(bytes)); }

#if !defined(BP_NO_DOUBLE)
BP_INLINE double bp_load_f64(const uint8_t *bytes) {
    const uint64_t bits = bp_load_u64(bytes);
    double number;
    BP_COPY(&number, &bits, sizeof number);
    return number;
}
#endif

BP_INLINE float bp_load_bf16(const uint8_t *bytes) {
    return bp_float_of_bits((uint32_t)bp_load_u16(bytes) << 16);
}

/* IEEE 754-2019, 3.4: 1 bit of sign, 5 of exponent with a bias of 15, 10 of significand. */
BP_INLINE float bp_load_f16(const uint8_t *bytes) {
    const uint32_t half = bp_load_u16(bytes), sign = (half & 0x8000) << 16;
    const uint32_t exponent = half >> 10 & 31, significand = half & 1023;
    if (exponent == 31) return bp_float_of_bits(sign | UINT32_C(0x7f800000) | significand << 13);
    if (exponent != 0) return bp_float_of_bits(sign | (exponent + 127 - 15) << 23 | significand << 13);
    const float magnitude = (float)significand * 0x1p-24f; /* subnormal here, exact in float */
    return sign ? -magnitude : magnitude;
}

BP_INLINE void bp_store_f32(uint8_t *bytes, float number) {
    uint32_t bits;
    BP_COPY(&bits, &number, sizeof bits);
    bp_store_u32(bytes, bits);
}

#if !defined(BP_NO_DOUBLE)
BP_INLINE void bp_store_f64(uint8_t *bytes, double number) {
    uint64_t bits;
    BP_COPY(&bits, &number, sizeof bits);
    bp_store_u64(bytes, bits);
}
#endif

#endif
