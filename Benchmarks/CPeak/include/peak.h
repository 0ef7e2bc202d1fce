/*
 * peak.h: what this processor can do at most, to measure others against.
 */
#ifndef PEAK_H
#define PEAK_H

#include <stddef.h>

typedef enum peak_width { PEAK_SCALAR, PEAK_128, PEAK_256, PEAK_512 } peak_width;

/*
 * Does 'rounds' of independent fused multiply-adds that never leave the registers of
 * vectors of that width, and returns the number of floating-point operations (two each).
 * The caller has checked that the processor has them.
 */
double peak_multiply_add_f32(peak_width width, size_t rounds);
double peak_multiply_add_f64(peak_width width, size_t rounds);

/* Reads 'bytes' (a multiple of 1024) of aligned memory once, and returns something made of them. */
unsigned peak_read(peak_width width, const void *memory, size_t bytes);

/* Reads 'bytes' (a multiple of 1024) of aligned memory once, and writes them back changed in place. */
void peak_update(peak_width width, void *memory, size_t bytes);

/* The compiler that this was compiled by, as it calls itself. */
const char *peak_compiler(void);

/*
 * The instructions that this was compiled for, where nothing else is said: what the Swift code beside
 * it may use too, as 'swift build -Xcc -march=native' is for both.
 */
const char *peak_compiled_for(void);

/* The bytes that all vector registers of those instructions hold. */
unsigned peak_register_file(void);

/* Counts the line feeds of a file as 'wc -l' does, block by block; (size_t)-1 if it can't be read. */
size_t peak_count_lines(const char *path);

/*
 * Reads a file as a whole, and takes every run of digits in it for a number: the least that loading
 * a table of whole numbers can take. Returns their sum, so that none can be left out, or -1 if the
 * file can't be read. Stores nothing, checks nothing.
 */
double peak_sum_numbers(const char *path);

#endif
