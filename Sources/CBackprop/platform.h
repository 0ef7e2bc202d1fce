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
/* Nor may a loop become a call: of strlen(), which the host need not have. */
#pragma GCC optimize("no-tree-loop-distribute-patterns")
#endif

#if defined(__FAST_MATH__)
#error "Backprop's results are exact by contract: compile it without -ffast-math"
#endif

/* 16 widens half precision only, which the core has none of. */
#if !defined(FLT_EVAL_METHOD) || (FLT_EVAL_METHOD != 0 && FLT_EVAL_METHOD != 16)
#error "Backprop's results are exact by contract: compile it to round every operation \
(i386: -msse2 -mfpmath=sse; s390x with -std=c11: -fexcess-precision=fast)"
#endif

#if defined(__GNUC__) || defined(__clang__)
/* Unused, because where the core is one file a precision or an instruction set need not use all of them. */
#define BP_INLINE static inline __attribute__((always_inline, unused))
/* Unrolls the loop that follows, whose count is a small constant. (clang knows it too.) */
#define BP_UNROLL _Pragma("GCC unroll 32")
/* Asks for the line of memory at an address, which need not exist, to read and write it soon. */
#define BP_PREFETCH(address) __builtin_prefetch((const void *)(address), 1)
#define BP_UNLIKELY(condition) __builtin_expect(condition, 0)
/* A function that is not made part of its callers. */
#define BP_APART static __attribute__((noinline))
#else
#define BP_APART static
#define BP_UNLIKELY(condition) (condition)
#define BP_PREFETCH(address) ((void)(address))
#define BP_UNROLL
#define BP_INLINE static inline
#endif

/*
 * What the files of the core share with each other, and with nobody else: hidden in a shared
 * library, and static where they are all one file (Tests/Scripts/amalgamate.py).
 */
#if defined(BP_AMALGAMATION)
#define BP_INTERNAL static
#define BP_EXTERN static
#elif defined(__GNUC__) || defined(__clang__)
#define BP_INTERNAL __attribute__((visibility("hidden")))
#define BP_EXTERN extern BP_INTERNAL
#else
#define BP_INTERNAL
#define BP_EXTERN extern
#endif

/* *product = a * b; 0 where that does not fit in size_t. Without a division, which every step would wait for. */
#if defined(__GNUC__) || defined(__clang__)
#define BP_MULTIPLY(a, b, product) (!__builtin_mul_overflow(a, b, product))
#else
#define BP_MULTIPLY(a, b, product) (*(product) = (a) * (b), (b) == 0 || (a) <= SIZE_MAX / (b))
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

/* 1 where vectors are chosen from at run time; else the scalar kernels are all there is. */
#define BP_HAS_SIMD (BP_HAS_X86 || BP_HAS_NEON)

/*
 * What the arrays of a workspace are aligned to, in bytes: threads must not share cache
 * lines, and vectors should not straddle them. Where there are neither, memory is dear.
 */
#if BP_HAS_SIMD || !defined(BP_NO_THREADS)
#define BP_CACHE_LINE 64
#else
#define BP_CACHE_LINE 1
#endif

/* memcpy(), which a compiler expands in place for a few bytes even where it may not assume a C library. */
#if defined(__GNUC__) || defined(__clang__)
#define BP_COPY __builtin_memcpy
#else
#include <string.h>
#define BP_COPY memcpy
#endif

/*
 * x * y + z rounded once, which everything here rests on. The compiler's own is an
 * instruction where the processor has one, and elsewhere a call of the C library. That
 * of Linux (glibc, musl), of Apple's systems and of FreeBSD rounds once; newlib's, which
 * microcontrollers have, rounds twice. So everybody else has fma.c, or may say otherwise
 * by -DBP_SOFT_FMA=0.
 */
#if defined(BP_SOFT_FMA)
#define BP_SOFT_FMA_F32 BP_SOFT_FMA
#define BP_SOFT_FMA_F64 BP_SOFT_FMA
#elif defined(__linux__) || defined(__APPLE__) || defined(__FreeBSD__) || defined(__aarch64__) || defined(__FMA__)
#define BP_SOFT_FMA_F32 0
#define BP_SOFT_FMA_F64 0
#else
#if defined(__FP_FAST_FMAF) || defined(__ARM_FEATURE_FMA) || defined(__riscv_f)
#define BP_SOFT_FMA_F32 0
#else
#define BP_SOFT_FMA_F32 1
#endif
#if defined(__FP_FAST_FMA) || (defined(__ARM_FEATURE_FMA) && (__ARM_FP & 8)) || defined(__riscv_d)
#define BP_SOFT_FMA_F64 0
#else
#define BP_SOFT_FMA_F64 1
#endif
#endif

