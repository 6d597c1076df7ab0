import Base
import Foundation
import Sealing
import TestSupport
import Testing

@testable import Ledger

/// The tree over strands, against vectors that another program made, and against itself.
struct StrandTests {
    private struct Vectors: Decodable {
        struct Leaf: Decodable {
            let name: String
            let place: UInt64
            let number: UInt64
            let hash: String
        }
        struct Root: Decodable {
            let count: UInt64
            let root: String
        }
        let leaves: [Leaf]
        let roots: [Root]
    }

    private let vectors: Vectors

    init() throws {
        let url = try #require(
            Bundle.module.url(forResource: "strands", withExtension: "json", subdirectory: "Vectors"))
        vectors = try JSONDecoder().decode(Vectors.self, from: Data(contentsOf: url))
    }

    private static func end(_ number: UInt64) -> StrandEnd {
        let strand =
            number < 4
            ? Strand.own[Int(number)]
            : .ofCase(CaseUID(bytes: Array(SHA256.digest(of: "case \(number)".utf8).bytes[..<16]))!)
        let place = number % 7
        return StrandEnd(strand, place: place, number: place == 0 ? 0 : number * 3 + place)
    }

    private static func tree(of count: UInt64) -> StrandTree {
        let hasher = MerkleHasher()
        var tree = StrandTree()
        for number in 0..<count {
            let leaf = hasher.leaf(end(number))
            if number < 4 { tree.replace(number, with: leaf, hasher) } else { tree.append(leaf, hasher) }
        }
        return tree
    }

    @Test func leavesAndRootsAreThoseOfAnotherProgram() throws {
        for leaf in vectors.leaves {
            let strand = try #require(Strand(name: leaf.name))
            let hash = MerkleHasher().leaf(StrandEnd(strand, place: leaf.place, number: leaf.number))
            #expect(hash.bytes.hex == leaf.hash, "\(leaf.name)")
        }
        #expect(vectors.roots.count >= 10)
        for vector in vectors.roots {
            let root = Self.tree(of: vector.count).root
            #expect(root.count == vector.count && root.hash.bytes.hex == vector.root, "\(vector.count) strands")
        }
    }

    /// A part of a tree that was read again goes on like the whole.
    @Test func partsOfATreeGrowLikeTheWhole() throws {
        var random = SeededGenerator.ofTest()
        let hasher = MerkleHasher()
        var whole = Self.tree(of: 4)
        var stored: [StrandNode: [MerkleHash]] = [:]
        func store(_ changes: [(node: StrandNode, children: [MerkleHash])]) {
            for (node, children) in changes { stored[node] = children }
        }
        store(whole.takeChanges())
        while whole.count < 700 {
            let replaced = (0..<Int.random(in: 0...3, using: &random)).map { _ in
                UInt64.random(in: 0..<whole.count, using: &random)
            }
            let added = Int.random(in: 0...20, using: &random)
            let wanted = StrandTree.nodes(above: replaced + [whole.count - 1], in: whole.count)
            var part = try StrandTree(whole.root, nodes: stored.filter { wanted.contains($0.key) })
            for leaf in replaced {
                let hash = MerkleHasher().leaf([UInt8.random(in: 0...255, using: &random)])
                part.replace(leaf, with: hash, hasher)
                whole.replace(leaf, with: hash, hasher)
                #expect(part[leaf] == hash)
            }
            for _ in 0..<added {
                let hash = MerkleHasher().leaf([UInt8.random(in: 0...255, using: &random), 1])
                #expect(part.append(hash, hasher) == whole.append(hash, hasher))
            }
            #expect(part.root == whole.root)
            store(part.takeChanges())
        }
    }

    /// Every byte of every stored node counts, and so does the number of leaves.
    @Test func whatWasAlteredIsRefused() throws {
        var whole = Self.tree(of: 300)
        let stored = Dictionary(uniqueKeysWithValues: whole.takeChanges().map { ($0.node, $0.children) })
        let wanted = StrandTree.nodes(above: [270], in: 300)
        #expect(wanted.count == 3)
        let path = stored.filter { wanted.contains($0.key) }
        #expect(throws: Never.self) { try StrandTree(whole.root, nodes: path) }
        for (node, children) in path {
            for slot in children.indices {
                var altered = path
                altered[node]![slot] = MerkleHasher().leaf([7])
                #expect(throws: StrandError.self) { try StrandTree(whole.root, nodes: altered) }
            }
            var altered = path
            altered[node]!.removeLast()
            #expect(throws: StrandError.self) { try StrandTree(whole.root, nodes: altered) }
            altered = path
            altered[node]!.append(children[0])
            #expect(throws: StrandError.self) { try StrandTree(whole.root, nodes: altered) }
            altered = path
            altered[node] = nil
            // A part of the tree says nothing of leaves that are not in it.
            #expect((try? StrandTree(whole.root, nodes: altered)).flatMap { $0[270] } == nil)
        }
        for count in [UInt64(0), 1, 16, 17, 256, 257, 271, 288, 4096, 4097, .max] {
            #expect(throws: StrandError.self) {
                try StrandTree(StrandRoot(count: count, hash: whole.root.hash), nodes: path)
            }
        }
    }

    /// Proved together, entries are proved as one by one.
    @Test func manyEntriesAreProvedAtOnce() throws {
        struct Nodes: MerkleNodes {
            var known: [MerkleNode: MerkleHash] = [:]
            func hashes(_ nodes: [MerkleNode]) throws -> [MerkleHash] {
                try nodes.map { try #require(known[$0]) }
            }
        }
        var random = SeededGenerator.ofTest()
        let hasher = MerkleHasher()
        var nodes = Nodes()
        var frontier = MerkleFrontier()
        var leaves: [MerkleHash] = []
        for size in 1...UInt64(70) {
            let entry = [UInt8(size)]
            leaves.append(hasher.leaf(entry))
            nodes.known[MerkleNode(level: 0, index: size - 1)] = leaves[Int(size - 1)]
            entry.withUnsafeBytes { frontier.append($0, hasher: hasher) { nodes.known[$0] = $1 } }
            for _ in 0..<8 {
                let chosen = Set(
                    (0..<Int.random(in: 0...12, using: &random)).map { _ in
                        UInt64.random(in: 0..<size, using: &random)
                    })
                var given = Dictionary(uniqueKeysWithValues: chosen.map { ($0, leaves[Int($0)]) })
                #expect(try MerkleTree.root(of: size, given: given, in: nodes) == frontier.root)
                guard let altered = chosen.randomElement(using: &random) else { continue }
                given[altered] = hasher.leaf([200])
                #expect(try MerkleTree.root(of: size, given: given, in: nodes) != frontier.root)
            }
        }
    }

    @Test func everyKindOfEntryHasItsStrand() throws {
        #expect(Strand(name: "rules") == .rules && Strand(name: "case") == nil && Strand(name: "") == nil)
        let uid = CaseUID(from: .system)
        #expect(Strand(name: uid.hex) == .ofCase(uid) && Strand(name: uid.hex.uppercased()) == nil)
        for level in [0, 1, 5, 11] {
            let node = StrandNode(level: level, index: 12345)
            #expect(StrandNode(position: node.position) == node)
        }
    }
}
