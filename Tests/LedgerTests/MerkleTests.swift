import Base
import Foundation
import Ledger
import Testing

/// The tree against RFC 6962: its vectors, its definition written down naively, and every proof altered.
struct MerkleTests {
    private struct RFC6962: Decodable {
        struct Inclusion: Decodable { let size, index: Int; let path: [String] }
        struct Consistency: Decodable { let from, to: Int; let path: [String] }
        let leaves: [String]
        let roots: [String]
        let inclusion: [Inclusion]
        let consistency: [Consistency]
    }

    private static func hash(_ hex: String) -> MerkleHash { MerkleHash(bytes: Vectors.bytes(hex: hex))! }

    /// Stores nodes as an index does, by their positions alone.
    private struct Stored: MerkleNodes {
        var leaves: [[UInt8]] = []
        var nodes: [MerkleHash] = []

        init(_ leaves: [[UInt8]]) {
            self.leaves = leaves
            var frontier = MerkleFrontier()
            let hasher = MerkleHasher()
            for leaf in leaves {
                leaf.withUnsafeBytes { bytes in
                    frontier.append(bytes, hasher: hasher) { node, hash in
                        #expect(node.position == UInt64(nodes.count))
                        nodes.append(hash)
                    }
                }
            }
        }

        func hashes(_ wanted: [MerkleNode]) -> [MerkleHash] {
            wanted.map { $0.level == 0 ? MerkleHasher().leaf(leaves[Int($0.index)]) : nodes[Int($0.position)] }
        }
    }

    /// The definition of RFC 6962, 2.1.
    private func naiveRoot(_ leaves: ArraySlice<[UInt8]>) -> MerkleHash {
        let hasher = MerkleHasher()
        guard leaves.count > 1 else { return leaves.first.map { hasher.leaf($0) } ?? hasher.emptyRoot }
        var middle = 1
        while middle * 2 < leaves.count { middle *= 2 }
        return hasher.node(naiveRoot(leaves.prefix(middle)), naiveRoot(leaves.dropFirst(middle)))
    }

    @Test func theVectorsHold() throws {
        let vectors: RFC6962 = try Vectors.read("rfc6962.json")
        let leaves = vectors.leaves.map(Vectors.bytes)
        let stored = Stored(leaves)
        for (size, root) in vectors.roots.enumerated() {
            #expect(try MerkleTree.root(of: UInt64(size), in: stored) == Self.hash(root))
        }
        for proof in vectors.inclusion {
            let path = try MerkleTree.inclusionProof(of: UInt64(proof.index), in: UInt64(proof.size), nodes: stored)
            #expect(path == proof.path.map(Self.hash))
        }
        for proof in vectors.consistency {
            let path = try MerkleTree.consistencyProof(from: UInt64(proof.from), to: UInt64(proof.to), nodes: stored)
            #expect(path == proof.path.map(Self.hash), "\(proof.from) to \(proof.to)")
        }
    }

    @Test func everySizeFollowsTheDefinitionAndEveryProofHolds() throws {
        let leaves = (0..<67).map { Array("entry \($0)".utf8) }
        let stored = Stored(leaves)
        let hasher = MerkleHasher()
        let roots = (0...67).map { naiveRoot(leaves.prefix($0)) }
        for size in 0...67 {
            #expect(try MerkleTree.root(of: UInt64(size), in: stored) == roots[size])
            #expect(try MerkleFrontier(after: UInt64(size), in: stored).root == roots[size])
            for index in 0..<size {
                let path = try MerkleTree.inclusionProof(of: UInt64(index), in: UInt64(size), nodes: stored)
                func holds(
                    leaf: Int, at place: Int, size: Int = size, root: MerkleHash? = nil, path: [MerkleHash]
                ) -> Bool {
                    MerkleTree.verifyInclusion(
                        of: hasher.leaf(leaves[leaf]), at: UInt64(place), in: UInt64(size), root: root ?? roots[size],
                        path: path)
                }
                #expect(holds(leaf: index, at: index, path: path))
                #expect(!holds(leaf: (index + 1) % 67, at: index, path: path))
                #expect(!holds(leaf: index, at: size, path: path))
                #expect(!holds(leaf: index, at: index, path: path + [roots[1]]))
                if size > 1 {
                    #expect(!holds(leaf: index, at: (index + 1) % size, path: path))
                    #expect(!holds(leaf: index, at: index, path: path.dropLast()))
                    #expect(!holds(leaf: index, at: index, path: [roots[3]] + path.dropFirst()))
                }
                #expect(!holds(leaf: index, at: index, root: roots[size - 1], path: path))
            }
            for old in 0...size {
                let path = try MerkleTree.consistencyProof(from: UInt64(old), to: UInt64(size), nodes: stored)
                func holds(_ old: Int, _ oldRoot: MerkleHash, _ new: Int, _ newRoot: MerkleHash, _ path: [MerkleHash])
                    -> Bool
                {
                    MerkleTree.verifyConsistency(
                        from: UInt64(old), root: oldRoot, to: UInt64(new), root: newRoot, proof: path)
                }
                #expect(holds(old, roots[old], size, roots[size], path))
                #expect(!holds(old, hasher.leaf([1]), size, roots[size], path))
                if old > 0 { #expect(!holds(old, roots[old], size, hasher.leaf([1]), path)) }
                #expect(!holds(old, roots[old], size, roots[size], path + [roots[5]]))
                for place in path.indices {
                    var altered = path
                    altered[place] = hasher.leaf([2])
                    #expect(!holds(old, roots[old], size, roots[size], altered))
                }
                if old < size, old > 0 { #expect(!holds(size, roots[size], old, roots[old], path)) }
            }
        }
    }

    /// Proofs of a large tree read few nodes.
    @Test func proofsReadAFewNodes() throws {
        final class Counting: MerkleNodes {
            var count = 0
            func hashes(_ nodes: [MerkleNode]) -> [MerkleHash] {
                count += nodes.count
                return nodes.map { MerkleHasher().leaf([UInt8(truncatingIfNeeded: $0.index)]) }
            }
        }
        for size: UInt64 in [1_000_000, 999_999, (1 << 40) - 1] {
            let nodes = Counting()
            _ = try MerkleTree.inclusionProof(of: size / 3, in: size, nodes: nodes)
            #expect(nodes.count <= 2 * 40)
            nodes.count = 0
            _ = try MerkleTree.consistencyProof(from: size / 3, to: size, nodes: nodes)
            #expect(nodes.count <= 2 * 40 + 40)
            nodes.count = 0
            _ = try MerkleTree.root(of: size, in: nodes)
            #expect(nodes.count <= 40)
        }
    }
}
