internal import Base
internal import Foundation
internal import Ledger
internal import Sealing
internal import Synchronization

/// One transaction on the index, as who reads sees it. What it answers is told in the extensions, a subject each.
///
/// Errors are ``CatalogError``; it must not leave the body that it was given to.
public class IndexReader {
    let reading: any EngineReading
    /// Clauses of holds that an earlier transaction read.
    let knownClauses: KnownHoldClauses
    /// What an earlier transaction knew of the tree over tags; nil where nothing is kept.
    let knownTags: KnownTags?
    /// What is known of this very state because this transaction read or wrote it; nil where nobody writes.
    let group: WriteGroup?

    init(
        _ reading: any EngineReading, knownClauses: KnownHoldClauses, knownTags: KnownTags? = nil,
        group: WriteGroup? = nil
    ) {
        self.reading = reading
        self.knownClauses = knownClauses
        self.knownTags = knownTags
        self.group = group
    }

    /// The rows of a statement.
    func rows(_ statement: String, _ values: [any Bindable] = []) throws -> [Row] {
        var found: [Row] = []
        try reading.rows(statement, values.map(\.value)) { found.append($0) }
        return found
    }

    /// The rows of a statement, one after the other: none is kept.
    func forEachRow(_ statement: String, _ values: [any Bindable] = [], _ body: (Row) throws -> Void) throws {
        try reading.rows(statement, values.map(\.value), body)
    }

    /// The first row of a statement.
    func row(_ statement: String, _ values: [any Bindable] = []) throws -> Row? {
        try rows(statement, values).first
    }

    /// The number that a statement answers, which has one column; 0 where it has no row.
    func count(_ statement: String, _ values: [any Bindable] = []) throws -> Int {
        try row(statement, values).map { try $0[0] } ?? 0
    }

    /// The rows of a statement about a list of values, 4,096 of them at a time: rows about one value come together.
    ///
    /// - Parameters:
    ///   - each: a value's place in the statement.
    ///   - statement: gets the places of all. Lists have few lengths, so that few statements are compiled; the last
    ///     value fills them up.
    func rows(
        about values: [any Bindable], each: String = "?", _ statement: (_ places: String) -> String
    ) throws -> [Row] {
        var found: [Row] = []
        for start in stride(from: 0, to: values.count, by: 4096) {
            var part = Array(values[start..<min(start + 4096, values.count)])
            var length = 1
            while length < part.count { length *= 4 }
            part += [any Bindable](repeating: part[part.count - 1], count: length - part.count)
            found += try rows(statement([String](repeating: each, count: length).joined(separator: ", ")), part)
        }
        return found
    }

    /// What the database itself finds wrong with its pages and indexes: sentences.
    public func damages() throws -> [String] { try reading.damages() }

    /// Another number after every change of the schema.
    public func schemaVersion() throws -> Int64 {
        if let known = group?.schemaVersion { return known }
        let version = try reading.schemaVersion()
        group?.schemaVersion = version
        return version
    }

    /// Where the tables, views, indexes and triggers that are there are not those of this program: sentences.
    public func schemaDifferences() throws -> [String] { try reading.schemaDifferences() }
}

/// One transaction on the index, as who writes sees it.
public final class IndexWriter: IndexReader {
    private let writing: any EngineWriting
    /// Rows that were changed, but for counters and what follows from entries that are there.
    private var changes = 0
    /// The last entry that was put on the ledger: what shows later whether this was committed.
    private(set) var lastEntry: (number: UInt64, bytes: [UInt8])?
    /// Leaves of the tree over tags that take the place of others: what was changed and is not in the tree yet.
    private(set) var tagChanges: [(old: TagLeaf?, new: TagLeaf?)] = []
    /// Another for every run of a body.
    let transaction: TransactionNumber

    private static let transactions = Atomic<UInt64>(0)

    init(_ writing: any EngineWriting, knownClauses: KnownHoldClauses, knownTags: KnownTags, group: WriteGroup) {
        self.writing = writing
        transaction = TransactionNumber(number: Self.transactions.wrappingAdd(1, ordering: .relaxed).newValue)
        super.init(writing, knownClauses: knownClauses, knownTags: knownTags, group: group)
    }

    /// How many rows were changed that the ledger has to say something of.
    package var changedRows: Int { changes }

    /// Whether the ledger says what was changed.
    var isRecorded: Bool { (changes == 0 || lastEntry != nil) && tagChanges.isEmpty }

