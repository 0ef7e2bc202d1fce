/*
 * bits.c: trains networks of every activation, loss, optimizer and awkward size, and fails if the hash
 * of all that was computed is not the one that every compiler, processor, instruction set
 * and number of threads must give.
 *
 *     cc -O2 -Iinclude Tests/CTests/bits.c Sources/CBackprop/(all .c files) -lm -pthread && ./a.out [threads]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backprop.h"

enum { SAMPLES = 19, INPUTS = 17, HIDDEN = 37, OUTPUTS = 10, STEPS = 20 };

/* Changes only with what is trained here, or with the contract of the bits in backprop.h, which is to say never. */
#define EXPECTED_HASH UINT64_C(0xaf6968ccff033281)

static uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a over 32-bit words */

/* Words, not bytes, so that the byte order of the machine doesn't matter. */
static void hash_f32(const float *x, size_t n) {
    for (size_t i = 0; i < n; i++) {
        uint32_t word;
        memcpy(&word, &x[i], sizeof word);
        hash = (hash ^ word) * UINT64_C(0x100000001b3);
    }
}

static void hash_f64(const double *x, size_t n) {
    for (size_t i = 0; i < n; i++) {
        uint64_t word;
        memcpy(&word, &x[i], sizeof word);
        hash = (hash ^ (word & UINT32_MAX)) * UINT64_C(0x100000001b3);
        hash = (hash ^ (word >> 32)) * UINT64_C(0x100000001b3);
    }
}

static void check(bp_status status) {
    if (status == BP_OK) return;
    fprintf(stderr, "%s\n", bp_status_text(status));
    exit(1);
}

/* What is trained: every activation with every loss plainly, and every method with all that goes with it. */
typedef struct setup {
    const bp_kernels *kernels;
    bp_activation hidden;
    bp_loss loss;
    size_t outputs;
    bp_method method;
    bp_update_order order;
    int regularizes; /* dropout, weight decay, L1, clipping, label smoothing and sample weights */
    bp_pool *pool;
} setup;

#define TRAIN(real, suffix)                                                                              \
    static void train_##suffix(const setup *s, const bp_network *network, const int32_t *classes) {      \
        const size_t count = bp_network_parameters(network);                                             \
        const size_t bytes = bp_train_size_##suffix(network, SAMPLES);                                   \
        real *parameters = malloc(count * sizeof(real)), *gradients = malloc(count * sizeof(real));      \
        real *slots = malloc(2 * count * sizeof(real));                                                  \
        static real inputs[SAMPLES * INPUTS], outputs[SAMPLES * OUTPUTS], weights[SAMPLES];              \
        const bp_workspace workspace = {malloc(bytes), bytes, s->pool};                                  \
        bp_random random = bp_random_make(7, 7);                                                         \
        bp_random_uniform_##suffix(&random, 2, inputs, SAMPLES * INPUTS);                                \
        for (int i = 0; i < SAMPLES; i++) weights[i] = (real)(i % 3) / 2;                                \
        bp_batch_##suffix batch = {.samples = SAMPLES, .inputs = inputs, .classes = classes};            \
        bp_objective_##suffix objective = {.size = sizeof objective, .loss = s->loss};                   \
        bp_optimizer_##suffix optimizer;                                                                 \
        check(bp_optimizer_init_##suffix(&optimizer, sizeof optimizer, s->method, (real)0.125));         \
        optimizer.order = s->order;                                                                      \
        bp_state_##suffix state = {0, slots, s->method != BP_GRADIENT_DESCENT ? gradients : NULL};       \
        if (s->regularizes) {                                                                            \
            batch.weights = weights;                                                                     \
            objective.label_smoothing = (real)0.1;                                                       \
            objective.seed = 11;                                                                         \
            optimizer.weight_decay = (real)0.01;                                                         \
            optimizer.l1 = (real)0.001;                                                                  \
            optimizer.clip_norm = 1;                                                                     \
            optimizer.clip_value = (real)0.5;                                                            \
            state.gradients = gradients;                                                                 \
            bp_random_normal_##suffix(s->kernels, &random, (real)0.25, inputs, SAMPLES * INPUTS);        \
        }                                                                                                \
        real value = 0;                                                                                  \
        bp_initialize_##suffix(network, 3, parameters);                                                  \
        for (int step = 0; step < STEPS; step++) {                                                       \
            check(bp_step_##suffix(network, parameters, &batch, &objective, &optimizer, &state,          \
                                   &workspace, &value));                                                 \
            hash_##suffix(&value, 1);                                                                    \
        }                                                                                                \
        check(bp_predict_##suffix(network, parameters, inputs, SAMPLES, outputs, &workspace));           \
        hash_##suffix(outputs, SAMPLES * bp_network_outputs(network));                                   \
        hash_##suffix(parameters, count);                                                                \
        free(workspace.memory);                                                                          \
        free(parameters);                                                                                \
        free(gradients);                                                                                 \
        free(slots);                                                                                     \
    }

