#!/usr/bin/env bash
# Builds the C core by itself in every way that it promises, for every processor that can be emulated
# here, and fails unless all of them train the digits to the same weights, to the bit. Prints a line
# a target with the hash of those weights; Tests/CTests/digits-hash.txt is what it must be.
#
#     Tests/c-core.sh          everything, in about ten minutes
#     Tests/c-core.sh quick    without what takes long: what CI runs
#
# Installs what it needs from Debian's packages, if it may. What it cannot have it skips, and says so.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
mode=${1:-all}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
expected=$(cat Tests/CTests/digits-hash.txt)
strict=(-std=c11 -pedantic -Wall -Wextra -Wconversion -Werror)
small=(-DBP_NO_THREADS -DBP_NO_FILES -DBP_NO_DOUBLE)
skipped=0
emulated=

# ---- Tools -------------------------------------------------------------------

skip() { # WHAT
    echo "skipped: $1"
    skipped=$((skipped + 1))
}

# Whether a command is there, or can be installed.
have() { # COMMAND PACKAGE…
    command -v "$1" >/dev/null && return
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
    [ -e "$work/updated" ] || { apt-get update -qq && touch "$work/updated"; } || return 1
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${@:2}" >/dev/null 2>&1 || return 1
    command -v "$1" >/dev/null
}

section() { echo "== $1"; }

# Runs a command, and shows what it said only if it failed.
quietly() {
    "$@" >"$work/log" 2>&1 && return
    cat "$work/log"
    echo "failed: $*" >&2
    exit 1
}

# One line of the table that this script is about; fails on any other hash.
report() { # TARGET HASH
    printf '%-58s %s\n' "$1" "$2"
    [ "$2" = "$expected" ] || { echo "expected $expected" >&2; exit 1; }
}

# ---- Building and running ----------------------------------------------------

