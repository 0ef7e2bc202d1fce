/*
 * shared.c: 64 threads predict from one network and one set of weights, both constant, while another
 * trains a copy of the weights; fails if any gets other bits than a single thread, or the copy others than
 * when it is trained alone.
 *
 *     cc -O2 -Iinclude Tests/CTests/shared.c Sources/CBackprop/(all .c files) -lm -pthread && ./a.out
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backprop.h"

enum { THREADS = 64, ROUNDS = 50, STEPS = 100, INPUTS = 17, OUTPUTS = 5, SAMPLES = 9 };

static const bp_network *network;
static const float *parameters;
static float inputs[SAMPLES * INPUTS], expected[SAMPLES * OUTPUTS];

/* The same samples again and again, in a workspace of its own. Returns its argument if all was right. */
static void *predict(void *name) {
    float outputs[SAMPLES * OUTPUTS];
    const size_t bytes = bp_predict_size_f32(network, SAMPLES);
    const bp_workspace workspace = {.memory = malloc(bytes), .bytes = bytes};
    int right = 1;
    for (int round = 0; round < ROUNDS; round++) {
        const bp_status status = bp_predict_f32(network, parameters, inputs, SAMPLES, outputs, &workspace);
        right &= status == BP_OK && memcmp(outputs, expected, sizeof expected) == 0;
    }
    free(workspace.memory);
    return right ? name : NULL;
}

/* Trains the weights that are given, on the inputs that all share. */
static void *train(void *weights) {
    int32_t classes[SAMPLES];
    for (int s = 0; s < SAMPLES; s++) classes[s] = s % OUTPUTS;
    const size_t bytes = bp_train_size_f32(network, SAMPLES);
    const bp_workspace workspace = {.memory = malloc(bytes), .bytes = bytes};
    const bp_batch_f32 batch = {.samples = SAMPLES, .inputs = inputs, .classes = classes};
    const bp_objective_f32 objective = {.size = sizeof objective, .loss = BP_CROSS_ENTROPY};
    const bp_optimizer_f32 descent = {.size = sizeof descent, .rate = 0.1f};
    bp_state_f32 state = {0};
    bp_status status = BP_OK;
    for (int step = 0; step < STEPS && status == BP_OK; step++)
        status = bp_step_f32(network, weights, &batch, &objective, &descent, &state, &workspace, NULL);
    free(workspace.memory);
    return status == BP_OK ? weights : NULL;
}

static float *copy_of(const float *weights) {
    const size_t bytes = bp_network_parameters(network) * sizeof *weights;
    return memcpy(malloc(bytes), weights, bytes);
}

int main(void) {
    const bp_layer layers[] = {{.outputs = 33, .activation = BP_GELU}, {.outputs = OUTPUTS, .activation = BP_SOFTMAX}};
    const bp_kernels *kernels;
    const size_t bytes = bp_network_size(2);
    void *memory = malloc(bytes);
    bp_status status = bp_kernels_named(getenv("BACKPROP_ISA"), &kernels);
    if (status == BP_OK) status = bp_network_init(memory, bytes, kernels, INPUTS, layers, 2, &network);
    if (status != BP_OK) return fprintf(stderr, "%s\n", bp_status_text(status)), 1;

    float *weights = malloc(bp_network_parameters(network) * sizeof(float));
    bp_random random = bp_random_make(5, 5);
    bp_random_uniform_f32(&random, 1, inputs, SAMPLES * INPUTS);
    bp_initialize_f32(network, 1, weights);
    parameters = weights;
    const size_t room = bp_predict_size_f32(network, SAMPLES);
    const bp_workspace workspace = {.memory = malloc(room), .bytes = room};
    status = bp_predict_f32(network, parameters, inputs, SAMPLES, expected, &workspace);

    float *const alone = copy_of(weights), *const meanwhile = copy_of(weights);
    pthread_t threads[THREADS], trainer;
    void *result;
    int names[THREADS], right = status == BP_OK && train(alone) == alone;
    right &= pthread_create(&trainer, NULL, train, meanwhile) == 0;
    for (int i = 0; i < THREADS; i++) right &= pthread_create(&threads[i], NULL, predict, &names[i]) == 0;
    for (int i = 0; i < THREADS; i++) {
        right &= pthread_join(threads[i], &result) == 0 && result == &names[i];
    }
    right &= pthread_join(trainer, &result) == 0 && result == meanwhile;
    right &= memcmp(alone, meanwhile, bp_network_parameters(network) * sizeof *alone) == 0;
    free(alone);
    free(meanwhile);
    free(workspace.memory);
    free(weights);
    free(memory);
    printf("%d threads, one network, and one that trains a copy: %s\n", THREADS, right ? "the same bits" : "other bits");
    return !right;
}
