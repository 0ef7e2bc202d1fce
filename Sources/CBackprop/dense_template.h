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
    size_t paneled;     /* so many of the first rows of a are packed, ... */
    const real *panels; /* ... those of each tile as [depth][rows of the tile] */
    int packs;           /* 1 if strips pack the rows of b that they read, */
    real *strip;         /* ... here; NULL for the stack */
    int is_packed;       /* 1 if they lie there already */
    real *next;          /* where the tiles of a strip pack them for the next; NULL if they don't */
    size_t next_vectors; /* of the next strip */
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

/* What the code of a tile depends on: all but 'lanes' are constants wherever a tile is inlined. */
typedef struct dense_shape {
    size_t rows, vectors;
    int partial; /* 1 if the last vector has but 'lanes' lanes */
    size_t lanes;
    dense_source source;
} dense_shape;

/*
 * Vectors of a tile of one row, and rows of a tile of one vector, half as many where there are two: as many sums as hide
 * the latency of a multiply-add. (64-32-10 on EPYC, Zen 5, AVX-512: 51.0 % of peak, 52.5 with 8 rows of two, 51 with 11.)
 */
#define DENSE_WIDE 8
#define DENSE_TALL (VEC_TILE_ROWS * VEC_TILE_VECTORS > 16 ? 16 : 8)
#define DENSE_SUMS (VEC_TILE_ROWS * VEC_TILE_VECTORS > DENSE_WIDE ? VEC_TILE_ROWS * VEC_TILE_VECTORS : DENSE_WIDE)

/*
 * A strip packs the rows of b that it reads if DENSE_OFTEN tiles read them, and if they lie
 * so far apart that the strip is less than 1 / DENSE_CLOSE of them: then few of them share
 * a page, and many a set of the caches. DENSE_DEPTH rows at a time lie on the stack, 64 KiB
 * with AVX-512, 16 KiB with AVX2, none where there are no vectors. EPYC (Zen 4), share of
 * peak with AVX-512 and AVX2: 2048 wide, batch 256, 78 and 43 % unpacked, 88 and 73 % packed.
 * (784-128-10 with AVX2, batch 32: 86 %, and 84 % where 2 tiles were often.)
 *
 * With room for two strips, up to DENSE_DEEPEST rows lie there, in the second-level cache,
 * and the tiles of one strip pack the next: they leave the machine time to move numbers.
 * EPYC (Zen 5), AVX-512, batch 128 of 512 -> 512: forward 93.5 and 95.7 % of peak, deltas,
 * which need the transposed weights, 90.3 and 96.1 %; 784-512-512-10, whole steps, 90.5
 * and 92.3 %, 1024-2048-2048-1024-10 with a batch of 256 89.3 and 91.2 %.
 */
#define DENSE_OFTEN 8
#define DENSE_CLOSE 4
#define DENSE_DEPTH 256
#define DENSE_DEEPEST (DENSE_DEPTH * VEC_TILE_VECTORS)
#define DENSE_STRIP (VEC_TILE_VECTORS * VEC_LANES)

/*
 * With room for it, columns of a that a tile reads are packed too, if so many strips read
 * them: rows as wide as a power of two meet in few sets of the caches. 2048 wide, batch
 * 256, whole steps with AVX-512 and AVX2: 86 and 70 % of peak without, 88 and 81 % with.
 */
#define DENSE_STRIPS 16
#define DENSE_NO_ROOM ((BP_(bp_room)){NULL, 0})

/* How many rows ahead the tile that packs asks for: they may come from memory. */
#define DENSE_AHEAD 16

/*
 * Tiles ask for what comes after them, a line of memory in so many rows of b: all at once would fill the queues
 * of the caches. 784-128-10 on EPYC (Zen 5), batches of 32 and 128 that come from the third level: 83 and 86 % of
 * peak without, 88 and 90 % with the next rows of a asked for.
 */
#define DENSE_PACE (VEC_LANES > 1 ? 2 : 1)
#define DENSE_LINE (64 / sizeof(real))

/* Lines 'first' to 'last' of those at from[i % 2^bits * low + i / 2^bits * high]. */
typedef struct dense_lines {
    const real *from;
    size_t low, high;
    unsigned bits;
    size_t first, last;
} dense_lines;

