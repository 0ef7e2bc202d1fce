/*
 * bits.c: trains networks of every activation, loss and awkward size, and fails if the hash
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

/* Changes only with the contract of the bits in backprop.h, which is to say never. */
#define EXPECTED_HASH UINT64_C(0x7fc05da93f460d69)

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

#define TRAIN(real, suffix)                                                                              \
    static void train_##suffix(const bp_network *network, bp_loss loss, bp_update_order order,           \
                               const int32_t *classes, bp_pool *pool) {                                  \
        const size_t count = bp_network_parameters(network);                                             \
        const size_t bytes = bp_train_size_##suffix(network, SAMPLES);                                   \
        real *parameters = malloc(count * sizeof(real));                                                 \
        static real inputs[SAMPLES * INPUTS], outputs[SAMPLES * OUTPUTS];                                \
        const bp_workspace workspace = {malloc(bytes), bytes, pool};                                     \
        const bp_batch_##suffix batch = {SAMPLES, inputs, NULL, classes};                                \
        const bp_descent_##suffix descent = {(real)0.125, loss, BP_MEAN, order};                         \
        bp_random random = bp_random_make(7, 7);                                                         \
        real value = 0;                                                                                  \
        bp_random_uniform_##suffix(&random, 2, inputs, SAMPLES * INPUTS);                                \
        bp_initialize_##suffix(network, 3, parameters);                                                  \
        for (int step = 0; step < STEPS; step++) {                                                       \
            check(bp_step_##suffix(network, parameters, &batch, &descent, &workspace, &value));          \
            hash_##suffix(&value, 1);                                                                    \
        }                                                                                                \
        check(bp_predict_##suffix(network, parameters, inputs, SAMPLES, outputs, &workspace));           \
        hash_##suffix(outputs, SAMPLES * bp_network_outputs(network));                                   \
        hash_##suffix(parameters, count);                                                                \
        free(workspace.memory);                                                                          \
        free(parameters);                                                                                \
    }

TRAIN(float, f32)
TRAIN(double, f64)

static void train(const bp_kernels *kernels, bp_activation hidden, bp_loss loss, size_t outputs, bp_pool *pool) {
    const bp_activation last = loss == BP_CROSS_ENTROPY ? BP_SOFTMAX : BP_SIGMOID;
    const bp_layer layers[] = {{HIDDEN, hidden, 0}, {5, hidden, BP_NO_BIAS}, {outputs, last, 0}};
    int32_t classes[SAMPLES];
    for (int s = 0; s < SAMPLES; s++) classes[s] = s % (int32_t)outputs;
    const bp_network *network;
    const size_t bytes = bp_network_size(3);
    void *memory = malloc(bytes);
    check(bp_network_init(memory, bytes, kernels, INPUTS, layers, 3, &network));
    for (bp_update_order order = BP_SIMULTANEOUS; order <= BP_LAYER_BY_LAYER; order++) {
        train_f32(network, loss, order, classes, pool);
        train_f64(network, loss, order, classes, pool);
    }
    free(memory);
}

int main(int count, char **words) {
    const size_t threads = count > 1 ? (size_t)strtoul(words[1], NULL, 10) : 1;
    const bp_kernels *kernels;
    bp_pool *pool = NULL;
    check(bp_kernels_named(getenv("BACKPROP_ISA"), &kernels));
    void *memory = malloc(bp_pool_size(threads));
    if (threads > 1) check(bp_pool_start(memory, bp_pool_size(threads), threads, &pool));
    for (bp_activation f = 0; f < BP_ACTIVATION_COUNT; f++)
        for (bp_loss loss = 0; loss < BP_LOSS_COUNT; loss++) {
            train(kernels, f, loss, OUTPUTS, pool);
            train(kernels, f, loss, 1, pool);
        }
    bp_pool_stop(pool);
    free(memory);
    printf("%016llx %s, %zu threads\n", (unsigned long long)hash, bp_isa_name(bp_kernels_isa(kernels)), threads);
    return hash == EXPECTED_HASH ? 0 : 1;
}
