import Base
@_spi(Deciding) @_spi(Writing) import Catalog
import Foundation
import Ledger
import Sealing
import TestSupport
import Testing

/// Testing has a `Tag` of its own.
private typealias KeyedTag = Sealing.Tag

/// What any catalog must do. A new implementation passes this suite with its own `makeCatalog`.
struct RecordChecks {
    let catalog: Subject
    private let time = Date(timeIntervalSince1970: 1_795_000_000.123)

    init(_ engine: any Engine) throws {
        catalog = Subject(engine)
        let created = time
        try catalog.write { index in
            try index.insert(EpochRecord(epoch: Epoch(1), state: .open, createdAt: created))
            try index.insert(EpochRecord(epoch: Epoch(2), state: .closing, createdAt: created))
            let key = WrappedKey(epoch: Epoch(1), bytes: Randomness.system.bytes(72))
            try index.insert(
                ArchiveRecord(uid: UID(from: .system), createdAt: created, keyringGeneration: 1, key: key))
        }
    }

    private func tag() -> KeyedTag { KeyedTag(keyNumber: 1, bytes: Randomness.system.bytes(32)) }

    private func wrapped(_ epoch: UInt32 = 1) -> WrappedKey {
        WrappedKey(epoch: Epoch(epoch), bytes: Randomness.system.bytes(72))
    }

    private func makeCase(
        jurisdictions: [String] = ["HK"], epoch: UInt32 = 1, purpose: String? = nil, at offset: Double = 0
    ) -> CaseRecord {
        CaseRecord(
            uid: UID(from: .system), caseIDTag: tag(), registeredAt: time.addingTimeInterval(offset), purpose: purpose,
            jurisdictions: jurisdictions, key: wrapped(epoch), sealedParticulars: [1, 2, 3], subjectTag: tag())
    }

    private func makeVerification(of uid: CaseUID, number: Int = 1, deadline: Double = 3600, tokenTag: KeyedTag? = nil)
        -> VerificationRecord
    {
        VerificationRecord(
            uid: UID(from: .system), caseUID: uid, number: number, origin: .pull, vendor: "tencent-faceid",
            api: "GetFaceIdResultIntl/2018-03-01", state: .awaiting,
            region: "ap-singapore",
            tokenTag: tokenTag ?? tag(), sealedToken: [9], tokenIssuedAt: time, tokenIssueIsAssumed: true,
            deadline: time.addingTimeInterval(deadline), registeredAt: time)
    }

    private func makeObject(
        of verification: VerificationRecord, kind: MediaKind = .video, content: KeyedTag? = nil, epoch: UInt32 = 1
    ) -> ObjectRecord {
        ObjectRecord(
            uid: UID(from: .system), verificationUID: verification.uid, caseUID: verification.caseUID, kind: kind,
            mediaType: "video/mp4", length: 1_000_000, address: BlobAddress(bytes: Randomness.system.bytes(32))!,
            contentTag: content ?? tag(), key: wrapped(epoch), archivedAt: time)
    }

    func whatIsWrittenIsReadBack() throws {
        let record = makeCase(jurisdictions: ["HK", "US-IL"], purpose: "onboarding")
        let verification = makeVerification(of: record.uid)
        let object = makeObject(of: verification)
        try catalog.write { index in
            try index.insert(record)
            try index.insert(verification)
            try index.insert(object)
        }
        try catalog.read { index throws in
            #expect(try index.caseRecord(record.uid) == record)
            #expect(try index.verification(verification.uid) == verification)
            #expect(try index.verifications(of: record.uid) == [verification])
            #expect(try index.objects(of: verification.uid) == [object])
            #expect(try index.object(address: object.address) == object)
            #expect(try index.awaiting() == [verification])
        }
    }

    func aVerificationEndsAndItsTokenFollows() throws {
        let record = makeCase()
        var verification = makeVerification(of: record.uid)
        let answer = tag()
        try catalog.write { index in
            try index.insert(record)
            try index.insert(verification)
            verification.state = .archived
            verification.sealedToken = nil
            verification.endedAt = time
            verification.outcome = Outcome(.passed, code: "0")
            verification.sealedDetails = [4]
            verification.answerTag = answer
            verification.attempts = 3
            try index.update(verification)
        }
        let ended = verification
        try catalog.read { index throws in
            #expect(try index.verification(verification.uid) == ended)
            #expect(try index.awaiting().isEmpty)
        }
        // A token outlives the end, and not its hours.
        var kept = ended
        kept.sealedToken = [1]
        let withToken = kept
        try catalog.write { try $0.update(withToken) }
        let (before, after) = (ended.registeredAt, ended.registeredAt.addingTimeInterval(1))
        for (time, left) in [(before, withToken), (after, ended)] {
            let due = try catalog.read { try $0.hasTokensLeft(issuedBefore: time) }
            #expect(due == (left == ended))
            _ = try catalog.write { try $0.deleteTokensLeft(issuedBefore: time) }
            #expect(try catalog.read { try $0.verification(ended.uid) } == left)
        }
    }

