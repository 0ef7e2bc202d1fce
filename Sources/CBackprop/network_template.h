/*
 * network_template.h: training of a whole network, in one precision.
 *
 * Forward pass, deltas and losses go sample by sample, so threads take samples; weight
 * gradients and updates go weight by weight, so there threads take rows of weights.
 * Between the two everybody waits once.
 */
#define call BP_(call)

/* One call: what it was given, and its arrays in the workspace. */
typedef struct call {
    const bp_network *network;
    const real *parameters;
    const BP_(bp_batch) * batch;
    const BP_(bp_objective) * objective;
    uint64_t step;          /* that dropout's numbers belong to */
    real *gradients;        /* the gradient buffer, or NULL */
    int accumulates;        /* 1 if the buffer's contents are added to */
    real *trained;          /* the parameters, where they are updated; else NULL */
    real *loss;             /* where the mean of the losses goes before they are */
    bp_update_order order;
    real rate;              /* of an update without a gradient buffer */
    BP_(update) * update;   /* of one with a buffer, or NULL */
    real scale;             /* of every sample's derivatives */

    real *a;          /* [samples x units] layer after layer */
    real *derivative; /* [samples x kept] */
    real *delta;      /* [samples x units] */
    real *room;       /* [samples x widest] for the kernels of wide layers */
    real *targets;    /* [samples x outputs] where they are made: of classes, or smoothed */
    real *losses;     /* [samples] */
} call;

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

/* What a wide layer's kernels may use of the workspace, for some samples. */
static BP_(bp_room) BP_(room_of_rows)(const call *c, const layer_plan *layer, bp_range rows) {
    const size_t each = is_wide(layer) ? c->network->widest : 0;
    return (BP_(bp_room)){c->room + rows.first * each, (rows.last - rows.first) * each};
}

/* And for this thread's weights: always the same, as other threads may be at another layer. */
static BP_(bp_room) BP_(room_of_share)(const call *c, const layer_plan *layer, const bp_team *team) {
    const size_t each = is_wide(layer) ? c->network->widest / team->threads * c->batch->samples : 0;
    return (BP_(bp_room)){c->room + team->thread * each, each};
}

/*
 * So many samples are taken up and down together that their activations and deltas stay in the second-level cache,
 * but enough to be worth packing weights for. (4-32-16-4, batch 10,000, on EPYC, Zen 5: 7 % faster.)
 */
static size_t BP_(block_of_samples)(const bp_network *network) {
    const size_t most = ((size_t)1 << 19) / (2 * sizeof(real) * network->units);
    return most > 256 ? most : 256;
}

/*
 * Whether threads share the lowest layer by columns, forward and in the update: each then multiplies the weights that
 * it has updated itself, and has in its own cache. (A layer above passes deltas down, for which a thread needs all
 * weights.) Only where the shares are of nearly the same size, and fill tiles. Two threads on EPYC, Zen 5, batch 128,
 * against rows of samples and then of weights: 784-512-512-10 2 % faster, the autoencoder 784-256-32-256-784 1 %.
 */
static int BP_(shares_columns)(const call *c, const bp_team *team) {
    const layer_plan *lowest = &c->network->layers[0];
    if (team->threads == 1 || c->batch->samples == 1 || !trains_weights(lowest)) return 0;
    if (c->batch->samples > team->threads * BP_(block_of_samples)(c->network)) return 0;
    const size_t lines = lowest->n_out * sizeof(real) / BP_CACHE_LINE, most = lines / team->threads + 1;
    return lines >= 4 * team->threads && (lines % team->threads == 0 || most * team->threads <= lines + lines / 16);
}

/* This thread's weights of a layer: some columns, or rows. */
static bp_block BP_(weights_share)(const call *c, const layer_plan *layer, const bp_team *team) {
    bp_block share = {{0, layer->n_in}, {0, layer->n_out}};
    if (layer == c->network->layers && BP_(shares_columns)(c, team))
        share.columns = bp_team_range(team, layer->n_out, BP_CACHE_LINE / sizeof(real));
    else
        share.rows = bp_team_range(team, layer->n_in, 1);
    return share;
}

