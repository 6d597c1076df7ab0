public import Base
internal import Catalog
public import Foundation
internal import Sealing
internal import Vault

/// What is to be destroyed, as a file that can be looked at before it is applied. See <doc:Purge>.
struct PurgePlan: Codable, Equatable {
    static let format = "strongroom purge plan 1"
    /// Bytes.
    static let longest = 1 << 30

    struct Item: Codable, Equatable {
        let object: String
        let caseUID: String
        let media: String
        /// Bytes of content.
        let length: UInt64
        let dueSince: String
        /// `POLICY vVERSION, rule RULE`; null where it is by another cause.
        let rule: String?
        /// The case's ID, for people. Whoever keeps the file keeps it in the clear.
        let caseID: String?
    }

    struct ActivePolicy: Codable, Equatable {
        let policy: String
        let version: Int
        /// SHA-256 of the file.
        let file: String
    }

    let format: String
    let archive: String
    let id: String
    let madeAt: String
    /// Objects that are due by this time are in it.
    let until: String
    let validUntil: String
    let set: Int
    let policies: [ActivePolicy]
    let objects: [Item]
    let bytes: UInt64
    /// Not in it, by the status that forbids it.
    let dropped: [String: Int]
    /// SHA-256 over all of the above, in this form.
    var digest = ""
    /// The keyed tag of the digest: this archive made it.
    var seal = ""
    var sealKey: UInt32 = 0

    func encoded() throws -> [UInt8] { [UInt8](try JSONDocument.encode(self, pretty: true)) + [0x0A] }

    private func computedDigest() throws -> String {
        var bare = self
        (bare.digest, bare.seal, bare.sealKey) = ("", "", 0)
        return SHA256.digest(of: try bare.encoded()).hex
    }

    mutating func sign(_ keyring: Keyring) throws {
        digest = try computedDigest()
        let tag = keyring.tag(digest.utf8, purpose: .plan)
        (seal, sealKey) = (tag.bytes.hex, tag.keyNumber)
    }

    /// Reads a plan that this archive made and nobody changed since.
    init(_ bytes: [UInt8], path: String, archive: ArchiveUID, keyring: Keyring) throws {
        func problem(_ what: String) -> ArchiveError {
            ArchiveError(.badPlan, "\(path) \(what)", remedy: "make a new one with \(verb: .purgePlan)")
        }
        let plan: PurgePlan
        do {
            plan = try JSONDecoder().decode(PurgePlan.self, from: Data(bytes))
        } catch {
            throw problem("is not a purge plan, or was cut")
        }
        guard plan.format == Self.format else { throw problem("is a plan of another version") }
        guard plan.archive == archive.hex else { throw problem("was made by another archive") }
        let tag = keyring.tag(plan.digest.utf8, purpose: .plan)
        guard try plan.encoded() == bytes, try plan.computedDigest() == plan.digest, plan.sealKey == tag.keyNumber,
            let given = [UInt8](hex: plan.seal),
            Tag(keyNumber: plan.sealKey, bytes: given).isEqualInConstantTime(to: tag)
        else { throw problem("was changed since it was made") }
        self = plan
    }

    init(
        archive: ArchiveUID, id: String, madeAt: Date, until: Date, validUntil: Date, rules: ActiveRules,
        objects: [Item], bytes: UInt64, dropped: [String: Int]
    ) {
        format = Self.format
        self.archive = archive.hex
        self.id = id
        self.madeAt = Timestamp.exact(madeAt)
        self.until = Timestamp.exact(until)
        self.validUntil = Timestamp.exact(validUntil)
        set = rules.set
        policies = rules.records.map { ActivePolicy(policy: $0.name, version: $0.version, file: $0.digest.hex) }
        self.objects = objects
        self.bytes = bytes
        self.dropped = dropped
    }
}

/// What a plan holds, for people and programs.
public struct PurgePlanSummary: Encodable, Sendable {
    public let id: String
    public let digest: String
    public let output: String
    public let objects: Int
    public let cases: Int
    public let bytes: UInt64
    public let until: Date
    public let validUntil: Date
    public let dropped: [String: Int]
    /// How many of the objects are overdue.
    public let overdue: Int
    /// The share of the archive that is destroyed with it and by purges of the last 24 hours; from 0 to 1.
    public let share: Double
    public let limitShare: Double
    public let limitObjects: Int
    public let exceedsLimit: Bool
    /// Its day lies ahead: nothing of it is destroyed before it is due.
    public let isAhead: Bool
    /// Some of its cases, those first that have been due the longest.
    public let examples: [Example]

    public struct Example: Encodable, Sendable {
        public let caseID: String
        public let media: [String]
        public let dueSince: Date
    }
}

/// What a purge did.
public struct PurgeReport: Encodable, Sendable {
    /// The ledger entry that began it.
    @OrNull public var run: UInt64?
    public internal(set) var destroyed = 0
    /// Of content.
    public internal(set) var bytes: UInt64 = 0
    public internal(set) var cases = 0
    /// Not destroyed, by reason.
    public internal(set) var skipped: [String: Int] = [:]
    public internal(set) var blobsRemoved = 0
    /// Blobs that were gone already.
    public internal(set) var blobsMissing = 0
    /// Blobs that could not be removed: their keys are gone, and the next run tries again.
    public internal(set) var blobsWaiting = 0
    @OrNull public var blobProblem: String?
    /// The log of the index holds nothing of what was deleted.
    public internal(set) var residueErased = false
    @OrNull public var compacted: Compaction?
    /// Objects about which index and ledger say different things: they were not destroyed.
    public internal(set) var altered = 0
    /// Why it ended before everything was done that was due.
    @OrNull public var problem: String?

    /// Objects that were decided about.
    var handled = 0
    /// Why nothing was destroyed at all.
    var failure: ArchiveError?

    /// Whether something is left that the next run does.
    public var isPartial: Bool { problem != nil || blobsWaiting > 0 }

    private enum CodingKeys: CodingKey {
        case run, destroyed, bytes, cases, skipped, blobsRemoved, blobsMissing, blobsWaiting, blobProblem,
            residueErased,
            compacted,
            altered, problem
    }
}

/// A compaction of the index.
public struct Compaction: Encodable, Sendable {
    /// Of the file.
    public let bytesBefore: UInt64
    public let bytesAfter: UInt64
}
