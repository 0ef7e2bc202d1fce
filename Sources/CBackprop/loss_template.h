/*
 * loss_template.h: losses with the deltas they send back, one sample a row.
 *
 * losses[s] is the loss of sample s: a sum over its outputs in ascending order,
 * divided by their number where the loss is a mean. 'scale' multiplies the
 * derivatives only, to make them those of a mean over the batch.
 */

/* How many of the samples that are left are computed together, one a lane; a few are faster one by one. */
BP_INLINE size_t loss_together(size_t left) { return left < VEC_LANES / 4 + 1 ? 1 : vec_count(left); }

/*
 * What some outputs of one sample add to its loss: errors, from activations z, or with binary cross-entropy the
 * terms themselves, from weighted inputs. Stores the derivatives and, for the latter, the activations.
 */
BP_INLINE vec loss_terms(bp_loss loss, const real *z, const real *t, real scale, real *a, real *g, size_t lanes) {
    const vec given = vec_get(z, lanes), target = vec_get(t, lanes);
    if (loss != BP_BINARY_CROSS_ENTROPY) {
        const vec e = vec_sub(given, target);
        if (g) vec_keep(g, vec_mul(loss_slope(loss, e), vec_set1(scale)), lanes);
        return e;
    }
    const vec output = math_sigmoid(given);
    vec_keep(a, output, lanes);
    if (g) vec_keep(g, vec_mul(vec_sub(output, target), vec_set1(scale)), lanes);
    /* max(z, 0) - z t + ln(1 + exp(-|z|)), which is -t ln a - (1 - t) ln(1 - a) */
    const vec e = math_exp(math_negative(given));
    const vec linear = vec_fnma(given, target, vec_max(given, math_zero()));
    return vec_add(linear, math_log1p(e));
}

#define LOSS_FROM(p, offset) ((p) ? (p) + (offset) : NULL)

BP_INLINE void loss_row(bp_loss loss, const real *z, const real *t, real scale, real *a, real *g, real *value,
                        size_t n) {
    real sum = 0;
    for (size_t j = 0; j < n; j += VEC_LANES) {
        const size_t lanes = vec_count(n - j);
        real terms[VEC_LANES];
        vec_store(terms, loss_terms(loss, z + j, t + j, scale, LOSS_FROM(a, j), LOSS_FROM(g, j), lanes));
        for (size_t i = 0; i < lanes; i++) sum = loss_add(loss, terms[i], sum);
    }
    *value = loss_mean(loss, sum, n);
}

/*
 * The same for up to VEC_LANES samples, one a lane: sums that must go one by one along a row then wait on one
 * addition for all of them. (EPYC, Zen 5, AVX-512, squared errors of 128 rows of 784: 96 and 15 us.)
 */
BP_INLINE void loss_rows(bp_loss loss, const real *z, const real *t, real scale, real *a, real *g, real *losses,
                         size_t rows, size_t n) {
    vec sum = math_zero(), square[VEC_LANES];
    for (size_t j = 0; j < n; j += VEC_LANES) {
        const size_t columns = vec_count(n - j);
        for (size_t r = 0; r < VEC_LANES; r++) {
            const size_t at = r * n + j;
            square[r] = math_zero();
            if (r < rows) square[r] = loss_terms(loss, z + at, t + at, scale, LOSS_FROM(a, at), LOSS_FROM(g, at), columns);
        }
        transpose_square(square);
        for (size_t c = 0; c < columns; c++) sum = loss_add_lanes(loss, square[c], sum);
    }
    vec_keep(losses, loss_mean_lanes(loss, sum, n), rows);
}

/*
 * Where rows are parts of vectors, the terms come from whole ones, of several rows, first. (EPYC, Zen 5, AVX-512,
 * a row of 1, 4 and 10: squared errors 2.0, 2.0, 2.5 and 1.1, 1.5, 2.0 ns, binary cross-entropy 9.5, 9.5, 9.7 and 2.2,
 * 3.2, 6.0 ns; AVX2 loses 0.3 ns with errors alone, as loads of parts then wait for stores.)
 */
BP_INLINE int loss_is_short(bp_loss loss, size_t n) {
    return n > 0 && n < VEC_LANES && (loss == BP_BINARY_CROSS_ENTROPY || VEC_LANES * sizeof(real) > 32);
}

