import Base
import Foundation
import GRDB
import Ledger
import Testing

@testable import Archive
@testable import Vault

/// What somebody wrote into the index by hand leads nobody to put on record, or to hand out, what the ledger does not
/// say.
struct MisledRecordTests {
    private let test: TestArchive
    private let archive: Session

    init() throws {
        test = try TestArchive()
        archive = try test.open()
        try test.activate(TestArchive.policy, in: archive)
    }

    private func run() throws -> PurgeReport { try test.open().destruction.run(accepting: nil).get() }

    /// Live media that is moved away from its verification does not let its case go.
    @Test func aCaseWithLiveMediaIsNotDestroyed() throws {
        try test.archive("K-1", in: archive)
        try test.archive("K-2", in: archive)
        try test.pass(days: 91, in: archive)
        try test.alter(
            """
            UPDATE object SET verification_id = verification_id + 1000 WHERE kind <> 'video';
            UPDATE object SET changes_at = 1, due_at = 1, status = 'due' WHERE kind = 'video'
            """)
        expectDamaged { _ = try run() }
        #expect(try test.open().audit.entries(LedgerQuery(kind: "case destroyed")).isEmpty)
    }

    /// An answer that is destroyed is recognised when it comes in again: without its tag it does not go.
    @Test func whatIsDestroyedIsRecognisedLater() throws {
        try test.archive("K-1", in: archive)
        try test.pass(days: 91, in: archive)
        try test.alter("UPDATE verification SET answer_tag = NULL, answer_tag_key = NULL")
        let refused = refusal { _ = try run() }
        #expect(refused == nil || refused?.outcome == .integrity)
        #expect(try test.stored("video", in: archive) == 1)
    }

    /// A policy that is taken for terms keeps what it keeps.
    @Test func aPolicyIsNotTakenForTerms() throws {
        try test.archive("K-1", in: archive)
        try test.pass(days: 91, in: archive)
        try test.alter("UPDATE policy_file SET form = 'terms'")
        expectDamaged { _ = try run() }
        #expect(try test.stored("video", in: archive) == 1)
    }

    @Test(arguments: [
        // Withdrawn by whoever likes, as if it had never been placed to its end.
        "UPDATE hold SET state = 'placing'", "UPDATE hold SET author_uid = zeroblob(16)",
        // Its next revision would take the place of another, or come before what it narrows.
        "UPDATE hold SET revision = 7", "UPDATE hold SET revision = 1; UPDATE hold_scope SET revision = revision + 70",
        "UPDATE hold SET confidential = 1 - confidential", "UPDATE hold SET review_by = 4102444800000",
        "UPDATE hold_scope SET state = 'cooling', cooling_until = 1 WHERE revision = 1",
        "DELETE FROM hold_case; DELETE FROM hold_scope WHERE revision = 2",
    ])
    func aHoldIsWhatTheLedgerSays(sql: String) throws {
        for caseID in ["K-1", "K-2"] { try test.archive(caseID, in: archive) }
        try test.hold("M-1", where: "media = video", in: archive)
        _ = try archive.holds.extend(
            HoldOrder(
                matter: try Matter("M-1"), reason: try Reason("more"), reviewBy: nil, scope: try test.cases("K-1"),
                isConfidential: false))
        try archive.holds.workOnHolds()
        let before = try archive.audit.lastEntry()
        try test.alter(sql)
        let session = try test.open()
        let matter = try Matter("M-1")
        let reason = try Reason("r")
        expectDamaged("extend") {
            _ = try session.holds.extend(
                HoldOrder(
                    matter: matter, reason: reason, reviewBy: nil, scope: try test.cases("K-2"), isConfidential: false))
        }
        expectDamaged("release") { _ = try session.holds.release(matter, reason: reason) }
        expectDamaged("withdraw") { _ = try session.holds.withdraw(matter) }
        expectDamaged("narrow") {
            _ = try session.holds.narrow(matter, cases: [try CaseID("K-1")], revision: nil, reason: reason)
        }
        let kinds = try session.audit.entries(LedgerQuery()).filter { $0.number > before }.map(\.kind)
        #expect(!kinds.contains { $0.hasPrefix("hold") }, "\(kinds)")
    }

