/*
 * dense_template.h: the products of matrices that a dense layer is made of.
 *
 * Forward pass, delta accumulation and weight gradient are all
 *
 *     c[m][n] = start(m, n) + sum over k ascending of a(m, k) * b[k][n]
 *
 * with the rows of b and c contiguous and a read one number at a time, by any
 * strides. A tile of c is kept in registers while k runs over the whole sum; the
 * lanes run across n. So each sum has one order, whatever the tile.
 */

/* What a tile is made from: a(m, k) = a[m * a_row + k * a_step], b[k * b_row + n]. */
typedef struct dense_operands {
    const real *a;
    size_t a_row, a_step;
    const real *b;
    size_t b_row;
    size_t depth;
} dense_operands;

/* What becomes of the sums. */
typedef enum dense_result {
    DENSE_STORE,  /* c = sum */
    DENSE_DESCEND /* c = c - rate * sum, rounded once */
} dense_result;

typedef struct dense_target {
    real *c;
    size_t c_row;
    const real *start; /* what row m starts from is start[m * start_row + n]; NULL for 0 */
    size_t start_row;  /* 0 where all rows start from the same */
    real rate;
} dense_target;

/* Vectors of a tile of one row: as many sums as hide the latency of a multiply-add. */
#define DENSE_WIDE 8
#define DENSE_SUMS (VEC_TILE_ROWS * VEC_TILE_VECTORS > DENSE_WIDE ? VEC_TILE_ROWS * VEC_TILE_VECTORS : DENSE_WIDE)

/*
 * One tile of rows x vectors sums, of which the last vector has 'lanes' lanes if
 * it is 'partial'. All but 'lanes' are constants wherever this is inlined, so the
 * loops over rows and vectors unroll and the sums live in registers.
 */
BP_INLINE void dense_tile(size_t rows, size_t vectors, int partial, size_t lanes, dense_result result,
                          dense_operands in, dense_target out) {
#define DENSE_GET(p, v) (partial && (v) + 1 == vectors ? vec_load_first(p, lanes) : vec_load(p))
    vec sum[DENSE_SUMS];
    BP_UNROLL
    for (size_t v = 0; v < vectors; v++) {
        BP_UNROLL
        for (size_t r = 0; r < rows; r++)
            sum[r * vectors + v] =
                out.start ? DENSE_GET(out.start + r * out.start_row + v * VEC_LANES, v) : math_zero();
    }
    for (size_t k = 0; k < in.depth; k++) {
        vec b[DENSE_WIDE];
        BP_UNROLL
        for (size_t v = 0; v < vectors; v++) b[v] = DENSE_GET(in.b + k * in.b_row + v * VEC_LANES, v);
        BP_UNROLL
        for (size_t r = 0; r < rows; r++) {
            const vec a = vec_set1(in.a[r * in.a_row + k * in.a_step]);
            BP_UNROLL
            for (size_t v = 0; v < vectors; v++) sum[r * vectors + v] = vec_fma(a, b[v], sum[r * vectors + v]);
        }
    }
    BP_UNROLL
    for (size_t r = 0; r < rows; r++) {
        BP_UNROLL
        for (size_t v = 0; v < vectors; v++) {
            real *c = out.c + r * out.c_row + v * VEC_LANES;
            /* A sum of zero is +0, so that terms that are zero can be left out. */
            vec value = vec_add(sum[r * vectors + v], math_zero());
            if (result == DENSE_DESCEND) value = vec_fnma(vec_set1(out.rate), value, DENSE_GET(c, v));
            if (partial && v + 1 == vectors) vec_store_first(c, value, lanes);
            else vec_store(c, value);
        }
    }
#undef DENSE_GET
}

/* One strip of tiles, all of the same columns, down all rows. */
BP_INLINE void dense_strip(size_t vectors, int partial, size_t lanes, dense_result result, size_t m, dense_operands in,
                           dense_target out) {
    size_t row = 0;
#define DENSE_ROWS(count)                                                                                \
    for (; row + (count) <= m; row += (count)) {                                                         \
        dense_operands tile_in = in;                                                                     \
        dense_target tile_out = out;                                                                     \
        tile_in.a += row * in.a_row;                                                                     \
        tile_out.c += row * out.c_row;                                                                   \
        if (out.start) tile_out.start += row * out.start_row;                                            \
        dense_tile(count, vectors, partial, lanes, result, tile_in, tile_out);                                    \
    }
    DENSE_ROWS(VEC_TILE_ROWS)
#if VEC_TILE_ROWS > 8
    DENSE_ROWS(8)
#endif
#if VEC_TILE_ROWS > 4
    DENSE_ROWS(4)
#endif
    DENSE_ROWS(2)
    DENSE_ROWS(1)
#undef DENSE_ROWS
}

