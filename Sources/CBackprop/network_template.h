/*
 * network_template.h: prediction and training of a whole network, in one precision.
 *
 * Forward pass, deltas and losses go sample by sample, so threads take samples; weight
 * gradients and updates go weight by weight, so there threads take rows of weights.
 * Between the two everybody waits once.
 */
#define table BP_(table)
#define call BP_(call)

/* One call: what it was given, and its arrays in the workspace. */
typedef struct call {
    const bp_network *network;
    const real *parameters;
    real *trained;   /* the same parameters, where they are updated in place */
    real *gradients; /* or the gradient buffer */
    const BP_(bp_batch) * batch;
    bp_loss loss;
    bp_update_order order;
    real rate, scale;

    real *a;          /* [samples x units] layer after layer */
    real *derivative; /* [samples x kept] */
    real *delta;      /* [samples x units] */
    real *transposed; /* weights of the layers that a delta goes down through */
    real *one_hot;    /* [samples x outputs] targets, where classes were given */
    real *losses;     /* [samples] */
} call;

static const struct BP_(bp_kernel_table) * table(const bp_network *network) {
    return network->kernels->BP_TABLE;
}

static real *BP_(layer_a)(const call *c, const layer_plan *layer) {
    return c->a + layer->units_below * c->batch->samples;
}

static real *BP_(layer_delta)(const call *c, const layer_plan *layer) {
    return c->delta + layer->units_below * c->batch->samples;
}

static real *BP_(layer_derivative)(const call *c, const layer_plan *layer) {
    return c->derivative + layer->kept_below * c->batch->samples;
}

/* The inputs of a layer, which are the network's or the activations below. */
static const real *BP_(layer_x)(const call *c, const layer_plan *layer) {
    return layer == c->network->layers ? c->batch->inputs : BP_(layer_a)(c, layer - 1);
}

static const real *BP_(layer_biases)(const real *parameters, const layer_plan *layer) {
    return has_biases(layer) ? parameters + layer->biases : NULL;
}

/* ---- Forward ---- */

static int BP_(is_fused)(const call *c, const layer_plan *layer) {
    const int last = layer == c->network->layers + c->network->layer_count - 1;
    return last && (c->loss == BP_CROSS_ENTROPY || c->loss == BP_BINARY_CROSS_ENTROPY);
}

/* The forward pass of some samples; a fused loss wants the last layer's weighted inputs. */
static void BP_(forward_rows)(const call *c, bp_range rows) {
    const bp_network *network = c->network;
    const size_t count = rows.last - rows.first;
    for (size_t l = 0; l < network->layer_count; l++) {
        const layer_plan *layer = &network->layers[l];
        real *a = BP_(layer_a)(c, layer) + rows.first * layer->n_out;
        table(network)->dense_forward(BP_(layer_x)(c, layer) + rows.first * layer->n_in,
                                      c->parameters + layer->weights, BP_(layer_biases)(c->parameters, layer), a,
                                      count, layer->n_in, layer->n_out);
        if (BP_(is_fused)(c, layer)) continue;
        real *derivative = BP_(layer_derivative)(c, layer) + rows.first * layer->n_out;
        table(network)->activate(layer->activation, a, a, derivative, count, layer->n_out);
    }
}

static const real *BP_(targets_of_rows)(const call *c, bp_range rows) {
    const size_t n = c->network->outputs;
    if (c->batch->targets) return c->batch->targets + rows.first * n;
    BP_(bp_one_hot)(c->batch->classes + rows.first, c->one_hot + rows.first * n, rows.last - rows.first, n);
    return c->one_hot + rows.first * n;
}

/* The losses of some samples and, if wanted, the delta of the last layer. */
static void BP_(loss_rows)(const call *c, bp_range rows, int wants_delta) {
    const bp_network *network = c->network;
    const layer_plan *last = &network->layers[network->layer_count - 1];
    const size_t count = rows.last - rows.first, n = last->n_out;
    const real *t = BP_(targets_of_rows)(c, rows);
    real *a = BP_(layer_a)(c, last) + rows.first * n;
    real *delta = wants_delta ? BP_(layer_delta)(c, last) + rows.first * n : NULL;
    real *losses = c->losses + rows.first;
    if (c->loss == BP_CROSS_ENTROPY) {
        table(network)->softmax_cross_entropy(a, t, c->scale, a, delta, losses, count, n);
    } else if (c->loss == BP_BINARY_CROSS_ENTROPY) {
        table(network)->sigmoid_cross_entropy(a, t, c->scale, a, delta, losses, count, n);
    } else {
        table(network)->loss_delta(c->loss, a, t, c->scale, delta, losses, count, n);
        const real *derivative = BP_(layer_derivative)(c, last) + rows.first * n;
        if (delta) table(network)->activation_delta(last->activation, a, derivative, delta, delta, count, n);
    }
}

