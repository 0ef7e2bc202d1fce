/*
 * safetensors_writer.c: writes files of named tensors, the same bytes on every machine.
 */
#include "little_endian.h"
#include "model_file.h"

enum { PART_START, PART_METADATA, PART_TENSORS, PART_NUMBERS };

static void fail(bp_writer *w, bp_status status) {
    if (w->status == BP_OK) w->status = status;
}

/* Makes room for some bytes and counts them. Returns where they go, or NULL where none are written. */
static uint8_t *take(bp_writer *w, size_t count) {
    if (w->status != BP_OK) return NULL;
    if (count > SIZE_MAX - w->size) return fail(w, BP_ERROR_TOO_LARGE), (uint8_t *)NULL;
    const size_t start = w->size;
    if (w->bytes && count > w->capacity - start) return fail(w, BP_ERROR_MEMORY), (uint8_t *)NULL;
    w->size += count;
    return w->bytes ? w->bytes + start : NULL;
}

static void put(bp_writer *w, const char *bytes, size_t count) {
    uint8_t *const to = take(w, count);
    if (to && count > 0) BP_COPY(to, bytes, count);
}

static void put_string(bp_writer *w, const char *string) { put(w, string, bytes_length(string)); }

/* Decimal digits; returns how many. 'to' has room for 20. */
static size_t decimal(uint64_t number, char *to) {
    char reversed[20];
    size_t count = 0;
    do reversed[count++] = (char)('0' + number % 10);
    while (number /= 10);
    for (size_t i = 0; i < count; i++) to[i] = reversed[count - 1 - i];
    return count;
}

static void put_number(bp_writer *w, uint64_t number) {
    char digits[20];
    put(w, digits, decimal(number, digits));
}

/* A text in quotes. Only what JSON forbids is escaped, so that there is one way to write it. */
static void put_text(bp_writer *w, const char *text, size_t count) {
    put(w, "\"", 1);
    for (size_t i = 0; i < count && w->status == BP_OK;) {
        const uint8_t byte = (uint8_t)text[i];
        const size_t length = bp_utf8_length((const uint8_t *)text + i, count - i);
        const char code[] = {'\\', 'u', '0', '0', (char)('0' + (byte >> 4)), "0123456789abcdef"[byte & 15]};
        if (length == 0) fail(w, BP_ERROR_FILE_UTF8);
        if (byte < 0x20) put(w, code, sizeof code);
        else if (byte == '"' || byte == '\\') put(w, "\\", 1), put(w, text + i, 1);
        else put(w, text + i, length);
        i += length;
    }
    put(w, "\"", 1);
}

/* Sees to it that a call is in order, and puts what separates its entry from the one before. */
static int begin_entry(bp_writer *w, int part) {
    static const char *const openings[] = {"", "{\"__metadata__\":{", "{"};
    if (w->status == BP_OK && w->part > part) fail(w, BP_ERROR_OPTION);
    if (w->status != BP_OK) return 0;
    if (w->part == part) put(w, ",", 1);
    else put_string(w, w->part == PART_START ? openings[part] : "},");
    w->part = part;
    return w->status == BP_OK;
}

void bp_writer_begin(bp_writer *w, uint8_t *bytes, size_t capacity) {
    const bp_writer empty = {.bytes = bytes, .capacity = capacity, .part = PART_START, .type = -1};
    *w = empty;
    (void)take(w, 8);
}

void bp_writer_metadata(bp_writer *w, const char *key, size_t key_bytes, const char *value, size_t value_bytes) {
    if (!begin_entry(w, PART_METADATA)) return;
    put_text(w, key, key_bytes);
    put(w, ":", 1);
    put_text(w, value, value_bytes);
}

void bp_writer_seal(bp_writer *w, const char *format, unsigned version) {
    static const char key[] = "checksum", zeros[] = "0000000000000000";
    char digits[20];
    if (w->part != PART_START) fail(w, BP_ERROR_OPTION);
    bp_writer_metadata(w, key, sizeof key - 1, zeros, BP_CHECKSUM_DIGITS);
    w->checksum = w->size - 1 - BP_CHECKSUM_DIGITS;
    bp_writer_metadata(w, "format", 6, format, bytes_length(format));
    bp_writer_metadata(w, "version", 7, digits, decimal(version, digits));
}

/* Adds the bytes of a tensor to those declared. Returns 0 where they don't fit in size_t. */
static int declare(bp_writer *w, bp_type type, const uint64_t *shape, size_t rank) {
    uint64_t bytes = bp_type_bytes(type);
    for (size_t d = 0; d < rank; d++) {
        if (shape[d] != 0 && bytes > UINT64_MAX / shape[d]) return 0;
        bytes *= shape[d];
    }
    if (bytes > SIZE_MAX - w->declared) return 0;
    w->declared += (size_t)bytes;
    return 1;
}

