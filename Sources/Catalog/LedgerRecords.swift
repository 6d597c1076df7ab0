public import Base
public import Foundation
public import Ledger
public import Sealing

/// Somebody who acts, with the name that is known of them.
public struct ActorRecord: Equatable, Sendable {
    public let stamp: ActorStamp
    public let nameTag: Tag
    /// Under the archive key.
    public let sealedName: [UInt8]

    public init(stamp: ActorStamp, nameTag: Tag, sealedName: [UInt8]) {
        self.stamp = stamp
        self.nameTag = nameTag
        self.sealedName = sealedName
    }
}

/// A name under which the ledger is signed and published. A new one begins where a fork was accepted.
public struct OriginRecord: Equatable, Sendable {
    /// Counted from 1.
    public let number: Int
    public let origin: String
    /// The number of the first entry under it.
    public let firstEntry: UInt64
    /// How many entries are known to be published under it; there may be more.
    public var published: UInt64

    public init(number: Int, origin: String, firstEntry: UInt64, published: UInt64) {
        self.number = number
        self.origin = origin
        self.firstEntry = firstEntry
        self.published = published
    }
}

/// An entry as the index keeps it.
public struct LedgerRow: Equatable, Sendable {
    public let number: UInt64
    /// The entry's bytes, as they are hashed and published.
    public let bytes: [UInt8]
    /// Bytes of all entries before it, each with a line feed.
    public let offset: UInt64
    // What is searched; taken from the bytes when the entry is appended.
    public let kind: String
    public let time: Date
    /// The newest time of this entry and all before it.
    public let newest: Date
    public let actorUID: ActorUID
    public let strand: Strand

    public var caseUID: CaseUID? { strand.caseUID }
}

/// What opens a commitment of an entry: sealed under the case's key, or under the archive's.
public struct OpeningRecord: Equatable, Sendable {
    public let entry: UInt64
    /// The entry's member that is opened.
    public let member: String
    public let caseUID: CaseUID?
    public let sealed: [UInt8]

    public init(entry: UInt64, member: String, caseUID: CaseUID?, sealed: [UInt8]) {
        self.entry = entry
        self.member = member
        self.caseUID = caseUID
        self.sealed = sealed
    }
}

/// An access whose end is not on the ledger yet.
public struct OpenAccessRecord: Equatable, Sendable {
    /// The number of its `access opened`.
    public let entry: UInt64
    public let actorUID: ActorUID
    public let caseUID: CaseUID
    /// Object and reason of an access that more ranges may join; nil for one that stands alone.
    public let joinable: Joinable?
    public let openedAt: Date
    /// Handed out at most.
    public var bytes: UInt64
    public var ranges: UInt64
    /// Ranges whose end nobody has seen yet.
    public var unfinished: UInt64

    public struct Joinable: Hashable, Sendable {
        public let object: ObjectUID
        public let reasonTag: Tag

        public init(object: ObjectUID, reasonTag: Tag) {
            self.object = object
            self.reasonTag = reasonTag
        }
    }

    public init(
        entry: UInt64, actorUID: ActorUID, caseUID: CaseUID, joinable: Joinable?, openedAt: Date, bytes: UInt64,
        ranges: UInt64, unfinished: UInt64
    ) {
        self.entry = entry
        self.actorUID = actorUID
        self.caseUID = caseUID
        self.joinable = joinable
        self.openedAt = openedAt
        self.bytes = bytes
        self.ranges = ranges
        self.unfinished = unfinished
    }
}

/// Openings with a wrong root key, which nobody could put on the ledger when they happened.
public struct RefusedOpenings: Equatable, Sendable {
    public let count: UInt64
    public let first: Date
    public let last: Date
}

/// Which entries to list. What is nil does not restrict.
public struct LedgerFilter: Sendable {
    public var kind: String?
    public var actorUIDs: [ActorUID]?
    public var strand: Strand?
    /// Entries of this time or later.
    public var from: Date?
    /// Entries of before this time.
    public var before: Date?

    public init() {}

    /// All entries are taken in.
    public var isEmpty: Bool { kind == nil && actorUIDs == nil && strand == nil && from == nil && before == nil }
}
