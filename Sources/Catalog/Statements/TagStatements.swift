public import Base
internal import Foundation
public import Ledger
public import Sealing
internal import Synchronization

extension TagLeaf {
    public init(_ tag: Tag, _ purpose: Purpose, of caseUID: CaseUID, _ destruction: Destruction? = nil) {
        self.init(
            tag: tag.bytes, caseUID: caseUID, keyNumber: tag.keyNumber, purpose: purpose, destruction: destruction)
    }
}

extension DestroyedTagRecord {
    /// How it stands in the tree over tags.
    public var leaf: TagLeaf {
        let purpose: TagLeaf.Purpose =
            switch self.purpose {
            case .caseID: .caseID
            case .token: .token
            case .answer: .answer
            }
        return TagLeaf(
            tag, purpose, of: caseUID, .init(entry: entry, forgetAt: UInt64(max(0, forgetAt.milliseconds))))
    }
}

/// The part of the tree over tags that the last transaction of this process knew: writers meet the same branches again
/// and again. Its root says whether it is that of another transaction.
final class KnownTags: Sendable {
    /// Branches that are kept; a full one is about 3 kB.
    private static let mostBranches = 2_000

    private let tree = Mutex<TagTree?>(nil)

    init() {}

    /// Whoever takes it has it alone.
    func take(_ root: TagRoot) -> TagTree? {
        tree.withLock { tree in
            defer { tree = nil }
            return tree?.root == root ? tree : nil
        }
    }

    func keep(_ known: TagTree) {
        guard known.branchCount <= Self.mostBranches else { return }
        tree.withLock { $0 = known }
    }
}

extension IndexReader {
    /// All leaves of one tag, proved: none is missing, and none is another than it was.
    ///
    /// - Parameter root: what vouches for the tags.
    /// - Throws: ``CatalogError/damaged(_:)``.
    public func tagLeaves(of tag: Tag, _ root: TagRoot) throws -> [TagLeaf] {
        let path = TagPath(tag.bytes)
        var tree = try tagTree(root, to: [path])
        defer { knownTags?.keep(tree) }
        return try Self.telling {
            switch tree.way(to: path) {
            case .end(let leaves): return leaves
            case .needs: throw TagError.missingNode
            case .below(let prefix):
                // All of them at once: they stand one behind the other, each right before what is below it.
                var nodes = try rows(
                    "SELECT prefix, children FROM tag_node WHERE prefix > ? AND prefix < ? ORDER BY prefix",
                    [prefix.halves, prefix.halves + [16]]
                ).map(Self.tagNode)[...]
                var leaves: [TagLeaf] = []
                func collect(_ prefix: TagPath) throws {
                    for part in tree.parts(of: prefix) {
                        switch part {
                        case .leaf(let leaf): leaves.append(leaf)
                        case .branch(let place):
                            guard let node = nodes.popFirst() else { throw TagError.missingNode }
                            try tree.add(node, at: place)
                            try collect(node.prefix)
                        }
                    }
                }
                try collect(prefix)
                return leaves
            }
        }
    }

    /// Every leaf, proved, in the order of their paths. One branch of each level is in memory.
    public func forEachTagLeaf(_ root: TagRoot, _ body: (TagLeaf) throws -> Void) throws {
        var count: UInt64 = 0
        func walk(_ prefix: TagPath, _ tree: TagTree) throws {
            for part in tree.parts(of: prefix) {
                switch part {
                case .leaf(let leaf):
                    count += 1
                    try body(leaf)
                case .branch(let place):
                    var tree = tree
                    let node = try tagNode(under: place)
                    try Self.telling { try tree.add(node, at: place) }
                    try walk(node.prefix, tree)
                }
            }
        }
        try walk(TagPath([]), tagTree(root, to: []))
        guard count == root.count else { throw CatalogError.damaged("there are \(count) tags, and not \(root.count)") }
    }

    /// The part of the tree over tags that leads to some paths.
    func tagTree(_ root: TagRoot, to paths: [TagPath]) throws -> TagTree {
        // Tags are as good as drawn at random: so deep are nearly all branches.
        var (depth, width) = (2, root.count)
        while width > 0 { (depth, width) = (depth + 1, width / 16) }
        let known = knownTags?.take(root)
        var wanted: Set<[UInt8]> = known == nil ? [[]] : []
        for path in paths {
            var next = 1
            if let known {
                guard case .needs(let place) = known.way(to: path) else { continue }
                next = place.halves.count
            }
            for count in next..<max(depth + 1, next) { wanted.insert(Array(path.halves.prefix(count))) }
        }
        let rows = try rows(about: Array(wanted)) {
            "SELECT prefix, children FROM tag_node WHERE prefix IN (\($0))"
        }
        return try Self.telling {
            var stored: [[UInt8]: TagNode] = [:]
            for row in rows {
                let node = try Self.tagNode(row)
                stored[node.prefix.halves] = node
            }
            var tree = try known ?? TagTree(root, top: stored[[]])
            for path in paths {
                while case .needs(let place) = tree.way(to: path) {
                    var node: TagNode?
                    for count in place.halves.count...max(depth, place.halves.count) where node == nil {
                        node = stored[Array(path.halves.prefix(count))]
                    }
                    try tree.add(node ?? tagNode(under: place), at: place)
                }
            }
            return tree
        }
    }

    /// The first branch at a place or below it.
    private func tagNode(under place: TagPath) throws -> TagNode {
        let row = try row(
            "SELECT prefix, children FROM tag_node WHERE prefix >= ? ORDER BY prefix LIMIT 1", [place.halves])
        guard let row else { throw CatalogError.damaged("\(TagError.missingNode)") }
        return try Self.telling { try Self.tagNode(row) }
    }

