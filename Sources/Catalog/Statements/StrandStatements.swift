internal import Base
internal import Foundation
public import Ledger

extension Strand: Bindable {
    static var kind: Value.Kind { .bytes }
    /// A case's UID, or the word.
    var value: Value { .bytes(caseUID?.bytes ?? Array(name.utf8)) }
}

extension Row {
    func strand(_ column: String) throws -> Strand {
        guard let bytes = try bytes(column) else { throw CatalogError.damaged(column) }
        if let uid = CaseUID(bytes: bytes) { return .ofCase(uid) }
        guard let own = Strand.own.first(where: { Array($0.name.utf8) == bytes }) else {
            throw CatalogError.damaged(column)
        }
        return own
    }
}

/// A strand as the index keeps it.
public struct StrandRecord: Equatable, Sendable {
    /// Which leaf of the tree it is, from 0.
    public let leaf: UInt64
    public let end: StrandEnd
}

extension IndexReader {
    /// How far some strands have come, as the index says; those that it does not know are missing.
    public func strands(_ strands: some Collection<Strand>) throws -> [Strand: StrandRecord] {
        let found = try rows(about: Array(strands)) {
            "SELECT ordinal, name, place, number FROM strand WHERE name IN (\($0))"
        }
        return try Dictionary(found.map(Self.strand).map { ($0.end.strand, $0) }) { first, _ in first }
    }

    /// Strands in the order of their leaves, from one on.
    public func strands(from leaf: UInt64, limit: Int) throws -> [StrandRecord] {
        try rows(
            "SELECT ordinal, name, place, number FROM strand WHERE ordinal >= ? ORDER BY ordinal LIMIT ?",
            [Int64(clamping: leaf), limit]
        ).map(Self.strand)
    }

    private static func strand(_ row: Row) throws -> StrandRecord {
        StrandRecord(
            leaf: try row.unsigned("ordinal"),
            end: StrandEnd(
                try row.strand("name"), place: try row.unsigned("place"), number: try row.unsigned("number")))
    }

    /// The hashes of the children of a node, as they are stored.
    public func strandChildren(_ node: StrandNode) throws -> [MerkleHash]? {
        try row("SELECT children FROM strand_node WHERE position = ?", [node.position]).map { try Self.hashes($0[0]) }
    }

    public func strandNodeCount() throws -> Int { try count("SELECT count(*) FROM strand_node") }

    /// Part of the tree over strands: the nodes above some leaves, once they lead to a root.
    public func strandTree(_ root: StrandRoot, above leaves: some Sequence<UInt64>) throws -> StrandTree {
        guard root.count <= StrandTree.most else { throw CatalogError.damaged("there are \(root.count) strands") }
        let wanted = StrandTree.nodes(above: leaves, in: root.count)
        let rows = try rows(about: wanted.map(\.position)) {
            "SELECT position, children FROM strand_node WHERE position IN (\($0))"
        }
        var nodes: [StrandNode: [MerkleHash]] = [:]
        for row in rows { nodes[StrandNode(position: try row[0])] = try Self.hashes(try row[1]) }
        do { return try StrandTree(root, nodes: nodes) } catch { throw CatalogError.damaged("\(error)") }
    }

    private static func hashes(_ bytes: [UInt8]) throws -> [MerkleHash] {
        guard bytes.count % MerkleHash.length == 0 else { throw CatalogError.damaged("children") }
        return stride(from: 0, to: bytes.count, by: MerkleHash.length).map {
            MerkleHash(bytes: bytes[$0..<$0 + MerkleHash.length])!
        }
    }

    /// What the stored entries and nodes come to. Nothing vouches for it.
    public func storedRoots() throws -> LedgerRoots {
        let size = try ledgerSize()
        guard size > 0 else { return .none }
        let count = try row("SELECT ordinal FROM strand ORDER BY ordinal DESC LIMIT 1").map {
            try $0.unsigned("ordinal") + 1
        }
        guard let count, let top = StrandTree.nodes(above: [], in: count).first,
            let children = try row("SELECT children FROM strand_node WHERE position = ?", [top.position])
        else { throw CatalogError.damaged("the ledger has no strands") }
        return LedgerRoots(
            size: size, root: try MerkleTree.root(of: size, in: ledgerNodes),
            strands: StrandRoot(count: count, hash: MerkleHasher().node(try Self.hashes(try children[0]))))
    }

