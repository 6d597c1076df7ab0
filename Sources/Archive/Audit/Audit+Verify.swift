public import Base
internal import BlobStore
internal import Catalog
internal import Foundation
internal import Ledger
internal import Sealing
internal import Synchronization
internal import Vault

/// Something that does not fit together.
public struct Finding: Encodable, Sendable {
    public enum Kind: String, Encodable, Sendable {
        /// A row of the index names a blob that is not in the store.
        case blobMissing = "blob-missing"
        /// A blob's bytes do not have its address.
        case blobAltered = "blob-altered"
        /// A blob has its address, and yet the index's key or length does not open it.
        case objectUnopened = "object-unopened"
        /// The opened bytes are not those that the index remembers.
        case contentDiffers = "content-differs"
        /// No row of the index names the blob.
        case blobUnreferenced = "blob-unreferenced"
        /// A file that is no blob stands among the blobs.
        case foreignFile = "foreign-file"
        /// What the index says of a case cannot be opened or does not fit.
        case caseDamaged = "case-damaged"
        /// A verification ended and has no result.
        case resultMissing = "result-missing"
        /// The index has fewer objects than the keys vouch for, or more.
        case countDiffers = "count-differs"
    }

    public let kind: Kind
    @OrNull public var caseID: String?
    @OrNull public var caseUID: String?
    @OrNull public var object: String?
    @OrNull public var address: String?
    /// A sentence.
    public let message: String
}

public struct StoreReport: Encodable, Sendable {
    /// Objects in the index.
    public internal(set) var objects = 0
    /// Of these, whose bytes were read and opened.
    public internal(set) var opened = 0
    /// Sealed bytes that were read.
    public internal(set) var bytes: UInt64 = 0
    /// Blobs in the store.
    public internal(set) var blobs = 0
    /// Blobs of commands that are at work or were killed; a later pull or import settles or removes them.
    public internal(set) var unsettled = 0
    /// Blobs whose keys are gone, and which the next purge removes.
    public internal(set) var awaitingRemoval = 0
    public internal(set) var cases = 0
    /// The ledger says that it was verified, and what was found: not where no key vouches for it, and not where nothing
    /// can be written.
    public internal(set) var isRecorded = false
    public internal(set) var findings: [Finding] = []
}

public struct VerifyOptions: Sendable {
    /// Of the objects, this share is read and opened, chosen at random; from 0 to 1.
    public var sample = 1.0
    /// Threads.
    public var workers = max(1, ProcessInfo.processInfo.activeProcessorCount)

    public init() {}
}

extension Audit {
    /// Findings of one run that stand on the ledger one by one; of more, only their number does.
    static let recordedFindings = 1000

