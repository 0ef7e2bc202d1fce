/*
 * files.c: model files from C, and every fault that a stranger's file can have. Fails if
 * one is not refused for what it is, or a file does not come back as it was.
 *
 *     cc -O2 -Iinclude Tests/CTests/files.c Sources/CBackprop/(all .c files) -lm -pthread && ./a.out [FOLDER]
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backprop.h"

static int failures, checks;

static void expect(int holds, const char *what) {
    checks++;
    if (holds) return;
    failures++;
    printf("failed: %s\n", what);
}

/* ---- Files out of a header's text ---- */

typedef struct buffer {
    uint8_t *bytes;
    size_t count;
} buffer;

static buffer make_file(const char *header, size_t header_count, size_t data_count) {
    const buffer file = {calloc(8 + header_count + data_count, 1), 8 + header_count + data_count};
    for (int i = 0; i < 8; i++) file.bytes[i] = (uint8_t)((uint64_t)header_count >> 8 * i);
    memcpy(file.bytes + 8, header, header_count);
    return file;
}

/* Opens a file in memory of exactly the size asked, so that tools see a byte too many. */
static bp_status open_file(buffer file, void **memory, const bp_tensors **tensors, bp_fault *fault) {
    size_t size = 0;
    *memory = NULL;
    bp_status status = bp_tensors_size(file.bytes, file.count, &size, fault);
    if (status != BP_OK) return status;
    expect(size <= file.count / 10 * 27 + 256, "the memory of a file is at most 2.7 times its bytes and 256");
    *memory = malloc(size);
    expect(bp_tensors_open(*memory, size - 1, file.bytes, file.count, tensors, NULL) == BP_ERROR_MEMORY,
           "too little memory is told");
    return bp_tensors_open(*memory, size, file.bytes, file.count, tensors, fault);
}

static bp_status status_of(buffer file, bp_fault *fault) {
    void *memory;
    const bp_tensors *tensors;
    const bp_status status = open_file(file, &memory, &tensors, fault);
    free(memory);
    return status;
}

#define ENTRY(name, shape, begin, end) \
    "\"" name "\":{\"dtype\":\"F32\",\"shape\":" shape ",\"data_offsets\":[" begin "," end "]}"

