#!/usr/bin/env bash
# A model saved here predicts the same in PyTorch, and the other way round: to 1e-6 on the
# 10,000 test images of MNIST. Installs torch from PyPI into a virtual environment, and says
# that it skips where that, or MNIST in ../shared/data/mnist, can't be had.
#
#     Tests/pytorch_interop.sh [VENV]     the virtual environment, by default a temporary one
set -euo pipefail
cd "$(dirname "$0")/.."

mnist=${MNIST:-../shared/data/mnist}
[ -f "$mnist/t10k-images-idx3-ubyte" ] || { echo "skipped: no MNIST in $mnist"; exit 0; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
venv=${1:-$work/venv}
if ! "$venv/bin/python" -c "import torch, safetensors, numpy" 2>/dev/null; then
    { python3 -m venv "$venv" && "$venv/bin/pip" install -q torch safetensors numpy; } >"$work/log" 2>&1 ||
        { echo "skipped: torch and safetensors can't be had: $(tail -n 1 "$work/log")"; exit 0; }
fi

for precision in FLOAT DOUBLE; do
    "${CC:-cc}" -std=c11 -O2 "-D$precision" -Iinclude Tests/CTests/interop.c Sources/CBackprop/*.c \
        -lm -pthread -o "$work/$precision"
done
swift run -c "${CONFIGURATION:-debug}" backprop train "$mnist" --hidden 128 --learning-rate 0.1 --epochs 2 \
    --output "$work/model.safetensors" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
swift run -c "${CONFIGURATION:-debug}" backprop export "$work/model.safetensors" \
    --safetensors "$work/state.safetensors" --json >"$work/export.json" 2>"$work/log" || { cat "$work/log"; exit 1; }
"$venv/bin/python" Tests/Scripts/pytorch_interop.py "$mnist" "$work/model.safetensors" "$work/FLOAT" "$work/DOUBLE" \
    "$work/export.json"