/* ---- Forward ---- */

/* This thread's columns of the lowest layer's weighted inputs. */
static void BP_(forward_columns)(const call *c, const bp_team *team) {
    const layer_plan *layer = &c->network->layers[0];
    const bp_range columns = BP_(weights_share)(c, layer, team).columns;
    const real *biases = BP_(layer_biases)(c->parameters, layer);
    table(c->network)->dense_forward(
        c->batch->inputs, c->parameters + layer->weights + columns.first, biases ? biases + columns.first : NULL,
        BP_(layer_a)(c, layer) + columns.first, c->batch->samples, layer->n_in, layer->n_out,
        columns.last - columns.first, BP_(room_of_share)(c, layer, team));
    bp_team_wait(team);
}

/* Drops units of some samples; the derivative, which is kept then, goes the same way. */
static void BP_(drop_out)(const call *c, const layer_plan *layer, bp_range rows, real *a, real *derivative) {
    const size_t n = layer->n_out, count = (rows.last - rows.first) * n;
    if (!bp_activation_keeps_derivative(layer->activation)) {
        for (size_t i = 0; i < count; i++) derivative[i] = 1;
        table(c->network)->activation_delta(layer->activation, a, NULL, derivative, derivative, rows.last - rows.first, n);
    }
    const size_t number = (size_t)(layer - c->network->layers);
    const BP_(bp_dropout) dropout = BP_(bp_dropout_make)(layer->dropout, c->objective->seed, c->step, number);
    table(c->network)->drop_out(&dropout, (c->batch->first + rows.first) * n, a, derivative, count);
}

static int BP_(is_fused)(const call *c, const layer_plan *layer) {
    const int last = layer == c->network->layers + c->network->layer_count - 1;
    return last && (c->objective->loss == BP_CROSS_ENTROPY || c->objective->loss == BP_BINARY_CROSS_ENTROPY);
}

/*
 * The forward pass of some samples, from the lowest layer's weighted inputs where they are there; a fused loss wants
 * those of the last.
 */
static void BP_(forward_rows)(const call *c, bp_range rows, int trains, int has_lowest) {
    const bp_network *network = c->network;
    const size_t count = rows.last - rows.first;
    for (size_t l = 0; l < network->layer_count; l++) {
        const layer_plan *layer = &network->layers[l];
        real *a = BP_(layer_a)(c, layer) + rows.first * layer->n_out;
        if (l > 0 || !has_lowest)
            BP_(dense_rows)(network, layer, c->parameters, BP_(layer_x)(c, layer) + rows.first * layer->n_in, a,
                            c->batch->samples, count, BP_(room_of_rows)(c, layer, rows));
        if (BP_(is_fused)(c, layer)) continue;
        real *derivative = BP_(layer_derivative)(c, layer) + rows.first * layer->n_out;
        BP_(activate)(network, layer, a, derivative, count);
        if (trains && layer->dropout > 0) BP_(drop_out)(c, layer, rows, a, derivative);
    }
}

/* Targets as they were given, or made: of classes, and smoothed. */
static const real *BP_(targets_of_rows)(const call *c, bp_range rows) {
    const size_t n = c->network->outputs, count = rows.last - rows.first;
    const real smoothing = c->objective->label_smoothing;
    const real *given = c->batch->targets ? c->batch->targets + rows.first * n : NULL;
    if (given && smoothing == 0) return given;
    real *made = c->targets + rows.first * n;
    if (!given) BP_(bp_one_hot)(c->batch->classes + rows.first, made, count, n);
    const size_t choices = c->objective->loss == BP_BINARY_CROSS_ENTROPY ? 2 : n; /* each output is one of two */
    for (size_t i = 0; smoothing > 0 && i < count * n; i++)
        made[i] = (given ? given[i] : made[i]) * (1 - smoothing) + smoothing / (real)choices;
    return made;
}

