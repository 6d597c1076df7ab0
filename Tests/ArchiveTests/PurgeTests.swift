import Base
import BlobStore
@_spi(Writing) import Catalog
import Foundation
import GRDB
import Ledger
import Retention
import Sealing
import Testing

@testable import Archive
@testable import Vault

/// Promises 2 to 4 and 8: what is due goes, all of it, through one door; and nothing else does.
struct PurgeTests {
    @Test func whatIsDueGoesAndTheRestStays() throws {
        let test = try TestArchive()
        let archive = try test.open()
        try test.activate(TestArchive.policy, in: archive)
        try test.archive("K-1", in: archive)
        try test.archive("K-2", in: archive, place: nil)
        let address = try archive.retrieval.caseDetails(try CaseID("K-1")).verifications[0].objects.first {
            $0.kind == "video"
        }!
        .address
        try test.pass(days: 60, in: archive)
        #expect(try archive.destruction.run(accepting: nil).get().destroyed == 0)
        try test.pass(days: 30, in: archive)
        let report = try archive.destruction.run(accepting: nil).get()
        #expect(report.destroyed == 1 && report.cases == 0 && report.blobsRemoved == 1 && report.residueErased)
        #expect(try test.kinds(of: "K-1", in: archive) == ["best-frame", "result"])
        #expect(try test.kinds(of: "K-2", in: archive).count == 3, "what no rule covers is kept")
        #expect(try archive.overview.status().retention["uncovered"] == 3)
        #expect(!FileManager.default.fileExists(atPath: test.path + "/objects/\(address.prefix(2))/\(address)"))
        let gone = refusal { _ = try test.contents("video", of: "K-1", in: archive) }
        #expect(gone?.code == .destroyed && gone?.message.contains("ledger entry") == true)
        #expect(try test.contents("best-frame", of: "K-1", in: archive).count > 0)
        #expect(try archive.audit.reconcile().findings == [])
        #expect(try archive.audit.verify(VerifyOptions()).findings.isEmpty)
    }

