public import Base
public import Foundation

/// Durable, content-addressed blobs. A store passes the suite in the library `BlobStoreConformance`.
///
/// A blob comes in three steps, so that the index can be the one commit point:
///
/// 1. ``stage()`` and ``BlobStage/write(_:)``: bytes on their way in, which nobody can find.
/// 2. ``commit(_:)``: the blobs are durable and can be read by their addresses. The store still
///    remembers that nobody has vouched for them.
/// 3. The caller commits its index, then calls ``settle(_:)``. A crash before that leaves blobs
///    which ``sweep(olderThan:isReferenced:)`` finds and settles or removes.
public protocol BlobStorage: Sendable {
    /// Begins a blob.
    func stage() throws -> any BlobStage

    /// Makes the stages' blobs durable and readable by address. When it throws, none of them is to be
    /// referred to; discard them.
    func commit(_ stages: [any BlobStage]) throws

    /// Says that an index refers to the stages' blobs from now on. Losing this to a crash is harmless.
    func settle(_ stages: [any BlobStage])

    /// Opens a blob for reading. Throws ``BlobStoreError/missing(_:)`` where there is none.
    func open(_ address: BlobAddress) throws -> any BlobReader

    /// Removes blobs; what it says is gone is gone durably. One that cannot be removed does not touch the others.
    func delete(_ addresses: [BlobAddress]) -> BlobDeletion

    /// Hands every blob that is in place to `body`, in no order.
    func walk(_ body: (BlobListing) throws -> Void) throws

    /// Ends what a crash left: of the blobs that were staged before `limit` and never settled, those
    /// that are referred to are settled and the others removed. A stage that somebody has, of whatever process, is left
    /// alone.
    func sweep(olderThan limit: Date, isReferenced: (BlobAddress) throws -> Bool) throws -> SweepReport
}

/// A blob on its way in. Used by one thread at a time.
public protocol BlobStage: AnyObject {
    /// Appends bytes.
    func write(_ bytes: UnsafeRawBufferPointer) throws
    /// Ends the writing and returns the address. Must be called once, before the commit.
    func finish() -> BlobAddress
    /// Removes every trace of the blob, unless it was settled.
    func discard()
    /// Lets go of the blob as it is, as a crash would: a sweep decides what becomes of it.
    func leave()
}

/// An open blob.
public protocol BlobReader: AnyObject {
    /// Bytes.
    var length: UInt64 { get }
    /// Fills the whole buffer from an offset, or throws.
    func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws
}

/// What a walk finds.
public enum BlobListing: Equatable, Sendable {
    /// A blob in place. One that is still `staged` may belong to a commit at work, or to one that a crash
    /// ended.
    case blob(BlobAddress, length: UInt64, isStaged: Bool)
    /// Something that is not a blob stands where blobs are.
    case foreign(String)
}

/// What became of blobs that were to be removed.
public struct BlobDeletion: Sendable {
    public var removed: [BlobAddress] = []
    /// Nothing was there.
    public var missing: [BlobAddress] = []
    /// Still there, or perhaps.
    public var failed: [(address: BlobAddress, reason: FileError)] = []

    public init() {}
}

public struct SweepReport: Equatable, Sendable {
    /// Blobs that nobody referred to, removed.
    public var removed = 0
    /// Blobs that were referred to and had only not been settled.
    public var settled = 0

    public init(removed: Int = 0, settled: Int = 0) { (self.removed, self.settled) = (removed, settled) }
}

public enum BlobStoreError: Error, Equatable, Sendable {
    /// No blob has this address.
    case missing(BlobAddress)
    /// The blob ended before the bytes that were asked for.
    case cutShort(BlobAddress)
}

extension BlobStoreError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .missing(let address): "no blob \(address)"
        case .cutShort(let address): "blob \(address) ends too early"
        }
    }
}

extension BlobReader {
    /// The SHA-256 of all the bytes as they are stored now, whatever name they were opened by.
    public func computeAddress() throws -> BlobAddress {
        var hash = SHA256()
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 16)
        defer { piece.deallocate() }
        var offset: UInt64 = 0
        while offset < length {
            let count = Int(min(UInt64(piece.count), length - offset))
            let part = UnsafeMutableRawBufferPointer(rebasing: piece[..<count])
            try read(at: offset, into: part)
            hash.update(UnsafeRawBufferPointer(part))
            offset += UInt64(count)
        }
        return BlobAddress(hash.finish())
    }
}