void bp_writer_tensor(bp_writer *w, const char *name, size_t name_bytes, bp_type type, const uint64_t *shape,
                      size_t rank) {
    const size_t begin = w->declared;
    if ((type != BP_F64 && type != BP_F32) || rank > BP_RANK_MAX || (w->type >= 0 && w->type != type))
        fail(w, BP_ERROR_OPTION);
    else if (!declare(w, type, shape, rank)) fail(w, BP_ERROR_TOO_LARGE);
    if (!begin_entry(w, PART_TENSORS)) return;
    w->type = type;
    put_text(w, name, name_bytes);
    put_string(w, type == BP_F64 ? ":{\"dtype\":\"F64\",\"shape\":[" : ":{\"dtype\":\"F32\",\"shape\":[");
    for (size_t d = 0; d < rank; d++) {
        if (d > 0) put(w, ",", 1);
        put_number(w, shape[d]);
    }
    put_string(w, "],\"data_offsets\":[");
    put_number(w, begin);
    put(w, ",", 1);
    put_number(w, w->declared);
    put_string(w, "]}");
}

/* Closes the header, so that the numbers begin at a multiple of eight bytes. */
static void end_header(bp_writer *w) {
    static const char *const closings[] = {"{}", "}}", "}"};
    if (w->part == PART_NUMBERS) return;
    put_string(w, closings[w->part]);
    put(w, "       ", (8 - w->size % 8) % 8);
    if (w->size - 8 > BP_HEADER_MAX) fail(w, BP_ERROR_FILE_HEADER);
    if (w->bytes && w->status == BP_OK) bp_store_u64(w->bytes, w->size - 8);
    w->data = w->size;
    w->part = PART_NUMBERS;
}

void bp_writer_numbers_f32(bp_writer *w, const float *numbers, size_t count) {
    end_header(w);
    if (count > SIZE_MAX / sizeof *numbers) fail(w, BP_ERROR_TOO_LARGE);
    else if (w->type != BP_F32) fail(w, BP_ERROR_OPTION);
    uint8_t *const to = take(w, count * sizeof *numbers);
    for (size_t i = 0; to && i < count; i++) bp_store_f32(to + i * sizeof *numbers, numbers[i]);
}

#if !defined(BP_NO_DOUBLE)
void bp_writer_numbers_f64(bp_writer *w, const double *numbers, size_t count) {
    end_header(w);
    if (count > SIZE_MAX / sizeof *numbers) fail(w, BP_ERROR_TOO_LARGE);
    else if (w->type != BP_F64) fail(w, BP_ERROR_OPTION);
    uint8_t *const to = take(w, count * sizeof *numbers);
    for (size_t i = 0; to && i < count; i++) bp_store_f64(to + i * sizeof *numbers, numbers[i]);
}
#endif

bp_status bp_writer_end(bp_writer *w, size_t *size) {
    end_header(w);
    if (w->status == BP_OK && w->size - w->data != w->declared) fail(w, BP_ERROR_OPTION);
    if (w->status == BP_OK && w->bytes && w->checksum)
        bp_hex_digits(bp_file_checksum(w->bytes, w->size, w->checksum), (char *)w->bytes + w->checksum);
    if (w->status == BP_OK) *size = w->size;
    return w->status;
}

/* ---- Networks ---- */

/* A tensor "layers.K.weight" or "layers.K.bias". */
static void put_layer_tensor(bp_writer *w, size_t layer, const char *part, bp_type type, const uint64_t *shape,
                             size_t rank) {
    char name[40] = "layers."; /* with up to 20 digits and ".weight" */
    size_t count = bytes_length(name);
    count += decimal(layer, name + count);
    BP_COPY(name + count, part, bytes_length(part));
    bp_writer_tensor(w, name, count + bytes_length(part), type, shape, rank);
}

void bp_writer_network(bp_writer *w, const bp_network *network, bp_type type) {
    for (size_t l = 0; l < bp_network_layers(network); l++) {
        const bp_layer_shape layer = bp_network_layer_shape(network, l);
        const uint64_t shape[] = {layer.n_out, layer.n_in};
        put_layer_tensor(w, l, ".weight", type, shape, 2);
        if (layer.has_biases) put_layer_tensor(w, l, ".bias", type, shape, 1);
    }
}

#define PARAMETERS(real, suffix)                                                                             \
    void bp_writer_parameters_##suffix(bp_writer *w, const bp_network *network, const real *parameters) {    \
        for (size_t l = 0; l < bp_network_layers(network); l++) {                                            \
            const bp_layer_shape layer = bp_network_layer_shape(network, l);                                 \
            const real *weights = parameters + bp_network_weights_offset(network, l);                        \
            for (size_t j = 0; w->bytes && j < layer.n_out; j++)                                             \
                for (size_t i = 0; i < layer.n_in; i++)                                                      \
                    bp_writer_numbers_##suffix(w, &weights[i * layer.n_out + j], 1);                         \
            /* Counting goes without the numbers. */                                                         \
            if (!w->bytes) bp_writer_numbers_##suffix(w, weights, layer.n_in * layer.n_out);                 \
            if (!layer.has_biases) continue;                                                                 \
            bp_writer_numbers_##suffix(w, parameters + bp_network_biases_offset(network, l), layer.n_out);   \
        }                                                                                                    \
    }

PARAMETERS(float, f32)
#if !defined(BP_NO_DOUBLE)
PARAMETERS(double, f64)
#endif
