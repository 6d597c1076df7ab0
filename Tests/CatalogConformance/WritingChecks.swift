import Base
import Catalog
import Foundation
import Ledger
import Sealing
import Synchronization
import TestSupport
import Testing

/// Writers who share transactions: each is alone in what it sees of failures, and none loses what it was told is there.
struct WritingChecks {
    let catalog: Index

    init(_ engine: any Engine) throws {
        catalog = Index(engine)
    }

    private struct Stopped: Error {}

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
