/*
 * arguments.c: every wrong argument of every function that checks its arguments; fails unless each is
 * refused by its own status, with nothing written, and unless what is next to it is taken.
 *
 *     cc -O2 -Iinclude Tests/CTests/arguments.c Sources/CBackprop/(all .c files) -lm -pthread && ./a.out
 */
#include <math.h>
#if !defined(BP_NO_THREADS)
#include <stdatomic.h>
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backprop.h"

static int failures, checks;

static void expect(int holds, const char *what, bp_status found) {
    checks++;
    if (holds) return;
    failures++;
    printf("failed: %s\n  found: %s\n", what, bp_status_text(found));
}

#define EXPECT(status, call)                                            \
    do {                                                                \
        const bp_status found_ = (call);                                \
        expect(found_ == (status), #call " gives " #status, found_);    \
    } while (0)

/* ---- What is asked by name or number ---- */

static void test_names(void) {
    static const char *const names[BP_ISA_COUNT] = {"scalar", "neon", "avx2", "avx512"};
    const bp_kernels *found = NULL;
    for (bp_isa isa = 0; isa < BP_ISA_COUNT; isa++) {
        expect(strcmp(bp_isa_name(isa), names[isa]) == 0, names[isa], BP_OK);
        const bp_kernels *const kernels = bp_kernels_for(isa);
        const bp_status status = bp_kernels_named(names[isa], &found);
        expect(status == (kernels ? BP_OK : BP_ERROR_UNAVAILABLE), names[isa], status);
        expect(!kernels || (found == kernels && bp_kernels_isa(found) == isa), names[isa], status);
    }
    expect(!bp_isa_name(-1) && !bp_isa_name(BP_ISA_COUNT), "no such instruction set", BP_OK);
    expect(!bp_kernels_for(-1) && !bp_kernels_for(BP_ISA_COUNT), "no kernels of no instruction set", BP_OK);
    EXPECT(BP_ERROR_ISA, bp_kernels_named("avx", &found));
    EXPECT(BP_ERROR_ISA, bp_kernels_named("scalars", &found));
    EXPECT(BP_ERROR_NULL, bp_kernels_named("scalar", NULL));
    EXPECT(BP_OK, bp_kernels_named("", &found));
    const bp_kernels *const fastest = found;
    EXPECT(BP_OK, bp_kernels_named(NULL, &found));
    expect(found == fastest, "the fastest is the fastest", BP_OK);
    expect(!bp_type_name(-1) && !bp_type_name(BP_TYPE_COUNT) && strcmp(bp_type_name(BP_C64), "C64") == 0, "types", 0);
    expect(bp_version() == BP_VERSION, "the version", BP_OK);
}

static void test_texts(void) {
    const char *const none = bp_status_text(-1);
    for (bp_status a = 0; a <= BP_ERROR_FILE_RENAME + 1; a++) {
        const int is_status = a <= BP_ERROR_VERSION || (a >= BP_ERROR_FILE_TRUNCATED && a <= BP_ERROR_FILE_RENAME);
        expect(is_status == (strcmp(bp_status_text(a), none) != 0), bp_status_text(a), a);
        for (bp_status b = 0; b < a && is_status; b++)
            expect(strcmp(bp_status_text(a), bp_status_text(b)) != 0, "each status has a text of its own", a);
    }
}

/* ---- Networks ---- */

static void nothing_f32(void *context, const float *z, float *a, float *derivative, size_t n) {
    (void)context, (void)z, (void)a, (void)derivative, (void)n;
}

static void nothing_f64(void *context, const double *z, double *a, double *derivative, size_t n) {
    (void)context, (void)z, (void)a, (void)derivative, (void)n;
}

static _Alignas(max_align_t) unsigned char plan[4096];

static bp_status describe(size_t inputs, bp_layer first, bp_layer second) {
    const bp_layer layers[] = {first, second};
    const bp_network *network;
    return bp_network_init(plan, sizeof plan, bp_kernels_for(BP_ISA_SCALAR), inputs, layers, 2, &network);
}

#define LAYER(n, f, ...) ((bp_layer){.outputs = (n), .activation = (f), __VA_ARGS__})

static void test_networks(void) {
    const bp_layer plain = LAYER(2, BP_SIGMOID, .flags = 0);
    const bp_kernels *const k = bp_kernels_for(BP_ISA_SCALAR);
    const bp_network *network;
    const size_t bytes = bp_network_size(1);
    EXPECT(BP_ERROR_NULL, bp_network_init(NULL, bytes, k, 3, &plain, 1, &network));
    EXPECT(BP_ERROR_NULL, bp_network_init(plan, bytes, NULL, 3, &plain, 1, &network));
    EXPECT(BP_ERROR_NULL, bp_network_init(plan, bytes, k, 3, NULL, 1, &network));
    EXPECT(BP_ERROR_NULL, bp_network_init(plan, bytes, k, 3, &plain, 1, NULL));
    EXPECT(BP_ERROR_LAYERS, bp_network_init(plan, bytes, k, 0, &plain, 1, &network));
    EXPECT(BP_ERROR_LAYERS, bp_network_init(plan, bytes, k, 3, &plain, 0, &network));
    EXPECT(BP_ERROR_TOO_LARGE, bp_network_init(plan, bytes, k, 3, &plain, SIZE_MAX, &network));
    EXPECT(BP_ERROR_MEMORY, bp_network_init(plan, bytes - 1, k, 3, &plain, 1, &network));
    EXPECT(BP_OK, bp_network_init(plan, bytes, k, 3, &plain, 1, &network));
    expect(bp_network_inputs(network) == 3 && bp_network_outputs(network) == 2 && bp_network_layers(network) == 1 &&
               bp_network_parameters(network) == 8 && bp_network_biases_offset(network, 0) == 6,
           "a network says what it is", BP_OK);
    EXPECT(BP_OK, describe(3, plain, plain));
    EXPECT(BP_ERROR_LAYERS, describe(3, plain, LAYER(0, BP_SIGMOID, .flags = 0)));
    EXPECT(BP_ERROR_ACTIVATION, describe(3, plain, LAYER(2, -1, .flags = 0)));
    EXPECT(BP_ERROR_ACTIVATION, describe(3, plain, LAYER(2, BP_CUSTOM_ACTIVATION, .flags = 0)));
    EXPECT(BP_ERROR_ACTIVATION, describe(3, plain, LAYER(2, BP_CUSTOM_ACTIVATION + 1, .flags = 0)));
    EXPECT(BP_ERROR_OPTION, describe(3, plain, LAYER(2, BP_SIGMOID, .flags = 8)));
    EXPECT(BP_OK, describe(3, plain, LAYER(2, BP_SIGMOID, .flags = 7)));
    EXPECT(BP_ERROR_DROPOUT, describe(3, LAYER(2, BP_SIGMOID, .dropout = 1), plain));
    EXPECT(BP_ERROR_DROPOUT, describe(3, LAYER(2, BP_SIGMOID, .dropout = -0.1f), plain));
    EXPECT(BP_ERROR_DROPOUT, describe(3, LAYER(2, BP_SIGMOID, .dropout = (float)NAN), plain));
    EXPECT(BP_OK, describe(3, LAYER(2, BP_SIGMOID, .dropout = 0.99f), plain));
    EXPECT(BP_ERROR_DROPOUT, describe(3, plain, LAYER(2, BP_SIGMOID, .dropout = 0.5f)));
    EXPECT(BP_ERROR_DROPOUT, describe(3, LAYER(2, BP_SOFTMAX, .dropout = 0.5f), plain));
    EXPECT(BP_OK, describe(2, plain, LAYER(2, BP_SIGMOID, .tied = 1)));
    EXPECT(BP_ERROR_TIE, describe(3, plain, LAYER(2, BP_SIGMOID, .tied = 1)));
    EXPECT(BP_ERROR_TIE, describe(2, plain, LAYER(2, BP_SIGMOID, .tied = 2)));
    EXPECT(BP_ERROR_TIE, describe(2, LAYER(2, BP_SIGMOID, .tied = 1), plain));
    EXPECT(BP_ERROR_TIE, describe(2, plain, LAYER(3, BP_SIGMOID, .tied = 1)));
    const bp_layer thrice[] = {plain, LAYER(2, BP_SIGMOID, .tied = 1), LAYER(2, BP_SIGMOID, .tied = 2)};
    EXPECT(BP_ERROR_TIE, bp_network_init(plan, sizeof plan, k, 2, thrice, 3, &network));
    const bp_layer wider[] = {LAYER(3, BP_SIGMOID, .flags = 0), LAYER(4, BP_SIGMOID, .flags = 0), LAYER(2, BP_SIGMOID, .tied = 1)};
    EXPECT(BP_ERROR_TIE, bp_network_init(plan, sizeof plan, k, 2, wider, 3, &network));
    expect(bp_network_size(SIZE_MAX) == 0, "a size that overflows", BP_OK);
    /* Weights, biases, units, and parameters in bytes that overflow. */
    EXPECT(BP_ERROR_TOO_LARGE, describe(SIZE_MAX, plain, plain));
    EXPECT(BP_ERROR_TOO_LARGE, describe(1, LAYER(SIZE_MAX, BP_SIGMOID, .flags = 0), plain));
    EXPECT(BP_ERROR_TOO_LARGE, describe(1, LAYER(SIZE_MAX / 3, BP_SIGMOID, .flags = BP_NO_BIAS), plain));
    EXPECT(BP_ERROR_TOO_LARGE, describe(SIZE_MAX / 8, LAYER(1, BP_SIGMOID, .flags = 0), plain));
    EXPECT(BP_ERROR_TOO_LARGE, describe(1, LAYER(SIZE_MAX / 5 * 4, BP_SIGMOID, .flags = BP_NO_BIAS),
                                        LAYER(SIZE_MAX / 5 * 4, BP_SIGMOID, .flags = BP_NO_BIAS)));
}

/*
 * Sizes of workspaces are 0 where they overflow. With so many samples that all arrays take n / parts of the
 * addresses they fit if n is less than parts: one array after the other is the one too many.
 */
static void test_workspaces(void) {
    const bp_layer layers[] = {LAYER(3, BP_GELU, .flags = 0), LAYER(4, BP_SOFTPLUS, .flags = 0), LAYER(2, BP_SIGMOID, .flags = 0)};
    const size_t units = 3 + 4 + 2, kept = 3 + 4, outputs = 2, widest_hidden = 4;
    const bp_network *network;
    EXPECT(BP_OK, bp_network_init(plan, sizeof plan, bp_kernels_for(BP_ISA_SCALAR), 5, layers, 3, &network));
    for (size_t parts = 1; parts < 100; parts++) {
        const size_t floats = SIZE_MAX / sizeof(float) / parts, doubles = SIZE_MAX / sizeof(double) / parts;
        const size_t training = 2 * units + kept + outputs + 1, predicting = 2 * widest_hidden;
        if (training == parts || predicting == parts) continue; /* it depends on what arrays are aligned to */
        expect((bp_train_size_f32(network, floats) > 0) == (training < parts), "a size for training by floats", BP_OK);
        expect((bp_train_size_f64(network, doubles) > 0) == (training < parts), "a size for training by doubles", BP_OK);
        expect((bp_predict_size_f32(network, floats) > 0) == (predicting < parts), "a size for floats", BP_OK);
        expect((bp_predict_size_f64(network, doubles) > 0) == (predicting < parts), "a size for doubles", BP_OK);
    }
    const bp_layer single = LAYER(1, BP_SIGMOID, .flags = 0), pair[] = {single, single};
    EXPECT(BP_OK, bp_network_init(plan, sizeof plan, bp_kernels_for(BP_ISA_SCALAR), 1, pair, 2, &network));
    for (size_t less = 0; less < 100; less++)
        expect(bp_predict_size_f32(network, SIZE_MAX / sizeof(float) - less) == 0, "an array as large as all addresses", BP_OK);
    expect(bp_predict_size_f32(network, SIZE_MAX) == 0 && bp_train_size_f32(network, SIZE_MAX / 2) == 0, "and larger", BP_OK);
    expect(bp_predict_size_f32(network, 0) > 0 && bp_train_size_f32(network, 0) > 0, "a size for nothing is none of 0", BP_OK);
}

/* Where arrays begin at cache lines the memory may begin anywhere; elsewhere it must be aligned like its numbers. */
static void test_alignment(void) {
    static _Alignas(max_align_t) unsigned char memory[1024];
    const bp_layer layers[] = {LAYER(3, BP_TANH, .flags = 0), LAYER(1, BP_IDENTITY, .flags = 0)};
    const bp_network *network;
    float parameters[16] = {0}, x[] = {1, 2}, a = 9;
    EXPECT(BP_OK, bp_network_init(plan, sizeof plan, bp_kernels_for(BP_ISA_SCALAR), 2, layers, 2, &network));
    const bp_workspace odd = {memory + 1, bp_predict_size_f32(network, 1), NULL};
#if defined(BP_NO_SIMD) && defined(BP_NO_THREADS)
    EXPECT(BP_ERROR_MEMORY, bp_predict_f32(network, parameters, x, 1, &a, &odd));
    expect(a == 9, "nothing was written", BP_OK);
#else
    EXPECT(BP_OK, bp_predict_f32(network, parameters, x, 1, &a, &odd));
    EXPECT(BP_ERROR_NULL, bp_predict_f32(network, parameters, NULL, 1, &a, &odd));
    EXPECT(BP_ERROR_NULL, bp_predict_f32(network, parameters, x, 1, NULL, &odd));
    expect(a == 0, "memory that begins anywhere", BP_OK);
#endif
}

/* A workspace of so many bytes is not left, wherever it begins: each byte before and after it stays. */
static void test_margins(void) {
    enum { MANY = 16, MARGIN = 64, ROOM = 4096 };
    static unsigned char memory[ROOM];
    const bp_layer layers[] = {LAYER(2, BP_GELU, .flags = 0), LAYER(1, BP_IDENTITY, .flags = 0)};
    const bp_network *network;
    static const float parameters[16] = {0}, x[MANY * 2] = {0}, t[MANY] = {0};
    float a[MANY], value;
    EXPECT(BP_OK, bp_network_init(plan, sizeof plan, bp_kernels_for(BP_ISA_SCALAR), 2, layers, 2, &network));
    const size_t training = bp_train_size_f32(network, MANY), predicting = bp_predict_size_f32(network, MANY);
    const bp_batch_f32 batch = {.samples = MANY, .inputs = x, .targets = t};
    const bp_objective_f32 objective = {.size = sizeof objective};
    for (size_t begin = MARGIN; begin < 2 * MARGIN; begin += sizeof(float))
        for (int trains = 0; trains < 2; trains++) {
            const bp_workspace workspace = {memory + begin, trains ? training : predicting, NULL};
            memset(memory, 0xa5, sizeof memory);
            if (trains) EXPECT(BP_OK, bp_loss_f32(network, parameters, &batch, &objective, &workspace, &value));
            else EXPECT(BP_OK, bp_predict_f32(network, parameters, x, MANY, a, &workspace));
            for (size_t i = 0; i < sizeof memory; i++)
                if (i < begin || i >= begin + workspace.bytes) expect(memory[i] == 0xa5, "a byte outside", BP_OK);
        }
}

/* ---- Pools ---- */

static void test_pools(void) {
    expect(bp_pool_size(0) == 0 && bp_pool_size(1025) == 0 && bp_pool_size(1) > 0, "sizes of pools", BP_OK);
    const size_t bytes = bp_pool_size(1);
    void *const memory = malloc(bytes);
    bp_pool *pool = NULL;
    EXPECT(BP_ERROR_NULL, bp_pool_start(NULL, bytes, 1, &pool));
    EXPECT(BP_ERROR_NULL, bp_pool_start(memory, bytes, 1, NULL));
    EXPECT(BP_ERROR_OPTION, bp_pool_start(memory, bytes, 0, &pool));
    EXPECT(BP_ERROR_OPTION, bp_pool_start(memory, bytes, 1025, &pool));
    EXPECT(BP_ERROR_MEMORY, bp_pool_start(memory, bytes - 1, 1, &pool));
    EXPECT(BP_OK, bp_pool_start(memory, bytes, 1, &pool));
    expect(bp_pool_threads(pool) == 1 && bp_pool_threads(NULL) == 1, "a pool of one thread", BP_OK);
    bp_pool_stop(pool);
    bp_pool_stop(NULL);
    free(memory);
}

/* What an activation predicts by the pool that runs it. */
typedef struct nested {
    const bp_network *network;
    float parameters[2];
    bp_pool *pool;
    int is_wrong;
} nested;

/* f(z) = 2 z + 1, by the network inside, whose weights and biases these are. */
static void predict_within(void *context, const float *z, float *a, float *derivative, size_t n) {
    nested *const inner = context;
    unsigned char memory[1024];
    (void)derivative;
    for (size_t i = 0; i < n; i++) {
        const bp_workspace workspace = {memory, sizeof memory, inner->pool};
        const float before = z[i];
        const bp_status status = bp_predict_f32(inner->network, inner->parameters, &before, 1, &a[i], &workspace);
        inner->is_wrong |= status != BP_OK || a[i] != 2 * before + 1;
    }
}

/* A pool of any size, also one that is busy with the call that this one is part of. */
static void test_nested(size_t threads) {
    static _Alignas(max_align_t) unsigned char inner_plan[4096];
    const size_t bytes = bp_pool_size(threads);
    void *const memory = malloc(bytes);
    nested inner = {.parameters = {2, 1}};
    const bp_layer line = LAYER(1, BP_IDENTITY, .flags = 0);
    const bp_custom_activation custom = {.f32 = predict_within, .context = &inner};
    const bp_layer outer = LAYER(1, BP_CUSTOM_ACTIVATION, .flags = BP_NO_BIAS, .custom = &custom);
    const bp_kernels *const k = bp_kernels_for(BP_ISA_SCALAR);
    const bp_network *network;
    float x[] = {3, 4, 5}, a[3], w = 10;
    unsigned char room[1024];
    EXPECT(BP_OK, bp_pool_start(memory, bytes, threads, &inner.pool));
    EXPECT(BP_OK, bp_network_init(inner_plan, sizeof inner_plan, k, 1, &line, 1, &inner.network));
    EXPECT(BP_OK, bp_network_init(plan, sizeof plan, k, 1, &outer, 1, &network));
    const bp_workspace workspace = {room, sizeof room, inner.pool};
    EXPECT(BP_OK, bp_predict_f32(network, &w, x, 3, a, &workspace));
    expect(!inner.is_wrong && a[0] == 61 && a[1] == 81 && a[2] == 101, "a call within a call", BP_OK);
    EXPECT(BP_OK, bp_predict_f32(network, &w, x, 3, a, &workspace)); /* the pool is free again */
    bp_pool_stop(inner.pool);
    free(memory);
}

#if !defined(BP_NO_THREADS)
/* How many threads of a call were given so many samples of one unit. */
typedef struct shares {
    atomic_int threads[16];
} shares;

static void count_share(void *context, const float *z, float *a, float *derivative, size_t n) {
    shares *const counts = context;
    (void)derivative;
    atomic_fetch_add(&counts->threads[n], 1);
    for (size_t i = 0; i < n; i++) a[i] = z[i] + 1;
}

/* All threads of a pool get the same number of samples, or one more where they don't divide. */
static void test_shares(void) {
    enum { THREADS = 4, MOST = 9 };
    for (size_t threads = 1; threads <= THREADS; threads++) {
        shares counts;
        bp_pool *pool;
        const size_t bytes = bp_pool_size(threads);
        void *const memory = malloc(bytes);
        const bp_custom_activation custom = {.f32 = count_share, .context = &counts};
        const bp_layer layer = LAYER(1, BP_CUSTOM_ACTIVATION, .flags = BP_NO_BIAS, .custom = &custom);
        const bp_network *network;
        unsigned char room[1024];
        const float w = 1, x[MOST] = {0, 1, 2, 3, 4, 5, 6, 7, 8};
        memset(memory, 0xa5, bytes); /* whatever is there */
        EXPECT(BP_OK, bp_pool_start(memory, bytes, threads, &pool));
        EXPECT(BP_OK, bp_network_init(plan, sizeof plan, bp_kernels_for(BP_ISA_SCALAR), 1, &layer, 1, &network));
        const bp_workspace workspace = {room, sizeof room, pool};
        for (size_t samples = 1; samples <= MOST; samples++) {
            float a[MOST] = {0};
            memset(&counts, 0, sizeof counts);
            EXPECT(BP_OK, bp_predict_f32(network, &w, x, samples, a, &workspace));
            for (size_t s = 0; s < MOST; s++) expect(a[s] == (s < samples ? x[s] + 1 : 0), "each sample once", BP_OK);
            const size_t share = samples / threads, more = samples % threads;
            for (size_t n = 0; n <= MOST; n++)
                expect((size_t)counts.threads[n] == (n == share ? threads - more : n == share + 1 ? more : 0),
                       "work is shared", BP_OK);
        }
        bp_pool_stop(pool);
        free(memory);
    }
}
#endif

/* ---- Calls over a batch, optimizers ---- */

enum { INPUTS = 3, OUTPUTS = 2, SAMPLES = 2, PARAMETERS = INPUTS * OUTPUTS + OUTPUTS };

#define CALLS(real, suffix, other)                                                                               \
    static real loss_##suffix(void *context, const real *a, const real *t, real *gradient, size_t n) {          \
        (void)context, (void)a, (void)t, (void)gradient, (void)n;                                                \
        return 0;                                                                                                \
    }                                                                                                            \
                                                                                                                 \
    typedef struct call_##suffix {                                                                               \
        const bp_network *network;                                                                               \
        real *parameters;                                                                                        \
        bp_batch_##suffix batch, *batch_at;                                                                      \
        bp_objective_##suffix objective, *objective_at;                                                          \
        bp_optimizer_##suffix optimizer, *optimizer_at;                                                          \
        bp_state_##suffix state, *state_at;                                                                      \
        bp_workspace workspace, *workspace_at;                                                                   \
        real *value, *gradients;                                                                                 \
        const real *inputs;                                                                                      \
    } call_##suffix;                                                                                             \
                                                                                                                 \
    static real numbers_##suffix[8][2 * PARAMETERS];                                                             \
                                                                                                                 \
    static const bp_network *sigmoids_##suffix(bp_layer layer) {                                                 \
        const bp_network *network;                                                                               \
        const bp_layer layers[] = {layer};                                                                       \
        EXPECT(BP_OK, bp_network_init(plan, sizeof plan, bp_kernels_for(BP_ISA_SCALAR), INPUTS, layers, 1, &network)); \
        return network;                                                                                          \
    }                                                                                                            \
                                                                                                                 \
    /* A call with nothing wrong. */                                                                             \
    static void reset_##suffix(call_##suffix *c) {                                                               \
        static _Alignas(max_align_t) unsigned char memory[4096];                                                 \
        memset(numbers_##suffix, 0, sizeof numbers_##suffix);                                                    \
        memset(c, 0, sizeof *c);                                                                                 \
        c->network = sigmoids_##suffix(LAYER(2, BP_SIGMOID, .flags = 0));                                                       \
        c->parameters = numbers_##suffix[0];                                                                     \
        c->batch = (bp_batch_##suffix){.samples = SAMPLES, .inputs = numbers_##suffix[1], .targets = numbers_##suffix[2]}; \
        c->objective.size = sizeof c->objective;                                                                 \
        EXPECT(BP_OK, bp_optimizer_init_##suffix(&c->optimizer, sizeof c->optimizer, BP_GRADIENT_DESCENT, 1));   \
        c->state = (bp_state_##suffix){0, numbers_##suffix[3], numbers_##suffix[4]};                             \
        c->workspace = (bp_workspace){.memory = memory, .bytes = bp_train_size_##suffix(c->network, SAMPLES)};   \
        c->batch_at = &c->batch, c->objective_at = &c->objective, c->optimizer_at = &c->optimizer;               \
        c->state_at = &c->state, c->workspace_at = &c->workspace;                                                \
        c->value = numbers_##suffix[5], c->gradients = numbers_##suffix[6], c->inputs = numbers_##suffix[1];     \
    }                                                                                                            \
                                                                                                                 \
    static void expect_all_##suffix(bp_status status, const char *what, const call_##suffix *c) {               \
        bp_state_##suffix *const state = c->state_at;                                                            \
        bp_status found = bp_loss_##suffix(c->network, c->parameters, c->batch_at, c->objective_at, c->workspace_at, \
                                           c->value);                                                            \
        expect(found == status, what, found);                                                                    \
        found = bp_gradients_##suffix(c->network, c->parameters, c->batch_at, c->objective_at, c->workspace_at,  \
                                      c->gradients, c->value);                                                   \
        expect(found == status, what, found);                                                                    \
        found = bp_step_##suffix(c->network, c->parameters, c->batch_at, c->objective_at, c->optimizer_at, state, \
                                 c->workspace_at, c->value);                                                     \
        expect(found == status, what, found);                                                                    \
        for (int i = 0; status != BP_OK && i < 8; i++)                                                           \
            for (int j = 0; j < PARAMETERS; j++)                                                                 \
                expect(numbers_##suffix[i][j] == 0, "nothing was written", status);                              \
    }                                                                                                            \
                                                                                                                 \
    static bp_status step_##suffix(const call_##suffix *c) {                                                     \
        return bp_step_##suffix(c->network, c->parameters, c->batch_at, c->objective_at, c->optimizer_at,        \
                                c->state_at, c->workspace_at, c->value);                                         \
    }                                                                                                            \
                                                                                                                 \
    static bp_status update_##suffix(const call_##suffix *c) {                                                   \
        return bp_update_##suffix(c->network, c->optimizer_at, c->gradients, c->state_at, c->parameters, NULL);  \
    }                                                                                                            \
                                                                                                                 \
    static bp_status predict_##suffix(const call_##suffix *c) {                                                  \
        return bp_predict_##suffix(c->network, c->parameters, c->inputs, SAMPLES, c->value, c->workspace_at);    \
    }

