public import Base
internal import Catalog
internal import Evidence
public import Foundation
internal import Ledger
internal import Sealing
public import Vault

/// Which ledger entries to list.
public struct LedgerQuery: Sendable {
    /// A kind of entry, such as `access opened`.
    public var kind: String?
    /// An actor's name.
    public var actor: String?
    public var caseID: CaseID?
    /// Entries of this time or later.
    public var from: Date?
    /// Entries of before this time.
    public var before: Date?
    /// Entries after this one; nil for the newest.
    public var after: UInt64?
    /// Entries from the first on.
    public var fromStart = false
    /// The reasons that people gave are shown, too.
    public var withReasons = false
    public var limit = 50

    public init() {}

    /// The kinds that there are.
    public static var kinds: [String] { Event.Kind.allCases.map(\.rawValue) }
}

/// A ledger entry for people and programs.
public struct LedgerLine: Encodable, Sendable {
    public let number: UInt64
    public let time: Date
    public let kind: String
    /// The actor's name.
    public let actor: String
    /// How it is known: `claimed`, `os-user` or `token`.
    public let known: String
    /// The case's ID; of a case that is gone, or that nobody can open, null.
    @OrNull public var caseID: String?
    public let sentence: String
    /// Of an access, which kinds of media it was about; empty of everything else.
    public let media: [String]
    /// Why, where that was asked for and can be opened.
    @OrNull public var reason: String?
    /// Whether the keys vouch for it and for what is said with it: its case's ID, and the name of who acted. False of
    /// one that was altered, or is missing, and of its neighbour, which is proved by its hash.
    public let vouched: Bool
    /// The entry itself, as it is hashed; an empty text where it cannot be read.
    let entry: CanonicalJSON
}

extension LedgerLine {
    /// An entry that cannot be read: what the index keeps beside it has to do.
    fileprivate init(damaged row: LedgerRow, _ error: EntryError) {
        self.init(
            number: row.number, time: row.time, kind: row.kind, actor: row.actorUID.hex, known: "unknown", caseID: nil,
            sentence: "this entry was altered: \(error)", media: [], reason: nil, vouched: false, entry: .text(""))
    }

    fileprivate init(missing number: UInt64) {
        self.init(
            number: number, time: Date(timeIntervalSince1970: 0), kind: "missing", actor: "-", known: "unknown",
            caseID: nil, sentence: "this entry is missing", media: [], reason: nil, vouched: false, entry: .text(""))
    }
}

/// A ledger that was proved or exported.
public struct LedgerExport: Encodable, Sendable {
    public let output: String
    public let origin: String
    /// Of the checkpoint.
    public let entries: UInt64
    public let verifierKey: String
}

