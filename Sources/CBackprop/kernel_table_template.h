/*
 * kernel_table_template.h: the kernels of one precision, as one instruction set has them.
 *
 * backprop.h says what each computes; the names are the same there.
 */
/* What one update does to every parameter, worked out from a bp_optimizer and the number of the step. */
typedef struct BP_(bp_rule) {
    bp_method method;
    int starts;        /* 1 at the first step, whose slots are not read */
    real first_step;   /* of RPROP */
    real rate;         /* for Adam divided by 1 - beta1^t */
    real scale;        /* of the gradient */
    real clip_value;   /* then the bound of its elements; 0 for none */
    real l1, decay;    /* then what is added to it: l1 * sign(w) + decay * w */
    real keep;         /* what w is multiplied with first, for decay that is decoupled; 1 for none */
    real momentum;     /* also Adam's beta1 */
    real square_decay; /* of RMSprop, and Adam's beta2 */
    real epsilon;
    real root_scale;   /* 1 / sqrt(1 - beta2^t) */
    real shrink, grow, minimum_step, maximum_step;
} BP_(bp_rule);

/* Which units of a layer are dropped in a step. */
typedef struct BP_(bp_dropout) {
    uint64_t key;       /* of the seed, the step and the layer */
    uint64_t threshold; /* a unit is dropped where the upper half of its number is below this */
    real scale;         /* what the others are multiplied with */
} BP_(bp_dropout);

/* Memory that a kernel may use as it likes. */
typedef struct BP_(bp_room) {
    real *numbers;
    size_t count;
} BP_(bp_room);

struct BP_(bp_kernel_table) {
    void (*exp)(const real *x, real *y, size_t n);
    void (*log)(const real *x, real *y, size_t n);
    void (*tanh)(const real *x, real *y, size_t n);

    /* Some columns of z, to which w, b and z point. */
    void (*dense_forward)(const real *x, const real *w, const real *b, real *z, size_t batch, size_t n_in,
                          size_t n_out, size_t columns, BP_(bp_room) room);
    void (*delta_accumulate)(const real *delta, const real *w, real *g, size_t batch, size_t n_in, size_t n_out,
                             BP_(bp_room) room);
#if BP_HAS_SIMD
    /* For one sample and finite weights: forward, without reading weights of inputs that are 0; */
    void (*sample_forward)(const real *x, const real *w, const real *b, real *z, size_t n_in, size_t n_out,
                           size_t columns);
    /* the delta of units 'first' to 'last' below; and the update of their rows. */
    void (*sample_delta)(const real *delta, const real *w, real *g, size_t n_out, size_t first, size_t last);
    void (*sample_descend)(const real *x, const real *delta, real rate, real *w, size_t n_out, size_t first,
                           size_t last);
#endif
    /* A block of dw, from batch x n_in activations. */
    void (*weight_gradient)(const real *x, const real *delta, int accumulate, real *dw, size_t batch, size_t n_in,
                            size_t n_out, bp_block block, BP_(bp_room) room);
    void (*weight_descend)(const real *x, const real *delta, real rate, real *w, size_t batch, size_t n_in,
                           size_t n_out, bp_block block, BP_(bp_room) room);
    void (*bias_gradient)(const real *delta, int accumulate, real *db, size_t batch, size_t n_out);
    void (*bias_descend)(const real *delta, real rate, real *b, size_t batch, size_t n_out);
    void (*descend)(const real *g, real rate, real *w, size_t n);

    /* One update of n parameters; the slots that the method lacks are NULL. */
    void (*optimize)(const BP_(bp_rule) *rule, const real *g, real *const slots[2], real *w, size_t n);

    void (*activate)(bp_activation f, const real *z, real *a, real *derivative, size_t batch, size_t n);
    void (*activation_delta)(bp_activation f, const real *a, const real *derivative, const real *g,
                             real *delta, size_t batch, size_t n);

    /* Elements 'first' to 'first' + n of a layer's activations and derivatives. */
    void (*drop_out)(const BP_(bp_dropout) *dropout, size_t first, real *a, real *derivative, size_t n);

    void (*loss_delta)(bp_loss loss, const real *a, const real *t, real scale, real *g, real *losses,
                       size_t batch, size_t n);
    void (*softmax_cross_entropy)(const real *z, const real *t, real scale, real *a, real *delta,
                                  real *losses, size_t batch, size_t n);
    void (*sigmoid_cross_entropy)(const real *z, const real *t, real scale, real *a, real *delta,
                                  real *losses, size_t batch, size_t n);

    /* Rows 'first' to 'last' of w, to columns of wt. */
    void (*transpose)(const real *w, real *wt, size_t n_in, size_t n_out, size_t first, size_t last);
    real (*sum_of_squares)(const real *x, size_t n);
    size_t (*first_nonfinite)(const real *x, size_t n);
};

/* kernels_api.c */
BP_INTERNAL BP_(bp_dropout) BP_(bp_dropout_make)(float rate, uint64_t seed, uint64_t step, size_t layer);

/* optimizer.c */

/* 1 if an update is w -= rate * g, so that it can be made without a gradient buffer. */
BP_INTERNAL int BP_(bp_descends_plainly)(const BP_(bp_optimizer) * optimizer);

/* The rule of step t, from 1, for weights; then that for biases. */
BP_INTERNAL BP_(bp_rule) BP_(bp_rule_make)(const BP_(bp_optimizer) * optimizer, uint64_t step, real scale);
BP_INTERNAL BP_(bp_rule) BP_(bp_rule_without_penalties)(const BP_(bp_rule) * rule);

/* Gives slots their first values, at the first step; the step itself does that too. */
BP_INTERNAL void BP_(bp_rule_start)(const BP_(bp_rule) * rule, real *m, real *v, size_t n);

BP_INTERNAL void BP_(bp_rule_apply)(const bp_kernels *k, const BP_(bp_rule) * rule, const real *g, real *m, real *v, real *w,
                        size_t n);

/* narrow_f32.c, narrow_f64.c: a step of gradient descent for one sample, and its loss. */

typedef struct BP_(bp_narrow) {
    bp_loss loss; /* of the errors */
    bp_update_order order;
    real rate;
} BP_(bp_narrow);

#if BP_HAS_SIMD
BP_INTERNAL real BP_(bp_narrow_step)(const bp_network *network, const real *inputs, const real *targets,
                                     const BP_(bp_narrow) *how, real *parameters);
#endif