CALLS(float, f32, f64)
CALLS(double, f64, f32)

/* All functions over a batch, after a change of a call that is right. */
#define ALL(suffix, status, change)                      \
    do {                                                 \
        reset_##suffix(&c);                              \
        change;                                          \
        expect_all_##suffix(status, #change, &c);        \
    } while (0)

/* One function, after a change. */
#define ONE(suffix, function, status, change)                                             \
    do {                                                                                  \
        reset_##suffix(&c);                                                               \
        change;                                                                           \
        const bp_status one_ = function##_##suffix(&c);                                   \
        expect(one_ == (status), #function ", " #change ", gives " #status, one_);        \
    } while (0)

/* A step of a small network, after a change. */
#define SMALL(suffix, status, change)                                                         \
    do {                                                                                      \
        reset_small_##suffix(&c);                                                             \
        change;                                                                               \
        const bp_status small_ = step_##suffix(&c);                                           \
        expect(small_ == (status), "a small step, " #change ", gives " #status, small_);      \
        for (int i = 0; small_ != BP_OK && i < PARAMETERS; i++)                               \
            expect(numbers_##suffix[0][i] == 0 && c.state.steps == 0, "no step", small_);     \
    } while (0)

/* An optimizer of a method after a change. */
#define OPTIMIZER(suffix, status, chosen, change)                                                         \
    do {                                                                                                  \
        reset_##suffix(&c);                                                                               \
        EXPECT(BP_OK, bp_optimizer_init_##suffix(&c.optimizer, sizeof c.optimizer, chosen, 1));           \
        bp_optimizer_##suffix *const o = &c.optimizer;                                                    \
        change;                                                                                           \
        const bp_status checked_ = bp_optimizer_check_##suffix(o);                                        \
        expect(checked_ == (status), #chosen ", " #change ", gives " #status, checked_);                  \
        const bp_status updated_ = update_##suffix(&c);                                                   \
        expect(updated_ == (status), #chosen ", " #change ", updates: " #status, updated_);               \
    } while (0)

/* A share from 0 up to but without 1, which NaN is not. */
#define SHARE(suffix, chosen, field)                                      \
    OPTIMIZER(suffix, BP_ERROR_OPTIMIZER, chosen, o->field = 1);          \
    OPTIMIZER(suffix, BP_ERROR_OPTIMIZER, chosen, o->field = -0.125f);    \
    OPTIMIZER(suffix, BP_ERROR_OPTIMIZER, chosen, o->field = (float)NAN); \
    OPTIMIZER(suffix, BP_OK, chosen, o->field = 0.875f);                  \
    OPTIMIZER(suffix, BP_OK, chosen, o->field = 0)

/* A finite number from 0. */
#define POSITIVE(suffix, chosen, field)                                        \
    OPTIMIZER(suffix, BP_ERROR_OPTIMIZER, chosen, o->field = -1);              \
    OPTIMIZER(suffix, BP_ERROR_OPTIMIZER, chosen, o->field = (float)NAN);      \
    OPTIMIZER(suffix, BP_ERROR_OPTIMIZER, chosen, o->field = (float)INFINITY); \
    OPTIMIZER(suffix, BP_OK, chosen, o->field = 0);                            \
    OPTIMIZER(suffix, BP_OK, chosen, o->field = 2)

#define TESTS(real, suffix, other_custom)                                                                     \
    static void test_calls_##suffix(void) {                                                                   \
        static const int32_t below[] = {0, -1}, above[] = {OUTPUTS, 0}, right[] = {0, 1};                     \
        static const bp_custom_loss none = {0}, custom = {.suffix = loss_##suffix};                           \
        static const bp_custom_activation other = other_custom;                                               \
        call_##suffix c;                                                                                      \
        ALL(suffix, BP_OK, (void)0);                                                                          \
        ALL(suffix, BP_ERROR_NULL, c.network = NULL);                                                         \
        ALL(suffix, BP_ERROR_NULL, c.parameters = NULL);                                                      \
        ALL(suffix, BP_ERROR_NULL, c.batch_at = NULL);                                                        \
        ALL(suffix, BP_ERROR_NULL, c.workspace_at = NULL);                                                    \
        ALL(suffix, BP_ERROR_NULL, c.workspace.memory = NULL);                                                \
        ALL(suffix, BP_ERROR_NULL, c.objective_at = NULL);                                                    \
        ALL(suffix, BP_ERROR_NULL, c.batch.inputs = NULL);                                                    \
        ALL(suffix, BP_ERROR_MEMORY, c.workspace.bytes--);                                                    \
        ALL(suffix, BP_ERROR_EMPTY, c.batch.samples = 0);                                                     \
        ALL(suffix, BP_ERROR_TOO_LARGE, c.batch.samples = SIZE_MAX / 2);                                      \
        ALL(suffix, BP_ERROR_TARGETS, c.batch.targets = NULL);                                                \
        ALL(suffix, BP_ERROR_TARGETS, c.batch.classes = right);                                               \
        ALL(suffix, BP_ERROR_CLASS, (c.batch.targets = NULL, c.batch.classes = below));                       \
        ALL(suffix, BP_ERROR_CLASS, (c.batch.targets = NULL, c.batch.classes = above));                       \
        ALL(suffix, BP_OK, (c.batch.targets = NULL, c.batch.classes = right));                                \
        ALL(suffix, BP_ERROR_OPTION, c.batch.first = 1);                                                      \
        ALL(suffix, BP_ERROR_OPTION, c.batch.of = SAMPLES - 1);                                               \
        ALL(suffix, BP_ERROR_OPTION, (c.batch.of = SAMPLES, c.batch.first = 1));                              \
        ALL(suffix, BP_ERROR_OPTION, (c.batch.of = SAMPLES, c.batch.first = SAMPLES));                        \
        ALL(suffix, BP_ERROR_VERSION, c.objective.size--);                                                    \
        ALL(suffix, BP_ERROR_LOSS, c.objective.loss = -1);                                                    \
        ALL(suffix, BP_ERROR_LOSS, c.objective.loss = BP_CUSTOM_LOSS + 1);                                    \
        ALL(suffix, BP_ERROR_NULL, c.objective.loss = BP_CUSTOM_LOSS);                                        \
        ALL(suffix, BP_ERROR_NULL, (c.objective.loss = BP_CUSTOM_LOSS, c.objective.custom = &none));          \
        ALL(suffix, BP_OK, (c.objective.loss = BP_CUSTOM_LOSS, c.objective.custom = &custom));                \
        ALL(suffix, BP_ERROR_PAIR, c.objective.loss = BP_CROSS_ENTROPY);                                      \
        ALL(suffix, BP_OK, c.objective.loss = BP_BINARY_CROSS_ENTROPY);                                       \
        ALL(suffix, BP_ERROR_PAIR, (c.network = sigmoids_##suffix(LAYER(2, BP_SOFTMAX, .flags = 0)),           \
                                    c.objective.loss = BP_BINARY_CROSS_ENTROPY));                             \
        ALL(suffix, BP_OK, (c.network = sigmoids_##suffix(LAYER(2, BP_SOFTMAX, .flags = 0)),                   \
                            c.objective.loss = BP_CROSS_ENTROPY));                                            \
        ALL(suffix, BP_ERROR_OPTION, c.objective.reduction = 2);                                              \
        ALL(suffix, BP_OK, c.objective.reduction = BP_SUM);                                                   \
        ALL(suffix, BP_ERROR_OPTION, c.objective.label_smoothing = 1);                                        \
        ALL(suffix, BP_ERROR_OPTION, c.objective.label_smoothing = -0.5f);                                    \
        ALL(suffix, BP_ERROR_NULL,                                                                            \
            c.network = sigmoids_##suffix(LAYER(2, BP_CUSTOM_ACTIVATION, .custom = &other)));      \
        EXPECT(BP_ERROR_NULL, bp_objective_check_##suffix(NULL, &c.objective));                               \
        EXPECT(BP_ERROR_NULL, bp_optimizer_check_##suffix(NULL));                                             \
        ONE(suffix, predict, BP_OK, (void)0);                                                                 \
        ONE(suffix, predict, BP_ERROR_NULL, c.network = NULL);                                                \
        ONE(suffix, predict, BP_ERROR_NULL, c.parameters = NULL);                                             \
        ONE(suffix, predict, BP_ERROR_NULL, c.inputs = NULL);                                                 \
        ONE(suffix, predict, BP_ERROR_NULL, c.value = NULL);                                                  \
        ONE(suffix, predict, BP_ERROR_NULL, c.workspace_at = NULL);                                           \
        ONE(suffix, predict, BP_ERROR_NULL, c.workspace.memory = NULL);                                       \
        ONE(suffix, predict, BP_ERROR_MEMORY, c.workspace.bytes = 0);                                         \
        ONE(suffix, predict, BP_ERROR_NULL,                                                                   \
            c.network = sigmoids_##suffix(LAYER(2, BP_CUSTOM_ACTIVATION, .custom = &other)));      \
        reset_##suffix(&c);                                                                                   \
        EXPECT(BP_OK, bp_predict_##suffix(c.network, c.parameters, NULL, 0, NULL, &c.workspace));             \
        EXPECT(BP_ERROR_NULL, bp_loss_##suffix(c.network, c.parameters, &c.batch, &c.objective, &c.workspace, NULL)); \
        EXPECT(BP_ERROR_NULL, bp_gradients_##suffix(c.network, c.parameters, &c.batch, &c.objective, &c.workspace, \
                                                    NULL, NULL));                                             \
        EXPECT(BP_OK, bp_gradients_##suffix(c.network, c.parameters, &c.batch, &c.objective, &c.workspace,    \
                                            c.gradients, NULL));                                              \
        ONE(suffix, step, BP_ERROR_NULL, c.optimizer_at = NULL);                                              \
        ONE(suffix, step, BP_ERROR_NULL, c.state_at = NULL);                                                  \
        ONE(suffix, step, BP_ERROR_OPTION, c.batch.of = SAMPLES);                                             \
        ONE(suffix, step, BP_OK, c.value = NULL);                                                             \
        ONE(suffix, step, BP_OK, c.state.gradients = NULL);                                                   \
        ONE(suffix, step, BP_ERROR_NULL, (c.state.gradients = NULL, c.optimizer.l1 = 1));                     \
        ONE(suffix, step, BP_ERROR_OPTIMIZER, (c.state.gradients = NULL, c.optimizer.l1 = -1));               \
        ONE(suffix, step, BP_OK, c.optimizer.order = BP_LAYER_BY_LAYER);                                      \
        ONE(suffix, step, BP_ERROR_NULL, (c.optimizer.method = BP_MOMENTUM, c.state.slots = NULL));           \
        ONE(suffix, update, BP_OK, (void)0);                                                                  \
        ONE(suffix, update, BP_ERROR_NULL, c.network = NULL);                                                 \
        ONE(suffix, update, BP_ERROR_NULL, c.optimizer_at = NULL);                                            \
        ONE(suffix, update, BP_ERROR_NULL, c.gradients = NULL);                                               \
        ONE(suffix, update, BP_ERROR_NULL, c.state_at = NULL);                                                \
        ONE(suffix, update, BP_ERROR_NULL, c.parameters = NULL);                                              \
        ONE(suffix, update, BP_ERROR_NULL, (c.optimizer.method = BP_MOMENTUM, c.state.slots = NULL));         \
    }                                                                                                         \
                                                                                                              \
    /*                                                                                                        \
     * A step from one sample of a network so small that the fastest kernels make it in one go: whatever is   \
     * wrong or out of the ordinary is found as in any other.                                                 \
     */                                                                                                       \
    static void reset_small_##suffix(call_##suffix *c) {                                                      \
        const bp_layer layers[] = {LAYER(2, BP_SIGMOID, .flags = 0)};                                         \
        const bp_kernels *fastest;                                                                            \
        reset_##suffix(c);                                                                                    \
        EXPECT(BP_OK, bp_kernels_named(NULL, &fastest));                                                      \
        EXPECT(BP_OK, bp_network_init(plan, sizeof plan, fastest, INPUTS, layers, 1, &c->network));           \
        c->batch.samples = 1;                                                                                 \
        c->workspace.bytes = bp_train_size_##suffix(c->network, 1);                                           \
        c->state.gradients = NULL;                                                                            \
    }                                                                                                         \
                                                                                                              \
    static void test_small_##suffix(void) {                                                                   \
        static const int32_t right[] = {0, 1};                                                                \
        static const real weight = 1;                                                                         \
        call_##suffix c;                                                                                      \
        SMALL(suffix, BP_OK, (void)0);                                                                        \
        expect(c.state.steps == 1 && numbers_##suffix[0][0] == 0 && numbers_##suffix[0][6] != 0, "a step", BP_OK); \
        SMALL(suffix, BP_OK, c.value = NULL);                                                                 \
        SMALL(suffix, BP_OK, c.batch.weights = &weight);                                                      \
        SMALL(suffix, BP_OK, (c.batch.targets = NULL, c.batch.classes = right));                              \
        SMALL(suffix, BP_OK, c.optimizer.order = BP_LAYER_BY_LAYER);                                          \
        SMALL(suffix, BP_OK, c.objective.label_smoothing = (real)0.5);                                        \
        SMALL(suffix, BP_OK, c.objective.loss = BP_HUBER);                                                    \
        SMALL(suffix, BP_OK, c.objective.reduction = BP_SUM);                                                 \
        SMALL(suffix, BP_ERROR_NULL, c.network = NULL);                                                       \
        SMALL(suffix, BP_ERROR_NULL, c.parameters = NULL);                                                    \
        SMALL(suffix, BP_ERROR_NULL, c.batch_at = NULL);                                                      \
        SMALL(suffix, BP_ERROR_NULL, c.objective_at = NULL);                                                  \
        SMALL(suffix, BP_ERROR_NULL, c.optimizer_at = NULL);                                                  \
        SMALL(suffix, BP_ERROR_NULL, c.state_at = NULL);                                                      \
        SMALL(suffix, BP_ERROR_NULL, c.workspace_at = NULL);                                                  \
        SMALL(suffix, BP_ERROR_NULL, c.workspace.memory = NULL);                                              \
        SMALL(suffix, BP_ERROR_MEMORY, c.workspace.bytes--);                                                  \
        SMALL(suffix, BP_ERROR_EMPTY, c.batch.samples = 0);                                                   \
        SMALL(suffix, BP_ERROR_NULL, c.batch.inputs = NULL);                                                  \
        SMALL(suffix, BP_ERROR_TARGETS, c.batch.targets = NULL);                                              \
        SMALL(suffix, BP_ERROR_TARGETS, c.batch.classes = right);                                             \
        SMALL(suffix, BP_ERROR_OPTION, c.batch.first = 1);                                                    \
        SMALL(suffix, BP_ERROR_OPTION, c.batch.of = 1);                                                       \
        SMALL(suffix, BP_ERROR_VERSION, c.objective.size++);                                                  \
        SMALL(suffix, BP_ERROR_LOSS, c.objective.loss = -1);                                                  \
        SMALL(suffix, BP_ERROR_LOSS, c.objective.loss = BP_CUSTOM_LOSS + 1);                                  \
        SMALL(suffix, BP_ERROR_PAIR, c.objective.loss = BP_CROSS_ENTROPY);                                    \
        SMALL(suffix, BP_ERROR_OPTION, c.objective.reduction = -1);                                           \
        SMALL(suffix, BP_ERROR_OPTION, c.objective.reduction = BP_SUM + 1);                                   \
        SMALL(suffix, BP_ERROR_OPTION, c.objective.label_smoothing = 1);                                      \
        SMALL(suffix, BP_ERROR_OPTION, c.objective.label_smoothing = (real)NAN);                              \
        SMALL(suffix, BP_ERROR_VERSION, c.optimizer.size--);                                                  \
        SMALL(suffix, BP_ERROR_OPTION, c.optimizer.order = -1);                                               \
        SMALL(suffix, BP_ERROR_OPTION, c.optimizer.order = BP_LAYER_BY_LAYER + 1);                            \
        SMALL(suffix, BP_ERROR_OPTIMIZER, c.optimizer.rate = (real)NAN);                                      \
        SMALL(suffix, BP_ERROR_OPTIMIZER, c.optimizer.rate = (real)INFINITY);                                 \
        SMALL(suffix, BP_ERROR_OPTIMIZER, c.optimizer.l1 = -1);                                               \
        SMALL(suffix, BP_ERROR_NULL, c.optimizer.l1 = 1);                                                     \
        SMALL(suffix, BP_ERROR_NULL, c.optimizer.weight_decay = 1);                                           \
        SMALL(suffix, BP_ERROR_NULL, c.optimizer.clip_norm = 1);                                              \
        SMALL(suffix, BP_ERROR_NULL, c.optimizer.clip_value = 1);                                             \
        SMALL(suffix, BP_ERROR_NULL, c.optimizer.method = BP_ADAM);                                           \
    }                                                                                                         \
                                                                                                              \
    /* Tied weights are updated by way of a buffer. */                                                        \
    static void test_tied_##suffix(void) {                                                                    \
        const bp_layer layers[] = {LAYER(2, BP_SIGMOID, .flags = 0), LAYER(INPUTS, BP_SIGMOID, .tied = 1)};                   \
        static real gradients[32], parameters[32], targets[SAMPLES * INPUTS];                                 \
        static _Alignas(max_align_t) unsigned char memory[4096];                                              \
        call_##suffix c;                                                                                      \
        reset_##suffix(&c);                                                                                   \
        EXPECT(BP_OK, bp_network_init(plan, sizeof plan, bp_kernels_for(BP_ISA_SCALAR), INPUTS, layers, 2, &c.network)); \
        c.parameters = parameters, c.batch.targets = targets;                                                 \
        c.workspace = (bp_workspace){.memory = memory, .bytes = sizeof memory};                               \
        c.state.gradients = gradients;                                                                        \
        EXPECT(BP_OK, step_##suffix(&c));                                                                     \
        c.optimizer.order = BP_LAYER_BY_LAYER;                                                                \
        EXPECT(BP_ERROR_OPTION, step_##suffix(&c));                                                           \
        c.state.gradients = NULL, c.optimizer.order = BP_SIMULTANEOUS;                                        \
        EXPECT(BP_ERROR_NULL, step_##suffix(&c));                                                             \
    }                                                                                                         \
                                                                                                              \
    static void test_optimizers_##suffix(void) {                                                              \
        bp_optimizer_##suffix any;                                                                            \
        call_##suffix c;                                                                                      \
        EXPECT(BP_ERROR_NULL, bp_optimizer_init_##suffix(NULL, sizeof any, BP_ADAM, 1));                      \
        EXPECT(BP_ERROR_VERSION, bp_optimizer_init_##suffix(&any, sizeof any - 1, BP_ADAM, 1));               \
        EXPECT(BP_ERROR_OPTIMIZER, bp_optimizer_init_##suffix(&any, sizeof any, BP_METHOD_COUNT, 1));         \
        EXPECT(BP_ERROR_OPTIMIZER, bp_optimizer_init_##suffix(&any, sizeof any, -1, 1));                      \
        EXPECT(BP_ERROR_OPTIMIZER, bp_optimizer_init_##suffix(&any, sizeof any, BP_ADAM, (real)INFINITY));    \
        for (bp_method method = 0; method < BP_METHOD_COUNT; method++) OPTIMIZER(suffix, BP_OK, method, (void)o); \
        OPTIMIZER(suffix, BP_ERROR_VERSION, BP_ADAM, o->size++);                                              \
        OPTIMIZER(suffix, BP_ERROR_OPTIMIZER, BP_ADAM, o->method = BP_METHOD_COUNT);                          \
        OPTIMIZER(suffix, BP_ERROR_OPTIMIZER, BP_ADAM, o->method = -1);                                       \
        OPTIMIZER(suffix, BP_ERROR_OPTIMIZER, BP_ADAM, o->rate = (real)NAN);                                  \
        OPTIMIZER(suffix, BP_ERROR_OPTION, BP_ADAM, o->order = BP_LAYER_BY_LAYER);                            \
        OPTIMIZER(suffix, BP_ERROR_OPTION, BP_ADAM, o->order = 2);                                            \
        OPTIMIZER(suffix, BP_ERROR_OPTION, BP_GRADIENT_DESCENT, (o->order = BP_LAYER_BY_LAYER, o->l1 = 1));   \
        OPTIMIZER(suffix, BP_ERROR_OPTION, BP_GRADIENT_DESCENT, (o->order = BP_LAYER_BY_LAYER, o->clip_norm = 1)); \
        SHARE(suffix, BP_MOMENTUM, momentum);                                                                 \
        SHARE(suffix, BP_NESTEROV, momentum);                                                                 \
        SHARE(suffix, BP_RMSPROP, decay);                                                                     \
        SHARE(suffix, BP_ADAM, beta1);                                                                        \
        SHARE(suffix, BP_ADAM, beta2);                                                                        \
        SHARE(suffix, BP_ADAMW, beta1);                                                                       \
        POSITIVE(suffix, BP_RMSPROP, epsilon);                                                                \
        POSITIVE(suffix, BP_ADAGRAD, epsilon);                                                                \
        POSITIVE(suffix, BP_ADAMW, epsilon);                                                                  \
        POSITIVE(suffix, BP_GRADIENT_DESCENT, weight_decay);                                                  \
        POSITIVE(suffix, BP_GRADIENT_DESCENT, l1);                                                            \
        POSITIVE(suffix, BP_GRADIENT_DESCENT, clip_value);                                                    \
        POSITIVE(suffix, BP_GRADIENT_DESCENT, clip_norm);                                                     \
        OPTIMIZER(suffix, BP_ERROR_OPTION, BP_GRADIENT_DESCENT, (o->order = BP_LAYER_BY_LAYER, o->weight_decay = 1)); \
        OPTIMIZER(suffix, BP_ERROR_OPTION, BP_GRADIENT_DESCENT, (o->order = BP_LAYER_BY_LAYER, o->clip_value = 1)); \
        OPTIMIZER(suffix, BP_OK, BP_GRADIENT_DESCENT, o->rate = -1);                                          \
        OPTIMIZER(suffix, BP_ERROR_OPTIMIZER, BP_RPROP, o->rate = 0);                                         \
        OPTIMIZER(suffix, BP_ERROR_OPTIMIZER, BP_RPROP, o->rate = -1);                                        \
        OPTIMIZER(suffix, BP_ERROR_OPTIMIZER, BP_RPROP, o->rate = (real)INFINITY);                            \
        OPTIMIZER(suffix, BP_OK, BP_RPROP, o->maximum_step = o->minimum_step);                                \
        OPTIMIZER(suffix, BP_ERROR_OPTIMIZER, BP_RPROP, o->shrink = 0);                                       \
        OPTIMIZER(suffix, BP_ERROR_OPTIMIZER, BP_RPROP, o->shrink = 1);                                       \
        OPTIMIZER(suffix, BP_ERROR_OPTIMIZER, BP_RPROP, o->grow = 1);                                         \
        OPTIMIZER(suffix, BP_ERROR_OPTIMIZER, BP_RPROP, o->grow = (real)INFINITY);                            \
        OPTIMIZER(suffix, BP_ERROR_OPTIMIZER, BP_RPROP, o->minimum_step = -1);                                \
        OPTIMIZER(suffix, BP_ERROR_OPTIMIZER, BP_RPROP, o->maximum_step = (real)1e-9);                        \
        OPTIMIZER(suffix, BP_ERROR_OPTIMIZER, BP_RPROP, o->maximum_step = (real)INFINITY);                    \
    }

TESTS(float, f32, {.f64 = nothing_f64})
TESTS(double, f64, {.f32 = nothing_f32})

static void test_slots(void) {
    static const size_t slots[] = {0, 1, 1, 1, 1, 2, 2, 2};
    for (bp_method method = 0; method < BP_METHOD_COUNT; method++)
        expect(bp_method_slots(method) == slots[method], "slots", BP_OK);
    expect(bp_method_slots(-1) == 0 && bp_method_slots(BP_METHOD_COUNT) == 0, "slots of no method", BP_OK);
}

int main(void) {
    test_names();
    test_texts();
    test_networks();
    test_workspaces();
    test_alignment();
    test_margins();
    test_pools();
    test_nested(1);
#if !defined(BP_NO_THREADS)
    test_nested(2);
    test_shares();
#endif
    test_calls_f32();
    test_calls_f64();
    test_small_f32();
    test_small_f64();
    test_tied_f32();
    test_tied_f64();
    test_slots();
    test_optimizers_f32();
    test_optimizers_f64();
    printf("%d checks, %d failed\n", checks, failures);
    return failures != 0;
}
