/*
 * kernels.c: calls every kernel over every size that tiles and tails are made of, with ordinary
 * and with special numbers, and networks with all that bits.c leaves out; fails if the hash of all
 * results is not the one that every compiler, processor, instruction set and number of threads must give.
 *
 *     cc -O2 -Iinclude Tests/CTests/kernels.c Sources/CBackprop/(all .c files) -lm -pthread && ./a.out [threads]
 */
#include "fenced.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backprop.h"

/* Changes only with what is computed here, or with the contract of the bits in backprop.h. */
#define EXPECTED_HASH UINT64_C(0xfefa4e9c92464087)

static uint64_t hash = UINT64_C(0xcbf29ce484222325);
static const bp_kernels *k;
static bp_pool *pool;

static void hash_word(uint64_t word) { hash = (hash ^ word) * UINT64_C(0x100000001b3); }

/* All NaNs are one: their signs and payloads are the processor's. */
static void hash_f32(const float *x, size_t n) {
    for (size_t i = 0; i < n; i++) {
        uint32_t word;
        memcpy(&word, &x[i], sizeof word);
        hash_word(isnan(x[i]) ? UINT32_MAX : word);
    }
}

static void hash_f64(const double *x, size_t n) {
    for (size_t i = 0; i < n; i++) {
        uint64_t word;
        memcpy(&word, &x[i], sizeof word);
        hash_word(isnan(x[i]) ? UINT64_MAX : word);
    }
}

static void check(bp_status status) {
    if (status == BP_OK) return;
    fprintf(stderr, "%s\n", bp_status_text(status));
    exit(1);
}

static void *room(size_t count, size_t bytes) {
    void *memory = calloc(count + 1, bytes); /* no size is 0 */
    if (!memory) exit(1);
    return memory;
}

/* Every tile, vector and tail up to two AVX-512 vectors of floats, and then some. */
static const size_t sizes[] = {0, 1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 24, 31, 32, 33, 47, 48, 63, 64, 65, 97, 130};
enum { SIZES = sizeof sizes / sizeof *sizes, MOST = 130, ROWS = 3 };

