internal import Base
internal import Foundation
internal import Ledger

extension EvidenceVerifier {
    private static let manifestName = "manifest-sha256.txt"
    private static let tagManifestName = "tagmanifest-sha256.txt"

    /// Checks a bag that `retrieve` made: its manifests, and its chain of custody down to the signed checkpoint.
    func verifyBag(_ path: String) throws -> EvidenceCheck {
        var check = check(.bag, path)
        guard files.exists("\(path)/\(Custody.jsonName)") else {
            check.find("\(path) has no \(Custody.jsonName): it is a bag without a chain of custody")
            _ = checkManifests(path, &check)
            return check
        }
        let key = key(beside: path, &check)
        let head = checkpoint("\(path)/\(LedgerFiles.checkpoint)", by: key, &check)
        if let earlier = earlier(by: key, &check), let head {
            compare(head.0, with: earlier, &check)
        }
        guard let head, let document = document(path, &check) else {
            _ = checkManifests(path, &check)
            return check
        }
        if document.origin != head.0.origin || document.entries != head.0.size {
            check.find("\(Custody.jsonName): its origin or its number of entries is not the checkpoint's")
        }
        if let key, document.verifierKey != key.text {
            check.find("\(Custody.jsonName): its verifier key is not the one that the checkpoint is checked with")
        }
        let entries = checkEntries(path, document.record, of: Custody.jsonName, head: head, &check)
        // What was archived says how much of a file is worth reading, where a key that was given vouches for it.
        var lengths: [String: UInt64] = [:]
        if check.keyWasGiven, check.problems.isEmpty {
            for item in document.items {
                if case .objectArchived(let event) = entries[item.entry]?.event { lengths[item.file] = event.length }
            }
        }
        let digests = checkManifests(path, lengths: lengths, &check)
        checkStatements(document, entries, digests: digests, &check)
        checkStrand(path, of: document.caseUID, entries, head: head.0, &check)
        checkInfo(path, document, document.record.first { $0.number == document.access }, &check)
        check.items = document.items.count
        check.proofs = entries.count
        return check
    }

    // MARK: BagIt

    /// Bytes that a file of a bag may have where nothing that was signed by a key that was given says otherwise:
    /// also the largest answer of the vendor is shorter.
    private static let longestFile: UInt64 = 256 << 20

    /// Compares every file with the manifests. Of a bag that is wrong throughout, not all of it.
    ///
    /// - Parameter lengths: bytes that files may have; a longer one is not read.
    /// - Returns: the SHA-256 of each.
    private func checkManifests(
        _ path: String, lengths: [String: UInt64] = [:], _ check: inout EvidenceCheck
    ) -> [String: String] {
        var digests: [String: String] = [:]
        var listed: [String: String] = [:]
        for name in [Self.manifestName, Self.tagManifestName] {
            do {
                let text = try files.contents(of: "\(path)/\(name)", limit: 64 << 20)
                guard let text = String(validating: text, as: UTF8.self), text.hasSuffix("\n") else {
                    throw NoteError.badForm("not UTF-8, or cut")
                }
                for line in text.split(separator: "\n") {
                    let parts = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
                    guard parts.count == 3, parts[1].isEmpty, Digest(hex: String(parts[0])) != nil,
                        parts[2].hasPrefix("data/") == (name == Self.manifestName),
                        listed.updateValue(String(parts[0]), forKey: String(parts[2])) == nil
                    else { throw NoteError.badForm("a line is malformed, or a file is listed twice") }
                }
            } catch {
                check.find("\(name): \(EvidenceError(error).message)")
            }
        }
        var found: Set<String> = []
        walk(path, "", depth: 0, &check) { name, status, check in
            guard status.kind == .file else { return check.find("\(name) is not a file") }
            guard name != Self.tagManifestName else { return }
            found.insert(name)
            guard let expected = listed[name] else { return check.find("\(name) stands in no manifest") }
            guard status.length <= lengths[name] ?? Self.longestFile else {
                return check.find(
                    "\(name) has \(status.length) bytes: it is longer than "
                        + (lengths[name] == nil
                            ? "what is read where no verifier key was given, or something else is wrong"
                            : "what was archived")
                        + ", and was not read")
            }
            do {
                let digest = try digest(of: "\(path)/\(name)")
                digests[name] = digest
                if digest != expected { check.find("\(name) was altered: its SHA-256 is not the one in the manifest") }
            } catch {
                check.find("\(name): \(EvidenceError(error).message)")
            }
        }
        for name in listed.keys.sorted() where !found.contains(name) { check.find("\(name) is missing") }
        return digests
    }

    /// Levels of directories in a bag: `data/1/video.mp4`.
    private static let deepest = 3

