/*
 * platform.h: what depends on the compiler or the processor, in one place.
 */
#ifndef BP_PLATFORM_H
#define BP_PLATFORM_H

#include <float.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A product never reaches an addition except through an explicit fused
 * multiply-add; this keeps compilers from fusing on their own, which would give
 * each instruction set bits of its own. (gcc has no such pragma but an option;
 * it fuses by default outside -std=c11.)
 */
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#elif defined(__GNUC__)
#pragma GCC optimize("fp-contract=off")
#endif

#if defined(__FAST_MATH__)
#error "Backprop's results are exact by contract: compile it without -ffast-math"
#endif

#if !defined(FLT_EVAL_METHOD) || FLT_EVAL_METHOD != 0
#error "Backprop's results are exact by contract: compile it to round every operation (i386: -msse2 -mfpmath=sse)"
#endif

#if defined(__GNUC__) || defined(__clang__)
#define BP_INLINE static inline __attribute__((always_inline))
/* Unrolls the loop that follows, whose count is a small constant. (clang knows it too.) */
#define BP_UNROLL _Pragma("GCC unroll 16")
#else
#define BP_UNROLL
#define BP_INLINE static inline
#endif

/* The square root, rounded once. With SSE it never calls the C library, which sqrt() does to set errno. */
#if defined(__SSE2__)
#include <emmintrin.h>
BP_INLINE float square_root_f32(float x) { return _mm_cvtss_f32(_mm_sqrt_ss(_mm_set_ss(x))); }
BP_INLINE double square_root_f64(double x) { return _mm_cvtsd_f64(_mm_sqrt_sd(_mm_set_sd(x), _mm_set_sd(x))); }
#else
#include <math.h>
BP_INLINE float square_root_f32(float x) { return sqrtf(x); }
BP_INLINE double square_root_f64(double x) { return sqrt(x); }
#endif

#if defined(__aarch64__) && defined(__ARM_NEON) && !defined(__AARCH64EB__) && !defined(BP_NO_SIMD)
#define BP_HAS_NEON 1
#else
#define BP_HAS_NEON 0
#endif

#if (defined(__x86_64__) || defined(__i386__)) && (defined(__GNUC__) || defined(__clang__)) && \
    !defined(BP_NO_SIMD)
#define BP_HAS_X86 1
#else
#define BP_HAS_X86 0
#endif

#endif
