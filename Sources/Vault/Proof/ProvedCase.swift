package import Base
package import Catalog
internal import Foundation
package import Ledger
internal import Retention
internal import Sealing

extension Session {
    /// A case as the index has it, once that is what the ledger says of it: what is known of it, its verifications, its
    /// objects and their addresses. Nothing is shown, handed out or added to before.
    ///
    /// - Throws: ``CatalogError/damaged(_:)`` with the first thing that differs.
    package func prove(_ record: CaseRecord, in index: IndexReader) throws -> OpenedCase {
        let opened = try open(record)
        let entries = try provedEntries(of: record.uid, in: index)
        var replay = CaseReplay(record.uid)
        for (number, entry) in try recorder.opened(entries, of: record.uid, in: index) {
            replay.apply(entry, number: number)
        }
        let verifications = try index.verifications(of: record.uid).map { ($0, try index.objects(of: $0.uid)) }
        let differences = replay.match(
            record, hasSubject: opened.particulars.subject != nil, hasConsent: opened.particulars.consent != nil,
            events: try index.caseEvents(of: record.uid).map(\.event), verifications)
        if let first = differences.first { throw CatalogError.damaged(first) }
        guard record.caseIDTag == keyring.tag(opened.particulars.caseID.utf8, purpose: .caseID),
            record.subjectTag == subjectTag(opened.particulars.subject)
        else { throw CatalogError.damaged("case \(record.uid): what it is found by is not what is sealed in it") }
        try proveParticulars(opened, entries, in: index)
        try proveFacts(opened, replay.facts, in: index)
        return opened
    }

    /// The ID of a case, as it was registered; nil of one that is gone.
    ///
    /// - Throws: ``CatalogError/damaged(_:)`` where the index has another, or none of a case that lives.
    package func provedCaseID(of uid: CaseUID, in index: IndexReader) throws -> String? {
        let entries = try provedEntries(of: uid, in: index)
        guard let record = try index.caseRecord(uid) else {
            guard entries.contains(where: { $0.entry.event.kind == .caseDestroyed }) else {
                throw CatalogError.damaged("case \(uid) is missing")
            }
            return nil
        }
        let opened = try open(record)
        try proveParticulars(opened, entries, in: index)
        return opened.particulars.caseID
    }

    /// What is decided by about the objects of a case is what the ledger says: their facts, approvals of their
    /// backstops, and the holds that bind them.
    private func proveFacts(
        _ opened: borrowing OpenedCase, _ facts: LedgerFacts, in index: IndexReader
    ) throws {
        let rows = try index.retentionRows(.ofCase(opened.record.uid), after: nil, limit: .max)
        let authority = try authority(in: index)
        guard
            rows.allSatisfy({ row in
                facts.agree(with: row, isAllowed: { $0.map { authority.allowed(.backstop, by: $0) } ?? true })
            })
        else {
            throw CatalogError.damaged(
                "case \(opened.record.uid): what is decided by about its media is not what the ledger says")
        }
        let book = try holdBook(in: index)
        guard try !book.isEmpty || index.hasHolds() else { return }
        let tags = book.expectsAny ? expectations(of: opened.particulars) : []
        for row in rows {
            let binding = facts.history(of: row.object).map { book.binding($0, expected: tags) } ?? []
            guard Set(row.facts.holds.map(\.matter)) == Set(binding.map(\.hex)) else {
                throw CatalogError.damaged("case \(opened.record.uid): what is held of it is not what the ledger says")
            }
        }
    }

    /// What identifies the person is what the entries committed to.
    func proveParticulars(
        _ opened: borrowing OpenedCase, _ entries: [(number: UInt64, entry: Entry)], in index: IndexReader
    ) throws {
        typealias Commitments = [String: (entry: UInt64, commitment: Commitment)]
        let commitments = entries.reduce(into: Commitments()) { found, next in
            func take(_ member: String, _ commitment: Commitment?) {
                if let commitment { found[member] = (next.number, commitment) }
            }
            switch next.entry.event {
            case .caseRegistered(let event):
                take("caseIDCommitment", event.caseID)
                take("subjectCommitment", event.subject)
                take("consentCommitment", event.consent)
            case .caseCompleted(let event):
                take("subjectCommitment", event.subject)
                take("consentCommitment", event.consent)
            default: break
            }
        }
        let uid = opened.record.uid
        let records = try index.ledgerOpenings(of: Set(commitments.values.map(\.entry)).sorted())
        for (member, text) in [
            ("caseIDCommitment", opened.particulars.caseID), ("subjectCommitment", opened.particulars.subject),
            ("consentCommitment", opened.particulars.consent),
        ] {
            guard let text else {
                guard commitments[member] == nil else {
                    throw CatalogError.damaged("case \(uid): what identifies the person is not what was registered")
                }
                continue
            }
            guard let (entry, commitment) = commitments[member],
                let record = records[entry]?.first(where: { $0.member == member }), record.caseUID == uid,
                let opening = Commitment.Opening(
                    bytes: try opened.key.openField(
                        record.sealed, context: contexts.opening(entry: entry, member: member, caseUID: uid))),
                opening.text == text, opening.commitment == commitment
            else { throw CatalogError.damaged("case \(uid): what identifies the person is not what was registered") }
        }
    }

}

extension DestroyedTagRecord {
    /// Whether it says what the entry does that it names.
    package func agrees(with entry: Entry) -> Bool {
        func same(_ a: Date, _ b: Date) -> Bool { abs(a.timeIntervalSince(b)) < 0.0005 }
        guard entry.strand == .ofCase(caseUID), same(entry.time, destroyedAt) else { return false }
        return switch (purpose, entry.event) {
        case (.caseID, .caseDestroyed(let event)): same(event.rememberedUntil, forgetAt)
        case (.token, .objectDestroyed), (.answer, .objectDestroyed): true
        default: false
        }
    }
}
