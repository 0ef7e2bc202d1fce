/*
 * backprop.h: dense neural networks trained by backpropagation, in C11.
 *
 *     cc -O2 -Iinclude app.c Sources/CBackprop/(all .c files) -lm -pthread
 *
 * Four parts, each usable without those below it:
 *
 *   kernels    arithmetic over raw arrays: dense forward, activations, losses,
 *              delta accumulation, gradients, updates
 *   network    a chain of dense layers over memory that the caller provides:
 *              predict, loss, gradients, one training step
 *   pool       threads that share the work of one call
 *   files      models as named tensors, in memory and on a disk
 *
 * Every function is re-entrant. Nothing here allocates (the system does, to start a
 * pool's threads), prints, exits, keeps a global, looks at the locale, sets errno or
 * touches the floating-point mode.
 *
 * Layout. Matrices are row-major without padding: a batch is [samples x values],
 * weights are [n_in x n_out], one row per input. Sizes count elements, except those
 * called bytes. Pointers need the alignment of their element type only; parameters at a
 * multiple of 64 bytes train up to a fifth faster with AVX-512. _f32 is float, _f64 double;
 * what is said of one holds for the other.
 *
 * Same bits. A sum starts from the bias or from 0 and adds its terms in ascending
 * index, each with a fused multiply-add; a sum of zero is +0. Vector lanes and threads
 * split results, never sums. So a result is the same to the bit for every
 * instruction set, thread count and batch it is computed in. exp, ln and tanh are
 * part of the library, so that no other one decides a bit; multiply-adds and square
 * roots are rounded once also where the processor or its C library cannot.
 *
 * Parameters are finite numbers by contract: files with others are refused, and a step whose loss
 * is not finite changes nothing. So a network that predicts or trains with a single sample doesn't
 * read the weights of inputs that are exactly 0: without terms of 0 a sum has the same bits, and an
 * update by 0 changes none. Only with parameters or deltas that have overflowed (0 * infinity is NaN)
 * could it be told. The kernels themselves, as bp_dense_forward_f32(), leave nothing out.
 *
 * Memory. What is needed is asked first and given then: bp_network_size() bytes for
 * what a network looks like, bp_network_parameters() numbers for its weights,
 * bp_predict_size_f32() or bp_train_size_f32() bytes of workspace for a call. All of it
 * is the caller's: the library keeps no pointer after a call, but for those that the
 * comments name. A workspace can be shared by calls that follow each other, of any kind
 * and network. In elements, for a batch of 'samples', it is
 *
 *     predict   samples * 2 * (outputs of the widest layer but the last)
 *     train     samples * (2 * units + kept + outputs + 1 + wide)
 *
 * where 'units' are those of all layers, 'kept' those of layers with dropout or whose
 * bp_activation_keeps_derivative(), and 'wide' is the largest number of inputs or outputs
 * that a layer with at least 256 of both has, which is 0 in builds without vectors. To that
 * comes the rounding of each array to cache lines of 64 bytes, but in builds without threads and
 * vectors, as for microcontrollers, where the formula is exact to the byte. Kernels use up
 * to 66 KiB of stack with AVX-512, 18 KiB with AVX2 and less than 1.5 KiB without vectors.
 *
 * Errors. Functions that can fail return a bp_status; bp_status_text() has a sentence for
 * each. What a caller's data can do wrong (shapes, classes, options, sizes) is found before
 * anything but the workspace is written. What only a caller's bug can do wrong (a pointer to
 * less than was promised, a network that was not initialized) is not: kernels and the
 * small functions that return a size or nothing trust their arguments.
 *
 * Numbers. Inputs may be anything that the type can hold; NaN and infinity go through as
 * arithmetic has it, and a step whose loss is not finite leaves the parameters as they
 * were. Subnormal numbers are kept. Activations are right to 3 ulp everywhere; the losses of
 * softmax and sigmoid outputs are computed from the weighted inputs, so they are finite and
 * right also where an output rounds to 0 or 1.
 *
 * Parameters are one flat array, so that averaging, saving and exchanging them are loops
 * over one vector. For layer l they begin at bp_network_weights_offset(network, l) and
 * bp_network_biases_offset(network, l); gradients and each slot of an optimizer
 * are laid out alike:
 *
 *     layer 0: w[0][0] w[0][1] ... w[0][n_out-1]  w[1][0] ...  b[0] ... b[n_out-1]
 *     layer 1: ...
 *
 * Threads. A network and its parameters may be read by many calls at the same time, each
 * with a workspace of its own; parameters must not change meanwhile. A bp_pool may be
 * handed to all of them.
 *
 * Building. Options, the same for all files and for the programs that include this:
 *
 *   BP_NO_THREADS   a pool has one thread; nothing is asked of the system
 *   BP_NO_FILES     no function touches a file on a disk; models in memory stay
 *   BP_NO_DOUBLE    the functions that end in _f64 are left out
 *   BP_NO_SIMD      scalar kernels only, without intrinsics and run-time choice
 *   BP_SOFT_FMA     1 or 0: multiply-adds by integers, or the C library's, whatever the
 *                   platform; see platform.h, which knows most
 *   BP_SOFT_ROOT    square roots by integers
 *   BP_PRIVATE      nothing is exported: for a library that is part of another one
 *
 * Without threads and files the core calls memcpy, memmove and memset, and fma and fmaf where
 * a hosted system's processor lacks them; no C library is needed besides. It compiles with
 * -ffreestanding. Never use -ffast-math: it is refused.
 *
 * Interface. Only the functions declared here are exported. From version 1.0 on a program
 * that was built with an earlier minor version runs with a later one: functions keep
 * their names and meaning, numbers of enumerations are never used anew, and structures
 * stay as they are, but for those that begin with 'size'. These grow at their end, the
 * library takes every size that a version had, and what an older program doesn't know is 0,
 * which means what was done before. Programs zero structures, or use the function that
 * initializes them, and set 'size' to sizeof. bp_network, bp_kernels and bp_pool are
 * opaque. A function that is to go is marked as deprecated, by attribute and in its
 * comment, which names what to use instead, for a year and at least two minor versions; it
 * goes with a major one. Before 1.0 a minor version may break any of this, and says so
 * in CHANGELOG.md.
 *
 * Exclusive or, in twenty lines:
 *
 *     #include <stdio.h>
 *     #include "backprop.h"
 *
 *     int main(void) {
 *         static max_align_t plan[32], room[64]; // more than enough; too little would be BP_ERROR_MEMORY
 *         float parameters[17], outputs[4];
 *         const bp_layer layers[] = {{4, .activation = BP_TANH}, {1, .activation = BP_SIGMOID}};
 *         const bp_batch_f32 batch = {4, (float[]){0, 0, 0, 1, 1, 0, 1, 1}, .targets = (float[]){0, 1, 1, 0}};
 *         const bp_objective_f32 objective = {.size = sizeof objective, .loss = BP_BINARY_CROSS_ENTROPY};
 *         const bp_optimizer_f32 descent = {.size = sizeof descent, .rate = 0.5f};
 *         const bp_workspace workspace = {.memory = room, .bytes = sizeof room};
 *         bp_state_f32 state = {0};
 *         const bp_network *net;
 *         bp_status status = bp_network_init(plan, sizeof plan, bp_kernels_for(BP_ISA_SCALAR), 2, layers, 2, &net);
 *         if (status == BP_OK) bp_initialize_f32(net, 1, parameters);
 *         for (int step = 0; step < 2000 && status == BP_OK; step++)
 *             status = bp_step_f32(net, parameters, &batch, &objective, &descent, &state, &workspace, NULL);
 *         if (status == BP_OK) status = bp_predict_f32(net, parameters, batch.inputs, 4, outputs, &workspace);
 *         for (int s = 0; s < 4; s++) printf("%d xor %d = %.2f\n", s / 2, s % 2, outputs[s]);
 *         return status;
 *     }
 *
 * Handwritten digits, in forty; Tests/Scripts/digits.py writes digits.h, in which a sample is 64
 * letters, A for a white pixel to Q for a black one, and its class:
 *
 *     #include <stdio.h>
 *     #include <stdlib.h>
 *     #include <string.h>
 *     #include "backprop.h"
 *     #include "digits.h"
 *
 *     static float inputs[DIGITS][64], outputs[DIGITS][10];
 *     static int32_t classes[DIGITS];
 *
 *     int main(void) {
 *         for (int s = 0; s < DIGITS; s++) {
 *             for (int i = 0; i < 64; i++) inputs[s][i] = (float)(digits[s][i] - 'A') / 16;
 *             classes[s] = digits[s][64] - '0';
 *         }
 *         const bp_layer layers[] = {{32, .activation = BP_TANH}, {10, .activation = BP_SOFTMAX}};
 *         const bp_objective_f32 objective = {.size = sizeof objective, .loss = BP_CROSS_ENTROPY};
 *         const bp_optimizer_f32 descent = {.size = sizeof descent, .rate = 0.1f};
 *         bp_state_f32 state = {0};
 *         const bp_kernels *kernels;
 *         const bp_network *network;
 *         const size_t bytes = bp_network_size(2);
 *         bp_status status = bp_kernels_named(getenv("BACKPROP_ISA"), &kernels); // the fastest, unless told
 *         if (status == BP_OK) status = bp_network_init(malloc(bytes), bytes, kernels, 64, layers, 2, &network);
 *         if (status != BP_OK) return fprintf(stderr, "%s\n", bp_status_text(status)), 1;
 *         const size_t count = bp_network_parameters(network), room = bp_train_size_f32(network, DIGITS);
 *         const bp_workspace workspace = {.memory = malloc(room), .bytes = room};
 *         float *parameters = malloc(count * sizeof(float));
 *         bp_initialize_f32(network, 1, parameters);
 *         for (int step = 0; step < 1000 && status == BP_OK; step++) {
 *             const int first = step % (DIGITS / 16) * 16;
 *             const bp_batch_f32 batch = {.samples = 16, .inputs = inputs[first], .classes = &classes[first]};
 *             status = bp_step_f32(network, parameters, &batch, &objective, &descent, &state, &workspace, NULL);
 *         }
 *         if (status == BP_OK) status = bp_predict_f32(network, parameters, inputs[0], DIGITS, outputs[0], &workspace);
 *         int right = 0;
 *         for (int s = 0; s < DIGITS; s++) right += outputs[s][classes[s]] > 0.5f;
 *         uint64_t hash = UINT64_C(0xcbf29ce484222325); // FNV-1a of the weights' bits, to compare machines
 *         const uint32_t *bits = memcpy(malloc(count * sizeof *bits), parameters, count * sizeof *bits);
 *         for (size_t i = 0; i < count; i++) hash = (hash ^ bits[i]) * UINT64_C(0x100000001b3);
 *         printf("%016llx %d of %d digits\n", (unsigned long long)hash, right, DIGITS);
 *         return status;
 *     }
 */
