internal import Base
internal import Catalog
internal import Foundation
internal import Ledger
internal import Retention
internal import Sealing
internal import Vault

/// What holds there are, in short.
public struct HoldStatus: Encodable, Sendable {
    /// Matters whose holds bind.
    public let matters: Int
    /// Of these, whose day of review is over.
    public let overdueReviews: [String]
    /// Matters that were held before a fork was accepted, and were not placed again: nothing is destroyed.
    public let lost: Int
    /// Released, and cooling.
    public let cooling: Int
    /// Begun, and not placed to their end.
    public let unfinished: [String]
    /// What they take in is still being pinned, or decided about.
    public let isWorking: Bool
}

extension Holds {
    /// Holds in the order in which they were placed.
    public func list(all: Bool) throws -> [HoldSummary] {
        try session.attempt(.look) {
            try session.catalog.read { index in
                let book = try session.holdBook(in: index)
                var summaries: [HoldSummary] = []
                try forEachKnownHold(book, in: index) { record, known in
                    if all || known.state != .ended { summaries.append(try summary(of: record, book, in: index)) }
                }
                return summaries
            }
        }
    }

    /// One of them, the newest of its matter, with what it takes in counted.
    public func show(_ matter: Matter) throws -> HoldSummary {
        try session.attempt(.look) {
            try session.catalog.read { index in
                let record = try knownHold(matter, in: index)
                var summary = try summary(
                    of: record, try session.holdBook(in: index), in: index)
                if record.state != .ended {
                    let counts = try index.heldCounts(by: record.uid)
                    (summary.heldObjects, summary.heldCases) = (counts.objects, counts.cases)
                }
                summary.isCompiling = try index.holdsAreUnfinished()
                return summary
            }
        }
    }

    /// Says that the notice of a hold was read: by who acts, or by a person whom they name.
    ///
    /// - Returns: the entry.
    public func acknowledge(_ matter: Matter, reader: String?) throws -> UInt64 {
        try session.attempt(.look, verb: "hold acknowledge") {
            let reader = try reader.map { try Actor.checked($0) }
            return try session.record { transaction in
                let hold = try knownHold(matter, in: transaction.index)
                guard hold.state != .ended else { throw try noHold(of: matter.text, in: transaction.index) }
                return try transaction.add(
                    .holdAcknowledged(
                        .init(
                            hold: hold.uid, revision: UInt64(hold.revision),
                            reader: try reader.map { try transaction.commit($0, as: "readerCommitment") })))
            }
        }
    }

    func status(in index: IndexReader) throws -> HoldStatus {
        let book = try session.holdBook(in: index)
        var (matters, cooling) = (0, 0)
        var (overdue, unfinished): ([String], [String]) = ([], [])
        try forEachKnownHold(book, in: index) { hold, known in
            guard known.state != .ended else { return }
            matters += 1
            if known.state == .released { cooling += 1 }
            if known.state == .standing, known.reviewBy < session.now {
                overdue.append(try session.shownMatter(hold, in: index))
            }
            if known.state == .placing { unfinished.append(try session.shownMatter(hold, in: index)) }
        }
        return HoldStatus(
            matters: matters, overdueReviews: overdue, lost: book.lost.count, cooling: cooling,
            unfinished: unfinished, isWorking: try index.holdsAreUnfinished())
    }

    /// The holds of the index, which are those of the ledger: none is hidden.
    private func forEachKnownHold(
        _ book: HoldBook, in index: IndexReader, _ body: (HoldRecord, HoldBook.Hold) throws -> Void
    ) throws {
        var found = 0
        try index.forEachHold { record in
            guard let known = book.holds[record.uid] else {
                throw CatalogError.damaged("its holds are not those of the ledger")
            }
            found += 1
            try body(record, known)
        }
        guard found == book.holds.count else { throw CatalogError.damaged("its holds are not those of the ledger") }
    }

    // MARK: Names

    /// The holds of a matter, the newest last: of what is found by its tag, what is sealed in it is that matter.
    func holds(of matter: String, in index: IndexReader) throws -> [HoldRecord] {
        let tag = session.keyring.tag(matter.utf8, purpose: .matter)
        return try index.holds(matterTag: tag).map { hold in
            guard try session.particulars(of: hold, in: index).matter == matter else {
                throw CatalogError.damaged("it leads from a matter to the hold of another")
            }
            try session.prove(hold, in: index)
            return hold
        }
    }

