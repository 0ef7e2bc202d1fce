/*
 * reordered.c: kernels of the core by other names, in tables that a network takes.
 *
 * The options that allow the order to change are the target's, in Package.swift.
 */
#include "reordered.h"

#include "../../Sources/CBackprop/internal.h"

#if BP_HAS_X86

extern const struct bp_kernel_table_f32 reordered_avx2_f32, reordered_avx512_f32;

const bp_kernels *reordered_kernels_for(bp_isa isa) {
    static const bp_kernels avx2 = {.isa = BP_ISA_AVX2, .f32 = &reordered_avx2_f32};
    static const bp_kernels avx512 = {.isa = BP_ISA_AVX512, .f32 = &reordered_avx512_f32};
    return isa == BP_ISA_AVX512 ? &avx512 : isa == BP_ISA_AVX2 ? &avx2 : NULL;
}

#else

const bp_kernels *reordered_kernels_for(bp_isa isa) { return (void)isa, NULL; }

#endif
