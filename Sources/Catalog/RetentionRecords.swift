public import Base
public import Foundation
internal import Ledger
public import Retention
public import Sealing

/// A policy or terms file that was activated. It never changes.
public struct PolicyRecord: Equatable, Sendable {
    public enum Form: String, Sendable { case policy, terms }

    public let form: Form
    public let name: String
    public let version: Int
    /// The file, as it was given.
    public let text: String
    /// SHA-256 of its bytes.
    public let digest: Digest
    /// The entry that activated it first.
    public let entry: UInt64

    public init(form: Form, name: String, version: Int, text: String, digest: Digest, entry: UInt64) {
        self.form = form
        self.name = name
        self.version = version
        self.text = text
        self.digest = digest
        self.entry = entry
    }
}

/// A record of an event of a case.
public struct CaseEventRecord: Equatable, Sendable {
    public let caseUID: CaseUID
    public let event: EventRecord

    public init(caseUID: CaseUID, event: EventRecord) {
        self.caseUID = caseUID
        self.event = event
    }
}

/// What was decided about an object, and by which set of policies.
public struct Standing: Equatable, Sendable {
    public let status: Decision.Status
    /// When the status changes by itself.
    public let changesAt: Date?
    /// When it becomes due by itself; in the past, where it is.
    public let dueAt: Date?
    /// The set of policies.
    public let set: Int

    public init(status: Decision.Status, changesAt: Date?, dueAt: Date?, set: Int) {
        self.status = status
        self.changesAt = changesAt
        self.dueAt = dueAt
        self.set = set
    }

    public init(_ decision: Decision, set: Int) {
        self.init(status: decision.status, changesAt: decision.next?.at, dueAt: decision.dueAt, set: set)
    }

    /// The same with its times as they are written down: milliseconds, rounded up, so that what stands as due is due.
    public var rounded: Standing {
        func whole(_ time: Date?) -> Date? { time.map { Date(milliseconds: $0.nextMilliseconds) } }
        return Standing(status: status, changesAt: whole(changesAt), dueAt: whole(dueAt), set: set)
    }

    /// Where nothing could be decided; it is to be decided at once.
    public static func unknown(since time: Date) -> Standing {
        Standing(status: .uncovered, changesAt: time, dueAt: nil, set: 0)
    }

    /// Before any policy was active.
    public static let initial = Standing(status: .uncovered, changesAt: nil, dueAt: nil, set: 0)
}

/// An object with everything that a decision about it needs.
public struct RetentionRow: Sendable {
    public let position: CatalogPosition
    public let object: ObjectUID
    public let verificationUID: VerificationUID
    /// The number of its verification.
    public let verification: Int
    public let caseUID: CaseUID
    /// Bytes of the plaintext.
    public let length: UInt64
    public let address: BlobAddress
    public let facts: ObjectFacts
    public let standing: Standing
}

/// Which objects to decide about.
public enum RetentionSelection: Sendable {
    case all
    /// Those whose standing was computed by another set of policies.
    case notOf(set: Int)
    /// Those whose status changes by itself until a time, the earliest first.
    case changing(by: Date)
    /// Those that are due by a time, the longest due first; a position goes on behind it.
    case due(by: Date)
    case ofCase(CaseUID)
    /// Those that a revision of a hold takes in, in an order of their own.
    case heldBy(HoldScopeName)
    case objects([ObjectUID])
}

/// A keyed tag of what was destroyed.
public struct DestroyedTagRecord: Equatable, Sendable {
    public enum Purpose: String, Sendable { case caseID = "case", token, answer }

    public let tag: Tag
    public let purpose: Purpose
    public let caseUID: CaseUID
    /// The entry of the destruction.
    public let entry: UInt64
    public let destroyedAt: Date
    /// When the tag is deleted, too.
    public let forgetAt: Date

    public init(tag: Tag, purpose: Purpose, caseUID: CaseUID, entry: UInt64, destroyedAt: Date, forgetAt: Date) {
        self.tag = tag
        self.purpose = purpose
        self.caseUID = caseUID
        self.entry = entry
        self.destroyedAt = destroyedAt
        self.forgetAt = forgetAt
    }
}

/// A blob that is to follow its key.
public struct BlobRemovalRecord: Equatable, Sendable {
    public let address: BlobAddress
    public let object: ObjectUID
    public let caseUID: CaseUID
    public let notedAt: Date
}

/// How many cases have what terms ask for.
public struct CaseCounts: Equatable, Sendable {
    public let cases: Int
    public let withConsent: Int
    public let withAge: Int
    public let withPurpose: Int
    public let withJurisdiction: Int
}
