import Base
import Foundation
import GRDB
import Testing

@testable import Archive
@testable import Vault

/// The index does not vouch for what is destroyed by it: what somebody wrote into it by hand destroys nothing, and is
/// found.
struct RetentionTamperingTests {
    private struct Prepared {
        let test: TestArchive
        let archive: Session
        let database: DatabaseQueue
    }

    /// A case whose picture is kept for years, and whose video is due.
    private func prepared() throws -> Prepared {
        let test = try TestArchive()
        let archive = try test.open()
        try test.activate(TestArchive.policy, in: archive)
        try test.archive("K-1", in: archive)
        _ = try test.event("relationship-ended", of: "K-1", in: archive)
        try test.pass(days: 91, in: archive)
        return Prepared(test: test, archive: archive, database: try DatabaseQueue(path: test.path + "/index.sqlite"))
    }

    private static let dueNow = "UPDATE object SET changes_at = 1, due_at = 1, status = 'due'"

    @Test(arguments: [
        "UPDATE case_event SET time = time - 200000000000",
        "UPDATE case_event SET day = time / 86400000, time = NULL",
        "UPDATE verification SET captured_from = 1000, captured_until = 1000",
        "UPDATE object SET archived_at = 1000", "DELETE FROM case_jurisdiction",
        "UPDATE object SET kind = 'video-2' WHERE kind = 'result'",
        "UPDATE verification SET result_code = '1004'", "UPDATE cases SET purpose = 'transaction'",
        "INSERT INTO case_event SELECT 2, case_id, name, 1, NULL, NULL, NULL FROM case_event LIMIT 1",
        "DELETE FROM case_event",
    ])
    func alteredFactsDestroyNothing(sql: String) throws {
        let prepared = try prepared()
        try prepared.database.altering { db in
            try db.execute(sql: sql)
            try db.execute(sql: Self.dueNow)
        }
        // Also what is due stays: nobody knows what else was altered.
        let report = try prepared.test.open().destruction.run(accepting: nil).get()
        // Where only another object was altered, the video goes, as it should.
        #expect(report.destroyed == (sql.contains("'video-2'") ? 1 : 0), "\(sql)")
        #expect(try prepared.test.stored("best-frame", in: prepared.archive) == 1, "\(sql)")
        // What the index says of it is shown to nobody as the truth.
        let refused = refusal { _ = try prepared.test.contents("best-frame", of: "K-1", in: prepared.archive) }
        #expect(refused?.outcome == .integrity, "\(sql)")
        #expect(refusal { _ = try prepared.archive.retrieval.caseDetails(try CaseID("K-1")) }?.outcome == .integrity)
        #expect(try !prepared.archive.audit.reconcile().findings.isEmpty)
    }

    @Test func alteredRulesDestroyNothing() throws {
        for (triggers, sql) in [
            (["policy_file_fixed"], "UPDATE policy_file SET text = replace(text, 'P2Y', 'P1D')"),
            (["policy_set_member_kept"], "DELETE FROM policy_set_member"),
            (["policy_set_kept", "policy_set_member_kept"], "DELETE FROM policy_set_member; DELETE FROM policy_set"),
            ([], "INSERT INTO resolution VALUES (1, 'house', 1, 'evidence', 'house', 1, 'video', 'destroy')"),
        ] {
            let prepared = try prepared()
            try prepared.database.altering(without: triggers.contains) { db in
                try db.execute(sql: sql)
                try db.execute(sql: Self.dueNow)
            }
            let refused = refusal { _ = try prepared.test.open().destruction.run(accepting: nil).get() }
            #expect(refused?.outcome == .integrity, "\(sql): \(refused?.message ?? "accepted")")
            let findings = try prepared.test.open().audit.reconcile().findings
            #expect(!findings.isEmpty, "\(sql)")
        }
    }

