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

        static var kind: Event.Kind { .tokenCreated }
        var strand: Strand { .people }
        var asEvent: Event { .tokenCreated(self) }

        func check() throws(EntryError) {
            guard Digest(hex: tag) != nil else { throw .badMember("tag") }
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

        enum CodingKeys: String, CodingKey {
            case token, request, reason = "reasonCommitment"
        }

        static var kind: Event.Kind { .tokenRevoked }
        var strand: Strand { .people }
        var asEvent: Event { .tokenRevoked(self) }
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

        enum CodingKeys: String, CodingKey {
            case request, verb, effect = "effectCommitment", roles, quorum, expires, set, revision
        }

        static var kind: Event.Kind { .requestMade }
        var strand: Strand { .people }
        var asEvent: Event { .requestMade(self) }
    }

    /// What somebody said of a request.
    public struct VoteCast: EventFields {
        public enum Vote: String, Codable, Sendable { case approve, deny }

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

        enum CodingKeys: String, CodingKey {
            case request, vote, token, reason = "reasonCommitment"
        }

        static var kind: Event.Kind { .voteCast }
        var strand: Strand { .people }
        var asEvent: Event { .voteCast(self) }
    }

    /// Nothing comes of a request any more.
    public struct RequestClosed: EventFields {
        public enum Outcome: String, Codable, Sendable {
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

        static var kind: Event.Kind { .requestClosed }
        var strand: Strand { .people }
        var asEvent: Event { .requestClosed(self) }
    }

    /// From here on one person can do again what needed two.
    public struct TwoPersonsEnded: EventFields {
        public let request: UInt64
        public let reason: Commitment

        public init(request: UInt64, reason: Commitment) {
            self.request = request
            self.reason = reason
        }

        enum CodingKeys: String, CodingKey {
            case request, reason = "reasonCommitment"
        }

        static var kind: Event.Kind { .twoPersonsEnded }
        var strand: Strand { .people }
        var asEvent: Event { .twoPersonsEnded(self) }
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

        enum CodingKeys: String, CodingKey {
            case caseUID = "case", objects, request, reason = "reasonCommitment"
        }

        static var kind: Event.Kind { .backstopApproved }
        var about: CaseUID? { caseUID }
        var asEvent: Event { .backstopApproved(self) }
    }
    /// Objects that were due when they came may be destroyed: a person says that their times are right.
    public struct DueConfirmed: EventFields {
        public let caseUID: CaseUID
        public let objects: [ObjectUID]
        public let reason: Commitment

        public init(caseUID: CaseUID, objects: [ObjectUID], reason: Commitment) {
            self.caseUID = caseUID
            self.objects = objects
            self.reason = reason
        }

        enum CodingKeys: String, CodingKey {
            case caseUID = "case", objects, reason = "reasonCommitment"
        }

        static var kind: Event.Kind { .dueConfirmed }
        var about: CaseUID? { caseUID }
        var asEvent: Event { .dueConfirmed(self) }
    }
}
