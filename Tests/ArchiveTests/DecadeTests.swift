import Base
@_spi(Writing) import Catalog
import Foundation
import Ledger
import Retention
import TestSupport
import Testing

@testable import Archive
@testable import Vault

/// Ten years of an archive, day by day, against a model that was written from the page `Decisions` alone, with the
/// calendar of Foundation, and knows nothing of the engine.
struct DecadeTests {
    // MARK: The naive model

    private struct Rule {
        let name: String
        let places: [String]
        let kinds: [String]
        let outcome: String
        let from: String
        let keep: DateComponents?
        let go: DateComponents?
        var backstop: DateComponents?
        var isFallback = false
    }

    private struct Thing {
        let caseID: String
        let kind: String
        let places: [String]
        let passed: Bool
        let captured: Date
        let archived: Date
    }

    private struct Happened {
        let caseID: String
        let name: String
        let entry: UInt64
        var time: Date?
    }

    private static let calendar: Calendar = {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        return calendar
    }()

    private static func add(_ period: DateComponents, to time: Date) -> Date {
        // Months first, then days, as the page says.
        var months = DateComponents()
        months.year = period.year
        months.month = period.month
        let then = calendar.date(byAdding: months, to: time)!
        return calendar.date(byAdding: .day, value: period.day ?? 0, to: then)!
    }

    private func status(
        of thing: Thing, by all: [Rule], _ happened: [Happened], at now: Date
    ) -> String {
        let mine = all.filter { rule in
            (rule.places.isEmpty || !Set(rule.places).isDisjoint(with: thing.places)) && rule.kinds.contains(thing.kind)
                && (rule.outcome == "any" || (rule.outcome == "passed") == thing.passed)
        }
        let strong = mine.filter { !$0.isFallback }
        let rules = strong.isEmpty ? mine : strong
        if rules.isEmpty { return "uncovered" }
        func anchor(_ name: String) -> Date? {
            switch name {
            case "captured": return thing.captured
            case "archived": return thing.archived
            default:
                let known = happened.filter { record in
                    record.caseID == thing.caseID && record.name == name
                        && record.time.map { $0 >= thing.captured } ?? false
                }
                if name == "last-interaction" { return known.compactMap(\.time).max() }
                return known.min { $0.entry < $1.entry }?.time
            }
        }
        var (waits, hasBackstops, keepUntil, goneBy, review) = (false, true, Date?.none, Date?.none, Date?.none)
        for rule in rules {
            if let keep = rule.keep {
                if let start = anchor(rule.from) {
                    keepUntil = max(keepUntil ?? .distantPast, Self.add(keep, to: start))
                } else {
                    waits = true
                    if let backstop = rule.backstop {
                        review = max(review ?? .distantPast, Self.add(backstop, to: thing.captured))
                    } else {
                        hasBackstops = false
                    }
                }
            }
            if let go = rule.go, let start = anchor(rule.from) {
                goneBy = min(goneBy ?? .distantFuture, Self.add(go, to: start))
            }
        }
        let day = 86_400.0
        if waits {
            if let goneBy, goneBy <= now || goneBy < keepUntil ?? .distantPast { return "conflict" }
            if hasBackstops, let review, max(review, keepUntil ?? .distantPast) <= now { return "backstop-review" }
            return "waiting-for-event"
        }
        if let keepUntil, keepUntil > now {
            if let goneBy, goneBy < keepUntil { return "conflict" }
            return "kept"
        }
        guard let goneBy else { return "unbounded" }
        if now >= goneBy + day { return "overdue" }
        return now >= goneBy - day ? "due" : "kept"
    }

    // MARK: Policies, twice: as files and as the model's rules

