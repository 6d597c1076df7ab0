import Base
import Foundation
import GRDB
import Testing

@testable import Archive
@testable import Vault

/// A time that was typed wrong can make media due the moment it comes in. It waits for a person's word, whatever the
/// rules say.
struct DueAtOnceTests {
    private func imported(
        _ days: Double, confirmed: Bool = false, _ caseID: String = "K-1", into archive: Session, _ test: TestArchive
    ) throws -> VerificationReport {
        try archive.intake.import(
            try test.item(caseID, answer: TestAnswer(videoLength: 10).text, isConfirmed: confirmed) {
                $0.jurisdictions = ["HK"]
                $0.capturedAt = Timestamp.format(test.time.now.addingTimeInterval(-days * 86_400))
            })
    }

    private func status(_ kind: String, _ caseID: String = "K-1", in archive: Session) throws -> String? {
        try archive.policies.explain(try CaseID(caseID)).objects.first { $0.kind == kind }?.status
    }

    @Test func nothingGoesWithoutAWord() throws {
        let test = try TestArchive()
        let archive = try test.open()
        try test.activate(TestArchive.policy, in: archive)
        #expect(try imported(91, into: archive, test).unconfirmed == 1)
        #expect(try imported(10, "K-2", into: archive, test).unconfirmed == 0)
        #expect(try status("video", in: archive) == "unconfirmed" && status("best-frame", in: archive) != "unconfirmed")
        #expect(try archive.overview.status().retention["unconfirmed"] == 1)
        // Neither the first purge, nor a later one, nor one by a plan.
        for _ in 0..<2 {
            let report = try archive.destruction.run(accepting: nil).get()
            #expect(report.destroyed == 0 && report.skipped["unconfirmed"] == 1)
            try test.pass(days: 30, in: archive)
        }
        #expect(try test.stored("video", in: archive) == 2)
        let done = try archive.intake.confirmDue(of: try CaseID("K-1"), for: try Reason("the register says so"))
        #expect(done.objects == 3 && done.due == 1)
        #expect(try archive.destruction.run(accepting: nil).get().destroyed == 1)
        #expect(try test.stored("video", in: archive) == 1)
        #expect(try archive.audit.reconcile().findings.isEmpty)
        let again = refusal { _ = try archive.intake.confirmDue(of: try CaseID("K-1"), for: try Reason("x")) }
        #expect(again?.outcome == .notFound)
    }

    /// Who imports can say so at once; of a time that is put right, the word is asked for anew.
    @Test func aWordCanBeGivenAtOnceOrByACorrection() throws {
        let test = try TestArchive()
        let archive = try test.open()
        try test.activate(TestArchive.policy, in: archive)
        #expect(try imported(91, confirmed: true, into: archive, test).unconfirmed == 0)
        #expect(try status("video", in: archive) == "overdue" || status("video", in: archive) == "due")
        #expect(try imported(400, "K-2", into: archive, test).unconfirmed == 1)
        let right = Timestamp.format(test.time.now.addingTimeInterval(-40 * 86_400))
        _ = try archive.intake.correct(
            try CaseCorrection(capturedAt: right, now: test.time.now), of: try CaseID("K-2"),
            for: try Reason("a year was typed wrong"))
        #expect(try status("video", "K-2", in: archive) == "kept")
        #expect(try archive.destruction.run(accepting: nil).get().destroyed == 1)
        // A second typing mistake is no word, either.
        let wrong = Timestamp.format(test.time.now.addingTimeInterval(-500 * 86_400))
        for caseID in ["K-2", "K-3"] {
            if caseID == "K-3" { _ = try imported(20, confirmed: true, caseID, into: archive, test) }
            _ = try archive.intake.correct(
                try CaseCorrection(capturedAt: wrong, now: test.time.now), of: try CaseID(caseID),
                for: try Reason("mistaken"))
            #expect(try status("video", caseID, in: archive) == "unconfirmed", "\(caseID)")
            #expect(try archive.destruction.run(accepting: nil).get().destroyed == 0)
            _ = try archive.intake.correct(
                try CaseCorrection(capturedAt: right, now: test.time.now), of: try CaseID(caseID),
                for: try Reason("as before"))
        }
        #expect(try archive.audit.reconcile().findings.isEmpty)
        // When its time comes, it goes by itself.
        try test.pass(days: 51, in: archive)
        #expect(try archive.destruction.run(accepting: nil).get().destroyed == 2)
        #expect(try archive.audit.reconcile().findings.isEmpty)
    }

    /// What somebody writes into the index is nobody's word.
    @Test func theIndexCannotSayTheWord() throws {
        let test = try TestArchive()
        let archive = try test.open()
        try test.activate(TestArchive.policy, in: archive)
        _ = try imported(91, into: archive, test)
        try DatabaseQueue(path: test.path + "/index.sqlite").altering { db in
            try db.execute(sql: "UPDATE object SET unconfirmed = 0, status = 'due', due_at = 1, changes_at = 1")
        }
        let report = try test.open().destruction.run(accepting: nil).get()
        #expect(report.destroyed == 0)
        #expect(try test.stored("video", in: archive) == 1)
        #expect(try !archive.audit.reconcile().findings.isEmpty)
    }

