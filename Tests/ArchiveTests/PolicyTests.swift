import Base
import Foundation
import Retention
import Testing

@testable import Archive
@testable import Vault

/// Policies in an archive: activated on the record, never changed, decided by at once.
struct PolicyTests {
    private func version(_ number: Int, _ old: String = "", _ new: String = "") -> String {
        TestArchive.policy.replacingOccurrences(of: "version: 1", with: "version: \(number)")
            .replacingOccurrences(of: old, with: new)
    }

    @Test func activationNeedsItsImpactAccepted() throws {
        let test = try TestArchive()
        let archive = try test.open()
        try test.archive("K-1", in: archive)
        let file = try test.file(TestArchive.policy)
        let impact = try archive.policies.simulate(file)
        #expect(impact.objects == 3 && impact.earlier == 1 && impact.never == 0 && impact.dueNow == 0)
        #expect(impact.examples.map(\.caseID) == ["K-1"] && impact.before["uncovered"] == 3)
        let refused = refusal { _ = try archive.policies.activate(file, accepting: nil) { _ in false } }
        #expect(
            refused?.code == .impactNotAccepted
                && refused?.remedy?.description.contains(impact.digest.prefix(16)) == true)
        for wrong in ["", "0", String(impact.digest.prefix(15)), String(repeating: "f", count: 64)] {
            #expect(
                refusal { _ = try archive.policies.activate(file, accepting: wrong) { _ in true } }?.code
                    == .impactNotAccepted)
        }
        #expect(try archive.policies.list().isEmpty)
        _ = try archive.policies.activate(file, accepting: String(impact.digest.prefix(16))) { _ in false }
        #expect(try archive.policies.list().map(\.isActive) == [true])
        let status = try archive.overview.status().retention
        #expect(status["waiting-for-event"] == 2 && status["kept"] == 1 && !status.isRefreshing)
        #expect(status.next30Days.reduce(0, +) == 0)
        #expect(try archive.policies.show("house", version: nil).text == TestArchive.policy)
        #expect(try archive.audit.reconcile().findings == [])
    }

    @Test func aPolicyNeverChanges() throws {
        let test = try TestArchive()
        let archive = try test.open()
        try test.activate(TestArchive.policy, in: archive)
        #expect(refusal { try test.activate(TestArchive.policy, in: archive) }?.code == .policyActive)
        #expect(refusal { try test.activate(TestArchive.policy + "# more\n", in: archive) }?.code == .policyExists)
        try test.activate(version(3), in: archive)
        #expect(refusal { try test.activate(version(2), in: archive) }?.code == .policyExists)
        // Back to what was active once.
        try test.activate(TestArchive.policy, in: archive)
        #expect(try archive.policies.list().filter(\.isActive).map(\.version) == [1])
        #expect(try archive.audit.reconcile().findings == [])
    }

    @Test func aPolicyThatIsRetiredRulesNoMore() throws {
        let test = try TestArchive()
        let archive = try test.open()
        try test.activate(TestArchive.policy, in: archive)
        try test.archive("K-1", in: archive)
        let reason = try Reason("a mistake")
        #expect(
            refusal { _ = try archive.policies.retire("other", reason: reason, accepting: nil) { _ in true } }?.code
                == .unknownPolicy)
        let refused = refusal {
            _ = try archive.policies.retire("house", reason: reason, accepting: nil) { _ in false }
        }
        #expect(refused?.code == .impactNotAccepted)
        let impact = try archive.policies.retire("house", reason: reason, accepting: nil) {
            $0.never == 1 && $0.objects == 3
        }
        .get()
        #expect(impact.after == ["uncovered": 3])
        #expect(
            try archive.policies.list().map(\.isActive) == [false]
                && archive.overview.status().retention["uncovered"] == 3)
        try test.pass(days: 91, in: archive)
        #expect(try archive.destruction.run(accepting: nil).get().destroyed == 0)
        #expect(try test.open().audit.reconcile().findings == [])
        try test.activate(TestArchive.policy, in: archive)
        #expect(try archive.destruction.run(accepting: nil).get().destroyed == 1)
        #expect(try test.open().audit.reconcile().findings == [])
    }

    @Test func anImpactCountsWhatChanges() throws {
        let test = try TestArchive()
        let archive = try test.open()
        try test.activate(TestArchive.policy, in: archive)
        for number in 0..<4 { try test.archive("K-\(number)", in: archive) }
        #expect(try archive.policies.simulate(try test.file(version(2, "P90D", "P30D"))).earlier == 4)
        #expect(try archive.policies.simulate(try test.file(version(2, "P90D", "P1Y"))).later == 4)
        let gone = version(2, "  - name: video\n    media: [video]\n    retain: { from: captured, at-most: P90D }", "")
        let never = try archive.policies.simulate(try test.file(gone))
        #expect(never.never == 4 && never.examples.count == 3 && never.after["uncovered"] == 4)
        try test.pass(days: 40, in: archive)
        let sooner = try archive.policies.simulate(try test.file(version(2, "P90D", "P30D")))
        #expect(sooner.dueNow == 4 && sooner.after["overdue"] == 4)
        // Simulated, nothing changed.
        #expect(try archive.overview.status().retention["kept"] == 4)
        #expect(
            try archive.policies.simulate(
                try test.file(TestArchive.policy.replacingOccurrences(of: "house", with: "other"))
            )
            .earlier == 0)
    }

    @Test func mediaThatComesAfterTheEventInheritsIt() throws {
        let test = try TestArchive()
        let archive = try test.open()
        try test.activate(TestArchive.policy, in: archive)
        try test.archive("K-1", in: archive)
        let recorded = try test.event("relationship-ended", of: "K-1", in: archive)
        #expect(!recorded.wasKnown)
        try test.archive("K-1", in: archive, answer: TestAnswer(videoLength: 11).text)
        let explanation = try archive.policies.explain(try CaseID("K-1"))
        let kept = explanation.objects.filter { $0.kind == "best-frame" }
        #expect(kept.count == 2 && kept.allSatisfy { $0.status == "kept" && $0.keepUntil != nil })
        #expect(kept.allSatisfy { $0.reasons.contains { $0.event == recorded.entry && $0.decides } })
        #expect(try archive.audit.reconcile().findings == [])
    }

    @Test func eventsAreCorrectedAndWithdrawnOnTheRecord() throws {
        let test = try TestArchive()
        let archive = try test.open()
        #expect(refusal { _ = try test.event("relationship-ended", of: "K-1", in: archive) }?.code == .unknownCase)
        try test.archive("K-1", in: archive)
        #expect(
            refusal { _ = try test.event("relationship-ended", of: "K-1", in: archive) }?.message.contains(
                "no active policy") == true)
        try test.activate(TestArchive.policy, in: archive)
        #expect(
            refusal { _ = try test.event("relationship-endet", of: "K-1", in: archive) }?.remedy?.description.contains(
                "relationship-ended") == true)
        func keepUntil() throws -> Date? {
            try archive.policies.explain(try CaseID("K-1")).objects.first { $0.kind == "result" }?.keepUntil
        }
        let (now, day) = (test.time.now, 86_400.0)
        #expect(
            refusal {
                _ = try test.event("relationship-ended", of: "K-1", at: now.addingTimeInterval(day), in: archive)
            }?
            .message.contains("lies in the future") == true)
        #expect(
            refusal {
                _ = try test.event("relationship-ended", of: "K-1", at: now.addingTimeInterval(-2 * day), in: archive)
            }?
            .message.contains("before the capture") == true)
        let first = try test.event("relationship-ended", of: "K-1", at: now, in: archive)
        #expect(try test.event("relationship-ended", of: "K-1", at: now, in: archive).wasKnown)
        let until = try #require(try keepUntil())
        test.time.advance(10 * day)
        let twice = refusal { _ = try test.event("relationship-ended", of: "K-1", in: archive) }
        #expect(twice?.code == .eventExists && twice?.remedy?.description.contains("correct \(first.entry)") == true)
        let later = now.addingTimeInterval(5 * day)
        _ = try test.event("relationship-ended", of: "K-1", at: later, .corrects(first.entry), in: archive)
        #expect(try keepUntil() == until.addingTimeInterval(5 * day))
        #expect(
            refusal { _ = try test.event("relationship-ended", of: "K-1", at: later, .corrects(3), in: archive) }?.code
                == .badEvent)
        _ = try test.event("relationship-ended", of: "K-1", .withdraws(first.entry), in: archive)
        #expect(try keepUntil() == nil)
        #expect(
            refusal { _ = try test.event("relationship-ended", of: "K-1", .withdraws(first.entry), in: archive) }?.code
                == .badEvent)
        #expect(try !test.event("relationship-ended", of: "K-1", in: archive).wasKnown)
        #expect(try archive.retrieval.caseDetails(try CaseID("K-1")).events.count == 4)
        #expect(try archive.audit.reconcile().findings == [])
    }

    /// Somebody comes back: the end of the first relationship is not the end of the second.
    @Test func aRelationshipThatIsTakenUpAgainEndsAgain() throws {
        let test = try TestArchive()
        let archive = try test.open()
        try test.activate(TestArchive.policy, in: archive)
        try test.archive("K-1", in: archive)
        let first = try test.event("relationship-ended", of: "K-1", in: archive)
        #expect(
            refusal {
                _ = try test.event(
                    "relationship-ended", of: "K-1", at: test.time.now.addingTimeInterval(-60), in: archive)
            }?.code == .eventExists)
        test.time.advance(300 * 86_400)
        try test.archive("K-1", in: archive, answer: TestAnswer(videoLength: 11).text)
        func statuses() throws -> [Int: String] {
            try archive.policies.explain(try CaseID("K-1")).objects.filter { $0.kind == "result" }
                .reduce(into: [:]) { $0[$1.verification] = $1.status }
        }
        #expect(try statuses() == [1: "kept", 2: "waiting-for-event"])
        test.time.advance(86_400)
        let second = try test.event("relationship-ended", of: "K-1", in: archive)
        #expect(second.entry != first.entry)
        #expect(try statuses() == [1: "kept", 2: "kept"])
        let objects = try archive.policies.explain(try CaseID("K-1")).objects.filter { $0.kind == "result" }
        #expect(
            objects.allSatisfy { object in
                object.reasons.contains { $0.event == (object.verification == 1 ? first.entry : second.entry) }
            })
        #expect(try archive.audit.reconcile().findings == [])
    }

    @Test func anEventOfAPersonIsAnEventOfEachCase() throws {
        let test = try TestArchive()
        let archive = try test.open()
        try test.activate(TestArchive.policy, in: archive)
        for number in 0..<4 {
            try test.archive("K-\(number)", in: archive) { $0.subject = number == 3 ? "S-2" : "S-1" }
        }
        let input = try CaseEventInput(
            event: "relationship-ended", at: nil, change: .happened, now: test.time.now)
        #expect(try archive.policies.recordEvent(input, ofSubject: "S-1").map(\.caseID) == ["K-0", "K-1", "K-2"])
        #expect(refusal { _ = try archive.policies.recordEvent(input, ofSubject: "S-9") }?.code == .unknownCase)
        #expect(try archive.overview.status().retention["waiting-for-event"] == 2)
    }

    private let strict = """
        policy: strict
        version: 1
        title: Contradicts the house rules
        applies-to: { jurisdiction: [HK] }
        rules:
          - name: soon
            media: [best-frame]
            retain: { from: captured, at-most: P1Y }
        """

    @Test func aConflictIsKeptUntilItIsResolved() throws {
        let test = try TestArchive()
        let archive = try test.open()
        try test.activate(TestArchive.policy, in: archive)
        try test.activate(strict, in: archive)
        for number in 0..<3 {
            try test.archive("K-\(number)", in: archive)
            _ = try test.event("relationship-ended", of: "K-\(number)", in: archive)
        }
        try test.pass(days: 400, in: archive)
        #expect(try archive.destruction.run(accepting: nil).get().skipped["conflict"] == 3)
        let classes = try archive.policies.conflictClasses()
        #expect(classes.map(\.objects) == [3] && classes.first?.lowerRule == "house/evidence")
        let (lower, upper) = (
            try archive.policies.activeRule("house/evidence"), try archive.policies.activeRule("strict/soon")
        )
        for (a, b) in [(upper, lower), (lower, try archive.policies.activeRule("house/video"))] {
            #expect(
                refusal {
                    _ = try archive.policies.resolve(
                        lower: a, upper: b, winner: .keep, reason: try Reason("r"), confirm: { _ in true })
                } != nil)
        }
        let done = try archive.policies.resolve(
            lower: lower, upper: upper, winner: .destroy, reason: try Reason("counsel says so"), confirm: { $0 == 3 }
        ).get()
        #expect(done.objects == 3)
        #expect(
            refusal {
                _ = try archive.policies.resolve(
                    lower: lower, upper: upper, winner: .keep, reason: try Reason("r"), confirm: { _ in true })
            }?
            .outcome == .refused)
        let explained = try archive.policies.explain(try CaseID("K-0")).objects.first { $0.kind == "best-frame" }
        #expect(explained?.status == "overdue" && explained?.reasons.contains { $0.overruledBy == done.entry } == true)
        #expect(try archive.destruction.run(accepting: nil).get().destroyed == 3)
        // A new version takes the resolution away.
        try test.archive("K-9", in: archive)
        _ = try test.event("relationship-ended", of: "K-9", in: archive)
        try test.activate(strict.replacingOccurrences(of: "version: 1", with: "version: 2"), in: archive)
        try test.pass(days: 367, in: archive)
        #expect(try archive.destruction.run(accepting: nil).get().skipped["conflict"] == 1)
        #expect(try archive.audit.reconcile().findings == [])
    }

    @Test func termsAreEnforcedAtRegistration() throws {
        let test = try TestArchive()
        let archive = try test.open()
        try test.archive("K-old", in: archive)
        let terms = try PolicyFile(path: Self.policies + "/terms/tencent-ekyc.yaml")
        _ = try archive.policies.activate(terms, accepting: nil) { _ in true }
        let refused = refusal { try test.archive("K-1", in: archive) }
        #expect(refused?.code == .termsUnmet && refused?.message.contains("consent, age, purpose") == true)
        #expect(
            refusal { _ = try archive.retrieval.caseDetails(try CaseID("K-1")) }?.code == .unknownCase,
            "nothing of it is left")
        // The vendor's hours do not wait: a token is kept, marked, and asked about.
        let kept = try archive.intake.register(try test.registration("K-1", token: "t") { $0.consent = "C-1" })
        #expect(kept.unmet?.lacks == ["age", "purpose"])
        #expect(try archive.overview.status().casesLackingTerms == 1)
        let answer = TestAnswer()
        test.transport.answer { _, _ in (200, answer.text) }
        #expect(try test.pull(archive).map(\.state) == [.archived])
        #expect(refusal { try test.archive("K-1", in: archive) }?.code == .termsUnmet)
        #expect(try archive.audit.reconcile().findings == [])
        let completed = try archive.intake.register(
            try test.registration("K-1", token: "t") { input in
                input.age = "parental-consent"
                input.purpose = "onboarding"
            })
        #expect(try completed.unmet == nil && archive.overview.status().casesLackingTerms == 0)
        #expect(try archive.retrieval.caseDetails(try CaseID("K-1")).age == "parental-consent")
        let report = try archive.policies.termsReport()
        let gaps = Dictionary(uniqueKeysWithValues: report.obligations.map { ($0.name, $0.gap) })
        #expect(
            gaps["explicit-consent"] == "1 case has none"
                && gaps["records-of-access"] == .some(nil))
        #expect(gaps["deletion-at-contract-end"]??.contains("not filled in") == true)
        #expect(report.gaps == report.obligations.filter { $0.gap != nil }.count)
        #expect(try archive.audit.reconcile().findings == [])
    }

    @Test func figuresThatAreFilledInCloseTheirGaps() throws {
        let test = try TestArchive()
        let archive = try test.open()
        let text = try String(contentsOfFile: Self.policies + "/terms/tencent-ekyc.yaml", encoding: .utf8)
        try test.activate(text.replacingOccurrences(of: "value: unset", with: "value: P60D"), in: archive)
        func gap() throws -> String? {
            try archive.policies.termsReport().obligations.first { $0.name == "deletion-at-contract-end" }?.gap
        }
        #expect(try gap()?.contains("no active rule") == true)
        try test.activate(
            try String(contentsOfFile: Self.policies + "/contract-end.yaml", encoding: .utf8), in: archive)
        #expect(try gap() == nil)
    }

    static let policies = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("policies").path
}
