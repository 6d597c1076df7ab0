internal import Base
internal import Ledger

extension EvidenceVerifier {
    /// Checks that the entries about a case are all there are up to the signed checkpoint: that ends with an entry
    /// which closes the strands, the strand of the case leads to what it says, and its numbers lead from the last
    /// entry to the first.
    func checkStrand(
        _ path: String, of caseUID: String?, _ entries: [UInt64: Entry], head: Checkpoint, _ check: inout EvidenceCheck
    ) {
        guard head.size > 0, case .strands(let closing) = entries[head.size - 1]?.event else {
            return check.find(
                "the last entry of the checkpoint is missing, or does not close the strands: other entries about "
                    + "the case may have been left out"
            )
        }
        let proof: StrandProof
        do {
            proof = try StrandProof(
                try files.contents(of: "\(path)/\(Custody.strandName)", limit: StrandProof.longest))
        } catch {
            return check.find(
                "\(Custody.strandName): \((error as? NoteError)?.description ?? EvidenceError(error).message)")
        }
        guard proof.end.strand.caseUID?.hex == caseUID, proof.leads(to: closing.root) else {
            return check.find("\(Custody.strandName) does not lead from the case to entry \(head.size - 1)")
        }
        var end = StrandEnd(proof.end.strand, place: 0, number: 0)
        for (number, entry) in entries.sorted(by: { $0.key < $1.key }) where entry.strand == end.strand {
            guard entry.place == end.next else {
                return check.find("entries about the case are missing before entry \(number)")
            }
            end = end.extended(by: number)
        }
        if end != proof.end { check.find("entries about the case are missing: there are \(proof.end.place)") }
    }
}
