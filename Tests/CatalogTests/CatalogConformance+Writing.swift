import Base
import Foundation
import Ledger
import Sealing
import Synchronization
import TestSupport
import Testing

@testable import Catalog

/// Writers who share transactions: each is alone in what it sees of failures, and none loses what it was told is there.
struct WritingConformance {
    let path: String
    let catalog: any Catalog

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString + ".sqlite").path
        catalog = try SQLiteCatalog.create(at: path)
    }

    private struct Stopped: Error {}

    private static func entry(_ number: Int) -> Entry {
        Entry(
            time: Date(timeIntervalSince1970: Double(number)),
            actor: ActorStamp(uid: ActorUID(from: .system), known: .osUser),
            event: .tagsForgotten(.init(count: UInt64(number))))
    }

    /// Numbers that the entries of the ledger hold.
    private func numbers() throws -> [Int] {
        try catalog.read { try $0.ledgerRows(LedgerFilter(), from: 0, limit: .max) }.map { row in
            Int(try Entry(row.bytes).time.timeIntervalSince1970)
        }
    }

    /// Runs bodies at once, all queued behind one that holds the transaction for a moment.
    private func together(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) throws {
        let group = DispatchGroup()
        let held = DispatchSemaphore(value: 0)
        func start(_ work: @escaping @Sendable () -> Void) {
            group.enter()
            Thread.detachNewThread {
                work()
                group.leave()
            }
        }
        let catalog = catalog
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

    @Test func whoeverFailsFailsAlone() throws {
        var random = SeededGenerator.ofTest()
        let fails = (0..<200).map { _ in Bool.random(using: &random) }
        let kept = Mutex<Set<Int>>([])
        let catalog = catalog
        DispatchQueue.concurrentPerform(iterations: 16) { thread in
            for number in stride(from: thread, to: fails.count, by: 16) {
                do {
                    let size = try catalog.write { index in
                        try index.append([Self.entry(2 * number), Self.entry(2 * number + 1)])
                        if fails[number] { throw Stopped() }
                        return try index.ledgerSize()
                    }
                    #expect(!fails[number] && size >= 2)
                    kept.withLock { _ = $0.insert(number) }
                } catch {
                    #expect(error is Stopped && fails[number], "\(error)")
                }
            }
        }
        let expected = kept.withLock { $0 }
        #expect(expected == Set(fails.indices.filter { !fails[$0] }))
        let found = try numbers()
        #expect(found.sorted() == expected.flatMap { [2 * $0, 2 * $0 + 1] }.sorted())
        // What one body wrote stands together.
        for place in stride(from: 0, to: found.count, by: 2) { #expect(found[place] + 1 == found[place + 1]) }
    }

    /// What contradicts itself is seen at the commit only, and then the others must not fall with it.
    @Test func whatContradictsItselfAtTheEndFailsAlone() throws {
        let failed = Mutex<[Int]>([])
        let catalog = catalog
        try together(8) { number in
            do {
                try catalog.write { index in
                    try index.append([Self.entry(number)])
                    // An entry that is not there.
                    if number % 4 == 0 { try index.insertPolicySet(number + 1, entry: 9999, members: []) }
                }
            } catch {
                failed.withLock { $0.append(number) }
            }
        }
        #expect(failed.withLock { $0.sorted() } == [0, 4])
        #expect(try numbers().sorted() == [1, 2, 3, 5, 6, 7])
    }

    @Test func whatFillsTheDiskFailsAlone() throws {
        let sqlite = try #require(catalog as? SQLiteCatalog)
        let pages = try #require(try sqlite.writerPragma("page_count"))
        _ = try sqlite.writerPragma("max_page_count = \(pages + 30)")
        let failures = Mutex<[Int: String]>([:])
        try together(8) { number in
            do {
                try sqlite.write { index in
                    try index.append([Self.entry(number)])
                    guard number == 3 else { return }
                    let big = [UInt8](repeating: 1, count: 4_000_000)
                    try index.insert(EpochRecord(epoch: Epoch(1), state: .open, createdAt: Date()))
                    try index.insert(
                        ArchiveRecord(
                            uid: UID(from: .system), createdAt: Date(), keyringGeneration: 1,
                            key: WrappedKey(epoch: Epoch(1), bytes: Randomness.system.bytes(72))))
                    try index.setEntryNote(big)
                }
            } catch {
                failures.withLock { $0[number] = "\(error)" }
            }
        }
        #expect(failures.withLock { Array($0.keys) } == [3])
        #expect(failures.withLock { $0[3]?.contains("no space") } == true, "\(failures.withLock { $0 })")
        #expect(try numbers().sorted() == [0, 1, 2, 4, 5, 6, 7])
        #expect(try catalog.read { try $0.epochs() }.isEmpty)
    }

    /// A body that overlooks that the database rolled back writes nothing more, and no other is told that its own is
    /// there.
    @Test func whoOverlooksAFullDiskWritesNothing() throws {
        let sqlite = try #require(catalog as? SQLiteCatalog)
        let pages = try #require(try sqlite.writerPragma("page_count"))
        _ = try sqlite.writerPragma("max_page_count = \(pages + 30)")
        let done = Mutex<Set<Int>>([])
        try together(8) { number in
            do {
                try sqlite.write { index in
                    try index.append([Self.entry(number)])
                    if number == 3 {
                        let big = String(repeating: "x", count: 4_000_000)
                        try? index.insert(
                            PolicyRecord(
                                form: .policy, name: "p", version: 1, text: big, digest: SHA256.digest(of: []),
                                entry: 0))
                        try index.append([Self.entry(100)])
                    }
                }
                done.withLock { _ = $0.insert(number) }
            } catch {}
        }
        #expect(try Set(numbers()) == done.withLock { $0 })
        #expect(!done.withLock { $0.contains(3) })
        #expect(try !numbers().contains(100))
    }

    /// Of writers who wait together, one commits for all.
    @Test func whoWaitsSharesACommit() throws {
        let catalog = catalog
        // The write-ahead log begins with the salt and the counter of its frames; a commit is a frame with a size.
        func commits() throws -> Int {
            let log = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path + "-wal")))
            guard log.count > 32 else { return 0 }
            return stride(from: 32, to: log.count - 24, by: 24 + 4096).filter { place in
                Array(log[place + 8..<place + 16]) == Array(log[16..<24])
                    && !log[place + 4..<place + 8].allSatisfy { $0 == 0 }
            }.count
        }
        let before = try commits()
        try together(15) { number in _ = try? catalog.write { try $0.append([Self.entry(number)]) } }
        #expect(try numbers().count == 15)
        let made = try commits() - before
        #expect(made <= 3, "\(made) commits")
    }

    @Test func whoWritesAgainComesBehindWhoWaits() throws {
        let catalog = catalog
        let order = Mutex<[Int]>([])
        // One thread writes again and again; each of the others must get in within a few of its turns.
        let stop = Mutex(false)
        let busy = Thread {
            while !stop.withLock({ $0 }) {
                _ = try? catalog.write { _ in usleep(1000) }
                order.withLock { $0.append(-1) }
            }
        }
        busy.start()
        for number in 0..<20 {
            let before = order.withLock { $0.count }
            try catalog.write { _ in order.withLock { $0.append(number) } }
            #expect(order.withLock { $0.count } - before < 30)
        }
        stop.withLock { $0 = true }
    }
}
