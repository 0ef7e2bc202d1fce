/*
 * network_tensors.c: the parameters of a network out of the tensors of a file.
 */
#include "model_file.h"
#include "text.h"

/* Names of tensors that are matched to layers are not longer. */
enum { NAME_MAX_BYTES = 255 };

/* A tensor's name without "weight" or "bias": what the tensors of a layer have in common. */
typedef struct stem {
    char bytes[NAME_MAX_BYTES + sizeof "weight"];
    size_t count;
} stem;

static bp_status fail(bp_fault *fault, bp_status status, const bp_tensors *file, bp_text name, size_t layer) {
    if (!fault) return status;
    fault->name = name;
    fault->layer = layer;
    fault->position = name.bytes ? bp_tensors_position(file, name.bytes) : 0;
    return status;
}

/* Takes the stem of a name that ends in a part. Returns 0 for a name that doesn't, or is too long. */
static int take_stem(bp_text name, const char *part, stem *s) {
    const size_t length = bytes_length(part);
    s->count = bp_text_copy(name, s->bytes, NAME_MAX_BYTES);
    if (s->count > NAME_MAX_BYTES || s->count < length) return 0;
    s->count -= length;
    if (bytes_compare(s->bytes + s->count, part, length) != 0) return 0;
    return s->count == 0 || s->bytes[s->count - 1] == '.';
}

static stem stem_of(const bp_tensors *file, size_t weights) {
    stem s;
    (void)take_stem(bp_tensors_at(file, weights).name, "weight", &s);
    return s;
}

/* Finds the tensor with a stem and another part. */
static int find_part(const bp_tensors *file, stem *s, const char *part, size_t *index) {
    BP_COPY(s->bytes + s->count, part, bytes_length(part));
    return bp_tensors_find(file, s->bytes, s->count + bytes_length(part), index);
}

/* ---- Which weights there are ---- */

/* Collects the weights, and sees to it that there is nothing but weights and biases to them. */
static bp_status collect(const bp_tensors *file, bp_layer_tensors *layers, size_t layer_count, bp_fault *fault) {
    const bp_text none = {NULL, 0};
    size_t count = 0, other;
    for (size_t i = 0; i < bp_tensors_count(file); i++) {
        const bp_text name = bp_tensors_at(file, i).name;
        stem s;
        if (take_stem(name, "weight", &s)) {
            if (count < layer_count) layers[count].weights = i;
            count++;
        } else if (!take_stem(name, "bias", &s) || !find_part(file, &s, "weight", &other)) {
            return fail(fault, BP_ERROR_FILE_EXTRA, file, name, SIZE_MAX);
        }
    }
    return count == layer_count ? BP_OK : fail(fault, BP_ERROR_FILE_LAYERS, file, none, SIZE_MAX);
}

/* ---- The order of layers by the numbers in their names ---- */

static int is_digit(char c) { return c >= '0' && c <= '9'; }

/* Where a number ends that begins here. A stem with a number in it ends in a '.' after it. */
static size_t number_end(const stem *s, size_t start) {
    while (is_digit(s->bytes[start])) start++;
    return start;
}

/* Like memcmp(), but as numbers: those of more digits are greater. '*at' go behind the numbers. */
static int compare_number(const stem *a, size_t *a_at, const stem *b, size_t *b_at) {
    const size_t a_end = number_end(a, *a_at), b_end = number_end(b, *b_at);
    size_t i = *a_at, j = *b_at;
    *a_at = a_end;
    *b_at = b_end;
    while (i < a_end && a->bytes[i] == '0') i++;
    while (j < b_end && b->bytes[j] == '0') j++;
    if (a_end - i != b_end - j) return a_end - i < b_end - j ? -1 : 1;
    return bytes_compare(a->bytes + i, b->bytes + j, a_end - i);
}

/*
 * Compares stems number by number: '*order' is less than, equal to or greater than 0. Returns
 * 0 if they differ in anything but numbers.
 */
static int compare_stems(const stem *a, const stem *b, int *order) {
    size_t i = 0, j = 0;
    *order = 0;
    while (i < a->count && j < b->count) {
        if (is_digit(a->bytes[i]) && is_digit(b->bytes[j])) {
            const int numbers = compare_number(a, &i, b, &j);
            if (*order == 0) *order = numbers;
        } else if (a->bytes[i++] != b->bytes[j++]) {
            return 0;
        }
    }
    return i == a->count && j == b->count;
}

static int have_numbers(const bp_tensors *file, const bp_layer_tensors *layers, size_t count) {
    const stem first = stem_of(file, layers[0].weights);
    for (size_t l = 1; l < count; l++) {
        const stem other = stem_of(file, layers[l].weights);
        int order;
        if (!compare_stems(&first, &other, &order)) return 0;
    }
    return 1;
}