/* All of c, m x n. */
BP_INLINE void dense_product(dense_result result, size_t m, size_t n, dense_operands in, dense_target out) {
    const size_t tile_lanes = VEC_TILE_VECTORS * VEC_LANES;
    size_t column = 0;
    for (; m == 1 && column + DENSE_WIDE * VEC_LANES <= n; column += DENSE_WIDE * VEC_LANES) {
        dense_operands tile_in = in;
        dense_target tile_out = out;
        tile_in.b += column;
        tile_out.c += column;
        if (out.start) tile_out.start += column;
        dense_tile(1, DENSE_WIDE, 0, VEC_LANES, result, tile_in, tile_out);
    }
    for (; column < n; column += tile_lanes) {
        const size_t left = n - column < tile_lanes ? n - column : tile_lanes;
        const size_t vectors = (left + VEC_LANES - 1) / VEC_LANES, last = left - (vectors - 1) * VEC_LANES;
        dense_operands strip_in = in;
        dense_target strip_out = out;
        strip_in.b += column;
        strip_out.c += column;
        if (out.start) strip_out.start += column;
#define DENSE_VECTORS(count)                                                                             \
    if (vectors == (count)) {                                                                            \
        if (last == VEC_LANES) dense_strip(count, 0, VEC_LANES, result, m, strip_in, strip_out);         \
        else dense_strip(count, 1, last, result, m, strip_in, strip_out);                                \
    }
        DENSE_VECTORS(1)
#if VEC_TILE_VECTORS > 1
        DENSE_VECTORS(2)
#endif
#if VEC_TILE_VECTORS > 2
        DENSE_VECTORS(3)
#endif
#undef DENSE_VECTORS
    }
}

static void dense_forward(const real *x, const real *w, const real *b, real *z, size_t batch, size_t n_in,
                          size_t n_out) {
    const dense_operands in = {x, n_in, 1, w, n_out, n_in};
    const dense_target out = {z, n_out, b, 0, 0};
    dense_product(DENSE_STORE, batch, n_out, in, out);
}

static void delta_accumulate(const real *delta, const real *wt, real *g, size_t batch, size_t n_in,
                             size_t n_out) {
    dense_forward(delta, wt, NULL, g, batch, n_out, n_in);
}

#if !BP_HAS_SIMD
/* Rows of weights times one sample's delta, which needs no lanes across the columns. */
static void delta_accumulate_rows(const real *delta, const real *w, real *g, size_t batch, size_t n_in, size_t n_out) {
    for (size_t s = 0; s < batch; s++) {
        const dense_operands in = {.a = w, .a_row = n_out, .a_step = 1, .b = delta + s * n_out, .b_row = 1, .depth = n_out};
        const dense_target out = {.c = g + s * n_in, .c_row = 1};
        dense_product(DENSE_STORE, n_in, 1, in, out);
    }
}
#endif

static void weight_gradient(const real *x, const real *delta, int accumulate, real *dw, size_t batch, size_t n_in,
                            size_t n_out, size_t first, size_t last) {
    const dense_operands in = {x + first, 1, n_in, delta, n_out, batch};
    real *c = dw + first * n_out;
    const dense_target out = {c, n_out, accumulate ? c : NULL, n_out, 0};
    dense_product(DENSE_STORE, last - first, n_out, in, out);
}

/* For a single sample the weights stream through once, row by row. */
static void weight_descend_sample(const real *x, const real *delta, real rate, real *w, size_t n_out,
                                  size_t first, size_t last) {
    for (size_t i = first; i < last; i++) {
        const vec input = vec_set1(x[i]);
        for (size_t j = 0; j < n_out; j += VEC_LANES) {
            const size_t lanes = vec_count(n_out - j);
            real *c = w + i * n_out + j;
            const vec g = vec_add(vec_fma(input, vec_get(delta + j, lanes), math_zero()), math_zero());
            vec_keep(c, vec_fnma(vec_set1(rate), g, vec_get(c, lanes)), lanes);
        }
    }
}

static void weight_descend(const real *x, const real *delta, real rate, real *w, size_t batch, size_t n_in,
                           size_t n_out, size_t first, size_t last) {
    if (batch == 1) {
        weight_descend_sample(x, delta, rate, w, n_out, first, last);
        return;
    }
    const dense_operands in = {x + first, 1, n_in, delta, n_out, batch};
    const dense_target out = {w + first * n_out, n_out, NULL, 0, rate};
    dense_product(DENSE_DESCEND, last - first, n_out, in, out);
}

/* A bias is a weight of an input that is always 1. */
static const real dense_constant_input = 1;

static void bias_gradient(const real *delta, int accumulate, real *db, size_t batch, size_t n_out) {
    const dense_operands in = {&dense_constant_input, 0, 0, delta, n_out, batch};
    const dense_target out = {db, n_out, accumulate ? db : NULL, n_out, 0};
    dense_product(DENSE_STORE, 1, n_out, in, out);
}

static void bias_descend(const real *delta, real rate, real *b, size_t batch, size_t n_out) {
    const dense_operands in = {&dense_constant_input, 0, 0, delta, n_out, batch};
    const dense_target out = {b, n_out, NULL, 0, rate};
    dense_product(DENSE_DESCEND, 1, n_out, in, out);
}