/* Asks for a line of memory; it need not be part of the array, so this makes no pointer. */
BP_INLINE void dense_ask(const real *p, size_t offset) {
    BP_PREFETCH((uintptr_t)p + offset * sizeof(real));
}

BP_INLINE void dense_ask_line(const dense_lines *lines, size_t i) {
    const size_t line = lines->first + i, low = line & (((size_t)1 << lines->bits) - 1);
    if (line < lines->last) dense_ask(lines->from, low * lines->low + (line >> lines->bits) * lines->high);
}

/* Where a tile's b is not packed: the next rows of a, if they lie along k. */
BP_INLINE dense_lines dense_rows_ahead(size_t rows, dense_operands in) {
    const size_t lines = in.a_step == 1 ? in.depth / DENSE_LINE * 8 : 0;
    return (dense_lines){in.a + rows * in.a_row, in.a_row, DENSE_LINE, 3, 0, lines};
}

/* Where it is: the strip to the right, taken to be as wide, whose lines all tiles share; none if they pack it. */
BP_INLINE dense_lines dense_strip_ahead(size_t vectors, dense_operands in) {
    if (in.next) return (dense_lines){0};
    const size_t width = vectors * VEC_LANES;
    unsigned bits = 0;
    while ((size_t)1 << bits < (in.b_transposed ? width : vectors)) bits++;
    if (!in.b_transposed) return (dense_lines){in.b + width, VEC_LANES, in.b_row, bits, 0, in.depth << bits};
    const size_t lines = (in.depth + DENSE_LINE - 1) / DENSE_LINE;
    return (dense_lines){in.b + width * in.b_row, in.b_row, DENSE_LINE, bits, 0, lines << bits};
}

/*
 * What is left to pack of the next strip, from b[from] to packed[to] and so on: vectors of a row, then of the row
 * below; or, where b is transposed, some numbers of a column, then of the column to the right.
 */
typedef struct dense_packing {
    const real *b;
    real *packed;
    size_t from, from_step, from_turn, to, to_step, to_turn;
    size_t line, left_of_line, left;
    size_t row;
    int transposed;
} dense_packing;

/* Columns of b that is transposed are rows, so many of which are read together. */
#define DENSE_COLUMNS (VEC_LANES < 8 ? VEC_LANES : 8)

BP_INLINE dense_packing dense_next_strip(size_t vectors, dense_operands in) {
    const size_t width = in.next_vectors * VEC_LANES;
    dense_packing next = {.b = in.b, .packed = in.next, .row = in.b_row, .transposed = in.b_transposed};
    if (in.next == NULL) return next;
    if (in.b_transposed) {
        next.line = in.depth;
        next.left = in.depth * width / DENSE_COLUMNS;
        next.from = vectors * VEC_LANES * in.b_row;
        next.from_step = 1;
        next.from_turn = in.b_row * DENSE_COLUMNS - in.depth;
        next.to_step = width;
        next.to_turn = DENSE_COLUMNS - width * in.depth; /* unsigned, so back */
    } else {
        next.line = in.next_vectors;
        next.left = in.depth * in.next_vectors;
        next.from = vectors * VEC_LANES;
        next.from_step = next.to_step = VEC_LANES;
        next.from_turn = in.b_row - width;
    }
    next.left_of_line = next.line;
    return next;
}

/*
 * Packs a vector, and asks for one to come. Numbers of a column one by one: volatile, lest
 * the compiler makes them vectors, for which it takes registers of the sums.
 */
BP_INLINE void dense_pack_next(dense_packing *next) {
    const real *from = next->b + next->from;
    real *to = next->packed + next->to;
    if (next->transposed) {
        BP_UNROLL
        for (size_t i = 0; i < DENSE_COLUMNS; i++) *(volatile real *)(to + i) = from[i * next->row];
        dense_ask(from, next->left_of_line % DENSE_COLUMNS * next->row + 2 * DENSE_LINE);
    } else {
        vec_store(to, vec_load(from));
        dense_ask(from, DENSE_AHEAD / 2 * next->row);
    }
    next->from += next->from_step;
    next->to += next->to_step;
    next->left--;
    if (--next->left_of_line > 0) return;
    next->left_of_line = next->line;
    next->from += next->from_turn;
    next->to += next->to_turn;
}

