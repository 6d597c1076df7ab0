public import Base
public import Foundation

/// A value as a column has it. What is not there still has a type: a database that compiles a statement has to know it.
public enum Value: Equatable, Sendable {
    public enum Kind: Sendable {
        case integer
        case text
        case bytes
    }

    case null(Kind)
    case integer(Int64)
    case text(String)
    case bytes([UInt8])
}

/// What can be given to a statement.
protocol Bindable {
    static var kind: Value.Kind { get }
    var value: Value { get }
}

/// What a column can be read as. Throws ``CatalogError/damaged(_:)`` where the column holds something else: the
/// database is only as good as who wrote to it.
protocol Readable {
    static func read(_ value: Value) throws -> Self
}

extension Optional: Bindable where Wrapped: Bindable {
    static var kind: Value.Kind { Wrapped.kind }
    var value: Value { self?.value ?? .null(Wrapped.kind) }
}

extension Optional: Readable where Wrapped: Readable {
    static func read(_ value: Value) throws -> Wrapped? {
        if case .null = value { return nil }
        return try Wrapped.read(value)
    }
}

extension Int64: Bindable, Readable {
    static var kind: Value.Kind { .integer }
    var value: Value { .integer(self) }
    static func read(_ value: Value) throws -> Int64 {
        guard case .integer(let number) = value else { throw CatalogError.damaged("a number is none") }
        return number
    }
}

extension Int: Bindable, Readable {
    static var kind: Value.Kind { .integer }
    var value: Value { .integer(Int64(self)) }
    static func read(_ value: Value) throws -> Int { Int(try Int64.read(value)) }
}

extension UInt64: Bindable {
    static var kind: Value.Kind { .integer }
    var value: Value { .integer(Int64(clamping: self)) }
}

extension UInt32: Bindable {
    static var kind: Value.Kind { .integer }
    var value: Value { .integer(Int64(self)) }
}

extension Bool: Bindable, Readable {
    static var kind: Value.Kind { .integer }
    var value: Value { .integer(self ? 1 : 0) }
    static func read(_ value: Value) throws -> Bool {
        switch try Int64.read(value) {
        case 0: false
        case 1: true
        default: throw CatalogError.damaged("a flag is none")
        }
    }
}

extension String: Bindable, Readable {
    static var kind: Value.Kind { .text }
    var value: Value { .text(self) }
    static func read(_ value: Value) throws -> String {
        guard case .text(let text) = value else { throw CatalogError.damaged("a text is none") }
        return text
    }
}

extension [UInt8]: Bindable, Readable {
    static var kind: Value.Kind { .bytes }
    var value: Value { .bytes(self) }
    static func read(_ value: Value) throws -> [UInt8] {
        guard case .bytes(let bytes) = value else { throw CatalogError.damaged("bytes are none") }
        return bytes
    }
}

extension UID: Bindable {
    static var kind: Value.Kind { .bytes }
    var value: Value { .bytes(bytes) }
}

/// A time is milliseconds since 1970-01-01 UTC.
extension Date: Bindable {
    static var kind: Value.Kind { .integer }
    var value: Value { .integer(milliseconds) }
}

/// The names of a statement's columns, with their places.
public final class Columns: Sendable {
    let count: Int
    private let places: [String: Int]

    public init(_ names: [String]) {
        count = names.count
        places = Dictionary(zip(names, 0...)) { first, _ in first }
    }

    func place(of name: String) throws -> Int {
        guard let place = places[name] else { throw CatalogError.damaged("there is no column \(name)") }
        return place
    }
}

/// A row that a statement gave.
public struct Row: Sendable {
    let columns: Columns
    /// In the order of the columns.
    public let values: [Value]

    public init(columns: Columns, values: [Value]) {
        self.columns = columns
        self.values = values
    }

    subscript<Result: Readable>(_ column: String) -> Result {
        get throws {
            do { return try Result.read(values[try columns.place(of: column)]) } catch {
                throw CatalogError.damaged(column)
            }
        }
    }

    subscript<Result: Readable>(_ place: Int) -> Result {
        get throws { try Result.read(values[place]) }
    }
}
