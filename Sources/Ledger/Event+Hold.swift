public import Base
public import Foundation

extension Event {
    /// An order to preserve is in force, or more of it is. From this entry on nothing that it takes in is destroyed.
    public struct HoldPlaced: EventFields {
        /// What a revision adds.
        public enum Form: String, Codable, Sendable {
            /// The cases of the `hold covers` and `hold expects` before it.
            case cases
            /// What one of its clauses takes in.
            case `where`
            case everything
            /// Nothing: only the day of its review is another.
            case review
        }

        /// A conjunction of conditions; what is nil is no condition.
        public struct Clause: Codable, Equatable, Sendable {
            public let media: [String]?
            public let jurisdictions: [String]?
            public let purposes: [String]?
            public let outcomes: [String]?
            public let capturedFrom: Date?
            public let capturedBefore: Date?
            public let archivedFrom: Date?
            public let archivedBefore: Date?

            public init(
                media: [String]?, jurisdictions: [String]?, purposes: [String]?, outcomes: [String]?,
                capturedFrom: Date?, capturedBefore: Date?, archivedFrom: Date?, archivedBefore: Date?
            ) {
                self.media = media
                self.jurisdictions = jurisdictions
                self.purposes = purposes
                self.outcomes = outcomes
                self.capturedFrom = capturedFrom
                self.capturedBefore = capturedBefore
                self.archivedFrom = archivedFrom
                self.archivedBefore = archivedBefore
            }
        }

        public let hold: HoldUID
        /// Counted from 1 within the hold.
        public let revision: UInt64
        public let form: Form
        public let clauses: [Clause]?
        /// What the clauses cannot judge is not taken in.
        public let judgedOnly: Bool?
        /// How many cases the `hold covers` of this revision name, up to this entry.
        public let cases: UInt64
        /// How many tags its `hold expects` hold.
        public let expected: UInt64
        public let reviewBy: Date
        public let isConfidential: Bool
        /// The keyed tag of the matter, and the number of the tagging key.
        public let matterTag: String
        public let tagKey: UInt64
        public let matter: Commitment
        public let reason: Commitment

        public init(
            hold: HoldUID, revision: UInt64, form: Form, clauses: [Clause]?, judgedOnly: Bool?, cases: UInt64,
            expected: UInt64, reviewBy: Date, isConfidential: Bool, matterTag: String, tagKey: UInt64,
            matter: Commitment, reason: Commitment
        ) {
            self.hold = hold
            self.revision = revision
            self.form = form
            self.clauses = clauses
            self.judgedOnly = judgedOnly
            self.cases = cases
            self.expected = expected
            self.reviewBy = reviewBy
            self.isConfidential = isConfidential
            self.matterTag = matterTag
            self.tagKey = tagKey
            self.matter = matter
            self.reason = reason
        }

        enum CodingKeys: String, CodingKey {
            case hold, revision, form, clauses, judgedOnly, cases, expected, reviewBy,
                isConfidential = "confidential", matterTag, tagKey, matter = "matterCommitment",
                reason = "reasonCommitment"
        }

        static var kind: Event.Kind { .holdPlaced }
        var strand: Strand { .holds }
        var asEvent: Event { .holdPlaced(self) }

        func check() throws(EntryError) {
            guard Digest(hex: matterTag) != nil else { throw .badMember("matterTag") }
            guard (form == .where) == (clauses != nil), (clauses == nil) == (judgedOnly == nil) else {
                throw .badMember("clauses")
            }
        }
    }

    /// Cases that a hold takes in: named by the order, or arrived since.
    public struct HoldCovers: EventFields {
        /// Cases of one entry at most.
        public static let most = 1500

        public let hold: HoldUID
        public let revision: UInt64
        public let cases: [CaseUID]

        public init(hold: HoldUID, revision: UInt64, cases: [CaseUID]) {
            self.hold = hold
            self.revision = revision
            self.cases = cases
        }

        static var kind: Event.Kind { .holdCovers }
        var strand: Strand { .holds }
        var asEvent: Event { .holdCovers(self) }
    }

    /// Keyed tags of cases or persons that a hold takes in when they come.
    public struct HoldExpects: EventFields {
        /// Tags of one entry at most.
        public static let most = 800

        public enum Purpose: String, Codable, Sendable { case caseID = "case", subject }

