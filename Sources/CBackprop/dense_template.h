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

/*
 * What a product is made from: a(m, k) = a[m * a_row + k * a_step], and
 * b(k, n) = b[k * b_row + n], or b[n * b_row + k] where b is transposed.
 */
typedef struct dense_operands {
    const real *a;
    size_t a_row, a_step;
    const real *b;
    size_t b_row;
    int b_transposed;
    size_t depth;
    size_t paneled;     /* so many of the first rows of a are packed ... */
    const real *panels; /* ... as [paneled / VEC_TILE_ROWS][depth][VEC_TILE_ROWS] */
    const real *next;   /* b of the strip after this, and which of its lines to ask for */
    size_t next_row, next_first, next_last;
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
    dense_result result;
    real rate;
} dense_target;

/* Where a tile finds the rows of b. */
typedef enum dense_source {
    DENSE_FAR,   /* anywhere, and cut where the vectors are */
    DENSE_PACK,  /* so too, and leaves them in 'packed' as whole vectors, one row after the other */
    DENSE_PACKED /* so packed */
} dense_source;

/* Vectors of a tile of one row: as many sums as hide the latency of a multiply-add. */
#define DENSE_WIDE 8
#define DENSE_SUMS (VEC_TILE_ROWS * VEC_TILE_VECTORS > DENSE_WIDE ? VEC_TILE_ROWS * VEC_TILE_VECTORS : DENSE_WIDE)

/*
 * A strip packs the rows of b that it reads if DENSE_OFTEN tiles read them, and if they lie
 * so far apart that the strip is less than 1 / DENSE_CLOSE of them: then few of them share
 * a page, and many a set of the caches. DENSE_DEPTH rows at a time lie on the stack, 64 KiB
 * with AVX-512, 16 KiB with AVX2, none where there are no vectors. EPYC (Zen 4), share of
 * peak with AVX-512 and AVX2: 2048 wide, batch 256, 78 and 43 % unpacked, 88 and 73 % packed.
 * (784-128-10 with AVX2, batch 32: 86 %, and 84 % where 2 tiles were often.)
 */
#define DENSE_OFTEN 8
#define DENSE_CLOSE 4
#define DENSE_DEPTH 256

/*
 * With room for it, the rows of a that a tile reads are packed too, if so many strips read
 * them: rows as wide as a power of two meet in few sets of the caches. 2048 wide, batch
 * 256, whole steps with AVX-512 and AVX2: 86 and 70 % of peak without, 88 and 81 % with.
 */
#define DENSE_STRIPS 16
#define DENSE_NO_ROOM ((BP_(bp_room)){NULL, 0})

/* How many rows ahead the tile that packs asks for: they may come from memory. */
#define DENSE_AHEAD 16

/* The tiles after it ask for a line in so many rows of b; all at once would fill the queues of the caches. */
#define DENSE_PACE 2

/* Asks for a line of memory; it need not be part of the array, so this makes no pointer. */
BP_INLINE void dense_ask(const real *p, size_t offset) {
    BP_PREFETCH((uintptr_t)p + offset * sizeof(real));
}

/* Asks for the i-th line that comes after a tile: first of the tile below, then of the strip to the right. */
BP_INLINE void dense_ask_next(size_t rows, size_t vectors, size_t i, dense_operands in, dense_target out) {
    const size_t tile = rows * vectors, line = in.next_first + i - tile;
    if (i < tile) {
        dense_ask(out.c, (rows + i / vectors) * out.c_row + i % vectors * VEC_LANES);
    } else if (line < in.next_last) {
        if (in.b_transposed)
            dense_ask(in.next, line % (vectors * VEC_LANES) * in.next_row + line / (vectors * VEC_LANES) * VEC_LANES);
        else
            dense_ask(in.next, line / vectors * in.next_row + line % vectors * VEC_LANES);
    }
}

