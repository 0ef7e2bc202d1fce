/*
 * allocations.c: the functions of the C library that allocate, each counted and then called.
 *
 * The dynamic linker takes a program's own malloc() before that of a library, and glibc
 * has its functions under a second name for programs that do this.
 */
#include "allocations.h"

#if defined(__linux__)
#include <features.h>
#endif

/* Sanitizers have a malloc() of their own. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define ALLOCATIONS_ARE_TAKEN
#endif
#endif

#if defined(__GLIBC__) && !defined(ALLOCATIONS_ARE_TAKEN)

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>

extern void *__libc_malloc(size_t bytes);
extern void *__libc_calloc(size_t count, size_t bytes);
extern void *__libc_realloc(void *memory, size_t bytes);
extern void *__libc_memalign(size_t alignment, size_t bytes);

static _Thread_local unsigned long long of_thread;
static _Atomic unsigned long long of_process;

static void count(void) {
    of_thread++;
    atomic_fetch_add_explicit(&of_process, 1, memory_order_relaxed);
}

void *malloc(size_t bytes) {
    count();
    return __libc_malloc(bytes);
}

void *calloc(size_t n, size_t bytes) {
    count();
    return __libc_calloc(n, bytes);
}

void *realloc(void *memory, size_t bytes) {
    count();
    return __libc_realloc(memory, bytes);
}

void *memalign(size_t alignment, size_t bytes) {
    count();
    return __libc_memalign(alignment, bytes);
}

void *aligned_alloc(size_t alignment, size_t bytes) { return memalign(alignment, bytes); }

int posix_memalign(void **memory, size_t alignment, size_t bytes) {
    void *found = memalign(alignment, bytes);
    if (!found) return ENOMEM;
    *memory = found;
    return 0;
}

int allocations_are_counted(void) { return 1; }
unsigned long long allocations_of_thread(void) { return of_thread; }
unsigned long long allocations_of_process(void) { return of_process; }

#else

int allocations_are_counted(void) { return 0; }
unsigned long long allocations_of_thread(void) { return 0; }
unsigned long long allocations_of_process(void) { return 0; }

#endif
