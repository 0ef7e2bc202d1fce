/*
 * internal.h: what the files of the core share and nobody else sees.
 */
#ifndef BP_INTERNAL_H
#define BP_INTERNAL_H

#include "backprop.h"
#include "platform.h"

/* The sums that bp_sum_of_squares_f32() keeps; a multiple of every vector's lanes. */
#define BP_NORM_LANES 32

typedef struct bp_range {
    size_t first, last;
} bp_range;

/* Some weights of a layer. */
typedef struct bp_block {
    bp_range rows, columns;
} bp_block;

#include "precision_f32.h"

#include "kernel_table_template.h"

BP_EXTERN const struct bp_kernel_table_f32 bp_kernels_scalar_f32;
#if BP_HAS_NEON
BP_EXTERN const struct bp_kernel_table_f32 bp_kernels_neon_f32;
#endif
#if BP_HAS_X86
BP_EXTERN const struct bp_kernel_table_f32 bp_kernels_avx2_f32, bp_kernels_avx512_f32;
#endif

#if !defined(BP_NO_DOUBLE)
#include "precision_f64.h"

#include "kernel_table_template.h"

BP_EXTERN const struct bp_kernel_table_f64 bp_kernels_scalar_f64;
#if BP_HAS_NEON
BP_EXTERN const struct bp_kernel_table_f64 bp_kernels_neon_f64;
#endif
#if BP_HAS_X86
BP_EXTERN const struct bp_kernel_table_f64 bp_kernels_avx2_f64, bp_kernels_avx512_f64;
#endif
#endif

struct bp_kernels {
    bp_isa isa;
#if BP_HAS_SIMD
    const struct bp_kernel_table_f32 *f32;
#if !defined(BP_NO_DOUBLE)
    const struct bp_kernel_table_f64 *f64;
#endif
#endif
};

/*
 * The table of kernels k in the precision of a template; BP_TABLE is the member that holds it.
 * Where there is but one instruction set it is a constant, so that a linker can leave out
 * kernels that nobody calls.
 */
#if BP_HAS_SIMD
#define BP_KERNELS(k) ((k)->BP_TABLE)
#else
#define BP_KERNELS(k) ((void)(k), &BP_(bp_kernels_scalar))
#endif

/* SplitMix64: the state goes up by this, and each of its values is mixed into a number. */
#define BP_GOLDEN_GAMMA UINT64_C(0x9e3779b97f4a7c15)

BP_INLINE uint64_t random_mix(uint64_t z) {
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* 1 if this processor and its operating system can run the instruction set; cpu.c. */
BP_INTERNAL int bp_cpu_has(bp_isa isa);

/*
 * The share of one thread in a task that bp_pool_run() started; thread_pool.c.
 * 'threads' is 1 where the pool was busy or NULL.
 */
typedef struct bp_team {
    bp_pool *pool;
    size_t thread, threads;
} bp_team;

typedef void bp_task(const bp_team *team, void *context);

/* Runs the task once on every thread of the pool, the caller's included, and waits for all. */
BP_INTERNAL void bp_pool_run(bp_pool *pool, bp_task *task, void *context);

/* Waits until every thread of the team is here. */
BP_INTERNAL void bp_team_wait(const bp_team *team);

/* This thread's part of n items, in whole grains (the last may be cut). */
BP_INTERNAL bp_range bp_team_range(const bp_team *team, size_t n, size_t grain);

/* The layers of a network that bp_narrow_step_f32() can train; more would wait too long for anybody to mind. */
#define BP_NARROW_LAYERS 8

/* The lanes of the vectors that it has. */
enum { narrow_lanes_f32 = 4, narrow_lanes_f64 = BP_HAS_X86 ? 4 : 2 };

/* How large a layer is. */
typedef struct bp_layer_shape {
    size_t n_in, n_out;
    int has_biases;
    size_t tied; /* 1 + the layer whose weights it shares, or 0 */
} bp_layer_shape;

BP_INTERNAL bp_layer_shape bp_network_layer_shape(const bp_network *network, size_t layer);

#endif
