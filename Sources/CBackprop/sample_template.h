/*
 * sample_template.h: a layer's products for a single sample, whose time is that of its weights' way
 * from the caches.
 *
 * The weights stream by once forward, and once for the delta of the layer below, the gradient and
 * the update together. Rows of weights whose input is exactly 0 are not read at all: a sum that ends
 * with + 0 is the same without terms that are 0, and an update by 0 changes nothing. (That
 * holds for finite weights, which is why bp_dense_forward_f32() reads them all.)
 */

#if BP_HAS_SIMD

/* Inputs that are looked at in one go; their list is on the stack. */
#define SAMPLE_ROWS 128

/* Vectors of a row that are in flight together: as many as hide the latency of a multiply-add. */
#define SAMPLE_VECTORS 8

/*
 * How many rows ahead a piece of all these vectors asks for, where no row is left out: a prediction of 784-128-10 on
 * EPYC (Zen 5) takes 1.9 us so, and 2.3 without, one of 784-512-512-10 24 and 28. (16 rows ahead cost a fifth where
 * rows are 512 wide; narrower pieces and updates gain nothing.)
 */
#define SAMPLE_AHEAD 8

/* Rows shorter than a vector that are updated in one go. */
#define SAMPLE_NARROW 64

/* Rows of weights that are worth reading, counted from the first of up to SAMPLE_ROWS. */
typedef struct sample_rows {
    size_t count;
    uint32_t row[SAMPLE_ROWS + VEC_LANES]; /* a vector more, as lists are written by whole vectors */
} sample_rows;

/* Lists the rows of inputs that are not 0, in ascending order. */
BP_INLINE void sample_list(const real *x, size_t n, sample_rows *list) {
    list->count = 0;
#ifdef VEC_LISTS
    for (size_t i = 0; i < n; i += VEC_LANES)
        list->count += vec_list_nonzero(vec_get(x + i, vec_count(n - i)), (uint32_t)i, list->row + list->count);
#else
    for (size_t i = 0; i < n; i++) {
        list->row[list->count] = (uint32_t)i;
        list->count += !(x[i] == 0);
    }
#endif
}

BP_INLINE void sample_list_all(size_t n, sample_rows *list) {
    for (list->count = 0; list->count < n; list->count++) list->row[list->count] = (uint32_t)list->count;
}

/*
 * z = start + the listed rows times their inputs, for some vectors of columns, the last of so many lanes. If the list
 * has 'all' rows nothing waits for it: 784-128-10 on EPYC (Zen 5) is 12 % faster so.
 */
BP_INLINE void sample_sums(size_t vectors, size_t lanes, int all, const sample_rows *list, const real *x,
                           const real *w, size_t n_out, const real *start, real *z) {
#define SAMPLE_LANES(v) ((v) + 1 == vectors ? lanes : VEC_LANES)
    vec sum[SAMPLE_VECTORS];
    BP_UNROLL
    for (size_t v = 0; v < vectors; v++) sum[v] = start ? vec_get(start + v * VEC_LANES, SAMPLE_LANES(v)) : math_zero();
    for (size_t k = 0; k < list->count; k++) {
        const size_t i = all ? k : list->row[k];
        const vec input = vec_set1(x[i]);
        const real *row = w + i * n_out;
        if (all && vectors == SAMPLE_VECTORS) {
            BP_UNROLL
            for (size_t v = 0; v < vectors; v++) dense_ask(row, SAMPLE_AHEAD * n_out + v * VEC_LANES);
        }
        BP_UNROLL
        for (size_t v = 0; v < vectors; v++)
            sum[v] = vec_fma(input, vec_get(row + v * VEC_LANES, SAMPLE_LANES(v)), sum[v]);
    }
    BP_UNROLL
    for (size_t v = 0; v < vectors; v++)
        vec_keep(z + v * VEC_LANES, vec_add(sum[v], math_zero()), SAMPLE_LANES(v));
}

/*
 * The listed rows of w less rate times their gradient, for some vectors of columns. (Ascending, as caches look ahead:
 * from the last row up it took 1.4 times as long.)
 */
BP_INLINE void sample_descents(size_t vectors, size_t lanes, int all, const sample_rows *list, const real *x,
                               const real *delta, real rate, real *w, size_t n_out) {
    vec d[SAMPLE_VECTORS];
    BP_UNROLL
    for (size_t v = 0; v < vectors; v++) d[v] = vec_get(delta + v * VEC_LANES, SAMPLE_LANES(v));
    for (size_t k = 0; k < list->count; k++) {
        const size_t i = all ? k : list->row[k];
        const vec input = vec_set1(x[i]);
        real *row = w + i * n_out;
        BP_UNROLL
        for (size_t v = 0; v < vectors; v++) {
            const vec g = vec_add(vec_mul(input, d[v]), math_zero());
            const vec before = vec_get(row + v * VEC_LANES, SAMPLE_LANES(v));
            vec_keep(row + v * VEC_LANES, vec_fnma(vec_set1(rate), g, before), SAMPLE_LANES(v));
        }
    }
#undef SAMPLE_LANES
}

