package import Base
package import Catalog
package import Ledger
internal import Sealing

extension Recorder {
    /// Entries about a case with what they commit to: exact times and lengths, outcome, age. Of a case that is gone,
    /// nobody opens that any more; what is missing of one that lives is missing in what is returned.
    package func opened(
        _ entries: [(number: UInt64, entry: Entry)], of uid: CaseUID, in index: IndexReader
    ) throws -> [(number: UInt64, entry: Entry)] {
        guard let record = try index.caseRecord(uid) else { return entries }
        let numbers = entries.filter { $0.entry.event.isExact }.map(\.number)
        return try opened(entries, of: record, try index.ledgerOpenings(of: numbers))
    }

    /// The same, where the records were read.
    package func opened(
        _ entries: [(number: UInt64, entry: Entry)], of record: CaseRecord, _ openings: [UInt64: [OpeningRecord]]
    ) throws -> [(number: UInt64, entry: Entry)] {
        let key = try keyring.unwrap(record.key, context: contexts.caseKey(record.uid, epoch: record.key.epoch))
        return try entries.map { number, entry in
            guard entry.event.isExact, let found = openings[number] else { return (number, entry) }
            var opened: [String: Commitment.Opening] = [:]
            for opening in found where Entry.exactMembers.contains(opening.member) && opening.caseUID == record.uid {
                let context = contexts.opening(entry: number, member: opening.member, caseUID: record.uid)
                opened[opening.member] = Commitment.Opening(
                    bytes: try key.openField(opening.sealed, context: context))
            }
            return (number, try entry.opened(by: opened))
        }
    }
}

extension [String: Commitment.Opening] {
    /// Sees that these open what an entry commits to: a bag or a certificate without one would prove less than it says.
    package func open(_ commitments: [String: Commitment], of number: UInt64) throws {
        for (member, commitment) in commitments where self[member]?.commitment != commitment {
            throw CatalogError.damaged("what opens entry \(number) of the ledger is missing, or was altered")
        }
    }
}