    /// A hold that would not be on record about a case is not placed as if it were.
    @Test func aHoldThatTheIndexHasBeforeIsNotPlaced() throws {
        try test.archive("K-1", in: archive)
        try test.alter("INSERT INTO hold_case SELECT cases.id, 1 FROM cases")
        expectDamaged { try test.hold("M-1", try test.cases("K-1"), in: try test.open()) }
        try test.alter("DELETE FROM hold_case")
        #expect(try test.hold("M-1", try test.cases("K-1"), in: try test.open()).heldCases == 1)
        #expect(try test.open().audit.reconcile().findings == [])
    }

    /// A case that nobody expected is not put on record as held.
    @Test func aForgedExpectationHoldsNobody() throws {
        try test.archive("K-1", in: archive)
        try test.hold("M-1", try test.cases("K-9"), in: archive)
        try test.archive("K-2", in: archive) { $0.subject = "S-2" }
        try test.alter(
            """
            INSERT INTO hold_expectation SELECT subject_tag, subject_tag_key, 'subject', 1 FROM cases
            WHERE subject_tag IS NOT NULL
            """)
        expectDamaged { try test.archive("K-3", in: try test.open()) { $0.subject = "S-2" } }
    }

    /// Ranges are joined to an access of the same object alone.
    @Test func whatIsReadIsOnTheRecordOfItsCase() throws {
        for caseID in ["K-1", "K-2"] { try test.archive(caseID, in: archive) }
        _ = try test.contents("video", of: "K-1", in: archive, range: "0-3")
        try test.alter(
            """
            UPDATE open_access SET object_uid = (SELECT uid FROM object WHERE kind = 'video' ORDER BY id DESC LIMIT 1)
            """)
        expectDamaged { _ = try test.contents("video", of: "K-2", in: try test.open(), range: "0-3") }
        var query = LedgerQuery(kind: "access opened")
        query.caseID = try CaseID("K-2")
        #expect(try test.open().audit.entries(query).isEmpty)
    }

    /// What was handed out is what this program counted, also where somebody puts an older count back.
    @Test(arguments: [
        "UPDATE open_access SET bytes = bytes - 1", "UPDATE open_access SET ranges = 1",
        "UPDATE open_access SET unfinished = unfinished + 1", "DELETE FROM open_access", "older",
    ])
    func whatIsSignedOfAnAccessIsWhatWasCounted(change: String) throws {
        for caseID in ["K-1", "K-2"] { try test.archive(caseID, in: archive) }
        let copy = test.directory + "/index"
        for range in ["0-3", "4-9"] {
            _ = try test.contents("video", of: "K-1", in: archive, range: range)
            if range == "0-3" {
                try DatabaseQueue(path: test.path + "/index.sqlite").backup(to: DatabaseQueue(path: copy))
            }
        }
        if change == "older" {
            try test.alter(
                """
                ATTACH '\(copy)' AS older; DELETE FROM main.open_access;
                INSERT INTO main.open_access SELECT * FROM older.open_access
                """)
        } else {
            try test.alter(change)
        }
        #expect(try test.open().audit.reconcile().findings.isEmpty == false)
        test.time.advance(700)
        expectDamaged { _ = try test.contents("video", of: "K-2", in: try test.open(), range: "0-3") }
        #expect(try test.open().audit.entries(LedgerQuery(kind: "access closed")).isEmpty)
    }

    /// Two verifications of a case are not exchanged, nor is one taken out of those that wait.
    @Test func whatWaitsIsAskedAbout() throws {
        let answer = TestAnswer()
        test.transport.answer { _, _ in (200, answer.text) }
        for token in ["tok-1", "tok-2"] { _ = try archive.intake.register(try test.registration("K-1", token: token)) }
        try test.alter(
            "UPDATE verification SET number = 100 WHERE number = 1; UPDATE verification SET number = number - 1")
        try test.alter("UPDATE verification SET number = 2 WHERE number = 99")
        var states: [VerificationReport.State] = []
        let refused = refusal { states = try test.pull(try test.open()).map(\.state) }
        #expect(refused?.outcome == .integrity || states == [.failed, .failed], "\(states) \(refused as Any)")
        #expect(try test.open().audit.entries(LedgerQuery(kind: "verification ended")).isEmpty)
        try test.alter(
            "UPDATE verification SET number = 100 WHERE number = 1; UPDATE verification SET number = number - 1")
        try test.alter("UPDATE verification SET number = 2 WHERE number = 99")
        try test.alter(
            """
            UPDATE verification SET state = 'expired', sealed_token = NULL, ended_at = registered_at WHERE number = 1
            """)
        expectDamaged { _ = try test.pull(try test.open()) }
    }

