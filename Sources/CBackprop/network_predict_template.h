/*
 * network_predict_template.h: prediction of a whole network, in one precision, and what
 * training shares with it.
 */
static const struct BP_(bp_kernel_table) * table(const bp_network *network) {
    return BP_KERNELS(network->kernels);
}

static const real *BP_(layer_biases)(const real *parameters, const layer_plan *layer) {
    return has_biases(layer) ? parameters + layer->biases : NULL;
}

/* The weighted inputs of 'count' of a call's samples. */
static void BP_(dense_rows)(const bp_network *network, const layer_plan *layer, const real *parameters, const real *x,
                            real *z, size_t samples, size_t count, BP_(bp_room) room) {
    const real *w = parameters + layer->weights, *b = BP_(layer_biases)(parameters, layer);
#if BP_HAS_SIMD
    if (samples == 1 && count == 1) {
        table(network)->sample_forward(x, w, b, z, layer->n_in, layer->n_out, layer->n_out);
        return;
    }
#endif
    (void)samples;
    table(network)->dense_forward(x, w, b, z, count, layer->n_in, layer->n_out, layer->n_out, room);
}

static void BP_(activate)(const bp_network *network, const layer_plan *layer, real *z, real *derivative, size_t count) {
    if (layer->activation == BP_CUSTOM_ACTIVATION)
        layer->custom.BP_TABLE(layer->custom.context, z, z, derivative, count * layer->n_out);
    else
        table(network)->activate(layer->activation, z, z, derivative, count, layer->n_out);
}

/* Each layer's activations are forgotten after the next. */

typedef struct BP_(prediction) {
    const bp_network *network;
    const real *parameters, *inputs;
    size_t samples;
    real *outputs;
    real *hidden[2]; /* [samples x widest hidden layer], taken in turn */
} BP_(prediction);

#if BP_HAS_SIMD
/* This thread's outputs of a layer for a single sample: a part of a large layer's, else all of them or none. */
static bp_range BP_(outputs_of_sample)(const bp_team *team, const layer_plan *layer) {
    if (is_large(layer)) return bp_team_range(team, layer->n_out, BP_CACHE_LINE / sizeof(real));
    return (bp_range){0, team->thread == 0 ? layer->n_out : 0};
}

/* A single sample, whose time is that of reading the weights: threads share them, and meet at each layer. */
static void BP_(predict_sample)(const BP_(prediction) * p, const bp_team *team) {
    const bp_network *network = p->network;
    const real *x = p->inputs;
    for (size_t l = 0; l < network->layer_count; l++) {
        const layer_plan *layer = &network->layers[l];
        real *a = l + 1 == network->layer_count ? p->outputs : p->hidden[l % 2];
        const real *w = p->parameters + layer->weights, *b = BP_(layer_biases)(p->parameters, layer);
        const bp_range some = BP_(outputs_of_sample)(team, layer);
        if (some.first < some.last)
            table(network)->sample_forward(x, w + some.first, b ? b + some.first : NULL, a + some.first, layer->n_in,
                                           layer->n_out, some.last - some.first);
        if (is_large(layer)) bp_team_wait(team);
        if (team->thread == 0) BP_(activate)(network, layer, a, NULL, 1);
        bp_team_wait(team);
        x = a;
    }
}
#endif

static void BP_(predict_task)(const bp_team *team, void *context) {
    const BP_(prediction) *p = context;
#if BP_HAS_SIMD
    if (p->samples == 1 && p->network->has_large) {
        BP_(predict_sample)(p, team);
        return;
    }
#endif
    const bp_network *network = p->network;
    const bp_range rows = bp_team_range(team, p->samples, 1);
    const size_t count = rows.last - rows.first;
    const real *x = p->inputs + rows.first * network->inputs;
    for (size_t l = 0; l < network->layer_count; l++) {
        const layer_plan *layer = &network->layers[l];
        const int last = l + 1 == network->layer_count;
        real *a = last ? p->outputs + rows.first * layer->n_out
                       : p->hidden[l % 2] + rows.first * network->widest_hidden;
        BP_(dense_rows)(network, layer, p->parameters, x, a, p->samples, count,
                        (BP_(bp_room)){NULL, 0});
        BP_(activate)(network, layer, a, NULL, count);
        x = a;
    }
}

size_t BP_(bp_predict_size)(const bp_network *network, size_t samples) {
    size_t bytes = BP_CACHE_LINE - 1;
    const int fits = add_array(&bytes, samples, network->widest_hidden, sizeof(real)) &&
                     add_array(&bytes, samples, network->widest_hidden, sizeof(real));
    return asked_bytes(fits, bytes);
}

bp_status BP_(bp_predict)(const bp_network *network, const real *parameters, const real *inputs, size_t samples,
                          real *outputs, const bp_workspace *workspace) {
    if (!network || !parameters || !workspace || !workspace->memory) return BP_ERROR_NULL;
    if ((samples > 0 && (!inputs || !outputs)) || network->BP_(lacks)) return BP_ERROR_NULL;
    arena memory;
    const bp_status status = arena_open(&memory, workspace, BP_(bp_predict_size)(network, samples), _Alignof(real));
    if (status != BP_OK) return status;
    BP_(prediction) p = {network, parameters, inputs, samples, outputs, {NULL, NULL}};
    for (int i = 0; i < 2; i++) p.hidden[i] = arena_take(&memory, samples * network->widest_hidden, sizeof(real));
    if (samples > 0) bp_pool_run(workspace->pool, BP_(predict_task), &p); /* arrays of none may be NULL */
    return BP_OK;
}
