import Base
import Foundation
import Ledger
import Sealing
import Testing

/// Notes, checkpoints and proofs as their formats have them.
struct NoteTests {
    private struct Notes: Decodable {
        struct Accepted: Decodable { let why, note: String }
        struct Refused: Decodable { let why, error, note: String }
        struct Proofs: Decodable { let entry, inclusion: String; let old: UInt64; let oldRoot, consistency: String }
        struct Commitment: Decodable { let salt, text, commitment: String }
        let seed, verifierKey, otherVerifierKey, note: String
        let size: UInt64
        let root: String
        let accepted: [Accepted]
        let refused: [Refused]
        let proofs: Proofs
        let badVerifierKeys: [String]
        let commitment: Commitment
    }

    private let vectors: Notes
    private let key: VerifierKey

    init() throws {
        vectors = try Vectors.read("notes.json")
        key = try VerifierKey(vectors.verifierKey)
    }

    /// A ledger key with a seed that is known.
    private func signer() -> Signer {
        let seed = Vectors.bytes(hex: vectors.seed)
        let randomness = Randomness { $0.copyBytes(from: seed.prefix($0.count)) }
        let key = Keyring(archiveUID: [UInt8](repeating: 0, count: 16), createdAt: 0, randomness: randomness).ledgerKey
        return Signer(publicKey: key.publicKey) { key.sign($0) }
    }

    private var root: MerkleHash { MerkleHash(bytes: Vectors.bytes(hex: vectors.root))! }

    @Test func aCheckpointIsSignedAsTheVectorIs() throws {
        let head = Checkpoint(origin: key.name, size: vectors.size, root: root)
        #expect(head.signed(by: signer()).bytes == Array(vectors.note.utf8))
        #expect(VerifierKey(name: key.name, publicKey: signer().publicKey).text == vectors.verifierKey)
    }

    @Test func goodNotesAreAccepted() throws {
        for vector in vectors.accepted {
            let note = try SignedNote(Array(vector.note.utf8))
            #expect(note.bytes == Array(vector.note.utf8), "\(vector.why)")
            #expect(try Checkpoint(note, by: key).root == root, "\(vector.why)")
        }
    }

    @Test func badNotesAreRefusedByName() {
        for vector in vectors.refused {
            let error = #expect(throws: NoteError.self, "\(vector.why)") {
                try Checkpoint(try SignedNote(Array(vector.note.utf8)), by: key)
            }
            let name: String =
                switch error {
                case .badForm: "badForm"
                case .badVerifierKey: "badVerifierKey"
                case .otherKeys: "otherKeys"
                case .badSignature: "badSignature"
                case .otherOrigin: "otherOrigin"
                case nil: "none"
                }
            #expect(name == vector.error, "\(vector.why)")
        }
    }

    @Test func everyByteOfANoteCounts() throws {
        let note = Array(vectors.note.utf8)
        for index in note.indices {
            for bit in 0..<8 {
                var altered = note
                altered[index] ^= 1 << bit
                #expect(throws: NoteError.self, "byte \(index), bit \(bit)") {
                    try Checkpoint(try SignedNote(altered), by: key)
                }
            }
        }
    }

    @Test func badVerifierKeysAreRefused() throws {
        for text in vectors.badVerifierKeys {
            #expect(throws: NoteError.badVerifierKey, "\(text)") { try VerifierKey(text) }
        }
        for text in [vectors.verifierKey, vectors.otherVerifierKey] { #expect(try VerifierKey(text).text == text) }
    }

    @Test func proofsAreReadAndChecked() throws {
        let bytes = Array(vectors.proofs.inclusion.utf8)
        let entry = Vectors.bytes(hex: vectors.proofs.entry)
        let proof = try InclusionProof(bytes)
        #expect(proof.bytes == bytes)
        #expect(try proof.verify(entry: entry, by: key).size == vectors.size)
        let consistency = Array(vectors.proofs.consistency.utf8)
        let earlier = Checkpoint(
            origin: key.name, size: vectors.proofs.old,
            root: MerkleHash(bytes: Vectors.bytes(hex: vectors.proofs.oldRoot))!)
        #expect(try ConsistencyProof(consistency).bytes == consistency)
        #expect(try ConsistencyProof(consistency).verify(since: earlier, by: key).root == root)

        for index in bytes.indices {
            var altered = bytes
            altered[index] ^= 1
            #expect(throws: NoteError.self, "byte \(index)") {
                try InclusionProof(altered).verify(entry: entry, by: key)
            }
        }
        for index in consistency.indices {
            var altered = consistency
            altered[index] ^= 1
            #expect(throws: NoteError.self, "byte \(index)") {
                try ConsistencyProof(altered).verify(since: earlier, by: key)
            }
        }
        #expect(throws: NoteError.self) { try proof.verify(entry: entry + [0], by: key) }
        #expect(throws: NoteError.self) {
            try proof.verify(entry: entry, by: try VerifierKey(vectors.otherVerifierKey))
        }
    }

    @Test func aCommitmentIsTheHashOfSaltAndText() throws {
        let salt = Vectors.bytes(hex: vectors.commitment.salt)
        let opening = Commitment.Opening(salt: salt, text: vectors.commitment.text)
        #expect(opening.commitment.hex == vectors.commitment.commitment)
        #expect(Commitment.Opening(bytes: opening.bytes) == opening)
        #expect(Commitment.Opening(salt: salt, text: "K/1").commitment != opening.commitment)
        #expect(
            Commitment.Opening("a", randomness: .system).commitment
                != Commitment.Opening("a", randomness: .system).commitment)
    }
}
