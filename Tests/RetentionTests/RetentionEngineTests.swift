import Base
import Foundation
import Retention
import TestSupport
import Testing

/// The decisions of the page, one by one, and what must hold for all.
struct RetentionEngineTests {
    private static let start = Date(timeIntervalSince1970: 1_760_000_000)

    private static func day(_ number: Double) -> Date { start.addingTimeInterval(number * 86_400) }

    private func period(_ text: String) -> RetentionPeriod { RetentionPeriod(text)! }

    private func facts(
        media: String = "video", code: String? = "0", places: [String] = ["HK"], events: [EventRecord] = [],
        holds: [HoldFact] = [], erasure: Date? = nil
    ) -> ObjectFacts {
        ObjectFacts(
            media: media, outcome: code.map { Outcome($0 == "0" ? .passed : .failed, code: $0) }, jurisdictions: places,
            purpose: "onboarding",
            captured: Self.day(-1)...Self.day(0), archived: Self.day(1), events: events, holds: holds,
            erasureRequested: erasure)
    }

    private func policy(
        named name: String = "p", applies places: [String]? = nil, events: [String: Policy.EventMode] = [:],
        _ rules: Policy.Rule...
    ) -> Policy {
        Policy(
            name: name, version: 1, title: name, appliesTo: Policy.Scope(jurisdictions: places), events: events,
            rules: rules)
    }

    private func decide(_ facts: ObjectFacts, _ policies: Policy..., at day: Double) -> Decision {
        RetentionEngine(policies: policies).decide(facts, at: Self.day(day))
    }

    @Test func capturedCountsFromTheEndForKeepingAndFromTheBeginningForGoing() {
        let both = policy(.init(name: "r", anchor: .captured, atLeast: period("P10D"), atMost: period("P20D")))
        let decision = decide(facts(), both, at: 0)
        #expect(decision.keepUntil == .time(Self.day(10)) && decision.goneBy == Self.day(19))
        for (day, status) in [
            (0.0, Decision.Status.kept), (9.99, .kept), (17.99, .kept), (18.0, .due), (19.99, .due), (20.0, .overdue),
        ] { #expect(decide(facts(), both, at: day).status == status, "day \(day)") }
    }

    @Test func equalBoundsAreNoConflict() {
        let five = policy(.init(name: "r", anchor: .archived, atLeast: period("P10D"), atMost: period("P10D")))
        #expect(decide(facts(), five, at: 10.99).status == .kept)
        #expect(decide(facts(), five, at: 11).status == .due)
    }

    @Test func theBoundsOfOneRuleDoNotCross() {
        let five = policy(.init(name: "r", anchor: .captured, atLeast: period("P10D"), atMost: period("P10D")))
        #expect(decide(facts(), five, at: 9.99).status == .kept)
        #expect(decide(facts(), five, at: 10).status == .due && decide(facts(), five, at: 11).status == .overdue)
    }

    @Test func contradictingPoliciesKeepAndAreCounted() {
        let keep = policy(named: "a", .init(name: "long", anchor: .archived, atLeast: period("P30D")))
        let go = policy(named: "b", .init(name: "short", anchor: .archived, atMost: period("P10D")))
        let decision = decide(facts(), keep, go, at: 5)
        #expect(decision.status == .conflict && decision.changesAt == Self.day(31))
        #expect(Set(decision.decisive.map(\.rule)) == ["long", "short"])
        #expect(decide(facts(), keep, go, at: 31).status == .overdue)
    }

    @Test func anEventThatHasNotHappenedKeeps() {
        let rule = Policy.Rule(
            name: "r", anchor: .event("relationship-ended"), atLeast: period("P10D"), atMost: period("P20D"),
            backstop: .init(anchor: .captured, after: period("P100D")))
        let rules = policy(rule)
        let waiting = decide(facts(), rules, at: 50)
        #expect(
            waiting.status == .waitingForEvent && waiting.keepUntil == .open(["relationship-ended"])
                && waiting.goneBy == nil)
        #expect(waiting.changesAt == Self.day(100))
        #expect(decide(facts(), rules, at: 100).status == .backstopReview)
        let ended = EventRecord(entry: 5, name: "relationship-ended", effect: .happened(.time(Self.day(90))))
        #expect(decide(facts(events: [ended]), rules, at: 100).status == .kept)
        #expect(decide(facts(events: [ended]), rules, at: 109).status == .due)
    }