    /// A verification that waits is asked about as it was registered, or not at all.
    @Test(arguments: [
        "captured_from = 978307200000, captured_until = 978307200000", "region = 'x' || char(13, 10) || 'y'",
        "token_issued_at = 978307200000", "number = -5", "attempts = -1", "attempts = 9223372036854775807",
        "number = 2",
    ])
    func whatWaitsIsAskedAboutAsItWasRegistered(set: String) throws {
        let answer = TestAnswer()
        test.transport.answer { _, _ in (200, answer.text) }
        _ = try archive.intake.register(try test.registration("K-1", token: "tok") { $0.jurisdictions = ["HK"] })
        try test.alter("UPDATE verification SET \(set)")
        let session = try test.open()
        var states: [VerificationReport.State] = []
        let refused = refusal { states = try test.pull(session).map(\.state) }
        #expect(refused?.outcome == .integrity || states == [.failed], "\(states) \(refused as Any)")
        #expect(try session.audit.entries(LedgerQuery(kind: "verification ended")).isEmpty)
    }

    /// The end of a run is signed once, whatever is hidden of it.
    @Test func theEndOfARunIsSignedOnce() throws {
        try test.archive("K-1", in: archive)
        try test.pass(days: 91, in: archive)
        #expect(try run().destroyed == 1)
        try test.alter(
            "UPDATE ledger_entry SET kind = 'x' || kind WHERE kind IN ('purge finished', 'object destroyed')")
        _ = refusal { _ = try run() }
        try test.alter("UPDATE ledger_entry SET kind = substr(kind, 2) WHERE kind LIKE 'x%'")
        #expect(try test.open().audit.entries(LedgerQuery(kind: "purge finished")).count == 2)
        #expect(try test.open().audit.reconcile().findings == [])
    }

    /// What is appended to the published file stays there: nothing false is.
    @Test(arguments: [
        "UPDATE ledger_entry SET entry = CAST(replace(CAST(entry AS TEXT), 'a', 'b') AS BLOB) "
            + "WHERE number = (SELECT max(number) - 3 FROM ledger_entry)",
        "UPDATE ledger_entry SET line_start = line_start + 100000000 "
            + "WHERE number < (SELECT published FROM ledger_origin)",
    ])
    func nothingFalseIsPublished(sql: String) throws {
        try test.archive("K-1", in: archive)
        archive.finishPublication()
        _ = try test.open().finishPublication()
        let file = URL(fileURLWithPath: try test.published() + "/entries.jsonl")
        let before = try Data(contentsOf: file)
        try test.archive("K-2", in: archive)
        try test.alter(sql)
        let next = try test.open(toLook: true)
        next.publish()
        #expect(next.fork?.outcome == .integrity)
        #expect(try Data(contentsOf: file) == before)
        #expect(!FileManager.default.fileExists(atPath: file.path + ".cut"))
    }

    /// Nothing in the schema may keep entries from being written, or keys from going.
    @Test(arguments: ["ledger_entry", "head", "strand", "tag_node", "hold_case"])
    func aTriggerByAnyNameIsNoticed(table: String) throws {
        var byHand = GRDB.Configuration()
        byHand.foreignKeysEnabled = false
        byHand.prepareDatabase { try $0.execute(sql: "PRAGMA writable_schema = ON") }
        let database = try DatabaseQueue(path: test.path + "/index.sqlite", configuration: byHand)
        try database.writeWithoutTransaction { db in
            try db.execute(
                sql: """
                    INSERT INTO sqlite_master (type, name, tbl_name, rootpage, sql) VALUES
                        ('trigger', 'sqlite_x', '\(table)', 0, 'CREATE TRIGGER sqlite_x BEFORE INSERT ON \(table)
                        BEGIN SELECT RAISE(IGNORE); END')
                    """)
        }
        try database.close()
        expectDamaged { _ = try test.open() }
    }

