package import Catalog
internal import Foundation
package import Ledger
internal import Sealing
internal import Synchronization

/// What follows from the ledger's entries of some kinds, kept as far as it was read.
package final class LedgerBook<Content>: Sendable where Content: Sendable {
    private struct State {
        var content: Content
        /// How many entries of the ledger it has taken in, and their root: what a transaction read that never
        /// committed is of another history.
        var size: UInt64
        var root: MerkleHash?
    }

    private let kinds: [Event.Kind]
    private let initial: Content
    private let state: Mutex<State>
    private let apply: @Sendable (inout Content, Entry, UInt64) -> Void
    private let finish: @Sendable (inout Content) -> Void

    /// - Parameter finish: comes after the last entry that was read.
    package init(
        _ initial: Content, kinds: [Event.Kind], finish: @escaping @Sendable (inout Content) -> Void = { _ in },
        apply: @escaping @Sendable (inout Content, Entry, UInt64) -> Void
    ) {
        self.finish = finish
        self.initial = initial
        self.kinds = kinds
        self.apply = apply
        state = Mutex(State(content: initial, size: 0, root: nil))
    }

    /// The content as of a state of the index. Only what came since the last time is read; each entry is proved to be
    /// in the tree whose root the stored nodes give.
    package func content(in index: IndexReader, by recorder: Recorder) throws -> Content {
        let size = try index.ledgerSize()
        var (content, known, root) = state.withLock { ($0.content, $0.size, $0.root) }
        // Another history, or an older state than was read before.
        let isOther = try known > size || (known > 0 && root != MerkleTree.root(of: known, in: index.ledgerNodes))
        if isOther { (content, known) = (initial, 0) }
        guard known < size else { return content }
        for (number, entry) in try vouchedEntries(kinds, from: known, size: size, in: index, by: recorder) {
            apply(&content, entry, number)
        }
        finish(&content)
        root = try MerkleTree.root(of: size, in: index.ledgerNodes)
        state.withLock { state in
            guard state.size < size || known == 0 else { return }
            state = State(content: content, size: size, root: root)
        }
        return content
    }

    package func forget() { state.withLock { $0 = State(content: initial, size: 0, root: nil) } }
}

/// Which entries there are, up to a size of the ledger, from which what is held and who may do what follows. Kept in
/// the index under the archive's key: who has no key cannot leave one out.
package struct EntryNote: Equatable {
    /// Entries that may follow it before it is written anew.
    package static let distance: UInt64 = 500
    package static let kinds = Set(HoldBook.kinds + Authority.kinds)

    /// Entries of the ledger that it is about.
    package var size: UInt64 = 0
    /// In ascending order.
    package var numbers: [UInt64] = []

    package var bytes: [UInt8] {
        ([size] + numbers).flatMap { number in withUnsafeBytes(of: number.littleEndian) { Array($0) } }
    }

    package init() {}

    package init?(bytes: [UInt8]) {
        guard bytes.count >= 8, bytes.count % 8 == 0 else { return nil }
        let words = stride(from: 0, to: bytes.count, by: 8).map { place in
            (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[place + $1]) << (8 * UInt64($1)) }
        }
        (size, numbers) = (words[0], Array(words.dropFirst()))
    }
}

/// The note that was opened last, with the bytes that it was sealed as.
final class KnownEntryNote: Sendable {
    private let state = Mutex<(sealed: [UInt8], note: EntryNote)?>(nil)

    subscript(sealed: [UInt8]) -> EntryNote? {
        state.withLock { $0.flatMap { $0.sealed == sealed ? $0.note : nil } }
    }

    func remember(_ sealed: [UInt8], _ note: EntryNote) { state.withLock { $0 = (sealed, note) } }
}

extension Recorder {
    func entryNote(in index: IndexReader) throws -> EntryNote {
        guard let sealed = try index.entryNote() else { return EntryNote() }
        // Every transaction asks: what these bytes said once, they say again.
        if let known = knownNote[sealed] { return known }
        let bytes = try archiveKey(try index.archive()).openField(sealed, context: contexts.entryNote)
        guard let note = EntryNote(bytes: bytes) else { throw CatalogError.damaged("the note of entries") }
        knownNote.remember(sealed, note)
        return note
    }

