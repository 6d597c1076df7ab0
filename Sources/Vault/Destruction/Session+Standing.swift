package import Base
package import Catalog
package import Foundation
internal import Ledger
package import Retention
internal import Synchronization

extension Session {
    /// Seconds that a job keeps the index to itself at most, before others have their turn.
    private static let batchSeconds = 0.05

    /// Brings what the index knows of every object's decision up to date: after another set of policies was
    /// activated, and as time passes. In short transactions, so that nobody waits for it; what a crash
    /// interrupts, the next call goes on with.
    ///
    /// - Parameters:
    ///   - ahead: what was computed by the new set before it became active, of the state in which it did.
    ///   - progress: objects that were looked at, of how many.
    /// - Returns: how many standings were computed.
    @discardableResult
    package func refreshStandings(
        ahead: StandingsAhead? = nil, progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) throws -> Int {
        if let ahead { try write(ahead, progress: progress) }
        var computed = 0
        while true {
            let (set, standing, total) = try catalog.read {
                (try $0.activeSetNumber(), try $0.standingSet(), try $0.objectCount())
            }
            guard standing != set else { break }
            computed += try refreshAll(.notOf(set: set)) { done, _ in progress(min(done, total), total) }
            try record { transaction in
                // Another set may have become active, and another process may have finished this one.
                guard try transaction.index.activeSetNumber() == set else { return }
                try transaction.index.setStandingSet(set)
            }
            // Who opens the index next would have to read it all.
            _ = try catalog.eraseResidue(until: limit)
        }
        return try computed + refreshAll(.changing(by: now)) { _, _ in }
    }

    /// Writes standings down that were computed ahead, as long as theirs is the active set. What changes an object's
    /// facts decides about it anew in the same transaction, by the new set; that stays.
    private func write(_ ahead: StandingsAhead, progress: (_ done: Int, _ of: Int) -> Void) throws {
        var (first, batch) = (0, 2000)
        while first < ahead.count {
            let began = effects.clock.ticks()
            let places = first..<min(first + batch, ahead.count)
            let isActive = try record { transaction in
                guard try transaction.index.activeSetNumber() == ahead.set,
                    try !transaction.index.holdsAreUnfinished()
                else { return false }
                try transaction.index.update(ahead, places, asOf: transaction.now)
                return true
            }
            guard isActive else { return }
            first = places.upperBound
            progress(first, ahead.count)
            batch = next(batch, after: effects.clock.ticks() - began)
        }
    }

    /// How many objects a batch has that takes as long as it may, after one that took some nanoseconds.
    private func next(_ batch: Int, after ticks: UInt64) -> Int {
        let seconds = Double(ticks) / 1e9
        return max(100, min(20_000, seconds > 0 ? Int(Double(batch) * Self.batchSeconds / seconds) : batch))
    }

    /// Decides about every object of a selection, batch by batch.
    package func refreshAll(_ selection: RetentionSelection, progress: (_ done: Int, _ of: Int) -> Void) throws -> Int {
        let total = try catalog.read { try $0.objectCount() }
        var (position, batch, done): (CatalogPosition?, Int, Int) = (nil, 500, 0)
        while true {
            try limit.check()
            let began = effects.clock.ticks()
            let rows = try refresh(selection, after: position, limit: batch)
            guard let last = rows.last else { return done }
            position = last.position
            done += rows.count
            progress(done, total)
            batch = next(batch, after: effects.clock.ticks() - began)
        }
    }

    private func refresh(
        _ selection: RetentionSelection, after: CatalogPosition?, limit: Int
    ) throws -> [RetentionRow] {
        try record { transaction in
            let rules = try rules(in: transaction.index)
            let rows = try transaction.index.retentionRows(selection, after: after, limit: limit)
            let decisions = PendingDecisions(rows, by: rules.engine, at: transaction.now).wait()
            for (row, decision) in zip(rows, decisions) { try note(decision, about: row, by: rules, transaction) }
            return rows
        }
    }

    /// Decides again about every object of a case, where something about it changed.
    package func refresh(_ caseUID: CaseUID, _ transaction: Transaction) throws {
        let rules = try rules(in: transaction.index)
        for row in try transaction.index.retentionRows(.ofCase(caseUID), after: nil, limit: .max) {
            try refresh(row, by: rules, transaction)
        }
    }

    @discardableResult
    package func refresh(_ row: RetentionRow, by rules: ActiveRules, _ transaction: Transaction) throws -> Decision {
        let decision = rules.engine.decide(row.facts, at: transaction.now)
        try note(decision, about: row, by: rules, transaction)
        return decision
    }

    private func note(
        _ decision: Decision, about row: RetentionRow, by rules: ActiveRules, _ transaction: Transaction
    ) throws {
        let standing = Standing(decision, set: rules.set).rounded
        if standing != row.standing { try transaction.index.update(standing, of: row.object) }
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

/// Decisions that one other thread makes, so that the next rows can be read meanwhile; who waits for them makes what is
/// left. No thread of a shared pool is needed, which might all be waiting for their turn to write.
package final class PendingDecisions: Sendable {
    private static let rowsTogether = 128

    private struct State {
        var next = 0
        var parts: [[Decision]]
    }

    private let state: Mutex<State>
    private let isDone = DispatchGroup()
    private let decide: @Sendable (Int) -> [Decision]

    /// - Parameter change: what is different of an object's facts.
    package init(
        _ rows: [RetentionRow], by engine: RetentionEngine, at time: Date,
        _ change: @escaping @Sendable (ObjectFacts) -> ObjectFacts = { $0 }
    ) {
        let size = Self.rowsTogether
        let count = (rows.count + size - 1) / size
        state = Mutex(State(parts: [[Decision]](repeating: [], count: count)))
        decide = { part in
            rows[part * size..<min((part + 1) * size, rows.count)].map { engine.decide(change($0.facts), at: time) }
        }
        guard count > 1 else { return }
        isDone.enter()
        Thread.detachNewThread {
            self.work()
            self.isDone.leave()
        }
    }

    private func work() {
        while let part = state.withLock({ state -> Int? in
            guard state.next < state.parts.count else { return nil }
            defer { state.next += 1 }
            return state.next
        }) {
            let made = decide(part)
            state.withLock { $0.parts[part] = made }
        }
    }

    /// In the order of the rows.
    package func wait() -> [Decision] {
        work()
        isDone.wait()
        return state.withLock { $0.parts.flatMap { $0 } }
    }
}