#if !defined(__GNUC__) && !defined(__clang__)
#include <math.h>
#define BP_BUILTIN(name) name
#else
#define BP_BUILTIN(name) __builtin_##name
#endif

#if BP_SOFT_FMA_F32
BP_INTERNAL float bp_fma_f32(float x, float y, float z);
#else
#define bp_fma_f32(x, y, z) BP_BUILTIN(fmaf)(x, y, z)
#endif

#if BP_SOFT_FMA_F64 && !defined(BP_NO_DOUBLE)
BP_INTERNAL double bp_fma_f64(double x, double y, double z);
#elif !BP_SOFT_FMA_F64
#define bp_fma_f64(x, y, z) BP_BUILTIN(fma)(x, y, z)
#endif

/*
 * The square root, rounded once. Where the processor has an instruction it is named here:
 * sqrt() would have compilers call the C library for its errno. Who has none, or
 * asks for it by -DBP_SOFT_ROOT, has root.c.
 */
#if defined(BP_SOFT_ROOT)
#elif defined(__SSE2__)
#include <emmintrin.h>
#define BP_ROOT_F32(x) _mm_cvtss_f32(_mm_sqrt_ss(_mm_set_ss(x)))
#define BP_ROOT_F64(x) _mm_cvtsd_f64(_mm_sqrt_sd(_mm_set_sd(x), _mm_set_sd(x)))
#elif defined(__wasm__) && defined(__clang__)
#if __has_builtin(__builtin_elementwise_sqrt)
#define BP_ROOT_F32(x) __builtin_elementwise_sqrt(x)
#define BP_ROOT_F64(x) __builtin_elementwise_sqrt(x)
#endif
#elif defined(__GNUC__) && defined(__aarch64__)
#define BP_ROOT_ASM_F32(y, x) __asm__("fsqrt %s0, %s1" : "=w"(y) : "w"(x))
#define BP_ROOT_ASM_F64(y, x) __asm__("fsqrt %d0, %d1" : "=w"(y) : "w"(x))
#elif defined(__GNUC__) && defined(__ARM_FP)
#if __ARM_FP & 4
#define BP_ROOT_ASM_F32(y, x) __asm__("vsqrt.f32 %0, %1" : "=t"(y) : "t"(x))
#endif
#if __ARM_FP & 8
#define BP_ROOT_ASM_F64(y, x) __asm__("vsqrt.f64 %P0, %P1" : "=w"(y) : "w"(x))
#endif
#elif defined(__GNUC__) && defined(__riscv_d)
#define BP_ROOT_ASM_F32(y, x) __asm__("fsqrt.s %0, %1" : "=f"(y) : "f"(x))
#define BP_ROOT_ASM_F64(y, x) __asm__("fsqrt.d %0, %1" : "=f"(y) : "f"(x))
#elif defined(__GNUC__) && defined(__s390x__)
#define BP_ROOT_ASM_F32(y, x) __asm__("sqebr %0, %1" : "=f"(y) : "f"(x))
#define BP_ROOT_ASM_F64(y, x) __asm__("sqdbr %0, %1" : "=f"(y) : "f"(x))
#endif

#if defined(BP_ROOT_F32) || defined(BP_ROOT_ASM_F32)
#define BP_SOFT_ROOT_F32 0
#else
#define BP_SOFT_ROOT_F32 1
BP_INTERNAL float bp_soft_root_f32(float x);
#define BP_ROOT_F32(x) bp_soft_root_f32(x)
#endif

#if defined(BP_NO_DOUBLE) || defined(BP_ROOT_F64) || defined(BP_ROOT_ASM_F64)
#define BP_SOFT_ROOT_F64 0
#else
#define BP_SOFT_ROOT_F64 1
BP_INTERNAL double bp_soft_root_f64(double x);
#define BP_ROOT_F64(x) bp_soft_root_f64(x)
#endif

BP_INLINE float square_root_f32(float x) {
#if defined(BP_ROOT_ASM_F32)
    float root;
    BP_ROOT_ASM_F32(root, x);
    return root;
#else
    return BP_ROOT_F32(x);
#endif
}

#if !defined(BP_NO_DOUBLE)
BP_INLINE double square_root_f64(double x) {
#if defined(BP_ROOT_ASM_F64)
    double root;
    BP_ROOT_ASM_F64(root, x);
    return root;
#else
    return BP_ROOT_F64(x);
#endif
}
#endif

/*
 * The first binary digits but one of the square root of a number, rounded by that one. (No
 * number as short as its root lies in the middle between two.) 'leading' is the number's
 * first 64 bits, or 63 of them and a 0 before; root.c.
 */
BP_INTERNAL uint64_t bp_rounded_root(uint64_t leading, int digits);

#endif
