package import Base
package import Catalog
internal import Foundation
internal import Ledger
internal import Sealing

/// What the index keeps of accesses that are open: how many bytes and ranges were handed out. The head has its hash, so
/// that what `access closed` says of them is what this program counted. See <doc:Head>.
package enum OpenAccesses {
    /// SHA-256 of all of them in canonical JSON, in the order of their entries. Reads all: as many as are open.
    package static func digest(in index: IndexReader) throws -> Digest {
        let accesses = try index.openAccesses(
            openedBefore: .distantFuture, standingAloneBefore: .distantFuture, limit: .max)
        return digest(of: accesses.sorted { $0.entry < $1.entry })
    }

    static let none = digest(of: [])

    private static func digest(of accesses: [OpenAccessRecord]) -> Digest {
        SHA256.digest(
            of: CanonicalJSON.list(
                accesses.map { access in
                    var members: [String: CanonicalJSON] = [
                        "entry": .number(access.entry), "actor": .text(access.actorUID.hex),
                        "case": .text(access.caseUID.hex), "opened": .text(LedgerTime.text(access.openedAt)),
                        "bytes": .number(min(access.bytes, CanonicalJSON.largestNumber)),
                        "ranges": .number(min(access.ranges, CanonicalJSON.largestNumber)),
                        "unfinished": .number(min(access.unfinished, CanonicalJSON.largestNumber)),
                    ]
                    if let joinable = access.joinable {
                        members["object"] = .text(joinable.object.hex)
                        members["reason"] = .text(joinable.reasonTag.bytes.hex)
                        members["reasonKey"] = .number(UInt64(joinable.reasonTag.keyNumber))
                    }
                    return .object(members)
                }
            ).bytes)
    }
}

extension Transaction {
    /// An access that is open.
    func openAccess(_ entry: UInt64) throws -> OpenAccessRecord? {
        try proveAccesses()
        return try index.openAccess(entry)
    }

    /// The newest access of this actor that more ranges of the same may join.
    func openAccess(
        joining joinable: OpenAccessRecord.Joinable, actor: ActorUID, opened times: ClosedRange<Date>
    ) throws -> OpenAccessRecord? {
        try proveAccesses()
        return try index.openAccess(joining: joinable, actor: actor, opened: times)
    }

    func insert(_ access: OpenAccessRecord) throws {
        try proveAccesses()
        accessesChanged = true
        try index.insert(access)
    }

    func update(_ access: OpenAccessRecord) throws {
        try proveAccesses()
        accessesChanged = true
        try index.update(access)
    }

    func remove(_ access: OpenAccessRecord) throws {
        try proveAccesses()
        accessesChanged = true
        try index.deleteOpenAccess(access.entry)
    }

    /// Sees, once in a transaction and before it changes one, that they are those that the head has.
    private func proveAccesses() throws {
        guard !accessesAreProved else { return }
        guard try OpenAccesses.digest(in: index) == head.accesses else {
            throw CatalogError.damaged("what it keeps of accesses that are open is not what the head says")
        }
        accessesAreProved = true
    }
}
