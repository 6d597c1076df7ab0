public import Base
internal import Catalog
internal import Evidence
public import Foundation
internal import Ledger
internal import Retention
internal import Sealing
internal import Vault

/// Who ordered what, when it took effect, what it covers, and when it ended: as the ledger has it.
public struct HoldReport: Encodable, Sendable {
    public let hold: HoldSummary
    /// The time that it is about.
    public let asOf: Date
    /// Entries about the hold.
    public let record: [Line]
    public let objects: [Covered]

    public struct Line: Encodable, Sendable {
        public let entry: UInt64
        public let at: Date
        public let actor: String
        public let known: String
        public let says: String
        @OrNull public var reason: String?
    }

    /// An object that it covers, or covered.
    public struct Covered: Encodable, Sendable {
        /// Null where the case is gone, and with it its ID.
        @OrNull public var caseID: String?
        public let caseUID: String
        public let object: String
        public let media: String
        public let archivedAt: Date
        /// From when on the hold covers it.
        public let since: Date
        /// Until when it does, where it was released or taken out.
        @OrNull public var until: Date?
    }
}

/// The letter to those who hold copies.
public struct HoldNotice: Encodable, Sendable {
    public let matter: String
    public let text: String
    public let copies: Int
}

extension Holds {
    /// Cases whose entries are read together.
    private static let casesTogether: UInt64 = 200

    /// Reports on a hold, from the ledger alone.
    public func report(_ matter: Matter, asOf: Date?) throws -> HoldReport {
        try session.attempt(.look) {
            try session.catalog.read { index in
                let time = asOf ?? session.now
                // Of a matter that was held twice, the hold of that time.
                let newest = try knownHold(matter, in: index)
                let record =
                    try holds(of: matter.text, in: index).last {
                        try $0.placedAt <= time && session.maySee($0, in: index)
                    }
                    ?? newest
                guard time <= session.now else {
                    throw ArchiveError(
                        .badParticular, "\(Timestamp.minute(time)) lies in the future",
                        remedy: "the record says what was: give a time that is over")
                }
                let history = try history(of: record.uid, until: time, in: index)
                guard history.book.holds[record.uid] != nil else {
                    throw ArchiveError(
                        .unknownMatter, "matter \(matter.text) was not held yet on \(Timestamp.minute(time))",
                        remedy: "it is held since \(Timestamp.minute(record.placedAt))")
                }
                let summary = try summary(of: record, history.book, in: index)
                return HoldReport(hold: summary, asOf: time, record: history.lines, objects: history.objects)
            }
        }
    }

    private func history(
        of uid: HoldUID, until time: Date, in index: IndexReader
    ) throws -> (book: HoldBook, lines: [HoldReport.Line], objects: [HoldReport.Covered]) {
        var book = HoldBook()
        var lines: [HoldReport.Line] = []
        for (number, entry) in try provedEntries(of: .holds, in: index, session.head(in: index).roots)
        where entry.time <= time {
            book.apply(entry, number: number)
            guard entry.event.hold == uid else { continue }
            let reason = try session.openings(of: number, in: index)["reasonCommitment"]?.text
            lines.append(
                HoldReport.Line(
                    entry: number, at: entry.time, actor: try session.name(of: entry.actor.uid, in: index),
                    known: entry.actor.known.rawValue, says: entry.event.sentence, reason: reason))
        }
        book.prepare()
        guard let hold = book.holds[uid], hold.endedAt == nil else { return (book, lines, []) }
        var objects: [HoldReport.Covered] = []
        func add(_ facts: LedgerFacts) throws {
            let record = try index.caseRecord(facts.caseUID)
            let tags = try record.map { try session.expectations(of: $0, in: index) } ?? []
            for object in facts.liveObjects {
                guard let history = facts.history(of: object), let known = history.versions.first?.facts else {
                    continue
                }
                // By the first of its revisions that takes it in.
                let scopes = book.bindingScopes(history, expected: tags).filter { $0.hold == uid }
                    .compactMap { hold.scopes[$0.revision] }
                guard let since = scopes.map(\.startedAt).min() else { continue }
                let ends = scopes.map { scope in
                    let taken = hold.exclusions[facts.caseUID]?.first { $0.revision > scope.revision }
                    return [taken?.coolingUntil, scope.coolingUntil, hold.coolingUntil].compactMap { $0 }.min()
                }
                objects.append(
                    HoldReport.Covered(
                        caseID: try record.map { try session.open($0).particulars.caseID }, caseUID: facts.caseUID.hex,
                        object: object.hex, media: known.media, archivedAt: known.archived,
                        since: max(known.archived, since),
                        until: ends.contains(nil) ? nil : ends.compactMap { $0 }.max()))
            }
        }
        func add(_ entries: [(number: UInt64, entry: Entry)], of caseUID: CaseUID) throws {
            var facts = LedgerFacts(caseUID)
            let then = entries.filter { $0.entry.time <= time }
            for (number, entry) in try session.recorder.opened(then, of: caseUID, in: index) {
                facts.apply(entry, number: number)
            }
            try add(facts)
        }
        // A hold that names its cases needs only their entries.
        if hold.scopes.values.allSatisfy({ $0.form == .cases }) {
            let named = Set(hold.scopes.values.flatMap(\.cases)).sorted { $0.hex < $1.hex }
            for caseUID in named { try add(try session.provedEntries(of: caseUID, in: index), of: caseUID) }
        } else {
            let roots = try session.head(in: index).roots
            for first in stride(from: 0, to: roots.strands.count, by: Int(Self.casesTogether)) {
                let last = min(first + Self.casesTogether, roots.strands.count)
                let records = try index.strands(from: first, limit: Int(last - first))
                guard records.map(\.leaf) == Array(first..<last) else {
                    throw CatalogError.damaged("a strand of the ledger is missing")
                }
                let cases = records.filter { $0.end.strand.caseUID != nil }
                for (strand, entries) in try provedEntries(of: cases, in: index, roots) {
                    try add(entries, of: strand.caseUID!)
                }
            }
        }
        return (book, lines, objects)
    }

