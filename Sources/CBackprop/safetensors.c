/*
 * safetensors.c: reads files of named tensors, whoever wrote them.
 *
 * The header is parsed twice: once to count, so that memory can be asked for, once to
 * remember where its entries are. What an entry says is parsed again when it is wanted;
 * so an entry takes some words of memory, however long it is.
 */
#include "little_endian.h"
#include "model_file.h"

static const struct {
    const char *name;
    size_t bytes;
} types[BP_TYPE_COUNT] = {
    [BP_F64] = {"F64", 8},         [BP_F32] = {"F32", 4},         [BP_F16] = {"F16", 2},
    [BP_BF16] = {"BF16", 2},       [BP_BOOL] = {"BOOL", 1},       [BP_U8] = {"U8", 1},
    [BP_I8] = {"I8", 1},           [BP_F8_E4M3] = {"F8_E4M3", 1}, [BP_F8_E5M2] = {"F8_E5M2", 1},
    [BP_F8_E8M0] = {"F8_E8M0", 1}, [BP_U16] = {"U16", 2},         [BP_I16] = {"I16", 2},
    [BP_U32] = {"U32", 4},         [BP_I32] = {"I32", 4},         [BP_U64] = {"U64", 8},
    [BP_I64] = {"I64", 8},         [BP_C64] = {"C64", 8},
};

const char *bp_type_name(bp_type type) { return type >= 0 && type < BP_TYPE_COUNT ? types[type].name : NULL; }
BP_INTERNAL size_t bp_type_bytes(bp_type type) { return types[type].bytes; }

/* Where a tensor's entry is. Headers are short enough for 32 bits. */
typedef struct tensor_place {
    uint32_t name; /* of the quote that its name begins with */
    uint64_t begin, end; /* of its numbers, from the first byte after the header */
} tensor_place;

struct bp_tensors {
    const uint8_t *bytes;
    size_t count, data; /* of all bytes; where the numbers begin */
    size_t tensor_count, metadata_count;
    tensor_place *tensors;   /* [tensor_count], in the order of the header */
    /* Below 32 bits of hash of a name: which tensor, or where the key is. Sorted, by name where hashes are equal. */
    uint64_t *tensors_sorted; /* [tensor_count] */
    uint64_t *metadata;       /* [metadata_count] */
    uint64_t *scratch;        /* for sorting either */
};

/* ---- Text ---- */

static const bp_text no_text = {NULL, 0};

BP_INTERNAL size_t bp_utf8_length(const uint8_t *bytes, size_t left) {
    const uint8_t first = bytes[0];
    if (first < 0x80) return 1;
    if (first < 0xc2 || first > 0xf4) return 0;
    const size_t length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (left < length) return 0;
    for (size_t i = 1; i < length; i++)
        if ((bytes[i] & 0xc0) != 0x80) return 0;
    if (first == 0xe0 && bytes[1] < 0xa0) return 0; /* could be shorter */
    if (first == 0xed && bytes[1] > 0x9f) return 0; /* half of a surrogate pair */
    if (first == 0xf0 && bytes[1] < 0x90) return 0; /* could be shorter */
    if (first == 0xf4 && bytes[1] > 0x8f) return 0; /* beyond U+10FFFF */
    return length;
}

