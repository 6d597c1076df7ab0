internal import Base
internal import Catalog
internal import Foundation
internal import Ledger
internal import Vault

extension Destruction {
    /// Rewrites the index without what deleted rows left inside it. Nobody can write meanwhile.
    public func compact() throws -> Compaction {
        try session.attempt(.purge, verb: "purge compact") {
            let (before, after) = try session.catalog.compact(until: session.limit)
            guard try session.catalog.eraseResidue(until: session.limit) else {
                throw ArchiveError(
                    .archiveBusy, "the index was rewritten, but another command reads its older state",
                    remedy: "try again when that has ended")
            }
            try session.unhurried.record { transaction in
                try transaction.add(.indexCompacted(.init(bytesBefore: before, bytesAfter: after)))
                try transaction.index.setCompactedAt(transaction.now)
            }
            return Compaction(bytesBefore: before, bytesAfter: after)
        }
    }

    func compactionIsDue(_ after: TimeInterval) throws -> Bool {
        let last = try session.catalog.read { try $0.compactedAt() ?? $0.archive().createdAt }
        return session.now.timeIntervalSince(last) >= after
    }
}
