import Base
import Foundation
internal import GRDB
internal import Ledger
import Sealing
internal import Synchronization

/// One transaction on the index.
struct SQLiteSession {
    let db: Database
    /// Clauses of holds that an earlier transaction read.
    var knownClauses: KnownHoldClauses?
    let transaction = TransactionNumber(
        number: Self.transactions.wrappingAdd(1, ordering: .relaxed).newValue)

    private static let transactions = Atomic<UInt64>(0)

    /// The rows of a query, by a statement that the connection keeps.
    func rows(_ sql: String, _ arguments: StatementArguments = []) throws -> [Row] {
        try Row.fetchAll(db.cachedStatement(sql: sql), arguments: arguments)
    }

    func row(_ sql: String, _ arguments: StatementArguments = []) throws -> Row? {
        try Row.fetchOne(db.cachedStatement(sql: sql), arguments: arguments)
    }

    func count(_ sql: String) throws -> Int { try Int.fetchOne(db.cachedStatement(sql: sql)) ?? 0 }

    /// Runs a statement that inserts `what`.
    func insert(_ what: String, _ sql: String, epoch: Epoch? = nil, _ arguments: StatementArguments) throws {
        do {
            try db.cachedStatement(sql: sql).execute(arguments: arguments)
        } catch let error as DatabaseError {
            switch error.extendedResultCode {
            case .SQLITE_CONSTRAINT_UNIQUE, .SQLITE_CONSTRAINT_PRIMARYKEY: throw CatalogError.exists(what)
            case .SQLITE_CONSTRAINT_TRIGGER where epoch != nil: throw CatalogError.epochNotOpen(epoch!)
            default: throw error
            }
        }
    }
}

extension CatalogError {
    /// Whether an error, also of a body of a write, is the database's: it could not read or write. What contradicts
    /// itself is something else.
    public static func isFailure(_ error: any Error) -> Bool {
        switch error {
        case let error as DatabaseError: error.resultCode != .SQLITE_CORRUPT && error.resultCode != .SQLITE_NOTADB
        case CatalogError.database: true
        default: error is FileError
        }
    }
}

extension Date {
    /// Milliseconds since 1970-01-01 UTC.
    var milliseconds: Int64 { Int64((timeIntervalSince1970 * 1000).rounded()) }

    /// The last whole one: what is over by it is over.
    var wholeMilliseconds: Int64 { Int64((timeIntervalSince1970 * 1000).rounded(.down)) }

    init(milliseconds: Int64) { self.init(timeIntervalSince1970: TimeInterval(milliseconds) / 1000) }
}

extension Row {
    func date(_ column: String) -> Date? { (self[column] as Int64?).map(Date.init(milliseconds:)) }

    /// A number that cannot be negative.
    func unsigned(_ column: String) throws -> UInt64 {
        guard let number = self[column] as Int64?, number >= 0 else { throw CatalogError.damaged(column) }
        return UInt64(number)
    }

    func bytes(_ column: String) -> [UInt8]? { (self[column] as Data?).map { [UInt8]($0) } }

    func uid<Named>(_ column: String, of: Named.Type = Named.self) throws -> UID<Named> {
        guard let bytes = bytes(column), let uid = UID<Named>(bytes: bytes) else { throw CatalogError.damaged(column) }
        return uid
    }

    func tag(_ column: String) -> Tag? {
        guard let bytes = bytes(column), let key = self[column + "_key"] as Int64? else { return nil }
        return Tag(keyNumber: UInt32(truncatingIfNeeded: key), bytes: bytes)
    }

    func wrappedKey() throws -> WrappedKey {
        guard let bytes = bytes("wrapped_key"), let epoch = self["epoch"] as Int64? else {
            throw CatalogError.damaged("wrapped_key")
        }
        return WrappedKey(epoch: Epoch(UInt32(truncatingIfNeeded: epoch)), bytes: bytes)
    }

    func value<Value: RawRepresentable>(_ column: String, _: Value.Type = Value.self) throws -> Value
    where Value.RawValue == String {
        guard let text = self[column] as String?, let value = Value(rawValue: text) else {
            throw CatalogError.damaged(column)
        }
        return value
    }

    func required<Value>(_ value: Value?, _ column: String) throws -> Value {
        guard let value else { throw CatalogError.damaged(column) }
        return value
    }
}
