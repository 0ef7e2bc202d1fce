/*
 * kernels_template.h: every kernel, once, over the operations of a vec_*.h header.
 *
 * A file kernels_<instruction set>_<precision>.c sets the precision, includes the
 * vector operations, then this, and so has a table of kernels of its own.
 */
/* How many lanes the next vector has, of 'left' elements that remain. */
BP_INLINE size_t vec_count(size_t left) { return left < VEC_LANES ? left : VEC_LANES; }

BP_INLINE vec vec_get(const real *p, size_t lanes) {
    return lanes == VEC_LANES ? vec_load(p) : vec_load_first(p, lanes);
}

BP_INLINE void vec_keep(real *p, vec v, size_t lanes) {
    if (lanes == VEC_LANES) vec_store(p, v);
    else vec_store_first(p, v, lanes);
}

BP_INLINE real real_fma(real a, real b, real c) { return BP_(bp_fma)(a, b, c); }

#include "math_template.h"

#include "transpose_template.h"

#include "activation_template.h"
#include "dense_template.h"
#include "loss_template.h"
#include "optimizer_template.h"
#include "vector_template.h"

BP_INTERNAL const struct BP_(bp_kernel_table) BP_KERNEL_TABLE = {
    .exp = vector_exp,
    .log = vector_log,
    .tanh = vector_tanh,
    .dense_forward = dense_forward,
    .delta_accumulate = delta_accumulate,
    .weight_gradient = weight_gradient,
    .weight_descend = weight_descend,
    .bias_gradient = bias_gradient,
    .bias_descend = bias_descend,
    .descend = descend,
    .optimize = optimize,
    .activate = activate,
    .drop_out = drop_out,
    .activation_delta = activation_delta,
    .loss_delta = loss_delta,
    .softmax_cross_entropy = softmax_cross_entropy,
    .sigmoid_cross_entropy = sigmoid_cross_entropy,
    .transpose = transpose,
    .sum_of_squares = sum_of_squares,
    .first_nonfinite = first_nonfinite,
};
