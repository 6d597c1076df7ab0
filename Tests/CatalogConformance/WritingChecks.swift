import Base
@_spi(Writing) import Catalog
import Foundation
import Ledger
import Sealing
import Synchronization
import TestSupport
import Testing

/// Writers who share transactions: each is alone in what it sees of failures, and none loses what it was told is there.
struct WritingChecks {
    let engine: any Engine
    let catalog: Index

    init(_ engine: any Engine) throws {
        self.engine = engine
        catalog = Index(engine, requiresEntries: false)
    }

    private struct Stopped: Error {}

    /// A change that the ledger does not say is refused, alone; counters say nothing.
    func whatTheLedgerDoesNotSayIsRefused() throws {
        let index = Index(engine)
        func epoch(_ number: Int) -> EpochRecord {
            EpochRecord(epoch: Epoch(UInt32(number)), state: .open, createdAt: Date())
        }
        #expect(throws: CatalogError.unrecorded) { try index.write { try $0.insert(epoch(1)) } }
        #expect(try index.read { try $0.epochs() } == [])
        #expect(throws: Never.self) { try index.write { try $0.setHead([1], mac: [UInt8](repeating: 1, count: 32)) } }
        #expect(throws: Never.self) { try index.write { _ in } }
        // Said before or after it is the same.
        try index.write { index in
            try index.insert(epoch(1))
            try index.append([Writers.entry(1)])
        }
        try index.write { index in
            try index.append([Writers.entry(2)])
            try index.insert(epoch(2))
        }
        let refused = Mutex<[Int]>([])
        try Writers.together(9, index) { number in
            do {
                try index.write { index in
                    try index.insert(EpochRecord(epoch: Epoch(UInt32(10 + number)), state: .open, createdAt: Date()))
                    if number % 3 > 0 { try index.append([Writers.entry(number)]) }
                }
            } catch {
                if error as? CatalogError == .unrecorded { refused.withLock { $0.append(number) } }
            }
        }
        #expect(refused.withLock { $0.sorted() } == [0, 3, 6])
        #expect(try index.read { try $0.epochs().count } == 8)
    }

    /// Who is urgent comes before those who wait already, and in turn with others who are.
    func whoIsUrgentComesFirst() throws {
        let order = Mutex<[String]>([])
        let (held, free, done) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0), DispatchGroup())
        let index = catalog
        func start(_ name: String, isUrgent: Bool, _ body: @escaping @Sendable () -> Void = {}) {
            done.enter()
            Thread.detachNewThread {
                try? index.write(isUrgent: isUrgent) { _ in
                    body()
                    order.withLock { $0.append(name) }
                }
                done.leave()
            }
        }
        start("at work", isUrgent: false) {
            held.signal()
            free.wait()
        }
        held.wait()
        for (name, isUrgent) in [("a", false), ("b", false), ("hold 1", true), ("c", false), ("hold 2", true)] {
            start(name, isUrgent: isUrgent)
            usleep(50_000)
        }
        free.signal()
        done.wait()
        #expect(order.withLock { $0 } == ["at work", "hold 1", "hold 2", "a", "b", "c"])
    }

    func whoeverFailsFailsAlone() throws {
        var random = SeededGenerator.ofTest()
        let fails = (0..<200).map { _ in Bool.random(using: &random) }
        let kept = Mutex<Set<Int>>([])
        let catalog = catalog
        DispatchQueue.concurrentPerform(iterations: 16) { thread in
            for number in stride(from: thread, to: fails.count, by: 16) {
                do {
                    let size = try catalog.write { index in
                        try index.append([Writers.entry(2 * number), Writers.entry(2 * number + 1)])
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
        let found = try Writers.numbers(in: catalog)
        #expect(found.sorted() == expected.flatMap { [2 * $0, 2 * $0 + 1] }.sorted())
        // What one body wrote stands together.
        for place in stride(from: 0, to: found.count, by: 2) { #expect(found[place] + 1 == found[place + 1]) }
    }

    /// What contradicts itself is seen at the commit only, and then the others must not fall with it.
    func whatContradictsItselfAtTheEndFailsAlone() throws {
        let failed = Mutex<[Int]>([])
        let catalog = catalog
        try Writers.together(8, catalog) { number in
            do {
                try catalog.write { index in
                    try index.append([Writers.entry(number)])
                    // An entry that is not there.
                    if number % 4 == 0 { try index.insertPolicySet(number + 1, entry: 9999, members: []) }
                }
            } catch {
                failed.withLock { $0.append(number) }
            }
        }
        #expect(failed.withLock { $0.sorted() } == [0, 4])
        #expect(try Writers.numbers(in: catalog).sorted() == [1, 2, 3, 5, 6, 7])
    }

    func whoWritesAgainComesBehindWhoWaits() throws {
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
