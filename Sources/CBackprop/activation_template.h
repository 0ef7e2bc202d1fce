/*
 * activation_template.h: activations and their derivatives over arrays.
 */

BP_INLINE void activation_map(bp_activation f, const real *z, real *a, real *derivative, size_t n) {
    for (size_t i = 0; i < n; i += VEC_LANES) {
        const size_t lanes = vec_count(n - i);
        vec slope = math_one();
        vec_keep(a + i, activation_value(f, vec_get(z + i, lanes), &slope), lanes);
        if (derivative) vec_keep(derivative + i, slope, lanes);
    }
}

/* The largest of n numbers; for none, anything. */
static real activation_largest(const real *z, size_t n) {
    real largest = n > 0 ? z[0] : 0;
    for (size_t j = 1; j < n; j++) largest = z[j] > largest ? z[j] : largest;
    return largest;
}

/* a = exp(z - largest), and their sum in ascending order. */
static real activation_exponentials(const real *z, real largest, real *a, size_t n) {
    for (size_t j = 0; j < n; j += VEC_LANES) {
        const size_t lanes = vec_count(n - j);
        vec_keep(a + j, math_exp(vec_sub(vec_get(z + j, lanes), vec_set1(largest))), lanes);
    }
    real sum = 0;
    for (size_t j = 0; j < n; j++) sum += a[j];
    return sum;
}

/* One row of softmax, shifted by its largest input so that nothing overflows. */
static void activation_softmax_row(const real *z, real *a, size_t n) {
    const vec sum = vec_set1(activation_exponentials(z, activation_largest(z, n), a, n));
    for (size_t j = 0; j < n; j += VEC_LANES) {
        const size_t lanes = vec_count(n - j);
        vec_keep(a + j, vec_div(vec_get(a + j, lanes), sum), lanes);
    }
}

static void activate(bp_activation f, const real *z, real *a, real *derivative, size_t batch, size_t n) {
    switch (f) {
    case BP_SIGMOID: activation_map(BP_SIGMOID, z, a, NULL, batch * n); break;
    case BP_TANH: activation_map(BP_TANH, z, a, NULL, batch * n); break;
    case BP_RELU: activation_map(BP_RELU, z, a, NULL, batch * n); break;
    case BP_LEAKY_RELU: activation_map(BP_LEAKY_RELU, z, a, NULL, batch * n); break;
    case BP_ELU: activation_map(BP_ELU, z, a, NULL, batch * n); break;
    case BP_SOFTPLUS: activation_map(BP_SOFTPLUS, z, a, derivative, batch * n); break;
    case BP_SILU: activation_map(BP_SILU, z, a, derivative, batch * n); break;
    case BP_GELU: activation_map(BP_GELU, z, a, derivative, batch * n); break;
    case BP_SOFTMAX:
        for (size_t s = 0; s < batch; s++) activation_softmax_row(z + s * n, a + s * n, n);
        break;
    default: activation_map(BP_IDENTITY, z, a, NULL, batch * n); break;
    }
}

BP_INLINE void activation_delta_map(bp_activation f, const real *a, const real *g, real *delta, size_t n) {
    for (size_t i = 0; i < n; i += VEC_LANES) {
        const size_t lanes = vec_count(n - i);
        const vec slope = activation_slope(f, vec_get(a + i, lanes));
        vec_keep(delta + i, vec_mul(vec_get(g + i, lanes), slope), lanes);
    }
}

static void activation_multiply(const real *g, const real *slope, real *delta, size_t n) {
    for (size_t i = 0; i < n; i += VEC_LANES) {
        const size_t lanes = vec_count(n - i);
        vec_keep(delta + i, vec_mul(vec_get(g + i, lanes), vec_get(slope + i, lanes)), lanes);
    }
}

/* delta[j] = a[j] * (g[j] - sum over k ascending of g[k] * a[k]): the softmax's whole Jacobian. */
static void activation_softmax_delta_row(const real *a, const real *g, real *delta, size_t n) {
    real dot = 0;
    for (size_t k = 0; k < n; k++) dot = real_fma(g[k], a[k], dot);
    for (size_t j = 0; j < n; j += VEC_LANES) {
        const size_t lanes = vec_count(n - j);
        const vec difference = vec_sub(vec_get(g + j, lanes), vec_set1(dot));
        vec_keep(delta + j, vec_mul(vec_get(a + j, lanes), difference), lanes);
    }
}

static void activation_delta(bp_activation f, const real *a, const real *derivative, const real *g,
                             real *delta, size_t batch, size_t n) {
    switch (f) {
    case BP_SIGMOID: activation_delta_map(BP_SIGMOID, a, g, delta, batch * n); break;
    case BP_TANH: activation_delta_map(BP_TANH, a, g, delta, batch * n); break;
    case BP_RELU: activation_delta_map(BP_RELU, a, g, delta, batch * n); break;
    case BP_LEAKY_RELU: activation_delta_map(BP_LEAKY_RELU, a, g, delta, batch * n); break;
    case BP_ELU: activation_delta_map(BP_ELU, a, g, delta, batch * n); break;
    case BP_SOFTPLUS:
    case BP_SILU:
    case BP_GELU:
    case BP_CUSTOM_ACTIVATION: activation_multiply(g, derivative, delta, batch * n); break;
    case BP_SOFTMAX:
        for (size_t s = 0; s < batch; s++)
            activation_softmax_delta_row(a + s * n, g + s * n, delta + s * n, n);
        break;
    default: activation_delta_map(BP_IDENTITY, a, g, delta, batch * n); break;
    }
}