static int order_of(const bp_tensors *file, const bp_layer_tensors *a, const bp_layer_tensors *b) {
    const stem x = stem_of(file, a->weights), y = stem_of(file, b->weights);
    int order;
    (void)compare_stems(&x, &y, &order);
    return order;
}

static void swap(bp_layer_tensors *a, bp_layer_tensors *b) {
    const bp_layer_tensors c = *a;
    *a = *b;
    *b = c;
}

/* Lets an item of a heap sink to its place. */
static void sink(const bp_tensors *file, bp_layer_tensors *layers, size_t item, size_t count) {
    for (size_t child; (child = 2 * item + 1) < count; item = child) {
        if (child + 1 < count && order_of(file, &layers[child], &layers[child + 1]) < 0) child++;
        if (order_of(file, &layers[item], &layers[child]) >= 0) return;
        swap(&layers[item], &layers[child]);
    }
}

/* Heapsort, as it needs no memory. Fails where two names have the same numbers: 1 and 01. */
static bp_status order_by_number(const bp_tensors *file, bp_layer_tensors *layers, size_t count, bp_fault *fault) {
    for (size_t i = count / 2; i-- > 0;) sink(file, layers, i, count);
    for (size_t i = count; i-- > 1;) {
        swap(&layers[0], &layers[i]);
        sink(file, layers, 0, i);
    }
    for (size_t l = 1; l < count; l++)
        if (order_of(file, &layers[l - 1], &layers[l]) == 0)
            return fail(fault, BP_ERROR_FILE_AMBIGUOUS, file, bp_tensors_at(file, layers[l].weights).name, l);
    return BP_OK;
}

/* ---- The order of layers by their shapes ---- */

static int has_shape(const bp_tensor *weights, const bp_layer_shape *layer) {
    return weights->rank == 2 && weights->shape[0] == layer->n_out && weights->shape[1] == layer->n_in;
}

/* Each layer must be the only one of its shape, and have weights of it. */
static bp_status order_by_shape(const bp_network *network, const bp_tensors *file, bp_layer_tensors *layers,
                                size_t count, bp_fault *fault) {
    for (size_t l = 0; l < count; l++) {
        const bp_layer_shape layer = bp_network_layer_shape(network, l);
        size_t matches = 0, match = l;
        bp_tensor weights = bp_tensors_at(file, layers[l].weights);
        for (size_t k = l; k < count; k++) {
            const bp_tensor other = bp_tensors_at(file, layers[k].weights);
            if (!has_shape(&other, &layer)) continue;
            weights = other;
            match = k;
            matches++;
        }
        if (matches == 0) return fail(fault, BP_ERROR_FILE_SHAPE, file, weights.name, l);
        if (matches > 1) return fail(fault, BP_ERROR_FILE_AMBIGUOUS, file, weights.name, l);
        swap(&layers[l], &layers[match]);
    }
    return BP_OK;
}

/* ---- Matching ---- */

static bp_status check_type(const bp_tensors *file, const bp_tensor *tensor, size_t layer, bp_fault *fault) {
    return bp_type_is_readable(tensor->type) ? BP_OK : fail(fault, BP_ERROR_FILE_TYPE, file, tensor->name, layer);
}

/* Checks the weights of a layer, and finds its biases. */
static bp_status match_layer(const bp_network *network, const bp_tensors *file, size_t l, bp_layer_tensors *found,
                             bp_fault *fault) {
    const bp_layer_shape layer = bp_network_layer_shape(network, l);
    const bp_tensor weights = bp_tensors_at(file, found->weights);
    stem s = stem_of(file, found->weights);
    if (!has_shape(&weights, &layer)) return fail(fault, BP_ERROR_FILE_SHAPE, file, weights.name, l);
    const bp_status status = check_type(file, &weights, l, fault);
    if (status != BP_OK) return status;
    const int has_biases = find_part(file, &s, "bias", &found->biases);
    if (!has_biases) found->biases = SIZE_MAX;
    if (!has_biases && layer.has_biases) return fail(fault, BP_ERROR_FILE_MISSING, file, weights.name, l);
    if (!has_biases) return BP_OK;
    const bp_tensor biases = bp_tensors_at(file, found->biases);
    if (!layer.has_biases) return fail(fault, BP_ERROR_FILE_EXTRA, file, biases.name, l);
    if (biases.rank != 1 || biases.shape[0] != layer.n_out)
        return fail(fault, BP_ERROR_FILE_SHAPE, file, biases.name, l);
    return check_type(file, &biases, l, fault);
}

bp_status bp_network_match(const bp_network *network, const bp_tensors *file, bp_layer_tensors *layers,
                           bp_fault *fault) {
    if (!network || !file || !layers) return BP_ERROR_NULL;
    const size_t count = bp_network_layers(network);
    bp_status status = collect(file, layers, count, fault);
    if (status != BP_OK) return status;
    status = have_numbers(file, layers, count) ? order_by_number(file, layers, count, fault)
                                               : order_by_shape(network, file, layers, count, fault);
    for (size_t l = 0; status == BP_OK && l < count; l++)
        status = match_layer(network, file, l, &layers[l], fault);
    return status;
}

