/*
 * kernels_api.c: the kernels that backprop.h declares.
 */
#include "internal.h"

#include "precision_f32.h"
#define BP_TABLE f32
#include "kernels_api_template.h"
#undef BP_TABLE

#if !defined(BP_NO_DOUBLE)
#include "precision_f64.h"
#define BP_TABLE f64
#include "kernels_api_template.h"
#endif
