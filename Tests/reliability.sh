#!/usr/bin/env bash
# The facts of Tests/RELIABILITY.md, each by its command. Fails at the first that does not hold.
#
#     Tests/reliability.sh [quick]     what CI runs besides the tests themselves: some minutes
#     Tests/reliability.sh long        everything else, with the figures that RELIABILITY.md has: some hours
#     Tests/reliability.sh NAME…       some of: hostile fuzz threads coverage sanitizers mutants sweep
#
# Needs the Swift toolchain on Linux; other builds than .build are in folders .build-… beside it.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Runs a command, and shows what it said only if it failed.
quietly() {
    "$@" >"$work/log" 2>&1 || { tail -50 "$work/log"; exit 1; }
}

hostile() {
    quietly nice swift build -c release --product backprop
    python3 Tests/Scripts/hostile.py
}

fuzz() { Tests/fuzz.sh "$@"; }

# The core alone: 64 threads that predict while one trains, and every kernel shared by a pool. (By gcc, as the thread
# sanitizer of the toolchain's clang asks for libdispatch.)
threads() {
    local flags=(-std=c11 -g -O1 -DBP_NO_SIMD -fsanitize=thread -Iinclude) program
    (cd "$work" && printf '%s\0' "$OLDPWD"/Sources/CBackprop/*.c |
        quietly xargs -0 -P "$(nproc)" -n 1 nice gcc "${flags[@]}" -I"$OLDPWD/include" -c)
    for program in shared kernels; do
        quietly nice gcc "${flags[@]}" "Tests/CTests/$program.c" "$work"/*.o -lm -pthread -o "$work/$program"
    done
    "$work/shared"
    "$work/kernels" 2
}

coverage() { python3 Tests/Scripts/coverage.py; }

# The core's tests in C with all vectors, then all tests in Swift. (Undefined behavior only in the first: with it clang
# had not compiled one file of kernels after four minutes of processor time.)
sanitizers() {
    local flags=(-std=c11 -g1 -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined) program isa kind
    (cd "$work" && printf '%s\0' "$OLDPWD"/Sources/CBackprop/*.c |
        quietly xargs -0 -P "$(nproc)" -n 1 nice gcc "${flags[@]}" -I"$OLDPWD/include" -c)
    for program in kernels samples bits arguments files; do
        quietly nice gcc "${flags[@]}" -Iinclude "Tests/CTests/$program.c" "$work"/*.o -lm -pthread -o "$work/$program"
    done
    for isa in scalar avx2 avx512f; do # as Linux calls them
        [ "$isa" = scalar ] || grep -qw "$isa" /proc/cpuinfo || { echo "skipped: $isa"; continue; }
        for program in kernels samples bits; do BACKPROP_ISA=${isa%f} "$work/$program" 2; done
    done
    "$work/arguments"
    "$work/files" "$work"
    for kind in address thread; do
        # Foundation leaks: CFBundle's lists, and what it read of a file that it then can't read.
        ASAN_OPTIONS=detect_leaks=0 nice swift test --sanitize="$kind" --disable-xctest --scratch-path ".build-sanitized-$kind" | tail -2
    done
}

mutants() { python3 Tests/Scripts/mutants.py "$@"; }

# Activations of all 2^32 floats.
sweep() {
    quietly nice gcc -std=c11 -O2 -Iinclude Tests/CTests/sweep.c Sources/CBackprop/*.c -lm -pthread -o "$work/sweep"
    nice "$work/sweep" 1
}

section() { echo "== $1"; }

case ${1:-quick} in
quick)
    section "damaged inputs, 15 seconds each reader" && fuzz
    section "threads" && threads
    ;;
long)
    section "hostile files" && hostile
    section "coverage of the core" && coverage
    section "sanitizers over all tests" && sanitizers
    section "every float" && sweep
    section "mutants of the core" && mutants
    section "ten million damaged inputs each reader" && fuzz 10000000
    ;;
*)
    for name in "$@"; do
        section "$name"
        case $name in
        hostile | fuzz | threads | coverage | sanitizers | mutants | sweep) "$name" ;;
        *) echo "expected quick, long or a fact, found $name" >&2 && exit 2 ;;
        esac
    done
    ;;
esac
