public import Base
internal import Foundation
internal import Ledger

/// What was checked without an archive and without a secret, and what does not hold.
public struct EvidenceCheck: Encodable, Sendable {
    public enum Kind: String, Encodable, Sendable {
        case export, bag, certificate, proof, checkpoint
    }

    public let kind: Kind
    public let path: String
    @OrNull public internal(set) var origin: String?
    /// Entries of the signed checkpoint.
    @OrNull public internal(set) var entries: UInt64?
    @OrNull public internal(set) var verifierKey: String?
    /// The key was given, and not taken from what it checks.
    public let keyWasGiven: Bool
    /// Entries of the earlier checkpoint that the ledger extends.
    @OrNull public internal(set) var since: UInt64?
    /// Of a bag: its items, and its entries with a proof.
    @OrNull public internal(set) var items: Int?
    @OrNull public internal(set) var proofs: Int?
    /// What is listed happened, and nothing says that it is all: of a certificate of a run.
    public internal(set) var isInclusionAlone = false
    /// What does not hold, a sentence each.
    public internal(set) var problems: [String] = []

    private static let mostProblems = 1000

    /// More are not told.
    var isFull: Bool { problems.count >= Self.mostProblems }

    mutating func find(_ problem: String) {
        // A file that is wrong throughout would have no end.
        if !isFull { problems.append(problem) }
    }
}

/// Checks what others hand over: exports, bags, proofs and checkpoints.
public struct EvidenceVerifier: Sendable {
    /// The verifier key as a line; nil takes the one that lies beside what is checked.
    public var verifierKey: String?
    /// The file of a checkpoint that was kept from before.
    public var since: String?
    /// The file of the entry that a proof is about.
    public var entry: String?
    let files = PosixFileSystem()

    public init() {}

    /// Checks what stands at a path. What cannot be an export, a bag, a proof or a checkpoint is thrown; what does
    /// not hold stands in the result.
    public func verify(_ path: String) throws -> EvidenceCheck {
        do {
            let path = FilePath.trimmed(path)
            guard files.exists(path) else {
                throw EvidenceError(.notEvidence, "there is nothing at \(path)", remedy: "check the path")
            }
            if let verifierKey, (try? VerifierKey(verifierKey)) == nil {
                throw EvidenceError(
                    .notEvidence, "the verifier key that was given is not one, and no file that holds one",
                    remedy: "give it as init printed it, ORIGIN+…+…, or the path of a file with it")
            }
            if let since, !files.exists(since) {
                throw EvidenceError(.notEvidence, "there is nothing at \(since)", remedy: "check the path")
            }
            let isDirectory = try files.status(path + "/.").kind == .directory
            if isDirectory, files.exists("\(path)/bagit.txt") { return try verifyBag(path) }
            if isDirectory, files.exists("\(path)/\(Certificate.jsonName)") { return try verifyCertificate(path) }
            if isDirectory,
                files.exists("\(path)/\(LedgerFiles.entries)")
                    || files.exists("\(path)/\(LedgerFiles.checkpoint)")
            {
                return try verifyExport(path)
            }
            throw EvidenceError(
                .notEvidence, "\(path) is not an export, a bag, a certificate, a proof or a checkpoint",
                remedy:
                    "an export has \(LedgerFiles.checkpoint) and \(LedgerFiles.entries) in it, a bag bagit.txt, "
                    + "a certificate \(Certificate.jsonName)"
            )
        } catch let error as FileError where error.code == ENOTDIR {
            do { return try verifyFile(path) } catch { throw EvidenceError(error) }
        } catch {
            throw EvidenceError(error)
        }
    }

    func check(_ kind: EvidenceCheck.Kind, _ path: String) -> EvidenceCheck {
        EvidenceCheck(kind: kind, path: path, keyWasGiven: verifierKey != nil)
    }

