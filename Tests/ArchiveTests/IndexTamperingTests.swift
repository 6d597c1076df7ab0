import Base
import Foundation
import GRDB
import Testing

@testable import Archive
@testable import Vault

/// The index altered behind the program's back.
struct IndexTamperingTests {
    /// Every column of every ledger table, altered behind the program's back.
    @Test func everyColumnOfTheLedgersTablesCounts() throws {
        let test = try TestArchive()
        let archive = try test.open()
        _ = try archive.intake.import(
            try test.item("K-1", answer: TestAnswer(videoLength: 10).text) { $0.subject = "S" })
        try archive.retrieval.retrieve(
            ItemName(kind: "video", verification: nil), of: try CaseID("K-1"), range: ByteRange("0-1"),
            for: try Reason("r")
        ) { _ in }
        #expect(try archive.audit.reconcile().findings == [])
        let tables = [
            "ledger_entry": ["entry", "line_start", "kind", "time", "newest", "actor_uid", "strand"],
            "ledger_node": ["hash"], "strand": ["name", "place", "number"], "strand_node": ["children"],
            "head": ["body", "mac"], "ledger_opening": ["entry", "member", "case_id", "sealed"],
            "ledger_origin": ["origin", "first_entry"], "actor": ["uid", "known", "name", "name_tag"],
            "open_access": [
                "entry", "actor_uid", "case_uid", "object_uid", "reason_tag", "opened_at", "bytes", "ranges",
                "unfinished",
            ],
            "cases": ["uid", "registered_at", "purpose", "particulars", "case_id_tag", "subject_tag"],
            "verification": ["uid", "origin", "state", "registered_at", "captured_from", "ended_at", "result_code"],
            "object": ["uid", "kind", "media_type", "length", "address", "archived_at"],
        ]
        let path = test.path + "/index.sqlite"
        var changes = 0
        for (table, columns) in tables.sorted(by: { $0.key < $1.key }) {
            for column in columns {
                let queue = try DatabaseQueue(path: path)
                let rows = try queue.read {
                    try Int64.fetchAll(
                        $0,
                        sql: table == "ledger_opening"
                            ? "SELECT entry FROM ledger_opening WHERE \(column) IS NOT NULL"
                            : "SELECT rowid FROM \(table) WHERE \(column) IS NOT NULL")
                }
                for row in [rows.first, rows.last].compactMap({ $0 }) {
                    // What is altered is taken back by rolling a copy in.
                    let copy = test.directory + "/copy-\(UUID().uuidString)"
                    try queue.backup(to: DatabaseQueue(path: copy))
                    let altered = test.directory + "/altered-\(changes)"
                    try FileManager.default.copyItem(atPath: copy, toPath: altered)
                    let other = try DatabaseQueue(path: altered)
                    try other.altering { db in
                        let key = table == "ledger_opening" ? "entry" : "rowid"
                        let type = try String.fetchOne(
                            db, sql: "SELECT typeof(\(column)) FROM \(table) WHERE \(key) = \(row)")
                        switch type {
                        case "integer":
                            try db.execute(sql: "UPDATE \(table) SET \(column) = \(column) + 100 WHERE \(key) = \(row)")
                        case "text":
                            try db.execute(
                                sql: "UPDATE \(table) SET \(column) = \(column) || 'x' WHERE \(key) = \(row)")
                        default:
                            var bytes = try #require(
                                try Data.fetchOne(db, sql: "SELECT \(column) FROM \(table) WHERE \(key) = \(row)"))
                            bytes[bytes.count / 2] ^= 1
                            try db.execute(
                                sql: "UPDATE \(table) SET \(column) = ? WHERE \(key) = \(row)", arguments: [bytes])
                        }
                    }
                    try other.close()
                    let found = try reconcile(test, index: altered)
                    #expect(!found.isEmpty, "\(table).\(column), row \(row)")
                    changes += 1
                }
            }
        }
        #expect(changes > 50)
        for (sql, what) in [
            (
                "DELETE FROM ledger_entry WHERE number = (SELECT max(number) FROM ledger_entry)",
                "the last entry removed"
            ),
            ("DELETE FROM ledger_entry WHERE number = 4", "an entry removed"),
            ("DELETE FROM ledger_node WHERE position = 3", "a node removed"),
            ("INSERT INTO ledger_node VALUES (999, randomblob(32))", "a node added"),
            ("DELETE FROM ledger_opening WHERE entry = 4", "an opening removed"),
            ("DELETE FROM object WHERE kind = 'video'", "an object removed"),
            ("DELETE FROM open_access", "an access forgotten"),
            ("UPDATE verification SET details = NULL", "what the answer said removed"),
            ("UPDATE ledger_entry SET line_start = -1 WHERE number = 4", "a negative offset"),
            ("UPDATE ledger_entry SET time = 9223372036854775807 WHERE number = 4", "the last of all times"),
            ("UPDATE ledger_entry SET time = -9223372036854775807 WHERE number = 4", "the first of all times"),
            ("UPDATE open_access SET bytes = -1", "a negative count"),
            ("UPDATE ledger_origin SET published = 100000", "more published than there is"),
            (
                "UPDATE ledger_entry SET number = 9223372036854775807 WHERE number = (SELECT max(number) FROM "
                    + "ledger_entry)",
                "the last of all numbers"
            ),
            ("DELETE FROM ledger_entry", "no entry left"),
            ("INSERT INTO case_jurisdiction SELECT id, 'XX' FROM cases", "a jurisdiction added"),
        ] {
            let altered = test.directory + "/altered-\(UUID().uuidString)"
            let queue = try DatabaseQueue(path: path)
            try queue.backup(to: DatabaseQueue(path: altered))
            let other = try DatabaseQueue(path: altered)
            try other.altering { try $0.execute(sql: sql) }
            try other.close()
            #expect(try !reconcile(test, index: altered).isEmpty, "\(what)")
        }
    }

    /// What reconciling finds with another index in the archive's place.
    private func reconcile(_ test: TestArchive, index: String) throws -> [String] {
        let copy = test.directory + "/clone-\(UUID().uuidString)"
        try FileManager.default.copyItem(atPath: test.path, toPath: copy)
        defer { try? FileManager.default.removeItem(atPath: copy) }
        chmod(copy, 0o700)
        for suffix in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: copy + "/index.sqlite" + suffix) }
        try FileManager.default.removeItem(atPath: copy + "/index.sqlite")
        try FileManager.default.copyItem(atPath: index, toPath: copy + "/index.sqlite")
        let queue = try DatabaseQueue(path: copy + "/index.sqlite")
        try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = WAL") }
        try queue.close()
        do {
            return try OpenArchive.open(copy, rootKey: test.rootKey, effects: test.effects(), toLook: true)
                .session(as: .actor(try Actor(claimed: "auditor"))).audit.reconcile().findings
        } catch {
            return ["\(error)"]
        }
    }
}
