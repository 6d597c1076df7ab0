internal import Base
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
        let (tracks, yielding) = tracks(&reasons)
        var bounds = Bounds()
        bounds.isCovered = !clauses.isEmpty
        bounds.tracks = tracks
        bounds.erasureRequested = facts.erasureRequested
        bounds.backstopApproved = facts.backstopApproved
        bounds.unconfirmedSince = facts.isUnconfirmed ? facts.archived : nil
        bounds.holds = facts.holds
        bounds.margins = margins
        let status = bounds.status(at: now)
        // The track by which it is due decides, and otherwise the first.
        let deciding = bounds.decidingTrack(at: now)
        let track = tracks.isEmpty ? Bounds.Track() : tracks[deciding]
        if !yielding.isEmpty {
            for index in reasons.indices where reasons[index].side == .atLeast {
                if let lost = yielding[deciding][reasons[index].name] { reasons[index].overruledBy = lost }
            }
        }
        var openEvents: [String] = []
        if track.hasOpenLower {
            for reason in reasons where reason.side == .atLeast && reason.until == nil && reason.overruledBy == nil {
                openEvents.append(reason.anchor.name)
            }
        }
        let cause = status.isDue ? bounds.cause(at: now) : nil
        mark(&reasons, track, status: status, cause: cause)
        let (next, dueAt) = bounds.course(from: now, status: status)
        let keepUntil: Decision.KeepUntil =
            track.hasOpenLower ? .open(Set(openEvents).sorted()) : track.lastLower.map { .time($0) } ?? .nothing
        let matters = facts.holds.isEmpty ? [] : facts.holds.filter { $0.binds(at: now) }.map(\.matter).sorted()
        return Decision(
            status: status, cause: cause, keepUntil: keepUntil, goneBy: track.goneBy, reasons: reasons,
            matters: matters, next: next,
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

    /// The time zones of the policies that declare an event: in each, a day of it is another span of time.
    public func timeZones(ofEvent name: String) -> [TimeZone] {
        let zones = policies.filter { $0.events[name] != nil }.map(\.timeZone)
        return zones.isEmpty ? [.gmt] : zones
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
            // Of a day, what is to be kept counts from the end, and what is to go from the beginning.
            let until: Date? =
                switch from {
                case .day(let day): period.after(day, in: clause.timeZone, atItsEnd: side != .atMost)
                case .time(let time): period.after(time, in: clause.timeZone)
                case nil: nil
                }
            reasons.append(Decision.Reason(clause: clause, side: side, from: from, event: event, until: until))
        }
        let rule = clause.rule
        if let period = rule.atLeast { add(.atLeast, period, rule.anchor) }
        if let period = rule.atMost {
            add(.atMost, period, rule.anchor)
            // A capture is an interval: counted from its two ends, the bounds of one rule must not cross.
            if rule.atLeast != nil, let lower = reasons[reasons.count - 2].until,
                let upper = reasons[reasons.count - 1].until, upper < lower
            {
                reasons[reasons.count - 1].waitsUntil = lower
            }
        }
        if let backstop = rule.backstop { add(.backstop, backstop.after, backstop.anchor) }
    }

    private func time(
        of anchor: Policy.Anchor, side: Decision.Reason.Side, in clause: Clause, for facts: ObjectFacts
    ) -> (DayOrTime?, UInt64?) {
        switch anchor {
        // Nobody may lose by what is not known: what is to be kept counts from the later end.
        case .captured: return (.time(side == .atMost ? facts.captured.lowerBound : facts.captured.upperBound), nil)
        case .archived: return (.time(facts.archived), nil)
        case .event(let name):
            guard !facts.events.isEmpty else { return (nil, nil) }
            // What happened before the person stood before the camera is not about this object.
            let record = EventRecord.decisive(
                name, mode: clause.mode, in: facts.events, captured: facts.captured.lowerBound, in: clause.timeZone,
                byTheirStart: side == .atMost)
            return (record?.time, record?.entry)
        }
    }

    /// The upper bounds, the earliest first, each with the lower ones that stand against it. Where nobody resolved
    /// anything, every lower bound stands against the earliest upper one, and nothing else matters.
    ///
    /// - Returns: with each, which lower bounds yield to it, by the entries that say so; empty where none does.
    private func tracks(
        _ reasons: inout [Decision.Reason]
    ) -> (tracks: [Bounds.Track], yielding: [[RuleName: UInt64]]) {
        let yielding = resolutions.isEmpty ? [:] : apply(resolutions, to: &reasons)
        guard !yielding.isEmpty else {
            var track = track(reasons, goneBy: nil, yielding: nil)
            for reason in reasons where reason.side == .atMost {
                if let until = reason.counts { track.goneBy = min(track.goneBy ?? until, until) }
            }
            return ([track], [])
        }
        let uppers = reasons.filter { $0.side == .atMost && $0.counts != nil }.sorted { $0.counts! < $1.counts! }
        guard !uppers.isEmpty else { return ([track(reasons, goneBy: nil, yielding: nil)], []) }
        return (
            uppers.map { track(reasons, goneBy: $0.counts, yielding: yielding[$0.name]) },
            uppers.map { yielding[$0.name] ?? [:] }
        )
    }

    private func track(
        _ reasons: [Decision.Reason], goneBy: Date?, yielding: [RuleName: UInt64]?
    ) -> Bounds.Track {
        var track = Bounds.Track(goneBy: goneBy)
        for reason in reasons where reason.side == .atLeast && yielding?[reason.name] == nil {
            if let until = reason.until {
                track.lastLower = max(track.lastLower ?? until, until)
            } else {
                track.hasOpenLower = true
            }
        }
        if track.hasOpenLower { track.review = review(reasons, lastLower: track.lastLower, yielding: yielding) }
        return track
    }

    /// Applies what persons decided where two bounds contradict each other. With `keep` the upper one waits until
    /// the lower one ends; with `destroy` the lower one yields to that upper one, and to no other.
    ///
    /// - Returns: which lower bounds yield to each upper one, by the entries that say so.
    private func apply(
        _ resolutions: [Resolution], to reasons: inout [Decision.Reason]
    ) -> [RuleName: [RuleName: UInt64]] {
        var yielding: [RuleName: [RuleName: UInt64]] = [:]
        for resolution in resolutions {
            guard
                let lower = reasons.firstIndex(where: { $0.side == .atLeast && $0.name == resolution.lower }),
                let upper = reasons.firstIndex(where: { $0.side == .atMost && $0.name == resolution.upper }),
                let goneBy = reasons[upper].until, reasons[lower].until.map({ goneBy < $0 }) ?? true
            else { continue }
            switch resolution.winner {
            case .destroy: yielding[resolution.upper, default: [:]][resolution.lower] = resolution.entry
            case .keep:
                reasons[upper].overruledBy = resolution.entry
                reasons[upper].waitsUntil =
                    reasons[lower].until.map { max($0, reasons[upper].waitsUntil ?? $0) } ?? .distantFuture
            }
        }
        return yielding
    }

    private func review(
        _ reasons: [Decision.Reason], lastLower: Date?, yielding: [RuleName: UInt64]?
    ) -> Date? {
        var review = lastLower
        for open in reasons where open.side == .atLeast && open.until == nil && yielding?[open.name] == nil {
            let backstop = reasons.first { $0.side == .backstop && $0.name == open.name }
            guard let until = backstop?.until else { return nil }
            review = max(review ?? until, until)
        }
        return review
    }

    private func mark(
        _ reasons: inout [Decision.Reason], _ bounds: Bounds.Track, status: Decision.Status, cause: Decision.Cause?
    ) {
        for index in reasons.indices where reasons[index].side != .atLeast || reasons[index].overruledBy == nil {
            let side = reasons[index].side
            let until = side == .atMost ? reasons[index].counts : reasons[index].until
            let isLower =
                side == .atLeast && (bounds.hasOpenLower ? until == nil : until != nil && until == bounds.lastLower)
            let isUpper = side == .atMost && until != nil && until == bounds.goneBy
            reasons[index].isDecisive =
                switch status {
                case .held, .uncovered: false
                case .conflict:
                    isUpper || isLower || (side == .atLeast && until != nil && until == bounds.lastLower)
                case .backstopReview: side == .backstop
                case .unconfirmed: isUpper
                case .waitingForEvent: isLower
                case .erasurePending: isLower
                case .kept: bounds.lastLower != nil && isLower || isUpper
                case .due, .overdue:
                    switch cause {
                    case .upperBound: isUpper
                    case .backstop: side == .backstop
                    // No rule makes it due; the last that kept it does no longer. An upper bound is still to come.
                    case .erasure, nil: isLower
                    }
                // A rule that waits for the event of an upper bound keeps nothing, and ends nothing yet.
                case .unbounded: isLower || side == .atMost
                }
        }
    }
}

extension Policy.Rule {
    func matches(_ facts: ObjectFacts) -> Bool {
        if facts.media == MediaKind.unreadableAnswer.name {
            // Nobody knows what is in it: whatever a rule is about can be.
            guard let media else { return true }
            return (PolicyCheck.knownMedia + [facts.media]).contains { media.contains($0) }
        }
        if let media, !media.contains(facts.media) { return false }
        switch outcome {
        case .any: return true
        case .passed: return facts.outcome?.verdict == .passed
        // What ended without an outcome did not pass.
        case .failed: return facts.outcome?.verdict != .passed
        case .codes(let codes): return facts.outcome.map { codes.contains($0.code) } ?? false
        }
    }
}
