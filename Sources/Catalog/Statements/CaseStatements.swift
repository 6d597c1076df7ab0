public import Base
internal import Foundation
internal import Ledger
internal import Retention
public import Sealing

extension IndexReader {
    public func caseRecord(_ uid: CaseUID) throws -> CaseRecord? {
        try caseRecords(rows("\(Self.caseColumns) WHERE uid = ?", [uid])).first
    }

    /// Cases in the order of their registration, `limit` at most, after the one named.
    public func cases(_ filter: CaseFilter, after: CaseUID?, limit: Int) throws -> [CaseRecord] {
        var conditions = ["1 = 1"]
        var values: [any Bindable] = []
        func restrict(_ condition: String, _ more: [any Bindable]) {
            conditions.append(condition)
            values += more
        }
        if let after { restrict("id > (SELECT id FROM cases WHERE uid = ?)", [after]) }
        if let code = filter.jurisdiction {
            restrict("id IN (SELECT case_id FROM case_jurisdiction WHERE code = ?)", [code])
        }
        if let purpose = filter.purpose { restrict("purpose = ?", [purpose]) }
        if let tag = filter.subjectTag {
            restrict("subject_tag = ? AND subject_tag_key = ?", [tag.bytes, tag.keyNumber])
        }
        if let state = filter.state {
            restrict("id IN (SELECT case_id FROM verification WHERE state = ? AND goes_on = 0)", [state.rawValue])
        }
        // For an auditor's page now and then: whoever asks for what is rare walks over all cases.
        if let result = filter.result {
            restrict(
                "EXISTS (SELECT 1 FROM verification AS v WHERE v.case_id = cases.id AND (v.outcome = ? OR "
                    + "v.result_code = ?))",
                [result, result])
        }
        if filter.capturedFrom != nil || filter.capturedBefore != nil {
            restrict(
                """
                EXISTS (SELECT 1 FROM verification AS v WHERE v.case_id = cases.id
                    AND v.captured_until >= ? AND v.captured_from < ?)
                """, [filter.capturedFrom ?? .distantPast, filter.capturedBefore ?? .distantFuture])
        }
        if let standing = filter.standing {
            restrict(
                """
                EXISTS (SELECT 1 FROM verification AS v JOIN object AS o ON o.verification_id = v.id
                    WHERE v.case_id = cases.id AND o.status = ?)
                """, [standing.rawValue])
        }
        if let from = filter.registeredFrom { restrict("registered_at >= ?", [from]) }
        if let before = filter.registeredBefore { restrict("registered_at < ?", [before]) }
        values.append(limit)
        return try caseRecords(
            rows("\(Self.caseColumns) WHERE \(conditions.joined(separator: " AND ")) ORDER BY id LIMIT ?", values))
    }

    /// The first of the cases whose IDs look so.
    public func cases(alike tag: Tag, limit: Int) throws -> [CaseUID] {
        try rows("SELECT uid FROM cases WHERE likeness_tag = ? ORDER BY id LIMIT ?", [tag.bytes, limit]).map {
            try $0.uid("uid")
        }
    }

    /// How many cases have this tag of their subject.
    public func caseCount(subjectTag tag: Tag) throws -> Int {
        try count(
            "SELECT count(*) FROM cases WHERE subject_tag = ? AND subject_tag_key = ?", [tag.bytes, tag.keyNumber])
    }

    private static let caseColumns = """
        SELECT id, uid, case_id_tag, case_id_tag_key, registered_at, purpose, epoch, wrapped_key, particulars,
            subject_tag, subject_tag_key, has_consent, age, lacks_terms FROM cases
        """

    private func caseRecords(_ rows: [Row]) throws -> [CaseRecord] {
        let jurisdictions = try jurisdictions(ofCases: rows.map { try $0["id"] })
        return try rows.map { row in
            CaseRecord(
                uid: try row.uid("uid"), caseIDTag: try row.required(try row.tag("case_id_tag"), "case_id_tag"),
                registeredAt: try row.required(try row.date("registered_at"), "registered_at"),
                purpose: try row["purpose"], jurisdictions: jurisdictions[try row["id"]] ?? [],
                key: try row.wrappedKey(),
                sealedParticulars: try row["particulars"], subjectTag: try row.tag("subject_tag"),
                hasConsent: try row["has_consent"], age: try row["age"], lacksTerms: try row["lacks_terms"])
        }
    }

