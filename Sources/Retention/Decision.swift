public import Base
public import Foundation

/// What the rules say about one object at one time, and why.
public struct Decision: Equatable, Sendable {
    public enum Status: String, Sendable, CaseIterable {
        case held, uncovered, conflict, overdue, due, unconfirmed, kept, unbounded
        case backstopReview = "backstop-review"
        case erasurePending = "erasure-pending"
        case waitingForEvent = "waiting-for-event"

        /// Whether destruction is to come now.
        public var isDue: Bool { self == .due || self == .overdue }
    }

    /// The end of a lower bound.
    public enum KeepUntil: Equatable, Sendable {
        /// No rule asks for keeping.
        case nothing
        case time(Date)
        /// Until these events have happened, and then some.
        case open([String])
    }

    /// A rule that had a say.
    public struct Reason: Equatable, Sendable {
        public enum Side: String, Sendable {
            case atLeast = "at-least"
            case atMost = "at-most"
            case backstop
        }

        let clause: Clause
        public let side: Side
        /// What the period counts from; nil where the event has not happened.
        public let from: DayOrTime?
        /// The ledger entry of the event that it counts from.
        public let event: UInt64?
        /// Where it ends; nil where the event has not happened.
        public let until: Date?
        /// Whether it is the one that decides.
        public internal(set) var isDecisive = false
        /// The entry of the resolution by which it does not count, or counts later.
        public internal(set) var overruledBy: UInt64?
        /// An upper bound counts only when a lower one has ended: that of its own rule, or one for which it was decided
        /// to keep.
        var waitsUntil: Date?

        /// When an upper bound ends what is left; nil where that has no time yet.
        var counts: Date? {
            guard let until, waitsUntil != .distantFuture else { return nil }
            return max(until, waitsUntil ?? until)
        }

        public var policy: String { clause.name.policy }
        public var version: Int { clause.name.version }
        public var rule: String { clause.name.rule }
        public var name: RuleName { clause.name }
        public var cites: [Policy.Basis] { clause.rule.cites }
        public var anchor: Policy.Anchor { side == .backstop ? clause.rule.backstop!.anchor : clause.rule.anchor }
        public var period: RetentionPeriod {
            switch side {
            case .atLeast: clause.rule.atLeast!
            case .atMost: clause.rule.atMost!
            case .backstop: clause.rule.backstop!.after
            }
        }
        /// The time zone in which the period was added.
        public var timeZone: TimeZone { clause.timeZone }
    }

    /// What makes an object due.
    public enum Cause: Sendable { case upperBound, backstop, erasure }

    public let status: Status
    /// Of an object that is due.
    public let cause: Cause?
    public let keepUntil: KeepUntil
    public let goneBy: Date?
    /// Every bound that was computed, the rules in their order.
    public let reasons: [Reason]
    /// Whose holds bind it.
    public let matters: [String]
    /// When the decision changes by itself, if nothing else happens, and to what.
    public let next: Change?
    /// When it becomes due by itself; now, where it is.
    public let dueAt: Date?
    /// Erasure was asked for.
    public let erasureRequested: Date?

    public struct Change: Equatable, Sendable {
        public let at: Date
        public let status: Status
    }

    /// The rules that decide: the latest lower bound, the earliest upper one, or a backstop.
    public var decisive: [Reason] { reasons.filter(\.isDecisive) }

    public var changesAt: Date? { next?.at }

    /// Events whose arrival would change it.
    public var awaits: [String] {
        var names: Set<String> = []
        for reason in reasons where reason.from == nil {
            if case .event(let name) = reason.anchor { names.insert(name) }
        }
        return names.sorted()
    }
}

/// A rule with what it needs of its policy, made once for an engine.
final class Clause: Equatable, Sendable {
    let name: RuleName
    let rule: Policy.Rule
    let timeZone: TimeZone
    let mode: Policy.EventMode

    init(_ rule: Policy.Rule, of policy: Policy) {
        name = RuleName(policy: policy.name, version: policy.version, rule: rule.name)
        self.rule = rule
        timeZone = policy.timeZone
        if case .event(let event) = rule.anchor { mode = policy.events[event] ?? .once } else { mode = .once }
    }

    static func == (a: Clause, b: Clause) -> Bool {
        a === b || (a.name == b.name && a.rule == b.rule && a.timeZone == b.timeZone && a.mode == b.mode)
    }
}

/// How early and how late destruction may be.
public struct RetentionMargins: Equatable, Sendable {
    /// Seconds before gone-by at which an object becomes due.
    public var lead: TimeInterval = 86_400
    /// Seconds after gone-by at which it is overdue.
    public var grace: TimeInterval = 86_400

    public init() {}
}