#ifndef BACKPROP_H
#define BACKPROP_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__) && defined(BP_PRIVATE)
#pragma GCC visibility push(hidden)
#elif defined(__GNUC__)
#pragma GCC visibility push(default)
#endif

#define BP_VERSION_MAJOR 0
#define BP_VERSION_MINOR 1
#define BP_VERSION_PATCH 0

/* The version of this header, as a number that #if can compare. */
#define BP_VERSION (BP_VERSION_MAJOR * 10000 + BP_VERSION_MINOR * 100 + BP_VERSION_PATCH)

/*
 * The version of the library that was linked, as BP_VERSION counts. A program that wants to be
 * sure that it was linked with what it was compiled for compares the two.
 */
int bp_version(void);

/* ---- Status -------------------------------------------------------------- */

typedef int bp_status;
enum {
    BP_OK = 0,
    BP_ERROR_NULL = 1,        /* a pointer that must not be NULL is */
    BP_ERROR_LAYERS = 2,      /* a network needs an input, and a layer with an output */
    BP_ERROR_TOO_LARGE = 3,   /* a size does not fit in size_t */
    BP_ERROR_ACTIVATION = 4,  /* no such activation */
    BP_ERROR_LOSS = 5,        /* no such loss */
    BP_ERROR_PAIR = 6,        /* cross-entropy without softmax, or binary without sigmoid */
    BP_ERROR_TARGETS = 7,     /* a batch has either target vectors or classes, not both, not none */
    BP_ERROR_CLASS = 8,       /* a class is not in 0 ..< outputs */
    BP_ERROR_EMPTY = 9,       /* a mean over no samples */
    BP_ERROR_MEMORY = 10,     /* the memory given is smaller than the size that was asked, or not aligned */
    BP_ERROR_OPTION = 11,     /* no such option, or one that does not go with another */
    BP_ERROR_ISA = 12,        /* no such instruction set */
    BP_ERROR_UNAVAILABLE = 13, /* this build or this processor lacks the instruction set */
    BP_ERROR_THREADS = 14,    /* the system did not start the threads */
    BP_ERROR_OPTIMIZER = 15,  /* no such method, or a number of it is out of its range */
    BP_ERROR_DROPOUT = 16,    /* not in 0 ..< 1, or on a softmax layer or the last one */
    BP_ERROR_TIE = 17,        /* tied to a layer that is not below, is tied itself or has no such shape */
    BP_ERROR_VERSION = 18,    /* the size field of a structure is not that of this library's version */

    /* Model files: see there. What is no fault of a file but of the disk has system errors. */
    BP_ERROR_FILE_TRUNCATED = 100, /* the file ends within its header */
    BP_ERROR_FILE_HEADER = 101,    /* the header is longer than 100,000,000 bytes */
    BP_ERROR_FILE_JSON = 102,      /* a character that the header can't have there */
    BP_ERROR_FILE_DEPTH = 103,     /* an array or object where the format has none */
    BP_ERROR_FILE_UTF8 = 104,      /* text that is not UTF-8 */
    BP_ERROR_FILE_ESCAPE = 105,    /* a control character, or an escape that JSON doesn't have */
    BP_ERROR_FILE_NUMBER = 106,    /* a number that is not a non-negative integer */
    BP_ERROR_FILE_OVERFLOW = 107,  /* a number, or a size in bytes, that does not fit in 64 bits */
    BP_ERROR_FILE_KEY = 108,       /* a tensor's key that is unknown, missing or there twice */
    BP_ERROR_FILE_TYPE = 109,      /* a type of numbers that is unknown, or can't be read */
    BP_ERROR_FILE_RANK = 110,      /* more than 8 dimensions */
    BP_ERROR_FILE_OFFSETS = 111,   /* data_offsets that are not two, the second not less */
    BP_ERROR_FILE_BYTES = 112,     /* not as many bytes as shape and type need */
    BP_ERROR_FILE_OUTSIDE = 113,   /* a tensor that ends after the file */
    BP_ERROR_FILE_OVERLAP = 114,   /* tensors that share bytes */
    BP_ERROR_FILE_HOLE = 115,      /* bytes between tensors */
    BP_ERROR_FILE_TRAILING = 116,  /* bytes after the last tensor */
    BP_ERROR_FILE_DUPLICATE = 117, /* a name twice */
    BP_ERROR_FILE_FORMAT = 118,    /* another format, or none */
    BP_ERROR_FILE_VERSION = 119,   /* a version that is not known yet, or none */
    BP_ERROR_FILE_CHECKSUM = 120,  /* the bytes are not those that were written */
    BP_ERROR_FILE_MISSING = 121,   /* a tensor that the network needs is not there */
    BP_ERROR_FILE_EXTRA = 122,     /* a tensor that the network has no place for */
    BP_ERROR_FILE_SHAPE = 123,     /* a tensor of another shape than the layer has */
    BP_ERROR_FILE_LAYERS = 124,    /* another number of layers */
    BP_ERROR_FILE_AMBIGUOUS = 125, /* which tensor belongs to which layer can't be told */
    BP_ERROR_FILE_NONFINITE = 126, /* a parameter that is infinite or not a number */
    BP_ERROR_FILE_TIED = 127,      /* a tied layer's weights are not its owner's */
    BP_ERROR_FILE_OPEN = 128,      /* opening failed */
    BP_ERROR_FILE_READ = 129,      /* reading failed */
    BP_ERROR_FILE_KIND = 130,      /* not a regular file */
    BP_ERROR_FILE_WRITE = 131,     /* writing failed */
    BP_ERROR_FILE_SYNC = 132,      /* flushing to the disk failed */
    BP_ERROR_FILE_RENAME = 133     /* putting the new file in place of the old one failed */
};

