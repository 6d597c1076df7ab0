package import Base
package import Catalog
internal import Ledger
package import Sealing
internal import Synchronization

/// Checks the head of each state of the index that is looked at, and remembers how far this process has seen it.
package final class HeadWatch: Sendable {
    private struct State {
        /// The last that a key vouched for: what these bytes said once, they say again.
        var known: (body: [UInt8], mac: [UInt8], head: Head)?
        /// The highest counter of a state that was committed.
        var seen: UInt64 = 0
        /// The version of the schema that was compared last.
        var schema: Int64?
    }

    private let state = Mutex(State())

    package init() {}

    /// A state that is looked at from now on has a counter of at least this.
    package var seen: UInt64 { state.withLock { $0.seen } }

    /// The head of a state of the index, once a key has vouched for it.
    ///
    /// - Parameters:
    ///   - floor: what ``seen`` was before the state was begun to be read.
    ///   - isCommitted: it is no state that may still be rolled back.
    /// - Throws: ``CatalogError/damaged(_:)``; ``ArchiveError`` where the keyring is an older one.
    package func check(
        _ index: IndexReader, by keyring: Keyring, archive: ArchiveUID, since floor: UInt64 = 0,
        isCommitted: Bool = false
    ) throws -> Head {
        try checkSchema(of: index)
        guard let (body, mac) = try index.head() else { throw CatalogError.damaged("it has no head") }
        let head: Head
        if let known = state.withLock({ $0.known }), known.body == body, known.mac == mac {
            head = known.head
        } else {
            guard keyring.hasVouched(for: body, by: mac, purpose: .head) else {
                throw CatalogError.damaged("no key of this archive vouches for its head: it was altered")
            }
            guard let read = Head(body), read.archive == archive else {
                throw CatalogError.damaged("its head is one of another archive, or of another version")
            }
            guard keyring.generation >= read.generation else {
                throw ArchiveError(
                    .badKeyring,
                    "the keyring is an old copy: generation \(keyring.generation), where the head of the index knows "
                        + "\(read.generation)",
                    remedy: "put back the newest copy of keyring.sealed")
            }
            head = read
        }
        guard head.counter >= floor else {
            throw CatalogError.damaged(
                "it is an older state than this program has seen: change \(head.counter), where there were \(floor)")
        }
        state.withLock { state in
            state.known = (body, mac, head)
            if isCommitted { state.seen = max(state.seen, head.counter) }
        }
        return head
    }

    /// What this process vouches for itself, and may not be committed yet.
    func note(_ head: Head, body: [UInt8], mac: [UInt8]) { state.withLock { $0.known = (body, mac, head) } }
}

extension HeadWatch {
    /// Sees that nothing was put into the schema or taken out of it, once for each of its versions: against leftovers
    /// and accidents. No promise rests on it.
    private func checkSchema(of index: IndexReader) throws {
        let version = try index.schemaVersion()
        guard state.withLock({ $0.schema != version }) else { return }
        if let first = try index.schemaDifferences().first {
            throw CatalogError.damaged("its schema is not the one of this program: \(first)")
        }
        state.withLock { $0.schema = version }
    }
}

/// The index of an open archive: whatever is read of it comes after its head was checked.
package struct VouchedIndex: Sendable {
    package let index: Index
    let watch: HeadWatch
    let keyring: Keyring
    let archive: ArchiveUID
    /// Also what no key vouches for can be looked at, by who looks for what was altered.
    let alsoAltered: Bool

    /// Runs `body` on one consistent state.
    package func read<Result>(_ body: (IndexReader) throws -> Result) throws -> Result {
        let floor = watch.seen
        return try index.read { reader in
            do { _ = try watch.check(reader, by: keyring, archive: archive, since: floor, isCommitted: true) } catch {
                guard alsoAltered, !CatalogError.isFailure(error) else { throw error }
            }
            return try body(reader)
        }
    }

    /// Removes what deleted rows left beside the index.
    package func eraseResidue(until limit: WaitLimit) throws -> Bool { try index.eraseResidue(until: limit) }

    package func compact(until limit: WaitLimit) throws -> (before: UInt64, after: UInt64) {
        try index.compact(until: limit)
    }
}