# Compiles every file of the core into a folder, as many at a time as there are processors.
compile() { # FOLDER COMPILER FLAG…
    mkdir -p "$1"
    (cd "$1" && printf '%s\0' "$root"/Sources/CBackprop/*.c |
        quietly xargs -0 -P "$(nproc)" -n 1 nice "${@:2}" -I"$root/include" -c)
}

# Builds the core and the programs that test it into $work/NAME.
build() { # NAME COMPILER FLAG…
    local folder=$work/$1 compiler=$2 flags=("${@:3}") program
    compile "$folder" "$compiler" "${strict[@]}" -O2 "${flags[@]}"
    for program in "$work"/examples/{xor,digits}.c Tests/CTests/{arguments,bits,files,kernels,samples,shared,version}.c; do
        # Those that need double.
        [[ " ${flags[*]} " == *" -DBP_NO_DOUBLE "* && $program == */@(arguments|bits|files|kernels|samples).c ]] && continue
        # Those that take some seconds here, and minutes in an emulator.
        [[ $mode == quick && $emulated && $program == */@(arguments|files|kernels|samples).c ]] && continue
        quietly nice "$compiler" "${strict[@]}" -O2 "${flags[@]}" -Iinclude -I"$work/samples" "$program" "$folder"/*.o \
            -lm -pthread -o "$folder/$(basename "$program" .c)"
    done
}

# Runs the header's exclusive or, which prints what it has learned.
learned() { # COMMAND…
    "$@" 2>"$work/log" | cmp -s - <(printf '%s\n' "0 xor 0 = 0.00" "0 xor 1 = 1.00" "1 xor 0 = 1.00" "1 xor 1 = 0.00") && return
    echo "failed: $* did not learn exclusive or" >&2
    exit 1
}

# Runs those programs, by an emulator if one is given, and reports.
run() { # NAME TARGET [EMULATOR…]
    local folder=$work/$1 target=$2 emulator=("${@:3}")
    quietly "${emulator[@]}" "$folder/version"
    learned "${emulator[@]}" "$folder/xor"
    quietly "${emulator[@]}" "$folder/shared"
    [ ! -e "$folder/files" ] || quietly "${emulator[@]}" "$folder/files" "$folder"
    [ ! -e "$folder/arguments" ] || quietly "${emulator[@]}" "$folder/arguments"
    [ ! -e "$folder/kernels" ] || quietly "${emulator[@]}" "$folder/kernels" "${bits_threads%% *}"
    [ ! -e "$folder/samples" ] || quietly "${emulator[@]}" "$folder/samples" "${bits_threads##* }"
    for threads in $bits_threads; do
        [ ! -e "$folder/bits" ] || quietly "${emulator[@]}" "$folder/bits" "$threads"
    done
    report "$target" "$("${emulator[@]}" "$folder/digits" 2>"$work/log" | cut -d' ' -f1)"
}

# The same with one instruction set; only a processor that lacks it is an excuse.
run_with() { # ISA NAME TARGET [EMULATOR…]
    if BACKPROP_ISA=$1 "${@:4}" "$work/$2/digits" 2>&1 | grep -q "lacks the instruction set"; then
        skip "$3, $1: this processor lacks it"
    else
        BACKPROP_ISA=$1 run "$2" "$3, $1" "${@:4}"
    fi
}

python3 Tests/Scripts/digits.py "$work/samples"
python3 Tests/Scripts/header_examples.py "$work/examples"
python3 Tests/Scripts/amalgamate.py "$work/amalgamation"

# ---- This machine ------------------------------------------------------------

have gcc gcc libc6-dev || { echo "a C compiler is needed" >&2; exit 1; }

section "one line, without warnings, with every option"
mkdir -p "$work/line"
(cd "$work/line" && quietly cc -O2 -I"$root/include" -c "$root"/Sources/CBackprop/*.c)
compilers=(gcc)
if have clang clang; then compilers+=(clang); else skip "clang"; fi
for compiler in "${compilers[@]}"; do
    for options in "" -DBP_NO_SIMD -DBP_NO_THREADS -DBP_NO_FILES -DBP_NO_DOUBLE -DBP_PRIVATE \
        "-DBP_NO_SIMD ${small[*]}" "-DBP_SOFT_FMA=1 -DBP_SOFT_ROOT -DBP_NO_SIMD"; do
        # shellcheck disable=SC2086 # several options
        quietly "$compiler" "${strict[@]}" $options -fsyntax-only "$work/amalgamation/backprop.c"
    done
done

section "what it asks of the host, and what it shows"
CC=gcc python3 Tests/Scripts/symbols.py

section "hosted"
bits_threads="1 2 3"
[ "$mode" = quick ] || bits_threads+=" 8"
for compiler in "${compilers[@]}"; do
    build "$compiler" "$compiler"
    for isa in scalar avx2 avx512; do run_with $isa "$compiler" "$compiler"; done
done
bits_threads=1
build bare gcc -DBP_NO_SIMD "${small[@]}"
run bare "gcc without threads, files, double and vectors"
build soft gcc -DBP_NO_SIMD -DBP_NO_THREADS -DBP_NO_FILES -DBP_SOFT_FMA=1 -DBP_SOFT_ROOT
run soft "gcc without threads and vectors, fma and sqrt by integers"
bits_threads=2
mkdir -p "$work/one"
for program in xor digits; do
    quietly gcc "${strict[@]}" -O2 -I"$work/amalgamation" -I"$work/samples" "$work/examples/$program.c" \
        "$work/amalgamation/backprop.c" -lm -pthread -o "$work/one/$program"
done
learned "$work/one/xor"
quietly gcc "${strict[@]}" -O2 -I"$work/amalgamation" Tests/CTests/bits.c "$work/amalgamation/backprop.c" -lm -pthread \
    -o "$work/one/bits"
quietly "$work/one/bits"
report "amalgamation" "$("$work/one/digits" | cut -d' ' -f1)"

# What the programs for other processors than this one's must give for exclusive or.
quietly gcc "${strict[@]}" -O2 -DBP_NO_SIMD "${small[@]}" -I"$work/amalgamation" -I"$work/samples" \
    "$work/amalgamation/backprop.c" Tests/Embedding/{freestanding_{digits,xor,predict},hosted}.c -lm -o "$work/hosted"
read -r xor_hash digits_hash < <("$work/hosted")
report "gcc, static memory" "$digits_hash"
same_xor() { # TARGET HASH
    [ "$2" = "$xor_hash" ] || { echo "$1: expected exclusive or's $xor_hash, found $2" >&2; exit 1; }
}

section "rounding"
quietly gcc "${strict[@]}" -O2 -Iinclude -ISources/CBackprop Tests/CTests/rounding.c -lm -o "$work/rounding"
"$work/rounding" 4
quietly gcc "${strict[@]}" -O2 -Iinclude -ISources/CBackprop Tests/CTests/limit.c \
    $(ls Sources/CBackprop/*.c | grep -v /network.c) -lm -pthread -o "$work/limit"
"$work/limit"

section "what the system refuses"
quietly gcc "${strict[@]}" -g -O1 -DBP_NO_SIMD -fsanitize=address,undefined -fno-sanitize-recover=undefined -Iinclude \
    Tests/CTests/failures.c Sources/CBackprop/*.c -lm -pthread $(sed 's/^/-Wl,--wrap=/' Tests/CTests/failures.txt) \
    -o "$work/failures"
"$work/failures" "$work"

section "activations, in units of the last place"
quietly gcc "${strict[@]}" -O2 -Iinclude Tests/CTests/sweep.c "$work"/gcc/*.o -lm -pthread -o "$work/sweep"
"$work/sweep"

section "other languages"
compile "$work/library" gcc -O2 -fPIC
(cd "$work/library" && ar rcs libbackprop.a ./*.o && gcc -shared ./*.o -lm -pthread -o libbackprop.so)
if have g++ g++; then
    quietly g++ -std=c++17 -O2 -Wall -Wextra -Wpedantic -Wconversion -Werror -Iinclude -I"$work/samples" \
        Tests/Embedding/digits.cpp "$work/library/libbackprop.a" -lm -pthread -o "$work/digits-cpp"
    report "C++17, static library" "$("$work/digits-cpp")"
else
    skip "C++17"
fi
python=$(for p in python3 /usr/bin/python3; do "$p" -c 'import numpy' 2>/dev/null && echo "$p" && break; done) ||
    { have python3-numpy python3-numpy || true; python=/usr/bin/python3; }
if "$python" -c 'import numpy' 2>/dev/null; then
    report "Python by ctypes and NumPy, shared library" \
        "$("$python" Tests/Embedding/digits.py "$work/library/libbackprop.so" "$work/samples/digits.txt")"
else
    skip "Python by ctypes: there is no NumPy"
fi
if have rustc rustc; then
    quietly rustc --edition 2021 -O Tests/Embedding/digits.rs -L "$work/library" -l static=backprop -o "$work/digits-rust"
    report "Rust by extern \"C\", static library" "$("$work/digits-rust" "$work/samples/digits.txt")"
else
    skip "Rust"
fi

# ---- Other processors --------------------------------------------------------

section "emulated processors"
emulated=1
[ "$mode" = all ] || bits_threads=1
if have qemu-x86_64 qemu-user; then
    build x86-64 gcc -static
    run x86-64 "x86-64, Nehalem (scalar)" qemu-x86_64 -cpu Nehalem
    run x86-64 "x86-64, Haswell (AVX2)" qemu-x86_64 -cpu Haswell
else
    skip "x86-64, Nehalem and Haswell: there is no qemu-user"
fi
cross() { # NAME PREFIX PACKAGE EMULATOR FLAG…
    if have "$2-gcc" "gcc-${3%%:*}" "${3##*:}" && have "$4" qemu-user; then
        build "$1" "$2-gcc" -static "${@:5}"
        run "$1" "$1" "$4"
    else
        skip "$1: there is no $2-gcc or no $4"
    fi
}
cross "aarch64, NEON" aarch64-linux-gnu aarch64-linux-gnu:libc6-dev-arm64-cross qemu-aarch64
if [ -e "$work/aarch64, NEON/digits" ]; then
    run_with scalar "aarch64, NEON" aarch64 qemu-aarch64
fi
cross "riscv64" riscv64-linux-gnu riscv64-linux-gnu:libc6-dev-riscv64-cross qemu-riscv64
cross "s390x, big-endian" s390x-linux-gnu s390x-linux-gnu:libc6-dev-s390x-cross qemu-s390x -fexcess-precision=fast
cross "i386" i686-linux-gnu i686-linux-gnu:libc6-dev-i386-cross qemu-i386 -msse2 -mfpmath=sse

section "WebAssembly"
if command -v wasm-ld >/dev/null || have wasm-ld lld; then wasm_linker=1; else wasm_linker=; fi
if [ $wasm_linker ] && have clang clang && clang --print-targets | grep -q wasm32 && have node nodejs; then
    quietly clang --target=wasm32 "${strict[@]}" -O2 -ffreestanding -nostdlib -mbulk-memory "${small[@]}" \
        -I"$work/amalgamation" -I"$work/samples" "$work/amalgamation/backprop.c" \
        Tests/Embedding/freestanding_{digits,xor}.c -Wl,--no-entry -Wl,--export=train_digits -Wl,--export=train_xor \
        -o "$work/digits.wasm"
    read -r found_xor found_digits < <(node Tests/Embedding/wasm.mjs "$work/digits.wasm")
    same_xor "WebAssembly" "$found_xor"
    report "WebAssembly, node" "$found_digits"
else
    skip "WebAssembly: there is no clang with wasm32, no wasm-ld or no node"
fi

section "microcontrollers"
if have arm-none-eabi-gcc gcc-arm-none-eabi libnewlib-arm-none-eabi && have qemu-system-arm qemu-system-arm; then
    source Tests/Embedding/microcontrollers.sh
else
    skip "microcontrollers: there is no arm-none-eabi-gcc or no qemu-system-arm"
fi

echo "all the same; $skipped skipped"
