#!/usr/bin/env bash
# What `backprop export --onnx` writes passes the checker of ONNX and predicts the same in onnxruntime: to 1e-6 in 32
# bits and 1e-12 in 64, for every activation, with scaling, text columns, classes and tied layers, and on all digits.
# Installs onnx and onnxruntime from PyPI into a virtual environment, and says that it skips where that can't be had.
#
#     Tests/onnx_interop.sh [VENV]     the virtual environment, by default a temporary one
#     BACKPROP=PROGRAM                 the program to test, by default the one that is built here
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
venv=${1:-$work/venv}
if ! "$venv/bin/python" -c "import numpy, onnx, onnxruntime" 2>/dev/null; then
    { python3 -m venv "$venv" && "$venv/bin/pip" install -q numpy onnx onnxruntime; } >"$work/log" 2>&1 ||
        { echo "skipped: onnx and onnxruntime can't be had: $(tail -n 1 "$work/log")"; exit 0; }
fi

program=${BACKPROP:-}
if [ -z "$program" ]; then
    configuration=${CONFIGURATION:-debug}
    swift build -c "$configuration" --product backprop >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
    program=$(swift build -c "$configuration" --show-bin-path)/backprop
fi
python3 Tests/Scripts/digits.py "$work"
"$venv/bin/python" Tests/Scripts/onnx_interop.py "$program" "$work"
