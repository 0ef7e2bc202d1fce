/*
 * kernels_api_template.h: the public kernels of one precision, by way of the table.
 *
 * BP_TABLE is the member of bp_kernels that holds the table.
 */

void BP_(bp_exp)(const bp_kernels *k, const real *x, real *y, size_t n) { BP_KERNELS(k)->exp(x, y, n); }

void BP_(bp_log)(const bp_kernels *k, const real *x, real *y, size_t n) { BP_KERNELS(k)->log(x, y, n); }

void BP_(bp_tanh)(const bp_kernels *k, const real *x, real *y, size_t n) { BP_KERNELS(k)->tanh(x, y, n); }

void BP_(bp_dense_forward)(const bp_kernels *k, const real *x, const real *w, const real *b, real *z,
                           size_t batch, size_t n_in, size_t n_out) {
    BP_KERNELS(k)->dense_forward(x, w, b, z, batch, n_in, n_out, n_out, (BP_(bp_room)){NULL, 0});
}

void BP_(bp_activate)(const bp_kernels *k, bp_activation f, const real *z, real *a, real *derivative,
                      size_t batch, size_t n) {
    BP_KERNELS(k)->activate(f, z, a, derivative, batch, n);
}

void BP_(bp_activation_delta)(const bp_kernels *k, bp_activation f, const real *a, const real *derivative,
                              const real *g, real *delta, size_t batch, size_t n) {
    BP_KERNELS(k)->activation_delta(f, a, derivative, g, delta, batch, n);
}

void BP_(bp_loss_delta)(const bp_kernels *k, bp_loss loss, const real *a, const real *t, real scale, real *g,
                        real *losses, size_t batch, size_t n) {
    BP_KERNELS(k)->loss_delta(loss, a, t, scale, g, losses, batch, n);
}

void BP_(bp_softmax_cross_entropy)(const bp_kernels *k, const real *z, const real *t, real scale, real *a,
                                   real *delta, real *losses, size_t batch, size_t n) {
    BP_KERNELS(k)->softmax_cross_entropy(z, t, scale, a, delta, losses, batch, n);
}

void BP_(bp_sigmoid_cross_entropy)(const bp_kernels *k, const real *z, const real *t, real scale, real *a,
                                   real *delta, real *losses, size_t batch, size_t n) {
    BP_KERNELS(k)->sigmoid_cross_entropy(z, t, scale, a, delta, losses, batch, n);
}

void BP_(bp_scale)(const real *x, const real *offset, const real *factor, real *y, size_t batch, size_t n) {
    for (size_t s = 0; s < batch; s++)
        for (size_t j = 0; j < n; j++) y[s * n + j] = (x[s * n + j] - offset[j]) * factor[j];
}

size_t BP_(bp_one_hot)(const int32_t *classes, real *t, size_t batch, size_t n) {
    for (size_t i = 0; i < batch * n; i++) t[i] = 0;
    for (size_t s = 0; s < batch; s++) {
        if (classes[s] < 0 || (size_t)classes[s] >= n) return s;
        t[s * n + (size_t)classes[s]] = 1;
    }
    return batch;
}

void BP_(bp_gather)(const real *from, const uint32_t *rows, size_t count, size_t n, real *to) {
    for (size_t r = 0; r < count; r++) BP_COPY(to + r * n, from + rows[r] * n, n * sizeof(real));
}

void BP_(bp_transpose)(const bp_kernels *k, const real *w, real *wt, size_t n_in, size_t n_out) {
    BP_KERNELS(k)->transpose(w, wt, n_in, n_out, 0, n_in);
}

void BP_(bp_delta_accumulate)(const bp_kernels *k, const real *delta, const real *w, real *g, size_t batch,
                              size_t n_in, size_t n_out) {
    BP_KERNELS(k)->delta_accumulate(delta, w, g, batch, n_in, n_out, (BP_(bp_room)){NULL, 0});
}

