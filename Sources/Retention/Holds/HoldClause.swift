public import Base
public import Foundation

/// What a hold takes in: a conjunction of conditions on one object, each of which is a set of values or nothing. See
/// <doc:HoldExpressions>.
///
/// A clause has no negation, so that what becomes known later can only add to what it takes in.
public struct HoldClause: Hashable, Sendable {
    /// Kinds of media; nil for every kind.
    public var media: Set<String>?
    /// Codes of ISO 3166; a country takes in its parts. nil for every place.
    public var jurisdictions: Set<String>?
    public var purposes: Set<String>?
    /// `passed`, `failed`, or codes of the vendor.
    public var outcomes: Set<String>?
    /// When the person stood before the camera; taken in where the two intervals have a moment in common.
    public var captured: TimeSpan
    public var archived: TimeSpan

    public init(
        media: Set<String>? = nil, jurisdictions: Set<String>? = nil, purposes: Set<String>? = nil,
        outcomes: Set<String>? = nil, captured: TimeSpan = TimeSpan(), archived: TimeSpan = TimeSpan()
    ) {
        self.media = media
        self.jurisdictions = jurisdictions
        self.purposes = purposes
        self.outcomes = outcomes
        self.captured = captured
        self.archived = archived
    }

    /// A span of time, from `from` on and before `before`; nil is open.
    public struct TimeSpan: Hashable, Sendable {
        public var from: Date?
        public var before: Date?

        public init(from: Date? = nil, before: Date? = nil) {
            self.from = from
            self.before = before
        }

        /// Whether nothing lies in it.
        var isEmpty: Bool { if let from, let before { from >= before } else { false } }

        mutating func narrow(to other: TimeSpan) {
            if let time = other.from { from = max(from ?? time, time) }
            if let time = other.before { before = min(before ?? time, time) }
        }
    }

    /// A part of what is known of an object.
    public enum Part: String, Sendable, CaseIterable { case jurisdiction, purpose, outcome, captured }

    /// What is known of an object where a hold is concerned; nil is not known.
    public struct Facts: Hashable, Sendable {
        public var media: String
        /// Empty where none is known.
        public var jurisdictions: [String]
        public var purpose: String?
        public var outcome: Outcome?
        public var capturedFrom: Date?
        public var capturedUntil: Date?
        public var archived: Date

        public init(
            media: String, jurisdictions: [String], purpose: String?, outcome: Outcome?, capturedFrom: Date?,
            capturedUntil: Date?, archived: Date
        ) {
            self.media = media
            self.jurisdictions = jurisdictions
            self.purpose = purpose
            self.outcome = outcome
            self.capturedFrom = capturedFrom
            self.capturedUntil = capturedUntil
            self.archived = archived
        }
    }
}

extension HoldClause {
    /// Whether it takes an object in.
    ///
    /// - Parameter judgedOnly: leave out what cannot be judged; otherwise what is not known counts as fitting.
    public func takesIn(_ facts: Facts, judgedOnly: Bool) -> Bool {
        takesInCodes(of: facts, judgedOnly: judgedOnly) && takesInTimes(of: facts, judgedOnly: judgedOnly)
    }

    /// The conditions on codes alone: few of their combinations occur, so that what they say can be remembered.
    public func takesInCodes(of facts: Facts, judgedOnly: Bool) -> Bool {
        if let media, !media.contains(facts.media) { return false }
        if let purposes, !(facts.purpose.map(purposes.contains) ?? !judgedOnly) { return false }
        if let outcomes, !(facts.outcome.map { Self.contains(outcomes, $0) } ?? !judgedOnly) { return false }
        guard let jurisdictions else { return true }
        guard !facts.jurisdictions.isEmpty else { return !judgedOnly }
        return facts.jurisdictions.contains {
            jurisdictions.contains($0) || jurisdictions.contains(String($0.prefix(2)))
        }
    }

    /// The conditions on times.
    public func takesInTimes(of facts: Facts, judgedOnly: Bool) -> Bool {
        if let from = archived.from, facts.archived < from { return false }
        if let before = archived.before, facts.archived >= before { return false }
        if let from = captured.from, !(facts.capturedUntil.map { $0 >= from } ?? !judgedOnly) { return false }
        if let before = captured.before, !(facts.capturedFrom.map { $0 < before } ?? !judgedOnly) { return false }
        return true
    }

    private static func contains(_ outcomes: Set<String>, _ outcome: Outcome) -> Bool {
        outcomes.contains(outcome.verdict.rawValue) || outcomes.contains(outcome.code)
    }

    /// What has to be known of an object before the clause can judge it.
    public var parts: Set<Part> {
        var parts: Set<Part> = []
        if jurisdictions != nil { parts.insert(.jurisdiction) }
        if purposes != nil { parts.insert(.purpose) }
        if outcomes != nil { parts.insert(.outcome) }
        if captured != TimeSpan() { parts.insert(.captured) }
        return parts
    }
}
