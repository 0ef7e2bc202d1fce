/*
 * xor.c: trains exclusive or from C, in twenty lines, and fails if it did not learn it.
 *
 *     cc -O2 -Iinclude Tests/CTests/xor.c Sources/CBackprop/(all .c files) -lm -pthread && ./a.out
 */
#include <stdio.h>
#include <stdlib.h>

#include "backprop.h"

int main(void) {
    const float inputs[] = {0, 0, 0, 1, 1, 0, 1, 1}, targets[] = {0, 1, 1, 0};
    const bp_layer layers[] = {{.outputs = 4, .activation = BP_TANH}, {.outputs = 1, .activation = BP_SIGMOID}};
    const bp_kernels *kernels;
    const bp_network *network;
    bp_status status = bp_kernels_named(getenv("BACKPROP_ISA"), &kernels);
    if (status == BP_OK)
        status = bp_network_init(malloc(bp_network_size(2)), bp_network_size(2), kernels, 2, layers, 2, &network);
    if (status != BP_OK) return fprintf(stderr, "%s\n", bp_status_text(status)), 1;

    float *parameters = malloc(bp_network_parameters(network) * sizeof(float));
    bp_initialize_f32(network, 1, parameters);

    const bp_workspace workspace = {malloc(bp_train_size_f32(network, 4)), bp_train_size_f32(network, 4), NULL};
    const bp_batch_f32 batch = {.samples = 4, .inputs = inputs, .targets = targets};
    const bp_objective_f32 objective = {.size = sizeof objective, .loss = BP_BINARY_CROSS_ENTROPY};
    const bp_optimizer_f32 descent = {.size = sizeof descent, .rate = 0.5f};
    bp_state_f32 state = {0};
    float loss = 0, outputs[4];
    for (int step = 0; step < 2000 && status == BP_OK; step++)
        status = bp_step_f32(network, parameters, &batch, &objective, &descent, &state, &workspace, &loss);
    if (status == BP_OK) status = bp_predict_f32(network, parameters, inputs, 4, outputs, &workspace);
    if (status != BP_OK) return fprintf(stderr, "%s\n", bp_status_text(status)), 1;

    int wrong = 0;
    for (int s = 0; s < 4; s++) {
        printf("%g xor %g = %.9g\n", inputs[2 * s], inputs[2 * s + 1], outputs[s]);
        wrong += (outputs[s] > 0.5f) != (targets[s] > 0.5f);
    }
    printf("loss %.9g\n", loss);
    free(workspace.memory);
    free(parameters);
    free((void *)network);
    return wrong != 0;
}