static const struct {
    bp_status status;
    const char *header;
    size_t data;
} hostile[] = {
    {BP_OK, "{}", 0},
    {BP_OK, "{}   ", 0},
    {BP_OK, "{ \"a\" : { \"shape\" : [ 1 ] ,\t\"dtype\":\r\n\"F32\", \"data_offsets\":[0,4] } }", 4},
    {BP_OK, "{\"__metadata__\":{\"a\":\"\\ud83d\\ude00\\u0000\"}," ENTRY("a", "[]", "0", "4") "}", 4},
    {BP_OK, "{" ENTRY("a", "[0]", "0", "0") "," ENTRY("c", "[0]", "4", "4") "," ENTRY("b", "[1]", "0", "4") "}", 4},
    {BP_OK, "{" ENTRY("b", "[1]", "4", "8") "," ENTRY("a", "[1]", "0", "4") "}", 8},
    {BP_ERROR_FILE_JSON, "", 0},
    {BP_ERROR_FILE_JSON, " {}", 0},
    {BP_ERROR_FILE_JSON, "{", 0},
    {BP_ERROR_FILE_JSON, "[]", 0},
    {BP_ERROR_FILE_JSON, "{}\n", 0},
    {BP_ERROR_FILE_JSON, "{}{}", 0},
    {BP_ERROR_FILE_JSON, "{,}", 0},
    {BP_ERROR_FILE_JSON, "{\"a", 0},
    {BP_ERROR_FILE_JSON, "{\"a\":null}", 0},
    {BP_ERROR_FILE_JSON, "{" ENTRY("a", "[1]", "0", "4") ",}", 4},
    {BP_ERROR_FILE_JSON, "{" ENTRY("a", "[1,]", "0", "4") "}", 4},
    {BP_ERROR_FILE_JSON, "{" ENTRY("a", "[1 1]", "0", "4") "}", 4},
    {BP_ERROR_FILE_JSON, "{\"__metadata__\":{\"a\":1}}", 0},
    {BP_ERROR_FILE_DEPTH, "{\"a\":[[[[[[[[", 0},
    {BP_ERROR_FILE_DEPTH, "{" ENTRY("a", "[[1]]", "0", "4") "}", 4},
    {BP_ERROR_FILE_DEPTH, "{\"__metadata__\":{\"a\":{}}}", 0},
    {BP_ERROR_FILE_UTF8, "{\"\xff\":{}}", 0},
    {BP_ERROR_FILE_UTF8, "{\"\xc0\xaf\":{}}", 0},             /* an overlong '/' */
    {BP_ERROR_FILE_UTF8, "{\"\xe0\x80\xaf\":{}}", 0},         /* longer still */
    {BP_ERROR_FILE_UTF8, "{\"\xf0\x80\x80\xaf\":{}}", 0},
    {BP_ERROR_FILE_UTF8, "{\"\xed\xa0\x80\":{}}", 0},         /* half of a surrogate pair */
    {BP_ERROR_FILE_UTF8, "{\"\xf4\x90\x80\x80\":{}}", 0},     /* beyond U+10FFFF */
    {BP_ERROR_FILE_UTF8, "{\"\xe2\x82\":{}}", 0},
    {BP_ERROR_FILE_UTF8, "{\"\xe2\x82", 0},
    {BP_ERROR_FILE_ESCAPE, "{\"\\x\":{}}", 0},
    {BP_ERROR_FILE_ESCAPE, "{\"\\", 0},
    {BP_ERROR_FILE_ESCAPE, "{\"\\u12", 0},
    {BP_ERROR_FILE_ESCAPE, "{\"\\u12g4\":{}}", 0},
    {BP_ERROR_FILE_ESCAPE, "{\"\\ud800\":{}}", 0},
    {BP_ERROR_FILE_ESCAPE, "{\"\\ud800\\u0041\":{}}", 0},
    {BP_ERROR_FILE_ESCAPE, "{\"\\udc00\":{}}", 0},
    {BP_ERROR_FILE_ESCAPE, "{\"a\nb\":{}}", 0},
    {BP_ERROR_FILE_NUMBER, "{" ENTRY("a", "[-1]", "0", "4") "}", 4},
    {BP_ERROR_FILE_NUMBER, "{" ENTRY("a", "[1]", "0", "-4") "}", 4},
    {BP_ERROR_FILE_NUMBER, "{" ENTRY("a", "[1.0]", "0", "4") "}", 4},
    {BP_ERROR_FILE_NUMBER, "{" ENTRY("a", "[1e0]", "0", "4") "}", 4},
    {BP_ERROR_FILE_NUMBER, "{" ENTRY("a", "[01]", "0", "4") "}", 4},
    {BP_ERROR_FILE_NUMBER, "{" ENTRY("a", "[\"1\"]", "0", "4") "}", 4},
    {BP_ERROR_FILE_OVERFLOW, "{" ENTRY("a", "[18446744073709551616]", "0", "4") "}", 4},
    {BP_ERROR_FILE_OVERFLOW, "{" ENTRY("a", "[9223372036854775808,2]", "0", "4") "}", 4},
    {BP_ERROR_FILE_OVERFLOW, "{" ENTRY("a", "[4611686018427387904]", "0", "0") "}", 0}, /* 2^62 * 4 = 2^64, as 0 */
    {BP_ERROR_FILE_OVERFLOW, "{" ENTRY("a", "[4294967296,4294967296]", "0", "0") "}", 0},
    {BP_ERROR_FILE_BYTES, "{" ENTRY("a", "[0,9223372036854775808]", "0", "4") "}", 4},
    {BP_ERROR_FILE_OVERFLOW, "{" ENTRY("a", "[4611686018427387904,0]", "0", "0") "}", 0},
    {BP_ERROR_FILE_KEY, "{\"a\":{}}", 0},
    {BP_ERROR_FILE_KEY, "{\"a\":{\"dtype\":\"F32\",\"shape\":[0]}}", 0},
    {BP_ERROR_FILE_KEY, "{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\"}}", 0},
    {BP_ERROR_FILE_KEY, "{\"a\":{\"dtypes\":\"F32\"}}", 0},
    {BP_ERROR_FILE_TYPE, "{\"a\":{\"dtype\":\"F33\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4},
    {BP_ERROR_FILE_TYPE, "{\"a\":{\"dtype\":\"\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4},
    {BP_ERROR_FILE_RANK, "{" ENTRY("a", "[1,1,1,1,1,1,1,1,1]", "0", "4") "}", 4},
    {BP_ERROR_FILE_OFFSETS, "{" ENTRY("a", "[1]", "4", "0") "}", 4},
    {BP_ERROR_FILE_OFFSETS, "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4]}}", 4},
    {BP_ERROR_FILE_OFFSETS, "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[]}}", 4},
    {BP_ERROR_FILE_OFFSETS, "{" ENTRY("a", "[1]", "0,4", "4") "}", 4},
    {BP_ERROR_FILE_BYTES, "{" ENTRY("a", "[2]", "0", "4") "}", 4},
    {BP_ERROR_FILE_BYTES, "{" ENTRY("a", "[0]", "0", "4") "}", 4},
    {BP_ERROR_FILE_OUTSIDE, "{" ENTRY("a", "[2]", "0", "8") "}", 4},
    {BP_ERROR_FILE_OUTSIDE, "{" ENTRY("a", "[1]", "9223372036854775804", "9223372036854775808") "}", 4},
    {BP_ERROR_FILE_OUTSIDE, "{" ENTRY("a", "[1]", "18446744073709551611", "18446744073709551615") "}", 4},
    {BP_ERROR_FILE_OVERLAP, "{" ENTRY("a", "[1]", "0", "4") "," ENTRY("b", "[1]", "0", "4") "}", 4},
    {BP_ERROR_FILE_OVERLAP, "{" ENTRY("a", "[2]", "0", "8") "," ENTRY("b", "[0]", "4", "4") "}", 8},
    {BP_ERROR_FILE_HOLE, "{" ENTRY("a", "[1]", "4", "8") "}", 8},
    {BP_ERROR_FILE_HOLE, "{" ENTRY("a", "[1]", "0", "4") "," ENTRY("b", "[1]", "5", "9") "}", 9},
    {BP_ERROR_FILE_TRAILING, "{" ENTRY("a", "[1]", "0", "4") "}", 5},
    {BP_ERROR_FILE_TRAILING, "{}", 1},
    {BP_ERROR_FILE_DUPLICATE, "{" ENTRY("a", "[1]", "0", "4") "," ENTRY("a", "[1]", "4", "8") "}", 8},
    {BP_ERROR_FILE_DUPLICATE, "{" ENTRY("a", "[1]", "0", "4") "," ENTRY("\\u0061", "[1]", "4", "8") "}", 8},
    {BP_ERROR_FILE_DUPLICATE, "{\"__metadata__\":{\"a\":\"1\",\"b\":\"\",\"\\u0061\":\"2\"}}", 0},
    {BP_ERROR_FILE_DUPLICATE, "{\"__metadata__\":{},\"__metadat\\u0061__\":{}}", 0},
    {BP_ERROR_FILE_DUPLICATE, "{\"__metadata__\":{\"a\\n\":\"\",\"a\\n\":\"\"}}", 0},
    {BP_ERROR_FILE_DUPLICATE, "{\"__metadata__\":{\"\\u00e9b\":\"\",\"\\u00e9\\u0062\":\"\"}}", 0},
    {BP_ERROR_FILE_DUPLICATE, "{\"__metadata__\":{\"\\ud83d\\ude00\":\"\",\"\\uD83D\\uDE00\":\"\"}}", 0},
    {BP_ERROR_FILE_DUPLICATE, "{\"__metadata__\":{\"\\ud83d\\ude00\":\"\",\"\\ud83d\\ude00\":\"\"}}", 0},
};

static void test_hostile(void) {
    for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
        bp_fault fault = {0, {NULL, 0}, 0};
        const buffer file = make_file(hostile[i].header, strlen(hostile[i].header), hostile[i].data);
        const bp_status status = status_of(file, &fault);
        expect(status == hostile[i].status, hostile[i].header);
        if (status != hostile[i].status) printf("  found: %s\n", bp_status_text(status));
        expect(fault.position <= file.count, "a fault is in the file");
        free(file.bytes);
    }
    printf("%zu headers\n", sizeof hostile / sizeof hostile[0]);
}

static void test_sizes(void) {
    uint8_t bytes[16] = {0};
    const buffer empty = {bytes, 0}, cut = {bytes, 7}, none = {bytes, 8}, whole = {bytes, 16};
    expect(status_of(empty, NULL) == BP_ERROR_FILE_TRUNCATED, "no bytes");
    expect(status_of(cut, NULL) == BP_ERROR_FILE_TRUNCATED, "7 bytes");
    expect(status_of(none, NULL) == BP_ERROR_FILE_JSON, "a header of no bytes");
    bytes[0] = 9;
    expect(status_of(whole, NULL) == BP_ERROR_FILE_TRUNCATED, "a header that is longer than the file");
    bytes[0] = 0, bytes[3] = 6; /* 100,663,296 */
    expect(status_of(whole, NULL) == BP_ERROR_FILE_HEADER, "a header of over 100 MB");
    memset(bytes, 255, 8);
    expect(status_of(whole, NULL) == BP_ERROR_FILE_HEADER, "a header of 2^64 - 1 bytes");
}

/* ---- Numbers ---- */

static bp_tensor tensor_of(bp_type type, const uint8_t *bytes, size_t count) {
    const bp_tensor tensor = {{NULL, 0}, type, 1, {count}, bytes, count};
    return tensor;
}

/* The value of a binary16 by its definition (IEEE 754-2019, 3.4). */
static double value_of_f16(unsigned half) {
    const double sign = half & 0x8000 ? -1 : 1;
    const int exponent = (int)(half >> 10 & 31);
    const double significand = half & 1023;
    if (exponent == 31) return significand != 0 ? (double)NAN : sign * (double)INFINITY;
    return exponent == 0 ? sign * ldexp(significand, -24) : sign * ldexp(1024 + significand, exponent - 25);
}

static int same(double a, double b) { return isnan(a) ? isnan(b) : a == b && !signbit(a) == !signbit(b); }

static void test_half_types(void) {
    int wrong = 0;
    for (unsigned half = 0; half < 65536; half++) {
        const uint8_t bytes[] = {(uint8_t)half, (uint8_t)(half >> 8)};
        const uint32_t bits = (uint32_t)half << 16;
        float upper, single;
        double wide;
        memcpy(&upper, &bits, sizeof upper);
        const bp_tensor f16 = tensor_of(BP_F16, bytes, 1), bf16 = tensor_of(BP_BF16, bytes, 1);
        wrong += bp_tensor_read_f32(&f16, 0, 1, &single) != BP_OK || !same(single, value_of_f16(half));
        wrong += bp_tensor_read_f64(&f16, 0, 1, &wide) != BP_OK || !same(wide, value_of_f16(half));
        wrong += bp_tensor_read_f32(&bf16, 0, 1, &single) != BP_OK || !same(single, upper);
        wrong += bp_tensor_read_f64(&bf16, 0, 1, &wide) != BP_OK || !same(wide, upper);
    }
    expect(wrong == 0, "every F16 and BF16 is read as what it is");
    printf("2 x 65536 half-precision numbers, each as float and double\n");
}

static void test_numbers(void) {
    const uint8_t one_f32[] = {0, 0, 0x80, 0x3f}, third_f64[] = {0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0xd5, 0x3f};
    const bp_tensor f32 = tensor_of(BP_F32, one_f32, 1), f64 = tensor_of(BP_F64, third_f64, 1);
    const bp_tensor integer = tensor_of(BP_I32, one_f32, 1);
    float single = 0;
    double wide = 0;
    expect(bp_tensor_read_f32(&f32, 0, 1, &single) == BP_OK && single == 1, "F32 as float");
    expect(bp_tensor_read_f64(&f32, 0, 1, &wide) == BP_OK && wide == 1, "F32 as double");
    expect(bp_tensor_read_f32(&f64, 0, 1, &single) == BP_OK && single == (float)(1.0 / 3), "F64 as float");
    expect(bp_tensor_read_f64(&f64, 0, 1, &wide) == BP_OK && wide == 1.0 / 3, "F64 as double");
    expect(bp_tensor_read_f32(&f32, 1, 1, &single) == BP_ERROR_OPTION, "a number after the last");
    expect(bp_tensor_read_f32(&f32, 2, 0, &single) == BP_ERROR_OPTION, "no numbers, but from after the last");
    expect(bp_tensor_read_f32(&integer, 0, 1, &single) == BP_ERROR_FILE_TYPE, "an integer");
    expect(bp_tensor_read_f32(NULL, 0, 0, NULL) == BP_ERROR_NULL, "no tensor");
}

/* ---- Texts ---- */

static void test_texts(void) {
    const char escaped[] = "a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\u20ac\\ud83d\\ude00\xc3\xa9";
    const char plain[] = "a\"\\/\b\f\n\r\t\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xc3\xa9";
    const bp_text text = {escaped, strlen(escaped)};
    char copy[64] = {0};
    expect(bp_text_copy(text, NULL, 0) == strlen(plain), "the size of a text is asked first");
    expect(bp_text_copy(text, copy, sizeof copy) == strlen(plain) && strcmp(copy, plain) == 0, "escapes are undone");
    expect(bp_text_is(text, plain, strlen(plain)), "texts are compared without escapes");
    expect(!bp_text_is(text, plain, strlen(plain) - 1), "a text that is longer is another");
    expect(!bp_text_is(text, plain, strlen(plain) + 1), "a text that is shorter is another");
    memset(copy, 'x', sizeof copy);
    expect(bp_text_copy(text, copy, 2) == strlen(plain) && copy[2] == 'x', "no more is copied than fits");
}

/* ---- Networks ---- */

static const bp_network *make_network(size_t inputs, const bp_layer *layers, size_t count) {
    const bp_network *network = NULL;
    const size_t size = bp_network_size(count);
    const bp_status status =
        bp_network_init(malloc(size), size, bp_kernels_for(BP_ISA_SCALAR), inputs, layers, count, &network);
    if (status != BP_OK) abort();
    return network;
}

static bp_status write_network(bp_writer *writer, const bp_network *network, const float *parameters, uint8_t *bytes,
                               size_t capacity, size_t *size) {
    static const char value[] = "quote \" backslash \\ line\n \xf0\x9f\x98\x80";
    bp_writer_begin(writer, bytes, capacity);
    bp_writer_seal(writer, BP_MODEL_FORMAT, BP_MODEL_VERSION);
    bp_writer_metadata(writer, "a key", 5, value, sizeof value - 1);
    bp_writer_network(writer, network, BP_F32);
    bp_writer_parameters_f32(writer, network, parameters);
    return bp_writer_end(writer, size);
}

static buffer save(const bp_network *network, const float *parameters) {
    bp_writer writer;
    size_t size = 0;
    expect(write_network(&writer, network, parameters, NULL, 0, &size) == BP_OK, "counting");
    const buffer file = {malloc(size), size};
    expect(write_network(&writer, network, parameters, file.bytes, size - 1, &size) == BP_ERROR_MEMORY,
           "a byte too few to write to");
    expect(write_network(&writer, network, parameters, file.bytes, file.count, &size) == BP_OK && size == file.count,
           "writing takes the bytes that were counted");
    return file;
}

static bp_status load(const bp_network *network, size_t layers, buffer file, float *parameters, bp_fault *fault) {
    void *memory;
    const bp_tensors *tensors;
    unsigned version;
    bp_layer_tensors *const matches = calloc(layers, sizeof *matches);
    bp_status status = open_file(file, &memory, &tensors, fault);
    if (status == BP_OK) status = bp_tensors_verify(tensors, BP_MODEL_FORMAT, BP_MODEL_VERSION, &version, fault);
    if (status == BP_OK) status = bp_network_match(network, tensors, matches, fault);
    if (status == BP_OK) status = bp_network_load_f32(network, tensors, matches, parameters, fault);
    free(matches);
    free(memory);
    return status;
}

static void test_network(void) {
    const bp_layer layers[] = {{.outputs = 33, .activation = BP_TANH},
                               {.outputs = 5, .activation = BP_RELU, .flags = BP_NO_BIAS},
                               {.outputs = 2, .activation = BP_SOFTMAX}};
    const bp_network *network = make_network(70, layers, 3);
    const size_t count = bp_network_parameters(network);
    float *parameters = malloc(count * sizeof *parameters), *read = calloc(count, sizeof *read);
    bp_initialize_f32(network, 3, parameters);
    const buffer file = save(network, parameters);
    expect(load(network, 3, file, read, NULL) == BP_OK, "a saved network loads");
    expect(memcmp(parameters, read, count * sizeof *read) == 0, "its parameters are as they were, to the bit");
    /* The same on every machine. */
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < file.count; i++) hash = (hash ^ file.bytes[i]) * UINT64_C(0x100000001b3);
    printf("%016llx: the hash of a saved network\n", (unsigned long long)hash);
    expect(hash == UINT64_C(0x3170e85315e93793), "a saved network has the same bytes on every machine");
    parameters[7] = (float)INFINITY;
    const buffer infinite = save(network, parameters);
    bp_fault fault;
    expect(load(network, 3, infinite, read, &fault) == BP_ERROR_FILE_NONFINITE && fault.layer == 0 &&
               bp_text_is(fault.name, "layers.0.weight", 15),
           "an infinite parameter is refused by name");
    free(infinite.bytes);
    free(file.bytes);
    free(parameters);
    free(read);
    free((void *)network);
}