/* A sentence for a status, static, in English; also for numbers that are no status. */
const char *bp_status_text(bp_status status);

/* ---- Instruction sets ---------------------------------------------------- */

/* The kernels of one instruction set: constant, never freed. */
typedef struct bp_kernels bp_kernels;

typedef int bp_isa;
enum { BP_ISA_SCALAR = 0, BP_ISA_NEON = 1, BP_ISA_AVX2 = 2, BP_ISA_AVX512 = 3, BP_ISA_COUNT = 4 };

/* "scalar", "neon", "avx2", "avx512", or NULL for a number that is no instruction set. */
const char *bp_isa_name(bp_isa isa);

/* The kernels of an instruction set, or NULL where this build or processor lacks it. */
const bp_kernels *bp_kernels_for(bp_isa isa);

/*
 * The kernels of the instruction set of that name, or the fastest available for
 * NULL and "". Fails with BP_ERROR_ISA or BP_ERROR_UNAVAILABLE.
 */
bp_status bp_kernels_named(const char *name, const bp_kernels **kernels);

/* The instruction set that the kernels were compiled for. */
bp_isa bp_kernels_isa(const bp_kernels *kernels);

/* ---- Activations and losses ---------------------------------------------- */

typedef int bp_activation;
enum {
    BP_IDENTITY = 0,   /* z */
    BP_SIGMOID = 1,    /* 1 / (1 + exp(-z)) */
    BP_TANH = 2,       /* tanh(z) */
    BP_RELU = 3,       /* max(z, 0) */
    BP_LEAKY_RELU = 4, /* z for z > 0, else 0.01 z */
    BP_ELU = 5,        /* z for z > 0, else exp(z) - 1 */
    BP_SOFTPLUS = 6,   /* ln(1 + exp(z)) */
    BP_SILU = 7,       /* z sigmoid(z) */
    BP_GELU = 8,       /* z/2 (1 + tanh(sqrt(2/pi) (z + 0.044715 z^3))) */
    BP_SOFTMAX = 9,    /* exp(z[j]) / sum over the layer of exp(z[k]) */
    BP_ACTIVATION_COUNT = 10,
    BP_CUSTOM_ACTIVATION = 10 /* the caller's own: bp_custom_activation */
};

/* 1 if f'(z) is not a function of f(z), so that the forward pass must keep it; else 0. */
int bp_activation_keeps_derivative(bp_activation f);

typedef int bp_loss;
enum {
    BP_SQUARED_ERROR = 0,       /* sum over outputs of (o - t)^2 / 2 */
    BP_MEAN_SQUARED_ERROR = 1,  /* mean over outputs of (o - t)^2 */
    BP_MEAN_ABSOLUTE_ERROR = 2, /* mean over outputs of |o - t|; its slope at 0 is 0 */
    BP_HUBER = 3,               /* mean over outputs of e^2 / 2 for |e| <= 1, else |e| - 1/2 */
    BP_CROSS_ENTROPY = 4,       /* -sum over outputs of t ln(o), of a softmax layer */
    BP_BINARY_CROSS_ENTROPY = 5, /* mean over outputs of -t ln(o) - (1 - t) ln(1 - o), of a sigmoid layer */
    BP_LOSS_COUNT = 6,
    BP_CUSTOM_LOSS = 6 /* the caller's own: bp_custom_loss */
};

/*
 * An activation of the caller's own, unit by unit. A function writes a[i] = f(z[i]) and, unless
 * NULL, derivative[i] = f'(z[i]); a may be z. Several threads may call it at once. The function
 * of a precision that is not used may be NULL.
 */
typedef struct bp_custom_activation {
    void (*f32)(void *context, const float *z, float *a, float *derivative, size_t n);
    void (*f64)(void *context, const double *z, double *a, double *derivative, size_t n);
    void *context;
} bp_custom_activation;

/*
 * A loss of the caller's own. A function returns the loss of one sample with n outputs and,
 * unless 'gradient' is NULL, writes its derivative with respect to each. Threads as above.
 */
typedef struct bp_custom_loss {
    float (*f32)(void *context, const float *outputs, const float *targets, float *gradient, size_t n);
    double (*f64)(void *context, const double *outputs, const double *targets, double *gradient, size_t n);
    void *context;
} bp_custom_loss;

/* ---- Optimizers ---------------------------------------------------------- */

/*
 * What a gradient g does to a parameter w at step t = 1, 2, …; the conventions are PyTorch's.
 * Slots are numbers kept for each parameter from step to step, 0 at first.
 */
typedef int bp_method;
enum {
    BP_GRADIENT_DESCENT = 0, /* w -= rate g */
    BP_MOMENTUM = 1,         /* m = momentum m + g;  w -= rate m */
    BP_NESTEROV = 2,         /* m = momentum m + g;  w -= rate (g + momentum m) */
    BP_RMSPROP = 3,          /* m = decay m + (1 - decay) g^2;  w -= rate g / (sqrt(m) + epsilon) */
    BP_ADAGRAD = 4,          /* m = m + g^2;  w -= rate g / (sqrt(m) + epsilon) */
    BP_ADAM = 5,             /* m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g^2;
                                w -= rate / (1 - beta1^t) m / (sqrt(v / (1 - beta2^t)) + epsilon) */
    BP_ADAMW = 6,            /* w *= 1 - rate weight_decay, then as Adam */
    BP_RPROP = 7,            /* m = the slope before, v = the step, rate at first: v *= grow where g m > 0,
                                v *= shrink where g m < 0, and there g = 0;  w -= sign(g) v */
    BP_METHOD_COUNT = 8
};

/*
 * When a weight is updated. BP_SIMULTANEOUS: every delta uses the weights of the forward
 * pass, which is the gradient. BP_LAYER_BY_LAYER: a layer is updated before its delta is
 * passed down, which is not; many tutorials print the numbers that this gives.
 */
typedef int bp_update_order;
enum { BP_SIMULTANEOUS = 0, BP_LAYER_BY_LAYER = 1 };

/*
 * How parameters follow their gradient: first it is clipped, then the slopes of the penalties on the
 * weights (not the biases) are added, then the method takes its step. bp_optimizer_init_f32() fills in
 * the usual values; for BP_GRADIENT_DESCENT zeros do, apart from size and rate.
 */
typedef struct bp_optimizer_f32 {
    size_t size;                       /* sizeof(bp_optimizer_f32), so that later versions can add to it */
    bp_method method;
    bp_update_order order;             /* BP_LAYER_BY_LAYER goes with plain gradient descent only */
    float rate;                        /* the learning rate; RPROP's first step */
    float momentum;                    /* in 0 ..< 1 (0.9) */
    float beta1, beta2;                /* in 0 ..< 1 (0.9, 0.999) */
    float decay;                       /* of RMSprop's mean of squares, in 0 ..< 1 (0.99) */
    float epsilon;                     /* 0 or more (1e-8; Adagrad 1e-10) */
    float shrink, grow;                /* of RPROP: 0 < shrink < 1 < grow (0.5, 1.2) */
    float minimum_step, maximum_step;  /* of RPROP (1e-6, 50) */
    float weight_decay;                /* adds weight_decay w to the gradient; AdamW: see there (0; AdamW 0.01) */
    float l1;                          /* adds l1 sign(w) to the gradient (0) */
    float clip_value;                  /* bounds every element of the gradient; 0 for no bound */
    float clip_norm;                   /* scales the gradient of all layers by min(1, clip_norm / (norm + 1e-6)),
                                          before the elements are bounded; 0 for not */
} bp_optimizer_f32;

