/*
 * vec_avx2.h: the vector operations on 256 bits, for AVX2 with FMA.
 *
 * vec_scalar.h says what each operation means. Everything from here to
 * vec_end.h is compiled for these instructions, whatever the command line says.
 */
#ifndef BP_VEC_AVX2_H
#define BP_VEC_AVX2_H

#include <immintrin.h>

#include "platform.h"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#endif

/* 12 sums of 16 registers leave 2 for the right operand and 1 for the left. */
#define VEC_TILE_ROWS 6
#define VEC_TILE_VECTORS 2

typedef __m256i vec_bits;

#if BP_IS_DOUBLE

#define VEC_LANES 4
typedef __m256d vec;

BP_INLINE __m256i vec_first(size_t n) {
    return _mm256_cmpgt_epi64(_mm256_set1_epi64x((long long)n), _mm256_setr_epi64x(0, 1, 2, 3));
}
BP_INLINE vec vec_set1(double x) { return _mm256_set1_pd(x); }
BP_INLINE vec vec_load(const double *p) { return _mm256_loadu_pd(p); }
BP_INLINE void vec_store(double *p, vec v) { _mm256_storeu_pd(p, v); }
BP_INLINE vec vec_load_first(const double *p, size_t n) { return _mm256_maskload_pd(p, vec_first(n)); }
/* Piece by piece, as stores with a mask take some forty operations on AMD's processors. */
BP_INLINE void vec_store_first(double *p, vec v, size_t n) {
    const __m128d low = _mm256_castpd256_pd128(v), high = _mm256_extractf128_pd(v, 1);
    if (n > 1) _mm_storeu_pd(p, low);
    else _mm_store_sd(p, low);
    if (n > 3) _mm_storeu_pd(p + 2, high);
    else if (n > 2) _mm_store_sd(p + 2, high);
}
BP_INLINE vec vec_add(vec a, vec b) { return _mm256_add_pd(a, b); }
BP_INLINE vec vec_sub(vec a, vec b) { return _mm256_sub_pd(a, b); }
BP_INLINE vec vec_mul(vec a, vec b) { return _mm256_mul_pd(a, b); }
BP_INLINE vec vec_div(vec a, vec b) { return _mm256_div_pd(a, b); }
BP_INLINE vec vec_sqrt(vec a) { return _mm256_sqrt_pd(a); }
BP_INLINE vec vec_fma(vec a, vec b, vec c) { return _mm256_fmadd_pd(a, b, c); }
BP_INLINE vec vec_fnma(vec a, vec b, vec c) { return _mm256_fnmadd_pd(a, b, c); }
BP_INLINE vec vec_max(vec a, vec b) { return _mm256_max_pd(a, b); }
BP_INLINE vec vec_min(vec a, vec b) { return _mm256_min_pd(a, b); }
BP_INLINE vec vec_if_greater(vec a, vec b, vec yes, vec no) {
    return _mm256_blendv_pd(no, yes, _mm256_cmp_pd(a, b, _CMP_GT_OQ));
}
BP_INLINE int vec_all_greater(vec a, vec b) { return _mm256_movemask_pd(_mm256_cmp_pd(a, b, _CMP_GT_OQ)) == 15; }
BP_INLINE vec vec_zip_low(vec a, vec b) { return _mm256_unpacklo_pd(a, b); }
BP_INLINE vec vec_zip_high(vec a, vec b) { return _mm256_unpackhi_pd(a, b); }
BP_INLINE vec vec_even_parts(vec a, vec b) { return _mm256_permute2f128_pd(a, b, 0x20); }
BP_INLINE vec vec_odd_parts(vec a, vec b) { return _mm256_permute2f128_pd(a, b, 0x31); }
BP_INLINE vec_bits vec_to_bits(vec v) { return _mm256_castpd_si256(v); }
BP_INLINE vec vec_from_bits(vec_bits b) { return _mm256_castsi256_pd(b); }
BP_INLINE vec_bits vec_bits_set1(uint64_t b) { return _mm256_set1_epi64x((long long)b); }
BP_INLINE vec_bits vec_bits_add(vec_bits a, vec_bits b) { return _mm256_add_epi64(a, b); }
BP_INLINE vec_bits vec_bits_shift_left(vec_bits a, int n) { return _mm256_slli_epi64(a, n); }
BP_INLINE vec_bits vec_bits_shift_right(vec_bits a, int n) { return _mm256_srli_epi64(a, n); }

