internal import BlobStore
internal import Catalog
internal import Foundation
internal import Ledger
internal import Sealing

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

/// A certificate of destruction: entries of the ledger with their proofs, and what follows from them. See
/// <doc:Certificates>.
struct Certificate {
    static let jsonName = "certificate.json"
    static let pageName = "certificate.html"
    /// The archive's signature of the document, as a note.
    static let noteName = "certificate.note"
    /// Objects of one certificate.
    static let mostObjects = 20_000

    struct Document: Codable, Equatable {
        static let format = "strongroom certificate 1"

        /// An object whose key is gone.
        struct Destroyed: Codable, Equatable {
            let object: String
            let caseUID: String
            let media: String
            /// The entry of its destruction, and its time.
            let entry: UInt64
            let time: String
            /// `POLICY vVERSION, rule RULE`, or `erasure`.
            let cause: String
            /// SHA-256 of the policy's file.
            let policyFile: String?
            let goneBy: String?
            /// The entry that says that its sealed bytes are gone from the store; null where none does yet.
            let removal: UInt64?
            /// Nothing was there any more when they were to be removed.
            let wasMissing: Bool
        }

        /// A key generation that could open an older copy of the index, together with the keyring of that time.
        struct Epoch: Codable, Equatable {
            let number: UInt32
            let state: String
        }

        let format: String
        let archive: String
        /// `case` or `run`.
        let form: String
        let caseUID: String?
        /// The case ID that was asked for. The archive's keyed tag found the case by it; nothing here proves it.
        let askedFor: String?
        let run: UInt64?
        /// The entry that ended the run; null where none does: more may have been destroyed in it.
        let ended: UInt64?
        let madeAt: String
        let origin: String
        let entries: UInt64
        let verifierKey: String
        /// The entry that says that the case's own key is gone.
        let caseDestroyed: UInt64?
        let objects: [Destroyed]
        /// UIDs of objects of the case that are still there.
        let kept: [String]
        /// Why they are preserved beyond their rules: matters, or `kept by law` and no more.
        let holds: [String]
        let epochs: [Epoch]
        let actors: [Custody.Document.Person]
        let record: [Custody.Document.Line]

        func bytes() throws -> [UInt8] { [UInt8](try JSONDocument.encode(self, pretty: true)) + [0x0A] }
    }

    let document: Document
    let checkpoint: SignedNote
    let note: SignedNote
    let evidence: [Custody.Evidence]

    /// What is signed: that this archive made the document with this SHA-256.
    static func statement(_ document: [UInt8]) -> String {
        "\(Document.format)\n\(SHA256.digest(of: document).hex)\n"
    }

    func files() throws -> [(name: String, content: [UInt8])] {
        [
            (Self.jsonName, try document.bytes()), (Self.pageName, Array(CertificatePage.html(document).utf8)),
            (Self.noteName, note.bytes),
            (Publication.checkpointName, checkpoint.bytes),
            (Publication.verifierName, Array("\(document.verifierKey)\n".utf8)),
        ]
            + evidence.flatMap { piece in
                [
                    (Custody.entryName(piece.number), piece.bytes),
                    (Custody.proofName(piece.number), piece.proof.bytes),
                ]
            }
    }

    /// What follows from entries about destroyed objects.
    static func destroyed(_ rows: [(number: UInt64, entry: Entry)]) -> [Document.Destroyed] {
        var removals: [ObjectUID: (entry: UInt64, wasMissing: Bool)] = [:]
        for (number, entry) in rows {
            guard case .blobsRemoved(let event) = entry.event else { continue }
            for object in event.objects { removals[object] = (number, event.missing?.contains(object) ?? false) }
        }
        return rows.compactMap { number, entry in
            guard case .objectDestroyed(let event) = entry.event else { return nil }
            let removal = removals[event.object]
            return Document.Destroyed(
                object: event.object.hex, caseUID: event.caseUID.hex, media: event.media, entry: number,
                time: LedgerTime.text(entry.time),
                cause: event.policy.map { "\($0) v\(event.version ?? 0), rule \(event.rule ?? "")" }
                    ?? event.cause.rawValue,
                policyFile: event.file, goneBy: event.goneBy.map { LedgerTime.text($0) }, removal: removal?.entry,
                wasMissing: removal?.wasMissing ?? false)
        }
    }
}