/* ---- Backward ---- */

static void BP_(transpose_share)(const call *c, const layer_plan *layer, const bp_team *team) {
    const bp_range rows = bp_team_range(team, layer->n_in, ALIGNMENT / sizeof(real));
    table(c->network)->transpose(c->parameters + layer->weights, c->transposed + layer->transposed_below,
                                 layer->n_in, layer->n_out, rows.first, rows.last);
}

/* The delta of the layer below, for some samples. */
static void BP_(delta_below_rows)(const call *c, const layer_plan *layer, bp_range rows) {
    const layer_plan *below = layer - 1;
    const size_t count = rows.last - rows.first, n = below->n_out;
    const real *a = BP_(layer_a)(c, below) + rows.first * n;
    const real *derivative = BP_(layer_derivative)(c, below) + rows.first * n;
    real *delta = BP_(layer_delta)(c, below) + rows.first * n;
    table(c->network)->delta_accumulate(BP_(layer_delta)(c, layer) + rows.first * layer->n_out,
                                        c->transposed + layer->transposed_below, delta, count, layer->n_in,
                                        layer->n_out);
    table(c->network)->activation_delta(below->activation, a, derivative, delta, delta, count, n);
}

/* This thread's rows of a layer's gradient, into the buffer. */
static void BP_(gradient_share)(const call *c, const layer_plan *layer, const bp_team *team) {
    const struct BP_(bp_kernel_table) *k = table(c->network);
    const bp_range rows = bp_team_range(team, layer->n_in, 1);
    const real *x = BP_(layer_x)(c, layer), *delta = BP_(layer_delta)(c, layer);
    real *dw = c->gradients + layer->weights, *db = c->gradients + layer->biases;
    if (trains_weights(layer))
        k->weight_gradient(x, delta, 0, dw, c->batch->samples, layer->n_in, layer->n_out, rows.first, rows.last);
    else
        for (size_t i = rows.first * layer->n_out; i < rows.last * layer->n_out; i++) dw[i] = 0;
    if (team->thread != 0 || !has_biases(layer)) return;
    if (trains_biases(layer))
        k->bias_gradient(delta, 0, db, c->batch->samples, layer->n_out);
    else
        for (size_t j = 0; j < layer->n_out; j++) db[j] = 0;
}

/* This thread's rows of a layer's weights, updated in place. */
static void BP_(descend_share)(const call *c, const layer_plan *layer, const bp_team *team) {
    const struct BP_(bp_kernel_table) *k = table(c->network);
    const bp_range rows = bp_team_range(team, layer->n_in, 1);
    const real *x = BP_(layer_x)(c, layer), *delta = BP_(layer_delta)(c, layer);
    if (trains_weights(layer))
        k->weight_descend(x, delta, c->rate, c->trained + layer->weights, c->batch->samples, layer->n_in,
                          layer->n_out, rows.first, rows.last);
    if (team->thread == 0 && trains_biases(layer))
        k->bias_descend(delta, c->rate, c->trained + layer->biases, c->batch->samples, layer->n_out);
}

static void BP_(share)(const call *c, const layer_plan *layer, const bp_team *team) {
    if (c->gradients) BP_(gradient_share)(c, layer, team);
    else BP_(descend_share)(c, layer, team);
}

static real BP_(mean_loss)(const call *c) {
    real sum = 0;
    for (size_t s = 0; s < c->batch->samples; s++) sum += c->losses[s];
    return sum / (real)c->batch->samples;
}

/* Whether the losses, which every thread has computed by now, forbid an update in place. */
static int BP_(is_lost)(const call *c) {
    if (c->gradients) return 0;
    const real loss = BP_(mean_loss)(c);
    return !(loss - loss == 0);
}

/* Every delta from the weights of the forward pass, then every gradient. */
static void BP_(backward_simultaneous)(const call *c, bp_range rows, const bp_team *team) {
    const bp_network *network = c->network;
    for (size_t l = network->layer_count; l-- > 1;)
        if (network->layers[l].transposed) BP_(delta_below_rows)(c, &network->layers[l], rows);
    bp_team_wait(team);
    if (BP_(is_lost)(c)) return;
    for (size_t l = 0; l < network->layer_count; l++) BP_(share)(c, &network->layers[l], team);
}

/* Each layer's update, then the delta below it through the new weights. */
static void BP_(backward_layer_by_layer)(const call *c, bp_range rows, const bp_team *team) {
    const bp_network *network = c->network;
    bp_team_wait(team);
    if (BP_(is_lost)(c)) return;
    for (size_t l = network->layer_count; l-- > 0;) {
        const layer_plan *layer = &network->layers[l];
        BP_(share)(c, layer, team);
        if (!layer->transposed) continue;
        bp_team_wait(team);
        BP_(transpose_share)(c, layer, team);
        bp_team_wait(team);
        BP_(delta_below_rows)(c, layer, rows);
        bp_team_wait(team);
    }
}

