import Base
@_spi(Writing) import Catalog
import Foundation
import Ledger
import Retention
import Sealing
import TestSupport
import Testing

/// What holds ask of any catalog: what the clauses say is what the index pins, whatever the order in which objects,
/// clauses and facts come.
struct HoldChecks {
    private let catalog: Subject
    private let time = Date(timeIntervalSince1970: 1_795_000_000)

    init(_ engine: any Engine) throws {
        catalog = Subject(engine)
        let created = time
        try catalog.write { index in
            try index.insert(EpochRecord(epoch: Epoch(1), state: .open, createdAt: created))
            try index.insert(
                ArchiveRecord(uid: UID(from: .system), createdAt: created, keyringGeneration: 1, key: Self.key))
        }
    }

    private static var key: WrappedKey { WrappedKey(epoch: Epoch(1), bytes: Randomness.system.bytes(72)) }
    private static var tag: Sealing.Tag { Sealing.Tag(keyNumber: 1, bytes: Randomness.system.bytes(32)) }

    private static let outcomes = [
        Outcome(.passed, code: "0"), Outcome(.failed, code: "1004"), Outcome(.failed, code: "2015"),
    ]

    private struct Known {
        var record: CaseRecord
        let verification: VerificationRecord
        var objects: [ObjectUID: HoldClause.Facts] = [:]
    }

    private func insertCase(using random: inout SeededGenerator) throws -> Known {
        let places = Array(
            ["HK", "US-IL", "SG", "GB"].shuffled(using: &random).prefix(Int.random(in: 0...2, using: &random))
        ).sorted()
        let record = CaseRecord(
            uid: CaseUID(from: .system), caseIDTag: Self.tag, registeredAt: time,
            purpose: [nil, "onboarding", "transaction"].randomElement(using: &random)!, jurisdictions: places,
            key: Self.key,
            sealedParticulars: [1], subjectTag: nil)
        let from = time.addingTimeInterval(Double(Int.random(in: 0..<20, using: &random)) * 86_400)
        let verification = VerificationRecord(
            uid: UID(from: .system), caseUID: record.uid, number: 1, origin: .import, vendor: "tencent-faceid",
            api: "GetFaceIdResultIntl/2018-03-01", state: .archived, region: nil,
            tokenTag: nil,
            sealedToken: nil, tokenIssuedAt: nil, tokenIssueIsAssumed: false, deadline: nil, capturedFrom: from,
            capturedUntil: from.addingTimeInterval(3600), registeredAt: time, endedAt: time,
            outcome: Self.outcomes.randomElement(using: &random)!, sealedDetails: [7], answerTag: nil)
        try catalog.write { index in
            try index.insert(record)
            try index.insert(verification)
        }
        return Known(record: record, verification: verification)
    }

    private func insertObject(in known: inout Known, using random: inout SeededGenerator) throws {
        let kind = ["video", "result", "best-frame", "action-video"].first { kind in
            !known.objects.values.contains { $0.media == kind }
        }
        guard let kind else { return }
        let uid = ObjectUID(from: .system)
        let archived = time.addingTimeInterval(Double(Int.random(in: 0..<20, using: &random)) * 86_400)
        try catalog.write { index in
            try index.insert(
                ObjectRecord(
                    uid: uid, verificationUID: known.verification.uid, caseUID: known.record.uid, kind: MediaKind(kind),
                    mediaType: "video/mp4", length: 1, address: BlobAddress(bytes: Randomness.system.bytes(32))!,
                    contentTag: Self.tag, key: Self.key, archivedAt: archived))
        }
        known.objects[uid] = HoldClause.Facts(
            media: kind, jurisdictions: known.record.jurisdictions, purpose: known.record.purpose,
            outcome: known.verification.outcome, capturedFrom: known.verification.capturedFrom,
            capturedUntil: known.verification.capturedUntil, archived: archived)
    }