/* A loss of the caller's own: its gradients with respect to the outputs, scaled. */
static void BP_(custom_loss_rows)(const call *c, const real *a, const real *t, real *g, real *losses, size_t count) {
    const bp_custom_loss *custom = c->objective->custom;
    const size_t n = c->network->outputs;
    for (size_t s = 0; s < count; s++)
        losses[s] = custom->BP_TABLE(custom->context, a + s * n, t + s * n, g ? g + s * n : NULL, n);
    for (size_t i = 0; g && i < count * n; i++) g[i] *= c->scale;
}

/* dL/dz from dL/da, in place. A derivative that dropout made is a factor like a kept one. */
static void BP_(delta_rows)(const call *c, const layer_plan *layer, bp_range rows, real *delta) {
    const bp_activation f = layer->dropout > 0 ? BP_CUSTOM_ACTIVATION : layer->activation;
    table(c->network)->activation_delta(f, BP_(layer_a)(c, layer) + rows.first * layer->n_out,
                                        BP_(layer_derivative)(c, layer) + rows.first * layer->n_out, delta, delta,
                                        rows.last - rows.first, layer->n_out);
}

/* Each sample's loss and delta, times its weight. */
static void BP_(weigh_rows)(const real *weights, real *losses, real *delta, size_t count, size_t n) {
    for (size_t s = 0; s < count; s++) {
        losses[s] *= weights[s];
        for (size_t j = 0; delta && j < n; j++) delta[s * n + j] *= weights[s];
    }
}

/* The losses of some samples and, if wanted, the delta of the last layer. */
static void BP_(loss_rows)(const call *c, bp_range rows, int wants_delta) {
    const bp_network *network = c->network;
    const layer_plan *last = &network->layers[network->layer_count - 1];
    const bp_loss loss = c->objective->loss;
    const size_t count = rows.last - rows.first, n = last->n_out;
    const real *t = BP_(targets_of_rows)(c, rows);
    real *a = BP_(layer_a)(c, last) + rows.first * n;
    real *delta = wants_delta ? BP_(layer_delta)(c, last) + rows.first * n : NULL;
    real *losses = c->losses + rows.first;
    if (loss == BP_CROSS_ENTROPY) {
        table(network)->softmax_cross_entropy(a, t, c->scale, a, delta, losses, count, n);
    } else if (loss == BP_BINARY_CROSS_ENTROPY) {
        table(network)->sigmoid_cross_entropy(a, t, c->scale, a, delta, losses, count, n);
    } else {
        if (loss == BP_CUSTOM_LOSS) BP_(custom_loss_rows)(c, a, t, delta, losses, count);
        else table(network)->loss_delta(loss, a, t, c->scale, delta, losses, count, n);
        if (delta) BP_(delta_rows)(c, last, rows, delta);
    }
    if (c->batch->weights) BP_(weigh_rows)(c->batch->weights + rows.first, losses, delta, count, n);
}

/* ---- Backward ---- */

/* The delta of the layer below, for some samples. */
static void BP_(delta_below_rows)(const call *c, const layer_plan *layer, bp_range rows) {
    const layer_plan *below = layer - 1;
    const real *above = BP_(layer_delta)(c, layer) + rows.first * layer->n_out;
    real *delta = BP_(layer_delta)(c, below) + rows.first * below->n_out;
#if BP_HAS_SIMD
    if (c->batch->samples == 1) {
        const size_t last = (rows.last - rows.first) * layer->n_in;
        table(c->network)->sample_delta(above, c->parameters + layer->weights, delta, layer->n_out, 0, last);
        BP_(delta_rows)(c, below, rows, delta);
        return;
    }
#endif
    table(c->network)->delta_accumulate(above, c->parameters + layer->weights, delta, rows.last - rows.first,
                                        layer->n_in, layer->n_out, BP_(room_of_rows)(c, layer, rows));
    BP_(delta_rows)(c, below, rows, delta);
}

