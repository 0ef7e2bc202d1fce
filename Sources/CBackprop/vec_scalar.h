/*
 * vec_scalar.h: the vector operations on one lane, in plain C.
 *
 * This is the definition of every operation: the other vec_*.h headers do the
 * same to each lane, to the bit.
 */
#ifndef BP_VEC_SCALAR_H
#define BP_VEC_SCALAR_H

#include "platform.h"

#define VEC_LANES 1
/* Rows and vectors of a register tile: 4 sums in flight; a multiply-add may be a call. */
#define VEC_TILE_ROWS 4
#define VEC_TILE_VECTORS 1

typedef real vec;

#if BP_IS_DOUBLE
typedef uint64_t vec_bits;
#else
typedef uint32_t vec_bits;
#endif

BP_INLINE vec vec_set1(real x) { return x; }
BP_INLINE vec vec_load(const real *p) { return *p; }
BP_INLINE void vec_store(real *p, vec v) { *p = v; }

/* The first n lanes, 0 < n <= VEC_LANES; the others are loaded as 0, and not stored. */
BP_INLINE vec vec_load_first(const real *p, size_t n) { (void)n; return *p; }
BP_INLINE void vec_store_first(real *p, vec v, size_t n) { (void)n; *p = v; }

BP_INLINE vec vec_add(vec a, vec b) { return a + b; }
BP_INLINE vec vec_sub(vec a, vec b) { return a - b; }
BP_INLINE vec vec_mul(vec a, vec b) { return a * b; }
BP_INLINE vec vec_div(vec a, vec b) { return a / b; }
BP_INLINE vec vec_sqrt(vec a) { return BP_(square_root)(a); }
/* a * b + c and c - a * b, rounded once. */
BP_INLINE vec vec_fma(vec a, vec b, vec c) { return BP_(bp_fma)(a, b, c); }
BP_INLINE vec vec_fnma(vec a, vec b, vec c) { return BP_(bp_fma)(-a, b, c); }
/* b where the comparison fails, so a NaN in b gets through. */
BP_INLINE vec vec_max(vec a, vec b) { return a > b ? a : b; }
BP_INLINE vec vec_min(vec a, vec b) { return a < b ? a : b; }
/* Lane by lane, a > b ? yes : no. */
BP_INLINE vec vec_if_greater(vec a, vec b, vec yes, vec no) { return a > b ? yes : no; }
/* 1 if a > b in all lanes. */
BP_INLINE int vec_all_greater(vec a, vec b) { return a > b; }

/*
 * Vectors consist of parts of 128 bits, at most. In each part, the lower and the upper half of
 * a[0] b[0] a[1] b[1] ...; one lane has no halves.
 */
BP_INLINE vec vec_zip_low(vec a, vec b) { (void)b; return a; }
BP_INLINE vec vec_zip_high(vec a, vec b) { (void)a; return b; }
/* The even parts of a, then those of b; and the odd ones. Of one part there is nothing to choose. */
BP_INLINE vec vec_even_parts(vec a, vec b) { (void)b; return a; }
BP_INLINE vec vec_odd_parts(vec a, vec b) { (void)a; return b; }

BP_INLINE vec_bits vec_to_bits(vec v) { vec_bits b; BP_COPY(&b, &v, sizeof b); return b; }
BP_INLINE vec vec_from_bits(vec_bits b) { vec v; BP_COPY(&v, &b, sizeof v); return v; }
BP_INLINE vec_bits vec_bits_set1(vec_bits b) { return b; }
BP_INLINE vec_bits vec_bits_add(vec_bits a, vec_bits b) { return (vec_bits)(a + b); }
BP_INLINE vec_bits vec_bits_and(vec_bits a, vec_bits b) { return a & b; }
BP_INLINE vec_bits vec_bits_or(vec_bits a, vec_bits b) { return a | b; }
BP_INLINE vec_bits vec_bits_shift_left(vec_bits a, int n) { return (vec_bits)(a << n); }
BP_INLINE vec_bits vec_bits_shift_right(vec_bits a, int n) { return a >> n; }

#endif
