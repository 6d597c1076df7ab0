import Base
@_spi(Deciding) @_spi(Writing) import Catalog
import Foundation
import Ledger
import Retention
import Sealing
import TestSupport
import Testing

/// What retention asks of any catalog.
struct RetentionChecks {
    let catalog: Subject
    private let time = Date(timeIntervalSince1970: 1_795_000_000)

    init(_ engine: any Engine) throws {
        catalog = Subject(engine)
        let created = time
        try catalog.write { index in
            try index.insert(EpochRecord(epoch: Epoch(1), state: .open, createdAt: created))
            let key = WrappedKey(epoch: Epoch(1), bytes: Randomness.system.bytes(72))
            try index.insert(ArchiveRecord(uid: UID(from: .system), createdAt: created, keyringGeneration: 1, key: key))
            let actor = ActorStamp(uid: ActorUID(from: .system), known: .claimed)
            try index.append(
                (0..<50).map { number in
                    Entry(
                        time: created.addingTimeInterval(Double(number) * 3600), actor: actor,
                        event: .tagsForgotten(.init(count: UInt64(number + 1))))
                })
        }
    }

    private func tag() -> Sealing.Tag { Sealing.Tag(keyNumber: 1, bytes: Randomness.system.bytes(32)) }

    private func day(_ number: Double) -> Date { time.addingTimeInterval(number * 86_400) }

    /// A case with so many objects, due on these days.
    @discardableResult
    private func insertCase(_ due: [Double?], status: Decision.Status = .kept, places: [String] = ["HK", "US-IL"])
        throws -> (
            CaseUID, [ObjectUID]
        )
    {
        let uid = CaseUID(from: .system)
        var objects: [ObjectUID] = []
        try catalog.write { index in
            objects = []
            let key = { WrappedKey(epoch: Epoch(1), bytes: Randomness.system.bytes(72)) }
            try index.insert(
                CaseRecord(
                    uid: uid, caseIDTag: tag(), registeredAt: time, purpose: "onboarding", jurisdictions: places,
                    key: key(),
                    sealedParticulars: [1], subjectTag: tag(), hasConsent: true, age: "adult"))
            let verification = VerificationRecord(
                uid: UID(from: .system), caseUID: uid, number: 1, origin: .import, vendor: "tencent-faceid",
                api: "GetFaceIdResultIntl/2018-03-01", state: .archived, region: nil,
                tokenTag: tag(), sealedToken: nil, tokenIssuedAt: nil, tokenIssueIsAssumed: false, deadline: nil,
                capturedFrom: day(-2), capturedUntil: day(-1), registeredAt: time, endedAt: time,
                outcome: Outcome(.passed, code: "0"),
                sealedDetails: [7], answerTag: tag())
            try index.insert(verification)
            for (number, due) in due.enumerated() {
                let object = ObjectUID(from: .system)
                objects.append(object)
                try index.insert(
                    ObjectRecord(
                        uid: object, verificationUID: verification.uid, caseUID: uid, kind: MediaKind("kind-\(number)"),
                        mediaType: "video/mp4", length: 1000, address: BlobAddress(bytes: Randomness.system.bytes(32))!,
                        contentTag: tag(), key: key(), archivedAt: time,
                        standing: Standing(
                            status: status, changesAt: due.map { day($0) }, dueAt: due.map { day($0) }, set: 1)))
            }
        }
        return (uid, objects)
    }

