/*
 * network_plan.h: what a network looks like, as network.c works it out.
 */
#ifndef BP_NETWORK_PLAN_H
#define BP_NETWORK_PLAN_H

#include "internal.h"

typedef struct layer_plan {
    size_t n_in, n_out;
    bp_activation activation;
    uint32_t flags;
    float dropout;
    bp_custom_activation custom;
    size_t tied; /* 1 + the layer whose weights it shares, or 0 */
    size_t weights, biases;   /* where they begin among the parameters */
    size_t units_below;       /* units of all layers below: where activations and deltas begin, per sample */
    size_t kept_below;        /* those of them whose derivative is kept */
    int passes_delta;         /* 1 if a delta goes down through these weights */
} layer_plan;

struct bp_network {
    const bp_kernels *kernels;
    size_t inputs, outputs, parameters;
    size_t units, kept; /* of all layers together, as in layer_plan */
    size_t widest_hidden;
    size_t widest;      /* the most inputs or outputs of a layer that is wide; 0 if none is */
#if BP_HAS_SIMD
    size_t narrow; /* the most inputs and units of any layer, if narrow_template.h can train it; else SIZE_MAX */
    size_t narrow_bytes_f32, narrow_bytes_f64; /* of the workspace for one sample */
    int has_large; /* 1 if any layer is */
#endif
    size_t first_trained; /* the lowest layer with anything to train; layer_count if none */
    size_t ties;          /* layers that share the weights of another */
    int lacks_f32, lacks_f64; /* 1 if a custom activation has no function for the precision */
    size_t layer_count;
    layer_plan layers[];
};

/*
 * Threads share the weights of a layer of so many for a single sample: 784-512-512-10 is predicted in 13 to 15 us
 * by two threads and in 24 by one (EPYC, Zen 5). One reads fewer in the time of two meetings.
 */
#define LARGE_LAYER ((size_t)1 << 17)

BP_INLINE int is_large(const layer_plan *layer) { return layer->n_in * layer->n_out >= LARGE_LAYER; }
BP_INLINE int has_biases(const layer_plan *layer) { return !(layer->flags & BP_NO_BIAS); }
BP_INLINE int trains_weights(const layer_plan *layer) { return !(layer->flags & BP_FREEZE_WEIGHTS); }
BP_INLINE int owns_weights(const layer_plan *layer) { return layer->tied == 0; }
BP_INLINE int trains_biases(const layer_plan *layer) {
    return has_biases(layer) && !(layer->flags & BP_FREEZE_BIASES);
}

#endif
