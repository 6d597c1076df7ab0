public import Base
public import Foundation

extension Event {
    /// Rules are in force from here on: a new set of policies, of which one is new.
    public struct PolicyActivated: EventFields {
        public enum Form: String, Sendable { case policy, terms }

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

        var about: CaseUID? { nil }

        func write(to members: inout MemberWriter) {
            members.add("form", form.rawValue)
            members.add("policy", policy)
            members.add("policyVersion", version)
            members.add("file", file)
            members.add("set", set)
            members.add("replaces", replaces.map { .number($0) })
            members.add("earlier", earlier)
            members.add("later", later)
            members.add("never", never)
            members.add("request", request.map { .number($0) })
        }

        init(from members: inout MemberReader) throws(EntryError) {
            form = try members.choice("form")
            policy = try members.text("policy")
            version = try members.number("policyVersion")
            file = try members.digest("file")
            set = try members.number("set")
            replaces = try members.number("replaces")
            earlier = try members.number("earlier")
            later = try members.number("later")
            never = try members.number("never")
            request = try members.number("request")
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

        var about: CaseUID? { nil }

        func write(to members: inout MemberWriter) {
            members.add("policy", policy)
            members.add("policyVersion", version)
            members.add("set", set)
            members.add("earlier", earlier)
            members.add("later", later)
            members.add("never", never)
            members.add("request", request.map { .number($0) })
            members.add("reasonCommitment", reason)
        }

        init(from members: inout MemberReader) throws(EntryError) {
            policy = try members.text("policy")
            version = try members.number("policyVersion")
            set = try members.number("set")
            earlier = try members.number("earlier")
            later = try members.number("later")
            never = try members.number("never")
            request = try members.number("request")
            reason = try members.commitment("reasonCommitment")
        }
    }

    /// Somebody decided which of two rules counts where they contradict each other.
    public struct ConflictResolved: EventFields {
        public enum Winner: String, Sendable { case keep, destroy }

        public struct Rule: Equatable, Sendable {
            public let policy: String
            public let version: UInt64
            public let rule: String

            public init(policy: String, version: UInt64, rule: String) {
                self.policy = policy
                self.version = version
                self.rule = rule
            }

            var value: CanonicalJSON {
                .object(["policy": .text(policy), "policyVersion": .number(version), "rule": .text(rule)])
            }

            init(_ value: CanonicalJSON) throws(EntryError) {
                var members = try MemberReader(value)
                policy = try members.text("policy")
                version = try members.number("policyVersion")
                rule = try members.text("rule")
                try members.finish()
            }
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

        var about: CaseUID? { nil }

        func write(to members: inout MemberWriter) {
            members.add("lower", lower.value)
            members.add("upper", upper.value)
            members.add("winner", winner.rawValue)
            members.add("set", set)
            members.add("request", request.map { .number($0) })
            members.add("reasonCommitment", reason)
        }

        init(from members: inout MemberReader) throws(EntryError) {
            lower = try Rule(try members.value("lower"))
            upper = try Rule(try members.value("upper"))
            winner = try members.choice("winner")
            set = try members.number("set")
            request = try members.number("request")
            reason = try members.commitment("reasonCommitment")
        }
    }

    /// Something that retention counts from happened to a case, or an earlier record of it was wrong.
    public struct CaseEventRecorded: EventFields {
        public let caseUID: CaseUID
        /// What happened: a code.
        public let event: String
        /// When; nil where an earlier record is withdrawn.
        public let at: Date?
        /// The entry of the record that this one corrects.
        public let corrects: UInt64?
        /// The entry of the record that never happened.
        public let withdraws: UInt64?

        public init(caseUID: CaseUID, event: String, at: Date?, corrects: UInt64?, withdraws: UInt64?) {
            self.caseUID = caseUID
            self.event = event
            self.at = at
            self.corrects = corrects
            self.withdraws = withdraws
        }

        var about: CaseUID? { caseUID }

        func write(to members: inout MemberWriter) {
            members.add("case", caseUID)
            members.add("event", event)
            members.add("at", at)
            members.add("corrects", corrects.map { .number($0) })
            members.add("withdraws", withdraws.map { .number($0) })
        }

        init(from members: inout MemberReader) throws(EntryError) {
            caseUID = try members.uid("case")
            event = try members.text("event")
            at = try members.time("at")
            corrects = try members.number("corrects")
            withdraws = try members.number("withdraws")
            guard (at == nil) == (withdraws != nil), corrects == nil || withdraws == nil else {
                throw .badMember("at")
            }
        }
    }
}