/* ---- Tasks: what each thread of a team does in a call ---- */

static void BP_(loss_task)(const bp_team *team, void *context) {
    const call *c = context;
    const bp_range rows = bp_team_range(team, c->batch->samples, 1);
    BP_(forward_rows)(c, rows);
    BP_(loss_rows)(c, rows, 0);
}

static void BP_(train_task)(const bp_team *team, void *context) {
    const call *c = context;
    const bp_network *network = c->network;
    const bp_range rows = bp_team_range(team, c->batch->samples, 1);
    if (c->order == BP_SIMULTANEOUS)
        for (size_t l = 1; l < network->layer_count; l++)
            if (network->layers[l].transposed) BP_(transpose_share)(c, &network->layers[l], team);
    bp_team_wait(team);
    BP_(forward_rows)(c, rows);
    BP_(loss_rows)(c, rows, 1);
    if (c->order == BP_SIMULTANEOUS) BP_(backward_simultaneous)(c, rows, team);
    else BP_(backward_layer_by_layer)(c, rows, team);
}

/* ---- Calls ---- */

size_t BP_(bp_train_size)(const bp_network *network, size_t samples) {
    size_t bytes = ALIGNMENT - 1;
    const int fits = add_array(&bytes, samples, network->units, sizeof(real)) &&
                     add_array(&bytes, samples, network->kept, sizeof(real)) &&
                     add_array(&bytes, samples, network->units, sizeof(real)) &&
                     add_array(&bytes, network->transposed, 1, sizeof(real)) &&
                     add_array(&bytes, samples, network->outputs, sizeof(real)) &&
                     add_array(&bytes, samples, 1, sizeof(real));
    return fits ? bytes : 0;
}

static bp_status BP_(check_batch)(const bp_network *network, const BP_(bp_batch) * batch) {
    if (batch->samples == 0) return BP_ERROR_EMPTY;
    if (!batch->inputs) return BP_ERROR_NULL;
    if (!batch->targets == !batch->classes) return BP_ERROR_TARGETS;
    for (size_t s = 0; batch->classes && s < batch->samples; s++)
        if (batch->classes[s] < 0 || (size_t)batch->classes[s] >= network->outputs) return BP_ERROR_CLASS;
    return BP_OK;
}

/* Checks what every call over a batch is given, and lays out its workspace. */
static bp_status BP_(prepare)(call *c, const bp_workspace *workspace, bp_reduction reduction) {
    if (!c->network || !c->parameters || !c->batch || !workspace || !workspace->memory) return BP_ERROR_NULL;
    if (reduction != BP_MEAN && reduction != BP_SUM) return BP_ERROR_OPTION;
    if (c->order != BP_SIMULTANEOUS && c->order != BP_LAYER_BY_LAYER) return BP_ERROR_OPTION;
    bp_status status = BP_(check_batch)(c->network, c->batch);
    if (status == BP_OK) status = bp_network_check_loss(c->network, c->loss);
    if (status != BP_OK) return status;
    const size_t samples = c->batch->samples, bytes = BP_(bp_train_size)(c->network, samples);
    if (bytes == 0) return BP_ERROR_TOO_LARGE;
    if (workspace->bytes < bytes) return BP_ERROR_MEMORY;
    arena memory = arena_open(workspace);
    c->a = arena_take(&memory, samples * c->network->units, sizeof(real));
    c->derivative = arena_take(&memory, samples * c->network->kept, sizeof(real));
    c->delta = arena_take(&memory, samples * c->network->units, sizeof(real));
    c->transposed = arena_take(&memory, c->network->transposed, sizeof(real));
    c->one_hot = arena_take(&memory, samples * c->network->outputs, sizeof(real));
    c->losses = arena_take(&memory, samples, sizeof(real));
    c->scale = reduction == BP_MEAN ? 1 / (real)samples : 1;
    return BP_OK;
}

bp_status BP_(bp_loss)(const bp_network *network, const real *parameters, const BP_(bp_batch) * batch,
                       bp_loss loss, const bp_workspace *workspace, real *value) {
    call c = {.network = network, .parameters = parameters, .batch = batch, .loss = loss};
    if (!value) return BP_ERROR_NULL;
    const bp_status status = BP_(prepare)(&c, workspace, BP_MEAN);
    if (status != BP_OK) return status;
    bp_pool_run(workspace->pool, BP_(loss_task), &c);
    *value = BP_(mean_loss)(&c);
    return BP_OK;
}

