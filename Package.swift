// swift-tools-version: 6.2

import PackageDescription

let package = Package(
    name: "Backprop",
    platforms: [.macOS(.v13), .iOS(.v16), .tvOS(.v16), .watchOS(.v9), .visionOS(.v1)],
    products: [
        .library(name: "Backprop", targets: ["Backprop"]),
        .library(name: "BackpropReference", targets: ["BackpropReference"]),
        .library(name: "BackpropSamples", targets: ["BackpropSamples"]),
        .library(name: "CBackprop", targets: ["CBackprop"]),
        .executable(name: "backprop", targets: ["BackpropCLI"]),
    ],
    targets: [
        // The C core. It lives at the package's root so that its header is in include/.
        .target(
            name: "CBackprop",
            path: ".",
            exclude: [
                ".ci", "Benchmarks", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "README.md",
                "Sources/Backprop", "Sources/BackpropCLI", "Sources/BackpropReference",
                "Sources/BackpropSamples", "Tests",
            ],
            sources: ["Sources/CBackprop"],
            publicHeadersPath: "include",
            // The kernels run at full speed in debug builds of an app too.
            cSettings: [.unsafeFlags(["-O3"])]
        ),

        // The library, what it is checked against, and data to try it on.
        .target(name: "Backprop", dependencies: ["CBackprop"]),
        .target(name: "BackpropReference", dependencies: ["Backprop"]),
        .target(name: "BackpropSamples", dependencies: ["Backprop"]),

        // The command `backprop`.
        .executableTarget(
            name: "BackpropCLI", dependencies: ["Backprop", "BackpropReference", "BackpropSamples"]),

        // How fast it is.
        .target(name: "CPeak", path: "Benchmarks/CPeak", cSettings: [.unsafeFlags(["-O3"])]),
        .target(name: "CAllocations", path: "Benchmarks/CAllocations", cSettings: [.unsafeFlags(["-O3"])]),
        .target(
            name: "CReordered", dependencies: ["CBackprop"], path: "Benchmarks/CReordered",
            cSettings: [
                .unsafeFlags([
                    "-O3", "-fassociative-math", "-freciprocal-math", "-fno-signed-zeros", "-fno-trapping-math",
                ])
            ]),
        .executableTarget(
            name: "Benchmarks",
            dependencies: ["Backprop", "BackpropReference", "CAllocations", "CBackprop", "CPeak", "CReordered"],
            path: "Benchmarks/Benchmarks"),

        // Tests.
        .testTarget(name: "KernelTests", dependencies: ["CBackprop", "Backprop", "BackpropReference"]),
        .testTarget(
            name: "BackpropTests", dependencies: ["Backprop", "BackpropReference", "BackpropSamples"],
            exclude: ["Models"]),
        .testTarget(name: "CLITests", dependencies: ["BackpropCLI"]),
        .testTarget(name: "BenchmarkTests", dependencies: ["Benchmarks"]),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .c11
)
