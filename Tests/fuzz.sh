#!/usr/bin/env bash
# Feeds the readers of files with damaged inputs, under the address and undefined-behavior
# sanitizers, until RUNS inputs passed or one made a reader fail; that one is kept then.
#
#     Tests/fuzz.sh [RUNS [NAME…]]     by default for 15 seconds each, every reader of Tests/Fuzz
#
# A reader in C is a file NAME.c with its own entry, one in Swift a file NAME.swift beside Entry.swift;
# each begins with the inputs of Tests/Fuzz/corpus/NAME. Needs a clang with libFuzzer, as the Swift
# toolchain on Linux has it; CC names another. New inputs that reached new code go to a temporary folder;
# FUZZ_CORPUS=FOLDER keeps them.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD

runs=${1:-}
shift || true
names=("$@")
if [ ${#names[@]} -eq 0 ]; then
    for source in Tests/Fuzz/*.{c,swift}; do
        [ "$source" = Tests/Fuzz/Entry.swift ] || names+=("$(basename "${source%.*}")")
    done
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Runs a command, and shows what it said only if it failed.
quietly() {
    local log
    log=$(mktemp -p "$work")
    "$@" >"$log" 2>&1 || { cat "$log"; exit 1; }
}

core=(-std=c11 -g -O2 -Iinclude -DBP_NO_SIMD -fno-sanitize-recover=undefined)
swift_flags=(-enable-testing -parse-as-library -wmo -swift-version 6 -package-name backprop
    -Xcc -DBP_NO_SIMD -I "$root/include" -I "$work")

# Compiles a module of the package, but for its main.swift, into $work. The command's part in reading is small, so that
# optimizing it takes more time than it saves.
module() { # NAME
    local level=-O
    [ "$1" = Backprop ] || level=-Onone
    [ -e "$work/$1.o" ] || quietly nice swiftc "$level" "${swift_flags[@]}" -sanitize=fuzzer,address -module-name "$1" \
        -emit-module -emit-module-path "$work/$1.swiftmodule" -c -o "$work/$1.o" \
        $(find "Sources/$1" -name '*.swift' ! -name main.swift)
}

# The modules that the readers in Swift are in; the C core once for all of them. What only puts an input right and hands
# it on is no code to be covered.
build_swift() { # NAME
    local name=$1 modules=(Backprop)
    if grep -q 'import BackpropCLI' "Tests/Fuzz/$name.swift"; then
        modules+=(BackpropReference BackpropSamples BackpropCLI)
    fi
    if [ ! -d "$work/core" ]; then
        mkdir "$work/core"
        (cd "$work/core" && printf '%s\0' "$root"/Sources/CBackprop/*.c | quietly xargs -0 -P "$(nproc)" -n 1 nice \
            "${CC:-clang}" "${core[@]}" -I"$root/include" -fsanitize=fuzzer-no-link,address,undefined -c)
    fi
    for module in "${modules[@]}"; do module "$module"; done
    quietly nice swiftc -O "${swift_flags[@]}" -sanitize=address -module-name Fuzz -c -o "$work/$name.o" \
        Tests/Fuzz/Entry.swift "Tests/Fuzz/$name.swift"
    quietly nice swiftc -use-ld=lld -sanitize=fuzzer,address "$work/$name.o" $(printf "$work/%s.o " "${modules[@]}") \
        "$work"/core/*.o -lm -o "$work/$name.fuzz"
}

build_c() { # NAME
    quietly nice "${CC:-clang}" "${core[@]}" -DBP_NO_THREADS -fsanitize=fuzzer,address,undefined \
        "Tests/Fuzz/$1.c" Sources/CBackprop/*.c -lm -o "$work/$1.fuzz"
}

# What was freed is kept in little memory, and where it was allocated isn't kept at all, so that millions of inputs are
# soon done. Swift's own report of a crash doesn't go together with the sanitizer's. Little else is in the environment,
# which the library looks into for each network.
environment=(PATH="$PATH" ASAN_OPTIONS=quarantine_size_mb=16:malloc_context_size=0 SWIFT_BACKTRACE=enable=no)

fuzz() { # NAME
    local name=$1 corpus=${FUZZ_CORPUS:-$work/corpus}/$1 limit=-max_total_time=15 options=() largest length
    mkdir -p "$corpus"
    [ -z "$runs" ] || limit=-runs=$runs
    [ ! -f "Tests/Fuzz/$name.dict" ] || options+=("-dict=Tests/Fuzz/$name.dict")
    # The largest input of the corpus, and as much again; a C reader is fast enough for long ones.
    largest=$(find "Tests/Fuzz/corpus/$name" -type f -printf '%s\n' | sort -n | tail -1)
    length=$((2 * largest)); [ ! -f "Tests/Fuzz/$name.c" ] || length=4096
    env -i "${environment[@]}" nice "$work/$name.fuzz" "$limit" "${options[@]}" "-max_len=$length" -timeout=60 \
        -report_slow_units=60 -rss_limit_mb=1024 -print_final_stats=1 -verbosity=0 -artifact_prefix="./fuzz-$name-" \
        "$corpus" "Tests/Fuzz/corpus/$name" >"$work/$name.log" 2>&1 || { cat "$work/$name.log"; exit 1; }
    printf '== %s\n%s\n' "$name" "$(grep -a "^stat::" "$work/$name.log")"
}

for name in "${names[@]}"; do
    if [ -f "Tests/Fuzz/$name.c" ]; then build_c "$name"; else build_swift "$name"; fi
done
# As many at a time as there are processors; all to their end, also where one finds something.
running=0 status=0
for name in "${names[@]}"; do
    if [ "$running" -eq "$(nproc)" ]; then
        wait -n || status=1
        running=$((running - 1))
    fi
    fuzz "$name" &
    running=$((running + 1))
done
for ((; running > 0; running--)); do wait -n || status=1; done
exit "$status"
