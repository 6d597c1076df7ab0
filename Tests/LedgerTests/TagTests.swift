import Base
import Foundation
import TestSupport
import Testing

@testable import Ledger

/// The tree over tags, against vectors that another program made, and against a plain set.
struct TagTests {
    private struct Vectors: Decodable {
        struct Leaf: Decodable {
            let tag: String
            let `case`: String
            let key: UInt32
            let purpose: UInt8
            let entry: UInt64?
            let forgetAt: UInt64?
            let bytes: String?
            let hash: String?
        }
        struct Tree: Decodable {
            let name: String
            let count: UInt64
            let root: String
            let leaves: [Leaf]
        }
        let leaf: Leaf
        let trees: [Tree]
    }

    private let vectors: Vectors

    init() throws {
        let url = try #require(Bundle.module.url(forResource: "tags", withExtension: "json", subdirectory: "Vectors"))
        vectors = try JSONDecoder().decode(Vectors.self, from: Data(contentsOf: url))
    }

    private static func leaf(_ leaf: Vectors.Leaf) throws -> TagLeaf {
        TagLeaf(
            tag: try #require(Hexadecimal.bytes(leaf.tag)), caseUID: try #require(CaseUID(hex: leaf.case)),
            keyNumber: leaf.key, purpose: try #require(TagLeaf.Purpose(rawValue: leaf.purpose)),
            destruction: try leaf.entry.map {
                TagLeaf.Destruction(entry: $0, forgetAt: try #require(leaf.forgetAt))
            })
    }

    /// The tree as it is stored.
    private struct Store {
        var root = TagRoot.none
        var nodes: [TagPath: [UInt8]] = [:]

        func node(_ prefix: TagPath) throws -> TagNode? {
            try nodes[prefix].map { try TagNode(prefix: prefix, stored: $0) }
        }

        /// The part of the tree that leads to a path.
        func tree(to path: TagPath) throws -> TagTree {
            var tree = try TagTree(root, top: node(.root))
            while case .needs(let place) = tree.way(to: path) {
                let prefix = nodes.keys.filter { $0.begins(with: place) }.min { $0.count < $1.count }
                guard let prefix, let node = try node(prefix) else { throw TagError.missingNode }
                try tree.add(node, at: place)
            }
            return tree
        }

        mutating func replace(_ old: TagLeaf?, with new: TagLeaf?) throws {
            var tree = try tree(to: (new ?? old)!.path)
            try tree.replace(old, with: new)
            root = tree.root
            for (prefix, node) in tree.takeChanges() { nodes[prefix] = node?.stored }
        }

        func leaves(of tag: [UInt8]) throws -> [TagLeaf] {
            let path = TagPath(tag)
            var tree = try tree(to: path)
            guard case .below(let prefix) = tree.way(to: path) else {
                guard case .end(let leaves) = tree.way(to: path) else { throw TagError.missingNode }
                return leaves
            }
            while true {
                let (leaves, needs) = tree.leaves(below: prefix)
                guard let place = needs else { return leaves }
                let found = nodes.keys.filter { $0.begins(with: place) }.min { $0.count < $1.count }
                guard let found, let node = try node(found) else { throw TagError.missingNode }
                try tree.add(node, at: place)
            }
        }
    }

    @Test func leavesAndRootsAreThoseOfAnotherProgram() throws {
        let leaf = try Self.leaf(vectors.leaf)
        #expect(leaf.bytes.hex == vectors.leaf.bytes)
        #expect(MerkleHasher().leaf(leaf).bytes.hex == vectors.leaf.hash)
        #expect(TagLeaf(leaf.bytes[...]) == leaf)
        #expect(vectors.trees.count >= 10)
        var generator = SeededGenerator.ofTest()
        for vector in vectors.trees {
            // In any order, and with others that come and go meanwhile.
            var store = Store()
            let leaves = try vector.leaves.map(Self.leaf)
            let others = leaves.map {
                TagLeaf(
                    tag: Bool.random(using: &generator) ? $0.tag : $0.tag.reversed(),
                    caseUID: CaseUID(bytes: (0..<16).map { _ in .random(in: 0...255, using: &generator) })!,
                    keyNumber: 1, purpose: .subject)
            }
            for leaf in (leaves + others).shuffled(using: &generator) { try store.replace(nil, with: leaf) }
            for leaf in others.shuffled(using: &generator) { try store.replace(leaf, with: nil) }
            #expect(store.root.hash.bytes.hex == vector.root, "\(vector.name)")
            #expect(store.root.count == vector.count, "\(vector.name)")
            for leaf in leaves { #expect(try store.leaves(of: leaf.tag).contains(leaf), "\(vector.name)") }
        }
    }

    @Test func itIsTheSameAsASet() throws {
        var generator = SeededGenerator.ofTest()
        for _ in 0..<20 {
            var (store, known): (Store, [TagPath: TagLeaf]) = (Store(), [:])
            // Few tags, which begin alike, so that branches come and go at every depth.
            let tags = (0..<6).map { number -> [UInt8] in
                [UInt8](repeating: 0xab, count: [0, 1, 5, 31, 31, 31][number])
                    + (0..<([32, 31, 27, 1, 1, 1][number])).map { _ in UInt8.random(in: 0...255, using: &generator) }
            }
            let cases = (0..<4).map { number in
                CaseUID(bytes: [UInt8](repeating: 7, count: 15) + [UInt8(number * 16 + number % 2)])!
            }
            for _ in 0..<200 {
                let (tag, uid) = (tags.randomElement(using: &generator)!, cases.randomElement(using: &generator)!)
                let destruction =
                    Bool.random(using: &generator)
                    ? TagLeaf.Destruction(entry: .random(in: 0...9, using: &generator), forgetAt: 5) : nil
                let leaf = TagLeaf(
                    tag: tag, caseUID: uid, keyNumber: 1, purpose: .caseID, destruction: destruction)
                let old = known[leaf.path]
                let new = old != nil && Bool.random(using: &generator) ? nil : leaf
                try store.replace(old, with: new)
                known[leaf.path] = new
                // Who believes that something else is there changes nothing.
                let wrong = TagLeaf(tag: tag, caseUID: uid, keyNumber: 2, purpose: .caseID)
                #expect(throws: TagError.notAsExpected) { try store.replace(wrong, with: leaf) }
                if new != nil {
                    #expect(throws: TagError.notAsExpected) { try store.replace(nil, with: leaf) }
                }
            }
            #expect(store.root.count == UInt64(known.count))
            for tag in tags + [[UInt8](repeating: 0xab, count: 32)] {
                #expect(try Set(store.leaves(of: tag)) == Set(known.values.filter { $0.tag == tag }))
            }
            for leaf in known.values { try store.replace(leaf, with: nil) }
            #expect(store.root == .none)
            #expect(store.nodes.keys.filter { $0 != .root } == [])
        }
    }

    @Test(arguments: ["16 tags", "two cases of one tag", "a branch behind a branch", "two half-bytes further"])
    func everyAlteredByteIsNoticed(name: String) throws {
        var store = Store()
        var leaves = try vectors.trees.first { $0.name == name }?.leaves.map(Self.leaf) ?? []
        if leaves.isEmpty {
            // A branch whose children are all branches, behind half-bytes that all have.
            for first in [UInt8(0x13), 0x14] {
                for second in [UInt8(0x50), 0x51, 0x60, 0x61] {
                    leaves.append(
                        TagLeaf(
                            tag: [0xab, 0xcd, first, second] + [UInt8](repeating: second, count: 28),
                            caseUID: CaseUID(bytes: [UInt8](repeating: 9, count: 16))!, keyNumber: 1, purpose: .subject)
                    )
                }
            }
            leaves.append(
                TagLeaf(
                    tag: [UInt8](repeating: 0, count: 32), caseUID: CaseUID(bytes: [UInt8](repeating: 9, count: 16))!,
                    keyNumber: 1, purpose: .subject))
        }
        for leaf in leaves { try store.replace(nil, with: leaf) }
        // Noticed is what is refused. That something is not there, or another, must never be the answer.
        func isAltered(_ store: Store) -> Bool {
            var isNoticed = false
            for leaf in leaves {
                do {
                    guard try store.leaves(of: leaf.tag).contains(leaf) else { return false }
                } catch {
                    isNoticed = isNoticed || error is TagError
                }
            }
            return isNoticed
        }
        #expect(!isAltered(store))
        for (prefix, bytes) in store.nodes {
            for place in bytes.indices {
                var altered = store
                altered.nodes[prefix]![place] ^= 1
                #expect(isAltered(altered), "byte \(place) of \(prefix.halves)")
            }
            var altered = store
            altered.nodes[prefix] = nil
            #expect(isAltered(altered), "\(prefix.halves) is gone")
            // A prefix is hashed by its half-bytes: bits above them must not make it another one with the same hash.
            for (place, half) in prefix.halves.enumerated() {
                for bits in [UInt8(16), 128, place > 0 ? prefix.halves[place - 1] << 4 : 0] where bits > 0 {
                    altered = store
                    altered.nodes[prefix] = nil
                    var halves = prefix.halves
                    halves[place] = half | bits
                    altered.nodes[TagPath(halves: halves)] = bytes
                    #expect(isAltered(altered), "half-byte \(place) of \(prefix.halves) | \(bits)")
                }
            }
            altered = store
            altered.nodes[prefix] = []
            #expect(isAltered(altered), "\(prefix.halves) is empty")
            if prefix != .root {
                altered = store
                altered.nodes[prefix] = nil
                altered.nodes[prefix.prefix(prefix.count - 1)] = bytes
                #expect(isAltered(altered), "\(prefix.halves) stands elsewhere")
            }
        }
    }
}