static int hex_digit(uint8_t c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The number of "\uXXXX", or -1 if these are not such six characters. */
static int32_t unicode_escape(const uint8_t *bytes, size_t left) {
    if (left < 6 || bytes[0] != '\\' || bytes[1] != 'u') return -1;
    int32_t number = 0;
    for (int i = 2; i < 6; i++) {
        if (hex_digit(bytes[i]) < 0) return -1;
        number = number * 16 + hex_digit(bytes[i]);
    }
    return number;
}

/*
 * Decodes the escape that begins here. Returns how many characters it takes, or 0 if it is
 * none that JSON has (RFC 8259, section 7). Halves of surrogate pairs are none.
 */
static size_t escape(const uint8_t *bytes, size_t left, uint32_t *code) {
    static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    if (left < 2) return 0;
    const char *letter = bytes_find(letters, bytes[1], sizeof letters - 1);
    if (letter) {
        *code = (uint8_t)meanings[letter - letters];
        return 2;
    }
    const int32_t first = unicode_escape(bytes, left);
    if (first < 0 || (first >= 0xdc00 && first <= 0xdfff)) return 0;
    *code = (uint32_t)first;
    if (first < 0xd800 || first > 0xdbff) return 6;
    const int32_t second = unicode_escape(bytes + 6, left - 6);
    if (second < 0xdc00 || second > 0xdfff) return 0;
    *code = 0x10000 + (((uint32_t)first - 0xd800) << 10 | ((uint32_t)second - 0xdc00));
    return 12;
}

/* Goes over the bytes of a text without its escapes. */
typedef struct text_bytes {
    const uint8_t *at, *end;
    uint32_t pending; /* bytes of an escape that are still to come, the next one lowest */
    int pending_count;
} text_bytes;

static text_bytes text_start(bp_text text) {
    const uint8_t *bytes = (const uint8_t *)text.bytes;
    const text_bytes start = {bytes, text.count ? bytes + text.count : bytes, 0, 0};
    return start;
}

static void text_decode(text_bytes *text) {
    uint32_t code = '\\'; /* which stands for itself in a text that is not out of an opened file */
    const size_t length = escape(text->at, (size_t)(text->end - text->at), &code);
    text->at += length ? length : 1;
    if (code < 0x80) {
        text->pending = code;
        text->pending_count = 1;
    } else if (code < 0x800) {
        text->pending = (0xc0 | code >> 6) | (0x80 | (code & 63)) << 8;
        text->pending_count = 2;
    } else if (code < 0x10000) {
        text->pending = (0xe0 | code >> 12) | (0x80 | (code >> 6 & 63)) << 8 | (0x80 | (code & 63)) << 16;
        text->pending_count = 3;
    } else {
        text->pending = (0xf0 | code >> 18) | (0x80 | (code >> 12 & 63)) << 8 | (0x80 | (code >> 6 & 63)) << 16 |
                        (0x80 | (code & 63)) << 24;
        text->pending_count = 4;
    }
}

/* The next byte, or -1 after the last. */
static int text_next(text_bytes *text) {
    if (text->pending_count == 0) {
        if (text->at == text->end) return -1;
        if (*text->at != '\\') return *text->at++;
        text_decode(text);
    }
    const int byte = (int)(text->pending & 255);
    text->pending >>= 8;
    text->pending_count--;
    return byte;
}

size_t bp_text_copy(bp_text text, char *to, size_t capacity) {
    text_bytes bytes = text_start(text);
    size_t count = 0;
    for (int byte; (byte = text_next(&bytes)) >= 0; count++)
        if (count < capacity) to[count] = (char)byte;
    return count;
}

/* The characters of the escape or the single character that begins here, in a text that was checked. */
static size_t unit_length(const char *at) {
    if (*at != '\\') return 1;
    if (at[1] != 'u') return 2;
    return (at[2] == 'd' || at[2] == 'D') && at[3] != '0' && (at[3] < '1' || at[3] > '7') ? 12 : 6;
}

/* Less than, equal to or greater than 0 as texts are in the order of their bytes. */
static int text_compare(bp_text a, bp_text b) {
    /* Names of a hostile file may have a long beginning in common: that part goes fast. */
    const size_t shorter = a.count < b.count ? a.count : b.count;
    size_t same = 0;
    for (size_t length; same < shorter; same += length) {
        length = unit_length(a.bytes + same);
        if (a.bytes[same] != b.bytes[same] || length > shorter - same) break;
        if (length > 1 && bytes_compare(a.bytes + same, b.bytes + same, length) != 0) break;
    }
    const bp_text a_rest = {a.bytes + same, a.count - same}, b_rest = {b.bytes + same, b.count - same};
    text_bytes a_bytes = text_start(a_rest), b_bytes = text_start(b_rest);
    for (;;) {
        const int x = text_next(&a_bytes), y = text_next(&b_bytes);
        if (x != y || x < 0) return x - y;
    }
}

/* Folds a hash into its upper half. */
static uint64_t upper_half(uint64_t hash) { return (hash ^ hash << 32) & ~(uint64_t)UINT32_MAX; }

/* 32 bits that are likely to be different for different texts. */
static uint64_t text_hash(bp_text text) {
    uint64_t hash = BP_HASH_START;
    text_bytes bytes = text_start(text);
    for (int byte; (byte = text_next(&bytes)) >= 0;) hash = (hash ^ (uint64_t)byte) * UINT64_C(0x100000001b3);
    return upper_half(hash);
}

static int text_compare_bytes(bp_text text, const char *bytes, size_t count) {
    text_bytes left = text_start(text);
    for (size_t i = 0;; i++) {
        const int x = text_next(&left), y = i < count ? (uint8_t)bytes[i] : -1;
        if (x != y || x < 0) return x - y;
    }
}

int bp_text_is(bp_text text, const char *bytes, size_t count) {
    return text_compare_bytes(text, bytes, count) == 0;
}

static int text_is(bp_text text, const char *string) { return bp_text_is(text, string, bytes_length(string)); }

/* ---- JSON: as much of it as the format has ---- */

typedef struct cursor {
    const uint8_t *bytes;
    size_t at, end;
    bp_status status; /* of the first thing that went wrong */
    bp_fault fault;
} cursor;

static cursor cursor_at(const uint8_t *bytes, size_t at, size_t end) {
    const cursor start = {bytes, at, end, BP_OK, {0, no_text, SIZE_MAX}};
    return start;
}

/* Remembers what is wrong at a position. Returns 0, as all that follows does then. */
static int fail_at(cursor *c, bp_status status, size_t position) {
    c->status = status;
    c->fault.position = position;
    return 0;
}

static int fail(cursor *c, bp_status status) { return fail_at(c, status, c->at); }

static bp_status report(const cursor *c, bp_fault *fault) {
    if (fault && c->status != BP_OK) *fault = c->fault;
    return c->status;
}

static int is_space(uint8_t byte) { return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r'; }

/* The next character that is no white space, or -1 at the end. */
static int peek(cursor *c) {
    while (c->at < c->end && is_space(c->bytes[c->at])) c->at++;
    return c->at < c->end ? c->bytes[c->at] : -1;
}

/* What it means that another character is next than there may be. */
static int fail_next(cursor *c) {
    const int next = peek(c);
    return fail(c, next == '{' || next == '[' ? BP_ERROR_FILE_DEPTH : BP_ERROR_FILE_JSON);
}

static int expect(cursor *c, char character) {
    if (peek(c) != character) return fail_next(c);
    c->at++;
    return 1;
}

/* Takes the ',' or the closing bracket that follows an element: '*more' is 1 or 0. */
static int next_element(cursor *c, char closing, int *more) {
    *more = peek(c) == ',';
    if (!*more) return expect(c, closing);
    c->at++;
    return 1;
}

static int parse_character(cursor *c) {
    const uint8_t byte = c->bytes[c->at];
    uint32_t code;
    if (byte < 0x20) return fail(c, BP_ERROR_FILE_ESCAPE);
    const size_t left = c->end - c->at;
    const size_t length = byte == '\\' ? escape(&c->bytes[c->at], left, &code) : bp_utf8_length(&c->bytes[c->at], left);
    if (length == 0) return fail(c, byte == '\\' ? BP_ERROR_FILE_ESCAPE : BP_ERROR_FILE_UTF8);
    c->at += length;
    return 1;
}

static int parse_text(cursor *c, bp_text *text) {
    if (!expect(c, '"')) return 0;
    const size_t start = c->at;
    while (c->at < c->end && c->bytes[c->at] != '"')
        if (!parse_character(c)) return 0;
    if (c->at == c->end) return fail(c, BP_ERROR_FILE_JSON);
    text->bytes = (const char *)&c->bytes[start];
    text->count = c->at - start;
    c->at++;
    return 1;
}

static int is_digit(int character) { return character >= '0' && character <= '9'; }

static int parse_number(cursor *c, uint64_t *number) {
    const int first = peek(c);
    if (!is_digit(first)) {
        if (first == '-' || first == '"' || first == '.') return fail(c, BP_ERROR_FILE_NUMBER);
        return fail_next(c);
    }
    const size_t start = c->at;
    for (*number = 0; c->at < c->end && is_digit(c->bytes[c->at]); c->at++) {
        const uint64_t digit = (uint64_t)(c->bytes[c->at] - '0');
        if (*number > (UINT64_MAX - digit) / 10) return fail_at(c, BP_ERROR_FILE_OVERFLOW, start);
        *number = *number * 10 + digit;
    }
    const int next = c->at < c->end ? c->bytes[c->at] : -1;
    if ((first == '0' && c->at - start > 1) || next == '.' || next == 'e' || next == 'E')
        return fail_at(c, BP_ERROR_FILE_NUMBER, start);
    return 1;
}

/* Numbers in brackets, at most 'most'; more fail with a status of their own. */
static int parse_numbers(cursor *c, uint64_t *numbers, size_t most, bp_status too_many, size_t *count) {
    *count = 0;
    if (!expect(c, '[')) return 0;
    if (peek(c) == ']') return expect(c, ']');
    for (int more = 1; more; ++*count) {
        if (*count == most) return fail(c, too_many);
        if (!parse_number(c, &numbers[*count]) || !next_element(c, ']', &more)) return 0;
    }
    return 1;
}

/* ---- Entries of the header ---- */

enum { KEY_DTYPE = 1, KEY_SHAPE = 2, KEY_OFFSETS = 4, KEYS_ALL = 7 };

static int parse_type(cursor *c, bp_type *type) {
    bp_text name;
    if (!parse_text(c, &name)) return 0;
    for (*type = 0; *type < BP_TYPE_COUNT; ++*type)
        if (text_is(name, types[*type].name)) return 1;
    return fail_at(c, BP_ERROR_FILE_TYPE, (size_t)((const uint8_t *)name.bytes - c->bytes));
}

static int parse_offsets(cursor *c, uint64_t offsets[2]) {
    const size_t start = c->at;
    size_t count;
    if (!parse_numbers(c, offsets, 2, BP_ERROR_FILE_OFFSETS, &count)) return 0;
    return (count == 2 && offsets[0] <= offsets[1]) || fail_at(c, BP_ERROR_FILE_OFFSETS, start);
}

/* One key of a tensor with its value; '*keys' are those that it has by then. */
static int parse_field(cursor *c, bp_tensor *tensor, uint64_t offsets[2], int *keys) {
    bp_text name;
    if (!parse_text(c, &name)) return 0;
    const int key = text_is(name, "dtype")          ? KEY_DTYPE
                    : text_is(name, "shape")        ? KEY_SHAPE
                    : text_is(name, "data_offsets") ? KEY_OFFSETS
                                                    : 0;
    if (key == 0 || *keys & key) return fail_at(c, BP_ERROR_FILE_KEY, (size_t)((const uint8_t *)name.bytes - c->bytes));
    *keys |= key;
    if (!expect(c, ':')) return 0;
    if (key == KEY_DTYPE) return parse_type(c, &tensor->type);
    if (key == KEY_OFFSETS) return parse_offsets(c, offsets);
    return parse_numbers(c, tensor->shape, BP_RANK_MAX, BP_ERROR_FILE_RANK, &tensor->rank);
}

/* Checks offsets against the shape and the file; then the tensor's numbers can be pointed at. */
static int place_numbers(cursor *c, bp_tensor *tensor, const uint64_t offsets[2], size_t data_count, size_t start) {
    uint64_t count = 1;
    const uint64_t width = bp_type_bytes(tensor->type);
    for (size_t d = 0; d < tensor->rank; d++) {
        if (tensor->shape[d] != 0 && count > UINT64_MAX / width / tensor->shape[d])
            return fail_at(c, BP_ERROR_FILE_OVERFLOW, start);
        count *= tensor->shape[d];
    }
    if (offsets[1] > data_count) return fail_at(c, BP_ERROR_FILE_OUTSIDE, start);
    if (offsets[1] - offsets[0] != count * width) return fail_at(c, BP_ERROR_FILE_BYTES, start);
    tensor->bytes = c->bytes + c->end + (size_t)offsets[0];
    tensor->count = (size_t)count;
    return 1;
}

/* What follows a tensor's name. */
static int parse_tensor(cursor *c, bp_tensor *tensor, size_t data_count, uint64_t offsets[2]) {
    int keys = 0, more = 1;
    const size_t start = c->at;
    c->fault.name = tensor->name;
    if (!expect(c, ':') || !expect(c, '{')) return 0;
    if (peek(c) == '}') return fail(c, BP_ERROR_FILE_KEY);
    while (more)
        if (!parse_field(c, tensor, offsets, &keys) || !next_element(c, '}', &more)) return 0;
    if (keys != KEYS_ALL) return fail_at(c, BP_ERROR_FILE_KEY, start);
    if (!place_numbers(c, tensor, offsets, data_count, start)) return 0;
    c->fault.name = no_text;
    return 1;
}

/* A key of the metadata and its text. */
static int parse_pair(cursor *c, bp_text *key, bp_text *value) {
    return parse_text(c, key) && expect(c, ':') && parse_text(c, value);
}

/* What follows the name "__metadata__". */
static int parse_metadata(cursor *c, bp_tensors *file) {
    bp_text key, value;
    if (!expect(c, ':') || !expect(c, '{')) return 0;
    if (peek(c) == '}') return expect(c, '}');
    for (int more = 1; more;) {
        peek(c);
        const size_t start = c->at;
        if (!parse_pair(c, &key, &value) || !next_element(c, '}', &more)) return 0;
        if (file->metadata) file->metadata[file->metadata_count] = text_hash(key) | start;
        file->metadata_count++;
    }
    return 1;
}

/* One entry of the header; '*metadata' says whether there was one of that name. */
static int parse_entry(cursor *c, bp_tensors *file, int *metadata) {
    bp_tensor tensor;
    uint64_t offsets[2] = {0, 0};
    peek(c);
    const size_t start = c->at;
    if (!parse_text(c, &tensor.name)) return 0;
    if (text_is(tensor.name, "__metadata__")) {
        c->fault.name = tensor.name;
        if (*metadata) return fail_at(c, BP_ERROR_FILE_DUPLICATE, start);
        *metadata = 1;
        if (!parse_metadata(c, file)) return 0;
        c->fault.name = no_text;
        return 1;
    }
    if (!parse_tensor(c, &tensor, file->count - file->data, offsets)) return 0;
    if (file->tensors) {
        const tensor_place place = {(uint32_t)start, offsets[0], offsets[1]};
        file->tensors[file->tensor_count] = place;
    }
    file->tensor_count++;
    return 1;
}

/* The header's entries are counted, and kept if there is memory for it. */
static int parse_header(cursor *c, bp_tensors *file) {
    int more = 1, metadata = 0;
    file->tensor_count = file->metadata_count = 0;
    if (c->at == c->end || c->bytes[c->at] != '{') return fail(c, BP_ERROR_FILE_JSON);
    c->at++;
    if (peek(c) == '}') c->at++, more = 0;
    while (more)
        if (!parse_entry(c, file, &metadata) || !next_element(c, '}', &more)) return 0;
    for (; c->at < c->end; c->at++)
        if (c->bytes[c->at] != ' ') return fail(c, BP_ERROR_FILE_JSON);
    return 1;
}

/* Finds where the header ends. */
static int parse_size(cursor *c, bp_tensors *file, size_t count) {
    if (count < 8) return fail_at(c, BP_ERROR_FILE_TRUNCATED, count);
    const uint64_t size = bp_load_u64(c->bytes);
    if (size > BP_HEADER_MAX) return fail_at(c, BP_ERROR_FILE_HEADER, 0);
    if (size > count - 8) return fail_at(c, BP_ERROR_FILE_TRUNCATED, count);
    file->bytes = c->bytes;
    file->count = count;
    file->data = c->end = 8 + (size_t)size;
    c->at = 8;
    return 1;
}

/* ---- Order: no name twice, no byte in two tensors or in none ---- */

/* The text whose opening quote is here. It was parsed before, so all that is to be found is its closing quote. */
static bp_text text_at(const bp_tensors *file, size_t quote) {
    const char *const start = (const char *)file->bytes + quote + 1, *end = start;
    for (;; end++) {
        end = bytes_find(end, '"', file->data - bp_tensors_position(file, end));
        size_t escapes = 0;
        while (end - escapes > start && end[-1 - (ptrdiff_t)escapes] == '\\') escapes++;
        if (escapes % 2 == 0) break;
    }
    const bp_text text = {start, (size_t)(end - start)};
    return text;
}

/* What an item of the sorted arrays is about. */
static uint32_t subject(uint64_t item) { return (uint32_t)(item & UINT32_MAX); }

static bp_text name_of(const bp_tensors *file, uint64_t item) {
    return text_at(file, file->tensors[subject(item)].name);
}

static bp_text key_of(const bp_tensors *file, uint64_t item) { return text_at(file, subject(item)); }

static void pair_at(const bp_tensors *file, uint32_t position, bp_text *key, bp_text *value) {
    cursor c = cursor_at(file->bytes, position, file->data);
    (void)parse_pair(&c, key, value);
}

typedef int comparison(const bp_tensors *file, uint64_t a, uint64_t b);

static int compare_hashes(uint64_t a, uint64_t b) { return a >> 32 < b >> 32 ? -1 : a >> 32 > b >> 32; }

static int compare_names(const bp_tensors *file, uint64_t a, uint64_t b) {
    const int order = compare_hashes(a, b);
    return order != 0 ? order : text_compare(name_of(file, a), name_of(file, b));
}

static int compare_keys(const bp_tensors *file, uint64_t a, uint64_t b) {
    const int order = compare_hashes(a, b);
    return order != 0 ? order : text_compare(key_of(file, a), key_of(file, b));
}

/* Empty tensors come before those that begin at the same byte. */
static int compare_places(const bp_tensors *file, uint64_t a, uint64_t b) {
    const tensor_place *x = &file->tensors[subject(a)], *y = &file->tensors[subject(b)];
    if (x->begin != y->begin) return x->begin < y->begin ? -1 : 1;
    return x->end < y->end ? -1 : x->end > y->end;
}

/* Merge sort: n log n comparisons for every input, few for one that is in order. */
static void sort(const bp_tensors *file, uint64_t *items, size_t n, comparison *compare) {
    uint64_t *from = items, *to = file->scratch;
    for (size_t width = 1; width < n; width *= 2) {
        for (size_t start = 0; start < n; start += 2 * width) {
            const size_t middle = start + width < n ? start + width : n;
            const size_t end = middle + width < n ? middle + width : n;
            size_t a = start, b = middle, next = start;
            if (middle < end && compare(file, from[middle - 1], from[middle]) > 0)
                while (a < middle && b < end)
                    to[next++] = compare(file, from[a], from[b]) <= 0 ? from[a++] : from[b++];
            while (a < middle) to[next++] = from[a++];
            while (b < end) to[next++] = from[b++];
        }
        uint64_t *const other = from;
        from = to;
        to = other;
    }
    if (from != items) BP_COPY(items, from, n * sizeof *items);
}

static int check_places(cursor *c, bp_tensors *file) {
    uint64_t end = 0;
    for (size_t i = 0; i < file->tensor_count; i++) file->tensors_sorted[i] = i;
    sort(file, file->tensors_sorted, file->tensor_count, compare_places);
    for (size_t i = 0; i < file->tensor_count; i++) {
        const tensor_place *place = &file->tensors[subject(file->tensors_sorted[i])];
        if (place->begin != end) {
            c->fault.name = name_of(file, file->tensors_sorted[i]);
            return fail_at(c, place->begin < end ? BP_ERROR_FILE_OVERLAP : BP_ERROR_FILE_HOLE, place->name);
        }
        end = place->end;
    }
    return end == file->count - file->data || fail_at(c, BP_ERROR_FILE_TRAILING, file->data + (size_t)end);
}

static int check_names(cursor *c, bp_tensors *file) {
    for (size_t i = 0; i < file->tensor_count; i++) file->tensors_sorted[i] = text_hash(name_of(file, i)) | i;
    sort(file, file->tensors_sorted, file->tensor_count, compare_names);
    for (size_t i = 1; i < file->tensor_count; i++) {
        const uint64_t a = file->tensors_sorted[i - 1], b = file->tensors_sorted[i];
        if (compare_names(file, a, b) != 0) continue;
        c->fault.name = name_of(file, b);
        return fail_at(c, BP_ERROR_FILE_DUPLICATE, file->tensors[subject(b)].name);
    }
    return 1;
}

static int check_keys(cursor *c, bp_tensors *file) {
    sort(file, file->metadata, file->metadata_count, compare_keys);
    for (size_t i = 1; i < file->metadata_count; i++) {
        const uint64_t a = file->metadata[i - 1], b = file->metadata[i];
        if (compare_keys(file, a, b) != 0) continue;
        c->fault.name = key_of(file, b);
        return fail_at(c, BP_ERROR_FILE_DUPLICATE, subject(b));
    }
    return 1;
}

/* ---- Opening ---- */

/* The memory of a file with that many entries. The header bounds them, so nothing overflows. */
static size_t memory_size(const bp_tensors *file) {
    const size_t most = file->tensor_count > file->metadata_count ? file->tensor_count : file->metadata_count;
    return sizeof *file + file->tensor_count * (sizeof *file->tensors + sizeof *file->tensors_sorted) +
           file->metadata_count * sizeof *file->metadata + most * sizeof *file->scratch;
}

bp_status bp_tensors_size(const uint8_t *bytes, size_t count, size_t *size, bp_fault *fault) {
    if (!bytes || !size) return BP_ERROR_NULL;
    cursor c = cursor_at(bytes, 0, 0);
    bp_tensors file = {.tensors = NULL, .metadata = NULL};
    if (parse_size(&c, &file, count) && parse_header(&c, &file)) *size = memory_size(&file);
    return report(&c, fault);
}

bp_status bp_tensors_open(void *memory, size_t size, const uint8_t *bytes, size_t count, const bp_tensors **result,
                          bp_fault *fault) {
    if (!memory || !bytes || !result) return BP_ERROR_NULL;
    cursor c = cursor_at(bytes, 0, 0);
    bp_tensors counted = {.tensors = NULL, .metadata = NULL};
    if (!parse_size(&c, &counted, count) || !parse_header(&c, &counted)) return report(&c, fault);
    if (size < memory_size(&counted)) return BP_ERROR_MEMORY;
    bp_tensors *file = memory;
    *file = counted;
    file->tensors = (tensor_place *)(file + 1);
    file->tensors_sorted = (uint64_t *)(file->tensors + counted.tensor_count);
    file->metadata = file->tensors_sorted + counted.tensor_count;
    file->scratch = file->metadata + counted.metadata_count;
    c.at = 8;
    if (parse_header(&c, file) && check_places(&c, file) && check_names(&c, file) && check_keys(&c, file))
        *result = file;
    return report(&c, fault);
}

size_t bp_tensors_count(const bp_tensors *file) { return file->tensor_count; }

bp_tensor bp_tensors_at(const bp_tensors *file, size_t i) {
    cursor c = cursor_at(file->bytes, file->tensors[i].name, file->data);
    bp_tensor tensor = {.name = no_text};
    uint64_t offsets[2] = {0, 0};
    /* It was parsed before, so nothing can be wrong with it. */
    (void)(parse_text(&c, &tensor.name) && parse_tensor(&c, &tensor, file->count - file->data, offsets));
    return tensor;
}

BP_INTERNAL size_t bp_tensors_position(const bp_tensors *file, const void *at) {
    return (size_t)((const uint8_t *)at - file->bytes);
}

/* Finds the item of a name by bisection; 'name_at' gives the name of an item. Returns NULL where there is none. */
static const uint64_t *find_item(const bp_tensors *file, const uint64_t *items, size_t n, const char *name,
                                 size_t count, bp_text name_at(const bp_tensors *file, uint64_t item)) {
    const uint64_t hash = upper_half(bp_hash(BP_HASH_START, (const uint8_t *)name, count));
    while (n > 0) {
        const uint64_t *middle = items + n / 2;
        int order = compare_hashes(*middle, hash);
        if (order == 0) order = text_compare_bytes(name_at(file, *middle), name, count);
        if (order == 0) return middle;
        if (order < 0) {
            items = middle + 1;
            n -= n / 2 + 1;
        } else {
            n /= 2;
        }
    }
    return NULL;
}

int bp_tensors_find(const bp_tensors *file, const char *name, size_t count, size_t *i) {
    const uint64_t *item = find_item(file, file->tensors_sorted, file->tensor_count, name, count, name_of);
    if (item) *i = subject(*item);
    return item != NULL;
}

int bp_tensors_metadata(const bp_tensors *file, const char *key, size_t count, bp_text *value) {
    bp_text found;
    const uint64_t *item = find_item(file, file->metadata, file->metadata_count, key, count, key_of);
    if (item) pair_at(file, subject(*item), &found, value);
    return item != NULL;
}

/* ---- Numbers ---- */

#if defined(BP_NO_DOUBLE)
BP_INTERNAL int bp_type_is_readable(bp_type type) { return type > BP_F64 && type <= BP_BF16; }
#define F64_CASE(real)
#else
BP_INTERNAL int bp_type_is_readable(bp_type type) { return type >= BP_F64 && type <= BP_BF16; }
#define F64_CASE(real)                                                                                           \
    case BP_F64:                                                                                                 \
        for (size_t i = 0; i < count; i++) numbers[i] = (real)bp_load_f64(bytes + i * width);                    \
        break;
#endif

#define READ(real, suffix)                                                                                       \
    bp_status bp_tensor_read_##suffix(const bp_tensor *tensor, size_t first, size_t count, real *numbers) {      \
        if (!tensor || (count > 0 && !numbers)) return BP_ERROR_NULL;                                            \
        if (!bp_type_is_readable(tensor->type)) return BP_ERROR_FILE_TYPE;                                       \
        if (first > tensor->count || count > tensor->count - first) return BP_ERROR_OPTION;                      \
        const size_t width = bp_type_bytes(tensor->type);                                                        \
        const uint8_t *bytes = tensor->bytes + first * width;                                                    \
        switch (tensor->type) {                                                                                  \
        F64_CASE(real)                                                                                           \
        case BP_F32:                                                                                             \
            for (size_t i = 0; i < count; i++) numbers[i] = bp_load_f32(bytes + i * width);                      \
            break;                                                                                               \
        case BP_F16:                                                                                             \
            for (size_t i = 0; i < count; i++) numbers[i] = bp_load_f16(bytes + i * width);                      \
            break;                                                                                               \
        default:                                                                                                 \
            for (size_t i = 0; i < count; i++) numbers[i] = bp_load_bf16(bytes + i * width);                     \
        }                                                                                                        \
        return BP_OK;                                                                                            \
    }

READ(float, f32)
#if !defined(BP_NO_DOUBLE)
READ(double, f64)
#endif

/* ---- Checksum ---- */

BP_INTERNAL uint64_t bp_hash(uint64_t hash, const uint8_t *bytes, size_t count) {
    for (size_t i = 0; i < count; i++) hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
    return hash;
}

#define CHECKSUM(real, suffix)                                                                                  \
    uint64_t bp_checksum_##suffix(uint64_t checksum, const real *numbers, size_t count) {                       \
        uint64_t hash = checksum ? checksum : BP_HASH_START;                                                     \
        for (size_t i = 0; i < count; i++) {                                                                     \
            uint8_t bytes[sizeof *numbers];                                                                      \
            bp_store_##suffix(bytes, numbers[i]);                                                                \
            hash = bp_hash(hash, bytes, sizeof bytes);                                                           \
        }                                                                                                        \
        return hash;                                                                                             \
    }

