/*
 * fenced.h: memory that ends where no more is, so that who reads or writes behind an array is stopped.
 * To be included before anything else.
 */
#if defined(__unix__)
#define _DEFAULT_SOURCE /* for MAP_ANONYMOUS */
#include <sys/mman.h>
#include <unistd.h>
#endif

#include <stdlib.h>
#include <string.h>

enum { SLOTS = 6, SLOT_BYTES = 1 << 21 };

#if defined(__unix__)
static unsigned char *slot_end(int slot) {
    static unsigned char *ends[SLOTS];
    if (!ends[slot]) {
        const size_t page = (size_t)sysconf(_SC_PAGESIZE);
        unsigned char *const memory =
            mmap(NULL, SLOT_BYTES + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED || mprotect(memory + SLOT_BYTES, page, PROT_NONE) != 0) exit(1);
        ends[slot] = memory + SLOT_BYTES;
    }
    return ends[slot];
}
#else
static unsigned char *slot_end(int slot) {
    static unsigned char memory[SLOTS][SLOT_BYTES];
    return memory[slot] + SLOT_BYTES;
}
#endif

/* Zeros; the memory of one array at a time, whose slot it is. */
static void *fenced(int slot, size_t count, size_t bytes) {
    if (count > SLOT_BYTES / bytes) exit(1);
    return memset(slot_end(slot) - count * bytes, 0, count * bytes);
}
