/*
 * network.c: a chain of dense layers over memory that the caller provides.
 */
#include "network_plan.h"

/* *sum += a * b; returns 0 where that does not fit in size_t. */
static int add_product(size_t *sum, size_t a, size_t b) {
    size_t product;
    if (!BP_MULTIPLY(a, b, &product) || *sum > SIZE_MAX - product) return 0;
    *sum += product;
    return 1;
}

/* Kernels of vectors get room to pack the numbers of layers that are as wide as this both ways. */
#define WIDE_LAYER 256

static int is_wide(const layer_plan *layer) {
    return BP_HAS_SIMD && layer->n_in >= WIDE_LAYER && layer->n_out >= WIDE_LAYER;
}

int bp_activation_keeps_derivative(bp_activation f) {
    return f == BP_SOFTPLUS || f == BP_SILU || f == BP_GELU || f == BP_CUSTOM_ACTIVATION;
}

/* A derivative that is not a function of the activation as the layer above gets it must be kept. */
static int keeps_derivative(const layer_plan *layer) {
    return layer->dropout > 0 || bp_activation_keeps_derivative(layer->activation);
}

size_t bp_network_size(size_t layer_count) {
    size_t bytes = sizeof(bp_network);
    return add_product(&bytes, layer_count, sizeof(layer_plan)) ? bytes : 0;
}

static bp_status check_layer(const bp_layer *layer, int is_last) {
    if (layer->outputs == 0) return BP_ERROR_LAYERS;
    const int is_custom = layer->activation == BP_CUSTOM_ACTIVATION && layer->custom;
    if (!is_custom && (layer->activation < 0 || layer->activation >= BP_ACTIVATION_COUNT)) return BP_ERROR_ACTIVATION;
    if (layer->flags & ~(uint32_t)(BP_NO_BIAS | BP_FREEZE_WEIGHTS | BP_FREEZE_BIASES)) return BP_ERROR_OPTION;
    if (!(layer->dropout >= 0 && layer->dropout < 1)) return BP_ERROR_DROPOUT;
    if (layer->dropout > 0 && (is_last || layer->activation == BP_SOFTMAX)) return BP_ERROR_DROPOUT;
    return BP_OK;
}

/* Whether the next layer, of so many outputs, can share the weights that it asks for. */
static int can_tie(const bp_network *network, const bp_layer *layer) {
    if (layer->tied == 0) return 1;
    if (layer->tied > network->layer_count) return 0;
    const layer_plan *owner = &network->layers[layer->tied - 1];
    return owns_weights(owner) && owner->n_in == layer->outputs && owner->n_out == network->outputs;
}

/* What the layer says of itself, on top of those that the network has. */
static layer_plan plan_of(const bp_network *network, const bp_layer *layer) {
    layer_plan plan = {
        .n_in = network->outputs,
        .n_out = layer->outputs,
        .activation = layer->activation,
        .flags = layer->flags,
        .dropout = layer->dropout,
        .tied = layer->tied,
        .weights = network->parameters,
        .units_below = network->units,
        .kept_below = network->kept,
    };
    if (layer->activation == BP_CUSTOM_ACTIVATION) plan.custom = *layer->custom;
    if (plan.tied) { /* Its weights are trained if their owner's are. */
        const uint32_t owner_flags = network->layers[plan.tied - 1].flags;
        plan.flags = (plan.flags & ~(uint32_t)BP_FREEZE_WEIGHTS) | (owner_flags & BP_FREEZE_WEIGHTS);
    }
    return plan;
}

#if BP_HAS_SIMD
/* Whether narrow_template.h knows all that the layer is. */
static int is_plain(const layer_plan *plan) { return plan->activation <= BP_ELU && plan->dropout == 0 && !plan->tied; }
#endif

