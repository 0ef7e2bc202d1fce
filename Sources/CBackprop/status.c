/*
 * status.c: a sentence for every status.
 */
#include "internal.h"

static const char *const texts[] = {
    [BP_OK] = "success",
    [BP_ERROR_NULL] = "a pointer that must not be NULL is NULL",
    [BP_ERROR_LAYERS] = "a network needs at least one input, and a layer at least one output",
    [BP_ERROR_TOO_LARGE] = "a size is too large for this machine's addresses",
    [BP_ERROR_ACTIVATION] = "there is no such activation",
    [BP_ERROR_LOSS] = "there is no such loss",
    [BP_ERROR_PAIR] = "cross-entropy needs a softmax output layer, binary cross-entropy a sigmoid one",
    [BP_ERROR_TARGETS] = "a batch needs either target vectors or classes, not both and not neither",
    [BP_ERROR_CLASS] = "a class is not in the range of the network's outputs",
    [BP_ERROR_EMPTY] = "a batch has no samples, so its mean loss is undefined",
    [BP_ERROR_MEMORY] = "the memory given is smaller than the size that was asked, or not aligned",
    [BP_ERROR_OPTION] = "there is no such option, or it does not go with another",
    [BP_ERROR_ISA] = "there is no such instruction set",
    [BP_ERROR_UNAVAILABLE] = "this build or this processor lacks the instruction set",
    [BP_ERROR_THREADS] = "the system did not start the threads",
    [BP_ERROR_OPTIMIZER] = "there is no such method, or one of its numbers is out of its range",
    [BP_ERROR_DROPOUT] = "dropout is at least 0 and below 1, and not for a softmax layer or the last one",
    [BP_ERROR_TIE] = "a layer can share the transposed weights of a lower one of the turned shape that is not tied itself",
    [BP_ERROR_VERSION] = "the size field of a structure is not that of this library's version",
};

/* Those of files, from the first on. */
static const char *const file_texts[] = {
#define TEXT(name, text) [BP_ERROR_FILE_##name - BP_ERROR_FILE_TRUNCATED] = text
    TEXT(TRUNCATED, "the file ends within its header"),
    TEXT(HEADER, "the header is longer than the format's 100,000,000 bytes"),
    TEXT(JSON, "the header has a character that can't be there"),
    TEXT(DEPTH, "the header has an array or object where the format has none"),
    TEXT(UTF8, "a text is not UTF-8"),
    TEXT(ESCAPE, "a text has a control character or an escape that JSON doesn't have"),
    TEXT(NUMBER, "a number is not a non-negative integer"),
    TEXT(OVERFLOW, "a number, or a size in bytes, does not fit in 64 bits"),
    TEXT(KEY, "a tensor has a key that is unknown, lacks one, or has one twice"),
    TEXT(TYPE, "the type of the numbers is unknown, or can't be read"),
    TEXT(RANK, "a tensor has more than 8 dimensions"),
    TEXT(OFFSETS, "the data_offsets are not a begin and an end that isn't less"),
    TEXT(BYTES, "a tensor has not as many bytes as its shape and type need"),
    TEXT(OUTSIDE, "a tensor ends after the end of the file"),
    TEXT(OVERLAP, "a tensor begins within the numbers of another"),
    TEXT(HOLE, "there are bytes before a tensor that belong to none"),
    TEXT(TRAILING, "there are bytes after the last tensor"),
    TEXT(DUPLICATE, "a name is there twice"),
    TEXT(FORMAT, "the file is of another format, or of none that it names"),
    TEXT(VERSION, "the file is of a version that this program does not know"),
    TEXT(CHECKSUM, "the checksum doesn't match: the file was changed or damaged"),
    TEXT(MISSING, "a tensor that the network needs is missing"),
    TEXT(EXTRA, "the network has no place for a tensor"),
    TEXT(SHAPE, "a tensor has not the shape of the network's layer"),
    TEXT(LAYERS, "the file has not as many weight tensors as the network has layers"),
    TEXT(AMBIGUOUS, "names and shapes don't tell which tensors belong to which layer"),
    TEXT(NONFINITE, "a parameter is infinite or not a number"),
    TEXT(TIED, "a tied layer has other weights than the layer it is tied to"),
    TEXT(OPEN, "the file can't be opened"),
    TEXT(READ, "the file can't be read"),
    TEXT(KIND, "this is not a regular file"),
    TEXT(WRITE, "the file can't be written"),
    TEXT(SYNC, "the file can't be flushed to the disk"),
    TEXT(RENAME, "the new file can't be put in place of the old one"),
#undef TEXT
};

const char *bp_status_text(bp_status status) {
    const bp_status count = (bp_status)(sizeof texts / sizeof texts[0]);
    const bp_status file_count = (bp_status)(sizeof file_texts / sizeof file_texts[0]);
    if (status >= 0 && status < count) return texts[status];
    if (status >= BP_ERROR_FILE_TRUNCATED && status < BP_ERROR_FILE_TRUNCATED + file_count)
        return file_texts[status - BP_ERROR_FILE_TRUNCATED];
    return "this number is no status of Backprop";
}
