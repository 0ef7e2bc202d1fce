/*
 * sweep.c: compares the activations, exp, ln and tanh of floats with the C library's double, on every
 * instruction set that is there, and fails where one is more than 3 ulp off or two instruction sets differ
 * by a bit. Prints the worst case of each function.
 *
 *     cc -O2 -Iinclude Tests/CTests/sweep.c Sources/CBackprop/(all .c files) -lm -pthread
 *     ./a.out              every 257th of the 2^32 floats, and all around every boundary
 *     ./a.out 1            every one of them
 *     ./a.out STEP THREADS by default as many as there are processors
 *
 * An error is |found - real| in units of the last place of the real value, at least 2^-149. Double
 * stands for the real value: its functions err by less than 2 ulp of theirs (glibc's manual, "Errors in Math
 * Functions"), each formula below has at most 8 operations and no cancellation, and an argument's
 * rounding is magnified by at most |2 u| < 2^8 before exp() of it is 0 in float: so what is
 * taken for real is off by less than 2^-53 * 2^8 * 16 = 2^-41, or 2^-17 ulp of float.
 */
#define _XOPEN_SOURCE 700
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backprop.h"

static double sigmoid(double z) { return 1 / (1 + exp(-z)); }
static double identity(double z) { return z; }
static double relu(double z) { return z > 0 || isnan(z) ? z : 0; }
static double leaky_relu(double z) { return z > 0 ? z : 0.01 * z; }
static double elu(double z) { return z > 0 ? z : expm1(z); }
static double softplus(double z) { return z > 0 ? z + log1p(exp(-z)) : log1p(exp(z)); }
/* At minus infinity the formula has no value; the limit is 0, from below. */
static double silu(double z) { return z == -(double)INFINITY ? -0.0 : z * sigmoid(z); }
/* 1 + tanh(u) = 2 sigmoid(2 u), which doesn't cancel. */
static double gelu(double z) {
    if (z == -(double)INFINITY) return -0.0;
    return z * sigmoid(2 * 0.79788456080286535588 * (z + 0.044715 * z * z * z));
}

enum { EXP = -1, LOG = -2, TANH = -3 };

static const struct {
    const char *name;
    int kernel; /* a bp_activation, or one of those above */
    double (*real)(double);
    double bound; /* in ulp, as backprop.h promises */
} functions[] = {
    {"exp", EXP, exp, 1},
    {"ln", LOG, log, 2},
    {"tanh", TANH, tanh, 3},
    {"identity", BP_IDENTITY, identity, 0},
    {"sigmoid", BP_SIGMOID, sigmoid, 3},
    {"tanh, activation", BP_TANH, tanh, 3},
    {"ReLU", BP_RELU, relu, 0},
    {"leaky ReLU", BP_LEAKY_RELU, leaky_relu, 3},
    {"ELU", BP_ELU, elu, 3},
    {"softplus", BP_SOFTPLUS, softplus, 3},
    {"SiLU", BP_SILU, silu, 3},
    {"GELU", BP_GELU, gelu, 3},
};

enum { FUNCTIONS = sizeof functions / sizeof functions[0], BLOCK = 4096, THREADS_MAX = 64 };

static void apply(const bp_kernels *k, int kernel, const float *x, float *y, size_t n) {
    if (kernel == EXP) bp_exp_f32(k, x, y, n);
    else if (kernel == LOG) bp_log_f32(k, x, y, n);
    else if (kernel == TANH) bp_tanh_f32(k, x, y, n);
    else bp_activate_f32(k, kernel, x, y, NULL, 1, n);
}