/* Adds a layer on top of those that the network has. Returns 0 if a size overflows. */
static int add_layer(bp_network *network, const bp_layer *layer) {
    layer_plan *plan = &network->layers[network->layer_count];
    *plan = plan_of(network, layer);
    if (!add_product(&network->parameters, plan->n_in, plan->n_out)) return 0;
    plan->biases = network->parameters;
    if (has_biases(plan) && !add_product(&network->parameters, plan->n_out, 1)) return 0;
    /* A delta goes down through this layer if anything below it is trained. */
    plan->passes_delta = network->first_trained < network->layer_count;
    if (!plan->passes_delta && (trains_weights(plan) || trains_biases(plan)))
        network->first_trained = network->layer_count;
    else if (!plan->passes_delta)
        network->first_trained = network->layer_count + 1;
    if (network->layer_count > 0 && plan->n_in > network->widest_hidden) network->widest_hidden = plan->n_in;
    const size_t wider = plan->n_in > plan->n_out ? plan->n_in : plan->n_out;
    if (is_wide(plan) && wider > network->widest) network->widest = wider;
    network->units += plan->n_out; /* which are not more than the parameters */
    if (keeps_derivative(plan)) network->kept += plan->n_out;
    if (plan->tied) network->ties++;
#if BP_HAS_SIMD
    network->has_large |= is_large(plan);
    if (plan->n_in > network->narrow) network->narrow = plan->n_in;
    if (plan->n_out > network->narrow) network->narrow = plan->n_out;
    if (!is_plain(plan) || network->layer_count == BP_NARROW_LAYERS) network->narrow = SIZE_MAX;
#endif
    if (plan->activation == BP_CUSTOM_ACTIVATION) {
        network->lacks_f32 |= !plan->custom.f32;
        network->lacks_f64 |= !plan->custom.f64;
    }
    network->outputs = plan->n_out;
    network->layer_count++;
    return 1;
}

bp_status bp_network_init(void *memory, size_t bytes, const bp_kernels *kernels, size_t inputs,
                          const bp_layer *layers, size_t layer_count, const bp_network **result) {
    if (!memory || !kernels || !layers || !result) return BP_ERROR_NULL;
    if (inputs == 0 || layer_count == 0) return BP_ERROR_LAYERS;
    const size_t size = bp_network_size(layer_count);
    if (size == 0) return BP_ERROR_TOO_LARGE;
    if (bytes < size) return BP_ERROR_MEMORY;
    bp_network *network = memory;
    const bp_network empty = {.kernels = kernels, .inputs = inputs, .outputs = inputs};
    *network = empty;
    for (size_t l = 0; l < layer_count; l++) {
        const bp_status status = check_layer(&layers[l], l + 1 == layer_count);
        if (status != BP_OK) return status;
        if (!can_tie(network, &layers[l])) return BP_ERROR_TIE;
        if (!add_layer(network, &layers[l])) return BP_ERROR_TOO_LARGE;
    }
    /* Every array of parameters must have a size in bytes. */
    if (network->parameters > SIZE_MAX / sizeof(double)) return BP_ERROR_TOO_LARGE;
#if BP_HAS_SIMD
    network->narrow_bytes_f32 = bp_train_size_f32(network, 1);
#if !defined(BP_NO_DOUBLE)
    network->narrow_bytes_f64 = bp_train_size_f64(network, 1);
#endif
#endif
    *result = network;
    return BP_OK;
}

size_t bp_network_inputs(const bp_network *network) { return network->inputs; }
size_t bp_network_outputs(const bp_network *network) { return network->outputs; }
size_t bp_network_layers(const bp_network *network) { return network->layer_count; }
size_t bp_network_parameters(const bp_network *network) { return network->parameters; }

size_t bp_network_weights_offset(const bp_network *network, size_t layer) {
    return network->layers[layer].weights;
}

size_t bp_network_biases_offset(const bp_network *network, size_t layer) {
    return network->layers[layer].biases;
}

