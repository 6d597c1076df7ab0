internal import Base
public import Catalog
internal import Foundation
public import Ledger

/// The entries of a strand: none is missing, none is another than it was, and there is no further one.
///
/// - Parameters:
///   - known: how far it was read before; the entries behind that are returned.
///   - roots: what a key vouched for.
/// - Throws: ``CatalogError/damaged(_:)``.
public func provedEntries(
    of strand: Strand, behind known: StrandEnd? = nil, in index: IndexReader, _ roots: LedgerRoots
) throws -> [(number: UInt64, entry: Entry)] {
    func altered(_ what: String) -> CatalogError {
        .damaged("what the ledger says of \(strand.caseUID.map { "case \($0)" } ?? strand.name) was altered: \(what)")
    }
    guard let record = try index.strands([strand])[strand] else { throw altered("the strand is missing") }
    let hasher = MerkleHasher()
    let tree = try index.strandTree(roots.strands, above: [record.leaf])
    guard tree[record.leaf] == hasher.leaf(record.end) else { throw altered("it is not as long as it was") }
    var end = known ?? StrandEnd(strand, place: 0, number: 0)
    var leaves: [UInt64: MerkleHash] = [:]
    let entries = try index.entries(of: strand, after: end.place == 0 ? nil : end.number).map { number, bytes in
        let entry = try Entry(bytes)
        guard entry.strand == strand, entry.place == end.next, number < roots.size else {
            throw altered("entry \(number) is not the next")
        }
        end = end.extended(by: number)
        leaves[number] = hasher.leaf(bytes)
        return (number, entry)
    }
    guard end == record.end else { throw altered("entries are missing, or too many") }
    guard try leaves.isEmpty || MerkleTree.root(of: roots.size, given: leaves, in: index.ledgerNodes) == roots.root
    else { throw altered("an entry is not the one that was recorded") }
    return entries
}

/// All entries of some strands of cases, as ``provedEntries(of:behind:in:_:)`` has them, proved together: half the
/// work.
///
/// - Throws: ``CatalogError/damaged(_:)`` where one of them was altered, whichever it is.
package func provedEntries(
    of records: [StrandRecord], in index: IndexReader, _ roots: LedgerRoots
) throws -> [(strand: Strand, entries: [(number: UInt64, entry: Entry)])] {
    let hasher = MerkleHasher()
    let tree = try index.strandTree(roots.strands, above: records.map(\.leaf))
    let rows = try index.ledgerRows(ofCases: records.compactMap(\.end.strand.caseUID))
    var leaves: [UInt64: MerkleHash] = [:]
    let found = try records.map { record in
        let strand = record.end.strand
        func altered(_ what: String) -> CatalogError {
            .damaged("what the ledger says of case \(strand.name) was altered: \(what)")
        }
        guard tree[record.leaf] == hasher.leaf(record.end) else { throw altered("it is not as long as it was") }
        var end = StrandEnd(strand, place: 0, number: 0)
        let entries = try (strand.caseUID.flatMap { rows[$0] } ?? []).map { row in
            let entry = try Entry(row.bytes)
            guard entry.strand == strand, entry.place == end.next, row.number < roots.size else {
                throw altered("entry \(row.number) is not the next")
            }
            end = end.extended(by: row.number)
            leaves[row.number] = hasher.leaf(row.bytes)
            return (row.number, entry)
        }
        guard end == record.end else { throw altered("entries are missing, or too many") }
        return (strand, entries)
    }
    guard try leaves.isEmpty || MerkleTree.root(of: roots.size, given: leaves, in: index.ledgerNodes) == roots.root
    else { throw CatalogError.damaged("an entry of the ledger was altered") }
    return found
}

/// Whether a ledger of `size` entries with this root is the beginning of the one that a key vouched for. Stored nodes
/// are not believed: they have to lead from the one to the other.
package func isBeginning(
    _ size: UInt64, _ root: MerkleHash, of roots: LedgerRoots, in index: IndexReader
) throws -> Bool {
    guard size <= roots.size else { return false }
    return MerkleTree.verifyConsistency(
        from: size, root: root, to: roots.size, root: roots.root,
        proof: try MerkleTree.consistencyProof(from: size, to: roots.size, nodes: index.ledgerNodes))
}

/// Entries that stand in the ledger as they were recorded, whatever the index says of them.
package func vouched(
    _ rows: [LedgerRow], in index: IndexReader, _ roots: LedgerRoots
) throws -> [(number: UInt64, entry: Entry)] {
    guard !rows.isEmpty else { return [] }
    let hasher = MerkleHasher()
    let leaves = Dictionary(rows.map { ($0.number, hasher.leaf($0.bytes)) }) { first, _ in first }
    guard leaves.keys.allSatisfy({ $0 < roots.size }),
        try MerkleTree.root(of: roots.size, given: leaves, in: index.ledgerNodes) == roots.root
    else { throw CatalogError.damaged("an entry of the ledger was altered") }
    return try rows.map { ($0.number, try Entry($0.bytes)) }
}
