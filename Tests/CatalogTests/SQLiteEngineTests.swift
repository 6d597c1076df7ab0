import Base
import CatalogConformance
import Foundation
import GRDB
import Ledger
import Retention
import Sealing
import Synchronization
import Testing

@_spi(Writing) @testable import Catalog

struct SQLiteEngineTests {
    private let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString + ".sqlite").path

    /// With anything less a commit would not survive a power cut.
    @Test(arguments: EngineCheck.all) func keeps(_ check: EngineCheck) throws {
        try check.run(on: SQLiteEngine.create(at: path), beside: SQLiteEngine(path: path))
    }

    @Test func everyCommitIsSynced() throws {
        _ = Index(try SQLiteEngine.create(at: path), requiresEntries: false)
        let catalog = try SQLiteEngine(path: path)
        for (pragma, value) in [
            ("synchronous", 2), ("secure_delete", 1), ("temp_store", 2), ("recursive_triggers", 1), ("foreign_keys", 1),
        ] {
            #expect(try catalog.writerPragma(pragma) == value, "\(pragma)")
        }
    }

    @Test func readingWritesNothing() throws {
        do {
            let catalog = Index(try SQLiteEngine.create(at: path), requiresEntries: false)
            try catalog.write { try $0.insert(EpochRecord(epoch: Epoch(1), state: .open, createdAt: Date())) }
        }
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        do { #expect(try Index(SQLiteEngine(path: path), requiresEntries: false).read { try $0.epochs().count } == 1) }
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
    }

    @Test func itsFilesAreForTheOwnerAlone() throws {
        let catalog = Index(try SQLiteEngine.create(at: path), requiresEntries: false)
        for suffix in ["", "-wal", "-shm", "-lock", "-lock-turn"] {
            #expect(try PosixFileSystem().status(path + suffix).mode == 0o600, "\(suffix)")
        }
        withExtendedLifetime(catalog) {}
    }

    @Test func otherFilesAreRefused() throws {
        #expect(throws: CatalogError.self) { try SQLiteEngine(path: path) }
        try Data("this is no database, it is a text that is long enough to be read as one".utf8).write(
            to: URL(fileURLWithPath: path))
        #expect(throws: CatalogError.self) { try SQLiteEngine(path: path) }
        let other = path + ".other"
        let queue = try DatabaseQueue(path: other)
        try queue.write { try $0.execute(sql: "CREATE TABLE t (a)") }
        #expect(throws: CatalogError.self) { try SQLiteEngine(path: other) }
    }

    @Test func anIndexOfANewerVersionIsRefused() throws {
        let catalog = Index(try SQLiteEngine.create(at: path), requiresEntries: false)
        withExtendedLifetime(catalog) {}
        let queue = try DatabaseQueue(path: path)
        try queue.write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('999 future')") }
        #expect(throws: CatalogError.notIndex("\(path) was written by another version")) {
            try SQLiteEngine(path: path)
        }
    }

    /// Who writes batch after batch lets others in between.
    @Test func aBusyWriterStarvesNobody() throws {
        let busy = Index(try SQLiteEngine.create(at: path), requiresEntries: false)
        try busy.write { try $0.insert(EpochRecord(epoch: Epoch(1), state: .open, createdAt: Date())) }
        let other = Index(try SQLiteEngine(path: path), requiresEntries: false)
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
            try other.write { try $0.setHead([1], mac: [UInt8](repeating: 1, count: 32)) }
            // It waits for the batch at work, and for the one that may have taken its turn already.
            #expect(batches.withLock { $0 } - before <= 3)
        }
        done.withLock { $0 = true }
        finished.wait()
    }

    /// Whatever is added to the schema, taken out of it or changed in it has a name.
    @Test func aChangedSchemaIsNamed() throws {
        let index = Index(try SQLiteEngine.create(at: path), requiresEntries: false)
        let version = try index.read { index in
            #expect(try index.schemaDifferences() == [])
            return try index.schemaVersion()
        }
        let queue = try DatabaseQueue(path: path)
        let fingerprint = try queue.read { SQLiteSchema.fingerprint(of: try SQLiteSchema.parts(of: $0)) }
        #expect(fingerprint == SQLiteSchema.fingerprint, "the schema is another: write this down")
        let trigger = try #require(
            try queue.read {
                try String.fetchOne($0, sql: "SELECT sql FROM sqlite_schema WHERE name = 'ledger_entry_kept'")
            })
        for (change, back, named) in [
            ("DROP TRIGGER ledger_entry_kept", trigger, "the trigger ledger_entry_kept is missing"),
            (
                "DROP TRIGGER ledger_entry_kept; "
                    + "CREATE TRIGGER ledger_entry_kept BEFORE DELETE ON ledger_entry BEGIN SELECT 1; END",
                "DROP TRIGGER ledger_entry_kept; \(trigger)", "the trigger ledger_entry_kept is another"
            ),
            (
                "CREATE TABLE copies AS SELECT * FROM object", "DROP TABLE copies",
                "the table copies does not belong there"
            ),
            (
                "CREATE TRIGGER copied AFTER INSERT ON object BEGIN SELECT 1; END", "DROP TRIGGER copied",
                "the trigger copied does not belong there"
            ),
            (
                "DROP INDEX object_due", "CREATE INDEX object_due ON object (due_at) WHERE due_at IS NOT NULL",
                "the index object_due is missing"
            ),
        ] {
            try queue.write { try $0.execute(sql: change) }
            #expect(try index.read { try $0.schemaDifferences() } == [named])
            #expect(try index.read { try $0.schemaVersion() } != version)
            try queue.write { try $0.execute(sql: back) }
            #expect(try index.read { try $0.schemaDifferences() } == [])
        }
    }

    /// A limit that is over in the middle of a compaction ends it, and nothing is lost.
    @Test func aCompactionEndsWithItsLimit() throws {
        let index = Index(try SQLiteEngine.create(at: path), requiresEntries: false)
        try index.write { index in
            for number in 1...20_000 {
                try index.insert(EpochRecord(epoch: Epoch(UInt32(number)), state: .closing, createdAt: Date()))
            }
        }
        let asked = Mutex(0)
        #expect(throws: WaitEnded.cancelled) {
            try index.compact(
                until: WaitLimit(seconds: nil) {
                    asked.withLock {
                        $0 += 1
                        return $0 > 2
                    }
                })
        }
        #expect(asked.withLock { $0 } > 2)
        #expect(try index.read { try $0.damages().isEmpty && $0.epochs().count == 20_000 })
        _ = try index.compact()
        #expect(try index.read { try $0.epochs().count } == 20_000)
    }

    /// Writers of several connections take turns and all get theirs.
    @Test func manyWritersLoseNothing() throws {
        let first = Index(try SQLiteEngine.create(at: path), requiresEntries: false)
        try first.write { try $0.insert(EpochRecord(epoch: Epoch(1), state: .open, createdAt: Date())) }
        let catalogs = [first] + (try (0..<3).map { _ in Index(try SQLiteEngine(path: path), requiresEntries: false) })
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

/// Writers who share a transaction of SQLite.
struct SharedTransactionTests {
    private let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString + ".sqlite").path

    @Test func whatFillsTheDiskFailsAlone() throws {
        let engine = try SQLiteEngine.create(at: path)
        let catalog = Index(engine, requiresEntries: false)
        let pages = try #require(try engine.writerPragma("page_count"))
        _ = try engine.writerPragma("max_page_count = \(pages + 30)")
        let failures = Mutex<[Int: String]>([:])
        try Writers.together(8, catalog) { number in
            do {
                try catalog.write { index in
                    try index.append([Writers.entry(number)])
                    guard number == 3 else { return }
                    let big = [UInt8](repeating: 1, count: 4_000_000)
                    try index.insert(EpochRecord(epoch: Epoch(1), state: .open, createdAt: Date()))
                    try index.insert(
                        ArchiveRecord(
                            uid: UID(from: .system), createdAt: Date(), keyringGeneration: 1,
                            key: WrappedKey(epoch: Epoch(1), bytes: Randomness.system.bytes(72))))
                    try index.insert(OpeningRecord(entry: 0, member: "big", caseUID: nil, sealed: big))
                }
            } catch {
                failures.withLock { $0[number] = "\(error)" }
            }
        }
        #expect(failures.withLock { Array($0.keys) } == [3])
        #expect(failures.withLock { $0[3]?.contains("no space") } == true, "\(failures.withLock { $0 })")
        #expect(try Writers.numbers(in: catalog).sorted() == [0, 1, 2, 4, 5, 6, 7])
        #expect(try catalog.read { try $0.epochs() }.isEmpty)
    }

    /// A body that overlooks that the database rolled back writes nothing more, and no other is told that its own is
    /// there.
    @Test func whoOverlooksAFullDiskWritesNothing() throws {
        let engine = try SQLiteEngine.create(at: path)
        let catalog = Index(engine, requiresEntries: false)
        let pages = try #require(try engine.writerPragma("page_count"))
        _ = try engine.writerPragma("max_page_count = \(pages + 30)")
        let done = Mutex<Set<Int>>([])
        try Writers.together(8, catalog) { number in
            do {
                try catalog.write { index in
                    try index.append([Writers.entry(number)])
                    if number == 3 {
                        let big = String(repeating: "x", count: 4_000_000)
                        try? index.insert(
                            PolicyRecord(
                                form: .policy, name: "p", version: 1, text: big, digest: SHA256.digest(of: []),
                                entry: 0))
                        try index.append([Writers.entry(100)])
                    }
                }
                done.withLock { _ = $0.insert(number) }
            } catch {}
        }
        #expect(try Set(Writers.numbers(in: catalog)) == done.withLock { $0 })
        #expect(!done.withLock { $0.contains(3) })
        #expect(try !Writers.numbers(in: catalog).contains(100))
    }

    /// Of writers who wait together, one commits for all.
    @Test func whoWaitsSharesACommit() throws {
        let path = path
        let catalog = Index(try SQLiteEngine.create(at: path), requiresEntries: false)
        // The write-ahead log begins with the salt and the counter of its frames; a commit is a frame with a size.
        func commits() throws -> Int {
            let log = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path + "-wal")))
            guard log.count > 32 else { return 0 }
            return stride(from: 32, to: log.count - 24, by: 24 + 4096).count { place in
                let isOfThisLog = log[place + 8..<place + 16].elementsEqual(log[16..<24])
                return isOfThisLog && log[place + 4..<place + 8].contains { $0 != 0 }
            }
        }
        let before = try commits()
        try Writers.together(15, catalog) { number in _ = try? catalog.write { try $0.append([Writers.entry(number)]) }
        }
        #expect(try Writers.numbers(in: catalog).count == 15)
        let made = try commits() - before
        #expect(made <= 3, "\(made) commits")
    }
}