    /// Runs a statement that changes rows: something that the ledger has to say.
    ///
    /// - Returns: how many.
    @discardableResult
    func run(_ statement: String, _ values: [any Bindable] = []) throws -> Int {
        let count = try note(statement, values)
        changes += count
        return count
    }

    /// Runs a statement that changes a counter, or what follows from entries that are there: it says nothing new.
    ///
    /// - Returns: how many rows.
    @discardableResult
    func note(_ statement: String, _ values: [any Bindable] = []) throws -> Int {
        try writing.run(statement, values.map(\.value))
    }

    /// A leaf of the tree over tags takes the place of another.
    func noteTagChange(_ old: TagLeaf?, _ new: TagLeaf?) { tagChanges.append((old, new)) }

    func forgetTagChanges() { tagChanges = [] }

    /// What is written from here on is what the entries of this transaction say.
    func noteEntry(_ number: UInt64, _ bytes: [UInt8]) { lastEntry = (number, bytes) }

    /// Runs a statement that has to change one row. (A trigger that does not belong there could ignore it.)
    func write(_ what: String, _ statement: String, _ values: [any Bindable]) throws {
        guard try run(statement, values) == 1 else {
            throw CatalogError.damaged("the \(what) was not written: something in the schema ignores it")
        }
    }

    /// Runs a statement that inserts `what`.
    func insert(_ what: String, _ statement: String, epoch: Epoch? = nil, _ values: [any Bindable]) throws {
        do {
            try write(what, statement, values)
        } catch let error as EngineError {
            switch error.kind {
            case .exists: throw CatalogError.exists(what)
            case .refused where epoch != nil: throw CatalogError.epochNotOpen(epoch!)
            default: throw error
            }
        }
    }
}

extension Row {
    func date(_ column: String) throws -> Date? {
        try (self[column] as Int64?).map { milliseconds in
            // What no calendar has would overflow later.
            guard (-1 << 48...1 << 48).contains(milliseconds) else { throw CatalogError.damaged(column) }
            return Date(milliseconds: milliseconds)
        }
    }

    /// A number that cannot be negative.
    func unsigned(_ column: String) throws -> UInt64 {
        let number: Int64 = try self[column]
        guard number >= 0, number < 1 << 62 else { throw CatalogError.damaged(column) }
        return UInt64(number)
    }

    /// A number that counts something; nothing here comes to 2³¹.
    func number(_ column: String, from least: Int = 0) throws -> Int {
        let number: Int64 = try self[column]
        guard number >= Int64(least), number < 1 << 31 else { throw CatalogError.damaged(column) }
        return Int(number)
    }

    func bytes(_ column: String) throws -> [UInt8]? { try self[column] }

    func uid<Named>(_ column: String, of: Named.Type = Named.self) throws -> UID<Named> {
        guard let bytes = try bytes(column), let uid = UID<Named>(bytes: bytes) else {
            throw CatalogError.damaged(column)
        }
        return uid
    }

    /// Nil where there is none.
    func uidIfAny<Named>(_ column: String, of: Named.Type = Named.self) throws -> UID<Named>? {
        try bytes(column) == nil ? nil : uid(column)
    }

    func tag(_ column: String) throws -> Tag? {
        let (bytes, key) = (try bytes(column), try self[column + "_key"] as Int64?)
        if bytes == nil, key == nil { return nil }
        guard let bytes, let key, bytes.count == Tag.length else { throw CatalogError.damaged(column) }
        return Tag(keyNumber: UInt32(truncatingIfNeeded: key), bytes: bytes)
    }

    func wrappedKey() throws -> WrappedKey {
        guard let bytes = try bytes("wrapped_key"), let epoch = try self["epoch"] as Int64? else {
            throw CatalogError.damaged("wrapped_key")
        }
        return WrappedKey(epoch: Epoch(UInt32(truncatingIfNeeded: epoch)), bytes: bytes)
    }

    func value<Value: RawRepresentable>(_ column: String, _: Value.Type = Value.self) throws -> Value
    where Value.RawValue == String {
        guard let value = Value(rawValue: try self[column]) else { throw CatalogError.damaged(column) }
        return value
    }

    /// Two columns: whether it passed, and the vendor's code.
    func outcome(_ column: String, code: String) throws -> Outcome? {
        guard let verdict = try self[column] as String? else { return nil }
        guard let verdict = Outcome.Verdict(rawValue: verdict) else { throw CatalogError.damaged(column) }
        return Outcome(verdict, code: try self[code])
    }

    func required<Value>(_ value: Value?, _ column: String) throws -> Value {
        guard let value else { throw CatalogError.damaged(column) }
        return value
    }
}