void BP_(bp_weight_gradient)(const bp_kernels *k, const real *x, const real *delta, int accumulate, real *dw,
                             size_t batch, size_t n_in, size_t n_out) {
    const bp_block all = {{0, n_in}, {0, n_out}};
    BP_KERNELS(k)->weight_gradient(x, delta, accumulate, dw, batch, n_in, n_out, all, (BP_(bp_room)){NULL, 0});
}

void BP_(bp_bias_gradient)(const bp_kernels *k, const real *delta, int accumulate, real *db, size_t batch,
                           size_t n_out) {
    BP_KERNELS(k)->bias_gradient(delta, accumulate, db, batch, n_out);
}

void BP_(bp_descend)(const bp_kernels *k, const real *g, real rate, real *w, size_t n) {
    BP_KERNELS(k)->descend(g, rate, w, n);
}

void BP_(bp_weight_descend)(const bp_kernels *k, const real *x, const real *delta, real rate, real *w,
                            size_t batch, size_t n_in, size_t n_out) {
    const bp_block all = {{0, n_in}, {0, n_out}};
    BP_KERNELS(k)->weight_descend(x, delta, rate, w, batch, n_in, n_out, all, (BP_(bp_room)){NULL, 0});
}

void BP_(bp_bias_descend)(const bp_kernels *k, const real *delta, real rate, real *b, size_t batch,
                          size_t n_out) {
    BP_KERNELS(k)->bias_descend(delta, rate, b, batch, n_out);
}

real BP_(bp_sum_of_squares)(const bp_kernels *k, const real *x, size_t n) {
    return BP_KERNELS(k)->sum_of_squares(x, n);
}

size_t BP_(bp_first_nonfinite)(const bp_kernels *k, const real *x, size_t n) {
    return BP_KERNELS(k)->first_nonfinite(x, n);
}

/* Dropout's numbers come from streams of their own: this, and the layer. */
#define BP_DROPOUT_STREAM (UINT64_C(1) << 34)

BP_INTERNAL BP_(bp_dropout) BP_(bp_dropout_make)(float rate, uint64_t seed, uint64_t step, size_t layer) {
    const bp_random of_layer = bp_random_make(seed, BP_DROPOUT_STREAM + layer);
    const BP_(bp_dropout) dropout = {
        .key = bp_random_make(of_layer.state, step).state,
        .threshold = (uint64_t)(rate * 0x1p32f),
        .scale = 1 / (1 - (real)rate),
    };
    return dropout;
}

#undef BP_DROPOUT_STREAM

void BP_(bp_drop_out)(const bp_kernels *k, float rate, uint64_t seed, uint64_t step, size_t layer, size_t first,
                      real *a, real *derivative, size_t batch, size_t n) {
    const BP_(bp_dropout) dropout = BP_(bp_dropout_make)(rate, seed, step, layer);
    BP_KERNELS(k)->drop_out(&dropout, first * n, a, derivative, batch * n);
}

/* Two independent numbers of deviation 1, from a point that is uniform in the unit circle. */
static void BP_(normal_pair)(const bp_kernels *k, bp_random *random, real pair[2]) {
    real square;
    do {
        BP_(bp_random_uniform)(random, 1, pair, 2);
        square = pair[0] * pair[0] + pair[1] * pair[1];
    } while (square >= 1 || square == 0);
    real logarithm;
    BP_KERNELS(k)->log(&square, &logarithm, 1);
    const real factor = BP_(square_root)(-2 * logarithm / square);
    pair[0] *= factor;
    pair[1] *= factor;
}

void BP_(bp_random_normal)(const bp_kernels *k, bp_random *random, real deviation, real *x, size_t n) {
    for (size_t i = 0; i < n; i += 2) {
        real pair[2];
        BP_(normal_pair)(k, random, pair);
        x[i] += deviation * pair[0];
        if (i + 1 < n) x[i + 1] += deviation * pair[1];
    }
}
