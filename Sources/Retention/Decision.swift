public import Foundation

/// What the rules say about one object at one time, and why.
public struct Decision: Equatable, Sendable {
    public enum Status: String, Sendable, CaseIterable {
        case held, uncovered, conflict, overdue, due, kept, unbounded
        case backstopReview = "backstop-review"
        case erasurePending = "erasure-pending"
        case waitingForEvent = "waiting-for-event"
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

        public let policy: String
        public let version: Int
        public let rule: String
        public let side: Side
        public let period: RetentionPeriod
        public let anchor: Policy.Anchor
        /// What the period counts from; nil where the event has not happened.
        public let from: Date?
        /// Where it ends; nil where the event has not happened.
        public let until: Date?
        public let cites: [Policy.Basis]
    }

    public let status: Status
    public let keepUntil: KeepUntil
    public let goneBy: Date?
    /// Every bound that was computed, the rules in their order.
    public let reasons: [Reason]
    /// Those that decide: the latest lower bound, the earliest upper one, or the hold's matter.
    public let decisive: [Reason]
    public let matters: [String]
    /// When the decision changes by itself, if nothing else happens.
    public let changesAt: Date?
}

/// How early and how late destruction may be.
public struct RetentionMargins: Equatable, Sendable {
    /// Seconds before gone-by at which an object becomes due.
    public var lead: TimeInterval = 86_400
    /// Seconds after gone-by at which it is overdue.
    public var grace: TimeInterval = 86_400

    public init() {}
}

/// The active policies, ready to decide.
public struct RetentionEngine: Sendable {
    public let policies: [Policy]
    public let margins: RetentionMargins

    public init(policies: [Policy], margins: RetentionMargins = RetentionMargins()) {
        self.policies = policies
        self.margins = margins
    }

    /// What the rules say about an object at a time. The same values always give the same decision.
    public func decide(_ facts: ObjectFacts, at now: Date) -> Decision {
        let matching = rules(for: facts)
        let reasons = matching.flatMap { bounds(of: $0.rule, in: $0.policy, for: facts) }
        let lower = reasons.filter { $0.side == .atLeast }
        let upper = reasons.filter { $0.side == .atMost }
        let backstops = reasons.filter { $0.side == .backstop }

        let openLower = lower.filter { $0.until == nil }
        let lastLower = lower.compactMap(\.until).max()
        let goneBy = upper.compactMap(\.until).min()
        let keepUntil: Decision.KeepUntil =
            openLower.isEmpty ? lastLower.map { .time($0) } ?? .nothing : .open(Self.events(openLower))
        let decisiveUpper = upper.filter { $0.until == goneBy && goneBy != nil }
        let decisiveLower = openLower.isEmpty ? lower.filter { $0.until == lastLower && lastLower != nil } : openLower

        func decision(
            _ status: Decision.Status, by decisive: [Decision.Reason], matters: [String] = [], changesAt: Date?
        ) -> Decision {
            Decision(
                status: status, keepUntil: keepUntil, goneBy: goneBy, reasons: reasons, decisive: decisive,
                matters: matters, changesAt: changesAt.flatMap { $0 > now ? $0 : nil })
        }

        let binding = facts.holds.filter { $0.binds(at: now) }
        if !binding.isEmpty {
            let end = binding.contains { $0.released == nil } ? nil : binding.compactMap(\.end).max()
            return decision(.held, by: [], matters: binding.map(\.matter).sorted(), changesAt: end)
        }
        if matching.isEmpty, facts.erasureRequested == nil { return decision(.uncovered, by: [], changesAt: nil) }

        let lowerStands = !openLower.isEmpty || lastLower.map { $0 > now } ?? false
        if lowerStands {
            if let goneBy, openLower.isEmpty, let lastLower, goneBy < lastLower {
                return decision(.conflict, by: decisiveLower + decisiveUpper, changesAt: lastLower)
            }
            if !openLower.isEmpty {
                // Each open bound must have its backstop, and everything that is known must have passed.
                let backstopEnds = openLower.map { open in
                    backstops.first { $0.policy == open.policy && $0.rule == open.rule }?.until
                }
                let review = backstopEnds.contains(nil) ? nil : (backstopEnds + [lastLower]).compactMap { $0 }.max()
                if let review, review <= now { return decision(.backstopReview, by: backstops, changesAt: nil) }
                let status: Decision.Status = facts.erasureRequested == nil ? .waitingForEvent : .erasurePending
                return decision(status, by: openLower, changesAt: review)
            }
            if facts.erasureRequested != nil {
                return decision(.erasurePending, by: decisiveLower, changesAt: lastLower)
            }
            let due = goneBy.map { max(lastLower!, $0.addingTimeInterval(-margins.lead)) }
            return decision(.kept, by: decisiveLower, changesAt: due ?? lastLower)
        }

        if let goneBy, now >= goneBy.addingTimeInterval(margins.grace) {
            return decision(.overdue, by: decisiveUpper, changesAt: nil)
        }
        if facts.erasureRequested != nil {
            return decision(.due, by: decisiveLower, changesAt: goneBy?.addingTimeInterval(margins.grace))
        }
        guard let goneBy else {
            // A rule that waits for the event of an upper bound keeps nothing, and ends nothing yet.
            return decision(.unbounded, by: decisiveLower + upper, changesAt: nil)
        }
        if now >= goneBy.addingTimeInterval(-margins.lead) {
            return decision(.due, by: decisiveUpper, changesAt: goneBy.addingTimeInterval(margins.grace))
        }
        return decision(.kept, by: decisiveUpper, changesAt: goneBy.addingTimeInterval(-margins.lead))
    }

