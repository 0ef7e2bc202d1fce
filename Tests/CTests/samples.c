/*
 * samples.c: steps from a single sample, which have kernels of their own, layers so wide that their kernels
 * pack what they read, and layers so narrow that vectors run the other way. Fails unless all give the bits of the plain
 * way: the single sample those of the scalar kernels over two samples, of which the second weighs nothing; the wide
 * layers those of one kernel called after the other, and the narrow ones those of the scalar kernels.
 *
 *     cc -O2 -Iinclude Tests/CTests/samples.c Sources/CBackprop/(all .c files) -lm -pthread && ./a.out [threads]
 */
#include "fenced.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backprop.h"

static const bp_kernels *k, *scalar;
static bp_pool *pool;
static int failures, comparisons;

static void check(bp_status status) {
    if (status == BP_OK) return;
    fprintf(stderr, "%s\n", bp_status_text(status));
    exit(1);
}

static void *room(size_t count, size_t bytes) {
    void *memory = calloc(count + 1, bytes);
    if (!memory) exit(1);
    return memory;
}

/* ---- Single samples ---- */

enum { MOST_LAYERS = 9, STEPS = 3 };

/* Inputs, then the outputs of each layer: what a vector holds and what it doesn't, and every tail of those after. */
static const size_t shapes[][MOST_LAYERS + 1] = {
    {1, 1},          {2, 2, 1},       {3, 4, 2},      {4, 3, 1, 4},  {4, 4, 4},           {2, 2, 2, 2, 2, 2, 2, 2, 2},
    {5, 2},          {2, 5, 2},       {2, 3, 5},      {9, 1},        {17, 9, 3},          {2, 2, 2, 2, 2, 2, 2, 2, 2, 2},
    {140, 1},        {129, 15, 6},    {200, 16, 7},   {131, 17},     {65, 3, 65},         {7, 130, 1},
    {300, 16, 20},   {260, 129, 31},  {40, 290, 150}, {1, 300, 2},   {300, 33, 10},       {130, 70, 24},
};
enum { SHAPES = sizeof shapes / sizeof *shapes, LARGER = 12 };

/* What is trained; the variants go through the values of each by turns of their own. */
typedef struct setup {
    size_t layers;
    bp_layer layer[MOST_LAYERS];
    bp_loss loss;
    bp_update_order order;
    int has_classes, has_buffer;
    int is_empty; /* inputs that are all 0 and biases of -0, whose sum is +0 */
    double rate;
} setup;

static setup make_setup(const size_t *shape, int variant) {
    static const uint32_t flags[] = {0, 0, BP_NO_BIAS, BP_FREEZE_BIASES, BP_FREEZE_WEIGHTS, 0,
                                     BP_FREEZE_WEIGHTS | BP_FREEZE_BIASES};
    static const double rates[] = {0.125, 0.5, -0.0625};
    setup s = {.loss = variant % (BP_HUBER + 1), .rate = rates[variant / 2 % 3], .has_classes = variant % 9 == 8,
               .has_buffer = variant % 8 == 7, .is_empty = variant % 6 == 5};
    s.order = variant / 2 % 2 && !s.has_buffer ? BP_LAYER_BY_LAYER : BP_SIMULTANEOUS;
    for (; s.layers < MOST_LAYERS && shape[s.layers + 1] > 0; s.layers++)
        s.layer[s.layers] = (bp_layer){.outputs = shape[s.layers + 1],
                                       .activation = (bp_activation)(((size_t)variant + s.layers) % BP_ACTIVATION_COUNT),
                                       .flags = flags[((size_t)variant / 3 + s.layers) % 7],
                                       .dropout = variant % 11 == 10 ? 0.25f : 0};
    bp_layer *const last = &s.layer[s.layers - 1];
    last->dropout = 0;
    if (variant % 5 == 4) s.loss = BP_CROSS_ENTROPY, last->activation = BP_SOFTMAX;
    if (variant % 7 == 6) s.loss = BP_BINARY_CROSS_ENTROPY, last->activation = BP_SIGMOID;
    for (size_t l = 0; l + 1 < s.layers; l++)
        if (s.layer[l].activation == BP_SOFTMAX) s.layer[l].dropout = 0;
    return s;
}

