public import Base
public import Foundation

extension Event {
    /// An archive came to be.
    public struct ArchiveCreated: EventFields {
        public let archive: ArchiveUID
        public let origin: String
        public let verifierKey: String
        public let epoch: UInt64

        public init(
            archive: ArchiveUID, origin: String, verifierKey: String, epoch: UInt64
        ) {
            self.archive = archive
            self.origin = origin
            self.verifierKey = verifierKey
            self.epoch = epoch
        }

        var about: CaseUID? { nil }

        func write(to members: inout MemberWriter) {
            members.add("archive", archive)
            members.add("origin", origin)
            members.add("verifierKey", verifierKey)
            members.add("epoch", epoch)
        }

        init(from members: inout MemberReader) throws(EntryError) {
            archive = try members.uid("archive")
            origin = try members.text("origin")
            verifierKey = try members.text("verifierKey")
            epoch = try members.number("epoch")
        }
    }

    /// A named person looked at a ledger that did not fit what was published.
    public struct ForkAccepted: EventFields {
        public let origin: String
        public let verifierKey: String
        /// The newest checkpoint of the old origin, a signed note.
        public let previous: String
        /// How many entries this ledger had.
        public let entries: UInt64
        /// The tokens of the two persons who accepted it; nil where one person could.
        public let tokens: [TokenUID]?
        /// Matters that are held by the published ledger and not, or not as far, by this one, as keyed tags: 64
        /// lower-case hexadecimal digits. Until each is placed again nothing is destroyed.
        public let lostHolds: [String]?
        public let reason: Commitment

        /// Matters that one entry names.
        public static let mostLost = 500

        public init(
            origin: String, verifierKey: String, previous: String, entries: UInt64, tokens: [TokenUID]? = nil,
            lostHolds: [String]? = nil, reason: Commitment
        ) {
            self.origin = origin
            self.verifierKey = verifierKey
            self.previous = previous
            self.entries = entries
            self.tokens = tokens
            self.lostHolds = lostHolds
            self.reason = reason
        }

        var about: CaseUID? { nil }

        func write(to members: inout MemberWriter) {
            members.add("origin", origin)
            members.add("verifierKey", verifierKey)
            members.add("previous", previous)
            members.add("entries", entries)
            members.add("tokens", tokens.map { $0.map(\.hex) })
            members.add("lostHolds", lostHolds)
            members.add("reasonCommitment", reason)
        }

        init(from members: inout MemberReader) throws(EntryError) {
            origin = try members.text("origin")
            verifierKey = try members.text("verifierKey")
            previous = try members.text("previous")
            entries = try members.number("entries")
            tokens = try members.uids("tokens")
            lostHolds = try members.texts("lostHolds")
            reason = try members.commitment("reasonCommitment")
        }
    }

    /// The published copy held less than had been published, and was completed.
    public struct PublicationRepaired: EventFields {
        /// Entries.
        public let found: UInt64
        /// Entries.
        public let expected: UInt64

        public init(
            found: UInt64, expected: UInt64
        ) {
            self.found = found
            self.expected = expected
        }

        var about: CaseUID? { nil }

        func write(to members: inout MemberWriter) {
            members.add("found", found)
            members.add("expected", expected)
        }

        init(from members: inout MemberReader) throws(EntryError) {
            found = try members.number("found")
            expected = try members.number("expected")
        }
    }

    /// Settings that matter are others than before.
    public struct ConfigurationChanged: EventFields {
        /// Each with its value, or with the commitment to it.
        public let settings: [String: CanonicalJSON]
        /// Of those that are others than before, what they were, or the commitment to it; an empty text where there was
        /// none. Nil when an archive is made.
        public let before: [String: CanonicalJSON]?
        /// The request that allowed a guard to be loosened; nil where none was, or one person could.
        public let request: UInt64?

        public init(
            settings: [String: CanonicalJSON], before: [String: CanonicalJSON]? = nil, request: UInt64? = nil
        ) {
            self.settings = settings
            self.before = before
            self.request = request
        }

        var about: CaseUID? { nil }