#define DENSE_GET(p, v) (tile.partial && (v) + 1 == tile.vectors ? vec_load_first(p, tile.lanes) : vec_load(p))

/* The k-th term of each sum of a tile. */
BP_INLINE void dense_term(dense_shape tile, size_t k, const dense_operands *in, real *packed, vec *sum) {
    vec b[DENSE_WIDE];
    BP_UNROLL
    for (size_t v = 0; v < tile.vectors; v++) {
        const size_t at = (k * tile.vectors + v) * VEC_LANES;
        if (tile.source == DENSE_PACKED) {
            b[v] = vec_load(in->b + at);
            continue;
        }
        b[v] = DENSE_GET(in->b + k * in->b_row + v * VEC_LANES, v);
        if (tile.source == DENSE_FAR) continue;
        vec_store(packed + at, b[v]);
        dense_ask(in->b, (k + DENSE_AHEAD) * in->b_row + v * VEC_LANES);
    }
    BP_UNROLL
    for (size_t r = 0; r < tile.rows; r++) {
        const vec a = vec_set1(in->a[r * in->a_row + k * in->a_step]);
        BP_UNROLL
        for (size_t v = 0; v < tile.vectors; v++) sum[r * tile.vectors + v] = vec_fma(a, b[v], sum[r * tile.vectors + v]);
    }
}

/* All terms, in ascending order; the last of them ask for the tile of c below. */
BP_INLINE void dense_terms(dense_shape tile, const dense_operands *in, const dense_lines *ahead, dense_packing *next,
                           const dense_target *out, real *packed, vec *sum) {
    size_t k = 0;
    for (; k + DENSE_PACE <= in->depth; k += DENSE_PACE) {
        const size_t left = (in->depth - k) / DENSE_PACE - 1;
        if (tile.source == DENSE_PACKED && left < tile.rows * tile.vectors)
            dense_ask(out->c, (tile.rows + left / tile.vectors) * out->c_row + left % tile.vectors * VEC_LANES);
        else if (tile.source == DENSE_PACKED && next->left > 0)
            dense_pack_next(next);
        else if (tile.rows > 2 && tile.vectors > 1)
            dense_ask_line(ahead, k / DENSE_PACE);
        BP_UNROLL
        for (size_t i = 0; i < DENSE_PACE; i++) dense_term(tile, k + i, in, packed, sum);
    }
    for (; DENSE_PACE > 1 && k < in->depth; k++) dense_term(tile, k, in, packed, sum);
}

/* One tile of c: its sums live in registers, as the loops over rows and vectors unroll. */
BP_INLINE void dense_tile(dense_shape tile, dense_operands in, dense_lines ahead, dense_packing *next,
                          dense_target out, real *packed) {
    vec sum[DENSE_SUMS];
    const size_t count = tile.rows * tile.vectors;
#define DENSE_AT(i, row) ((i) / tile.vectors * (row) + (i) % tile.vectors * VEC_LANES)
    BP_UNROLL
    for (size_t i = 0; i < count; i++)
        sum[i] = out.start ? DENSE_GET(out.start + DENSE_AT(i, out.start_row), i % tile.vectors) : math_zero();
    dense_terms(tile, &in, &ahead, next, &out, packed, sum);
    /* A sum of zero is +0, so that terms that are zero can be left out. */
    BP_UNROLL
    for (size_t i = 0; i < count; i++) sum[i] = vec_add(sum[i], math_zero());
    if (out.result == DENSE_DESCEND) {
        BP_UNROLL
        for (size_t i = 0; i < count; i++)
            sum[i] = vec_fnma(vec_set1(out.rate), sum[i], DENSE_GET(out.c + DENSE_AT(i, out.c_row), i % tile.vectors));
    }
    BP_UNROLL
    for (size_t i = 0; i < count; i++) {
        if (tile.partial && i % tile.vectors + 1 == tile.vectors)
            vec_store_first(out.c + DENSE_AT(i, out.c_row), sum[i], tile.lanes);
        else
            vec_store(out.c + DENSE_AT(i, out.c_row), sum[i]);
    }
#undef DENSE_AT
}
#undef DENSE_GET

