public import Base
public import Foundation
public import Retention
public import Sealing
internal import Synchronization

/// The index of an archive: which cases, verifications and objects there are, and the keys that open
/// them, wrapped. What a write commits is the archive's one truth about what exists.
///
/// Any engine below it must pass the suite in the library `CatalogConformance`.
public final class Index: Sendable {
    private let engine: any Engine
    private let queue = WriterQueue()
    private let clauses = KnownHoldClauses()
    private let tags = KnownTags()
    private let requiresEntries: Bool
    private let noteUnsettled: @Sendable () -> Bool
    private let unsettled = Atomic(false)
    private let unmarked = Atomic(false)
    /// Of a write of this process it is not known whether it was committed.
    public var isUnsettled: Bool { unsettled.load(ordering: .relaxed) }
    /// And nothing could be left that says so to who comes next.
    public var isUnmarked: Bool { unmarked.load(ordering: .relaxed) }

    /// It lies where nothing can be written: a snapshot, or a backup.
    public var isReadOnly: Bool { engine.isReadOnly }

    /// - Parameters:
    ///   - requiresEntries: refuse a body that changed rows and put no entry on the ledger. Counters, and what follows
    ///     from entries that are there, need none. Without it for what is no archive.
    ///   - noteUnsettled: called when it cannot be known whether a write was committed, before its writer is told;
    ///     leaves a mark for who comes next, and returns whether it stands.
    public init(
        _ engine: any Engine, requiresEntries: Bool = true, noteUnsettled: @escaping @Sendable () -> Bool = { true }
    ) {
        self.engine = engine
        self.requiresEntries = requiresEntries
        self.noteUnsettled = noteUnsettled
    }

    /// Runs `body` on one consistent state.
    public func read<Result>(_ body: (IndexReader) throws -> Result) throws -> Result {
        try Self.translate { try engine.read { try body(IndexReader($0, knownClauses: clauses)) } }
    }

    /// Runs `body` as one transaction, which is durable when this returns and has left nothing when it
    /// throws. Writers of all processes take turns. The body may be run again, perhaps on another thread, so all it
    /// changes outside of the index must be replaceable.
    ///
    /// - Parameters:
    ///   - limit: how long is waited for the turn to write; ``WaitEnded`` is thrown then, and nothing was
    ///     written. What can be written without waiting is written.
    ///   - isUrgent: comes before others of this process that wait, but for those that are urgent, too.
    @_spi(Writing) public func write<Result>(
        until limit: WaitLimit = .none, isUrgent: Bool = false, _ body: (IndexWriter) throws -> Result
    ) throws -> Result {
        try withoutActuallyEscaping(body) { body in
            var result: Result?
            let job = WriterQueue.Job(until: limit, isUrgent: isUrgent) { result = try body($0) }
            try queue.perform(job) { lead(job) }
            try job.outcome!.get()
            return result!
        }
    }

    /// Shortens the log of the last changes where it has grown long and nobody is at work. For the end of a command.
    public func shortenLog() throws { try Self.translate { try engine.shortenLog() } }

    /// Makes everything that is committed durable anew, after a write of which it is not known whether it was.
    ///
    /// - Parameter limit: how long is waited for the turn to write; ``WaitEnded`` is thrown then.
    public func syncAnew(until limit: WaitLimit = .none) throws {
        try Self.translate { try engine.syncAnew(until: limit) }
    }

    /// Removes what deleted rows left beside the index, in the log of its last changes.
    ///
    /// - Parameter limit: how long is waited for the turn to write; ``WaitEnded`` is thrown then.
    /// - Returns: whether it is done; another process that reads forbids it for that long.
    public func eraseResidue(until limit: WaitLimit = .none) throws -> Bool {
        try Self.translate { try engine.eraseResidue(until: limit) }
    }

    /// Rewrites the index without what deleted rows left inside it. Nobody can write meanwhile, and it may take as much
    /// memory as the index has bytes. Done when the residue is erased afterwards.
    ///
    /// - Parameter limit: how long it may take; ``WaitEnded`` is thrown then, and the index is as it was.
    /// - Returns: the size of the index before and after, in bytes.
    public func compact(until limit: WaitLimit = .none) throws -> (before: UInt64, after: UInt64) {
        try Self.translate { try engine.compact(until: limit) }
    }

