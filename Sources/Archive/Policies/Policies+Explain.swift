public import Base
internal import Catalog
public import Foundation
internal import Retention
public import Vault

/// Why a case's objects are kept, and when they go.
public struct Explanation: Encodable, Sendable {
    public let caseID: String
    public let caseUID: String
    public let jurisdictions: [String]
    @OrNull public var purpose: String?
    /// The time that it is about.
    public let asOf: Date
    /// Another policy than the active ones was asked about.
    @OrNull public var ifActive: String?
    public let objects: [ObjectExplanation]
    public let events: [CaseEventDetails]
    public let destroyed: [DestroyedExplanation]
}

public struct ObjectExplanation: Encodable, Sendable {
    public let kind: String
    public let verification: Int
    public let status: String
    public let capturedFrom: Date
    public let capturedUntil: Date
    public let archivedAt: Date
    /// Null where no rule asks for keeping, or where an event has not happened.
    @OrNull public var keepUntil: Date?
    /// Events that the keeping waits for.
    public let keepsUntilEvents: [String]
    @OrNull public var goneBy: Date?
    @OrNull public var dueAt: Date?
    /// The rule that decides; null where none does.
    @OrNull public var policy: String?
    @OrNull public var version: Int?
    @OrNull public var rule: String?
    /// The next change by itself.
    @OrNull public var changesAt: Date?
    @OrNull public var changesTo: String?
    /// Events whose arrival would change it.
    public let awaits: [String]
    public let matters: [String]
    /// The holds that bind it.
    public let holds: [HoldMention]
    /// When it becomes due, or became due, where no hold stands in the way.
    @OrNull public var dueWithoutHolds: Date?
    public let reasons: [ReasonExplanation]
}

/// A hold, where an object that it binds is explained.
public struct HoldMention: Encodable, Sendable {
    public let matter: String
    @OrNull public var since: Date?
    @OrNull public var placedBy: String?
    @OrNull public var reviewBy: Date?
    public let isOverdue: Bool
    /// It is released; everything counts as held until then.
    @OrNull public var coolingUntil: Date?
}

/// One bound, with its arithmetic and its sources.
public struct ReasonExplanation: Encodable, Sendable {
    public let policy: String
    public let version: Int
    public let rule: String
    /// `at-least`, `at-most` or `backstop`.
    public let side: String
    /// As in the file, and in words.
    public let period: String
    public let words: String
    public let anchor: String
    /// What it counts from: a day, of which nobody said the time, or a time.
    @OrNull public var from: DayOrTime?
    /// The ledger entry of the event.
    @OrNull public var event: UInt64?
    @OrNull public var until: Date?
    public let timeZone: String
    public let decides: Bool
    /// The entry that resolved a conflict against it.
    @OrNull public var overruledBy: UInt64?
    public let cites: [Citation]

    public struct Citation: Encodable, Sendable {
        public let cite: String
        @OrNull public var says: String?
        /// Whether the text was read: a date, `unverified`, or `second-hand`.
        public let checked: String
    }
}

public struct DestroyedExplanation: Encodable, Sendable {
    public let verification: Int
    public let details: DestroyedDetails
}

/// Objects about which the same two rules contradict each other.
public struct ConflictClass: Encodable, Sendable {
    public let lower: String
    public let upper: String
    /// As `policy resolve` takes them.
    public let lowerRule: String
    public let upperRule: String
    public let objects: Int
    public let exampleCase: String
}

/// What to explain.
public struct ExplanationQuery: Sendable {
    public var media: String?
    public var asOf: Date?
    /// Asks as if this policy were active, too.
    public var ifActive: PolicyFile?

    public init() {}
}

extension Policies {
    /// Explains every object of a case. What happens to it later than a time that is asked about is known now, and so
    /// it counts.
    public func explain(_ caseID: CaseID, _ query: ExplanationQuery = ExplanationQuery()) throws -> Explanation {
        try session.attempt(.look, "case \(caseID.text)") {
            try session.catalog.read { index in
                let opened = try session.find(caseID, in: index)
                let uid = opened.record.uid
                let asOf = query.asOf ?? session.now
                var rules = try session.rules(in: index)
                if let file = query.ifActive {
                    rules = try rules.replacing(with: file.record(entry: 0), resolutions: rules.engine.resolutions)
                }
                // What was not captured by then was not there to be decided about.
                let rows = try index.retentionRows(.ofCase(uid), after: nil, limit: .max)
                    .filter { $0.facts.captured.lowerBound <= asOf }
                let objects = try rows.filter { query.media.map($0.facts.media.isEqual) ?? true }.map { row in
                    var free = row.facts
                    free.holds = []
                    return ObjectExplanation(
                        row, rules.engine.decide(row.facts, at: asOf), without: rules.engine.decide(free, at: asOf),
                        holds: try mentions(of: row.facts.holds, in: index))
                }
                let destroyed = try session.destructions(of: uid, in: index).sorted { $0.key < $1.key }.flatMap {
                    number, gone in
                    gone.filter { query.media.map($0.kind.isEqual) ?? true }.map {
                        DestroyedExplanation(verification: number, details: $0)
                    }
                }
                if let media = query.media, objects.isEmpty, destroyed.isEmpty {
                    throw ArchiveError(
                        .noSuchMedia, "no \(PlainText.excerpt(media)) is archived",
                        remedy: rows.isEmpty
                            ? "nothing is archived yet"
                            : "there is \(Set(rows.map(\.facts.media)).sorted().joined(separator: ", "))")
                }
                return Explanation(
                    caseID: opened.particulars.caseID, caseUID: uid.hex, jurisdictions: opened.record.jurisdictions,
                    purpose: opened.record.purpose, asOf: asOf,
                    ifActive: query.ifActive.map { "\($0.name) v\($0.version)" }, objects: objects,
                    events: try index.caseEvents(of: uid).map { CaseEventDetails($0.event) }, destroyed: destroyed)
            }
        }
    }

