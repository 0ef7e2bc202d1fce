/*
 * vec_neon.h: the vector operations on 128 bits, for the NEON of every 64-bit Arm.
 *
 * vec_scalar.h says what each operation means. NEON is part of the architecture, so
 * these need no target of their own.
 */
#ifndef BP_VEC_NEON_H
#define BP_VEC_NEON_H

#include <arm_neon.h>

#include "platform.h"

/* 24 sums of 32 registers leave 3 for the right operand and 5 for the left. */
#define VEC_TILE_ROWS 8
#define VEC_TILE_VECTORS 3

#if BP_IS_DOUBLE

#define VEC_LANES 2
typedef float64x2_t vec;
typedef uint64x2_t vec_bits;

BP_INLINE vec vec_set1(double x) { return vdupq_n_f64(x); }
BP_INLINE vec vec_load(const double *p) { return vld1q_f64(p); }
BP_INLINE void vec_store(double *p, vec v) { vst1q_f64(p, v); }
BP_INLINE vec vec_add(vec a, vec b) { return vaddq_f64(a, b); }
BP_INLINE vec vec_sub(vec a, vec b) { return vsubq_f64(a, b); }
BP_INLINE vec vec_mul(vec a, vec b) { return vmulq_f64(a, b); }
BP_INLINE vec vec_div(vec a, vec b) { return vdivq_f64(a, b); }
BP_INLINE vec vec_sqrt(vec a) { return vsqrtq_f64(a); }
BP_INLINE vec vec_fma(vec a, vec b, vec c) { return vfmaq_f64(c, a, b); }
BP_INLINE vec vec_fnma(vec a, vec b, vec c) { return vfmsq_f64(c, a, b); }
BP_INLINE vec vec_max(vec a, vec b) { return vbslq_f64(vcgtq_f64(a, b), a, b); }
BP_INLINE vec vec_min(vec a, vec b) { return vbslq_f64(vcltq_f64(a, b), a, b); }
BP_INLINE vec vec_if_greater(vec a, vec b, vec yes, vec no) { return vbslq_f64(vcgtq_f64(a, b), yes, no); }
BP_INLINE int vec_all_greater(vec a, vec b) { return vminvq_u32(vreinterpretq_u32_u64(vcgtq_f64(a, b))) != 0; }
BP_INLINE vec vec_zip_low(vec a, vec b) { return vzip1q_f64(a, b); }
BP_INLINE vec vec_zip_high(vec a, vec b) { return vzip2q_f64(a, b); }
BP_INLINE vec vec_even_parts(vec a, vec b) { (void)b; return a; }
BP_INLINE vec vec_odd_parts(vec a, vec b) { (void)a; return b; }
BP_INLINE vec_bits vec_to_bits(vec v) { return vreinterpretq_u64_f64(v); }
BP_INLINE vec vec_from_bits(vec_bits b) { return vreinterpretq_f64_u64(b); }
BP_INLINE vec_bits vec_bits_set1(uint64_t b) { return vdupq_n_u64(b); }
BP_INLINE vec_bits vec_bits_add(vec_bits a, vec_bits b) { return vaddq_u64(a, b); }
BP_INLINE vec_bits vec_bits_and(vec_bits a, vec_bits b) { return vandq_u64(a, b); }
BP_INLINE vec_bits vec_bits_or(vec_bits a, vec_bits b) { return vorrq_u64(a, b); }
BP_INLINE vec_bits vec_bits_shift_left(vec_bits a, int n) { return vshlq_u64(a, vdupq_n_s64(n)); }
BP_INLINE vec_bits vec_bits_shift_right(vec_bits a, int n) { return vshlq_u64(a, vdupq_n_s64(-n)); }

#else

#define VEC_LANES 4
typedef float32x4_t vec;
typedef uint32x4_t vec_bits;

BP_INLINE vec vec_set1(float x) { return vdupq_n_f32(x); }
BP_INLINE vec vec_load(const float *p) { return vld1q_f32(p); }
BP_INLINE void vec_store(float *p, vec v) { vst1q_f32(p, v); }
BP_INLINE vec vec_add(vec a, vec b) { return vaddq_f32(a, b); }
BP_INLINE vec vec_sub(vec a, vec b) { return vsubq_f32(a, b); }
BP_INLINE vec vec_mul(vec a, vec b) { return vmulq_f32(a, b); }
BP_INLINE vec vec_div(vec a, vec b) { return vdivq_f32(a, b); }
BP_INLINE vec vec_sqrt(vec a) { return vsqrtq_f32(a); }
BP_INLINE vec vec_fma(vec a, vec b, vec c) { return vfmaq_f32(c, a, b); }
BP_INLINE vec vec_fnma(vec a, vec b, vec c) { return vfmsq_f32(c, a, b); }
BP_INLINE vec vec_max(vec a, vec b) { return vbslq_f32(vcgtq_f32(a, b), a, b); }
BP_INLINE vec vec_min(vec a, vec b) { return vbslq_f32(vcltq_f32(a, b), a, b); }
BP_INLINE vec vec_if_greater(vec a, vec b, vec yes, vec no) { return vbslq_f32(vcgtq_f32(a, b), yes, no); }
BP_INLINE int vec_all_greater(vec a, vec b) { return vminvq_u32(vcgtq_f32(a, b)) != 0; }
BP_INLINE vec vec_zip_low(vec a, vec b) { return vzip1q_f32(a, b); }
BP_INLINE vec vec_zip_high(vec a, vec b) { return vzip2q_f32(a, b); }
BP_INLINE vec vec_even_parts(vec a, vec b) { (void)b; return a; }
BP_INLINE vec vec_odd_parts(vec a, vec b) { (void)a; return b; }
BP_INLINE vec_bits vec_to_bits(vec v) { return vreinterpretq_u32_f32(v); }
BP_INLINE vec vec_from_bits(vec_bits b) { return vreinterpretq_f32_u32(b); }
BP_INLINE vec_bits vec_bits_set1(uint32_t b) { return vdupq_n_u32(b); }
BP_INLINE vec_bits vec_bits_add(vec_bits a, vec_bits b) { return vaddq_u32(a, b); }
BP_INLINE vec_bits vec_bits_and(vec_bits a, vec_bits b) { return vandq_u32(a, b); }
BP_INLINE vec_bits vec_bits_or(vec_bits a, vec_bits b) { return vorrq_u32(a, b); }
BP_INLINE vec_bits vec_bits_shift_left(vec_bits a, int n) { return vshlq_u32(a, vdupq_n_s32(n)); }
BP_INLINE vec_bits vec_bits_shift_right(vec_bits a, int n) { return vshlq_u32(a, vdupq_n_s32(-n)); }

#endif

/* NEON has no masks: a part of a vector goes by way of memory. */
BP_INLINE vec vec_load_first(const real *p, size_t n) {
    real lanes[VEC_LANES] = {0};
    BP_COPY(lanes, p, n * sizeof(real));
    return vec_load(lanes);
}
BP_INLINE void vec_store_first(real *p, vec v, size_t n) {
    real lanes[VEC_LANES];
    vec_store(lanes, v);
    BP_COPY(p, lanes, n * sizeof(real));
}

#endif
