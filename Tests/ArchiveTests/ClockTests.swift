import Base
@_spi(Writing) import Catalog
import Foundation
import Ledger
import Testing

@testable import Archive
@testable import Vault

/// Promise 7: no destruction by a clock that nobody believes.
struct ClockTests {
    private func prepared() throws -> (TestArchive, Session) {
        let test = try TestArchive()
        let archive = try test.open()
        try test.activate(TestArchive.policy, in: archive)
        try test.archive("K-1", in: archive)
        return (test, archive)
    }

    @Test func aJumpAheadStopsDestructionUntilItIsAccepted() throws {
        let (test, archive) = try prepared()
        test.time.advance(400 * 86_400)
        let refused = refusal { _ = try archive.destruction.run(accepting: nil).get() }
        #expect(refused?.code == .clockDoubted && refused?.outcome == .refused)
        #expect(refused?.message.contains("400 days after the newest time on record") == true)
        // Work in between does not make it believable.
        _ = try archive.intake.import(try test.item("K-2", answer: TestAnswer(videoLength: 10).text))
        #expect(refusal { _ = try archive.destruction.run(accepting: nil).get() }?.code == .clockDoubted)
        #expect(refusal { _ = try archive.destruction.apply(test.directory + "/none", accepting: nil) } != nil)
        #expect(try archive.overview.status().clock.doubt != nil && archive.overview.status().objects == 6)
        // Somebody who names another day did not look.
        #expect(
            refusal {
                _ = try archive.destruction.acceptClock(
                    test.time.now.addingTimeInterval(-3 * 86_400), reason: try Reason("r")
                )
                .get()
            }?.code == .clockDoubted)
        #expect(
            try archive.destruction.acceptClock(test.time.now, reason: try Reason("checked by radio")).get().doubt
                == nil)
        #expect(try archive.destruction.run(accepting: nil).get().destroyed == 1)
        #expect(
            refusal { _ = try archive.destruction.acceptClock(test.time.now, reason: try Reason("r")).get() }?.code
                == .clockFine)
        #expect(try archive.audit.reconcile().findings == [])
    }

    /// What is refused does not make the next step believable.
    @Test func refusalsDoNotCarryTheClock() throws {
        let (test, archive) = try prepared()
        for _ in 0..<6 {
            test.time.advance(29 * 86_400)
            let other = test.time.now.addingTimeInterval(-3 * 86_400)
            _ = refusal { _ = try archive.destruction.acceptClock(other, reason: try Reason("r")).get() }
            _ = refusal { _ = try archive.retrieval.caseDetails(try CaseID("K-none")) }
            _ = refusal { _ = try test.contents("none", of: "K-1", in: archive) }
        }
        #expect(refusal { _ = try archive.destruction.run(accepting: nil).get() }?.code == .clockDoubted)
        #expect(try archive.overview.status().objects == 3)
    }

    /// The clock leaps between two transactions of one purge.
    @Test func aLeapInTheMiddleOfAPurgeStopsIt() throws {
        let (test, archive) = try prepared()
        let plan = test.directory + "/plan"
        _ = try archive.destruction.plan(until: test.time.now.addingTimeInterval(99 * 86_400), to: plan)
        // Asked for the plan's objects, the clock is right; when they are destroyed, it is far ahead.
        let objects = try archive.catalog.read { try $0.retentionRows(.all, after: nil, limit: 9).map(\.object) }
        test.time.advance(99 * 86_400)
        let refused = refusal { _ = try archive.record { try archive.destroy(objects, in: 1, $0) } }
        #expect(refused?.code == .clockDoubted)
        #expect(try archive.overview.status().objects == 3)
    }

    @Test func anHourBackStopsItToo() throws {
        let (test, archive) = try prepared()
        try test.pass(days: 91, in: archive)
        test.time.advance(-299)
        #expect(try archive.overview.status().clock.doubt == nil, "a small step is nothing")
        test.time.advance(-3600)
        let refused = refusal { _ = try archive.destruction.run(accepting: nil).get() }
        #expect(refused?.code == .clockDoubted && refused?.message.contains("before the newest time") == true)
        // Time passes by itself.
        test.time.advance(3601)
        #expect(try archive.destruction.run(accepting: nil).get().destroyed == 1)
    }

    @Test func aClockThatCameBackFromTheFutureIsAccepted() throws {
        let (test, archive) = try prepared()
        test.time.advance(400 * 86_400)
        _ = refusal { _ = try archive.destruction.run(accepting: nil).get() }
        test.time.advance(-400 * 86_400)
        #expect(refusal { _ = try archive.destruction.run(accepting: nil).get() }?.code == .clockDoubted)
        _ = try archive.destruction.acceptClock(test.time.now, reason: try Reason("set right again")).get()
        #expect(try archive.destruction.run(accepting: nil).get().destroyed == 0)
        try test.pass(days: 91, in: archive)
        #expect(try archive.destruction.run(accepting: nil).get().destroyed == 1)
        #expect(try archive.audit.reconcile().findings == [])
    }

    @Test func theVendorsClockIsAWitness() throws {
        let (test, archive) = try prepared()
        try test.pass(days: 91, in: archive)
        let vendorTime = test.time.now.addingTimeInterval(-20 * 86_400)
        test.transport.setDate(vendorTime)
        test.transport.answer { _, asked in (200, TestAnswer.error("AuthFailure.SignatureExpire")) }
        _ = try archive.intake.register(try test.registration("K-9", token: "tok"))
        _ = try? test.pull(archive)
        let refused = refusal { _ = try archive.destruction.run(accepting: nil).get() }
        #expect(refused?.code == .clockDoubted && refused?.message.contains("the vendor's said") == true)
        _ = try archive.destruction.acceptClock(test.time.now, reason: try Reason("the vendor's is wrong")).get()
        #expect(try archive.destruction.run(accepting: nil).get().destroyed == 1)
    }

    /// Seven steps of fifteen days, in one second: each is believable alone.
    @Test(arguments: [15 * 86_400.0, 3600, 299]) func stepsAreNoTimeThatPassed(step: Double) throws {
        let (test, archive) = try prepared()
        var sum = 0.0
        while sum < 100 * 86_400, try archive.overview.status().clock.doubt == nil {
            test.time.step(step)
            sum += step
            _ = try archive.record { try $0.add(.archiveVerified(.init(objects: 0, opened: 0, findings: 0))) }
        }
        #expect(sum <= max(step, 600))
        let refused = refusal { _ = try archive.destruction.run(accepting: nil).get() }
        #expect(refused?.code == .clockDoubted && refused?.message.contains("where the machine had measured") == true)
        var query = LedgerQuery()
        query.kind = "clock doubted"
        #expect(try archive.audit.entries(query).map(\.sentence).first?.contains("was set ahead") == true)
        // Set back, it stays on record until somebody has looked.
        test.time.step(-sum)
        #expect(refusal { _ = try archive.destruction.run(accepting: nil).get() }?.code == .clockDoubted)
        _ = try archive.destruction.acceptClock(test.time.now, reason: try Reason("set right")).get()
        try test.pass(days: 91, in: archive)
        #expect(try archive.destruction.run(accepting: nil).get().destroyed == 1)
        #expect(try archive.audit.reconcile().findings == [])
    }

    /// What passed while no machine was on is believed for a month, all in all, until another clock says the same.
    @Test func timeThatNobodyMeasuredAddsUp() throws {
        let (test, archive) = try prepared()
        for _ in 0..<3 {
            test.time.reboot(after: 9 * 86_400)
            try test.pass(days: 2, in: archive)
            #expect(try archive.overview.status().clock.doubt == nil)
        }
        // The vendor's clock says the same.
        test.transport.setDate(test.time.now)
        test.transport.answer { _, asked in (200, TestAnswer.error("AuthFailure.SignatureExpire")) }
        _ = try archive.intake.register(try test.registration("K-9", token: "tok"))
        _ = try? test.pull(archive)
        for _ in 0..<3 {
            test.time.reboot(after: 9 * 86_400)
            try test.pass(days: 2, in: archive)
        }
        #expect(try archive.overview.status().clock.doubt == nil)
        test.time.reboot(after: 9 * 86_400)
        let refused = refusal { _ = try archive.destruction.run(accepting: nil).get() }
        #expect(refused?.code == .clockDoubted && refused?.message.contains("while no machine measured it") == true)
        var query = LedgerQuery()
        query.kind = "clock doubted"
        #expect(try archive.audit.entries(query).map(\.sentence).last?.contains("went on while no machine") == true)
        _ = try archive.destruction.acceptClock(test.time.now, reason: try Reason("r")).get()
        #expect(throws: Never.self) { try archive.destruction.run(accepting: nil).get() }
    }

    /// The limit counts 24 hours that passed, whatever clocks say.
    @Test func noClockShortensTheHoursOfTheLimit() throws {
        let (test, archive) = try prepared()
        try test.pass(days: 91, in: archive)
        #expect(try archive.destruction.run(accepting: nil).get().destroyed == 1)
        func gone() throws -> UInt64 {
            try archive.catalog.read { try archive.head(in: $0).destroyed(hours: 24, before: archive.clockReading) }
        }
        #expect(try gone() == 1)
        test.time.reboot(after: 26 * 3600)
        #expect(try gone() == 1)
        _ = try archive.record { try $0.add(.archiveVerified(.init(objects: 0, opened: 0, findings: 0))) }
        #expect(try gone() == 1)
        test.time.step(26 * 3600)
        #expect(try gone() == 1)
        test.time.advance(26 * 3600)
        #expect(try gone() == 0)
    }

    /// The newest time on record is what the keys vouch for.
    @Test func setBackInTheIndexItIsFound() throws {
        let (test, archive) = try prepared()
        let (body, mac) = try #require(try archive.catalog.read { try $0.head() })
        let newest = try #require(try archive.catalog.read { try archive.newestTime(in: $0) })
        let altered = String(decoding: body, as: UTF8.self).replacingOccurrences(
            of: LedgerTime.text(newest), with: LedgerTime.text(newest.addingTimeInterval(-1000)))
        try archive.catalog.index.write { try $0.setHead(Array(altered.utf8), mac: mac) }
        let refused = refusal { _ = try archive.destruction.run(accepting: nil).get() }
        #expect(refused?.code == .indexDamaged && refused?.message.contains("no key of this archive vouches") == true)
        let looking = try OpenArchive.open(test.path, rootKey: test.rootKey, effects: test.effects(), toLook: true)
            .session(as: .actor(try Actor(claimed: "auditor")))
        #expect(try looking.audit.reconcile().findings.contains { $0.contains("no key of this archive vouches") })
    }
}
