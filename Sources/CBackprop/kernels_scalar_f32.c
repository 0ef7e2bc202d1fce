/* kernels_scalar_f32.c: the kernels in float, in plain C. */
#include "internal.h"

#include "precision_f32.h"

#include "vec_scalar.h"

#define BP_KERNEL_TABLE bp_kernels_scalar_f32
#include "kernels_template.h"
