// swift-tools-version: 6.2

import PackageDescription

let package = Package(
    name: "Backprop",
    products: [
        .library(name: "CBackprop", targets: ["CBackprop"])
    ],
    targets: [
        // The C core. It lives at the package's root so that its header is in include/.
        .target(
            name: "CBackprop",
            path: ".",
            exclude: ["LICENSE", "Tests"],
            sources: ["Sources/CBackprop"],
            publicHeadersPath: "include",
            // The kernels run at full speed in debug builds of an app too.
            cSettings: [.unsafeFlags(["-O3"])]
        )
    ],
    cLanguageStandard: .c11
)
