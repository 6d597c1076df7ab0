public import Base

/// A database that can keep the index: transactions, statements, and nothing that knows what the index is about.
///
/// The statements above it are written once, in the part of SQL that SQLite and PostgreSQL share: parameters are `?` in
/// their order, or `?1` where one is used again. Only the schema, its triggers, and how residue is erased are an
/// engine's own. An engine passes the suite in the library `CatalogConformance`.
///
/// Errors of the database are ``EngineError``; whatever a body throws comes out as it is.
public protocol Engine: Sendable {
    /// Nothing can be written: every write fails.
    var isReadOnly: Bool { get }

    /// Runs `body` on one consistent state, beside whoever writes.
    func read<Result>(_ body: (any EngineReading) throws -> Result) throws -> Result

    /// Takes the write lock, which writers of all processes wait for in their order, begins a transaction, runs `body`
    /// and commits. Durable when this returns; what the body wrote is gone when it throws, unless the error's kind
    /// is ``EngineError/Kind/unknown``.
    ///
    /// - Parameter limit: how long is waited for the lock; ``WaitEnded`` is thrown then.
    func write(until limit: WaitLimit, _ body: (any EngineWriting) throws -> Void) throws

    /// Moves what a long log of the last changes holds into the tables, unless somebody is at work: whoever opens the
    /// database next would have to read it.
    func shortenLog() throws

    /// Removes what deleted rows left beside the tables.
    ///
    /// - Parameter limit: how long is waited for the turn to write; ``WaitEnded`` is thrown then.
    /// - Returns: whether it is done; a transaction that still reads forbids it for that long.
    func eraseResidue(until limit: WaitLimit) throws -> Bool

    /// Makes everything that is committed durable by writing it once more, after a commit that got no answer: what can
    /// be read afterwards stays, and what cannot never comes back.
    ///
    /// - Parameter limit: how long is waited for the turn to write; ``WaitEnded`` is thrown then.
    func syncAnew(until limit: WaitLimit) throws

    /// Rewrites the tables without what deleted rows left in them. Nobody can write meanwhile.
    ///
    /// - Parameter limit: how long it may take; ``WaitEnded`` is thrown then, and the tables are as they were.
    /// - Returns: the size of the database before and after, in bytes.
    func compact(until limit: WaitLimit) throws -> (before: UInt64, after: UInt64)
}

extension Engine {
    public var isReadOnly: Bool { false }

    /// A database that has no such log, or a server that sees to it.
    public func shortenLog() throws {}

    /// A server that stops when a sync fails, and reads its log when it starts again.
    public func syncAnew(until limit: WaitLimit) throws {}
}

/// A transaction that reads.
public protocol EngineReading {
    /// Gives each row of a statement to `body`, in their order, and keeps none of them.
    func rows(_ statement: String, _ values: [Value], _ body: (Row) throws -> Void) throws

    /// What the database itself finds wrong with its pages and indexes: sentences.
    func damages() throws -> [String]

    /// Another number after every change of the schema. Takes the same time however large that is.
    func schemaVersion() throws -> Int64

    /// Where the tables, views, indexes and triggers that are there are not those of this program: sentences.
    func schemaDifferences() throws -> [String]
}

/// A transaction that writes, and may commit what several bodies wrote.
public protocol EngineWriting: EngineReading {
    /// Whether the transaction is still there: some errors end it as a whole. Every statement after its end fails.
    var isOpen: Bool { get }

    /// Runs a statement that changes rows.
    ///
    /// - Returns: how many.
    @discardableResult
    func run(_ statement: String, _ values: [Value]) throws -> Int

    /// Marks a place that ``undo()`` goes back to. There is one at a time.
    func mark() throws
    /// Keeps what was written since the mark.
    func release() throws
    /// Takes back what was written since the mark, also after a statement failed.
    func undo() throws
}

/// What a database says is wrong.
public struct EngineError: Error, Equatable, Sendable {
    public enum Kind: Equatable, Sendable {
        /// A row with this key is there already.
        case exists
        /// A trigger refused it.
        case refused
        /// It contradicts another rule of the schema, such as a reference to nothing.
        case contradiction
        /// There is no room for it: a full disk, a quota, a limit of the process.
        case full
        /// There is no memory for it.
        case memory
        /// The database is damaged, or is none.
        case damaged
        /// The commit was asked for, and no answer came: it may be there or not.
        case unknown
        /// Anything else, such as a read or a write that failed.
        case failed
    }

    public let kind: Kind
    /// The database's own words.
    public let message: String
    /// The database's own code, for people.
    public let code: Int32
    /// Of ``Kind/full``: the operating system's, such as `EDQUOT`.
    public let reason: Int32?

    public init(_ kind: Kind, _ message: String, code: Int32, reason: Int32? = nil) {
        self.kind = kind
        self.message = message
        self.code = code
        self.reason = reason
    }
}
