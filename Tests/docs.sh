#!/usr/bin/env bash
# Checks the documentation: that every program in it compiles, that every command prints what the pages show
# (Tests/Scripts/docs.py says how), and that DocC, if it is there, builds the catalogue without a warning, with a
# place for every page and every public name.
#
#     Tests/docs.sh [BUILD]    BUILD is where swift build has left the library, .build/debug unless said
#
# DOCS_OUTPUT keeps what DocC makes, for a web server.
set -euo pipefail
cd "$(dirname "$0")/.."
build=${1:-.build/debug}

python3 Tests/Scripts/docs.py --build "$build"

swift=$(command -v swiftc)
docc=$(command -v docc || echo "$(dirname "$(readlink -f "$swift")")/docc")
[ -x "$docc" ] || { echo "skipped: there is no docc"; exit 0; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/graphs"
swift-symbolgraph-extract -module-name Backprop -I "$build/Modules" -I include -minimum-access-level public \
    -target "$(swiftc -print-target-info | sed -n 's/.*"triple": "\(.*\)",/\1/p')" \
    -output-dir "$work/graphs"
python3 Tests/Scripts/curated.py "$work/graphs/Backprop.symbols.json"
"$docc" convert Sources/Backprop/Backprop.docc --additional-symbol-graph-dir "$work/graphs" --warnings-as-errors \
    --fallback-display-name Backprop --fallback-bundle-identifier backprop \
    --output-path "${DOCS_OUTPUT:-$work/out}" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
echo "the catalogue builds without warnings"
