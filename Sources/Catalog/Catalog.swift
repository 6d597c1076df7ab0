public import Base
public import Foundation
public import Ledger
public import Retention
public import Sealing

/// The index of an archive: which cases, verifications and objects there are, and the keys that open
/// them, wrapped. What a write commits is the archive's one truth about what exists.
///
/// Any implementation must pass the suite in `Tests/CatalogTests/CatalogConformance.swift`.
public protocol Catalog: Sendable {
    /// Runs `body` on one consistent state.
    func read<Result>(_ body: (any CatalogReader) throws -> Result) throws -> Result

    /// Runs `body` as one transaction, which is durable when this returns and has left nothing when it
    /// throws. Writers of all processes take turns. The body may be run again, so all it changes
    /// outside of the catalog must be replaceable.
    func write<Result>(_ body: (any CatalogWriter) throws -> Result) throws -> Result

    /// Removes what deleted rows left beside the index, in the log of its last changes.
    ///
    /// - Returns: whether it is done; another process that reads forbids it for that long.
    func eraseResidue() throws -> Bool

    /// Rewrites the index without what deleted rows left inside it. Nobody can write meanwhile, and it may take as much
    /// memory as the index has bytes. Done when the residue is erased afterwards.
    ///
    /// - Returns: the size of the index before and after, in bytes.
    func compact() throws -> (before: UInt64, after: UInt64)
}

public protocol CatalogReader {
    func archive() throws -> ArchiveRecord
    func epochs() throws -> [EpochRecord]

    func caseRecord(_ uid: CaseUID) throws -> CaseRecord?
    func caseRecord(caseIDTag: Tag) throws -> CaseRecord?
    /// Cases in the order of their registration, `limit` at most, after the one named.
    func cases(_ filter: CaseFilter, after: CaseUID?, limit: Int) throws -> [CaseRecord]

    func verification(_ uid: VerificationUID) throws -> VerificationRecord?
    func verification(tokenTag: Tag) throws -> VerificationRecord?
    func verification(answerTag: Tag, in caseUID: CaseUID) throws -> VerificationRecord?
    /// In the order of their numbers.
    func verifications(of caseUID: CaseUID) throws -> [VerificationRecord]
    /// All that wait for the vendor, the earliest deadline first.
    func awaiting() throws -> [VerificationRecord]

    /// How many wait whose deadline lies before a time.
    func awaitingCount(before deadline: Date) throws -> Int

    /// In the order of their kinds.
    func objects(of verificationUID: VerificationUID) throws -> [ObjectRecord]
    func object(address: BlobAddress) throws -> ObjectRecord?
    /// All objects in the order of their commits, `limit` at most, after a position that was returned
    /// before; no position is returned where there are no more.
    func objects(after: CatalogPosition?, limit: Int) throws -> (records: [ObjectRecord], next: CatalogPosition?)
    /// The cases in which these bytes are archived as media, in the order of their registration, `limit` at most.
    func cases(withContent tag: Tag, limit: Int) throws -> [CaseUID]
    /// Media that is archived in more than one case, the newest first, `limit` contents at most, each with so many
    /// cases at most.
    func repeatedContents(limit: Int, cases: Int) throws -> [RepeatedContent]

    /// What the transactions have counted; takes the same time however much there is.
    func summary() throws -> CatalogSummary
    /// Counts that are not what they are when everything is counted: their names. Reads the whole index.
    func miscounts() throws -> [String]

    func actor(_ uid: ActorUID) throws -> ActorRecord?
    func actorCount() throws -> Int
    /// The actors with this name, one for each way in which it can be known.
    func actors(nameTag: Tag) throws -> [ActorRecord]

    /// In the order of their numbers; never empty in an archive.
    func origins() throws -> [OriginRecord]
    /// How many entries the ledger has. Takes the same time however many.
    func ledgerSize() throws -> UInt64
    func ledgerRow(_ number: UInt64) throws -> LedgerRow?
    /// Entries that a filter takes in, in their order, `limit` at most, from a number on.
    func ledgerRows(_ filter: LedgerFilter, from number: UInt64, limit: Int) throws -> [LedgerRow]
    /// The newest entries that a filter takes in, in their order, `limit` at most.
    func newestLedgerRows(_ filter: LedgerFilter, limit: Int) throws -> [LedgerRow]
    /// The stored hashes of complete nodes, those of entries computed. Throws
    /// ``CatalogError/damaged(_:)`` where one is missing.
    var ledgerNodes: any MerkleNodes { get }
    /// How many nodes above the entries are stored.
    func ledgerNodeCount() throws -> UInt64
    func ledgerOpenings(of entry: UInt64) throws -> [OpeningRecord]