/* This thread's share of a layer's gradient, into the buffer. */
static void BP_(gradient_share)(const call *c, const layer_plan *layer, const bp_team *team) {
    const struct BP_(bp_kernel_table) *k = table(c->network);
    const bp_block block = BP_(weights_share)(c, layer, team);
    const real *x = BP_(layer_x)(c, layer), *delta = BP_(layer_delta)(c, layer);
    real *dw = c->gradients + layer->weights, *db = c->gradients + layer->biases;
    if (trains_weights(layer))
        k->weight_gradient(x, delta, c->accumulates, dw, c->batch->samples, layer->n_in, layer->n_out, block,
                           BP_(room_of_share)(c, layer, team));
    else
        for (size_t i = block.rows.first * layer->n_out; i < block.rows.last * layer->n_out; i++) dw[i] = 0;
    if (team->thread != 0 || !has_biases(layer)) return;
    if (trains_biases(layer))
        k->bias_gradient(delta, c->accumulates, db, c->batch->samples, layer->n_out);
    else
        for (size_t j = 0; j < layer->n_out; j++) db[j] = 0;
}

/* Moves this thread's share of the gradients of tied weights to their owners. */
static void BP_(tie_gradients)(const call *c, const bp_team *team) {
    const bp_network *network = c->network;
    for (size_t l = 0; l < network->layer_count; l++) {
        const layer_plan *layer = &network->layers[l];
        if (owns_weights(layer)) continue;
        real *shared = c->gradients + layer->weights;
        real *owned = c->gradients + network->layers[layer->tied - 1].weights;
        const bp_range rows = bp_team_range(team, layer->n_out, 1);
        for (size_t i = rows.first; i < rows.last; i++)
            for (size_t j = 0; j < layer->n_in; j++) {
                owned[i * layer->n_in + j] += shared[j * layer->n_out + i];
                shared[j * layer->n_out + i] = 0;
            }
    }
}

/* This thread's share of a layer's weights, updated in place. */
static void BP_(descend_share)(const call *c, const layer_plan *layer, const bp_team *team) {
    const struct BP_(bp_kernel_table) *k = table(c->network);
    const real *x = BP_(layer_x)(c, layer), *delta = BP_(layer_delta)(c, layer);
    if (trains_weights(layer))
        k->weight_descend(x, delta, c->rate, c->trained + layer->weights, c->batch->samples, layer->n_in,
                          layer->n_out, BP_(weights_share)(c, layer, team), BP_(room_of_share)(c, layer, team));
    if (team->thread == 0 && trains_biases(layer))
        k->bias_descend(delta, c->rate, c->trained + layer->biases, c->batch->samples, layer->n_out);
}

/* ---- Tasks: what each thread of a team does in a call ---- */

static real BP_(mean_loss)(const call *c) {
    real sum = 0;
    for (size_t s = 0; s < c->batch->samples; s++) sum += c->losses[s];
    return sum / (real)c->batch->samples;
}

/* Whether the losses, which every thread has computed by now, forbid an update; the first thread keeps their mean. */
static int BP_(is_lost)(const call *c, const bp_team *team) {
    if (!c->trained) return 0;
    const real loss = BP_(mean_loss)(c);
    if (team->thread == 0) *c->loss = loss;
    return !(loss - loss == 0);
}

/* Gradients into the buffer, and what is to be done with them. */
static void BP_(gradient_shares)(const call *c, const bp_team *team) {
    const bp_network *network = c->network;
    for (size_t l = 0; l < network->layer_count; l++) BP_(gradient_share)(c, &network->layers[l], team);
    const int is_last_part = c->batch->first + c->batch->samples >= c->batch->of;
    if (network->ties > 0 && is_last_part) {
        bp_team_wait(team);
        BP_(tie_gradients)(c, team);
    }
    if (!c->update) return;
    bp_team_wait(team);
    BP_(update_task)(team, c->update);
}

