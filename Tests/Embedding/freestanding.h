/*
 * freestanding.h: programs without a C library, for microcontrollers and WebAssembly.
 *
 * All memory is static. Its sizes are the formulas of EmbeddingTheCCore.md, for builds with -DBP_NO_THREADS
 * on 32-bit processors without vectors; a byte more or less than the core asks for is an error.
 */
#include "backprop.h"

/* 64 inputs, 32 tanh units and 10 softmax outputs; and 2 inputs, 4 tanh units and a sigmoid one. */
enum { PIXELS = 64, HIDDEN = 32, CLASSES = 10, BATCH = 16, STEPS = 1000 };
enum { DIGITS_PARAMETERS = (PIXELS + 1) * HIDDEN + (HIDDEN + 1) * CLASSES, XOR_PARAMETERS = 3 * 4 + 5 };

/* The memory of a network of so many layers, in words. (Where addresses have 64 bits, some of it is not needed.) */
#define NETWORK_WORDS(layers) (13 + 14 * (layers))
#define NETWORK_IS_EXACT(bytes, layers) (sizeof(void *) > 4 || bp_network_size(layers) == (bytes))

/* The workspace for training, in floats: activations and deltas, a target for each output, and the loss. */
#define TRAINING_FLOATS(samples, units, outputs) ((samples) * (2 * (units) + (outputs) + 1))

/* The workspace for predicting, in floats: the widest hidden layer, twice. */
#define PREDICTION_FLOATS(samples, widest) ((samples) * 2 * (widest))

/* FNV-1a over the bits of numbers, as in the header's example. */
static inline uint64_t hash_of(const float *x, size_t n) {
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < n; i++) {
        const union {
            float number;
            uint32_t bits;
        } word = {x[i]};
        hash = (hash ^ word.bits) * UINT64_C(0x100000001b3);
    }
    return hash;
}

/* Trains digits for STEPS steps. Returns the hash of the weights, or 0 if anything was wrong. */
uint64_t train_digits(void);

/* Trains exclusive or. Returns the hash of the weights, or 0 if it was not learned. */
uint64_t train_xor(void);

/* Predicts the first digit with weights that are constants. Returns 1 if all went well. */
int predict_digit(void);
