public import Base
internal import Foundation
internal import GRDB
internal import GRDBSQLite
internal import Synchronization

/// A SQLite database, through GRDB.
///
/// WAL with `synchronous = FULL`: a transaction is durable when it returns. `secure_delete` overwrites
/// what is deleted, temporary tables stay in memory, and `recursive_triggers` lets delete triggers see
/// replaced rows. See <https://sqlite.org/pragma.html>.
///
/// One connection writes; a pool of connections that cannot write reads beside it. (A pool that can write
/// would set `synchronous = NORMAL`, and would write to the database whenever it is opened.)
public final class SQLiteEngine: Engine {
    /// Seconds.
    private static let busyTimeout: TimeInterval = 30
    private static let busyPause: TimeInterval = 0.01

    private let path: String
    /// The connection that writes, and what stands in front of it; nil where nothing can be written.
    private let writing: (queue: DatabaseQueue, lock: WriterLock)?
    private let readers: any DatabaseReader
    /// How the files were when they were opened without any lock.
    private let unlocked: [FileState]?
    /// In front of the writing connection and the lock: one thread of this process at a time.
    private let own = NSLock()
    private let columns = KnownColumns()
    /// A commit failed at the disk. What this connection says is there need not be what whoever opens the database next
    /// finds, and a sync that failed is never tried again on the same descriptor: it writes nothing any more.
    private let isInDoubt = Atomic(false)

    public var isReadOnly: Bool { writing == nil }

    /// Opens an index that ``create(at:)`` made.
    ///
    /// - Parameter readOnly: it lies on a file system where nothing can be written.
    public convenience init(path: String, readOnly: Bool = false) throws {
        guard FileManager.default.fileExists(atPath: path) else {
            throw CatalogError.notIndex("there is no file \(path)")
        }
        if readOnly { try self.init(readingOnly: path) } else { try self.init(opening: path) }
        try Self.telling {
            try readers.read { db in
                guard try Int32.fetchOne(db, sql: "PRAGMA application_id") == SQLiteSchema.applicationID else {
                    throw CatalogError.notIndex("\(path) is another program's database")
                }
                guard try !SQLiteSchema.migrator.hasBeenSuperseded(db),
                    try SQLiteSchema.migrator.hasCompletedMigrations(db)
                else {
                    throw CatalogError.notIndex("\(path) was written by another version")
                }
            }
        }
    }

