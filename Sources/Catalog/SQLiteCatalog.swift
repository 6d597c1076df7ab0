import BlobStore
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
                guard try !Schema.migrator.hasBeenSuperseded(db) else {
                    throw CatalogError.notIndex("\(path) was written by a newer version")
                }
            }
        }
        try migrate()
    }

    /// Brings an index that an earlier version wrote to today's schema.
    private func migrate() throws {
        guard try !Self.translate({ try readers.read(Schema.migrator.hasCompletedMigrations) }) else { return }
        try Self.translate {
            // Each migration is a transaction of its own; the lock keeps other processes out of all of them.
            try lock.withLock { try Schema.migrator.migrate(writer) }
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
        try Self.translate {
            try writer.writeWithoutTransaction { db in
                try lock.withLock {
                    var result: Result?
                    try db.inTransaction(.immediate) {
                        result = try body(SQLiteSession(db: db, knownClauses: clauses))
                        return .commit
                    }
                    return result!
                }
            }
        }
    }

    public func scrub() throws -> Bool {
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
        do {
            return try body()
        } catch let error as DatabaseError {
            if error.resultCode == .SQLITE_NOTADB || error.resultCode == .SQLITE_CORRUPT {
                throw CatalogError.damaged(error.message ?? "SQLite \(error.resultCode.rawValue)")
            }
            if error.resultCode == .SQLITE_FULL {
                throw FileError(.write, path: "the index", code: ENOSPC)
            }
            throw CatalogError.database(error.message ?? "no message", code: error.extendedResultCode.rawValue)
        }
    }
}