    /// Of an event that counts `latest`, a day and a time within it are one, perhaps: what is to go counts from the
    /// time, and what is to be kept from the end of the day.
    @Test func aDayTakesNothingFromATimeWithinIt() {
        let noon = Self.day(10).addingTimeInterval(43_200)
        let events = [
            EventRecord(entry: 1, name: "seen", effect: .happened(.time(noon))),
            EventRecord(entry: 2, name: "seen", effect: .happened(.day(CalendarDay(of: noon)))),
        ]
        for order in [
            events,
            [
                EventRecord(entry: 1, name: "seen", effect: events[1].effect),
                EventRecord(entry: 2, name: "seen", effect: events[0].effect),
            ],
        ] {
            let upper = decide(
                facts(events: order),
                policy(events: ["seen": .latest], .init(name: "r", anchor: .event("seen"), atMost: period("P5D"))),
                at: 0)
            #expect(upper.goneBy == noon.addingTimeInterval(5 * 86_400))
            let lower = decide(
                facts(events: order),
                policy(events: ["seen": .latest], .init(name: "r", anchor: .event("seen"), atLeast: period("P5D"))),
                at: 0)
            #expect(lower.keepUntil == .time(CalendarDay(number: CalendarDay(of: noon).number + 6)!.start()))
        }
    }

    /// What is written down to the millisecond can lie a little after the moment that it was said in; it counts then.
    @Test func whatWasSaidInThisMomentCounts() {
        let rules = policy(
            events: ["relationship-ended": .once],
            .init(
                name: "r", anchor: .event("relationship-ended"), atLeast: period("P1Y"),
                backstop: .init(anchor: .captured, after: period("P10D"))))
        let now = Self.day(20).addingTimeInterval(0.0006)
        let noted = Self.day(20).addingTimeInterval(0.001)
        var approved = facts()
        approved.backstopApproved = noted
        let engine = RetentionEngine(policies: [rules])
        #expect(engine.decide(approved, at: now).status == .due)
        approved.holds = [HoldFact(matter: "M", placed: noted, released: nil, cooling: 0)]
        #expect(engine.decide(approved, at: now).status == .held)
        // And not before.
        #expect(engine.decide(approved, at: Self.day(19)).status != .held)
    }

    /// Of an event of which only the day is known, what is kept counts from its end and what goes from its beginning,
    /// by the clocks of the policy's time zone; the period is added to the day.
    @Test func aDayCountsWhole() throws {
        let cases = [
            // zone, day, period, kept until, gone by
            ("America/Chicago", "2026-03-01", "P1M", "2026-04-02T05:00:00Z", "2026-04-01T05:00:00Z"),
            ("UTC", "2026-03-01", "P1M", "2026-04-02T00:00:00Z", "2026-04-01T00:00:00Z"),
            ("Asia/Hong_Kong", "2026-03-01", "P1M", "2026-04-01T16:00:00Z", "2026-03-31T16:00:00Z"),
            // The last of February is no day less because the next year has a shorter one.
            ("UTC", "2028-02-28", "P1Y", "2029-03-01T00:00:00Z", "2029-02-28T00:00:00Z"),
            ("UTC", "2028-02-29", "P1Y", "2029-03-01T00:00:00Z", "2029-02-28T00:00:00Z"),
            ("UTC", "2026-01-31", "P1M", "2026-03-01T00:00:00Z", "2026-02-28T00:00:00Z"),
            ("UTC", "2026-12-31", "P1D", "2027-01-02T00:00:00Z", "2027-01-01T00:00:00Z"),
        ]
        for (zone, day, length, keepUntil, goneBy) in cases {
            let ended = EventRecord(entry: 5, name: "gone", effect: .happened(.day(try #require(CalendarDay(day)))))
            func decision(_ rule: Policy.Rule) throws -> Decision {
                let policy = Policy(
                    name: "p", version: 1, title: "", timeZone: try #require(TimeZone(identifier: zone)),
                    events: ["gone": .once], rules: [rule])
                var facts = facts(events: [ended])
                facts.captured = .distantPast ... .distantPast
                return RetentionEngine(policies: [policy]).decide(facts, at: Date(timeIntervalSince1970: 1_700_000_000))
            }
            let lower = try decision(.init(name: "r", anchor: .event("gone"), atLeast: period(length)))
            #expect(lower.keepUntil == .time(try #require(Timestamp.parse(keepUntil))), "\(zone) \(day)")
            let upper = try decision(.init(name: "r", anchor: .event("gone"), atMost: period(length)))
            #expect(upper.goneBy == Timestamp.parse(goneBy), "\(zone) \(day)")
            // Bounds of one rule do not cross.
            let both = try decision(
                .init(name: "r", anchor: .event("gone"), atLeast: period(length), atMost: period(length)))
            #expect(both.keepUntil == lower.keepUntil && both.goneBy == Timestamp.parse(keepUntil), "\(zone) \(day)")
        }
    }

    @Test func correctionsAndWithdrawalsFollowTheLedger() {
        var random = SeededGenerator.ofTest()
        let rules = policy(
            events: ["gone": .once, "seen": .latest], .init(name: "r", anchor: .event("gone"), atLeast: period("P1D")),
            .init(name: "s", anchor: .event("seen"), atLeast: period("P1D")))
        func keepUntil(_ events: EventRecord...) -> Decision.KeepUntil {
            decide(facts(events: events.shuffled(using: &random)), rules, at: 0).keepUntil
        }
        func gone(_ entry: UInt64, _ effect: EventRecord.Effect) -> EventRecord {
            EventRecord(entry: entry, name: "gone", effect: effect)
        }
        let seen = [1, 2].map {
            EventRecord(entry: 90 + $0, name: "seen", effect: .happened(.time(Self.day(Double(3 - $0)))))
        }
        #expect(keepUntil(seen[0], seen[1]) == .open(["gone"]))
        #expect(keepUntil(seen[0], seen[1], gone(1, .happened(.time(Self.day(1))))) == .time(Self.day(3)))
        #expect(
            keepUntil(seen[0], gone(1, .happened(.time(Self.day(9)))), gone(2, .happened(.time(Self.day(5)))))
                == .time(Self.day(10)))
        #expect(
            keepUntil(seen[0], gone(1, .happened(.time(Self.day(9)))), gone(3, .corrects(1, .time(Self.day(20)))))
                == .time(Self.day(21)))
        #expect(keepUntil(seen[0], gone(1, .happened(.time(Self.day(9)))), gone(3, .withdraws(1))) == .open(["gone"]))
        #expect(
            keepUntil(
                seen[0], gone(1, .happened(.time(Self.day(9)))), gone(3, .withdraws(1)),
                gone(4, .corrects(1, .time(Self.day(2)))))
                == .open(["gone"]))
    }