    /// The entries of a strand behind a number, in their order.
    public func entries(of strand: Strand, after number: UInt64?) throws -> [(number: UInt64, bytes: [UInt8])] {
        try rows(
            "SELECT number, entry FROM ledger_entry WHERE strand = ? AND number > ? ORDER BY number",
            [strand, number.map { Int64(clamping: $0) } ?? -1]
        ).map { (try $0.unsigned("number"), try $0[1]) }
    }
}

/// Where the next entry goes: what is known of the end of a ledger.
struct LedgerEnd {
    let roots: LedgerRoots
    let frontier: MerkleFrontier
    /// The nodes that were met last.
    let tree: StrandTree
    /// Where the next line begins, bytes.
    let lineStart: UInt64
    /// The newest time of an entry.
    let newest: Date
}

extension IndexWriter {
    /// Appends entries to the ledger: each gets its number and its place in its strand, and both trees grow by it.
    ///
    /// - Parameters:
    ///   - roots: what vouches for the entries that are there. Whatever is extended has to lead to it.
    ///   - closing: makes an entry that comes last, from the root of the strands of all before it.
    /// - Returns: what it comes to then.
    /// - Throws: ``CatalogError/damaged(_:)`` where what is stored leads elsewhere.
    @discardableResult
    public func append(
        _ entries: [Entry], to roots: LedgerRoots, closing: ((StrandRoot) -> Entry)? = nil
    ) throws -> LedgerRoots {
        var appending = try Appending(self, roots)
        try appending.prepare(Set(entries.map(\.strand) + (closing == nil ? [] : [.work])))
        for entry in entries { try appending.append(entry) }
        if let closing { try appending.append(closing(try appending.strandRoot())) }
        return try appending.finish()
    }

    /// The entries that one transaction adds.
    private struct Appending {
        private let index: IndexWriter
        private let roots: LedgerRoots
        private var frontier: MerkleFrontier
        private var tree: StrandTree
        private var strands: [Strand: StrandRecord] = [:]
        /// Strands whose leaf is not in the tree yet as they are now.
        private var grown: [Strand] = []
        private var lineStart: UInt64
        private var newest: Date

        init(_ index: IndexWriter, _ roots: LedgerRoots) throws {
            self.index = index
            self.roots = roots
            if let end = index.group?.end, end.roots == roots {
                (frontier, tree, lineStart, newest) = (end.frontier, end.tree, end.lineStart, end.newest)
                index.group?.end = nil
                return
            }
            let last = try index.row(
                """
                SELECT number, line_start, length(entry) AS length, newest FROM ledger_entry
                ORDER BY number DESC LIMIT 1
                """
            )
            let size = try last.map { try $0.unsigned("number") + 1 } ?? 0
            guard size == roots.size else {
                throw CatalogError.damaged("the index has \(size) ledger entries, where there are \(roots.size)")
            }
            frontier = try MerkleFrontier(after: size, in: index.ledgerNodes)
            guard frontier.root == roots.root else {
                throw CatalogError.damaged("the nodes of the ledger do not lead to its root")
            }
            lineStart = try last.map { try $0.unsigned("line_start") + $0.unsigned("length") + 1 } ?? 0
            newest = try last?.date("newest") ?? Date(milliseconds: 0)
            tree = StrandTree()
            if size == 0 {
                for (leaf, strand) in Strand.own.enumerated() {
                    let record = StrandRecord(leaf: UInt64(leaf), end: StrandEnd(strand, place: 0, number: 0))
                    strands[strand] = record
                    try insert(record)
                }
            }
        }