/* ---- Loading ---- */

/* The part of a weight matrix that is transposed at once: whole cache lines on both sides. */
enum { TILE_OUTPUTS = 16, TILE_INPUTS = 64 };

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

static bp_status fail_number(bp_fault *fault, const bp_tensors *file, const bp_tensor *tensor, size_t number,
                             size_t l) {
    (void)fail(fault, BP_ERROR_FILE_NONFINITE, file, tensor->name, l);
    if (fault) fault->position = bp_tensors_position(file, tensor->bytes + number * bp_type_bytes(tensor->type));
    return BP_ERROR_FILE_NONFINITE;
}

#define LOAD(real, suffix)                                                                                       \
    /* Reads numbers of a tensor; returns the first that is not finite, or 'count'. */                           \
    static size_t read_finite_##suffix(const bp_tensor *tensor, size_t first, size_t count, real *numbers) {     \
        (void)bp_tensor_read_##suffix(tensor, first, count, numbers);                                            \
        size_t i = 0;                                                                                            \
        while (i < count && numbers[i] - numbers[i] == 0) i++;                                                   \
        return i;                                                                                                \
    }                                                                                                            \
                                                                                                                 \
    /* Reads weights [n_out x n_in] into w [n_in x n_out]. Returns the first that is not finite, or SIZE_MAX. */ \
    static size_t load_weights_##suffix(const bp_tensor *tensor, size_t n_in, size_t n_out, real *w) {           \
        real tile[TILE_OUTPUTS][TILE_INPUTS];                                                                    \
        for (size_t j = 0; j < n_out; j += TILE_OUTPUTS) {                                                       \
            const size_t rows = smaller(TILE_OUTPUTS, n_out - j);                                                \
            for (size_t i = 0; i < n_in; i += TILE_INPUTS) {                                                     \
                const size_t columns = smaller(TILE_INPUTS, n_in - i);                                           \
                for (size_t r = 0; r < rows; r++) {                                                              \
                    const size_t first = (j + r) * n_in + i;                                                     \
                    const size_t finite = read_finite_##suffix(tensor, first, columns, tile[r]);                 \
                    if (finite < columns) return first + finite;                                                 \
                }                                                                                                \
                for (size_t c = 0; c < columns; c++)                                                             \
                    for (size_t r = 0; r < rows; r++) w[(i + c) * n_out + j + r] = tile[r][c];                   \
            }                                                                                                    \
        }                                                                                                        \
        return SIZE_MAX;                                                                                         \
    }                                                                                                            \
                                                                                                                 \
    /* Whether a tied layer has the weights of its owner, transposed. */                                         \
    static int is_tied_##suffix(const bp_layer_shape *layer, const real *w, const real *owner) {                 \
        for (size_t i = 0; i < layer->n_in; i++)                                                                 \
            for (size_t j = 0; j < layer->n_out; j++)                                                            \
                if (w[i * layer->n_out + j] != owner[j * layer->n_in + i]) return 0;                             \
        return 1;                                                                                                \
    }                                                                                                            \
                                                                                                                 \
    bp_status bp_network_load_##suffix(const bp_network *network, const bp_tensors *file,                        \
                                       const bp_layer_tensors *layers, real *parameters, bp_fault *fault) {      \
        if (!network || !layers || !file || !parameters) return BP_ERROR_NULL;                                   \
        for (size_t l = 0; l < bp_network_layers(network); l++) {                                                \
            const bp_layer_shape layer = bp_network_layer_shape(network, l);                                     \
            const bp_tensor weights = bp_tensors_at(file, layers[l].weights);                                    \
            real *const w = parameters + bp_network_weights_offset(network, l);                                  \
            const size_t number = load_weights_##suffix(&weights, layer.n_in, layer.n_out, w);                   \
            if (number != SIZE_MAX) return fail_number(fault, file, &weights, number, l);                        \
            const size_t owner = layer.tied ? bp_network_weights_offset(network, layer.tied - 1) : 0;            \
            if (layer.tied && !is_tied_##suffix(&layer, w, parameters + owner))                                  \
                return fail(fault, BP_ERROR_FILE_TIED, file, weights.name, l);                                   \
            if (!layer.has_biases) continue;                                                                     \
            const bp_tensor biases = bp_tensors_at(file, layers[l].biases);                                      \
            real *const b = parameters + bp_network_biases_offset(network, l);                                   \
            const size_t finite = read_finite_##suffix(&biases, 0, layer.n_out, b);                              \
            if (finite < layer.n_out) return fail_number(fault, file, &biases, finite, l);                       \
        }                                                                                                        \
        return BP_OK;                                                                                            \
    }

LOAD(float, f32)
#if !defined(BP_NO_DOUBLE)
LOAD(double, f64)
#endif
