import Base
import Foundation
import GRDB
import Ledger
import Testing

@testable import Archive
@testable import Vault

/// Who writes into the index by hand lifts no hold: nothing is destroyed by it, and it is found.
struct HoldTamperingTests {
    private struct Prepared {
        let test: TestArchive
        let archive: Session
        let database: DatabaseQueue

        /// Alters the index where its own rules would refuse.
        func alter(_ sql: String) throws {
            try database.altering(without: { !$0.hasPrefix("object_") || $0 == "object_held" || $0 == "object_fixed" })
            { db in
                try db.execute(sql: sql)
                try db.execute(sql: "UPDATE object SET changes_at = 1, due_at = 1, status = 'due' WHERE kind = 'video'")
            }
        }
    }

    /// A video that is due and held by its case, one by an expression, one by a person who was expected.
    private func prepared() throws -> Prepared {
        let test = try TestArchive()
        let archive = try test.open()
        try test.activate(TestArchive.policy, in: archive)
        try test.archive("K-1", in: archive)
        try test.archive("K-2", in: archive, place: "HK")
        try test.hold("M-1", try test.cases("K-1"), in: archive)
        try test.hold("M-2", where: "media = video and jurisdiction = HK", in: archive)
        try test.hold("M-3", .subject("S-3"), in: archive)
        try test.archive("K-3", in: archive, place: "HK") { $0.subject = "S-3" }
        try test.pass(days: 91, in: archive)
        #expect(try archive.destruction.run(accepting: nil).get().destroyed == 0)
        #expect(try archive.audit.reconcile().findings == [])
        // Who writes by hand keeps no foreign key.
        var byHand = GRDB.Configuration()
        byHand.foreignKeysEnabled = false
        return Prepared(
            test: test, archive: archive,
            database: try DatabaseQueue(path: test.path + "/index.sqlite", configuration: byHand))
    }

    @Test(arguments: [
        "DELETE FROM hold_pin", "DELETE FROM hold_case", "DELETE FROM hold_pin; DELETE FROM hold_case",
        "DELETE FROM hold_clause_value; DELETE FROM hold_pin; DELETE FROM hold_clause",
        "UPDATE hold_clause_value SET value = 'SG' WHERE part = 'jurisdiction'; DELETE FROM hold_pin",
        "UPDATE hold_clause SET compiled_upto = 1000000, compile_to = 0; DELETE FROM hold_pin",
        "UPDATE hold_clause SET captured_before = 1; DELETE FROM hold_pin",
        "UPDATE hold_scope SET state = 'ended'", "UPDATE hold SET state = 'ended', cooling_until = 1",
        "UPDATE hold_scope SET state = 'cooling', cooling_until = 1",
        "UPDATE hold SET state = 'released', cooling_until = 1; UPDATE hold_scope SET state = 'cooling', "
            + "cooling_until = 1",
        "DELETE FROM hold_expectation; DELETE FROM hold_case; DELETE FROM hold_pin",
        "INSERT INTO hold_exclusion SELECT hold.id, cases.id, 99, 'ended', 1 FROM hold, cases; DELETE FROM "
            + "hold_pin; DELETE FROM hold_case",
        "UPDATE object SET holds_seen = 1000000; DELETE FROM hold_pin",
        "PRAGMA foreign_keys = OFF; DELETE FROM hold_pin; DELETE FROM hold_case; DELETE FROM hold_clause_value; "
            + "DELETE FROM hold_clause; DELETE FROM hold_expectation; DELETE FROM hold_scope; DELETE FROM hold",
        "UPDATE archive SET hold_revision = 7; DELETE FROM hold_pin",
    ])
    func alteredHoldsLetNothingGo(sql: String) throws {
        let prepared = try prepared()
        try prepared.alter(sql)
        // A purge that refuses as a whole is as good as one that leaves what was altered.
        var report: PurgeReport?
        let refused = refusal { report = try prepared.test.open().destruction.run(accepting: nil).get() }
        #expect(refused == nil || refused?.outcome == .integrity, "\(sql): \(refused?.message ?? "")")
        #expect((report?.destroyed ?? 0) == 0, "\(sql)")
        #expect(try prepared.test.stored("video", in: prepared.archive) == 3, "\(sql)")
        #expect(try !prepared.test.open().audit.reconcile().findings.isEmpty, "\(sql)")
    }

    /// What the index adds keeps more, and is named.
    @Test(arguments: [
        "INSERT INTO hold_case SELECT cases.id, hold_scope.id FROM cases, hold_scope WHERE true ON CONFLICT DO NOTHING",
        "INSERT INTO hold_pin SELECT object.id, hold_scope.id FROM object, hold_scope WHERE true ON "
            + "CONFLICT DO NOTHING",
        "UPDATE hold SET review_by = 1",
        "UPDATE hold SET matter_tag = randomblob(32) WHERE id = 3",
        "UPDATE hold SET confidential = 1 - confidential", "UPDATE hold SET author_uid = randomblob(16)",
    ])
    func whatIsAddedIsNamed(sql: String) throws {
        let prepared = try prepared()
        try prepared.alter(sql)
        #expect(try !prepared.test.open().audit.reconcile().findings.isEmpty, "\(sql)")
    }

