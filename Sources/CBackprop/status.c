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
    [BP_ERROR_MEMORY] = "the memory given is smaller than the size that was asked",
    [BP_ERROR_OPTION] = "there is no such option, or it does not go with another",
    [BP_ERROR_ISA] = "there is no such instruction set",
    [BP_ERROR_UNAVAILABLE] = "this build or this processor lacks the instruction set",
    [BP_ERROR_THREADS] = "the system did not start the threads",
    [BP_ERROR_OPTIMIZER] = "there is no such method, or one of its numbers is out of its range",
    [BP_ERROR_DROPOUT] = "dropout is at least 0 and below 1, and not for a softmax layer or the last one",
    [BP_ERROR_TIE] = "a layer can share the transposed weights of a lower one of the turned shape that is not tied itself",
    [BP_ERROR_VERSION] = "the size field of a structure is not that of this library's version",
};

const char *bp_status_text(bp_status status) {
    const bp_status count = (bp_status)(sizeof texts / sizeof texts[0]);
    return status >= 0 && status < count ? texts[status] : "this number is no status of Backprop";
}