    /// The key that was given, or else the one in a file.
    func key(beside path: String, _ check: inout EvidenceCheck) -> VerifierKey? {
        let file = "\(path)/\(LedgerFiles.verifierKey)"
        var own: VerifierKey?
        do {
            let text = String(decoding: try files.contents(of: file, limit: 4096), as: UTF8.self)
            let key = try VerifierKey(text.hasSuffix("\n") ? String(text.dropLast()) : text)
            guard "\(key.text)\n" == text else { throw NoteError.badVerifierKey }
            own = key
        } catch {
            check.find("\(file): \(EvidenceError(error).message)")
        }
        guard let verifierKey else {
            check.verifierKey = own?.text
            return own
        }
        guard let key = try? VerifierKey(verifierKey) else { return nil }
        check.verifierKey = key.text
        if let own, own != key { check.find("\(file) is another key than the one that was given") }
        return key
    }

    /// Reads a checkpoint and checks who signed it; without a key, only reads it.
    func checkpoint(_ path: String, by key: VerifierKey?, _ check: inout EvidenceCheck) -> (Checkpoint, SignedNote)? {
        do {
            let note = try SignedNote(try files.contents(of: path, limit: SignedNote.longest))
            let head = try Checkpoint(unverified: note)
            check.origin = head.origin
            check.entries = head.size
            if let key {
                do { _ = try Checkpoint(note, by: key) } catch { check.find("\(path): \(error)") }
            }
            return (head, note)
        } catch {
            check.find("\(path): \(EvidenceError(error).message)")
            return nil
        }
    }

    /// The checkpoint that was kept from before, signed by the same key under whatever origin it had then.
    func earlier(by key: VerifierKey?, _ check: inout EvidenceCheck) -> Checkpoint? {
        guard let since else { return nil }
        do {
            let note = try SignedNote(try files.contents(of: since, limit: SignedNote.longest))
            let head = try Checkpoint(unverified: note)
            if let key { try note.verify(by: VerifierKey(name: head.origin, publicKey: key.publicKey)) }
            check.since = head.size
            return head
        } catch {
            check.find("\(since): \(EvidenceError(error).message)")
            return nil
        }
    }

    /// Two heads of which nothing but themselves is known.
    func compare(_ head: Checkpoint, with earlier: Checkpoint, _ check: inout EvidenceCheck) {
        if head.size == earlier.size, head.root == earlier.root { return }
        check.since = nil
        if head.size <= earlier.size {
            check.find(
                "the ledger of \(head.size) entries does not extend the \(earlier.size) of the earlier checkpoint")
        } else {
            check.find(
                "whether it extends the \(earlier.size) entries of the earlier checkpoint cannot be seen from "
                    + "it: ask for an export, or for a proof since then"
            )
        }
    }

    // MARK: Export

