/*
 * parts_template.h: parts of vectors, and squares of them.
 */
/* How many lanes the next vector has, of 'left' elements that remain. */
BP_INLINE size_t vec_count(size_t left) { return left < VEC_LANES ? left : VEC_LANES; }

BP_INLINE vec vec_get(const real *p, size_t lanes) {
    return lanes == VEC_LANES ? vec_load(p) : vec_load_first(p, lanes);
}

BP_INLINE void vec_keep(real *p, vec v, size_t lanes) {
    if (lanes == VEC_LANES) vec_store(p, v);
    else vec_store_first(p, v, lanes);
}

BP_INLINE real real_fma(real a, real b, real c) { return BP_(bp_fma)(a, b, c); }

/*
 * Transposes a square of VEC_LANES vectors in registers. Zipping the first half of the
 * rows with the second half moves each lane's number one bit further towards its
 * row's; after as many rounds as there are bits they have changed places.
 */
BP_INLINE void transpose_square(vec square[VEC_LANES]) {
    vec zipped[VEC_LANES];
    BP_UNROLL
    for (size_t round = 1; round < VEC_LANES; round *= 2) {
        BP_UNROLL
        for (size_t i = 0; 2 * i + 1 < VEC_LANES; i++) {
            zipped[2 * i] = vec_zip_low(square[i], square[i + VEC_LANES / 2]);
            zipped[2 * i + 1] = vec_zip_high(square[i], square[i + VEC_LANES / 2]);
        }
        BP_UNROLL
        for (size_t i = 0; i < VEC_LANES; i++) square[i] = zipped[i];
    }
}