    /// In the order in which they were opened, `limit` at most: those that more ranges may join of before a time,
    /// those that stand alone of before another that is no later.
    func openAccesses(openedBefore time: Date, standingAloneBefore alone: Date, limit: Int) throws -> [OpenAccessRecord]
    func openAccess(_ entry: UInt64) throws -> OpenAccessRecord?
    /// The newest access of this actor that more ranges of the same may join.
    func openAccess(
        joining joinable: OpenAccessRecord.Joinable, actor: ActorUID, opened times: ClosedRange<Date>
    ) throws -> OpenAccessRecord?

    // MARK: Retention

    func policyRecord(_ name: String, version: Int) throws -> PolicyRecord?
    /// Every policy and every terms that was ever active, by name and version.
    func policyRecords() throws -> [PolicyRecord]
    /// The number of the newest set; 0 where no policy was ever active.
    func activeSetNumber() throws -> Int
    /// The entry that made the newest set; nil where no policy was ever active.
    func activeSetEntry() throws -> UInt64?
    /// What is active, in the order of names.
    func activePolicies() throws -> [PolicyRecord]
    func resolutions() throws -> [Resolution]
    /// In the order of the ledger.
    func caseEvents(of caseUID: CaseUID) throws -> [CaseEventRecord]
    /// Objects with everything that is decided by, `limit` at most, after a position that was returned before.
    func retentionRows(
        _ selection: RetentionSelection, after: CatalogPosition?, limit: Int
    ) throws -> [RetentionRow]
    /// The set of policies by which every object's standing was computed.
    func standingSet() throws -> Int
    /// How many objects have each status, by their standings.
    func standingCounts() throws -> [Decision.Status: Int]
    /// How many objects become due on each of the following days, by their standings; those that are due by now
    /// are not among them.
    func dueCounts(from time: Date, days: Int) throws -> [Int]
    /// How many objects there are, as it is noted; takes the same time however many.
    func objectCount() throws -> Int
    /// How many objects there are, counted one by one.
    func countObjects() throws -> Int
    /// The entries of the destructions of cases that are remembered after a time.
    func rememberedCases(after time: Date) throws -> Set<UInt64>
    func destroyedTags(_ tag: Tag, purpose: DestroyedTagRecord.Purpose) throws -> [DestroyedTagRecord]
    /// Blobs whose key is gone, the longest-waiting first.
    func blobRemovals(limit: Int) throws -> [BlobRemovalRecord]
    func blobRemovalCount() throws -> Int
    func isAwaitingRemoval(_ address: BlobAddress) throws -> Bool
    /// Whether an object's row is there: its key can be unwrapped.
    func hasObject(_ uid: ObjectUID) throws -> Bool
    /// The newest time on record, since a clock was last accepted.
    func newestTime() throws -> Date?
    func compactedAt() throws -> Date?
    /// Which entries matter most, sealed.
    func entryNote() throws -> [UInt8]?
    /// Entries of a kind since a time.
    func ledgerCount(kind: String, since time: Date) throws -> Int
    func caseCounts() throws -> CaseCounts

    // MARK: Holds

    /// In the order in which they were placed.
    func holds() throws -> [HoldRecord]
    func hold(_ uid: HoldUID) throws -> HoldRecord?
    /// The holds of a matter, the newest last.
    func holds(matterTag: Tag) throws -> [HoldRecord]
    /// In the order of their revisions.
    func holdScopes(of hold: HoldUID) throws -> [HoldScopeRecord]
    /// The cases that a revision names, in the order of their registration, `limit` at most, after one of them.
    func holdCases(of scope: HoldScopeName, after: CaseUID?, limit: Int) throws -> [CaseUID]
    func holdExpectations(of scope: HoldScopeName) throws -> [HoldExpectation]
    func holdExclusions(of hold: HoldUID) throws -> [HoldExclusionRecord]
    /// The revisions that name a case, or expected it.
    func holdScopes(naming caseUID: CaseUID) throws -> [HoldScopeName]
    /// Counts what a revision takes in. Reads the whole index where it has clauses.
    func holdCounts(of scope: HoldScopeName) throws -> HoldCounts
    /// What was destroyed of the cases that a revision names, `limit` at most.
    func destroyedBefore(_ scope: HoldScopeName, limit: Int) throws -> [DestroyedBefore]
    /// Whether any hold binds anything.
    func hasHolds() throws -> Bool
    /// Whether something has cooled by a time, and has not ended.
    func hasCoolingHolds(by time: Date) throws -> Bool
    /// Counts what a hold takes in, each object once. What is not pinned yet is not in it.
    func heldCounts(by hold: HoldUID) throws -> HoldCounts
    /// Whether all objects are held.
    func holdsEverything() throws -> Bool
    /// Whether what holds take in is still to be pinned, or decisions about it to be computed anew.
    func holdsAreUnfinished() throws -> Bool
    /// A revision about whose objects decisions are still to be computed anew; nil where there is none.
    func staleHoldScope() throws -> HoldScopeName?