/*
 * How things are dealt to as few parts as can hold them: of 'least' each, the first 'larger' of one more. Parts as equal
 * as that keep a small last one from waiting on the latency of multiply-adds.
 */
typedef struct dense_split {
    size_t parts, least, larger;
} dense_split;

BP_INLINE dense_split dense_split_of(size_t count, size_t most) {
    const size_t parts = (count + most - 1) / most;
    if (parts == 0) return (dense_split){0, 0, 0};
    return (dense_split){parts, count / parts, count % parts};
}

BP_INLINE size_t dense_part(dense_split split, size_t i) { return split.least + (i < split.larger); }

/* One tile of a strip, its rows from 'row' on. */
BP_INLINE void dense_tile_of_strip(dense_shape tile, size_t row, dense_operands in, dense_lines ahead,
                                   dense_packing *next, dense_target out, real *packed) {
    if (row + tile.rows <= in.paneled) {
        in.a = in.panels + row * in.depth;
        in.a_row = 1;
        in.a_step = tile.rows;
    } else {
        in.a += row * in.a_row;
    }
    out.c += row * out.c_row;
    if (out.start) out.start += row * out.start_row;
    dense_tile(tile, in, tile.source == DENSE_PACKED ? ahead : dense_rows_ahead(tile.rows, in), next, out, packed);
}

/* The tiles of one strip from a row on; they pack the next strip, or each asks for its share of it. */
BP_INLINE void dense_tiles(dense_shape tile, size_t row, size_t m, dense_operands in, dense_lines strip,
                           dense_packing *next, dense_target out) {
    dense_lines ahead = strip;
#define DENSE_ROWS(count, source)                                                                             \
    case count:                                                                                               \
        dense_tile_of_strip((dense_shape){count, tile.vectors, tile.partial, tile.lanes, source}, row, in, ahead, \
                            next, out, NULL);                                                                 \
        break;
    const size_t tall = DENSE_TALL / tile.vectors;
    if (VEC_LANES > 1 && tile.vectors <= 2 && tall > VEC_TILE_ROWS && in.paneled == 0 && next->left == 0)
        for (; m - row >= tall; row += tall)
            switch (tall) {
                DENSE_ROWS(DENSE_TALL, DENSE_FAR)
                DENSE_ROWS(DENSE_TALL / 2, DENSE_FAR)
            }
    const dense_split split = dense_split_of(m - row, VEC_TILE_ROWS);
    for (size_t i = 0; i < split.parts; i++) {
        const size_t rows = dense_part(split, i);
        ahead.first = row * strip.last / m;
        ahead.last = (row + rows) * strip.last / m;
        switch (rows) {
            DENSE_ROWS(VEC_TILE_ROWS, tile.source)
            DENSE_ROWS(VEC_TILE_ROWS - 1, tile.source)
            /* So few rows have few tiles: it matters little where they find b. */
            DENSE_ROWS(VEC_TILE_ROWS - 2, DENSE_FAR)
            DENSE_ROWS(VEC_TILE_ROWS - 3, DENSE_FAR)
#if VEC_TILE_ROWS > 4
            DENSE_ROWS(VEC_TILE_ROWS - 4, DENSE_FAR)
            DENSE_ROWS(VEC_TILE_ROWS - 5, DENSE_FAR)
#endif
#if VEC_TILE_ROWS > 6
            DENSE_ROWS(VEC_TILE_ROWS - 6, DENSE_FAR)
            DENSE_ROWS(VEC_TILE_ROWS - 7, DENSE_FAR)
#endif
        }
        row += rows;
    }
#undef DENSE_ROWS
}