    /// Checks every blob against its address, opens every object, and compares index and store both ways.
    /// Repairs nothing. What was found stands on the ledger.
    ///
    /// - Parameters:
    ///   - progress: objects that were looked at, of how many; called from any thread.
    public func verify(
        _ options: VerifyOptions, progress: @escaping @Sendable (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) throws -> StoreReport {
        try session.attempt(.verify) {
            let check = StoreCheck(
                store: session.store, catalog: session.catalog.index, options: options,
                randomness: session.effects.randomness, limit: session.limit, progress: progress,
                caseID: { uid in
                    try? session.catalog.read { try $0.caseRecord(uid) }.map { try session.open($0).particulars.caseID }
                }
            ) {
                object, blob in try self.openWhole(object, blob: blob)
            }
            try checkCount(check)
            try check.checkObjects()
            try checkCases(check)
            try check.checkStore()
            var result = check.result
            result.isRecorded = !session.catalog.index.isReadOnly
            if result.isRecorded { try record(result) }
            return result
        }
    }

    /// Rows that are missing are not looked at; the head says how many there are.
    private func checkCount(_ check: StoreCheck) throws {
        let (expected, found) = try session.catalog.read {
            (try session.head(in: $0).objects, UInt64(try $0.objectCount()))
        }
        guard expected != found else { return }
        check.find(
            .countDiffers, "the index has \(found) objects, where the keys vouch for \(expected)")
    }

    private func record(_ result: StoreReport) throws {
        try session.record { transaction in
            for finding in result.findings.prefix(Self.recordedFindings) {
                try transaction.add(
                    .integrityFound(
                        .init(
                            finding: finding.kind.rawValue, caseUID: finding.caseUID.flatMap { CaseUID(hex: $0) },
                            object: finding.object.flatMap { ObjectUID(hex: $0) },
                            address: finding.address.flatMap { BlobAddress(hex: $0) })))
            }
            try transaction.add(
                .archiveVerified(
                    .init(
                        objects: UInt64(result.objects), opened: UInt64(result.opened),
                        findings: UInt64(result.findings.count))))
        }
    }

    /// Opens the whole object and compares its content with the tag in the index.
    ///
    /// - Returns: whether it is the same.
    private func openWhole(_ object: ObjectRecord, blob: any BlobReader) throws -> Bool {
        var content = SHA256()
        try SealedObject.openPadded(
            objectKey: try session.objectKey(of: object), sealedLength: blob.length, length: object.length,
            read: { try blob.read(at: $0, into: $1) }, emit: { content.update($0) })
        let tag = session.keyring.tag(content.finish().bytes, purpose: .content)
        return tag.keyNumber != object.contentTag.keyNumber || tag == object.contentTag
    }

    private func checkCases(_ check: StoreCheck) throws {
        var after: CaseUID?
        while true {
            let page = try session.catalog.read { index in
                try index.cases(CaseFilter(), after: after, limit: 500).map {
                    ($0, try index.verifications(of: $0.uid).map { ($0, try index.objects(of: $0.uid)) })
                }
            }
            guard let last = page.last else { return }
            after = last.0.uid
            for (record, verifications) in page {
                try session.limit.check()
                var caseID: String?
                do {
                    let opened = try session.open(record)
                    caseID = opened.particulars.caseID
                    let tag = session.keyring.tag(opened.particulars.caseID.utf8, purpose: .caseID)
                    if tag.keyNumber == record.caseIDTag.keyNumber, tag != record.caseIDTag {
                        check.find(
                            .caseDamaged, caseID: caseID, caseUID: record.uid,
                            "the case ID does not fit its tag in the index")
                    }
                    for (verification, _) in verifications {
                        _ = try session.details(of: verification, key: opened.key)
                    }
                } catch {
                    check.find(
                        .caseDamaged, caseID: caseID, caseUID: record.uid,
                        "case \(record.uid): \(ArchiveError(error).message)")
                }
                for (verification, objects) in verifications where verification.state != .awaiting && !objects.isEmpty {
                    if !objects.contains(where: { $0.kind == .result }), try !hasDestroyedResult(verification) {
                        check.find(
                            .resultMissing, caseID: caseID, caseUID: record.uid,
                            "verification \(verification.number) of case \(record.uid) has no result")
                    }
                }
            }
            check.countCases(page.count)
        }
    }

    private func hasDestroyedResult(_ verification: VerificationRecord) throws -> Bool {
        let destroyed = try session.catalog.read { try session.destructions(of: verification.caseUID, in: $0) }
        return destroyed[verification.number]?.contains { $0.kind == MediaKind.result.name } ?? false
    }
}

/// The comparison of a store with its index, and what it found.
final class StoreCheck: Sendable {
    private let store: any BlobStorage
    private let catalog: Index
    private let options: VerifyOptions
    private let randomness: Randomness
    private let limit: WaitLimit
    private let progress: @Sendable (Int, Int) -> Void
    /// The case ID, where a key can open it.
    private let caseID: @Sendable (CaseUID) -> String?
    /// Opens an object and says whether its content is what the index remembers; nil without keys.
    private let open: (@Sendable (ObjectRecord, any BlobReader) throws -> Bool)?
    private let state = Mutex(StoreReport())

    init(
        store: any BlobStorage, catalog: Index, options: VerifyOptions, randomness: Randomness,
        limit: WaitLimit = .none, progress: @escaping @Sendable (Int, Int) -> Void,
        caseID: @escaping @Sendable (CaseUID) -> String?,
        open: (@Sendable (ObjectRecord, any BlobReader) throws -> Bool)?
    ) {
        self.store = store
        self.catalog = catalog
        self.options = options
        self.randomness = randomness
        self.limit = limit
        self.progress = progress
        self.caseID = caseID
        self.open = open
    }