/* Every gradient, once every delta is there. */
static void BP_(backward_simultaneous)(const call *c, const bp_team *team) {
    const bp_network *network = c->network;
    bp_team_wait(team);
    if (BP_(is_lost)(c, team)) return;
    if (c->gradients) BP_(gradient_shares)(c, team);
    else
        for (size_t l = 0; l < network->layer_count; l++) BP_(descend_share)(c, &network->layers[l], team);
}

#if BP_HAS_SIMD
/*
 * Rows of a layer's weights that stay in the caches from their delta to their update: 784-512-512-10 is 6 %
 * faster so than with all deltas first. Where there is no delta all rows are one block (2 % of 784-128-10).
 */
static size_t BP_(sample_block)(const layer_plan *layer) {
    return layer->passes_delta ? (4096 / SHARED_GRAIN / layer->n_out + 1) * SHARED_GRAIN : layer->n_in;
}

/* Both at once, for a single sample, so that each weight comes from memory once; from the end, which was read last. */
static void BP_(backward_sample)(const call *c, bp_range samples, const bp_team *team) {
    const struct BP_(bp_kernel_table) *k = table(c->network);
    bp_team_wait(team);
    if (BP_(is_lost)(c, team)) return;
    for (size_t l = c->network->layer_count; l-- > 0;) {
        const layer_plan *layer = &c->network->layers[l];
        const bp_range rows = bp_team_range(team, layer->n_in, SHARED_GRAIN);
        const real *x = BP_(layer_x)(c, layer), *delta = BP_(layer_delta)(c, layer);
        real *w = c->trained + layer->weights;
        for (size_t last = rows.last, first; last > rows.first; last = first) {
            const size_t block = BP_(sample_block)(layer);
            first = last - rows.first > block ? last - block : rows.first;
            if (layer->passes_delta) k->sample_delta(delta, w, BP_(layer_delta)(c, layer - 1), layer->n_out, first, last);
            if (trains_weights(layer)) k->sample_descend(x, delta, c->rate, w, layer->n_out, first, last);
        }
        if (team->thread == 0 && trains_biases(layer))
            k->bias_descend(delta, c->rate, c->trained + layer->biases, 1, layer->n_out);
        if (!layer->passes_delta) continue;
        bp_team_wait(team);
        BP_(delta_rows)(c, layer - 1, samples, BP_(layer_delta)(c, layer - 1));
        bp_team_wait(team);
    }
}
#endif

/* Each layer's update, then the delta below it through the new weights. */
static void BP_(backward_layer_by_layer)(const call *c, bp_range rows, const bp_team *team) {
    const bp_network *network = c->network;
    bp_team_wait(team);
    if (BP_(is_lost)(c, team)) return;
    for (size_t l = network->layer_count; l-- > 0;) {
        const layer_plan *layer = &network->layers[l];
        BP_(descend_share)(c, layer, team);
        if (!layer->passes_delta) continue;
        bp_team_wait(team);
        BP_(delta_below_rows)(c, layer, rows);
        bp_team_wait(team);
    }
}

static void BP_(loss_task)(const bp_team *team, void *context) {
    const call *c = context;
    const bp_range rows = bp_team_range(team, c->batch->samples, 1);
    BP_(forward_rows)(c, rows, 0, 0);
    BP_(loss_rows)(c, rows, 0);
}

