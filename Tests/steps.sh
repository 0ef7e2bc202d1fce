#!/usr/bin/env bash
# Counts what a step costs in numbers that are the same on a busy machine: allocations after the first
# step, which must be none, and instructions of a 2-2-2 network on one sample, through the C core,
# through Trainer.step and in a run of Trainer.train. Needs a release build; instructions are counted
# by valgrind, which has AVX2 at most.
#
#     Tests/steps.sh [PROGRAM]
set -euo pipefail
cd "$(dirname "$0")/.."
program=${1:-.build/release/Benchmarks}
failed=0

"$program" allocations || failed=1

command -v valgrind >/dev/null || { echo "skipped: instructions, for valgrind is not installed"; exit "$failed"; }
[ "$(uname -m)" = x86_64 ] || { echo "skipped: instructions, whose bounds are for x86-64"; exit "$failed"; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Valgrind stumbles over Swift's debugging information.
strip -g -o "$work/program" "$program"

instructions() { # KIND STEPS
    BACKPROP_ISA=avx2 valgrind --tool=callgrind --callgrind-out-file=/dev/null "$work/program" steps "$@" 2>&1 |
        sed -n 's/.*Collected : //p'
}

# The difference between two runs leaves out what comes before the first step.
each() { # KIND
    echo $((($(instructions "$1" 3000) - $(instructions "$1" 1000)) / 2000))
}

check() { # WHAT COUNT BOUND
    printf '%-30s %5d instructions a step, at most %d\n' "$@"
    [ "$2" -le "$3" ] || failed=1
}

core=$(each core)
check "2-2-2 in C" "$core" 700
check "more through Trainer.step" $(($(each trainer) - core)) 250
check "more in a run of Trainer.train" $(($(each run) - core)) 1500
exit "$failed"
