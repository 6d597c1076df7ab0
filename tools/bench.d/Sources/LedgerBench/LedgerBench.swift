import Base
@_spi(Writing) import Catalog
import Foundation
import Ledger
import Sealing
import Vault

/// `fill ARCHIVE ROOT-KEY N` appends entries like those of imports until the ledger has N, those of its first case
/// spread over all of it; `prove ARCHIVE` proves random ones, and all of that case. Both print one JSON object.
@main struct LedgerBench {
    static func main() throws {
        StandardDescriptors.reserve()
        let arguments = CommandLine.arguments
        let catalog = Index(try SQLiteEngine(path: arguments[2] + "/index.sqlite"), requiresEntries: false)
        switch arguments[1] {
        case "fill":
            try fill(catalog, by: try keyring(of: arguments[2], rootKey: arguments[3]), to: UInt64(arguments[4])!)
        default: try prove(catalog)
        }
    }

    private static func keyring(of archive: String, rootKey: String) throws -> Keyring {
        let files = PosixFileSystem()
        let sealed = try files.contents(of: archive + "/keyring.sealed", limit: 1 << 20)
        return try files.contents(of: rootKey, limit: 4096).withUnsafeBytes {
            try Keyring(opening: sealed, with: try RootKeyFile.read($0))
        }
    }

    private static func fill(_ catalog: Index, by keyring: Keyring, to size: UInt64) throws {
        let actor = try catalog.read { try Entry($0.ledgerRow(0)!.bytes).actor }
        let start = DispatchTime.now()
        var appended: UInt64 = 0
        var first: (caseUID: CaseUID, next: UInt64)?
        while true {
            let have = try catalog.read { try $0.ledgerSize() }
            if have >= size { break }
            // A case with one verification of four objects makes seven entries.
            var entries: [Entry] = []
            while entries.count < min(1001, Int(size - have)) { entries += someCase(by: actor) }
            entries.removeLast(max(0, entries.count - Int(size - have)))
            if let (caseUID, next) = first {
                if have >= next, have + 1001 < size {
                    entries[entries.count - 1] = someEvent(of: caseUID, by: actor)
                    first?.next += max(1, size / 14)
                }
            } else if let caseUID = entries[0].event.caseUID {
                first = (caseUID, size / 14)
            }
            try catalog.write { index in
                guard let head = try index.head().flatMap({ Head($0.body) }) else { fatalError("no head") }
                try index.extend(head, by: entries, keyring: keyring)
            }
            appended += UInt64(entries.count)
        }
        let seconds = Double(DispatchTime.now().uptimeNanoseconds - start.uptimeNanoseconds) / 1e9
        print(#"{"entries": \#(appended), "microseconds": \#(seconds * 1e6 / Double(max(1, appended)))}"#)
    }

    private static func commitment() -> Commitment {
        Commitment(hex: BlobAddress(bytes: Randomness.system.bytes(32))!.hex)!
    }

    private static func someCase(by actor: ActorStamp) -> [Entry] {
        let uid = CaseUID(from: .system)
        let now = Date()
        let events: [Event] =
            [
                .caseRegistered(
                    .init(
                        caseUID: uid, caseID: commitment(), jurisdictions: ["HK"], purpose: "onboarding",
                        subject: commitment(), consent: commitment(), age: commitment())),
                .verificationRegistered(
                    .init(
                        caseUID: uid, verification: 1, uid: VerificationUID(from: .system), origin: .import,
                        vendor: "tencent-faceid",
                        api: "GetFaceIdResultIntl/2018-03-01", region: nil, tokenIssued: CalendarDay(of: now),
                        tokenIssueAssumed: false, captured: nil, exact: commitment())),
                .verificationEnded(
                    .init(
                        caseUID: uid, verification: 1, state: .archived, problem: nil, issueDisproved: nil,
                        lenient: nil,
                        capturedFrom: CalendarDay(of: now), capturedUntil: CalendarDay(of: now), objects: 4,
                        exact: commitment())),
            ]
            + ["action-video", "best-frame", "result", "video"].map { media in
                .objectArchived(
                    .init(
                        caseUID: uid, verification: 1, object: ObjectUID(from: .system), media: media,
                        mediaType: "video/mp4", length: 1_000_000,
                        address: BlobAddress(bytes: Randomness.system.bytes(32))!, content: commitment()))
            }
        return events.map { Entry(time: now, actor: actor, event: $0) }
    }

    private static func someEvent(of uid: CaseUID, by actor: ActorStamp) -> Entry {
        Entry(
            time: Date(), actor: actor,
            event: .verificationCompleted(
                .init(
                    caseUID: uid, verification: 1, tokenIssued: nil, captured: CalendarDay(of: Date()),
                    exact: commitment(), tokenAdded: nil)))
    }

    private static func prove(_ catalog: Index) throws {
        let size = try catalog.read { try $0.ledgerSize() }
        func milliseconds(_ body: (IndexReader) throws -> Void) throws -> Double {
            let start = DispatchTime.now()
            try catalog.read(body)
            return Double(DispatchTime.now().uptimeNanoseconds - start.uptimeNanoseconds) / 1e6
        }
        var (inclusion, consistency): ([Double], [Double]) = ([], [])
        for _ in 0..<500 {
            let index = UInt64.random(in: 0..<size)
            inclusion.append(
                try milliseconds { _ = try MerkleTree.inclusionProof(of: index, in: size, nodes: $0.ledgerNodes) })
            consistency.append(
                try milliseconds { _ = try MerkleTree.consistencyProof(from: index, to: size, nodes: $0.ledgerNodes) })
        }
        var (strands, entries): ([Double], Int) = ([], 0)
        var filter = LedgerFilter()
        filter.kind = "case registered"
        let first = try catalog.read { try $0.ledgerRows(filter, from: 0, limit: 1) }
        let roots = try catalog.read { try $0.storedRoots() }
        if let strand = try first.first.map({ try Entry($0.bytes).strand }) {
            for _ in 0..<500 {
                strands.append(
                    try milliseconds { index in
                        entries = try provedEntries(of: strand, in: index, roots).count
                    })
            }
        }
        strands.sort()
        inclusion.sort()
        consistency.sort()
        print(
            #"{"inclusion": \#(inclusion[250]), "inclusionWorst": \#(inclusion[499]), "#
                + #""consistency": \#(consistency[250]), "consistencyWorst": \#(consistency[499]), "#
                + #""strand": \#(strands[250]), "strandWorst": \#(strands[499]), "strandEntries": \#(entries)}"#
        )
    }
}