    @Test func aNoteCannotTakeTheBytesOfWhatIsKept() throws {
        let prepared = try prepared()
        try prepared.database.write { db in
            try db.execute(
                sql: """
                    INSERT INTO blob_removal SELECT address, object.uid, cases.uid, 1 FROM object
                    JOIN verification ON verification.id = verification_id JOIN cases ON cases.id = case_id
                    WHERE kind = 'best-frame'
                    """)
        }
        let report = try prepared.archive.destruction.run(accepting: nil).get()
        #expect(report.blobsWaiting == 1 && report.altered == 1 && report.blobProblem?.contains("are kept") == true)
        #expect(try prepared.test.contents("best-frame", of: "K-1", in: prepared.archive).count > 0)
        #expect(try !prepared.archive.audit.reconcile().findings.isEmpty)
    }

    @Test func alteredNotesAreFoundAndMended() throws {
        for sql in [
            "UPDATE object SET due_at = NULL, changes_at = NULL, status = 'kept' WHERE kind = 'video'",
            "UPDATE object SET due_at = 1, changes_at = NULL, status = 'overdue' WHERE kind = 'result'",
            "UPDATE tally SET number = 100000 WHERE what = 'status'",
            "UPDATE tally SET number = number + 1 WHERE what = 'case'",
            "UPDATE tally SET bytes = 0 WHERE what = 'object'",
            "DELETE FROM tally WHERE what = 'verification'", "INSERT INTO tally VALUES ('repeated', 'cases', 5, 0)",
        ] {
            let prepared = try prepared()
            _ = try prepared.archive.refreshStandings()
            try prepared.database.write { try $0.execute(sql: sql) }
            #expect(try !prepared.archive.audit.reconcile().findings.isEmpty, "\(sql)")
            guard !sql.contains("tally") else { continue }
            #expect(try prepared.archive.policies.refresh() == 3)
            #expect(try prepared.archive.audit.reconcile().findings == [], "\(sql)")
            #expect(try prepared.archive.destruction.run(accepting: nil).get().destroyed == 1)
        }
    }

