public import Base
public import Foundation

extension Event {
    /// A personal token was made.
    public struct TokenCreated: EventFields {
        public let token: TokenUID
        /// Whose.
        public let holder: ActorUID
        /// In ascending order.
        public let roles: [String]
        public let expires: Date?
        /// Before this time its holder approves nothing; nil where it may at once.
        public let approvesFrom: Date?
        /// The keyed tag of the secret, and the number of the tagging key.
        public let tag: String
        public let tagKey: UInt64
        public let request: UInt64?

        public init(
            token: TokenUID, holder: ActorUID, roles: [String], expires: Date?, approvesFrom: Date?, tag: String,
            tagKey: UInt64, request: UInt64?
        ) {
            self.token = token
            self.holder = holder
            self.roles = roles
            self.expires = expires
            self.approvesFrom = approvesFrom
            self.tag = tag
            self.tagKey = tagKey
            self.request = request
        }

        var about: CaseUID? { nil }

        func write(to members: inout MemberWriter) {
            members.add("token", token)
            members.add("holder", holder)
            members.add("roles", roles)
            members.add("expires", expires)
            members.add("approvesFrom", approvesFrom)
            members.add("tag", tag)
            members.add("tagKey", tagKey)
            members.add("request", request.map { .number($0) })
        }

        init(from members: inout MemberReader) throws(EntryError) {
            token = try members.uid("token")
            holder = try members.uid("holder")
            roles = try members.texts("roles")
            expires = try members.time("expires")
            approvesFrom = try members.time("approvesFrom")
            tag = try members.digest("tag")
            tagKey = try members.number("tagKey")
            request = try members.number("request")
        }
    }

    /// A personal token is worth nothing any more.
    public struct TokenRevoked: EventFields {
        public let token: TokenUID
        public let request: UInt64?
        public let reason: Commitment

        public init(token: TokenUID, request: UInt64?, reason: Commitment) {
            self.token = token
            self.request = request
            self.reason = reason
        }

        var about: CaseUID? { nil }

        func write(to members: inout MemberWriter) {
            members.add("token", token)
            members.add("request", request.map { .number($0) })
            members.add("reasonCommitment", reason)
        }

        init(from members: inout MemberReader) throws(EntryError) {
            token = try members.uid("token")
            request = try members.number("request")
            reason = try members.commitment("reasonCommitment")
        }
    }

    /// Somebody asked for something that another person has to allow.
    public struct RequestMade: EventFields {
        /// Counted from 1.
        public let request: UInt64
        public let verb: String
        /// To the document that says what would happen.
        public let effect: Commitment
        /// Who may allow it.
        public let roles: [String]
        /// How many have to.
        public let quorum: UInt64
        public let expires: Date
        /// What it was computed by: the set of policies, and the revision of the hold that it is about.
        public let set: UInt64
        public let revision: UInt64?

        public init(
            request: UInt64, verb: String, effect: Commitment, roles: [String], quorum: UInt64, expires: Date,
            set: UInt64, revision: UInt64?
        ) {
            self.request = request
            self.verb = verb
            self.effect = effect
            self.roles = roles
            self.quorum = quorum
            self.expires = expires
            self.set = set
            self.revision = revision
        }

        var about: CaseUID? { nil }

        func write(to members: inout MemberWriter) {
            members.add("request", request)
            members.add("verb", verb)
            members.add("effectCommitment", effect)
            members.add("roles", roles)
            members.add("quorum", quorum)
            members.add("expires", expires)
            members.add("set", set)
            members.add("revision", revision.map { .number($0) })
        }

        init(from members: inout MemberReader) throws(EntryError) {
            request = try members.number("request")
            verb = try members.text("verb")
            effect = try members.commitment("effectCommitment")
            roles = try members.texts("roles")
            quorum = try members.number("quorum")
            expires = try members.time("expires")
            set = try members.number("set")
            revision = try members.number("revision")
        }
    }

    /// What somebody said of a request.
    public struct VoteCast: EventFields {
        public enum Vote: String, Sendable { case approve, deny }

        public let request: UInt64
        public let vote: Vote
        /// By which it is known who.
        public let token: TokenUID
        public let reason: Commitment

        public init(request: UInt64, vote: Vote, token: TokenUID, reason: Commitment) {
            self.request = request
            self.vote = vote
            self.token = token
            self.reason = reason
        }

        var about: CaseUID? { nil }

        func write(to members: inout MemberWriter) {
            members.add("request", request)
            members.add("vote", vote.rawValue)
            members.add("token", token)
            members.add("reasonCommitment", reason)
        }

        init(from members: inout MemberReader) throws(EntryError) {
            request = try members.number("request")
            vote = try members.choice("vote")
            token = try members.uid("token")
            reason = try members.commitment("reasonCommitment")
        }
    }

    /// Nothing comes of a request any more.
    public struct RequestClosed: EventFields {
        public enum Outcome: String, Sendable {
            /// What was asked for was done.
            case done
            case denied, expired
            /// What it was computed by has changed.
            case void
        }

        public let request: UInt64
        public let outcome: Outcome

        public init(request: UInt64, outcome: Outcome) {
            self.request = request
            self.outcome = outcome
        }

        var about: CaseUID? { nil }

        func write(to members: inout MemberWriter) {
            members.add("request", request)
            members.add("outcome", outcome.rawValue)
        }

        init(from members: inout MemberReader) throws(EntryError) {
            request = try members.number("request")
            outcome = try members.choice("outcome")
        }
    }

    /// From here on one person can do again what needed two.
    public struct TwoPersonsEnded: EventFields {
        public let request: UInt64
        public let reason: Commitment

        public init(request: UInt64, reason: Commitment) {
            self.request = request
            self.reason = reason
        }

        var about: CaseUID? { nil }

        func write(to members: inout MemberWriter) {
            members.add("request", request)
            members.add("reasonCommitment", reason)
        }

        init(from members: inout MemberReader) throws(EntryError) {
            request = try members.number("request")
            reason = try members.commitment("reasonCommitment")
        }
    }

    /// Objects whose event never came may go, now that their backstop has passed.
    public struct BackstopApproved: EventFields {
        public let caseUID: CaseUID
        public let objects: [ObjectUID]
        public let request: UInt64?
        public let reason: Commitment

        public init(caseUID: CaseUID, objects: [ObjectUID], request: UInt64?, reason: Commitment) {
            self.caseUID = caseUID
            self.objects = objects
            self.request = request
            self.reason = reason
        }

        var about: CaseUID? { caseUID }

        func write(to members: inout MemberWriter) {
            members.add("case", caseUID)
            members.add("objects", objects.map(\.hex))
            members.add("request", request.map { .number($0) })
            members.add("reasonCommitment", reason)
        }

        init(from members: inout MemberReader) throws(EntryError) {
            caseUID = try members.uid("case")
            guard let objects: [ObjectUID] = try members.uids("objects") else { throw .badMember("objects") }
            self.objects = objects
            request = try members.number("request")
            reason = try members.commitment("reasonCommitment")
        }
    }
}
