# microcontrollers.sh: the part of Tests/c-core.sh that runs on emulated boards, and prints what of
# flash and RAM the programs of freestanding.h take; EmbeddingTheCCore.md has its table.

# Flash is the program's without board.c, the samples and the weights to predict with. RAM is all that
# is written: network, weights, workspace, batch and outputs. The stack is what main() used at most.
board_flags=("${strict[@]}" -Os -ffreestanding -ffunction-sections -fdata-sections "${small[@]}"
    -I"$work/amalgamation" -I"$work/samples" -ITests/Embedding)

# Links a program, and sets 'flash' and 'ram' to its bytes.
link_board() { # PROGRAM SOURCE… (with options and core set by the caller)
    local text data bss
    quietly arm-none-eabi-gcc "${board_flags[@]}" $options "-DBOARD_RUNS_$1" Tests/Embedding/board.c "${@:2}" \
        "$core" -nostdlib -lgcc -Wl,--gc-sections -Wl,-T,Tests/Embedding/board.ld \
        -Wl,--defsym=FLASH=0 -Wl,--defsym=RAM=0x20000000 -o "$work/$1.elf"
    read -r text data bss _ < <(arm-none-eabi-size "$work/$1.elf" | tail -1)
    flash=$((text + data)) ram=$((data + bss))
}

# Runs it, and sets 'hash' and 'stack'. What a program writes by semihosting comes out as qemu's errors.
run_board() { # PROGRAM BOARD
    local line status=0
    line=$(timeout 600 qemu-system-arm -M "$2" -nographic -monitor none -serial none \
        -semihosting-config enable=on,target=native -kernel "$work/$1.elf" 2>&1) || status=$?
    if [ $status != 0 ] || ! [[ $line =~ ^([0-9a-f]{16})\ ([0-9]{5})$ ]]; then
        echo "failed: $1 on $2 says '$line', status $status" >&2
        exit 1
    fi
    hash=${BASH_REMATCH[1]} stack=$((10#${BASH_REMATCH[2]}))
}

# The memory functions are the program's; __aeabi_... are the compiler's. In double there must be none of those.
check_board_symbols() { # NAME
    local asked
    asked=$(arm-none-eabi-nm -u "$core" | awk '{print $2}')
    if extra=$(grep -vxE 'mem(cpy|set|move)|__aeabi_.*|__gnu_thumb1_case_.*' <<<"$asked"); then
        echo "$1 asks for $extra" >&2
        exit 1
    fi
    if grep -E '__aeabi_(d|l2d|ul2d|i2d|ui2d|f2d)' <<<"$asked" | grep -v divmod; then
        echo "$1 calculates in double" >&2
        exit 1
    fi
}

microcontroller() { # NAME BOARD OPTIONS
    local options=$3 core=$work/$1.o base_flash base_ram row
    quietly arm-none-eabi-gcc "${board_flags[@]}" $options -c "$work/amalgamation/backprop.c" -o "$core"
    check_board_symbols "$1"
    link_board NOTHING
    base_flash=$flash base_ram=$ram
    row="$1 |"
    link_board XOR Tests/Embedding/freestanding_xor.c
    run_board XOR "$2"
    same_xor "$1" "$hash"
    row+=" $((flash - base_flash)) | $((ram - base_ram)) | $stack |"
    link_board DIGITS Tests/Embedding/freestanding_digits.c
    digits_flash=$((flash - base_flash - 1797 * 66)) digits_ram=$((ram - base_ram))
    # Without an instruction for floating point this takes a minute.
    if [ "$mode" = quick ] && [[ $options == *soft* ]]; then
        stack=""
        skip "$1 trains the digits: it takes a minute"
    else
        run_board DIGITS "$2"
        report "$1, emulated by $2" "$hash"
    fi
    row+=" $digits_flash | $digits_ram | $stack |"
    link_board PREDICT Tests/Embedding/freestanding_predict.c
    run_board PREDICT "$2"
    row+=" $((flash - base_flash - 4 * 2410 - 4 * 64)) | $((ram - base_ram)) | $stack |"
    table+="| $row"$'\n'
}

table=
# A Cortex-M3 runs what is made for a Cortex-M0+; there is no board with one.
microcontroller Cortex-M0+ mps2-an385 "-mcpu=cortex-m0plus -mthumb -mfloat-abi=soft"
microcontroller Cortex-M4F mps2-an386 "-mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16"
microcontroller Cortex-M7 mps2-an500 "-mcpu=cortex-m7 -mthumb -mfloat-abi=hard -mfpu=fpv5-d16"
microcontroller Cortex-M55 mps3-an547 "-mcpu=cortex-m55 -mthumb -mfloat-abi=hard -mfpu=auto"
echo "bytes of flash, RAM and stack: exclusive or, trained | 64-32-10, trained | 64-32-10, predicting"
printf '%s' "$table"

# What platform.h says of newlib.
quietly arm-none-eabi-gcc -mcpu=cortex-m0plus -mthumb "${board_flags[@]}" -DBOARD_RUNS_XOR Tests/Embedding/board.c \
    Tests/Embedding/newlib_fma.c -nostdlib -Wl,--start-group -lm -lc -lgcc -Wl,--end-group -Wl,--gc-sections \
    -Wl,-T,Tests/Embedding/board.ld -Wl,--defsym=FLASH=0 -Wl,--defsym=RAM=0x20000000 -o "$work/NEWLIB.elf"
run_board NEWLIB mps2-an385
echo "newlib's fma() and fmaf() round twice, so the core uses its own"

# What AIfES 2.2.0 needs beside the weights to train 64-32-10, by its aialgo_sizeof_training_memory() and
# ailayer_dense_sizeof_trainmem(): every layer's result, the input's and the activations' too, all gradients with a
# tensor of 20 bytes for each of four arrays, and once more the gradient of the largest layer.
ours="$((4 * 1 * 95 + 164)) and $((4 * 16 * 95 + 164))"
echo "RAM beside the weights to train 64-32-10 with batches of 1 and 16: $ours bytes;" \
    "AIfES: $((4 * (64 + 2 * 32 + 2 * 10) + 4 * 2410 + 4 * 20 + 4 * 64 * 32))"