    /// Writes the letter to those who hold copies of what a hold covers: the bags and items that were given out.
    ///
    /// - Parameter confirm: how to confirm that one has read it, given the matter; nil, where the letter names none.
    public func notice(_ matter: Matter, confirmBy confirm: (_ matter: String?) -> String) throws -> HoldNotice {
        try session.attempt(.look, verb: "hold notice") {
            let report = try report(matter, asOf: nil)
            return try session.catalog.read { index in
                var copies: [String] = []
                for (uid, objects) in Dictionary(grouping: report.objects, by: \.caseUID).sorted(by: { $0.key < $1.key }
                ) {
                    guard let caseUID = CaseUID(hex: uid) else { continue }
                    let held = Set(objects.map(\.object))
                    for (number, entry) in try session.provedEntries(of: caseUID, in: index) {
                        guard case .accessOpened(let event) = entry.event,
                            event.objects.contains(where: { held.contains($0.hex) })
                        else { continue }
                        let what =
                            switch event.form {
                            case .bag: "a bag of \(Self.count(event.objects.count, "item"))"
                            case .item: "one item"
                            case .ranges: "parts of one item"
                            }
                        copies.append(
                            "  case \(objects[0].caseID ?? uid): \(what), given to "
                                + "\(try session.name(of: entry.actor.uid, in: index)) on "
                                + "\(Timestamp.minute(entry.time)), ledger entry \(number)"
                        )
                    }
                }
                return HoldNotice(
                    matter: report.hold.matter,
                    text: Self.letter(
                        report, copies: copies,
                        confirmation: confirm(report.hold.isConfidential ? nil : report.hold.matter)),
                    copies: copies.count)
            }
        }
    }

    private static func letter(_ report: HoldReport, copies: [String], confirmation: String) -> String {
        let hold = report.hold
        let cases = Set(report.objects.map(\.caseUID)).count
        var lines = ["NOTICE OF LEGAL HOLD", "", "Date      \(Timestamp.day(report.asOf))"]
        if !hold.isConfidential {
            lines += ["Matter    \(hold.matter)", "Ordered   \(Timestamp.minute(hold.placedAt)), by \(hold.placedBy)"]
            if let reason = hold.reason { lines.append("Reason    \(reason)") }
        }
        lines += [
            "Review    by \(Timestamp.day(hold.reviewBy))", "",
            "The law asks that what is listed below is preserved until you are told in writing that it need not "
                + "be any more.",
            "Do not destroy, change, move or hand on any copy of it that you hold, also where another rule "
                + "would ask you to.",
            "It covers \(count(report.objects.count, "object")) of \(count(cases, "case")) in this archive, and "
                + "what arrives of the same.",
            "",
        ]
        lines.append(
            copies.isEmpty
                ? "The archive has given out no copy of what is covered."
                : "Copies that the archive has given out of what is covered:")
        lines += copies
        lines += ["", "Confirm that you have read this: \(confirmation)", ""]
        return lines.joined(separator: "\n")
    }
}

extension Event {
    /// The hold that it is about.
    var hold: HoldUID? {
        switch self {
        case .holdPlaced(let event): event.hold
        case .holdCovers(let event): event.hold
        case .holdExpects(let event): event.hold
        case .holdNarrowed(let event): event.hold
        case .holdReleased(let event): event.hold
        case .holdEnded(let event): event.hold
        case .holdAcknowledged(let event): event.hold
        default: nil
        }
    }
}