/* Does something for all columns j of a row, in as few pieces as there are. */
#define SAMPLE_COLUMNS(n_out, piece, all)                                                      \
    do {                                                                                       \
        size_t j = 0;                                                                          \
        for (; j + SAMPLE_VECTORS * VEC_LANES <= (n_out); j += SAMPLE_VECTORS * VEC_LANES)     \
            piece(SAMPLE_VECTORS, VEC_LANES, all);                                             \
        for (; j + 4 * VEC_LANES <= (n_out); j += 4 * VEC_LANES) piece(4, VEC_LANES, all);     \
        for (; j + 2 * VEC_LANES <= (n_out); j += 2 * VEC_LANES) piece(2, VEC_LANES, all);     \
        for (; j + VEC_LANES <= (n_out); j += VEC_LANES) piece(1, VEC_LANES, all);             \
        if (j < (n_out)) piece(1, (n_out) - j, all);                                           \
    } while (0)

/* The first columns of z, so many of n_out. */
static void sample_forward(const real *x, const real *w, const real *b, real *z, size_t n_in, size_t n_out,
                           size_t columns) {
    sample_rows list;
    const real *start = b;
    size_t i = 0;
    /* Samples come from further away than weights. (4 % of 784-128-10.) */
    for (size_t j = 0; j < n_in; j += DENSE_LINE) dense_ask(x, j);
    do {
        const size_t rows = n_in - i < SAMPLE_ROWS ? n_in - i : SAMPLE_ROWS;
        sample_list(x + i, rows, &list);
#define SAMPLE_PIECE(vectors, lanes, all) \
    sample_sums(vectors, lanes, all, &list, x + i, w + i * n_out + j, n_out, start ? start + j : NULL, z + j)
        if (list.count == rows) SAMPLE_COLUMNS(columns, SAMPLE_PIECE, 1);
        else SAMPLE_COLUMNS(columns, SAMPLE_PIECE, 0);
#undef SAMPLE_PIECE
        start = z;
        i += rows;
    } while (i < n_in);
}

/* g = rows of w times delta, for rows 'first' to 'last'; lanes run across the rows. */
static void sample_delta(const real *delta, const real *w, real *g, size_t n_out, size_t first, size_t last) {
    vec square[VEC_LANES];
    for (size_t i = first; i < last; i += VEC_LANES) {
        const size_t rows = vec_count(last - i);
        vec sum = math_zero();
        for (size_t j = 0; j < n_out; j += VEC_LANES) {
            const size_t columns = vec_count(n_out - j);
            transpose_load(w + i * n_out + j, n_out, rows, columns, square);
            BP_UNROLL
            for (size_t c = 0; c < VEC_LANES; c++)
                if (c < columns) sum = vec_fma(vec_set1(delta[j + c]), square[c], sum);
        }
        vec_keep(g + i, vec_add(sum, math_zero()), rows);
    }
}

/*
 * Rows shorter than a vector are updated as one long vector, with each input as often as its row
 * is long, and the deltas again and again. (Row by row, each load of a part of a vector would wait for
 * the store of the part before it.) Inputs are written by whole vectors, each over the end of the one before.
 */
static void sample_descend_narrow(const real *x, const real *delta, real rate, real *w, size_t n_out, size_t first,
                                  size_t last) {
    real inputs[(SAMPLE_NARROW + 1) * VEC_LANES], deltas[3 * VEC_LANES];
    const vec d = vec_get(delta, n_out);
    for (size_t j = 0; j < n_out + VEC_LANES; j += n_out) vec_store(deltas + j, d);
    for (size_t i = first; i < last; i += SAMPLE_NARROW) {
        const size_t rows = last - i < SAMPLE_NARROW ? last - i : SAMPLE_NARROW;
        for (size_t r = 0; r < rows; r++) vec_store(inputs + r * n_out, vec_set1(x[i + r]));
        for (size_t p = 0, j = 0; p < rows * n_out; p += VEC_LANES) {
            const size_t lanes = vec_count(rows * n_out - p);
            real *c = w + i * n_out + p;
            const vec g = vec_add(vec_mul(vec_load(inputs + p), vec_load(deltas + j)), math_zero());
            vec_keep(c, vec_fnma(vec_set1(rate), g, vec_get(c, lanes)), lanes);
            j += VEC_LANES % n_out;
            if (j >= n_out) j -= n_out;
        }
    }
}

/* Updates rows 'first' to 'last' of w, the last SAMPLE_ROWS first, as they were used last going forward. */
static void sample_descend(const real *x, const real *delta, real rate, real *w, size_t n_out, size_t first,
                           size_t last) {
    sample_rows list;
    if (n_out < VEC_LANES) {
        sample_descend_narrow(x, delta, rate, w, n_out, first, last);
        return;
    }
    while (first < last) {
        const size_t rows = last - first < SAMPLE_ROWS ? last - first : SAMPLE_ROWS;
        last -= rows;
        /* An update by 0 at a rate below 0 would make -0 of 0. */
        if (rate > 0) sample_list(x + last, rows, &list);
        else sample_list_all(rows, &list);
#define SAMPLE_PIECE(vectors, lanes, all) \
    sample_descents(vectors, lanes, all, &list, x + last, delta + j, rate, w + last * n_out + j, n_out)
        if (list.count == rows) SAMPLE_COLUMNS(n_out, SAMPLE_PIECE, 1);
        else SAMPLE_COLUMNS(n_out, SAMPLE_PIECE, 0);
#undef SAMPLE_PIECE
    }
}

#undef SAMPLE_COLUMNS

#endif
