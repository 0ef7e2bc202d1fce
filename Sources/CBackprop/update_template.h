/*
 * update_template.h: an optimizer's settings, checked and made into the rule of one step.
 */

bp_status BP_(bp_optimizer_init)(BP_(bp_optimizer) * optimizer, size_t size, bp_method method, real rate) {
    if (!optimizer) return BP_ERROR_NULL;
    if (size != sizeof *optimizer) return BP_ERROR_VERSION;
    const BP_(bp_optimizer) usual = {
        .size = sizeof usual,
        .method = method,
        .rate = rate,
        .momentum = (real)0.9,
        .beta1 = (real)0.9,
        .beta2 = (real)0.999,
        .decay = (real)0.99,
        .epsilon = method == BP_ADAGRAD ? (real)1e-10 : (real)1e-8,
        .shrink = (real)0.5,
        .grow = (real)1.2,
        .minimum_step = (real)1e-6,
        .maximum_step = 50,
        .weight_decay = method == BP_ADAMW ? (real)0.01 : 0,
    };
    *optimizer = usual;
    return BP_(bp_optimizer_check)(optimizer);
}

static int BP_(is_finite)(real x) { return x - x == 0; }
static int BP_(is_share)(real x) { return x >= 0 && x < 1; }
static int BP_(is_positive)(real x) { return x > 0 && BP_(is_finite)(x); }
static int BP_(is_amount)(real x) { return x >= 0 && BP_(is_finite)(x); }

static int BP_(has_valid_method)(const BP_(bp_optimizer) * o) {
    switch (o->method) {
    case BP_GRADIENT_DESCENT: return 1;
    case BP_MOMENTUM:
    case BP_NESTEROV: return BP_(is_share)(o->momentum);
    case BP_RMSPROP: return BP_(is_share)(o->decay) && BP_(is_amount)(o->epsilon);
    case BP_ADAGRAD: return BP_(is_amount)(o->epsilon);
    case BP_ADAM:
    case BP_ADAMW: return BP_(is_share)(o->beta1) && BP_(is_share)(o->beta2) && BP_(is_amount)(o->epsilon);
    case BP_RPROP:
        return BP_(is_positive)(o->rate) && o->shrink > 0 && o->shrink < 1 && o->grow > 1 && BP_(is_finite)(o->grow) &&
               BP_(is_amount)(o->minimum_step) && o->maximum_step >= o->minimum_step && BP_(is_finite)(o->maximum_step);
    default: return 0;
    }
}

bp_status BP_(bp_optimizer_check)(const BP_(bp_optimizer) * o) {
    if (!o) return BP_ERROR_NULL;
    if (o->size != sizeof *o) return BP_ERROR_VERSION;
    if (o->order != BP_SIMULTANEOUS && o->order != BP_LAYER_BY_LAYER) return BP_ERROR_OPTION;
    const int valid = BP_(has_valid_method)(o) && BP_(is_finite)(o->rate) && BP_(is_amount)(o->weight_decay) &&
                      BP_(is_amount)(o->l1) && BP_(is_amount)(o->clip_value) && BP_(is_amount)(o->clip_norm);
    if (!valid) return BP_ERROR_OPTIMIZER;
    return o->order == BP_LAYER_BY_LAYER && !BP_(bp_descends_plainly)(o) ? BP_ERROR_OPTION : BP_OK;
}

BP_INTERNAL int BP_(bp_descends_plainly)(const BP_(bp_optimizer) * o) {
    return o->method == BP_GRADIENT_DESCENT && o->weight_decay == 0 && o->l1 == 0 && o->clip_value == 0 &&
           o->clip_norm == 0;
}

/* base^n by squaring: the same bits everywhere, which pow() doesn't promise. */
static real BP_(power)(real base, uint64_t n) {
    real result = 1;
    for (; n > 0; n /= 2, base *= base)
        if (n % 2 == 1) result *= base;
    return result;
}

BP_INTERNAL BP_(bp_rule) BP_(bp_rule_make)(const BP_(bp_optimizer) * o, uint64_t step, real scale) {
    const int is_adam = o->method == BP_ADAM || o->method == BP_ADAMW;
    const BP_(bp_rule) rule = {
        .method = o->method,
        .starts = step == 1,
        .first_step = o->rate,
        .rate = is_adam ? o->rate / (1 - BP_(power)(o->beta1, step)) : o->rate,
        .scale = scale,
        .clip_value = o->clip_value,
        .l1 = o->l1,
        .decay = o->method == BP_ADAMW ? 0 : o->weight_decay,
        .keep = o->method == BP_ADAMW ? 1 - o->rate * o->weight_decay : 1,
        .momentum = is_adam ? o->beta1 : o->momentum,
        .square_decay = is_adam ? o->beta2 : o->decay,
        .epsilon = o->epsilon,
        .root_scale = is_adam ? 1 / BP_(square_root)(1 - BP_(power)(o->beta2, step)) : 1,
        .shrink = o->shrink,
        .grow = o->grow,
        .minimum_step = o->minimum_step,
        .maximum_step = o->maximum_step,
    };
    return rule;
}

BP_INTERNAL BP_(bp_rule) BP_(bp_rule_without_penalties)(const BP_(bp_rule) * rule) {
    BP_(bp_rule) plain = *rule;
    plain.l1 = plain.decay = 0;
    plain.keep = 1;
    return plain;
}

BP_INTERNAL void BP_(bp_rule_start)(const BP_(bp_rule) * rule, real *m, real *v, size_t n) {
    real *const slots[2] = {m, v};
    for (size_t slot = 0; rule->starts && slot < bp_method_slots(rule->method); slot++) {
        const real start = rule->method == BP_RPROP && slot == 1 ? rule->first_step : 0;
        for (size_t i = 0; i < n; i++) slots[slot][i] = start;
    }
}

BP_INTERNAL void BP_(bp_rule_apply)(const bp_kernels *k, const BP_(bp_rule) * rule, const real *g, real *m, real *v, real *w,
                        size_t n) {
    real *const slots[2] = {m, v};
    BP_(bp_rule_start)(rule, m, v, n);
    BP_KERNELS(k)->optimize(rule, g, slots, w, n);
}

void BP_(bp_optimize)(const bp_kernels *k, const BP_(bp_optimizer) * o, uint64_t step, real scale, const real *g,
                      real *m, real *v, real *w, size_t n) {
    const BP_(bp_rule) rule = BP_(bp_rule_make)(o, step, scale);
    BP_(bp_rule_apply)(k, &rule, g, m, v, w, n);
}