    /// Makes an empty index with mode 0600 where there is none.
    public static func create(at path: String) throws -> SQLiteEngine {
        // SQLite gives the WAL and the shared memory the mode of the database itself.
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw FileError(.create, path: path, code: errno) }
        close(descriptor)
        try telling {
            let queue = try DatabaseQueue(path: path)
            // WAL is a property of the file from here on.
            try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = WAL") }
            try SQLiteSchema.migrator.migrate(queue)
            try queue.close()
        }
        return try SQLiteEngine(opening: path)
    }

    private init(opening path: String) throws {
        var configuration = Configuration()
        configuration.label = "index"
        configuration.maximumReaderCount = 4
        // Our own processes wait at the lock; what is met here is another program, such as one that makes a copy.
        configuration.busyMode = .callback { attempts in
            let waited = Double(attempts) * Self.busyPause
            guard waited < Self.busyTimeout else { return false }
            if waited >= WaitNotice.patience {
                WaitNotice.say(path, limit: "the wait ends in \(Int(Self.busyTimeout - waited)) s")
            }
            usleep(UInt32(Self.busyPause * 1e6))
            return true
        }
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF")
        }
        var writing = configuration
        writing.prepareDatabase { db in
            // A connection that cannot write needs none of these, and each would have it read the schema.
            try db.execute(
                sql: "PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA recursive_triggers = ON")
            // A walk over all objects touches the same pages of indexes again and again. 16 MiB of pages are kept, and
            // a log of as much is moved into the database at once; SQLite's own figures are 2 MiB and 4 MiB.
            try db.execute(sql: "PRAGMA cache_size = -16384; PRAGMA wal_autocheckpoint = 4000")
        }
        configuration.readonly = true
        let reading = configuration
        self.path = path
        let lock = try WriterLock(path: path + "-lock")
        let (writer, readers) = try Self.telling {
            // The writer comes first: while it is open, the WAL that readers need is there.
            let writer = try DatabaseQueue(path: path, configuration: writing)
            try writer.read { _ = try Int.fetchOne($0, sql: "SELECT count(*) FROM sqlite_schema") }
            return (writer, try DatabasePool(path: path, configuration: reading))
        }
        (self.writing, self.readers, unlocked) = ((writer, lock), readers, nil)
    }

    /// Opens what lies where nothing can be written, with all that its log has. Where the memory that processes share
    /// is there, SQLite reads it, beside whoever writes through another mount. A copy has none: its log is read without
    /// any lock, and without a log the database is what it is. See <https://sqlite.org/wal.html#read_only_databases>.
    private init(readingOnly path: String) throws {
        var configuration = Configuration()
        configuration.label = "index"
        configuration.readonly = true
        configuration.busyMode = .timeout(Self.busyTimeout)
        func has(_ suffix: String) -> Bool {
            var status = stat()
            return stat(path + suffix, &status) == 0 && status.st_size > 0
        }
        let hasLog = has("-wal")
        let isAlone = !(hasLog && has("-shm"))
        configuration.prepareDatabase { db in
            // Without it, the index of the log would have to be a file.
            if isAlone, hasLog { try db.execute(sql: "PRAGMA locking_mode = EXCLUSIVE") }
            try db.execute(sql: "PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF")
        }
        self.path = path
        writing = nil
        unlocked = isAlone ? Self.states(of: path) : nil
        let escaped = path.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? path
        let name = isAlone ? "file:\(escaped)?\(hasLog ? "vfs=unix-none" : "immutable=1")" : path
        readers = try Self.telling { try DatabaseQueue(path: name, configuration: configuration) }
    }

    public func read<Result>(_ body: (any EngineReading) throws -> Result) throws -> Result {
        // What was read while somebody wrote through another mount can be of two states.
        let result = Swift.Result {
            try Self.translate { try readers.read { try body(SQLiteTransaction($0, columns)) } }
        }
        if let unlocked, Self.states(of: path) != unlocked {
            throw EngineError(
                .failed, "it was changed through another mount while it was read: try again, or read a snapshot",
                code: SQLITE_BUSY)
        }
        return try result.get()
    }

    /// What changes whenever a file is written.
    private struct FileState: Equatable {
        var size: Int64 = -1
        var seconds = 0
        var nanoseconds = 0
        var inode: UInt64 = 0
    }

    private static func states(of path: String) -> [FileState] {
        [path, path + "-wal"].map { path in
            var status = stat()
            guard stat(path, &status) == 0 else { return FileState() }
            return FileState(
                size: Int64(status.st_size), seconds: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec,
                inode: UInt64(status.st_ino))
        }
    }

    public func write(until limit: WaitLimit, _ body: (any EngineWriting) throws -> Void) throws {
        try Self.translate {
            try exclusively(until: limit) { db in
                guard !isInDoubt.load(ordering: .relaxed) else {
                    throw EngineError(
                        .failed, "the disk failed before, while this program wrote: it writes no more",
                        code: SQLITE_IOERR)
                }
                var isCommitting = false
                do {
                    // In GRDB's own block every statement is refused once SQLite has rolled back by itself: a body
                    // that overlooks an error cannot go on as if it were alone.
                    try db.inTransaction(.immediate) {
                        try body(SQLiteTransaction(db, columns))
                        isCommitting = true
                        return .commit
                    }
                } catch let error as DatabaseError where error.extendedResultCode == .SQLITE_IOERR_WRITE {
                    // The frame that commits is written last, so it is not there.
                    guard let reason = Self.wantOfRoom(in: db) else { throw error }
                    throw EngineError(
                        .full, error.message ?? "no room", code: error.extendedResultCode.rawValue, reason: reason)
                } catch let error as DatabaseError
                    where isCommitting && error.resultCode == .SQLITE_IOERR
                {
                    // Rolled back here; but the log can hold all of it, and who reads the log anew finds it.
                    isInDoubt.store(true, ordering: .relaxed)
                    throw EngineError(
                        .unknown, error.message ?? "the disk failed", code: error.extendedResultCode.rawValue)
                }
            }
        }
    }

    /// The operating system's reason why nothing more could be written. SQLite tells a full disk from other failures,
    /// and no quota, nor a limit of the process (`RLIMIT_FSIZE`).
    private static func wantOfRoom(in db: Database) -> Int32? {
        for pointer in [SQLITE_FCNTL_JOURNAL_POINTER, SQLITE_FCNTL_FILE_POINTER] {
            var file: UnsafeMutablePointer<sqlite3_file>?
            guard sqlite3_file_control(db.sqliteConnection, nil, pointer, &file) == SQLITE_OK, let file,
                let control = file.pointee.pMethods?.pointee.xFileControl
            else { continue }
            var reason: Int32 = 0
            guard control(file, SQLITE_FCNTL_LAST_ERRNO, &reason) == SQLITE_OK else { continue }
            if [EDQUOT, EFBIG, ENOSPC].contains(reason) { return reason }
        }
        return nil
    }

    public func syncAnew(until limit: WaitLimit) throws {
        // What the log holds is read from the disk, written into the tables, and synced there; the log, emptied, must
        // stay so: else a power loss would bring back what was said not to be there.
        guard try eraseResidue(until: limit) else {
            throw EngineError(.failed, "another program reads an older state of the index", code: SQLITE_BUSY)
        }
        let log = path + "-wal"
        let descriptor = open(log, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw FileError(.open, path: log, code: errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw FileError(.sync, path: log, code: errno) }
    }

    /// Runs `body` on the writing connection while nobody else writes, in this process or another.
    private func exclusively<Result>(until limit: WaitLimit, _ body: (Database) throws -> Result) throws -> Result {
        guard let writing else { throw FileError(.write, path: path, code: EROFS) }
        if limit.isBounded { try limit.wait { own.try() } } else { own.lock() }
        defer { own.unlock() }
        return try writing.lock.withLock(until: limit) { try writing.queue.writeWithoutTransaction(body) }
    }

    /// Bytes of a log that is left as it is: to read it costs less than a millisecond, to move it several.
    private static let shortLog = 1 << 20

    public func shortenLog() throws {
        var status = stat()
        guard stat(path + "-wal", &status) == 0, status.st_size > Self.shortLog else { return }
        do {
            _ = try Self.translate {
                try exclusively(until: WaitLimit(seconds: 0)) { try Self.truncateLog($0) }
            }
        } catch is WaitEnded {
            // Who is at work now comes to its end, too.
        }
    }

    public func eraseResidue(until limit: WaitLimit) throws -> Bool {
        // Who reads an older state forbids it. Readers are short, so it is tried for a while, and never with the
        // lock in hand: no writer waits for a reader.
        for attempt in 0..<10 {
            if attempt > 0 { usleep(100_000) }
            if try Self.translate({
                try exclusively(until: limit) { try Self.truncateLog($0) }
            }) {
                return true
            }
        }
        return false
    }

    public func compact(until limit: WaitLimit) throws -> (before: UInt64, after: UInt64) {
        try Self.translate {
            try exclusively(until: limit) { db in
                func size() throws -> UInt64 {
                    UInt64(
                        try Int64.fetchOne(
                            db, sql: "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size") ?? 0)
                }
                let before = try size()
                try limit.check()
                try Self.interrupting(db, when: limit) { try db.execute(sql: "VACUUM") }
                return (before, try size())
            }
        }
    }

    /// Runs `body` and ends its statement when the limit is over; looks at it many times a millisecond.
    private static func interrupting(_ db: Database, when limit: WaitLimit, _ body: () throws -> Void) throws {
        guard limit.isBounded else { return try body() }
        let connection = db.sqliteConnection
        try withExtendedLifetime(Watched(limit)) { watched in
            sqlite3_progress_handler(
                connection, 10_000,
                { Unmanaged<Watched>.fromOpaque($0!).takeUnretainedValue().limit.isOver ? 1 : 0 },
                Unmanaged.passUnretained(watched).toOpaque())
            defer { sqlite3_progress_handler(connection, 0, nil, nil) }
            do { try body() } catch let error as DatabaseError where error.resultCode == .SQLITE_INTERRUPT {
                try limit.check()
                throw error
            }
        }
    }

    private final class Watched {
        let limit: WaitLimit
        init(_ limit: WaitLimit) { self.limit = limit }
    }

    /// Moves the log into the database and cuts it to nothing, unless somebody reads an older state.
    private static func truncateLog(_ db: Database) throws -> Bool {
        try db.execute(sql: "PRAGMA busy_timeout = 0")
        defer { try? db.execute(sql: "PRAGMA busy_timeout = \(Int(busyTimeout * 1000))") }
        do {
            return (try GRDB.Row.fetchOne(db, sql: "PRAGMA wal_checkpoint(TRUNCATE)")?[0] as Int64?) == 0
        } catch let error as DatabaseError
            where error.resultCode == .SQLITE_BUSY || error.resultCode == .SQLITE_LOCKED
        {
            return false
        }
    }

    /// A setting of the writing connection, for tests.
    func writerPragma(_ name: String) throws -> Int? {
        try writing?.queue.writeWithoutTransaction { try Int.fetchOne($0, sql: "PRAGMA \(name)") }
    }

    /// What goes wrong while a database is opened, as who uses the index is told.
    private static func telling<Result>(_ body: () throws -> Result) throws -> Result {
        do { return try translate(body) } catch let error as EngineError { throw error.told }
    }

    /// GRDB's errors as an engine's.
    fileprivate static func translate<Result>(_ body: () throws -> Result) throws -> Result {
        do { return try body() } catch let error as DatabaseError { throw EngineError(error) }
    }
}