    @Test func withItsLastObjectACaseGoesAndDoesNotComeBack() throws {
        let test = try TestArchive()
        let archive = try test.open()
        try test.activate(TestArchive.policy, in: archive)
        let answer = TestAnswer(videoLength: 10).text
        try test.archive("K-1", in: archive, token: "tok-1", answer: answer) { $0.subject = "S-1" }
        _ = try test.event("relationship-ended", of: "K-1", in: archive)
        try test.pass(days: 91, in: archive)
        #expect(try archive.destruction.run(accepting: nil).get().destroyed == 1)
        try test.pass(days: 3 * 365, in: archive)
        let report = try archive.destruction.run(accepting: nil).get()
        #expect(report.destroyed == 2 && report.cases == 1)
        let shown = refusal { _ = try archive.retrieval.caseDetails(try CaseID("K-1")) }
        #expect(shown?.code == .destroyed && shown?.outcome == .notFound)
        #expect(refusal { _ = try archive.policies.explain(try CaseID("K-1")) }?.code == .destroyed)
        // The token, the answer, and both in another case.
        for (caseID, token, text) in [
            ("K-1", "tok-1", answer), ("K-9", "tok-1", TestAnswer().text), ("K-1", nil, answer), ("K-9", nil, answer),
        ] as [(String, String?, String)] {
            #expect(
                refusal { try test.archive(caseID, in: archive, token: token, answer: text) }?.code == .tokenDestroyed)
        }
        #expect(
            refusal { _ = try archive.intake.register(try test.registration("K-9", token: "tok-1")) }?.code
                == .tokenDestroyed)
        var query = LedgerQuery()
        query.caseID = try CaseID("K-1")
        #expect(
            try archive.audit.entries(query).map(\.kind).contains("case destroyed"), "its entries can still be found")
        // A new verification under the same case ID is another case.
        try test.archive("K-1", in: archive, token: "tok-2")
        #expect(try test.kinds(of: "K-1", in: archive).count == 3)
        #expect(try archive.audit.reconcile().findings == [])
        // What is remembered is forgotten, too.
        try test.pass(days: 4 * 365, in: archive)
        _ = try archive.destruction.run(accepting: nil).get()
        try test.archive("K-9", in: archive, token: "tok-1")
        #expect(try archive.audit.reconcile().findings == [])
    }

    @Test func aVerificationThatIsGoneLeavesNothingOfItsAnswer() throws {
        let test = try TestArchive()
        let archive = try test.open()
        try test.activate(
            TestArchive.policy.replacingOccurrences(of: "media: [best-frame, result]", with: "outcome: passed")
                .replacingOccurrences(of: "media: [video]", with: "outcome: failed"), in: archive)
        try test.archive("K-1", in: archive, answer: TestAnswer(result: "1004", videoLength: 10).text)
        try test.archive("K-1", in: archive, answer: TestAnswer(videoLength: 11).text)
        try test.pass(days: 91, in: archive)
        #expect(try archive.destruction.run(accepting: nil).get().destroyed == 3)
        let verifications = try archive.retrieval.caseDetails(try CaseID("K-1")).verifications
        #expect(verifications.map(\.objects.count) == [0, 3] && verifications.map(\.destroyed.count) == [3, 0])
        #expect(verifications.map { $0.requestID == nil } == [true, false])
        #expect(try archive.audit.reconcile().findings == [] && archive.audit.verify(VerifyOptions()).findings.isEmpty)
        #expect(try test.kinds(of: "K-1", in: archive).count == 3)
    }

    /// After a purge and a compaction neither keys nor names are anywhere in the archive.
    @Test func nothingOfItIsLeft() throws {
        let test = try TestArchive()
        let archive = try test.open()
        try test.activate(TestArchive.policy, in: archive)
        let planted = ["PLANTED-case", "PLANTED-subject", "PLANTED-consent", "PLANTED-token", "PLANTED-reason"]
        var secrets: [[UInt8]] = planted.map { Array($0.utf8) }
        for number in 0..<40 {
            try test.archive("\(planted[0])\(number)", in: archive, token: "\(planted[3])\(number)") { input in
                input.subject = "\(planted[1])\(number)"
                input.consent = planted[2]
            }
            _ = try test.event("relationship-ended", of: "\(planted[0])\(number)", in: archive)
        }
        _ = try archive.retrieval.retrieve(
            try CaseID("\(planted[0])7"), for: try Reason(planted[4]), to: test.directory + "/bag")
        try FileManager.default.removeItem(atPath: test.directory + "/bag")
        try archive.catalog.read { index in
            for record in try index.cases(CaseFilter(), after: nil, limit: 100) {
                secrets += [record.key.bytes, record.sealedParticulars, record.subjectTag!.bytes]
            }
            for object in try index.objects(after: nil, limit: 200).records {
                secrets += [object.key.bytes, object.contentTag.bytes]
            }
        }
        try test.pass(days: 3 * 366, in: archive)
        let report = try archive.destruction.run(
            accepting: String(
                try #require(refusal { _ = try archive.destruction.run(accepting: nil).get() }?.digest?.prefix(16)))
        ).get()
        #expect(report.destroyed == 120 && report.cases == 40)
        _ = try archive.destruction.compact()
        func found(in folder: String) throws -> [String] {
            var found: [String] = []
            for case let name as String in FileManager.default.enumerator(atPath: folder)! {
                guard let content = FileManager.default.contents(atPath: folder + "/" + name) else { continue }
                for secret in secrets where content.range(of: Data(secret)) != nil {
                    found.append("\(name): \(secret.prefix(8))")
                }
            }
            return found
        }
        #expect(try found(in: test.path) == [])
        #expect(try FileManager.default.contentsOfDirectory(atPath: test.path + "/staging").isEmpty)
        #expect(try archive.overview.status().cases == 0 && archive.overview.status().objects == 0)
        #expect(try archive.audit.reconcile().findings == [])
        // The test of the test: a live case is found by its wrapped key.
        try test.archive("K-live", in: archive)
        secrets = try archive.catalog.read { try $0.objects(after: nil, limit: 1).records.map(\.key.bytes) }
        #expect(try !found(in: test.path).isEmpty)
    }

    @Test func theDestroyingFunctionHasTwoCallers() throws {
        let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Sources").path
        var callers: [String] = []
        for case let name as String in FileManager.default.enumerator(atPath: sources)! where name.hasSuffix(".swift") {
            let text = try String(contentsOfFile: sources + "/" + name, encoding: .utf8)
            for line in text.split(separator: "\n") {
                let code = line.trimmingCharacters(in: .whitespaces)
                guard !code.hasPrefix("//"), !code.contains("func ") else { continue }
                if code.contains("destroy(") && !code.contains("withdraw") && !code.contains("posix_spawn") {
                    callers.append("\(name): \(code)")
                }
                if code.contains("destroyCase(") { callers.append("\(name): \(code)") }
                if code.contains("DELETE FROM object") || code.contains("DELETE FROM cases") {
                    callers.append("\(name): \(code)")
                }
                if code.contains("store.delete(") { callers.append("\(name): \(code)") }
            }
        }
        #expect(
            callers.sorted() == [
                // Who goes through the one door, and what takes the blobs whose keys are gone.
                "Archive/Destruction/Destruction+Blobs.swift: let deletion = "
                    + "session.store.delete(chunk.map(\\.address).filter { !failed.contains($0) })",
                "Archive/Destruction/Destruction+Purge.swift: "
                    + "let done = try session.record { try session.destroy(part, in: run, $0) }",
                // How the index does it.
                "Catalog/Statements/DestructionStatements.swift: \"DELETE FROM cases WHERE id = ?\",",
                "Catalog/Statements/DestructionStatements.swift: guard try run(\"DELETE FROM object WHERE uid = ?\", "
                    + "[object.object]) == 1 else {",
                // The one door.
                "Vault/Destruction/Session+Destroy.swift: try index.destroyCase(uid)",
                "Vault/Destruction/Session+Destroy.swift: try transaction.destroy(permit)",
            ])
    }

    /// Promise 8.
    @Test func anAvalancheStopsUntilSomebodyAcceptsIt() throws {
        let test = try TestArchive()
        try test.set("limit-objects: 100", "limit-objects: 3")
        try test.set("limit-percent: 5", "limit-percent: 20")
        // What loosens counts once somebody has said so.
        _ = try test.open().people.applySettings(reason: try Reason("r")).get()
        let archive = try test.open()
        try test.activate(TestArchive.policy, in: archive)
        for number in 0..<6 {
            try test.archive("K-\(number)", in: archive)
            if number == 2 { test.time.advance(3600) }
        }
        // Those of the first hour are due, those of the second are not: three of eighteen, and no more than three.
        test.time.advance(89 * 86_400 - 5400)
        _ = refusal { _ = try archive.destruction.run(accepting: nil).get() }
        _ = try archive.destruction.acceptClock(test.time.now, reason: try Reason("a test")).get()
        #expect(try archive.destruction.plan(until: nil, to: test.directory + "/p1").objects == 3)
        #expect(try archive.destruction.run(accepting: nil).get().destroyed == 3)
        // The next three make it six of eighteen within a day.
        test.time.advance(7200)
        let refused = refusal { _ = try archive.destruction.run(accepting: nil).get() }
        #expect(refused?.code == .limitExceeded && refused?.outcome == .refused)
        #expect(try archive.overview.status().objects == 15)
        #expect(
            refusal { _ = try archive.destruction.run(accepting: String(repeating: "0", count: 16)).get() }?.code
                == .impactNotAccepted)
        let digest = try #require(refused?.digest.map { String($0.prefix(16)) })
        #expect(try archive.destruction.run(accepting: digest).get().destroyed == 3)
        // Once: a digest says what is destroyed, and that is gone.
        #expect(try archive.destruction.run(accepting: digest).get().destroyed == 0)
        #expect(try archive.audit.reconcile().findings == [])
    }

    @Test func aBlobThatCannotBeRemovedFollowsLater() throws {
        let test = try TestArchive()
        let archive = try test.open()
        try test.activate(TestArchive.policy, in: archive)
        for number in 0..<3 { try test.archive("K-\(number)", in: archive) }
        let address = try archive.retrieval.caseDetails(try CaseID("K-0")).verifications[0].objects.first {
            $0.kind == "video"
        }!
        .address
        try FileManager.default.removeItem(atPath: test.path + "/objects/\(address.prefix(2))/\(address)")
        try test.pass(days: 90, in: archive)
        let files = StubbornFiles()
        let report = try test.open(files: files).destruction.run(accepting: nil).get()
        #expect(
            report.destroyed == 3 && report.blobsRemoved == 0 && report.blobsMissing == 1 && report.blobsWaiting == 2)
        #expect(report.blobProblem?.contains("read-only") == true)
        #expect(try archive.overview.status().retention.blobsWaiting == 2)
        #expect(try archive.audit.verify(VerifyOptions()).findings.isEmpty && archive.audit.reconcile().findings == [])
        let next = try archive.destruction.run(accepting: nil).get()
        #expect(next.destroyed == 0 && next.blobsRemoved == 2 && next.blobsWaiting == 0)
        #expect(try archive.audit.reconcile().findings == [])
    }

    /// Promise 3: a stream that is being read ends.
    @Test func whatIsDestroyedWhileItIsReadEnds() throws {
        let test = try TestArchive()
        let archive = try test.open()
        try test.activate(TestArchive.policy, in: archive)
        try test.archive("K-1", in: archive, answer: TestAnswer(videoLength: 8 << 20).text)
        try test.pass(days: 90, in: archive)
        var handedOut = 0
        let broken = refusal {
            try archive.retrieval.retrieve(
                ItemName(kind: "video", verification: nil), of: try CaseID("K-1"), range: nil, for: try Reason("r")
            ) { piece in
                if handedOut == 0 {
                    let purged = try test.open(actor: "purger").destruction.run(accepting: nil).get()
                    #expect(purged.destroyed == 1)
                }
                handedOut += piece.count
            }
        }
        #expect(broken?.code == .destroyed && handedOut <= (1 << 20) + 65_536)
        #expect(try archive.audit.reconcile().findings == [])
    }

    @Test func onePurgeAtATime() throws {
        let test = try TestArchive()
        let archive = try test.open()
        let descriptor = open(test.path + "/" + Destruction.purgeLockName, O_RDWR | O_CREAT, 0o600)
        defer { close(descriptor) }
        #expect(flock(descriptor, LOCK_EX) == 0)
        #expect(refusal { _ = try archive.destruction.run(accepting: nil).get() }?.code == .purgeBusy)
    }

    /// Nobody deletes an object past the door: the database itself refuses.
    @Test func theDatabaseRefusesWhatIsNotDestruction() throws {
        let test = try TestArchive()
        try test.archive("K-1", in: try test.open())
        let database = try DatabaseQueue(path: test.path + "/index.sqlite")
        for sql in [
            "DELETE FROM object", "UPDATE object SET wrapped_key = zeroblob(72)",
            "UPDATE object SET epoch = epoch", "DELETE FROM cases", "UPDATE policy_file SET text = ''",
        ] {
            #expect(throws: DatabaseError.self, "\(sql)") {
                try database.write { db in
                    try db.execute(sql: "PRAGMA recursive_triggers = ON")
                    if sql.contains("policy_file") {
                        try db.execute(
                            sql: "INSERT INTO policy_file SELECT 'p', 1, 'policy', '', zeroblob(32), 0")
                    }
                    try db.execute(sql: sql)
                }
            }
        }
        #expect(try test.open().overview.status().objects == 3)
    }
}

