public import Foundation

/// The active policies, ready to decide.
public struct RetentionEngine: Sendable {
    public let policies: [Policy]
    public let resolutions: [Resolution]
    public let margins: RetentionMargins
    private let scopes: [CompiledScope]

    private struct CompiledScope: Sendable {
        let codes: Set<String>?
        let takesInAny: Bool
        let purposes: [String]?
        let clauses: [Clause]

        func takesIn(_ facts: ObjectFacts) -> Bool {
            if let codes, !(takesInAny && !facts.jurisdictions.isEmpty),
                !facts.jurisdictions.contains(where: { Self.contains(codes, $0) })
            {
                return false
            }
            guard let purposes else { return true }
            return facts.purpose.map(purposes.contains) ?? false
        }

        /// A country takes in its parts.
        private static func contains(_ codes: Set<String>, _ place: String) -> Bool {
            if codes.contains(place) { return true }
            guard place.utf8.count > 3, let end = place.firstIndex(of: "-") else { return false }
            return codes.contains(String(place[..<end]))
        }
    }

    public init(
        policies: [Policy], resolutions: [Resolution] = [], margins: RetentionMargins = RetentionMargins()
    ) {
        self.policies = policies
        self.resolutions = resolutions
        self.margins = margins
        scopes = policies.map { policy in
            CompiledScope(
                codes: policy.appliesTo.jurisdictions.map { Set($0) },
                takesInAny: policy.appliesTo.jurisdictions?.contains(Policy.anyJurisdiction) ?? false,
                purposes: policy.appliesTo.purposes,
                clauses: policy.rules.map { Clause($0, of: policy) })
        }
    }

    /// What the rules say about an object at a time. The same values always give the same decision.
    public func decide(_ facts: ObjectFacts, at now: Date) -> Decision {
        let clauses = clauses(for: facts)
        var reasons: [Decision.Reason] = []
        reasons.reserveCapacity(4)
        for clause in clauses { append(clause, for: facts, to: &reasons) }
        if !resolutions.isEmpty { overrule(&reasons) }

        var bounds = Bounds()
        bounds.isCovered = !clauses.isEmpty
        bounds.isErasureRequested = facts.erasureRequested != nil
        bounds.holds = facts.holds
        bounds.margins = margins
        var openEvents: [String] = []
        for reason in reasons where reason.overruledBy == nil {
            switch (reason.side, reason.until) {
            case (.atLeast, nil):
                bounds.hasOpenLower = true
                openEvents.append(reason.anchor.name)
            case (.atLeast, let until?): bounds.lastLower = max(bounds.lastLower ?? until, until)
            case (.atMost, let until?): bounds.goneBy = min(bounds.goneBy ?? until, until)
            case (.atMost, nil), (.backstop, _): break
            }
        }
        if bounds.hasOpenLower { bounds.review = review(reasons, lastLower: bounds.lastLower) }
        let status = bounds.status(at: now)
        mark(&reasons, bounds, status: status)
        let (next, dueAt) = bounds.course(from: now, status: status)
        let keepUntil: Decision.KeepUntil =
            bounds.hasOpenLower ? .open(Set(openEvents).sorted()) : bounds.lastLower.map { .time($0) } ?? .nothing
        let matters = facts.holds.isEmpty ? [] : facts.holds.filter { $0.binds(at: now) }.map(\.matter).sorted()
        return Decision(
            status: status, keepUntil: keepUntil, goneBy: bounds.goneBy, reasons: reasons, matters: matters, next: next,
            dueAt: dueAt, erasureRequested: facts.erasureRequested)
    }

    /// The rules that are about an object, in their order.
    public func rules(for facts: ObjectFacts) -> [RuleName] { clauses(for: facts).map(\.name) }

    /// The events that the policies declare, with how they count.
    public var events: [String: Policy.EventMode] {
        policies.reduce(into: [:]) { events, policy in
            // Where one says `latest`, several records make sense.
            events.merge(policy.events) { $0 == .latest || $1 == .latest ? .latest : .once }
        }
    }

    // MARK: Matching