/* Packs the columns of a strip of b that is transposed: they are rows there. */
BP_INLINE void dense_pack_columns(size_t vectors, size_t columns, dense_operands in, real *packed) {
    for (size_t v = 0; v < vectors; v++)
        for (size_t k = 0; k < in.depth; k += VEC_LANES) {
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

/* A function apart, whose many constants would stay in registers through all tiles. */
BP_APART void dense_pack_transposed(size_t vectors, size_t columns, dense_operands in, real *packed) {
    if (vectors == VEC_TILE_VECTORS) dense_pack_columns(VEC_TILE_VECTORS, columns, in, packed);
    else dense_pack_columns(vectors, columns, in, packed);
}

/* Packs what a strip reads of b, if the one before hasn't; returns how many rows of c are done with it. */
BP_INLINE size_t dense_pack_strip(dense_shape tile, dense_operands in, dense_packing *next, dense_target out,
                                  real *packed) {
    const dense_lines nothing = {0};
    if (in.is_packed) return 0;
    if (in.b_transposed) {
        dense_pack_transposed(tile.vectors, (tile.vectors - 1) * VEC_LANES + tile.lanes, in, packed);
        return 0;
    }
    /* The first tile reads them anyway. */
    tile.rows = VEC_TILE_ROWS;
    tile.source = DENSE_PACK;
    dense_tile_of_strip(tile, 0, in, nothing, next, out, packed);
    return tile.rows;
}

/* One strip, from top to bottom; its tiles pack the next, and what they did not get to is packed at the end. */
BP_INLINE void dense_strip(dense_shape tile, size_t m, dense_operands in, dense_target out) {
    dense_packing next = dense_next_strip(tile.vectors, in);
    const dense_lines ahead = dense_strip_ahead(tile.vectors, in);
    tile.source = DENSE_FAR;
    if (VEC_LANES == 1 || !in.packs) {
        dense_tiles(tile, 0, m, in, ahead, &next, out);
        return;
    }
    _Alignas(64) real stack[DENSE_DEPTH * DENSE_STRIP];
    real *packed = in.strip ? in.strip : stack;
    const size_t done = dense_pack_strip(tile, in, &next, out, packed);
    in.b = packed;
    in.b_row = tile.vectors * VEC_LANES;
    tile.source = DENSE_PACKED;
    dense_tiles(tile, done, m, in, ahead, &next, out);
    while (next.left > 0) dense_pack_next(&next);
}

/* So many vectors from a column on, of which the last has so many lanes; at most two if those are a part. */
BP_INLINE void dense_columns(size_t vectors, size_t lanes, size_t column, size_t m, dense_operands in, dense_target out) {
    in.b += column * (in.b_transposed ? in.b_row : 1);
    out.c += column;
    if (out.start) out.start += column;
#define DENSE_VECTORS(count) \
    if (vectors == (count) && lanes == VEC_LANES) dense_strip((dense_shape){0, count, 0, VEC_LANES, DENSE_FAR}, m, in, out);
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
    if (VEC_LANES > 1 && vectors == 1 && lanes < VEC_LANES) dense_strip((dense_shape){0, 1, 1, lanes, DENSE_FAR}, m, in, out);
#if VEC_TILE_VECTORS > 1
    if (vectors == 2 && lanes < VEC_LANES) dense_strip((dense_shape){0, 2, 1, lanes, DENSE_FAR}, m, in, out);
#endif
}

/* One row of c, as many of its columns as fill tiles; returns how many. */
BP_INLINE size_t dense_row(size_t n, dense_operands in, dense_target out) {
    const dense_shape tile = {1, DENSE_WIDE, 0, VEC_LANES, DENSE_FAR};
    const dense_lines nothing = {0};
    dense_packing none = {0};
    size_t column = 0;
    for (; column + DENSE_WIDE * VEC_LANES <= n; column += DENSE_WIDE * VEC_LANES) {
        dense_tile(tile, in, nothing, &none, out, NULL);
        in.b += DENSE_WIDE * VEC_LANES;
        out.c += DENSE_WIDE * VEC_LANES;
        if (out.start) out.start += DENSE_WIDE * VEC_LANES;
    }
    return column;
}

/*
 * All columns of c, m x n: whole vectors in strips, then one of what is left, a part of a vector, with the vector before
 * it. (Any strip could end with a part, but there are many tiles to compile.)
 */
BP_INLINE void dense_strips(size_t m, size_t n, dense_operands in, dense_target out) {
    size_t column = m == 1 && !in.b_transposed ? dense_row(n, in, out) : 0;
    const size_t lanes = (n - column) % VEC_LANES, vectors = (n - column) / VEC_LANES;
    const size_t paired = lanes > 0 && vectors > 0 && VEC_TILE_VECTORS > 1;
    const dense_split split = dense_split_of(vectors - paired, VEC_TILE_VECTORS);
    real *strips[2] = {in.strip, in.next};
    for (size_t i = 0; i < split.parts; i++) {
        const int is_last = i + 1 == split.parts;
        in.strip = strips[i % 2];
        in.next = is_last ? NULL : strips[(i + 1) % 2];
        in.next_vectors = is_last ? 0 : dense_part(split, i + 1);
        dense_columns(dense_part(split, i), VEC_LANES, column, m, in, out);
        in.is_packed = in.next != NULL;
        column += dense_part(split, i) * VEC_LANES;
    }
    if (lanes > 0) dense_columns(1 + paired, lanes, column, m, in, out);
}

/* Packs the rows of a of one tile, for k from 'first' to 'last'. */
BP_INLINE void dense_pack_panel(size_t rows, size_t row, size_t first, size_t last, dense_operands in, real *panels) {
    for (size_t k = first; k < last; k++) {
        const real *from = in.a + row * in.a_row + k * in.a_step;
        real *to = panels + row * in.depth + k * rows;
        BP_UNROLL
        for (size_t r = 0; r < rows; r++) to[r] = from[r * in.a_row];
    }
}

/*
 * Packs the rows of a of those tiles that fit into 'most' rows, which it returns. Rows that are contiguous are read
 * one tile at a time; columns that are, some lines of all tiles at a time, so that each is read once.
 */
BP_APART size_t dense_pack_panels(size_t m, size_t most, dense_operands in, real *panels) {
    const dense_split split = dense_split_of(m, VEC_TILE_ROWS);
    const size_t together = in.a_step == 1 ? in.depth : DENSE_LINE;
    size_t row = 0;
    for (size_t first = 0; first < in.depth; first += together) {
        const size_t last = first + together < in.depth ? first + together : in.depth;
        row = 0;
        for (size_t i = 0; i < split.parts && row + dense_part(split, i) <= most; i++) {
            const size_t rows = dense_part(split, i);
            /* A constant unrolls. */
            if (rows == VEC_TILE_ROWS) dense_pack_panel(VEC_TILE_ROWS, row, first, last, in, panels);
            else dense_pack_panel(rows, row, first, last, in, panels);
            row += rows;
        }
    }
    return row;
}

/* Takes numbers from the room. */
BP_INLINE real *dense_take(BP_(bp_room) *room, size_t count) {
    real *taken = room->numbers;
    room->numbers += count;
    room->count -= count;
    return taken;
}

/* Leaves what there is from the next line of memory on. */
BP_INLINE void dense_skip_to_line(BP_(bp_room) *room) {
    const size_t skipped = (size_t)(-(uintptr_t)room->numbers % BP_CACHE_LINE) / sizeof(real);
    dense_take(room, skipped < room->count ? skipped : room->count);
}

/* How many rows of b strips pack, 0 for none of them; those of b that is transposed must. */
BP_INLINE size_t dense_deepest(int often, dense_operands in, dense_result result, BP_(bp_room) room) {
    const int far = in.b_row > DENSE_CLOSE * DENSE_STRIP;
    if (VEC_LANES == 1 || (!in.b_transposed && !(often && far))) return 0;
    size_t rows = room.count / (2 * DENSE_STRIP);
    if (result == DENSE_STORE && rows > DENSE_DEEPEST) rows = DENSE_DEEPEST;
    return rows > DENSE_DEPTH ? rows : DENSE_DEPTH;
}

/*
 * All of c, m x n. Sums too long to be packed go on from where they were left in c; for
 * weights that are updated in place there is no such place, and nothing is packed then.
 */
BP_INLINE void dense_product(size_t m, size_t n, dense_operands in, dense_target out, BP_(bp_room) room) {
    const int often = m >= DENSE_OFTEN * VEC_TILE_ROWS;
    if (!often) room = DENSE_NO_ROOM;
    if (room.count > 0) dense_skip_to_line(&room);
    const size_t most = dense_deepest(often, in, out.result, room);
    in.packs = most > 0 && (out.result == DENSE_STORE || in.depth <= most);
    const size_t parts = in.packs && in.depth > most ? (in.depth + most - 1) / most : 1;
    const size_t deepest = (in.depth + parts - 1) / parts;
    if (in.packs && room.count >= 2 * deepest * DENSE_STRIP) {
        in.strip = dense_take(&room, deepest * DENSE_STRIP);
        in.next = dense_take(&room, deepest * DENSE_STRIP);
    }
    const int has_panels = n >= DENSE_STRIPS / (deepest > 2 * DENSE_DEPTH ? 2 : 1) * DENSE_STRIP;
    for (size_t i = 0; i < parts; i++) {
        dense_operands part = in;
        const size_t k = in.depth * i / parts;
        part.depth = in.depth * (i + 1) / parts - k;
        part.a += k * in.a_step;
        part.b += k * (in.b_transposed ? 1 : in.b_row);
        if (has_panels && room.count > 0) {
            part.panels = room.numbers;
            part.paneled = dense_pack_panels(m, room.count / deepest, part, room.numbers);
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

#if VEC_LANES > 1
/*
 * Few outputs fill a part of a vector and waste the rest of it. Where that is worth it the lanes run across the
 * samples, or the inputs: of so many at a time the sums are made on the stack, a row for each output, and transposed.
 */
#define DENSE_ACROSS (DENSE_WIDE * VEC_LANES)

/* The sums of so many rows of c; each output has a row of them, and there are fewer outputs than lanes. */
static void dense_turn(const real *sums, size_t m, size_t n, real *c) {
    for (size_t i = 0; i < m; i += VEC_LANES) {
        vec square[VEC_LANES];
        const size_t rows = vec_count(m - i);
        transpose_load(sums + i, DENSE_ACROSS, n, rows, square);
        for (size_t r = 0; r < rows; r++) vec_store_first(c + (i + r) * n, square[r], n);
    }
}

/* What they start from, if anything. */
static void dense_turn_start(size_t m, size_t n, dense_target out, real *sums) {
    for (size_t j = 0; j < n; j++, sums += DENSE_ACROSS) {
        if (out.start_row == 0)
            for (size_t i = 0; i < m; i += VEC_LANES) vec_store(sums + i, vec_set1(out.start[j]));
        else
            for (size_t i = 0; i < m; i++) sums[i] = out.start[i * out.start_row + j];
    }
}

/* All of c, m x n, by way of its transpose: 'in' makes that, n x m. Rows of c are contiguous. */
static void dense_across(size_t m, size_t n, dense_operands in, dense_target out) {
    _Alignas(64) real sums[VEC_LANES * DENSE_ACROSS], turned[VEC_LANES * DENSE_ACROSS];
    const dense_target across = {
        .c = sums, .c_row = DENSE_ACROSS, .start = out.start ? sums : NULL, .start_row = DENSE_ACROSS};
    for (size_t rows; m > 0; m -= rows) {
        rows = m < DENSE_ACROSS ? m : DENSE_ACROSS;
        if (out.start) dense_turn_start(rows, n, out, sums);
        dense_matrix(n, rows, in, across, DENSE_NO_ROOM);
        /* Not row by row: the load of a part of a vector would wait for the store of the part before it. */
        dense_turn(sums, rows, n, out.result == DENSE_DESCEND ? turned : out.c);
        if (out.result == DENSE_DESCEND) descend(turned, out.rate, out.c, rows * n);
        in.b += rows * (in.b_transposed ? in.b_row : 1);
        out.c += rows * n;
        if (out.start) out.start += rows * out.start_row;
    }
}

/*
 * Forward that takes so few outputs, as samples must be transposed too. EPYC (Zen 5), AVX-512, 32 samples of 784
 * inputs, 1 and 4 outputs, share of peak: 5.3 and 21 % by rows, 7.7 and 29 % so.
 */
#define DENSE_NARROW 4

BP_INLINE int dense_samples_across(size_t batch, size_t n_out) {
    return batch >= VEC_LANES && n_out > 0 && n_out * DENSE_NARROW <= VEC_LANES;
}

/*
 * For weights so many samples, times lanes that are wasted, as few samples don't make up for transposing. The same
 * layers: 4.4 and 18 % by rows, 12.4 and 44 % so; of 10 outputs 43 and 61 %, of 12 as many either way.
 */
#define DENSE_WASTED (12 * VEC_LANES)

BP_INLINE int dense_inputs_across(size_t batch, size_t n_in, size_t n_out) {
    return n_in >= VEC_LANES && n_out > 0 && n_out < VEC_LANES && batch * (VEC_LANES - n_out) >= DENSE_WASTED;
}
#endif

static void dense_forward(const real *x, const real *w, const real *b, real *z, size_t batch, size_t n_in,
                          size_t n_out, size_t columns, BP_(bp_room) room) {
    const dense_operands in = {.a = x, .a_row = n_in, .a_step = 1, .b = w, .b_row = n_out, .depth = n_in};
    const dense_target out = {.c = z, .c_row = n_out, .start = b, .result = DENSE_STORE};
#if VEC_LANES > 1
    if (dense_samples_across(batch, n_out)) {
        const dense_operands across = {
            .a = w, .a_row = 1, .a_step = n_out, .b = x, .b_row = n_in, .b_transposed = 1, .depth = n_in};
        dense_across(batch, n_out, across, out);
        return;
    }
#endif
    dense_matrix(batch, columns, in, out, room);
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

/* The sums over the samples, for a block of the weights. */
static void weight_product(const real *x, const real *delta, size_t batch, size_t n_in, size_t n_out, bp_block block,
                           dense_target out, BP_(bp_room) room) {
    const dense_operands in = {.a = x + block.rows.first, .a_row = 1, .a_step = n_in,
                               .b = delta + block.columns.first, .b_row = n_out, .depth = batch};
    const size_t corner = block.rows.first * n_out + block.columns.first;
    out.c += corner;
    if (out.start) out.start += corner;
#if VEC_LANES > 1
    const size_t inputs = block.rows.last - block.rows.first;
    if (dense_inputs_across(batch, inputs, n_out)) {
        const dense_operands across = {
            .a = delta, .a_row = 1, .a_step = n_out, .b = x + block.rows.first, .b_row = n_in, .depth = batch};
        dense_across(inputs, n_out, across, out);
        return;
    }
#endif
    dense_matrix(block.rows.last - block.rows.first, block.columns.last - block.columns.first, in, out, room);
}

static void weight_gradient(const real *x, const real *delta, int accumulate, real *dw, size_t batch, size_t n_in,
                            size_t n_out, bp_block block, BP_(bp_room) room) {
    const dense_target out = {dw, n_out, accumulate ? dw : NULL, n_out, DENSE_STORE, 0};
    weight_product(x, delta, batch, n_in, n_out, block, out, room);
}

/*
 * For a single sample the weights stream through once, row by row. (Not rows shorter than a
 * vector: each load of a part of one would wait for the store of the part before it.)
 */
static void weight_descend_sample(const real *x, const real *delta, real rate, real *w, size_t n_out, bp_block block) {
    for (size_t i = block.rows.first; i < block.rows.last; i++) {
        const vec input = vec_set1(x[i]);
        for (size_t j = block.columns.first; j < block.columns.last; j += VEC_LANES) {
            const size_t lanes = vec_count(block.columns.last - j);
            real *c = w + i * n_out + j;
            const vec g = vec_add(vec_fma(input, vec_get(delta + j, lanes), math_zero()), math_zero());
            vec_keep(c, vec_fnma(vec_set1(rate), g, vec_get(c, lanes)), lanes);
        }
    }
}

static void weight_descend(const real *x, const real *delta, real rate, real *w, size_t batch, size_t n_in,
                           size_t n_out, bp_block block, BP_(bp_room) room) {
    if (batch == 1 && n_out >= VEC_LANES) {
        weight_descend_sample(x, delta, rate, w, n_out, block);
        return;
    }
    const dense_target out = {w, n_out, NULL, 0, DENSE_DESCEND, rate};
    weight_product(x, delta, batch, n_in, n_out, block, out, room);
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