    private func randomClause(using random: inout SeededGenerator) -> HoldClause {
        func some(_ values: [String]) -> Set<String>? {
            Bool.random(using: &random)
                ? nil : Set(values.shuffled(using: &random).prefix(Int.random(in: 1...2, using: &random)))
        }
        func span() -> HoldClause.TimeSpan {
            guard Int.random(in: 0..<3, using: &random) == 0 else { return .init() }
            let from = time.addingTimeInterval(Double(Int.random(in: 0..<20, using: &random)) * 86_400)
            return .init(
                from: Bool.random(using: &random) ? from : nil,
                before: Bool.random(using: &random) ? from.addingTimeInterval(864_000) : nil)
        }
        return HoldClause(
            media: some(["video", "result", "best-frame"]), jurisdictions: some(["HK", "US", "SG"]),
            purposes: some(["onboarding", "transaction"]), outcomes: some(["passed", "failed", "1004"]),
            captured: span(), archived: span())
    }

    private func place(_ clauses: [HoldClause], judgedOnly: Bool, form: HoldScopeRecord.Form = .where) throws
        -> HoldScopeName
    {
        let name = HoldScopeName(hold: HoldUID(from: .system), revision: 1)
        try catalog.write { index in
            try index.insert(
                HoldRecord(
                    uid: name.hold, matterTag: Self.tag, sealed: [1], isConfidential: false,
                    authorUID: ActorUID(from: .system),
                    placedAt: time, reviewBy: time, revision: 1, state: .standing))
            try index.insert(
                HoldScopeRecord(name: name, form: form, state: .standing, judgedOnly: judgedOnly, clauses: clauses))
        }
        return name
    }

