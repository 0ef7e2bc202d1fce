/*
 * board.c: what a program on an emulated Cortex-M board needs: vectors, a start, the three functions
 * that compilers call on their own, and output by semihosting. There is no C library.
 *
 * BOARD_RUNS says what main() does: XOR, DIGITS or PREDICT; without it nothing, to measure what this file takes.
 */
#include "freestanding.h"

extern uint32_t board_bss[], board_bss_end[], board_stack[], board_stack_end[];

#if defined(__clang__)
#define NO_CALLS
#else
/* Else the loops below become calls of the functions that they are in. */
#define NO_CALLS __attribute__((optimize("no-tree-loop-distribute-patterns")))
#endif

NO_CALLS void *memcpy(void *restrict to, const void *restrict from, size_t n) {
    for (size_t i = 0; i < n; i++) ((unsigned char *)to)[i] = ((const unsigned char *)from)[i];
    return to;
}

NO_CALLS void *memset(void *to, int value, size_t n) {
    for (size_t i = 0; i < n; i++) ((unsigned char *)to)[i] = (unsigned char)value;
    return to;
}

NO_CALLS void *memmove(void *to, const void *from, size_t n) {
    if ((uintptr_t)to <= (uintptr_t)from) return memcpy(to, from, n);
    while (n-- > 0) ((unsigned char *)to)[n] = ((const unsigned char *)from)[n];
    return to;
}

/* Arm, Semihosting for AArch32 and AArch64. */
enum { SYS_WRITE0 = 0x04, SYS_EXIT_EXTENDED = 0x20, APPLICATION_EXIT = 0x20026 };

static void semihosting(uint32_t operation, const void *argument) {
    register uint32_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

static void board_exit(int status) {
    const uint32_t reason[2] = {APPLICATION_EXIT, (uint32_t)status};
    semihosting(SYS_EXIT_EXTENDED, reason);
}

/* The stack that was used: the lowest word that is not what it was filled with. */
enum { UNUSED = 0x5a5a5a5a };
static uint32_t stack_used(void) {
    const uint32_t *lowest = board_stack;
    while (*lowest == UNUSED) lowest++;
    return (uint32_t)(board_stack_end - lowest) * 4;
}

static void print_line(uint64_t hash, uint32_t stack) {
    char line[40] = {0};
    int n = 0;
    for (int shift = 60; shift >= 0; shift -= 4) line[n++] = "0123456789abcdef"[hash >> shift & 15];
    line[n++] = ' ';
    for (uint32_t unit = 10000; unit > 0; unit /= 10) line[n++] = (char)('0' + stack / unit % 10);
    line[n] = '\n';
    semihosting(SYS_WRITE0, line);
}

static int run(uint64_t *result) {
#if defined(BOARD_RUNS_DIGITS)
    *result = train_digits();
    return *result != 0;
#elif defined(BOARD_RUNS_XOR)
    *result = train_xor();
    return *result != 0;
#elif defined(BOARD_RUNS_PREDICT)
    *result = 0;
    return predict_digit();
#else
    *result = 0;
    return 1;
#endif
}

void board_main(void);
void board_main(void) {
    uint64_t result;
    const int right = run(&result);
    print_line(result, stack_used());
    board_exit(right ? 0 : 1);
}

static void fault(void) { board_exit(2); }

#if defined(__ARM_FP)
#define FLOATING_POINT_ON \
    "ldr r0, =0xe000ed88\n ldr r1, [r0]\n ldr r2, =0x00f00000\n orrs r1, r2\n str r1, [r0]\n dsb\n isb\n"
#else
#define FLOATING_POINT_ON
#endif

/* Before anything else: floating point on (CPACR), memory cleared, the stack filled. */
void board_start(void);
__attribute__((naked)) void board_start(void) {
    __asm__ volatile(
        ".syntax unified\n" FLOATING_POINT_ON
        "ldr r0, =board_bss\n ldr r1, =board_bss_end\n movs r2, #0\n"
        "1: cmp r0, r1\n bhs 2f\n str r2, [r0]\n adds r0, #4\n b 1b\n"
        "2: ldr r0, =board_stack\n ldr r1, =board_stack_end\n ldr r2, =0x5a5a5a5a\n"
        "3: cmp r0, r1\n bhs 4f\n str r2, [r0]\n adds r0, #4\n b 3b\n"
        "4: bl board_main\n b .\n .ltorg\n");
}

__attribute__((section(".vectors"), used)) static const struct {
    const void *stack;
    void (*handlers[15])(void);
} vectors = {board_stack_end, {board_start, fault, fault, fault, fault, fault, fault}};