    func factsAreThoseThatWereWritten() throws {
        let (uid, objects) = try insertCase([5])
        try catalog.write { index in
            try index.insert(
                CaseEventRecord(
                    caseUID: uid,
                    event: EventRecord(entry: 3, name: "ended", effect: .happened(.day(CalendarDay(of: day(1)))))))
            try index.insert(
                CaseEventRecord(
                    caseUID: uid, event: EventRecord(entry: 5, name: "ended", effect: .corrects(3, .time(day(2)))))
            )
            try index.insert(
                CaseEventRecord(caseUID: uid, event: EventRecord(entry: 4, name: "seen", effect: .withdraws(2))))
        }
        let row = try #require(try catalog.read { try $0.retentionRows(.objects(objects), after: nil, limit: 9) }.first)
        #expect(
            row.facts.jurisdictions == ["HK", "US-IL"] && row.facts.purpose == "onboarding"
                && row.facts.outcome == Outcome(.passed, code: "0"))
        #expect(row.facts.captured == day(-2)...day(-1) && row.facts.archived == time && row.facts.media == "kind-0")
        #expect(row.facts.events.map(\.entry) == [3, 4, 5])
        #expect(try catalog.read { try $0.caseEvents(of: uid).map(\.event) } == row.facts.events)
        #expect(row.standing == Standing(status: .kept, changesAt: day(5), dueAt: day(5), set: 1) && row.caseUID == uid)
        let counts = try catalog.read { try $0.caseCounts() }
        #expect(counts.cases == 1 && counts.withConsent == 1 && counts.withAge == 1 && counts.withPurpose == 1)
        #expect(counts.withJurisdiction == 1)
    }

    func selectionsFindEachObjectOnce() throws {
        var all: [ObjectUID] = []
        for number in 0..<30 { all += try insertCase([Double(number % 7), nil, Double(number)]).1 }
        func walk(_ selection: RetentionSelection) throws -> [RetentionRow] {
            var (found, position) = ([RetentionRow](), CatalogPosition?.none)
            while true {
                let page = try catalog.read { try $0.retentionRows(selection, after: position, limit: 7) }
                guard let last = page.last else { return found }
                found += page
                position = last.position
            }
        }
        #expect(try walk(.all).map(\.object) == all)
        let due = try walk(.due(by: day(6)))
        #expect(due.count == 30 + 7 && Set(due.map(\.object)).count == due.count)
        #expect(due.map { $0.standing.dueAt! } == due.map { $0.standing.dueAt! }.sorted())
        #expect(try walk(.notOf(set: 1)).isEmpty && walk(.notOf(set: 2)).count == 90)
        #expect(try catalog.read { try $0.retentionRows(.changing(by: day(0)), after: nil, limit: 100) }.count == 6)
        let counts = try catalog.read { try $0.dueCounts(from: day(0), days: 30) }
        #expect(counts[0] == 5 + 1 && counts.reduce(0, +) == 60 - 6)
    }

    func countsFollowEveryChange() throws {
        let (_, objects) = try insertCase([1, 2, 3])
        try insertCase([nil], status: .uncovered)
        #expect(try catalog.read { try $0.standingCounts() } == [.kept: 3, .uncovered: 1])
        try catalog.write { index in
            let rows = try index.retentionRows(.objects(objects), after: nil, limit: 3)
            try index.update(Standing(status: .due, changesAt: nil, dueAt: day(1), set: 2), of: rows[0].object)
            try index.destroy(DestructionPermit(rows[1], in: index), at: time)
        }
        #expect(try catalog.read { try $0.standingCounts() } == [.kept: 1, .due: 1, .uncovered: 1])
        #expect(try catalog.read { try $0.objectCount() } == 3)
    }

    func whatIsDestroyedIsGoneAndItsBlobIsNoted() throws {
        let (uid, objects) = try insertCase([1, 2])
        let rows = try catalog.read { try $0.retentionRows(.objects(objects), after: nil, limit: 2) }
        try catalog.write { try $0.destroy(DestructionPermit(rows[0], in: $0), at: time) }
        #expect(throws: (any Error).self) {
            try catalog.write { try $0.destroy(DestructionPermit(rows[0], in: $0), at: time) }
        }
        try catalog.read { index throws in
            #expect(try !index.hasObject(objects[0]) && index.hasObject(objects[1]))
            #expect(try index.blobRemovals(limit: 9).map(\.object) == [objects[0]])
            #expect(try index.isAwaitingRemoval(rows[0].address) && !index.isAwaitingRemoval(rows[1].address))
        }
        // A case goes with all that is about it, and not while something of it is left.
        #expect(throws: (any Error).self) { try catalog.write { try $0.destroyCase(uid) } }
        try catalog.write { index in
            try index.insert(OpeningRecord(entry: 3, member: "m", caseUID: uid, sealed: [1]))
            try index.insert(
                CaseEventRecord(caseUID: uid, event: EventRecord(entry: 4, name: "e", effect: .happened(.time(time)))))
            try index.destroy(DestructionPermit(rows[1], in: index), at: time)
            // Nor before it is remembered.
            try index.insert(
                DestroyedTagRecord(
                    tag: tag(), purpose: .caseID, caseUID: uid, entry: 5, destroyedAt: time, forgetAt: day(9)))
            try index.destroyCase(uid)
            try index.deleteBlobRemoval(rows[0].address)
        }
        try catalog.read { index throws in
            #expect(
                try index.caseRecord(uid) == nil && index.verifications(of: uid).isEmpty
                    && index.ledgerOpenings(of: [3]).isEmpty)
            #expect(try index.caseEvents(of: uid).isEmpty && index.blobRemovalCount() == 1 && index.damages().isEmpty)
        }
    }

    func setsOfPoliciesFollowEachOther() throws {
        #expect(try catalog.read { try $0.activeSetNumber() } == 0)
        func record(_ name: String, _ version: Int) -> PolicyRecord {
            PolicyRecord(
                form: .policy, name: name, version: version, text: "t\(version)",
                digest: Digest(bytes: Randomness.system.bytes(32))!, entry: UInt64(version))
        }
        let (a1, a2, b1) = (record("a", 1), record("a", 2), record("b", 1))
        try catalog.write { index in
            for policy in [a1, a2, b1] { try index.insert(policy) }
            try index.insertPolicySet(1, entry: 1, members: [("a", 1), ("b", 1)])
        }
        #expect(try catalog.read { try $0.activePolicies() } == [a1, b1])
        try catalog.write { try $0.insertPolicySet(2, entry: 2, members: [("a", 2)]) }
        #expect(try catalog.read { (try $0.activePolicies(), try $0.activeSetNumber()) } == ([a2], 2))
        #expect(throws: CatalogError.exists("policy")) { try catalog.write { try $0.insert(record("a", 1)) } }
        #expect(throws: (any Error).self) {
            try catalog.write { try $0.insertPolicySet(3, entry: 3, members: [("c", 9)]) }
        }
        let rule = { RuleName(policy: $0, version: 1, rule: "r") }
        let resolution = Resolution(entry: 7, lower: rule("a"), upper: rule("b"), winner: .keep)
        try catalog.write { try $0.insert(resolution) }
        #expect(try catalog.read { try $0.resolutions() } == [resolution])
        #expect(
            try catalog.read { try $0.policyRecords() } == [a1, a2, b1]
                && catalog.read { try $0.policyRecord("a", version: 2) } == a2)
    }

    func tagsOfWhatIsGoneAreKeptForATime() throws {
        let (tag, uid) = (tag(), CaseUID(from: .system))
        func record(_ entry: UInt64, forget: Double) -> DestroyedTagRecord {
            DestroyedTagRecord(
                tag: tag, purpose: .token, caseUID: uid, entry: entry, destroyedAt: day(0), forgetAt: day(forget))
        }
        try catalog.write { try $0.insert(record(3, forget: 9)) }
        try catalog.write { try $0.insert(record(5, forget: 7)) }
        #expect(try catalog.read { try $0.destroyedTags(tag, purpose: .token) } == [record(5, forget: 9)])
        #expect(try catalog.read { try $0.destroyedTags(tag, purpose: .caseID) }.isEmpty)
        #expect(try catalog.write { try $0.deleteDestroyedTags(forgottenBy: day(8), limit: 9) } == 0)
        #expect(try catalog.write { try $0.deleteDestroyedTags(forgottenBy: day(9), limit: 9) } == 1)
    }

    func notesOfTheArchiveAreKept() throws {
        try catalog.read { index throws in
            #expect(try index.head() == nil && index.compactedAt() == nil && index.standingSet() == 0)
            #expect(try index.ledgerCount(kind: "tags forgotten", since: day(1)) == 26)
            #expect(try index.ledgerCount(kind: "tags forgotten", since: day(9)) == 0)
        }
        try catalog.write { index in
            try index.setHead([1], mac: [UInt8](repeating: 1, count: 32))
            try index.setHead([2], mac: [UInt8](repeating: 2, count: 32))
            try index.setCompactedAt(day(2))
            try index.setStandingSet(3)
        }
        try catalog.read { index throws in
            #expect(try index.head()?.body == [2] && index.head()?.mac == [UInt8](repeating: 2, count: 32))
            #expect(try index.compactedAt() == day(2) && index.standingSet() == 3)
        }
    }

    /// A permit that was kept from another transaction permits nothing.
    func aPermitIsGoodForItsTransaction() throws {
        let (_, objects) = try insertCase([0])
        let row = try catalog.read { try $0.retentionRows(.objects(objects), after: nil, limit: 1) }[0]
        var kept: DestructionPermit?
        try catalog.write { kept = DestructionPermit(row, in: $0) }
        #expect(throws: CatalogError.damaged("an object was to be destroyed by a permit of another transaction")) {
            try catalog.write { index in
                guard let permit = kept.take() else { return }
                try index.destroy(permit, at: time)
            }
        }
        #expect(try catalog.read { try $0.hasObject(objects[0]) })
    }

    func compactionKeepsWhatIsThere() throws {
        let (uid, objects) = try insertCase((0..<40).map { Double($0) })
        let rows = try catalog.read { try $0.retentionRows(.objects(objects), after: nil, limit: 40) }
        try catalog.write { index in
            for row in rows.dropLast() { try index.destroy(DestructionPermit(row, in: index), at: time) }
        }
        #expect(try catalog.eraseResidue())
        let record = try catalog.read { try $0.caseRecord(uid) }
        #expect(throws: WaitEnded.cancelled) {
            try catalog.compact(until: WaitLimit(seconds: nil, isCancelled: { true }))
        }
        let (before, after) = try catalog.compact()
        #expect(before > 0 && after > 0 && after <= before)
        #expect(try record != nil && catalog.read { try $0.caseRecord(uid) } == record)
        #expect(try catalog.read { try $0.hasObject(objects[39]) && $0.objectCount() == 1 && $0.ledgerSize() == 50 })
    }

    /// Standings that were computed ahead are written where nobody decided since, and counted; what time has gone
    /// over is not.
    func standingsAheadAreWrittenWhereNobodyDecidedSince() throws {
        let number = 600
        let (_, objects) = try insertCase([Double?](repeating: 5, count: number))
        let rows = try catalog.read { try $0.retentionRows(.all, after: nil, limit: number + 1) }
        #expect(rows.count == number)
        var ahead = StandingsAhead(set: 8, computedAt: time)
        for (place, row) in rows.enumerated() {
            let status: Decision.Status = place % 3 == 0 ? .due : place % 3 == 1 ? .kept : .unbounded
            ahead.append(
                Standing(
                    status: status, changesAt: place % 3 == 1 ? day(Double(place) / 100) : nil,
                    dueAt: place % 3 == 0 ? day(1) : nil, set: 8), at: row.position)
        }
        #expect(ahead.count == number)
        // Somebody decided about one of them since.
        let own = Standing(status: .held, changesAt: nil, dueAt: nil, set: 8)
        try catalog.write { try $0.update(own, of: rows[7].object) }
        // Another is held since, and still to be decided about.
        let held = Standing(status: .held, changesAt: nil, dueAt: nil, set: rows[8].standing.set)
        try catalog.write { try $0.update(held, of: rows[8].object) }
        let now = day(2)
        // By a clock that went back nothing is written.
        try catalog.write { try $0.update(ahead, 0..<number, asOf: time.addingTimeInterval(-1)) }
        #expect(try catalog.read { try $0.retentionRows(.all, after: nil, limit: 1) }[0].standing == rows[0].standing)
        try catalog.write { index in
            try index.update(ahead, 0..<300, asOf: now)
            try index.update(ahead, 300..<number, asOf: now)
        }
        let after = try catalog.read { try $0.retentionRows(.all, after: nil, limit: number) }
        for (place, row) in after.enumerated() {
            #expect(row.object == objects[place])
            if place == 7 {
                #expect(row.standing == own)
            } else if place == 8 {
                #expect(row.standing == held)
            } else if place % 3 == 1, day(Double(place) / 100) <= now {
                #expect(row.standing == rows[place].standing, "\(place)")
            } else {
                #expect(row.standing.set == 8 && row.standing.dueAt == (place % 3 == 0 ? day(1) : nil), "\(place)")
                #expect(row.standing.changesAt == (place % 3 == 1 ? day(Double(place) / 100) : nil), "\(place)")
            }
        }
        let counts = try catalog.read { try $0.standingCounts() }
        let counted = Dictionary(grouping: after, by: \.standing.status).mapValues(\.count)
        #expect(counts == counted)
    }

    /// Times come back as they were written, and written again they are the same: whatever a double makes of a
    /// millisecond.
    func timesOfStandingsAreStable() throws {
        var random = SeededGenerator.ofTest()
        let (_, _) = try insertCase([Double?](repeating: 5, count: 200))
        let rows = try catalog.read { try $0.retentionRows(.all, after: nil, limit: 200) }
        for row in rows {
            // Until the year 2100.
            let time = Date(
                timeIntervalSince1970: Double(Int64.random(in: 1_700_000_000_000...4_100_000_000_000, using: &random))
                    / 1000)
            let change = time.addingTimeInterval(Double.random(in: 0...1, using: &random))
            let standing = Standing(status: .kept, changesAt: change, dueAt: time, set: 3).rounded
            #expect(standing.rounded == standing && abs(standing.dueAt!.timeIntervalSince(time)) < 0.000_001)
            #expect(standing.changesAt! >= change.addingTimeInterval(-0.000_002))
            try catalog.write { try $0.update(standing, of: row.object) }
            let found = try catalog.read { try $0.retentionRows(.objects([row.object]), after: nil, limit: 1) }[0]
                .standing
            #expect(found == standing)
        }
    }
}
