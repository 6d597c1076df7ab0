public import Foundation
public import StrictYAML

/// A versioned set of rules: what has to be kept how long, and what has to go when. See <doc:Policies>.
public struct Policy: Equatable, Sendable {
    public let name: String
    public let version: Int
    public let title: String
    public let basis: [Basis]
    public let appliesTo: Scope
    public let timeZone: TimeZone
    public let events: [String: EventMode]
    public let rules: [Rule]

    public init(
        name: String, version: Int, title: String, basis: [Basis] = [], appliesTo: Scope = Scope(),
        timeZone: TimeZone = .gmt, events: [String: EventMode] = [:], rules: [Rule]
    ) {
        self.name = name
        self.version = version
        self.title = title
        self.basis = basis
        self.appliesTo = appliesTo
        self.timeZone = timeZone
        self.events = events
        self.rules = rules
    }

    /// A source of a figure.
    public struct Basis: Equatable, Sendable {
        public let cite: String
        public let says: String?
        /// A date, `read`, `second-hand`, or `unverified`.
        public let checked: String

        public init(cite: String, says: String? = nil, checked: String = "unverified") {
            self.cite = cite
            self.says = says
            self.checked = checked
        }

        /// Whether somebody read the text itself, and when.
        public var isChecked: Bool { checked != "unverified" && checked != "second-hand" }
    }

    /// Which cases a policy is about; nil does not restrict.
    public struct Scope: Equatable, Sendable {
        public let jurisdictions: [String]?
        public let purposes: [String]?

        public init(jurisdictions: [String]? = nil, purposes: [String]? = nil) {
            self.jurisdictions = jurisdictions
            self.purposes = purposes
        }
    }

    /// Which of several records of an event counts.
    public enum EventMode: String, Sendable { case once, latest }

    public struct Rule: Equatable, Sendable {
        public let name: String
        /// nil for every kind.
        public let media: [String]?
        public let outcome: OutcomeMatch
        public let anchor: Anchor
        public let atLeast: RetentionPeriod?
        public let atMost: RetentionPeriod?
        public let backstop: Backstop?
        /// Which of the policy's bases it rests on.
        public let cites: [Basis]
        public let isFallback: Bool
        /// Where it stands in its file.
        public let position: YAMLPosition?

        public init(
            name: String, media: [String]? = nil, outcome: OutcomeMatch = .any, anchor: Anchor,
            atLeast: RetentionPeriod? = nil, atMost: RetentionPeriod? = nil, backstop: Backstop? = nil,
            cites: [Basis] = [], isFallback: Bool = false, position: YAMLPosition? = nil
        ) {
            self.name = name
            self.media = media
            self.outcome = outcome
            self.anchor = anchor
            self.atLeast = atLeast
            self.atMost = atMost
            self.backstop = backstop
            self.cites = cites
            self.isFallback = isFallback
            self.position = position
        }
    }

    public enum OutcomeMatch: Equatable, Sendable {
        case any, passed, failed
        /// The vendor's codes.
        case codes([String])
    }

    /// What a period counts from.
    public enum Anchor: Equatable, Hashable, Sendable {
        case captured, archived
        case event(String)

        public var name: String {
            switch self {
            case .captured: "captured"
            case .archived: "archived"
            case .event(let name): name
            }
        }
    }

    /// The end of waiting for an event that never came.
    public struct Backstop: Equatable, Sendable {
        public let anchor: Anchor
        public let after: RetentionPeriod

        public init(anchor: Anchor, after: RetentionPeriod) {
            self.anchor = anchor
            self.after = after
        }
    }
}

/// A rule of a policy in one of its versions.
public struct RuleName: Hashable, Sendable {
    public let policy: String
    public let version: Int
    public let rule: String

    public init(policy: String, version: Int, rule: String) {
        self.policy = policy
        self.version = version
        self.rule = rule
    }
}

extension RuleName: CustomStringConvertible {
    public var description: String { "\(policy) v\(version), rule \(rule)" }
}

/// What persons decided where a lower and an upper bound contradict each other. It binds these versions of
/// the two rules, and no others.
public struct Resolution: Equatable, Sendable {
    public enum Winner: String, Sendable, CaseIterable {
        /// The upper bound is disregarded.
        case keep
        /// The lower bound is disregarded.
        case destroy
    }

    /// The ledger entry that records it.
    public let entry: UInt64
    public let lower: RuleName
    public let upper: RuleName
    public let winner: Winner

    public init(entry: UInt64, lower: RuleName, upper: RuleName, winner: Winner) {
        self.entry = entry
        self.lower = lower
        self.upper = upper
        self.winner = winner
    }
}
