internal import Base

/// How many tags there are, and the root of the tree over them.
public struct TagRoot: Hashable, Sendable {
    public let count: UInt64
    public let hash: MerkleHash

    public init(count: UInt64, hash: MerkleHash) { (self.count, self.hash) = (count, hash) }

    /// Of no tag.
    public static let none = TagRoot(count: 0, hash: MerkleHasher().node(TagNode(prefix: .root, children: [:])))
}

public enum TagError: Error, Equatable, Sendable {
    /// A branch that was altered.
    case badNode
    /// A branch that has to be there.
    case missingNode
    /// A leaf is to be changed, and is another than who changes it says.
    case notAsExpected
}

extension TagError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .badNode: "a node of the tree over tags was altered"
        case .missingNode: "a node of the tree over tags is missing"
        case .notAsExpected: "a tag is not the one that was kept"
        }
    }
}

/// A branch of the tree over tags. See <doc:Tags>.
public struct TagNode: Hashable, Sendable {
    enum Child: Hashable, Sendable {
        case leaf(TagLeaf)
        case branch(MerkleHash)
    }

    public let prefix: TagPath
    var children: [UInt8: Child]

    init(prefix: TagPath, children: [UInt8: Child]) { (self.prefix, self.children) = (prefix, children) }

    /// Reads what was stored. Whether it belongs to a tree shows where it is taken in.
    public init(prefix: TagPath, stored: [UInt8]) throws(TagError) {
        // Beyond a half-byte, two of them would come to the bytes of two others.
        guard prefix.halves.allSatisfy({ $0 < 16 }) else { throw .badNode }
        var children: [UInt8: Child] = [:]
        var rest = stored[...]
        while let half = rest.popFirst() {
            let child: Child
            switch rest.popFirst() {
            case 0:
                guard let leaf = TagLeaf(rest.prefix(TagLeaf.length)) else { throw .badNode }
                guard leaf.path.begins(with: prefix.followed(by: half)) else { throw .badNode }
                rest = rest.dropFirst(TagLeaf.length)
                child = .leaf(leaf)
            case 1:
                guard let hash = MerkleHash(bytes: rest.prefix(MerkleHash.length)) else { throw .badNode }
                rest = rest.dropFirst(MerkleHash.length)
                child = .branch(hash)
            default: throw .badNode
            }
            guard half < 16, children.updateValue(child, forKey: half) == nil else { throw .badNode }
        }
        guard children.count >= 2 || prefix.count == 0, prefix.count < TagPath.length else { throw .badNode }
        self.init(prefix: prefix, children: children)
    }

    /// The children as they are stored.
    public var stored: [UInt8] {
        children.sorted { $0.key < $1.key }.flatMap { half, child in
            switch child {
            case .leaf(let leaf): [half, 0] + leaf.bytes
            case .branch(let hash): [half, 1] + hash.bytes
            }
        }
    }
}

extension MerkleHasher {
    /// The leaf of a tag: SHA-256(`04` ‖ its bytes).
    func leaf(_ leaf: TagLeaf) -> MerkleHash { tagged(4, leaf.bytes) }

    /// A branch over tags: SHA-256(`05` ‖ prefix ‖ which children ‖ their hashes), as <doc:Tags> has it.
    func node(_ node: TagNode) -> MerkleHash {
        var bytes = [UInt8(node.prefix.count)] + node.prefix.packed
        let mask = node.children.keys.reduce(UInt16(0)) { $0 | 1 << UInt16($1) }
        bytes += [UInt8(mask >> 8), UInt8(mask & 255)]
        for half in UInt8(0)..<16 {
            switch node.children[half] {
            case .leaf(let leaf): bytes += self.leaf(leaf).bytes
            case .branch(let hash): bytes += hash.bytes
            case nil: break
            }
        }
        return tagged(5, bytes)
    }
}

/// The tree over tags, or the part of it that is needed: branches that were found to lead to a root that something
/// vouches for. A value. See <doc:Tags>.
public struct TagTree: Sendable {
    /// What the way to a path comes to.
    public enum Way: Equatable, Sendable {
        /// The leaves whose paths begin with it, one or none.
        case end([TagLeaf])
        /// Everything below this branch, which is here.
        case below(TagPath)
        /// The branch of a child that is not here: the first one whose prefix begins with this.
        case needs(TagPath)
    }

    private var nodes: [TagPath: TagNode] = [:]
    /// The branch of each child that is here, by its parent's prefix and its half-byte.
    private var branches: [TagPath: TagPath] = [:]
    private var changed: Set<TagPath> = []
    public private(set) var root: TagRoot

    /// - Parameter node: the one at the root; may be missing where there is no tag.
    public init(_ root: TagRoot, top node: TagNode?) throws(TagError) {
        let node = node ?? TagNode(prefix: .root, children: [:])
        guard node.prefix == .root else { throw .badNode }
        guard MerkleHasher().node(node) == root.hash else { throw .badNode }
        self.root = root
        nodes[.root] = node
    }

    /// Branches that are here.
    public var branchCount: Int { nodes.count }

    /// Takes in a branch that ``Way/needs(_:)`` asked for.
    public mutating func add(_ node: TagNode, at place: TagPath) throws(TagError) {
        guard let half = place.halves.last, node.prefix.begins(with: place),
            case .branch(let hash) = nodes[place.prefix(place.count - 1)]?.children[half],
            MerkleHasher().node(node) == hash
        else { throw .badNode }
        nodes[node.prefix] = node
        branches[place] = node.prefix
    }