typedef struct bp_optimizer_f64 {
    size_t size;
    bp_method method;
    bp_update_order order;
    double rate;
    double momentum;
    double beta1, beta2;
    double decay;
    double epsilon;
    double shrink, grow;
    double minimum_step, maximum_step;
    double weight_decay;
    double l1;
    double clip_value;
    double clip_norm;
} bp_optimizer_f64;

/* The numbers that a method keeps for each parameter: 0, 1 or 2; 0 also where there is no such method. */
size_t bp_method_slots(bp_method method);

/*
 * The usual values of a method. 'size' is sizeof *optimizer. Fails with BP_ERROR_NULL,
 * BP_ERROR_VERSION or BP_ERROR_OPTIMIZER.
 */
bp_status bp_optimizer_init_f32(bp_optimizer_f32 *optimizer, size_t size, bp_method method, float rate);
bp_status bp_optimizer_init_f64(bp_optimizer_f64 *optimizer, size_t size, bp_method method, double rate);

/* BP_OK if every number that the method uses is in its range, else BP_ERROR_VERSION, _OPTIMIZER or _OPTION. */
bp_status bp_optimizer_check_f32(const bp_optimizer_f32 *optimizer);
bp_status bp_optimizer_check_f64(const bp_optimizer_f64 *optimizer);

/* ---- Kernels ------------------------------------------------------------- */

/*
 * Kernels return void: the caller answers for sizes, pointers and numbers. Any size
 * may be 0; a sample without outputs has a loss of 0. 'k' comes from bp_kernels_for() or bp_kernels_named().
 * Unless said otherwise an output must not overlap an input.
 */

/* y[i] = exp(x[i]); at most 1 ulp from the real value. y may be x. */
void bp_exp_f32(const bp_kernels *k, const float *x, float *y, size_t n);
void bp_exp_f64(const bp_kernels *k, const double *x, double *y, size_t n);

/* y[i] = ln(x[i]); at most 2 ulp from the real value; -infinity at 0, NaN below. y may be x. */
void bp_log_f32(const bp_kernels *k, const float *x, float *y, size_t n);
void bp_log_f64(const bp_kernels *k, const double *x, double *y, size_t n);

/* y[i] = tanh(x[i]); at most 3 ulp from the real value. y may be x. */
void bp_tanh_f32(const bp_kernels *k, const float *x, float *y, size_t n);
void bp_tanh_f64(const bp_kernels *k, const double *x, double *y, size_t n);

/*
 * bp_dense_forward_f32() computes the weighted inputs of one layer for a batch:
 *
 *     z[s][j] = b[j] + sum over i ascending of x[s][i] * w[i][j]
 *
 *   x  in   [batch x n_in ]   activations of the layer below
 *   w  in   [n_in  x n_out]   weights, one row per input
 *   b  in   [n_out]           biases, or NULL for none
 *   z  out  [batch x n_out]   weighted inputs
 *
 * |error| <= g * (|b| + sum |x||w|), g = k*u / (1 - k*u), k = n_in + 1, u = 2^-24
 * (N. J. Higham, Accuracy and Stability of Numerical Algorithms, 2002, ch. 3).
 */
void bp_dense_forward_f32(const bp_kernels *k, const float *x, const float *w, const float *b, float *z,
                          size_t batch, size_t n_in, size_t n_out);
void bp_dense_forward_f64(const bp_kernels *k, const double *x, const double *w, const double *b, double *z,
                          size_t batch, size_t n_in, size_t n_out);

/*
 * bp_activate_f32() computes a = f(z) for a batch, softmax row by row; every element
 * is at most 3 ulp from the real value (softmax: of its own weighted inputs' exponentials).
 *
 *   z           in   [batch x n]
 *   a           out  [batch x n]   may be z
 *   derivative  out  [batch x n]   f'(z) if bp_activation_keeps_derivative(f), else
 *                                  untouched; NULL if not wanted
 */
void bp_activate_f32(const bp_kernels *k, bp_activation f, const float *z, float *a, float *derivative,
                     size_t batch, size_t n);
void bp_activate_f64(const bp_kernels *k, bp_activation f, const double *z, double *a, double *derivative,
                     size_t batch, size_t n);

/*
 * bp_activation_delta_f32() takes the derivative of the loss back through an activation:
 *
 *     delta[s][j] = g[s][j] * f'(z[s][j])
 *
 *   a           in   [batch x n]   f(z)
 *   derivative  in   [batch x n]   as bp_activate_f32() gave it, or NULL where it gives none
 *   g           in   [batch x n]   dL/da
 *   delta       out  [batch x n]   dL/dz; may be g
 *
 * The units of a softmax layer depend on each other:
 * delta[j] = a[j] * (g[j] - sum over k ascending of g[k] * a[k]).
 */
void bp_activation_delta_f32(const bp_kernels *k, bp_activation f, const float *a, const float *derivative,
                             const float *g, float *delta, size_t batch, size_t n);
void bp_activation_delta_f64(const bp_kernels *k, bp_activation f, const double *a, const double *derivative,
                             const double *g, double *delta, size_t batch, size_t n);

/*
 * bp_loss_delta_f32() computes a loss of the errors o - t (squared, mean squared, mean
 * absolute, Huber) and its derivative with respect to the outputs.
 *
 *   a       in   [batch x n]   outputs
 *   t       in   [batch x n]   targets
 *   scale   multiplies g: 1 / batch makes it the derivative of the mean over the batch
 *   g       out  [batch x n]   scale * dL/da, or NULL if not wanted
 *   losses  out  [batch]       the loss of each sample
 */
void bp_loss_delta_f32(const bp_kernels *k, bp_loss loss, const float *a, const float *t, float scale,
                       float *g, float *losses, size_t batch, size_t n);
void bp_loss_delta_f64(const bp_kernels *k, bp_loss loss, const double *a, const double *t, double scale,
                       double *g, double *losses, size_t batch, size_t n);

/*
 * bp_softmax_cross_entropy_f32() is softmax and cross-entropy in one. The loss comes from
 * the weighted inputs, so it is finite and right also where an output is 0.
 *
 *   z       in   [batch x n]   weighted inputs
 *   t       in   [batch x n]   targets; need not add up to 1
 *   a       out  [batch x n]   softmax(z); may be z
 *   delta   out  [batch x n]   scale * dL/dz = scale * (a * sum of t - t), or NULL
 *   losses  out  [batch]
 */
void bp_softmax_cross_entropy_f32(const bp_kernels *k, const float *z, const float *t, float scale, float *a,
                                  float *delta, float *losses, size_t batch, size_t n);
void bp_softmax_cross_entropy_f64(const bp_kernels *k, const double *z, const double *t, double scale,
                                  double *a, double *delta, double *losses, size_t batch, size_t n);

/* Like bp_softmax_cross_entropy_f32(), but sigmoid and binary cross-entropy, the mean over outputs. */
void bp_sigmoid_cross_entropy_f32(const bp_kernels *k, const float *z, const float *t, float scale, float *a,
                                  float *delta, float *losses, size_t batch, size_t n);
void bp_sigmoid_cross_entropy_f64(const bp_kernels *k, const double *z, const double *t, double scale,
                                  double *a, double *delta, double *losses, size_t batch, size_t n);

/* y[s][j] = (x[s][j] - offset[j]) * factor[j] for rows of n values. y may be x. */
void bp_scale_f32(const float *x, const float *offset, const float *factor, float *y, size_t batch, size_t n);
void bp_scale_f64(const double *x, const double *offset, const double *factor, double *y, size_t batch, size_t n);

/* t[s][j] = 1 where j is classes[s], else 0. Returns batch, or the first sample whose class is not in 0 ..< n. */
size_t bp_one_hot_f32(const int32_t *classes, float *t, size_t batch, size_t n);
size_t bp_one_hot_f64(const int32_t *classes, double *t, size_t batch, size_t n);

