/*
 * cpu.c: which instruction sets this processor, and its operating system, allow.
 */
#include "internal.h"

#if BP_HAS_X86

#include <cpuid.h>

/* Bits of CPUID leaves 1 and 7 and of XCR0: Intel, Software Developer's Manual, vol. 2A and vol. 1 ch. 13. */
enum {
    LEAF1_ECX_FMA = 1 << 12,
    LEAF1_ECX_OSXSAVE = 1 << 27,
    LEAF1_ECX_AVX = 1 << 28,
    LEAF7_EBX_AVX2 = 1 << 5,
    LEAF7_EBX_AVX512F = 1 << 16,
    LEAF7_EBX_AVX512DQ = 1 << 17,
    LEAF7_EBX_AVX512BW = 1 << 30
};
#define LEAF7_EBX_AVX512VL (1u << 31)
#define XCR0_YMM 0x06u
#define XCR0_ZMM 0xe6u

/* The register state that the operating system saves. */
static uint32_t enabled_state(void) {
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

static int has(uint32_t value, uint32_t bits) { return (value & bits) == bits; }

BP_INTERNAL int bp_cpu_has(bp_isa isa) {
    uint32_t eax, ebx, ecx, edx;
    if (isa == BP_ISA_SCALAR) return 1;
    if (isa != BP_ISA_AVX2 && isa != BP_ISA_AVX512) return 0;
    if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx)) return 0;
    if (!has(ecx, LEAF1_ECX_FMA | LEAF1_ECX_OSXSAVE | LEAF1_ECX_AVX)) return 0;
    const uint32_t state = enabled_state();
    if (!__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx)) return 0;
    if (!has(state, XCR0_YMM) || !has(ebx, LEAF7_EBX_AVX2)) return 0;
    if (isa == BP_ISA_AVX2) return 1;
    return has(state, XCR0_ZMM) &&
           has(ebx, LEAF7_EBX_AVX512F | LEAF7_EBX_AVX512DQ | LEAF7_EBX_AVX512BW | LEAF7_EBX_AVX512VL);
}

#else

/* What a build has needs no asking: NEON is part of 64-bit Arm. */
BP_INTERNAL int bp_cpu_has(bp_isa isa) { return isa == BP_ISA_SCALAR || (BP_HAS_NEON && isa == BP_ISA_NEON); }

#endif