    /// A tag leads to the row whose sealed name it is of, or to none: nobody lifts another hold than the one that they
    /// name, and nobody acts under another's UID.
    @Test(arguments: ["hold.matter_tag", "actor.name_tag"])
    func exchangedTagsLeadNowhere(place: String) throws {
        let prepared = try prepared()
        let other = try prepared.test.open(actor: "other")
        try prepared.test.hold("M-9", try prepared.test.cases("K-1"), in: other)
        let parts = place.split(separator: ".").map(String.init)
        try prepared.database.altering { db in
            let found = try GRDB.Row.fetchAll(
                db, sql: "SELECT id, \(parts[1]) AS tag FROM \(parts[0]) ORDER BY id"
            ).map { row in
                (row["id"] as Int64, row["tag"] as Data)
            }
            let (a, b) = (found[0], found[found.count - 1])
            for (id, tag) in [(a.0, Data(repeating: 7, count: 32)), (b.0, a.1), (a.0, b.1)] {
                try db.execute(sql: "UPDATE \(parts[0]) SET \(parts[1]) = ? WHERE id = ?", arguments: [tag, id])
            }
        }
        let reason = try Reason("settled")
        if parts[0] == "hold" {
            for matter in ["M-1", "M-9"] {
                let lifted = refusal { _ = try other.holds.release(try Matter(matter), reason: reason) }
                #expect(lifted?.outcome == .integrity, "\(matter): \(lifted?.message ?? "lifted")")
                #expect(refusal { _ = try other.holds.show(try Matter(matter)) }?.outcome == .integrity)
            }
        } else {
            let acted = refusal {
                _ = try prepared.test.open(actor: "other").holds.release(try Matter("M-9"), reason: reason)
            }
            #expect(acted?.outcome == .integrity, "\(acted?.message ?? "acted under another's name")")
        }
        #expect(try !prepared.archive.audit.reconcile().findings.isEmpty)
    }