extension Archive {
    /// Writes a certificate of destruction to a new directory, which appears whole or not at all.
    public func certify(_ subject: CertificateSubject, to directory: String) throws -> CertificateSummary {
        try attempt(.audit, verb: "purge certificate") {
            let directory = FilePath.trimmed(directory)
            let files = effects.files
            try checkAbsent(directory, files: files)
            publish()
            let certificate = try catalog.read { try self.certificate(of: subject, in: $0) }
            let temporary = temporaryPath(beside: directory, effects: effects)
            try files.makeDirectory(temporary)
            do {
                try files.makeDirectory("\(temporary)/\(Custody.folder)")
                for (name, content) in try certificate.files() {
                    try content.withUnsafeBytes { try files.createDurably("\(temporary)/\(name)", bytes: $0) }
                }
                try files.rename(temporary, to: directory)
                try files.syncDirectory(FilePath.parent(directory))
            } catch {
                try? FileManager.default.removeItem(atPath: temporary)
                throw error
            }
            return CertificateSummary(
                output: directory, objects: certificate.document.objects.count, kept: certificate.document.kept.count,
                entries: certificate.document.entries, verifierKey: certificate.document.verifierKey)
        }
    }

    private func certificate(of subject: CertificateSubject, in index: any CatalogReader) throws -> Certificate {
        let (head, note) = try currentHead(in: index)
        var rows: [LedgerRow]
        var (caseUID, askedFor, run): (CaseUID?, String?, UInt64?)
        switch subject {
        case .caseID(let caseID):
            let uid = try destroyedCaseUID(of: caseID, in: index)
            (caseUID, askedFor) = (uid, caseID.text)
            rows = try self.rows(of: uid, in: index).filter { $0.kind != Event.Kind.attemptFailed.rawValue }
        case .run(let number):
            run = number
            rows = try self.rows(ofRun: number, in: index)
        }
        var entries = try rows.map { ($0.number, try Entry($0.bytes)) }
        let destroyed = Certificate.destroyed(entries)
        guard !destroyed.isEmpty else {
            throw ArchiveError(
                .noSuchMedia, "nothing of it was destroyed", hint: "strongroom explain shows what is kept and why")
        }
        guard destroyed.count <= Certificate.mostObjects else {
            throw ArchiveError(
                .ambiguous, "\(destroyed.count) objects are more than one certificate can name",
                hint: "make certificates of cases, or export the ledger: strongroom audit export")
        }
        rows += try context(of: rows, in: index)
        rows.sort { $0.number < $1.number }
        entries = try rows.map { ($0.number, try Entry($0.bytes)) }
        var actors: [ActorUID: Custody.Document.Person] = [:]
        for row in rows where actors[row.actorUID] == nil {
            guard let actor = try index.actor(row.actorUID) else { continue }
            actors[row.actorUID] = Custody.Document.Person(
                uid: row.actorUID.hex, known: actor.stamp.known.rawValue, name: try name(of: actor, in: index))
        }
        let kept = try caseUID.map { (uid: CaseUID) in
            try index.verifications(of: uid).flatMap { try index.objects(of: $0.uid).map(\.uid.hex) }.sorted()
        }
        let nodes = index.ledgerNodes
        let document = Certificate.Document(
            format: Certificate.Document.format, archive: uid, form: run == nil ? "case" : "run",
            caseUID: caseUID?.hex, askedFor: askedFor, run: run,
            ended: entries.first { _, entry in
                if case .purgeFinished(let event) = entry.event { event.run == run } else { false }
            }?.0, madeAt: LedgerTime.text(now), origin: head.origin,
            entries: head.size, verifierKey: try verifierKey(),
            caseDestroyed: run == nil ? entries.first { $0.1.event.kind == .caseDestroyed }?.0 : nil,
            objects: destroyed, kept: kept ?? [], holds: try caseUID.map { try holds(of: $0, in: index) } ?? [],
            epochs: try index.epochs().map {
                Certificate.Document.Epoch(number: $0.epoch.number, state: $0.state.rawValue)
            },
            actors: actors.values.sorted { $0.uid < $1.uid },
            record: try zip(rows, entries).map { row, entry in
                // Only what proves who acted: reasons and particulars stay closed.
                let openings = try self.openings(of: row.number, in: index).filter { $0.key == "nameCommitment" }
                return Custody.Document.Line(
                    number: row.number, time: LedgerTime.text(entry.1.time), kind: row.kind,
                    actor: row.actorUID.hex, sentence: entry.1.event.sentence,
                    openings: openings.map { member, opening in
                        Custody.Document.Opening(member: member, salt: opening.salt.hex, text: opening.text)
                    })
            })
        return Certificate(
            document: document, checkpoint: note,
            note: SignedNote(
                signing: Certificate.statement(try document.bytes()), name: head.origin, key: keyring.ledgerKey),
            evidence: try rows.map { row in
                let path = try MerkleTree.inclusionProof(of: row.number, in: head.size, nodes: nodes)
                return Custody.Evidence(
                    number: row.number, bytes: row.bytes,
                    proof: InclusionProof(index: row.number, path: path, checkpoint: note))
            })
    }

