/*
 * optimizer.c: the settings of the optimizers, and updates made from them.
 */
#include "internal.h"

size_t bp_method_slots(bp_method method) {
    static const unsigned char slots[BP_METHOD_COUNT] = {
        [BP_MOMENTUM] = 1, [BP_NESTEROV] = 1, [BP_RMSPROP] = 1, [BP_ADAGRAD] = 1,
        [BP_ADAM] = 2,     [BP_ADAMW] = 2,    [BP_RPROP] = 2,
    };
    return method >= 0 && method < BP_METHOD_COUNT ? slots[method] : 0;
}

#include "precision_f32.h"
#define BP_TABLE f32
#include "update_template.h"
#undef BP_TABLE

#if !defined(BP_NO_DOUBLE)
#include "precision_f64.h"
#define BP_TABLE f64
#include "update_template.h"
#endif
