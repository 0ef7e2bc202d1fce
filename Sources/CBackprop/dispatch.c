/*
 * dispatch.c: from an instruction set to its kernels.
 */
#include "internal.h"

static const bp_kernels all_kernels[BP_ISA_COUNT] = {
    [BP_ISA_SCALAR] = {BP_ISA_SCALAR, &bp_kernels_scalar_f32, &bp_kernels_scalar_f64},
#if BP_HAS_NEON
    [BP_ISA_NEON] = {BP_ISA_NEON, &bp_kernels_neon_f32, &bp_kernels_neon_f64},
#endif
#if BP_HAS_X86
    [BP_ISA_AVX2] = {BP_ISA_AVX2, &bp_kernels_avx2_f32, &bp_kernels_avx2_f64},
    [BP_ISA_AVX512] = {BP_ISA_AVX512, &bp_kernels_avx512_f32, &bp_kernels_avx512_f64},
#endif
};

static const char *const isa_names[BP_ISA_COUNT] = {
    [BP_ISA_SCALAR] = "scalar", [BP_ISA_NEON] = "neon", [BP_ISA_AVX2] = "avx2", [BP_ISA_AVX512] = "avx512"};

const char *bp_isa_name(bp_isa isa) { return isa >= 0 && isa < BP_ISA_COUNT ? isa_names[isa] : NULL; }

const bp_kernels *bp_kernels_for(bp_isa isa) {
    if (isa < 0 || isa >= BP_ISA_COUNT || !all_kernels[isa].f32 || !bp_cpu_has(isa)) return NULL;
    return &all_kernels[isa];
}

/* strcmp() would be one more thing to ask of the host. */
static int same_text(const char *a, const char *b) {
    while (*a && *a == *b) a++, b++;
    return *a == *b;
}

bp_status bp_kernels_named(const char *name, const bp_kernels **kernels) {
    const int any = !name || !*name;
    if (!kernels) return BP_ERROR_NULL;
    /* Later instruction sets are faster. */
    for (bp_isa isa = BP_ISA_COUNT - 1; isa >= 0; isa--) {
        if (!any && !same_text(name, isa_names[isa])) continue;
        const bp_kernels *found = bp_kernels_for(isa);
        if (!found && !any) return BP_ERROR_UNAVAILABLE;
        if (!found) continue;
        *kernels = found;
        return BP_OK;
    }
    return BP_ERROR_ISA;
}

bp_isa bp_kernels_isa(const bp_kernels *kernels) { return kernels->isa; }

int bp_version(void) { return BP_VERSION_MAJOR * 10000 + BP_VERSION_MINOR * 100 + BP_VERSION_PATCH; }