/// One transaction on the database. Statements are bound and run here: GRDB's own values cost as much as what SQLite
/// does.
private struct SQLiteTransaction: EngineWriting {
    private let db: Database
    private let columns: KnownColumns

    init(_ db: Database, _ columns: KnownColumns) { (self.db, self.columns) = (db, columns) }

    func rows(_ statement: String, _ values: [Value], _ body: (Row) throws -> Void) throws {
        try prepared(statement, values) { handle in
            guard try step(handle) else { return }
            // Compiled anew after a change of the schema, it may have other columns.
            let columns = columns.of(handle, statement)
            repeat {
                try body(
                    Row(columns: columns, values: (0..<Int32(columns.count)).map { try Value(column: $0, of: handle) }))
            } while try step(handle)
        }
    }

    func run(_ statement: String, _ values: [Value]) throws -> Int {
        let before = sqlite3_total_changes64(db.sqliteConnection)
        try prepared(statement, values) { while try step($0) {} }
        // A statement that changes no row leaves the number of the one before.
        return sqlite3_total_changes64(db.sqliteConnection) == before
            ? 0 : Int(sqlite3_changes64(db.sqliteConnection))
    }

    /// Runs `body` on a compiled statement with its values.
    private func prepared(
        _ statement: String, _ values: [Value], _ body: (OpaquePointer) throws -> Void
    ) throws {
        // What ran after SQLite has rolled back by itself would stand alone.
        guard isOpen else { throw EngineError(.failed, "the transaction is over", code: SQLITE_ABORT) }
        let compiled = try SQLiteEngine.translate { try db.cachedStatement(sql: statement) }
        try withExtendedLifetime(compiled) {
            let handle = compiled.sqliteStatement
            // A body that runs the statement whose rows it is given would begin it anew.
            guard sqlite3_stmt_busy(handle) == 0, Int(sqlite3_bind_parameter_count(handle)) == values.count else {
                throw EngineError(
                    .failed, "a statement that is running, or has other values: \(statement)", code: SQLITE_MISUSE)
            }
            defer {
                sqlite3_reset(handle)
                sqlite3_clear_bindings(handle)
            }
            for (place, value) in zip(Int32(1)..., values) {
                let code = value.bind(to: handle, at: place)
                guard code == SQLITE_OK else { throw error(code) }
            }
            try body(handle)
        }
    }

