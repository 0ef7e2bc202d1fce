/* freestanding_xor.c: exclusive or trained in static memory. */
#include "freestanding.h"

static uintptr_t network_memory[NETWORK_WORDS(2)];
static float workspace_memory[TRAINING_FLOATS(4, 4 + 1, 1)];
static float parameters[XOR_PARAMETERS], outputs[4];

uint64_t train_xor(void) {
    static const float inputs[] = {0, 0, 0, 1, 1, 0, 1, 1}, targets[] = {0, 1, 1, 0};
    const bp_layer layers[] = {{.outputs = 4, .activation = BP_TANH}, {.outputs = 1, .activation = BP_SIGMOID}};
    const bp_objective_f32 objective = {.size = sizeof objective, .loss = BP_BINARY_CROSS_ENTROPY};
    const bp_optimizer_f32 descent = {.size = sizeof descent, .rate = 0.5f};
    bp_state_f32 state = {0};
    const bp_batch_f32 batch = {.samples = 4, .inputs = inputs, .targets = targets};
    const bp_workspace workspace = {.memory = workspace_memory, .bytes = sizeof workspace_memory};
    const bp_network *network;
    bp_status status = bp_network_init(network_memory, sizeof network_memory, bp_kernels_for(BP_ISA_SCALAR), 2,
                                       layers, 2, &network);
    if (status != BP_OK || !NETWORK_IS_EXACT(sizeof network_memory, 2)) return 0;
    if (bp_train_size_f32(network, 4) != sizeof workspace_memory) return 0;
    bp_initialize_f32(network, 1, parameters);
    for (int step = 0; step < 2000 && status == BP_OK; step++)
        status = bp_step_f32(network, parameters, &batch, &objective, &descent, &state, &workspace, NULL);
    if (status == BP_OK) status = bp_predict_f32(network, parameters, inputs, 4, outputs, &workspace);
    int right = 0;
    for (int s = 0; s < 4; s++) right += (outputs[s] > 0.5f) == (targets[s] > 0.5f);
    return status == BP_OK && right == 4 ? hash_of(parameters, XOR_PARAMETERS) : 0;
}
