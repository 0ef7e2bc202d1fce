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

/* The lanes of a part of a vector, which zips stay in. */
#define VEC_PART (VEC_LANES * sizeof(real) > 16 ? 16 / sizeof(real) : VEC_LANES)

/*
 * Transposes a square in every part of VEC_PART vectors. Zipping the first half of the rows with
 * the second half moves each lane's number one bit further towards its row's; after as many rounds
 * as there are bits they have changed places.
 */
BP_INLINE void transpose_parts(vec rows[VEC_PART]) {
    vec zipped[VEC_PART];
    BP_UNROLL
    for (size_t round = 1; round < VEC_PART; round *= 2) {
        BP_UNROLL
        for (size_t i = 0; 2 * i + 1 < VEC_PART; i++) {
            zipped[2 * i] = vec_zip_low(rows[i], rows[i + VEC_PART / 2]);
            zipped[2 * i + 1] = vec_zip_high(rows[i], rows[i + VEC_PART / 2]);
        }
        BP_UNROLL
        for (size_t i = 0; i < VEC_PART; i++) rows[i] = zipped[i];
    }
}

/*
 * Transposes a square of VEC_LANES vectors in registers: within parts, then the parts, the even ones of
 * neighbors going to the first half of the rows. (Zips across parts took twice as long on EPYC, Zen 5.)
 */
BP_INLINE void transpose_square(vec square[VEC_LANES]) {
    BP_UNROLL
    for (size_t i = 0; i < VEC_LANES; i += VEC_PART) transpose_parts(square + i);
    vec dealt[VEC_LANES];
    BP_UNROLL
    for (size_t round = VEC_PART; round < VEC_LANES; round *= 2) {
        BP_UNROLL
        for (size_t i = 0; 2 * i + 1 < VEC_LANES; i++) {
            const size_t from = i / VEC_PART * 2 * VEC_PART + i % VEC_PART;
            dealt[i] = vec_even_parts(square[from], square[from + VEC_PART % VEC_LANES]);
            dealt[i + VEC_LANES / 2] = vec_odd_parts(square[from], square[from + VEC_PART % VEC_LANES]);
        }
        BP_UNROLL
        for (size_t i = 0; i < VEC_LANES; i++) square[i] = dealt[i];
    }
}