#else

#define VEC_LANES 8
typedef __m256 vec;

BP_INLINE __m256i vec_first(size_t n) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
BP_INLINE vec vec_set1(float x) { return _mm256_set1_ps(x); }
BP_INLINE vec vec_load(const float *p) { return _mm256_loadu_ps(p); }
BP_INLINE void vec_store(float *p, vec v) { _mm256_storeu_ps(p, v); }
BP_INLINE vec vec_load_first(const float *p, size_t n) { return _mm256_maskload_ps(p, vec_first(n)); }
BP_INLINE void vec_store_first(float *p, vec v, size_t n) {
    __m128 left = _mm256_castps256_ps128(v);
    if (n > 3) {
        _mm_storeu_ps(p, left);
        left = _mm256_extractf128_ps(v, 1);
        p += 4;
    }
    if (n == VEC_LANES) _mm_storeu_ps(p, left);
    if (n & 2) {
        _mm_storeu_si64(p, _mm_castps_si128(left));
        left = _mm_movehl_ps(left, left);
        p += 2;
    }
    if (n & 1) _mm_store_ss(p, left);
}
BP_INLINE vec vec_add(vec a, vec b) { return _mm256_add_ps(a, b); }
BP_INLINE vec vec_sub(vec a, vec b) { return _mm256_sub_ps(a, b); }
BP_INLINE vec vec_mul(vec a, vec b) { return _mm256_mul_ps(a, b); }
BP_INLINE vec vec_div(vec a, vec b) { return _mm256_div_ps(a, b); }
BP_INLINE vec vec_sqrt(vec a) { return _mm256_sqrt_ps(a); }
BP_INLINE vec vec_fma(vec a, vec b, vec c) { return _mm256_fmadd_ps(a, b, c); }
BP_INLINE vec vec_fnma(vec a, vec b, vec c) { return _mm256_fnmadd_ps(a, b, c); }
BP_INLINE vec vec_max(vec a, vec b) { return _mm256_max_ps(a, b); }
BP_INLINE vec vec_min(vec a, vec b) { return _mm256_min_ps(a, b); }
BP_INLINE vec vec_if_greater(vec a, vec b, vec yes, vec no) {
    return _mm256_blendv_ps(no, yes, _mm256_cmp_ps(a, b, _CMP_GT_OQ));
}
BP_INLINE int vec_all_greater(vec a, vec b) { return _mm256_movemask_ps(_mm256_cmp_ps(a, b, _CMP_GT_OQ)) == 255; }
BP_INLINE vec vec_zip_low(vec a, vec b) { return _mm256_unpacklo_ps(a, b); }
BP_INLINE vec vec_zip_high(vec a, vec b) { return _mm256_unpackhi_ps(a, b); }
BP_INLINE vec vec_even_parts(vec a, vec b) { return _mm256_permute2f128_ps(a, b, 0x20); }
BP_INLINE vec vec_odd_parts(vec a, vec b) { return _mm256_permute2f128_ps(a, b, 0x31); }
BP_INLINE vec_bits vec_to_bits(vec v) { return _mm256_castps_si256(v); }
BP_INLINE vec vec_from_bits(vec_bits b) { return _mm256_castsi256_ps(b); }
BP_INLINE vec_bits vec_bits_set1(uint32_t b) { return _mm256_set1_epi32((int)b); }
BP_INLINE vec_bits vec_bits_add(vec_bits a, vec_bits b) { return _mm256_add_epi32(a, b); }
BP_INLINE vec_bits vec_bits_shift_left(vec_bits a, int n) { return _mm256_slli_epi32(a, n); }
BP_INLINE vec_bits vec_bits_shift_right(vec_bits a, int n) { return _mm256_srli_epi32(a, n); }

#endif

BP_INLINE vec_bits vec_bits_and(vec_bits a, vec_bits b) { return _mm256_and_si256(a, b); }
BP_INLINE vec_bits vec_bits_or(vec_bits a, vec_bits b) { return _mm256_or_si256(a, b); }

#endif