    /// Objects before and after clauses, clauses that are half compiled, cases whose facts become known: always the
    /// same answer as the clauses give of themselves, of what was and of what is.
    func pinsAreWhatTheClausesSay() throws {
        var random = SeededGenerator.ofTest()
        var cases: [Known] = []
        var scopes: [(name: HoldScopeName, clauses: [HoldClause], judgedOnly: Bool)] = []
        var expected: [ObjectUID: Set<String>] = [:]
        /// What fits now has been taken in.
        func take() {
            for known in cases {
                for (uid, facts) in known.objects {
                    for scope in scopes
                    where scope.clauses.contains(where: { $0.takesIn(facts, judgedOnly: scope.judgedOnly) }) {
                        expected[uid, default: []].insert(scope.name.hold.hex)
                    }
                }
            }
        }
        for step in 0..<160 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0...2: cases.append(try insertCase(using: &random))
            case 3...5:
                guard !cases.isEmpty else { continue }
                try insertObject(in: &cases[cases.indices.randomElement(using: &random)!], using: &random)
            case 6:
                let clauses = (0..<Int.random(in: 1...3, using: &random)).map { _ in randomClause(using: &random) }
                let judgedOnly = Bool.random(using: &random)
                scopes.append((try place(clauses, judgedOnly: judgedOnly), clauses, judgedOnly))
            case 7: _ = try catalog.write { try $0.compileHolds(limit: 3) }
            default:
                // What was not known becomes known.
                guard
                    let place = cases.indices.filter({
                        cases[$0].record.purpose == nil || cases[$0].record.jurisdictions.isEmpty
                    }).randomElement(using: &random)
                else { continue }
                if cases[place].record.purpose == nil { cases[place].record.purpose = "onboarding" }
                if cases[place].record.jurisdictions.isEmpty { cases[place].record.jurisdictions = ["HK", "SG"] }
                let record = cases[place].record
                try catalog.write { try $0.update(record) }
                for uid in Array(cases[place].objects.keys) {
                    cases[place].objects[uid]!.purpose = record.purpose
                    cases[place].objects[uid]!.jurisdictions = record.jurisdictions
                }
            }
            take()
            let rows = try catalog.read { try $0.retentionRows(.all, after: nil, limit: 1000) }
            for row in rows {
                let found = Set(row.facts.holds.map(\.matter))
                #expect(found == expected[row.object] ?? [], "step \(step), seed \(random.seed)")
                if found != expected[row.object] ?? [] { return }
            }
        }
        while try catalog.write({ try $0.compileHolds(limit: 5) }) {}
        for row in try catalog.read({ try $0.retentionRows(.all, after: nil, limit: 1000) }) {
            #expect(Set(row.facts.holds.map(\.matter)) == expected[row.object] ?? [], "compiled, seed \(random.seed)")
            #expect((row.standing.status == .held) || row.facts.holds.isEmpty || row.standing.status == .uncovered)
        }
        // Each count is that of its own clauses, on a state in which nothing is unknown any more.
        for scope in scopes {
            let counts = try catalog.read { try $0.holdCounts(of: scope.name) }
            let fitting = cases.filter { known in
                known.objects.values.contains { facts in
                    scope.clauses.contains { $0.takesIn(facts, judgedOnly: scope.judgedOnly) }
                }
            }
            #expect(counts.cases == fitting.count, "seed \(random.seed)")
            #expect(
                counts.objects
                    == cases.flatMap(\.objects.values).filter { facts in
                        scope.clauses.contains { $0.takesIn(facts, judgedOnly: scope.judgedOnly) }
                    }.count, "seed \(random.seed)")
        }
    }

    /// A transaction that is undone leaves nothing behind, also not in what is remembered of the clauses.
    func whatIsUndoneTakesNothingIn() throws {
        var random = SeededGenerator.ofTest()
        struct Undone: Error {}
        var known = try insertCase(using: &random)
        let first = try place([HoldClause(media: ["video"])], judgedOnly: false)
        try insertObject(in: &known, using: &random)
        for _ in 0..<3 {
            #expect(throws: Undone.self) {
                try catalog.write { index in
                    let name = HoldScopeName(hold: HoldUID(from: .system), revision: 1)
                    try index.insert(
                        HoldRecord(
                            uid: name.hold, matterTag: Self.tag, sealed: [1], isConfidential: false,
                            authorUID: ActorUID(from: .system), placedAt: time, reviewBy: time, revision: 1,
                            state: .standing))
                    try index.insert(
                        HoldScopeRecord(name: name, form: .where, state: .standing, clauses: [HoldClause()]))
                    try index.insert(
                        ObjectRecord(
                            uid: ObjectUID(from: .system), verificationUID: known.verification.uid,
                            caseUID: known.record.uid,
                            kind: MediaKind("other"), mediaType: "x", length: 1,
                            address: BlobAddress(bytes: Randomness.system.bytes(32))!, contentTag: Self.tag,
                            key: Self.key,
                            archivedAt: time))
                    throw Undone()
                }
            }
            try insertObject(in: &known, using: &random)
        }
        for row in try catalog.read({ try $0.retentionRows(.all, after: nil, limit: 100) }) {
            #expect(row.facts.holds.map(\.matter) == (row.facts.media == "video" ? [first.hold.hex] : []))
        }
    }

    func casesAreExpectedByTheirTags() throws {
        let (caseTag, subjectTag) = (Self.tag, Self.tag)
        let name = try place([], judgedOnly: false, form: .cases)
        try catalog.write { index in
            try index.insert(HoldExpectation(purpose: .caseID, tag: caseTag), of: name)
            try index.insert(HoldExpectation(purpose: .subject, tag: subjectTag), of: name)
        }
        func insert(_ caseID: Sealing.Tag, _ subject: Sealing.Tag?) throws -> CaseRecord {
            let record = CaseRecord(
                uid: CaseUID(from: .system), caseIDTag: caseID, registeredAt: time, purpose: nil, jurisdictions: [],
                key: Self.key,
                sealedParticulars: [1], subjectTag: subject)
            try catalog.write { try $0.insert(record) }
            return record
        }
        func isNamed(_ record: CaseRecord) throws -> Bool {
            try catalog.read { try $0.holdScopes(naming: record.uid) } == [name]
        }
        #expect(try isNamed(insert(caseTag, nil)))
        #expect(try isNamed(insert(Self.tag, subjectTag)))
        var other = try insert(Self.tag, nil)
        #expect(try !isNamed(other))
        other.subjectTag = subjectTag
        try catalog.write { [other] in try $0.update(other) }
        #expect(try isNamed(other))
        #expect(try catalog.read { try $0.holdExpectationCount(of: name) } == 2)
    }
}
