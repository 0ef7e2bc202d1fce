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
    /* The first and the last character of each length, and those around what UTF-8 leaves out. */
    {BP_OK, "{\"__metadata__\":{\"\":\"\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\"}}", 0},
    {BP_OK, "{\"__metadata__\":{\"\":\"\\u0000\\ud7ff\\ue000\\uffff\\uD800\\uDC00\\udbff\\udfff\"}}", 0},
    {BP_OK, "{\"__metadata__\":{\"\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u09aF\"}}", 0},
    {BP_OK, "{" ENTRY("\\\"", "[1]", "0", "4") "," ENTRY("\\\\", "[1]", "4", "8") "}", 8},
    {BP_OK, "{" ENTRY("a", "[1,1,1,1,1,1,1,1]", "0", "4") "}", 4},
    {BP_OK, "{" ENTRY("a", "[0,18446744073709551615]", "0", "0") "}", 0},
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
    {BP_ERROR_FILE_UTF8, "{\"\x80\":{}}", 0},
    {BP_ERROR_FILE_UTF8, "{\"\xc1\xbf\":{}}", 0},
    {BP_ERROR_FILE_UTF8, "{\"\xc2\x7f\":{}}", 0},
    {BP_ERROR_FILE_UTF8, "{\"\xc2\xc0\":{}}", 0},
    {BP_ERROR_FILE_UTF8, "{\"\xe0\x9f\xbf\":{}}", 0},
    {BP_ERROR_FILE_UTF8, "{\"\xed\xbf\xbf\":{}}", 0},
    {BP_ERROR_FILE_UTF8, "{\"\xf0\x8f\xbf\xbf\":{}}", 0},
    {BP_ERROR_FILE_UTF8, "{\"\xf0\x90\x80\x7f\":{}}", 0},
    {BP_ERROR_FILE_UTF8, "{\"\xf5\x80\x80\x80\":{}}", 0},
    {BP_ERROR_FILE_UTF8, "{\"\xf0\x90\x80", 0},
    {BP_ERROR_FILE_UTF8, "{\"\xe2\x82", 0},
    {BP_ERROR_FILE_ESCAPE, "{\"\\x\":{}}", 0},
    {BP_ERROR_FILE_ESCAPE, "{\"\\", 0},
    {BP_ERROR_FILE_ESCAPE, "{\"\\u12", 0},
    {BP_ERROR_FILE_ESCAPE, "{\"\\u12g4\":{}}", 0},
    {BP_ERROR_FILE_ESCAPE, "{\"\\ud800\":{}}", 0},
    {BP_ERROR_FILE_ESCAPE, "{\"\\ud800\\u0041\":{}}", 0},
    {BP_ERROR_FILE_ESCAPE, "{\"\\udc00\":{}}", 0},
    {BP_ERROR_FILE_ESCAPE, "{\"\\udfff\":{}}", 0},
    {BP_ERROR_FILE_ESCAPE, "{\"\\ud800\\ue000\":{}}", 0},
    {BP_ERROR_FILE_ESCAPE, "{\"\\ud800\\udbff\":{}}", 0},
    {BP_ERROR_FILE_ESCAPE, "{\"\\ud800/udc00\":{}}", 0},
    {BP_ERROR_FILE_ESCAPE, "{\"\\ud800abcdef\":{}}", 0},
    {BP_ERROR_FILE_ESCAPE, "{\"\\udbff\\ndc00\":{}}", 0},
    {BP_ERROR_FILE_ESCAPE, "{\"\\u00g0\":{}}", 0},
    {BP_ERROR_FILE_ESCAPE, "{\"\\u00G0\":{}}", 0},
    {BP_ERROR_FILE_ESCAPE, "{\"\\u00/0\":{}}", 0},
    {BP_ERROR_FILE_ESCAPE, "{\"\\u00:0\":{}}", 0},
    {BP_ERROR_FILE_ESCAPE, "{\"\\u00@0\":{}}", 0},
    {BP_ERROR_FILE_ESCAPE, "{\"\\u00`0\":{}}", 0},
    {BP_ERROR_FILE_ESCAPE, "{\"\\U0061\":{}}", 0},
    {BP_ERROR_FILE_ESCAPE, "{\"\x1f\":{}}", 0},
    {BP_ERROR_FILE_ESCAPE, "{\"a\nb\":{}}", 0},
    {BP_ERROR_FILE_NUMBER, "{" ENTRY("a", "[-1]", "0", "4") "}", 4},
    {BP_ERROR_FILE_NUMBER, "{" ENTRY("a", "[1]", "0", "-4") "}", 4},
    {BP_ERROR_FILE_NUMBER, "{" ENTRY("a", "[1.0]", "0", "4") "}", 4},
    {BP_ERROR_FILE_NUMBER, "{" ENTRY("a", "[1e0]", "0", "4") "}", 4},
    {BP_ERROR_FILE_NUMBER, "{" ENTRY("a", "[1E0]", "0", "4") "}", 4},
    {BP_ERROR_FILE_NUMBER, "{" ENTRY("a", "[.5]", "0", "4") "}", 4},
    {BP_ERROR_FILE_NUMBER, "{" ENTRY("a", "[01]", "0", "4") "}", 4},
    {BP_ERROR_FILE_NUMBER, "{" ENTRY("a", "[00]", "0", "0") "}", 0},
    {BP_ERROR_FILE_JSON, "{" ENTRY("a", "[/]", "0", "4") "}", 4}, /* beside '0' and '9' */
    {BP_ERROR_FILE_JSON, "{" ENTRY("a", "[:]", "0", "4") "}", 4},
    {BP_ERROR_FILE_JSON, "{\"a\":{\"shape\":[1", 0},
    {BP_ERROR_FILE_JSON, "{\"a\":{\"shape\":[", 0},
    {BP_ERROR_FILE_JSON, "{\"a\"", 0},
    {BP_ERROR_FILE_JSON, "{\"a\":", 0},
    {BP_ERROR_FILE_JSON, "{\"a\":{\"dtype\" \"F32\"}}", 0},
    {BP_ERROR_FILE_JSON, "{\"__metadata__\":{\"a\",\"b\"}}", 0},
    {BP_ERROR_FILE_JSON, "{\"__metadata__\":{\"a\":\"b\"", 0},
    {BP_ERROR_FILE_JSON, "{\"__metadata__\":{} \"a\":{}}", 0},
    {BP_ERROR_FILE_JSON, "{\"__metadata__\"}", 0},
    {BP_ERROR_FILE_DEPTH, "{\"__metadata__\":[]}", 0},
    {BP_ERROR_FILE_NUMBER, "{" ENTRY("a", "[\"1\"]", "0", "4") "}", 4},
    {BP_ERROR_FILE_OVERFLOW, "{" ENTRY("a", "[18446744073709551616]", "0", "4") "}", 4},
    {BP_ERROR_FILE_OVERFLOW, "{" ENTRY("a", "[0,18446744073709551620]", "0", "0") "}", 0},
    {BP_ERROR_FILE_OVERFLOW, "{" ENTRY("a", "[0,36893488147419103232]", "0", "0") "}", 0},
    {BP_ERROR_FILE_OVERFLOW, "{" ENTRY("a", "[0,100000000000000000000]", "0", "0") "}", 0},
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
    /* U+D055, U+D155 and U+D7FF are no halves of pairs, however they are written. */
    {BP_ERROR_FILE_DUPLICATE, "{\"__metadata__\":{\"\\ud055abcde\\n\":\"\",\"\\ud055abcde\\u000a\":\"\"}}", 0},
    {BP_ERROR_FILE_DUPLICATE, "{\"__metadata__\":{\"\\uD155abcde\\n\":\"\",\"\\uD155abcde\\u000a\":\"\"}}", 0},
    {BP_ERROR_FILE_DUPLICATE, "{\"__metadata__\":{\"\\ud7ffabcde\\u000a\":\"\",\"\\ud7ffabcde\\n\":\"\"}}", 0},
    {BP_ERROR_FILE_DUPLICATE, "{\"__metadata__\":{\"\\u0961abcde\\u000a\":\"\",\"\\u0961abcde\\n\":\"\"}}", 0},
    {BP_ERROR_FILE_DUPLICATE, "{\"__metadata__\":{\"\\nabcde\\u000a\":\"\",\"\\nabcde\\n\":\"\"}}", 0},
    {BP_ERROR_FILE_DUPLICATE, "{\"__metadata__\":{\"abcde\\u000a\":\"\",\"abcde\\n\":\"\"}}", 0},
    {BP_ERROR_FILE_DUPLICATE, "{\"__metadata__\":{\"\\uD83D\\uDE00\":\"\",\"\\uD83D\\ude00\":\"\"}}", 0},
    {BP_ERROR_FILE_DUPLICATE, "{\"__metadata__\":{\"\\ud93d\\uDE00\":\"\",\"\\ud93d\\ude00\":\"\"}}", 0},
    {BP_ERROR_FILE_DUPLICATE, "{\"__metadata__\":{\"\\uda3d\\uDE00\":\"\",\"\\uda3d\\ude00\":\"\"}}", 0},
    {BP_ERROR_FILE_DUPLICATE, "{\"__metadata__\":{\"\\uDB3D\\ude00\":\"\",\"\\uDB3D\\uDE00\":\"\"}}", 0},
    {BP_ERROR_FILE_DUPLICATE, "{\"__metadata__\":{\"\\ud7ff\":\"\",\"\xed\x9f\xbf\":\"\"}}", 0},
    {BP_ERROR_FILE_DUPLICATE, "{\"__metadata__\":{\"\\u07ff\\u0800\":\"\",\"\xdf\xbf\xe0\xa0\x80\":\"\"}}", 0},
    {BP_ERROR_FILE_DUPLICATE, "{\"__metadata__\":{\"\\u007f\\u0080\":\"\",\"\x7f\xc2\x80\":\"\"}}", 0},
    {BP_ERROR_FILE_DUPLICATE, "{\"__metadata__\":{\"\\udbff\\udfff\":\"\",\"\xf4\x8f\xbf\xbf\":\"\"}}", 0},
    {BP_ERROR_FILE_DUPLICATE, "{\"__metadata__\":{\"\\uabCD\\uffff\":\"\",\"\xea\xaf\x8d\xef\xbf\xbf\":\"\"}}", 0},
    {BP_OK, "{\"__metadata__\":{\"\\ud83d\\ude00\":\"\",\"\\ud83d\\ude01\":\"\",\"\\ud83c\\ude00\":\"\",\"\":\"\"}}", 0},
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

