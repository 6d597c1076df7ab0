internal import Base
internal import BlobStore
internal import Catalog
internal import Foundation
internal import Ledger
internal import Sealing
internal import Vault
internal import Vendor

extension Audit {
    /// Cases that are compared together.
    private static let casesTogether = 200

    /// Each case: what its entries say, replayed by themselves, against what the index and the store have of it. All
    /// entries were read before, and what the index keeps beside them is what they say.
    ///
    /// - Returns: blobs whose objects are destroyed, and that were not said to be removed.
    func compareCases(
        _ replay: LedgerReplay, in index: IndexReader, _ result: inout Reconciliation
    ) throws -> [ObjectUID: BlobAddress] {
        var (after, left): (CaseUID?, Set<CaseUID>) = (nil, replay.cases)
        var unremoved: [ObjectUID: BlobAddress] = [:]
        let hasHolds = try index.hasHolds() || !replay.holds.isEmpty
        while true {
            try session.limit.check()
            let page = try index.cases(CaseFilter(), after: after, limit: Self.casesTogether)
            guard let last = page.last else { break }
            after = last.uid
            let entries = try CaseEntries(page.map(\.uid), in: index)
            for record in page {
                left.remove(record.uid)
                compareStrand(record.uid, entries.rows[record.uid] ?? [], entries.strands[.ofCase(record.uid)], &result)
                let known = entries.replay(record.uid) { list in
                    do {
                        return try session.recorder.opened(list, of: record, entries.openings)
                    } catch {
                        result.find(
                            "case \(record.uid): what its entries commit to cannot be opened: "
                                + ArchiveError(error).message)
                        return list
                    }
                }
                take(known, &unremoved, &result)
                try compare(record, known, entries, in: index, &result)
                guard hasHolds else { continue }
                do {
                    for row in try index.retentionRows(.ofCase(record.uid), after: nil, limit: .max) {
                        try compareHolds(of: row, known.facts, replay.holds, in: index, &result)
                    }
                } catch {
                    result.find("case \(record.uid): its holds cannot be compared: \(ArchiveError(error).message)")
                }
            }
        }
        // What is gone, and what the index has lost.
        let rest = left.sorted { $0.hex < $1.hex }
        for first in stride(from: 0, to: rest.count, by: Self.casesTogether) {
            let page = Array(rest[first..<min(first + Self.casesTogether, rest.count)])
            let entries = try CaseEntries(page, in: index)
            for uid in page {
                compareStrand(uid, entries.rows[uid] ?? [], entries.strands[.ofCase(uid)], &result)
                let known = entries.replay(uid)
                take(known, &unremoved, &result)
                if known.known != nil { result.find("case \(uid) is on the ledger and not in the index") }
                for row in entries.rows[uid] ?? [] where entries.openings[row.number] != nil {
                    result.find("entry \(row.number): what opens its commitments outlived its case")
                }
            }
        }
        return unremoved
    }

    /// The entries about some cases, with what opens their commitments.
    private struct CaseEntries {
        let rows: [CaseUID: [LedgerRow]]
        let openings: [UInt64: [OpeningRecord]]
        let strands: [Strand: StrandRecord]

        init(_ cases: [CaseUID], in index: IndexReader) throws {
            rows = try index.ledgerRows(ofCases: cases)
            strands = try index.strands(cases.map { Strand.ofCase($0) })
            openings = try index.ledgerOpenings(of: rows.values.flatMap { $0.map(\.number) })
        }

        typealias Entries = [(number: UInt64, entry: Entry)]

        func replay(_ uid: CaseUID, opening: (Entries) -> Entries = { $0 }) -> CaseReplay {
            var replay = CaseReplay(uid)
            // One that cannot be read was found before.
            let list = (rows[uid] ?? []).compactMap { row in (try? Entry(row.bytes)).map { (row.number, $0) } }
            for (number, entry) in opening(list) { replay.apply(entry, number: number) }
            return replay
        }
    }

    private func take(
        _ known: CaseReplay, _ unremoved: inout [ObjectUID: BlobAddress], _ result: inout Reconciliation
    ) {
        result.find(all: known.contradictions)
        unremoved.merge(known.unremoved) { first, _ in first }
        for address in known.removed where (try? session.store.open(address)) != nil {
            result.find("the blob \(address) is on the ledger as removed, and still there")
        }
    }

    private func compare(
        _ record: CaseRecord, _ known: CaseReplay, _ entries: CaseEntries, in index: IndexReader,
        _ result: inout Reconciliation
    ) throws {
        let verifications = try index.verifications(of: record.uid).map { ($0, try index.objects(of: $0.uid)) }
        result.cases += 1
        result.verifications += verifications.count
        do {
            let opened = try session.open(record)
            if session.keyring.tag(opened.particulars.caseID.utf8, purpose: .caseID) != record.caseIDTag
                || session.subjectTag(opened.particulars.subject) != record.subjectTag
            {
                result.find("case \(record.uid): a tag does not fit what it is of")
            }
            result.find(
                all: known.match(
                    record, hasSubject: opened.particulars.subject != nil,
                    hasConsent: opened.particulars.consent != nil,
                    events: try index.caseEvents(of: record.uid).map(\.event), verifications))
            for (verification, _) in verifications {
                _ = try session.details(of: verification, key: opened.key)
                guard verification.state == .awaiting else { continue }
                let token = try session.token(of: verification, key: opened.key)
                if session.tag(of: token) != verification.tokenTag {
                    result.find("case \(record.uid), verification \(verification.number): its token is another")
                }
            }
            for row in entries.rows[record.uid] ?? [] {
                do {
                    try checkOpenings(of: row, entries.openings[row.number] ?? [], in: index, &result) { opening in
                        guard opening.caseUID == record.uid else { return nil }
                        return try opened.key.openField(
                            opening.sealed,
                            context: session.contexts.opening(
                                entry: opening.entry, member: opening.member, caseUID: record.uid))
                    }
                } catch {
                    result.find("entry \(row.number): \(ArchiveError(error).message)")
                }
            }
        } catch {
            result.find("case \(record.uid): \(ArchiveError(error).message)")
        }
        for object in verifications.flatMap(\.1) {
            result.objects += 1
            do {
                _ = try session.objectKey(of: object)
                let length = try session.store.open(object.address).length
                if length != Padding.sealedLength(of: object.length) {
                    result.find("object \(object.uid): its blob \(object.address) has another length")
                }
            } catch {
                result.miss(object.uid, ArchiveError(error).message)
            }
        }
    }
}
