internal import Base
internal import BlobStore
internal import Catalog
internal import Foundation
internal import Ledger
internal import Vault

extension Destruction {
    /// Objects that an entry about blobs names; each can stand in it twice.
    private static let mostInEntry = 400

    /// Removes the blobs whose keys are gone; what cannot be removed waits for the next time.
    func removeBlobs(_ report: inout PurgeReport, progress: (Int) -> Void = { _ in }) throws {
        var failed: Set<BlobAddress> = []
        while true {
            let (chunk, kept) = try session.catalog.read { index in
                let chunk = try index.blobRemovals(limit: 1000 + failed.count)
                    .filter { !failed.contains($0.address) }.prefix(1000)
                // A note that was put there cannot take the bytes of what is kept.
                return (chunk, try undestroyed(chunk, in: index))
            }
            guard !chunk.isEmpty else { break }
            if !kept.isEmpty {
                failed.formUnion(kept)
                report.blobProblem =
                    "\(kept.count) of them belong to objects that are kept: index and ledger have to be reconciled"
                report.altered = max(report.altered, kept.count)
            }
            let deletion = session.store.delete(chunk.map(\.address).filter { !failed.contains($0) })
            for (address, reason) in deletion.failed {
                failed.insert(address)
                report.blobProblem = report.blobProblem ?? reason.description
            }
            let (removed, missing) = (Set(deletion.removed), Set(deletion.missing))
            // Its blobs are gone: that is said whatever limit there was.
            try session.unhurried.record { transaction in
                // Another process may have been at the same blobs.
                let done = try chunk.filter {
                    try (removed.contains($0.address) || missing.contains($0.address))
                        && transaction.index.isAwaitingRemoval($0.address)
                }
                for (caseUID, records) in Dictionary(grouping: done, by: \.caseUID).sorted(by: {
                    $0.key.hex < $1.key.hex
                }) {
                    for first in stride(from: 0, to: records.count, by: Self.mostInEntry) {
                        let part = records[first..<min(first + Self.mostInEntry, records.count)]
                        let gone = part.filter { missing.contains($0.address) }.map(\.object)
                        try transaction.add(
                            .blobsRemoved(
                                .init(
                                    caseUID: caseUID, objects: part.map(\.object), missing: gone.isEmpty ? nil : gone)))
                    }
                }
                for record in done { try transaction.index.deleteBlobRemoval(record.address) }
            }
            report.blobsRemoved += removed.count
            report.blobsMissing += missing.count
            progress(report.blobsRemoved + report.blobsMissing)
        }
        report.blobsWaiting = failed.count
    }

    /// Of blobs that are to be removed, those of which the ledger does not say that their object was destroyed.
    private func undestroyed(
        _ removals: some Collection<BlobRemovalRecord>, in index: IndexReader
    ) throws -> [BlobAddress] {
        let roots = try session.head(in: index).roots
        return try Dictionary(grouping: removals, by: \.caseUID).flatMap { uid, removals in
            let destroyed = try unlessTheIndexFails {
                var replay = CaseReplay(uid)
                for (number, entry) in try provedEntries(of: .ofCase(uid), in: index, roots) {
                    replay.apply(entry, number: number)
                }
                return replay.unremoved
            }
            return try removals.filter {
                try destroyed?[$0.object] != $0.address || index.object(address: $0.address) != nil
            }.map(\.address)
        }
    }
}