/* Where a fault is found, at the '^', and in what. */
static const struct {
    const char *header, *name;
    size_t data;
} places[] = {
    {"{\"a\":^null}", "a", 0},
    {"{ \"a\" ^1}", "a", 0},
    {"{\"a\":{\"dtype\":\"^F33\"}}", "a", 0},
    {"{\"a\":{\"^dtypes\":\"F32\"}}", "a", 0},
    {"{\"a\"^:{\"dtype\":\"F32\",\"shape\":[0]}}", "a", 0},
    {"{\"a\":{^}}", "a", 0},
    {"{\"a\":{\"shape\":[1,^01]}}", "a", 0},
    {"{\"a\":{\"shape\":[1,^99999999999999999999]}}", "a", 0},
    {"{\"a\":{\"shape\":[1,1,1,1,1,1,1,1,^1]}}", "a", 0},
    {"{\"a\":{\"data_offsets\":^[4,0]}}", "a", 0},
    {"{\"a\":{\"data_offsets\":[0,4,^8]}}", "a", 0},
    {"{\"b\\n\"^:{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", "b\n", 4},
    {"{" ENTRY("a", "[1]", "0", "4") ", ^\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", "b", 4},
    {"{" ENTRY("a", "[1]", "0", "4") ", ^\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[5,9]}}", "b", 9},
    {"{" ENTRY("a", "[1]", "0", "4") ", ^\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", "a", 8},
    {"{\"__metadata__\":{}, ^\"__metadata__\":{}}", "__metadata__", 0},
    {"{\"__metadata__\":{\"a\":\"\", ^\"a\":\"\"}}", "a", 0},
    {"{\"__metadata__\":{\"a\":^1}}", "__metadata__", 0},
    {"{\"__metadata__\":{}, \"^\t\":1}", "", 0},
    {"{\"__metadata__\":{}, \"a^\xff\":1}", "", 0},
    {"{\"__metadata__\":{\"a\":\"\"}, \"a^\\q\":1}", "", 0},
    {"{" ENTRY("a", "[1]", "0", "4") ", ^1}", "", 4},
    {"{" ENTRY("a", "[1]", "0", "4") "} ^}", "", 4},
};