BP_INLINE void loss_short_rows(bp_loss loss, const real *z, const real *t, real scale, real *a, real *g, real *losses,
                               size_t rows, size_t n) {
    real terms[VEC_LANES * VEC_LANES];
    for (size_t i = 0; i < rows * n; i += VEC_LANES) {
        const size_t lanes = vec_count(rows * n - i);
        vec_store(terms + i, loss_terms(loss, z + i, t + i, scale, LOSS_FROM(a, i), LOSS_FROM(g, i), lanes));
    }
    vec sum = math_zero(), square[VEC_LANES];
    transpose_load(terms, n, rows, n, square);
    for (size_t c = 0; c < n; c++) sum = loss_add_lanes(loss, square[c], sum);
    vec_keep(losses, loss_mean_lanes(loss, sum, n), rows);
}

BP_INLINE void loss_batch(bp_loss loss, const real *z, const real *t, real scale, real *a, real *g, real *losses,
                          size_t batch, size_t n) {
    for (size_t s = 0, rows; s < batch; s += rows) {
        const size_t at = s * n;
        const real *zs = z + at, *ts = t + at;
        real *as = LOSS_FROM(a, at), *gs = LOSS_FROM(g, at);
        rows = loss_together(batch - s);
        if (rows == 1) loss_row(loss, zs, ts, scale, as, gs, losses + s, n);
        else if (loss_is_short(loss, n)) loss_short_rows(loss, zs, ts, scale, as, gs, losses + s, rows, n);
        else loss_rows(loss, zs, ts, scale, as, gs, losses + s, rows, n);
    }
}
#undef LOSS_FROM

static void loss_delta(bp_loss loss, const real *a, const real *t, real scale, real *g, real *losses,
                       size_t batch, size_t n) {
    const real mean = scale / loss_count(n);
    switch (loss) {
    case BP_MEAN_SQUARED_ERROR: loss_batch(BP_MEAN_SQUARED_ERROR, a, t, mean, NULL, g, losses, batch, n); break;
    case BP_MEAN_ABSOLUTE_ERROR: loss_batch(BP_MEAN_ABSOLUTE_ERROR, a, t, mean, NULL, g, losses, batch, n); break;
    case BP_HUBER: loss_batch(BP_HUBER, a, t, mean, NULL, g, losses, batch, n); break;
    default: loss_batch(BP_SQUARED_ERROR, a, t, scale, NULL, g, losses, batch, n); break;
    }
}

/* One logarithm, by the vectors' own arithmetic. */
static real loss_log(real x) {
    real y[VEC_LANES];
    vec_store(y, math_log_normal(vec_set1(x)));
    return y[0];
}

/* (output * weight - t) * scale */
BP_INLINE vec loss_softmax_delta(vec output, real weight, vec t, real scale) {
    return vec_mul(vec_fma(output, vec_set1(weight), math_negate(t)), vec_set1(scale));
}

/* From exponentials to outputs, a / total, and deltas. */
static void loss_softmax_finish(const real *t, real weight, real total, real scale, real *a, real *delta,
                                size_t n) {
    for (size_t j = 0; j < n; j += VEC_LANES) {
        const size_t lanes = vec_count(n - j);
        const vec output = vec_div(vec_get(a + j, lanes), vec_set1(total));
        vec_keep(a + j, output, lanes);
        if (delta) vec_keep(delta + j, loss_softmax_delta(output, weight, vec_get(t + j, lanes), scale), lanes);
    }
}

/*
 * sum of t * (largest - z) ascending, then + (sum of t) * ln(sum of exp(z - largest)):
 * this is -sum of t ln a, and finite also where a itself is 0.
 */
static void loss_softmax_row(const real *z, const real *t, real scale, real *a, real *delta, real *loss,
                             size_t n) {
    const real largest = activation_largest(z, n);
    real sum = 0, weight = 0;
    for (size_t j = 0; j < n; j++) {
        const real below = largest - z[j];
        sum = real_fma(t[j], below > MATH_LARGEST ? MATH_LARGEST : below, sum);
        weight += t[j];
    }
    const real total = activation_exponentials(z, largest, a, n);
    *loss = n == 0 ? 0 : real_fma(weight, loss_log(total), sum);
    loss_softmax_finish(t, weight, total, scale, a, delta, n);
}

/*
 * The same for up to VEC_LANES samples, one a lane: sums that must go one by one along a
 * row then cost one addition for all of them. The rows are transposed square by square.
 */