CHECKSUM(float, f32)
#if !defined(BP_NO_DOUBLE)
CHECKSUM(double, f64)
#endif

BP_INTERNAL uint64_t bp_file_checksum(const uint8_t *bytes, size_t count, size_t digits) {
    static const char zeros[] = "0000000000000000";
    const size_t after = digits + BP_CHECKSUM_DIGITS;
    uint64_t hash = bp_hash(BP_HASH_START, bytes, digits);
    hash = bp_hash(hash, (const uint8_t *)zeros, BP_CHECKSUM_DIGITS);
    return bp_hash(hash, bytes + after, count - after);
}

BP_INTERNAL void bp_hex_digits(uint64_t number, char *to) {
    for (int i = 0; i < BP_CHECKSUM_DIGITS; i++) to[i] = "0123456789abcdef"[number >> (60 - 4 * i) & 15];
}

/* Version 1 of models: the text "model" and the numbers, written without leading zeros. */
static int has_checksum_1(const bp_tensors *file, bp_text checksum) {
    char digits[BP_CHECKSUM_DIGITS];
    bp_text model = no_text;
    (void)bp_tensors_metadata(file, "model", 5, &model);
    uint64_t hash = BP_HASH_START;
    text_bytes bytes = text_start(model);
    for (int byte; (byte = text_next(&bytes)) >= 0;) hash = (hash ^ (uint64_t)byte) * UINT64_C(0x100000001b3);
    bp_hex_digits(bp_hash(hash, file->bytes + file->data, file->count - file->data), digits);
    size_t zeros = 0;
    while (zeros < BP_CHECKSUM_DIGITS - 1 && digits[zeros] == '0') zeros++;
    return bp_text_is(checksum, digits + zeros, BP_CHECKSUM_DIGITS - zeros);
}