TRAIN(float, f32)
TRAIN(double, f64)

static void train(setup s) {
    const bp_activation last = s.loss == BP_CROSS_ENTROPY ? BP_SOFTMAX : BP_SIGMOID;
    const float dropout = s.regularizes ? 0.25f : 0;
    const bp_layer layers[] = {
        {.outputs = HIDDEN, .activation = s.hidden, .dropout = dropout},
        {.outputs = 5, .activation = s.hidden, .flags = BP_NO_BIAS, .dropout = dropout},
        {.outputs = s.outputs, .activation = last},
    };
    int32_t classes[SAMPLES];
    for (int i = 0; i < SAMPLES; i++) classes[i] = i % (int32_t)s.outputs;
    const bp_network *network;
    const size_t bytes = bp_network_size(3);
    void *memory = malloc(bytes);
    check(bp_network_init(memory, bytes, s.kernels, INPUTS, layers, 3, &network));
    train_f32(&s, network, classes);
    train_f64(&s, network, classes);
    free(memory);
}

int main(int count, char **words) {
    const size_t threads = count > 1 ? (size_t)strtoul(words[1], NULL, 10) : 1;
    const bp_kernels *kernels;
    bp_pool *pool = NULL;
    check(bp_kernels_named(getenv("BACKPROP_ISA"), &kernels));
    void *memory = malloc(bp_pool_size(threads));
    if (threads > 1) check(bp_pool_start(memory, bp_pool_size(threads), threads, &pool));
    setup s = {.kernels = kernels, .pool = pool};
    for (s.hidden = 0; s.hidden < BP_ACTIVATION_COUNT; s.hidden++)
        for (s.loss = 0; s.loss < BP_LOSS_COUNT; s.loss++)
            for (int few = 0; few < 2; few++)
                for (s.order = BP_SIMULTANEOUS; s.order <= BP_LAYER_BY_LAYER; s.order++) {
                    s.outputs = few ? 1 : OUTPUTS;
                    train(s);
                }
    s.order = BP_SIMULTANEOUS;
    s.outputs = OUTPUTS;
    for (s.method = 0; s.method < BP_METHOD_COUNT; s.method++)
        for (s.regularizes = 0; s.regularizes < 2; s.regularizes++)
            for (s.loss = BP_SQUARED_ERROR; s.loss <= BP_CROSS_ENTROPY; s.loss += BP_CROSS_ENTROPY) {
                s.hidden = s.method % 2 ? BP_GELU : BP_RELU;
                train(s);
            }
    bp_pool_stop(pool);
    free(memory);
    printf("%016llx %s, %zu threads\n", (unsigned long long)hash, bp_isa_name(bp_kernels_isa(kernels)), threads);
    return hash == EXPECTED_HASH ? 0 : 1;
}