static const bp_network *make_network(const bp_kernels *kernels, size_t inputs, const setup *s) {
    const bp_network *network;
    const size_t bytes = bp_network_size(s->layers);
    check(bp_network_init(room(bytes, 1), bytes, kernels, inputs, s->layer, s->layers, &network));
    return network;
}

static void expect_same(const void *found, const void *expected, size_t bytes, const char *what, const size_t *shape,
                        int variant) {
    comparisons++;
    if (memcmp(found, expected, bytes) == 0) return;
    failures++;
    printf("failed: %s of %zu-%zu-%zu..., variant %d\n", what, shape[0], shape[1], shape[2], variant);
}

#define SAMPLES(real, suffix)                                                                                        \
    /* The first sample has zeros, of which kernels may make use; the second is whatever it is. */                   \
    static void fill_##suffix(uint64_t seed, real *x, size_t n) {                                                    \
        bp_random random = bp_random_make(seed, n);                                                                  \
        bp_random_uniform_##suffix(&random, 1, x, n);                                                                \
        for (size_t i = 0; i < n; i++)                                                                               \
            if (bp_random_below(&random, 3) == 0) x[i] = i % 2 ? 0 : -(real)0.0;                                     \
    }                                                                                                                \
                                                                                                                     \
    /* Some steps, from 'samples' samples. */                                                                        \
    static void train_##suffix(const bp_network *network, const setup *s, size_t samples, const real *inputs,        \
                               const real *targets, real *parameters, real *outputs, real *values) {                 \
        static const real weights[] = {1, 0};                                                                        \
        const int32_t classes[] = {(int32_t)bp_network_outputs(network) - 1, 0};                                     \
        const int is_plain = samples == 2, has_buffer = s->has_buffer || (is_plain && s->order == BP_SIMULTANEOUS);  \
        const size_t bytes = bp_train_size_##suffix(network, samples);                                               \
        const bp_workspace workspace = {room(bytes, 1), bytes, is_plain ? NULL : pool};                              \
        const bp_batch_##suffix batch = {.samples = samples, .inputs = inputs,                                       \
                                         .targets = s->has_classes ? NULL : targets,                                 \
                                         .classes = s->has_classes ? classes : NULL,                                 \
                                         .weights = is_plain ? weights : NULL};                                      \
        const bp_objective_##suffix objective = {.size = sizeof objective, .loss = s->loss, .seed = 5,               \
                                                 .reduction = is_plain ? BP_SUM : BP_MEAN};                          \
        const bp_optimizer_##suffix descent = {.size = sizeof descent, .rate = (real)s->rate, .order = s->order};    \
        real *const buffer = room(bp_network_parameters(network), sizeof(real));                                     \
        bp_state_##suffix state = {.gradients = has_buffer ? buffer : NULL};                                         \
        bp_initialize_##suffix(network, 9, parameters);                                                              \
        for (size_t l = 0; s->is_empty && l < s->layers; l++)                                                        \
            for (size_t j = 0; !(s->layer[l].flags & BP_NO_BIAS) && j < s->layer[l].outputs; j++)                    \
                parameters[bp_network_biases_offset(network, l) + j] = -(real)0.0;                                   \
        for (int step = 0; step < STEPS; step++) {                                                                   \
            check(bp_step_##suffix(network, parameters, &batch, &objective, &descent, &state, &workspace,            \
                                   &values[step]));                                                                  \
            values[step] *= (real)samples; /* the sum, of a mean */                                                  \
        }                                                                                                            \
        check(bp_predict_##suffix(network, parameters, inputs, samples, outputs, &workspace));                       \
        if (state.steps != STEPS) failures++, printf("failed: the steps are counted\n");                             \
        free(workspace.memory), free(buffer);                                                                        \
    }                                                                                                                \
                                                                                                                     \
    static void compare_##suffix(const size_t *shape, int variant) {                                                 \
        const setup s = make_setup(shape, variant);                                                                  \
        const bp_network *const single = make_network(k, shape[0], &s), *const plain = make_network(scalar, shape[0], &s); \
        const size_t count = bp_network_parameters(plain), n = bp_network_outputs(plain);                            \
        real *const inputs = room(2 * shape[0], sizeof(real)), *const targets = room(2 * n, sizeof(real));           \
        real *const x = fenced(0, shape[0], sizeof(real)), *const t = fenced(1, n, sizeof(real));                    \
        real *const found = fenced(2, count, sizeof(real)), *const expected = room(count, sizeof(real));             \
        real *const a = fenced(3, n, sizeof(real)), *const expected_a = room(2 * n, sizeof(real));                   \
        real values[STEPS], expected_values[STEPS];                                                                  \
        fill_##suffix(1, inputs, 2 * shape[0]);                                                                      \
        for (size_t i = 0; s.is_empty && i < shape[0]; i++) inputs[i] = i % 2 ? 0 : -(real)0.0;                      \
        fill_##suffix(2, targets, 2 * n);                                                                            \
        memcpy(x, inputs, shape[0] * sizeof(real));                                                                  \
        memcpy(t, targets, n * sizeof(real));                                                                        \
        train_##suffix(single, &s, 1, x, t, found, a, values);                                                       \
        train_##suffix(plain, &s, 2, inputs, targets, expected, expected_a, expected_values);                        \
        expect_same(found, expected, count * sizeof(real), "parameters " #suffix, shape, variant);                   \
        expect_same(a, expected_a, n * sizeof(real), "outputs " #suffix, shape, variant);                            \
        expect_same(values, expected_values, sizeof values, "losses " #suffix, shape, variant);                      \
        free(inputs), free(targets), free(expected), free(expected_a);                                               \
        free((void *)single), free((void *)plain);                                                                   \
    }                                                                                                                \
                                                                                                                     \
    /* A loss that isn't finite leaves everything as it is, in a network that a vector holds and in a larger one. */ \
    static void lose_##suffix(size_t hidden, bp_update_order order) {                                                \
        const size_t shape[] = {2, hidden, 1};                                                                       \
        const setup s = {2, {{.outputs = hidden, .activation = BP_TANH}, {.outputs = 1}}, .order = order};           \
        const bp_network *const network = make_network(k, 2, &s);                                                    \
        const size_t count = bp_network_parameters(network), bytes = bp_train_size_##suffix(network, 1);             \
        const bp_workspace workspace = {room(bytes, 1), bytes, pool};                                                \
        real *const parameters = room(count, sizeof(real)), *const before = room(count, sizeof(real));               \
        const real x[] = {1, -1}, huge = (real)1e30 * (real)1e30 * (real)1e30 * (real)1e30, t[] = {huge * huge * huge}; \
        const bp_batch_##suffix batch = {.samples = 1, .inputs = x, .targets = t};                                   \
        const bp_objective_##suffix objective = {.size = sizeof objective};                                          \
        const bp_optimizer_##suffix descent = {.size = sizeof descent, .rate = 1, .order = order};                   \
        bp_state_##suffix state = {.steps = 7};                                                                      \
        real value = 0;                                                                                              \
        bp_initialize_##suffix(network, 3, parameters);                                                              \
        memcpy(before, parameters, count * sizeof(real));                                                            \
        check(bp_step_##suffix(network, parameters, &batch, &objective, &descent, &state, &workspace, &value));      \
        check(bp_step_##suffix(network, parameters, &batch, &objective, &descent, &state, &workspace, NULL));        \
        expect_same(parameters, before, count * sizeof(real), "parameters after a lost step", shape, (int)order);    \
        if (value - value == 0 || state.steps != 7) failures++, printf("failed: a lost step is none\n");             \
        free(workspace.memory), free(parameters), free(before), free((void *)network);                               \
    }

SAMPLES(float, f32)
SAMPLES(double, f64)

/* ---- Wide layers ---- */

enum { WIDE_INPUTS = 261, WIDE_OUTPUTS = 257 };

/* Two layers of identities and half squared errors: outputs, gradients and a step by the kernels, and by the network. */
#define WIDE(real, suffix)                                                                                           \
    static void wide_##suffix(size_t samples, size_t hidden) {                                                       \
        const setup s = {2, {{.outputs = hidden}, {.outputs = WIDE_OUTPUTS}}, .loss = BP_SQUARED_ERROR};             \
        const size_t shape[] = {WIDE_INPUTS, hidden, WIDE_OUTPUTS};                                                  \
        const bp_network *const network = make_network(k, WIDE_INPUTS, &s);                                          \
        const size_t count = bp_network_parameters(network), bytes = bp_train_size_##suffix(network, samples);       \
        const size_t w2 = bp_network_weights_offset(network, 1);                                                     \
        const size_t b1 = bp_network_biases_offset(network, 0), b2 = bp_network_biases_offset(network, 1);           \
        const bp_workspace workspace = {room(bytes, 1), bytes, pool};                                                \
        real *const p = room(count, sizeof(real)), *const found = room(count, sizeof(real));                         \
        real *const g = room(count, sizeof(real)), *const x = fenced(0, samples * WIDE_INPUTS, sizeof(real));        \
        real *const t = room(samples * WIDE_OUTPUTS, sizeof(real)), *const a = room(samples * WIDE_OUTPUTS, sizeof(real)); \
        real *const z1 = room(samples * hidden, sizeof(real)), *const d1 = room(samples * hidden, sizeof(real));     \
        real *const z2 = room(samples * WIDE_OUTPUTS, sizeof(real)), *const d2 = room(samples * WIDE_OUTPUTS, sizeof(real)); \
        real *const losses = room(samples, sizeof(real)), value;                                                     \
        fill_##suffix(3, x, samples * WIDE_INPUTS);                                                                  \
        fill_##suffix(4, t, samples * WIDE_OUTPUTS);                                                                 \
        bp_initialize_##suffix(network, 5, p);                                                                       \
        fill_##suffix(6, p + b1, hidden);                                                                            \
        const bp_batch_##suffix batch = {.samples = samples, .inputs = x, .targets = t};                             \
        const bp_objective_##suffix objective = {.size = sizeof objective};                                          \
        check(bp_gradients_##suffix(network, p, &batch, &objective, &workspace, found, &value));                     \
        check(bp_predict_##suffix(network, p, x, samples, a, &workspace));                                           \
        bp_dense_forward_##suffix(scalar, x, p, p + b1, z1, samples, WIDE_INPUTS, hidden);                           \
        bp_dense_forward_##suffix(scalar, z1, p + w2, p + b2, z2, samples, hidden, WIDE_OUTPUTS);                    \
        bp_loss_delta_##suffix(scalar, BP_SQUARED_ERROR, z2, t, 1 / (real)samples, d2, losses, samples, WIDE_OUTPUTS); \
        bp_delta_accumulate_##suffix(scalar, d2, p + w2, d1, samples, hidden, WIDE_OUTPUTS);                         \
        bp_weight_gradient_##suffix(scalar, x, d1, 0, g, samples, WIDE_INPUTS, hidden);                              \
        bp_weight_gradient_##suffix(scalar, z1, d2, 0, g + w2, samples, hidden, WIDE_OUTPUTS);                       \
        bp_bias_gradient_##suffix(scalar, d1, 0, g + b1, samples, hidden);                                           \
        bp_bias_gradient_##suffix(scalar, d2, 0, g + b2, samples, WIDE_OUTPUTS);                                     \
        expect_same(a, z2, samples * WIDE_OUTPUTS * sizeof(real), "outputs " #suffix, shape, 0);                     \
        memset(a, 0, WIDE_OUTPUTS * sizeof(real));                                                                   \
        check(bp_predict_##suffix(network, p, x, 1, a, &workspace)); /* threads share large layers */                \
        expect_same(a, z2, WIDE_OUTPUTS * sizeof(real), "outputs of one " #suffix, shape, 0);                        \
        expect_same(found, g, count * sizeof(real), "gradients " #suffix, shape, 0);                                 \
        bp_optimizer_##suffix descent;                                                                               \
        bp_state_##suffix state = {.steps = 0};                                                                      \
        check(bp_optimizer_init_##suffix(&descent, sizeof descent, BP_GRADIENT_DESCENT, (real)0.3));                 \
        memcpy(found, p, count * sizeof(real));                                                                      \
        memcpy(g, p, count * sizeof(real));                                                                          \
        bp_weight_descend_##suffix(k, x, d1, (real)0.3, g, samples, WIDE_INPUTS, hidden);                            \
        check(bp_step_##suffix(network, found, &batch, &objective, &descent, &state, &workspace, &value));           \
        bp_weight_descend_##suffix(scalar, x, d1, (real)0.3, p, samples, WIDE_INPUTS, hidden);                       \
        bp_weight_descend_##suffix(scalar, z1, d2, (real)0.3, p + w2, samples, hidden, WIDE_OUTPUTS);                \
        bp_bias_descend_##suffix(scalar, d1, (real)0.3, p + b1, samples, hidden);                                    \
        bp_bias_descend_##suffix(scalar, d2, (real)0.3, p + b2, samples, WIDE_OUTPUTS);                              \
        expect_same(found, p, count * sizeof(real), "weights after a step " #suffix, shape, 0);                      \
        expect_same(g, p, WIDE_INPUTS * hidden * sizeof(real), "weights alone " #suffix, shape, 0);                  \
        free(workspace.memory), free(p), free(found), free(g), free(t), free(a);                                     \
        free(losses), free(z1), free(d1), free(z2), free(d2), free((void *)network);                                 \
    }

WIDE(float, f32)
WIDE(double, f64)

/* ---- Narrow layers ---- */

/* The kernels of a layer of few outputs, whose vectors may run across samples or inputs, on arrays with fences. */
#define NARROW(real, suffix)                                                                                         \
    static void narrow_##suffix(size_t samples, size_t n_in, size_t n_out) {                                         \
        const size_t shape[] = {samples, n_in, n_out}, weights = n_in * n_out, sums = samples * n_out;               \
        real *const x = fenced(0, samples * n_in, sizeof(real)), *const w = fenced(1, weights, sizeof(real));        \
        real *const delta = fenced(2, sums, sizeof(real)), *const b = fenced(3, n_out, sizeof(real));                \
        real *const z = room(sums, sizeof(real)), *const found = fenced(4, sums > weights ? sums : weights, sizeof(real)); \
        real *const expected = room(weights, sizeof(real));                                                          \
        fill_##suffix(11, x, samples * n_in), fill_##suffix(12, w, weights);                                         \
        fill_##suffix(13, delta, sums), fill_##suffix(14, b, n_out);                                                 \
        for (int has_biases = 0; has_biases < 2; has_biases++) {                                                     \
            bp_dense_forward_##suffix(k, x, w, has_biases ? b : NULL, found, samples, n_in, n_out);                  \
            bp_dense_forward_##suffix(scalar, x, w, has_biases ? b : NULL, z, samples, n_in, n_out);                 \
            expect_same(found, z, sums * sizeof(real), "narrow outputs " #suffix, shape, has_biases);                \
        }                                                                                                            \
        for (int adds = 0; adds < 2; adds++) {                                                                       \
            memcpy(found, w, weights * sizeof(real)), memcpy(expected, w, weights * sizeof(real));                   \
            bp_weight_gradient_##suffix(k, x, delta, adds, found, samples, n_in, n_out);                             \
            bp_weight_gradient_##suffix(scalar, x, delta, adds, expected, samples, n_in, n_out);                     \
            expect_same(found, expected, weights * sizeof(real), "narrow gradients " #suffix, shape, adds);          \
        }                                                                                                            \
        memcpy(found, w, weights * sizeof(real)), memcpy(expected, w, weights * sizeof(real));                       \
        bp_weight_descend_##suffix(k, x, delta, (real)0.3, found, samples, n_in, n_out);                             \
        bp_weight_descend_##suffix(scalar, x, delta, (real)0.3, expected, samples, n_in, n_out);                     \
        expect_same(found, expected, weights * sizeof(real), "narrow weights " #suffix, shape, 0);                   \
        free(z), free(expected);                                                                                     \
    }

NARROW(float, f32)
NARROW(double, f64)

/* Few samples and many, fewer inputs than a vector has lanes, and more than one block or strip has. */
static void narrow_layers(void) {
    static const size_t samples[] = {3, 16, 37, 150, 300}, inputs[] = {7, 16, 37, 150, 300};
    for (size_t i = 0; i < 25; i++)
        for (size_t n_out = 1; n_out < 17; n_out += n_out < 5 ? 1 : 5) {
            narrow_f32(samples[i % 5], inputs[i / 5], n_out);
            narrow_f64(samples[i % 5], inputs[i / 5], n_out);
        }
}

/* ---- Losses ---- */

/* Losses of more samples than any vector has lanes, together and one by one. */
#define LOSSES(real, suffix)                                                                                         \
    static void losses_##suffix(size_t n) {                                                                          \
        enum { SOME = 40, MOST_OUTPUTS = 40 };                                                                       \
        static real z[SOME * MOST_OUTPUTS], t[SOME * MOST_OUTPUTS], a[2][SOME * MOST_OUTPUTS];                       \
        static real g[2][SOME * MOST_OUTPUTS], values[2][SOME];                                                      \
        const size_t shape[] = {SOME, n, 0}, bytes = SOME * n * sizeof(real);                                        \
        fill_##suffix(8, z, SOME * n);                                                                               \
        fill_##suffix(9, t, SOME * n);                                                                               \
        for (int loss = 0; loss <= BP_BINARY_CROSS_ENTROPY; loss++) {                                                \
            for (size_t s = 0; s <= SOME; s++) { /* the last time all at once */                                     \
                const size_t at = s < SOME ? s : 0, rows = s < SOME ? 1 : SOME, all = s == SOME;                     \
                real *const one = a[all] + at * n, *const d = g[all] + at * n, *const v = values[all] + at;          \
                const real *const from = z + at * n, *const to = t + at * n;                                         \
                if (loss == BP_CROSS_ENTROPY) bp_softmax_cross_entropy_##suffix(k, from, to, 2, one, d, v, rows, n); \
                else if (loss == BP_BINARY_CROSS_ENTROPY)                                                            \
                    bp_sigmoid_cross_entropy_##suffix(k, from, to, 2, one, d, v, rows, n);                           \
                else bp_loss_delta_##suffix(k, loss, from, to, 2, d, v, rows, n);                                    \
            }                                                                                                        \
            expect_same(a[1], a[0], bytes, "activations " #suffix, shape, loss);                                     \
            expect_same(g[1], g[0], bytes, "gradients of losses " #suffix, shape, loss);                             \
            expect_same(values[1], values[0], sizeof values[0], "losses of many " #suffix, shape, loss);             \
        }                                                                                                            \
    }

LOSSES(float, f32)
LOSSES(double, f64)

int main(int count, char **words) {
    enum { VARIANTS = 66 };
    const size_t threads = count > 1 ? (size_t)strtoul(words[1], NULL, 10) : 1;
    check(bp_kernels_named(getenv("BACKPROP_ISA"), &k));
    check(bp_kernels_named("scalar", &scalar));
    void *const memory = memset(room(bp_pool_size(threads), 1), 0xa5, bp_pool_size(threads)); /* whatever is there */
    if (threads > 1) check(bp_pool_start(memory, bp_pool_size(threads), threads, &pool));
    for (int i = 0; i < SHAPES; i++)
        /* Of the larger ones every third variant, which still is each with each. */
        for (int variant = i < LARGER ? 0 : i % 3; variant < VARIANTS; variant += i < LARGER ? 1 : 3) {
            compare_f32(shapes[i], variant);
            compare_f64(shapes[i], variant);
        }
    for (bp_update_order order = BP_SIMULTANEOUS; order <= BP_LAYER_BY_LAYER; order++)
        for (size_t hidden = 2; hidden < 20; hidden += 15) {
            lose_f32(hidden, order);
            lose_f64(hidden, order);
        }
    for (size_t n = 1; n <= 40; n += 3) losses_f32(n), losses_f64(n);
    narrow_layers();
    wide_f32(53, 1027); /* for vectors of up to 16 lanes */
    wide_f64(53, 521);  /* up to 8 */
    wide_f32(301, 260); /* so many samples go in blocks */
    wide_f64(301, 260);
    wide_f64(301, 70);
    wide_f32(520, 515); /* and so many are too many for a strip on the stack */
    wide_f64(520, 259);
    bp_pool_stop(pool);
    free(memory);
    printf("%d comparisons of single samples, wide and narrow layers, %d failed, %s, %zu threads\n", comparisons, failures,
           bp_isa_name(bp_kernels_isa(k)), threads);
    return failures != 0;
}
