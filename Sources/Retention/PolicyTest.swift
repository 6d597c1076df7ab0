internal import Base
public import Foundation
public import StrictYAML

/// A file of tests that a policy carries: facts, a time, the decision that is expected. See <doc:Policies>.
public struct PolicyTestFile: Sendable {
    /// The policies that are active together, as paths beside this file.
    public let policies: [String]
    public let tests: [PolicyTest]

    public init(yaml text: String) throws(YAMLProblem) {
        let file = try YAMLMapping(text)
        try file.allow(["policies", "tests"])
        guard let policies = try file.texts("policies"), !policies.isEmpty else { throw file.missing("policies") }
        guard let items = try file.mappings("tests"), !items.isEmpty else { throw file.missing("tests") }
        var tests: [PolicyTest] = []
        for item in items { tests.append(try PolicyTest(item)) }
        self.policies = policies
        self.tests = tests
    }
}

public struct PolicyTest: Sendable {
    public let name: String
    public let position: YAMLPosition?
    public let facts: ObjectFacts
    public let at: Date
    let status: Decision.Status
    let keepUntil: String?
    let goneBy: String?
    let dueAt: String?
    let rules: [String]?

    init(_ item: YAMLMapping) throws(YAMLProblem) {
        try item.allow(["name", "facts", "at", "expect"])
        name = try item.needText("name")
        position = item.position
        guard let given = try item.mapping("facts") else { throw item.missing("facts") }
        facts = try Self.facts(given)
        guard let time = try Self.time("at", in: item) else { throw item.missing("at") }
        at = time
        guard let expected = try item.mapping("expect") else { throw item.missing("expect") }
        try expected.allow(["status", "keep-until", "gone-by", "due-at", "rules"])
        guard let status = Decision.Status(rawValue: try expected.needText("status")) else {
            throw expected.problem(
                "status",
                "status is one of \(Decision.Status.allCases.map(\.rawValue).sorted().joined(separator: ", "))")
        }
        self.status = status
        keepUntil = try expected.text("keep-until")
        goneBy = try expected.text("gone-by")
        dueAt = try expected.text("due-at")
        for (key, text, words) in [
            ("keep-until", keepUntil, ["nothing", "open"]), ("gone-by", goneBy, ["none"]), ("due-at", dueAt, ["none"]),
        ] {
            guard let text, !words.contains(text), Self.time(text) == nil else { continue }
            throw expected.problem(key, "\(key) is a time, or \(words.joined(separator: " or "))")
        }
        rules = try expected.texts("rules")
    }

    /// Compares the decision with what is expected.
    ///
    /// - Returns: what differs, a sentence each.
    public func differences(from decision: Decision) -> [String] {
        var differences: [String] = []
        func compare(_ what: String, _ expected: String?, _ found: String) {
            guard let expected, expected != found else { return }
            differences.append("\(what) is \(found), and not \(expected)")
        }
        /// The same time can be written in more ways than one; a day takes in every moment of it, and what is kept
        /// until a day also its end.
        func compare(_ what: String, _ expected: String?, _ found: Date, _ sides: [Decision.Reason.Side]) {
            guard let expected else { return }
            let zone = decision.timeZone(of: found, sides)
            switch DayOrTime(expected) {
            case .time(found): return
            case .day(let day) where day == CalendarDay(of: found, in: zone): return
            case .day(let day) where sides == [.atLeast] && day.end(in: zone) == found: return
            default:
                let place = zone == .gmt ? "" : " (\(CalendarDay(of: found, in: zone)) in \(zone.identifier))"
                differences.append("\(what) is \(Timestamp.format(found))\(place), and not \(expected)")
            }
        }
        compare("status", status.rawValue, decision.status.rawValue)
        switch decision.keepUntil {
        case .nothing: compare("keep-until", keepUntil, "nothing")
        case .time(let time): compare("keep-until", keepUntil, time, [.atLeast])
        case .open: compare("keep-until", keepUntil, "open")
        }
        for (what, expected, found) in [("gone-by", goneBy, decision.goneBy), ("due-at", dueAt, decision.dueAt)] {
            if let found {
                compare(what, expected, found, [.atMost, .atLeast])
            } else {
                compare(what, expected, "none")
            }
        }
        if let rules {
            let found = Set(decision.decisive.map { "\($0.policy)/\($0.rule)" })
            if found != Set(rules) {
                differences.append(
                    "the deciding rules are \(found.sorted().joined(separator: ", ")), and not "
                        + "\(rules.sorted().joined(separator: ", "))"
                )
            }
        }
        return differences
    }

