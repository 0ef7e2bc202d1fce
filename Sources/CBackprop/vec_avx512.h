/*
 * vec_avx512.h: the vector operations on 512 bits, for AVX-512 (F, DQ, BW, VL).
 *
 * vec_scalar.h says what each operation means. Everything from here to
 * vec_end.h is compiled for these instructions, whatever the command line says.
 */
#ifndef BP_VEC_AVX512_H
#define BP_VEC_AVX512_H

#include <immintrin.h>

#include "platform.h"

#if defined(__clang__)
#pragma clang attribute push(                                                      \
    __attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,avx2,fma,popcnt"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f,avx512dq,avx512bw,avx512vl,avx2,fma,popcnt")
#endif

/* 24 sums of 32 registers leave 4 for the right operand and 4 for the left. */
#define VEC_TILE_ROWS 6
#define VEC_TILE_VECTORS 4

/*
 * There is vec_list_nonzero(), which writes first + l for each lane l that is not 0, and then anything
 * up to VEC_LANES numbers; it returns how many count.
 */
#define VEC_LISTS 1

typedef __m512i vec_bits;

#if BP_IS_DOUBLE

#define VEC_LANES 8
typedef __m512d vec;

BP_INLINE __mmask8 vec_first(size_t n) { return (__mmask8)((1u << n) - 1u); }
BP_INLINE vec vec_set1(double x) { return _mm512_set1_pd(x); }
BP_INLINE vec vec_load(const double *p) { return _mm512_loadu_pd(p); }
BP_INLINE void vec_store(double *p, vec v) { _mm512_storeu_pd(p, v); }
BP_INLINE vec vec_load_first(const double *p, size_t n) { return _mm512_maskz_loadu_pd(vec_first(n), p); }
BP_INLINE void vec_store_first(double *p, vec v, size_t n) { _mm512_mask_storeu_pd(p, vec_first(n), v); }
BP_INLINE vec vec_add(vec a, vec b) { return _mm512_add_pd(a, b); }
BP_INLINE vec vec_sub(vec a, vec b) { return _mm512_sub_pd(a, b); }
BP_INLINE vec vec_mul(vec a, vec b) { return _mm512_mul_pd(a, b); }
BP_INLINE vec vec_div(vec a, vec b) { return _mm512_div_pd(a, b); }
BP_INLINE vec vec_sqrt(vec a) { return _mm512_sqrt_pd(a); }
BP_INLINE vec vec_fma(vec a, vec b, vec c) { return _mm512_fmadd_pd(a, b, c); }
BP_INLINE vec vec_fnma(vec a, vec b, vec c) { return _mm512_fnmadd_pd(a, b, c); }
BP_INLINE vec vec_max(vec a, vec b) { return _mm512_max_pd(a, b); }
BP_INLINE vec vec_min(vec a, vec b) { return _mm512_min_pd(a, b); }
BP_INLINE vec vec_if_greater(vec a, vec b, vec yes, vec no) {
    return _mm512_mask_blend_pd(_mm512_cmp_pd_mask(a, b, _CMP_GT_OQ), no, yes);
}
BP_INLINE int vec_all_greater(vec a, vec b) { return _mm512_cmp_pd_mask(a, b, _CMP_GT_OQ) == 0xff; }
BP_INLINE vec vec_zip_low(vec a, vec b) { return _mm512_unpacklo_pd(a, b); }
BP_INLINE vec vec_zip_high(vec a, vec b) { return _mm512_unpackhi_pd(a, b); }
BP_INLINE vec vec_even_parts(vec a, vec b) { return _mm512_shuffle_f64x2(a, b, 0x88); }
BP_INLINE vec vec_odd_parts(vec a, vec b) { return _mm512_shuffle_f64x2(a, b, 0xdd); }
BP_INLINE size_t vec_list_nonzero(vec v, uint32_t first, uint32_t *list) {
    const __mmask8 nonzero = _mm512_cmp_pd_mask(v, _mm512_setzero_pd(), _CMP_NEQ_UQ);
    const __m256i lane = _mm256_add_epi32(_mm256_set1_epi32((int)first), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
    _mm256_storeu_si256((__m256i *)(void *)list, _mm256_maskz_compress_epi32(nonzero, lane));
    return (size_t)__builtin_popcount(nonzero);
}
BP_INLINE vec_bits vec_to_bits(vec v) { return _mm512_castpd_si512(v); }
BP_INLINE vec vec_from_bits(vec_bits b) { return _mm512_castsi512_pd(b); }
BP_INLINE vec_bits vec_bits_set1(uint64_t b) { return _mm512_set1_epi64((long long)b); }
BP_INLINE vec_bits vec_bits_add(vec_bits a, vec_bits b) { return _mm512_add_epi64(a, b); }
BP_INLINE vec_bits vec_bits_shift_left(vec_bits a, int n) { return _mm512_slli_epi64(a, (unsigned)n); }
BP_INLINE vec_bits vec_bits_shift_right(vec_bits a, int n) { return _mm512_srli_epi64(a, (unsigned)n); }

#else

#define VEC_LANES 16
typedef __m512 vec;

BP_INLINE __mmask16 vec_first(size_t n) { return (__mmask16)((1u << n) - 1u); }
BP_INLINE vec vec_set1(float x) { return _mm512_set1_ps(x); }
BP_INLINE vec vec_load(const float *p) { return _mm512_loadu_ps(p); }
BP_INLINE void vec_store(float *p, vec v) { _mm512_storeu_ps(p, v); }
BP_INLINE vec vec_load_first(const float *p, size_t n) { return _mm512_maskz_loadu_ps(vec_first(n), p); }
BP_INLINE void vec_store_first(float *p, vec v, size_t n) { _mm512_mask_storeu_ps(p, vec_first(n), v); }
BP_INLINE vec vec_add(vec a, vec b) { return _mm512_add_ps(a, b); }
BP_INLINE vec vec_sub(vec a, vec b) { return _mm512_sub_ps(a, b); }
BP_INLINE vec vec_mul(vec a, vec b) { return _mm512_mul_ps(a, b); }
BP_INLINE vec vec_div(vec a, vec b) { return _mm512_div_ps(a, b); }
BP_INLINE vec vec_sqrt(vec a) { return _mm512_sqrt_ps(a); }
BP_INLINE vec vec_fma(vec a, vec b, vec c) { return _mm512_fmadd_ps(a, b, c); }
BP_INLINE vec vec_fnma(vec a, vec b, vec c) { return _mm512_fnmadd_ps(a, b, c); }
BP_INLINE vec vec_max(vec a, vec b) { return _mm512_max_ps(a, b); }
BP_INLINE vec vec_min(vec a, vec b) { return _mm512_min_ps(a, b); }
BP_INLINE vec vec_if_greater(vec a, vec b, vec yes, vec no) {
    return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(a, b, _CMP_GT_OQ), no, yes);
}
BP_INLINE int vec_all_greater(vec a, vec b) { return _mm512_cmp_ps_mask(a, b, _CMP_GT_OQ) == 0xffff; }
BP_INLINE vec vec_zip_low(vec a, vec b) { return _mm512_unpacklo_ps(a, b); }
BP_INLINE vec vec_zip_high(vec a, vec b) { return _mm512_unpackhi_ps(a, b); }
BP_INLINE vec vec_even_parts(vec a, vec b) { return _mm512_shuffle_f32x4(a, b, 0x88); }
BP_INLINE vec vec_odd_parts(vec a, vec b) { return _mm512_shuffle_f32x4(a, b, 0xdd); }
BP_INLINE size_t vec_list_nonzero(vec v, uint32_t first, uint32_t *list) {
    const __mmask16 nonzero = _mm512_cmp_ps_mask(v, _mm512_setzero_ps(), _CMP_NEQ_UQ);
    const __m512i lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const __m512i rows = _mm512_add_epi32(_mm512_set1_epi32((int)first), lanes);
    _mm512_storeu_si512(list, _mm512_maskz_compress_epi32(nonzero, rows));
    return (size_t)__builtin_popcount(nonzero);
}
BP_INLINE vec_bits vec_to_bits(vec v) { return _mm512_castps_si512(v); }
BP_INLINE vec vec_from_bits(vec_bits b) { return _mm512_castsi512_ps(b); }
BP_INLINE vec_bits vec_bits_set1(uint32_t b) { return _mm512_set1_epi32((int)b); }
BP_INLINE vec_bits vec_bits_add(vec_bits a, vec_bits b) { return _mm512_add_epi32(a, b); }
BP_INLINE vec_bits vec_bits_shift_left(vec_bits a, int n) { return _mm512_slli_epi32(a, (unsigned)n); }
BP_INLINE vec_bits vec_bits_shift_right(vec_bits a, int n) { return _mm512_srli_epi32(a, (unsigned)n); }

#endif

BP_INLINE vec_bits vec_bits_and(vec_bits a, vec_bits b) { return _mm512_and_si512(a, b); }
BP_INLINE vec_bits vec_bits_or(vec_bits a, vec_bits b) { return _mm512_or_si512(a, b); }

#endif
