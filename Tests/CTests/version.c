/* version.c: fails unless the library is of the header's version. */
#include <stdio.h>

#include "backprop.h"

int main(void) {
    const int numbers = BP_VERSION_MAJOR * 10000 + BP_VERSION_MINOR * 100 + BP_VERSION_PATCH;
    printf("header %d, library %d\n", BP_VERSION, bp_version());
    return BP_VERSION != numbers || bp_version() != BP_VERSION;
}
