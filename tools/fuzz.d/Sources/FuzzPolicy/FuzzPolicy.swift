import Base
import Foundation
import Retention
import StrictYAML

/// Policies, terms and their tests: each text is read or refused with a sentence; what is read can be checked and
/// decided by, and a decision's own forecast is right.
func fuzzPolicy(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    guard let text = String(validating: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self) else {
        return 0
    }
    do throws(YAMLProblem) { _ = try Terms(yaml: text) } catch { precondition(!error.message.isEmpty) }
    do throws(YAMLProblem) { _ = try PolicyTestFile(yaml: text) } catch { precondition(!error.message.isEmpty) }
    let policy: Policy
    do throws(YAMLProblem) {
        policy = try Policy(yaml: text)
    } catch {
        precondition(!error.message.isEmpty)
        return 0
    }
    guard policy.rules.count < 50, (policy.appliesTo.jurisdictions?.count ?? 0) < 50 else { return 0 }
    var check = PolicyCheck([policy])
    for finding in check.run() { precondition(!finding.message.isEmpty) }
    let engine = RetentionEngine(policies: [policy])
    let start = Date(timeIntervalSince1970: 1_760_000_000)
    let events = policy.events.keys.sorted().enumerated().map { number, name in
        EventRecord(
            entry: UInt64(number), name: name,
            effect: .happened(
                number % 2 == 0
                    ? .time(start.addingTimeInterval(Double(number) * 1e6))
                    : .day(CalendarDay(of: start.addingTimeInterval(Double(number) * 1e6)))))
    }
    for media in PolicyCheck.knownMedia {
        let facts = ObjectFacts(
            media: media, outcome: Outcome(.passed, code: "0"), jurisdictions: policy.appliesTo.jurisdictions ?? ["HK"],
            purpose: policy.appliesTo.purposes?.first, captured: start...start.addingTimeInterval(60), archived: start,
            events: events)
        let decision = engine.decide(facts, at: start)
        if let next = decision.next { precondition(engine.decide(facts, at: next.at).status == next.status) }
        if let due = decision.dueAt { precondition(engine.decide(facts, at: due).status.isDue) }
    }
    return 0
}
