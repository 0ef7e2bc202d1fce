#!/usr/bin/env bash
# Counts the instructions of a step of a 2-2-2 network on one sample: through the C core, through
# Trainer.step, and in a run of Trainer.train. Unlike times they are the same on a busy machine. Fails
# where there are more than the bounds below. Needs a release build and valgrind, which has AVX2 at most.
#
#     Tests/instructions.sh [PROGRAM]
set -euo pipefail
cd "$(dirname "$0")/.."
program=${1:-.build/release/Benchmarks}

command -v valgrind >/dev/null || { echo "skipped: valgrind is not installed"; exit 0; }
[ "$(uname -m)" = x86_64 ] || { echo "skipped: the bounds are those of x86-64"; exit 0; }

instructions() { # KIND STEPS
    BACKPROP_ISA=avx2 valgrind --tool=callgrind --callgrind-out-file=/dev/null "$program" steps "$@" 2>&1 |
        sed -n 's/.*Collected : //p'
}

# The difference between two runs leaves out what comes before the first step.
check() { # KIND BOUND
    local few many each
    few=$(instructions "$1" 1000)
    many=$(instructions "$1" 3000)
    each=$(((many - few) / 2000))
    printf '%-8s %5d instructions a step, at most %d\n' "$1" "$each" "$2"
    [ "$each" -le "$2" ] || failed=1
}

failed=0
check core 1600
check trainer 1900
check run 2400
exit "$failed"
