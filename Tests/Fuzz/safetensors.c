/*
 * safetensors.c: every input is opened as a file; what is refused must be refused for a
 * reason and at a place, what is accepted is read to the last byte, matched to networks, and
 * written again. Built and run by Tests/fuzz.sh.
 */
#include <stdlib.h>
#include <string.h>

#include "backprop.h"

/* Ends the program, so that the fuzzer keeps the input. */
static void require(int holds) {
    if (!holds) abort();
}

/* A network that the corpus has tensors for: 2-4-3, biases in the first layer alone. */
enum { LAYERS = 2, PARAMETERS = 2 * 4 + 4 + 4 * 3 };

static _Alignas(max_align_t) unsigned char network_memory[1024];

static const bp_network *make_network(void) {
    const bp_layer layers[LAYERS] = {{.outputs = 4, .activation = BP_TANH},
                                     {.outputs = 3, .activation = BP_SOFTMAX, .flags = BP_NO_BIAS}};
    const bp_network *network = NULL;
    require(bp_network_size(LAYERS) <= sizeof network_memory);
    require(bp_network_init(network_memory, sizeof network_memory, bp_kernels_for(BP_ISA_SCALAR), 2, layers, LAYERS,
                            &network) == BP_OK);
    return network;
}

static void check_fault(bp_status status, const bp_fault *fault, const uint8_t *bytes, size_t count) {
    require(status >= BP_ERROR_FILE_TRUNCATED && status <= BP_ERROR_FILE_TIED);
    require(fault->position <= count);
    if (!fault->name.bytes) return;
    const size_t name = (size_t)((const uint8_t *)fault->name.bytes - bytes);
    require(name <= count && fault->name.count <= count - name);
}

/* Reads all numbers of a tensor, and finds it by its name. */
static void read_tensor(const bp_tensors *file, size_t i) {
    const bp_tensor tensor = bp_tensors_at(file, i);
    char *const name = malloc(tensor.name.count + 1);
    size_t found, length = bp_text_copy(tensor.name, name, tensor.name.count);
    require(length <= tensor.name.count && bp_text_is(tensor.name, name, length));
    require(bp_tensors_find(file, name, length, &found) && found == i);
    float numbers[16];
    for (size_t first = 0; first < tensor.count; first += 16) {
        const size_t left = tensor.count - first;
        const bp_status status = bp_tensor_read_f32(&tensor, first, left < 16 ? left : 16, numbers);
        require(status == (tensor.type <= BP_BF16 ? BP_OK : BP_ERROR_FILE_TYPE));
        if (status != BP_OK) break;
    }
    free(name);
}

/* What loads is written and loads again, to the same bits. */
static void load(const bp_network *network, const bp_tensors *file, const uint8_t *bytes, size_t count) {
    bp_layer_tensors layers[LAYERS];
    float parameters[PARAMETERS];
    bp_fault fault = {0, {NULL, 0}, 0};
    unsigned version;
    bp_status status = bp_tensors_verify(file, BP_MODEL_FORMAT, BP_MODEL_VERSION, &version, &fault);
    if (status != BP_OK) check_fault(status, &fault, bytes, count);
    status = bp_network_match(network, file, layers, &fault);
    if (status == BP_OK) status = bp_network_load_f32(network, file, layers, parameters, &fault);
    if (status != BP_OK) {
        check_fault(status, &fault, bytes, count);
        return;
    }
    uint8_t written[2048];
    _Alignas(max_align_t) unsigned char memory[2048];
    float again[PARAMETERS];
    bp_writer writer;
    const bp_tensors *copy;
    size_t size;
    bp_writer_begin(&writer, written, sizeof written);
    bp_writer_seal(&writer, BP_MODEL_FORMAT, BP_MODEL_VERSION);
    bp_writer_network(&writer, network, BP_F32);
    bp_writer_parameters_f32(&writer, network, parameters);
    require(bp_writer_end(&writer, &size) == BP_OK);
    require(bp_tensors_open(memory, sizeof memory, written, size, &copy, NULL) == BP_OK);
    require(bp_tensors_verify(copy, BP_MODEL_FORMAT, BP_MODEL_VERSION, &version, NULL) == BP_OK);
    require(bp_network_match(network, copy, layers, NULL) == BP_OK);
    require(bp_network_load_f32(network, copy, layers, again, NULL) == BP_OK);
    require(memcmp(parameters, again, sizeof again) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    static const bp_network *network;
    if (!network) network = make_network();
    size_t size = 0;
    bp_fault fault = {0, {NULL, 0}, 0};
    bp_status status = bp_tensors_size(bytes, count, &size, &fault);
    if (status != BP_OK) return check_fault(status, &fault, bytes, count), 0;
    require(size <= count / 10 * 27 + 256);
    void *const memory = malloc(size);
    const bp_tensors *file;
    status = bp_tensors_open(memory, size, bytes, count, &file, &fault);
    if (status == BP_OK) {
        for (size_t i = 0; i < bp_tensors_count(file); i++) read_tensor(file, i);
        load(network, file, bytes, count);
    } else {
        check_fault(status, &fault, bytes, count);
    }
    free(memory);
    return 0;
}
