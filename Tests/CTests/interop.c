/*
 * interop.c: predicts with a model that another program saved, of an architecture that the
 * words say. Tests/pytorch_interop.sh compares what comes out with PyTorch.
 *
 *     ./interop MODEL.safetensors SAMPLES RESULTS 784 128:sigmoid 10:softmax
 *
 * SAMPLES are 32-bit floats, little-endian, without anything else; RESULTS are floats as this
 * machine has them, or doubles if compiled with -DDOUBLE, which then is what is computed in.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backprop.h"

#ifdef DOUBLE
typedef double real;
#define F(name) name##_f64
#else
typedef float real;
#define F(name) name##_f32
#endif

static void check(bp_status status, const char *what) {
    if (status == BP_OK) return;
    fprintf(stderr, "%s: %s\n", what, bp_status_text(status));
    exit(1);
}

static void *allocate(size_t bytes) {
    void *const memory = malloc(bytes ? bytes : 1);
    if (!memory) check(BP_ERROR_MEMORY, "memory");
    return memory;
}

static uint8_t *read_file(const char *path, size_t *count) {
    check(bp_file_read(path, NULL, 0, count, NULL), path);
    uint8_t *const bytes = allocate(*count);
    check(bp_file_read(path, bytes, *count, count, NULL), path);
    return bytes;
}

/* A layer out of "128:sigmoid". */
static bp_layer layer_of(const char *word) {
    static const char *const names[] = {"identity", "sigmoid", "tanh", "relu", "softmax"};
    static const bp_activation activations[] = {BP_IDENTITY, BP_SIGMOID, BP_TANH, BP_RELU, BP_SOFTMAX};
    char *end;
    bp_layer layer = {.outputs = strtoul(word, &end, 10), .activation = -1};
    for (size_t i = 0; *end == ':' && i < sizeof names / sizeof names[0]; i++)
        if (strcmp(end + 1, names[i]) == 0) layer.activation = activations[i];
    return layer;
}

static const bp_network *make_network(size_t inputs, char **words, size_t count) {
    bp_layer *const layers = allocate(count * sizeof *layers);
    const bp_kernels *kernels;
    const bp_network *network;
    for (size_t l = 0; l < count; l++) layers[l] = layer_of(words[l]);
    check(bp_kernels_named(getenv("BACKPROP_ISA"), &kernels), "BACKPROP_ISA");
    const size_t size = bp_network_size(count);
    check(bp_network_init(allocate(size), size, kernels, inputs, layers, count, &network), "network");
    free(layers);
    return network;
}

static real *load(const bp_network *network, const char *path) {
    size_t count, size;
    const uint8_t *bytes = read_file(path, &count);
    const bp_tensors *file;
    check(bp_tensors_size(bytes, count, &size, NULL), path);
    check(bp_tensors_open(allocate(size), size, bytes, count, &file, NULL), path);
    bp_layer_tensors *const layers = allocate(bp_network_layers(network) * sizeof *layers);
    real *const parameters = allocate(bp_network_parameters(network) * sizeof *parameters);
    check(bp_network_match(network, file, layers, NULL), path);
    check(F(bp_network_load)(network, file, layers, parameters, NULL), path);
    free(layers);
    return parameters;
}

int main(int count, char **words) {
    if (count < 6) return fprintf(stderr, "MODEL SAMPLES RESULTS INPUTS UNITS:ACTIVATION…\n"), 2;
    const bp_network *network = make_network(strtoul(words[4], NULL, 10), words + 5, (size_t)count - 5);
    const real *parameters = load(network, words[1]);
    size_t bytes;
    const uint8_t *raw = read_file(words[2], &bytes);
    const bp_tensor tensor = {.type = BP_F32, .bytes = raw, .count = bytes / sizeof(float)};
    const size_t samples = tensor.count / bp_network_inputs(network);
    const size_t results_count = samples * bp_network_outputs(network);
    real *const inputs = allocate(tensor.count * sizeof(real)), *const outputs = allocate(results_count * sizeof(real));
    check(F(bp_tensor_read)(&tensor, 0, tensor.count, inputs), words[2]);
    const size_t size = F(bp_predict_size)(network, samples);
    const bp_workspace workspace = {allocate(size), size, NULL};
    check(F(bp_predict)(network, parameters, inputs, samples, outputs, &workspace), "prediction");
    FILE *const results = fopen(words[3], "wb");
    if (!results) return fprintf(stderr, "%s: can't be opened\n", words[3]), 1;
    const size_t written = fwrite(outputs, sizeof(real), results_count, results);
    return fclose(results) != 0 || written != results_count;
}
