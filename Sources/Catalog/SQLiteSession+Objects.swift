import Base
import Foundation
internal import GRDB
internal import Ledger
import Retention
import Sealing

extension SQLiteSession: CatalogWriter {
    private static let selection = """
        SELECT object.*, verification.uid AS verification_uid, cases.uid AS case_uid
        FROM object JOIN verification ON verification.id = verification_id JOIN cases ON cases.id = case_id
        """

    func objects(of verificationUID: VerificationUID) throws -> [ObjectRecord] {
        try rows("\(Self.selection) WHERE verification.uid = ? ORDER BY kind", [Data(verificationUID.bytes)]).map(
            object)
    }

    func object(address: BlobAddress) throws -> ObjectRecord? {
        try row("\(Self.selection) WHERE address = ?", [Data(address.bytes)]).map(object)
    }

    func objects(after position: CatalogPosition?, limit: Int) throws -> (
        records: [ObjectRecord], next: CatalogPosition?
    ) {
        let rows = try rows(
            "\(Self.selection) WHERE object.id > ? ORDER BY object.id LIMIT ?", [position?.rowID ?? 0, limit])
        return (try rows.map(object), rows.last.map { CatalogPosition(rowID: $0["id"]) })
    }

    func cases(withContent tag: Tag, limit: Int) throws -> [CaseUID] {
        try rows(
            """
            SELECT DISTINCT cases.uid AS case_uid, cases.id
            FROM object JOIN verification ON verification.id = verification_id JOIN cases ON cases.id = case_id
            WHERE content_tag = ? AND content_tag_key = ? AND kind <> 'result' ORDER BY cases.id LIMIT ?
            """, [Data(tag.bytes), Int64(tag.keyNumber), limit]
        ).map { try $0.uid("case_uid") }
    }

    func repeatedContents(limit: Int, cases most: Int) throws -> [RepeatedContent] {
        try rows("SELECT * FROM repeated_content ORDER BY newest DESC LIMIT ?", [limit]).map { row in
            let tag = try row.required(row.tag("content_tag"), "content_tag")
            return RepeatedContent(
                kind: MediaKind(row["kind"]), caseCount: row["cases"], cases: try cases(withContent: tag, limit: most))
        }
    }

    func summary() throws -> CatalogSummary {
        var summary = CatalogSummary()
        for row in try rows("SELECT what, which, number, bytes FROM tally WHERE number > 0") {
            let (which, number): (String, Int) = (row["which"], row["number"])
            switch row["what"] as String {
            case "case": summary.cases = number
            case "verification": summary.verifications[try row.value("which")] = number
            case "object":
                summary.objectsByKind[which] = number
                summary.objects += number
                summary.bytes += try row.unsigned("bytes")
            case "repeated" where which == "contents": summary.repeatedContents = number
            case "repeated": summary.casesWithRepeatedContents = number
            default: break
            }
        }
        summary.earliestDeadline = try row("SELECT min(deadline) AS d FROM verification WHERE state = 'awaiting'")?
            .date("d")
        return summary
    }

    func miscounts() throws -> [String] {
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
            let which: String = row["which"]
            return which.isEmpty ? row["what"] : "\(row["what"] as String) \(which)"
        }
    }

    func insert(_ object: ObjectRecord) throws {
        let (scopes, seen) = try scopesTakingIn(object)
        try insert(
            "object",
            """
            INSERT INTO object (verification_id, uid, kind, media_type, length, address, content_tag,
                content_tag_key, epoch, wrapped_key, archived_at, status, changes_at, due_at, policy_set, holds_seen)
            VALUES ((SELECT id FROM verification WHERE uid = ?), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            epoch: object.key.epoch,
            [
                Data(object.verificationUID.bytes), Data(object.uid.bytes), object.kind.name, object.mediaType,
                Int64(object.length), Data(object.address.bytes), Data(object.contentTag.bytes),
                Int64(object.contentTag.keyNumber), Int64(object.key.epoch.number), Data(object.key.bytes),
                object.archivedAt.milliseconds, object.standing.status.rawValue,
                object.standing.changesAt?.milliseconds, object.standing.dueAt?.milliseconds, object.standing.set, seen,
            ])
        let id = db.lastInsertedRowID
        for scope in scopes {
            try run("INSERT INTO hold_pin (object_id, scope_id) VALUES (?, ?) ON CONFLICT DO NOTHING", [id, scope])
        }
    }

    private func object(_ row: Row) throws -> ObjectRecord {
        guard let address = row.bytes("address").flatMap(BlobAddress.init(bytes:)) else {
            throw CatalogError.damaged("address")
        }
        return ObjectRecord(
            uid: try row.uid("uid"), verificationUID: try row.uid("verification_uid"), caseUID: try row.uid("case_uid"),
            kind: MediaKind(row["kind"]), mediaType: row["media_type"], length: UInt64(row["length"] as Int64),
            address: address, contentTag: try row.required(row.tag("content_tag"), "content_tag"),
            key: try row.wrappedKey(), archivedAt: try row.required(row.date("archived_at"), "archived_at"),
            // A note, which nothing that reads objects goes by; what is wrong with it is found where it matters.
            standing: ((try? row.value("status")) as Decision.Status?).map {
                Standing(
                    status: $0, changesAt: row.date("changes_at"), dueAt: row.date("due_at"), set: row["policy_set"])
            } ?? .initial)
    }
}
