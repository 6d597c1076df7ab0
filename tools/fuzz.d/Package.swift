// swift-tools-version: 6.2
import PackageDescription

// Fuzz targets for libFuzzer; `tools/fuzz` builds and runs them.
let package = Package(
    name: "fuzz",
    dependencies: [.package(name: "strongroom", path: "../..")],
    targets: [
        .target(name: "FuzzDriver"),
        .executableTarget(
            name: "FuzzReader", dependencies: ["FuzzDriver", .product(name: "StrongroomParts", package: "strongroom")]),
        .executableTarget(
            name: "FuzzHeader", dependencies: ["FuzzDriver", .product(name: "StrongroomParts", package: "strongroom")]),
        .executableTarget(
            name: "FuzzLedger", dependencies: ["FuzzDriver", .product(name: "StrongroomParts", package: "strongroom")]),
        .executableTarget(
            name: "FuzzPolicy", dependencies: ["FuzzDriver", .product(name: "StrongroomParts", package: "strongroom")]),
        .executableTarget(
            name: "FuzzTable", dependencies: ["FuzzDriver", .product(name: "StrongroomParts", package: "strongroom")]),
    ]
)