bp_status BP_(bp_gradients)(const bp_network *network, const real *parameters, const BP_(bp_batch) * batch,
                            bp_loss loss, bp_reduction reduction, const bp_workspace *workspace, real *gradients,
                            real *value) {
    call c = {.network = network, .parameters = parameters, .batch = batch, .loss = loss, .gradients = gradients};
    if (!gradients) return BP_ERROR_NULL;
    const bp_status status = BP_(prepare)(&c, workspace, reduction);
    if (status != BP_OK) return status;
    bp_pool_run(workspace->pool, BP_(train_task), &c);
    if (value) *value = BP_(mean_loss)(&c);
    return BP_OK;
}

bp_status BP_(bp_step)(const bp_network *network, real *parameters, const BP_(bp_batch) * batch,
                       const BP_(bp_descent) * descent, const bp_workspace *workspace, real *value) {
    if (!descent) return BP_ERROR_NULL;
    call c = {.network = network,
              .parameters = parameters,
              .trained = parameters,
              .batch = batch,
              .loss = descent->loss,
              .order = descent->order,
              .rate = descent->rate};
    const bp_status status = BP_(prepare)(&c, workspace, descent->reduction);
    if (status != BP_OK) return status;
    bp_pool_run(workspace->pool, BP_(train_task), &c);
    if (value) *value = BP_(mean_loss)(&c);
    return BP_OK;
}

bp_status BP_(bp_update)(const bp_network *network, const real *gradients, real rate, real *parameters) {
    if (!network || !gradients || !parameters) return BP_ERROR_NULL;
    for (size_t l = 0; l < network->layer_count; l++) {
        const layer_plan *layer = &network->layers[l];
        const size_t w = layer->weights, b = layer->biases;
        if (trains_weights(layer)) table(network)->descend(gradients + w, rate, parameters + w, b - w);
        if (trains_biases(layer)) table(network)->descend(gradients + b, rate, parameters + b, layer->n_out);
    }
    return BP_OK;
}

void BP_(bp_initialize)(const bp_network *network, uint64_t seed, real *parameters) {
    for (size_t l = 0; l < network->layer_count; l++) {
        const layer_plan *layer = &network->layers[l];
        bp_random random = bp_random_make(seed, l);
        const real limit = (real)initial_limit(layer);
        BP_(bp_random_uniform)(&random, limit, parameters + layer->weights, layer->biases - layer->weights);
        for (size_t j = 0; has_biases(layer) && j < layer->n_out; j++) parameters[layer->biases + j] = 0;
    }
}

/* ---- Prediction: like the forward pass, but each layer's activations are forgotten after the next ---- */

typedef struct BP_(prediction) {
    const bp_network *network;
    const real *parameters, *inputs;
    size_t samples;
    real *outputs;
    real *hidden[2]; /* [samples x widest hidden layer], taken in turn */
} BP_(prediction);

static void BP_(predict_task)(const bp_team *team, void *context) {
    const BP_(prediction) *p = context;
    const bp_network *network = p->network;
    const bp_range rows = bp_team_range(team, p->samples, 1);
    const size_t count = rows.last - rows.first;
    const real *x = p->inputs + rows.first * network->inputs;
    for (size_t l = 0; l < network->layer_count; l++) {
        const layer_plan *layer = &network->layers[l];
        const int last = l + 1 == network->layer_count;
        real *a = last ? p->outputs + rows.first * layer->n_out
                       : p->hidden[l % 2] + rows.first * network->widest_hidden;
        table(network)->dense_forward(x, p->parameters + layer->weights, BP_(layer_biases)(p->parameters, layer), a,
                                      count, layer->n_in, layer->n_out);
        table(network)->activate(layer->activation, a, a, NULL, count, layer->n_out);
        x = a;
    }
}

size_t BP_(bp_predict_size)(const bp_network *network, size_t samples) {
    size_t bytes = ALIGNMENT - 1;
    const int fits = add_array(&bytes, samples, network->widest_hidden, sizeof(real)) &&
                     add_array(&bytes, samples, network->widest_hidden, sizeof(real));
    return fits ? bytes : 0;
}

bp_status BP_(bp_predict)(const bp_network *network, const real *parameters, const real *inputs, size_t samples,
                          real *outputs, const bp_workspace *workspace) {
    if (!network || !parameters || !workspace || !workspace->memory) return BP_ERROR_NULL;
    if (samples > 0 && (!inputs || !outputs)) return BP_ERROR_NULL;
    const size_t bytes = BP_(bp_predict_size)(network, samples);
    if (bytes == 0) return BP_ERROR_TOO_LARGE;
    if (workspace->bytes < bytes) return BP_ERROR_MEMORY;
    arena memory = arena_open(workspace);
    BP_(prediction) p = {network, parameters, inputs, samples, outputs, {NULL, NULL}};
    for (int i = 0; i < 2; i++) p.hidden[i] = arena_take(&memory, samples * network->widest_hidden, sizeof(real));
    bp_pool_run(workspace->pool, BP_(predict_task), &p);
    return BP_OK;
}

#undef table
#undef call
