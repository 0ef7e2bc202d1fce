/* kernels_scalar_f64.c: the kernels in double, in plain C. */
#include "internal.h"

#if !defined(BP_NO_DOUBLE)

#include "precision_f64.h"

#include "vec_scalar.h"

#define BP_KERNEL_TABLE bp_kernels_scalar_f64
#include "kernels_template.h"

#else
typedef int bp_no_scalar_f64; /* ISO C wants something in every file. */
#endif
