package import Catalog
package import Ledger
internal import Synchronization

/// What follows from the entries of a strand, kept as far as it was read.
package final class LedgerBook<Content>: Sendable where Content: Sendable {
    private struct State {
        var content: Content
        /// How far the strand was taken in.
        var end: StrandEnd
        /// Entries of the ledger at that time, and their root: what a transaction read that never committed is of
        /// another history.
        var size: UInt64 = 0
        var root: MerkleHash?
    }

    private let strand: Strand
    private let initial: Content
    private let state: Mutex<State>
    private let apply: @Sendable (inout Content, Entry, UInt64) -> Void
    private let finish: @Sendable (inout Content) -> Void

    /// - Parameter finish: comes after the last entry that was read.
    package init(
        _ initial: Content, of strand: Strand, finish: @escaping @Sendable (inout Content) -> Void = { _ in },
        apply: @escaping @Sendable (inout Content, Entry, UInt64) -> Void
    ) {
        self.strand = strand
        self.initial = initial
        self.apply = apply
        self.finish = finish
        state = Mutex(State(content: initial, end: StrandEnd(strand, place: 0, number: 0)))
    }

    /// The content as of a state of the index. Only what came since the last time is read, and proved.
    package func content(in index: IndexReader, _ roots: LedgerRoots) throws -> Content {
        var known = state.withLock { $0 }
        if known.size == roots.size, known.root == roots.root { return known.content }
        // Another history, or an older state than was read before.
        let isOther =
            try known.root.map { try !isBeginning(known.size, $0, of: roots, in: index) } ?? false
        if isOther { known = State(content: initial, end: StrandEnd(strand, place: 0, number: 0)) }
        for (number, entry) in try provedEntries(of: strand, behind: known.end, in: index, roots) {
            apply(&known.content, entry, number)
            known.end = known.end.extended(by: number)
        }
        finish(&known.content)
        (known.size, known.root) = (roots.size, roots.root)
        state.withLock { if $0.size < roots.size || isOther { $0 = known } }
        return known.content
    }

    /// What was known of one state is known of the next where no entry of this strand came in between.
    ///
    /// - Parameter strands: of the entries that came.
    func advance(from old: LedgerRoots, to new: LedgerRoots, by strands: Set<Strand>) {
        guard !strands.contains(strand) else { return }
        state.withLock { state in
            guard state.size == old.size, state.root == old.root else { return }
            (state.size, state.root) = (new.size, new.root)
        }
    }

    package func forget() {
        state.withLock { $0 = State(content: initial, end: StrandEnd(strand, place: 0, number: 0)) }
    }
}