    /// Holds, as who acts may know them.
    func mentions(of facts: [HoldFact], in index: IndexReader) throws -> [HoldMention] {
        var seen: Set<String> = []
        let book = try session.holdBook(in: index)
        return try facts.filter { seen.insert($0.matter).inserted }.compactMap { fact in
            guard let uid = HoldUID(hex: fact.matter), let hold = try index.hold(uid) else { return nil }
            // What is shown of it is what the ledger says.
            guard let known = book.holds[uid] else {
                throw CatalogError.damaged("hold \(uid) is not what the ledger says")
            }
            let isVisible = try session.maySee(hold, in: index)
            return HoldMention(
                matter: try session.shownMatter(hold, in: index), since: isVisible ? known.placedAt : nil,
                placedBy: isVisible ? try session.name(of: known.author, in: index) : nil,
                reviewBy: isVisible ? known.reviewBy : nil,
                isOverdue: isVisible && known.state == .standing && known.reviewBy < session.now,
                coolingUntil: fact.released)
        }.sorted { $0.matter < $1.matter }
    }

    /// Which rules contradict each other about how many objects.
    public func conflictClasses() throws -> [ConflictClass] {
        try session.attempt(.look) {
            try session.catalog.read { index in
                let rules = try session.rules(in: index)
                var found: [[RuleName]: (count: Int, example: CaseUID)] = [:]
                var position: CatalogPosition?
                while true {
                    let rows = try index.retentionRows(.all, after: position, limit: 2000)
                    guard let last = rows.last else { break }
                    position = last.position
                    for row in rows {
                        let decision = rules.engine.decide(row.facts, at: session.now)
                        guard decision.status == .conflict,
                            let upper = decision.decisive.first(where: { $0.side == .atMost })?.name
                        else { continue }
                        for lower in decision.decisive where lower.side == .atLeast {
                            found[[lower.name, upper], default: (0, row.caseUID)].count += 1
                        }
                    }
                }
                return try found.sorted { $0.value.count > $1.value.count }.map { names, value in
                    ConflictClass(
                        lower: "\(names[0])", upper: "\(names[1])", lowerRule: "\(names[0].policy)/\(names[0].rule)",
                        upperRule: "\(names[1].policy)/\(names[1].rule)", objects: value.count,
                        exampleCase: try index.caseRecord(value.example).map { try session.open($0).particulars.caseID }
                            ?? "")
                }
            }
        }
    }
}

extension String {
    fileprivate func isEqual(_ other: String) -> Bool { self == other }
}

extension ObjectExplanation {
    init(_ row: RetentionRow, _ decision: Decision, without free: Decision, holds: [HoldMention]) {
        var (keepUntil, events): (Date?, [String]) = (nil, [])
        switch decision.keepUntil {
        case .nothing: break
        case .time(let time): keepUntil = time
        case .open(let names): events = names
        }
        // Of what is held, what would decide without.
        let decides = (decision.status == .held ? free : decision).decisive
        let first =
            decision.status.isDue || decision.status == .conflict
            ? decides.first { $0.side == .atMost } ?? decides.first
            : decides.first { $0.side == .atLeast } ?? decides.first
        self.init(
            kind: row.facts.media, verification: row.verification, status: decision.status.rawValue,
            capturedFrom: row.facts.captured.lowerBound, capturedUntil: row.facts.captured.upperBound,
            archivedAt: row.facts.archived, keepUntil: keepUntil, keepsUntilEvents: events, goneBy: decision.goneBy,
            dueAt: decision.dueAt, policy: first?.policy, version: first?.version, rule: first?.rule,
            changesAt: decision.next?.at, changesTo: decision.next?.status.rawValue, awaits: decision.awaits,
            matters: holds.map(\.matter), holds: holds, dueWithoutHolds: holds.isEmpty ? nil : free.dueAt,
            reasons: (decision.status == .held ? free : decision).reasons.map { ReasonExplanation($0) })
    }
}

extension ReasonExplanation {
    init(_ reason: Decision.Reason) {
        self.init(
            policy: reason.policy, version: reason.version, rule: reason.rule, side: reason.side.rawValue,
            period: reason.period.text, words: reason.period.words, anchor: reason.anchor.name, from: reason.from,
            event: reason.event, until: reason.until, timeZone: reason.timeZone.identifier, decides: reason.isDecisive,
            overruledBy: reason.overruledBy,
            cites: reason.cites.map { Citation(cite: $0.cite, says: $0.says, checked: $0.checked) })
    }
}
