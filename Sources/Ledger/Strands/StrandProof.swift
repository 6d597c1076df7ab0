internal import Base

/// How many entries there are about one thing, and which is the last, by the root of the strands: a file that can be
/// checked without the archive. See <doc:Strands>.
public struct StrandProof: Equatable, Sendable {
    /// What the file begins with.
    public static let header = "strongroom/strand-proof@v1"
    /// Bytes of a file at most.
    public static let longest = 65_536

    public let end: StrandEnd
    /// Which leaf it is, from 0.
    public let leaf: UInt64
    /// How many leaves there are.
    public let count: UInt64
    /// The children of each node from the leaf upwards.
    public let path: [[MerkleHash]]

    public init(end: StrandEnd, leaf: UInt64, count: UInt64, path: [[MerkleHash]]) {
        self.end = end
        self.leaf = leaf
        self.count = count
        self.path = path
    }

    public var bytes: [UInt8] {
        let lines =
            [
                Self.header, "strand \(end.strand.name)", "place \(end.place)", "number \(end.number)", "leaf \(leaf)",
                "count \(count)",
            ] + path.map { $0.map { StrictBase64.encode($0.bytes) }.joined(separator: " ") }
        return Array(lines.map { $0 + "\n" }.joined().utf8)
    }

    public init(_ bytes: [UInt8]) throws(NoteError) {
        guard bytes.count <= Self.longest, let text = String(validating: bytes, as: UTF8.self), text.hasSuffix("\n")
        else { throw .badForm("it is not the proof of a strand") }
        let lines = text.dropLast().split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        func number(_ place: Int, _ word: String) -> UInt64? {
            guard lines[place].hasPrefix(word), let number = UInt64(lines[place].dropFirst(word.count)),
                lines[place] == word + String(number)
            else { return nil }
            return number
        }
        guard lines.count >= 7, lines.count <= 20, lines[0] == Self.header, lines[1].hasPrefix("strand "),
            let strand = Strand(name: String(lines[1].dropFirst(7))), let place = number(2, "place "),
            let last = number(3, "number "), let leaf = number(4, "leaf "), let count = number(5, "count ")
        else { throw .badForm("it is not the proof of a strand") }
        var path: [[MerkleHash]] = []
        for line in lines[6...] {
            var children: [MerkleHash] = []
            for text in line.split(separator: " ", omittingEmptySubsequences: false) {
                guard let hash = StrictBase64.decode(String(text)).flatMap({ MerkleHash(bytes: $0) }) else {
                    throw .badForm("a line of the proof is not hashes")
                }
                children.append(hash)
            }
            path.append(children)
        }
        self.init(end: StrandEnd(strand, place: place, number: last), leaf: leaf, count: count, path: path)
    }

    /// Whether it leads to this root.
    public func leads(to root: StrandRoot) -> Bool {
        guard count == root.count, leaf < count else { return false }
        var nodes: [StrandNode: [MerkleHash]] = [:]
        for (level, children) in path.enumerated() {
            var index = leaf
            for _ in 0...level { index /= StrandTree.fanOut }
            nodes[StrandNode(level: level, index: index)] = children
        }
        guard let tree = try? StrandTree(root, nodes: nodes) else { return false }
        return tree[leaf] == MerkleHasher().leaf(end)
    }
}

extension StrandTree {
    /// The proof of a leaf whose nodes are here.
    public func proof(of end: StrandEnd, leaf: UInt64) -> StrandProof {
        var path: [[MerkleHash]] = []
        for node in Self.nodes(above: [leaf], in: count).sorted(by: { $0.level < $1.level }) {
            path.append(children(of: node))
        }
        return StrandProof(end: end, leaf: leaf, count: count, path: path)
    }
}