/// A store whose blobs cannot be removed.
struct StubbornFiles: FileSystem {
    private let posix = PosixFileSystem()

    func remove(_ path: String) throws(FileError) {
        guard !path.contains("/objects/") || !posix.exists(path) else {
            throw FileError(.remove, path: path, code: EROFS)
        }
        try posix.remove(path)
    }

    func makeDirectory(_ path: String) throws(FileError) { try posix.makeDirectory(path) }
    func create(_ path: String) throws(FileError) -> OpenFile { try posix.create(path) }
    func openForAppending(_ path: String) throws(FileError) -> OpenFile { try posix.openForAppending(path) }
    func truncate(_ file: OpenFile, to length: UInt64) throws(FileError) { try posix.truncate(file, to: length) }
    func append(_ bytes: UnsafeRawBufferPointer, to file: OpenFile) throws(FileError) {
        try posix.append(bytes, to: file)
    }
    func syncData(_ file: OpenFile) throws(FileError) { try posix.syncData(file) }
    func close(_ file: OpenFile) { posix.close(file) }
    func link(_ path: String, to newPath: String) throws(FileError) { try posix.link(path, to: newPath) }
    func rename(_ path: String, to newPath: String) throws(FileError) { try posix.rename(path, to: newPath) }
    func openDirectory(_ path: String) throws(FileError) -> OpenFile { try posix.openDirectory(path) }
    func syncDirectory(_ directory: OpenFile) throws(FileError) { try posix.syncDirectory(directory) }
    func open(_ path: String) throws(FileError) -> OpenFile { try posix.open(path) }
    func read(_ file: OpenFile, at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(FileError) -> Int
    {
        try posix.read(file, at: offset, into: buffer)
    }
    func status(_ file: OpenFile) throws(FileError) -> FileStatus { try posix.status(file) }
    func status(_ path: String) throws(FileError) -> FileStatus { try posix.status(path) }
    func names(in path: String) throws(FileError) -> [String] { try posix.names(in: path) }

    /// On a full disk a purge gives back the space that is kept for it, and afterwards keeps it again.
    @Test func spaceIsKeptForAFullDisk() throws {
        let test = try TestArchive()
        let archive = try test.open()
        let reserve = SpaceReserve(in: test.path)
        #expect(reserve.isWhole && !archive.archive.weakPlaces.contains { $0.contains("reserve") })
        try test.activate(TestArchive.policy, in: archive)
        try test.archive("K-1", in: archive)
        try test.pass(days: 91, in: archive)
        reserve.release()
        #expect(archive.archive.weakPlaces.contains { $0.contains(reserve.path) })
        _ = try archive.destruction.run(accepting: nil) { _, _ in
            #expect(!reserve.isWhole, "it is free while the purge is at work")
        }
        #expect(reserve.isWhole)
        // Another file under its name is neither written nor emptied.
        let other = test.directory + "/other"
        try Data([1, 2, 3]).write(to: URL(fileURLWithPath: other))
        reserve.release()
        try FileManager.default.linkItem(atPath: other, toPath: reserve.path)
        reserve.provide()
        #expect(try Data(contentsOf: URL(fileURLWithPath: other)) == Data([1, 2, 3]) && !reserve.isWhole)
        reserve.release()
        #expect(FileManager.default.fileExists(atPath: other))
    }
}
