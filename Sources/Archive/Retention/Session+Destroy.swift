internal import Base
internal import BlobStore
internal import Catalog
internal import Foundation
internal import Ledger
internal import Retention
internal import Sealing

/// What one transaction of destruction did.
struct Destruction {
    var destroyed = 0
    var bytes: UInt64 = 0
    var cases = 0
    var skipped: [String: Int] = [:]
}

extension Session {
    /// The one function that destroys. In the caller's transaction each object is decided about again (``Deciding``);
    /// what is permitted loses its key, its blob is noted for removal, and it stands on the ledger; what is not due any
    /// more stays, and is counted. With its last object a case goes, with everything that identifies the person.
    ///
    /// - Parameter run: the number of the entry that began it.
    func destroy(_ objects: [ObjectUID], in run: UInt64, _ recording: Recording) throws -> Destruction {
        let index = recording.index
        var deciding = try Deciding(self, recording)
        var result = Destruction()
        var verifications: [VerificationUID: (caseUID: CaseUID, entry: UInt64)] = [:]
        let rows = try index.retentionRows(.objects(objects), after: nil, limit: objects.count)
        if rows.count < objects.count { result.skipped["gone"] = objects.count - rows.count }
        for row in rows {
            switch try deciding.decide(row) {
            case .altered: result.skipped["altered", default: 0] += 1
            case .refused(let status): result.skipped[status.rawValue, default: 0] += 1
            case .permitted(let permit, let decision):
                let entry = try recording.add(
                    .objectDestroyed(event(of: row, by: decision, deciding.rules, run: run)))
                try index.destroy(permit, at: recording.now)
                verifications[row.verificationUID] = (row.caseUID, entry)
                result.destroyed += 1
                result.bytes += row.length
            }
        }
        for (uid, last) in verifications { try forget(uid, entry: last.entry, recording) }
        for uid in Set(verifications.values.map(\.caseUID)).sorted(by: { $0.hex < $1.hex }) {
            if try destroyEmptyCase(uid, recording) { result.cases += 1 }
        }
        return result
    }

    private func event(
        of row: RetentionRow, by decision: Decision, _ rules: ActiveRules, run: UInt64
    ) -> Event.ObjectDestroyed {
        let (cause, side): (Event.ObjectDestroyed.Cause, Decision.Reason.Side?) =
            switch decision.cause {
            case .upperBound: (.upperBound, .atMost)
            case .backstop: (.backstop, .backstop)
            case .erasure, nil: (.erasure, nil)
            }
        let rule = decision.decisive.first { $0.side == side }
        var keepUntil: Date?
        if case .time(let time) = decision.keepUntil { keepUntil = time }
        return Event.ObjectDestroyed(
            caseUID: row.caseUID, verification: UInt64(row.verification), object: row.object, media: row.facts.media,
            length: row.length, address: row.address,
            cause: cause, policy: rule?.policy, version: rule.map { UInt64($0.version) }, rule: rule?.rule,
            file: rule.flatMap { rules.digest(of: $0.policy)?.hex }, keepUntil: keepUntil, goneBy: decision.goneBy,
            run: run)
    }

    /// Keeps the tags by which a verification of which something was destroyed cannot come in again, and deletes
    /// what the answer said with its last object.
    private func forget(_ uid: VerificationUID, entry: UInt64, _ recording: Recording) throws {
        let index = recording.index
        guard let record = try index.verification(uid) else { throw CatalogError.damaged("a verification is gone") }
        for (tag, purpose) in [(record.tokenTag, DestroyedTagRecord.Purpose.token), (record.answerTag, .answer)] {
            guard let tag else { continue }
            try remember(tag, purpose, of: record.caseUID, entry: entry, recording)
        }
        if try index.objects(of: uid).isEmpty { try index.deleteDetails(of: uid) }
    }

    /// - Returns: whether nothing was left of the case, so that it is gone.
    private func destroyEmptyCase(_ uid: CaseUID, _ recording: Recording) throws -> Bool {
        let index = recording.index
        let verifications = try index.verifications(of: uid)
        for verification in verifications {
            guard verification.state != .awaiting, try index.objects(of: verification.uid).isEmpty else { return false }
        }
        guard let record = try index.caseRecord(uid) else { throw CatalogError.damaged("a case is gone") }
        let entry = try recording.add(
            .caseDestroyed(.init(caseUID: uid, rememberedUntil: forgetAt(recording.now))))
        try remember(record.caseIDTag, .caseID, of: uid, entry: entry, recording)
        try index.destroyCase(uid)
        return true
    }