/// Whoever opens an index reads its log of changes first: it does not stay long.
struct LogLengthTests {
    private let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString + ".sqlite").path

    private func length() throws -> Int {
        try FileManager.default.attributesOfItem(atPath: path + "-wal")[.size] as? Int ?? 0
    }

    @Test func aLongLogIsShortenedWhereNobodyIsAtWork() throws {
        let catalog = Index(try SQLiteEngine.create(at: path), requiresEntries: false)
        _ = try catalog.write { try $0.append([Writers.entry(0)]) }
        let short = try length()
        try catalog.shortenLog()
        #expect(try length() == short, "a short one costs less than to move it")
        try catalog.write { index in
            _ = try index.append([Writers.entry(1)])
            let big = [UInt8](repeating: 1, count: 2_000_000)
            try index.insert(OpeningRecord(entry: 0, member: "big", caseUID: nil, sealed: big))
        }
        let long = try length()
        #expect(long > 2_000_000)
        let other = Index(try SQLiteEngine(path: path), requiresEntries: false)
        try catalog.read { index in
            _ = try index.ledgerSize()
            _ = try catalog.write { try $0.append([Writers.entry(2)]) }
            try other.shortenLog()
            #expect(try length() >= long, "somebody reads an older state")
        }
        let began = DispatchTime.now().uptimeNanoseconds
        try catalog.write { index in
            try other.shortenLog()
            _ = try index.append([Writers.entry(3)])
        }
        #expect(DispatchTime.now().uptimeNanoseconds - began < 5_000_000_000, "nobody waits for who writes")
        try other.shortenLog()
        #expect(try length() == 0)
        #expect(try Writers.numbers(in: catalog).sorted() == [0, 1, 2, 3])
        #expect(try Writers.numbers(in: other).sorted() == [0, 1, 2, 3])
    }
}

/// The database itself keeps the ledger as it is.
struct LedgerTriggerTests {
    @Test(arguments: [
        "DELETE FROM ledger_entry WHERE number = 1", "UPDATE ledger_entry SET kind = 'x'",
        "INSERT INTO ledger_entry SELECT 7, entry, line_start, kind, time, newest, actor_uid, strand FROM "
            + "ledger_entry LIMIT 1",
        "INSERT OR REPLACE INTO ledger_entry SELECT * FROM ledger_entry WHERE number = 0", "DELETE FROM ledger_node",
        "UPDATE ledger_node SET hash = randomblob(32)", "INSERT OR REPLACE INTO ledger_node SELECT * FROM ledger_node",
    ])
    func theLedgerIsAppendOnly(sql: String) throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString + ".sqlite").path
        let catalog = Index(try SQLiteEngine.create(at: path), requiresEntries: false)
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
        "SELECT 1 FROM hold_match WHERE object_id = 1 AND compiled_upto < object_id AND clause_id + 0 > holds_seen",
    ])
    func theGuardsReadNoHoldThatDoesNotMatter(sql: String) throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString + ".sqlite").path
        _ = Index(try SQLiteEngine.create(at: path), requiresEntries: false)
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
