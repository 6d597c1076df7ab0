internal import Base
internal import Catalog
internal import Evidence
internal import Foundation
internal import Ledger
internal import Retention
internal import Sealing
internal import Vault

extension Retrieval {
    /// The chain of custody of a case, with proofs up to an entry that closes the ledger.
    ///
    /// - Parameters:
    ///   - access: the entry of the retrieval that it is for; its actor's reasons are opened.
    ///   - withReasons: so are everybody's.
    func custody(
        of caseUID: CaseUID, items: [Custody.Item], access: UInt64, withReasons: Bool
    ) throws -> Custody {
        let (closed, strand) = try session.unhurried.closed { index, closed in
            (closed, try closed.proof(of: .ofCase(caseUID), in: index, try session.head(in: index).roots))
        }
        return try session.catalog.read { index in
            guard let record = try index.caseRecord(caseUID) else {
                throw CatalogError.damaged("the case is gone")
            }
            let roots = try session.head(in: index).roots
            let rows = try custodyEntries(of: caseUID, closing: closed.closing, in: index, roots)
            let reader = rows.first { $0.number == access }?.entry.actor.uid
            let nodes = index.ledgerNodes
            let (head, note) = (closed.checkpoint, closed.note)
            let size = head.size

            var actors: [ActorUID: Custody.Document.Person] = [:]
            var objects: [ObjectUID: UInt64] = [:]
            var lines: [Custody.Document.Line] = []
            for (number, entry) in rows {
                let uid = entry.actor.uid
                if actors[uid] == nil {
                    guard let actor = try index.actor(uid) else {
                        throw CatalogError.damaged("actor \(uid) is missing")
                    }
                    actors[uid] = Custody.Document.Person(
                        uid: uid.hex, known: entry.actor.known.rawValue, name: try session.name(of: actor, in: index))
                }
                if case .objectArchived(let event) = entry.event { objects[event.object] = number }
                let known = try session.openings(of: number, in: index)
                try known.open(try entry.commitments(), of: number)
                let openings =
                    known
                    .filter { $0.key != "reasonCommitment" || withReasons || uid == reader }
                    .filter { !$0.key.hasPrefix("settings/") }
                lines.append(
                    Custody.Document.Line(
                        number: number, time: LedgerTime.text(entry.time), kind: entry.event.kind.rawValue,
                        actor: uid.hex, sentence: entry.event.sentence,
                        openings: openings.sorted { $0.key < $1.key }.map { member, opening in
                            Custody.Document.Opening(member: member, salt: opening.salt.hex, text: opening.text)
                        }))
            }
            return Custody(
                document: Custody.Document(
                    format: Custody.Document.format, archive: session.uid, caseUID: caseUID.hex,
                    caseID: try session.open(record).particulars.caseID, access: access,
                    madeAt: rows.first { $0.number == access }.map { LedgerTime.text($0.entry.time) } ?? "",
                    origin: head.origin,
                    entries: size, verifierKey: session.verifierKey(of: session.origin).text,
                    actors: actors.values.sorted { $0.uid < $1.uid },
                    items: try items.map { item in
                        guard let entry = objects[item.object] else {
                            throw CatalogError.damaged("object \(item.object) is not on the ledger")
                        }
                        return Custody.Document.Item(file: item.file, entry: entry, sha256: item.digest.hex)
                    }, holds: try session.holds.matters(of: caseUID, in: index), record: lines),
                checkpoint: note, strand: strand,
                evidence: try rows.map { number, entry in
                    Custody.ProvenEntry(
                        number: number, bytes: try entry.encoded(),
                        proof: InclusionProof(
                            index: number, path: try MerkleTree.inclusionProof(of: number, in: size, nodes: nodes),
                            checkpoint: note))
                })
        }
    }

    /// All entries about a case, those that say who made the archive, who acted, and when it was last found whole, and
    /// the one that closes the ledger; proved, in their order.
    private func custodyEntries(
        of caseUID: CaseUID, closing: UInt64, in index: IndexReader, _ roots: LedgerRoots
    ) throws -> [(number: UInt64, entry: Entry)] {
        // The case may have grown since the ledger was closed.
        let own = try session.provedEntries(of: caseUID, in: index, roots).filter { $0.number <= closing }
        guard let first = own.first?.number, let created = try index.ledgerRow(0),
            let closing = try index.ledgerRow(closing)
        else { throw CatalogError.damaged("the case is not on the ledger") }
        var rows = [created, closing]
        var verified = LedgerFilter()
        verified.kind = Event.Kind.archiveVerified.rawValue
        rows += try index.newestLedgerRows(verified, limit: 1).filter {
            $0.number > first && $0.number <= closing.number
        }
        // Each origin but the first began with a fork.
        for origin in try index.origins().dropFirst() where origin.firstEntry <= closing.number {
            rows += [try index.ledgerRow(origin.firstEntry)].compactMap(\.self)
        }
        let others = try vouched(rows, in: index, roots)
        let people = Set((own + others).map(\.entry.actor.uid))
        return
            (own + others
            + (try session.introductions(of: people, in: index, roots)).filter { $0.number <= closing.number })
            .sorted { $0.number < $1.number }
    }
}