extension Audit {
    /// Entries in their order: after one that is named, or the newest. A page costs the same wherever it
    /// lies, unless kind and actor are asked for together: then it costs what that actor did.
    ///
    /// Each is compared with what the keys vouch for. None is missing unnoticed where no filter is given, or a case; a
    /// filter by kind, actor or time leaves out what the index leaves out.
    public func entries(_ query: LedgerQuery) throws -> [LedgerLine] {
        try session.attempt(.audit) {
            try session.catalog.read { index in
                var filter = LedgerFilter()
                filter.kind = query.kind
                filter.from = query.from
                filter.before = query.before
                if let caseID = query.caseID { filter.strand = .ofCase(try session.caseUID(of: caseID, in: index)) }
                if let actor = query.actor {
                    filter.actorUIDs = try index.actors(nameTag: session.keyring.tag(actor.utf8, purpose: .actor)).map(
                        \.stamp.uid)
                }
                let first = query.fromStart ? 0 : query.after.map { $0 == .max ? $0 : $0 + 1 }
                let rows =
                    try first.map { try index.ledgerRows(filter, from: min($0, UInt64(Int64.max)), limit: query.limit) }
                    ?? index.newestLedgerRows(filter, limit: query.limit)
                let vouched = try vouchedNumbers(of: rows, filter, in: index)
                var names: [ActorUID: String] = [:]
                var cases: [CaseUID: (id: String?, isKnown: Bool)] = [:]
                var altered: Set<ActorUID> = []
                var kinds: [CaseUID: [ObjectUID: String]] = [:]
                let lines = try rows.map { row in
                    let entry: Entry
                    do throws(EntryError) {
                        entry = try Entry(row.bytes)
                    } catch {
                        return LedgerLine(damaged: row, error)
                    }
                    let uid = entry.actor.uid
                    if names[uid] == nil {
                        names[uid] = uid.hex
                        let isKnown = try ifVouched {
                            guard let actor = try index.actor(uid) else { throw CatalogError.damaged("actor \(uid)") }
                            names[uid] = try session.name(of: actor, in: index)
                        }
                        if !isKnown { altered.insert(uid) }
                    }
                    if let uid = entry.event.caseUID, cases[uid] == nil {
                        var id: String?
                        let isKnown = try ifVouched { id = try session.provedCaseID(of: uid, in: index) }
                        cases[uid] = (id, isKnown)
                    }
                    let isAltered = vouched.map { !$0.contains(row.number) } ?? false
                    let known = entry.event.caseUID.flatMap { cases[$0] }
                    return LedgerLine(
                        number: row.number, time: entry.time, kind: entry.event.kind.rawValue, actor: names[uid]!,
                        known: entry.actor.known.rawValue, caseID: known?.id,
                        sentence: isAltered
                            ? "this entry, or the one beside it, was altered; it says: \(entry.event.sentence)"
                            : entry.event.sentence,
                        media: isAltered ? [] : try media(of: entry, &kinds, in: index),
                        reason: query.withReasons && !isAltered ? try reason(of: row.number, in: index) : nil,
                        vouched: vouched != nil && !isAltered && known?.isKnown != false && !altered.contains(uid),
                        entry: try CanonicalJSON(row.bytes))
                }
                guard filter.isEmpty else { return lines }
                return try withMissing(lines, from: first, limit: query.limit, in: index)
            }
        }
    }

    /// How many entries a query takes in that are older than the first that was shown; counted up to a bound.
    public func earlier(than number: UInt64, _ query: LedgerQuery, countedUpTo most: Int = 100_000) throws -> Int {
        try session.attempt(.audit) {
            try session.catalog.read { index in
                var filter = LedgerFilter()
                filter.kind = query.kind
                filter.from = query.from
                filter.before = query.before
                if let caseID = query.caseID { filter.strand = .ofCase(try session.caseUID(of: caseID, in: index)) }
                if let actor = query.actor {
                    filter.actorUIDs = try index.actors(nameTag: session.keyring.tag(actor.utf8, purpose: .actor)).map(
                        \.stamp.uid)
                }
                if filter.isEmpty { return Int(clamping: number) }
                return try index.ledgerCount(filter, before: number, most: most)
            }
        }
    }

    /// The kinds of media of an access, by the case's own entries.
    private func media(
        of entry: Entry, _ known: inout [CaseUID: [ObjectUID: String]], in index: IndexReader
    ) throws -> [String] {
        guard case .accessOpened(let event) = entry.event else { return [] }
        if known[event.caseUID] == nil {
            var kinds: [ObjectUID: String] = [:]
            // Of a case that cannot be read nothing is said; that it was altered, its entries say.
            _ = try ifVouched {
                for (_, entry) in try session.provedEntries(of: event.caseUID, in: index) {
                    if case .objectArchived(let object) = entry.event { kinds[object.object] = object.media }
                }
            }
            known[event.caseUID] = kinds
        }
        return Set(event.objects.compactMap { known[event.caseUID]?[$0] }).sorted()
    }

    private func reason(of number: UInt64, in index: IndexReader) throws -> String? {
        var reason: String?
        _ = try ifVouched { reason = try session.openings(of: number, in: index)["reasonCommitment"]?.text }
        return reason
    }