    /// Looks at everything but directories below a path, until so much was wrong that no more is told. What cannot be
    /// looked into is told.
    private func walk(
        _ path: String, _ front: String, depth: Int, _ check: inout EvidenceCheck,
        _ body: (_ name: String, FileStatus, inout EvidenceCheck) -> Void
    ) {
        guard depth <= Self.deepest else {
            return check.find("\(front) lies deeper than anything in a bag, and was not looked into")
        }
        var folders: [String] = []
        do throws(FileError) {
            try files.forEachName(in: front.isEmpty ? path : "\(path)/\(front)") { name in
                let name = front.isEmpty ? name : "\(front)/\(name)"
                do throws(FileError) {
                    let status = try files.status("\(path)/\(name)")
                    if status.kind == .directory { folders.append(name) } else { body(name, status, &check) }
                } catch {
                    check.find("\(name): \(error)")
                }
                return !check.isFull
            }
        } catch {
            check.find("\(front.isEmpty ? path : front) cannot be looked into: \(error)")
        }
        for folder in folders where !check.isFull { walk(path, folder, depth: depth + 1, &check, body) }
    }

    private func digest(of path: String) throws -> String {
        let file = try files.open(path)
        defer { files.close(file) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 128 << 10, alignment: 4096)
        defer { buffer.deallocate() }
        var hash = SHA256()
        var offset: UInt64 = 0
        while true {
            let count = try files.read(file, at: offset, into: buffer)
            if count == 0 { return hash.finish().hex }
            hash.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            offset += UInt64(count)
        }
    }

    /// What `bag-info.txt` says for people is what the record says.
    private func checkInfo(
        _ path: String, _ document: Custody.Document, _ access: Custody.Document.Line?, _ check: inout EvidenceCheck
    ) {
        guard let bytes = try? files.contents(of: "\(path)/bag-info.txt", limit: 1 << 20) else { return }
        let text = String(decoding: bytes, as: UTF8.self)
        let lines = Set(text.split(separator: "\n").map(String.init))
        for (name, value) in [
            ("External-Identifier", document.caseID), ("Case-UID", document.caseUID), ("Archive-UID", document.archive),
            ("Retrieval-Ledger-Entry", "\(document.access)"), ("Retrieved-At", document.madeAt),
            ("Bagging-Date", String(document.madeAt.prefix(10))),
            ("Retrieved-By", document.actors.first { $0.uid == access?.actor }?.name ?? ""),
            ("Retrieval-Reason", access?.openings.first { $0.member == "reasonCommitment" }?.text ?? ""),
        ] where !lines.contains("\(name): \(value)") {
            check.find("bag-info.txt: \(name) is not what the record says")
        }
    }

    // MARK: Custody

    private func document(_ path: String, _ check: inout EvidenceCheck) -> Custody.Document? {
        do {
            let bytes = try files.contents(of: "\(path)/\(Custody.jsonName)", limit: 256 << 20)
            let document = try JSONDecoder().decode(Custody.Document.self, from: Data(bytes))
            guard document.format == Custody.Document.format else { throw NoteError.badForm("another format") }
            if try document.bytes() != bytes {
                check.find("\(Custody.jsonName) is not in its one form: it was altered")
            }
            let page = try files.contents(of: "\(path)/\(Custody.pageName)", limit: 256 << 20)
            if page != Array(CustodyPage.html(document).utf8) {
                check.find(
                    "\(Custody.pageName) is not the page of \(Custody.jsonName): it was altered, or made by "
                        + "another version of this program"
                )
            }
            return document
        } catch {
            check.find("\(Custody.jsonName): \((error as? NoteError)?.description ?? "it cannot be read")")
            return nil
        }
    }

    /// Checks each entry of the record against its file, its proof and its commitments.
    func checkEntries(
        _ path: String, _ record: [Custody.Document.Line], of name: String, head: (Checkpoint, SignedNote),
        _ check: inout EvidenceCheck
    ) -> [UInt64: Entry] {
        var entries: [UInt64: Entry] = [:]
        for line in record {
            do {
                let bytes = try files.contents(of: "\(path)/\(Custody.entryName(line.number))", limit: Entry.longest)
                let proof = try InclusionProof(
                    try files.contents(of: "\(path)/\(Custody.proofName(line.number))", limit: SignedNote.longest))
                guard proof.index == line.number, proof.checkpoint == head.1,
                    MerkleTree.verifyInclusion(
                        of: MerkleHasher().leaf(bytes), at: line.number, in: head.0.size, root: head.0.root,
                        path: proof.path)
                else { throw NoteError.badForm("the proof does not lead from the entry to the checkpoint") }
                let entry = try Entry(bytes)
                guard line.time == LedgerTime.text(entry.time), line.kind == entry.event.kind.rawValue,
                    line.actor == entry.actor.uid.hex, line.sentence == entry.event.sentence
                else { throw NoteError.badForm("\(name) says something else of it") }
                guard case .object(let members) = try CanonicalJSON(bytes) else { continue }
                for opening in line.openings {
                    guard let salt = [UInt8](hex: opening.salt), salt.count == Commitment.Opening.saltLength,
                        members[opening.member]
                            == .text(Commitment.Opening(salt: salt, text: opening.text).commitment.hex)
                    else { throw NoteError.badForm("the opening of \(opening.member) does not fit the commitment") }
                }
                guard entries.updateValue(entry, forKey: line.number) == nil else {
                    throw NoteError.badForm("\(name) has it twice")
                }
            } catch {
                check.find(
                    "entry \(line.number): \((error as? NoteError)?.description ?? EvidenceError(error).message)")
            }
        }
        return entries
    }

