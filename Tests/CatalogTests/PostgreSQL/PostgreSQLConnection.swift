import CPostgreSQL
import Catalog

/// One connection to a PostgreSQL server, through libpq.
///
/// Unchecked because libpq forbids two threads on one connection, and its owner keeps to that.
final class PostgreSQLConnection: @unchecked Sendable {
    private let connection: OpaquePointer
    /// Names of prepared statements by their texts.
    private var prepared: [String: String] = [:]

    init(_ address: String) throws {
        connection = PQconnectdb(address)
        guard PQstatus(connection) == CONNECTION_OK else {
            throw EngineError(.failed, String(cString: PQerrorMessage(connection)), code: 0)
        }
    }

    deinit { PQfinish(connection) }

    /// Whether there is a transaction, also one in which a statement failed.
    var isInTransaction: Bool {
        let status = PQtransactionStatus(connection)
        return status == PQTRANS_INTRANS || status == PQTRANS_INERROR
    }

    /// Runs statements without parameters.
    func runAll(_ statements: String) throws {
        let result = PQexec(connection, statements)
        defer { PQclear(result) }
        try check(result)
    }

    /// Runs a statement.
    ///
    /// - Returns: how many rows it changed.
    @discardableResult
    func run(_ statement: String, _ values: [Value]) throws -> Int {
        let result = try perform(statement, values)
        defer { PQclear(result) }
        return Int(String(cString: PQcmdTuples(result))) ?? 0
    }

    func rows(_ statement: String, _ values: [Value], _ body: (Row) throws -> Void) throws {
        let result = try perform(statement, values)
        defer { PQclear(result) }
        let count = PQnfields(result)
        let columns = Columns((0..<count).map { String(cString: PQfname(result, $0)) })
        for row in 0..<PQntuples(result) {
            try body(Row(columns: columns, values: (0..<count).map { try value(result, row, $0) }))
        }
    }

    /// PostgreSQL's numbers of types, from its `pg_type.dat`.
    private enum TypeNumber {
        static let bool: Oid = 16
        static let bytea: Oid = 17
        static let int8: Oid = 20
        static let int4: Oid = 23
        static let text: Oid = 25
    }

    private func perform(_ statement: String, _ values: [Value]) throws -> OpaquePointer? {
        let name = try prepare(statement, values)
        var bytes: [[UInt8]?] = []
        for value in values {
            switch value {
            case .null: bytes.append(nil)
            case .integer(let number): bytes.append(withUnsafeBytes(of: number.bigEndian) { [UInt8]($0) })
            case .text(let text): bytes.append([UInt8](text.utf8))
            case .bytes(let value): bytes.append(value)
            }
        }
        // One buffer for all, with a byte behind each, so that an empty value is not taken for none.
        var (buffer, starts): ([CChar], [Int?]) = ([], [])
        for value in bytes {
            starts.append(value.map { _ in buffer.count })
            if let value { buffer += value.map { CChar(bitPattern: $0) } + [0] }
        }
        let lengths = bytes.map { Int32($0?.count ?? 0) }
        let formats = [Int32](repeating: 1, count: values.count)
        let result = buffer.withUnsafeBufferPointer { buffer in
            let pointers = starts.map { start in start.map { buffer.baseAddress! + $0 } }
            return PQexecPrepared(connection, name, Int32(values.count), pointers, lengths, formats, 1)
        }
        do { try check(result) } catch {
            PQclear(result)
            throw error
        }
        return result
    }

    private func prepare(_ statement: String, _ values: [Value]) throws -> String {
        let types = values.map { value -> Oid in
            switch value {
            case .null(.integer), .integer: TypeNumber.int8
            case .null(.text), .text: TypeNumber.text
            case .null(.bytes), .bytes: TypeNumber.bytea
            }
        }
        let key = statement + types.map { " \($0)" }.joined()
        if let name = prepared[key] { return name }
        let name = "statement_\(prepared.count)"
        let result = PQprepare(connection, name, Self.numbered(statement), Int32(types.count), types)
        defer { PQclear(result) }
        try check(result)
        prepared[key] = name
        return name
    }

    /// `?` in their order, or `?1`, as PostgreSQL's `$1`. No text in a statement has a question mark.
    private static func numbered(_ statement: String) -> String {
        var (text, next, rest) = ("", 1, Substring(statement))
        while let place = rest.firstIndex(of: "?") {
            text += rest[..<place] + "$"
            rest = rest[rest.index(after: place)...]
            let digits = rest.prefix { $0.isNumber }
            if digits.isEmpty {
                text += "\(next)"
                next += 1
            } else {
                text += digits
                rest = rest.dropFirst(digits.count)
            }
        }
        return text + rest
    }

    private func value(_ result: OpaquePointer?, _ row: Int32, _ column: Int32) throws -> Value {
        let type = PQftype(result, column)
        if PQgetisnull(result, row, column) == 1 {
            return .null(type == TypeNumber.text ? .text : type == TypeNumber.bytea ? .bytes : .integer)
        }
        let bytes = UnsafeRawBufferPointer(
            start: PQgetvalue(result, row, column), count: Int(PQgetlength(result, row, column)))
        switch type {
        case TypeNumber.int8: return .integer(Int64(bigEndian: bytes.loadUnaligned(as: Int64.self)))
        case TypeNumber.int4: return .integer(Int64(Int32(bigEndian: bytes.loadUnaligned(as: Int32.self))))
        case TypeNumber.bool: return .integer(Int64(bytes[0]))
        case TypeNumber.text: return .text(String(decoding: bytes, as: UTF8.self))
        case TypeNumber.bytea: return .bytes([UInt8](bytes))
        default: throw EngineError(.failed, "a column has the type \(type), which no statement answers", code: 0)
        }
    }

    private func check(_ result: OpaquePointer?) throws {
        let status = PQresultStatus(result)
        guard status != PGRES_COMMAND_OK, status != PGRES_TUPLES_OK else { return }
        // SQLSTATE, see PostgreSQL's appendix A.
        let state = PQresultErrorField(result, Int32(UInt8(ascii: "C"))).map { String(cString: $0) } ?? ""
        let kind: EngineError.Kind =
            switch state {
            case "23505": .exists
            case "P0001": .refused
            case "53100": .full
            case "53200": .memory
            case "XX001", "XX002": .damaged
            case _ where state.hasPrefix("23"): .contradiction
            default: .failed
            }
        throw EngineError(kind, "\(state): \(String(cString: PQresultErrorMessage(result)))", code: 0)
    }
}