static float from_bits(uint32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static uint32_t to_bits(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* The distance of a result from the real value, in ulp; infinity where one has no value and the other has. */
static double error_of(float found, double real) {
    if (isnan(found) || isnan(real)) return isnan(found) && isnan(real) ? 0 : (double)INFINITY;
    if (fabs(real) >= 0x1.ffffffp127) return isinf(found) && !signbit(found) == !signbit(real) ? 0 : (double)INFINITY;
    const int exponent = real == 0 ? -126 : ilogb(real);
    /* The infinity that a value next to the largest is rounded to is one ulp above it. */
    const double value = isinf(found) ? copysign(0x1p128, found) : (double)found;
    return ldexp(fabs(value - real), 23 - (exponent < -126 ? -126 : exponent));
}

/* What one thread has found. */
typedef struct finding {
    double worst[FUNCTIONS];
    uint32_t at[FUNCTIONS];
    uint64_t count;
    int differs; /* 1 + the function in which two instruction sets gave other bits */
    uint32_t differs_at;
} finding;

static const bp_kernels *sets[BP_ISA_COUNT];
static int set_count;

static int same_bits(const float *a, const float *b, size_t n, uint32_t *at) {
    for (size_t i = 0; i < n; i++)
        if (to_bits(a[i]) != to_bits(b[i]) && !(isnan(a[i]) && isnan(b[i]))) return *at = (uint32_t)i, 0;
    return 1;
}

static void sweep_block(finding *f, const float *x, size_t n) {
    static _Thread_local float first[BLOCK], other[BLOCK];
    for (int i = 0; i < FUNCTIONS; i++) {
        apply(sets[0], functions[i].kernel, x, first, n);
        for (int s = 1; s < set_count; s++) {
            uint32_t at;
            apply(sets[s], functions[i].kernel, x, other, n);
            if (same_bits(first, other, n, &at)) continue;
            f->differs = 1 + i;
            f->differs_at = to_bits(x[at]);
        }
        for (size_t k = 0; k < n; k++) {
            const double error = error_of(first[k], functions[i].real((double)x[k]));
            if (!(error > f->worst[i])) continue;
            f->worst[i] = error;
            f->at[i] = to_bits(x[k]);
        }
    }
    f->count += n;
}

/* Every 'step'-th float of this thread's blocks. */
typedef struct share {
    uint64_t step;
    int thread, threads;
    finding found;
} share;

static void *sweep_share(void *argument) {
    share *s = argument;
    static _Thread_local float x[BLOCK];
    const uint64_t count = ((UINT64_C(1) << 32) + s->step - 1) / s->step;
    for (uint64_t block = (uint64_t)s->thread; block * BLOCK < count; block += (uint64_t)s->threads) {
        const uint64_t start = block * BLOCK, n = count - start < BLOCK ? count - start : BLOCK;
        for (uint64_t i = 0; i < n; i++) x[i] = from_bits((uint32_t)((start + i) * s->step));
        sweep_block(&s->found, x, (size_t)n);
    }
    return NULL;
}

/* All floats around a point, of both signs. */
static void sweep_around(finding *f, float point) {
    static float x[BLOCK];
    for (int sign = 0; sign < 2; sign++) {
        const uint32_t middle = to_bits(sign ? -point : point);
        for (uint32_t i = 0; i < BLOCK; i++) x[i] = from_bits(middle + i - BLOCK / 2);
        sweep_block(f, x, BLOCK);
    }
}

/*
 * Where something changes: zero, infinity, every power of two; where exp() over- and underflows, where
 * sigmoid() and tanh() become 1, and multiples of ln(2)/2, between which exp() takes another power of two.
 */
static void sweep_boundaries(finding *f) {
    static const float points[] = {0, INFINITY, 88.7228394f, 87.3365479f, 103.972084f, 16.6355324f, 9.01091385f,
                                   0.01f, 0.044715f, 0.70710678f, 1.41421356f, 0.625f};
    for (size_t i = 0; i < sizeof points / sizeof *points; i++) sweep_around(f, points[i]);
    for (int exponent = -149; exponent < 128; exponent++) sweep_around(f, (float)ldexp(1, exponent));
    for (int i = 1; i <= 300; i++) sweep_around(f, (float)(i * 0.34657359027997265471));
}

static void merge(finding *whole, const finding *part) {
    whole->count += part->count;
    if (part->differs) whole->differs = part->differs, whole->differs_at = part->differs_at;
    for (int i = 0; i < FUNCTIONS; i++) {
        if (!(part->worst[i] > whole->worst[i])) continue;
        whole->worst[i] = part->worst[i];
        whole->at[i] = part->at[i];
    }
}

static int report(const finding *found) {
    int failed = found->differs != 0 || set_count == 0;
    for (int i = 0; i < FUNCTIONS; i++) {
        const float x = from_bits(found->at[i]);
        float y;
        apply(sets[0], functions[i].kernel, &x, &y, 1);
        printf("%-17s %.4f ulp of at most %.0f, at %a: %a\n", functions[i].name, found->worst[i], functions[i].bound,
               (double)x, (double)y);
        failed |= !(found->worst[i] <= functions[i].bound);
    }
    if (found->differs)
        printf("%s: instruction sets differ at %a\n", functions[found->differs - 1].name,
               (double)from_bits(found->differs_at));
    printf("%llu floats, to the same bits with", (unsigned long long)found->count);
    for (int s = 0; s < set_count; s++) printf(" %s", bp_isa_name(bp_kernels_isa(sets[s])));
    printf(": %s\n", failed ? "failed" : "all within the bounds");
    return failed;
}

int main(int count, char **words) {
    const long processors = sysconf(_SC_NPROCESSORS_ONLN), wanted = count > 2 ? strtol(words[2], NULL, 10) : processors;
    const int threads = wanted < 1 ? 1 : wanted > THREADS_MAX ? THREADS_MAX : (int)wanted;
    const uint64_t step = count > 1 ? strtoull(words[1], NULL, 10) : 257;
    static share shares[THREADS_MAX];
    static finding found;
    pthread_t running[THREADS_MAX];
    for (bp_isa isa = 0; isa < BP_ISA_COUNT; isa++)
        if (bp_kernels_for(isa)) sets[set_count++] = bp_kernels_for(isa);
    if (step == 0) return fprintf(stderr, "expected a step from 1\n"), 1;
    sweep_boundaries(&found);
    for (int t = 0; t < threads; t++) {
        shares[t] = (share){.step = step, .thread = t, .threads = threads};
        if (pthread_create(&running[t], NULL, sweep_share, &shares[t]) != 0) return 1;
    }
    for (int t = 0; t < threads; t++) {
        if (pthread_join(running[t], NULL) != 0) return 1;
        merge(&found, &shares[t].found);
    }
    return report(&found);
}