    var result: StoreReport { state.withLock { $0 } }

    func find(
        _ kind: Finding.Kind, caseID: String? = nil, caseUID: CaseUID? = nil, object: ObjectRecord? = nil,
        address: BlobAddress? = nil,
        _ message: String
    ) {
        let finding = Finding(
            kind: kind, caseID: caseID ?? object.flatMap { self.caseID($0.caseUID) },
            caseUID: (caseUID ?? object?.caseUID)?.hex, object: object?.uid.hex,
            address: (address ?? object?.address)?.hex, message: message)
        state.withLock { $0.findings.append(finding) }
    }

    func countCases(_ count: Int) { state.withLock { $0.cases += count } }

    func checkObjects() throws {
        let total = try catalog.read { try $0.summary().objects }
        var position: CatalogPosition?
        repeat {
            let page = try catalog.read { try $0.objects(after: position, limit: 1000) }
            position = page.next
            try limit.check()
            Workers.forEach(page.records, workers: options.workers) { object in
                guard !self.limit.isOver else { return }
                self.check(object)
                let done = self.state.withLock {
                    $0.objects += 1; return $0.objects
                }
                self.progress(done, total)
            }
        } while position != nil
        try limit.check()
    }

    private func check(_ object: ObjectRecord) {
        let name = "\(object.kind.name) \(object.uid) of case \(object.caseUID)"
        do {
            let blob = try store.open(object.address)
            guard isChosen() else { return }
            // Also: somebody may have made it endless.
            let expected = Padding.sealedLength(of: object.length)
            guard blob.length == expected else {
                return find(
                    .blobAltered, object: object,
                    "\(name): the blob has \(blob.length) bytes where \(expected) belong")
            }
            let address = try blob.computeAddress()
            state.withLock { $0.bytes += blob.length }
            guard address == object.address else {
                return find(.blobAltered, object: object, "\(name): the blob's bytes do not have its address")
            }
            guard let open else { return }
            state.withLock { $0.opened += 1 }
            if try !open(object, blob) {
                find(.contentDiffers, object: object, "\(name): the content is not what the index remembers")
            }
        } catch BlobStoreError.missing {
            find(.blobMissing, object: object, "\(name): the blob is gone from the store")
        } catch let error as SealingError {
            find(.objectUnopened, object: object, "\(name): \(error)")
        } catch {
            find(.blobAltered, object: object, "\(name): \(ArchiveError(error).message)")
        }
    }

    private func isChosen() -> Bool {
        guard options.sample < 1 else { return true }
        let number = randomness.bytes(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        return Double(number) < options.sample * 4_294_967_296
    }

    func checkStore() throws {
        try store.walk { listing in
            try limit.check()
            switch listing {
            case .foreign(let path): find(.foreignFile, "\(path) is not a blob")
            case .blob(let address, let length, let isStaged):
                state.withLock { $0.blobs += 1 }
                if let object = try object(address) {
                    let expected = Padding.sealedLength(of: object.length)
                    if length != expected, !hasFinding(address) {
                        find(.blobAltered, object: object, "the blob has \(length) bytes where \(expected) belong")
                    }
                } else if try catalog.read({ try $0.isAwaitingRemoval(address) }) {
                    state.withLock { $0.awaitingRemoval += 1 }
                } else if isStaged {
                    state.withLock { $0.unsettled += 1 }
                } else if try object(address) == nil {
                    // Looked up again: it may have been committed and settled since the first look.
                    find(.blobUnreferenced, address: address, "no row of the index names the blob \(address)")
                }
            }
        }
    }

    private func object(_ address: BlobAddress) throws -> ObjectRecord? {
        try catalog.read { try $0.object(address: address) }
    }

    private func hasFinding(_ address: BlobAddress) -> Bool {
        state.withLock { $0.findings.contains { $0.address == address.hex } }
    }
}