        public let hold: HoldUID
        public let revision: UInt64
        public let purpose: Purpose
        public let tagKey: UInt64
        /// 64 hexadecimal digits each.
        public let tags: [String]

        public init(hold: HoldUID, revision: UInt64, purpose: Purpose, tagKey: UInt64, tags: [String]) {
            self.hold = hold
            self.revision = revision
            self.purpose = purpose
            self.tagKey = tagKey
            self.tags = tags
        }

        static var kind: Event.Kind { .holdExpects }
        var strand: Strand { .holds }
        var asEvent: Event { .holdExpects(self) }

        func check() throws(EntryError) {
            guard tags.allSatisfy({ Digest(hex: $0) != nil }) else { throw .badMember("tags") }
        }
    }

    /// A hold is to take in less, after a time of cooling in which it binds as before.
    public struct HoldNarrowed: EventFields {
        public let hold: HoldUID
        /// Of this change.
        public let revision: UInt64
        /// Cases that it is no longer about; nil where a whole revision goes.
        public let cases: [CaseUID]?
        /// The revision that goes; nil where cases do.
        public let scope: UInt64?
        public let coolingUntil: Date
        /// The request that allowed it; nil where one person could.
        public let request: UInt64?
        public let reason: Commitment

        public init(
            hold: HoldUID, revision: UInt64, cases: [CaseUID]?, scope: UInt64?, coolingUntil: Date, request: UInt64?,
            reason: Commitment
        ) {
            self.hold = hold
            self.revision = revision
            self.cases = cases
            self.scope = scope
            self.coolingUntil = coolingUntil
            self.request = request
            self.reason = reason
        }

        enum CodingKeys: String, CodingKey {
            case hold, revision, cases, scope, coolingUntil, request, reason = "reasonCommitment"
        }

        static var kind: Event.Kind { .holdNarrowed }
        var strand: Strand { .holds }
        var asEvent: Event { .holdNarrowed(self) }

        func check() throws(EntryError) {
            guard (cases == nil) == (scope != nil) else { throw .badMember("cases") }
        }
    }

    /// A hold is lifted, after a time of cooling in which it binds as before.
    public struct HoldReleased: EventFields {
        public let hold: HoldUID
        public let coolingUntil: Date
        /// The request that allowed it; nil where one person could.
        public let request: UInt64?
        public let reason: Commitment

        public init(hold: HoldUID, coolingUntil: Date, request: UInt64?, reason: Commitment) {
            self.hold = hold
            self.coolingUntil = coolingUntil
            self.request = request
            self.reason = reason
        }

        enum CodingKeys: String, CodingKey {
            case hold, coolingUntil, request, reason = "reasonCommitment"
        }

        static var kind: Event.Kind { .holdReleased }
        var strand: Strand { .holds }
        var asEvent: Event { .holdReleased(self) }
    }

    /// From here on a hold, or what was taken from it, binds nothing any more.
    public struct HoldEnded: EventFields {
        public enum Cause: String, Codable, Sendable {
            /// It was released, and has cooled.
            case released
            /// It was narrowed, and that has cooled.
            case narrowed
            /// It was never completed, and its author took it back.
            case withdrawn
        }

        public let hold: HoldUID
        public let cause: Cause
        /// The revision that narrowed it.
        public let revision: UInt64?

        public init(hold: HoldUID, cause: Cause, revision: UInt64?) {
            self.hold = hold
            self.cause = cause
            self.revision = revision
        }

        static var kind: Event.Kind { .holdEnded }
        var strand: Strand { .holds }
        var asEvent: Event { .holdEnded(self) }

        func check() throws(EntryError) {
            guard (cause == .narrowed) == (revision != nil) else { throw .badMember("revision") }
        }
    }

    /// Somebody has read the notice of a hold.
    public struct HoldAcknowledged: EventFields {
        public let hold: HoldUID
        /// The newest revision of it then.
        public let revision: UInt64
        /// Who, where it is not the actor.
        public let reader: Commitment?

        public init(hold: HoldUID, revision: UInt64, reader: Commitment?) {
            self.hold = hold
            self.revision = revision
            self.reader = reader
        }

        enum CodingKeys: String, CodingKey {
            case hold, revision, reader = "readerCommitment"
        }

        static var kind: Event.Kind { .holdAcknowledged }
        var strand: Strand { .holds }
        var asEvent: Event { .holdAcknowledged(self) }
    }
}