    func knownHold(_ matter: Matter, in index: IndexReader) throws -> HoldRecord {
        guard let hold = try holds(of: matter.text, in: index).last else {
            throw try noHold(of: matter.text, in: index)
        }
        guard try session.maySee(hold, in: index) else { throw Self.neverPlaced(matter.text) }
        return hold
    }

    func summary(of record: HoldRecord, _ book: HoldBook, in index: IndexReader) throws -> HoldSummary {
        guard let known = book.holds[record.uid] else {
            throw CatalogError.damaged("a hold was never placed by the ledger")
        }
        let isVisible = try session.maySee(record, in: index)
        let particulars = isVisible ? try session.particulars(of: record, in: index) : nil
        let revisions = known.scopes.values.sorted { $0.revision < $1.revision }.map { scope in
            HoldRevision(
                revision: scope.revision,
                form: scope.form == .everything ? "everything" : scope.form == .where ? "where" : "cases",
                state: known.state(of: scope).rawValue, since: scope.startedAt, entry: scope.entry,
                expression: isVisible && scope.form == .where
                    ? HoldExpression(clauses: scope.clauses).description : nil,
                judgedOnly: scope.judgedOnly, cases: scope.cases.count, expected: scope.expected.count,
                coolingUntil: scope.hasEnded ? nil : scope.coolingUntil ?? known.coolingUntil)
        }
        let narrowings = Dictionary(grouping: known.exclusions.values.flatMap { $0 }, by: \.revision)
            .sorted { $0.key < $1.key }.map { revision, cases in
                HoldNarrowing(
                    revision: revision, cases: cases.count, coolingUntil: cases[0].coolingUntil,
                    hasEnded: cases[0].hasEnded)
            }
        var summary = HoldSummary(
            matter: particulars?.matter ?? Session.keptByLaw, hold: record.uid.hex, state: known.state.rawValue,
            placedAt: known.placedAt, placedBy: try session.name(of: known.author, in: index),
            placedByKnown: try index.actor(known.author)?.stamp.known.rawValue ?? "", reviewBy: known.reviewBy,
            isOverdue: known.state == .standing && known.reviewBy < session.now, isConfidential: known.isConfidential,
            reason: particulars?.reason, releasedAt: known.releasedAt, coolingUntil: known.coolingUntil,
            endedAt: known.endedAt, revisions: revisions,
            narrowings: narrowings)
        summary.acknowledgements = try acknowledgements(of: record.uid, in: index)
        return summary
    }

    private func acknowledgements(of hold: HoldUID, in index: IndexReader) throws -> [HoldAcknowledgement] {
        try provedEntries(of: .holds, in: index, session.head(in: index).roots).compactMap { number, entry in
            guard case .holdAcknowledged(let event) = entry.event, event.hold == hold else { return nil }
            let openings = try session.openings(of: number, in: index)
            try openings.open(try entry.commitments(), of: number)
            return HoldAcknowledgement(
                reader: try openings["readerCommitment"]?.text ?? session.name(of: entry.actor.uid, in: index),
                at: entry.time, revision: Int(event.revision), entry: number)
        }
    }

    /// The matters that preserve a case, as anybody may know them: by the ledger.
    func matters(of caseUID: CaseUID, in index: IndexReader) throws -> [String] {
        let facts = try LedgerFacts(
            of: caseUID, in: index, session.head(in: index).roots, by: session.recorder)
        let book = try session.holdBook(in: index)
        let tags =
            try book.expectsAny
            ? index.caseRecord(caseUID).map { try session.expectations(of: $0, in: index) } ?? [] : []
        let names = Set(
            facts.liveObjects.compactMap { facts.history(of: $0) }.flatMap { book.binding($0, expected: tags) }
        ).map(\.hex).sorted()
        return try session.matters(names, forOutsiders: true, in: index)
    }

    static func neverPlaced(_ matter: String) -> ArchiveError {
        ArchiveError(
            .unknownMatter, "no hold of matter \(matter) was ever placed",
            remedy: "\(verb: .holdList) shows the matters")
    }

    func noHold(of matter: String, in index: IndexReader) throws -> ArchiveError {
        guard let over = try holds(of: matter, in: index).last else {
            return Self.neverPlaced(matter)
        }
        return ArchiveError(
            .matterOver,
            over.state == .released
                ? "matter \(matter) was released already; it cools until "
                    + "\(Timestamp.minute(over.coolingUntil ?? session.now))"
                : "the hold of matter \(matter) has ended",
            remedy: "\(verb: .holdPlace) places it anew")
    }
}
