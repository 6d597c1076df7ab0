// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "strongroom",
    products: [
        .executable(name: "strongroom", targets: ["strongroom"]),
        .executable(name: "faceid-simulator", targets: ["FaceIDSimulator"]),
        .library(
            name: "StrongroomParts",
            targets: ["Sealing", "BlobStore", "StrictYAML", "Retention", "Ledger", "FaceID", "Catalog", "Archive"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    ],
    targets: [
        .systemLibrary(name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .target(name: "Sealing", dependencies: ["CSodium"], swiftSettings: strict),
        .target(name: "BlobStore", dependencies: ["COpenSSL"], swiftSettings: strict),
        .target(name: "StrictYAML", dependencies: ["Yams"], swiftSettings: strict),
        .target(name: "Retention", dependencies: ["StrictYAML"], swiftSettings: strict),
        .target(name: "Ledger", dependencies: ["Sealing", "BlobStore", "COpenSSL"], swiftSettings: strict),
        .target(name: "FaceID", dependencies: ["COpenSSL", "CCurl"], swiftSettings: strict),
        .target(
            name: "Catalog",
            dependencies: [
                "Sealing", "BlobStore", "Retention", "Ledger", .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: strict),
        .target(
            name: "Archive",
            dependencies: ["Sealing", "BlobStore", "StrictYAML", "Retention", "Ledger", "FaceID", "Catalog"],
            swiftSettings: strict),
        .executableTarget(
            name: "strongroom", dependencies: ["Archive", "BlobStore", "Retention", "StrictYAML", argumentParser],
            swiftSettings: strict),
        .executableTarget(
            name: "FaceIDSimulator",
            dependencies: [
                "BlobStore", "FaceID", argumentParser,
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            resources: [.copy("Media")],
            swiftSettings: strict),

        .testTarget(
            name: "SealingTests", dependencies: ["Sealing", "COpenSSL"], resources: [.copy("Vectors")],
            swiftSettings: strict),
        .testTarget(name: "BlobStoreTests", dependencies: ["BlobStore", "COpenSSL"], swiftSettings: strict),
        .testTarget(
            name: "RetentionTests", dependencies: ["Retention", "StrictYAML"], resources: [.copy("Vectors")],
            swiftSettings: strict),
        .testTarget(
            name: "LedgerTests", dependencies: ["Ledger", "BlobStore", "Sealing"], resources: [.copy("Vectors")],
            swiftSettings: strict),
        .testTarget(
            name: "CatalogTests",
            dependencies: [
                "Catalog", "BlobStore", "Ledger", "Retention", "Sealing", .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "ArchiveTests",
            dependencies: [
                "Archive", "BlobStore", "Catalog", "FaceID", "Ledger", "Retention", "Sealing", "StrictYAML",
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: strict),
        // Random verbs on an archive that several processes have open, and one such process.
        .target(
            name: "RandomVerbs", dependencies: ["Archive", "FaceID"], path: "Tests/RandomVerbs", swiftSettings: strict),
        .executableTarget(
            name: "RandomWorker", dependencies: ["RandomVerbs", "Archive", "BlobStore", "FaceID", "Sealing"],
            path: "Tests/RandomWorker", swiftSettings: strict),
        .testTarget(
            name: "CommandTests", dependencies: ["strongroom", "FaceIDSimulator", "RandomWorker"],
            resources: [.copy("Support")], swiftSettings: strict),
        .testTarget(
            name: "FaceIDTests", dependencies: ["FaceID"], resources: [.copy("Vectors")], swiftSettings: strict),
    ]
)