static void test_places(void) {
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        char header[256], name[32] = "";
        const size_t at = strcspn(places[i].header, "^"), count = strlen(places[i].header) - 1;
        (void)snprintf(header, sizeof header, "%.*s%s", (int)at, places[i].header, places[i].header + at + 1);
        bp_fault fault = {0, {"?", 1}, 0};
        const buffer file = make_file(header, count, places[i].data);
        expect(status_of(file, &fault) != BP_OK, header);
        expect(fault.position == 8 + at && fault.layer == SIZE_MAX, places[i].header);
        const size_t name_count = bp_text_copy(fault.name, name, sizeof name - 1);
        expect(name_count == strlen(places[i].name) && strcmp(name, places[i].name) == 0, places[i].header);
        free(file.bytes);
    }
    bp_fault fault = {0, {NULL, 0}, 0};
    buffer file = make_file("{" ENTRY("a", "[1]", "0", "4") "}", strlen("{" ENTRY("a", "[1]", "0", "4") "}"), 6);
    expect(status_of(file, &fault) == BP_ERROR_FILE_TRAILING && fault.position == file.count - 2, "bytes at the end");
    file.count = 5;
    expect(status_of(file, &fault) == BP_ERROR_FILE_TRUNCATED && fault.position == 5, "a file that ends early");
    free(file.bytes);
}

/* What was read is what the file says. */
static void test_contents(void) {
    const char *const header = "{\"__metadata__\":{\"k\":\"v\\n\",\"empty\":\"\",\"\\u006c\":\"x\"},"
                               "\"w\\u0065\":{\"dtype\":\"F64\",\"shape\":[2,1,3],\"data_offsets\":[4,52]},"
                               "\"b\":{\"dtype\":\"I8\",\"shape\":[4],\"data_offsets\":[0,4]},"
                               "\"s\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[52,56]}}";
    const buffer file = make_file(header, strlen(header), 56);
    void *memory;
    const bp_tensors *tensors = NULL;
    bp_text value = {NULL, 0};
    size_t at = 9;
    expect(open_file(file, &memory, &tensors, NULL) == BP_OK && bp_tensors_count(tensors) == 3, "three tensors");
    const uint8_t *const data = file.bytes + 8 + strlen(header);
    const bp_tensor w = bp_tensors_at(tensors, 0), b = bp_tensors_at(tensors, 1), s = bp_tensors_at(tensors, 2);
    expect(bp_text_is(w.name, "we", 2) && w.type == BP_F64 && w.rank == 3 && w.shape[0] == 2 && w.shape[1] == 1 &&
               w.shape[2] == 3 && w.count == 6 && w.bytes == data + 4,
           "a tensor of three dimensions");
    expect(bp_text_is(b.name, "b", 1) && b.type == BP_I8 && b.rank == 1 && b.count == 4 && b.bytes == data, "bytes");
    expect(s.type == BP_F32 && s.rank == 0 && s.count == 1 && s.bytes == data + 52, "a number alone");
    expect(bp_tensors_find(tensors, "we", 2, &at) && at == 0, "a tensor is found by its name");
    expect(bp_tensors_find(tensors, "b", 1, &at) && at == 1 && bp_tensors_find(tensors, "s", 1, &at) && at == 2,
           "and so are the others");
    expect(!bp_tensors_find(tensors, "w", 1, &at) && !bp_tensors_find(tensors, "", 0, &at) && at == 2, "no tensor");
    expect(bp_tensors_metadata(tensors, "k", 1, &value) && bp_text_is(value, "v\n", 2), "a text");
    expect(bp_tensors_metadata(tensors, "empty", 5, &value) && value.count == 0, "an empty text");
    expect(bp_tensors_metadata(tensors, "l", 1, &value) && bp_text_is(value, "x", 1), "a text of an escaped name");
    expect(!bp_tensors_metadata(tensors, "v", 1, &value) && !bp_tensors_metadata(tensors, "we", 2, &value), "no text");
    free(memory);
    free(file.bytes);
}

