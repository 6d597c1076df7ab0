public import Foundation

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
        /// A date, `unverified`, or `second-hand`.
        public let checked: String

        public init(
            cite: String, says: String? = nil, checked: String = "unverified"
        ) {
            self.cite = cite
            self.says = says
            self.checked = checked
        }
    }

    /// Which cases a policy is about; nil does not restrict.
    public struct Scope: Equatable, Sendable {
        public let jurisdictions: [String]?
        public let purposes: [String]?

        public init(
            jurisdictions: [String]? = nil, purposes: [String]? = nil
        ) {
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

        public init(
            name: String, media: [String]? = nil, outcome: OutcomeMatch = .any, anchor: Anchor,
            atLeast: RetentionPeriod? = nil, atMost: RetentionPeriod? = nil, backstop: Backstop? = nil,
            cites: [Basis] = [], isFallback: Bool = false
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
    }

    /// The end of waiting for an event that never came.
    public struct Backstop: Equatable, Sendable {
        public let anchor: Anchor
        public let after: RetentionPeriod

        public init(
            anchor: Anchor, after: RetentionPeriod
        ) {
            self.anchor = anchor
            self.after = after
        }
    }
}

/// What is known of an object when something is decided about it.
public struct ObjectFacts: Sendable {
    public var media: String
    /// The vendor's code; nil where the verification ended without one.
    public var resultCode: String?
    public var jurisdictions: [String]
    public var purpose: String?
    /// When the person stood before the camera.
    public var captured: ClosedRange<Date>
    public var archived: Date
    public var events: [EventRecord]
    public var holds: [HoldFact]
    public var erasureRequested: Date?

    public init(
        media: String, resultCode: String?, jurisdictions: [String], purpose: String?, captured: ClosedRange<Date>,
        archived: Date, events: [EventRecord] = [], holds: [HoldFact] = [], erasureRequested: Date? = nil
    ) {
        self.media = media
        self.resultCode = resultCode
        self.jurisdictions = jurisdictions
        self.purpose = purpose
        self.captured = captured
        self.archived = archived
        self.events = events
        self.holds = holds
        self.erasureRequested = erasureRequested
    }
}

/// A record of an event, as the ledger has it.
public struct EventRecord: Equatable, Sendable {
    public enum Effect: Equatable, Sendable {
        case happened(Date)
        /// Another time takes the place of an earlier record's.
        case corrects(UInt64, Date)
        /// The earlier record never happened.
        case withdraws(UInt64)
    }

    /// Its number on the ledger.
    public let entry: UInt64
    public let name: String
    public let effect: Effect

    public init(entry: UInt64, name: String, effect: Effect) {
        self.entry = entry
        self.name = name
        self.effect = effect
    }
}

/// A hold that binds an object.
public struct HoldFact: Equatable, Sendable {
    public let matter: String
    public let placed: Date
    /// When it was released; nil while it stands.
    public let released: Date?
    /// After its release it binds as long as this.
    public let cooling: TimeInterval

    public init(matter: String, placed: Date, released: Date?, cooling: TimeInterval) {
        self.matter = matter
        self.placed = placed
        self.released = released
        self.cooling = cooling
    }
}
