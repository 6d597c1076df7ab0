import Base
import Catalog
import Foundation
import Synchronization

/// The index in PostgreSQL 15: what shows that the statements are written once. It is a test's, so it has no
/// reconnecting and no limits.
final class PostgreSQLEngine: Engine {
    private let address: String
    private let writer: PostgreSQLConnection
    private let turn = NSLock()
    private let readers = Mutex<[PostgreSQLConnection]>([])

    /// An empty index of its own.
    convenience init() throws { try self.init(PostgreSQLServer.shared.get().makeDatabase()) }

    /// Another one with the same index.
    func another() throws -> PostgreSQLEngine { try PostgreSQLEngine(address) }

    private init(_ address: String) throws {
        self.address = address
        writer = try PostgreSQLConnection(address)
    }

    func read<Result>(_ body: (any EngineReading) throws -> Result) throws -> Result {
        let connection = try readers.withLock { $0.popLast() } ?? PostgreSQLConnection(address)
        try connection.runAll("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        defer {
            try? connection.runAll("ROLLBACK")
            readers.withLock { $0.append(connection) }
        }
        return try body(PostgreSQLTransaction(connection: connection))
    }

    func write(until limit: WaitLimit, _ body: (any EngineWriting) throws -> Void) throws {
        try takeTurn(until: limit)
        defer { turn.unlock() }
        // The one row that every archive has: who waits for it comes in the order of asking.
        try begin(until: limit)
        do {
            try body(PostgreSQLTransaction(connection: writer))
        } catch {
            try writer.runAll("ROLLBACK")
            throw error
        }
        do {
            try writer.runAll("COMMIT")
        } catch let error as EngineError {
            // Where the server did not answer, nobody knows.
            throw writer.isInTransaction || error.kind != .failed
                ? error : EngineError(.unknown, error.message, code: error.code)
        }
    }

    private func begin(until limit: WaitLimit) throws {
        guard limit.isBounded else { return try writer.runAll("BEGIN; LOCK TABLE archive IN EXCLUSIVE MODE") }
        try limit.wait {
            do {
                try writer.runAll("BEGIN; LOCK TABLE archive IN EXCLUSIVE MODE NOWAIT")
                return true
            } catch let error as EngineError where error.message.hasPrefix("55P03") {
                try writer.runAll("ROLLBACK")
                return false
            }
        }
    }

    private func takeTurn(until limit: WaitLimit) throws {
        if limit.isBounded { try limit.wait { turn.try() } } else { turn.lock() }
    }

    func eraseResidue(until limit: WaitLimit) throws -> Bool {
        try takeTurn(until: limit)
        defer { turn.unlock() }
        try writer.runAll("VACUUM")
        return true
    }

    func compact(until limit: WaitLimit) throws -> (before: UInt64, after: UInt64) {
        try takeTurn(until: limit)
        defer { turn.unlock() }
        try limit.check()
        func size() throws -> UInt64 {
            var size: UInt64 = 0
            try writer.rows("SELECT pg_database_size(current_database())", []) { row in
                if case .integer(let number) = row.values[0] { size = UInt64(number) }
            }
            return size
        }
        let before = try size()
        try writer.runAll("VACUUM FULL")
        return (before, try size())
    }
}

private struct PostgreSQLTransaction: EngineWriting {
    let connection: PostgreSQLConnection

    var isOpen: Bool { connection.isInTransaction }

    func rows(_ statement: String, _ values: [Value], _ body: (Row) throws -> Void) throws {
        // A body may ask further: what it is given is there already.
        try connection.rows(statement, values, body)
    }

    func run(_ statement: String, _ values: [Value]) throws -> Int { try connection.run(statement, values) }

    func mark() throws { try connection.runAll("SAVEPOINT body") }

    func release() throws { try connection.runAll("RELEASE SAVEPOINT body") }

    func undo() throws { try connection.runAll("ROLLBACK TO SAVEPOINT body; RELEASE SAVEPOINT body") }

    /// PostgreSQL checks the sums of its pages as it reads them; to go through all is `pg_amcheck`'s.
    func damages() -> [String] { [] }

    // Another program's owner changes the schema of a server, not of a file that somebody put back.
    func schemaVersion() -> Int64 { 0 }
    func schemaDifferences() -> [String] { [] }
}