    /// What the database itself finds wrong with its pages and indexes: sentences.
    func damages() throws -> [String]
}

public protocol CatalogWriter: CatalogReader {
    /// Another for every run of a body.
    var transaction: TransactionNumber { get }

    func insert(_ archive: ArchiveRecord) throws
    func insert(_ epoch: EpochRecord) throws
    /// Throws ``CatalogError/epochNotOpen(_:)`` where the case key is wrapped under another.
    func insert(_ record: CaseRecord) throws
    /// Changes a case's purpose, jurisdictions, particulars and subject.
    func update(_ record: CaseRecord) throws
    func insert(_ verification: VerificationRecord) throws
    /// Changes all of a verification but its names, its origin and when it was registered.
    func update(_ verification: VerificationRecord) throws
    /// Throws ``CatalogError/epochNotOpen(_:)`` where the object key is wrapped under another.
    func insert(_ object: ObjectRecord) throws

    /// Counts an opening with a wrong root key.
    func countRefusedOpening(at time: Date) throws
    /// Forgets the refused openings that were counted.
    ///
    /// - Returns: nil where there were none.
    func takeRefusedOpenings() throws -> RefusedOpenings?

    func insert(_ actor: ActorRecord) throws
    func insert(_ origin: OriginRecord) throws
    /// Changes how many entries are known to be published.
    func update(_ origin: OriginRecord) throws
    /// Appends entries to the ledger and the nodes that they complete to its tree.
    ///
    /// - Returns: the number of the first.
    @discardableResult
    func append(_ entries: [Entry]) throws -> UInt64
    func insert(_ opening: OpeningRecord) throws
    func insert(_ access: OpenAccessRecord) throws
    /// Changes an access's counts.
    func update(_ access: OpenAccessRecord) throws
    func deleteOpenAccess(_ entry: UInt64) throws

    // MARK: Retention

    func insert(_ policy: PolicyRecord) throws
    /// Makes a new set of the policies that are named, by name and version.
    func insertPolicySet(_ number: Int, entry: UInt64, members: [(name: String, version: Int)]) throws
    func insert(_ resolution: Resolution) throws
    func insert(_ event: CaseEventRecord) throws
    /// Writes down what was decided about the object at a position.
    func update(_ standing: Standing, at position: CatalogPosition) throws
    func setStandingSet(_ number: Int) throws
    func setNewestTime(_ time: Date) throws
    func setCompactedAt(_ time: Date) throws
    func setEntryNote(_ sealed: [UInt8]) throws
    /// Deletes an object with its wrapped key, and notes its blob for removal. Throws where the permit is of another
    /// transaction.
    func destroy(_ permit: consuming DestructionPermit, at time: Date) throws
    /// Deletes what a verification keeps of its answer.
    func deleteDetails(of verification: VerificationUID) throws
    /// Deletes a case that has no object any more: its key, its particulars, its events, what opens its commitments.
    func destroyCase(_ uid: CaseUID) throws
    func insert(_ tag: DestroyedTagRecord) throws
    /// Notes that persons let an object go after its backstop.
    func approveBackstop(of object: ObjectUID, at time: Date, entry: UInt64) throws
    /// - Returns: how many were deleted.
    func deleteDestroyedTags(forgottenBy time: Date) throws -> Int
    func deleteBlobRemoval(_ address: BlobAddress) throws

    // MARK: Holds

