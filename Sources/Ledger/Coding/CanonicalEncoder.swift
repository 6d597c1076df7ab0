internal import Base
internal import Foundation

/// Writes what is `Encodable` as the members of ``CanonicalJSON``. What is nil is left out; a time is a text as in
/// <doc:Entries>; a number has a place in every reader.
///
/// - Throws: ``EntryError/badMember(_:)``.
struct CanonicalEncoder {
    private let node = Node()

    /// The members of all that was added.
    var object: CanonicalJSON { .object(node.members) }

    func add(_ value: some Encodable) throws(EntryError) {
        do { try value.encode(to: Level(node: node, path: [])) } catch { throw EntryError(error) }
    }

    /// A value that is being built.
    private final class Node {
        var members: [String: CanonicalJSON] = [:]
        var elements: [CanonicalJSON]?
        var single: CanonicalJSON?

        var value: CanonicalJSON { single ?? elements.map { .list($0) } ?? .object(members) }
    }

    private struct Level: Encoder {
        let node: Node
        let path: [any CodingKey]

        var codingPath: [any CodingKey] { path }
        var userInfo: [CodingUserInfoKey: Any] { [:] }

        func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
            KeyedEncodingContainer(Members(node: node, path: path))
        }

        func unkeyedContainer() -> any UnkeyedEncodingContainer {
            node.elements = node.elements ?? []
            return Elements(node: node, path: path)
        }

        func singleValueContainer() -> any SingleValueEncodingContainer { Single(node: node, path: path) }
    }

    private static func value<Value: Encodable>(_ value: Value, _ path: [any CodingKey]) throws -> CanonicalJSON {
        if Value.self == Date.self, let time = value as? Date { return .text(LedgerTime.text(time)) }
        if Value.self == CanonicalJSON.self, let json = value as? CanonicalJSON { return json }
        // Most members are one of these: they need no coder of their own.
        if let value = value as? any HexadecimalText { return .text(value.hex) }
        let node = Node()
        try value.encode(to: Level(node: node, path: path))
        return node.value
    }

    private static func number(_ number: UInt64, _ path: [any CodingKey]) throws -> CanonicalJSON {
        guard number <= CanonicalJSON.largestNumber else { throw EntryError.badMember(path.last?.stringValue ?? "") }
        return .number(number)
    }

    private struct Members<Key: CodingKey>: KeyedEncodingContainerProtocol {
        let node: Node
        let path: [any CodingKey]

        var codingPath: [any CodingKey] { path }

        private func other(_ key: Key) -> EntryError { .badMember(key.stringValue) }

        func encodeNil(forKey key: Key) throws { throw other(key) }
        func encode(_ value: Bool, forKey key: Key) { node.members[key.stringValue] = .flag(value) }
        func encode(_ value: String, forKey key: Key) { node.members[key.stringValue] = .text(value) }
        func encode(_ value: UInt64, forKey key: Key) throws {
            node.members[key.stringValue] = try CanonicalEncoder.number(value, [key])
        }
        func encode(_ value: Double, forKey key: Key) throws { throw other(key) }
        func encode(_ value: Float, forKey key: Key) throws { throw other(key) }
        func encode(_ value: Int, forKey key: Key) throws { throw other(key) }
        func encode(_ value: Int8, forKey key: Key) throws { throw other(key) }
        func encode(_ value: Int16, forKey key: Key) throws { throw other(key) }
        func encode(_ value: Int32, forKey key: Key) throws { throw other(key) }
        func encode(_ value: Int64, forKey key: Key) throws { throw other(key) }
        func encode(_ value: UInt, forKey key: Key) throws { throw other(key) }
        func encode(_ value: UInt8, forKey key: Key) throws { throw other(key) }
        func encode(_ value: UInt16, forKey key: Key) throws { throw other(key) }
        func encode(_ value: UInt32, forKey key: Key) throws { throw other(key) }
        func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
            node.members[key.stringValue] = try CanonicalEncoder.value(value, [key])
        }

        // Nothing that is written asks for these.
        func nestedContainer<Nested: CodingKey>(
            keyedBy type: Nested.Type, forKey key: Key
        ) -> KeyedEncodingContainer<Nested> { preconditionFailure("a member is a value of its own") }
        func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
            preconditionFailure("a member is a value of its own")
        }
        func superEncoder() -> any Encoder { Level(node: node, path: path) }
        func superEncoder(forKey key: Key) -> any Encoder { Level(node: node, path: path) }
    }

    private struct Elements: UnkeyedEncodingContainer {
        let node: Node
        let path: [any CodingKey]

        var codingPath: [any CodingKey] { path }
        var count: Int { node.elements?.count ?? 0 }

        func encodeNil() throws { throw EntryError.badMember(path.last?.stringValue ?? "") }
        func encode<Value: Encodable>(_ value: Value) throws {
            node.elements?.append(try CanonicalEncoder.value(value, path))
        }
        func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
            preconditionFailure("an element is a value of its own")
        }
        func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
            preconditionFailure("an element is a value of its own")
        }
        func superEncoder() -> any Encoder { Level(node: node, path: path) }
    }

    private struct Single: SingleValueEncodingContainer {
        let node: Node
        let path: [any CodingKey]

        var codingPath: [any CodingKey] { path }

        private var other: EntryError { .badMember(path.last?.stringValue ?? "") }

        func encodeNil() throws { throw other }
        func encode(_ value: Bool) { node.single = .flag(value) }
        func encode(_ value: String) { node.single = .text(value) }
        func encode(_ value: UInt64) throws { node.single = try CanonicalEncoder.number(value, path) }
        func encode(_ value: Double) throws { throw other }
        func encode(_ value: Float) throws { throw other }
        func encode(_ value: Int) throws { throw other }
        func encode(_ value: Int8) throws { throw other }
        func encode(_ value: Int16) throws { throw other }
        func encode(_ value: Int32) throws { throw other }
        func encode(_ value: Int64) throws { throw other }
        func encode(_ value: UInt) throws { throw other }
        func encode(_ value: UInt8) throws { throw other }
        func encode(_ value: UInt16) throws { throw other }
        func encode(_ value: UInt32) throws { throw other }
        func encode<Value: Encodable>(_ value: Value) throws {
            node.single = try CanonicalEncoder.value(value, path)
        }
    }
}

extension EntryError {
    /// What a coder threw.
    init(_ error: any Error) {
        switch error {
        case let error as EntryError: self = error
        case DecodingError.dataCorrupted(let context), DecodingError.typeMismatch(_, let context),
            DecodingError.valueNotFound(_, let context), DecodingError.keyNotFound(_, let context):
            self = .badMember(context.codingPath.last?.stringValue ?? "")
        case EncodingError.invalidValue(_, let context): self = .badMember(context.codingPath.last?.stringValue ?? "")
        default: self = .badMember("")
        }
    }
}
