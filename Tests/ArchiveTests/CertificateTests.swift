import Base
@_spi(Writing) import Catalog
import Foundation
import Ledger
import Testing

@testable import Archive
@testable import Evidence
@testable import Vault

/// A certificate says what its entries prove, and a changed one says so.
struct CertificateTests {
    private func purged() throws -> (TestArchive, run: UInt64) {
        let test = try TestArchive()
        let archive = try test.open()
        try test.activate(TestArchive.policy, in: archive)
        for number in 0..<3 { try test.archive("K-\(number)", in: archive) }
        _ = try test.event("relationship-ended", of: "K-0", in: archive)
        try test.pass(days: 91, in: archive)
        let run = try #require(try archive.destruction.run(accepting: nil).get().run)
        return (test, run)
    }

    @Test func aCaseThatIsHalfGone() throws {
        let (test, run) = try purged()
        let archive = try test.open(actor: "officer")
        let path = test.directory + "/certificate"
        let done = try archive.destruction.certify(.caseID(try CaseID("K-0")), to: path)
        #expect(done.objects == 1 && done.kept == 2)
        #expect(try problems(path, key: done.verifierKey) == [])
        let page = try String(contentsOfFile: path + "/certificate.html", encoding: .utf8)
        #expect(
            page.contains("K-0") && page.contains("2 objects of the case are still kept") && page.contains("epoch 1"))
        // While the case lives, what stands under commitments is opened.
        #expect(!page.contains("Not proved by this certificate"))
        #expect(page.contains("house v1, rule video") && !page.contains("<script"))
        #expect(
            refusal { _ = try archive.destruction.certify(.caseID(try CaseID("K-0")), to: path) }?.code == .outputExists
        )
        #expect(
            refusal { _ = try archive.destruction.certify(.caseID(try CaseID("K-9")), to: path + "2") }?.code
                == .unknownCase)
        #expect(refusal { _ = try archive.destruction.certify(.run(run + 1), to: path + "2") }?.code == .unknownRun)
        // A run names what it destroyed, of every case.
        let whole = try archive.destruction.certify(.run(run), to: test.directory + "/run")
        #expect(whole.objects == 3)
        #expect(try problems(test.directory + "/run", key: whole.verifierKey) == [])
        #expect(!FileManager.default.fileExists(atPath: path + "2"))
    }

    @Test func aCaseThatIsGone() throws {
        let (test, _) = try purged()
        let archive = try test.open()
        try test.pass(days: 3 * 365, in: archive)
        #expect(try archive.destruction.run(accepting: nil).get().cases == 1)
        let path = test.directory + "/certificate"
        let done = try archive.destruction.certify(.caseID(try CaseID("K-0")), to: path)
        #expect(done.objects == 3 && done.kept == 0)
        #expect(try problems(path, key: done.verifierKey) == [])
        let page = try String(contentsOfFile: path + "/certificate.html", encoding: .utf8)
        #expect(page.contains("With its last object the case's own key was destroyed"))
        #expect(page.contains("Not proved by this certificate: exact lengths, exact times, age, outcome."))
        // Who takes that out of the record is found.
        let json = path + "/certificate.json"
        let text = try String(contentsOfFile: json, encoding: .utf8)
        try text.replacing("\"exact lengths\",", with: "").write(toFile: json, atomically: true, encoding: .utf8)
        #expect(try !problems(path, key: done.verifierKey).isEmpty)
    }

    @Test func everyFileThatIsChangedIsNoticed() throws {
        let (test, _) = try purged()
        let path = test.directory + "/certificate"
        let key = try test.open().destruction.certify(.caseID(try CaseID("K-0")), to: path).verifierKey
        for case let name as String in FileManager.default.enumerator(atPath: path)! {
            let file = path + "/" + name
            guard let content = FileManager.default.contents(atPath: file) else { continue }
            for position in [0, content.count / 2, content.count - 1] {
                var copy = content
                copy[position] ^= 1
                try copy.write(to: URL(fileURLWithPath: file))
                // Its own key file is not needed where the key is given.
                let found = try problems(path, key: key)
                #expect(!found.isEmpty || name == "verifier.key", "\(name), byte \(position)")
            }
            try FileManager.default.removeItem(atPath: file)
            #expect(try !problems(path, key: key).isEmpty || name == "verifier.key", "\(name) removed")
            try content.write(to: URL(fileURLWithPath: file))
        }
        try Data("x".utf8).write(to: URL(fileURLWithPath: path + "/stranger"))
        #expect(try problems(path, key: key) == ["stranger does not belong into a certificate of this program"])
    }

    /// One statement of a certificate that is changed, and what checking it must say.
    struct Falsification: Sendable, CustomTestStringConvertible {
        let name: String
        var isRun = false
        let finding: String
        /// Changes the document, and may take entries of its record away.
        let change: @Sendable (inout [String: Any]) -> Void

        var testDescription: String { name }

        static func changed(_ member: String, to value: any Sendable, _ finding: String, isRun: Bool = false) -> Self {
            Self(name: member, isRun: isRun, finding: finding) { $0[member] = value }
        }

        static func object(_ member: String, to value: any Sendable) -> Self {
            Self(name: "objects.\(member)", finding: "what was destroyed is not what the entries say") {
                var objects = $0["objects"] as! [[String: Any]]
                objects[0][member] = value
                $0["objects"] = objects
            }
        }

        static func without(_ kind: String, _ finding: String, isRun: Bool = false) -> Self {
            Self(name: "without \(kind)", isRun: isRun, finding: finding) { document in
                document["record"] = (document["record"] as! [[String: Any]]).filter { $0["kind"] as? String != kind }
            }
        }
    }

    /// Falsified by who has the archive's key: made anew with all its files and signed again. Nothing but the entries
    /// stands against it, and each statement has a check of its own.
    @Test(
        arguments: [
            .changed("entries", to: 7, "its origin or its number of entries is not the checkpoint's"),
            .changed("origin", to: "another", "its origin or its number of entries is not the checkpoint's"),
            .changed(
                "verifierKey", to: "another", "its verifier key is not the one that the checkpoint is checked with"),
            .changed("archive", to: String(repeating: "0", count: 32), "entry 0, which made the archive, is missing"),
            .changed("form", to: "both", "is about neither a case nor a run"),
            .changed("form", to: "run", "the entry that began the purge is missing"),
            .changed("caseUID", to: String(repeating: "0", count: 32), "is about another case"),
            .changed("caseDestroyed", to: 3, "whether the case's key is gone is not what the entries say"),
            .changed("kept", to: [String](), "what is kept is not what the entries leave"),
            .changed("objects", to: [[String: String]](), "what was destroyed is not what the entries say"),
            .object("object", to: String(repeating: "0", count: 32)), .object("caseUID", to: ""),
            .object("media", to: "best-frame"), .object("entry", to: 1),
            .object("time", to: "2020-01-01T00:00:00.000Z"),
            .object("cause", to: "erasure"), .object("policyFile", to: String(repeating: "0", count: 64)),
            .object("goneBy", to: "2020-01-01T00:00:00.000Z"), .object("removal", to: 2),
            .object("wasMissing", to: true),
            Falsification(name: "actors", finding: "nothing proves the name of actor") {
                var actors = $0["actors"] as! [[String: Any]]
                actors[0]["name"] = "somebody else"
                $0["actors"] = actors
            },
            .without("archive created", "entry 0, which made the archive, is missing"),
            .without("actor introduced", "nothing proves the name of actor"),
            .without("policy activated", "the activation of house v1 is missing"),
            .without("case registered", "the entry that registered the case is missing"),
            .without("verification registered", "entries of verifications of the case are missing"),
            .without("verification ended", "entries of objects of the case are missing"),
            .without("object archived", "entries of objects of the case are missing"),
            .without("object destroyed", "what was destroyed is not what the entries say"),
            .without("blobs removed", "what was destroyed is not what the entries say"),
            .changed("run", to: 1, "the entry that began the purge is missing", isRun: true),
            .changed("ended", to: 1, "whether the purge ended is not what the entries say", isRun: true),
            .without("purge started", "the entry that began the purge is missing", isRun: true),
            .without("purge finished", "whether the purge ended is not what the entries say", isRun: true),
            Falsification(name: "fewer objects", isRun: true, finding: "of which 2 are named") { document in
                let objects = document["objects"] as! [[String: Any]]
                let left = objects[0]["entry"] as! Int
                document["objects"] = Array(objects.dropFirst())
                document["record"] = (document["record"] as! [[String: Any]]).filter { $0["number"] as? Int != left }
            },
        ] as [Falsification])
    func statementsWithoutAnEntryAreNoticed(_ falsification: Falsification) throws {
        let (test, run) = try purged()
        let archive = try test.open()
        let path = test.directory + "/certificate"
        let key = try archive.destruction.certify(
            falsification.isRun ? .run(run) : .caseID(try CaseID("K-0")), to: path
        )
        .verifierKey
        try #require(try problems(path, key: key) == [])
        try falsify(path, signedBy: archive, falsification.change)
        let found = try problems(path, key: key)
        #expect(found.contains { $0.contains(falsification.finding) }, "\(found)")
        #expect(!found.contains { $0.hasPrefix(Certificate.noteName) }, "it is signed")
    }

    /// Entries of another run and of another case are proved, and do not belong there.
    @Test func entriesOfOthersAreNoticed() throws {
        let (test, run) = try purged()
        let archive = try test.open()
        try test.pass(days: 3 * 365, in: archive)
        let later = try #require(try archive.destruction.run(accepting: nil).get().run)
        archive.publish()
        func certificate(_ subject: CertificateSubject, _ name: String) throws -> (path: String, key: String) {
            let path = test.directory + "/" + name
            return (path, try archive.destruction.certify(subject, to: path).verifierKey)
        }
        let (first, key) = try certificate(.run(run), "first")
        let (second, _) = try certificate(.run(later), "second")
        let (ofCase, _) = try certificate(.caseID(try CaseID("K-1")), "case")
        let document = try #require(
            try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: "\(second)/certificate.json")))
                as? [String: Any])
        let foreign = try #require(
            (document["record"] as? [[String: Any]])?.first { $0["kind"] as? String == "object destroyed" })
        let number = try #require(foreign["number"] as? Int)
        for (path, finding) in [(first, "entry \(number) belongs to another purge"), (ofCase, "is about another case")]
        {
            for name in [Custody.entryName(UInt64(number)), Custody.proofName(UInt64(number))]
            where !FileManager.default.fileExists(atPath: "\(path)/\(name)") {
                try FileManager.default.copyItem(atPath: "\(second)/\(name)", toPath: "\(path)/\(name)")
            }
            try falsify(path, signedBy: archive) {
                $0["record"] = ($0["record"] as! [[String: Any]]) + [foreign]
            }
            let found = try problems(path, key: key)
            #expect(found.contains { $0.contains(finding) }, "\(found)")
        }
    }

    /// Changes the document, makes its page and signs it with the archive's own key; takes files of entries away that
    /// the record does not name any more.
    private func falsify(
        _ path: String, signedBy archive: Session, _ change: (inout [String: Any]) -> Void
    ) throws {
        let file = URL(fileURLWithPath: "\(path)/\(Certificate.jsonName)")
        var json = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
        change(&json)
        let document = try JSONDecoder().decode(
            Certificate.Document.self, from: try JSONSerialization.data(withJSONObject: json))
        let bytes = try document.bytes()
        try Data(bytes).write(to: file)
        try Data(CertificatePage.html(document).utf8).write(
            to: URL(fileURLWithPath: "\(path)/\(Certificate.pageName)"))
        let head = try Checkpoint(
            unverified: try SignedNote([UInt8](Data(contentsOf: URL(fileURLWithPath: "\(path)/checkpoint")))))
        let note = SignedNote(
            signing: Certificate.statement(bytes), name: head.origin, by: archive.keyring.signer)
        try Data(note.bytes).write(to: URL(fileURLWithPath: "\(path)/\(Certificate.noteName)"))
        let named = Set(document.record.flatMap { [Custody.entryName($0.number), Custody.proofName($0.number)] })
        for name in try FileManager.default.contentsOfDirectory(atPath: "\(path)/\(Custody.folder)")
        where !named.contains("\(Custody.folder)/\(name)") {
            try FileManager.default.removeItem(atPath: "\(path)/\(Custody.folder)/\(name)")
        }
    }
}
