/*
 * vec_fma128.h: the vector operations on 128 bits of floats, for AVX2 with FMA.
 *
 * vec_scalar.h says what each operation means. Parts of vectors are loaded and stored by as many
 * bytes as they have, without a mask, so that a load gets at once what a store has just written.
 */
#ifndef BP_VEC_FMA128_H
#define BP_VEC_FMA128_H

#include <immintrin.h>

#include "platform.h"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#endif

#define VEC_LANES 4
typedef __m128 vec;
typedef __m128i vec_bits;

BP_INLINE vec vec_set1(float x) { return _mm_set1_ps(x); }
BP_INLINE vec vec_load(const float *p) { return _mm_loadu_ps(p); }
BP_INLINE void vec_store(float *p, vec v) { _mm_storeu_ps(p, v); }
BP_INLINE vec vec_load_first(const float *p, size_t n) {
    const vec pair = n > 1 ? _mm_castsi128_ps(_mm_loadu_si64(p)) : _mm_load_ss(p);
    return n > 2 ? _mm_movelh_ps(pair, _mm_load_ss(p + 2)) : pair;
}
BP_INLINE void vec_store_first(float *p, vec v, size_t n) {
    if (n > 1) _mm_storeu_si64(p, _mm_castps_si128(v));
    else _mm_store_ss(p, v);
    if (n > 2) _mm_store_ss(p + 2, _mm_movehl_ps(v, v));
}
BP_INLINE vec vec_add(vec a, vec b) { return _mm_add_ps(a, b); }
BP_INLINE vec vec_sub(vec a, vec b) { return _mm_sub_ps(a, b); }
BP_INLINE vec vec_mul(vec a, vec b) { return _mm_mul_ps(a, b); }
BP_INLINE vec vec_div(vec a, vec b) { return _mm_div_ps(a, b); }
BP_INLINE vec vec_fma(vec a, vec b, vec c) { return _mm_fmadd_ps(a, b, c); }
BP_INLINE vec vec_fnma(vec a, vec b, vec c) { return _mm_fnmadd_ps(a, b, c); }
BP_INLINE vec vec_max(vec a, vec b) { return _mm_max_ps(a, b); }
BP_INLINE vec vec_min(vec a, vec b) { return _mm_min_ps(a, b); }
BP_INLINE vec vec_if_greater(vec a, vec b, vec yes, vec no) { return _mm_blendv_ps(no, yes, _mm_cmpgt_ps(a, b)); }
BP_INLINE int vec_all_greater(vec a, vec b) { return _mm_movemask_ps(_mm_cmpgt_ps(a, b)) == 15; }
BP_INLINE vec vec_zip_low(vec a, vec b) { return _mm_unpacklo_ps(a, b); }
BP_INLINE vec vec_zip_high(vec a, vec b) { return _mm_unpackhi_ps(a, b); }
BP_INLINE vec vec_even_parts(vec a, vec b) { (void)b; return a; }
BP_INLINE vec vec_odd_parts(vec a, vec b) { (void)a; return b; }
BP_INLINE vec_bits vec_to_bits(vec v) { return _mm_castps_si128(v); }
BP_INLINE vec vec_from_bits(vec_bits b) { return _mm_castsi128_ps(b); }
BP_INLINE vec_bits vec_bits_set1(uint32_t b) { return _mm_set1_epi32((int)b); }
BP_INLINE vec_bits vec_bits_add(vec_bits a, vec_bits b) { return _mm_add_epi32(a, b); }
BP_INLINE vec_bits vec_bits_and(vec_bits a, vec_bits b) { return _mm_and_si128(a, b); }
BP_INLINE vec_bits vec_bits_or(vec_bits a, vec_bits b) { return _mm_or_si128(a, b); }
BP_INLINE vec_bits vec_bits_shift_left(vec_bits a, int n) { return _mm_slli_epi32(a, n); }
BP_INLINE vec_bits vec_bits_shift_right(vec_bits a, int n) { return _mm_srli_epi32(a, n); }

#endif
