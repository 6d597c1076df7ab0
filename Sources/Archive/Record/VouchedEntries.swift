internal import Catalog
internal import Foundation
internal import Ledger
internal import Synchronization

/// What follows from the ledger's entries of some kinds, kept as far as it was read.
final class LedgerBook<Content>: Sendable where Content: Sendable {
    private struct State {
        var content: Content
        /// How many entries of the ledger it has taken in.
        var size: UInt64
    }

    private let kinds: [Event.Kind]
    private let initial: Content
    private let state: Mutex<State>
    private let apply: @Sendable (inout Content, Entry, UInt64) -> Void

    init(_ initial: Content, kinds: [Event.Kind], apply: @escaping @Sendable (inout Content, Entry, UInt64) -> Void) {
        self.initial = initial
        self.kinds = kinds
        self.apply = apply
        state = Mutex(State(content: initial, size: 0))
    }

    /// The content as of a state of the index. Only what came since the last time is read; each entry is proved to be
    /// in the tree whose root the stored nodes give.
    func content(in index: any CatalogReader) throws -> Content {
        let size = try index.ledgerSize()
        var (content, known) = state.withLock { ($0.content, $0.size) }
        // Another history, or an older state than was read before.
        if known > size { (content, known) = (initial, 0) }
        guard known < size else { return content }
        for (number, entry) in try vouchedEntries(kinds, from: known, size: size, in: index) {
            apply(&content, entry, number)
        }
        state.withLock { state in
            guard state.size < size || known == 0 else { return }
            state = State(content: content, size: size)
        }
        return content
    }

    func forget() { state.withLock { $0 = State(content: initial, size: 0) } }
}

/// Entries of some kinds in their order, each proved to be in the tree: one that was altered where it stands, with the
/// columns beside it, is found.
func vouchedEntries(
    _ kinds: [Event.Kind], from number: UInt64, size: UInt64, in index: any CatalogReader
) throws -> [(number: UInt64, entry: Entry)] {
    var rows: [LedgerRow] = []
    for kind in kinds {
        var filter = LedgerFilter()
        filter.kind = kind.rawValue
        rows += try index.ledgerRows(filter, from: number, limit: .max).filter { $0.number < size }
    }
    guard !rows.isEmpty else { return [] }
    let nodes = index.ledgerNodes
    let root = try MerkleTree.root(of: size, in: nodes)
    let hasher = MerkleHasher()
    return try rows.sorted { $0.number < $1.number }.map { row in
        let path = try MerkleTree.inclusionProof(of: row.number, in: size, nodes: nodes)
        let entry = try Entry(row.bytes)
        guard entry.event.kind.rawValue == row.kind,
            MerkleTree.verifyInclusion(of: hasher.leaf(row.bytes), at: row.number, in: size, root: root, path: path)
        else { throw CatalogError.damaged("ledger entry \(row.number) was altered") }
        return (row.number, entry)
    }
}