    private static func house(_ version: Int, video: Int, keepMonths: Int) -> (String, [Rule]) {
        (
            """
            policy: house
            version: \(version)
            title: The house
            applies-to: { jurisdiction: [HK, FR] }
            events: { relationship-ended: once }
            rules:
              - name: evidence
                media: [best-frame, result]
                outcome: passed
                retain: { from: relationship-ended, at-least: P\(keepMonths)M, at-most: P\(keepMonths + 6)M }
                backstop: { from: captured, after: P5Y }
              - name: video
                media: [video]
                outcome: passed
                retain: { from: captured, at-most: P\(video)D }
              - name: failed
                outcome: failed
                retain: { from: captured, at-most: P30D }
            """,
            [
                Rule(
                    name: "evidence", places: ["HK", "FR"], kinds: ["best-frame", "result"], outcome: "passed",
                    from: "relationship-ended", keep: DateComponents(month: keepMonths),
                    go: DateComponents(month: keepMonths + 6), backstop: DateComponents(year: 5)),
                Rule(
                    name: "video", places: ["HK", "FR"], kinds: ["video"], outcome: "passed", from: "captured",
                    keep: nil,
                    go: DateComponents(day: video)),
                Rule(
                    name: "failed", places: ["HK", "FR"], kinds: ["best-frame", "result", "video"], outcome: "failed",
                    from: "captured", keep: nil, go: DateComponents(day: 30)),
            ]
        )
    }

    private static let illinois = (
        """
        policy: illinois
        version: 1
        title: Illinois
        applies-to: { jurisdiction: [US-IL] }
        events: { last-interaction: latest, purpose-fulfilled: once }
        rules:
          - name: interaction
            retain: { from: last-interaction, at-most: P2Y }
          - name: purpose
            retain: { from: purpose-fulfilled, at-most: P1D }
        """,
        [
            Rule(
                name: "interaction", places: ["US-IL"], kinds: ["best-frame", "result", "video"], outcome: "any",
                from: "last-interaction", keep: nil, go: DateComponents(year: 2)),
            Rule(
                name: "purpose", places: ["US-IL"], kinds: ["best-frame", "result", "video"], outcome: "any",
                from: "purpose-fulfilled", keep: nil, go: DateComponents(day: 1)),
        ]
    )

    private static let rest = (
        """
        policy: rest
        version: 1
        title: Everything else
        applies-to: { jurisdiction: [any] }
        rules:
          - name: rest
            retain: { from: archived, at-most: P1Y }
            fallback: true
        """,
        [
            Rule(
                name: "rest", places: ["HK", "FR", "US-IL", "BR"], kinds: ["best-frame", "result", "video"],
                outcome: "any", from: "archived", keep: nil, go: DateComponents(year: 1), isFallback: true)
        ]
    )

    // MARK: The play

    @Test func tenYearsAgreeWithTheModel() throws {
        let isLong = ProcessInfo.processInfo.environment["STRONGROOM_TEST_LONG"] != nil
        try play(years: 10, arrivals: isLong ? 0.2 : 0.02, seed: SeededGenerator.ofTest().seed)
    }

