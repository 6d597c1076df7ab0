internal import Base
@_spi(Writing) public import Catalog
internal import Foundation
public import Ledger
internal import Sealing

extension IndexWriter {
    /// Appends to a ledger that nothing vouches for.
    ///
    /// - Returns: the number of the first.
    @discardableResult
    public func append(_ entries: [Entry]) throws -> UInt64 {
        let roots = try storedRoots()
        if !entries.isEmpty { try append(entries, to: roots) }
        return roots.size
    }
}

/// Several who write at once.
public enum Writers {
    public static func entry(_ number: Int) -> Entry {
        Entry(
            time: Date(timeIntervalSince1970: Double(number)),
            actor: ActorStamp(uid: ActorUID(from: .system), known: .osUser),
            event: .tagsForgotten(.init(count: UInt64(number))))
    }

    /// Numbers that the entries of the ledger hold.
    public static func numbers(in catalog: Index) throws -> [Int] {
        try catalog.read { try $0.ledgerRows(LedgerFilter(), from: 0, limit: .max) }.map { row in
            Int(try Entry(row.bytes).time.timeIntervalSince1970)
        }
    }

    /// Runs bodies at once, all queued behind one that holds the transaction for a moment.
    public static func together(
        _ count: Int, _ catalog: Index, _ body: @escaping @Sendable (Int) -> Void
    ) throws {
        let group = DispatchGroup()
        let held = DispatchSemaphore(value: 0)
        func start(_ work: @escaping @Sendable () -> Void) {
            group.enter()
            Thread.detachNewThread {
                work()
                group.leave()
            }
        }
        start {
            _ = try? catalog.write { _ in
                held.signal()
                usleep(100_000)
            }
        }
        held.wait()
        for number in 0..<count { start { body(number) } }
        group.wait()
    }
}
