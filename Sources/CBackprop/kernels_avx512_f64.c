/* kernels_avx512_f64.c: the kernels in double, for AVX-512. */
#include "platform.h"

#if BP_HAS_X86 && !defined(BP_NO_DOUBLE)

#include "internal.h"

#include "precision_f64.h"

#include "vec_avx512.h"

#define BP_KERNEL_TABLE bp_kernels_avx512_f64
#include "kernels_template.h"

#include "vec_end.h"

#else
typedef int bp_no_avx512_f64; /* ISO C wants something in every file. */
#endif
