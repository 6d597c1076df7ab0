import Base
import Foundation
internal import GRDB

/// The index in a SQLite database, through GRDB.
///
/// WAL with `synchronous = FULL`: a transaction is durable when it returns. `secure_delete` overwrites
/// what is deleted, temporary tables stay in memory, and `recursive_triggers` lets delete triggers see
/// replaced rows. See <https://sqlite.org/pragma.html>.
///
/// One connection writes; a pool of connections that cannot write reads beside it. (A pool that can write
/// would set `synchronous = NORMAL`, and would write to the database whenever it is opened.)
public final class SQLiteCatalog: Catalog {
    /// Seconds.
    private static let busyTimeout: TimeInterval = 30

    private let writer: DatabaseQueue
    private let readers: DatabasePool
    private let lock: WriterLock
    private let queue = WriterQueue()
    private let clauses = KnownHoldClauses()

    /// Opens an index that ``create(at:)`` made.
    public convenience init(path: String) throws {
        guard FileManager.default.fileExists(atPath: path) else {
            throw CatalogError.notIndex("there is no file \(path)")
        }
        try self.init(opening: path)
        try Self.translate {
            try readers.read { db in
                guard try Int32.fetchOne(db, sql: "PRAGMA application_id") == Schema.applicationID else {
                    throw CatalogError.notIndex("\(path) is another program's database")
                }
                guard try !Schema.migrator.hasBeenSuperseded(db), try Schema.migrator.hasCompletedMigrations(db) else {
                    throw CatalogError.notIndex("\(path) was written by another version")
                }
            }
        }
    }

