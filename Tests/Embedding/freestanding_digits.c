/* freestanding_digits.c: digits trained in static memory. */
#include "digits.h"
#include "freestanding.h"

static uintptr_t network_memory[NETWORK_WORDS(2)];
static float workspace_memory[TRAINING_FLOATS(BATCH, HIDDEN + CLASSES, CLASSES)];
static float parameters[DIGITS_PARAMETERS], inputs[BATCH][PIXELS];
static int32_t classes[BATCH];

static void take_batch(int first) {
    for (int s = 0; s < BATCH; s++) {
        for (int i = 0; i < PIXELS; i++) inputs[s][i] = (float)(digits[first + s][i] - 'A') / 16;
        classes[s] = digits[first + s][PIXELS] - '0';
    }
}

uint64_t train_digits(void) {
    const bp_layer layers[] = {{.outputs = HIDDEN, .activation = BP_TANH},
                               {.outputs = CLASSES, .activation = BP_SOFTMAX}};
    const bp_objective_f32 objective = {.size = sizeof objective, .loss = BP_CROSS_ENTROPY};
    const bp_optimizer_f32 descent = {.size = sizeof descent, .rate = 0.1f};
    bp_state_f32 state = {0};
    const bp_batch_f32 batch = {.samples = BATCH, .inputs = inputs[0], .classes = classes};
    const bp_workspace workspace = {.memory = workspace_memory, .bytes = sizeof workspace_memory};
    const bp_network *network;
    bp_status status = bp_network_init(network_memory, sizeof network_memory, bp_kernels_for(BP_ISA_SCALAR), PIXELS,
                                       layers, 2, &network);
    if (status != BP_OK || !NETWORK_IS_EXACT(sizeof network_memory, 2)) return 0;
    if (bp_train_size_f32(network, BATCH) != sizeof workspace_memory) return 0;
    bp_initialize_f32(network, 1, parameters);
    for (int step = 0; step < STEPS && status == BP_OK; step++) {
        take_batch(step % (DIGITS / BATCH) * BATCH);
        status = bp_step_f32(network, parameters, &batch, &objective, &descent, &state, &workspace, NULL);
    }
    return status == BP_OK ? hash_of(parameters, DIGITS_PARAMETERS) : 0;
}
