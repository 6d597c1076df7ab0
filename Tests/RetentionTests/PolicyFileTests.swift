import Base
import Foundation
import Retention
import StrictYAML
import Testing

/// What a policy file may say, and what it is told where it says something else.
struct PolicyFileTests {
    private struct Refused: Decodable {
        let why: String
        let text: String
        let line: Int?
        let says: String
    }

    static let policies = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("policies").path

    private func texts(_ folder: String) throws -> [String: String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".yaml") }
            .reduce(into: [:]) { $0[$1] = try String(contentsOfFile: folder + "/" + $1, encoding: .utf8) }
    }

    @Test func whatIsWrongIsNamedWithItsLine() throws {
        let file = try #require(
            Bundle.module.url(forResource: "policies-refused", withExtension: "json", subdirectory: "Vectors"))
        let vectors = try JSONDecoder().decode([Refused].self, from: try Data(contentsOf: file))
        #expect(vectors.count > 60)
        for vector in vectors {
            do throws(YAMLProblem) {
                _ = try Policy(yaml: vector.text)
                Issue.record("\(vector.why): accepted")
            } catch {
                #expect(error.message.contains(vector.says), "\(vector.why): \(error)")
                #expect(error.position?.line == vector.line, "\(vector.why): \(error)")
            }
        }
    }

    @Test func theShippedPoliciesDecideAsTheirTestsSay() throws {
        let policies = try texts(Self.policies).mapValues { try Policy(yaml: $0) }
        #expect(policies.count == 12)
        for (name, policy) in policies { #expect(name == "\(policy.name).yaml" && !policy.basis.isEmpty) }
        var tested: Set<String> = []
        for (name, text) in try texts(Self.policies + "/tests") {
            let file = try PolicyTestFile(yaml: text)
            let engine = RetentionEngine(
                policies: try file.policies.map { try #require(policies[($0 as NSString).lastPathComponent]) })
            tested.formUnion(file.policies.map { ($0 as NSString).lastPathComponent })
            for test in file.tests {
                #expect(test.differences(from: engine.decide(test.facts, at: test.at)) == [], "\(name): \(test.name)")
            }
        }
        #expect(tested == Set(policies.keys), "a policy without tests")
        for (_, text) in try texts(Self.policies + "/terms") { _ = try Terms(yaml: text) }
    }

    /// A test that expects something else fails.
    @Test func aWrongExpectationIsADifference() throws {
        let text = """
            policies: [x]
            tests:
              - name: t
                facts: { media: video, outcome: passed, captured: 2026-01-01 }
                at: 2026-01-02
                expect: { status: due, keep-until: 2026-02-01, gone-by: 2026-02-01, due-at: 2026-02-01, rules: \
                [p/other] }
            """
        let policy = try Policy(
            yaml: "policy: p\nversion: 1\ntitle: T\nrules: [{ name: r, retain: { from: captured, at-most: P90D } }]")
        let test = try PolicyTestFile(yaml: text).tests[0]
        let decision = RetentionEngine(policies: [policy]).decide(test.facts, at: test.at)
        #expect(test.differences(from: decision).count == 5)
        for wrong in ["status: doomed", "status: kept, keep-until: soon", "status: kept, gone-by: open", "state: kept"]
        {
            #expect(throws: YAMLProblem.self) {
                try PolicyTestFile(
                    yaml: text.replacingOccurrences(of: "status: due, keep-until: 2026-02-01", with: wrong))
            }
        }
    }

    private func findings(_ texts: String...) throws -> [PolicyFinding] {
        var check = PolicyCheck(
            try texts.enumerated().map { number, text in
                try Policy(yaml: "policy: p\(number + 1)\nversion: 1\ntitle: T\n" + text)
            })
        return check.run()
    }

    @Test func aCheckSeesWhatWasPerhapsNotMeant() throws {
        let keep = "rules:\n  - { name: keep, retain: { from: captured, at-least: P1Y } }\n"
        let go = "rules:\n  - { name: go, retain: { from: captured, at-most: P30D } }\n"
        #expect(try findings(keep).map(\.kind).contains(.noUpperBound))
        #expect(try findings(go) == [])
        #expect(
            try findings(keep, go).contains { $0.kind == .contradiction && $0.policy == "p2" && $0.position?.line == 5 }
        )
        #expect(
            try !findings(keep, "rules:\n  - { name: go, retain: { from: captured, at-most: P1Y } }\n").contains {
                $0.kind == .contradiction
            })
        let waits =
            "events: { ended: once, other: once }\nrules:\n  - { name: w, retain: { from: ended, at-least: P1Y, "
            + "at-most: P2Y } }\n"
        #expect(Set(try findings(waits).map(\.kind)) == [.noBackstop, .unusedEvent])
        #expect(
            try findings(go + "  - { name: again, media: [video], retain: { from: captured, at-most: P9D } }\n").map(
                \.kind) == [.overlap])
        #expect(
            try findings(go + "  - { name: rest, fallback: true, retain: { from: captured, at-most: P9D } }\n").map(
                \.kind) == [.unreachable])
        let part = try findings(
            "rules:\n  - { name: v, media: [video, hologram], retain: { from: captured, at-most: P9D } }\n")
        #expect(Set(part.map(\.kind)) == [.unknownMedia, .uncovered])
        #expect(
            part.first { $0.kind == .uncovered }?.message.contains("best-frame (failed), best-frame (passed)") == true)
        #expect(try findings("basis: [{ cite: Law }]\n" + go).map(\.kind) == [.unchecked])
        #expect(
            try findings("rules:\n  - { name: c, retain: { from: captured, at-least: P1M, at-most: P30D } }\n").map(
                \.kind
            ).contains(.closeBounds))
        // Policies of different places are about the same in a case of both.
        let apart = try findings(
            "applies-to: { jurisdiction: [HK] }\n" + keep, "applies-to: { jurisdiction: [FR] }\n" + go
        ).filter { $0.kind == .contradiction }
        #expect(!apart.isEmpty && apart.allSatisfy { $0.message.hasPrefix("in a case of HK and FR, p1 v1, rule keep") })
    }

    @Test func termsAreReadStrictly() throws {
        let good = try String(contentsOfFile: Self.policies + "/terms/tencent-ekyc.yaml", encoding: .utf8)
        #expect(try Terms(yaml: good).requirements == [.consentReference, .ageAttestation, .purpose])
        for (from, to) in [
            ("control: purpose", "control: magic"), ("cite: 1", "cite: 9"), ("value: unset", "value: soon"),
            ("parameter: erasure-after-request", "parameter: other"), ("    event: contract-ended\n", ""),
            ("name: age-of-consent", "name: explicit-consent"), ("version: 1", "version: x"),
            ("obligations:", "duties:"),
        ] {
            let text = good.replacingOccurrences(of: from, with: to)
            try #require(text != good)
            #expect(throws: YAMLProblem.self, "\(to)") { try Terms(yaml: text) }
        }
        #expect(Terms.isTerms(good) && !Terms.isTerms("policy: p") && !Terms.isTerms("["))
    }

    @Test func aResolutionBindsTheseVersionsAlone() throws {
        func policy(_ name: String, _ version: Int, _ retain: String) throws -> Policy {
            try Policy(
                yaml:
                    "policy: \(name)\nversion: \(version)\ntitle: T\nrules: [{ name: r, retain: { from: "
                    + "captured, \(retain) } }]"
            )
        }
        let day = Date(timeIntervalSince1970: 1_767_225_600)
        let facts = ObjectFacts(
            media: "video", outcome: Outcome(.passed, code: "0"), jurisdictions: [], purpose: nil, captured: day...day,
            archived: day)
        func status(_ winner: Resolution.Winner?, version: Int = 1, after days: Double) throws -> Decision {
            let rule = { RuleName(policy: $0, version: 1, rule: "r") }
            let resolutions =
                winner.map { [Resolution(entry: 7, lower: rule("a"), upper: rule("b"), winner: $0)] } ?? []
            return RetentionEngine(
                policies: [try policy("a", version, "at-least: P100D"), try policy("b", 1, "at-most: P50D")],
                resolutions: resolutions
            ).decide(facts, at: day.addingTimeInterval(days * 86_400))
        }
        #expect(try status(nil, after: 10).status == .conflict && status(nil, after: 60).status == .conflict)
        #expect(try status(.destroy, after: 10).status == .kept && status(.destroy, after: 60).status == .overdue)
        #expect(try status(.keep, after: 60).status == .kept && status(.keep, after: 99.9).status == .kept)
        #expect(try status(.keep, after: 100).status == .due && status(.keep, after: 101).status == .overdue)
        #expect(try status(.keep, after: 60).reasons.contains { $0.overruledBy == 7 && $0.side == .atMost })
        #expect(try status(.destroy, version: 2, after: 60).status == .conflict)
    }

    /// What was decided about two rules is not decided about a third.
    @Test func aResolutionIsAboutTwoRulesAlone() throws {
        let day = Date(timeIntervalSince1970: 1_767_225_600)
        func policy(_ name: String, _ retain: String) throws -> Policy {
            try Policy(
                yaml:
                    "policy: \(name)\nversion: 1\ntitle: T\nevents: { e: once }\nrules: [{ name: r, retain: { "
                    + "\(retain) } }]"
            )
        }
        func status(_ lower: String, _ winner: Resolution.Winner, after days: Double) throws -> Decision.Status {
            let rule = { RuleName(policy: $0, version: 1, rule: "r") }
            let engine = RetentionEngine(
                policies: [
                    try policy("law", lower), try policy("later", "from: captured, at-most: P60D"),
                    try policy("sooner", "from: captured, at-most: P20D"),
                ], resolutions: [Resolution(entry: 7, lower: rule("law"), upper: rule("later"), winner: winner)])
            let facts = ObjectFacts(
                media: "video", outcome: Outcome(.passed, code: "0"), jurisdictions: [], purpose: nil,
                captured: day...day, archived: day)
            return engine.decide(facts, at: day.addingTimeInterval(days * 86_400)).status
        }
        for lower in ["from: captured, at-least: P100D", "from: e, at-least: P100D"] {
            // Nobody decided about the sooner one.
            #expect(try status(lower, .destroy, after: 30) == .conflict)
            #expect(try status(lower, .destroy, after: 58.9) == .conflict)
            #expect(try status(lower, .destroy, after: 59) == .due && status(lower, .destroy, after: 61) == .overdue)
            #expect(try status(lower, .keep, after: 70) == .conflict)
        }
        #expect(try status("from: captured, at-least: P100D", .keep, after: 101) == .overdue)
        // The rule that was decided about is the one that destroys, and that is shown.
        let engine = RetentionEngine(
            policies: [
                try policy("law", "from: captured, at-least: P100D"),
                try policy("later", "from: captured, at-most: P60D"),
                try policy("sooner", "from: captured, at-most: P20D"),
            ],
            resolutions: [
                Resolution(
                    entry: 7, lower: RuleName(policy: "law", version: 1, rule: "r"),
                    upper: RuleName(policy: "later", version: 1, rule: "r"), winner: .destroy)
            ])
        let facts = ObjectFacts(
            media: "video", outcome: Outcome(.passed, code: "0"), jurisdictions: [], purpose: nil, captured: day...day,
            archived: day)
        let decision = engine.decide(facts, at: day.addingTimeInterval(61 * 86_400))
        #expect(decision.decisive.map(\.policy) == ["later"] && decision.goneBy == day.addingTimeInterval(60 * 86_400))
        #expect(decision.keepUntil == .nothing)
    }

    /// A relationship that ended before the person stood before the camera was another one.
    @Test func whatHappenedBeforeTheCaptureIsAboutSomethingElse() throws {
        let policy = try Policy(
            yaml:
                "policy: p\nversion: 1\ntitle: T\nevents: { e: once, l: latest }\nrules: [{ name: r, retain: { "
                + "from: e, at-least: P10D, at-most: P20D } }]"
        )
        let day = Date(timeIntervalSince1970: 1_767_225_600)
        func status(_ offsets: Double...) -> Decision.Status {
            let events = offsets.enumerated().map { number, offset in
                EventRecord(
                    entry: UInt64(number), name: "e", effect: .happened(.time(day.addingTimeInterval(offset * 86_400))))
            }
            let facts = ObjectFacts(
                media: "video", outcome: Outcome(.passed, code: "0"), jurisdictions: [], purpose: nil,
                captured: day...day, archived: day,
                events: events)
            return RetentionEngine(policies: [policy]).decide(facts, at: day.addingTimeInterval(19 * 86_400)).status
        }
        #expect(
            status(-3000) == .waitingForEvent && status(-1.1) == .waitingForEvent && status(-0.1) == .waitingForEvent)
        #expect(status(0) == .due && status(0.1) == .kept && status(-3000, 0) == .due)
        // A day counts whole, by the clocks of the policy's time zone.
        let chicago = try #require(TimeZone(identifier: "America/Chicago"))
        let noon = day.addingTimeInterval(43_200)
        let that = DayOrTime.day(CalendarDay(of: day))
        #expect(EventRecord.isAbout(that, captured: noon, in: .gmt))
        #expect(!EventRecord.isAbout(.time(day), captured: noon, in: .gmt))
        #expect(!EventRecord.isAbout(.day(CalendarDay(of: day.addingTimeInterval(-1))), captured: noon, in: .gmt))
        #expect(!EventRecord.isAbout(that, captured: day.addingTimeInterval(86_400), in: .gmt))
        #expect(EventRecord.isAbout(that, captured: day.addingTimeInterval(86_400), in: chicago))
    }
}
