/* kernels_scalar_f64.c: the kernels in double, in plain C. */
#include "internal.h"

#include "precision_f64.h"

#include "vec_scalar.h"

#define BP_KERNEL_TABLE bp_kernels_scalar_f64
#include "kernels_template.h"