/* Every type by its name, with numbers of so many bytes. */
static void test_types(void) {
    static const struct {
        const char *name;
        size_t bytes;
    } types[BP_TYPE_COUNT] = {
        [BP_F64] = {"F64", 8}, [BP_F32] = {"F32", 4}, [BP_F16] = {"F16", 2}, [BP_BF16] = {"BF16", 2},
        [BP_BOOL] = {"BOOL", 1}, [BP_U8] = {"U8", 1}, [BP_I8] = {"I8", 1}, [BP_F8_E4M3] = {"F8_E4M3", 1},
        [BP_F8_E5M2] = {"F8_E5M2", 1}, [BP_F8_E8M0] = {"F8_E8M0", 1}, [BP_U16] = {"U16", 2}, [BP_I16] = {"I16", 2},
        [BP_U32] = {"U32", 4}, [BP_I32] = {"I32", 4}, [BP_U64] = {"U64", 8}, [BP_I64] = {"I64", 8}, [BP_C64] = {"C64", 8}};
    for (bp_type type = 0; type < BP_TYPE_COUNT; type++)
        for (size_t bytes = 1; bytes < 12; bytes++) {
            char header[128];
            void *memory;
            const bp_tensors *tensors = NULL;
            (void)snprintf(header, sizeof header, "{\"a\":{\"dtype\":\"%s\",\"shape\":[3],\"data_offsets\":[0,%zu]}}",
                           types[type].name, 3 * bytes);
            const buffer file = make_file(header, strlen(header), 3 * bytes);
            const bp_status status = open_file(file, &memory, &tensors, NULL);
            expect(status == (bytes == types[type].bytes ? BP_OK : BP_ERROR_FILE_BYTES), header);
            expect(status != BP_OK || bp_tensors_at(tensors, 0).type == type, header);
            expect(strcmp(bp_type_name(type), types[type].name) == 0, header);
            free(memory);
            free(file.bytes);
        }
}

/* The lower half of FNV-1a and its upper half together: what the reader tells most names apart by. */
static uint32_t hash_of(const char *text) {
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (; *text; text++) hash = (hash ^ (uint8_t)*text) * UINT64_C(0x100000001b3);
    return (uint32_t)(hash >> 32 ^ hash);
}

