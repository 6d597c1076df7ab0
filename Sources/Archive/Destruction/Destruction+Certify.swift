internal import Base
internal import Catalog
internal import Evidence
internal import Foundation
internal import Ledger
internal import Sealing
public import Vault

/// What a certificate is about.
public enum CertificateSubject: Sendable {
    case caseID(CaseID)
    /// The ledger entry that began a purge.
    case run(UInt64)
}

/// A certificate of destruction that was written.
public struct CertificateSummary: Encodable, Sendable {
    public let output: String
    public let objects: Int
    /// Objects of the case that are still there.
    public let kept: Int
    public let entries: UInt64
    public let verifierKey: String
}

extension Destruction {
    /// Writes a certificate of destruction to a new directory, which appears whole or not at all.
    public func certify(_ subject: CertificateSubject, to directory: String) throws -> CertificateSummary {
        try session.attempt(.audit, verb: "purge certificate") {
            let directory = FilePath.trimmed(directory)
            let files = session.effects.files
            try checkAbsent(directory, files: files)
            session.publish()
            // The closing takes its turn to write; what it closes is gathered afterwards.
            let (closed, strand) = try session.closed { index, closed -> (ClosedLedger, StrandProof?) in
                (closed, try self.strand(of: subject, closed, in: index))
            }
            let certificate = try session.catalog.read { index in
                try self.certificate(of: subject, closed, strand, in: index)
            }
            let output = try NewDirectory(directory, files: files, suffix: session.effects.suffix())
            do {
                for (name, content) in try certificate.files() { try output.add(name, content) }
                try output.finish()
            } catch {
                output.abandon()
                throw error
            }
            return CertificateSummary(
                output: directory, objects: certificate.document.objects.count, kept: certificate.document.kept.count,
                entries: certificate.document.entries, verifierKey: certificate.document.verifierKey)
        }
    }

    private func strand(
        of subject: CertificateSubject, _ closed: ClosedLedger, in index: IndexReader
    ) throws -> StrandProof? {
        guard case .caseID(let caseID) = subject else { return nil }
        let uid = try destroyedCaseUID(of: caseID, in: index)
        return try closed.proof(of: .ofCase(uid), in: index, session.head(in: index).roots)
    }

    private func certificate(
        of subject: CertificateSubject, _ closed: ClosedLedger, _ strand: StrandProof?, in index: IndexReader
    ) throws -> Certificate {
        let (ledger, note) = (closed.checkpoint, closed.note)
        let head = try session.head(in: index)
        var entries: [(number: UInt64, entry: Entry)]
        var (caseUID, askedFor, run): (CaseUID?, String?, UInt64?)
        switch subject {
        case .caseID(let caseID):
            guard let uid = strand?.end.strand.caseUID else { throw CatalogError.damaged("a case without a strand") }
            (caseUID, askedFor) = (uid, caseID.text)
            // It may have grown since the ledger was closed.
            entries = try session.provedEntries(of: uid, in: index).filter { $0.number < closed.closing }
        case .run(let number):
            run = number
            entries = try vouched(try self.rows(ofRun: number, in: index), in: index, head.roots)
                .filter { $0.number < closed.closing }
            try checkRun(number, entries)
        }
        let destroyed = Certificate.destroyed(entries)
        guard !destroyed.isEmpty else {
            throw ArchiveError(
                .noSuchMedia, "nothing of it was destroyed", remedy: "\(verb: .explain) shows what is kept and why")
        }
        guard destroyed.count <= Certificate.mostObjects else {
            throw ArchiveError(
                .ambiguous, "\(destroyed.count) objects are more than one certificate can name",
                remedy: "make certificates of cases, or export the ledger: \(verb: .auditExport)")
        }
        entries += try vouched(
            try context(of: entries, closing: closed.closing, in: index), in: index, head.roots)
        let known = Set(entries.map(\.number))
        entries += try session.introductions(
            of: Set(entries.map(\.entry.actor.uid)), in: index, head.roots
        ).filter { $0.number <= closed.closing && !known.contains($0.number) }
        entries.sort { $0.number < $1.number }
        var actors: [ActorUID: Custody.Document.Person] = [:]
        for stamp in entries.map(\.entry.actor) where actors[stamp.uid] == nil {
            guard let actor = try index.actor(stamp.uid) else {
                throw CatalogError.damaged("actor \(stamp.uid) is missing")
            }
            actors[stamp.uid] = Custody.Document.Person(
                uid: stamp.uid.hex, known: stamp.known.rawValue, name: try session.name(of: actor, in: index))
        }
        let nodes = index.ledgerNodes
        // Of a case that is gone nobody can open what the entries have exactly.
        let lives = try caseUID.map { try index.caseRecord($0) != nil } ?? false
        let shown = Set(["nameCommitment"]).union(lives ? Entry.exactMembers : [])
        let document = Certificate.Document(
            format: Certificate.Document.format, archive: session.uid, form: run == nil ? "case" : "run",
            caseUID: caseUID?.hex, askedFor: askedFor, run: run,
            ended: entries.first { _, entry in
                if case .purgeFinished(let event) = entry.event { event.run == run } else { false }
            }?.number, madeAt: LedgerTime.text(session.now), origin: ledger.origin,
            entries: ledger.size, verifierKey: session.currentVerifierKey.text,
            caseDestroyed: run == nil ? entries.first { $0.entry.event.kind == .caseDestroyed }?.number : nil,
            objects: destroyed, kept: try caseUID.map { try kept(of: $0, entries, in: index) } ?? [],
            holds: try caseUID.map { try session.holds.matters(of: $0, in: index) } ?? [],
            epochs: head.epochs.map { Certificate.Document.Epoch(number: $0.number, state: $0.state) },
            actors: actors.values.sorted { $0.uid < $1.uid },
            record: try entries.map { number, entry in
                // Only what proves who acted, and what exactly was destroyed and when: reasons and particulars stay
                // closed.
                let openings = try session.openings(of: number, in: index).filter { shown.contains($0.key) }
                try openings.open(try entry.commitments().filter { shown.contains($0.key) }, of: number)
                return Custody.Document.Line(
                    number: number, time: LedgerTime.text(entry.time), kind: entry.event.kind.rawValue,
                    actor: entry.actor.uid.hex, sentence: entry.event.sentence,
                    openings: openings.map { member, opening in
                        Custody.Document.Opening(member: member, salt: opening.salt.hex, text: opening.text)
                    })
            })
        return Certificate(
            document: document, checkpoint: note,
            note: try session.sign(certificate: Certificate.statement(try document.bytes()), origin: ledger.origin),
            strand: strand,
            evidence: try entries.map { number, entry in
                let path = try MerkleTree.inclusionProof(of: number, in: ledger.size, nodes: nodes)
                return Custody.ProvenEntry(
                    number: number, bytes: try entry.encoded(),
                    proof: InclusionProof(index: number, path: path, checkpoint: note))
            })
    }