static void loss_softmax_rows(const real *z, const real *t, real scale, real *a, real *delta, real *losses,
                              size_t rows, size_t n) {
    vec zs[VEC_LANES], ts[VEC_LANES];
    vec largest = math_zero(), sum = math_zero(), weight = math_zero(), total = math_zero();
    for (size_t j = 0; j < n; j += VEC_LANES) {
        const size_t columns = vec_count(n - j);
        transpose_load(z + j, n, rows, columns, zs);
        if (j == 0) largest = zs[0];
        for (size_t c = 0; c < columns; c++) largest = vec_max(zs[c], largest);
    }
    for (size_t j = 0; j < n; j += VEC_LANES) {
        const size_t columns = vec_count(n - j);
        transpose_load(z + j, n, rows, columns, zs);
        transpose_load(t + j, n, rows, columns, ts);
        for (size_t c = 0; c < columns; c++) {
            const vec below = vec_min(vec_set1(MATH_LARGEST), vec_sub(largest, zs[c]));
            sum = vec_fma(ts[c], below, sum);
            weight = vec_add(weight, ts[c]);
            zs[c] = math_exp(vec_sub(zs[c], largest));
            total = vec_add(total, zs[c]);
        }
        transpose_square(zs);
        for (size_t r = 0; r < rows; r++) vec_keep(a + r * n + j, zs[r], columns);
    }
    vec_keep(losses, vec_fma(weight, math_log_normal(total), sum), rows);
    real totals[VEC_LANES], weights[VEC_LANES];
    vec_store(totals, total);
    vec_store(weights, weight);
    for (size_t r = 0; r < rows; r++)
        loss_softmax_finish(t + r * n, weights[r], totals[r], scale, a + r * n, delta ? delta + r * n : NULL, n);
}

/*
 * The same for rows that a vector holds: each is transposed for good until the outputs are done. (AVX-512, 32 rows of
 * 10: 740 and 480 ns on EPYC, Zen 4; on Zen 5 195 ns with deltas transposed back too, 178 from rows of outputs.)
 */
static void loss_softmax_square(const real *z, const real *t, real scale, real *a, real *delta, real *losses,
                                size_t rows, size_t n) {
    vec zs[VEC_LANES], ts[VEC_LANES];
    transpose_load(z, n, rows, n, zs);
    transpose_load(t, n, rows, n, ts);
    vec largest = zs[0], sum = math_zero(), weight = math_zero(), total = math_zero();
    for (size_t c = 1; c < n; c++) largest = vec_max(zs[c], largest);
    for (size_t c = 0; c < n; c++) {
        const vec below = vec_min(vec_set1(MATH_LARGEST), vec_sub(largest, zs[c]));
        sum = vec_fma(ts[c], below, sum);
        weight = vec_add(weight, ts[c]);
        zs[c] = math_exp(vec_sub(zs[c], largest));
        total = vec_add(total, zs[c]);
    }
    vec_keep(losses, vec_fma(weight, math_log_normal(total), sum), rows);
    for (size_t c = 0; c < n; c++) zs[c] = vec_div(zs[c], total);
    transpose_square(zs);
    real weights[VEC_LANES];
    vec_store(weights, weight);
    for (size_t r = 0; r < rows; r++) {
        const size_t at = r * n;
        vec_keep(a + at, zs[r], n);
        if (delta) vec_keep(delta + at, loss_softmax_delta(zs[r], weights[r], vec_get(t + at, n), scale), n);
    }
}

static void softmax_cross_entropy(const real *z, const real *t, real scale, real *a, real *delta,
                                  real *losses, size_t batch, size_t n) {
    size_t s = 0, rows;
    for (; s < batch; s += rows) {
        real *d = delta ? delta + s * n : NULL;
        rows = n == 0 ? 1 : loss_together(batch - s);
        if (rows == 1) {
            loss_softmax_row(z + s * n, t + s * n, scale, a + s * n, d, losses + s, n);
        } else if (n <= VEC_LANES) {
            loss_softmax_square(z + s * n, t + s * n, scale, a + s * n, d, losses + s, rows, n);
        } else {
            loss_softmax_rows(z + s * n, t + s * n, scale, a + s * n, d, losses + s, rows, n);
        }
    }
}

static void sigmoid_cross_entropy(const real *z, const real *t, real scale, real *a, real *delta,
                                  real *losses, size_t batch, size_t n) {
    loss_batch(BP_BINARY_CROSS_ENTROPY, z, t, scale / loss_count(n), a, delta, losses, batch, n);
}
