internal import Base
@_spi(Writing) package import Catalog
package import Foundation
package import Ledger
internal import Sealing
internal import Synchronization

extension Recorder {
    /// Counts an opening with a key or a token that nobody has: without one nobody can say who. The next who acts puts
    /// it on the ledger.
    static func countRefusedOpening(in catalog: Index, at time: Date) {
        try? catalog.write { try $0.countRefusedOpening(at: time) }
    }

    /// Puts on the ledger that somebody with a token that is good no more was refused.
    func recordRefusal(_ refusal: ArchiveError, of holder: ActorUID, in catalog: Index, at time: Date) {
        _ = try? catalog.write { index in
            let transaction = try Transaction(self, index: index, now: time)
            try transaction.add(
                .attemptFailed(
                    .init(verb: "open", code: refusal.code.rawValue, outcome: .refused, count: 1, caseUID: nil)),
                by: ActorStamp(uid: holder, known: .token))
            try transaction.finish()
        }
    }
}

extension Session {
    /// After this time the ranges of an access are closed on the ledger, whoever comes by.
    static let accessWindow: TimeInterval = 600
    /// After this time an access of a bag or an item is taken for one whose program died.
    private static let longestAccess: TimeInterval = 24 * 3600
    private static let staleAccessesAtOnce = 100

    /// The one way to change the index: one transaction, with the ledger entries of what it changes. Publishes
    /// now and then.
    ///
    /// - Parameters:
    ///   - isUrgent: nobody of this process who waits already goes first: a hold.
    ///   - closing: it is published at once, and so closes the strands in the same transaction.
    package func record<Result>(
        isUrgent: Bool = false, closing: Bool = false, _ body: (Transaction) throws -> Result
    ) throws -> Result {
        try checkLedgerIsWritable()
        return try write(isUrgent: isUrgent, closing: closing, body) { result, _, _ in result }
    }

    /// Closes the strands of all entries that are there, and runs `body` on the state in which they are closed: nobody
    /// else writes meanwhile.
    package func closed<Result>(_ body: (IndexReader, ClosedLedger) throws -> Result) throws -> Result {
        try checkLedgerIsWritable()
        return try write(closing: true, { _ in }) { _, index, head in
            try body(index, try closedLedger(in: index, of: head))
        }
    }

    /// Closes the strands where the newest entry does not: the archive's own act, which takes no permission and waits
    /// for no publication.
    func closeStrands() throws {
        if let fork { throw fork }
        guard try catalog.read({ try !isClosed($0) }) else { return }
        let floor = catalog.watch.seen
        let size = try recordOrForget(isUrgent: false) { index in
            try checkOrigin(in: index)
            let transaction = try Transaction(recorder, index: index, now: now, session: self, since: floor)
            try noteTime(transaction)
            let isOpen = try transaction.size > transaction.head.roots.size || !isClosed(index)
            return try transaction.finish(closing: isOpen).roots.size
        }
        archive.ledgerState.withLock { $0.size = max($0.size, size) }
    }

    /// - Parameters:
    ///   - closing: the entry `strands` comes last.
    ///   - after: comes when everything is written, in the same transaction.
    private func write<Value, Result>(
        isUrgent: Bool = false, closing: Bool = false, _ body: (Transaction) throws -> Value,
        after: (Value, IndexReader, Head) throws -> Result
    ) throws -> Result {
        let floor = catalog.watch.seen
        let (result, size) = try recordOrForget(isUrgent: isUrgent) { index in
            try checkOrigin(in: index)
            let transaction = try Transaction(recorder, index: index, now: now, session: self, since: floor)
            try checkToken(in: index)
            try recordSettings(transaction)
            try noteTime(transaction)
            if let refused = try index.takeRefusedOpenings() {
                try transaction.add(
                    .openingsRefused(.init(count: refused.count, first: refused.first, last: refused.last)))
            }
            try closeStaleAccesses(transaction)
            // What is said beside it says nothing of what the body does.
            let (rows, entries) = (index.changedRows, transaction.size)
            let result = try body(transaction)
            guard index.changedRows == rows || transaction.size > entries else { throw CatalogError.unrecorded }
            let closes = try closing && (transaction.size > transaction.head.roots.size || !isClosed(index))
            let head = try transaction.finish(closing: closes)
            return (try after(result, index, head), head.roots.size)
        }
        archive.settingsAreKnown.store(true, ordering: .relaxed)
        ledgerGrew(to: size)
        return result
    }