    // MARK: Sharing a transaction

    /// Runs a job, and those of others who wait, in one transaction; each of the others behind a mark, so that one that
    /// fails takes nothing of the rest with it. The first needs none: when it fails, nobody else has written yet. (In
    /// SQLite a statement under a mark costs time that grows with the pages that were changed since the mark.)
    ///
    /// - Returns: all of them, with their outcomes.
    private func lead(_ first: WriterQueue.Job) -> [WriterQueue.Job] {
        var group: [WriterQueue.Job] = []
        var last: (number: UInt64, bytes: [UInt8])?
        var isCommitting = false
        do {
            try engine.write(until: first.limit) { writing in
                try runTogether(first, &group, &last, writing)
                isCommitting = true
            }
        } catch {
            if group.isEmpty { group = [first] }
            if let error = error as? EngineError, error.kind == .unknown, isCommitting {
                settle(group, last, after: error)
            } else {
                runAgain(group, after: error, isCommitting: isCommitting)
            }
        }
        return group
    }

    /// Seconds that are waited for a database that gave no answer.
    private static let patience: TimeInterval = 10

    /// After a commit that got no answer: the ledger says whether it is there. The turn to write is waited for first;
    /// what was under way is over then.
    ///
    /// - Parameter last: the last entry of the transaction.
    private func settle(
        _ group: [WriterQueue.Job], _ last: (number: UInt64, bytes: [UInt8])?, after error: EngineError
    ) {
        // Before anybody waits: who dies now leaves the mark.
        unsettled.store(true, ordering: .relaxed)
        let isMarked = noteUnsettled()
        if !isMarked { unmarked.store(true, ordering: .relaxed) }
        var isThere: Bool?
        if let last {
            try? engine.write(until: WaitLimit(seconds: Self.patience)) { writing in
                isThere = try IndexReader(writing, knownClauses: clauses).ledgerRow(last.number)?.bytes == last.bytes
            }
        }
        // What is known is settled, and the mark has everything made durable anew all the same. Without one, what this
        // process reads is perhaps only in memory.
        if isThere != nil, isMarked { unsettled.store(false, ordering: .relaxed) }
        if isThere == true { return }
        let failure =
            isThere == nil ? CatalogError.unsettled : CatalogError.database(error.message, code: error.code)
        for job in group {
            if case .success = job.outcome { job.outcome = .failure(failure) }
        }
    }

    private func runTogether(
        _ first: WriterQueue.Job, _ group: inout [WriterQueue.Job], _ last: inout (number: UInt64, bytes: [UInt8])?,
        _ writing: any EngineWriting
    ) throws {
        let end = Self.ticks() + WriterQueue.longest
        let known = WriteGroup()
        var next: WriterQueue.Job? = first
        while let job = next {
            group.append(job)
            let entry = job === first ? try runFirst(job, writing, known) : try run(job, writing, known)
            last = entry ?? last
            let isFull = group.count == WriterQueue.mostTogether || Self.ticks() >= end
            next = isFull ? nil : queue.next()
        }
    }

    /// - Returns: the last entry that the job put on the ledger.
    private func runFirst(
        _ job: WriterQueue.Job, _ writing: any EngineWriting, _ known: WriteGroup
    ) throws -> (number: UInt64, bytes: [UInt8])? {
        do {
            let last = try run(job, in: writing, known)
            job.outcome = .success(())
            return last
        } catch {
            job.outcome = .failure(Self.translated(error))
            throw error
        }
    }

    @discardableResult
    private func run(
        _ job: WriterQueue.Job, in writing: any EngineWriting, _ known: WriteGroup = WriteGroup()
    ) throws -> (number: UInt64, bytes: [UInt8])? {
        let writer = IndexWriter(writing, knownClauses: clauses, knownTags: tags, group: known)
        try job.run(writer)
        guard writer.isRecorded || !requiresEntries else { throw CatalogError.unrecorded }
        return writer.lastEntry
    }