/* to[r] = from[rows[r]] for rows of n elements: a mini-batch out of shuffled samples. */
void bp_gather_f32(const float *from, const uint32_t *rows, size_t count, size_t n, float *to);
void bp_gather_f64(const double *from, const uint32_t *rows, size_t count, size_t n, double *to);

/* wt[j][i] = w[i][j], from [n_in x n_out] to [n_out x n_in]. */
void bp_transpose_f32(const bp_kernels *k, const float *w, float *wt, size_t n_in, size_t n_out);
void bp_transpose_f64(const bp_kernels *k, const double *w, double *wt, size_t n_in, size_t n_out);

/*
 * bp_delta_accumulate_f32() takes a layer's delta down to the layer below:
 *
 *     g[s][i] = sum over j ascending of delta[s][j] * w[i][j]
 *
 *   delta  in   [batch x n_out]   dL/dz of this layer
 *   w      in   [n_in  x n_out]   its weights
 *   g      out  [batch x n_in ]   dL/da of the layer below
 */
void bp_delta_accumulate_f32(const bp_kernels *k, const float *delta, const float *w, float *g, size_t batch,
                             size_t n_in, size_t n_out);
void bp_delta_accumulate_f64(const bp_kernels *k, const double *delta, const double *w, double *g,
                             size_t batch, size_t n_in, size_t n_out);

/*
 * dw[i][j] = sum over s ascending of x[s][i] * delta[s][j]
 *
 *   x           in   [batch x n_in ]   activations of the layer below
 *   delta       in   [batch x n_out]   dL/dz of this layer
 *   accumulate  0 to start each sum from 0, else from what dw holds: the gradients of a
 *               batch's parts, accumulated in order, have the bits of the whole batch's
 *   dw          out  [n_in  x n_out]   dL/dw
 */
void bp_weight_gradient_f32(const bp_kernels *k, const float *x, const float *delta, int accumulate, float *dw,
                            size_t batch, size_t n_in, size_t n_out);
void bp_weight_gradient_f64(const bp_kernels *k, const double *x, const double *delta, int accumulate, double *dw,
                            size_t batch, size_t n_in, size_t n_out);

/* db[j] = sum over s ascending of delta[s][j]; 'accumulate' as above. */
void bp_bias_gradient_f32(const bp_kernels *k, const float *delta, int accumulate, float *db, size_t batch,
                          size_t n_out);
void bp_bias_gradient_f64(const bp_kernels *k, const double *delta, int accumulate, double *db, size_t batch,
                          size_t n_out);

/* w[i] = w[i] - rate * g[i], rounded once: gradient descent from a gradient. */
void bp_descend_f32(const bp_kernels *k, const float *g, float rate, float *w, size_t n);
void bp_descend_f64(const bp_kernels *k, const double *g, double rate, double *w, size_t n);

/*
 * Like bp_weight_gradient_f32() and then bp_descend_f32(), to the same bits, but the
 * gradient never leaves the registers.
 */
void bp_weight_descend_f32(const bp_kernels *k, const float *x, const float *delta, float rate, float *w,
                           size_t batch, size_t n_in, size_t n_out);
void bp_weight_descend_f64(const bp_kernels *k, const double *x, const double *delta, double rate, double *w,
                           size_t batch, size_t n_in, size_t n_out);

/* Like bp_bias_gradient_f32() and then bp_descend_f32(), to the same bits, without a gradient buffer. */
void bp_bias_descend_f32(const bp_kernels *k, const float *delta, float rate, float *b, size_t batch,
                         size_t n_out);
void bp_bias_descend_f64(const bp_kernels *k, const double *delta, double rate, double *b, size_t batch,
                         size_t n_out);

/*
 * bp_optimize_f32() takes one step of an optimizer, in one pass over n weights.
 *
 *   o      a checked optimizer; its clip_norm is not looked at
 *   step   t, from 1; at 1 the slots are not read
 *   scale  what the gradient is multiplied with first: 1, or less to clip its norm
 *   g      in      [n]
 *   m, v   in/out  [n] each: the method's slots, NULL for those it has not
 *   w      in/out  [n]
 */
void bp_optimize_f32(const bp_kernels *k, const bp_optimizer_f32 *o, uint64_t step, float scale, const float *g,
                     float *m, float *v, float *w, size_t n);
void bp_optimize_f64(const bp_kernels *k, const bp_optimizer_f64 *o, uint64_t step, double scale, const double *g,
                     double *m, double *v, double *w, size_t n);

/*
 * bp_drop_out_f32() drops units of a layer for a step, and multiplies what is left by 1 / (1 - rate).
 *
 * Unit j of sample s is dropped where the upper 32 bits of number s * n + j (from 0) of
 * bp_random_make(bp_random_make(seed, 2^34 + layer).state, step) are below rate * 2^32.
 *
 *   first       the number of the first sample within the step
 *   a           in/out  [batch x n]   activations: 0 where dropped
 *   derivative  in/out  [batch x n]   f'(z), likewise
 */
void bp_drop_out_f32(const bp_kernels *k, float rate, uint64_t seed, uint64_t step, size_t layer, size_t first,
                     float *a, float *derivative, size_t batch, size_t n);
void bp_drop_out_f64(const bp_kernels *k, float rate, uint64_t seed, uint64_t step, size_t layer, size_t first,
                     double *a, double *derivative, size_t batch, size_t n);

/*
 * The sum of x[i]^2, for norms. It has a fixed order of its own: 32 sums take the
 * elements in turn, and are added in halves (lane l to lane l + 16, then l + 8, …).
 */
float bp_sum_of_squares_f32(const bp_kernels *k, const float *x, size_t n);
double bp_sum_of_squares_f64(const bp_kernels *k, const double *x, size_t n);

/* The index of the first infinity or NaN, or n where there is none. */
size_t bp_first_nonfinite_f32(const bp_kernels *k, const float *x, size_t n);
size_t bp_first_nonfinite_f64(const bp_kernels *k, const double *x, size_t n);

/* ---- Random numbers ------------------------------------------------------ */

/*
 * Randomness is the caller's: whoever draws says from which generator, and the state of a
 * generator is one number that can be saved with a run, so that it can be gone on with.
 *
 * SplitMix64 (G. L. Steele, D. Lea, C. H. Flood, OOPSLA 2014): one 64-bit state, the
 * same numbers on every platform. Not for secrets.
 */
typedef struct bp_random {
    uint64_t state;
} bp_random;

/* A generator for a purpose: equal (seed, stream) give equal numbers, others unrelated ones. */
bp_random bp_random_make(uint64_t seed, uint64_t stream);

uint64_t bp_random_next(bp_random *random);

/* An integer in 0 ..< bound, each equally likely; 0 for a bound of 0. */
uint64_t bp_random_below(bp_random *random, uint64_t bound);

/* x[i] uniform in [-limit, limit), from the upper 24 (53) bits of one number each. */
void bp_random_uniform_f32(bp_random *random, float limit, float *x, size_t n);
void bp_random_uniform_f64(bp_random *random, double limit, double *x, size_t n);

/*
 * Adds normally distributed noise: x[i] += deviation * n(0, 1), by the polar method (G. Marsaglia,
 * T. A. Bray, SIAM Review 6, 1964), two elements at a time.
 */
void bp_random_normal_f32(const bp_kernels *k, bp_random *random, float deviation, float *x, size_t n);
void bp_random_normal_f64(const bp_kernels *k, bp_random *random, double deviation, double *x, size_t n);

/* Puts n items in a random order, each order equally likely (Fisher and Yates). */
void bp_random_shuffle(bp_random *random, uint32_t *items, size_t n);

/* ---- Threads ------------------------------------------------------------- */

/*
 * Threads that wait to share the work of one call. A pool may be used from many
 * threads at once: whoever finds it busy works alone, to the same bits.
 */
typedef struct bp_pool bp_pool;

