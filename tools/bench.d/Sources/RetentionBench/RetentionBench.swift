import Base
import BlobStore
@_spi(Writing) import Catalog
import Foundation
import Ledger
import Retention
import Sealing
import Vault

/// `decide POLICY…` measures decisions on one core. `fill ARCHIVE ROOT-KEY OBJECTS DUE` fills an archive's index with
/// cases of four objects, of which so many have an upper bound that has passed, with blobs of theirs. Both print one
/// JSON object. `hold`, `insert` and `wait` measure holds: see ``HoldBench``.
@main struct RetentionBench {
    static func main() throws {
        StandardDescriptors.reserve()
        let arguments = CommandLine.arguments
        switch arguments[1] {
        case "decide":
            try decide(arguments[2...].map { try Policy(yaml: try String(contentsOfFile: $0, encoding: .utf8)) })
        case "hold": try HoldBench.place(arguments[2], rootKey: arguments[3], count: Int(arguments[4])!)
        case "insert": try HoldBench.insert(arguments[2], objects: Int(arguments[3])!)
        case "wait": try HoldBench.wait(arguments[2], until: arguments[3])
        default:
            try fill(
                arguments[2], rootKey: arguments[3], objects: Int(arguments[4])!, due: Int(arguments[5])!)
        }
    }