    // MARK: Matching

    private func rules(for facts: ObjectFacts) -> [(policy: Policy, rule: Policy.Rule)] {
        var found: [(policy: Policy, rule: Policy.Rule)] = []
        var fallbacks: [(policy: Policy, rule: Policy.Rule)] = []
        for policy in policies where policy.appliesTo.takesIn(facts) {
            for rule in policy.rules where rule.matches(facts) {
                if rule.isFallback { fallbacks.append((policy, rule)) } else { found.append((policy, rule)) }
            }
        }
        return found.isEmpty ? fallbacks : found
    }

    private func bounds(of rule: Policy.Rule, in policy: Policy, for facts: ObjectFacts) -> [Decision.Reason] {
        func reason(
            _ side: Decision.Reason.Side, _ period: RetentionPeriod, _ anchor: Policy.Anchor
        ) -> Decision.Reason {
            let from = self.time(of: anchor, side: side, in: policy, for: facts)
            return Decision.Reason(
                policy: policy.name, version: policy.version, rule: rule.name, side: side, period: period,
                anchor: anchor, from: from, until: from.map { period.after($0, in: policy.timeZone) }, cites: rule.cites
            )
        }
        var bounds: [Decision.Reason] = []
        if let period = rule.atLeast { bounds.append(reason(.atLeast, period, rule.anchor)) }
        if let period = rule.atMost { bounds.append(reason(.atMost, period, rule.anchor)) }
        if let backstop = rule.backstop { bounds.append(reason(.backstop, backstop.after, backstop.anchor)) }
        return bounds
    }

    private func time(
        of anchor: Policy.Anchor, side: Decision.Reason.Side, in policy: Policy, for facts: ObjectFacts
    ) -> Date? {
        switch anchor {
        // Nobody may lose by what is not known: what is to be kept counts from the later end.
        case .captured: side == .atMost ? facts.captured.lowerBound : facts.captured.upperBound
        case .archived: facts.archived
        case .event(let name): EventRecord.time(of: name, mode: policy.events[name] ?? .once, in: facts.events)
        }
    }

    private static func events(_ reasons: [Decision.Reason]) -> [String] {
        Set(reasons.compactMap { if case .event(let name) = $0.anchor { name } else { nil } }).sorted()
    }
}

extension Policy.Scope {
    func takesIn(_ facts: ObjectFacts) -> Bool {
        let isThere =
            jurisdictions.map { codes in
                facts.jurisdictions.contains { place in
                    codes.contains { $0 == place || place.hasPrefix($0 + "-") }
                }
            } ?? true
        let isMeant = purposes.map { codes in facts.purpose.map(codes.contains) ?? false } ?? true
        return isThere && isMeant
    }
}

extension Policy.Rule {
    func matches(_ facts: ObjectFacts) -> Bool {
        guard media.map({ $0.contains(facts.media) }) ?? true else { return false }
        switch outcome {
        case .any: return true
        case .passed: return facts.resultCode == "0"
        case .failed: return facts.resultCode != "0"
        case .codes(let codes): return facts.resultCode.map(codes.contains) ?? false
        }
    }
}

extension HoldFact {
    var end: Date? { released.map { $0.addingTimeInterval(cooling) } }

    func binds(at now: Date) -> Bool { placed <= now && (end.map { now < $0 } ?? true) }
}

extension EventRecord {
    /// When an event happened by the records there are, in the order of the ledger; nil where it did not. See
    /// <doc:Decisions>.
    static func time(of name: String, mode: Policy.EventMode, in records: [EventRecord]) -> Date? {
        var times: [UInt64: Date] = [:]
        for record in records.filter({ $0.name == name }).sorted(by: { $0.entry < $1.entry }) {
            switch record.effect {
            case .happened(let time): times[record.entry] = time
            case .corrects(let entry, let time): if times[entry] != nil { times[entry] = time }
            case .withdraws(let entry): times[entry] = nil
            }
        }
        switch mode {
        case .once: return times.min { $0.key < $1.key }?.value
        case .latest: return times.values.max()
        }
    }
}