/* The bytes that a pool of so many threads (with the caller's) needs; 0 where it cannot have so many. */
size_t bp_pool_size(size_t threads);

/*
 * Starts a pool in memory of at least bp_pool_size(threads) bytes, aligned for any
 * type, that must stay where it is until bp_pool_stop(). Fails with BP_ERROR_NULL,
 * BP_ERROR_MEMORY, BP_ERROR_OPTION (no threads, or more than 1024; with BP_NO_THREADS, more
 * than 1) or BP_ERROR_THREADS.
 */
bp_status bp_pool_start(void *memory, size_t bytes, size_t threads, bp_pool **pool);

/* Ends the threads and waits for them; the memory is the caller's again. NULL is allowed. */
void bp_pool_stop(bp_pool *pool);

/* The number of threads, with the caller's; 1 for NULL. */
size_t bp_pool_threads(const bp_pool *pool);

/* ---- Network ------------------------------------------------------------- */

enum {
    BP_NO_BIAS = 1,       /* the layer has no biases */
    BP_FREEZE_WEIGHTS = 2, /* training leaves its weights as they are */
    BP_FREEZE_BIASES = 4  /* training leaves its biases as they are */
};

typedef struct bp_layer {
    size_t outputs;           /* units; at least 1 */
    bp_activation activation;
    uint32_t flags;           /* BP_NO_BIAS, BP_FREEZE_WEIGHTS, BP_FREEZE_BIASES */
    float dropout;            /* the share of units that a training step drops, in 0 ..< 1; not of the last layer */
    uint32_t tied;            /* 1 + the layer below whose weights, transposed, this one shares; 0 for weights of its own */
    const bp_custom_activation *custom; /* for BP_CUSTOM_ACTIVATION; copied */
} bp_layer;

/*
 * What a network looks like: constant once made, and without pointers into itself, so
 * it may be copied and shared. Its parameters are one array of the caller's: for
 * each layer the weights [n_in x n_out], then the biases [n_out], without gaps. A tied layer has
 * its copy there too: updates keep it, and its gradient stands with the layer it shares.
 */
typedef struct bp_network bp_network;

/* The bytes of a network of so many layers. */
size_t bp_network_size(size_t layer_count);

/*
 * Describes a network in memory of at least bp_network_size(layer_count) bytes, aligned
 * for any type. The layers are copied. Fails with BP_ERROR_NULL, _MEMORY, _LAYERS,
 * _ACTIVATION, _OPTION (unknown flags), _DROPOUT, _TIE or _TOO_LARGE.
 */
bp_status bp_network_init(void *memory, size_t bytes, const bp_kernels *kernels, size_t inputs,
                          const bp_layer *layers, size_t layer_count, const bp_network **network);

size_t bp_network_inputs(const bp_network *network);
size_t bp_network_outputs(const bp_network *network);
size_t bp_network_layers(const bp_network *network);

/*
 * The number of weights and biases of all layers: so many elements have parameters, gradients
 * and each slot of an optimizer.
 */
size_t bp_network_parameters(const bp_network *network);

/* Where the weights and the biases of a layer begin among the parameters. */
size_t bp_network_weights_offset(const bp_network *network, size_t layer);
size_t bp_network_biases_offset(const bp_network *network, size_t layer);

/*
 * Random weights to start from, zero biases. Layer l draws from bp_random_make(seed, l),
 * uniformly in +-sqrt(6 / n_in) before ReLU, leaky ReLU, ELU, SiLU and GELU (K. He et al.,
 * ICCV 2015), else in +-sqrt(6 / (n_in + n_out)) (X. Glorot, Y. Bengio, AISTATS 2010).
 */
void bp_initialize_f32(const bp_network *network, uint64_t seed, float *parameters);
void bp_initialize_f64(const bp_network *network, uint64_t seed, double *parameters);

/* Memory and threads for one call; not shared between calls that run at the same time. */
typedef struct bp_workspace {
    void *memory;  /* its contents mean nothing between calls; any alignment, but without threads and vectors that of
                      its numbers, for then none of it is spent on cache lines */
    size_t bytes;
    bp_pool *pool; /* NULL for the calling thread alone */
} bp_workspace;

/*
 * The bytes of a workspace for predicting, and for everything else; 0 where they do not fit in
 * size_t. More samples never need less, so one of the largest batch does for all. The formula
 * is in this header's opening.
 */
size_t bp_predict_size_f32(const bp_network *network, size_t samples);
size_t bp_predict_size_f64(const bp_network *network, size_t samples);
size_t bp_train_size_f32(const bp_network *network, size_t samples);
size_t bp_train_size_f64(const bp_network *network, size_t samples);

/*
 * bp_predict_f32() computes outputs [samples x outputs] from inputs [samples x inputs].
 *
 * Needs a workspace of bp_predict_size_f32(). Fails with BP_ERROR_NULL, _MEMORY or
 * _TOO_LARGE. Many threads may predict from one network and one set of parameters.
 */
bp_status bp_predict_f32(const bp_network *network, const float *parameters, const float *inputs,
                         size_t samples, float *outputs, const bp_workspace *workspace);
bp_status bp_predict_f64(const bp_network *network, const double *parameters, const double *inputs,
                         size_t samples, double *outputs, const bp_workspace *workspace);

/*
 * Samples with what they should give: targets or classes, the other NULL. The arrays are
 * read where they are; a batch of neighbors is a pointer into the data, and another one is
 * gathered by bp_gather_f32(). Zero what is not used.
 */
typedef struct bp_batch_f32 {
    size_t samples;
    const float *inputs;    /* [samples x inputs] */
    const float *targets;   /* [samples x outputs] */
    const int32_t *classes; /* [samples], in 0 ..< outputs: a target of 1 there and 0 elsewhere */
    const float *weights;   /* [samples]: what each sample's loss is multiplied with; NULL for 1 */
    /* A part of a step's batch, for gradients that are accumulated: its first sample, and the samples of all parts. */
    size_t first, of;       /* 0 and 0 for a whole batch */
} bp_batch_f32;

typedef struct bp_batch_f64 {
    size_t samples;
    const double *inputs;
    const double *targets;
    const int32_t *classes;
    const double *weights;
    size_t first, of;
} bp_batch_f64;

/* What the samples' gradients are made into. */
typedef int bp_reduction;
enum { BP_MEAN = 0, BP_SUM = 1 };

/* What is made small. Zeros do for everything but the size. */
typedef struct bp_objective_f32 {
    size_t size;            /* sizeof(bp_objective_f32), so that later versions can add to it */
    bp_loss loss;
    bp_reduction reduction;
    float label_smoothing;  /* e in 0 ..< 1: targets become (1 - e) t + e / outputs,
                               with binary cross-entropy (1 - e) t + e / 2 */
    uint64_t seed, step;    /* what dropout's numbers come from; bp_step_f32() takes the steps of its state instead */
    const bp_custom_loss *custom; /* for BP_CUSTOM_LOSS */
} bp_objective_f32;

typedef struct bp_objective_f64 {
    size_t size;
    bp_loss loss;
    bp_reduction reduction;
    double label_smoothing;
    uint64_t seed, step;
    const bp_custom_loss *custom;
} bp_objective_f64;

/*
 * BP_OK if the network's last layer can be trained with this objective, else BP_ERROR_VERSION, _LOSS,
 * _PAIR, _OPTION or _NULL (no function for this precision).
 */
bp_status bp_objective_check_f32(const bp_network *network, const bp_objective_f32 *objective);
bp_status bp_objective_check_f64(const bp_network *network, const bp_objective_f64 *objective);

/*
 * bp_loss_f32() computes the mean of the samples' losses, added in ascending order, without dropout.
 *
 * This and the two below need a workspace of bp_train_size_f32(batch->samples), and fail with
 * BP_ERROR_NULL, _MEMORY, _TOO_LARGE, _EMPTY, _TARGETS, _CLASS, or as bp_objective_check_f32() and
 * bp_optimizer_check_f32(); then nothing was written but to the workspace.
 */
