internal import Base
package import Catalog
internal import Foundation
package import Ledger
internal import Sealing

/// A ledger up to an entry `strands`, with what signs for it: what goes out ends so.
package struct ClosedLedger: Sendable {
    package let checkpoint: Checkpoint
    package let note: SignedNote
    /// The number of the entry that closes it.
    package let closing: UInt64
    /// What that says.
    package let strands: StrandRoot
    /// The place of that entry in its strand.
    private let place: StrandPlace

    fileprivate init(
        checkpoint: Checkpoint, note: SignedNote, closing: UInt64, strands: StrandRoot, place: StrandPlace
    ) {
        self.checkpoint = checkpoint
        self.note = note
        self.closing = closing
        self.strands = strands
        self.place = place
    }

    /// That the entries about something, up to the one that closes the ledger, are all there are.
    ///
    /// - Parameter index: in the state in which that entry is the newest.
    package func proof(of strand: Strand, in index: IndexReader, _ roots: LedgerRoots) throws -> StrandProof {
        precondition(strand != .work && roots.size == closing + 1)
        guard let record = try index.strands([strand])[strand],
            let work = Strand.own.firstIndex(of: .work).map(UInt64.init)
        else { throw CatalogError.damaged("the strand \(strand.name) is missing") }
        // The tree as it was before the closing entry itself.
        var tree = try index.strandTree(roots.strands, above: [record.leaf, work])
        let hasher = MerkleHasher()
        let before = StrandEnd(.work, place: place.place - 1, number: place.before ?? 0)
        tree.replace(work, with: hasher.leaf(before), hasher)
        guard tree.root == strands, tree[record.leaf] == hasher.leaf(record.end) else {
            throw CatalogError.damaged("the strand \(strand.name) was altered")
        }
        return tree.proof(of: record.end, leaf: record.leaf)
    }
}

extension Session {
    /// Whether the newest entry closes the strands.
    func isClosed(_ index: IndexReader) throws -> Bool {
        let size = try head(in: index).roots.size
        guard size > 0, let row = try index.ledgerRow(size - 1) else { return false }
        return try Entry(row.bytes).event.kind == .strands
    }

    /// The ledger up to the newest entry that closes it, which is the newest of all in this state.
    func closedLedger(in index: IndexReader, of head: Head) throws -> ClosedLedger {
        guard head.roots.size > 0, let row = try index.ledgerRow(head.roots.size - 1) else {
            throw CatalogError.damaged("the ledger is empty")
        }
        return try closedLedger(row, in: index, head.roots)
    }

    /// The ledger up to the newest entry that closes it; there may be others behind it.
    package func closedLedger(in index: IndexReader) throws -> ClosedLedger {
        let roots = try head(in: index).roots
        var filter = LedgerFilter()
        filter.kind = Event.Kind.strands.rawValue
        guard let row = try index.newestLedgerRows(filter, limit: 1).last else {
            throw CatalogError.damaged("no entry closes the strands of the ledger")
        }
        return try closedLedger(row, in: index, roots)
    }

    /// Nothing is signed while the ledger is not the one that was published: the key would say two things.
    private func closedLedger(
        _ row: LedgerRow, in index: IndexReader, _ roots: LedgerRoots
    ) throws -> ClosedLedger {
        if let fork { throw fork }
        let size = row.number + 1
        guard size <= roots.size, let entry = try vouched([row], in: index, roots).first?.entry,
            case .strands(let event) = entry.event
        else { throw CatalogError.damaged("entry \(row.number) of the ledger was altered") }
        let root = try MerkleTree.root(of: size, in: index.ledgerNodes)
        guard try isBeginning(size, root, of: roots, in: index) else {
            throw CatalogError.damaged("the nodes of the ledger do not lead to its root")
        }
        let checkpoint = Checkpoint(origin: origin.origin, size: size, root: root)
        return ClosedLedger(
            checkpoint: checkpoint, note: checkpoint.signed(by: keyring.signer), closing: row.number,
            strands: event.root, place: entry.place)
    }
}