    /// A transaction that says nothing new: counters, and what follows from entries that are there.
    private func maintain<Result>(_ body: (IndexWriter) throws -> Result) throws -> Result {
        try checkLedgerIsWritable()
        return try catalog.index.write(until: limit) { index in
            try checkOrigin(in: index)
            _ = try head(in: index)
            return try body(index)
        }
    }

    /// Pins a part of what the clauses of holds take in. Nothing of it is news: `hold placed` says what is taken in.
    ///
    /// - Returns: whether there was something to pin.
    package func pinHolds(limit: Int) throws -> Bool { try maintain { try $0.compileHolds(limit: limit) } }

    /// Notes that all was decided anew that a revision of a hold takes in, or took in, unless its state is another
    /// by now.
    package func noteFresh(_ scope: HoldScopeName, in state: HoldScopeRecord.State) throws {
        try maintain { try $0.setFresh(scope, in: state) }
    }

    /// Deletes a part of what is left of holds that have ended.
    ///
    /// - Returns: whether there was something to delete.
    package func deleteEndedPins(limit: Int) throws -> Bool { try maintain { try $0.deleteEndedPins(limit: limit) } }

    /// Deletes the sealed tokens of verifications that ended, and were registered and issued before a time.
    package func deleteTokensLeft(issuedBefore time: Date) throws {
        guard try catalog.read({ try $0.hasTokensLeft(issuedBefore: time) }) else { return }
        try maintain { _ = try $0.deleteTokensLeft(issuedBefore: time) }
    }

    private struct Rehearsed<Result: Sendable>: Error { let result: Result }

    /// Runs a transaction and takes it back: what it would answer is what it answers.
    package func rehearse<Result: Sendable>(_ body: (Transaction) throws -> Result) throws -> Result {
        try checkLedgerIsWritable()
        do {
            return try catalog.index.write(until: limit) { index in
                throw Rehearsed(result: try body(try Transaction(recorder, index: index, now: now)))
            }
        } catch let rehearsed as Rehearsed<Result> {
            return rehearsed.result
        }
    }

    /// The transaction that goes on after a fork: nothing that stops another one stops it.
    func recordFork<Result>(_ body: (Transaction) throws -> Result) throws -> Result {
        try catalog.index.write(until: limit) { index in
            let transaction = try Transaction(recorder, index: index, now: now)
            let result = try body(transaction)
            try transaction.finish()
            return result
        }
    }

    /// Notes in the index how far the published place has come. Losing this is harmless: the place knows it, too.
    func noteOrigin() { _ = try? catalog.index.write { try checkOrigin(in: $0) } }

    /// Runs a transaction. What was read of rules in one that failed may never have been committed.
    private func recordOrForget<Result>(
        isUrgent: Bool, _ body: (IndexWriter) throws -> Result
    ) throws -> Result {
        do {
            return try catalog.index.write(until: limit, isUrgent: isUrgent, body)
        } catch {
            archive.knownRules.withLock { $0 = nil }
            throw error
        }
    }

    private func closeStaleAccesses(_ transaction: Transaction) throws {
        let stale = try transaction.index.openAccesses(
            openedBefore: transaction.now.addingTimeInterval(-Self.accessWindow),
            standingAloneBefore: transaction.now.addingTimeInterval(-Self.longestAccess),
            limit: Self.staleAccessesAtOnce)
        for access in stale {
            try closeAccess(access, transaction)
        }
    }

