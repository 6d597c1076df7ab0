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

        static var kind: Event.Kind { .archiveCreated }
        var asEvent: Event { .archiveCreated(self) }
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
        /// Rules, settings and case events by the published ledger that this one has not: nothing is destroyed until
        /// each applies. See <doc:Entries>.
        public let lostRules: [String]?
        /// How many published entries this ledger does not have; nil where they cannot be read.
        public let lostEntries: UInt64?
        public let reason: Commitment

        /// Matters, and rules, that one entry names.
        public static let mostLost = 500

        public init(
            origin: String, verifierKey: String, previous: String, entries: UInt64, tokens: [TokenUID]? = nil,
            lostHolds: [String]? = nil, lostRules: [String]? = nil, lostEntries: UInt64? = nil, reason: Commitment
        ) {
            self.origin = origin
            self.verifierKey = verifierKey
            self.previous = previous
            self.entries = entries
            self.tokens = tokens
            self.lostHolds = lostHolds
            self.lostRules = lostRules
            self.lostEntries = lostEntries
            self.reason = reason
        }

        enum CodingKeys: String, CodingKey {
            case origin, verifierKey, previous, entries, tokens, lostHolds, lostRules, lostEntries, reason =
                "reasonCommitment"
        }

        static var kind: Event.Kind { .forkAccepted }
        var strand: Strand { .holds }
        var asEvent: Event { .forkAccepted(self) }
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

        static var kind: Event.Kind { .publicationRepaired }
        static var countsForNewestTime: Bool { false }
        var asEvent: Event { .publicationRepaired(self) }
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

        static var kind: Event.Kind { .configurationChanged }
        var strand: Strand { .rules }
        var asEvent: Event { .configurationChanged(self) }
    }

    /// This actor acts for the first time.
    public struct ActorIntroduced: EventFields {
        public let name: Commitment

        public init(
            name: Commitment
        ) {
            self.name = name
        }

        enum CodingKeys: String, CodingKey {
            case name = "nameCommitment"
        }

        static var kind: Event.Kind { .actorIntroduced }
        var strand: Strand { .people }
        var asEvent: Event { .actorIntroduced(self) }
    }

    /// Something that was asked for was refused or failed.
    public struct AttemptFailed: EventFields {
        public enum Outcome: String, Codable, Sendable { case refused, failed, notFound = "not-found", integrity }

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

        enum CodingKeys: String, CodingKey {
            case verb, code, outcome, count, caseUID = "case"
        }

        static var kind: Event.Kind { .attemptFailed }
        static var countsForNewestTime: Bool { false }
        var about: CaseUID? { caseUID }
        var asEvent: Event { .attemptFailed(self) }
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

        static var kind: Event.Kind { .openingsRefused }
        static var countsForNewestTime: Bool { false }
        var asEvent: Event { .openingsRefused(self) }
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

        static var kind: Event.Kind { .archiveVerified }
        var asEvent: Event { .archiveVerified(self) }
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

        enum CodingKeys: String, CodingKey {
            case finding, caseUID = "case", object, address
        }

        static var kind: Event.Kind { .integrityFound }
        var about: CaseUID? { caseUID }
        // What is found altered may name a case that never was.
        var strand: Strand { .work }
        var asEvent: Event { .integrityFound(self) }
    }
}
