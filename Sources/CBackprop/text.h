/*
 * text.h: the functions of strings that the files of models need, as the core asks for no C library.
 */
#ifndef BP_TEXT_H
#define BP_TEXT_H

#include "platform.h"

/* As strlen(). */
BP_INLINE size_t bytes_length(const char *text) {
    size_t n = 0;
    while (text[n]) n++;
    return n;
}

/* As memcmp(). */
BP_INLINE int bytes_compare(const void *a, const void *b, size_t n) {
    const unsigned char *p = a, *q = b;
    size_t i = 0;
    while (i < n && p[i] == q[i]) i++;
    return i < n ? p[i] - q[i] : 0;
}

/* As memchr(). */
BP_INLINE const void *bytes_find(const void *text, int byte, size_t n) {
    const unsigned char *p = text;
    for (size_t i = 0; i < n; i++)
        if (p[i] == (unsigned char)byte) return p + i;
    return NULL;
}

#endif