static int compare_words(const void *a, const void *b) {
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* Two names that have one hash are two names, in whatever order they are, and escaped or not. */
static void expect_both(const char *first, const char *second, int is_escaped, int is_metadata) {
    char header[400], a[40], b[40];
    size_t at = 9;
    void *memory;
    const bp_tensors *tensors = NULL;
    bp_text value = {NULL, 0};
    (void)snprintf(a, sizeof a, is_escaped & 1 ? "\\u00%02x%s" : "%c%s", first[0], first + 1);
    (void)snprintf(b, sizeof b, is_escaped & 2 ? "\\u00%02x%s" : "%c%s", second[0], second + 1);
    if (is_metadata) (void)snprintf(header, sizeof header, "{\"__metadata__\":{\"%s\":\"0\",\"%s\":\"1\"}}", a, b);
    else (void)snprintf(header, sizeof header, "{" ENTRY("%s", "[0]", "0", "0") "," ENTRY("%s", "[0]", "0", "0") "}", a, b);
    const buffer file = make_file(header, strlen(header), 0);
    expect(open_file(file, &memory, &tensors, NULL) == BP_OK, "names of one hash");
    for (size_t i = 0; i < 2 && tensors; i++) {
        const char *const name = i ? second : first;
        if (is_metadata)
            expect(bp_tensors_metadata(tensors, name, strlen(name), &value) && value.bytes[0] == (char)('0' + i), name);
        else expect(bp_tensors_find(tensors, name, strlen(name), &at) && at == i, name);
    }
    free(memory);
    free(file.bytes);
}

static void test_collisions(void) {
    enum { NAMES = 1 << 18 };
    static uint64_t names[NAMES];
    char first[16], second[16];
    int pairs = 0;
    for (uint32_t i = 0; i < NAMES; i++) {
        (void)snprintf(first, sizeof first, "%x", i);
        names[i] = (uint64_t)hash_of(first) << 32 | i;
    }
    qsort(names, NAMES, sizeof names[0], compare_words);
    for (size_t i = 1; i < NAMES; i++) {
        if (names[i - 1] >> 32 != names[i] >> 32) continue;
        (void)snprintf(first, sizeof first, "%x", (uint32_t)names[i - 1]);
        (void)snprintf(second, sizeof second, "%x", (uint32_t)names[i]);
        for (int way = 0; way < 8; way++) {
            expect_both(first, second, way & 3, way >> 2);
            expect_both(second, first, way & 3, way >> 2);
        }
        pairs++;
    }
    expect(pairs > 3, "there are names of one hash");
}

/* Many tensors whose order in the header is not that of their numbers. */
static void test_many(void) {
    enum { MANY = 300, STEP = 7 }; /* without a common factor, so that each place is taken */
    static char header[MANY * 80];
    size_t length = 0;
    for (size_t i = 0; i < MANY; i++) {
        const size_t place = i * STEP % MANY;
        length += (size_t)snprintf(header + length, sizeof header - length,
                                   "%c\"%zu\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[%zu,%zu]}",
                                   i ? ',' : '{', place, place, place + 1);
    }
    header[length++] = '}';
    const buffer file = make_file(header, length, MANY);
    void *memory;
    const bp_tensors *tensors = NULL;
    expect(open_file(file, &memory, &tensors, NULL) == BP_OK && bp_tensors_count(tensors) == MANY, "many tensors");
    for (size_t place = 0; place < MANY && tensors; place++) {
        char name[8];
        size_t at = SIZE_MAX;
        const size_t count = (size_t)snprintf(name, sizeof name, "%zu", place);
        expect(bp_tensors_find(tensors, name, count, &at) && at * STEP % MANY == place &&
                   bp_tensors_at(tensors, at).bytes == file.bytes + 8 + length + place,
               name);
    }
    free(memory);
    free(file.bytes);
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
    expect(bp_tensor_read_f32(&f32, 0, 1, NULL) == BP_ERROR_NULL, "no place for a number");
    expect(bp_tensor_read_f32(&f32, 1, 0, NULL) == BP_OK, "no numbers");
    expect(bp_tensor_read_f32(&f32, 0, SIZE_MAX, &single) == BP_ERROR_OPTION, "more numbers than there can be");
    const bp_tensor none = tensor_of(-1, one_f32, 1), boolean = tensor_of(BP_BOOL, one_f32, 1);
    expect(bp_tensor_read_f64(&none, 0, 1, &wide) == BP_ERROR_FILE_TYPE, "no type");
    expect(bp_tensor_read_f64(&boolean, 0, 1, &wide) == BP_ERROR_FILE_TYPE, "the type after the last of numbers");
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
    const bp_text odd = {"\\x\\", 3}, none = {NULL, 0}, zero = {"a\\u0000b", 8};
    expect(bp_text_copy(zero, copy, sizeof copy) == 3 && bp_text_is(zero, "a\0b", 3), "a text goes on after NUL");
    expect(bp_text_is(odd, "\\x\\", 3), "what is no escape stands for itself");
    expect(bp_text_copy(none, copy, sizeof copy) == 0 && bp_text_is(none, "", 0), "no text");
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

static void test_nulls(void) {
    const buffer file = make_file("{}", 2, 0), wrong = make_file("{", 1, 0);
    const bp_layer layer = {.outputs = 1};
    const bp_network *const network = make_network(1, &layer, 1);
    const bp_tensors *tensors = NULL;
    bp_layer_tensors match;
    uint64_t memory[64];
    float number;
    size_t size = 9;
    unsigned version = 0;
    expect(bp_tensors_size(NULL, 10, &size, NULL) == BP_ERROR_NULL, "no bytes");
    expect(bp_tensors_size(file.bytes, file.count, NULL, NULL) == BP_ERROR_NULL, "no place for the size");
    expect(bp_tensors_size(wrong.bytes, wrong.count, &size, NULL) == BP_ERROR_FILE_JSON && size == 9, "no size");
    expect(bp_tensors_open(NULL, sizeof memory, file.bytes, file.count, &tensors, NULL) == BP_ERROR_NULL, "no memory");
    expect(bp_tensors_open(memory, sizeof memory, NULL, 10, &tensors, NULL) == BP_ERROR_NULL, "no bytes to open");
    expect(bp_tensors_open(memory, sizeof memory, file.bytes, file.count, NULL, NULL) == BP_ERROR_NULL, "no result");
    expect(bp_tensors_open(memory, sizeof memory, wrong.bytes, wrong.count, &tensors, NULL) == BP_ERROR_FILE_JSON &&
               bp_tensors_open(memory, sizeof memory, wrong.bytes, 3, &tensors, NULL) == BP_ERROR_FILE_TRUNCATED && !tensors,
           "what is wrong isn't opened");
    expect(bp_tensors_open(memory, sizeof memory, file.bytes, file.count, &tensors, NULL) == BP_OK && tensors, "a file");
    expect(bp_tensors_verify(NULL, "x", 1, &version, NULL) == BP_ERROR_NULL, "no file to verify");
    expect(bp_tensors_verify(tensors, NULL, 1, &version, NULL) == BP_ERROR_NULL, "no format");
    expect(bp_tensors_verify(tensors, "x", 1, NULL, NULL) == BP_ERROR_NULL, "no place for the version");
    expect(bp_network_match(NULL, tensors, &match, NULL) == BP_ERROR_NULL, "no network to match");
    expect(bp_network_match(network, NULL, &match, NULL) == BP_ERROR_NULL, "no file to match");
    expect(bp_network_match(network, tensors, NULL, NULL) == BP_ERROR_NULL, "no place for the matches");
    expect(bp_network_match(network, tensors, &match, NULL) == BP_ERROR_FILE_LAYERS, "no layer");
    expect(bp_network_load_f32(NULL, tensors, &match, &number, NULL) == BP_ERROR_NULL, "no network to load");
    expect(bp_network_load_f32(network, NULL, &match, &number, NULL) == BP_ERROR_NULL, "no file to load");
    expect(bp_network_load_f32(network, tensors, NULL, &number, NULL) == BP_ERROR_NULL, "no matches");
    expect(bp_network_load_f32(network, tensors, &match, NULL, NULL) == BP_ERROR_NULL, "no parameters");
    free(file.bytes);
    free(wrong.bytes);
    free((void *)network);
}

/* What keeps one tensor or the other from a layer of two inputs and three outputs. */
#define TENSOR(name, type, shape, begin, end) \
    "\"" name "\":{\"dtype\":\"" type "\",\"shape\":" shape ",\"data_offsets\":[" begin "," end "]}"
#define WEIGHT TENSOR("0.weight", "F32", "[3,2]", "0", "24")
#define BIAS TENSOR("0.bias", "F32", "[3]", "24", "36")

static const struct {
    bp_status status;
    const char *header, *name; /* and in which tensor the fault is */
    size_t data;
    uint32_t flags;
} unfit[] = {
    {BP_OK, "{" WEIGHT "," BIAS "}", NULL, 36, 0},
    {BP_OK, "{" WEIGHT "}", NULL, 24, BP_NO_BIAS},
    {BP_OK, "{" BIAS "," WEIGHT "}", NULL, 36, 0},
    {BP_OK, "{" TENSOR("weight", "F32", "[3,2]", "0", "24") "," TENSOR("bias", "F32", "[3]", "24", "36") "}", NULL, 36, 0},
    {BP_OK, "{" TENSOR("0.weight", "F64", "[3,2]", "0", "48") "," TENSOR("0.bias", "BF16", "[3]", "48", "54") "}", NULL, 54, 0},
    {BP_ERROR_FILE_TYPE, "{" TENSOR("0.weight", "I32", "[3,2]", "0", "24") "," BIAS "}", "0.weight", 36, 0},
    {BP_ERROR_FILE_TYPE, "{" TENSOR("0.weight", "BOOL", "[3,2]", "0", "6") "}", "0.weight", 6, BP_NO_BIAS},
    {BP_ERROR_FILE_TYPE, "{" WEIGHT "," TENSOR("0.bias", "U32", "[3]", "24", "36") "}", "0.bias", 36, 0},
    {BP_ERROR_FILE_SHAPE, "{" WEIGHT "," TENSOR("0.bias", "F32", "[3,1]", "24", "36") "}", "0.bias", 36, 0},
    {BP_ERROR_FILE_SHAPE, "{" WEIGHT "," TENSOR("0.bias", "F32", "[2]", "24", "32") "}", "0.bias", 32, 0},
    {BP_ERROR_FILE_SHAPE, "{" WEIGHT "," TENSOR("0.bias", "F32", "[]", "24", "28") "}", "0.bias", 28, 0},
    {BP_ERROR_FILE_SHAPE, "{" TENSOR("0.weight", "F32", "[6]", "0", "24") "," BIAS "}", "0.weight", 36, 0},
    {BP_ERROR_FILE_SHAPE, "{" TENSOR("0.weight", "F32", "[3,2,1]", "0", "24") "," BIAS "}", "0.weight", 36, 0},
    {BP_ERROR_FILE_SHAPE, "{" TENSOR("0.weight", "F32", "[2,3]", "0", "24") "," BIAS "}", "0.weight", 36, 0},
    {BP_ERROR_FILE_SHAPE, "{" TENSOR("0.weight", "F32", "[3,1]", "0", "12") "}", "0.weight", 12, BP_NO_BIAS},
    {BP_ERROR_FILE_SHAPE, "{" TENSOR("0.weight", "F32", "[1,2]", "0", "8") "}", "0.weight", 8, BP_NO_BIAS},
    {BP_ERROR_FILE_MISSING, "{" WEIGHT "}", "0.weight", 24, 0},
    {BP_ERROR_FILE_EXTRA, "{" WEIGHT "," BIAS "}", "0.bias", 36, BP_NO_BIAS},
    {BP_ERROR_FILE_EXTRA, "{" WEIGHT "," TENSOR("1.bias", "F32", "[3]", "24", "36") "}", "1.bias", 36, 0},
    {BP_ERROR_FILE_EXTRA, "{" WEIGHT "," TENSOR("x", "F32", "[3]", "24", "36") "}", "x", 36, 0},
    {BP_ERROR_FILE_EXTRA, "{" WEIGHT "," TENSOR("bia", "F32", "[3]", "24", "36") "}", "bia", 36, 0},
    {BP_ERROR_FILE_EXTRA, "{" TENSOR("0weight", "F32", "[3,2]", "0", "24") "," BIAS "}", "0weight", 36, 0},
    {BP_ERROR_FILE_LAYERS, "{}", "", 0, 0},
    {BP_ERROR_FILE_LAYERS, "{" WEIGHT "," TENSOR("1.weight", "F32", "[3,3]", "24", "60") "}", "", 60, 0},
};

/* Whether a fault is one of a layer, and not of all tensors or of one that belongs to none. */
static int is_of_layer(bp_status status, uint32_t flags) {
    return status != BP_ERROR_FILE_LAYERS && (status != BP_ERROR_FILE_EXTRA || flags & BP_NO_BIAS);
}

static size_t position_in(buffer file, const void *at) { return (size_t)((const uint8_t *)at - file.bytes); }

static void test_unfit(void) {
    for (size_t i = 0; i < sizeof unfit / sizeof unfit[0]; i++) {
        const bp_layer layer = {.outputs = 3, .flags = unfit[i].flags};
        const bp_network *const network = make_network(2, &layer, 1);
        const buffer file = make_file(unfit[i].header, strlen(unfit[i].header), unfit[i].data);
        void *memory;
        const bp_tensors *tensors;
        bp_layer_tensors match;
        bp_fault fault = {0, {NULL, 0}, 0};
        float parameters[9];
        expect(open_file(file, &memory, &tensors, NULL) == BP_OK, "a file opens");
        const bp_status status = bp_network_match(network, tensors, &match, &fault);
        expect(status == unfit[i].status && bp_network_match(network, tensors, &match, NULL) == status, unfit[i].header);
        if (status == BP_OK)
            expect(bp_network_load_f32(network, tensors, &match, parameters, NULL) == BP_OK && parameters[5] == 0, "it loads");
        else
            expect(bp_text_is(fault.name, unfit[i].name, strlen(unfit[i].name)) &&
                       fault.layer == (is_of_layer(unfit[i].status, unfit[i].flags) ? 0 : SIZE_MAX) &&
                       fault.position == (fault.name.bytes ? position_in(file, fault.name.bytes) : 0),
                   unfit[i].header);
        free(memory);
        free(file.bytes);
        free((void *)network);
    }
}

/* The first number that isn't finite is told by where it is; a layer larger than the parts that are turned at once. */
static void test_nonfinite(void) {
    enum { INPUTS = 70, OUTPUTS = 18, COUNT = INPUTS * OUTPUTS + OUTPUTS };
    const bp_layer layer = {.outputs = OUTPUTS};
    const bp_network *const network = make_network(INPUTS, &layer, 1);
    float parameters[COUNT], read[COUNT];
    for (size_t i = 0; i < COUNT; i++) parameters[i] = (float)i;
    for (size_t i = 0; i < COUNT; i++) {
        parameters[i] = (float)(i % 3 == 0 ? NAN : i % 3 == 1 ? INFINITY : -INFINITY);
        const buffer file = save(network, parameters);
        const size_t row = i % OUTPUTS, column = i / OUTPUTS;
        const size_t number = i < INPUTS * OUTPUTS ? row * INPUTS + column : i;
        bp_fault fault = {0, {NULL, 0}, 9};
        expect(load(network, 1, file, read, &fault) == BP_ERROR_FILE_NONFINITE &&
                   fault.position == file.count - (COUNT - number) * sizeof *read && fault.layer == 0,
               "a number that isn't finite");
        if (i % 97 == 0) expect(load(network, 1, file, read, NULL) == BP_ERROR_FILE_NONFINITE, "without telling where");
        parameters[i] = (float)i;
        free(file.bytes);
    }
    free((void *)network);
}

/* Names of tensors may have 255 bytes. */
static void test_long_names(void) {
    for (size_t length = 250; length < 260; length++) {
        char weight[272], header[1024];
        memset(weight, 'x', sizeof weight);
        (void)snprintf(weight + length - 7, 8, ".weight");
        (void)snprintf(header, sizeof header, "{" TENSOR("%s", "F32", "[1,1]", "0", "4") "," TENSOR("%.*s.bias", "F32", "[1]", "4", "8") "}",
                       weight, (int)length - 7, weight);
        const bp_layer layer = {.outputs = 1};
        const bp_network *const network = make_network(1, &layer, 1);
        const buffer file = make_file(header, strlen(header), 8);
        void *memory;
        const bp_tensors *tensors;
        bp_layer_tensors match;
        expect(open_file(file, &memory, &tensors, NULL) == BP_OK, "a file of long names");
        expect(bp_network_match(network, tensors, &match, NULL) == (length <= 255 ? BP_OK : BP_ERROR_FILE_EXTRA), header);
        free(memory);
        free(file.bytes);
        free((void *)network);
    }
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

/* A file of entries that follow each other: keys and texts. Returns what is wrong with it. */
static bp_status verify(const char *const *entries, const char *format, unsigned newest, unsigned *version,
                        const char *fault_at) {
    uint8_t bytes[512];
    char copy[512];
    buffer file = {bytes, sizeof bytes};
    bp_writer writer;
    void *memory = NULL;
    const bp_tensors *tensors = NULL;
    bp_fault fault = {0, {NULL, 0}, 0};
    bp_writer_begin(&writer, bytes, sizeof bytes);
    for (; entries[0]; entries += 2)
        bp_writer_metadata(&writer, entries[0], strlen(entries[0]), entries[1], strlen(entries[1]));
    expect(bp_writer_end(&writer, &file.count) == BP_OK && open_file(file, &memory, &tensors, NULL) == BP_OK, "a file");
    const bp_status status = bp_tensors_verify(tensors, format, newest, version, &fault);
    (void)snprintf(copy, sizeof copy, "%.*s", (int)file.count - 8, (const char *)bytes + 8);
    const char *const found = fault_at ? strstr(copy, fault_at) : copy;
    expect(fault.position == (status == BP_OK ? 0 : 8 + (size_t)(found - copy)), "a fault is where its text is");
    expect(bp_tensors_verify(tensors, format, newest, version, NULL) == status, "or it isn't told");
    free(memory);
    return status;
}

static void test_verify(void) {
    static const char zeros[] = "0000000000000000";
    static const struct {
        const char *text;
        unsigned version;
    } versions[] = {{"0", 0}, {"", 0}, {"x", 0}, {"1x", 0}, {"x1", 0}, {"-1", 0}, {"01", 0}, {"1/", 0}, {"1:", 0},
                    {"1234567890", 0}, {"123456789", 123456789}, {"12", 12}, {"2", 2}};
    unsigned version = 99;
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        const char *const entries[] = {"checksum", zeros, "format", "test", "version", versions[i].text, NULL};
        const int is_known = versions[i].version > 0 && versions[i].version <= 12;
        char place[16];
        (void)snprintf(place, sizeof place, "%s\"}}", versions[i].text);
        expect(verify(entries, "test", 12, &version, is_known ? zeros : place) ==
                   (is_known ? BP_ERROR_FILE_CHECKSUM : BP_ERROR_FILE_VERSION),
               versions[i].text);
        expect(version == versions[i].version, "a version is read");
    }
    const char *const unformatted[] = {"checksum", zeros, "version", "1", NULL};
    const char *const unversioned[] = {"checksum", zeros, "format", "test", NULL};
    const char *const unsummed[] = {"format", "test", "version", "1", NULL};
    const char *const short_sum[] = {"checksum", zeros + 1, "format", "test", "version", "1", NULL};
    expect(verify(unformatted, "test", 1, &version, NULL) == BP_ERROR_FILE_FORMAT, "no format");
    expect(verify(unversioned, "test", 1, &version, NULL) == BP_ERROR_FILE_VERSION, "no version");
    expect(verify(unsummed, "test", 1, &version, NULL) == BP_ERROR_FILE_CHECKSUM, "no checksum");
    expect(verify(short_sum, "test", 1, &version, zeros + 1) == BP_ERROR_FILE_CHECKSUM, "a checksum of 15 digits");
    expect(verify(short_sum, "tests", 1, &version, "test\"") == BP_ERROR_FILE_FORMAT, "another format");
}

/* Only models had other checksums in version 1. */
static void test_sealed_1(void) {
    static const char other[] = "backprob";
    expect(strlen(other) == strlen(BP_MODEL_FORMAT), "a format of the same length");
    for (int i = 0; i < 3; i++) {
        const char *const format = i == 0 ? other : i == 1 ? "back" : BP_MODEL_FORMAT;
        uint8_t bytes[256];
        buffer file = {bytes, sizeof bytes};
        bp_writer writer;
        void *memory = NULL;
        const bp_tensors *tensors = NULL;
        unsigned version;
        bp_writer_begin(&writer, bytes, sizeof bytes);
        bp_writer_seal(&writer, format, 1);
        expect(bp_writer_end(&writer, &file.count) == BP_OK && open_file(file, &memory, &tensors, NULL) == BP_OK, format);
        expect(bp_tensors_verify(tensors, format, 1, &version, NULL) == (i < 2 ? BP_OK : BP_ERROR_FILE_CHECKSUM), format);
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
    static const uint64_t nothing[] = {0, UINT64_MAX}, power[] = {UINT64_C(1) << 62, UINT64_C(1) << 31, UINT64_C(1) << 30};
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
    EXPECT_WRITER(BP_ERROR_TOO_LARGE, bp_writer_tensor(w, "a", 1, BP_F32, power, 1)); /* 2^64 bytes, as 0 */
    EXPECT_WRITER(BP_ERROR_TOO_LARGE, bp_writer_tensor(w, "a", 1, BP_F64, power + 1, 2));
    EXPECT_WRITER(BP_ERROR_TOO_LARGE, bp_writer_tensor(w, "a", 1, BP_F64, most, 1),
                  bp_writer_tensor(w, "b", 1, BP_F64, most, 1));
    EXPECT_WRITER(BP_ERROR_TOO_LARGE, bp_writer_tensor(w, "a", 1, BP_F32, two, 1), bp_writer_numbers_f32(w, f, SIZE_MAX));
    EXPECT_WRITER(BP_ERROR_TOO_LARGE, bp_writer_tensor(w, "a", 1, BP_F64, two, 1), bp_writer_numbers_f64(w, d, SIZE_MAX));
    EXPECT_WRITER(BP_ERROR_TOO_LARGE, bp_writer_tensor(w, "a", 1, BP_F32, two, 1),
                  bp_writer_numbers_f32(w, f, SIZE_MAX / sizeof *f));
    EXPECT_WRITER(BP_ERROR_TOO_LARGE, bp_writer_tensor(w, "a", 1, BP_F32, two, 1),
                  bp_writer_numbers_f32(w, f, SIZE_MAX / sizeof *f + 1));
    EXPECT_WRITER(BP_ERROR_TOO_LARGE, bp_writer_tensor(w, "a", 1, BP_F64, two, 1),
                  bp_writer_numbers_f64(w, d, SIZE_MAX / sizeof *d + 1));
    EXPECT_WRITER(BP_ERROR_FILE_UTF8, bp_writer_metadata(w, "\xff", 1, "", 0));
    EXPECT_WRITER(BP_ERROR_FILE_UTF8, bp_writer_metadata(w, "", 0, "\xe2\x82\xac", 2));
    EXPECT_WRITER(BP_ERROR_FILE_UTF8, bp_writer_metadata(w, "\xff", 1, "", 0), bp_writer_seal(w, "x", 1));
    EXPECT_WRITER(BP_OK, bp_writer_tensor(w, "a", 1, BP_F32, nothing, 2));
    EXPECT_WRITER(BP_OK, bp_writer_tensor(w, "a", 1, BP_F64, NULL, 0), bp_writer_numbers_f64(w, d, 1));
    /* As after metadata that makes the header as long as one may be, and a byte longer. */
    EXPECT_WRITER(BP_OK, w->size = 8 + 100000000 - 2);
    EXPECT_WRITER(BP_ERROR_FILE_HEADER, w->size = 8 + 100000000 - 1);
}

/* Numbers begin at a multiple of eight bytes, behind as few spaces as that takes. */
static void test_padding(void) {
    for (size_t length = 1; length <= 16; length++) {
        const float number = 7;
        uint8_t bytes[256];
        size_t size = 0;
        bp_writer writer;
        bp_writer_begin(&writer, bytes, sizeof bytes);
        bp_writer_tensor(&writer, "abcdefghijklmnop", length, BP_F32, NULL, 0);
        bp_writer_numbers_f32(&writer, &number, 1);
        expect(bp_writer_end(&writer, &size) == BP_OK && size % 8 == 4, "the header is of whole words");
        expect(bytes[0] == size - 12 && bytes[1] == 0, "and says so");
        size_t spaces = 0;
        while (bytes[size - 5 - spaces] == ' ') spaces++;
        expect(spaces < 8 && bytes[size - 5 - spaces] == '}', "with few spaces");
    }
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
    static const size_t narrow[][2] = {{1, 0}, {1, 3}, {3, 3}, {3, 0}, {3, 1}};
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
    /* Numbers are compared from the left; where other parts differ too, shapes tell. */
    expect_match(BP_OK, NAMES("a1.b2.weight", "a1.b2.bias", "a1.b10.weight", "a2.b1.weight", "a2.b1.bias"), shapes, 5,
                 in_order);
    expect_match(BP_OK, NAMES("a2.b1.bias", "a2.b1.weight", "a1.b10.weight", "a1.b9.bias", "a1.b9.weight"), mixed, 5,
                 in_reverse);
    expect_match(BP_OK, NAMES("l007.weight", "l007.bias", "l08.weight", "l9.weight", "l9.bias"), shapes, 5, in_order);
    expect_match(BP_OK, NAMES("5.bias", "5.weight", "0.weight", "x.bias", "x.weight"), mixed, 5, in_reverse);
    expect_match(BP_OK, NAMES("0.bias", "0.weight", "0.1.weight", "0.1.2.bias", "0.1.2.weight"), mixed, 5, in_reverse);
    expect_match(BP_OK, NAMES("2.1.0.bias", "2.1.0.weight", "2.1.weight", "2.bias", "2.weight"), mixed, 5, in_reverse);
    expect_match(BP_OK, NAMES("l2.bias", "l2.weight", "l.weight", "l1.bias", "l1.weight"), mixed, 5, in_reverse);
    expect_match(BP_OK, NAMES("9.bias", "9.weight", "10a.weight", "2.bias", "2.weight"), mixed, 5, in_reverse);
    expect_match(BP_ERROR_FILE_SHAPE, NAMES("in.bias", "in.weight", "mid.weight", "out.bias", "out.weight"), narrow, 5,
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
    test_places();
    test_contents();
    test_types();
    test_collisions();
    test_many();
    test_sizes();
    test_half_types();
    test_numbers();
    test_texts();
    test_network();
    test_tied();
    test_nulls();
    test_unfit();
    test_nonfinite();
    test_long_names();
    test_damage();
    test_doubles();
    test_version_1();
    test_verify();
    test_sealed_1();
    test_writer();
    test_padding();
    test_names();
    test_checksums();
    test_disk(count > 1 ? words[1] : ".");
    printf("%d checks, %d failed\n", checks, failures);
    return failures != 0;
}
