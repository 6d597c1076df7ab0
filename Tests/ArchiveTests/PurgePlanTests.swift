@_spi(Writing) import Catalog
import Evidence
import Foundation
import Ledger
import Testing

@testable import Archive
@testable import Vault

/// A plan says what is due, is applied once, and destroys nothing that is not.
struct PurgePlanTests {
    @Test func aPlanIsAppliedOnceAsItIs() throws {
        let test = try TestArchive()
        let archive = try test.open()
        try test.activate(TestArchive.policy, in: archive)
        for number in 0..<5 { try test.archive("K-\(number)", in: archive) }
        try test.pass(days: 90, in: archive)
        let path = test.directory + "/plan"
        let plan = try archive.destruction.plan(until: nil, to: path)
        #expect(plan.objects == 5 && plan.cases == 5)
        #expect(refusal { _ = try archive.destruction.plan(until: nil, to: path) }?.code == .outputExists)

        // Every byte that is changed is noticed, and so is one that is missing.
        let bytes = FileManager.default.contents(atPath: path)!
        let altered = test.directory + "/altered"
        for index in stride(from: 0, to: bytes.count, by: 37) {
            var copy = bytes
            copy[index] ^= 1
            try copy.write(to: URL(fileURLWithPath: altered))
            #expect(
                refusal { _ = try archive.destruction.apply(altered, accepting: nil) }?.code == .badPlan,
                "byte \(index)")
        }
        try bytes.dropLast(20).write(to: URL(fileURLWithPath: altered))
        #expect(refusal { _ = try archive.destruction.apply(altered, accepting: nil) }?.code == .badPlan)
        let other = try TestArchive()
        #expect(
            refusal { _ = try other.open().destruction.apply(path, accepting: nil) }?.message.contains(
                "another archive")
                == true)

        // What changed since then stays.
        _ = try archive.policies.recordEvent(
            CaseEventInput(
                event: "relationship-ended", at: nil, change: .happened, now: test.time.now),
            of: try CaseID("K-0"))
        let report = try archive.destruction.apply(path, accepting: nil).get()
        #expect(report.destroyed == 5)
        let again = refusal { _ = try archive.destruction.apply(path, accepting: nil) }
        #expect(again?.code == .planUnfit && again?.message.contains("applied already") == true)
        #expect(try archive.audit.reconcile().findings == [])
    }

    /// A run whose program died gets its end from the next, and its plan goes on with what is left.
    @Test func anInterruptedRunIsEndedAndItsPlanGoesOn() throws {
        let test = try TestArchive()
        let archive = try test.open()
        try test.activate(TestArchive.policy, in: archive)
        for number in 0..<3 { try test.archive("K-\(number)", in: archive) }
        try test.pass(days: 90, in: archive)
        let path = test.directory + "/plan"
        let plan = try archive.destruction.plan(until: nil, to: path)
        // The beginning, one object, and then nothing more.
        let video = try archive.catalog.read { index in
            try index.retentionRows(.due(by: test.time.now), after: nil, limit: 1).map(\.object)
        }
        let run = try archive.record { transaction in
            try transaction.add(
                .purgeStarted(.init(form: .plan, digest: plan.digest, objects: 3, set: 1, limitAccepted: nil)))
        }
        _ = try archive.record { try archive.destroy(video, in: run, $0) }
        #expect(try archive.audit.reconcile().findings == [])
        let report = try archive.destruction.apply(path, accepting: nil).get()
        #expect(report.destroyed == 2 && report.skipped == ["gone": 1] && report.blobsRemoved == 3)
        #expect(refusal { _ = try archive.destruction.apply(path, accepting: nil) }?.code == .planUnfit)
        var query = LedgerQuery()
        query.kind = "purge finished"
        #expect(
            try archive.audit.entries(query).map(\.sentence) == [
                "ended the run of entry \(run): 1 object destroyed; not destroyed: 2 interrupted",
                "ended the run of entry \(report.run!): 2 objects destroyed; not destroyed: 1 gone",
            ])
        let done = try archive.destruction.certify(.run(run), to: test.directory + "/certificate")
        #expect(done.objects == 1)
        #expect(try problems(test.directory + "/certificate", key: done.verifierKey) == [])
        #expect(try archive.audit.reconcile().findings == [])
    }

    @Test func aPlanThatIsTooOldOrByOtherRulesIsRefused() throws {
        let test = try TestArchive()
        let archive = try test.open()
        try test.activate(TestArchive.policy, in: archive)
        try test.archive("K-1", in: archive)
        try test.pass(days: 90, in: archive)
        let first = test.directory + "/first"
        _ = try archive.destruction.plan(until: nil, to: first)
        try test.activate(
            TestArchive.policy.replacingOccurrences(of: "version: 1", with: "version: 2")
                .replacingOccurrences(of: "P90D", with: "P300D"), in: archive)
        #expect(
            refusal { _ = try archive.destruction.apply(first, accepting: nil) }?.message.contains("other policies")
                == true)
        #expect(try archive.destruction.run(accepting: nil).get().destroyed == 0, "the new version keeps it")
        try test.pass(days: 210, in: archive)
        let second = test.directory + "/second"
        _ = try archive.destruction.plan(until: nil, to: second)
        test.time.advance(86_401)
        let late = refusal { _ = try archive.destruction.apply(second, accepting: nil) }
        #expect(late?.code == .planUnfit && late?.message.contains("could be applied until") == true)
        #expect(try test.kinds(of: "K-1", in: archive).contains("video"))
    }

    /// What lies in a plan that looks ahead is destroyed only when it is due.
    @Test func aPlanForTheFutureDestroysNothingBefore() throws {
        let test = try TestArchive()
        let archive = try test.open()
        try test.activate(TestArchive.policy, in: archive)
        try test.archive("K-1", in: archive)
        let path = test.directory + "/plan"
        #expect(
            try archive.destruction.plan(until: test.time.now.addingTimeInterval(100 * 86_400), to: path).objects == 1)
        let report = try archive.destruction.apply(path, accepting: nil).get()
        #expect(report.destroyed == 0 && report.skipped["kept"] == 1)
    }
}