    /// In their order, of each of these cases that has any.
    func jurisdictions(ofCases ids: [Int64]) throws -> [Int64: [String]] {
        var found: [Int64: [String]] = [:]
        let rows = try rows(about: ids) { places in
            "SELECT case_id, code FROM case_jurisdiction WHERE case_id IN (\(places)) ORDER BY case_id, code"
        }
        for row in rows {
            found[try row[0], default: []].append(try row[1])
        }
        return found
    }

    public func caseCounts() throws -> CaseCounts {
        let counts = try row(
            """
            SELECT count(*), count(CASE WHEN has_consent = 1 THEN 1 END), count(age), count(purpose),
                (SELECT count(DISTINCT case_id) FROM case_jurisdiction) FROM cases
            """)
        guard let counts else { throw CatalogError.damaged("nothing was counted") }
        return CaseCounts(
            cases: try counts[0], withConsent: try counts[1], withAge: try counts[2], withPurpose: try counts[3],
            withJurisdiction: try counts[4])
    }
}

extension IndexWriter {
    /// Notes what the ID of a case looks like.
    public func note(likeness tag: Tag, of uid: CaseUID) throws {
        try note("UPDATE cases SET likeness_tag = ? WHERE uid = ?", [tag.bytes, uid])
    }

    /// Throws ``CatalogError/epochNotOpen(_:)`` where the case key is wrapped under another.
    public func insert(_ record: CaseRecord) throws {
        try insert(
            "case",
            """
            INSERT INTO cases (uid, case_id_tag, case_id_tag_key, registered_at, purpose, epoch, wrapped_key,
                particulars, subject_tag, subject_tag_key, has_consent, age, lacks_terms)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            epoch: record.key.epoch,
            [
                record.uid, record.caseIDTag.bytes, record.caseIDTag.keyNumber,
                record.registeredAt, record.purpose, record.key.epoch.number,
                record.key.bytes, record.sealedParticulars, record.subjectTag?.bytes,
                record.subjectTag?.keyNumber, record.hasConsent, record.age, record.lacksTerms,
            ])
        try insertJurisdictions(of: record)
        changeTag(.caseID, of: record.uid, from: nil, to: record.caseIDTag)
        changeTag(.subject, of: record.uid, from: nil, to: record.subjectTag)
    }

    /// Changes a case's purpose, jurisdictions, particulars, subject and age.
    public func update(_ record: CaseRecord) throws {
        let subject = try row("SELECT subject_tag, subject_tag_key FROM cases WHERE uid = ?", [record.uid])
        changeTag(.subject, of: record.uid, from: try subject?.tag("subject_tag"), to: record.subjectTag)
        try run(
            """
            UPDATE cases SET purpose = ?, particulars = ?, subject_tag = ?, subject_tag_key = ?, has_consent = ?,
                age = ? WHERE uid = ?
            """,
            [
                record.purpose, record.sealedParticulars, record.subjectTag?.bytes, record.subjectTag?.keyNumber,
                record.hasConsent, record.age, record.uid,
            ])
        let codes = try rows(
            "SELECT code FROM case_jurisdiction WHERE case_id = (SELECT id FROM cases WHERE uid = ?) ORDER BY code",
            [record.uid]
        ).map { try $0["code"] as String }
        guard codes != record.jurisdictions else { return }
        try run(
            "DELETE FROM case_jurisdiction WHERE case_id = (SELECT id FROM cases WHERE uid = ?)",
            [record.uid])
        try insertJurisdictions(of: record)
    }

    /// Marks a case that lacks what the active terms ask for, or takes the mark away.
    public func mark(_ uid: CaseUID, lacksTerms: Bool) throws {
        try note("UPDATE cases SET lacks_terms = ? WHERE uid = ?", [lacksTerms, uid])
    }

    private func insertJurisdictions(of record: CaseRecord) throws {
        for code in record.jurisdictions {
            try insert(
                "jurisdiction",
                "INSERT INTO case_jurisdiction (case_id, code) SELECT id, ? FROM cases WHERE uid = ?",
                [code, record.uid])
        }
    }
}
