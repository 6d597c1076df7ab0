internal import Base

/// A node of the tree over strands, by its level, counted from 0 above the leaves, and its place there.
public struct StrandNode: Hashable, Sendable {
    public let level: Int
    public let index: UInt64

    public init(level: Int, index: UInt64) { (self.level, self.index) = (level, index) }

    /// Another number for every node: the level in the upper 8 bits.
    public var position: Int64 { Int64(level) << 55 | Int64(index) }

    public init(position: Int64) { self.init(level: Int(position >> 55), index: UInt64(position & (1 << 55 - 1))) }

    var parent: StrandNode { StrandNode(level: level + 1, index: index / StrandTree.fanOut) }
    /// Its place among the children of its parent.
    var slot: Int { Int(index % StrandTree.fanOut) }
}

/// How many strands there are, and the root of the tree over them.
public struct StrandRoot: Hashable, Sendable {
    public let count: UInt64
    public let hash: MerkleHash

    public init(count: UInt64, hash: MerkleHash) { (self.count, self.hash) = (count, hash) }
}

/// The tree over the ends of all strands, or the part of it that is needed: nodes with the hashes of their children.
/// A value; nothing of it is believed before it was found to lead to a root that something vouches for. See
/// <doc:Strands>.
public struct StrandTree: Sendable {
    /// Children of a node at most.
    public static let fanOut: UInt64 = 16
    /// Leaves of a tree at most.
    public static let most: UInt64 = 1 << 48

    /// How many leaves it has.
    public private(set) var count: UInt64
    private var nodes: [StrandNode: [MerkleHash]]
    private var changed: Set<StrandNode> = []

    /// The tree of an archive that has no entry yet: its own strands.
    public init() {
        count = 0
        nodes = [StrandNode(level: 0, index: 0): []]
        let hasher = MerkleHasher()
        for strand in Strand.own { append(hasher.leaf(StrandEnd(strand, place: 0, number: 0)), hasher) }
    }

    /// Takes nodes that were stored, once they lead to the root: each has as many children as the number of leaves asks
    /// for, and stands as a child in the one above it.
    ///
    /// - Parameter nodes: those that ``nodes(above:in:)`` names.
    /// - Throws: ``StrandError``.
    public init(_ root: StrandRoot, nodes: [StrandNode: [MerkleHash]]) throws(StrandError) {
        guard root.count <= Self.most else { throw .badRoot }
        count = root.count
        self.nodes = nodes
        let hasher = MerkleHasher()
        let top = Self.top(of: count)
        for (node, children) in nodes {
            guard node.level <= top.level, UInt64(children.count) == Self.children(of: node, in: count) else {
                throw .badNode(node)
            }
            let hash = hasher.node(children)
            if node == top {
                guard hash == root.hash else { throw .badRoot }
                continue
            }
            guard let above = nodes[node.parent], node.slot < above.count else { throw .missingNode(node.parent) }
            guard above[node.slot] == hash else { throw .badNode(node) }
        }
        guard nodes[top] != nil else { throw .missingNode(top) }
    }

    /// The highest node of a tree with so many leaves.
    private static func top(of count: UInt64) -> StrandNode {
        var (level, width) = (0, fanOut)
        while width < count { (level, width) = (level + 1, width * fanOut) }
        return StrandNode(level: level, index: 0)
    }

    /// How many children a node has.
    private static func children(of node: StrandNode, in count: UInt64) -> UInt64 {
        // Children of this level in the whole tree.
        var width = count
        for _ in 0..<node.level { width = (width + fanOut - 1) / fanOut }
        let before = node.index * fanOut
        return before >= width ? 0 : min(fanOut, width - before)
    }

    /// The nodes between some leaves and the root. For a leaf that is to be appended ask for the last one.
    public static func nodes(above leaves: some Sequence<UInt64>, in count: UInt64) -> Set<StrandNode> {
        let top = top(of: count)
        var found: Set<StrandNode> = [top]
        for leaf in leaves {
            var node = StrandNode(level: 0, index: leaf / fanOut)
            while node.level < top.level, found.insert(node).inserted { node = node.parent }
        }
        return found
    }

    /// Whether it has this root, and the nodes between these leaves and it.
    public func has(above leaves: some Sequence<UInt64>, in root: StrandRoot) -> Bool {
        count == root.count && Self.nodes(above: leaves, in: count).allSatisfy { nodes[$0] != nil } && self.root == root
    }

    /// The hash of a leaf; nil where its node is not here, or there is none.
    public subscript(leaf: UInt64) -> MerkleHash? {
        guard leaf < count, let children = nodes[StrandNode(level: 0, index: leaf / Self.fanOut)] else { return nil }
        return children[Int(leaf % Self.fanOut)]
    }

    /// Exchanges a leaf whose nodes are here.
    public mutating func replace(_ leaf: UInt64, with hash: MerkleHash, _ hasher: borrowing MerkleHasher) {
        precondition(leaf < count)
        set(StrandNode(level: 0, index: leaf / Self.fanOut), Int(leaf % Self.fanOut), hash, hasher)
    }

    /// Adds a leaf at the end; the nodes of the last one must be here.
    ///
    /// - Returns: its place, counted from 0.
    @discardableResult
    public mutating func append(_ hash: MerkleHash, _ hasher: borrowing MerkleHasher) -> UInt64 {
        precondition(count < Self.most)
        let old = Self.top(of: count)
        let leaf = count
        count += 1
        let top = Self.top(of: count)
        if top.level > old.level {
            // The old root is the first child of the new one.
            nodes[top] = [hasher.node(nodes[old]!)]
        }
        set(StrandNode(level: 0, index: leaf / Self.fanOut), Int(leaf % Self.fanOut), hash, hasher)
        return leaf
    }

    private mutating func set(
        _ node: StrandNode, _ slot: Int, _ hash: MerkleHash, _ hasher: borrowing MerkleHasher
    ) {
        let top = Self.top(of: count)
        var (node, slot, hash) = (node, slot, hash)
        while true {
            var children = nodes[node] ?? []
            precondition(slot <= children.count, "a node of the path is missing")
            if slot == children.count { children.append(hash) } else { children[slot] = hash }
            nodes[node] = children
            changed.insert(node)
            if node == top { return }
            (slot, hash, node) = (node.slot, hasher.node(children), node.parent)
        }
    }

    public var root: StrandRoot {
        StrandRoot(count: count, hash: MerkleHasher().node(nodes[Self.top(of: count)]!))
    }

    /// The hashes of the children of a node that is here.
    func children(of node: StrandNode) -> [MerkleHash] { nodes[node]! }

    mutating func forgetChanges() { changed = [] }

    /// The nodes that were changed since the last time that this was asked, with their children.
    public mutating func takeChanges() -> [(node: StrandNode, children: [MerkleHash])] {
        defer { changed = [] }
        return changed.map { ($0, nodes[$0]!) }
    }
}

public enum StrandError: Error, Equatable, Sendable {
    case badRoot
    case badNode(StrandNode)
    case missingNode(StrandNode)
}

extension StrandError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .badRoot: "the root of the strands is not the one that is vouched for"
        case .badNode(let node): "node \(node.index) of level \(node.level) of the strands was altered"
        case .missingNode(let node): "node \(node.index) of level \(node.level) of the strands is missing"
        }
    }
}