    @Test func whatNoRuleCoversIsKeptAndNamed() {
        let illinois = policy(applies: ["US-IL"], .init(name: "r", anchor: .archived, atMost: period("P1D")))
        #expect(decide(facts(), illinois, at: 999).status == .uncovered)
        #expect(decide(facts(places: ["US-IL"]), illinois, at: 0).status != .uncovered)
        let country = policy(applies: ["US"], .init(name: "r", anchor: .archived, atMost: period("P1D")))
        #expect(decide(facts(places: ["US-IL"]), country, at: 9).status == .overdue)
        #expect(decide(facts(places: ["USX"]), country, at: 9).status == .uncovered)
        let fallback = policy(
            named: "f", .init(name: "rest", anchor: .archived, atMost: period("P5D"), isFallback: true))
        #expect(decide(facts(), illinois, fallback, at: 9).decisive.map(\.rule) == ["rest"])
        #expect(decide(facts(places: ["US-IL"]), illinois, fallback, at: 0).decisive.map(\.rule) == ["r"])
    }

    @Test func erasureWaitsForTheLowerBoundAndThenHappensByItself() {
        let rules = policy(.init(name: "r", anchor: .archived, atLeast: period("P10D")))
        #expect(decide(facts(erasure: Self.day(2)), rules, at: 5).status == .erasurePending)
        #expect(decide(facts(erasure: Self.day(2)), rules, at: 5).changesAt == Self.day(11))
        #expect(decide(facts(erasure: Self.day(2)), rules, at: 11).status == .due)
        #expect(decide(facts(), rules, at: 11).status == .unbounded)
    }

    /// What a destruction names as its cause is what made it due, not a rule that would have later.
    @Test func anErasureIsNotTheWorkOfAnUpperBoundToCome() {
        let rules = policy(.init(name: "r", anchor: .archived, atLeast: period("P10D"), atMost: period("P50D")))
        let asked = facts(erasure: Self.day(2))
        let early = decide(asked, rules, at: 11)
        #expect(early.status == .due && early.cause == .erasure)
        #expect(!early.decisive.contains { $0.side == .atMost })
        #expect(early.goneBy == Self.day(51), "it is still said when it would have gone")
        let late = decide(asked, rules, at: 50)
        #expect(late.status == .due && late.cause == .upperBound && late.decisive.map(\.side) == [.atMost])
        #expect(decide(facts(), rules, at: 11).cause == nil)
    }

    @Test func aHoldStandsAboveEverything() {
        let rules = policy(.init(name: "r", anchor: .archived, atMost: period("P1D")))
        let hold = HoldFact(matter: "M-1", placed: Self.day(0), released: Self.day(50), cooling: 30 * 86_400)
        for day in [0.0, 40, 79.9] {
            let decision = decide(facts(holds: [hold], erasure: Self.day(1)), rules, at: day)
            #expect(decision.status == .held && decision.matters == ["M-1"] && decision.changesAt == Self.day(80))
        }
        #expect(decide(facts(holds: [hold]), rules, at: 80).status == .overdue)
    }

    // MARK: Properties

