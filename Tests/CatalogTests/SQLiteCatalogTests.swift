import Base
import Foundation
import GRDB
import Ledger
import Retention
import Sealing
import Synchronization
import Testing

@testable import Catalog

struct SQLiteCatalogTests {
    private let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString + ".sqlite").path

    /// With anything less a commit would not survive a power cut.
    @Test func everyCommitIsSynced() throws {
        _ = try SQLiteCatalog.create(at: path)
        let catalog = try SQLiteCatalog(path: path)
        for (pragma, value) in [
            ("synchronous", 2), ("secure_delete", 1), ("temp_store", 2), ("recursive_triggers", 1), ("foreign_keys", 1),
        ] {
            #expect(try catalog.writerPragma(pragma) == value, "\(pragma)")
        }
    }

    @Test func readingWritesNothing() throws {
        do {
            let catalog = try SQLiteCatalog.create(at: path)
            try catalog.write { try $0.insert(EpochRecord(epoch: Epoch(1), state: .open, createdAt: Date())) }
        }
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        do { #expect(try SQLiteCatalog(path: path).read { try $0.epochs().count } == 1) }
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
    }

    @Test func itsFilesAreForTheOwnerAlone() throws {
        let catalog = try SQLiteCatalog.create(at: path)
        for suffix in ["", "-wal", "-shm", "-lock", "-lock-turn"] {
            #expect(try PosixFileSystem().status(path + suffix).mode == 0o600, "\(suffix)")
        }
        withExtendedLifetime(catalog) {}
    }

    @Test func otherFilesAreRefused() throws {
        #expect(throws: CatalogError.self) { try SQLiteCatalog(path: path) }
        try Data("this is no database, it is a text that is long enough to be read as one".utf8).write(
            to: URL(fileURLWithPath: path))
        #expect(throws: CatalogError.self) { try SQLiteCatalog(path: path) }
        let other = path + ".other"
        let queue = try DatabaseQueue(path: other)
        try queue.write { try $0.execute(sql: "CREATE TABLE t (a)") }
        #expect(throws: CatalogError.self) { try SQLiteCatalog(path: other) }
    }

    @Test func anIndexOfANewerVersionIsRefused() throws {
        let catalog = try SQLiteCatalog.create(at: path)
        withExtendedLifetime(catalog) {}
        let queue = try DatabaseQueue(path: path)
        try queue.write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('999 future')") }
        #expect(throws: CatalogError.notIndex("\(path) was written by another version")) {
            try SQLiteCatalog(path: path)
        }
    }

    /// Who writes batch after batch lets others in between.
    @Test func aBusyWriterStarvesNobody() throws {
        let busy = try SQLiteCatalog.create(at: path)
        try busy.write { try $0.insert(EpochRecord(epoch: Epoch(1), state: .open, createdAt: Date())) }
        let other = try SQLiteCatalog(path: path)
        let batches = Mutex(0)
        let done = Mutex(false)
        let finished = DispatchSemaphore(value: 0)
        DispatchQueue.global().async {
            while !done.withLock({ $0 }) {
                _ = try? busy.write { _ in usleep(20_000) }
                batches.withLock { $0 += 1 }
            }
            finished.signal()
        }
        while batches.withLock({ $0 }) < 2 { usleep(1000) }
        for _ in 0..<10 {
            let before = batches.withLock { $0 }
            try other.write { try $0.setNewestTime(Date()) }
            // It waits for the batch at work, and for the one that may have taken its turn already.
            #expect(batches.withLock { $0 } - before <= 3)
        }
        done.withLock { $0 = true }
        finished.wait()
    }

    /// Writers of several connections take turns and all get theirs.
    @Test func manyWritersLoseNothing() throws {
        let first = try SQLiteCatalog.create(at: path)
        try first.write { try $0.insert(EpochRecord(epoch: Epoch(1), state: .open, createdAt: Date())) }
        let catalogs = [first] + (try (0..<3).map { _ in try SQLiteCatalog(path: path) })
        DispatchQueue.concurrentPerform(iterations: 4) { worker in
            for number in 0..<50 {
                do {
                    try catalogs[worker].write { index in
                        try index.insert(
                            EpochRecord(
                                epoch: Epoch(UInt32(1000 * (worker + 1) + number)), state: .closing, createdAt: Date()))
                    }
                } catch {
                    Issue.record("\(error)")
                }
            }
        }
        #expect(try first.read { try $0.epochs().count } == 201)
    }
}

/// The database itself keeps the ledger as it is.
struct LedgerTriggerTests {
    @Test(arguments: [
        "DELETE FROM ledger_entry WHERE number = 1", "UPDATE ledger_entry SET kind = 'x'",
        "INSERT INTO ledger_entry SELECT 7, entry, offset, kind, time, newest, actor_uid, case_uid FROM "
            + "ledger_entry LIMIT 1",
        "INSERT OR REPLACE INTO ledger_entry SELECT * FROM ledger_entry WHERE number = 0", "DELETE FROM ledger_node",
        "UPDATE ledger_node SET hash = randomblob(32)", "INSERT OR REPLACE INTO ledger_node SELECT * FROM ledger_node",
    ])
    func theLedgerIsAppendOnly(sql: String) throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString + ".sqlite").path
        let catalog = try SQLiteCatalog.create(at: path)
        let stamp = ActorStamp(uid: ActorUID(from: .system), known: .claimed)
        let entry = Entry(
            time: Date(), actor: stamp, event: .archiveVerified(.init(objects: 0, opened: 0, findings: 0)))
        try catalog.write { _ = try $0.append([entry, entry, entry]) }
        let queue = try DatabaseQueue(path: path)
        try queue.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA recursive_triggers = ON")
            #expect(throws: DatabaseError.self) { try db.execute(sql: sql) }
        }
        #expect(try catalog.read { try $0.ledgerSize() } == 3)
    }
}

/// What is asked of holds for every object that goes must not grow with their number.
struct HoldPlanTests {
    @Test(arguments: [
        "SELECT 1 FROM hold_binding WHERE object_id = 1", "SELECT 1 FROM hold_case_binding WHERE case_id = 1",
        "SELECT 1 FROM hold_match WHERE object_id = 1 AND compiled_upto < object_id AND +clause_id > holds_seen",
    ])
    func theGuardsReadNoHoldThatDoesNotMatter(sql: String) throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString + ".sqlite").path
        _ = try SQLiteCatalog.create(at: path)
        let plan = try DatabaseQueue(path: path).read { db in
            try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN " + sql).map { $0["detail"] as String }
        }
        #expect(!plan.isEmpty)
        for step in plan where step.contains("hold_") {
            #expect(!step.hasPrefix("SCAN"), "every row is read: \(step)")
            #expect(!step.contains("hold_clause USING INTEGER PRIMARY KEY (rowid>"), "every clause is asked: \(step)")
        }
    }
}
