/*
 * root.c: square roots rounded once, by integers, for platforms without an instruction (platform.h).
 */
#include "platform.h"

BP_INTERNAL uint64_t bp_rounded_root(uint64_t leading, int digits) {
    uint64_t root = 0, rest = 0;
    for (int i = 0; i < digits; i++) {
        const uint64_t trial = root << 2 | 1;
        rest = rest << 2 | leading >> 62;
        leading <<= 2;
        root <<= 1;
        if (rest < trial) continue;
        rest -= trial;
        root |= 1;
    }
    return (root + 1) >> 1;
}

#if BP_SOFT_ROOT_F32
#include "precision_f32.h"

#define ROOT_BITS uint32_t
#define ROOT_MANTISSA 23
#define ROOT_BIAS 127
#include "root_template.h"
#undef ROOT_BITS
#undef ROOT_MANTISSA
#undef ROOT_BIAS
#endif

#if BP_SOFT_ROOT_F64 && !defined(BP_NO_DOUBLE)
#include "precision_f64.h"

#define ROOT_BITS uint64_t
#define ROOT_MANTISSA 52
#define ROOT_BIAS 1023
#include "root_template.h"
#endif