    /// - Returns: whether nothing was found to be altered.
    @discardableResult
    private func ifVouched(_ body: () throws -> Void) throws -> Bool {
        do {
            try body()
            return true
        } catch {
            // A database that fails says nothing of the ledger.
            guard !CatalogError.isFailure(error) else { throw error }
            return false
        }
    }

    /// Those of the rows that stand in the ledger as they were recorded; nil where the keys vouch for nothing of this
    /// index.
    private func vouchedNumbers(
        of rows: [LedgerRow], _ filter: LedgerFilter, in index: IndexReader
    ) throws -> Set<UInt64>? {
        var roots = LedgerRoots.none
        guard try ifVouched({ roots = try session.head(in: index).roots }) else { return nil }
        // Then none of the case is missing, either.
        if let uid = filter.strand?.caseUID { _ = try session.provedEntries(of: uid, in: index) }
        if try ifVouched({ _ = try Vault.vouched(rows, in: index, roots) }) { return Set(rows.map(\.number)) }
        return Set(
            try rows.filter { row in try ifVouched { _ = try Vault.vouched([row], in: index, roots) } }.map(\.number))
    }

    /// The lines, and one for each entry that should stand between them.
    private func withMissing(
        _ lines: [LedgerLine], from first: UInt64?, limit: Int, in index: IndexReader
    ) throws -> [LedgerLine] {
        let size = (try? session.head(in: index).roots.size) ?? (lines.last?.number).map { $0 + 1 } ?? 0
        let numbers =
            first.map { min($0, size)..<min(size, min($0, size) + UInt64(limit)) }
            ?? (size - min(size, UInt64(limit)))..<size
        let known = Dictionary(lines.map { ($0.number, $0) }) { first, _ in first }
        return numbers.map { known[$0] ?? LedgerLine(missing: $0) } + lines.filter { !numbers.contains($0.number) }
    }

    /// What is wrong with entries that were listed.
    public static func problem(among lines: [LedgerLine]) -> ArchiveError? {
        guard let first = lines.first(where: { !$0.vouched }) else { return nil }
        return ArchiveError(
            CatalogError.damaged(
                "entry \(first.number) of the ledger, or what it has of its case or of who acted, was altered, or is "
                    + "missing"
            ))
    }

    /// The number of the newest entry.
    public func lastEntry() throws -> UInt64 {
        try session.attempt(.audit) {
            guard case let size = try session.catalog.read({ try $0.ledgerSize() }), size > 0 else {
                throw CatalogError.damaged("the ledger is empty")
            }
            return size - 1
        }
    }

    /// The signed head of the ledger: a note that anyone can check with the verifier key.
    ///
    /// It is published first, as far as that is possible.
    public func checkpoint() throws -> (note: String, export: LedgerExport) {
        try session.attempt(.audit) {
            session.publish()
            let closed = try closed()
            return (String(decoding: closed.note.bytes, as: UTF8.self), describe(closed.checkpoint, output: "-"))
        }
    }

    /// Writes the proof that an entry is in the ledger.
    ///
    /// - Parameter entryPath: where the entry's bytes are written to.
    public func prove(_ entry: UInt64, to path: String, entryTo entryPath: String? = nil) throws -> LedgerExport {
        try session.attempt(.audit) {
            let closed = try closed()
            let (head, (bytes, proof)) = try session.catalog.read { index in
                let (head, note) = (closed.checkpoint, closed.note)
                guard entry < head.size else {
                    throw ArchiveError(
                        .noSuchEntry, "entry \(entry) is not in the ledger, which has \(head.size) entries",
                        remedy: "entries are numbered from 0; \(verb: .auditLog) shows them")
                }
                return (head, try provenEntry(entry, in: index, head: head, note: note))
            }
            if let entryPath { try write(bytes, to: entryPath) }
            try write(proof.bytes, to: path)
            return describe(head, output: path)
        }
    }

