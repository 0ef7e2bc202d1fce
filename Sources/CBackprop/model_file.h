/*
 * model_file.h: what safetensors.c shares with the files beside it.
 */
#ifndef BP_MODEL_FILE_H
#define BP_MODEL_FILE_H

#include "internal.h"

/* Longer headers are refused, as the format's own library does. */
#define BP_HEADER_MAX ((size_t)100000000)
#define BP_HASH_START UINT64_C(0xcbf29ce484222325)
#define BP_CHECKSUM_DIGITS 16

/* The bytes of one number of a type. */
BP_INTERNAL size_t bp_type_bytes(bp_type type);

/* Whether numbers of a type become floats or doubles here. */
BP_INTERNAL int bp_type_is_readable(bp_type type);

/* The bytes of the UTF-8 sequence that begins here, or 0 if none does (The Unicode Standard, table 3-7). */
BP_INTERNAL size_t bp_utf8_length(const uint8_t *bytes, size_t left);

/* Goes on with FNV-1a over some bytes. */
BP_INTERNAL uint64_t bp_hash(uint64_t hash, const uint8_t *bytes, size_t count);

/* The checksum of a file whose digits begin at 'digits'. */
BP_INTERNAL uint64_t bp_file_checksum(const uint8_t *bytes, size_t count, size_t digits);

/* Writes sixteen hexadecimal digits. */
BP_INTERNAL void bp_hex_digits(uint64_t number, char *to);

/* Where a byte that a file's part points at is in the file. */
BP_INTERNAL size_t bp_tensors_position(const bp_tensors *file, const void *at);

#endif
