/// That an object may be destroyed, in the transaction that this was made for: a value in the program, never stored and
/// used once. Whoever decides makes it, with `@_spi(Deciding) import Catalog`; everybody else can only hand it on.
public struct DestructionPermit: ~Copyable, Sendable {
    /// As the transaction read it.
    public let row: RetentionRow
    let transaction: TransactionNumber

    @_spi(Deciding) public init(_ row: RetentionRow, in index: IndexWriter) {
        self.row = row
        transaction = index.transaction
    }
}

/// Tells the bodies of writes of one process apart.
public struct TransactionNumber: Equatable, Sendable {
    let number: UInt64
}