    /// Votes and tokens stand on the ledger alone: one that is altered there counts for nothing.
    @Test(arguments: ["vote cast", "token created", "request made", "request closed", "hold released", "hold placed"])
    func alteredEntriesCountForNothing(kind: String) throws {
        let test = try TestArchive()
        let archive = try test.open(actor: "maker")
        try test.activate(TestArchive.policy, in: archive)
        try test.archive("K-1", in: archive)
        try test.hold("M-1", try test.cases("K-1"), in: archive)
        let chan = try test.token("j.chan", .legal, by: archive).archive
        let lau = try test.token("m.lau", .legal, by: archive).archive
        let request = try #require(try test.release("M-1", in: chan).request)
        _ = try lau.people.approve(request.request, reason: try Reason("r"))
        try test.pass(days: 100, in: archive)
        // The holders of keys and numbers stay as long as the text: an attacker keeps its length.
        let database = try DatabaseQueue(path: test.path + "/index.sqlite")
        try database.altering { db in
            let row = try #require(
                try Row.fetchOne(
                    db, sql: "SELECT number, entry FROM ledger_entry WHERE kind = ? ORDER BY number DESC",
                    arguments: [kind]))
            let text = String(decoding: row["entry"] as Data, as: UTF8.self)
            let changed = try #require(
                [
                    ("\"vote\":\"approve\"", "\"vote\":\"deny\""), ("[\"legal\"]", "[\"approver\"]"),
                    ("\"set\":1", "\"set\":2"),
                    ("\"outcome\":\"done\"", "\"outcome\":\"void\""), ("\"coolingUntil\":\"2", "\"coolingUntil\":\"1"),
                    ("\"cases\":1", "\"cases\":0"),
                ].first { text.contains($0.0) })
            try db.execute(
                sql: "UPDATE ledger_entry SET entry = ? WHERE number = ?",
                arguments: [
                    Data(text.replacingOccurrences(of: changed.0, with: changed.1).utf8), row["number"] as Int64,
                ])
        }
        let refused = refusal { _ = try test.open(actor: "op").destruction.run(accepting: nil).get() }
        #expect(refused?.outcome == .integrity, "\(kind): \(refused?.message ?? "went on")")
        #expect(try test.stored("video", in: archive) == 1)
        #expect(try !archive.audit.reconcile().findings.isEmpty)
    }

    /// What the index says beside an entry hides none: not that something is held, not that a token is worth nothing.
    @Test func entriesCannotBeHidden() throws {
        let prepared = try prepared()
        let reason = try Reason("r")
        let maker = try prepared.test.open(actor: "maker")
        _ = try prepared.test.token("a.one", .approver, by: maker)
        _ = try prepared.test.token("b.two", .approver, by: maker)
        try prepared.alter(
            """
            UPDATE ledger_entry SET kind = 'attempt failed' WHERE kind LIKE 'hold%' OR kind LIKE 'token%';
            DELETE FROM hold_case; DELETE FROM hold_pin; DELETE FROM hold_clause_value; DELETE FROM hold_clause;
            DELETE FROM hold_expectation; DELETE FROM hold_scope; DELETE FROM hold
            """)
        let opened = try prepared.test.open(actor: "op")
        #expect(try opened.destruction.run(accepting: nil).get().destroyed == 0)
        #expect(try opened.catalog.read { try opened.authority(in: $0).needsTwo })
        // A list that lacks what the ledger has is no list.
        #expect(refusal { _ = try opened.holds.list(all: true) }?.outcome == .integrity)
        try prepared.test.hold("M-9", .everything, in: opened)
        #expect(try opened.holds.release(try Matter("M-9"), reason: reason).request != nil)
        #expect(try !opened.audit.reconcile().findings.isEmpty)
        // Nor can one be taken out, or belong to another strand.
        for sql in [
            "UPDATE ledger_entry SET strand = CAST('work' AS BLOB) WHERE number IN (SELECT number FROM ledger_entry "
                + "WHERE strand = CAST('holds' AS BLOB) LIMIT 1)",
            "DELETE FROM ledger_entry WHERE number IN (SELECT number FROM ledger_entry "
                + "WHERE strand = CAST('holds' AS BLOB) LIMIT 1)",
        ] {
            try prepared.alter(sql)
            let refused = refusal { _ = try prepared.test.open(actor: "op").destruction.run(accepting: nil) }
            #expect(refused?.outcome == .integrity, "\(sql)")
        }
    }

    /// The database itself refuses what the program never does.
    @Test(arguments: [
        "DELETE FROM object WHERE kind = 'video'", "DELETE FROM hold_pin", "DELETE FROM hold_case", "DELETE FROM hold",
        "DELETE FROM hold_scope", "DELETE FROM hold_clause", "DELETE FROM hold_clause_value",
        "DELETE FROM hold_expectation",
        "UPDATE hold_scope SET state = 'ended'", "UPDATE hold_scope SET form = 'cases', revision = 7",
        "UPDATE hold_clause SET any_media = 1", "UPDATE hold_clause_value SET value = 'x'",
        "UPDATE hold_pin SET scope_id = 2",
        "UPDATE hold_case SET case_id = 2", "UPDATE verification SET details = NULL",
        "UPDATE object SET wrapped_key = zeroblob(72), epoch = epoch", "UPDATE cases SET wrapped_key = zeroblob(72)",
        "UPDATE epoch SET state = 'destroyed'", "DELETE FROM epoch", "UPDATE case_jurisdiction SET code = 'SG'",
        "INSERT INTO blob_removal SELECT address, uid, randomblob(16), 1 FROM object WHERE kind = 'video'",
        "INSERT INTO hold_exclusion SELECT hold.id, cases.id, 99, 'ended', 1 FROM hold, cases",
        "INSERT INTO blob_removal SELECT address, uid, randomblob(16), 1 FROM object WHERE kind = 'video'; "
            + "DELETE FROM object WHERE kind = 'video'",
    ])
    func theDatabaseIsTheLastLine(sql: String) throws {
        let prepared = try prepared()
        // One transaction, which an error undoes.
        #expect(throws: DatabaseError.self, "\(sql)") {
            try prepared.database.write { db in
                try db.execute(sql: sql)
                throw Went.through
            }
        }
    }

    private enum Went: Error { case through }

    /// A clause that is not compiled yet protects as well, and is not said to be before it is.
    @Test func whatIsNotCompiledIsProtected() throws {
        let test = try TestArchive()
        let archive = try test.open()
        try test.archive("K-1", in: archive)
        _ = try archive.holds.place(
            HoldOrder(
                matter: try Matter("M-1"), reason: try Reason("r"), reviewBy: test.time.now.addingTimeInterval(1e7),
                scope: .expression("media = video", judgedOnly: false, timeZone: .gmt)))
        let database = try DatabaseQueue(path: test.path + "/index.sqlite")
        for sql in ["DELETE FROM object WHERE kind = 'video'", "UPDATE hold_clause SET compiled_upto = 1000"] {
            #expect(throws: DatabaseError.self, "\(sql)") { try database.write { try $0.execute(sql: sql) } }
        }
        #expect(try archive.policies.explain(try CaseID("K-1")).objects.first { $0.kind == "video" }?.status == "held")
        #expect(try archive.audit.reconcile().findings == [])
        try archive.holds.workOnHolds()
        #expect(try archive.overview.status().retention["held"] == 1)
    }
}