    /// Writes the note anew, where many entries have come since.
    func renewEntryNote(in index: IndexWriter) throws {
        let size = try index.ledgerSize()
        var note = try entryNote(in: index)
        guard size >= note.size + EntryNote.distance else { return }
        note.numbers += try vouchedEntries(
            Array(EntryNote.kinds), from: note.size, size: size, in: index, by: self
        ).map(\.number)
        note.size = size
        try index.setEntryNote(
            archiveKey(try index.archive()).sealField(note.bytes, context: contexts.entryNote, randomness: randomness))
    }
}

/// Entries of some kinds in their order. None is left out and none is another than it was: up to the note of the
/// archive they are those that it names, each proved to be in the tree; behind it every entry is read and hashed,
/// whatever the index says of its kind.
package func vouchedEntries(
    _ kinds: [Event.Kind], from number: UInt64, size: UInt64, in index: IndexReader, by recorder: Recorder
) throws -> [(number: UInt64, entry: Entry)] {
    guard size <= 1 << 48 else { throw CatalogError.damaged("the ledger has \(size) entries") }
    let note = try recorder.entryNote(in: index)
    guard note.size <= size else { throw CatalogError.damaged("entries of the ledger are missing") }
    let wanted = Set(kinds)
    let noted = try note.numbers.filter { $0 >= number }.map { number in
        guard let row = try index.ledgerRow(number) else {
            throw CatalogError.damaged("ledger entry \(number) is missing")
        }
        return row
    }
    var found = try vouched(noted, size: size, in: index).filter { wanted.contains($0.entry.event.kind) }
    var next = max(number, note.size)
    guard next < size else { return found }
    let hasher = MerkleHasher()
    let names = Dictionary(uniqueKeysWithValues: kinds.map { ($0.rawValue, $0) })
    var frontier = try MerkleFrontier(after: next, in: index.ledgerNodes)
    while next < size {
        let rows = try index.ledgerRows(LedgerFilter(), from: next, limit: Int(min(1000, size - next)))
        guard !rows.isEmpty else { throw CatalogError.damaged("ledger entry \(next) is missing") }
        for row in rows {
            guard row.number == next else { throw CatalogError.damaged("ledger entry \(next) is missing") }
            row.bytes.withUnsafeBytes { frontier.append($0, hasher: hasher) }
            if let kind = kindName(row.bytes), names[kind] != nil { found.append((next, try Entry(row.bytes))) }
            next += 1
        }
    }
    guard frontier.root == (try MerkleTree.root(of: size, in: index.ledgerNodes)) else {
        throw CatalogError.damaged("the ledger was altered behind entry \(max(number, note.size))")
    }
    return found
}

/// The kind that an entry has by its own bytes. Inside of a text the quotes would be escaped.
private func kindName(_ bytes: [UInt8]) -> String? {
    let mark: StaticString = #""kind":""#
    // Every entry behind the note is looked at when an archive is opened: this has to be quick.
    return bytes.withUnsafeBytes { bytes in
        let length = mark.utf8CodeUnitCount
        guard let base = bytes.baseAddress, bytes.count > length,
            let place = (0...bytes.count - length).first(where: {
                bytes[$0] == mark.utf8Start[0] && memcmp(base + $0, mark.utf8Start, length) == 0
            })
        else { return nil }
        let rest = bytes[(place + length)...]
        guard let end = rest.firstIndex(of: UInt8(ascii: "\"")) else { return nil }
        return String(decoding: rest[..<end], as: UTF8.self)
    }
}

/// One entry, proved to be in the tree: one that was altered where it stands, with the columns beside it, is found.
func vouched(_ row: LedgerRow, in index: IndexReader) throws -> Entry {
    let size = try index.ledgerSize()
    guard size <= 1 << 48, let entry = try vouched([row], size: size, in: index).first?.entry else {
        throw CatalogError.damaged("ledger entry \(row.number) is missing")
    }
    return entry
}

private func vouched(
    _ rows: [LedgerRow], size: UInt64, in index: IndexReader
) throws -> [(number: UInt64, entry: Entry)] {
    guard !rows.isEmpty else { return [] }
    let nodes = index.ledgerNodes
    let root = try MerkleTree.root(of: size, in: nodes)
    let hasher = MerkleHasher()
    return try rows.sorted { $0.number < $1.number }.map { row in
        let path = try MerkleTree.inclusionProof(of: row.number, in: size, nodes: nodes)
        let entry = try Entry(row.bytes)
        guard MerkleTree.verifyInclusion(of: hasher.leaf(row.bytes), at: row.number, in: size, root: root, path: path)
        else { throw CatalogError.damaged("ledger entry \(row.number) was altered") }
        return (row.number, entry)
    }
}
