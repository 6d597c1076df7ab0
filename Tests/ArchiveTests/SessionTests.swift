import Base
@_spi(Writing) import Catalog
import Foundation
import Ledger
import Sealing
import Synchronization
import Testing
import Vendor

@testable import Archive
@testable import Vault

/// Many people on one open archive.
struct SessionTests {
    private let test: TestArchive

    init() throws { test = try TestArchive() }

    private func identity(_ name: String) throws -> Identity { .actor(try Actor(claimed: name)) }

    private func refusal(_ body: () throws -> Void) -> ArchiveError? {
        do { try body() } catch { return ArchiveError(error) }
        return nil
    }

    /// What opening needs is not needed again: neither key nor keyring nor settings are read.
    @Test func aSessionReadsNoFile() throws {
        let archive = try test.openArchive()
        let gone = ["/root.key", "/archive/keyring.sealed", "/archive/strongroom.yaml"]
        for name in gone {
            try FileManager.default.moveItem(atPath: test.directory + name, toPath: test.directory + name + ".away")
        }
        let session = try archive.session(as: identity("clerk"))
        #expect(try session.intake.import(test.item("K-1", answer: TestAnswer().text)).state == .archived)
        #expect(try !test.contents("best-frame", of: "K-1", in: archive.session(as: identity("auditor"))).isEmpty)
        for name in gone {
            try FileManager.default.moveItem(atPath: test.directory + name + ".away", toPath: test.directory + name)
        }
    }

    @Test func everySessionActsForItsOwn() throws {
        let archive = try test.openArchive()
        let names = ["ada", "ben", "cyd", "dan"]
        let sessions = try names.map { try archive.session(as: identity($0)) }
        let items = try (0..<40).map { try test.item("K-\($0)", answer: TestAnswer(videoLength: 100 + $0).text) }
        let failed = Mutex<[String]>([])
        DispatchQueue.concurrentPerform(iterations: 40) { number in
            do {
                _ = try sessions[number % 4].intake.import(items[number])
            } catch {
                failed.withLock { $0.append("\(error)") }
            }
        }
        #expect(failed.withLock { $0 } == [])
        for number in 0..<40 {
            var query = LedgerQuery()
            query.caseID = try CaseID("K-\(number)")
            let actors = Set(try sessions[0].audit.entries(query).map(\.actor))
            #expect(actors == [names[number % 4]], "case K-\(number)")
        }
        #expect(try sessions[0].audit.reconcile().findings == [])
    }

