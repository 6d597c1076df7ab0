internal import Base
internal import Foundation

/// Reads what is `Decodable` from ``CanonicalJSON``, a member at a time, as ``CanonicalEncoder`` wrote it. Several
/// values may have their members in one object; a member that none of them asked for does not belong there.
///
/// - Throws: ``EntryError/badMember(_:)`` and ``EntryError/unknownMember(_:)``.
struct CanonicalDecoder {
    private let node: Node

    /// - Throws: ``EntryError/notCanonical(offset:)`` where it is no object.
    init(_ value: CanonicalJSON) throws(EntryError) {
        guard case .object(let members) = value else { throw .notCanonical(offset: 0) }
        node = Node(value, members)
    }

    /// Reads one value out of the object.
    func read<Value: Decodable>(_ type: Value.Type) throws(EntryError) -> Value {
        do { return try Value(from: Level(node: node, path: [])) } catch { throw EntryError(error) }
    }

    /// Sees that every member was read.
    func finish() throws(EntryError) { try node.finish() }

    private final class Node {
        let value: CanonicalJSON
        /// Those that were not read yet.
        var members: [String: CanonicalJSON]

        init(_ value: CanonicalJSON, _ members: [String: CanonicalJSON] = [:]) {
            (self.value, self.members) = (value, members)
        }

        func finish() throws(EntryError) {
            if let name = members.keys.min() { throw .unknownMember(name) }
        }
    }

    private struct Level: Decoder {
        let node: Node
        let path: [any CodingKey]

        var codingPath: [any CodingKey] { path }
        var userInfo: [CodingUserInfoKey: Any] { [:] }

        func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
            guard case .object = node.value else { throw CanonicalDecoder.bad(path) }
            return KeyedDecodingContainer(Members(node: node, path: path))
        }

        func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
            guard case .list(let values) = node.value else { throw CanonicalDecoder.bad(path) }
            return Elements(values: values, path: path)
        }

        func singleValueContainer() -> any SingleValueDecodingContainer { Single(value: node.value, path: path) }
    }

    private static func bad(_ path: [any CodingKey]) -> EntryError { .badMember(path.last?.stringValue ?? "") }

    private static func read<Value: Decodable>(
        _ type: Value.Type, _ value: CanonicalJSON, _ path: [any CodingKey]
    ) throws -> Value {
        if type == CanonicalJSON.self, let value = value as? Value { return value }
        if type == Date.self {
            guard case .text(let text) = value, let time = LedgerTime.time(text) as? Value else { throw bad(path) }
            return time
        }
        let node: Node
        if case .object(let members) = value { node = Node(value, members) } else { node = Node(value) }
        let result = try Value(from: Level(node: node, path: path))
        try node.finish()
        return result
    }

    private struct Members<Key: CodingKey>: KeyedDecodingContainerProtocol {
        let node: Node
        let path: [any CodingKey]

        var codingPath: [any CodingKey] { path }
        var allKeys: [Key] { node.members.keys.compactMap { Key(stringValue: $0) } }

        func contains(_ key: Key) -> Bool { node.members[key.stringValue] != nil }

        private func take(_ key: Key) throws -> CanonicalJSON {
            guard let value = node.members.removeValue(forKey: key.stringValue) else { throw bad(key) }
            return value
        }

        private func bad(_ key: Key) -> EntryError { .badMember(key.stringValue) }

        func decodeNil(forKey key: Key) -> Bool { !contains(key) }
        func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool {
            guard case .flag(let flag) = try take(key) else { throw bad(key) }
            return flag
        }
        func decode(_ type: String.Type, forKey key: Key) throws -> String {
            guard case .text(let text) = try take(key) else { throw bad(key) }
            return text
        }
        func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 {
            guard case .number(let number) = try take(key) else { throw bad(key) }
            return number
        }
        func decode(_ type: Double.Type, forKey key: Key) throws -> Double { throw bad(key) }
        func decode(_ type: Float.Type, forKey key: Key) throws -> Float { throw bad(key) }
        func decode(_ type: Int.Type, forKey key: Key) throws -> Int { throw bad(key) }
        func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { throw bad(key) }
        func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { throw bad(key) }
        func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { throw bad(key) }
        func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { throw bad(key) }
        func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { throw bad(key) }
        func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { throw bad(key) }
        func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { throw bad(key) }
        func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { throw bad(key) }
        func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
            try CanonicalDecoder.read(type, try take(key), [key])
        }

        func nestedContainer<Nested: CodingKey>(
            keyedBy type: Nested.Type, forKey key: Key
        ) throws -> KeyedDecodingContainer<Nested> { throw bad(key) }
        func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer { throw bad(key) }
        func superDecoder() -> any Decoder { Level(node: node, path: path) }
        func superDecoder(forKey key: Key) -> any Decoder { Level(node: node, path: path) }
    }

    private struct Elements: UnkeyedDecodingContainer {
        let values: [CanonicalJSON]
        let path: [any CodingKey]
        var currentIndex = 0

        var codingPath: [any CodingKey] { path }
        var count: Int? { values.count }
        var isAtEnd: Bool { currentIndex == values.count }

        func decodeNil() -> Bool { false }
        mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
            guard !isAtEnd else { throw CanonicalDecoder.bad(path) }
            defer { currentIndex += 1 }
            return try CanonicalDecoder.read(type, values[currentIndex], path)
        }
        func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) throws -> KeyedDecodingContainer<Nested> {
            throw CanonicalDecoder.bad(path)
        }
        func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { throw CanonicalDecoder.bad(path) }
        func superDecoder() throws -> any Decoder { throw CanonicalDecoder.bad(path) }
    }

    private struct Single: SingleValueDecodingContainer {
        let value: CanonicalJSON
        let path: [any CodingKey]

        var codingPath: [any CodingKey] { path }

        private var bad: EntryError { CanonicalDecoder.bad(path) }

        func decodeNil() -> Bool { false }
        func decode(_ type: Bool.Type) throws -> Bool {
            guard case .flag(let flag) = value else { throw bad }
            return flag
        }
        func decode(_ type: String.Type) throws -> String {
            guard case .text(let text) = value else { throw bad }
            return text
        }
        func decode(_ type: UInt64.Type) throws -> UInt64 {
            guard case .number(let number) = value else { throw bad }
            return number
        }
        func decode(_ type: Double.Type) throws -> Double { throw bad }
        func decode(_ type: Float.Type) throws -> Float { throw bad }
        func decode(_ type: Int.Type) throws -> Int { throw bad }
        func decode(_ type: Int8.Type) throws -> Int8 { throw bad }
        func decode(_ type: Int16.Type) throws -> Int16 { throw bad }
        func decode(_ type: Int32.Type) throws -> Int32 { throw bad }
        func decode(_ type: Int64.Type) throws -> Int64 { throw bad }
        func decode(_ type: UInt.Type) throws -> UInt { throw bad }
        func decode(_ type: UInt8.Type) throws -> UInt8 { throw bad }
        func decode(_ type: UInt16.Type) throws -> UInt16 { throw bad }
        func decode(_ type: UInt32.Type) throws -> UInt32 { throw bad }
        func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
            try CanonicalDecoder.read(type, value, path)
        }
    }
}