        func write(to members: inout MemberWriter) {
            members.add("settings", .object(settings))
            members.add("before", before.map { .object($0) })
            members.add("request", request.map { .number($0) })
        }

        init(from members: inout MemberReader) throws(EntryError) {
            settings = try members.object("settings")
            before = try members.object("before")
            request = try members.number("request")
        }
    }

    /// This actor acts for the first time.
    public struct ActorIntroduced: EventFields {
        public let name: Commitment

        public init(
            name: Commitment
        ) {
            self.name = name
        }

        var about: CaseUID? { nil }

        func write(to members: inout MemberWriter) {
            members.add("nameCommitment", name)
        }

        init(from members: inout MemberReader) throws(EntryError) {
            name = try members.commitment("nameCommitment")
        }
    }

    /// Something that was asked for was refused or failed.
    public struct AttemptFailed: EventFields {
        public enum Outcome: String, Sendable { case refused, failed, notFound = "not-found", integrity }

        public let verb: String
        public let code: String
        public let outcome: Outcome
        /// Of the same, in one run.
        public let count: UInt64
        public let caseUID: CaseUID?

        public init(
            verb: String, code: String, outcome: Outcome, count: UInt64, caseUID: CaseUID?
        ) {
            self.verb = verb
            self.code = code
            self.outcome = outcome
            self.count = count
            self.caseUID = caseUID
        }

        var about: CaseUID? { caseUID }

        func write(to members: inout MemberWriter) {
            members.add("verb", verb)
            members.add("code", code)
            members.add("outcome", outcome.rawValue)
            members.add("count", count)
            members.add("case", caseUID)
        }

        init(from members: inout MemberReader) throws(EntryError) {
            verb = try members.text("verb")
            code = try members.text("code")
            outcome = try members.choice("outcome")
            count = try members.number("count")
            caseUID = try members.uid("case")
        }
    }

    /// Somebody tried to open the archive without its root key, before this entry's actor opened it.
    public struct OpeningsRefused: EventFields {
        public let count: UInt64
        public let first: Date
        public let last: Date

        public init(count: UInt64, first: Date, last: Date) {
            self.count = count
            self.first = first
            self.last = last
        }

        var about: CaseUID? { nil }

        func write(to members: inout MemberWriter) {
            members.add("count", count)
            members.add("first", first)
            members.add("last", last)
        }

        init(from members: inout MemberReader) throws(EntryError) {
            count = try members.number("count")
            first = try members.time("first")
            last = try members.time("last")
        }
    }

    /// Index, store and keys were compared.
    public struct ArchiveVerified: EventFields {
        /// In the index.
        public let objects: UInt64
        /// Of these, whose bytes were read and opened.
        public let opened: UInt64
        public let findings: UInt64

        public init(
            objects: UInt64, opened: UInt64, findings: UInt64
        ) {
            self.objects = objects
            self.opened = opened
            self.findings = findings
        }

        var about: CaseUID? { nil }

        func write(to members: inout MemberWriter) {
            members.add("objects", objects)
            members.add("opened", opened)
            members.add("findings", findings)
        }

        init(from members: inout MemberReader) throws(EntryError) {
            objects = try members.number("objects")
            opened = try members.number("opened")
            findings = try members.number("findings")
        }
    }

    /// Something does not fit.
    public struct IntegrityFound: EventFields {
        public let finding: String
        public let caseUID: CaseUID?
        public let object: ObjectUID?
        public let address: BlobAddress?

        public init(
            finding: String, caseUID: CaseUID?, object: ObjectUID?, address: BlobAddress?
        ) {
            self.finding = finding
            self.caseUID = caseUID
            self.object = object
            self.address = address
        }

        var about: CaseUID? { caseUID }

        func write(to members: inout MemberWriter) {
            members.add("finding", finding)
            members.add("case", caseUID)
            members.add("object", object)
            members.add("address", address?.hex)
        }

        init(from members: inout MemberReader) throws(EntryError) {
            finding = try members.text("finding")
            caseUID = try members.uid("case")
            object = try members.uid("object")
            address = try members.address("address")
        }
    }
}
