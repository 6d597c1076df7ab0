public import BlobStore
public import Testing

/// A promise that every store of blobs keeps, tried on an empty one.
///
///     @Test(arguments: BlobStorageCheck.all) func keeps(_ check: BlobStorageCheck) throws {
///         try check.run(on: myStore())
///     }
public struct BlobStorageCheck: Sendable, CustomTestStringConvertible {
    public let name: String
    private let body: @Sendable (any BlobStorage) throws -> Void

    /// Records an issue where the store does not keep the promise.
    public func run(on store: any BlobStorage) throws { try body(store) }

    public var testDescription: String { name }

    public static let all = [
        BlobStorageCheck(name: "aBlobComesBackByTheHashOfItsBytes(0)") {
            try BlobStorageChecks($0).aBlobComesBackByTheHashOfItsBytes(length: 0)
        },
        BlobStorageCheck(name: "aBlobComesBackByTheHashOfItsBytes(1)") {
            try BlobStorageChecks($0).aBlobComesBackByTheHashOfItsBytes(length: 1)
        },
        BlobStorageCheck(name: "aBlobComesBackByTheHashOfItsBytes(1000)") {
            try BlobStorageChecks($0).aBlobComesBackByTheHashOfItsBytes(length: 1000)
        },
        BlobStorageCheck(name: "aBlobComesBackByTheHashOfItsBytes(65_536)") {
            try BlobStorageChecks($0).aBlobComesBackByTheHashOfItsBytes(length: 65_536)
        },
        BlobStorageCheck(name: "aBlobComesBackByTheHashOfItsBytes(300_000)") {
            try BlobStorageChecks($0).aBlobComesBackByTheHashOfItsBytes(length: 300_000)
        },
        BlobStorageCheck(name: "aRangeIsReadExactlyOrNotAtAll") {
            try BlobStorageChecks($0).aRangeIsReadExactlyOrNotAtAll()
        },
        BlobStorageCheck(name: "whatIsNotCommittedCannotBeFound") {
            try BlobStorageChecks($0).whatIsNotCommittedCannotBeFound()
        },
        BlobStorageCheck(name: "aDiscardedCommitLeavesNothing") {
            try BlobStorageChecks($0).aDiscardedCommitLeavesNothing()
        },
        BlobStorageCheck(name: "nothingIsEverReplaced") { try BlobStorageChecks($0).nothingIsEverReplaced() },
        BlobStorageCheck(name: "deletingIsForGoodAndCanBeRepeated") {
            try BlobStorageChecks($0).deletingIsForGoodAndCanBeRepeated()
        },
        BlobStorageCheck(name: "aWalkFindsEveryBlobOnceAndWhatIsForeign") {
            try BlobStorageChecks($0).aWalkFindsEveryBlobOnceAndWhatIsForeign()
        },
        BlobStorageCheck(name: "aSweepLeavesAloneWhatIsAtWork") {
            try BlobStorageChecks($0).aSweepLeavesAloneWhatIsAtWork()
        },
        BlobStorageCheck(name: "aSweepEndsWhatACrashLeft") { try BlobStorageChecks($0).aSweepEndsWhatACrashLeft() },
    ]
}
