import Archive
import Base
@_spi(Writing) import Catalog
import FaceID
import Foundation
import Ledger
import Sealing
import Vault

/// Holds, measured from inside.
enum HoldBench {
    /// Places so many holds whose clauses take nothing in.
    static func place(_ path: String, rootKey: String, count: Int) throws {
        let archive = try OpenArchive.open(
            path, rootKey: .keyFile(rootKey), effects: Effects(provider: TencentFaceID())
        )
        .session(as: .actor(.osUser))
        let places = ["FR", "DE", "IT", "ES", "SE"]
        let began = DispatchTime.now()
        for number in 0..<count {
            _ = try archive.holds.place(
                HoldOrder(
                    matter: try Matter("B-\(number)"), reason: try Reason("measured"),
                    reviewBy: Date().addingTimeInterval(1e8),
                    scope: .expression(
                        "jurisdiction = \(places[number % places.count]) and media in (video, action-video) and "
                            + "captured >= 2020-01-01",
                        judgedOnly: false, timeZone: .gmt)))
        }
        try archive.holds.finish {}
        archive.finishPublication()
        print(#"{"seconds": \#(seconds(since: began))}"#)
    }

    /// Inserts objects into new cases, so many a transaction, and says how long one takes.
    static func insert(_ path: String, objects: Int) throws {
        let catalog = Index(try SQLiteEngine(path: path + "/index.sqlite"), requiresEntries: false)
        let epoch = try catalog.read { try $0.epochs()[0].epoch }
        let now = Date()
        func key() -> WrappedKey { WrappedKey(epoch: epoch, bytes: Randomness.system.bytes(72)) }
        func tag() -> Sealing.Tag { Sealing.Tag(keyNumber: 1, bytes: Randomness.system.bytes(32)) }
        struct Undone: Error {}
        var times: [Double] = []
        for _ in 0..<(objects / 400) {
            // Undone each time, so that every round finds the same index.
            do {
                try catalog.write { index in
                    var records: [ObjectRecord] = []
                    for _ in 0..<100 {
                        let caseUID = CaseUID(from: .system)
                        try index.insert(
                            CaseRecord(
                                uid: caseUID, caseIDTag: tag(), registeredAt: now, purpose: "onboarding",
                                jurisdictions: ["HK"], key: key(), sealedParticulars: [1], subjectTag: nil))
                        let verification = VerificationUID(from: .system)
                        try index.insert(
                            VerificationRecord(
                                uid: verification, caseUID: caseUID, number: 1, origin: .import,
                                vendor: "tencent-faceid", api: "GetFaceIdResultIntl/2018-03-01", state: .archived,
                                region: nil,
                                tokenTag: nil, sealedToken: nil, tokenIssuedAt: nil, tokenIssueIsAssumed: false,
                                deadline: nil, capturedFrom: now, capturedUntil: now, registeredAt: now, endedAt: now,
                                outcome: Outcome(.passed, code: "0"), sealedDetails: [1]))
                        for kind in ["action-video", "best-frame", "result", "video"] {
                            records.append(
                                ObjectRecord(
                                    uid: ObjectUID(from: .system), verificationUID: verification, caseUID: caseUID,
                                    kind: MediaKind(kind), mediaType: "x", length: 1,
                                    address: BlobAddress(bytes: Randomness.system.bytes(32))!, contentTag: tag(),
                                    key: key(),
                                    archivedAt: now))
                        }
                    }
                    let began = DispatchTime.now()
                    for record in records { try index.insert(record) }
                    times.append(seconds(since: began) * 1000 / Double(records.count))
                    throw Undone()
                }
            } catch is Undone {}
        }
        print(#"{"milliseconds": \#(times.sorted()[times.count / 2])}"#)
    }

    /// Writes a small transaction every ten milliseconds until a file is there, as imports do, and says how long each
    /// waited and took.
    static func wait(_ path: String, until file: String) throws {
        let catalog = Index(try SQLiteEngine(path: path + "/index.sqlite"), requiresEntries: false)
        var times: [Double] = []
        repeat {
            let began = DispatchTime.now()
            try catalog.write { index in try index.setCompactedAt(Date()) }
            times.append(seconds(since: began) * 1000)
            usleep(10_000)
        } while !FileManager.default.fileExists(atPath: file)
        times.sort()
        print(
            #"{"median": \#(times[times.count / 2]), "p99": \#(times[times.count * 99 / 100]), "#
                + #""most": \#(times.last!), "count": \#(times.count)}"#
        )
    }

    private static func seconds(since began: DispatchTime) -> Double {
        Double(DispatchTime.now().uptimeNanoseconds - began.uptimeNanoseconds) / 1e9
    }
}