    /// What the vendor gives now was not captured long ago, whatever was typed: its rules may be short.
    @Test func whatIsPulledGoesByItsRules() throws {
        let test = try TestArchive()
        let archive = try test.open()
        try test.activate(
            TestArchive.policy.replacingOccurrences(of: "at-most: P90D", with: "at-most: P1D"), in: archive)
        test.transport.answer { _, _ in (200, TestAnswer(videoLength: 10).text) }
        _ = try archive.intake.register(
            try test.registration("K-1", token: "tok") {
                $0.tokenIssuedAt = Timestamp.format(test.time.now.addingTimeInterval(-3600))
                $0.jurisdictions = ["HK"]
            })
        _ = try test.pull(archive)
        #expect(try status("video", in: archive) == "due")
    }

    /// The vendor keeps a result for 72 hours: an older time that somebody typed is not that of what it gives now.
    @Test(arguments: ["captured", "issued", "both"]) func aTimeTypedWrongDestroysNothingThatIsPulled(wrong: String)
        throws
    {
        let test = try TestArchive()
        let archive = try test.open()
        try test.activate(TestArchive.policy, in: archive)
        test.transport.answer { _, _ in (200, TestAnswer(videoLength: 10).text) }
        let yearAgo = test.time.now.addingTimeInterval(-365 * 86_400)
        _ = try archive.intake.register(
            try test.registration("K-1", token: "tok") { input in
                input.jurisdictions = ["HK"]
                if wrong != "captured" { input.tokenIssuedAt = Timestamp.format(yearAgo) }
                if wrong != "issued" { input.capturedAt = Timestamp.format(yearAgo.addingTimeInterval(60)) }
            })
        _ = try test.pull(archive)
        #expect(try status("video", in: archive) == "kept", "\(wrong)")
        #expect(try archive.destruction.run(accepting: nil).get().destroyed == 0)
        #expect(try archive.audit.reconcile().findings.isEmpty)
    }

    /// A token that waits to be pulled, and an answer out of a file: a person says when that was.
    @Test func anAnswerOutOfAFileIsNoEvidence() throws {
        let test = try TestArchive()
        let archive = try test.open()
        try test.activate(TestArchive.policy, in: archive)
        try test.register("K-1", token: "tok", issued: nil, in: archive)
        let item = try test.item("K-1", answer: TestAnswer(videoLength: 10).text, token: "tok") {
            $0.jurisdictions = ["HK"]
            $0.capturedAt = Timestamp.format(test.time.now.addingTimeInterval(-365 * 86_400))
        }
        #expect(try archive.intake.import(item).unconfirmed == 1)
        #expect(try archive.destruction.run(accepting: nil).get().destroyed == 0)
    }

    /// What no rule was about when it came waits all the same once one is. Before there were rules nobody could be
    /// asked: who activates some accepts what becomes due by them.
    @Test func rulesThatComeLaterAskToo() throws {
        let test = try TestArchive()
        let archive = try test.open()
        #expect(try imported(400, into: archive, test).unconfirmed == 0)
        try test.activate(TestArchive.policy, in: archive)
        #expect(try ["due", "overdue"].contains(status("video", in: archive)))
        // But for another time that is typed then.
        _ = try archive.intake.correct(
            try CaseCorrection(
                capturedAt: Timestamp.format(test.time.now.addingTimeInterval(-500 * 86_400)), now: test.time.now),
            of: try CaseID("K-1"), for: try Reason("mistaken"))
        #expect(try status("video", in: archive) == "unconfirmed")
        _ = try archive.intake.import(
            try test.item("K-2", answer: TestAnswer(videoLength: 11).text) {
                $0.capturedAt = Timestamp.format(test.time.now.addingTimeInterval(-400 * 86_400))
            })
        _ = try archive.intake.correct(
            try CaseCorrection(jurisdictions: ["HK"], now: test.time.now), of: try CaseID("K-2"),
            for: try Reason("it was left out"))
        #expect(try status("video", "K-2", in: archive) == "unconfirmed")
        #expect(try archive.destruction.run(accepting: nil).get().destroyed == 0)
        #expect(try archive.audit.reconcile().findings.isEmpty)
    }

    /// A day of capture that somebody gave stays when the time of issue is put right, and is nobody's word for it.
    @Test func theTimeOfIssuePutsNoCaptureAside() throws {
        let test = try TestArchive()
        let archive = try test.open()
        try test.activate(TestArchive.policy, in: archive)
        let day = CalendarDay(of: test.time.now.addingTimeInterval(-200 * 86_400))
        _ = try archive.intake.import(
            try test.item("K-1", answer: TestAnswer(videoLength: 10).text) { input in
                input.jurisdictions = ["HK"]
                input.capturedAt = day.text
                input.tokenIssuedAt = Timestamp.format(day.start().addingTimeInterval(8 * 3600))
            })
        #expect(try status("video", in: archive) == "unconfirmed")
        _ = try archive.intake.correct(
            try CaseCorrection(
                tokenIssuedAt: Timestamp.format(day.start().addingTimeInterval(-20 * 86_400)), now: test.time.now),
            of: try CaseID("K-1"), for: try Reason("another month"))
        let verification = try test.verification(in: archive)
        #expect(verification.capturedFrom == day.start())
        #expect(verification.capturedUntil.map { abs($0.timeIntervalSince(day.end()) + 0.001) < 0.0005 } == true)
        #expect(try status("video", in: archive) == "unconfirmed")
        #expect(try archive.audit.reconcile().findings.isEmpty)
    }
}
