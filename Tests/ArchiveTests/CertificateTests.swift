import BlobStore
import Catalog
import Foundation
import Ledger
import Testing

@testable import Archive

/// A certificate says what its entries prove, and a changed one says so.
struct CertificateTests {
    private func purged() throws -> (TestArchive, run: UInt64) {
        let test = try TestArchive()
        let archive = try test.open()
        try test.activate(TestArchive.policy, in: archive)
        for number in 0..<3 { try test.archive("K-\(number)", in: archive) }
        _ = try test.event("relationship-ended", of: "K-0", in: archive)
        try test.pass(days: 91, in: archive)
        let run = try #require(try archive.runPurge(accepting: nil).get().run)
        return (test, run)
    }

    @Test func aCaseThatIsHalfGone() throws {
        let (test, run) = try purged()
        let archive = try test.open(actor: "officer")
        let path = test.directory + "/certificate"
        let done = try archive.certify(.caseID(try CaseID("K-0")), to: path)
        #expect(done.objects == 1 && done.kept == 2)
        #expect(try problems(path, key: done.verifierKey) == [])
        let page = try String(contentsOfFile: path + "/certificate.html", encoding: .utf8)
        #expect(
            page.contains("K-0") && page.contains("2 objects of the case are still kept") && page.contains("epoch 1"))
        #expect(page.contains("house v1, rule video") && !page.contains("<script"))
        #expect(refusal { _ = try archive.certify(.caseID(try CaseID("K-0")), to: path) }?.code == .outputExists)
        #expect(refusal { _ = try archive.certify(.caseID(try CaseID("K-9")), to: path + "2") }?.code == .unknownCase)
        #expect(refusal { _ = try archive.certify(.run(run + 1), to: path + "2") }?.code == .unknownRun)
        // A run names what it destroyed, of every case.
        let whole = try archive.certify(.run(run), to: test.directory + "/run")
        #expect(whole.objects == 3)
        #expect(try problems(test.directory + "/run", key: whole.verifierKey) == [])
        #expect(!FileManager.default.fileExists(atPath: path + "2"))
    }

    @Test func aCaseThatIsGone() throws {
        let (test, _) = try purged()
        let archive = try test.open()
        try test.pass(days: 3 * 365, in: archive)
        #expect(try archive.runPurge(accepting: nil).get().cases == 1)
        let path = test.directory + "/certificate"
        let done = try archive.certify(.caseID(try CaseID("K-0")), to: path)
        #expect(done.objects == 3 && done.kept == 0)
        #expect(try problems(path, key: done.verifierKey) == [])
        let page = try String(contentsOfFile: path + "/certificate.html", encoding: .utf8)
        #expect(page.contains("With its last object the case's own key was destroyed"))
    }

    @Test func everyFileThatIsChangedIsNoticed() throws {
        let (test, _) = try purged()
        let path = test.directory + "/certificate"
        let key = try test.open().certify(.caseID(try CaseID("K-0")), to: path).verifierKey
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

    /// Falsified with all its files made anew, where the entries cannot be.
    @Test func statementsWithoutAnEntryAreNoticed() throws {
        let (test, _) = try purged()
        let path = test.directory + "/certificate"
        let key = try test.open().certify(.caseID(try CaseID("K-0")), to: path).verifierKey
        let file = path + "/" + Certificate.jsonName
        let original = try String(contentsOfFile: file, encoding: .utf8)
        for (from, to) in [
            (#""media" : "video""#, #""media" : "best-frame""#),
            (#""kept" : ["#, #""kept" : [ "00000000000000000000000000000000","#),
            ("house v1", "house v2"), (#""wasMissing" : false"#, #""wasMissing" : true"#),
            (#""form" : "case""#, #""form" : "run""#), ("tester", "somebody"),
            (#""caseUID" : ""#, #""caseUID" : "0"#),
        ] {
            let changed = original.replacingOccurrences(of: from, with: to)
            try #require(changed != original, "\(from)")
            try changed.write(toFile: file, atomically: false, encoding: .utf8)
            if let document = try? JSONDecoder().decode(Certificate.Document.self, from: Data(changed.utf8)) {
                try Data(try document.bytes()).write(to: URL(fileURLWithPath: file))
                try CertificatePage.html(document).write(
                    toFile: path + "/" + Certificate.pageName, atomically: false, encoding: .utf8)
            }
            #expect(try !problems(path, key: key).isEmpty, "\(from)")
        }
    }
}