    private static func facts(_ given: YAMLMapping) throws(YAMLProblem) -> ObjectFacts {
        try given.allow([
            "media", "outcome", "jurisdiction", "purpose", "captured", "archived", "events", "holds",
            "erasure-requested",
        ])
        let captured: ClosedRange<Date>
        if given.isText("captured") || !given.has("captured") {
            guard let given = try dayOrTime("captured", in: given) else { throw given.missing("captured") }
            if case .day(let day) = given {
                captured = day.start()...day.end().addingTimeInterval(-0.001)
            } else {
                captured = given.start(in: .gmt)...given.start(in: .gmt)
            }
        } else {
            guard let interval = try given.mapping("captured"), let from = try time("from", in: interval),
                let until = try time("until", in: interval), from <= until
            else { throw given.problem("captured", "captured is a time, or from and until") }
            captured = from...until
        }
        var events: [EventRecord] = []
        for item in try given.mappings("events") ?? [] {
            try item.allow(["event", "at", "corrects", "withdraws"])
            let entry = UInt64(events.count + 1)
            let name = try item.needText("event")
            let earlier = try item.wholeNumber("corrects", within: 1...1000)
            let effect: EventRecord.Effect
            if let gone = try item.wholeNumber("withdraws", within: 1...1000) {
                effect = .withdraws(UInt64(gone))
            } else {
                guard let time = try dayOrTime("at", in: item) else { throw item.missing("at") }
                effect = earlier.map { .corrects(UInt64($0), time) } ?? .happened(time)
            }
            events.append(EventRecord(entry: entry, name: name, effect: effect))
        }
        var holds: [HoldFact] = []
        for item in try given.mappings("holds") ?? [] {
            try item.allow(["matter", "placed", "released", "cooling-days"])
            guard let placed = try time("placed", in: item) else { throw item.missing("placed") }
            holds.append(
                HoldFact(
                    matter: try item.needText("matter"), placed: placed, released: try time("released", in: item),
                    cooling: (try item.number("cooling-days", within: 0...3650) ?? 0) * 86_400))
        }
        return ObjectFacts(
            media: try given.needText("media"), outcome: try outcome(given),
            jurisdictions: try given.texts("jurisdiction") ?? [], purpose: try given.text("purpose"),
            captured: captured, archived: try time("archived", in: given) ?? captured.upperBound, events: events,
            holds: holds, erasureRequested: try time("erasure-requested", in: given))
    }

    /// `passed`, `failed`, or a code of the vendor's with which a verification did not pass.
    private static func outcome(_ given: YAMLMapping) throws(YAMLProblem) -> Outcome? {
        guard let text = try given.text("outcome") else { return nil }
        guard let verdict = Outcome.Verdict(rawValue: text) else { return Outcome(.failed, code: text) }
        return Outcome(verdict, code: "any")
    }

    private static func dayOrTime(_ key: String, in file: YAMLMapping) throws(YAMLProblem) -> DayOrTime? {
        guard let text = try file.text(key) else { return nil }
        guard let time = DayOrTime(text) else {
            throw file.problem(key, "\(key) is neither a day nor a time such as \(DayOrTime.examples)")
        }
        return time
    }

    /// A point in time; a day is its beginning in UTC.
    private static func time(_ key: String, in file: YAMLMapping) throws(YAMLProblem) -> Date? {
        try dayOrTime(key, in: file)?.start(in: .gmt)
    }

    private static func time(_ text: String) -> Date? { DayOrTime(text)?.start(in: .gmt) }

}

extension Decision {
    /// The time zone of the policy that a bound comes from.
    fileprivate func timeZone(of bound: Date, _ sides: [Reason.Side]) -> TimeZone {
        let reason = reasons.first { sides.contains($0.side) && ($0.until == bound || $0.counts == bound) }
        return (reason ?? reasons.first { sides.contains($0.side) && $0.isDecisive } ?? reasons.first)?.timeZone ?? .gmt
    }
}