    /// Where the way to a path leads, by what is here.
    public func way(to path: TagPath) -> Way {
        var at = TagPath.root
        while true {
            guard at.count < path.count else { return .below(at) }
            let place = path.prefix(at.count + 1)
            switch nodes[at]!.children[path.halves[at.count]] {
            case nil: return .end([])
            case .leaf(let leaf): return .end(leaf.path.begins(with: path) ? [leaf] : [])
            case .branch:
                guard let next = branches[place] else { return .needs(place) }
                if path.count <= next.count { return next.begins(with: path) ? .below(next) : .end([]) }
                guard path.begins(with: next) else { return .end([]) }
                at = next
            }
        }
    }

    /// All leaves below a branch that is here, in the order of their paths; or the place of a branch that is not.
    public func leaves(below prefix: TagPath) -> (leaves: [TagLeaf], needs: TagPath?) {
        var found: [TagLeaf] = []
        for half in UInt8(0)..<16 {
            switch nodes[prefix]!.children[half] {
            case nil: break
            case .leaf(let leaf): found.append(leaf)
            case .branch:
                let place = prefix.followed(by: half)
                guard let next = branches[place] else { return ([], place) }
                let below = leaves(below: next)
                if let place = below.needs { return ([], place) }
                found += below.leaves
            }
        }
        return (found, nil)
    }

    /// What is directly below a branch that is here.
    public enum Part: Sendable {
        case leaf(TagLeaf)
        /// The place of a branch.
        case branch(TagPath)
    }

    /// In the order of their paths.
    public func parts(of prefix: TagPath) -> [Part] {
        nodes[prefix]!.children.sorted { $0.key < $1.key }.map { half, child in
            switch child {
            case .leaf(let leaf): .leaf(leaf)
            case .branch: .branch(prefix.followed(by: half))
            }
        }
    }

    // MARK: Changing

    /// Puts a leaf in the place of another. The way to its path must be here, to its end.
    ///
    /// - Parameters:
    ///   - old: what is there; nil is nothing.
    ///   - new: what is to be there, with the same path; nil is nothing.
    /// - Throws: ``TagError/notAsExpected`` where something else is there.
    public mutating func replace(_ old: TagLeaf?, with new: TagLeaf?) throws(TagError) {
        guard let path = (new ?? old)?.path, old == nil || old?.path == path else { throw .notAsExpected }
        let child = try replace(old, with: new, at: path, in: .root, MerkleHasher()).child
        guard case .branch(let hash) = child else { throw .badNode }
        let count = root.count + (new == nil ? 0 : 1)
        guard old == nil || count > 0 else { throw .badNode }
        root = TagRoot(count: count - (old == nil ? 0 : 1), hash: hash)
    }

    /// - Returns: what stands in the place of the branch then, and where its own branch is, if that is here.
    private mutating func replace(
        _ old: TagLeaf?, with new: TagLeaf?, at path: TagPath, in prefix: TagPath, _ hasher: borrowing MerkleHasher
    ) throws(TagError) -> (child: TagNode.Child, prefix: TagPath?) {
        var node = nodes[prefix]!
        let half = path.halves[prefix.count]
        let place = prefix.followed(by: half)
        switch node.children[half] {
        case nil:
            guard old == nil else { throw .notAsExpected }
            node.children[half] = new.map { .leaf($0) }
        case .leaf(let leaf) where leaf.path == path:
            guard old == leaf else { throw .notAsExpected }
            node.children[half] = new.map { .leaf($0) }
        case .leaf(let leaf):
            guard old == nil else { throw .notAsExpected }
            if let new {
                node.children[half] = part(.leaf(leaf), leaf.path, .leaf(new), path, at: place, hasher)
            }
        case .branch(let hash):
            guard let next = branches[place] else { throw .missingNode }
            if path.begins(with: next) {
                (node.children[half], branches[place]) = try replace(old, with: new, at: path, in: next, hasher)
            } else {
                guard old == nil else { throw .notAsExpected }
                if let new {
                    node.children[half] = part(.branch(hash), next, .leaf(new), path, at: place, hasher)
                }
            }
        }
        changed.insert(prefix)
        if prefix != .root, node.children.count == 1, let (half, child) = node.children.first {
            // One alone needs no branch: it takes its place.
            nodes[prefix] = nil
            return (child, branches.removeValue(forKey: prefix.followed(by: half)))
        }
        nodes[prefix] = node
        return (.branch(hasher.node(node)), prefix)
    }

    /// Makes a branch where two paths part.
    private mutating func part(
        _ first: TagNode.Child, _ firstPath: TagPath, _ second: TagNode.Child, _ secondPath: TagPath,
        at place: TagPath, _ hasher: borrowing MerkleHasher
    ) -> TagNode.Child {
        let prefix = firstPath.common(secondPath)
        let half = firstPath.halves[prefix.count]
        let node = TagNode(prefix: prefix, children: [half: first, secondPath.halves[prefix.count]: second])
        if case .branch = first { branches[prefix.followed(by: half)] = firstPath }
        nodes[prefix] = node
        branches[place] = prefix
        changed.insert(prefix)
        return .branch(hasher.node(node))
    }

    /// The branches that were changed since the last time that this was asked; nil where one is gone.
    public mutating func takeChanges() -> [(prefix: TagPath, node: TagNode?)] {
        defer { changed = [] }
        return changed.map { ($0, nodes[$0]) }
    }
}