    private func someRule(_ name: String, _ random: inout SeededGenerator) -> Policy.Rule {
        let anchors: [Policy.Anchor] = [.captured, .archived, .event("a"), .event("b")]
        func somePeriod() -> RetentionPeriod? {
            Bool.random(using: &random) ? period("P\(Int.random(in: 1...60, using: &random))D") : nil
        }
        let anchor = anchors.randomElement(using: &random)!
        let (least, most) = (somePeriod(), somePeriod())
        var backstop: Policy.Backstop?
        if case .event = anchor, Bool.random(using: &random) {
            backstop = .init(anchor: .captured, after: period("P\(Int.random(in: 1...90, using: &random))D"))
        }
        return Policy.Rule(
            name: name, media: Bool.random(using: &random) ? ["video"] : nil,
            outcome: Bool.random(using: &random) ? .any : .passed, anchor: anchor,
            atLeast: least, atMost: least == nil && most == nil ? period("P9D") : most, backstop: backstop,
            isFallback: Int.random(in: 0..<5, using: &random) == 0)
    }

    private func someFacts(_ random: inout SeededGenerator) -> ObjectFacts {
        var events: [EventRecord] = []
        for entry in 0..<UInt64(Int.random(in: 0...4, using: &random)) {
            let moment = Self.day(Double(Int.random(in: -10...60, using: &random)))
            let time = Bool.random(using: &random) ? DayOrTime.time(moment) : .day(CalendarDay(of: moment))
            let effect: EventRecord.Effect =
                entry > 0 && Int.random(in: 0..<3, using: &random) == 0 ? .corrects(entry - 1, time) : .happened(time)
            events.append(EventRecord(entry: entry, name: ["a", "b"].randomElement(using: &random)!, effect: effect))
        }
        return facts(
            media: ["video", "result"].randomElement(using: &random)!,
            code: ["0", "1004", nil].randomElement(using: &random)!, events: events,
            erasure: Int.random(in: 0..<4, using: &random) == 0
                ? Self.day(Double(Int.random(in: 0...60, using: &random))) : nil)
    }

    private func isDue(_ decision: Decision) -> Bool { decision.status == .due || decision.status == .overdue }

    @Test func whatMustHoldForAll() {
        var random = SeededGenerator.ofTest()
        for round in 0..<4000 {
            let policies = (0..<Int.random(in: 0...3, using: &random)).map { number in
                Policy(
                    name: "p\(number)", version: 1, title: "", events: ["a": .once, "b": .latest],
                    rules: (0..<Int.random(in: 1...3, using: &random)).map { someRule("r\($0)", &random) })
            }
            let engine = RetentionEngine(policies: policies)
            var facts = someFacts(&random)
            let now = Self.day(Double(Int.random(in: 0...120, using: &random)) / 1.5)
            let decision = engine.decide(facts, at: now)
            // The order in which independent records arrive does not matter, nor that of the policies.
            facts.events.shuffle(using: &random)
            #expect(engine.decide(facts, at: now) == decision, "round \(round)")
            #expect(RetentionEngine(policies: policies.reversed()).decide(facts, at: now).status == decision.status)
            // Every decision names a cause.
            switch decision.status {
            case .uncovered: #expect(decision.reasons.isEmpty)
            case .due where facts.erasureRequested != nil: break
            case .overdue where facts.erasureRequested != nil: break
            default: #expect(!decision.decisive.isEmpty, "round \(round): \(decision.status)")
            }
            // A hold never makes anything due.
            var held = facts
            held.holds = [HoldFact(matter: "M", placed: Self.start.addingTimeInterval(-1e6), released: nil, cooling: 0)]
            #expect(engine.decide(held, at: now).status == .held)
            // A longer lower bound never makes anything due earlier.
            let longer = policies.map { policy in
                Policy(
                    name: policy.name, version: 1, title: "", events: policy.events,
                    rules: policy.rules.map { rule in
                        Policy.Rule(
                            name: rule.name, media: rule.media, outcome: rule.outcome, anchor: rule.anchor,
                            atLeast: rule.atLeast.map { period("P\($0.days + 7)D") }, atMost: rule.atMost,
                            backstop: rule.backstop, isFallback: rule.isFallback)
                    })
            }
            if isDue(RetentionEngine(policies: longer).decide(facts, at: now)) {
                #expect(isDue(decision), "round \(round)")
            }
            // What a decision says of its own change is so: until then it stays, and then it is another.
            if let change = decision.changesAt {
                let until = now.addingTimeInterval(change.timeIntervalSince(now) * 0.999)
                #expect(engine.decide(facts, at: until).status == decision.status, "round \(round)")
                #expect(
                    engine.decide(facts, at: change).status != decision.status, "round \(round): \(decision.status)")
            } else {
                #expect(
                    engine.decide(facts, at: now.addingTimeInterval(1e9)).status == decision.status, "round \(round)")
            }
        }
    }
}
