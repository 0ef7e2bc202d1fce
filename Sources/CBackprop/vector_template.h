/*
 * vector_template.h: kernels over one long vector.
 */

static void vector_exp(const real *x, real *y, size_t n) {
    for (size_t i = 0; i < n; i += VEC_LANES) {
        const size_t lanes = vec_count(n - i);
        vec_keep(y + i, math_exp(vec_get(x + i, lanes)), lanes);
    }
}

static void vector_log(const real *x, real *y, size_t n) {
    for (size_t i = 0; i < n; i += VEC_LANES) {
        const size_t lanes = vec_count(n - i);
        vec_keep(y + i, math_log(vec_get(x + i, lanes)), lanes);
    }
}

static void vector_tanh(const real *x, real *y, size_t n) {
    for (size_t i = 0; i < n; i += VEC_LANES) {
        const size_t lanes = vec_count(n - i);
        vec_keep(y + i, math_tanh(vec_get(x + i, lanes)), lanes);
    }
}

/* w = w - rate * g, rounded once. */
static void descend(const real *g, real rate, real *w, size_t n) {
    for (size_t i = 0; i < n; i += VEC_LANES) {
        const size_t lanes = vec_count(n - i);
        vec_keep(w + i, vec_fnma(vec_set1(rate), vec_get(g + i, lanes), vec_get(w + i, lanes)), lanes);
    }
}

/*
 * One running sum would wait for every multiply-add: BP_NORM_LANES sums take the
 * elements in turn, and are then added in halves (lane l with lane l + 16, + 8, …).
 */
static real sum_of_squares(const real *x, size_t n) {
    real sum[BP_NORM_LANES] = {0};
    for (size_t i = 0; i < n; i += BP_NORM_LANES) {
        for (size_t l = 0; l < BP_NORM_LANES && i + l < n; l += VEC_LANES) {
            const vec v = vec_get(x + i + l, vec_count(n - i - l));
            vec_store(sum + l, vec_fma(v, v, vec_load(sum + l)));
        }
    }
    for (size_t half = BP_NORM_LANES / 2; half > 0; half /= 2)
        for (size_t l = 0; l < half; l++) sum[l] += sum[l + half];
    return sum[0];
}

/* 0 * x is 0 for a number and NaN otherwise, and a NaN stays in the sum. */
static size_t first_nonfinite(const real *x, size_t n) {
    const size_t block = 64 * VEC_LANES;
    for (size_t i = 0; i < n; i += block) {
        const size_t end = n - i < block ? n : i + block;
        vec sum = math_zero();
        for (size_t j = i; j < end; j += VEC_LANES)
            sum = vec_fma(vec_get(x + j, vec_count(end - j)), math_zero(), sum);
        real lanes[VEC_LANES];
        vec_store(lanes, sum);
        int finite = 1;
        for (size_t l = 0; l < VEC_LANES; l++) finite &= lanes[l] == lanes[l];
        for (size_t j = i; !finite && j < end; j++)
            if (!(x[j] - x[j] == 0)) return j;
    }
    return n;
}