BP_INTERNAL bp_layer_shape bp_network_layer_shape(const bp_network *network, size_t layer) {
    const layer_plan *plan = &network->layers[layer];
    const bp_layer_shape shape = {plan->n_in, plan->n_out, has_biases(plan), plan->tied};
    return shape;
}

/* What bounds a layer's random weights: +-sqrt(6 / fan), as bp_initialize_f32() says. */
static uint64_t initial_fan(const layer_plan *layer) {
    const bp_activation f = layer->activation;
    const int rectifies = f == BP_RELU || f == BP_LEAKY_RELU || f == BP_ELU || f == BP_SILU || f == BP_GELU;
    return (uint64_t)layer->n_in + (rectifies ? 0 : layer->n_out);
}

/*
 * sqrt(6 / fan), rounded, without double: where that is not an instruction, a microcontroller
 * needs a library for it. The bits are those of initial_limit_f64(), rounded, for
 * every fan up to 2^24; Tests/CTests/limit.c tries them.
 */
static float initial_limit_f32(uint64_t fan) {
    uint64_t quotient = 6 / fan, rest = 6 % fan;
    int exponent = 8;
    for (; !(quotient >> 62); exponent--)
        for (int bit = 0; bit < 2; bit++) {
            rest *= 2;
            quotient = quotient << 1 | (rest >= fan);
            rest -= rest >= fan ? fan : 0;
        }
    float limit = (float)bp_rounded_root(quotient, 25);
    for (; exponent < 0; exponent++) limit *= 0.5f;
    return limit;
}

#if !defined(BP_NO_DOUBLE)
static double initial_limit_f64(uint64_t fan) { return square_root_f64(6 / (double)fan); }
#endif

/* Threads share numbers that lie together by so many, so that each writes to cache lines of its own. */
#define SHARED_GRAIN 16

/* Adds the bytes of an array of a * b elements, in whole cache lines, to the total. Returns 0 on overflow. */
static int add_array(size_t *bytes, size_t a, size_t b, size_t element) {
    size_t count = 0, size = 0;
    if (!add_product(&count, a, b) || !add_product(&size, count, element)) return 0;
    if (size > SIZE_MAX - BP_CACHE_LINE) return 0;
    return add_product(bytes, (size + BP_CACHE_LINE - 1) / BP_CACHE_LINE, BP_CACHE_LINE);
}

/* What a size function returns: 0 says that it overflowed, so nothing at all is asked as a byte. */
static size_t asked_bytes(int fits, size_t bytes) { return !fits ? 0 : bytes == 0 ? 1 : bytes; }

/* Hands out the arrays of a workspace in order. */
typedef struct arena {
    uintptr_t next;
} arena;

/* Opens a workspace of which so many bytes were asked. */
static bp_status arena_open(arena *opened, const bp_workspace *workspace, size_t bytes, size_t alignment) {
    const uintptr_t address = (uintptr_t)workspace->memory;
    if (bytes == 0) return BP_ERROR_TOO_LARGE;
    if (workspace->bytes < bytes) return BP_ERROR_MEMORY;
    opened->next = (address + BP_CACHE_LINE - 1) / BP_CACHE_LINE * BP_CACHE_LINE;
    return opened->next % alignment == 0 ? BP_OK : BP_ERROR_MEMORY;
}

static void *arena_take(arena *from, size_t count, size_t element) {
    void *array = (void *)from->next;
    from->next += (count * element + BP_CACHE_LINE - 1) / BP_CACHE_LINE * BP_CACHE_LINE;
    return array;
}

#include "precision_f32.h"
#define BP_TABLE f32
#define table BP_(table)
#include "network_predict_template.h"
#include "network_update_template.h"
#include "network_template.h"
#undef table
#undef BP_TABLE

#if !defined(BP_NO_DOUBLE)
#include "precision_f64.h"
#define BP_TABLE f64
#define table BP_(table)
#include "network_predict_template.h"
#include "network_update_template.h"
#include "network_template.h"
#undef table
#endif