/*
 * One tile of rows x vectors sums, of which the last vector has 'lanes' lanes if
 * it is 'partial'. All but 'lanes' are constants wherever this is inlined, so the
 * loops over rows and vectors unroll and the sums live in registers.
 */
BP_INLINE void dense_tile(size_t rows, size_t vectors, int partial, size_t lanes, dense_source source,
                          real *packed, dense_operands in, dense_target out) {
#define DENSE_GET(p, v) (partial && (v) + 1 == vectors ? vec_load_first(p, lanes) : vec_load(p))
    vec sum[DENSE_SUMS];
    BP_UNROLL
    for (size_t r = 0; r < rows; r++) {
        BP_UNROLL
        for (size_t v = 0; v < vectors; v++) {
            const size_t at = v * VEC_LANES;
            sum[r * vectors + v] = out.start ? DENSE_GET(out.start + r * out.start_row + at, v) : math_zero();
        }
    }
    for (size_t k = 0; k < in.depth; k++) {
        if (source == DENSE_PACKED && k % DENSE_PACE == 0) dense_ask_next(rows, vectors, k / DENSE_PACE, in, out);
        vec b[DENSE_WIDE];
        BP_UNROLL
        for (size_t v = 0; v < vectors; v++) {
            const size_t at = (k * vectors + v) * VEC_LANES;
            if (source == DENSE_PACKED) {
                b[v] = vec_load(in.b + at);
                continue;
            }
            b[v] = DENSE_GET(in.b + k * in.b_row + v * VEC_LANES, v);
            if (source == DENSE_FAR) continue;
            vec_store(packed + at, b[v]);
            dense_ask(in.b, (k + DENSE_AHEAD) * in.b_row + v * VEC_LANES);
        }
        BP_UNROLL
        for (size_t r = 0; r < rows; r++) {
            const vec a = vec_set1(in.a[r * in.a_row + k * in.a_step]);
            BP_UNROLL
            for (size_t v = 0; v < vectors; v++) sum[r * vectors + v] = vec_fma(a, b[v], sum[r * vectors + v]);
        }
    }
    /* A sum of zero is +0, so that terms that are zero can be left out. */
    BP_UNROLL
    for (size_t i = 0; i < rows * vectors; i++) sum[i] = vec_add(sum[i], math_zero());
#define DENSE_C(i) (out.c + (i) / vectors * out.c_row + (i) % vectors * VEC_LANES)
    if (out.result == DENSE_DESCEND) {
        BP_UNROLL
        for (size_t i = 0; i < rows * vectors; i++)
            sum[i] = vec_fnma(vec_set1(out.rate), sum[i], DENSE_GET(DENSE_C(i), i % vectors));
    }
    BP_UNROLL
    for (size_t i = 0; i < rows * vectors; i++) {
        if (partial && i % vectors + 1 == vectors) vec_store_first(DENSE_C(i), sum[i], lanes);
        else vec_store(DENSE_C(i), sum[i]);
    }
#undef DENSE_C
#undef DENSE_GET
}

/* The same operands for some rows of c. */
BP_INLINE dense_operands dense_rows(dense_operands in, size_t row, size_t count) {
    if (count == VEC_TILE_ROWS && row < in.paneled) {
        in.a = in.panels + row * in.depth;
        in.a_row = 1;
        in.a_step = VEC_TILE_ROWS;
    } else {
        in.a += row * in.a_row;
    }
    return in;
}

/* The tiles of one strip, all of the same columns, from 'row' on down. */
BP_INLINE void dense_tiles(size_t vectors, int partial, size_t lanes, dense_source source, size_t row, size_t m,
                           dense_operands in, dense_target out) {
    const size_t lines = in.depth * vectors;
#define DENSE_ROWS(count)                                                                                \
    for (; row + (count) <= m; row += (count)) {                                                         \
        dense_operands tile_in = dense_rows(in, row, count);                                             \
        dense_target tile_out = out;                                                                     \
        if (source == DENSE_PACKED) {                                                                    \
            tile_in.next_first = row * lines / m;                                                        \
            tile_in.next_last = (row + (count)) * lines / m;                                             \
        }                                                                                                \
        tile_out.c += row * out.c_row;                                                                   \
        if (out.start) tile_out.start += row * out.start_row;                                            \
        dense_tile(count, vectors, partial, lanes, source, NULL, tile_in, tile_out);                     \
    }
    DENSE_ROWS(VEC_TILE_ROWS)
#if VEC_TILE_ROWS > 4
    DENSE_ROWS(4)
#endif
    DENSE_ROWS(2)
    DENSE_ROWS(1)
#undef DENSE_ROWS
}