/* A tied layer loads with its owner's weights, and with no others. */
static void test_tied(void) {
    const bp_layer layers[] = {{.outputs = 3, .activation = BP_TANH, .flags = BP_NO_BIAS},
                               {.outputs = 2, .activation = BP_TANH, .flags = BP_NO_BIAS, .tied = 1}};
    const bp_network *network = make_network(2, layers, 2);
    float parameters[] = {1, 2, 3, 4, 5, 6, 1, 4, 2, 5, 3, 6}, read[12];
    bp_fault fault;
    buffer file = save(network, parameters);
    expect(load(network, 2, file, read, NULL) == BP_OK && read[7] == 4, "a tied layer loads");
    free(file.bytes);
    parameters[7] = 7;
    file = save(network, parameters);
    expect(load(network, 2, file, read, &fault) == BP_ERROR_FILE_TIED && fault.layer == 1,
           "a tied layer of other weights");
    free(file.bytes);
    free((void *)network);
}

/* Every flip of a bit and every truncation. */
static void test_damage(void) {
    const bp_layer layers[] = {{.outputs = 4, .activation = BP_TANH},
                               {.outputs = 3, .activation = BP_SOFTMAX, .flags = BP_NO_BIAS}};
    const bp_network *network = make_network(2, layers, 2);
    float parameters[4 * 2 + 4 + 3 * 4], read[4 * 2 + 4 + 3 * 4];
    bp_initialize_f32(network, 3, parameters);
    const buffer file = save(network, parameters);
    size_t accepted = 0;
    for (size_t bit = 0; bit < file.count * 8; bit++) {
        file.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        accepted += load(network, 2, file, read, NULL) == BP_OK;
        file.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (size_t count = 0; count < file.count; count++) {
        const buffer cut = {file.bytes, count};
        accepted += load(network, 2, cut, read, NULL) == BP_OK;
    }
    printf("%zu flipped bits and %zu truncations, %zu accepted\n", file.count * 8, file.count, accepted);
    expect(accepted == 0, "no flipped bit and no truncation is accepted");
    free(file.bytes);
    free((void *)network);
}

/* ---- Writing ---- */

static void test_doubles(void) {
    const bp_layer layers[] = {{.outputs = 3, .activation = BP_TANH}};
    const bp_network *network = make_network(2, layers, 1);
    double parameters[9], read[9] = {0};
    bp_writer writer;
    buffer file = {NULL, 0};
    void *memory;
    const bp_tensors *tensors;
    bp_layer_tensors match;
    bp_initialize_f64(network, 3, parameters);
    for (int pass = 0; pass < 2; pass++) {
        bp_writer_begin(&writer, file.bytes, file.count);
        bp_writer_network(&writer, network, BP_F64);
        bp_writer_parameters_f64(&writer, network, parameters);
        expect(bp_writer_end(&writer, &file.count) == BP_OK, "a network of doubles is written");
        if (pass == 0) file.bytes = malloc(file.count);
    }
    expect(open_file(file, &memory, &tensors, NULL) == BP_OK, "it opens");
    expect(bp_network_match(network, tensors, &match, NULL) == BP_OK, "it matches");
    expect(bp_network_load_f64(network, tensors, &match, read, NULL) == BP_OK, "it loads");
    expect(memcmp(parameters, read, sizeof read) == 0, "doubles are as they were, to the bit");
    free(memory);
    free(file.bytes);
    free((void *)network);
}

/* Version 1 had a checksum of the text "model" and the numbers, without leading zeros. */
static void test_version_1(void) {
    for (int model = 0; model < 40; model++) { /* with the checksums of some there are leading zeros to leave out */
        char text[8], checksum[17];
        const float number = 1;
        const uint8_t bytes[] = {0, 0, 0x80, 0x3f};
        (void)snprintf(text, sizeof text, "%d", model);
        uint64_t hash = UINT64_C(0xcbf29ce484222325);
        for (size_t i = 0; i < strlen(text); i++) hash = (hash ^ (uint8_t)text[i]) * UINT64_C(0x100000001b3);
        for (size_t i = 0; i < sizeof bytes; i++) hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
        (void)snprintf(checksum, sizeof checksum, "%llx", (unsigned long long)hash);
        uint8_t room[512];
        buffer file = {room, sizeof room};
        bp_writer writer;
        bp_writer_begin(&writer, room, sizeof room);
        bp_writer_metadata(&writer, "checksum", 8, checksum, strlen(checksum));
        bp_writer_metadata(&writer, "format", 6, BP_MODEL_FORMAT, strlen(BP_MODEL_FORMAT));
        bp_writer_metadata(&writer, "model", 5, text, strlen(text));
        bp_writer_metadata(&writer, "version", 7, "1", 1);
        bp_writer_tensor(&writer, "a", 1, BP_F32, NULL, 0);
        bp_writer_numbers_f32(&writer, &number, 1);
        expect(bp_writer_end(&writer, &file.count) == BP_OK, "a file of version 1 is written");
        void *memory;
        const bp_tensors *tensors;
        unsigned version;
        expect(open_file(file, &memory, &tensors, NULL) == BP_OK, "it opens");
        expect(bp_tensors_verify(tensors, BP_MODEL_FORMAT, BP_MODEL_VERSION, &version, NULL) == BP_OK && version == 1,
               "its checksum is right");
        expect(bp_tensors_verify(tensors, "other", 2, &version, NULL) == BP_ERROR_FILE_FORMAT, "another format");
        room[file.count - 1] ^= 1;
        expect(bp_tensors_verify(tensors, BP_MODEL_FORMAT, 2, &version, NULL) == BP_ERROR_FILE_CHECKSUM, "damage");
        expect(bp_tensors_verify(tensors, BP_MODEL_FORMAT, 0, &version, NULL) == BP_ERROR_FILE_VERSION, "too new");
        free(memory);
    }
}

/* What a writer tells at the end of calls of which one is wrong. */
#define EXPECT_WRITER(status, ...)                                                          \
    do {                                                                                    \
        bp_writer w_, *const w = &w_;                                                       \
        size_t size = 0;                                                                    \
        bp_writer_begin(w, NULL, 0);                                                        \
        __VA_ARGS__;                                                                        \
        expect(bp_writer_end(w, &size) == (status), #__VA_ARGS__ " gives " #status);        \
        expect(((status) == BP_OK) == (size > 0), "a size is told where there is one");     \
    } while (0)

static void test_writer(void) {
    static const uint64_t two[] = {2, 1, 1, 1, 1, 1, 1, 1, 1}, huge[] = {UINT64_MAX, 2}, most[] = {UINT64_MAX / 8};
    static const float f[2] = {0};
    static const double d[2] = {0};
    EXPECT_WRITER(BP_OK, (void)w);
    EXPECT_WRITER(BP_OK, bp_writer_metadata(w, "a", 1, "", 0));
    EXPECT_WRITER(BP_OK, bp_writer_tensor(w, "a", 1, BP_F32, two, 1), bp_writer_numbers_f32(w, f, 2));
    EXPECT_WRITER(BP_OK, bp_writer_tensor(w, "a", 1, BP_F64, two, 8), bp_writer_numbers_f64(w, d, 2));
    EXPECT_WRITER(BP_ERROR_OPTION, bp_writer_tensor(w, "a", 1, BP_F64, two, 9));
    EXPECT_WRITER(BP_ERROR_OPTION, bp_writer_tensor(w, "a", 1, BP_I32, two, 1));
    EXPECT_WRITER(BP_ERROR_OPTION, bp_writer_tensor(w, "a", 1, BP_F32, two, 1));
    EXPECT_WRITER(BP_ERROR_OPTION, bp_writer_tensor(w, "a", 1, BP_F32, two, 1), bp_writer_numbers_f32(w, f, 1));
    EXPECT_WRITER(BP_ERROR_OPTION, bp_writer_tensor(w, "a", 1, BP_F32, two, 1), bp_writer_numbers_f64(w, d, 1));
    EXPECT_WRITER(BP_ERROR_OPTION, bp_writer_tensor(w, "a", 1, BP_F64, two, 1), bp_writer_numbers_f32(w, f, 2));
    EXPECT_WRITER(BP_ERROR_OPTION, bp_writer_tensor(w, "a", 1, BP_F32, two, 1),
                  bp_writer_tensor(w, "b", 1, BP_F64, two, 1));
    EXPECT_WRITER(BP_ERROR_OPTION, bp_writer_tensor(w, "a", 1, BP_F32, two, 1), bp_writer_metadata(w, "a", 1, "", 0));
    EXPECT_WRITER(BP_ERROR_OPTION, bp_writer_metadata(w, "a", 1, "", 0), bp_writer_seal(w, "x", 1));
    EXPECT_WRITER(BP_ERROR_TOO_LARGE, bp_writer_tensor(w, "a", 1, BP_F32, huge, 2));
    EXPECT_WRITER(BP_ERROR_TOO_LARGE, bp_writer_tensor(w, "a", 1, BP_F64, most, 1),
                  bp_writer_tensor(w, "b", 1, BP_F64, most, 1));
    EXPECT_WRITER(BP_ERROR_TOO_LARGE, bp_writer_tensor(w, "a", 1, BP_F32, two, 1), bp_writer_numbers_f32(w, f, SIZE_MAX));
    EXPECT_WRITER(BP_ERROR_TOO_LARGE, bp_writer_tensor(w, "a", 1, BP_F64, two, 1), bp_writer_numbers_f64(w, d, SIZE_MAX));
    EXPECT_WRITER(BP_ERROR_FILE_UTF8, bp_writer_metadata(w, "\xff", 1, "", 0));
}

/* ---- Other frameworks' names ---- */

/* A file of tensors "NAME ROWS COLUMNS", 0 columns for a vector; tensor i is full of i + 1. */
static buffer make_state(const char *const names[], const size_t shapes[][2], size_t count) {
    bp_writer writer;
    buffer file = {NULL, 0};
    for (int pass = 0; pass < 2; pass++) {
        bp_writer_begin(&writer, file.bytes, file.count);
        for (size_t i = 0; i < count; i++) {
            const uint64_t shape[] = {shapes[i][0], shapes[i][1]};
            bp_writer_tensor(&writer, names[i], strlen(names[i]), BP_F32, shape, shape[1] ? 2 : 1);
        }
        for (size_t i = 0; i < count; i++)
            for (size_t k = 0; k < shapes[i][0] * (shapes[i][1] ? shapes[i][1] : 1); k++) {
                const float number = (float)(i + 1);
                bp_writer_numbers_f32(&writer, &number, 1);
            }
        expect(bp_writer_end(&writer, &file.count) == BP_OK, "a state is written");
        if (pass == 0) file.bytes = malloc(file.count);
    }
    return file;
}

/* Matches names to a network 2-3-3-1 whose middle layer has no biases; 'expected' are the layers' first weights. */
static void expect_match(bp_status status, const char *const *names, const size_t (*shapes)[2], size_t count,
                         const float *expected) {
    const bp_layer layers[] = {{.outputs = 3, .activation = BP_TANH},
                               {.outputs = 3, .activation = BP_RELU, .flags = BP_NO_BIAS},
                               {.outputs = 1, .activation = BP_IDENTITY}};
    const bp_network *network = make_network(2, layers, 3);
    const buffer file = make_state(names, shapes, count);
    float parameters[2 * 3 + 3 + 9 + 3 + 1];
    bp_layer_tensors matches[3];
    const bp_tensors *tensors;
    void *memory;
    bp_fault fault;
    expect(open_file(file, &memory, &tensors, NULL) == BP_OK, "a state opens");
    bp_status found = bp_network_match(network, tensors, matches, &fault);
    if (found == BP_OK) found = bp_network_load_f32(network, tensors, matches, parameters, &fault);
    expect(found == status, names[0]);
    if (found != status) printf("  found: %s\n", bp_status_text(found));
    for (size_t l = 0; found == BP_OK && l < 3; l++)
        expect(parameters[bp_network_weights_offset(network, l)] == expected[l], names[l]);
    free(memory);
    free(file.bytes);
    free((void *)network);
}

static void test_names(void) {
    static const size_t shapes[][2] = {{3, 2}, {3, 0}, {3, 3}, {1, 3}, {1, 0}};
    static const size_t mixed[][2] = {{1, 0}, {1, 3}, {3, 3}, {3, 0}, {3, 2}};
    static const size_t square[][2] = {{3, 2}, {3, 0}, {3, 3}, {3, 3}, {1, 0}};
    const float in_order[] = {1, 3, 4}, in_reverse[] = {5, 3, 2};
#define NAMES(...) ((const char *const[]){__VA_ARGS__})
    expect_match(BP_OK, NAMES("0.weight", "0.bias", "2.weight", "10.weight", "10.bias"), shapes, 5, in_order);
    expect_match(BP_OK, NAMES("10.bias", "10.weight", "2.weight", "0.bias", "0.weight"), mixed, 5, in_reverse);
    expect_match(BP_OK, NAMES("fc1.weight", "fc1.bias", "fc2.weight", "fc3.weight", "fc3.bias"), shapes, 5, in_order);
    expect_match(BP_OK, NAMES("b0.l9.weight", "b0.l9.bias", "b1.l1.weight", "b1.l2.weight", "b1.l2.bias"), shapes, 5,
                 in_order);
    expect_match(BP_OK, NAMES("out.bias", "out.weight", "mid.weight", "in.bias", "in.weight"), mixed, 5, in_reverse);
    expect_match(BP_ERROR_FILE_AMBIGUOUS, NAMES("in.weight", "in.bias", "out.weight", "mid.weight", "in.norm.bias"),
                 square, 4, in_order);
    expect_match(BP_ERROR_FILE_AMBIGUOUS, NAMES("1.weight", "1.bias", "01.weight", "2.weight", "2.bias"), shapes, 5,
                 in_order);
    expect_match(BP_ERROR_FILE_EXTRA, NAMES("0.weight", "0.bias", "1.weight", "2.weight", "3.bias"), shapes, 5,
                 in_order);
    expect_match(BP_ERROR_FILE_EXTRA, NAMES("0.weight", "0.mean", "1.weight", "2.weight", "2.bias"), shapes, 5,
                 in_order);
    expect_match(BP_ERROR_FILE_MISSING, NAMES("0.weight", "0.bias", "1.weight", "2.weight"), shapes, 4, in_order);
    expect_match(BP_ERROR_FILE_LAYERS, NAMES("0.weight", "0.bias", "1.weight"), shapes, 3, in_order);
    expect_match(BP_ERROR_FILE_SHAPE, NAMES("2.weight", "2.bias", "1.weight", "0.weight", "0.bias"), shapes, 5,
                 in_order);
    expect_match(BP_ERROR_FILE_SHAPE, NAMES("0.weight", "2.bias", "1.weight", "2.weight", "0.bias"), shapes, 5,
                 in_order);
#undef NAMES
}

/* ---- Checksums ---- */

static void test_checksums(void) {
    static const float floats[] = {1, -0.5f, 3e38f, 0};
    static const double doubles[] = {1, -0.5, 1e300, 0};
    /* FNV-1a of their bytes, little-endian, by another program. */
    expect(bp_checksum_f32(0, floats, 4) == UINT64_C(0xf02fbd50d298269c), "the checksum of floats");
    expect(bp_checksum_f64(0, doubles, 4) == UINT64_C(0x82c47776eb8195bb), "the checksum of doubles");
    expect(bp_checksum_f32(bp_checksum_f32(0, floats, 1), floats + 1, 3) == bp_checksum_f32(0, floats, 4),
           "a checksum goes on");
}

/* ---- Disks ---- */

#ifndef BP_NO_FILES
/* What a file held the last three times stays beside it, the newest first. */
static void test_keeping(const char *path, uint8_t *bytes) {
    enum { KEEP = 3 };
    char older[520];
    uint8_t read[10];
    size_t count = 0;
    for (uint8_t version = 0; version < 6; version++) {
        bytes[0] = version;
        expect(bp_file_write_keeping(path, bytes, 10, KEEP, NULL) == BP_OK, "a file is written, older ones kept");
    }
    for (unsigned age = 1; age <= KEEP; age++) {
        (void)snprintf(older, sizeof older, "%s.%u", path, age);
        expect(bp_file_read(older, read, 10, &count, NULL) == BP_OK && read[0] == 5 - age, "an older file");
        expect(remove(older) == 0, "an older file is removed");
    }
    (void)snprintf(older, sizeof older, "%s.%d", path, KEEP + 1);
    expect(bp_file_read(older, NULL, 0, &count, NULL) == BP_ERROR_FILE_OPEN, "no file is too old");
    expect(bp_file_write_keeping(path, bytes, 10, BP_KEEP_MAX + 1, NULL) == BP_ERROR_OPTION, "too many to keep");
}
#endif

static void test_disk(const char *folder) {
#ifndef BP_NO_FILES
    char path[512];
    uint8_t bytes[1000], read[1000];
    size_t count = 0;
    int error = 0;
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)(i * 7);
    (void)snprintf(path, sizeof path, "%s/files-test.bin", folder);
    for (int time = 0; time < 2; time++) {
        const size_t size = sizeof bytes - (size_t)time;
        expect(bp_file_write(path, bytes, size, &error) == BP_OK && error == 0, "a file is written");
        expect(bp_file_read(path, NULL, 0, &count, &error) == BP_OK && count == size, "a file's size is told");
        expect(bp_file_read(path, read, count, &count, &error) == BP_OK && memcmp(bytes, read, count) == 0,
               "a file is read");
    }
    expect(bp_file_read(path, read, count - 1, &count, &error) == BP_ERROR_MEMORY, "a file larger than the memory");
    test_keeping(path, bytes);
    expect(remove(path) == 0, "a file is removed");
    expect(bp_file_read(path, NULL, 0, &count, &error) == BP_ERROR_FILE_OPEN && error != 0, "no file");
    expect(bp_file_read(folder, NULL, 0, &count, &error) == BP_ERROR_FILE_KIND, "a folder");
    expect(bp_file_write(folder, bytes, 1, &error) == BP_ERROR_FILE_RENAME && error != 0, "a folder in the way");
    (void)snprintf(path, sizeof path, "%s/no/such/folder", folder);
    expect(bp_file_write(path, bytes, 1, &error) == BP_ERROR_FILE_OPEN && error != 0, "no folder");
#else
    (void)folder;
#endif
}

int main(int count, char **words) {
    test_hostile();
    test_sizes();
    test_half_types();
    test_numbers();
    test_texts();
    test_network();
    test_tied();
    test_damage();
    test_doubles();
    test_version_1();
    test_writer();
    test_names();
    test_checksums();
    test_disk(count > 1 ? words[1] : ".");
    printf("%d checks, %d failed\n", checks, failures);
    return failures != 0;
}
