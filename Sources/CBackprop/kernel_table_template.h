/*
 * kernel_table_template.h: the kernels of one precision, as one instruction set has them.
 *
 * backprop.h says what each computes; the names are the same there.
 */
struct BP_(bp_kernel_table) {
    void (*exp)(const real *x, real *y, size_t n);
    void (*log)(const real *x, real *y, size_t n);
    void (*tanh)(const real *x, real *y, size_t n);

    void (*dense_forward)(const real *x, const real *w, const real *b, real *z, size_t batch, size_t n_in,
                          size_t n_out);
    void (*delta_accumulate)(const real *delta, const real *wt, real *g, size_t batch, size_t n_in,
                             size_t n_out);
    /* Rows 'first' to 'last' of dw, from batch x n_in activations. */
    void (*weight_gradient)(const real *x, const real *delta, int accumulate, real *dw, size_t batch, size_t n_in,
                            size_t n_out, size_t first, size_t last);
    void (*weight_descend)(const real *x, const real *delta, real rate, real *w, size_t batch, size_t n_in,
                           size_t n_out, size_t first, size_t last);
    void (*bias_gradient)(const real *delta, int accumulate, real *db, size_t batch, size_t n_out);
    void (*bias_descend)(const real *delta, real rate, real *b, size_t batch, size_t n_out);
    void (*descend)(const real *g, real rate, real *w, size_t n);

    void (*activate)(bp_activation f, const real *z, real *a, real *derivative, size_t batch, size_t n);
    void (*activation_delta)(bp_activation f, const real *a, const real *derivative, const real *g,
                             real *delta, size_t batch, size_t n);

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