    /// Throws where the whole transaction is gone, or must go.
    ///
    /// - Returns: the last entry that the job put on the ledger, where it stays.
    private func run(
        _ job: WriterQueue.Job, _ writing: any EngineWriting, _ known: WriteGroup
    ) throws -> (number: UInt64, bytes: [UInt8])? {
        do {
            try writing.mark()
            let last = try run(job, in: writing, known)
            try writing.release()
            job.outcome = .success(())
            return last
        } catch {
            job.outcome = .failure(Self.translated(error))
            // A full disk, for instance, ends the whole transaction.
            guard writing.isOpen else { throw error }
            known.forget()
            // What cannot be undone alone must not be committed with the others.
            try writing.undo()
            return nil
        }
    }

    /// After a transaction that several had together was rolled back: runs those again, each alone, who were not the
    /// cause of it, where that is safe. A failed write or sync is never tried again, and after it nobody is told that
    /// something is there.
    private func runAgain(_ group: [WriterQueue.Job], after error: any Error, isCommitting: Bool) {
        let kind = (error as? EngineError)?.kind
        // What contradicts itself is seen at the commit; what needs too much room, or memory, in a body.
        let isSafe = isCommitting ? kind == .contradiction : kind == .full || kind == .memory
        for job in group {
            if case .failure = job.outcome { continue }
            guard group.count > 1, isSafe else {
                let shared = CatalogError.database("a transaction shared with another writer failed", code: 0)
                job.outcome = .failure(kind != nil || group.count == 1 ? Self.translated(error) : shared)
                continue
            }
            var last: (number: UInt64, bytes: [UInt8])?
            do {
                try engine.write(until: job.limit) { last = try run(job, in: $0) }
                job.outcome = .success(())
            } catch let error as EngineError where error.kind == .unknown {
                job.outcome = .success(())
                settle([job], last, after: error)
            } catch {
                job.outcome = .failure(Self.translated(error))
            }
        }
    }

    /// Nanoseconds.
    private static func ticks() -> UInt64 { DispatchTime.now().uptimeNanoseconds }

    // MARK: Errors

    private static func translate<Result>(_ body: () throws -> Result) throws -> Result {
        do { return try body() } catch { throw translated(error) }
    }

    private static func translated(_ error: any Error) -> any Error {
        (error as? EngineError)?.told ?? error
    }
}

extension EngineError {
    /// As who uses the index is told.
    var told: any Error {
        switch kind {
        case .damaged: CatalogError.damaged(message)
        case .full: FileError(.write, path: "the index", code: reason ?? ENOSPC)
        default: CatalogError.database(message, code: code)
        }
    }
}

extension CatalogError {
    /// Whether an error, also of a body of a write, is the database's: it could not read or write. What contradicts
    /// itself is something else.
    public static func isFailure(_ error: any Error) -> Bool {
        switch error {
        case let error as EngineError: error.kind != .damaged
        case CatalogError.database, CatalogError.unsettled: true
        default: error is FileError
        }
    }
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
    /// Cases with a verification that ended so: `passed`, `failed`, or the vendor's code.
    public var result: String?
    /// Cases with a verification that can have been captured then.
    public var capturedFrom: Date?
    public var capturedBefore: Date?
    /// Cases with an object of this standing.
    public var standing: Decision.Status?

    public init() {}
}

/// Counts over the whole index.
public struct CatalogSummary: Equatable, Sendable {
    public var cases = 0
    /// Cases that were kept although they lacked what the active terms asked for.
    public var casesLackingTerms = 0
    /// Verifications that go on as another one of their case, and count for no state.
    public var continued = 0
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
    /// A body changed rows, and the ledger says nothing of it: a mistake of this program's. Nothing was written.
    case unrecorded
    /// The commit got no answer, and the index does not say whether it was done.
    case unsettled
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
        case .unrecorded: "something was to be changed without an entry on the ledger"
        case .unsettled:
            "the disk, or the database, failed while this was committed: whether it is done is not known"
        case .damaged(let what): "the index is damaged: \(what)"
        case .database(let message, let code): "the index failed: \(message) (SQLite \(code))"
        }
    }
}