    private func play(years: Int, arrivals: Double, seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        func chance(_ share: Double) -> Bool { Double.random(in: 0..<1, using: &random) < share }
        let test = try TestArchive(time: TestTime(Date(timeIntervalSince1970: 1_546_344_000)))
        let archive = try test.open()
        var rules: [String: [Rule]] = [:]
        func activate(_ name: String, _ policy: (String, [Rule])) throws {
            try test.activate(policy.0, in: archive)
            rules[name] = policy.1
        }
        var things: [Thing] = []
        var happened: [Happened] = []
        var uids: [CaseUID: String] = [:]
        var (destroyed, number, statuses) = (0, 0, Set<String>())

        for day in 0..<(years * 365) {
            test.time.advance(86_400)
            // A clock that leaps destroys nothing, and has to be accepted.
            if chance(0.003) {
                // Back behind the newest entry, however late the runs are.
                let leap = chance(0.5) ? 400 * 86_400.0 : -20 * 86_400.0
                test.time.advance(leap)
                #expect(
                    refusal { _ = try archive.destruction.run(accepting: nil).get() }?.code == .clockDoubted,
                    "seed \(seed), day \(day)")
                test.time.advance(-leap)
                _ = refusal {
                    _ = try archive.destruction.acceptClock(test.time.now, reason: try Reason("set right")).get()
                }
            }
            switch day {
            case 20: try activate("house", Self.house(1, video: 90, keepMonths: 24))
            case 200: try activate("illinois", Self.illinois)
            case 700: try activate("rest", Self.rest)
            case 1300: try activate("house", Self.house(2, video: 60, keepMonths: 24))
            case 2500: try activate("house", Self.house(3, video: 60, keepMonths: 13))
            default: break
            }
            if chance(arrivals) || day == 0 {
                number += 1
                let caseID = "K-\(number)"
                let places = [["HK"], ["FR"], ["US-IL"], ["BR"], [], ["HK", "US-IL"]].randomElement(using: &random)!
                let passed = chance(0.8)
                let answer = TestAnswer(result: passed ? "0" : "1004", videoLength: 10).text
                let captured = test.time.now.addingTimeInterval(-3600)
                _ = try archive.intake.import(
                    try test.item(caseID, answer: answer) { $0.jurisdictions = places })
                uids[CaseUID(hex: try archive.retrieval.caseDetails(try CaseID(caseID)).caseUID)!] = caseID
                for kind in ["best-frame", "result", "video"] {
                    things.append(
                        Thing(
                            caseID: caseID, kind: kind, places: places, passed: passed, captured: captured,
                            archived: test.time.now))
                }
            }
            // Something happens to somebody, is known late, was wrong, or never was.
            if chance(arrivals * 1.5), let thing = things.randomElement(using: &random) {
                let names = ["relationship-ended", "last-interaction", "purpose-fulfilled"]
                let name = names.randomElement(using: &random)!
                let age = test.time.now.timeIntervalSince(thing.captured)
                let time = Date(
                    timeIntervalSince1970: (thing.captured.timeIntervalSince1970 + age
                        * Double.random(in: 0.3...1, using: &random))
                        .rounded())
                let mine = happened.indices.filter {
                    happened[$0].caseID == thing.caseID && happened[$0].name == name && happened[$0].time != nil
                }
                if let old = mine.randomElement(using: &random), chance(0.5) {
                    let entry = happened[old].entry
                    if chance(0.4) {
                        _ = try test.event(name, of: thing.caseID, .withdraws(entry), in: archive)
                        happened[old].time = nil
                    } else {
                        _ = try test.event(name, of: thing.caseID, at: time, .corrects(entry), in: archive)
                        happened[old].time = time
                    }
                } else if let recorded = try? test.event(name, of: thing.caseID, at: time, in: archive),
                    !recorded.wasKnown
                {
                    happened.append(Happened(caseID: thing.caseID, name: name, entry: recorded.entry, time: time))
                }
            }
            // Every object, every day.
            try archive.refreshStandings()
            let now = test.time.now
            let found = try archive.catalog.read { index in
                try index.retentionRows(.all, after: nil, limit: .max).map {
                    ("\(uids[$0.caseUID] ?? "?") \($0.facts.media)", $0.standing.status.rawValue)
                }
            }
            let active = rules.values.flatMap { $0 }
            let expected = things.map { thing in
                ("\(thing.caseID) \(thing.kind)", status(of: thing, by: active, happened, at: now))
            }
            let (a, b) = (Dictionary(uniqueKeysWithValues: found), Dictionary(uniqueKeysWithValues: expected))
            guard a == b else {
                let differences = Set(a.keys).union(b.keys).sorted().filter { a[$0] != b[$0] }
                    .map { "\($0): \(a[$0] ?? "gone"), expected \(b[$0] ?? "gone")" }
                Issue.record("seed \(seed), day \(day): \(differences.prefix(5))")
                return
            }
            statuses.formUnion(b.values)
            // Now and then the run is late, or its disk fails.
            if chance(0.8) {
                let due = Set(expected.filter { ["due", "overdue"].contains($0.1) }.map(\.0))
                let fails = chance(0.05)
                let report = try (fails ? test.open(files: StubbornFiles()) : archive).destruction.run(accepting: nil)
                    .get()
                #expect(report.destroyed == due.count, "seed \(seed), day \(day)")
                destroyed += report.destroyed
                things.removeAll { due.contains("\($0.caseID) \($0.kind)") }
            }
        }
        #expect(destroyed > number && number > 20, "seed \(seed)")
        #expect(
            statuses.isSuperset(of: ["kept", "due", "waiting-for-event", "uncovered", "unbounded"]),
            "seed \(seed): \(statuses)")
        _ = try archive.destruction.run(accepting: nil).get()
        #expect(try archive.audit.reconcile().findings == [], "seed \(seed)")
        #expect(try archive.audit.verify(VerifyOptions()).findings.isEmpty, "seed \(seed)")
    }
}