    private static func tagNode(_ row: Row) throws -> TagNode {
        try TagNode(prefix: TagPath(halves: row[0]), stored: row[1])
    }

    fileprivate static func telling<Result>(_ body: () throws -> Result) throws -> Result {
        do { return try body() } catch let error as TagError { throw CatalogError.damaged("\(error)") }
    }

    // MARK: What the tables say

    /// Every leaf that the tables come to, in no order.
    public func forEachTag(_ body: (TagLeaf) throws -> Void) throws {
        try forEachDestroyedTag { try body($0.leaf) }
        func each(_ purpose: TagLeaf.Purpose, _ statement: String) throws {
            try forEachRow(statement) { row in
                try body(TagLeaf(try row.required(try row.tag("tag"), "tag"), purpose, of: try row.uid("uid")))
            }
        }
        try each(.caseID, "SELECT case_id_tag AS tag, case_id_tag_key AS tag_key, uid FROM cases")
        try each(
            .subject,
            "SELECT subject_tag AS tag, subject_tag_key AS tag_key, uid FROM cases WHERE subject_tag IS NOT NULL")
        for purpose in [TagLeaf.Purpose.token, .answer] {
            let (column, name) = purpose == .token ? ("token_tag", "token") : ("answer_tag", "answer")
            try each(
                purpose,
                """
                SELECT v.\(column) AS tag, v.\(column)_key AS tag_key, cases.uid AS uid
                FROM verification AS v JOIN cases ON cases.id = v.case_id
                WHERE v.\(column) IS NOT NULL AND NOT EXISTS (SELECT 1 FROM destroyed_tag AS d
                    WHERE d.tag = v.\(column) AND d.tag_key = v.\(column)_key AND d.purpose = '\(name)'
                        AND d.case_uid = cases.uid)
                """)
        }
    }
}

extension IndexWriter {
    /// Brings the tree over tags to what was changed in this transaction.
    ///
    /// - Parameter root: what vouches for the tags before it.
    /// - Throws: ``CatalogError/damaged(_:)`` where a tag that was changed was another than the one that was kept.
    public func applyTagChanges(to root: TagRoot) throws -> TagRoot {
        guard !tagChanges.isEmpty else { return root }
        // What goes and comes again at one place is one change, or none; and what comes is put in before anything goes:
        // a branch that is left with one child gives way to it, whose own branch need not have been read.
        var net: [TagPath: (old: TagLeaf?, new: TagLeaf?)] = [:]
        for (old, new) in tagChanges {
            guard let path = (new ?? old)?.path else { continue }
            net[path] = (net[path].map(\.old) ?? old, new)
        }
        let changes = net.values.filter { $0.old != $0.new }.sorted { $0.new != nil && $1.new == nil }
        var tree = try tagTree(root, to: changes.compactMap { ($0.new ?? $0.old)?.path })
        try Self.telling { for (old, new) in changes { try tree.replace(old, with: new) } }
        for (prefix, node) in tree.takeChanges() {
            if let node {
                let rows = try note(
                    """
                    INSERT INTO tag_node (prefix, children) VALUES (?, ?)
                    ON CONFLICT (prefix) DO UPDATE SET children = excluded.children
                    """, [prefix.halves, node.stored])
                guard rows == 1 else {
                    throw CatalogError.damaged("a node of its tags was not written: something in the schema ignores it")
                }
            } else {
                try note("DELETE FROM tag_node WHERE prefix = ?", [prefix.halves])
            }
        }
        forgetTagChanges()
        knownTags?.keep(tree)
        return tree.root
    }

    /// A tag that is exchanged for another, that comes, or that goes.
    func changeTag(_ purpose: TagLeaf.Purpose, of uid: CaseUID, from old: Tag?, to new: Tag?) {
        guard old != new else { return }
        if let old { noteTagChange(TagLeaf(old, purpose, of: uid), nil) }
        if let new { noteTagChange(nil, TagLeaf(new, purpose, of: uid)) }
    }

    /// What is live of a case goes with it; what is remembered of it stays.
    func removeLiveTags(of uid: CaseUID) throws {
        func isRemembered(_ tag: Tag, _ purpose: DestroyedTagRecord.Purpose) throws -> Bool {
            try destroyedTags(tag, purpose: purpose).contains { $0.caseUID == uid }
        }
        func remove(_ tag: Tag?, _ purpose: TagLeaf.Purpose, _ remembered: DestroyedTagRecord.Purpose?) throws {
            guard let tag else { return }
            if let remembered, try isRemembered(tag, remembered) { return }
            changeTag(purpose, of: uid, from: tag, to: nil)
        }
        guard let record = try caseRecord(uid) else { return }
        try remove(record.caseIDTag, .caseID, .caseID)
        try remove(record.subjectTag, .subject, nil)
        let verifications = try verifications(of: uid)
        for verification in verifications { try remove(verification.tokenTag, .token, .token) }
        for tag in Set(verifications.compactMap(\.answerTag)) { try remove(tag, .answer, .answer) }
    }

    /// Whether a verification that is there has a tag that is forgotten as destroyed.
    func isLive(_ record: DestroyedTagRecord) throws -> Bool {
        switch record.purpose {
        case .caseID: try caseRecord(record.caseUID)?.caseIDTag == record.tag
        case .token: try verifications(of: record.caseUID).contains { $0.tokenTag == record.tag }
        case .answer: try verifications(of: record.caseUID).contains { $0.answerTag == record.tag }
        }
    }
}