/* Forward and, if wanted, back to the lowest delta, with the weights as they are: some samples after the other. */
static void BP_(train_rows)(const call *c, bp_range rows, int wants_deltas, int has_lowest) {
    const bp_network *network = c->network;
    const size_t block = BP_(block_of_samples)(network);
    for (bp_range some = {rows.first, rows.first}; some.first < rows.last; some.first = some.last) {
        some.last = rows.last - some.first > block ? some.first + block : rows.last;
        BP_(forward_rows)(c, some, 1, has_lowest);
        BP_(loss_rows)(c, some, 1);
        for (size_t l = network->layer_count; wants_deltas && l-- > 1;)
            if (network->layers[l].passes_delta) BP_(delta_below_rows)(c, &network->layers[l], some);
    }
}

static void BP_(train_task)(const bp_team *team, void *context) {
    const call *c = context;
    const bp_range rows = bp_team_range(team, c->batch->samples, 1);
    const int in_sample = BP_HAS_SIMD && c->order == BP_SIMULTANEOUS && c->batch->samples == 1 && !c->gradients;
    const int by_columns = BP_(shares_columns)(c, team);
    if (by_columns) BP_(forward_columns)(c, team);
    BP_(train_rows)(c, rows, c->order == BP_SIMULTANEOUS && !in_sample, by_columns);
#if BP_HAS_SIMD
    if (in_sample) {
        BP_(backward_sample)(c, rows, team);
        return;
    }
#endif
    if (c->order == BP_SIMULTANEOUS) BP_(backward_simultaneous)(c, team);
    else BP_(backward_layer_by_layer)(c, rows, team);
}

/* ---- Calls ---- */

size_t BP_(bp_train_size)(const bp_network *network, size_t samples) {
    size_t bytes = BP_CACHE_LINE - 1;
    const int fits = add_array(&bytes, samples, network->units, sizeof(real)) &&
                     add_array(&bytes, samples, network->kept, sizeof(real)) &&
                     add_array(&bytes, samples, network->units, sizeof(real)) &&
                     add_array(&bytes, samples, network->widest, sizeof(real)) &&
                     add_array(&bytes, samples, network->outputs, sizeof(real)) &&
                     add_array(&bytes, samples, 1, sizeof(real));
    return asked_bytes(fits, bytes);
}

static bp_status BP_(check_batch)(const bp_network *network, const BP_(bp_batch) * batch) {
    if (batch->samples == 0) return BP_ERROR_EMPTY;
    if (!batch->inputs) return BP_ERROR_NULL;
    if (!batch->targets == !batch->classes) return BP_ERROR_TARGETS;
    if (batch->of > 0 && (batch->first >= batch->of || batch->samples > batch->of - batch->first))
        return BP_ERROR_OPTION;
    if (batch->of == 0 && batch->first > 0) return BP_ERROR_OPTION;
    for (size_t s = 0; batch->classes && s < batch->samples; s++)
        if (batch->classes[s] < 0 || (size_t)batch->classes[s] >= network->outputs) return BP_ERROR_CLASS;
    return BP_OK;
}

bp_status BP_(bp_objective_check)(const bp_network *network, const BP_(bp_objective) * objective) {
    if (!network || !objective) return BP_ERROR_NULL;
    if (objective->size != sizeof *objective) return BP_ERROR_VERSION;
    const bp_activation last = network->layers[network->layer_count - 1].activation;
    const bp_loss loss = objective->loss;
    if (loss == BP_CUSTOM_LOSS && (!objective->custom || !objective->custom->BP_TABLE)) return BP_ERROR_NULL;
    if (loss < 0 || loss > BP_CUSTOM_LOSS) return BP_ERROR_LOSS;
    if (loss == BP_CROSS_ENTROPY && last != BP_SOFTMAX) return BP_ERROR_PAIR;
    if (loss == BP_BINARY_CROSS_ENTROPY && last != BP_SIGMOID) return BP_ERROR_PAIR;
    if (objective->reduction != BP_MEAN && objective->reduction != BP_SUM) return BP_ERROR_OPTION;
    if (!(objective->label_smoothing >= 0 && objective->label_smoothing < 1)) return BP_ERROR_OPTION;
    return network->BP_(lacks) ? BP_ERROR_NULL : BP_OK;
}