static int has_checksum(const bp_tensors *file, bp_text checksum) {
    char digits[BP_CHECKSUM_DIGITS];
    if (checksum.count != BP_CHECKSUM_DIGITS) return 0;
    bp_hex_digits(bp_file_checksum(file->bytes, file->count, bp_tensors_position(file, checksum.bytes)), digits);
    return bytes_compare(checksum.bytes, digits, sizeof digits) == 0;
}

/* The whole number that a text is, or 0 if it is none of up to nine digits or begins with 0. */
static unsigned version_of(bp_text text) {
    unsigned version = 0;
    if (text.count > 9 || (text.count > 0 && text.bytes[0] == '0')) return 0;
    for (size_t i = 0; i < text.count; i++) {
        if (!is_digit(text.bytes[i])) return 0;
        version = version * 10 + (unsigned)(text.bytes[i] - '0');
    }
    return version;
}

/* Finds an entry that must be there; where it isn't, '*value' is empty. Returns where it is, for faults. */
static size_t find_entry(const bp_tensors *file, const char *key, bp_text *value) {
    if (bp_tensors_metadata(file, key, bytes_length(key), value)) return bp_tensors_position(file, value->bytes);
    value->bytes = "";
    value->count = 0;
    return 8;
}

bp_status bp_tensors_verify(const bp_tensors *file, const char *format, unsigned newest, unsigned *version,
                            bp_fault *fault) {
    if (!file || !format || !version) return BP_ERROR_NULL;
    cursor c = cursor_at(file->bytes, 0, 0);
    bp_text found, number, checksum;
    const size_t format_at = find_entry(file, "format", &found), version_at = find_entry(file, "version", &number);
    const size_t checksum_at = find_entry(file, "checksum", &checksum);
    *version = version_of(number);
    const int is_old = *version == 1 && bytes_length(format) == sizeof BP_MODEL_FORMAT - 1 &&
                       bytes_compare(format, BP_MODEL_FORMAT, sizeof BP_MODEL_FORMAT) == 0;
    if (!text_is(found, format)) (void)fail_at(&c, BP_ERROR_FILE_FORMAT, format_at);
    else if (*version < 1 || *version > newest) (void)fail_at(&c, BP_ERROR_FILE_VERSION, version_at);
    else if (!(is_old ? has_checksum_1(file, checksum) : has_checksum(file, checksum)))
        (void)fail_at(&c, BP_ERROR_FILE_CHECKSUM, checksum_at);
    return report(&c, fault);
}
