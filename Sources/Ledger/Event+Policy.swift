public import Base
internal import Foundation

extension Event {
    /// Rules are in force from here on: a new set of policies, of which one is new.
    public struct PolicyActivated: EventFields {
        public enum Form: String, Codable, Sendable { case policy, terms }

        public let form: Form
        public let policy: String
        public let version: UInt64
        /// SHA-256 of the file, in hexadecimal.
        public let file: String
        /// The number of the set of policies that is active from here on.
        public let set: UInt64
        /// The version that it takes the place of.
        public let replaces: UInt64?
        /// Objects that become due earlier, later, and no longer by themselves.
        public let earlier: UInt64
        public let later: UInt64
        public let never: UInt64
        /// The request that allowed it; nil where one person could.
        public let request: UInt64?

        public init(
            form: Form, policy: String, version: UInt64, file: String, set: UInt64, replaces: UInt64?, earlier: UInt64,
            later: UInt64, never: UInt64, request: UInt64? = nil
        ) {
            self.form = form
            self.policy = policy
            self.version = version
            self.file = file
            self.set = set
            self.replaces = replaces
            self.earlier = earlier
            self.later = later
            self.never = never
            self.request = request
        }

        enum CodingKeys: String, CodingKey {
            case form, policy, version = "policyVersion", file, set, replaces, earlier, later, never, request
        }

        static var kind: Event.Kind { .policyActivated }
        var strand: Strand { .rules }
        var asEvent: Event { .policyActivated(self) }

        func check() throws(EntryError) {
            guard Digest(hex: file) != nil else { throw .badMember("file") }
        }
    }

    /// Rules are no longer in force.
    public struct PolicyRetired: EventFields {
        public let policy: String
        public let version: UInt64
        /// The number of the set of policies that is active from here on.
        public let set: UInt64
        public let earlier: UInt64
        public let later: UInt64
        public let never: UInt64
        /// The request that allowed it; nil where one person could.
        public let request: UInt64?
        public let reason: Commitment

        public init(
            policy: String, version: UInt64, set: UInt64, earlier: UInt64, later: UInt64, never: UInt64,
            reason: Commitment, request: UInt64? = nil
        ) {
            self.policy = policy
            self.version = version
            self.set = set
            self.earlier = earlier
            self.later = later
            self.never = never
            self.reason = reason
            self.request = request
        }

        enum CodingKeys: String, CodingKey {
            case policy, version = "policyVersion", set, earlier, later, never, request, reason = "reasonCommitment"
        }

        static var kind: Event.Kind { .policyRetired }
        var strand: Strand { .rules }
        var asEvent: Event { .policyRetired(self) }
    }

    /// Somebody decided which of two rules counts where they contradict each other.
    public struct ConflictResolved: EventFields {
        public enum Winner: String, Codable, Sendable { case keep, destroy }

        public struct Rule: Codable, Equatable, Sendable {
            public let policy: String
            public let version: UInt64
            public let rule: String

            public init(policy: String, version: UInt64, rule: String) {
                self.policy = policy
                self.version = version
                self.rule = rule
            }

            enum CodingKeys: String, CodingKey { case policy, version = "policyVersion", rule }
        }

        public let lower: Rule
        public let upper: Rule
        public let winner: Winner
        public let set: UInt64
        /// The request that allowed it; nil where one person could.
        public let request: UInt64?
        public let reason: Commitment

        public init(lower: Rule, upper: Rule, winner: Winner, set: UInt64, reason: Commitment, request: UInt64? = nil) {
            self.lower = lower
            self.upper = upper
            self.winner = winner
            self.set = set
            self.reason = reason
            self.request = request
        }

        enum CodingKeys: String, CodingKey {
            case lower, upper, winner, set, request, reason = "reasonCommitment"
        }

        static var kind: Event.Kind { .conflictResolved }
        var strand: Strand { .rules }
        var asEvent: Event { .conflictResolved(self) }
    }

    /// Something that retention counts from happened to a case, or an earlier record of it was wrong.
    public struct CaseEventRecorded: EventFields {
        public let caseUID: CaseUID
        /// What happened: a code.
        public let event: String
        /// When, as somebody said it: a day, or a time; nil where an earlier record is withdrawn.
        public let at: DayOrTime?
        /// The entry of the record that this one corrects.
        public let corrects: UInt64?
        /// The entry of the record that never happened.
        public let withdraws: UInt64?

        public init(caseUID: CaseUID, event: String, at: DayOrTime?, corrects: UInt64?, withdraws: UInt64?) {
            self.caseUID = caseUID
            self.event = event
            self.at = at
            self.corrects = corrects
            self.withdraws = withdraws
        }

        enum CodingKeys: String, CodingKey {
            case caseUID = "case", event, at, corrects, withdraws
        }

        static var kind: Event.Kind { .caseEventRecorded }
        var about: CaseUID? { caseUID }
        var asEvent: Event { .caseEventRecorded(self) }

        func check() throws(EntryError) {
            guard (at == nil) == (withdraws != nil), corrects == nil || withdraws == nil else {
                throw .badMember("at")
            }
        }
    }
}