    func aCaseIsCompletedInPlace() throws {
        var record = makeCase(jurisdictions: [])
        try catalog.write { try $0.insert(record) }
        record.jurisdictions = ["SG"]
        record.purpose = "onboarding"
        record.sealedParticulars = [7]
        let completed = record
        try catalog.write { try $0.update(completed) }
        #expect(try catalog.read { try $0.caseRecord(completed.uid) } == completed)
    }

    func namesAreTakenOnce() throws {
        let record = makeCase()
        let verification = makeVerification(of: record.uid)
        let object = makeObject(of: verification)
        try catalog.write { index in
            try index.insert(record)
            try index.insert(verification)
            try index.insert(object)
        }
        let sameID = CaseRecord(
            uid: UID(from: .system), caseIDTag: record.caseIDTag, registeredAt: time, purpose: nil, jurisdictions: [],
            key: wrapped(),
            sealedParticulars: [], subjectTag: nil)
        #expect(throws: CatalogError.exists("case")) { try catalog.write { try $0.insert(sameID) } }
        let sameToken = makeVerification(of: record.uid, number: 2, tokenTag: verification.tokenTag)
        #expect(throws: CatalogError.exists("verification")) { try catalog.write { try $0.insert(sameToken) } }
        #expect(throws: CatalogError.exists("verification")) {
            try catalog.write { try $0.insert(makeVerification(of: record.uid, number: 1)) }
        }
        #expect(throws: CatalogError.exists("object")) {
            try catalog.write { try $0.insert(makeObject(of: verification)) }
        }
    }

    /// A process with an old keyring must not wrap under an epoch that is being retired.
    func keysUnderAnEpochThatIsNotOpenAreRefused(epoch: UInt32) throws {
        #expect(throws: CatalogError.epochNotOpen(Epoch(epoch))) {
            try catalog.write { try $0.insert(makeCase(epoch: epoch)) }
        }
        let record = makeCase()
        let verification = makeVerification(of: record.uid)
        #expect(throws: CatalogError.epochNotOpen(Epoch(epoch))) {
            try catalog.write { index in
                try index.insert(record)
                try index.insert(verification)
                try index.insert(makeObject(of: verification, epoch: epoch))
            }
        }
        #expect(try catalog.read { try $0.caseRecord(record.uid) } == nil)
    }

    func aTransactionIsAllOrNothing() throws {
        struct Stop: Error {}
        let record = makeCase()
        #expect(throws: Stop.self) {
            try catalog.write { index in
                try index.insert(record)
                throw Stop()
            }
        }
        #expect(try catalog.read { try $0.caseRecord(record.uid) } == nil)
    }

    func pagesAreStableWhileCasesArrive() throws {
        let records = (0..<25).map { makeCase(jurisdictions: $0 % 2 == 0 ? ["HK"] : ["SG"], at: Double($0)) }
        for record in records { try catalog.write { try $0.insert(record) } }
        var seen: [CaseUID] = []
        var after: CaseUID?
        while true {
            let page = try catalog.read { try $0.cases(CaseFilter(), after: after, limit: 7) }
            guard let last = page.last else { break }
            seen += page.map(\.uid)
            after = last.uid
            if seen.count == 14 { try catalog.write { try $0.insert(makeCase()) } }
        }
        #expect(Array(seen.prefix(25)) == records.map(\.uid))
        #expect(seen.count == 26)

        var filter = CaseFilter()
        filter.jurisdiction = "HK"
        filter.registeredFrom = records[4].registeredAt
        filter.registeredBefore = records[10].registeredAt
        #expect(
            try catalog.read { try $0.cases(filter, after: nil, limit: 100) }.map(\.uid)
                == [4, 6, 8].map { records[$0].uid })
        filter = CaseFilter()
        filter.subjectTag = records[3].subjectTag
        #expect(try catalog.read { try $0.cases(filter, after: nil, limit: 100) }.map(\.uid) == [records[3].uid])
        filter = CaseFilter()
        filter.state = .awaiting
        #expect(try catalog.read { try $0.cases(filter, after: nil, limit: 100) }.isEmpty)
    }

    func whatWaitsComesByDeadline() throws {
        let record = makeCase()
        try catalog.write { index in
            try index.insert(record)
            for (number, deadline) in [(1, 300.0), (2, 100), (3, 200)] {
                try index.insert(makeVerification(of: record.uid, number: number, deadline: deadline))
            }
        }
        #expect(try catalog.read { try $0.awaiting() }.map(\.number) == [2, 3, 1])
        #expect(try catalog.read { try $0.summary() }.earliestDeadline == time.addingTimeInterval(100))
    }

    func theSameContentInTwoCasesIsSeen() throws {
        let content = tag()
        let records = (0..<3).map { _ in makeCase() }
        try catalog.write { index in
            for (position, record) in records.enumerated() {
                try index.insert(record)
                let verification = makeVerification(of: record.uid)
                try index.insert(verification)
                try index.insert(makeObject(of: verification, kind: .video, content: position < 2 ? content : nil))
                // Results and repetition within a case are no replay.
                try index.insert(makeObject(of: verification, kind: .result, content: content))
                if position == 2 {
                    try index.insert(
                        makeObject(
                            of: verification, kind: .bestFrame,
                            content: KeyedTag(keyNumber: 1, bytes: [UInt8](repeating: 8, count: 32))))
                    try index.insert(
                        makeObject(
                            of: verification, kind: .actionVideo,
                            content: KeyedTag(keyNumber: 1, bytes: [UInt8](repeating: 8, count: 32))))
                }
            }
        }
        let (summary, repeated, cases) = try catalog.read {
            (
                try $0.summary(), try $0.repeatedContents(limit: 5, cases: 9),
                try $0.cases(withContent: content, limit: 9)
            )
        }
        #expect(summary.repeatedContents == 1)
        #expect(summary.casesWithRepeatedContents == 2)
        #expect(cases == records.prefix(2).map(\.uid))
        #expect(repeated.count == 1 && repeated[0].cases == cases && repeated[0].kind == .video)
        #expect(repeated[0].caseCount == 2)
        #expect(summary.objects == 8 && summary.bytes == 8_000_000 && summary.objectsByKind["result"] == 3)
    }

    /// Whatever comes, goes, and comes again in other cases, the counts are those of everything counted.
    func countsAreThoseOfEverythingCounted() throws {
        var random = SeededGenerator.ofTest()
        let contents = (0..<6).map { _ in tag() }
        let records = (0..<6).map { _ in makeCase() }
        var verifications: [VerificationRecord] = []
        for record in records {
            verifications += (1...3).map { makeVerification(of: record.uid, number: $0) }
        }
        try catalog.write { index in
            for record in records { try index.insert(record) }
            for verification in verifications { try index.insert(verification) }
        }
        var objects: [ObjectRecord] = []
        for round in 0..<40 {
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                if Int.random(in: 0..<5, using: &random) < 3 || objects.isEmpty {
                    let object = makeObject(
                        of: verifications.randomElement(using: &random)!,
                        kind: [.video, .bestFrame, .result].randomElement(using: &random)!,
                        content: contents.randomElement(using: &random)!)
                    guard
                        !objects.contains(where: {
                            $0.verificationUID == object.verificationUID && $0.kind == object.kind
                        })
                    else { continue }
                    try catalog.write { try $0.insert(object) }
                    objects.append(object)
                } else {
                    let object = objects.remove(at: Int.random(in: 0..<objects.count, using: &random))
                    let rows = try catalog.read { try $0.retentionRows(.objects([object.uid]), after: nil, limit: 1) }
                    try catalog.write { try $0.destroy(DestructionPermit(rows[0], in: $0), at: time) }
                }
            }
            var ended = verifications[Int.random(in: 0..<verifications.count, using: &random)]
            ended.state = [.expired, .rejected].randomElement(using: &random)!
            ended.endedAt = time
            ended.sealedToken = nil
            try catalog.write { try $0.update(ended) }
            try catalog.read { index throws in
                #expect(try index.miscounts() == [], "round \(round)")
                #expect(try index.summary().objects == objects.count)
                for repeated in try index.repeatedContents(limit: 9, cases: 9) {
                    #expect(repeated.cases.count == repeated.caseCount && repeated.caseCount > 1)
                }
            }
        }
        #expect(try catalog.read { try $0.summary() }.verifications[.awaiting, default: 0] < 18)
    }

    func aWalkThroughTheObjectsMeetsEachOnce() throws {
        let record = makeCase()
        let verification = makeVerification(of: record.uid)
        let objects = (0..<10).map { makeObject(of: verification, kind: MediaKind("kind-\($0)")) }
        try catalog.write { index in
            try index.insert(record)
            try index.insert(verification)
            for object in objects { try index.insert(object) }
        }
        var seen: [ObjectUID] = []
        var position: CatalogPosition?
        repeat {
            let page = try catalog.read { try $0.objects(after: position, limit: 3) }
            seen += page.records.map(\.uid)
            position = page.next
        } while position != nil
        #expect(seen == objects.map(\.uid))
    }
}
