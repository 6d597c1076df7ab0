/// A complete node: the root of the entries `index << level ..< (index + 1) << level`. At level 0 it is an
/// entry.
public struct MerkleNode: Hashable, Sendable {
    public let level: Int
    public let index: UInt64

    public init(level: Int, index: UInt64) {
        self.level = level
        self.index = index
    }

    /// The place among all nodes above level 0, counted from 0 in the order in which entries complete them.
    public var position: UInt64 {
        precondition(level > 0)
        var before: UInt64 = 0
        var entries = ((index + 1) << level - 1) >> 1
        while entries > 0 {
            before += entries
            entries >>= 1
        }
        return before + UInt64(level - 1)
    }
}

/// Where hashes of complete nodes come from.
public protocol MerkleNodes {
    /// Of each of these nodes, in their order. What a root or a proof needs is asked for at once.
    func hashes(_ nodes: [MerkleNode]) throws -> [MerkleHash]
}

/// Roots and proofs by RFC 6962, sections 2.1 to 2.1.2, and RFC 9162, section 2.1.
///
/// Reading them from stored nodes takes at most two nodes a level.
public enum MerkleTree {
    /// The root of the first `size` entries.
    public static func root(of size: UInt64, in nodes: some MerkleNodes) throws -> MerkleHash {
        size == 0 ? MerkleHasher().emptyRoot : try roots([0..<size], nodes)[0]
    }

    /// The same from some leaves that are at hand, and the nodes beside the paths from them: it shows of all of them
    /// together whether they are what the root says. All nodes are asked for at once.
    ///
    /// - Parameter leaves: by the numbers of their entries.
    public static func root(
        of size: UInt64, given leaves: [UInt64: MerkleHash], in nodes: some MerkleNodes
    ) throws -> MerkleHash {
        guard !leaves.isEmpty else { return try root(of: size, in: nodes) }
        let numbers = leaves.keys.sorted()
        precondition(numbers[numbers.count - 1] < size)
        var ranges: [Range<UInt64>] = []
        collect(0..<size, numbers[...], &ranges)
        var hashes = try roots(ranges, nodes)[...]
        return hash(0..<size, numbers[...], leaves, &hashes, MerkleHasher())
    }

    /// The ranges without any of these entries, in their order.
    private static func collect(
        _ range: Range<UInt64>, _ numbers: ArraySlice<UInt64>, _ ranges: inout [Range<UInt64>]
    ) {
        guard !numbers.isEmpty else { return ranges.append(range) }
        guard range.count > 1 else { return }
        let middle = range.lowerBound + split(UInt64(range.count))
        let place = numbers.firstIndex { $0 >= middle } ?? numbers.endIndex
        collect(range.lowerBound..<middle, numbers[..<place], &ranges)
        collect(middle..<range.upperBound, numbers[place...], &ranges)
    }

    private static func hash(
        _ range: Range<UInt64>, _ numbers: ArraySlice<UInt64>, _ leaves: [UInt64: MerkleHash],
        _ hashes: inout ArraySlice<MerkleHash>, _ hasher: borrowing MerkleHasher
    ) -> MerkleHash {
        guard !numbers.isEmpty else { return hashes.popFirst()! }
        guard range.count > 1 else { return leaves[range.lowerBound]! }
        let middle = range.lowerBound + split(UInt64(range.count))
        let place = numbers.firstIndex { $0 >= middle } ?? numbers.endIndex
        let left = hash(range.lowerBound..<middle, numbers[..<place], leaves, &hashes, hasher)
        return hasher.node(left, hash(middle..<range.upperBound, numbers[place...], leaves, &hashes, hasher))
    }

    /// The path from entry `index` to the root of the first `size` entries, leaf side first.
    public static func inclusionProof(
        of index: UInt64, in size: UInt64, nodes: some MerkleNodes
    ) throws -> [MerkleHash] {
        precondition(index < size)
        var path: [Range<UInt64>] = []
        var range = 0..<size
        while range.count > 1 {
            let middle = range.lowerBound + split(UInt64(range.count))
            let (left, right) = (range.lowerBound..<middle, middle..<range.upperBound)
            path.append(index < middle ? right : left)
            range = index < middle ? left : right
        }
        return try roots(path.reversed(), nodes)
    }

    /// That the first `size` entries extend the first `old` of them.
    public static func consistencyProof(
        from old: UInt64, to size: UInt64, nodes: some MerkleNodes
    ) throws -> [MerkleHash] {
        precondition(old <= size)
        guard old > 0, old < size else { return [] }
        var proof: [Range<UInt64>] = []
        var range = 0..<size
        // Whether all of the old tree is within the range from its beginning.
        var isWhole = true
        while range.upperBound != old {
            let middle = range.lowerBound + split(UInt64(range.count))
            let (left, right) = (range.lowerBound..<middle, middle..<range.upperBound)
            if old <= middle {
                proof.append(right)
                range = left
            } else {
                proof.append(left)
                range = right
                isWhole = false
            }
        }
        if !isWhole { proof.append(range) }
        return try roots(proof.reversed(), nodes)
    }

