/*
 * optimizer_template.h: what a gradient does to the parameters, one method a function, and dropout.
 *
 * Each update is one pass: it reads gradient, slots and parameters once and writes slots
 * and parameters once.
 */

/* Lane by lane, 1, -1 or 0. */
BP_INLINE vec optimizer_sign(vec x) {
    return vec_if_greater(x, math_zero(), math_one(),
                          vec_if_greater(math_zero(), x, vec_set1((real)-1), math_zero()));
}

/* The gradient scaled and clipped, with the slopes of the penalties on w. */
BP_INLINE vec optimizer_gradient(const BP_(bp_rule) *rule, vec g, vec w) {
    g = vec_mul(g, vec_set1(rule->scale));
    if (rule->clip_value > 0)
        g = vec_max(vec_set1(-rule->clip_value), vec_min(vec_set1(rule->clip_value), g));
    if (rule->l1 > 0) g = vec_fma(vec_set1(rule->l1), optimizer_sign(w), g);
    if (rule->decay > 0) g = vec_fma(vec_set1(rule->decay), w, g);
    return g;
}

/* average * decay + x * (1 - decay) */
BP_INLINE vec optimizer_average(vec average, real decay, vec x) {
    return vec_fma(vec_set1(1 - decay), x, vec_mul(vec_set1(decay), average));
}

/* w - rate * m / (sqrt(v) * root_scale + epsilon) */
BP_INLINE vec optimizer_adaptive(const BP_(bp_rule) *rule, vec m, vec v, vec w) {
    const vec root = vec_fma(vec_sqrt(v), vec_set1(rule->root_scale), vec_set1(rule->epsilon));
    return vec_fnma(vec_set1(rule->rate), vec_div(m, root), w);
}

/* Where a slope changed its sign its step shrinks and is left out, else it grows. Slots: slope, step. */
BP_INLINE vec optimizer_rprop(const BP_(bp_rule) *rule, vec g, vec *slope, vec *step, vec w) {
    const vec product = vec_mul(g, *slope);
    const vec factor = vec_if_greater(product, math_zero(), vec_set1(rule->grow),
                                      vec_if_greater(math_zero(), product, vec_set1(rule->shrink), math_one()));
    *step = vec_min(vec_max(vec_mul(*step, factor), vec_set1(rule->minimum_step)), vec_set1(rule->maximum_step));
    *slope = vec_if_greater(math_zero(), product, math_zero(), g);
    return vec_fnma(optimizer_sign(*slope), *step, w);
}

/* The new parameters of one vector; m and v are the slots. */
BP_INLINE vec optimizer_update(bp_method method, const BP_(bp_rule) *rule, vec g, vec *m, vec *v, vec w) {
    switch (method) {
    case BP_MOMENTUM:
        *m = vec_fma(vec_set1(rule->momentum), *m, g);
        return vec_fnma(vec_set1(rule->rate), *m, w);
    case BP_NESTEROV:
        *m = vec_fma(vec_set1(rule->momentum), *m, g);
        return vec_fnma(vec_set1(rule->rate), vec_fma(vec_set1(rule->momentum), *m, g), w);
    case BP_RMSPROP:
        *m = optimizer_average(*m, rule->square_decay, vec_mul(g, g));
        return optimizer_adaptive(rule, g, *m, w);
    case BP_ADAGRAD:
        *m = vec_fma(g, g, *m);
        return optimizer_adaptive(rule, g, *m, w);
    case BP_ADAM:
    case BP_ADAMW:
        *m = optimizer_average(*m, rule->momentum, g);
        *v = optimizer_average(*v, rule->square_decay, vec_mul(g, g));
        return optimizer_adaptive(rule, *m, *v, method == BP_ADAMW ? vec_mul(w, vec_set1(rule->keep)) : w);
    case BP_RPROP: return optimizer_rprop(rule, g, m, v, w);
    default: return vec_fnma(vec_set1(rule->rate), g, w); /* BP_GRADIENT_DESCENT */
    }
}

BP_INLINE void optimizer_map(bp_method method, size_t slot_count, const BP_(bp_rule) *rule, const real *g,
                             real *const slots[2], real *w, size_t n) {
    for (size_t i = 0; i < n; i += VEC_LANES) {
        const size_t lanes = vec_count(n - i);
        const vec before = vec_get(w + i, lanes);
        const vec slope = optimizer_gradient(rule, vec_get(g + i, lanes), before);
        vec m = slot_count > 0 ? vec_get(slots[0] + i, lanes) : math_zero();
        vec v = slot_count > 1 ? vec_get(slots[1] + i, lanes) : math_zero();
        vec_keep(w + i, optimizer_update(method, rule, slope, &m, &v, before), lanes);
        if (slot_count > 0) vec_keep(slots[0] + i, m, lanes);
        if (slot_count > 1) vec_keep(slots[1] + i, v, lanes);
    }
}

static void optimize(const BP_(bp_rule) *rule, const real *g, real *const slots[2], real *w, size_t n) {
    switch (rule->method) {
    case BP_MOMENTUM: optimizer_map(BP_MOMENTUM, 1, rule, g, slots, w, n); break;
    case BP_NESTEROV: optimizer_map(BP_NESTEROV, 1, rule, g, slots, w, n); break;
    case BP_RMSPROP: optimizer_map(BP_RMSPROP, 1, rule, g, slots, w, n); break;
    case BP_ADAGRAD: optimizer_map(BP_ADAGRAD, 1, rule, g, slots, w, n); break;
    case BP_ADAM: optimizer_map(BP_ADAM, 2, rule, g, slots, w, n); break;
    case BP_ADAMW: optimizer_map(BP_ADAMW, 2, rule, g, slots, w, n); break;
    case BP_RPROP: optimizer_map(BP_RPROP, 2, rule, g, slots, w, n); break;
    default: optimizer_map(BP_GRADIENT_DESCENT, 0, rule, g, slots, w, n); break;
    }
}

/* Each element has a number of its own, so that it doesn't matter who asks for which. */
static void drop_out(const BP_(bp_dropout) *dropout, size_t first, real *a, real *derivative, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const uint64_t number = random_mix(dropout->key + (first + i + 1) * BP_GOLDEN_GAMMA);
        const int keeps = (number >> 32) >= dropout->threshold;
        a[i] = keeps ? a[i] * dropout->scale : 0;
        derivative[i] = keeps ? derivative[i] * dropout->scale : 0;
    }
}
