package import Base
package import Catalog
package import Foundation
internal import Ledger
package import Retention
internal import Vendor

extension Session {
    /// Seconds that a job keeps the index to itself at most, before others have their turn.
    private static let batchSeconds = 0.05

    /// Brings what the index knows of every object's decision up to date: after another set of policies was
    /// activated, and as time passes. In short transactions, so that nobody waits for it; what a crash
    /// interrupts, the next call goes on with.
    ///
    /// - Parameter progress: objects that were looked at, of how many.
    /// - Returns: how many standings were computed.
    @discardableResult
    package func refreshStandings(progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }) throws -> Int {
        var computed = 0
        while true {
            let (set, standing, total) = try catalog.read {
                (try $0.activeSetNumber(), try $0.standingSet(), try $0.objectCount())
            }
            guard standing != set else { break }
            computed += try refreshAll(.notOf(set: set)) { done, _ in progress(min(done, total), total) }
            try record { recording in
                // Another set may have become active, and another process may have finished this one.
                guard try recording.index.activeSetNumber() == set else { return }
                try recording.index.setStandingSet(set)
            }
            // Who opens the index next would have to read it all.
            _ = try catalog.eraseResidue()
        }
        return try computed + refreshAll(.changing(by: now)) { _, _ in }
    }

    /// Decides about every object of a selection, batch by batch.
    package func refreshAll(_ selection: RetentionSelection, progress: (_ done: Int, _ of: Int) -> Void) throws -> Int {
        let total = try catalog.read { try $0.objectCount() }
        var (position, batch, done): (CatalogPosition?, Int, Int) = (nil, 500, 0)
        while true {
            let began = effects.clock.ticks()
            let rows = try refresh(selection, after: position, limit: batch)
            guard let last = rows.last else { return done }
            position = last.position
            done += rows.count
            progress(done, total)
            let seconds = Double(effects.clock.ticks() - began) / 1e9
            batch = max(100, min(5000, seconds > 0 ? Int(Double(batch) * Self.batchSeconds / seconds) : batch))
        }
    }

    private func refresh(
        _ selection: RetentionSelection, after: CatalogPosition?, limit: Int
    ) throws -> [RetentionRow] {
        try record { recording in
            let rules = try rules(in: recording.index)
            let rows = try recording.index.retentionRows(selection, after: after, limit: limit)
            for row in rows { try refresh(row, by: rules, recording) }
            return rows
        }
    }

    /// Decides again about every object of a case, where something about it changed.
    package func refresh(_ caseUID: CaseUID, _ recording: Recording) throws {
        let rules = try rules(in: recording.index)
        for row in try recording.index.retentionRows(.ofCase(caseUID), after: nil, limit: .max) {
            try refresh(row, by: rules, recording)
        }
    }

    @discardableResult
    package func refresh(_ row: RetentionRow, by rules: ActiveRules, _ recording: Recording) throws -> Decision {
        let decision = rules.engine.decide(row.facts, at: recording.now)
        let standing = Standing(decision, set: rules.set)
        if standing != row.standing { try recording.index.update(standing, at: row.position) }
        return decision
    }

    /// What is known of an object that is being archived; only its kind is left open.
    package func facts(
        of verification: VerificationRecord, archived: Date, in index: IndexReader
    ) throws -> ObjectFacts {
        guard let record = try index.caseRecord(verification.caseUID) else {
            throw CatalogError.damaged("a verification without a case")
        }
        let from = verification.capturedFrom ?? archived
        return ObjectFacts(
            media: "", outcome: verification.outcome, jurisdictions: record.jurisdictions,
            purpose: record.purpose, captured: from...max(from, verification.capturedUntil ?? archived),
            archived: archived, events: try index.caseEvents(of: verification.caseUID).map(\.event))
    }
}
