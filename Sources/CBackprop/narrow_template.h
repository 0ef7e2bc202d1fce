/*
 * narrow_template.h: a whole step of gradient descent, for one sample and a network of which a vector
 * holds any layer.
 *
 * Such a step is a chain of operations that wait for each other. So activations and deltas stay in
 * vectors from one layer to the next, nothing is masked, and what is stored is loaded by the same
 * bytes in the next step: a load from two stores, or one with a mask, waits for the cache.
 *
 * EPYC (Zen 4), 2-2-2 with sigmoids: 210 ns by the kernels of sample_template.h, 57 ns so. The chain itself is
 * some 180 cycles, or 49 ns: 60 for each sigmoid, the rest for sums, deltas and stores.
 */
#include "math_template.h"

/* f(…, n) with n as a constant, so that parts of vectors are loaded and stored by single instructions. */
#if VEC_LANES > 2
#define NARROW_SIZED(n, f, ...)                                             \
    ((n) == 1   ? f(__VA_ARGS__, 1)                                         \
     : (n) == 2 ? f(__VA_ARGS__, 2)                                         \
     : (n) == 3 ? f(__VA_ARGS__, 3)                                         \
                : f(__VA_ARGS__, VEC_LANES))
#else
#define NARROW_SIZED(n, f, ...) ((n) == 1 ? f(__VA_ARGS__, 1) : f(__VA_ARGS__, VEC_LANES))
#endif

/* A lane, in all lanes; 'i' is a constant where this is inlined. */
BP_INLINE vec narrow_lane(vec v, size_t i) { return vec_set1(v[i]); }

BP_INLINE vec narrow_forward(const real *w, const real *b, vec x, size_t n_in, size_t n_out) {
    vec z = b ? vec_get(b, n_out) : math_zero();
    BP_UNROLL
    for (size_t i = 0; i < VEC_LANES && i < n_in; i++)
        z = vec_fma(narrow_lane(x, i), vec_get(w + i * n_out, n_out), z);
    return z;
}

/* A sum of zero is +0; but a sigmoid, which is what there is most of, is the same for -0, and need not wait. */
BP_INLINE vec narrow_activation(bp_activation f, vec z) {
    vec unused;
    return f == BP_SIGMOID ? math_sigmoid(z) : activation_value(f, vec_add(z, math_zero()), &unused);
}

/*
 * The loss's derivative with respect to the activations below. (Where it is 0 the sign is left as it is: no parameter
 * depends on it.)
 */
BP_INLINE vec narrow_delta(const real *w, vec delta, size_t n_in, size_t n_out) {
    vec square[VEC_LANES];
    BP_UNROLL
    for (size_t i = 0; i < VEC_LANES; i++) square[i] = i < n_in ? vec_get(w + i * n_out, n_out) : math_zero();
    transpose_square(square);
    vec sum = math_zero();
    BP_UNROLL
    for (size_t j = 0; j < VEC_LANES; j++)
        if (j < n_out) sum = vec_fma(narrow_lane(delta, j), square[j], sum);
    return sum;
}

/* One row of weights, or the biases. */
BP_INLINE void narrow_descend_row(real *w, vec x, vec delta, real rate, size_t n_out) {
    const vec g = vec_add(vec_mul(x, delta), math_zero());
    vec_keep(w, vec_fnma(vec_set1(rate), g, vec_get(w, n_out)), n_out);
}

BP_INLINE void narrow_descend(const layer_plan *layer, real *parameters, vec x, vec delta, real rate, size_t n_out) {
    const size_t rows = trains_weights(layer) ? layer->n_in : 0;
    BP_UNROLL
    for (size_t i = 0; i < VEC_LANES && i < rows; i++)
        narrow_descend_row(parameters + layer->weights + i * n_out, narrow_lane(x, i), delta, rate, n_out);
    if (trains_biases(layer)) narrow_descend_row(parameters + layer->biases, math_one(), delta, rate, n_out);
}

BP_INTERNAL real BP_(bp_narrow_step)(const bp_network *network, const real *inputs, const real *targets,
                                     const BP_(bp_narrow) *how, real *parameters) {
    vec a[BP_NARROW_LAYERS + 1];
    a[0] = NARROW_SIZED(network->inputs, vec_get, inputs);
    for (size_t l = 0; l < network->layer_count; l++) {
        const layer_plan *layer = &network->layers[l];
        const real *w = parameters + layer->weights, *b = has_biases(layer) ? parameters + layer->biases : NULL;
        const vec z = NARROW_SIZED(layer->n_out, narrow_forward, w, b, a[l], layer->n_in);
        a[l + 1] = narrow_activation(layer->activation, z);
    }
    const size_t n = network->outputs;
    const vec e = vec_sub(a[network->layer_count], NARROW_SIZED(n, vec_get, targets));
    real errors[VEC_LANES], sum = 0;
    vec_store(errors, e);
    for (size_t j = 0; j < n; j++) sum = loss_add(how->loss, errors[j], sum);
    const real value = loss_mean(how->loss, sum, n);
    if (!(value - value == 0)) return value;
    vec g = how->loss == BP_SQUARED_ERROR ? e : vec_mul(loss_slope(how->loss, e), vec_set1(1 / loss_count(n)));
    for (size_t l = network->layer_count; l-- > 0;) {
        const layer_plan *layer = &network->layers[l];
        const real *w = parameters + layer->weights;
        const vec delta = vec_mul(g, activation_slope(layer->activation, a[l + 1]));
        if (how->order == BP_SIMULTANEOUS && layer->passes_delta)
            g = NARROW_SIZED(layer->n_out, narrow_delta, w, delta, layer->n_in);
        NARROW_SIZED(layer->n_out, narrow_descend, layer, parameters, a[l], delta, how->rate);
        if (how->order == BP_LAYER_BY_LAYER && layer->passes_delta)
            g = NARROW_SIZED(layer->n_out, narrow_delta, w, delta, layer->n_in);
        if (!layer->passes_delta) break;
    }
    return value;
}
