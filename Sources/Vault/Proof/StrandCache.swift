internal import Base
package import Catalog
package import Ledger
internal import Synchronization

/// Strands of cases that this process has read and proved, so that one command proves them once: between the look-up of
/// a case and the end of an access to it, only what came since is read.
package final class StrandCache: Sendable {
    /// A strand as far as it was proved.
    private struct Known {
        var end: StrandEnd
        var entries: [(number: UInt64, entry: Entry)]
        /// Entries of the ledger at that time, and their root.
        let roots: LedgerRoots
    }

    /// Entries that are kept, of all strands together; about 1 kB each.
    private static let mostEntries = 2_000
    private static let mostStrands = 64

    private struct State {
        /// The one that was asked for last is the last.
        var strands: [(strand: Strand, known: Known)] = []
        var count = 0
    }

    private let state = Mutex(State())

    package init() {}

    /// All entries of a strand, as ``provedEntries(of:behind:in:_:)`` returns them.
    package func entries(
        of strand: Strand, in index: IndexReader, _ roots: LedgerRoots
    ) throws -> [(number: UInt64, entry: Entry)] {
        if let known = take(strand), try known.roots == roots || isBeginning(known.roots, of: roots, in: index) {
            var (entries, end) = (known.entries, known.end)
            for next in try provedEntries(of: strand, behind: end, in: index, roots) {
                end = end.extended(by: next.number)
                entries.append(next)
            }
            put(strand, Known(end: end, entries: entries, roots: roots))
            return entries
        }
        let entries = try provedEntries(of: strand, in: index, roots)
        let end = entries.reduce(StrandEnd(strand, place: 0, number: 0)) { $0.extended(by: $1.number) }
        put(strand, Known(end: end, entries: entries, roots: roots))
        return entries
    }

    package func forget() { state.withLock { $0 = State() } }

    /// What a transaction read that never committed is of another history, and an older state than was read before
    /// does not have all of it: both are proved from their beginning.
    private func isBeginning(_ known: LedgerRoots, of roots: LedgerRoots, in index: IndexReader) throws -> Bool {
        try Vault.isBeginning(known.size, known.root, of: roots, in: index)
    }

    private func take(_ strand: Strand) -> Known? {
        state.withLock { state in
            guard let place = state.strands.lastIndex(where: { $0.strand == strand }) else { return nil }
            let known = state.strands.remove(at: place).known
            state.count -= known.entries.count
            return known
        }
    }

    private func put(_ strand: Strand, _ known: Known) {
        guard known.entries.count <= Self.mostEntries else { return }
        state.withLock { state in
            if let place = state.strands.firstIndex(where: { $0.strand == strand }) {
                state.count -= state.strands.remove(at: place).known.entries.count
            }
            state.strands.append((strand, known))
            state.count += known.entries.count
            while state.count > Self.mostEntries || state.strands.count > Self.mostStrands {
                state.count -= state.strands.removeFirst().known.entries.count
            }
        }
    }
}
