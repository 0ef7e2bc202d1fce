/*
 * network_update_template.h: updates of all parameters of a network by an optimizer, in one precision.
 */

/* An update: what it was given, and its rules. */
typedef struct BP_(update) {
    const bp_network *network;
    BP_(bp_rule) weight_rule, bias_rule; /* but for the scale that clips the norm */
    real clip_norm;
    const real *gradients;
    real *slots;
    real *parameters;
    real scale; /* found by the first thread */
} BP_(update);

/* This thread's share of n parameters that lie together; frozen ones only get slots, to go on from when thawed. */
static void BP_(update_range)(const BP_(update) * u, const BP_(bp_rule) * given, size_t first, size_t n, int trains,
                              const bp_team *team) {
    const bp_range part = bp_team_range(team, n, SHARED_GRAIN);
    const size_t slots = bp_method_slots(given->method), at = first + part.first;
    real *m = slots > 0 ? u->slots + at : NULL;
    real *v = slots > 1 ? u->slots + u->network->parameters + at : NULL;
    BP_(bp_rule) rule = *given;
    rule.scale = u->scale;
    if (trains)
        BP_(bp_rule_apply)(u->network->kernels, &rule, u->gradients + at, m, v, u->parameters + at,
                           part.last - part.first);
    else BP_(bp_rule_start)(&rule, m, v, part.last - part.first);
}

/* What clips the norm of the whole gradient, as PyTorch's clip_grad_norm_ has it. */
static real BP_(norm_scale)(const BP_(update) * u) {
    if (u->clip_norm == 0) return 1;
    const real norm = BP_(square_root)(table(u->network)->sum_of_squares(u->gradients, u->network->parameters));
    const real scale = u->clip_norm / (norm + (real)1e-6);
    return scale < 1 ? scale : 1;
}

/* Gives the layers that share weights, turned, their owners' new ones. */
static void BP_(tie_weights)(const bp_network *network, real *parameters, const bp_team *team) {
    for (size_t l = 0; l < network->layer_count; l++) {
        const layer_plan *layer = &network->layers[l];
        if (owns_weights(layer)) continue;
        const layer_plan *owner = &network->layers[layer->tied - 1];
        const bp_range rows = bp_team_range(team, owner->n_in, SHARED_GRAIN);
        table(network)->transpose(parameters + owner->weights, parameters + layer->weights, owner->n_in, owner->n_out,
                                  rows.first, rows.last);
    }
}

static void BP_(update_task)(const bp_team *team, void *context) {
    BP_(update) *u = context;
    const bp_network *network = u->network;
    if (team->thread == 0) u->scale = BP_(norm_scale)(u);
    bp_team_wait(team);
    for (size_t l = 0; l < network->layer_count; l++) {
        const layer_plan *layer = &network->layers[l];
        const size_t w = layer->weights, b = layer->biases;
        BP_(update_range)(u, &u->weight_rule, w, b - w, trains_weights(layer) && owns_weights(layer), team);
        if (has_biases(layer)) BP_(update_range)(u, &u->bias_rule, b, layer->n_out, trains_biases(layer), team);
    }
    if (network->ties == 0) return;
    bp_team_wait(team);
    BP_(tie_weights)(network, u->parameters, team);
}

static bp_status BP_(prepare_update)(BP_(update) * u, const bp_network *network, const BP_(bp_optimizer) * optimizer,
                                     const real *gradients, const BP_(bp_state) * state, real *parameters) {
    if (!network || !optimizer || !gradients || !state || !parameters) return BP_ERROR_NULL;
    if (bp_method_slots(optimizer->method) > 0 && !state->slots) return BP_ERROR_NULL;
    const bp_status status = BP_(bp_optimizer_check)(optimizer);
    if (status != BP_OK) return status;
    const BP_(bp_rule) rule = BP_(bp_rule_make)(optimizer, state->steps + 1, 1);
    const BP_(update) update = {.network = network,
                                .weight_rule = rule,
                                .bias_rule = BP_(bp_rule_without_penalties)(&rule),
                                .clip_norm = optimizer->clip_norm,
                                .gradients = gradients,
                                .slots = state->slots,
                                .parameters = parameters};
    *u = update;
    return BP_OK;
}

bp_status BP_(bp_update)(const bp_network *network, const BP_(bp_optimizer) * optimizer, const real *gradients,
                         BP_(bp_state) * state, real *parameters, bp_pool *pool) {
    BP_(update) update;
    const bp_status status = BP_(prepare_update)(&update, network, optimizer, gradients, state, parameters);
    if (status != BP_OK) return status;
    bp_pool_run(pool, BP_(update_task), &update);
    state->steps++;
    return BP_OK;
}
