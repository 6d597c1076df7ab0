import Base
@_spi(Writing) import Catalog
import Foundation
import Ledger
import Sealing
import Synchronization
import Testing

/// What the index relies on in every transaction, asked of the engine itself.
struct TransactionChecks {
    let engine: any Engine
    /// Of another process.
    let other: any Engine

    init(_ engine: any Engine, _ other: any Engine) { (self.engine, self.other) = (engine, other) }

    private struct Stopped: Error {}

    private static let insert = "INSERT INTO epoch (number, state, created_at) VALUES (?, ?, ?)"

    private func insert(_ number: Int64, into writing: any EngineWriting) throws {
        try writing.run(Self.insert, [.integer(number), .text("open"), .integer(0)])
    }

    private static func numbers(_ reading: any EngineReading) throws -> [Value] {
        var found: [Value] = []
        try reading.rows("SELECT number FROM epoch ORDER BY number", []) { found.append($0.values[0]) }
        return found
    }

    private func numbers() throws -> [Value] { try engine.read(Self.numbers) }

    func whatIsCommittedIsThere() throws {
        try engine.write(until: .none) { try insert(1, into: $0) }
        #expect(try numbers() == [.integer(1)])
    }

    func whatThrowsLeavesNothing() throws {
        #expect(throws: Stopped.self) {
            try engine.write(until: .none) { writing in
                try insert(1, into: writing)
                throw Stopped()
            }
        }
        #expect(try numbers() == [])
        try engine.write(until: .none) { try insert(2, into: $0) }
        #expect(try numbers() == [.integer(2)])
    }

    func aMarkTakesBackWhatCameAfterIt() throws {
        try engine.write(until: .none) { writing in
            try insert(1, into: writing)
            try writing.mark()
            try insert(2, into: writing)
            try writing.undo()
            #expect(writing.isOpen)
            try writing.mark()
            try insert(3, into: writing)
            try writing.release()
        }
        #expect(try numbers() == [.integer(1), .integer(3)])
    }

    func aTransactionGoesOnAfterAFailedStatement() throws {
        try engine.write(until: .none) { writing in
            try insert(1, into: writing)
            try writing.mark()
            #expect(throws: EngineError.self) { try insert(1, into: writing) }
            #expect(writing.isOpen)
            try writing.undo()
            try writing.mark()
            try insert(2, into: writing)
            try writing.release()
        }
        #expect(try numbers() == [.integer(1), .integer(2)])
    }

    func changesAreCounted() throws {
        try engine.write(until: .none) { writing in
            #expect(try writing.run(Self.insert, [.integer(1), .text("open"), .integer(0)]) == 1)
            try insert(2, into: writing)
            #expect(try writing.run("UPDATE epoch SET created_at = ?", [.integer(5)]) == 2)
            #expect(
                try writing.run("UPDATE epoch SET created_at = ? WHERE number > ?", [.integer(6), .integer(9)]) == 0)
        }
    }

    /// Nobody sees half of a transaction, nor two states in one.
    func aReadSeesOneState() throws {
        try engine.write(until: .none) { try insert(1, into: $0) }
        let engine = engine
        let (asked, written, done) = (
            DispatchSemaphore(value: 0), DispatchSemaphore(value: 0), DispatchSemaphore(value: 0)
        )
        Thread.detachNewThread {
            asked.wait()
            try? engine.write(until: .none) { try $0.run(Self.insert, [.integer(2), .text("open"), .integer(0)]) }
            written.signal()
            done.signal()
        }
        try engine.read { reading in
            let before = try Self.numbers(reading)
            asked.signal()
            written.wait()
            #expect(try Self.numbers(reading) == before)
        }
        done.wait()
        #expect(try numbers() == [.integer(1), .integer(2)])
    }

    func whatIsNotCommittedIsNotSeen() throws {
        let engine = engine
        try engine.write(until: .none) { writing in
            try insert(1, into: writing)
            let done = DispatchSemaphore(value: 0)
            let seen = Mutex<[Value]>([.integer(-1)])
            Thread.detachNewThread {
                if let found = try? engine.read(Self.numbers) { seen.withLock { $0 = found } }
                done.signal()
            }
            done.wait()
            #expect(seen.withLock { $0 } == [])
        }
    }

    func writersTakeTurns() throws {
        let engine = engine
        let inside = Atomic(0)
        let most = Atomic(0)
        DispatchQueue.concurrentPerform(iterations: 8) { thread in
            for turn in 0..<5 {
                try? engine.write(until: .none) { writing in
                    let now = inside.wrappingAdd(1, ordering: .sequentiallyConsistent).newValue
                    most.max(now, ordering: .sequentiallyConsistent)
                    let size = try Self.numbers(writing).count
                    usleep(500)
                    #expect(try Self.numbers(writing).count == size)
                    try writing.run(Self.insert, [.integer(Int64(10 * thread + turn)), .text("open"), .integer(0)])
                    inside.wrappingSubtract(1, ordering: .sequentiallyConsistent)
                }
            }
        }
        #expect(most.load(ordering: .sequentiallyConsistent) == 1)
        #expect(try numbers().count == 40)
    }

    /// Runs `body` while another process writes, for three seconds at most.
    private func whileAnotherWrites(_ body: () throws -> Void) throws {
        let other = other
        let (begun, end, done) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        Thread.detachNewThread {
            try? other.write(until: .none) { _ in
                begun.signal()
                _ = end.wait(timeout: .now() + 3)
            }
            begun.signal()
            done.signal()
        }
        begun.wait()
        defer {
            end.signal()
            done.wait()
        }
        try body()
    }

    /// Who waits for another process waits no longer than they want to, and has written nothing.
    func aWaitEndsWithItsLimit() throws {
        try whileAnotherWrites {
            #expect(throws: WaitEnded.timedOut) {
                try engine.write(until: WaitLimit(seconds: 0.1)) { try insert(1, into: $0) }
            }
            let asked = Atomic(0)
            let isCancelled: @Sendable () -> Bool = { asked.add(1, ordering: .relaxed).newValue > 5 }
            #expect(throws: WaitEnded.cancelled) {
                try engine.write(until: WaitLimit(seconds: nil, isCancelled: isCancelled)) { try insert(1, into: $0) }
            }
        }
        try engine.write(until: WaitLimit(seconds: 5)) { try insert(2, into: $0) }
        #expect(try numbers() == [.integer(2)])
    }

    /// The same of who waits for others of their own process.
    func aWaitForOneselfEndsWithItsLimit() throws {
        let index = Index(engine, requiresEntries: false)
        let (begun, end, done) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        Thread.detachNewThread {
            try? index.write { _ in
                begun.signal()
                _ = end.wait(timeout: .now() + 3)
            }
            done.signal()
        }
        begun.wait()
        #expect(throws: WaitEnded.timedOut) {
            try index.write(until: WaitLimit(seconds: 0.1)) { try $0.insert(Self.epoch) }
        }
        end.signal()
        done.wait()
        try index.write(until: WaitLimit(seconds: 5)) { try $0.insert(Self.epoch) }
        #expect(try numbers() == [.integer(7)])
    }

    private static var epoch: EpochRecord { EpochRecord(epoch: Epoch(7), state: .open, createdAt: Date()) }

    func errorsSayWhatIsWrong() throws {
        func kind(_ statement: String, _ values: [Value] = []) -> EngineError.Kind? {
            do {
                try engine.write(until: .none) { try $0.run(statement, values) }
                return nil
            } catch {
                return (error as? EngineError)?.kind
            }
        }
        try engine.write(until: .none) { try insert(1, into: $0) }
        #expect(kind(Self.insert, [.integer(1), .text("open"), .integer(0)]) == .exists)
        #expect(kind(Self.insert, [.integer(2), .text("ajar"), .integer(0)]) == .contradiction)
        #expect(
            kind("INSERT INTO case_jurisdiction (case_id, code) VALUES (?, ?)", [.integer(9), .text("HK")])
                == .contradiction)
        #expect(kind("DELETE FROM epoch") == .refused)
        #expect(kind("SELECT nothing FROM nowhere") == .failed)
    }

    /// A reference to nothing that may still be made good is found at the end.
    func whatIsPutOffIsSeenAtTheCommit() throws {
        let statement = "INSERT INTO policy_set (number, entry) VALUES (?, ?)"
        do {
            try engine.write(until: .none) { try $0.run(statement, [.integer(1), .integer(7)]) }
            Issue.record("an entry that is not there was referred to")
        } catch {
            #expect((error as? EngineError)?.kind == .contradiction)
        }
        var found = 0
        try engine.read { try $0.rows("SELECT number FROM policy_set", []) { _ in found += 1 } }
        #expect(found == 0)
    }

    func valuesComeBackAsTheyWere() throws {
        let index = Index(engine, requiresEntries: false)
        try index.write { index in
            try index.insert(EpochRecord(epoch: Epoch(1), state: .open, createdAt: Date()))
            let key = WrappedKey(epoch: Epoch(1), bytes: [UInt8](repeating: 0, count: 72))
            try index.insert(
                ArchiveRecord(uid: UID(from: .system), createdAt: Date(), keyringGeneration: .max, key: key))
            try index.insert(
                CaseRecord(
                    uid: UID(from: .system),
                    caseIDTag: Sealing.Tag(keyNumber: 1, bytes: [UInt8](repeating: 1, count: 32)), registeredAt: Date(),
                    purpose: nil, jurisdictions: [], key: key, sealedParticulars: [], subjectTag: nil))
        }
        #expect(try index.read { try $0.archive().keyringGeneration } == .max)
        func cycle(_ column: String, of table: String = "archive", _ value: Value) throws {
            try engine.write(until: .none) { writing throws in
                #expect(try writing.run("UPDATE \(table) SET \(column) = ?", [value]) == 1)
            }
            var found: Value?
            try engine.read { try $0.rows("SELECT \(column) FROM \(table)", []) { found = $0.values[0] } }
            if case .null = value {
                guard case .null = found else {
                    Issue.record("\(column): nothing came back as \(found as Any)")
                    return
                }
            } else {
                #expect(found == value)
            }
        }
        for bytes in [[], [0], [0, 1, 0], [UInt8](repeating: 200, count: 300_000)] as [[UInt8]] {
            try cycle("particulars", of: "cases", .bytes(bytes))
        }
        try cycle("subject_tag", of: "cases", .null(.bytes))
        for number in [Int64.min, -1, 0, 1 << 40, Int64.max] { try cycle("refused_first", .integer(number)) }
        try cycle("refused_first", .null(.integer))
        for text in ["", " a ", "É?$1'\"\\", "\u{65}\u{301}", String(repeating: "ü", count: 50_000)] {
            try engine.write(until: .none) { writing in
                try writing.run("DELETE FROM tally", [])
                try writing.run(
                    "INSERT INTO tally (what, which, number, bytes) VALUES (?, ?, ?, ?)",
                    [.text("x"), .text(text), .integer(0), .integer(0)])
            }
            var found: Value?
            try engine.read {
                try $0.rows("SELECT which FROM tally WHERE which = ?", [.text(text)]) { found = $0.values[0] }
            }
            // Strings that only look the same are not.
            guard case .text(let back) = found else {
                Issue.record("a text of \(text.utf8.count) bytes is not found")
                continue
            }
            #expect(Array(back.utf8) == Array(text.utf8))
        }
    }

    func textIsOrderedByItsBytes() throws {
        let texts = ["", "A", "Z", "a", "a b", "a-b", "ab", "z", "É", "é", "字"]
        try engine.write(until: .none) { writing in
            for text in texts.reversed() {
                try writing.run(
                    "INSERT INTO tally (what, which, number, bytes) VALUES (?, ?, ?, ?)",
                    [.text("x"), .text(text), .integer(0), .integer(0)])
            }
        }
        var found: [Value] = []
        try engine.read {
            try $0.rows("SELECT which FROM tally WHERE what = 'x' ORDER BY which", []) { found.append($0.values[0]) }
        }
        #expect(found == texts.map(Value.text))
    }
}
