/*
 * kernels_template.h: every kernel, once, over the operations of a vec_*.h header.
 *
 * A file kernels_<instruction set>_<precision>.c sets the precision, includes the
 * vector operations, then this, and so has a table of kernels of its own.
 */
#include "math_template.h"

#include "transpose_template.h"

#include "vector_template.h"

#include "activation_template.h"
#include "dense_template.h"
#include "sample_template.h"
#include "loss_template.h"
#include "optimizer_template.h"

BP_INTERNAL const struct BP_(bp_kernel_table) BP_KERNEL_TABLE = {
    .exp = vector_exp,
    .log = vector_log,
    .tanh = vector_tanh,
    .dense_forward = dense_forward,
    .delta_accumulate = delta_accumulate,
#if BP_HAS_SIMD
    .sample_forward = sample_forward,
    .sample_delta = sample_delta,
    .sample_descend = sample_descend,
#endif
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