    private func verifyExport(_ path: String) throws -> EvidenceCheck {
        var check = check(.export, path)
        let key = key(beside: path, &check)
        let head = checkpoint("\(path)/\(LedgerFiles.checkpoint)", by: key, &check)?.0
        let earlier = earlier(by: key, &check)
        let file = "\(path)/\(LedgerFiles.entries)"
        var frontier = MerkleFrontier()
        var strands = StrandReplay()
        // Behind an entry that cannot be read nobody knows which comes next.
        var isReadable = true
        var (root, earlierRoot): (MerkleHash?, MerkleHash?)
        if head?.size == 0 { root = frontier.root }
        if earlier?.size == 0 { earlierRoot = frontier.root }
        do {
            let hasher = MerkleHasher()
            // What is published right now may be more; what can be no entries of it is not read.
            if let head, head.size < 1 << 40,
                try files.status(file).length > (head.size + 1_000_000) * UInt64(Entry.longest + 1)
            {
                throw NoteError.badForm("\(file) is longer than \(head.size) entries and those that follow can be")
            }
            let isWhole = try files.forEachLine(of: file) { line in
                let name = "\(file), line \(frontier.size + 1) (entry \(frontier.size))"
                do throws(EntryError) {
                    guard line.count <= Entry.longest else { throw .tooLong(line.count) }
                    let entry = try Entry([UInt8](line))
                    if isReadable, let problem = strands.apply(entry) { check.find("\(name): \(problem)") }
                } catch {
                    isReadable = false
                    check.find("\(name): \(error)")
                }
                frontier.append(line, hasher: hasher)
                if frontier.size == head?.size { root = frontier.root }
                if frontier.size == earlier?.size { earlierRoot = frontier.root }
            }
            if !isWhole { check.find("\(file): the last line does not end with a line feed: the file was cut") }
        } catch {
            check.find(EvidenceError(error).message)
        }
        if let head, isReadable, head.size == frontier.size, strands.closing != head.size - min(head.size, 1) {
            check.find("\(file) does not end with the strands of its entries: what was published last is missing")
        }
        if let head {
            if frontier.size > head.size {
                check.find(
                    "\(file) has \(frontier.size) entries, of which the checkpoint signs \(head.size): the rest "
                        + "is not signed, or is being published right now"
                )
            } else if frontier.size < head.size {
                check.find(
                    "\(file) has \(frontier.size) entries, where the checkpoint signs \(head.size): entries are missing"
                )
            }
            if let root, root != head.root {
                check.find(
                    "\(file): the first \(head.size) entries are not those that the checkpoint signs: entries "
                        + "were altered, exchanged, removed or repeated"
                )
            }
        }
        if let earlier {
            if earlier.size > frontier.size {
                check.find(
                    "the ledger has \(frontier.size) entries, where the earlier checkpoint signed "
                        + "\(earlier.size): entries are gone"
                )
            } else if earlierRoot != earlier.root {
                check.find(
                    "the first \(earlier.size) entries are not those that the earlier checkpoint signed: the "
                        + "ledger does not extend it"
                )
            }
        }
        return check
    }

    // MARK: Files

    private func verifyFile(_ path: String) throws -> EvidenceCheck {
        let bytes = try files.contents(of: path, limit: SignedNote.longest)
        let needKey = EvidenceError(
            .notEvidence, "no verifier key is given",
            remedy: "give \(input: .verifierKey): the archive's owner has it, and \(verb: .status) shows it")
        guard let text = verifierKey else { throw needKey }
        let key = try VerifierKey(text)
        func done(_ kind: EvidenceCheck.Kind, _ head: Checkpoint) -> EvidenceCheck {
            var check = check(kind, path)
            check.verifierKey = key.text
            check.origin = head.origin
            check.entries = head.size
            return check
        }
        var checked: EvidenceCheck
        if bytes.starts(with: Array(InclusionProof.header.utf8)) {
            guard let entry else {
                throw EvidenceError(
                    .notEvidence, "a proof is about an entry, and none is given",
                    remedy: "give the entry's file with \(input: .entry)")
            }
            let content = try files.contents(of: entry, limit: Entry.longest)
            checked = done(.proof, try InclusionProof(bytes).verify(entry: content, by: key))
        } else if bytes.starts(with: Array("old ".utf8)) {
            guard let since else {
                throw EvidenceError(
                    .notEvidence, "a proof of consistency needs the earlier checkpoint",
                    remedy: "give its file with \(input: .since)")
            }
            let note = try SignedNote(try files.contents(of: since, limit: SignedNote.longest))
            let origin = try Checkpoint(unverified: note).origin
            let earlier = try Checkpoint(note, by: VerifierKey(name: origin, publicKey: key.publicKey))
            checked = done(.proof, try ConsistencyProof(bytes).verify(since: earlier, by: key))
            checked.since = earlier.size
            return checked
        } else {
            checked = done(.checkpoint, try Checkpoint(try SignedNote(bytes), by: key))
        }
        if let earlier = earlier(by: key, &checked) {
            let note = checked.kind == .proof ? try InclusionProof(bytes).checkpoint : try SignedNote(bytes)
            compare(try Checkpoint(unverified: note), with: earlier, &checked)
        }
        return checked
    }
}
