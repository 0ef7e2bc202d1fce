/*
 * reordered.h: the core's kernels, compiled so that sums may be added in any order.
 *
 * The same sources as the core's, by a compiler that may take additions and
 * multiplications for associative, reciprocals for divisions and -0 for 0: what the promise of the
 * same bits everywhere costs is the difference between the two.
 */
#ifndef REORDERED_H
#define REORDERED_H

#include "backprop.h"

/* Such kernels in float for an instruction set that the processor has, or NULL where there are none. */
const bp_kernels *reordered_kernels_for(bp_isa isa);

#endif
