internal import Base
internal import Foundation
internal import Ledger

extension EvidenceVerifier {
    /// Checks a certificate of destruction: every statement in it against an entry, every entry against the signed
    /// checkpoint.
    func verifyCertificate(_ path: String) throws -> EvidenceCheck {
        var check = check(.certificate, path)
        let key = key(beside: path, &check)
        let head = checkpoint("\(path)/\(LedgerFiles.checkpoint)", by: key, &check)
        if let earlier = earlier(by: key, &check), let head { compare(head.0, with: earlier, &check) }
        guard let head, let document = certificate(path, signedBy: key, &check) else { return check }
        let name = Certificate.jsonName
        if document.origin != head.0.origin || document.entries != head.0.size {
            check.find("\(name): its origin or its number of entries is not the checkpoint's")
        }
        if let key, document.verifierKey != key.text {
            check.find("\(name): its verifier key is not the one that the checkpoint is checked with")
        }
        let entries = checkEntries(path, document.record, of: name, head: head, &check)
        checkStatements(document, entries, &check)
        if document.form == "case" {
            checkStrand(path, of: document.caseUID, entries, head: head.0, &check)
        } else {
            check.isInclusionAlone = true
        }
        checkFiles(path, document, &check)
        check.items = document.objects.count
        check.proofs = entries.count
        return check
    }

    private func certificate(
        _ path: String, signedBy key: VerifierKey?, _ check: inout EvidenceCheck
    ) -> Certificate.Document? {
        let name = Certificate.jsonName
        do {
            let bytes = try files.contents(of: "\(path)/\(name)", limit: 256 << 20)
            let document = try JSONDecoder().decode(Certificate.Document.self, from: Data(bytes))
            guard document.format == Certificate.Document.format else { throw NoteError.badForm("another format") }
            if try document.bytes() != bytes
                || document.notProved != Certificate.Document.notProved(by: document.record)
            {
                check.find("\(name) is not in its one form: it was altered")
            }
            checkSignature(path, of: bytes, by: key, &check)
            let page = try files.contents(of: "\(path)/\(Certificate.pageName)", limit: 256 << 20)
            if page != Array(CertificatePage.html(document).utf8) {
                check.find(
                    "\(Certificate.pageName) is not the page of \(name): it was altered, or made by another "
                        + "version of this program"
                )
            }
            return document
        } catch {
            check.find("\(name): \((error as? NoteError)?.description ?? "it cannot be read")")
            return nil
        }
    }

    private func checkSignature(
        _ path: String, of document: [UInt8], by key: VerifierKey?, _ check: inout EvidenceCheck
    ) {
        do {
            let note = try SignedNote(
                try files.contents(of: "\(path)/\(Certificate.noteName)", limit: SignedNote.longest))
            guard note.text == Certificate.statement(document) else {
                throw NoteError.badForm("it signs another document")
            }
            if let key { try note.verify(by: key) }
        } catch {
            check.find("\(Certificate.noteName): \((error as? NoteError)?.description ?? EvidenceError(error).message)")
        }
    }

    private func checkStatements(
        _ document: Certificate.Document, _ entries: [UInt64: Entry], _ check: inout EvidenceCheck
    ) {
        let name = Certificate.jsonName
        let rows = entries.sorted { $0.key < $1.key }.map { (number: $0.key, entry: $0.value) }
        if Certificate.destroyed(rows) != document.objects {
            check.find("\(name): what was destroyed is not what the entries say")
        }
        guard case .archiveCreated(let created) = entries[0]?.event, created.archive.hex == document.archive else {
            return check.find("entry 0, which made the archive, is missing, or made another")
        }
        let introduced = document.record.reduce(into: [String: String]()) { names, line in
            guard line.kind == Event.Kind.actorIntroduced.rawValue else { return }
            names[line.actor] = line.openings.first { $0.member == "nameCommitment" }?.text
        }
        for (number, entry) in rows where introduced[entry.actor.uid.hex] == nil {
            check.find("no entry says who did what entry \(number) records")
        }
        for person in document.actors where introduced[person.uid] != person.name {
            check.find("\(name): nothing proves the name of actor \(person.uid)")
        }
        let known = Dictionary(entries.values.map { ($0.actor.uid.hex, $0.actor.known.rawValue) }) { first, _ in first }
        for person in document.actors where known[person.uid] != person.known {
            check.find("\(name): how actor \(person.uid) is known is not what the entries say")
        }
        var activations: [String: UInt64] = [:]
        func key(_ policy: String, _ version: UInt64?, _ file: String?) -> String {
            "\(policy) \(version ?? 0) \(file ?? "")"
        }
        for (number, entry) in rows {
            guard case .policyActivated(let event) = entry.event else { continue }
            // Activated again later, it was active before all the same.
            let name = key(event.policy, event.version, event.file)
            activations[name] = activations[name] ?? number
        }
        for (number, entry) in rows {
            guard case .objectDestroyed(let event) = entry.event, let policy = event.policy else { continue }
            guard let activated = activations[key(policy, event.version, event.file)], activated < number else {
                check.find("entry \(number): the activation of \(policy) v\(event.version ?? 0) is missing")
                continue
            }
        }
        switch document.form {
        case "case": checkCase(document, rows, &check)
        case "run": checkRun(document, entries, &check)
        default: check.find("\(name) is about neither a case nor a run")
        }
    }