BP_INLINE int dense_packs(size_t m, dense_operands in) {
    return VEC_LANES > 1 && m >= DENSE_OFTEN * VEC_TILE_ROWS && in.b_row > DENSE_CLOSE * VEC_TILE_VECTORS * VEC_LANES;
}

/* Packs the columns of a strip of b that is transposed: they are rows there. */
BP_INLINE void dense_pack_transposed(size_t vectors, size_t columns, dense_operands in, real *packed) {
    for (size_t k = 0; k < in.depth; k += VEC_LANES)
        for (size_t v = 0; v < vectors; v++) {
            vec square[VEC_LANES];
            const size_t rows = vec_count(columns - v * VEC_LANES), depth = vec_count(in.depth - k);
            const real *from = in.b + v * VEC_LANES * in.b_row + k;
            real *to = packed + (k * vectors + v) * VEC_LANES;
            /* Constants, where they are known, unroll. */
            if (rows == VEC_LANES && depth == VEC_LANES) transpose_load(from, in.b_row, VEC_LANES, VEC_LANES, square);
            else transpose_load(from, in.b_row, rows, depth, square);
            BP_UNROLL
            for (size_t i = 0; i < VEC_LANES; i++)
                if (i < depth) vec_store(to + i * vectors * VEC_LANES, square[i]);
        }
}

/* One strip. Where rows of b are packed, the first tile does so, as it reads them anyway. */
BP_INLINE void dense_strip(size_t vectors, int partial, size_t lanes, size_t m, dense_operands in,
                           dense_target out) {
    if (VEC_LANES == 1 || (!in.b_transposed && (!dense_packs(m, in) || in.depth > DENSE_DEPTH))) {
        dense_tiles(vectors, partial, lanes, DENSE_FAR, 0, m, in, out);
        return;
    }
    _Alignas(64) real packed[DENSE_DEPTH * VEC_TILE_VECTORS * VEC_LANES];
    const size_t first = in.b_transposed ? 0 : VEC_TILE_ROWS;
    if (in.b_transposed) dense_pack_transposed(vectors, (vectors - 1) * VEC_LANES + lanes, in, packed);
    else dense_tile(VEC_TILE_ROWS, vectors, partial, lanes, DENSE_PACK, packed, dense_rows(in, 0, VEC_TILE_ROWS), out);
    in.b = packed;
    dense_tiles(vectors, partial, lanes, DENSE_PACKED, first, m, in, out);
}

/* The same operands for the columns from one on, of a strip so wide, and where the strip after it lies. */
BP_INLINE dense_operands dense_columns(dense_operands in, size_t column, size_t width) {
    in.b += column * (in.b_transposed ? in.b_row : 1);
    in.next = in.b + width * (in.b_transposed ? in.b_row : 1);
    in.next_row = in.b_row;
    return in;
}

