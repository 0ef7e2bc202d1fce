/*
 * transpose_template.h: rows become columns, a square of vectors at a time.
 */

/* The transpose of rows x columns numbers, at most VEC_LANES of each; what is beyond them is 0. */
BP_INLINE void transpose_load(const real *from, size_t stride, size_t rows, size_t columns, vec square[VEC_LANES]) {
    BP_UNROLL
    for (size_t r = 0; r < VEC_LANES; r++)
        square[r] = r < rows ? vec_get(from + r * stride, columns) : math_zero();
    transpose_square(square);
}

static void transpose(const real *w, real *wt, size_t n_in, size_t n_out, size_t first, size_t last) {
    vec square[VEC_LANES];
    for (size_t i = first; i < last; i += VEC_LANES) {
        const size_t rows = vec_count(last - i);
        for (size_t j = 0; j < n_out; j += VEC_LANES) {
            const size_t columns = vec_count(n_out - j);
            transpose_load(w + i * n_out + j, n_out, rows, columns, square);
            for (size_t c = 0; c < columns; c++) vec_keep(wt + (j + c) * n_in + i, square[c], rows);
        }
    }
}
