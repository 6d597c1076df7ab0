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
        .executable(name: "strongroom-verify", targets: ["StrongroomVerify"]),
        .executable(name: "faceid-simulator", targets: ["FaceIDSimulator"]),
        .library(
            name: "StrongroomParts",
            targets: [
                "Base", "Sealing", "BlobStore", "StrictYAML", "Retention", "Ledger", "Evidence", "Catalog", "Vendor",
                "FaceID", "Vault", "Archive",
            ]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
    ],
    targets: [
        .systemLibrary(name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CLinux"),
        .target(name: "Base", dependencies: ["COpenSSL"], swiftSettings: strict),
        .target(name: "Sealing", dependencies: ["Base", "CSodium"], swiftSettings: strict),
        .target(name: "BlobStore", dependencies: ["Base"], swiftSettings: strict),
        .target(name: "StrictYAML", dependencies: ["Yams"], swiftSettings: strict),
        .target(name: "Retention", dependencies: ["Base", "StrictYAML"], swiftSettings: strict),
        .target(name: "Ledger", dependencies: ["Base", "COpenSSL"], swiftSettings: strict),
        .target(name: "Evidence", dependencies: ["Base", "Ledger"], swiftSettings: strict),
        .target(name: "Vendor", dependencies: ["Base"], swiftSettings: strict),
        .target(name: "FaceID", dependencies: ["Base", "Vendor", "COpenSSL", "CCurl"], swiftSettings: strict),
        .target(
            name: "Catalog",
            dependencies: [
                "Base", "Sealing", "Retention", "Ledger", .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ],
            swiftSettings: strict),
        .target(
            name: "Vault",
            dependencies: [
                "Base", "Sealing", "BlobStore", "StrictYAML", "Retention", "Ledger", "Evidence", "Catalog", "Vendor",
            ],
            swiftSettings: strict),
        .target(
            name: "Archive",
            dependencies: [
                "Base", "Sealing", "BlobStore", "StrictYAML", "Retention", "Ledger", "Evidence", "Catalog", "Vendor",
                "Vault",
            ],
            swiftSettings: strict),
        // What the command lines have in common.
        .target(
            name: "Presentation", dependencies: ["Base", "CLinux", "Evidence", argumentParser], swiftSettings: strict),
        .executableTarget(
            name: "StrongroomVerify", dependencies: ["Base", "Presentation", argumentParser], swiftSettings: strict),
        .executableTarget(
            name: "strongroom",
            dependencies: [
                "Archive", "Base", "Evidence", "FaceID", "Presentation", "Retention", "StrictYAML", "Vault",
                argumentParser,
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "FaceIDSimulator",
            dependencies: [
                "Base", "FaceID", "Vendor", argumentParser,
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            resources: [.copy("Media")],
            swiftSettings: strict),

        // What the tests have in common.
        .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: strict),
        .testTarget(name: "BaseTests", dependencies: ["TestSupport", "Base"], swiftSettings: strict),
        .testTarget(
            name: "SealingTests", dependencies: ["TestSupport", "Base", "Sealing", "COpenSSL"],
            resources: [.copy("Vectors")],
            swiftSettings: strict),
        // What every store of blobs keeps to.
        .target(
            name: "BlobStoreConformance", dependencies: ["Base", "BlobStore"], path: "Tests/BlobStoreConformance",
            swiftSettings: strict),
        .testTarget(
            name: "BlobStoreTests", dependencies: ["Base", "BlobStore", "BlobStoreConformance"], swiftSettings: strict),
        .testTarget(
            name: "RetentionTests", dependencies: ["TestSupport", "Base", "Retention", "StrictYAML"],
            resources: [.copy("Vectors")],
            swiftSettings: strict),
        .testTarget(
            name: "LedgerTests", dependencies: ["TestSupport", "Base", "Ledger", "Sealing"],
            resources: [.copy("Vectors")],
            swiftSettings: strict),
        // What every engine of the index keeps to.
        .target(
            name: "CatalogConformance",
            dependencies: ["TestSupport", "Base", "Catalog", "Ledger", "Retention", "Sealing"],
            path: "Tests/CatalogConformance", swiftSettings: strict),
        .systemLibrary(
            name: "CPostgreSQL", path: "Tests/CPostgreSQL", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .testTarget(
            name: "CatalogTests",
            dependencies: [
                "CatalogConformance", "CPostgreSQL", "TestSupport", "Base", "Catalog", "Ledger", "Retention", "Sealing",
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "ArchiveTests",
            dependencies: [
                "TestSupport", "Archive", "Base", "BlobStore", "Catalog", "Evidence", "FaceID", "Ledger", "Retention",
                "Sealing", "StrictYAML", "Vault", "Vendor",
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: strict),
        // Random verbs on an archive that several processes have open, and one such process.
        .target(
            name: "RandomVerbs", dependencies: ["TestSupport", "Archive", "Base", "FaceID", "Vault", "Vendor"],
            path: "Tests/RandomVerbs",
            swiftSettings: strict),
        .executableTarget(
            name: "RandomWorker",
            dependencies: [
                "TestSupport", "RandomVerbs", "Archive", "Base", "FaceID", "Sealing", "Vault", "Vendor",
            ],
            path: "Tests/RandomWorker", swiftSettings: strict),
        .testTarget(
            name: "CommandTests",
            dependencies: [
                "TestSupport", "Base", "Presentation", "StrongroomVerify", "strongroom", "FaceIDSimulator",
                "RandomWorker",
            ],
            resources: [.copy("Support")], swiftSettings: strict),
        .testTarget(
            name: "FaceIDTests", dependencies: ["TestSupport", "Base", "FaceID", "Vendor"],
            resources: [.copy("Vectors")],
            swiftSettings: strict),
    ]
)