/* Checks what every call over a batch is given, and lays out its workspace. */
static bp_status BP_(prepare)(call *c, const bp_workspace *workspace) {
    if (!c->network || !c->parameters || !c->batch || !workspace || !workspace->memory) return BP_ERROR_NULL;
    bp_status status = BP_(check_batch)(c->network, c->batch);
    if (status == BP_OK) status = BP_(bp_objective_check)(c->network, c->objective);
    if (status != BP_OK) return status;
    const size_t samples = c->batch->samples, bytes = BP_(bp_train_size)(c->network, samples);
    arena memory;
    status = arena_open(&memory, workspace, bytes, _Alignof(real));
    if (status != BP_OK) return status;
    c->a = arena_take(&memory, samples * c->network->units, sizeof(real));
    c->derivative = arena_take(&memory, samples * c->network->kept, sizeof(real));
    c->delta = arena_take(&memory, samples * c->network->units, sizeof(real));
    c->room = arena_take(&memory, samples * c->network->widest, sizeof(real));
    c->targets = arena_take(&memory, samples * c->network->outputs, sizeof(real));
    c->losses = arena_take(&memory, samples, sizeof(real));
    const size_t mean_over = c->batch->of > 0 ? c->batch->of : samples;
    c->scale = c->objective->reduction == BP_MEAN ? 1 / (real)mean_over : 1;
    return BP_OK;
}

bp_status BP_(bp_loss)(const bp_network *network, const real *parameters, const BP_(bp_batch) * batch,
                       const BP_(bp_objective) * objective, const bp_workspace *workspace, real *value) {
    call c = {.network = network, .parameters = parameters, .batch = batch, .objective = objective};
    if (!value) return BP_ERROR_NULL;
    const bp_status status = BP_(prepare)(&c, workspace);
    if (status != BP_OK) return status;
    bp_pool_run(workspace->pool, BP_(loss_task), &c);
    *value = BP_(mean_loss)(&c);
    return BP_OK;
}

bp_status BP_(bp_gradients)(const bp_network *network, const real *parameters, const BP_(bp_batch) * batch,
                            const BP_(bp_objective) * objective, const bp_workspace *workspace, real *gradients,
                            real *value) {
    call c = {.network = network, .parameters = parameters, .batch = batch, .objective = objective};
    if (!gradients) return BP_ERROR_NULL;
    const bp_status status = BP_(prepare)(&c, workspace);
    if (status != BP_OK) return status;
    c.step = objective->step;
    c.gradients = gradients;
    c.accumulates = batch->first > 0;
    bp_pool_run(workspace->pool, BP_(train_task), &c);
    if (value) *value = BP_(mean_loss)(&c);
    return BP_OK;
}

/* How the call updates: in place, or by way of the state's gradient buffer. */
static bp_status BP_(choose_update)(call *c, const BP_(bp_optimizer) * optimizer, const BP_(bp_state) * state,
                                    BP_(update) * update) {
    if (!optimizer || !state) return BP_ERROR_NULL;
    if (c->batch->of > 0) return BP_ERROR_OPTION;
    c->step = state->steps;
    c->order = optimizer->order;
    c->rate = optimizer->rate;
    if (!state->gradients || optimizer->order == BP_LAYER_BY_LAYER) {
        const bp_status status = BP_(bp_optimizer_check)(optimizer);
        if (status != BP_OK) return status;
        if (c->network->ties > 0) return state->gradients ? BP_ERROR_OPTION : BP_ERROR_NULL;
        return BP_(bp_descends_plainly)(optimizer) ? BP_OK : BP_ERROR_NULL;
    }
    c->gradients = state->gradients;
    c->update = update;
    return BP_(prepare_update)(update, c->network, optimizer, state->gradients, state, c->trained);
}

