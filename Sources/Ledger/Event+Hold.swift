public import Base
public import Foundation

extension Event {
    /// An order to preserve is in force, or more of it is. From this entry on nothing that it takes in is destroyed.
    public struct HoldPlaced: EventFields {
        /// What a revision adds.
        public enum Form: String, Sendable {
            /// The cases of the `hold covers` and `hold expects` before it.
            case cases
            /// What one of its clauses takes in.
            case `where`
            case everything
            /// Nothing: only the day of its review is another.
            case review
        }

        /// A conjunction of conditions; what is nil is no condition.
        public struct Clause: Equatable, Sendable {
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

            var value: CanonicalJSON {
                var members = MemberWriter()
                members.add("media", media)
                members.add("jurisdictions", jurisdictions)
                members.add("purposes", purposes)
                members.add("outcomes", outcomes)
                members.add("capturedFrom", capturedFrom)
                members.add("capturedBefore", capturedBefore)
                members.add("archivedFrom", archivedFrom)
                members.add("archivedBefore", archivedBefore)
                return .object(members.members)
            }

            init(_ value: CanonicalJSON) throws(EntryError) {
                var members = try MemberReader(value)
                media = try members.texts("media")
                jurisdictions = try members.texts("jurisdictions")
                purposes = try members.texts("purposes")
                outcomes = try members.texts("outcomes")
                capturedFrom = try members.time("capturedFrom")
                capturedBefore = try members.time("capturedBefore")
                archivedFrom = try members.time("archivedFrom")
                archivedBefore = try members.time("archivedBefore")
                try members.finish()
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

        var about: CaseUID? { nil }

        func write(to members: inout MemberWriter) {
            members.add("hold", hold)
            members.add("revision", revision)
            members.add("form", form.rawValue)
            members.add("clauses", clauses.map { .list($0.map(\.value)) })
            members.add("judgedOnly", judgedOnly.map { .flag($0) })
            members.add("cases", cases)
            members.add("expected", expected)
            members.add("reviewBy", reviewBy)
            members.add("confidential", isConfidential)
            members.add("matterTag", matterTag)
            members.add("tagKey", tagKey)
            members.add("matterCommitment", matter)
            members.add("reasonCommitment", reason)
        }

        init(from members: inout MemberReader) throws(EntryError) {
            hold = try members.uid("hold")
            revision = try members.number("revision")
            form = try members.choice("form")
            clauses = try members.list("clauses") { try? Clause($0) }
            judgedOnly = try members.flag("judgedOnly")
            cases = try members.number("cases")
            expected = try members.number("expected")
            reviewBy = try members.time("reviewBy")
            isConfidential = try members.flag("confidential")
            matterTag = try members.digest("matterTag")
            tagKey = try members.number("tagKey")
            matter = try members.commitment("matterCommitment")
            reason = try members.commitment("reasonCommitment")
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

        var about: CaseUID? { nil }

        func write(to members: inout MemberWriter) {
            members.add("hold", hold)
            members.add("revision", revision)
            members.add("cases", cases.map(\.hex))
        }

        init(from members: inout MemberReader) throws(EntryError) {
            hold = try members.uid("hold")
            revision = try members.number("revision")
            guard let cases: [CaseUID] = try members.uids("cases") else { throw .badMember("cases") }
            self.cases = cases
        }
    }

    /// Keyed tags of cases or persons that a hold takes in when they come.
    public struct HoldExpects: EventFields {
        /// Tags of one entry at most.
        public static let most = 800

        public enum Purpose: String, Sendable { case caseID = "case", subject }

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

        var about: CaseUID? { nil }

        func write(to members: inout MemberWriter) {
            members.add("hold", hold)
            members.add("revision", revision)
            members.add("purpose", purpose.rawValue)
            members.add("tagKey", tagKey)
            members.add("tags", tags)
        }

        init(from members: inout MemberReader) throws(EntryError) {
            hold = try members.uid("hold")
            revision = try members.number("revision")
            purpose = try members.choice("purpose")
            tagKey = try members.number("tagKey")
            tags = try members.texts("tags")
            guard tags.allSatisfy({ Commitment(hex: $0) != nil }) else { throw .badMember("tags") }
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

        var about: CaseUID? { nil }

        func write(to members: inout MemberWriter) {
            members.add("hold", hold)
            members.add("revision", revision)
            members.add("cases", cases.map { $0.map(\.hex) })
            members.add("scope", scope.map { .number($0) })
            members.add("coolingUntil", coolingUntil)
            members.add("request", request.map { .number($0) })
            members.add("reasonCommitment", reason)
        }

        init(from members: inout MemberReader) throws(EntryError) {
            hold = try members.uid("hold")
            revision = try members.number("revision")
            cases = try members.uids("cases")
            scope = try members.number("scope")
            coolingUntil = try members.time("coolingUntil")
            request = try members.number("request")
            reason = try members.commitment("reasonCommitment")
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

        var about: CaseUID? { nil }

        func write(to members: inout MemberWriter) {
            members.add("hold", hold)
            members.add("coolingUntil", coolingUntil)
            members.add("request", request.map { .number($0) })
            members.add("reasonCommitment", reason)
        }

        init(from members: inout MemberReader) throws(EntryError) {
            hold = try members.uid("hold")
            coolingUntil = try members.time("coolingUntil")
            request = try members.number("request")
            reason = try members.commitment("reasonCommitment")
        }
    }

    /// From here on a hold, or what was taken from it, binds nothing any more.
    public struct HoldEnded: EventFields {
        public enum Cause: String, Sendable {
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

        var about: CaseUID? { nil }

        func write(to members: inout MemberWriter) {
            members.add("hold", hold)
            members.add("cause", cause.rawValue)
            members.add("revision", revision.map { .number($0) })
        }

        init(from members: inout MemberReader) throws(EntryError) {
            hold = try members.uid("hold")
            cause = try members.choice("cause")
            revision = try members.number("revision")
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

        var about: CaseUID? { nil }

        func write(to members: inout MemberWriter) {
            members.add("hold", hold)
            members.add("revision", revision)
            members.add("readerCommitment", reader)
        }

        init(from members: inout MemberReader) throws(EntryError) {
            hold = try members.uid("hold")
            revision = try members.number("revision")
            reader = try members.commitment("readerCommitment")
        }
    }
}
