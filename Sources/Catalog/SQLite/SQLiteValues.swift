internal import Foundation
internal import GRDB
internal import GRDBSQLite

// Values and errors as SQLite has them.

extension Value {
    /// - Returns: SQLite's code.
    func bind(to handle: OpaquePointer, at place: Int32) -> Int32 {
        // SQLite makes a copy.
        let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        switch self {
        case .null: return sqlite3_bind_null(handle, place)
        case .integer(let number): return sqlite3_bind_int64(handle, place, number)
        case .text(var text):
            // Nothing, at no address, would be null.
            guard !text.isEmpty else { return sqlite3_bind_text(handle, place, "", 0, transient) }
            return text.withUTF8 { utf8 in
                utf8.withMemoryRebound(to: CChar.self) { characters in
                    sqlite3_bind_text64(
                        handle, place, characters.baseAddress, UInt64(characters.count),
                        transient, UInt8(SQLITE_UTF8))
                }
            }
        case .bytes(let bytes):
            guard !bytes.isEmpty else { return sqlite3_bind_zeroblob(handle, place, 0) }
            return bytes.withUnsafeBytes {
                sqlite3_bind_blob64(handle, place, $0.baseAddress, UInt64($0.count), transient)
            }
        }
    }
}

extension Value {
    /// A column of the row that a statement is at.
    init(column: Int32, of statement: OpaquePointer) throws {
        func bytes() throws -> UnsafeRawBufferPointer {
            // The length comes second: the pointer may have been made by a conversion.
            let start = sqlite3_column_blob(statement, column)
            let count = Int(sqlite3_column_bytes(statement, column))
            guard start != nil || count == 0 else {
                throw EngineError(.memory, "there is no memory for a value", code: SQLITE_NOMEM)
            }
            return UnsafeRawBufferPointer(start: start, count: count)
        }
        switch sqlite3_column_type(statement, column) {
        case SQLITE_NULL: self = .null(.integer)
        case SQLITE_INTEGER: self = .integer(sqlite3_column_int64(statement, column))
        // No column has such numbers.
        case SQLITE_FLOAT: self = .text("\(sqlite3_column_double(statement, column))")
        case SQLITE_TEXT: self = .text(String(decoding: try bytes(), as: UTF8.self))
        default: self = .bytes([UInt8](try bytes()))
        }
    }
}

extension EngineError {
    init(_ error: DatabaseError) {
        let kind: Kind =
            switch (error.extendedResultCode, error.resultCode) {
            case (.SQLITE_CONSTRAINT_UNIQUE, _), (.SQLITE_CONSTRAINT_PRIMARYKEY, _), (.SQLITE_CONSTRAINT_ROWID, _):
                .exists
            case (.SQLITE_CONSTRAINT_TRIGGER, _): .refused
            // A count that this program never reaches: somebody wrote it.
            case (.SQLITE_CONSTRAINT_DATATYPE, _): .damaged
            case (_, .SQLITE_ERROR) where error.message == "integer overflow": .damaged
            case (_, .SQLITE_CONSTRAINT): .contradiction
            case (_, .SQLITE_FULL): .full
            // What processes share about the log found no room.
            case (.SQLITE_IOERR_SHMSIZE, _): .full
            case (_, .SQLITE_NOMEM): .memory
            case (_, .SQLITE_NOTADB), (_, .SQLITE_CORRUPT): .damaged
            // Statements are this program's: where a table or a column is not there, somebody took it away.
            case (_, .SQLITE_ERROR) where error.message?.hasPrefix("no such") ?? false: .damaged
            default: .failed
            }
        var reason: Int32?
        if error.extendedResultCode == .SQLITE_IOERR_SHMSIZE {
            var limit = rlimit()
            getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
            // The log's part of it has 32 KiB, and grows by as much.
            reason = limit.rlim_cur < 1 << 20 ? EFBIG : ENOSPC
        }
        self.init(
            kind, error.message ?? "SQLite \(error.resultCode.rawValue)", code: error.extendedResultCode.rawValue,
            reason: reason)
    }
}