bp_status bp_loss_f32(const bp_network *network, const float *parameters, const bp_batch_f32 *batch,
                      const bp_objective_f32 *objective, const bp_workspace *workspace, float *value);
bp_status bp_loss_f64(const bp_network *network, const double *parameters, const bp_batch_f64 *batch,
                      const bp_objective_f64 *objective, const bp_workspace *workspace, double *value);

/*
 * bp_gradients_f32() computes the gradient of the mean (BP_MEAN) or the sum (BP_SUM) of the
 * samples' losses with respect to every parameter, laid out as they are; 0 for frozen ones.
 * '*value' is the mean of the losses in both cases; NULL if not wanted.
 *
 * With batch->of set the gradients of a big batch can be computed part by part, in ascending
 * order: from batch->first == 0 on each call adds to 'gradients', to the bits of one call
 * for all. (BP_MEAN divides by batch->of. '*value' is the mean of the part's own losses.)
 */
bp_status bp_gradients_f32(const bp_network *network, const float *parameters, const bp_batch_f32 *batch,
                           const bp_objective_f32 *objective, const bp_workspace *workspace, float *gradients,
                           float *value);
bp_status bp_gradients_f64(const bp_network *network, const double *parameters, const bp_batch_f64 *batch,
                           const bp_objective_f64 *objective, const bp_workspace *workspace, double *gradients,
                           double *value);

/*
 * What training keeps from step to step. Zeros do for a start; a run that is saved and resumed
 * needs 'steps' and 'slots' again to go on to the same bits.
 */
typedef struct bp_state_f32 {
    uint64_t steps; /* updates so far; every update adds 1 */
    float *slots;   /* [bp_method_slots() x parameters]; need not be initialized; NULL where there are none */
    float *gradients; /* [parameters]: what bp_step_f32() computes on its way; may be NULL for gradient descent
                         without clipping, penalties and tied layers, which then is faster */
} bp_state_f32;

typedef struct bp_state_f64 {
    uint64_t steps;
    double *slots;
    double *gradients;
} bp_state_f64;

/*
 * One step of an optimizer from gradients; frozen parameters stay as they are.
 *
 * 'state' gives steps and slots. Fails with BP_ERROR_NULL or as bp_optimizer_check_f32().
 */
bp_status bp_update_f32(const bp_network *network, const bp_optimizer_f32 *optimizer, const float *gradients,
                        bp_state_f32 *state, float *parameters, bp_pool *pool);
bp_status bp_update_f64(const bp_network *network, const bp_optimizer_f64 *optimizer, const double *gradients,
                        bp_state_f64 *state, double *parameters, bp_pool *pool);

/*
 * bp_step_f32() is forward pass, backward pass and update in one. With BP_SIMULTANEOUS it gives the bits
 * of bp_gradients_f32() and bp_update_f32(), whether or not it has a buffer for gradients.
 * '*value' is the loss before the update; NULL if not wanted. A step whose loss is not
 * finite updates nothing. The batch must be whole.
 */
bp_status bp_step_f32(const bp_network *network, float *parameters, const bp_batch_f32 *batch,
                      const bp_objective_f32 *objective, const bp_optimizer_f32 *optimizer, bp_state_f32 *state,
                      const bp_workspace *workspace, float *value);
bp_status bp_step_f64(const bp_network *network, double *parameters, const bp_batch_f64 *batch,
                      const bp_objective_f64 *objective, const bp_optimizer_f64 *optimizer, bp_state_f64 *state,
                      const bp_workspace *workspace, double *value);

/* ---- Model files --------------------------------------------------------- */

/*
 * Files of named tensors in the safetensors format: eight bytes that hold the size of a
 * JSON header, little-endian, the header, then the numbers of the tensors, little-endian,
 * without gaps (https://github.com/huggingface/safetensors, "Format"). PyTorch, JAX and
 * MLX read and write them.
 *
 * A file may come from a stranger. It is read whole, from memory, and refused whole: a
 * header over 100,000,000 bytes or with anything that the format doesn't have, text that
 * is not UTF-8, a name twice, a size that overflows, tensors that overlap, leave holes or
 * end anywhere but at the end of the file. Time grows as n log n with the file.
 */

/* Text of a header as it stands between its quotes: UTF-8, with the escapes of JSON. Not ended by a zero. */
typedef struct bp_text {
    const char *bytes;
    size_t count;
} bp_text;

/*
 * Copies a text without its escapes, as much of it as fits, and returns the bytes of the
 * whole; 'to' may be NULL for a capacity of 0.
 */
size_t bp_text_copy(bp_text text, char *to, size_t capacity);

/* 1 if a text without its escapes is these bytes; else 0. */
int bp_text_is(bp_text text, const char *bytes, size_t count);

/* What was found wrong where. */
typedef struct bp_fault {
    size_t position; /* of the byte in the file at which it shows */
    bp_text name;    /* the tensor or the entry of the metadata it is about; 'bytes' is NULL for none */
    size_t layer;    /* the layer of the network it is about; SIZE_MAX for none */
} bp_fault;

/* The types of numbers. Only the first four are read here; files may hold the others. */
typedef int bp_type;
enum {
    BP_F64 = 0,
    BP_F32 = 1,
    BP_F16 = 2,  /* IEEE 754 binary16 */
    BP_BF16 = 3, /* the upper half of a binary32 */
    BP_BOOL = 4, BP_U8 = 5, BP_I8 = 6, BP_F8_E4M3 = 7, BP_F8_E5M2 = 8, BP_F8_E8M0 = 9, BP_U16 = 10, BP_I16 = 11,
    BP_U32 = 12, BP_I32 = 13, BP_U64 = 14, BP_I64 = 15, BP_C64 = 16,
    BP_TYPE_COUNT = 17
};

/* "F64", "F32", and so on as files call them, or NULL for a number that is no type. */
const char *bp_type_name(bp_type type);

enum { BP_RANK_MAX = 8 }; /* tensors of more dimensions are refused */

/* A tensor in a file. */
typedef struct bp_tensor {
    bp_text name;
    bp_type type;
    size_t rank;                 /* the number of dimensions; 0 for a single number */
    uint64_t shape[BP_RANK_MAX]; /* the first 'rank' are meant */
    const uint8_t *bytes;        /* its numbers, row-major, little-endian, of any alignment */
    size_t count;                /* how many numbers */
} bp_tensor;

/* A file whose header was read. It refers to the file's bytes, and is constant once opened. */
typedef struct bp_tensors bp_tensors;

/*
 * The memory that opening a file takes: never over 2.7 times the file's bytes and 256.
 * Fails as bp_tensors_open(), but for what only that finds. 'fault' may be NULL, here and below.
 */
bp_status bp_tensors_size(const uint8_t *bytes, size_t count, size_t *size, bp_fault *fault);

/*
 * Opens a file that is in memory and stays there, into memory of bp_tensors_size() bytes,
 * aligned for any type. Fails with BP_ERROR_NULL, BP_ERROR_MEMORY or the
 * BP_ERROR_FILE_... of what is wrong.
 */
bp_status bp_tensors_open(void *memory, size_t size, const uint8_t *bytes, size_t count,
                          const bp_tensors **file, bp_fault *fault);

/* The number of tensors, and tensor i of them in the order of the header. */
size_t bp_tensors_count(const bp_tensors *file);
bp_tensor bp_tensors_at(const bp_tensors *file, size_t i);

/* Finds which tensor has a name. Returns 0 where there is none. O(log n) */
int bp_tensors_find(const bp_tensors *file, const char *name, size_t count, size_t *i);

/* Finds a text of the header's __metadata__ by its key. Returns 0 where there is none. O(log n) */
int bp_tensors_metadata(const bp_tensors *file, const char *key, size_t count, bp_text *value);

/*
 * Reads 'count' numbers of a tensor from its number 'first' on. F16, BF16 and F32 become
 * float and double as they are, with subnormals, infinities and NaNs; F64 is rounded to
 * the nearest float. Fails with BP_ERROR_OPTION for numbers beyond the last, or
 * BP_ERROR_FILE_TYPE for types other than those four.
 */
