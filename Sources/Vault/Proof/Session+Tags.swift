package import Base
package import Catalog
internal import Foundation
package import Ledger
package import Sealing

/// What is found by a tag: by the tree over tags, whose root the head vouches for. That nothing is found is proved,
/// too.
extension Session {
    /// The cases that a tag leads to, and whether what it is of was destroyed.
    package func leaves(
        of tag: Tag, _ purpose: TagLeaf.Purpose, in index: IndexReader
    ) throws -> [TagLeaf] {
        try index.tagLeaves(of: tag, head(in: index).tags).filter {
            $0.purpose == purpose && $0.keyNumber == tag.keyNumber
        }
    }

    /// The case with this ID that is there. What it is known by is opened later, and compared.
    package func caseRecord(of caseID: CaseID, in index: IndexReader) throws -> CaseRecord? {
        let tag = keyring.tag(caseID.text.utf8, purpose: .caseID)
        let live = try leaves(of: tag, .caseID, in: index).first { $0.destruction == nil }
        guard let live else { return nil }
        guard let record = try index.caseRecord(live.caseUID) else {
            throw CatalogError.damaged("case \(live.caseUID) is missing")
        }
        return record
    }

    /// The verification that an SDK token is of, unless something of it was destroyed.
    package func verification(token tag: Tag, in index: IndexReader) throws -> VerificationRecord? {
        try verification(of: leaves(of: tag, .token, in: index), in: index) { $0.tokenTag == tag }
    }

    /// The verification of a case that brought an answer, unless something of it was destroyed.
    package func verification(
        answer tag: Tag, of caseUID: CaseUID, in index: IndexReader
    ) throws -> VerificationRecord? {
        let leaves = try leaves(of: tag, .answer, in: index).filter { $0.caseUID == caseUID }
        return try verification(of: leaves, in: index) { $0.answerTag == tag }
    }

    private func verification(
        of leaves: [TagLeaf], in index: IndexReader, _ isIt: (VerificationRecord) -> Bool
    ) throws -> VerificationRecord? {
        guard let live = leaves.first(where: { $0.destruction == nil }) else { return nil }
        guard let owner = try index.caseRecord(live.caseUID),
            let record = try index.verifications(of: live.caseUID).first(where: isIt)
        else { throw CatalogError.damaged("case \(live.caseUID): a verification is missing, or what it is found by") }
        // The tags of two verifications of one case are not exchanged.
        _ = try prove(owner, in: index)
        return record
    }

    /// The cases of a person.
    package func cases(ofSubject tag: Tag, in index: IndexReader) throws -> Set<CaseUID> {
        Set(try leaves(of: tag, .subject, in: index).map(\.caseUID))
    }

    /// Sees that cases which were found by their subject are of that person, and that none is hidden.
    package func prove(_ records: [CaseRecord], ofSubject tag: Tag, in index: IndexReader) throws {
        let known = try cases(ofSubject: tag, in: index)
        guard try index.caseCount(subjectTag: tag) == known.count, records.allSatisfy({ known.contains($0.uid) }) else {
            throw CatalogError.damaged("the cases of this subject are not those that were registered")
        }
    }

    /// The last case with this ID that is gone, as long as it is remembered.
    package func remembered(_ caseID: CaseID, in index: IndexReader) throws -> DestroyedTagRecord? {
        try remembered(keyring.tag(caseID.text.utf8, purpose: .caseID), .caseID, in: index)
    }

    /// What is remembered under a tag of something destroyed: the last, once the ledger says so of its case.
    package func remembered(
        _ tag: Tag, _ purpose: DestroyedTagRecord.Purpose, in index: IndexReader
    ) throws -> DestroyedTagRecord? {
        let kind: TagLeaf.Purpose =
            switch purpose {
            case .caseID: .caseID
            case .token: .token
            case .answer: .answer
            }
        let last = try leaves(of: tag, kind, in: index).max {
            ($0.destruction?.entry ?? 0) < ($1.destruction?.entry ?? 0)
        }
        guard let last, let destruction = last.destruction else { return nil }
        let entries = try provedEntries(of: last.caseUID, in: index)
        if let entry = entries.first(where: { $0.number == destruction.entry })?.entry {
            let record = DestroyedTagRecord(
                tag: tag, purpose: purpose, caseUID: last.caseUID, entry: destruction.entry, destroyedAt: entry.time,
                forgetAt: Date(timeIntervalSince1970: Double(destruction.forgetAt) / 1000))
            if record.agrees(with: entry) { return record }
        }
        throw CatalogError.damaged("what is remembered of a destruction is not what the ledger says")
    }
}