    private func checkCase(
        _ document: Certificate.Document, _ rows: [(number: UInt64, entry: Entry)], _ check: inout EvidenceCheck
    ) {
        let name = Certificate.jsonName
        var objects: Set<String> = []
        var (announced, caseDestroyed, isRegistered) = (UInt64(0), UInt64?.none, false)
        var verifications: [UInt64] = []
        var named: Set<UInt64> = []
        for (number, entry) in rows {
            if let uid = entry.event.caseUID, uid.hex != document.caseUID {
                check.find("entry \(number) is about another case")
            }
            switch entry.event {
            case .caseRegistered: isRegistered = true
            case .verificationRegistered(let event): verifications.append(event.verification)
            case .verificationEnded(let event):
                named.insert(event.verification)
                announced = announced.addingReportingOverflow(event.objects).partialValue
            case .objectArchived(let event):
                named.insert(event.verification)
                objects.insert(event.object.hex)
            case .caseDestroyed: caseDestroyed = number
            default: break
            }
        }
        if !isRegistered { check.find("the entry that registered the case is missing") }
        if verifications != verifications.indices.map({ UInt64($0 + 1) }) || !named.isSubset(of: verifications) {
            check.find("entries of verifications of the case are missing")
        }
        if UInt64(objects.count) != announced { check.find("entries of objects of the case are missing") }
        if caseDestroyed != document.caseDestroyed {
            check.find("\(name): whether the case's key is gone is not what the entries say")
        }
        let gone = Set(document.objects.map(\.object))
        if objects.subtracting(gone) != Set(document.kept) {
            check.find("\(name): what is kept is not what the entries leave")
        }
    }

    private func checkRun(
        _ document: Certificate.Document, _ entries: [UInt64: Entry], _ check: inout EvidenceCheck
    ) {
        guard let run = document.run, case .purgeStarted = entries[run]?.event else {
            return check.find("the entry that began the purge is missing")
        }
        let ended = entries.first { _, entry in
            if case .purgeFinished(let event) = entry.event { event.run == run } else { false }
        }?.key
        if ended != document.ended {
            check.find("\(Certificate.jsonName): whether the purge ended is not what the entries say")
        }
        for (number, entry) in entries.sorted(by: { $0.key < $1.key }) {
            switch entry.event {
            case .objectDestroyed(let event) where event.run != run:
                check.find("entry \(number) belongs to another purge")
            case .purgeFinished(let event) where event.run == run && event.destroyed != UInt64(document.objects.count):
                check.find(
                    "the purge destroyed \(event.destroyed) objects, of which \(document.objects.count) are named")
            default: break
            }
        }
    }

    private func checkFiles(_ path: String, _ document: Certificate.Document, _ check: inout EvidenceCheck) {
        let known = Set(document.record.flatMap { [Custody.entryName($0.number), Custody.proofName($0.number)] })
            .union([
                Certificate.jsonName, Certificate.pageName, Certificate.noteName, LedgerFiles.checkpoint,
                LedgerFiles.verifierKey,
                Custody.folder,
            ])
            .union(document.form == "case" ? [Custody.strandName] : [])
        for case let name as String in FileManager.default.enumerator(atPath: path) ?? .init()
        where !known.contains(name) {
            check.find("\(name) does not belong into a certificate of this program")
        }
    }
}
