internal import Base
internal import Catalog
internal import Evidence
internal import Foundation
internal import Ledger
internal import Retention
internal import Sealing
internal import Vault

extension Retrieval {
    /// The chain of custody of a case, with proofs at the ledger's present size.
    ///
    /// - Parameters:
    ///   - access: the entry of the retrieval that it is for; its actor's reasons are opened.
    ///   - withReasons: so are everybody's.
    func custody(
        of caseUID: CaseUID, items: [Custody.Item], access: UInt64, withReasons: Bool
    ) throws -> Custody {
        try session.catalog.read { index in
            guard let record = try index.caseRecord(caseUID) else {
                throw CatalogError.damaged("the case is gone")
            }
            let rows = try custodyRows(of: caseUID, in: index)
            let reader = rows.first { $0.number == access }?.actorUID
            let nodes = index.ledgerNodes
            let (head, note) = try session.currentHead(in: index)
            let size = head.size

            var actors: [ActorUID: Custody.Document.Person] = [:]
            var objects: [ObjectUID: UInt64] = [:]
            var lines: [Custody.Document.Line] = []
            for row in rows {
                let entry = try Entry(row.bytes)
                // What the index says beside an entry must not bring another case into the bag.
                guard entry.event.caseUID == row.caseUID, entry.actor.uid == row.actorUID,
                    entry.event.caseUID == nil || entry.event.caseUID == caseUID
                else { throw CatalogError.damaged("ledger entry \(row.number) was altered") }
                if actors[row.actorUID] == nil, let actor = try index.actor(row.actorUID) {
                    actors[row.actorUID] = Custody.Document.Person(
                        uid: row.actorUID.hex, known: actor.stamp.known.rawValue,
                        name: try session.name(of: actor, in: index))
                }
                if case .objectArchived(let event) = entry.event { objects[event.object] = row.number }
                let openings = try session.openings(of: row.number, in: index)
                    .filter { $0.key != "reasonCommitment" || withReasons || row.actorUID == reader }
                    .filter { !$0.key.hasPrefix("settings/") }
                lines.append(
                    Custody.Document.Line(
                        number: row.number, time: LedgerTime.text(entry.time), kind: row.kind, actor: row.actorUID.hex,
                        sentence: entry.event.sentence,
                        openings: openings.sorted { $0.key < $1.key }.map { member, opening in
                            Custody.Document.Opening(member: member, salt: opening.salt.hex, text: opening.text)
                        }))
            }
            return Custody(
                document: Custody.Document(
                    format: Custody.Document.format, archive: session.uid, caseUID: caseUID.hex,
                    caseID: try session.open(record).particulars.caseID, access: access,
                    madeAt: rows.first { $0.number == access }.map { LedgerTime.text($0.time) } ?? "",
                    origin: head.origin,
                    entries: size, verifierKey: session.verifierKey(of: session.origin).text,
                    actors: actors.values.sorted { $0.uid < $1.uid },
                    items: try items.map { item in
                        guard let entry = objects[item.object] else {
                            throw CatalogError.damaged("object \(item.object) is not on the ledger")
                        }
                        return Custody.Document.Item(file: item.file, entry: entry, sha256: item.digest.hex)
                    }, holds: try session.holds.matters(of: caseUID, in: index), record: lines),
                checkpoint: note,
                evidence: try rows.map { row in
                    Custody.ProvenEntry(
                        number: row.number, bytes: row.bytes,
                        proof: InclusionProof(
                            index: row.number,
                            path: try MerkleTree.inclusionProof(of: row.number, in: size, nodes: nodes),
                            checkpoint: note))
                })
        }
    }

    /// The entries about a case, and those that say who made the archive, who acted, and when it was last found
    /// whole; in their order.
    private func custodyRows(of caseUID: CaseUID, in index: IndexReader) throws -> [LedgerRow] {
        var filter = LedgerFilter()
        filter.caseUID = caseUID
        var rows: [LedgerRow] = []
        while true {
            let page = try index.ledgerRows(filter, from: rows.last.map { $0.number + 1 } ?? 0, limit: 1000)
            rows += page
            if page.count < 1000 { break }
        }
        guard let first = rows.first?.number, let created = try index.ledgerRow(0) else {
            throw CatalogError.damaged("the case is not on the ledger")
        }
        rows.append(created)
        var verified = LedgerFilter()
        verified.kind = Event.Kind.archiveVerified.rawValue
        rows += try index.newestLedgerRows(verified, limit: 1).filter { $0.number > first }
        var forks = LedgerFilter()
        forks.kind = Event.Kind.forkAccepted.rawValue
        rows += try index.ledgerRows(forks, from: 0, limit: 1000)
        for uid in Set(rows.map(\.actorUID)) {
            var introduction = LedgerFilter()
            introduction.kind = Event.Kind.actorIntroduced.rawValue
            introduction.actorUIDs = [uid]
            rows += try index.ledgerRows(introduction, from: 0, limit: 1)
        }
        return rows.sorted { $0.number < $1.number }
    }
}
