import Base
@_spi(Writing) import Catalog
import CatalogConformance
import Foundation
import Synchronization
import Testing

/// An engine that breaks one requirement, so that the suite has something to find.
final class FaultyEngine: Engine {
    enum Fault: CaseIterable {
        case keepsWhatThrew, losesWhatWasCommitted, hidesAFailedCommit
        case undoesNothing, undoesEverything, releasesNothing
        case readsAnotherStateEachTime
        case losesTheLastRow, turnsTheRows, losesColumns
        case countsNoChanges, countsTheChangesBefore
        case saysThatNothingIsOpen
        case mistakesWhatExists, mistakesRefusals, mistakesContradictions, mistakesFailures
        case cutsBytesAtZero, takesEmptyForNothing, foldsLetters, composesText, roundsLargeNumbers
        case forgetsTheRules
        case compactsTooMuch, erasesNothing, inventsDamages, inventsDifferences, waitsForEver
    }

    private let engine: SQLiteEngine
    private let fault: Fault

    init(_ engine: SQLiteEngine, _ fault: Fault) throws {
        (self.engine, self.fault) = (engine, fault)
        guard fault == .forgetsTheRules else { return }
        var triggers: [String] = []
        try engine.read { reading in
            try reading.rows("SELECT name FROM sqlite_schema WHERE type = 'trigger'", []) { row in
                if case .text(let name) = row.values[0], !name.contains("tallied") { triggers.append(name) }
            }
        }
        try engine.write(until: .none) { writing in for name in triggers { try writing.run("DROP TRIGGER \(name)", []) }
        }
    }

    func read<Result>(_ body: (any EngineReading) throws -> Result) throws -> Result {
        if fault == .readsAnotherStateEachTime { return try body(Elsewhere(engine: engine)) }
        return try engine.read { try body(Transaction(reading: $0, writing: nil, fault: fault)) }
    }

    private struct TakenBack: Error {}

    func write(until limit: WaitLimit, _ body: (any EngineWriting) throws -> Void) throws {
        var failure: (any Error)?
        do {
            try engine.write(until: fault == .waitsForEver ? .none : limit) { writing in
                do {
                    try body(Transaction(reading: writing, writing: writing, fault: fault))
                } catch  where fault == .keepsWhatThrew {
                    failure = error
                }
                if fault == .losesWhatWasCommitted { throw TakenBack() }
            }
        } catch is TakenBack {
        } catch let error as EngineError where error.kind == .contradiction && fault == .hidesAFailedCommit {
        }
        if let failure { throw failure }
    }

    func eraseResidue(until limit: WaitLimit) throws -> Bool {
        fault == .erasesNothing ? false : try engine.eraseResidue(until: limit)
    }

    func compact(until limit: WaitLimit) throws -> (before: UInt64, after: UInt64) {
        if fault == .compactsTooMuch {
            try engine.write(until: .none) { try $0.run("DELETE FROM case_jurisdiction", []) }
        }
        return try engine.compact(until: limit)
    }

    /// Each statement in a transaction of its own.
    private struct Elsewhere: EngineReading {
        let engine: SQLiteEngine

        func rows(_ statement: String, _ values: [Value], _ body: (Row) throws -> Void) throws {
            try engine.read { try $0.rows(statement, values, body) }
        }

        func damages() throws -> [String] { try engine.read { try $0.damages() } }
        func schemaVersion() throws -> Int64 { try engine.read { try $0.schemaVersion() } }
        func schemaDifferences() throws -> [String] { try engine.read { try $0.schemaDifferences() } }
    }

    private struct Transaction: EngineWriting {
        let reading: any EngineReading
        let writing: (any EngineWriting)?
        let fault: Fault

        var isOpen: Bool { fault == .saysThatNothingIsOpen ? false : writing!.isOpen }

        func rows(_ statement: String, _ values: [Value], _ body: (Row) throws -> Void) throws {
            var rows: [Row] = []
            try telling { try reading.rows(statement, values.map(altered)) { rows.append($0) } }
            if fault == .losesTheLastRow, rows.count > 1 { rows.removeLast() }
            if fault == .turnsTheRows { rows.reverse() }
            for row in rows {
                if fault == .losesColumns {
                    try body(Row(columns: Columns([]), values: row.values))
                } else {
                    try body(row)
                }
            }
        }

        func damages() throws -> [String] { fault == .inventsDamages ? ["a page is torn"] : try reading.damages() }

        func schemaVersion() throws -> Int64 { try reading.schemaVersion() }

        func schemaDifferences() throws -> [String] {
            fault == .inventsDifferences ? ["a table is another"] : try reading.schemaDifferences()
        }

        func run(_ statement: String, _ values: [Value]) throws -> Int {
            let count = try telling { try writing!.run(statement, values.map(altered)) }
            switch fault {
            case .countsNoChanges: return 0
            case .countsTheChangesBefore: return max(count, 1)
            default: return count
            }
        }

        func mark() throws { try writing!.mark() }

        func release() throws {
            if fault == .releasesNothing { try writing!.undo() } else { try writing!.release() }
        }

        func undo() throws {
            switch fault {
            case .undoesNothing: try writing!.release()
            case .undoesEverything:
                try writing!.undo()
                try writing!.run("DELETE FROM case_jurisdiction", [])
                try writing!.run("DELETE FROM tally", [])
                throw EngineError(.failed, "everything is undone", code: 0)
            default: try writing!.undo()
            }
        }

        private func altered(_ value: Value) -> Value {
            switch (fault, value) {
            case (.cutsBytesAtZero, .bytes(let bytes)): .bytes(Array(bytes.prefix { $0 != 0 }))
            case (.takesEmptyForNothing, .bytes([])): .null(.bytes)
            case (.foldsLetters, .text(let text)): .text(text.lowercased())
            case (.composesText, .text(let text)): .text(text.precomposedStringWithCanonicalMapping)
            case (.roundsLargeNumbers, .integer(let number)) where number.magnitude > 1 << 53: .integer(number & ~1023)
            default: value
            }
        }

        /// The errors of statements as they are, or mistaken.
        private func telling<Result>(_ body: () throws -> Result) throws -> Result {
            do { return try body() } catch let error as EngineError {
                let mistaken: EngineError.Kind? =
                    switch fault {
                    case .mistakesWhatExists: .exists
                    case .mistakesRefusals: .refused
                    case .mistakesContradictions: .contradiction
                    case .mistakesFailures: .failed
                    default: nil
                    }
                guard error.kind == mistaken else { throw error }
                throw EngineError(error.kind == .failed ? .contradiction : .failed, error.message, code: error.code)
            }
        }
    }
}

/// The suite finds each of these: an engine cannot pass it and break a requirement.
struct FaultyEngineTests {
    @Test(arguments: FaultyEngine.Fault.allCases) func isFound(_ fault: FaultyEngine.Fault) throws {
        // One check after the other, until one of them complains.
        for check in EngineCheck.all {
            let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString + ".sqlite").path
            let engine = try FaultyEngine(SQLiteEngine.create(at: path), fault)
            let isFound = Mutex(false)
            try withKnownIssue(isIntermittent: true) {
                try check.run(on: engine, beside: SQLiteEngine(path: path))
            } matching: { _ in
                isFound.withLock { $0 = true }
                return true
            }
            if isFound.withLock({ $0 }) { return }
        }
        Issue.record("no check finds an engine that \(fault)")
    }
}