/* All columns of c, m x n, one strip after the other. */
BP_INLINE void dense_strips(size_t m, size_t n, dense_operands in, dense_target out) {
    const size_t tile_lanes = VEC_TILE_VECTORS * VEC_LANES;
    size_t column = 0;
    for (; m == 1 && !in.b_transposed && column + DENSE_WIDE * VEC_LANES <= n; column += DENSE_WIDE * VEC_LANES) {
        const dense_operands tile_in = dense_columns(in, column, DENSE_WIDE * VEC_LANES);
        dense_target tile_out = out;
        tile_out.c += column;
        if (out.start) tile_out.start += column;
        dense_tile(1, DENSE_WIDE, 0, VEC_LANES, DENSE_FAR, NULL, tile_in, tile_out);
    }
    for (; column < n; column += tile_lanes) {
        const size_t left = n - column < tile_lanes ? n - column : tile_lanes;
        const size_t vectors = (left + VEC_LANES - 1) / VEC_LANES, last = left - (vectors - 1) * VEC_LANES;
        const dense_operands strip_in = dense_columns(in, column, left);
        dense_target strip_out = out;
        strip_out.c += column;
        if (out.start) strip_out.start += column;
#define DENSE_VECTORS(count)                                                                             \
    if (vectors == (count)) {                                                                            \
        if (last == VEC_LANES) dense_strip(count, 0, VEC_LANES, m, strip_in, strip_out);                 \
        else dense_strip(count, 1, last, m, strip_in, strip_out);                                        \
    }
        DENSE_VECTORS(1)
#if VEC_TILE_VECTORS > 1
        DENSE_VECTORS(2)
#endif
#if VEC_TILE_VECTORS > 2
        DENSE_VECTORS(3)
#endif
#if VEC_TILE_VECTORS > 3
        DENSE_VECTORS(4)
#endif
#undef DENSE_VECTORS
    }
}

/*
 * Packs rows of a that fill tiles into panels. Rows that are contiguous are read one panel
 * at a time; columns that are, some panels at a time, so that each line is read once.
 */
BP_INLINE void dense_pack_panels(dense_operands in, real *panels) {
    const size_t count = in.paneled / VEC_TILE_ROWS, together = in.a_step == 1 ? 1 : 8;
    for (size_t first = 0; first < count; first += together) {
        const size_t last = first + together < count ? first + together : count;
        for (size_t k = 0; k < in.depth; k++)
            for (size_t p = first; p < last; p++) {
                const real *from = in.a + p * VEC_TILE_ROWS * in.a_row + k * in.a_step;
                real *to = panels + (p * in.depth + k) * VEC_TILE_ROWS;
                BP_UNROLL
                for (size_t r = 0; r < VEC_TILE_ROWS; r++) to[r] = from[r * in.a_row];
            }
    }
}

/*
 * All of c, m x n. Sums too long to be packed go on from where they were left in c; for
 * weights that are updated in place there is no such place, and nothing is packed.
 */
BP_INLINE void dense_product(size_t m, size_t n, dense_operands in, dense_target out, BP_(bp_room) room) {
    const int parted = out.result == DENSE_STORE && in.depth > DENSE_DEPTH && (in.b_transposed || dense_packs(m, in));
    const size_t parts = parted ? (in.depth + DENSE_DEPTH - 1) / DENSE_DEPTH : 1;
    const size_t deepest = (in.depth + parts - 1) / parts;
    const int paneled = room.count > 0 && n >= DENSE_STRIPS * VEC_TILE_VECTORS * VEC_LANES && deepest <= DENSE_DEPTH;
    for (size_t i = 0; i < parts; i++) {
        dense_operands part = in;
        const size_t k = in.depth * i / parts;
        part.depth = in.depth * (i + 1) / parts - k;
        part.a += k * in.a_step;
        part.b += k * (in.b_transposed ? 1 : in.b_row);
        if (paneled) {
            const size_t rows = room.count / deepest < m ? room.count / deepest : m;
            part.paneled = rows / VEC_TILE_ROWS * VEC_TILE_ROWS;
            part.panels = room.numbers;
            dense_pack_panels(part, room.numbers);
        }
        dense_strips(m, n, part, out);
        out.start = out.c;
        out.start_row = out.c_row;
    }
}

/* Of any rows: one function for all, as its tiles are many. */
static void dense_matrix(size_t m, size_t n, dense_operands in, dense_target out, BP_(bp_room) room) {
    dense_product(m, n, in, out, room);
}