    @Test func aTokenIsLookedAtWhenASessionBegins() throws {
        let archive = try test.openArchive()
        let maker = try archive.session(as: identity("maker"))
        let made = try maker.people.createToken(
            for: "j.chan", roles: [.intake], expires: nil, reason: Reason("new clerk")
        ).get()
        let token = try PersonalToken(SecretText(made.secret.utf8))
        let session = try archive.session(as: .token(token))
        #expect(try session.intake.import(test.item("K-1", answer: TestAnswer().text)).state == .archived)
        _ = try maker.people.revokeToken(made.summary.token, reason: Reason("left")).get()
        #expect(refusal { _ = try archive.session(as: .token(token)) }?.code == .badToken)
        // The one that began before is refused where it acts.
        #expect(
            refusal { _ = try session.intake.import(test.item("K-2", answer: TestAnswer().text)) }?.code == .badToken)
    }

    @Test func theKeyringIsReadAgainWhileSessionsRun() throws {
        let archive = try test.openArchive()
        let before = try archive.session(as: identity("clerk"))
        _ = try before.intake.import(test.item("K-1", answer: TestAnswer().text))
        try archive.readKeyring(rootKey: test.rootKey)
        let after = try archive.session(as: identity("clerk"))
        #expect(
            try test.contents("best-frame", of: "K-1", in: before) == test.contents("best-frame", of: "K-1", in: after))
        // A keyring that is none is refused, and what is open stays so.
        let path = test.path + "/keyring.sealed"
        let keyring = try Data(contentsOf: URL(fileURLWithPath: path))
        try Data(keyring.reversed()).write(to: URL(fileURLWithPath: path))
        #expect(refusal { try archive.readKeyring(rootKey: test.rootKey) }?.code == .badKeyring)
        #expect(try !test.contents("best-frame", of: "K-1", in: archive.session(as: identity("auditor"))).isEmpty)
        try keyring.write(to: URL(fileURLWithPath: path))
        try archive.readKeyring(rootKey: test.rootKey)
    }

    /// Seconds that `body` takes.
    private func seconds(_ body: () throws -> Void) rethrows -> Double {
        let start = DispatchTime.now().uptimeNanoseconds
        try body()
        return Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9
    }

    /// Whoever waits for the writer, in this process or in another, waits no longer than they said, and nothing of
    /// theirs comes later.
    @Test(arguments: [true, false]) func aDeadlineEndsTheWaitForTheWriter(inOneProcess: Bool) throws {
        let archive = try test.openArchive()
        let busy = inOneProcess ? archive : try test.openArchive()
        let (begun, end) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let done = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            _ = try? busy.catalog.index.write { _ in
                begun.signal()
                _ = end.wait(timeout: .now() + 20)
            }
            done.signal()
        }
        begun.wait()
        let item = try test.item("K-1", answer: TestAnswer().text)
        let late = try archive.session(as: identity("clerk"), deadline: 0.2)
        let took = seconds { #expect(refusal { _ = try late.intake.import(item) }?.code == .timedOut) }
        #expect(took < 10)
        let isCancelled = Atomic(false)
        DispatchQueue.global().asyncAfter(deadline: .now() + 0.2) { isCancelled.store(true, ordering: .relaxed) }
        let gone = try archive.session(as: identity("clerk")) { isCancelled.load(ordering: .relaxed) }
        #expect(refusal { _ = try gone.intake.import(item) }?.code == .interrupted)
        end.signal()
        done.wait()
        let session = try archive.session(as: identity("clerk"), deadline: 60)
        #expect(try session.overview.status().cases == 0)
        #expect(try session.intake.import(item).state == .archived)
        #expect(try session.audit.reconcile().findings == [])
    }

    /// From now on a program publishes, which takes half a minute; with another bound of what may be unpublished.
    private func publishSlowly(limit: Int = 10_000) throws {
        let script = test.directory + "/slow"
        try "#!/bin/sh\n[ $STRONGROOM_ACTION = newest ] || exec sleep 30\n".write(
            toFile: script, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: script)
        try test.setOperator("  directory: ", "  # directory: ")
        try test.setOperator("# command: [/usr/local/bin/publish, --to, elsewhere]", "command: [\(script)]")
        try test.set("unpublished-limit: 10000", "unpublished-limit: \(limit)")
    }

    /// Writers share transactions: one that fails behind its entries leaves nothing that the next would build on.
    @Test func whoFailsBehindItsEntriesTakesNothingAlong() throws {
        let archive = try test.openArchive()
        struct Failure: Error {}
        let failed = Mutex(0)
        Workers.forEach(Array(0..<40), workers: 40) { number in
            do {
                let session = try archive.session(as: .actor(try Actor(claimed: "clerk")))
                guard number % 3 == 0 else {
                    _ = try session.record { try $0.add(.archiveVerified(.init(objects: 0, opened: 0, findings: 0))) }
                    return
                }
                try session.closed { _, _ in throw Failure() }
            } catch is Failure {
                failed.withLock { $0 += 1 }
            } catch {
                Issue.record("\(error)")
            }
        }
        #expect(failed.withLock { $0 } == 14)
        let session = try archive.session(as: .actor(try Actor(claimed: "clerk")))
        session.publish()
        #expect(try session.audit.reconcile().findings == [])
        var query = LedgerQuery()
        query.kind = "archive verified"
        #expect(try session.audit.entries(query).count == 26)
    }

    /// A program that publishes is not waited for longer than that either.
    @Test func aDeadlineEndsTheWaitForAProgram() throws {
        try publishSlowly()
        let session = try test.openArchive().session(as: identity("clerk"), deadline: 1)
        let took = try seconds {
            _ = try session.intake.import(test.item("K-1", answer: TestAnswer().text))
            session.finishPublication()
        }
        #expect(took < 15)
        // It says nothing of the place: who has more time publishes.
        #expect(session.unpublishedEntries > 0 && session.publicationProblem == nil)
    }

    /// Who has no time to publish is stopped by the bound like everybody else.
    @Test func aDeadlineIsNoWayAroundTheBound() throws {
        try publishSlowly(limit: 6)
        let archive = try test.openArchive()
        _ = try archive.session(as: identity("clerk"), deadline: 0.5).intake.import(
            test.item("K-1", answer: TestAnswer().text))
        let late = try archive.session(as: identity("clerk"), deadline: 0.5)
        let error = refusal { _ = try late.intake.import(test.item("K-2", answer: TestAnswer().text)) }
        #expect(error?.code == .ledgerUnpublished, "\(error as Any)")
        // Media that is not on the published ledger is not read, either.
        #expect(throws: ArchiveError.self) {
            try test.contents("best-frame", of: "K-1", in: archive.session(as: identity("auditor"), deadline: 0.5))
        }
    }

    @Test func aStreamEndsWithItsSession() throws {
        let archive = try test.openArchive()
        _ = try archive.session(as: identity("clerk")).intake.import(
            test.item("K-1", answer: TestAnswer(videoLength: 3_000_000).text))
        let isCancelled = Atomic(false)
        let session = try archive.session(as: identity("auditor")) { isCancelled.load(ordering: .relaxed) }
        var bytes = 0
        let error = refusal {
            try session.retrieval.retrieve(
                ItemName(kind: "video", verification: nil), of: try CaseID("K-1"), range: nil, for: try Reason("test")
            ) { piece in
                bytes += piece.count
                isCancelled.store(true, ordering: .relaxed)
            }
        }
        #expect(error?.code == .interrupted && bytes > 0 && bytes < 3_000_000)
        // The ledger knows that it was not whole.
        let sentences = try archive.session(as: identity("auditor")).audit.entries(LedgerQuery()).map(\.sentence)
        #expect(sentences.contains { $0.contains("access") && $0.contains("not") }, "\(sentences.suffix(3))")
    }

    /// What is put on the ledger beside a body says nothing of what the body did.
    @Test func aBodyAnswersForWhatItChanges() throws {
        let session = try test.open()
        let before = try session.audit.lastEntry()
        // The next transaction says that somebody was refused.
        Recorder.countRefusedOpening(in: session.catalog.index, at: session.now)
        #expect(throws: CatalogError.unrecorded) {
            try session.record { transaction in
                try transaction.index.insert(
                    EpochRecord(epoch: Epoch(7), state: .open, createdAt: transaction.now))
            }
        }
        #expect(try session.audit.lastEntry() == before)
        #expect(try session.catalog.read { try $0.epochs().count } == 1)
        // It is said with what comes next.
        try session.record { _ in }
        var query = LedgerQuery()
        query.kind = "openings refused"
        #expect(try session.audit.entries(query).count == 1)
    }
}
