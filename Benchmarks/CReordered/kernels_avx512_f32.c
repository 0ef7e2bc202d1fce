#include "../../Sources/CBackprop/platform.h"

#if BP_HAS_X86
#define bp_kernels_avx512_f32 reordered_avx512_f32
#endif

#include "../../Sources/CBackprop/kernels_avx512_f32.c"