    /// Nobody accepts a fork in which something that has to go again is hidden.
    @Test(arguments: [
        "UPDATE object SET uid = zeroblob(16) WHERE kind = 'video'",
        "UPDATE case_jurisdiction SET code = 'ZZ'",
        "UPDATE object SET length = length + 1 WHERE kind = 'video'",
        "UPDATE object SET address = zeroblob(32) WHERE kind = 'video'",
    ])
    func nothingIsHiddenFromAFork(sql: String) throws {
        try test.archive("K-1", in: archive)
        archive.publish()
        try test.copyIndex(to: "older")
        try test.pass(days: 91, in: archive)
        #expect(try run().destroyed == 1)
        try test.open().publish()
        try test.copyIndex(to: "older", back: true)
        try test.alter(sql)
        expectDamaged { _ = try test.open(toLook: true).audit.acceptFork(try Reason("r")) }
        #expect(!FileManager.default.fileExists(atPath: try test.published(origin: 2)))
    }

    /// What token and answer are recognised by is not exchanged between verifications of one case.
    @Test(arguments: ["token_tag", "answer_tag"])
    func whatIsRecognisedIsNotExchanged(column: String) throws {
        let answers = [TestAnswer(), TestAnswer(videoLength: 77)]
        for (answer, token) in zip(answers, ["tok-1", "tok-2"]) {
            _ = try archive.intake.import(
                try test.item("K-1", answer: answer.text, token: token) { $0.jurisdictions = ["HK"] })
        }
        try test.alter("UPDATE object SET changes_at = 1, due_at = 1, status = 'due'")
        try test.alter(
            """
            CREATE TEMP TABLE t AS SELECT number, \(column) AS tag FROM verification;
            UPDATE verification SET \(column) = randomblob(32);
            UPDATE verification SET \(column) = (SELECT tag FROM t WHERE t.number = 3 - verification.number)
            """)
        try test.pass(days: 91, in: archive)
        expectDamaged("purge") { _ = try run() }
        #expect(try test.stored("video", in: archive) == 2)
        expectDamaged("import") {
            _ = try test.open().intake.import(
                try test.item("K-1", answer: answers[0].text, token: "tok-1") { $0.jurisdictions = ["HK"] })
        }
        #expect(try test.open().audit.reconcile().findings.isEmpty == false)
    }

    /// A token that waits is registered again with its own times, and not with another's.
    @Test func aWaitingTokenIsNotExchanged() throws {
        for token in ["tok-1", "tok-2"] { _ = try archive.intake.register(try test.registration("K-1", token: token)) }
        try test.alter(
            """
            CREATE TEMP TABLE t AS SELECT number, token_tag AS tag FROM verification;
            UPDATE verification SET token_tag = randomblob(32);
            UPDATE verification SET token_tag = (SELECT tag FROM t WHERE t.number = 3 - verification.number)
            """)
        let old = Timestamp.format(test.time.now.addingTimeInterval(-700 * 86_400))
        expectDamaged {
            _ = try test.open().intake.register(try test.registration("K-1", token: "tok-1") { $0.capturedAt = old })
        }
    }

    /// An event of a person's cases goes on from what the ledger says of each.
    @Test(arguments: ["invented", "hidden"])
    func anEventOfAPersonIsProved(change: String) throws {
        try test.archive("K-1", in: archive) { $0.subject = "S-1" }
        let input = try CaseEventInput(event: "relationship-ended", at: nil, change: .happened, now: test.time.now)
        if change == "hidden" {
            _ = try archive.policies.recordEvent(input, ofSubject: "S-1")
            try test.alter("DELETE FROM case_event")
        } else {
            try test.alter(
                """
                INSERT INTO case_event SELECT 3, id, 'relationship-ended', NULL, 1700000000000, NULL, NULL FROM cases
                """)
        }
        expectDamaged(change) { _ = try test.open().policies.recordEvent(input, ofSubject: "S-1") }
        let withdrawal = try CaseEventInput(
            event: "relationship-ended", at: nil, change: .withdraws(3), now: test.time.now)
        expectDamaged("withdraw") { _ = try test.open().policies.recordEvent(withdrawal, ofSubject: "S-1") }
    }

    /// A case is found by its person, whatever its column said before the person was known.
    @Test func aPersonsCaseIsNotHidden() throws {
        try test.archive("K-1", in: archive) { $0.subject = "S-1" }
        try test.archive("K-2", in: archive)
        try test.alter(
            """
            UPDATE cases SET subject_tag = (SELECT subject_tag FROM cases WHERE subject_tag IS NOT NULL),
                subject_tag_key = 1 WHERE subject_tag IS NULL
            """)
        expectDamaged {
            _ = try test.open().intake.register(
                try test.registration("K-2", token: "tok-9") {
                    $0.subject = "S-1"; $0.jurisdictions = ["HK"]
                })
        }
    }

}