        /// Reads what is to be extended, and sees that it leads to the root.
        mutating func prepare(_ wanted: Set<Strand>) throws {
            guard frontier.size > 0 else { return }
            strands = try index.strands(wanted)
            var leaves = strands.values.map(\.leaf)
            if strands.count < wanted.count, roots.strands.count > 0 { leaves.append(roots.strands.count - 1) }
            if !tree.has(above: leaves, in: roots.strands) {
                tree = try index.strandTree(roots.strands, above: leaves)
            }
            let hasher = MerkleHasher()
            for record in strands.values where tree[record.leaf] != hasher.leaf(record.end) {
                throw CatalogError.damaged("the strand \(record.end.strand.name) was altered")
            }
        }

        mutating func append(_ entry: Entry) throws {
            var entry = entry
            let strand = entry.strand
            let number = frontier.size
            let record: StrandRecord
            if let known = strands[strand] {
                guard entry.event.kind != .caseRegistered else { throw CatalogError.exists("case") }
                record = known
            } else {
                guard entry.event.kind == .caseRegistered else {
                    throw CatalogError.damaged("the ledger knows no strand \(strand.name)")
                }
                record = StrandRecord(leaf: .max, end: StrandEnd(strand, place: 0, number: 0))
            }
            entry.place = record.end.next
            strands[strand] = StrandRecord(leaf: record.leaf, end: record.end.extended(by: number))
            if !grown.contains(strand) { grown.append(strand) }
            try insert(entry, number)
        }

        private mutating func insert(_ entry: Entry, _ number: UInt64) throws {
            let bytes = try entry.encoded()
            newest = max(newest, entry.time)
            try index.write(
                "ledger entry",
                """
                INSERT INTO ledger_entry (number, entry, line_start, kind, time, newest, actor_uid, strand)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """,
                [
                    number, bytes, lineStart, entry.event.kind.rawValue, entry.time, newest, entry.actor.uid,
                    entry.strand,
                ])
            let index = index
            let hasher = MerkleHasher()
            try bytes.withUnsafeBytes { buffer in
                try frontier.append(buffer, hasher: hasher) { node, hash in
                    try index.write(
                        "node of the ledger", "INSERT INTO ledger_node (position, hash) VALUES (?, ?)",
                        [node.position, hash.bytes])
                }
            }
            index.noteEntry(number, bytes)
            lineStart += UInt64(bytes.count) + 1
        }

        /// The root of the strands with all that was appended.
        mutating func strandRoot() throws -> StrandRoot {
            let hasher = MerkleHasher()
            for strand in grown {
                var record = strands[strand]!
                let hash = hasher.leaf(record.end)
                if record.leaf == .max {
                    record = StrandRecord(leaf: tree.append(hash, hasher), end: record.end)
                    strands[strand] = record
                    try insert(record)
                } else {
                    tree.replace(record.leaf, with: hash, hasher)
                    try index.write(
                        "strand", "UPDATE strand SET place = ?, number = ? WHERE ordinal = ?",
                        [record.end.place, record.end.number, record.leaf])
                }
            }
            grown = []
            return tree.root
        }

        private func insert(_ record: StrandRecord) throws {
            try index.write(
                "strand", "INSERT INTO strand (ordinal, name, place, number) VALUES (?, ?, ?, ?)",
                [record.leaf, record.end.strand, record.end.place, record.end.number])
        }

        mutating func finish() throws -> LedgerRoots {
            let root = try strandRoot()
            for (node, children) in tree.takeChanges() {
                try index.write(
                    "node of the strands",
                    """
                    INSERT INTO strand_node (position, children) VALUES (?, ?)
                    ON CONFLICT (position) DO UPDATE SET children = excluded.children
                    """, [node.position, children.flatMap(\.bytes)])
            }
            let extended = LedgerRoots(size: frontier.size, root: frontier.root, strands: root)
            index.group?.end = LedgerEnd(
                roots: extended, frontier: frontier, tree: tree, lineStart: lineStart, newest: newest)
            return extended
        }
    }
}