    func clauses(for facts: ObjectFacts) -> [Clause] {
        var found: [Clause] = []
        var fallbacks: [Clause] = []
        for scope in scopes where scope.takesIn(facts) {
            for clause in scope.clauses where clause.rule.matches(facts) {
                if clause.rule.isFallback { fallbacks.append(clause) } else { found.append(clause) }
            }
        }
        return found.isEmpty ? fallbacks : found
    }

    // MARK: Bounds

    private func append(_ clause: Clause, for facts: ObjectFacts, to reasons: inout [Decision.Reason]) {
        func add(_ side: Decision.Reason.Side, _ period: RetentionPeriod, _ anchor: Policy.Anchor) {
            let (from, event) = time(of: anchor, side: side, in: clause, for: facts)
            reasons.append(
                Decision.Reason(
                    clause: clause, side: side, from: from, event: event,
                    until: from.map { period.after($0, in: clause.timeZone) }))
        }
        let rule = clause.rule
        if let period = rule.atLeast { add(.atLeast, period, rule.anchor) }
        if let period = rule.atMost { add(.atMost, period, rule.anchor) }
        if let backstop = rule.backstop { add(.backstop, backstop.after, backstop.anchor) }
    }

    private func time(
        of anchor: Policy.Anchor, side: Decision.Reason.Side, in clause: Clause, for facts: ObjectFacts
    ) -> (Date?, UInt64?) {
        switch anchor {
        // Nobody may lose by what is not known: what is to be kept counts from the later end.
        case .captured: return (side == .atMost ? facts.captured.lowerBound : facts.captured.upperBound, nil)
        case .archived: return (facts.archived, nil)
        case .event(let name):
            let record = EventRecord.decisive(name, mode: clause.mode, in: facts.events)
            return (record?.time, record?.entry)
        }
    }

    /// Takes out the bounds that lost where persons resolved a conflict.
    private func overrule(_ reasons: inout [Decision.Reason]) {
        for resolution in resolutions {
            guard
                let lower = reasons.firstIndex(where: {
                    $0.side == .atLeast && $0.overruledBy == nil && $0.name == resolution.lower
                }),
                let upper = reasons.firstIndex(where: {
                    $0.side == .atMost && $0.overruledBy == nil && $0.name == resolution.upper
                }),
                let goneBy = reasons[upper].until, reasons[lower].until.map({ goneBy < $0 }) ?? true
            else { continue }
            reasons[resolution.winner == .keep ? upper : lower].overruledBy = resolution.entry
        }
    }

    private func review(_ reasons: [Decision.Reason], lastLower: Date?) -> Date? {
        var review = lastLower
        for open in reasons where open.side == .atLeast && open.until == nil && open.overruledBy == nil {
            let backstop = reasons.first { $0.side == .backstop && $0.name == open.name }
            guard let until = backstop?.until else { return nil }
            review = max(review ?? until, until)
        }
        return review
    }

    private func mark(_ reasons: inout [Decision.Reason], _ bounds: Bounds, status: Decision.Status) {
        for index in reasons.indices where reasons[index].overruledBy == nil {
            let (side, until) = (reasons[index].side, reasons[index].until)
            let isLower =
                side == .atLeast && (bounds.hasOpenLower ? until == nil : until != nil && until == bounds.lastLower)
            let isUpper = side == .atMost && until != nil && until == bounds.goneBy
            reasons[index].isDecisive =
                switch status {
                case .held, .uncovered: false
                case .conflict:
                    isUpper || isLower || (side == .atLeast && until != nil && until == bounds.lastLower)
                case .backstopReview: side == .backstop
                case .waitingForEvent: isLower
                case .erasurePending: isLower
                case .kept: bounds.lastLower != nil && isLower || isUpper
                case .due, .overdue: isUpper || (bounds.goneBy == nil && isLower)
                // A rule that waits for the event of an upper bound keeps nothing, and ends nothing yet.
                case .unbounded: isLower || side == .atMost
                }
        }
    }
}

extension Policy.Rule {
    func matches(_ facts: ObjectFacts) -> Bool {
        if let media, !media.contains(facts.media) { return false }
        switch outcome {
        case .any: return true
        case .passed: return facts.resultCode == "0"
        case .failed: return facts.resultCode != "0"
        case .codes(let codes): return facts.resultCode.map(codes.contains) ?? false
        }
    }
}