bp_status bp_tensor_read_f32(const bp_tensor *tensor, size_t first, size_t count, float *numbers);
bp_status bp_tensor_read_f64(const bp_tensor *tensor, size_t first, size_t count, double *numbers);

/*
 * Goes on with a checksum, or begins one from 0, of numbers as files hold them: FNV-1a in
 * 64 bits, the same on every machine. Two arrays differ if their checksums do.
 */
uint64_t bp_checksum_f32(uint64_t checksum, const float *numbers, size_t count);
uint64_t bp_checksum_f64(uint64_t checksum, const double *numbers, size_t count);

/*
 * Checks that a file is whole and what it says to be, by the entries of its metadata that
 * bp_writer_seal() writes: "format", "version" (a whole number of at most 'newest', given in
 * '*version') and "checksum". Fails with BP_ERROR_FILE_FORMAT, _VERSION or _CHECKSUM.
 *
 * The checksum is FNV-1a in 64 bits (G. Fowler, L. C. Noll, K.-P. Vo, 1991) of all bytes
 * of the file, its own sixteen digits taken as zeros: it finds every change within a byte, and
 * every other but one in 2^64. It is no signature. (Models of version 1 have one of the text
 * "model" and the numbers alone.)
 */
bp_status bp_tensors_verify(const bp_tensors *file, const char *format, unsigned newest, unsigned *version,
                            bp_fault *fault);

#define BP_MODEL_FORMAT "backprop" /* the format of models, and its newest version */
#define BP_MODEL_VERSION 2

/* Which tensors of a file belong to a layer. */
typedef struct bp_layer_tensors {
    size_t weights; /* [outputs x inputs] */
    size_t biases;  /* [outputs]; SIZE_MAX for a layer without */
} bp_layer_tensors;

/*
 * Finds the tensors of a network's layers, [layers], and checks their types and shapes.
 * Every tensor of the file must be a layer's: pairs of "….weight" and "….bias", names of
 * at most 255 bytes. If the names differ by numbers alone (layers.0, layers.1 as
 * bp_writer_network() writes; 0, 2; fc1, fc2), the layers are in the order of the numbers; else
 * each layer must have a shape of its own. Nothing is guessed: fails with
 * BP_ERROR_FILE_LAYERS, _EXTRA, _MISSING, _SHAPE, _TYPE or _AMBIGUOUS.
 *
 * O(tensors * log(tensors)), and where numbers don't tell, O(layers^2).
 */
bp_status bp_network_match(const bp_network *network, const bp_tensors *file, bp_layer_tensors *layers,
                           bp_fault *fault);

/*
 * Reads a network's parameters from the tensors that bp_network_match() found. Fails with
 * BP_ERROR_FILE_NONFINITE if a number is infinite or no number, also if only
 * rounding it to float made it so, or BP_ERROR_FILE_TIED; then some parameters have been written.
 */
bp_status bp_network_load_f32(const bp_network *network, const bp_tensors *file, const bp_layer_tensors *layers,
                              float *parameters, bp_fault *fault);
bp_status bp_network_load_f64(const bp_network *network, const bp_tensors *file, const bp_layer_tensors *layers,
                              double *parameters, bp_fault *fault);

/*
 * Writes a file into memory, or counts its bytes: run the same calls twice, first over
 * no memory. Equal calls write equal bytes, on every machine.
 *
 *     bp_writer_begin(&writer, bytes, capacity);          // NULL, 0 to count
 *     bp_writer_seal(&writer, "backprop", 2);             // if it is to be verified
 *     bp_writer_metadata(&writer, key, …);                // any number of times
 *     bp_writer_tensor(&writer, name, …);                 // any number of times
 *     bp_writer_numbers_f32(&writer, numbers, …);         // the tensors' numbers, in order
 *     status = bp_writer_end(&writer, &size);
 *
 * or, for a network, bp_writer_network() and bp_writer_parameters_f32() in their places.
 * What goes wrong is kept, the calls that follow do nothing, and bp_writer_end() tells:
 * BP_ERROR_MEMORY, BP_ERROR_TOO_LARGE, BP_ERROR_OPTION (calls out of order, a type
 * other than F64 and F32, more or fewer numbers than tensors have), BP_ERROR_FILE_UTF8 or
 * BP_ERROR_FILE_HEADER (a header of over 100,000,000 bytes). Names and keys must be different ones.
 */
typedef struct bp_writer {
    uint8_t *bytes;
    size_t capacity;
    size_t size;     /* bytes so far */
    size_t declared; /* bytes of numbers that the tensors have */
    size_t data;     /* where the numbers begin; 0 as long as the header is open */
    size_t checksum; /* where its digits are; 0 for none */
    int part;        /* which calls are in order */
    bp_type type;    /* of the tensors */
    bp_status status;
} bp_writer;

void bp_writer_begin(bp_writer *writer, uint8_t *bytes, size_t capacity);
void bp_writer_seal(bp_writer *writer, const char *format, unsigned version);
void bp_writer_metadata(bp_writer *writer, const char *key, size_t key_bytes, const char *value,
                        size_t value_bytes);
/* All tensors of a file have one type here: BP_F64 or BP_F32. */
void bp_writer_tensor(bp_writer *writer, const char *name, size_t name_bytes, bp_type type,
                      const uint64_t *shape, size_t rank);
void bp_writer_numbers_f32(bp_writer *writer, const float *numbers, size_t count);
void bp_writer_numbers_f64(bp_writer *writer, const double *numbers, size_t count);
void bp_writer_network(bp_writer *writer, const bp_network *network, bp_type type);
void bp_writer_parameters_f32(bp_writer *writer, const bp_network *network, const float *parameters);
void bp_writer_parameters_f64(bp_writer *writer, const bp_network *network, const double *parameters);
bp_status bp_writer_end(bp_writer *writer, size_t *size);

#ifndef BP_NO_FILES
/*
 * Files on disk; left out by -DBP_NO_FILES. Paths are UTF-8. '*system_error' is errno, on
 * Windows GetLastError(), where a call of the system failed, else 0; NULL if not wanted.
 */

/*
 * Reads a regular file into memory. With 'bytes' NULL, gives its size in '*count'. Fails with
 * BP_ERROR_FILE_OPEN, _READ, _KIND (a folder, a pipe, a device) or BP_ERROR_MEMORY (larger than the
 * capacity, as it is if it grew since it was asked for its size).
 */
bp_status bp_file_read(const char *path, uint8_t *bytes, size_t capacity, size_t *count, int *system_error);

/*
 * Replaces a file by these bytes as a whole: they are written to "PATH.PROCESS-N.tmp", flushed to
 * the disk, and renamed; then the folder is flushed. So at every moment, also if power fails,
 * the path has the old bytes or the new ones. A file that was there keeps its permissions.
 * Fails with BP_ERROR_FILE_OPEN, _WRITE, _SYNC or _RENAME: the old file is as it
 * was, and nothing is left beside it. (After _SYNC of the folder the new one is in place, but
 * might not outlast a power failure; the system error is then the folder's.)
 */
bp_status bp_file_write(const char *path, const uint8_t *bytes, size_t count, int *system_error);

enum { BP_KEEP_MAX = 1000 };

/*
 * Like bp_file_write(), but what the file held before stays beside it as "PATH.1", what it held
 * before that as "PATH.2", and so on, 'keep' of them, at most BP_KEEP_MAX. Nothing older changes
 * before the new bytes are safe. The file system must have hard links, unless 'keep' is 0. After a
 * BP_ERROR_FILE_RENAME the path has the old bytes, or, where only an older file could not be
 * renamed, the new ones. Fails with BP_ERROR_OPTION for a larger 'keep'.
 */
bp_status bp_file_write_keeping(const char *path, const uint8_t *bytes, size_t count, unsigned keep,
                                int *system_error);
#endif

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif

#ifdef __cplusplus
}
#endif

#endif
