internal import Base

/// The signed head of a ledger: its origin, how many entries it has, and their root.
public struct Checkpoint: Equatable, Sendable {
    public let origin: String
    /// Entries.
    public let size: UInt64
    public let root: MerkleHash

    public init(origin: String, size: UInt64, root: MerkleHash) {
        self.origin = origin
        self.size = size
        self.root = root
    }

    /// Three lines, each with its line feed.
    var text: String { "\(origin)\n\(size)\n\(StrictBase64.encode(root.bytes))\n" }

    /// The checkpoint as a signed note. The same checkpoint always gives the same bytes.
    public func signed(by signer: Signer) -> SignedNote {
        SignedNote(signing: text, name: origin, by: signer)
    }

    /// Reads a checkpoint and checks that it is signed by this key.
    public init(_ note: SignedNote, by key: VerifierKey) throws(NoteError) {
        self = try Self(unverified: note)
        guard origin == key.name else { throw .otherOrigin(origin) }
        try note.verify(by: key)
    }

    /// Reads a checkpoint without checking who signed it. Lines that other programs may add after the third are not
    /// read.
    public init(unverified note: SignedNote) throws(NoteError) {
        let lines = note.text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count >= 4, VerifierKey.isName(String(lines[0])), let size = UInt64(lines[1]),
            String(size) == lines[1], size <= CanonicalJSON.largestNumber,
            let root = StrictBase64.decode(String(lines[2])).flatMap({ MerkleHash(bytes: $0) })
        else { throw .badForm("the note is not a checkpoint") }
        self.init(origin: String(lines[0]), size: size, root: root)
    }
}

/// That an entry is in a ledger: a file that can be checked without the archive. See <doc:Formats>.
public struct InclusionProof: Equatable, Sendable {
    /// What the file begins with.
    public static let header = "c2sp.org/tlog-proof@v1"

    public let index: UInt64
    public let path: [MerkleHash]
    public let checkpoint: SignedNote

    public init(index: UInt64, path: [MerkleHash], checkpoint: SignedNote) {
        self.index = index
        self.path = path
        self.checkpoint = checkpoint
    }

    public var bytes: [UInt8] {
        ProofText.bytes([Self.header, "index \(index)"], path, checkpoint)
    }

    public init(_ bytes: [UInt8]) throws(NoteError) {
        let parts = try ProofText(bytes, heads: 2)
        guard parts.heads[0] == Self.header, let index = ProofText.number(parts.heads[1], after: "index ") else {
            throw .badForm("it is not a proof of inclusion")
        }
        self.init(index: index, path: parts.path, checkpoint: parts.checkpoint)
    }

    /// Checks that the entry with these bytes is in the ledger that the key signs for.
    ///
    /// - Returns: the checkpoint that the proof leads to.
    @discardableResult
    public func verify(entry: [UInt8], by key: VerifierKey) throws(NoteError) -> Checkpoint {
        let head = try Checkpoint(checkpoint, by: key)
        let leaf = MerkleHasher().leaf(entry)
        guard MerkleTree.verifyInclusion(of: leaf, at: index, in: head.size, root: head.root, path: path) else {
            throw .badForm("the proof does not lead from this entry to the checkpoint's root")
        }
        return head
    }
}

/// That a ledger extends an earlier one. See <doc:Formats>.
public struct ConsistencyProof: Equatable, Sendable {
    /// Entries of the earlier ledger.
    public let old: UInt64
    public let path: [MerkleHash]
    public let checkpoint: SignedNote

    public init(old: UInt64, path: [MerkleHash], checkpoint: SignedNote) {
        self.old = old
        self.path = path
        self.checkpoint = checkpoint
    }

    public var bytes: [UInt8] { ProofText.bytes(["old \(old)"], path, checkpoint) }

    public init(_ bytes: [UInt8]) throws(NoteError) {
        let parts = try ProofText(bytes, heads: 1)
        guard let old = ProofText.number(parts.heads[0], after: "old ") else {
            throw .badForm("it is not a proof of consistency")
        }
        self.init(old: old, path: parts.path, checkpoint: parts.checkpoint)
    }

    /// Checks that the ledger of the proof's checkpoint extends the one of `earlier`.
    ///
    /// - Returns: the later checkpoint.
    @discardableResult
    public func verify(since earlier: Checkpoint, by key: VerifierKey) throws(NoteError) -> Checkpoint {
        let head = try Checkpoint(checkpoint, by: key)
        guard old == earlier.size,
            MerkleTree.verifyConsistency(
                from: earlier.size, root: earlier.root, to: head.size, root: head.root, proof: path)
        else { throw .badForm("the proof does not lead from the earlier checkpoint to the later one") }
        return head
    }
}

/// The lines that both proofs have in common.
private struct ProofText {
    let heads: [String]
    let path: [MerkleHash]
    let checkpoint: SignedNote

    static func bytes(_ heads: [String], _ path: [MerkleHash], _ checkpoint: SignedNote) -> [UInt8] {
        let lines = heads + path.map { StrictBase64.encode($0.bytes) }
        return Array(lines.map { $0 + "\n" }.joined().utf8) + [0x0A] + checkpoint.bytes
    }

    init(_ bytes: [UInt8], heads count: Int) throws(NoteError) {
        guard let gap = bytes.indices.dropFirst().first(where: { bytes[$0] == 0x0A && bytes[$0 - 1] == 0x0A }),
            let front = String(validating: bytes[..<(gap - 1)], as: UTF8.self)
        else { throw .badForm("it is not a proof: no empty line before the checkpoint") }
        let lines = front.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard lines.count >= count, lines.count <= count + 64 else { throw .badForm("it is not a proof") }
        heads = Array(lines[..<count])
        var path: [MerkleHash] = []
        for line in lines[count...] {
            guard let hash = StrictBase64.decode(line).flatMap({ MerkleHash(bytes: $0) }) else {
                throw .badForm("a line of the proof is not a hash")
            }
            path.append(hash)
        }
        self.path = path
        checkpoint = try SignedNote(Array(bytes[(gap + 1)...]))
    }

    static func number(_ line: String, after word: String) -> UInt64? {
        guard line.hasPrefix(word), let number = UInt64(line.dropFirst(word.count)), line == word + String(number)
        else {
            return nil
        }
        return number
    }
}
