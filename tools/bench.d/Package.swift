// swift-tools-version: 6.2
import PackageDescription

// Measures ledger and retention from inside; `tools/bench` builds and runs it.
let package = Package(
    name: "bench",
    dependencies: [.package(name: "strongroom", path: "../..")],
    targets: [
        .executableTarget(
            name: "LedgerBench", dependencies: [.product(name: "StrongroomParts", package: "strongroom")]),
        .executableTarget(
            name: "RetentionBench", dependencies: [.product(name: "StrongroomParts", package: "strongroom")]),
    ]
)
