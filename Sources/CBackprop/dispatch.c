/*
 * dispatch.c: from an instruction set to its kernels.
 */
#include "internal.h"

#if !BP_HAS_SIMD
#define KERNELS(isa, name) {isa}
#elif defined(BP_NO_DOUBLE)
#define KERNELS(isa, name) {isa, &bp_kernels_##name##_f32}
#else
#define KERNELS(isa, name) {isa, &bp_kernels_##name##_f32, &bp_kernels_##name##_f64}
#endif

/* In ascending order of speed. */
static const bp_kernels all_kernels[] = {
    KERNELS(BP_ISA_SCALAR, scalar),
#if BP_HAS_NEON
    KERNELS(BP_ISA_NEON, neon),
#endif
#if BP_HAS_X86
    KERNELS(BP_ISA_AVX2, avx2),
    KERNELS(BP_ISA_AVX512, avx512),
#endif
};

static const char *const isa_names[BP_ISA_COUNT] = {
    [BP_ISA_SCALAR] = "scalar", [BP_ISA_NEON] = "neon", [BP_ISA_AVX2] = "avx2", [BP_ISA_AVX512] = "avx512"};

const char *bp_isa_name(bp_isa isa) { return isa >= 0 && isa < BP_ISA_COUNT ? isa_names[isa] : NULL; }

const bp_kernels *bp_kernels_for(bp_isa isa) {
    for (size_t i = 0; i < sizeof all_kernels / sizeof all_kernels[0]; i++)
        if (all_kernels[i].isa == isa && bp_cpu_has(isa)) return &all_kernels[i];
    return NULL;
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

int bp_version(void) { return BP_VERSION; }