    private func remember(
        _ tag: Tag, _ purpose: DestroyedTagRecord.Purpose, of caseUID: CaseUID, entry: UInt64, _ recording: Recording
    ) throws {
        try recording.index.insert(
            DestroyedTagRecord(
                tag: tag, purpose: purpose, caseUID: caseUID, entry: entry, destroyedAt: recording.now,
                forgetAt: forgetAt(recording.now)))
    }

    /// Puts it on the record that objects of a case may go after their backstop.
    func approveBackstop(_ effect: Effect, request: UInt64?, _ recording: Recording) throws -> UInt64 {
        let index = recording.index
        guard let uid = effect.cases?.first.flatMap(CaseUID.init(hex:)), let record = try index.caseRecord(uid) else {
            throw ArchiveError(.unknownCase, "the case is gone", hint: "there is nothing to destroy")
        }
        let objects = (effect.objects ?? []).compactMap { ObjectUID(hex: $0) }
        let rows = try index.retentionRows(.objects(objects), after: nil, limit: objects.count)
        let rules = try rules(in: index)
        guard rows.count == objects.count,
            rows.allSatisfy({ rules.engine.decide($0.facts, at: recording.now).status == .backstopReview })
        else {
            throw ArchiveError(
                .noConflict, "not all of these objects are past their backstop any more",
                hint: "look again: strongroom explain CASE")
        }
        let entry = try recording.add(
            .backstopApproved(
                .init(
                    caseUID: uid, objects: objects, request: request,
                    reason: try recording.commit(
                        effect.reason, as: "reasonCommitment", of: uid, key: try open(record).key))))
        for object in objects { try index.approveBackstop(of: object, at: recording.now, entry: entry) }
        try refresh(uid, recording)
        return entry
    }

    private func forgetAt(_ now: Date) -> Date { configuration.retention.remembered.after(now, in: .gmt) }

    /// Refuses what was destroyed once.
    func checkNotDestroyed(
        _ tag: Tag, _ purpose: DestroyedTagRecord.Purpose, _ what: String, in index: IndexReader
    ) throws {
        guard let known = try index.destroyedTags(tag, purpose: purpose).last else { return }
        throw ArchiveError(
            .tokenDestroyed,
            "\(what) was archived, and destroyed, at least in part, on \(Timestamp.minute(known.destroyedAt)), "
                + "ledger entry \(known.entry)",
            hint: "what was destroyed does not come back")
    }

    // MARK: Blobs

    /// Objects that an entry about blobs names; each can stand in it twice.
    private static let mostInEntry = 400

    /// Removes the blobs whose keys are gone; what cannot be removed waits for the next time.
    func removeBlobs(_ report: inout PurgeReport, progress: (Int) -> Void = { _ in }) throws {
        var failed: Set<BlobAddress> = []
        while true {
            let waiting = try catalog.read { try $0.blobRemovals(limit: 1000 + failed.count) }
            let chunk = waiting.filter { !failed.contains($0.address) }.prefix(1000)
            guard !chunk.isEmpty else { break }
            // A note that was put there cannot take the bytes of what is kept.
            let kept = try catalog.read { index in
                try chunk.filter { try index.object(address: $0.address) != nil }.map(\.address)
            }
            if !kept.isEmpty {
                failed.formUnion(kept)
                report.blobProblem =
                    "\(kept.count) of them belong to objects that are kept; run strongroom audit reconcile"
                report.altered = max(report.altered, kept.count)
            }
            let deletion = store.delete(chunk.map(\.address).filter { !failed.contains($0) })
            for (address, reason) in deletion.failed {
                failed.insert(address)
                report.blobProblem = report.blobProblem ?? reason.description
            }
            let (removed, missing) = (Set(deletion.removed), Set(deletion.missing))
            // Its blobs are gone: that is said whatever limit there was.
            try unhurried.record { recording in
                // Another process may have been at the same blobs.
                let done = try chunk.filter {
                    try (removed.contains($0.address) || missing.contains($0.address))
                        && recording.index.isAwaitingRemoval($0.address)
                }
                for (caseUID, records) in Dictionary(grouping: done, by: \.caseUID).sorted(by: {
                    $0.key.hex < $1.key.hex
                }) {
                    for first in stride(from: 0, to: records.count, by: Self.mostInEntry) {
                        let part = records[first..<min(first + Self.mostInEntry, records.count)]
                        let gone = part.filter { missing.contains($0.address) }.map(\.object)
                        try recording.add(
                            .blobsRemoved(
                                .init(
                                    caseUID: caseUID, objects: part.map(\.object), missing: gone.isEmpty ? nil : gone)))
                    }
                }
                for record in done { try recording.index.deleteBlobRemoval(record.address) }
            }
            report.blobsRemoved += removed.count
            report.blobsMissing += missing.count
            progress(report.blobsRemoved + report.blobsMissing)
        }
        report.blobsWaiting = failed.count
    }
}
