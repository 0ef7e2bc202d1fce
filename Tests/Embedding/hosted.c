/* hosted.c: what the programs of freestanding.h give on a desktop: the hashes of exclusive or and of the digits. */
#include <stdio.h>

#include "freestanding.h"

int main(void) {
    const uint64_t xor = train_xor(), digits = train_digits();
    printf("%016llx %016llx\n", (unsigned long long)xor, (unsigned long long)digits);
    return xor == 0 || digits == 0 || !predict_digit();
}