    /// The case with this ID that is there, where something of it was destroyed; otherwise the last that is gone.
    private func destroyedCaseUID(of caseID: CaseID, in index: any CatalogReader) throws -> CaseUID {
        let uid = try self.caseUID(of: caseID, in: index)
        guard try index.caseRecord(uid) != nil, try destructions(of: uid, in: index).isEmpty else { return uid }
        let tag = keyring.tag(caseID.text.utf8, purpose: .caseID)
        return try index.destroyedTags(tag, purpose: .caseID).last?.caseUID ?? uid
    }

    private func rows(of uid: CaseUID, in index: any CatalogReader) throws -> [LedgerRow] {
        var filter = LedgerFilter()
        filter.caseUID = uid
        return try index.ledgerRows(filter, from: 0, limit: .max)
    }

    /// The beginning and the end of a run, and what it destroyed.
    private func rows(ofRun number: UInt64, in index: any CatalogReader) throws -> [LedgerRow] {
        guard let start = try index.ledgerRow(number), start.kind == Event.Kind.purgeStarted.rawValue else {
            throw ArchiveError(
                .unknownRun, "entry \(number) began no purge",
                hint: "strongroom audit log --kind 'purge started' shows the runs")
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

    /// The entries that say who made the archive, who acted, by which rules, and in which runs.
    private func context(of rows: [LedgerRow], in index: any CatalogReader) throws -> [LedgerRow] {
        let have = Set(rows.map(\.number))
        var found: [UInt64: LedgerRow] = [:]
        func add(_ row: LedgerRow?) { if let row, !have.contains(row.number) { found[row.number] = row } }
        add(try index.ledgerRow(0))
        var policies: Set<String> = []
        for row in rows {
            guard case .objectDestroyed(let event) = try Entry(row.bytes).event else { continue }
            add(try index.ledgerRow(event.run))
            if let policy = event.policy { policies.insert("\(policy) \(event.version ?? 0)") }
        }
        for kind in [Event.Kind.policyActivated, .forkAccepted] {
            var filter = LedgerFilter()
            filter.kind = kind.rawValue
            for row in try index.ledgerRows(filter, from: 0, limit: .max) {
                guard case .policyActivated(let event) = try Entry(row.bytes).event else { add(row); continue }
                if policies.contains("\(event.policy) \(event.version)") { add(row) }
            }
        }
        for uid in Set(rows.map(\.actorUID) + found.values.map(\.actorUID)) {
            var introduction = LedgerFilter()
            introduction.kind = Event.Kind.actorIntroduced.rawValue
            introduction.actorUIDs = [uid]
            add(try index.ledgerRows(introduction, from: 0, limit: 1).first)
        }
        return Array(found.values)
    }
}
