public import Base
internal import Foundation
internal import Ledger
internal import Retention
public import Sealing

extension IndexReader {
    private static let selection = """
        SELECT object.id, object.uid, kind, media_type, length, address, content_tag, content_tag_key, object.epoch,
            object.wrapped_key, archived_at, status, changes_at, due_at, policy_set,
            unconfirmed, verification.uid AS verification_uid, cases.uid AS case_uid
        FROM object JOIN verification ON verification.id = verification_id JOIN cases ON cases.id = case_id
        """

    /// In the order of their kinds.
    public func objects(of verificationUID: VerificationUID) throws -> [ObjectRecord] {
        try rows("\(Self.selection) WHERE verification.uid = ? ORDER BY kind", [verificationUID]).map(object)
    }

    public func object(address: BlobAddress) throws -> ObjectRecord? {
        try row("\(Self.selection) WHERE address = ?", [address.bytes]).map(object)
    }

    /// All objects in the order of their commits, `limit` at most, after a position that was returned
    /// before; no position is returned where there are no more.
    public func objects(after position: CatalogPosition?, limit: Int) throws -> (
        records: [ObjectRecord], next: CatalogPosition?
    ) {
        let rows = try rows(
            "\(Self.selection) WHERE object.id > ? ORDER BY object.id LIMIT ?", [position?.rowID ?? 0, limit])
        return (try rows.map(object), try rows.last.map { CatalogPosition(rowID: try $0["id"]) })
    }

    /// The cases in which these bytes are archived as media, in the order of their registration, `limit` at most.
    public func cases(withContent tag: Tag, limit: Int) throws -> [CaseUID] {
        try rows(
            """
            SELECT DISTINCT cases.uid AS case_uid, cases.id
            FROM object JOIN verification ON verification.id = verification_id JOIN cases ON cases.id = case_id
            WHERE content_tag = ? AND content_tag_key = ? AND kind <> 'result' ORDER BY cases.id LIMIT ?
            """, [tag.bytes, tag.keyNumber, limit]
        ).map { try $0.uid("case_uid") }
    }

    /// Media that is archived in more than one case, the newest first, `limit` contents at most, each with so many
    /// cases at most.
    public func repeatedContents(limit: Int, cases most: Int) throws -> [RepeatedContent] {
        try rows(
            "SELECT content_tag, content_tag_key, kind, cases FROM repeated_content ORDER BY newest DESC LIMIT ?",
            [limit]
        ).map { row in
            let tag = try row.required(try row.tag("content_tag"), "content_tag")
            return RepeatedContent(
                kind: MediaKind(try row["kind"]), caseCount: try row["cases"],
                cases: try cases(withContent: tag, limit: most))
        }
    }

    /// What the transactions have counted; takes the same time however much there is.
    public func summary() throws -> CatalogSummary {
        var summary = CatalogSummary()
        func plus(_ a: Int, _ b: Int) throws -> Int {
            let (sum, isTooMuch) = a.addingReportingOverflow(b)
            guard !isTooMuch else { throw CatalogError.damaged("its counts are not what can be counted") }
            return sum
        }
        for row in try rows("SELECT what, which, number, bytes FROM tally WHERE number > 0") {
            let (which, number): (String, Int) = (try row["which"], try row["number"])
            switch try row["what"] as String {
            case "case": summary.cases = number
            case "lacking": summary.casesLackingTerms = number
            case "verification" where which == "continued": summary.continued = number
            case "verification": summary.verifications[try row.value("which")] = number
            case "object":
                summary.objectsByKind[which] = number
                summary.objects = try plus(summary.objects, number)
                summary.bytes = UInt64(try plus(Int(summary.bytes), Int(clamping: try row.unsigned("bytes"))))
            case "repeated" where which == "contents": summary.repeatedContents = number
            case "repeated": summary.casesWithRepeatedContents = number
            default: break
            }
        }
        summary.earliestDeadline = try row("SELECT min(deadline) AS d FROM verification WHERE state = 'awaiting'")?
            .date("d")
        return summary
    }

    /// Counts that are not what they are when everything is counted: their names. Reads the whole index.
    public func miscounts() throws -> [String] {
        try rows(
            """
            WITH counted AS (\(Schema.recount))
            SELECT what, which FROM (SELECT what, which, number, bytes FROM counted WHERE number <> 0
                EXCEPT SELECT what, which, number, bytes FROM tally) AS missing
            UNION SELECT what, which FROM (SELECT what, which, number, bytes FROM tally WHERE number <> 0
                EXCEPT SELECT what, which, number, bytes FROM counted) AS wrong
            ORDER BY 1, 2
            """
        ).map { row in
            let (what, which): (String, String) = (try row[0], try row[1])
            return which.isEmpty ? what : "\(what) \(which)"
        }
    }

    private func object(_ row: Row) throws -> ObjectRecord {
        guard let address = try row.bytes("address").flatMap(BlobAddress.init(bytes:)) else {
            throw CatalogError.damaged("address")
        }
        return ObjectRecord(
            uid: try row.uid("uid"), verificationUID: try row.uid("verification_uid"), caseUID: try row.uid("case_uid"),
            kind: MediaKind(try row["kind"]), mediaType: try row["media_type"], length: try row.unsigned("length"),
            address: address, contentTag: try row.required(try row.tag("content_tag"), "content_tag"),
            key: try row.wrappedKey(), archivedAt: try row.required(try row.date("archived_at"), "archived_at"),
            // A note, which nothing that reads objects goes by; what is wrong with it is found where it matters.
            standing: try ((try? row.value("status")) as Decision.Status?).map {
                Standing(
                    status: $0, changesAt: try row.date("changes_at"), dueAt: try row.date("due_at"),
                    set: try row["policy_set"])
            } ?? .initial, isUnconfirmed: try row["unconfirmed"] as Int != 0)
    }
}

extension IndexWriter {
    /// Throws ``CatalogError/epochNotOpen(_:)`` where the object key is wrapped under another.
    public func insert(_ object: ObjectRecord) throws {
        let (scopes, seen) = try scopesTakingIn(object)
        try insert(
            "object",
            """
            INSERT INTO object (verification_id, uid, kind, media_type, length, address, content_tag,
                content_tag_key, epoch, wrapped_key, archived_at, status, changes_at, due_at, policy_set, holds_seen,
                unconfirmed)
            VALUES ((SELECT id FROM verification WHERE uid = ?), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            epoch: object.key.epoch,
            [
                object.verificationUID, object.uid, object.kind.name, object.mediaType,
                Int64(object.length), object.address.bytes, object.contentTag.bytes,
                object.contentTag.keyNumber, object.key.epoch.number, object.key.bytes,
                object.archivedAt, object.standing.status.rawValue,
                object.standing.changesAt?.nextMilliseconds, object.standing.dueAt?.nextMilliseconds,
                object.standing.set, seen, object.isUnconfirmed ? 1 : 0,
            ])
        for scope in scopes {
            try run(
                """
                INSERT INTO hold_pin (object_id, scope_id) SELECT id, ? FROM object WHERE uid = ? ON CONFLICT DO NOTHING
                """, [scope, object.uid])
        }
    }
}
