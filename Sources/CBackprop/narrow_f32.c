/* narrow_f32.c: steps of narrow networks in float, for vectors of four. */
#include "network_plan.h"

#if BP_HAS_SIMD

#include "precision_f32.h"

#if BP_HAS_X86
#include "vec_fma128.h"
#else
#include "vec_neon.h"
#endif

#include "narrow_template.h"

#if BP_HAS_X86
#include "vec_end.h"
#endif

#else
typedef int bp_no_narrow_f32; /* ISO C wants something in every file. */
#endif