    /// Throws ``CatalogError/exists(_:)`` where a hold of the same matter is in force.
    func insert(_ hold: HoldRecord) throws
    /// Changes the day of its review, its newest revision, its state and the end of its cooling.
    func update(_ hold: HoldRecord) throws
    /// Makes a revision, with its clauses. It protects from here on.
    func insert(_ scope: HoldScopeRecord) throws
    /// Names the case with this tag for a revision.
    ///
    /// - Returns: nil where there is no such case; otherwise whether it was named before.
    func addCase(tagged tag: Tag, to scope: HoldScopeName) throws -> (uid: CaseUID, wasNamed: Bool)?
    /// Names the cases of a person.
    func addCases(subjectTag: Tag, to scope: HoldScopeName) throws -> [CaseUID]
    func insert(_ expectation: HoldExpectation, of scope: HoldScopeName) throws
    /// Changes the state of a revision: it stands, cools until a time, or has ended. Decisions about what it takes in
    /// are then to be computed anew.
    func setState(_ state: HoldScopeRecord.State, coolingUntil: Date?, of scope: HoldScopeName) throws
    /// Takes a case out of the revisions of a hold before one, at the end of a cooling.
    func exclude(_ caseUID: CaseUID, from scope: HoldScopeName, coolingUntil: Date) throws
    /// Ends what has cooled by a time.
    ///
    func endCooled(by time: Date) throws -> CooledHolds
    /// Pins what clauses take in among the next objects, `limit` at most, and notes them as held.
    ///
    /// - Returns: whether there is more to pin.
    func compileHolds(limit: Int) throws -> Bool
    /// Notes that decisions about what a revision takes in are those of now, unless its state is another than it was.
    func setFresh(_ scope: HoldScopeName, in state: HoldScopeRecord.State) throws
    /// Deletes what is left of revisions that have ended, `limit` rows at most.
    ///
    /// - Returns: whether there is more.
    func deleteEndedPins(limit: Int) throws -> Bool
    /// Asks every clause about every object again: after a restore, or where pins were found missing.
    func recompileHolds() throws
}

/// Where a walk through the index stands; it stays good when rows are deleted.
public struct CatalogPosition: Sendable {
    let rowID: Int64
    /// The time there, where a walk goes by times.
    let key: Int64?

    init(rowID: Int64, key: Int64? = nil) {
        self.rowID = rowID
        self.key = key
    }
}

/// Which cases to list. What is nil does not restrict.
public struct CaseFilter: Sendable {
    public var jurisdiction: String?
    public var purpose: String?
    public var subjectTag: Tag?
    /// Cases with a verification in this state.
    public var state: VerificationRecord.State?
    public var registeredFrom: Date?
    public var registeredBefore: Date?

    public init() {}
}

/// Counts over the whole index.
public struct CatalogSummary: Equatable, Sendable {
    public var cases = 0
    public var verifications: [VerificationRecord.State: Int] = [:]
    public var objects = 0
    /// Plaintext bytes.
    public var bytes: UInt64 = 0
    public var objectsByKind: [String: Int] = [:]
    /// Of what waits.
    public var earliestDeadline: Date?
    /// Media, other than `result`, that is archived in more than one case: how many different contents.
    public var repeatedContents = 0
    /// The cases that these are in.
    public var casesWithRepeatedContents = 0

    public init() {}
}

/// Media that is archived in more than one case.
public struct RepeatedContent: Equatable, Sendable {
    public let kind: MediaKind
    /// In how many.
    public let caseCount: Int
    /// The first of them.
    public let cases: [CaseUID]
}

public enum CatalogError: Error, Equatable, Sendable {
    /// A key is wrapped under an epoch that takes no new keys: the keyring is an old one.
    case epochNotOpen(Epoch)
    /// The file is not an index of this program's, or one of another version.
    case notIndex(String)
    /// The index already has a row of this kind and name.
    case exists(String)
    /// Something in the index contradicts its own rules.
    case damaged(String)
    /// The database failed: SQLite's message and result code.
    case database(String, code: Int32)
}

extension CatalogError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .epochNotOpen(let epoch): "epoch \(epoch.number) takes no new keys"
        case .notIndex(let reason): "not an index of this program: \(reason)"
        case .exists(let what): "the index has this \(what) already"
        case .damaged(let what): "the index is damaged: \(what)"
        case .database(let message, let code): "the index failed: \(message) (SQLite \(code))"
        }
    }
}
