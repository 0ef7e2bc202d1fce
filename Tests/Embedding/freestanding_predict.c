/* freestanding_predict.c: one digit predicted in static memory, with weights that are constants. */
#include "freestanding.h"

static const float parameters[DIGITS_PARAMETERS] = {0.5f}; /* What they are doesn't matter for the size. */
static const float inputs[PIXELS] = {1};
static uintptr_t network_memory[NETWORK_WORDS(2)];
static float workspace_memory[PREDICTION_FLOATS(1, HIDDEN)], outputs[CLASSES];

int predict_digit(void) {
    const bp_layer layers[] = {{.outputs = HIDDEN, .activation = BP_TANH},
                               {.outputs = CLASSES, .activation = BP_SOFTMAX}};
    const bp_workspace workspace = {.memory = workspace_memory, .bytes = sizeof workspace_memory};
    const bp_network *network;
    const bp_status status = bp_network_init(network_memory, sizeof network_memory, bp_kernels_for(BP_ISA_SCALAR),
                                             PIXELS, layers, 2, &network);
    if (status != BP_OK || !NETWORK_IS_EXACT(sizeof network_memory, 2)) return 0;
    if (bp_predict_size_f32(network, 1) != sizeof workspace_memory) return 0;
    if (bp_predict_f32(network, parameters, inputs, 1, outputs, &workspace) != BP_OK) return 0;
    return outputs[0] == outputs[CLASSES - 1];
}