static const struct {
    size_t batch, n_in, n_out;
} shapes[] = {
    {0, 3, 3},    {1, 0, 5},    {1, 1, 1},    {1, 9, 300},  {2, 3, 16},   {3, 5, 17},     {4, 8, 33},   {5, 16, 48},
    {6, 17, 49},  {7, 31, 64},  {8, 32, 65},  {11, 7, 80},  {12, 40, 96}, {13, 14, 31},   {14, 15, 15}, {15, 28, 130},
    {17, 29, 8},  {19, 6, 7},   {27, 33, 24}, {28, 2, 100}, {29, 64, 3},  {130, 70, 200}, {150, 300, 150}, {100, 20, 260},
    {64, 530, 270}, {90, 1100, 66}, {2, 100, 530}, {1, 90, 90},
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

#define KERNELS(real, suffix, huge, tiny)                                                                         \
    /* Ordinary numbers with special ones among them. */                                                          \
    static void fill_##suffix(uint64_t seed, real limit, int is_special, real *x, size_t n) {                     \
        const real special[] = {0, -(real)0.0, (real)INFINITY, -(real)INFINITY, (real)NAN, huge, -huge, tiny, -tiny, \
                                1, -1, (real)0.5, 20, -20, 90, -90, 110, -110, 700, -750, (real)1e-3, (real)-1e-5}; \
        bp_random random = bp_random_make(seed, n);                                                               \
        bp_random_uniform_##suffix(&random, limit, x, n);                                                         \
        for (size_t i = 0; is_special && i < n; i += 1 + (size_t)bp_random_below(&random, 3))                     \
            x[i] = special[bp_random_below(&random, sizeof special / sizeof *special)];                           \
    }                                                                                                             \
                                                                                                                  \
    static void elements_##suffix(size_t n, int is_special) {                                                     \
        const size_t count = ROWS * n;                                                                            \
        real *x = fenced(0, count, sizeof *x), *y = fenced(1, count, sizeof *y), *t = fenced(2, count, sizeof *t); \
        real *d = fenced(3, count, sizeof *d), *losses = fenced(4, ROWS, sizeof *losses);                         \
        fill_##suffix(1 + n, 6, is_special, x, count);                                                            \
        fill_##suffix(2 + n, 1, 0, t, count);                                                                     \
        bp_exp_##suffix(k, x, y, count), hash_##suffix(y, count);                                                 \
        bp_log_##suffix(k, x, y, count), hash_##suffix(y, count);                                                 \
        bp_tanh_##suffix(k, x, y, count), hash_##suffix(y, count);                                                \
        hash_word(bp_first_nonfinite_##suffix(k, x, count));                                                      \
        const real squares = bp_sum_of_squares_##suffix(k, x, count);                                             \
        hash_##suffix(&squares, 1);                                                                               \
        for (bp_activation f = 0; f < BP_ACTIVATION_COUNT; f++) {                                                 \
            const int keeps = bp_activation_keeps_derivative(f);                                                  \
            bp_activate_##suffix(k, f, x, y, NULL, ROWS, n), hash_##suffix(y, count);                             \
            memset(d, 0, count * sizeof *d);                                                                      \
            bp_activate_##suffix(k, f, x, y, d, ROWS, n), hash_##suffix(y, count), hash_##suffix(d, count);       \
            bp_activation_delta_##suffix(k, f, y, keeps ? d : NULL, t, y, ROWS, n), hash_##suffix(y, count);      \
        }                                                                                                         \
        for (bp_loss loss = BP_SQUARED_ERROR; loss <= BP_HUBER; loss++) {                                         \
            bp_loss_delta_##suffix(k, loss, x, t, (real)0.25, y, losses, ROWS, n);                                \
            hash_##suffix(y, count), hash_##suffix(losses, ROWS);                                                 \
            bp_loss_delta_##suffix(k, loss, x, t, 1, NULL, losses, ROWS, n), hash_##suffix(losses, ROWS);         \
        }                                                                                                         \
        bp_softmax_cross_entropy_##suffix(k, x, t, (real)0.25, y, d, losses, ROWS, n);                            \
        hash_##suffix(y, count), hash_##suffix(d, count), hash_##suffix(losses, ROWS);                            \
        bp_softmax_cross_entropy_##suffix(k, x, t, 1, y, NULL, losses, ROWS, n), hash_##suffix(losses, ROWS);     \
        bp_sigmoid_cross_entropy_##suffix(k, x, t, (real)0.25, y, d, losses, ROWS, n);                            \
        hash_##suffix(y, count), hash_##suffix(d, count), hash_##suffix(losses, ROWS);                            \
        bp_sigmoid_cross_entropy_##suffix(k, x, t, 1, y, NULL, losses, ROWS, n), hash_##suffix(losses, ROWS);     \
        bp_scale_##suffix(x, t, t + n, y, 1, n), bp_scale_##suffix(x, t, t, y, ROWS, n), hash_##suffix(y, count); \
        bp_drop_out_##suffix(k, 0.3f, 7, n, 2, 5, x, t, ROWS, n), hash_##suffix(x, count), hash_##suffix(t, count); \
        bp_drop_out_##suffix(k, 0, 7, n, 2, 5, x, t, ROWS, n), hash_##suffix(x, count);                           \
    }                                                                                                             \
                                                                                                                  \
    static void optimizers_##suffix(size_t n) {                                                                   \
        real w[MOST + 1], g[MOST + 1], m[MOST + 1], v[MOST + 1];                                                  \
        for (bp_method method = 0; method < BP_METHOD_COUNT; method++)                                            \
            for (int extras = 0; extras < 4; extras++) {                                                          \
                bp_optimizer_##suffix o;                                                                          \
                check(bp_optimizer_init_##suffix(&o, sizeof o, method, (real)0.125));                             \
                if (extras & 1) o.weight_decay = (real)0.01, o.l1 = (real)0.001;                                  \
                if (extras & 2) o.clip_value = (real)0.25;                                                        \
                fill_##suffix(3, 1, 0, w, n);                                                                     \
                for (uint64_t step = 1; step <= 4; step++) {                                                      \
                    fill_##suffix(step, 1, step == 3, g, n);                                                      \
                    const size_t slots = bp_method_slots(method);                                                 \
                    bp_optimize_##suffix(k, &o, step, (real)0.75, g, slots > 0 ? m : NULL, slots > 1 ? v : NULL, w, n); \
                    hash_##suffix(w, n);                                                                          \
                }                                                                                                 \
            }                                                                                                     \
        bp_descend_##suffix(k, g, (real)0.5, w, n), hash_##suffix(w, n);                                          \
    }                                                                                                             \
                                                                                                                  \
    static void dense_##suffix(size_t batch, size_t n_in, size_t n_out, int is_special) {                         \
        real *x = fenced(0, batch * n_in, sizeof *x), *w = fenced(1, n_in * n_out, sizeof *w);                    \
        real *b = fenced(2, n_out, sizeof *b), *z = fenced(3, batch * n_out, sizeof *z);                          \
        real *wt = fenced(4, n_in * n_out, sizeof *wt), *g = fenced(5, batch * n_in, sizeof *g);                  \
        fill_##suffix(1, 1, is_special, x, batch * n_in);                                                         \
        fill_##suffix(2, 1, 0, w, n_in * n_out);                                                                  \
        fill_##suffix(3, 1, 0, b, n_out);                                                                         \
        bp_dense_forward_##suffix(k, x, w, NULL, z, batch, n_in, n_out), hash_##suffix(z, batch * n_out);         \
        bp_dense_forward_##suffix(k, x, w, b, z, batch, n_in, n_out), hash_##suffix(z, batch * n_out);            \
        bp_transpose_##suffix(k, w, wt, n_in, n_out), hash_##suffix(wt, n_in * n_out);                            \
        bp_delta_accumulate_##suffix(k, z, w, g, batch, n_in, n_out), hash_##suffix(g, batch * n_in);            \
        bp_weight_gradient_##suffix(k, x, z, 0, wt, batch, n_in, n_out), hash_##suffix(wt, n_in * n_out);         \
        bp_weight_gradient_##suffix(k, x, z, 1, wt, batch, n_in, n_out), hash_##suffix(wt, n_in * n_out);         \
        bp_weight_descend_##suffix(k, x, z, (real)0.01, w, batch, n_in, n_out), hash_##suffix(w, n_in * n_out);   \
        bp_bias_descend_##suffix(k, z, (real)0.01, b, batch, n_out), hash_##suffix(b, n_out);                     \
        bp_bias_gradient_##suffix(k, z, 0, b, batch, n_out), hash_##suffix(b, n_out);                             \
        bp_bias_gradient_##suffix(k, z, 1, b, batch, n_out), hash_##suffix(b, n_out);                             \
    }                                                                                                             \
                                                                                                                  \
    static void small_##suffix(void) {                                                                            \
        const int32_t classes[] = {2, 0, 1, 3, 1}, below[] = {1, -1};                                             \
        const uint32_t rows[] = {3, 1, 1};                                                                        \
        real t[5 * 4], x[5 * 4], y[3 * 4], n[11] = {0};                                                           \
        hash_word(bp_one_hot_##suffix(classes, t, 5, 4)), hash_##suffix(t, 5 * 4);                                \
        hash_word(bp_one_hot_##suffix(classes, t, 5, 3)), hash_word(bp_one_hot_##suffix(below, t, 2, 3));         \
        fill_##suffix(4, 1, 0, x, 5 * 4);                                                                         \
        bp_gather_##suffix(x, rows, 3, 4, y), hash_##suffix(y, 3 * 4);                                            \
        /* Differences that overflow give the largest loss that there is, or one that is finite. */               \
        const real far[] = {huge, -huge, 0, 1}, share[] = {(real)0.25, (real)0.25, 0, (real)0.5};                 \
        real a[4], delta[4], far_loss;                                                                            \
        bp_softmax_cross_entropy_##suffix(k, far, share, 1, a, delta, &far_loss, 1, 4);                           \
        hash_##suffix(&far_loss, 1), hash_##suffix(a, 4), hash_##suffix(delta, 4);                                \
        bp_sigmoid_cross_entropy_##suffix(k, far, share, 1, a, delta, &far_loss, 1, 4);                           \
        hash_##suffix(&far_loss, 1), hash_##suffix(a, 4), hash_##suffix(delta, 4);                                \
        bp_random random = bp_random_make(9, 9);                                                                  \
        bp_random_normal_##suffix(k, &random, (real)0.5, n, 11), hash_##suffix(n, 11), hash_word(random.state);   \
        for (size_t at = 0; at < 70; at++) {                                                                      \
            real z[70] = {0};                                                                                     \
            hash_word(bp_first_nonfinite_##suffix(k, z, at));                                                     \
            z[at] = (real)(at % 2 ? NAN : -INFINITY);                                                             \
            hash_word(bp_first_nonfinite_##suffix(k, z, 70));                                                     \
        }                                                                                                         \
    }

KERNELS(float, f32, 0x1.fffffep127f, 0x1p-149f)
KERNELS(double, f64, 0x1.fffffffffffffp1023, 0x1p-1074)

static void integers(void) {
    uint32_t items[50];
    bp_random random = bp_random_make(3, 4);
    for (uint32_t i = 0; i < 50; i++) items[i] = i;
    bp_random_shuffle(&random, items, 50);
    for (uint32_t i = 0; i < 50; i++) hash_word(items[i]);
    bp_random_shuffle(&random, items, 0);
    bp_random_shuffle(&random, items, 1);
    for (uint64_t bound = 0; bound < 20; bound++) hash_word(bp_random_below(&random, bound));
    for (int i = 0; i < 20; i++) hash_word(bp_random_below(&random, (UINT64_C(1) << 63) + 1));
    hash_word(bp_random_next(&random));
}

/* ---- Networks ---- */

#define CUSTOMS(real, suffix)                                                                                 \
    static void cube_##suffix(void *context, const real *z, real *a, real *derivative, size_t n) {            \
        for (size_t i = 0; i < n; i++) {                                                                      \
            const real x = z[i], factor = *(const real *)context;                                             \
            if (derivative) derivative[i] = 3 * factor * x * x;                                               \
            a[i] = factor * x * x * x;                                                                        \
        }                                                                                                     \
    }                                                                                                         \
    static real weighted_##suffix(void *context, const real *a, const real *t, real *gradient, size_t n) {    \
        real sum = 0;                                                                                         \
        for (size_t i = 0; i < n; i++) {                                                                      \
            const real factor = *(const real *)context * (real)(i + 1), e = a[i] - t[i];                      \
            if (gradient) gradient[i] = 2 * factor * e;                                                       \
            sum += factor * e * e;                                                                            \
        }                                                                                                     \
        return sum;                                                                                           \
    }

CUSTOMS(float, f32)
CUSTOMS(double, f64)

enum { SAMPLES = 23, INPUTS = 6 };

#define NETWORKS(real, suffix)                                                                                   \
    static void network_##suffix(const bp_network *network, bp_loss loss, bp_method method, int is_sum,          \
                                 const bp_custom_loss *custom) {                                                 \
        const size_t count = bp_network_parameters(network), outputs = bp_network_outputs(network);              \
        const size_t bytes = bp_train_size_##suffix(network, SAMPLES);                                           \
        const bp_workspace workspace = {room(bytes, 1), bytes, pool};                                            \
        real *parameters = room(count, sizeof(real)), *gradients = room(count, sizeof(real));                    \
        real *slots = room(2 * count, sizeof(real)), *targets = room(SAMPLES * outputs, sizeof(real));           \
        real inputs[SAMPLES * INPUTS], value = 0, weights[SAMPLES];                                              \
        fill_##suffix(1, 1, 0, inputs, SAMPLES * INPUTS);                                                        \
        fill_##suffix(2, 1, 0, targets, SAMPLES * outputs);                                                      \
        fill_##suffix(3, 1, 0, weights, SAMPLES);                                                                \
        bp_initialize_##suffix(network, 5, parameters);                                                          \
        const bp_objective_##suffix objective = {.size = sizeof objective, .loss = loss, .custom = custom,       \
                                                 .reduction = is_sum ? BP_SUM : BP_MEAN, .seed = 3, .step = 8,   \
                                                 .label_smoothing = is_sum ? (real)0.125 : 0};                   \
        bp_optimizer_##suffix optimizer;                                                                         \
        check(bp_optimizer_init_##suffix(&optimizer, sizeof optimizer, method, (real)0.0625));                   \
        optimizer.clip_norm = is_sum ? (real)0.5 : 0;                                                            \
        bp_state_##suffix state = {0, slots, gradients};                                                         \
        const bp_batch_##suffix all = {.samples = SAMPLES, .inputs = inputs, .targets = targets,                 \
                                       .weights = is_sum ? weights : NULL};                                      \
        check(bp_loss_##suffix(network, parameters, &all, &objective, &workspace, &value));                      \
        hash_##suffix(&value, 1);                                                                                \
        for (size_t i = 0; i < count; i++) gradients[i] = 9; /* the first part doesn't add to what is there */   \
        for (size_t first = 0; first < SAMPLES; first += 9) {                                                    \
            bp_batch_##suffix part = all;                                                                        \
            part.samples = SAMPLES - first < 9 ? SAMPLES - first : 9;                                            \
            part.inputs += first * INPUTS, part.targets += first * outputs;                                      \
            if (part.weights) part.weights += first;                                                             \
            part.first = first, part.of = SAMPLES;                                                               \
            check(bp_gradients_##suffix(network, parameters, &part, &objective, &workspace, gradients, &value)); \
            hash_##suffix(&value, 1), hash_##suffix(gradients, count);                                           \
        }                                                                                                        \
        check(bp_update_##suffix(network, &optimizer, gradients, &state, parameters, pool));                     \
        hash_##suffix(parameters, count);                                                                        \
        for (int step = 0; step < 3; step++) {                                                                   \
            check(bp_step_##suffix(network, parameters, &all, &objective, &optimizer, &state, &workspace,        \
                                   step ? &value : NULL));                                                       \
            hash_##suffix(&value, 1), hash_##suffix(parameters, count);                                          \
        }                                                                                                        \
        hash_word(state.steps);                                                                                  \
        check(bp_predict_##suffix(network, parameters, inputs, SAMPLES, targets, &workspace));                   \
        hash_##suffix(targets, SAMPLES * outputs);                                                               \
        /* A loss that is not finite leaves the parameters as they are. */                                       \
        inputs[4] = (real)NAN;                                                                                   \
        check(bp_step_##suffix(network, parameters, &all, &objective, &optimizer, &state, &workspace, &value));  \
        hash_##suffix(&value, 1), hash_##suffix(parameters, count), hash_word(state.steps);                      \
        free(workspace.memory), free(parameters), free(gradients), free(slots), free(targets);                   \
    }

NETWORKS(float, f32)
NETWORKS(double, f64)

static void networks(void) {
    static float factor_f32 = 0.5f;
    static double factor_f64 = 0.5;
    static const bp_custom_activation cubes[] = {{cube_f32, NULL, &factor_f32}, {NULL, cube_f64, &factor_f64}};
    static const bp_custom_loss losses[] = {{weighted_f32, NULL, &factor_f32}, {NULL, weighted_f64, &factor_f64}};
    static const uint32_t flags[] = {0, BP_NO_BIAS, BP_FREEZE_WEIGHTS, BP_FREEZE_BIASES,
                                     BP_FREEZE_WEIGHTS | BP_FREEZE_BIASES};
    const size_t bytes = bp_network_size(4);
    void *memory = room(bytes, 1);
    const bp_network *network;
    for (int variant = 0; variant < 10; variant++)
        for (int is_double = 0; is_double < 2; is_double++) {
            const bp_layer layers[] = {
                {.outputs = 9, .activation = variant % 2 ? BP_TANH : BP_GELU, .flags = flags[variant % 5],
                 .dropout = variant > 6 ? 0.25f : 0},
                {.outputs = 5, .activation = BP_CUSTOM_ACTIVATION, .flags = flags[(variant + 2) % 5],
                 .custom = &cubes[is_double]},
                {.outputs = variant > 3 ? 9 : 4, .activation = BP_SOFTMAX, .tied = variant > 3 ? 2 : 0},
                {.outputs = 17, .activation = variant % 3 ? BP_SIGMOID : BP_IDENTITY, .flags = flags[variant / 5 * 4]},
            };
            const int is_custom = variant % 3 == 0;
            const bp_loss loss = is_custom ? BP_CUSTOM_LOSS : variant % 3 == 1 ? BP_BINARY_CROSS_ENTROPY : BP_HUBER;
            const bp_custom_loss *custom = is_custom ? &losses[is_double] : NULL;
            const bp_method method = variant % BP_METHOD_COUNT;
            check(bp_network_init(memory, bytes, k, INPUTS, layers, 4, &network));
            if (is_double) network_f64(network, loss, method, variant & 1, custom);
            else network_f32(network, loss, method, variant & 1, custom);
            for (size_t l = 0; l < 4; l++)
                hash_word(bp_network_weights_offset(network, l) * 1000 + bp_network_biases_offset(network, l));
        }
    free(memory);
}

int main(int count, char **words) {
    const size_t threads = count > 1 ? (size_t)strtoul(words[1], NULL, 10) : 1;
    check(bp_kernels_named(getenv("BACKPROP_ISA"), &k));
    void *memory = room(bp_pool_size(threads), 1);
    if (threads > 1) check(bp_pool_start(memory, bp_pool_size(threads), threads, &pool));
    for (int i = 0; i < SIZES; i++)
        for (int is_special = 0; is_special < 2; is_special++) {
            elements_f32(sizes[i], is_special);
            elements_f64(sizes[i], is_special);
        }
    for (int i = 0; i < SIZES; i++) optimizers_f32(sizes[i]), optimizers_f64(sizes[i]);
    for (int i = 0; i < SHAPES; i++)
        for (int is_special = 0; is_special < 2; is_special++) {
            dense_f32(shapes[i].batch, shapes[i].n_in, shapes[i].n_out, is_special);
            dense_f64(shapes[i].batch, shapes[i].n_in, shapes[i].n_out, is_special);
        }
    small_f32();
    small_f64();
    integers();
    networks();
    bp_pool_stop(pool);
    free(memory);
    printf("%016llx %s, %zu threads\n", (unsigned long long)hash, bp_isa_name(bp_kernels_isa(k)), threads);
    return hash != EXPECTED_HASH;
}