    /// Makes an empty index with mode 0600 where there is none.
    public static func create(at path: String) throws -> SQLiteCatalog {
        // SQLite gives the WAL and the shared memory the mode of the database itself.
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw FileError(.create, path: path, code: errno) }
        close(descriptor)
        try translate {
            let queue = try DatabaseQueue(path: path)
            // WAL is a property of the file from here on.
            try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = WAL") }
            try Schema.migrator.migrate(queue)
            try queue.close()
        }
        return try SQLiteCatalog(opening: path)
    }

    private init(opening path: String) throws {
        var configuration = Configuration()
        configuration.label = "index"
        configuration.maximumReaderCount = 4
        configuration.busyMode = .timeout(Self.busyTimeout)
        configuration.prepareDatabase { db in
            try db.execute(
                sql: """
                    PRAGMA synchronous = FULL;
                    PRAGMA secure_delete = ON;
                    PRAGMA temp_store = MEMORY;
                    PRAGMA recursive_triggers = ON;
                    PRAGMA trusted_schema = OFF;
                    """)
        }
        let writing = configuration
        configuration.readonly = true
        let reading = configuration
        lock = try WriterLock(path: path + "-lock")
        (writer, readers) = try Self.translate {
            // The writer comes first: while it is open, the WAL that readers need is there.
            let writer = try DatabaseQueue(path: path, configuration: writing)
            try writer.read { _ = try Int.fetchOne($0, sql: "SELECT count(*) FROM sqlite_schema") }
            return (writer, try DatabasePool(path: path, configuration: reading))
        }
    }

    public func read<Result>(_ body: (any CatalogReader) throws -> Result) throws -> Result {
        try Self.translate { try readers.read { try body(SQLiteSession(db: $0, knownClauses: clauses)) } }
    }

    public func write<Result>(_ body: (any CatalogWriter) throws -> Result) throws -> Result {
        try withoutActuallyEscaping(body) { body in
            var result: Result?
            let job = WriterQueue.Job { result = try body($0) }
            queue.perform(job) { lead(job) }
            try job.outcome!.get()
            return result!
        }
    }

    /// Runs a job, and those of others who wait, in one transaction; each in a savepoint, so that one that fails takes
    /// nothing of the others with it.
    ///
    /// - Returns: all of them, with their outcomes.
    private func lead(_ first: WriterQueue.Job) -> [WriterQueue.Job] {
        var group: [WriterQueue.Job] = [first]
        do {
            try Self.translate {
                try writer.writeWithoutTransaction { db in
                    try lock.withLock {
                        group = []
                        var isCommitting = false
                        do {
                            // In GRDB's own block every statement is refused once SQLite has rolled back by itself:
                            // a body that overlooks an error cannot go on as if it were alone.
                            try db.inTransaction(.immediate) {
                                try runTogether(first, &group, db)
                                isCommitting = true
                                return .commit
                            }
                        } catch {
                            try runAgain(group, after: error, isCommitting: isCommitting, db)
                        }
                    }
                }
            }
        } catch {
            // Nothing of it is there.
            if group.isEmpty { group = [first] }
            for job in group { job.outcome = .failure(error) }
        }
        return group
    }

    private func runTogether(_ first: WriterQueue.Job, _ group: inout [WriterQueue.Job], _ db: Database) throws {
        let end = Self.ticks() + WriterQueue.longest
        var next: WriterQueue.Job? = first
        while let job = next {
            group.append(job)
            try run(job, db)
            let isFull = group.count == WriterQueue.mostTogether || Self.ticks() >= end
            next = isFull ? nil : queue.next()
        }
    }

    /// Throws where the whole transaction is gone, or must go.
    private func run(_ job: WriterQueue.Job, _ db: Database) throws {
        do {
            try db.execute(sql: "SAVEPOINT body")
            try job.run(SQLiteSession(db: db, knownClauses: clauses))
            try db.execute(sql: "RELEASE body")
            job.outcome = .success(())
        } catch {
            job.outcome = .failure(Self.translated(error))
            // A full disk, for instance, ends the whole transaction.
            guard db.isInsideTransaction else { throw error }
            // What cannot be undone alone must not be committed with the others.
            try db.execute(sql: "ROLLBACK TO body; RELEASE body")
        }
    }

    /// After a transaction that several had together was rolled back: runs those again, each alone, who were not the
    /// cause of it, where that is safe. A failed write or sync is never tried again, and after it nobody is told that
    /// something is there.
    private func runAgain(
        _ group: [WriterQueue.Job], after error: any Error, isCommitting: Bool, _ db: Database
    ) throws {
        let code = (error as? DatabaseError)?.resultCode
        // What contradicts itself is seen at the commit; what needs too much room, or memory, in a body.
        let isSafe = isCommitting ? code == .SQLITE_CONSTRAINT : code == .SQLITE_FULL || code == .SQLITE_NOMEM
        guard group.count > 1, isSafe else {
            let shared = CatalogError.database("a transaction shared with another writer failed", code: 0)
            for job in group {
                if case .failure = job.outcome { continue }
                job.outcome = .failure(error is DatabaseError || group.count == 1 ? Self.translated(error) : shared)
            }
            if group.isEmpty { throw error }
            return
        }
        for job in group {
            if case .failure = job.outcome { continue }
            do {
                try db.inTransaction(.immediate) {
                    try job.run(SQLiteSession(db: db, knownClauses: clauses))
                    return .commit
                }
                job.outcome = .success(())
            } catch {
                job.outcome = .failure(Self.translated(error))
            }
        }
    }

    /// Nanoseconds.
    private static func ticks() -> UInt64 { DispatchTime.now().uptimeNanoseconds }

    public func eraseResidue() throws -> Bool {
        // Who reads an older state forbids it. Readers are short, so it is tried for a while, and never with the
        // lock in hand: no writer waits for a reader.
        for attempt in 0..<10 {
            if attempt > 0 { usleep(100_000) }
            if try Self.translate({
                try writer.writeWithoutTransaction { db in try lock.withLock { try Self.truncateLog(db) } }
            }) {
                return true
            }
        }
        return false
    }

    public func compact() throws -> (before: UInt64, after: UInt64) {
        try Self.translate {
            try writer.writeWithoutTransaction { db in
                try lock.withLock {
                    func size() throws -> UInt64 {
                        UInt64(
                            try Int64.fetchOne(
                                db, sql: "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size") ?? 0)
                    }
                    let before = try size()
                    try db.execute(sql: "VACUUM")
                    return (before, try size())
                }
            }
        }
    }

    /// Moves the log into the database and cuts it to nothing, unless somebody reads an older state.
    private static func truncateLog(_ db: Database) throws -> Bool {
        try db.execute(sql: "PRAGMA busy_timeout = 0")
        defer { try? db.execute(sql: "PRAGMA busy_timeout = \(Int(busyTimeout * 1000))") }
        do {
            return (try Row.fetchOne(db, sql: "PRAGMA wal_checkpoint(TRUNCATE)")?[0] as Int64?) == 0
        } catch let error as DatabaseError
            where error.resultCode == .SQLITE_BUSY || error.resultCode == .SQLITE_LOCKED
        {
            return false
        }
    }

    /// A setting of the writing connection, for tests.
    func writerPragma(_ name: String) throws -> Int? {
        try writer.writeWithoutTransaction { try Int.fetchOne($0, sql: "PRAGMA \(name)") }
    }

    /// GRDB's errors as this target's.
    private static func translate<Result>(_ body: () throws -> Result) throws -> Result {
        do { return try body() } catch { throw translated(error) }
    }

    private static func translated(_ error: any Error) -> any Error {
        guard let error = error as? DatabaseError else { return error }
        switch error.resultCode {
        case .SQLITE_NOTADB, .SQLITE_CORRUPT:
            return CatalogError.damaged(error.message ?? "SQLite \(error.resultCode.rawValue)")
        case .SQLITE_FULL: return FileError(.write, path: "the index", code: ENOSPC)
        default: return CatalogError.database(error.message ?? "no message", code: error.extendedResultCode.rawValue)
        }
    }
}
