#!/usr/bin/env bash
# A user's app, built for debugging, must train as fast as one built for release: the C core is
# optimized in both, and Swift does little in a step. Makes a small package that depends on this
# one, builds it both ways, trains 784-128-10 in batches of 32 in turn, and fails where the debug
# build takes fewer than 0.9 times the steps of the other in the same time.
#
#     Tests/debug-app.sh
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/Sources/App"

cat >"$work/Package.swift" <<END
// swift-tools-version: 6.2
import PackageDescription
let package = Package(
    name: "App",
    platforms: [.macOS(.v13)],
    dependencies: [.package(name: "Backprop", path: "$root")],
    targets: [.executableTarget(name: "App", dependencies: [.product(name: "Backprop", package: "Backprop")])])
END

# Prints the steps a second, the best of some tries.
cat >"$work/Sources/App/main.swift" <<'END'
import Backprop

let samples = 2048
let inputs = (0..<(samples * 784)).map { Float($0 % 251) / 251 }
let digits = try Dataset(inputs: inputs, inputCount: 784, classes: (0..<samples).map { $0 % 10 }, classCount: 10)
var network = try Network<Float>(inputs: 784, layers: [.dense(128, .sigmoid), .dense(10, .softmax)], seed: 1)
var trainer = Trainer<Float>(loss: .crossEntropy, learningRate: 0.05, batching: .miniBatches(of: 32))
try trainer.setThreads(1)
var best = 0.0
for _ in 0..<10 {
    let result = try trainer.train(&network, on: digits, until: [.epochs(4)])
    best = max(best, Double(result.iterations) / result.seconds)
}
print(Int(best))
END

for configuration in debug release; do
    swift build -c "$configuration" --package-path "$work" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
done

# In turn, since a machine is not always equally fast.
debug=0 release=0
for _ in 1 2 3; do
    found=$("$work/.build/debug/App")
    debug=$((found > debug ? found : debug))
    found=$("$work/.build/release/App")
    release=$((found > release ? found : release))
done
echo "$debug steps a second in debug, $release in release: $((debug * 100 / release)) %, at least 90"
[ $((debug * 100)) -ge $((release * 90)) ]
