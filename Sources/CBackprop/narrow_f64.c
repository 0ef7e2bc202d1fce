/* narrow_f64.c: steps of narrow networks in double. */
#include "network_plan.h"

#if BP_HAS_SIMD && !defined(BP_NO_DOUBLE)

#include "precision_f64.h"

#if BP_HAS_X86
#include "vec_avx2.h"
#else
#include "vec_neon.h"
#endif

#include "narrow_template.h"

#if BP_HAS_X86
#include "vec_end.h"
#endif

#else
typedef int bp_no_narrow_f64; /* ISO C wants something in every file. */
#endif
