import Ledger

/// What an auditor is handed: entries, notes, proofs and keys. What is accepted has one form, and reading it
/// and checking it agree.
func fuzzLedger(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let text = [UInt8](UnsafeBufferPointer(start: bytes, count: count))
    let value = try? CanonicalJSON(text)
    let isGood = (try? text.withUnsafeBytes { try CanonicalJSON.check($0) }) != nil
    precondition((value != nil) == isGood)
    if let value { precondition(value.bytes == text) }
    if let entry = try? Entry(text) { precondition((try? entry.encoded()) == text) }
    if let note = try? SignedNote(text) {
        precondition(note.bytes == text)
        _ = try? Checkpoint(unverified: note)
    }
    if let proof = try? InclusionProof(text) {
        precondition(proof.bytes == text)
        _ = MerkleTree.verifyInclusion(
            of: MerkleHasher().emptyRoot, at: proof.index, in: 1_000_000, root: MerkleHasher().emptyRoot,
            path: proof.path)
    }
    if let proof = try? ConsistencyProof(text) {
        precondition(proof.bytes == text)
        _ = MerkleTree.verifyConsistency(
            from: proof.old, root: MerkleHasher().emptyRoot, to: UInt64.max, root: MerkleHasher().emptyRoot,
            proof: proof.path)
    }
    if let key = try? VerifierKey(String(decoding: text, as: UTF8.self)) {
        precondition(Array(key.text.utf8) == text)
    }
    return 0
}
