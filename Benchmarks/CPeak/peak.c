/*
 * peak.c: loops that do nothing but multiply and add, or read.
 */
#include "peak.h"

#include <math.h>
#include <stdint.h>

/* Enough independent sums to hide the latency of a multiply-add: 4 cycles at 2 a cycle, and some. */
enum { SUMS = 12, REPEATS = 16 };

#define MULTIPLY_ADD(name, real, vector, lanes, set1, fma, sum_of)                                       \
    double name(size_t rounds) {                                                                         \
        vector sums[SUMS];                                                                               \
        /* Unknown to the compiler, which would leave out a sum that it knows not to change. */          \
        volatile real start = 0;                                                                         \
        const vector factor = set1((real)0.999), term = set1((real)0.001);                               \
        for (int i = 0; i < SUMS; i++) sums[i] = set1(start + (real)i);                                  \
        for (size_t round = 0; round < rounds; round++) {                                                \
            _Pragma("GCC unroll 16") for (int repeat = 0; repeat < REPEATS; repeat++) {                  \
                _Pragma("GCC unroll 16") for (int i = 0; i < SUMS; i++) sums[i] = fma(sums[i], factor, term); \
            }                                                                                            \
        }                                                                                                \
        /* Something must depend on the sums, or they would not be computed. */                          \
        volatile real sink = 0;                                                                          \
        for (int i = 0; i < SUMS; i++) sink = sink + sum_of(sums[i]);                                    \
        return (double)rounds * REPEATS * SUMS * lanes * 2;                                              \
    }

#define READ(name, vector, load, or_, any)                                                               \
    static unsigned name(const vector *p, size_t count) {                                                \
        vector a = p[0], b = p[1], c = p[2], d = p[3];                                                   \
        for (size_t i = 0; i < count; i += 4) {                                                          \
            a = or_(a, load(p + i));                                                                     \
            b = or_(b, load(p + i + 1));                                                                 \
            c = or_(c, load(p + i + 2));                                                                 \
            d = or_(d, load(p + i + 3));                                                                 \
        }                                                                                                \
        return any(or_(or_(a, b), or_(c, d)));                                                           \
    }

/* Four vectors at a time, as they would be if something were computed from them. */
#define UPDATE(name, vector, load, store, xor_, set1)                                                    \
    static void name(vector *p, size_t count) {                                                          \
        const vector change = set1(1);                                                                   \
        for (size_t i = 0; i < count; i += 4) {                                                          \
            store(p + i, xor_(load(p + i), change));                                                     \
            store(p + i + 1, xor_(load(p + i + 1), change));                                             \
            store(p + i + 2, xor_(load(p + i + 2), change));                                             \
            store(p + i + 3, xor_(load(p + i + 3), change));                                             \
        }                                                                                                \
    }

#define SAME(x) (x)
#define LOAD(p) (*(p))
#define OR(a, b) ((a) | (b))
static MULTIPLY_ADD(scalar_f32, float, float, 1, SAME, fmaf, SAME)
static MULTIPLY_ADD(scalar_f64, double, double, 1, SAME, fma, SAME)
READ(scalar_read, uint64_t, LOAD, OR, (unsigned))
#define STORE(p, v) (*(p) = (v))
#define XOR(a, b) ((a) ^ (b))
UPDATE(scalar_update, uint64_t, LOAD, STORE, XOR, SAME)

#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
static MULTIPLY_ADD(avx2_f32, float, __m256, 8, _mm256_set1_ps, _mm256_fmadd_ps, _mm256_cvtss_f32)
static MULTIPLY_ADD(avx2_f64, double, __m256d, 4, _mm256_set1_pd, _mm256_fmadd_pd, _mm256_cvtsd_f64)
#define ANY256(v) ((unsigned)_mm256_cvtsi256_si32(v))
READ(avx2_read, __m256i, _mm256_load_si256, _mm256_or_si256, ANY256)
UPDATE(avx2_update, __m256i, _mm256_load_si256, _mm256_store_si256, _mm256_xor_si256, _mm256_set1_epi32)
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("avx512f"))), apply_to = function)
static MULTIPLY_ADD(avx512_f32, float, __m512, 16, _mm512_set1_ps, _mm512_fmadd_ps, _mm512_cvtss_f32)
static MULTIPLY_ADD(avx512_f64, double, __m512d, 8, _mm512_set1_pd, _mm512_fmadd_pd, _mm512_cvtsd_f64)
#define ANY512(v) ((unsigned)_mm512_cvtsi512_si32(v))
READ(avx512_read, __m512i, _mm512_load_si512, _mm512_or_si512, ANY512)
UPDATE(avx512_update, __m512i, _mm512_load_si512, _mm512_store_si512, _mm512_xor_si512, _mm512_set1_epi32)
#pragma clang attribute pop

#elif defined(__aarch64__)
#include <arm_neon.h>

#define NEON_FMA_F32(a, b, c) vfmaq_f32(c, a, b)
#define NEON_FMA_F64(a, b, c) vfmaq_f64(c, a, b)
#define NEON_FIRST_F32(v) vgetq_lane_f32(v, 0)
#define NEON_FIRST_F64(v) vgetq_lane_f64(v, 0)
static MULTIPLY_ADD(neon_f32, float, float32x4_t, 4, vdupq_n_f32, NEON_FMA_F32, NEON_FIRST_F32)
static MULTIPLY_ADD(neon_f64, double, float64x2_t, 2, vdupq_n_f64, NEON_FMA_F64, NEON_FIRST_F64)
#endif

double peak_multiply_add_f32(peak_width width, size_t rounds) {
    switch (width) {
#if defined(__x86_64__)
    case PEAK_512: return avx512_f32(rounds);
    case PEAK_256: return avx2_f32(rounds);
#elif defined(__aarch64__)
    case PEAK_128: return neon_f32(rounds);
#endif
    default: return scalar_f32(rounds);
    }
}

double peak_multiply_add_f64(peak_width width, size_t rounds) {
    switch (width) {
#if defined(__x86_64__)
    case PEAK_512: return avx512_f64(rounds);
    case PEAK_256: return avx2_f64(rounds);
#elif defined(__aarch64__)
    case PEAK_128: return neon_f64(rounds);
#endif
    default: return scalar_f64(rounds);
    }
}

unsigned peak_read(peak_width width, const void *memory, size_t bytes) {
    switch (width) {
#if defined(__x86_64__)
    case PEAK_512: return avx512_read(memory, bytes / 64);
    case PEAK_256: return avx2_read(memory, bytes / 32);
#endif
    default: return scalar_read(memory, bytes / 8);
    }
}

void peak_update(peak_width width, void *memory, size_t bytes) {
    switch (width) {
#if defined(__x86_64__)
    case PEAK_512: avx512_update(memory, bytes / 64); return;
    case PEAK_256: avx2_update(memory, bytes / 32); return;
#endif
    default: scalar_update(memory, bytes / 8);
    }
}

const char *peak_compiler(void) { return __VERSION__; }

const char *peak_compiled_for(void) {
#if defined(__AVX512F__)
    return "AVX-512";
#elif defined(__AVX2__) && defined(__FMA__)
    return "AVX2 and FMA";
#elif defined(__x86_64__)
    return "any x86-64, which has no fused multiply-add: the C library's is called";
#elif defined(__aarch64__)
    return "any 64-bit Arm";
#else
    return "any such processor";
#endif
}

unsigned peak_register_file(void) {
#if defined(__AVX512F__)
    return 32 * 64;
#elif defined(__AVX2__)
    return 16 * 32;
#elif defined(__aarch64__)
    return 32 * 16;
#else
    return 16 * 16;
#endif
}
