import Foundation
import TestSupport
import Testing

/// Commands with a fault at one of the calls by which they change files, and what must hold afterwards.
enum Faults {
    static let library: String? = {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("faults-\(UUID().uuidString).so").path
        let built = try? Programs.run(
            "/usr/bin/env", ["cc", "-shared", "-fPIC", "-O1", "-o", path, Programs.support("faults.c"), "-ldl"],
            environment: ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? ""])
        return built?.code == 0 ? path : nil
    }()

    enum Fault {
        case kill(Int)
        case fail(Int, Int32, onwards: Bool)

        var environment: [String: String] {
            switch self {
            case .kill(let call): ["FAULT_KILL": "\(call)"]
            case .fail(let call, let code, let onwards):
                ["FAULT_FAIL": "\(call)", "FAULT_ERRNO": "\(code)", "FAULT_ONWARDS": onwards ? "1" : "0"]
            }
        }
    }

    static func run(_ place: Workplace, _ arguments: [String], _ extra: [String: String]) throws -> Programs.Outcome {
        let library = try #require(library, "faults.c does not build")
        return try Programs.run(
            Programs.folder + "/strongroom", arguments,
            environment: place.environment.merging(extra.merging(["LD_PRELOAD": library]) { $1 }) { $1 })
    }

    /// The power goes: of what `FAULT_POWER` noted, nothing stays that no sync made durable; with a seed, some of it.
    static func cutPower(_ place: Workplace, seed: Int? = nil) throws {
        let journal = place.folder + "/power"
        let cut = try Programs.run(
            try #require(Programs.python), [Programs.support("power.py"), journal] + (seed.map { ["\($0)"] } ?? []))
        try #require(cut.code == 0, "\(cut.err)")
        try? FileManager.default.removeItem(atPath: journal)
    }

    static func countCalls(_ arguments: (Workplace) throws -> [String]) throws -> Int {
        let place = try Workplace()
        let log = place.folder + "/calls"
        #expect(try run(place, try arguments(place), ["FAULT_LOG": log]).code == 0)
        return try #require(
            Int(try String(contentsOfFile: log, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)))
    }

    /// The ledger fits index and store, what is published verifies, and nothing waits.
    static func checkLedger(_ place: Workplace, _ what: String) throws {
        let reconciled = try place.strongroom("audit", "reconcile")
        #expect(reconciled.code == 0, "\(what): \(reconciled.text)\(reconciled.err)")
        let status = try place.strongroom("status", "--json").json()
        let ledger = try #require(status["ledger"] as? [String: Any])
        #expect(ledger["entries"] as? Int == ledger["published"] as? Int, "\(what): \(ledger)")
        let published = try place.strongroom("audit", "verify", try #require(ledger["publishedTo"] as? String))
        #expect(published.code == 0, "\(what): \(published.text)")
    }

    static var isLong: Bool { ProcessInfo.processInfo.environment["STRONGROOM_TEST_LONG"] != nil }

    /// Which of several processes that share the steps this is: from `STRONGROOM_TEST_SHARE`, such as `2/4`, from 0 on.
    private static let share: (number: Int, of: Int) = {
        let parts = (ProcessInfo.processInfo.environment["STRONGROOM_TEST_SHARE"] ?? "").split(separator: "/")
            .compactMap { Int($0) }
        return parts.count == 2 && parts[1] > 0 ? (parts[0], parts[1]) : (0, 1)
    }()

    /// Whether a step, counted from 1, is one of this process's share.
    static func isOurs(_ step: Int) -> Bool { step % share.of == share.number }

    /// Every step of this process's share with `STRONGROOM_TEST_LONG`; otherwise a few, others each time.
    static func steps(_ count: Int) -> [Int] {
        guard !isLong else { return (1...count).filter(isOurs) }
        var random = SeededGenerator.ofTest("steps of \(count)")
        return (0..<12).map { part in
            Int.random(
                in: count * part / 12 + 1...max(count * part / 12 + 1, count * (part + 1) / 12), using: &random)
        }
    }
}
