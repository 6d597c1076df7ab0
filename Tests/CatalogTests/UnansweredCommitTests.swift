import Base
@_spi(Writing) import Catalog
import CatalogConformance
import Foundation
import Ledger
import Sealing
import Synchronization
import TestSupport
import Testing

/// An engine whose commits get no answer: the connection breaks in that moment.
private final class UnansweredEngine: Engine {
    enum Outcome: CaseIterable { case committed, rolledBack }

    let engine: SQLiteEngine
    private let outcome: Mutex<Outcome?> = Mutex(nil)
    /// The server cannot be reached any more.
    private let isGone = Mutex(false)

    init(_ engine: SQLiteEngine) { self.engine = engine }

    /// The next commit gets no answer.
    func lose(_ next: Outcome, andAllThatFollows: Bool = false) {
        outcome.withLock { $0 = next }
        goesAway.withLock { $0 = andAllThatFollows }
    }

    private let goesAway = Mutex(false)
    private struct TakenBack: Error {}

    func read<Result>(_ body: (any EngineReading) throws -> Result) throws -> Result { try engine.read(body) }

    func write(until limit: WaitLimit, _ body: (any EngineWriting) throws -> Void) throws {
        guard !isGone.withLock({ $0 }) else { throw EngineError(.failed, "nobody answers", code: 1) }
        let lost = outcome.withLock { outcome in
            defer { outcome = nil }
            return outcome
        }
        do {
            try engine.write(until: limit) { writing in
                try body(writing)
                if lost == .rolledBack { throw TakenBack() }
            }
        } catch is TakenBack {}
        guard lost != nil else { return }
        isGone.withLock { $0 = goesAway.withLock { $0 } }
        throw EngineError(.unknown, "the connection is gone", code: 7)
    }

    func eraseResidue(until limit: WaitLimit) throws -> Bool { try engine.eraseResidue(until: limit) }
    func compact(until limit: WaitLimit) throws -> (before: UInt64, after: UInt64) {
        try engine.compact(until: limit)
    }
}

struct UnansweredCommitTests {
    private let engine: UnansweredEngine
    private let index: Index

    init() throws {
        engine = UnansweredEngine(
            try SQLiteEngine.create(at: FileManager.default.temporaryDirectory.path + "/\(UUID()).sqlite"))
        index = Index(engine, requiresEntries: false)
    }

    private func append(_ number: Int) throws { try index.write { _ = try $0.append([Writers.entry(number)]) } }

    /// Who was told that it is done finds it, and who was told that it is not does not, whatever the answer would have
    /// been.
    @Test func theLedgerSaysWhetherItIsThere() throws {
        try append(1)
        engine.lose(.committed)
        #expect(throws: Never.self) { try append(2) }
        engine.lose(.rolledBack)
        #expect(throws: CatalogError.database("the connection is gone", code: 7)) { try append(3) }
        #expect(throws: Never.self) { try append(4) }
        #expect(try Writers.numbers(in: index) == [1, 2, 4])
    }

    /// Of a group each is told the same, and who failed by themselves is told so.
    @Test func aGroupIsSettledTogether() throws {
        struct Own: Error {}
        for lost in UnansweredEngine.Outcome.allCases {
            let before = try Writers.numbers(in: index).count
            let told = Mutex((done: Set<Int>(), own: 0, lost: 0))
            engine.lose(.committed)
            try Writers.together(9, index) { number in
                do {
                    if number == 0 { usleep(20_000) }
                    try index.write { index in
                        _ = try index.append([Writers.entry(number)])
                        // The transaction behind the one that holds the turn.
                        engine.lose(lost)
                        if number % 3 == 2 { throw Own() }
                    }
                    told.withLock { _ = $0.done.insert(number) }
                } catch is Own {
                    told.withLock { $0.own += 1 }
                } catch {
                    told.withLock { $0.lost += 1 }
                }
            }
            let there = Set(try Writers.numbers(in: index).dropFirst(before))
            told.withLock { told in
                #expect(told.done == there, "\(lost)")
                #expect(told.own == 3 && told.done.count + told.lost == 6)
            }
        }
    }

    /// Where nobody can say, nothing is claimed either way.
    @Test func whereNobodyAnswersNothingIsClaimed() throws {
        engine.lose(.committed, andAllThatFollows: true)
        #expect(throws: CatalogError.unsettled) { try append(1) }
        engine.lose(.committed)
        // Counters alone leave nothing to look for.
        let other = Index(UnansweredEngine(engine.engine), requiresEntries: false)
        #expect(try Writers.numbers(in: other) == [1])
    }
}
