import Base
import Foundation
internal import GRDB
internal import Ledger
import Sealing

extension SQLiteSession {
    func archive() throws -> ArchiveRecord {
        guard let row = try row("SELECT * FROM archive") else { throw CatalogError.notIndex("it names no archive") }
        return ArchiveRecord(
            uid: try row.uid("uid"), createdAt: try row.required(row.date("created_at"), "created_at"),
            keyringGeneration: UInt64(bitPattern: row["keyring_generation"] as Int64), key: try row.wrappedKey())
    }

    func epochs() throws -> [EpochRecord] {
        try rows("SELECT * FROM epoch ORDER BY number").map { row in
            EpochRecord(
                epoch: Epoch(UInt32(truncatingIfNeeded: row["number"] as Int64)), state: try row.value("state"),
                createdAt: try row.required(row.date("created_at"), "created_at"))
        }
    }

    func caseRecord(_ uid: CaseUID) throws -> CaseRecord? {
        try row("SELECT * FROM cases WHERE uid = ?", [Data(uid.bytes)]).map(caseRecord)
    }

    func caseRecord(caseIDTag tag: Tag) throws -> CaseRecord? {
        try row(
            "SELECT * FROM cases WHERE case_id_tag = ? AND case_id_tag_key = ?",
            [Data(tag.bytes), Int64(tag.keyNumber)]
        ).map(caseRecord)
    }

    func cases(_ filter: CaseFilter, after: CaseUID?, limit: Int) throws -> [CaseRecord] {
        var conditions = ["1"]
        var arguments = StatementArguments()
        func restrict(_ condition: String, _ values: StatementArguments) {
            conditions.append(condition)
            arguments += values
        }
        if let after { restrict("id > (SELECT id FROM cases WHERE uid = ?)", [Data(after.bytes)]) }
        if let code = filter.jurisdiction {
            restrict("id IN (SELECT case_id FROM case_jurisdiction WHERE code = ?)", [code])
        }
        if let purpose = filter.purpose { restrict("purpose = ?", [purpose]) }
        if let tag = filter.subjectTag {
            restrict("subject_tag = ? AND subject_tag_key = ?", [Data(tag.bytes), Int64(tag.keyNumber)])
        }
        if let state = filter.state {
            restrict("id IN (SELECT case_id FROM verification WHERE state = ?)", [state.rawValue])
        }
        if let from = filter.registeredFrom { restrict("registered_at >= ?", [from.milliseconds]) }
        if let before = filter.registeredBefore { restrict("registered_at < ?", [before.milliseconds]) }
        arguments += [limit]
        return try rows(
            "SELECT * FROM cases WHERE \(conditions.joined(separator: " AND ")) ORDER BY id LIMIT ?", arguments
        ).map(caseRecord)
    }

    func insert(_ archive: ArchiveRecord) throws {
        try insert(
            "archive",
            """
            INSERT INTO archive (id, uid, created_at, keyring_generation, epoch, wrapped_key)
            VALUES (1, ?, ?, ?, ?, ?)
            """,
            [
                Data(archive.uid.bytes), archive.createdAt.milliseconds, Int64(bitPattern: archive.keyringGeneration),
                Int64(archive.key.epoch.number), Data(archive.key.bytes),
            ])
    }

    func insert(_ epoch: EpochRecord) throws {
        try insert(
            "epoch", "INSERT INTO epoch (number, state, created_at) VALUES (?, ?, ?)",
            [Int64(epoch.epoch.number), epoch.state.rawValue, epoch.createdAt.milliseconds])
    }

    func insert(_ record: CaseRecord) throws {
        try insert(
            "case",
            """
            INSERT INTO cases (uid, case_id_tag, case_id_tag_key, registered_at, purpose, epoch, wrapped_key,
                particulars, subject_tag, subject_tag_key, has_consent, age)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            epoch: record.key.epoch,
            [
                Data(record.uid.bytes), Data(record.caseIDTag.bytes), Int64(record.caseIDTag.keyNumber),
                record.registeredAt.milliseconds, record.purpose, Int64(record.key.epoch.number),
                Data(record.key.bytes), Data(record.sealedParticulars), (record.subjectTag?.bytes).map { Data($0) },
                (record.subjectTag?.keyNumber).map { Int64($0) }, record.hasConsent, record.age,
            ])
        try insertJurisdictions(of: record)
    }

    func update(_ record: CaseRecord) throws {
        try db.cachedStatement(
            sql: """
                UPDATE cases SET purpose = ?, particulars = ?, subject_tag = ?, subject_tag_key = ?, has_consent = ?,
                    age = ? WHERE uid = ?
                """
        ).execute(arguments: [
            record.purpose, Data(record.sealedParticulars), (record.subjectTag?.bytes).map { Data($0) },
            (record.subjectTag?.keyNumber).map { Int64($0) }, record.hasConsent, record.age, Data(record.uid.bytes),
        ])
        let codes = try rows(
            "SELECT code FROM case_jurisdiction WHERE case_id = (SELECT id FROM cases WHERE uid = ?) ORDER BY code",
            [Data(record.uid.bytes)]
        ).map { $0["code"] as String }
        guard codes != record.jurisdictions else { return }
        try run(
            "DELETE FROM case_jurisdiction WHERE case_id = (SELECT id FROM cases WHERE uid = ?)",
            [Data(record.uid.bytes)])
        try insertJurisdictions(of: record)
    }

    private func insertJurisdictions(of record: CaseRecord) throws {
        for code in record.jurisdictions {
            try insert(
                "jurisdiction",
                "INSERT INTO case_jurisdiction (case_id, code) SELECT id, ? FROM cases WHERE uid = ?",
                [code, Data(record.uid.bytes)])
        }
    }

    private func caseRecord(_ row: Row) throws -> CaseRecord {
        let id: Int64 = row["id"]
        return CaseRecord(
            uid: try row.uid("uid"), caseIDTag: try row.required(row.tag("case_id_tag"), "case_id_tag"),
            registeredAt: try row.required(row.date("registered_at"), "registered_at"), purpose: row["purpose"],
            jurisdictions: try rows("SELECT code FROM case_jurisdiction WHERE case_id = ? ORDER BY code", [id])
                .map { $0["code"] },
            key: try row.wrappedKey(),
            sealedParticulars: try row.required(row.bytes("particulars"), "particulars"),
            subjectTag: row.tag("subject_tag"), hasConsent: row["has_consent"], age: row["age"])
    }
}