    private static func decide(_ policies: [Policy]) throws {
        let engine = RetentionEngine(policies: policies)
        let now = Date()
        let places = ["HK", "FR", "SG", "US-IL", "IN", "GB", "BR", "MY"]
        let objects = (0..<1000).map { number in
            let captured = now.addingTimeInterval(-Double(number) * 86_400)
            return ObjectFacts(
                media: ["best-frame", "video", "action-video", "result"][number % 4],
                outcome: number % 7 == 0 ? Outcome(.failed, code: "1004") : Outcome(.passed, code: "0"),
                jurisdictions: [places[number % places.count]],
                purpose: "onboarding", captured: captured...captured.addingTimeInterval(60),
                archived: captured.addingTimeInterval(120),
                events: number % 3 == 0
                    ? [
                        EventRecord(
                            entry: 1, name: "relationship-ended",
                            effect: .happened(.time(captured.addingTimeInterval(8_640_000))))
                    ] : [])
        }
        var due = 0
        for facts in objects where engine.decide(facts, at: now).status.isDue { due += 1 }
        let began = DispatchTime.now()
        let rounds = 1000
        for _ in 0..<rounds { for facts in objects where engine.decide(facts, at: now).status.isDue { due += 1 } }
        let seconds = Double(DispatchTime.now().uptimeNanoseconds - began.uptimeNanoseconds) / 1e9
        print(#"{"perSecond": \#(Double(rounds * objects.count) / seconds), "due": \#(due / (rounds + 1))}"#)
    }

    private static func fill(_ archive: String, rootKey: String, objects: Int, due: Int) throws {
        let catalog = Index(try SQLiteEngine(path: archive + "/index.sqlite"), requiresEntries: false)
        let files = PosixFileSystem()
        let sealed = try files.contents(of: archive + "/keyring.sealed", limit: 1 << 20)
        let keyring = try files.contents(of: rootKey, limit: 4096).withUnsafeBytes {
            try Keyring(opening: sealed, with: try RootKeyFile.read($0))
        }
        let store = DirectoryBlobStore(directory: archive) { UID<Policy>(from: .system).hex }
        let (uid, actor) = try catalog.read { (try $0.archive().uid, try Entry($0.ledgerRow(0)!.bytes).actor) }
        let now = Date(timeIntervalSince1970: Date().timeIntervalSince1970.rounded(.down))
        var (made, madeDue, number) = (0, 0, 0)
        while made < objects {
            try catalog.write { index in
                var events: [Event] = []
                let base = try index.ledgerSize()
                var openings: [OpeningRecord] = []
                for _ in 0..<500 where made < objects {
                    // Both videos of an old case are due.
                    let isDue = madeDue < due
                    let blobs = try (0..<4).map { _ in
                        try isDue ? put(in: store) : BlobAddress(bytes: Randomness.system.bytes(32))!
                    }
                    events += try insertCase(
                        number, isDue: isDue, blobs, uid, keyring, now, index, entry: base + UInt64(events.count),
                        &openings)
                    number += 1
                    made += 4
                    if isDue { madeDue += 2 }
                }
                guard let head = try index.head().flatMap({ Head($0.body) }) else { fatalError("no head") }
                try index.extend(
                    head, by: events.map { Entry(time: now, actor: actor, event: $0) }, keyring: keyring)
                for opening in openings { try index.insert(opening) }
            }
        }
        print(#"{"objects": \#(made), "due": \#(madeDue)}"#)
    }

    private static func put(in store: DirectoryBlobStore) throws -> BlobAddress {
        let stage = try store.stage()
        try Randomness.system.bytes(1000).withUnsafeBytes { try stage.write($0) }
        let address = stage.finish()
        try store.commit([stage])
        store.settle([stage])
        return address
    }

    private static func insertCase(
        _ number: Int, isDue: Bool, _ blobs: [BlobAddress], _ archive: ArchiveUID, _ keyring: Keyring, _ now: Date,
        _ index: IndexWriter, entry: UInt64,
        _ openings: inout [OpeningRecord]
    ) throws -> [Event] {
        let epoch = keyring.currentEpoch
        let caseUID = CaseUID(from: .system)
        let key = SecretKey(from: .system)
        let commitment = Commitment(hex: BlobAddress(bytes: Randomness.system.bytes(32))!.hex)!
        let captured = now.addingTimeInterval(isDue ? -200 * 86_400 : -Double(number % 60) * 86_400)
        let particulars = key.sealField(
            Array(#"{"caseID":"B-\#(number)"}"#.utf8),
            context: SealingContext("strongroom particulars 1").adding(archive.bytes).adding(caseUID.bytes),
            randomness: .system)
        try index.insert(
            CaseRecord(
                uid: caseUID, caseIDTag: keyring.tag("B-\(number)".utf8, purpose: .caseID), registeredAt: captured,
                purpose: "onboarding", jurisdictions: ["HK"],
                key: try keyring.wrap(
                    key, epoch: epoch,
                    context: SealingContext("strongroom case key 1").adding(archive.bytes).adding(UInt64(epoch.number))
                        .adding(caseUID.bytes), randomness: .system),
                sealedParticulars: particulars, subjectTag: nil))
        let verification = VerificationUID(from: .system)
        let answerTag = Tag(keyNumber: 1, bytes: Randomness.system.bytes(32))
        try index.insert(
            VerificationRecord(
                uid: verification, caseUID: caseUID, number: 1, origin: .import, vendor: "tencent-faceid",
                api: "GetFaceIdResultIntl/2018-03-01", state: .archived, region: nil,
                tokenTag: nil, sealedToken: nil, tokenIssuedAt: nil, tokenIssueIsAssumed: false, deadline: nil,
                capturedFrom: captured, capturedUntil: captured, registeredAt: captured, endedAt: captured,
                outcome: Outcome(.passed, code: "0"), sealedDetails: particulars,
                answerTag: answerTag))
        let objects = blobs.map { _ in ObjectUID(from: .system) }
        func exact(_ number: UInt64, _ exact: Exact) throws -> Commitment {
            let opening = Commitment.Opening(try exact.text(), randomness: .system)
            let context = SealingContext("strongroom opening 1").adding(archive.bytes).adding(caseUID.bytes)
                .adding(number).adding(Array("exactCommitment".utf8))
            // The entries come first.
            openings.append(
                OpeningRecord(
                    entry: number, member: "exactCommitment", caseUID: caseUID,
                    sealed: key.sealField(opening.bytes, context: context, randomness: .system)))
            return opening.commitment
        }
        let day = CalendarDay(of: captured)
        var events: [Event] = [
            .caseRegistered(
                .init(
                    caseUID: caseUID, caseID: commitment, jurisdictions: ["HK"], purpose: "onboarding", subject: nil,
                    consent: nil, age: nil)),
            .verificationRegistered(
                .init(
                    caseUID: caseUID, verification: 1, uid: verification, origin: .import,
                    vendor: "tencent-faceid",
                    api: "GetFaceIdResultIntl/2018-03-01", region: nil, tokenIssued: nil,
                    tokenIssueAssumed: false, captured: day,
                    exact: try exact(entry + 1, Exact(capturedFrom: captured, capturedUntil: captured)))),
            .verificationEnded(
                .init(
                    caseUID: caseUID, verification: 1, state: .archived, problem: nil, issueDisproved: nil,
                    lenient: nil,
                    capturedFrom: day, capturedUntil: day, objects: 4,
                    exact: try exact(
                        entry + 2,
                        Exact(
                            capturedFrom: captured, capturedUntil: captured, outcome: Outcome(.passed, code: "0"),
                            lengths: objects.map { Exact.Length(object: $0, length: 1_000_000) },
                            answer: Exact.Recognised(key: 1, tag: answerTag.bytes.hex))))),
        ]
        let kinds = ["action-video", "best-frame", "result", "video"]
        for (object, (kind, address)) in zip(objects, zip(kinds, blobs)) {
            events.append(
                .objectArchived(
                    .init(
                        caseUID: caseUID, verification: 1, object: object, media: kind, mediaType: "video/mp4",
                        length: 1_000_000, address: address, content: commitment)))
            try index.insert(
                ObjectRecord(
                    uid: object, verificationUID: verification, caseUID: caseUID,
                    kind: MediaKind(kind), mediaType: "video/mp4", length: 1_000_000, address: address,
                    contentTag: Tag(keyNumber: 1, bytes: Randomness.system.bytes(32)),
                    key: WrappedKey(epoch: epoch, bytes: Randomness.system.bytes(72)), archivedAt: now))
        }
        return events
    }
}
