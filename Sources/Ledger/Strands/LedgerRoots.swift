/// What all entries of a ledger come to: how many there are, and the roots of both trees over them.
public struct LedgerRoots: Hashable, Sendable {
    /// Entries.
    public let size: UInt64
    public let root: MerkleHash
    public let strands: StrandRoot

    public init(size: UInt64, root: MerkleHash, strands: StrandRoot) {
        (self.size, self.root, self.strands) = (size, root, strands)
    }

    /// Of a ledger without entries.
    public static let none = LedgerRoots(size: 0, root: MerkleHasher().emptyRoot, strands: StrandTree().root)
}