/* A step of any network, from any batch, by any optimizer. */
static bp_status BP_(long_step)(const bp_network *network, real *parameters, const BP_(bp_batch) * batch,
                                const BP_(bp_objective) * objective, const BP_(bp_optimizer) * optimizer,
                                BP_(bp_state) * state, const bp_workspace *workspace, real *value) {
    real loss = 0;
    call c = {.network = network,
              .parameters = parameters,
              .trained = parameters,
              .loss = &loss,
              .batch = batch,
              .objective = objective};
    bp_status status = BP_(prepare)(&c, workspace);
    if (status != BP_OK) return status;
    BP_(update) update;
    status = BP_(choose_update)(&c, optimizer, state, &update);
    if (status != BP_OK) return status;
    bp_pool_run(workspace->pool, BP_(train_task), &c);
    if (loss - loss == 0) state->steps++;
    if (value) *value = loss;
    return BP_OK;
}

#if BP_HAS_SIMD
/*
 * Whether narrow_template.h can make a step: plain descent from one sample's targets. It is of some
 * fifty nanoseconds, so this comes first, and answers no where anything is out of the ordinary: the
 * long way then finds what is wrong.
 */
static int BP_(is_narrow_step)(const bp_network *network, const BP_(bp_batch) * batch,
                               const BP_(bp_objective) * objective, const BP_(bp_optimizer) * o,
                               const BP_(bp_state) * state, const bp_workspace *workspace) {
    if (!network || !batch || !objective || !o || !state || !workspace) return 0;
    if (network->narrow > BP_(narrow_lanes) || network->kernels->isa == BP_ISA_SCALAR) return 0;
    const int has_sample = batch->samples == 1 && batch->inputs && batch->targets && workspace->memory &&
                           workspace->bytes >= network->BP_(narrow_bytes);
    if (!has_sample || batch->classes || batch->weights || batch->first | batch->of || state->gradients) return 0;
    if (objective->size != sizeof *objective || (unsigned)objective->loss > BP_HUBER ||
        (unsigned)objective->reduction > BP_SUM || objective->label_smoothing != 0)
        return 0;
    return o->size == sizeof *o && (unsigned)o->order <= BP_LAYER_BY_LAYER && o->rate - o->rate == 0 &&
           BP_(bp_descends_plainly)(o);
}
#endif

bp_status BP_(bp_step)(const bp_network *network, real *parameters, const BP_(bp_batch) * batch,
                       const BP_(bp_objective) * objective, const BP_(bp_optimizer) * optimizer,
                       BP_(bp_state) * state, const bp_workspace *workspace, real *value) {
#if BP_HAS_SIMD
    if (parameters && BP_(is_narrow_step)(network, batch, objective, optimizer, state, workspace)) {
        const BP_(bp_narrow) how = {objective->loss, optimizer->order, optimizer->rate};
        const real loss = BP_(bp_narrow_step)(network, batch->inputs, batch->targets, &how, parameters);
        if (loss - loss == 0) state->steps++;
        if (value) *value = loss;
        return BP_OK;
    }
#endif
    return BP_(long_step)(network, parameters, batch, objective, optimizer, state, workspace, value);
}

void BP_(bp_initialize)(const bp_network *network, uint64_t seed, real *parameters) {
    for (size_t l = 0; l < network->layer_count; l++) {
        const layer_plan *layer = &network->layers[l];
        bp_random random = bp_random_make(seed, l);
        const real limit = BP_(initial_limit)(initial_fan(layer));
        if (owns_weights(layer))
            BP_(bp_random_uniform)(&random, limit, parameters + layer->weights, layer->biases - layer->weights);
        for (size_t j = 0; has_biases(layer) && j < layer->n_out; j++) parameters[layer->biases + j] = 0;
    }
    const bp_team alone = {NULL, 0, 1};
    BP_(tie_weights)(network, parameters, &alone);
}

#undef call
