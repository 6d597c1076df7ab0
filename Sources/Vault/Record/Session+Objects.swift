internal import Base
internal import BlobStore
package import Catalog
internal import Foundation
internal import Sealing

extension Session {
    /// Bytes that are handed out before it is asked again whether the object is still there.
    private static let bytesBetweenChecks = 1 << 20

    /// Opens an object's blob, whole or in part, verified piece by verified piece. What leaves the archive is on the
    /// ledger before.
    ///
    /// - Parameter object: proved.
    package func open(
        _ object: ObjectRecord, range: Range<UInt64>? = nil, emit: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let blob = try store.open(object.address)
        // Asked before the first byte, and after each MiB.
        var unchecked = Self.bytesBetweenChecks
        try SealedObject.openPadded(
            range, objectKey: try objectKey(of: object), sealedLength: blob.length, length: object.length,
            read: { try blob.read(at: $0, into: $1) },
            emit: {
                try limit.check()
                // What is destroyed while it is read ends here.
                if unchecked >= Self.bytesBetweenChecks {
                    unchecked = 0
                    try checkExists(object)
                }
                unchecked += $0.count
                try emit($0)
            })
    }

    private func checkExists(_ object: ObjectRecord) throws {
        guard try catalog.read({ try $0.hasObject(object.uid) }) else {
            throw ArchiveError(
                .destroyed, "was destroyed while it was read", remedy: "\(verb: .auditLog) shows by whom and why")
        }
    }
}
