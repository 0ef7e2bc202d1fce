#!/usr/bin/env bash
# Feeds the readers of files with damaged inputs, under the address and undefined-behavior
# sanitizers, until RUNS inputs passed or one made a reader fail; that one is kept then.
#
#     Tests/fuzz.sh [RUNS [NAME…]]     by default for 30 seconds each, every reader of Tests/Fuzz
#
# Needs a clang with libFuzzer, as the Swift toolchain on Linux has it; CC names another. New
# inputs that reached new code go to a temporary folder; FUZZ_CORPUS=FOLDER keeps them.
set -euo pipefail
cd "$(dirname "$0")/.."

runs=${1:-}
shift || true
names=("$@")
# What was freed is kept in little memory, so that millions of inputs don't add up.
export ASAN_OPTIONS=quarantine_size_mb=16
if [ ${#names[@]} -eq 0 ]; then
    for source in Tests/Fuzz/*.c; do names+=("$(basename "$source" .c)"); done
fi
limit=${runs:+-runs=$runs}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for name in "${names[@]}"; do
    corpus=${FUZZ_CORPUS:-$work}/$name
    mkdir -p "$corpus"
    "${CC:-clang}" -std=c11 -g -O2 -Iinclude -DBP_NO_SIMD -DBP_NO_THREADS \
        -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined \
        "Tests/Fuzz/$name.c" Sources/CBackprop/*.c -lm -o "$work/$name.fuzz" 2>"$work/log" ||
        { cat "$work/log"; exit 1; }
    options=()
    [ -f "Tests/Fuzz/$name.dict" ] && options+=("-dict=Tests/Fuzz/$name.dict")
    echo "== $name"
    "$work/$name.fuzz" "${limit:--max_total_time=30}" "${options[@]}" -max_len=4096 -timeout=5 -rss_limit_mb=512 \
        -print_final_stats=1 -verbosity=0 -artifact_prefix="./fuzz-$name-" "$corpus" "Tests/Fuzz/$name" \
        >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
    grep "^stat::" "$work/log"
done