    /// Checks what the document says against the entries that were proved.
    private func checkStatements(
        _ document: Custody.Document, _ entries: [UInt64: Entry], digests: [String: String],
        _ check: inout EvidenceCheck
    ) {
        let lines = Dictionary(document.record.map { ($0.number, $0) }) { first, _ in first }
        func opening(_ member: String, _ number: UInt64) -> String? {
            lines[number]?.openings.first { $0.member == member }?.text
        }
        var hasCase = false
        var introduced: Set<String> = []
        for (number, entry) in entries {
            switch entry.event {
            case .archiveCreated(let event):
                if event.archive.hex != document.archive { check.find("\(Custody.jsonName): the archive is another") }
            case .caseRegistered(let event):
                hasCase = true
                if event.caseUID.hex != document.caseUID || opening("caseIDCommitment", number) != document.caseID {
                    check.find("\(Custody.jsonName): the case is not the one of entry \(number)")
                }
            case .actorIntroduced:
                let person = document.actors.first { $0.uid == entry.actor.uid.hex }
                if person?.name != opening("nameCommitment", number) || person?.known != entry.actor.known.rawValue {
                    check.find("\(Custody.jsonName): an actor is not who entry \(number) introduced")
                }
                introduced.insert(entry.actor.uid.hex)
            default:
                if let uid = entry.event.caseUID, uid.hex != document.caseUID {
                    check.find("entry \(number) is about another case")
                }
            }
        }
        if !hasCase { check.find("the entry that registered the case is missing") }
        for (number, entry) in entries.sorted(by: { $0.key < $1.key })
        where !introduced.contains(entry.actor.uid.hex) {
            check.find("no entry says who did what entry \(number) records")
        }
        guard case .archiveCreated = entries[0]?.event else {
            return check.find("entry 0, which made the archive, is missing")
        }
        checkCompleteness(document, entries, &check)
        for person in document.actors where !introduced.contains(person.uid) {
            check.find("\(Custody.jsonName): nothing proves the name of actor \(person.uid)")
        }
        for item in document.items {
            guard case .objectArchived(let event) = entries[item.entry]?.event,
                item.file.hasPrefix("data/\(event.verification)/\(event.media).")
            else {
                check.find("\(item.file): entry \(item.entry) did not archive it")
                continue
            }
            guard digests[item.file] == item.sha256, opening("contentCommitment", item.entry) == item.sha256 else {
                check.find("\(item.file) is not what entry \(item.entry) archived")
                continue
            }
        }
        let files = Set(document.items.map(\.file))
        for name in digests.keys.sorted() where name.hasPrefix("data/") && !files.contains(name) {
            check.find("\(name) is not in the record")
        }
        let known = Set(document.record.flatMap { [Custody.entryName($0.number), Custody.proofName($0.number)] })
            .union([
                Self.manifestName, Self.tagManifestName, "bagit.txt", "bag-info.txt", Custody.jsonName,
                Custody.pageName,
                LedgerFiles.checkpoint, LedgerFiles.verifierKey, Custody.strandName,
            ])
        for name in digests.keys.sorted() where !name.hasPrefix("data/") && !known.contains(name) {
            check.find("\(name) does not belong into a bag of this program")
        }
    }

    /// Everything that the retrieval opened is there, and everything that ended with a verification is in the record.
    private func checkCompleteness(
        _ document: Custody.Document, _ entries: [UInt64: Entry], _ check: inout EvidenceCheck
    ) {
        guard let access = entries[document.access], case .accessOpened(let opened) = access.event, opened.form == .bag,
            document.madeAt == LedgerTime.text(access.time)
        else { return check.find("the entry of the retrieval that made the bag is missing") }
        var archived: [ObjectUID: UInt64] = [:]
        var counts: [UInt64: UInt64] = [:]
        for (number, entry) in entries {
            guard case .objectArchived(let event) = entry.event else { continue }
            archived[event.object] = number
            counts[event.verification, default: 0] += 1
        }
        let expected = Set(opened.objects.map { archived[$0] })
        if expected != Set(document.items.map { Optional($0.entry) }) || document.items.count != opened.objects.count {
            check.find("the items are not those that entry \(document.access) retrieved")
        }
        for entry in entries.values {
            guard case .verificationEnded(let event) = entry.event else { continue }
            if event.objects != counts.removeValue(forKey: event.verification) {
                check.find("entries of objects of verification \(event.verification) are missing")
            }
        }
        for verification in counts.keys.sorted() { check.find("the end of verification \(verification) is missing") }
    }
}
