/* kernels_avx512_f32.c: the kernels in float, for AVX-512. */
#include "platform.h"

#if BP_HAS_X86

#include "internal.h"

#include "precision_f32.h"

#include "vec_avx512.h"

#define BP_KERNEL_TABLE bp_kernels_avx512_f32
#include "kernels_template.h"

#include "vec_end.h"

#else
typedef int bp_no_avx512_f32; /* ISO C wants something in every file. */
#endif