    /// A run that ended destroyed as many objects as its end says: none was hidden.
    private func checkRun(_ number: UInt64, _ entries: [(number: UInt64, entry: Entry)]) throws {
        let destroyed = UInt64(Certificate.destroyed(entries).count)
        for (_, entry) in entries {
            guard case .purgeFinished(let event) = entry.event, event.run == number else { continue }
            guard event.destroyed == destroyed else {
                throw CatalogError.damaged(
                    "the purge of entry \(number) destroyed \(event.destroyed) objects, of which \(destroyed) are found"
                )
            }
        }
    }

    /// What is there of a case by the ledger; the index must know of nothing else.
    private func kept(
        of uid: CaseUID, _ entries: [(number: UInt64, entry: Entry)], in index: IndexReader
    ) throws -> [String] {
        var facts = LedgerFacts(uid)
        for (number, entry) in entries where entry.strand == .ofCase(uid) { facts.apply(entry, number: number) }
        let kept = facts.liveObjects.map(\.hex)
        let known = try index.verifications(of: uid).flatMap { try index.objects(of: $0.uid).map(\.uid.hex) }.sorted()
        // Where something of it was destroyed since, the index says less, and the next certificate says so.
        guard Set(known).isSubset(of: kept) else {
            throw CatalogError.damaged("what is kept of case \(uid) is not what the ledger says")
        }
        return kept
    }

    /// The case with this ID that is there, where something of it was destroyed; otherwise the last that is gone.
    private func destroyedCaseUID(of caseID: CaseID, in index: IndexReader) throws -> CaseUID {
        let uid = try session.caseUID(of: caseID, in: index)
        guard try index.caseRecord(uid) != nil, try session.destructions(of: uid, in: index).isEmpty else { return uid }
        return try session.remembered(caseID, in: index)?.caseUID ?? uid
    }

    /// The beginning and the end of a run, and what it destroyed.
    private func rows(ofRun number: UInt64, in index: IndexReader) throws -> [LedgerRow] {
        guard let start = try index.ledgerRow(number), start.kind == Event.Kind.purgeStarted.rawValue else {
            throw ArchiveError(
                .unknownRun, "entry \(number) began no purge",
                remedy: "\(verb: .auditLog) \(input: .kind) 'purge started' shows the runs")
        }
        func rows(_ kind: Event.Kind) throws -> [LedgerRow] {
            var filter = LedgerFilter()
            filter.kind = kind.rawValue
            return try index.ledgerRows(filter, from: number, limit: .max)
        }
        var found = [start]
        var objects: Set<ObjectUID> = []
        for row in try rows(.objectDestroyed) {
            guard case .objectDestroyed(let event) = try Entry(row.bytes).event, event.run == number else { continue }
            objects.insert(event.object)
            found.append(row)
        }
        for row in try rows(.blobsRemoved) {
            guard case .blobsRemoved(let event) = try Entry(row.bytes).event, !objects.isDisjoint(with: event.objects)
            else { continue }
            found.append(row)
        }
        found += try rows(.purgeFinished).filter { row in
            guard case .purgeFinished(let event) = try Entry(row.bytes).event else { return false }
            return event.run == number
        }
        return found
    }

    /// The entries that say who made the archive, by which rules, and in which runs, and the one that closes the
    /// ledger.
    private func context(
        of entries: [(number: UInt64, entry: Entry)], closing: UInt64, in index: IndexReader
    ) throws -> [LedgerRow] {
        let have = Set(entries.map(\.number))
        var found: [UInt64: LedgerRow] = [:]
        func add(_ row: LedgerRow?) { if let row, !have.contains(row.number) { found[row.number] = row } }
        add(try index.ledgerRow(0))
        add(try index.ledgerRow(closing))
        var policies: Set<String> = []
        for (_, entry) in entries {
            guard case .objectDestroyed(let event) = entry.event else { continue }
            add(try index.ledgerRow(event.run))
            if let policy = event.policy { policies.insert("\(policy) \(event.version ?? 0)") }
        }
        var filter = LedgerFilter()
        filter.kind = Event.Kind.policyActivated.rawValue
        for row in try index.ledgerRows(filter, from: 0, limit: .max) {
            guard case .policyActivated(let event) = try Entry(row.bytes).event else { continue }
            if policies.contains("\(event.policy) \(event.version)") { add(row) }
        }
        // Each origin but the first began with a fork.
        for origin in try index.origins().dropFirst() { add(try index.ledgerRow(origin.firstEntry)) }
        // What came since the ledger was closed has no proof by it.
        return found.values.filter { $0.number <= closing }
    }
}