    @Test func forgottenTagsAreFound() throws {
        let prepared = try prepared()
        try prepared.test.pass(days: 3 * 365, in: prepared.archive)
        #expect(try prepared.archive.destruction.run(accepting: nil).get().cases == 1)
        #expect(try prepared.archive.audit.reconcile().findings == [])
        try prepared.database.write { try $0.execute(sql: "DELETE FROM destroyed_tag") }
        let findings = try prepared.archive.audit.reconcile().findings
        #expect(findings.contains("the destroyed cases that are remembered are not those of the ledger"))
        #expect(
            findings.contains {
                $0.hasSuffix("the tag of an answer, which was destroyed, is not the one that was kept")
            })
    }

    /// What is found by a tag is found by the tree over tags, whatever the columns say.
    @Test(arguments: [
        "UPDATE cases SET case_id_tag = randomblob(32), subject_tag = randomblob(32)",
        "UPDATE verification SET answer_tag = randomblob(32), token_tag = randomblob(32)",
        "UPDATE destroyed_tag SET tag = (SELECT case_id_tag FROM cases) WHERE purpose = 'case'",
        "UPDATE destroyed_tag SET tag = randomblob(32)", "UPDATE destroyed_tag SET forget_at = 1",
        "DELETE FROM destroyed_tag",
        "UPDATE destroyed_tag SET case_uid = (SELECT uid FROM cases)",
        "UPDATE destroyed_tag SET forget_at = 9223372036854775807",
        "PRAGMA ignore_check_constraints = ON; UPDATE cases SET case_id_tag = x'00'",
    ])
    func tagsAreThoseThatWereKept(sql: String) throws {
        let test = try TestArchive()
        let archive = try test.open()
        try test.activate(TestArchive.policy, in: archive)
        let answer = TestAnswer(videoLength: 10).text
        let gone = try test.item("K-1", answer: answer) { $0.jurisdictions = ["HK"] }
        _ = try archive.intake.import(gone)
        _ = try test.event("relationship-ended", of: "K-1", in: archive)
        try test.pass(days: 4 * 365, in: archive)
        #expect(try archive.destruction.run(accepting: nil).get().cases == 1)
        let there = TestAnswer(videoLength: 11).text
        try test.archive("K-2", in: archive, token: "tok", answer: there) { $0.subject = "S-2" }
        try DatabaseQueue(path: test.path + "/index.sqlite").altering { try $0.execute(sql: sql) }
        let opened = try test.open()
        // Who is there is found, or nothing is said; it is never said that nobody is there, or that it was destroyed.
        func isHonest(_ body: () throws -> Void) {
            let refused = refusal(body)
            #expect(refused == nil || refused?.outcome == .integrity, "\(sql): \(refused?.message ?? "")")
        }
        isHonest {
            let found = try opened.retrieval.caseDetails(try CaseID("K-2")).caseID
            #expect(found == "K-2")
        }
        isHonest {
            _ = try opened.intake.import(
                try test.item("K-2", answer: there, token: "tok") { $0.jurisdictions = ["HK"] })
        }
        #expect(try opened.overview.status().verifications["archived"] == 1)
        var query = CaseQuery()
        query.subject = "S-2"
        isHonest {
            let found = try opened.retrieval.cases(query).count
            #expect(found == 1)
        }
        // What was destroyed does not come back, and its certificate is about it.
        let refused = refusal { _ = try opened.intake.import(gone) }
        #expect(refused?.code == .tokenDestroyed || refused?.outcome == .integrity, "\(sql): \(refused?.message ?? "")")
        #expect(refusal { _ = try opened.retrieval.caseDetails(try CaseID("K-1")) }?.code == .destroyed)
        // What no column can hold ends the comparison, by name.
        var findings: [String] = []
        let unreadable = refusal { findings = try opened.audit.reconcile().findings }
        #expect(!findings.isEmpty || unreadable?.outcome == .integrity, "\(sql)")
    }

    /// No standing hides for long what is due: each purge looks at a part of all cases.
    @Test func whatIsDueIsFoundWithinSevenDays() throws {
        let test = try TestArchive()
        let archive = try test.open()
        try test.activate(TestArchive.policy, in: archive)
        for number in 0..<21 {
            try test.archive("K-\(number)", in: archive, answer: TestAnswer(videoLength: 10 + number).text)
        }
        let database = try DatabaseQueue(path: test.path + "/index.sqlite")
        let hide = "UPDATE object SET due_at = NULL, changes_at = NULL, status = 'kept' WHERE kind = 'video'"
        // A purge every day looks at a seventh. On one of these days all videos become due.
        var destroyed: [Int] = []
        for day in 0..<110 {
            if day > 0 {
                let looked = try archive.examine().cases
                #expect(looked == 3)
            }
            try database.write { try $0.execute(sql: hide) }
            destroyed.append(try archive.destruction.run(accepting: nil).get().destroyed)
            try test.pass(days: 1, in: archive)
        }
        let days = destroyed.indices.filter { destroyed[$0] > 0 }
        #expect(destroyed.reduce(0, +) == 21 && destroyed.allSatisfy { $0 <= 3 })
        #expect(days.count == 7 && days[6] - days[0] == 6 && (85...92).contains(days[0]), "\(days)")
    }

    /// Who only ever applies plans finds it as well, in the next plan.
    @Test func aPlanThatIsAppliedLooksToo() throws {
        let prepared = try prepared()
        let archive = prepared.archive
        _ = try archive.refreshStandings()
        try prepared.database.write {
            try $0.execute(
                sql: "UPDATE object SET due_at = NULL, changes_at = NULL, status = 'kept' WHERE kind = 'video'")
        }
        for (number, expected) in [0, 1].enumerated() {
            let path = prepared.test.directory + "/plan-\(number)"
            _ = try archive.destruction.plan(until: prepared.test.time.now, to: path)
            #expect(try archive.destruction.apply(path, accepting: nil).get().destroyed == expected)
        }
    }

    /// The rows of other cases do not fill the place of one that is gone.
    @Test func aStrandThatIsGoneIsNamedByAPurge() throws {
        let prepared = try prepared()
        for number in 2...3 { try prepared.test.archive("K-\(number)", in: prepared.archive) }
        #expect(try prepared.archive.destruction.run(accepting: nil).get().destroyed == 1)
        // Two days later, the slice is the first of three cases.
        try prepared.test.pass(days: 2, in: prepared.archive)
        let looked = try prepared.archive.examine()
        #expect(looked.cases == 1 && looked.unreadable == 0)
        try prepared.database.altering { db in
            try db.execute(sql: "DELETE FROM strand WHERE name = (SELECT uid FROM cases ORDER BY id LIMIT 1)")
        }
        let report = try prepared.archive.destruction.run(accepting: nil).get()
        #expect(report.destroyed == 0 && report.altered == 1 && report.problem?.contains("1 case") == true)
    }

    /// A row that is gone would never be due.
    @Test func whatIsGoneFromTheIndexIsNamedByAPurge() throws {
        let prepared = try prepared()
        try prepared.database.altering { try $0.execute(sql: "DELETE FROM object WHERE kind = 'video'") }
        let report = try prepared.archive.destruction.run(accepting: nil).get()
        #expect(report.destroyed == 0 && report.altered == 1 && report.problem != nil)
    }

    /// A person's tag that was hidden before their case goes would be kept for ever.
    @Test func aHiddenSubjectIsNotLeftBehind() throws {
        let prepared = try prepared()
        try prepared.test.archive("K-2", in: prepared.archive) { $0.subject = "S-2" }
        _ = try prepared.test.event("relationship-ended", of: "K-2", in: prepared.archive)
        try prepared.test.pass(days: 4 * 365, in: prepared.archive)
        try prepared.database.altering {
            try $0.execute(sql: "UPDATE cases SET subject_tag = NULL, subject_tag_key = NULL")
        }
        let report = try? prepared.archive.destruction.run(accepting: nil).get()
        #expect((report?.cases ?? 0) == 0)
        #expect(try !prepared.archive.audit.reconcile().findings.isEmpty)
    }

    /// What cannot be read any more is a finding, and not the end of the comparison.
    @Test func damageIsReportedAndTheRestIsCompared() throws {
        let prepared = try prepared()
        try prepared.database.write { try $0.execute(sql: "UPDATE object SET status = 'zzz' WHERE kind = 'video'") }
        #expect(
            try prepared.archive.audit.reconcile().findings.contains { $0.hasPrefix("decisions cannot be compared") })
    }

    /// The active policies cannot be read: evidence still comes in, and is decided about later.
    @Test func intakeGoesOnWithoutReadableRules() throws {
        let prepared = try prepared()
        let answer = TestAnswer(videoLength: 12).text
        prepared.test.transport.answer { _, _ in (200, answer) }
        _ = try prepared.archive.intake.register(try prepared.test.registration("K-2", token: "tok"))
        try prepared.database.altering { try $0.execute(sql: "UPDATE policy_file SET text = 'x'") }
        #expect(try prepared.test.pull(try prepared.test.open()).map(\.state) == [.archived])
        #expect(refusal { try prepared.test.archive("K-3", in: try prepared.test.open()) }?.outcome == .integrity)
        try prepared.database.altering {
            try $0.execute(sql: "UPDATE policy_file SET text = ?", arguments: [TestArchive.policy])
        }
        #expect(try prepared.test.open().destruction.run(accepting: nil).get().destroyed == 1)
        #expect(try prepared.archive.overview.status().retention["uncovered"] == 3)
    }
}