    /// Puts the end of an access on the ledger, in the name of who opened it.
    func closeAccess(_ access: OpenAccessRecord, _ transaction: Transaction) throws {
        guard let stamp = try opener(of: access, transaction) else {
            throw CatalogError.damaged(
                "what it keeps of an access that is open is not what entry \(access.entry) of the ledger says")
        }
        try transaction.add(
            .accessClosed(
                .init(
                    caseUID: access.caseUID, access: access.entry,
                    bytes: min(access.bytes, CanonicalJSON.largestNumber),
                    ranges: min(access.ranges, CanonicalJSON.largestNumber),
                    complete: access.unfinished == 0)), by: stamp)
        try transaction.remove(access)
    }

    /// Who opened it, by the ledger; nil where that says something else of it, or that it was closed.
    private func opener(of access: OpenAccessRecord, _ transaction: Transaction) throws -> ActorStamp? {
        let entries = try provedEntries(of: access.caseUID, in: transaction.index, transaction.head.roots)
        var stamp: ActorStamp?
        for (number, entry) in entries {
            switch entry.event {
            case .accessOpened
            where number == access.entry && entry.actor.uid == access.actorUID
                && abs(entry.time.timeIntervalSince(access.openedAt)) < 0.0005:
                stamp = entry.actor
            case .accessClosed(let event): if event.access == access.entry { return nil }
            default: break
            }
        }
        return stamp
    }

    /// Puts settings that matter on the ledger where they differ from those that it has last.
    private func recordSettings(_ transaction: Transaction) throws {
        guard !archive.settingsAreKnown.load(ordering: .relaxed) else { return }
        let recorded = try recorder.recordedSettings(in: transaction.index)
        // Another process may have put stricter guards on record since this archive was opened.
        let configuration = configuration.guarded(
            by: recorded, needsTwo: try needsApproval(in: transaction.index)
        ).configuration
        guard recorded != configuration.ledgerSettings else { return }
        if configuration.isPublishedElsewhere(than: recorded), var origin = try transaction.index.origins().last {
            // Nothing is known of the new place but what this process saw there.
            origin.published = archive.ledgerState.withLock { $0.published }
            try transaction.index.update(origin)
        }
        try configuration.record(transaction, replacing: recorded)
    }

    /// What opens the commitments of an entry, by their members; those whose case's key is gone are missing.
    package func openings(of entry: UInt64, in index: IndexReader) throws -> [String: Commitment.Opening] {
        try recorder.openings(of: entry, in: index) { opening in
            guard let uid = opening.caseUID, let record = try index.caseRecord(uid) else { return nil }
            return try open(record).key.openField(
                opening.sealed, context: contexts.opening(entry: entry, member: opening.member, caseUID: uid))
        }
    }

    /// An actor's name.
    package func name(of actor: ActorRecord, in index: IndexReader) throws -> String {
        try recorder.name(of: actor, in: index)
    }

    /// Puts a failed attempt on the ledger, as far as that is possible.
    ///
    /// - Parameter caseID: what it was about; it is named where there is such a case.
    func recordFailure(_ verb: String, _ error: ArchiveError, caseID: CaseID? = nil, count: UInt64 = 1) {
        guard !error.concernsAll else { return }
        _ = try? unhurried.record { transaction in
            // Where it cannot be proved which case that is, none is named.
            let caseUID = caseID.flatMap { try? caseRecord(of: $0, in: transaction.index)?.uid }
            try transaction.add(
                .attemptFailed(
                    .init(
                        verb: verb, code: error.code.rawValue, outcome: .init(error.outcome), count: count,
                        caseUID: caseUID)))
        }
    }

    /// Puts the failures of a batch on the ledger, those of one code together.
    package func recordFailures(_ verb: String, _ errors: [ArchiveError]) {
        for (_, same) in Dictionary(grouping: errors, by: \.code).sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            recordFailure(verb, same[0], count: UInt64(same.count))
        }
    }
}

extension Event.AttemptFailed.Outcome {
    fileprivate init(_ outcome: ArchiveError.Outcome) {
        self =
            switch outcome {
            case .failed, .usage, .unsettled: .failed
            case .refused: .refused
            case .notFound: .notFound
            case .integrity: .integrity
            }
    }
}