    /// Whether a path leads from an entry's hash to a root (RFC 9162, 2.1.3.2).
    public static func verifyInclusion(
        of leaf: MerkleHash, at index: UInt64, in size: UInt64, root: MerkleHash, path: [MerkleHash]
    ) -> Bool {
        guard index < size else { return false }
        let hasher = MerkleHasher()
        var (position, last, hash) = (index, size - 1, leaf)
        for sibling in path {
            guard last > 0 else { return false }
            if position & 1 == 1 || position == last {
                hash = hasher.node(sibling, hash)
                while position & 1 == 0, position > 0 {
                    position >>= 1
                    last >>= 1
                }
            } else {
                hash = hasher.node(hash, sibling)
            }
            position >>= 1
            last >>= 1
        }
        return last == 0 && hash == root
    }

    /// Whether the tree with `newRoot` extends the one with `oldRoot` (RFC 9162, 2.1.4.2).
    public static func verifyConsistency(
        from old: UInt64, root oldRoot: MerkleHash, to new: UInt64, root newRoot: MerkleHash, proof: [MerkleHash]
    ) -> Bool {
        guard old <= new else { return false }
        let hasher = MerkleHasher()
        if old == new { return proof.isEmpty && oldRoot == newRoot }
        if old == 0 { return proof.isEmpty && oldRoot == hasher.emptyRoot }
        var path = proof[...]
        var (position, last) = (old - 1, new - 1)
        while position & 1 == 1 {
            position >>= 1
            last >>= 1
        }
        // A complete old tree is its own first hash.
        guard let seed = old.nonzeroBitCount == 1 ? oldRoot : path.popFirst() else { return false }
        var (oldHash, newHash) = (seed, seed)
        for sibling in path {
            guard last > 0 else { return false }
            if position & 1 == 1 || position == last {
                oldHash = hasher.node(sibling, oldHash)
                newHash = hasher.node(sibling, newHash)
                while position & 1 == 0, position > 0 {
                    position >>= 1
                    last >>= 1
                }
            } else {
                newHash = hasher.node(newHash, sibling)
            }
            position >>= 1
            last >>= 1
        }
        return last == 0 && oldHash == oldRoot && newHash == newRoot
    }

    /// The root of each range; it begins where a complete node of its size would.
    private static func roots(_ ranges: [Range<UInt64>], _ nodes: some MerkleNodes) throws -> [MerkleHash] {
        let parts = ranges.map(completeNodes)
        var hashes = try nodes.hashes(parts.flatMap(\.self))[...]
        let hasher = MerkleHasher()
        return parts.map { part in
            let own = hashes.prefix(part.count)
            hashes = hashes.dropFirst(part.count)
            return own.dropLast().reversed().reduce(own.last!) { hasher.node($1, $0) }
        }
    }

    /// The complete nodes that a range consists of, the largest first.
    private static func completeNodes(of range: Range<UInt64>) -> [MerkleNode] {
        var nodes: [MerkleNode] = []
        var start = range.lowerBound
        while start < range.upperBound {
            let level = 63 - (range.upperBound - start).leadingZeroBitCount
            nodes.append(MerkleNode(level: level, index: start >> UInt64(level)))
            start += 1 << UInt64(level)
        }
        return nodes
    }

    /// The largest power of two below `count`.
    private static func split(_ count: UInt64) -> UInt64 { 1 << (63 - (count - 1).leadingZeroBitCount) }
}

/// The tree over entries that come one after the other, in memory that grows with the logarithm of their
/// number: of each level at most the one node that waits for its right sibling.
public struct MerkleFrontier: Sendable {
    public private(set) var size: UInt64
    private var waiting: [MerkleHash]

    /// The frontier of no entries.
    public init() {
        size = 0
        waiting = []
    }

    /// The frontier after the first `size` entries of a stored tree.
    public init(after size: UInt64, in nodes: some MerkleNodes) throws {
        self.size = size
        var wanted: [MerkleNode] = []
        for level in (0..<64).reversed() where size >> UInt64(level) & 1 == 1 {
            wanted.append(MerkleNode(level: level, index: size >> UInt64(level) - 1))
        }
        waiting = try nodes.hashes(wanted)
    }

    /// Takes the next entry's bytes.
    ///
    /// - Parameter completed: called for each node that it completes, the lowest first.
    public mutating func append(
        _ entry: UnsafeRawBufferPointer, hasher: borrowing MerkleHasher,
        completed: (MerkleNode, MerkleHash) throws -> Void
    ) rethrows {
        var hash = hasher.leaf(entry)
        var (position, level) = (size, 0)
        while position & 1 == 1 {
            hash = hasher.node(waiting.removeLast(), hash)
            position >>= 1
            level += 1
            try completed(MerkleNode(level: level, index: position), hash)
        }
        waiting.append(hash)
        size += 1
    }

    /// Takes the next entry's bytes.
    public mutating func append(_ entry: UnsafeRawBufferPointer, hasher: borrowing MerkleHasher) {
        append(entry, hasher: hasher) { _, _ in }
    }

    public var root: MerkleHash {
        let hasher = MerkleHasher()
        guard var hash = waiting.last else { return hasher.emptyRoot }
        for left in waiting.dropLast().reversed() { hash = hasher.node(left, hash) }
        return hash
    }
}