    /// - Returns: whether there is a row.
    private func step(_ handle: OpaquePointer) throws -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: true
        case SQLITE_DONE: false
        case let code: throw error(code)
        }
    }

    private func error(_ code: Int32) -> EngineError {
        EngineError(
            DatabaseError(
                resultCode: ResultCode(rawValue: code), message: String(cString: sqlite3_errmsg(db.sqliteConnection))))
    }

    var isOpen: Bool { db.isInsideTransaction }

    func mark() throws { _ = try run("SAVEPOINT body", []) }

    func release() throws { _ = try run("RELEASE body", []) }

    func undo() throws {
        _ = try run("ROLLBACK TO body", [])
        try release()
    }

    func damages() throws -> [String] {
        try SQLiteEngine.translate {
            try GRDB.Row.fetchAll(db, sql: "PRAGMA integrity_check").compactMap { $0[0] as String? }
                .filter { $0 != "ok" }
                + GRDB.Row.fetchAll(db, sql: "PRAGMA foreign_key_check").map {
                    "a row of \($0["table"] as String? ?? "?") refers to one that is gone"
                }
        }
    }

    func schemaVersion() throws -> Int64 {
        var version: Int64 = -1
        try rows("SELECT schema_version FROM pragma_schema_version", []) { version = try $0[0] }
        return version
    }

    func schemaDifferences() throws -> [String] {
        try SQLiteEngine.translate {
            let found = try SQLiteSchema.parts(of: db)
            // To make the whole schema anew takes a while; where nothing differs, nobody has to.
            return SQLiteSchema.fingerprint(of: found) == SQLiteSchema.fingerprint
                ? [] : try SQLiteSchema.differences(of: found)
        }
    }
}

/// The names of the columns of statements that have run.
private final class KnownColumns: Sendable {
    private static let most = 500

    private let known = Mutex<[String: Columns]>([:])

    init() {}

    func of(_ handle: OpaquePointer, _ statement: String) -> Columns {
        let count = Int(sqlite3_column_count(handle))
        return known.withLock { known in
            if let columns = known[statement], columns.count == count { return columns }
            let columns = Columns((0..<Int32(count)).map { String(cString: sqlite3_column_name(handle, $0)) })
            if known.count >= Self.most { known = [:] }
            known[statement] = columns
            return columns
        }
    }
}
