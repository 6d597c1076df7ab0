// swift-tools-version: 6.2
import PackageDescription

// Measures the ledger from inside; `tools/bench` builds and runs it.
let package = Package(
    name: "bench",
    dependencies: [.package(name: "strongroom", path: "../..")],
    targets: [
        .executableTarget(
            name: "LedgerBench", dependencies: [.product(name: "StrongroomParts", package: "strongroom")])
    ]
)