    /// Writes the proof that the ledger extends the one of an earlier checkpoint.
    public func proveConsistency(since file: String, to path: String) throws -> LedgerExport {
        try session.attempt(.audit, file) {
            let note = try SignedNote(try session.effects.files.contents(of: file, limit: SignedNote.longest))
            let closed = try closed()
            let (head, proof) = try session.catalog.read { index in
                let origins = try index.origins()
                let earlier = try Checkpoint(unverified: note)
                guard let origin = origins.first(where: { $0.origin == earlier.origin }) else {
                    throw NoteError.otherOrigin(earlier.origin)
                }
                _ = try Checkpoint(note, by: session.verifierKey(of: origin))
                let (head, headNote) = (closed.checkpoint, closed.note)
                guard earlier.size <= head.size,
                    try MerkleTree.root(of: earlier.size, in: index.ledgerNodes) == earlier.root
                else {
                    throw ArchiveError(
                        .badEvidence, "this ledger does not extend that checkpoint of \(earlier.size) entries",
                        remedy: "it was signed for another ledger: keep it, and compare with what is published")
                }
                let path = try MerkleTree.consistencyProof(from: earlier.size, to: head.size, nodes: index.ledgerNodes)
                return (head, ConsistencyProof(old: earlier.size, path: path, checkpoint: headNote))
            }
            try write(proof.bytes, to: path)
            return describe(head, output: path)
        }
    }

    /// Writes the ledger to a new directory, which appears whole or not at all.
    public func export(to directory: String) throws -> LedgerExport {
        try session.attempt(.audit) {
            let directory = FilePath.trimmed(directory)
            let files = session.effects.files
            try checkAbsent(directory, files: files)
            let export = try NewDirectory(directory, files: files, suffix: session.effects.suffix())
            do {
                let closed = try closed()
                let (head, note) = (closed.checkpoint, closed.note)
                try export.add(LedgerFiles.verifierKey, Array("\(try verifierKey())\n".utf8))
                try export.add(LedgerFiles.entries) { try session.lines(from: 0, to: head, write: $0) }
                try export.add(LedgerFiles.checkpoint, note.bytes)
                try export.finish()
                return describe(head, output: directory)
            } catch {
                export.abandon()
                throw error
            }
        }
    }

    /// The key that checks the signatures of the newest origin's checkpoints, as a line.
    public func verifierKey() throws -> String { session.currentVerifierKey.text }

    /// The ledger with its strands closed; where nothing can be written now, up to the entry that closed them last.
    func closed() throws -> ClosedLedger {
        do { return try session.closed { $1 } } catch {
            guard session.fork == nil, !(error is WaitEnded) else { throw error }
            return try session.catalog.read { try session.closedLedger(in: $0) }
        }
    }

    /// An entry and its proof, which is checked before anybody gets it.
    func provenEntry(
        _ number: UInt64, in index: IndexReader, head: Checkpoint, note: SignedNote
    ) throws -> (bytes: [UInt8], proof: InclusionProof) {
        let path = try MerkleTree.inclusionProof(of: number, in: head.size, nodes: index.ledgerNodes)
        guard let row = try index.ledgerRow(number),
            MerkleTree.verifyInclusion(
                of: MerkleHasher().leaf(row.bytes), at: number, in: head.size, root: head.root, path: path)
        else { throw CatalogError.damaged("ledger entry \(number) was altered") }
        return (row.bytes, InclusionProof(index: number, path: path, checkpoint: note))
    }

    func describe(_ head: Checkpoint, output: String) -> LedgerExport {
        LedgerExport(
            output: output, origin: head.origin, entries: head.size,
            verifierKey: VerifierKey(name: head.origin, publicKey: session.currentVerifierKey.publicKey).text)
    }

    private func write(_ bytes: [UInt8], to path: String) throws {
        try checkAbsent(path, files: session.effects.files)
        try bytes.withUnsafeBytes { try session.effects.files.createDurably(path, bytes: $0) }
    }
}
