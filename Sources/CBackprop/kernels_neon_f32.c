/* kernels_neon_f32.c: the kernels in float, for the NEON of 64-bit Arm. */
#include "platform.h"

#if BP_HAS_NEON

#include "internal.h"

#include "precision_f32.h"

#include "vec_neon.h"

#define BP_KERNEL_TABLE bp_kernels_neon_f32
#include "kernels_template.h"

#else
typedef int bp_no_neon_f32; /* ISO C wants something in every file. */
#endif
