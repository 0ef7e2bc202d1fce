/* kernels_neon_f64.c: the kernels in double, for the NEON of 64-bit Arm. */
#include "platform.h"

#if BP_HAS_NEON && !defined(BP_NO_DOUBLE)

#include "internal.h"

#include "precision_f64.h"

#include "vec_neon.h"

#define BP_KERNEL_TABLE bp_kernels_neon_f64
#include "kernels_template.h"

#else
typedef int bp_no_neon_f64; /* ISO C wants something in every file. */
#endif