static void dense_forward(const real *x, const real *w, const real *b, real *z, size_t batch, size_t n_in,
                          size_t n_out, BP_(bp_room) room) {
    const dense_operands in = {.a = x, .a_row = n_in, .a_step = 1, .b = w, .b_row = n_out, .depth = n_in};
    const dense_target out = {.c = z, .c_row = n_out, .start = b, .result = DENSE_STORE};
    dense_matrix(batch, n_out, in, out, room);
}

#if VEC_LANES > 1
static void delta_accumulate(const real *delta, const real *w, real *g, size_t batch, size_t n_in, size_t n_out,
                             BP_(bp_room) room) {
    const dense_operands in = {
        .a = delta, .a_row = n_out, .a_step = 1, .b = w, .b_row = n_out, .b_transposed = 1, .depth = n_out};
    const dense_target out = {.c = g, .c_row = n_in, .result = DENSE_STORE};
    dense_matrix(batch, n_in, in, out, room);
}
#else
/* Rows of weights times one sample's delta, as no lanes run across the columns. */
static void delta_accumulate(const real *delta, const real *w, real *g, size_t batch, size_t n_in, size_t n_out,
                             BP_(bp_room) room) {
    (void)room;
    for (size_t s = 0; s < batch; s++) {
        const dense_operands in = {.a = w, .a_row = n_out, .a_step = 1, .b = delta + s * n_out, .b_row = 1, .depth = n_out};
        const dense_target out = {.c = g + s * n_in, .c_row = 1};
        dense_matrix(n_in, 1, in, out, DENSE_NO_ROOM);
    }
}
#endif

/* The sums over the samples, for 'rows' rows of weights. */
static void weight_product(const real *x, const real *delta, size_t batch, size_t n_in, size_t n_out, size_t rows,
                           dense_target out, BP_(bp_room) room) {
    const dense_operands in = {.a = x, .a_row = 1, .a_step = n_in, .b = delta, .b_row = n_out, .depth = batch};
    dense_matrix(rows, n_out, in, out, room);
}

static void weight_gradient(const real *x, const real *delta, int accumulate, real *dw, size_t batch, size_t n_in,
                            size_t n_out, size_t first, size_t last, BP_(bp_room) room) {
    real *c = dw + first * n_out;
    const dense_target out = {c, n_out, accumulate ? c : NULL, n_out, DENSE_STORE, 0};
    weight_product(x + first, delta, batch, n_in, n_out, last - first, out, room);
}

/*
 * For a single sample the weights stream through once, row by row. (Not rows shorter than a
 * vector: each load of a part of one would wait for the store of the part before it.)
 */
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
                           size_t n_out, size_t first, size_t last, BP_(bp_room) room) {
    if (batch == 1 && n_out >= VEC_LANES) {
        weight_descend_sample(x, delta, rate, w, n_out, first, last);
        return;
    }
    const dense_target out = {w + first * n_out, n_out, NULL, 0, DENSE_DESCEND, rate};
    weight_product(x + first, delta, batch, n_in, n_out, last - first, out, room);
}

/* A bias is a weight of an input that is always 1. */
static const real dense_constant_input = 1;

static void bias_gradient(const real *delta, int accumulate, real *db, size_t batch, size_t n_out) {
    const dense_operands in = {.a = &dense_constant_input, .b = delta, .b_row = n_out, .depth = batch};
    const dense_target out = {db, n_out, accumulate ? db : NULL, n_out, DENSE_STORE, 0};
    dense_product(1, n_out, in, out, DENSE_NO_ROOM);
}

static void bias_descend(const real *delta, real rate, real *b, size_t batch, size_t n_out) {
    const dense_operands in = {.a = &dense_constant_input, .b = delta, .b_row = n_out, .depth = batch};
    const dense_target out = {b, n_out, NULL, 0, DENSE_DESCEND, rate};
    dense_product(1, n_out, in, out, DENSE_NO_ROOM);
}
