public import Base
internal import Foundation
internal import Ledger
internal import Retention
internal import Sealing

extension IndexReader {
    /// Counts what a hold takes in, each object once. What is not pinned yet is not in it.
    public func heldCounts(by hold: HoldUID) throws -> HoldCounts {
        var counts = HoldCounts()
        let scopes = try holdScopes(of: hold).filter { $0.state != .ended }
        if scopes.contains(where: { $0.form == .everything }),
            let scope = scopes.first(where: { $0.form == .everything })
        {
            return try holdCounts(of: scope.name)
        }
        guard
            let row = try row(
                """
                SELECT count(*) AS objects, count(DISTINCT verification.case_id) AS cases FROM (
                    SELECT hold_pin.object_id AS object_id FROM hold_scope
                        JOIN hold_pin ON hold_pin.scope_id = hold_scope.id
                    WHERE hold_scope.hold_id = (SELECT id FROM hold WHERE uid = ?1) AND hold_scope.state <> 'ended'
                    UNION
                    SELECT object.id FROM hold_scope JOIN hold_case ON hold_case.scope_id = hold_scope.id
                        JOIN verification ON verification.case_id = hold_case.case_id
                        JOIN object ON object.verification_id = verification.id
                    WHERE hold_scope.hold_id = (SELECT id FROM hold WHERE uid = ?1) AND hold_scope.state <> 'ended'
                ) AS held JOIN object ON object.id = held.object_id
                    JOIN verification ON verification.id = object.verification_id
                """, [hold])
        else { return counts }
        (counts.objects, counts.cases) = (try row["objects"], try row["cases"])
        return counts
    }

    /// Counts what a revision takes in. Reads the whole index where it has clauses.
    public func holdCounts(of scope: HoldScopeName) throws -> HoldCounts {
        let scopeID = try id(of: scope)
        let form: String? = try row("SELECT form FROM hold_scope WHERE id = ?", [scopeID]).map { try $0[0] }
        guard let form else { throw CatalogError.damaged("a revision of a hold is gone") }
        var counts = HoldCounts()
        switch HoldScopeRecord.Form(rawValue: form) {
        case .everything:
            counts.objects = try objectCount()
            counts.cases = try count("SELECT count(*) FROM cases")
        case .cases:
            counts.cases = try count("SELECT count(*) FROM hold_case WHERE scope_id = ?", [scopeID])
            counts.objects = try count(
                """
                SELECT count(*) FROM hold_case CROSS JOIN verification CROSS JOIN object
                WHERE hold_case.scope_id = ? AND verification.case_id = hold_case.case_id
                    AND object.verification_id = verification.id
                """, [scopeID])
        case .where: counts = try countTakenIn(by: scopeID)
        case nil: throw CatalogError.damaged("form")
        }
        return counts
    }

    /// In the order of the verifications, whose rows lie one after the other, and with them those of their cases and
    /// objects; what is known of a case is asked once for all objects of a verification. What could not be judged is
    /// counted only where a clause restricts it: that takes a third of the time.
    private func countTakenIn(by scopeID: Int64) throws -> HoldCounts {
        var counts = HoldCounts()
        guard
            let parts = try row(
                """
                SELECT max(1 - any_jurisdiction) AS jurisdiction, max(1 - any_purpose) AS purpose,
                    max(1 - any_outcome) AS outcome,
                    max(CASE WHEN captured_from IS NOT NULL OR captured_before IS NOT NULL THEN 1 ELSE 0 END)
                        AS captured
                FROM hold_clause WHERE scope_id = ? AND judged_only = 0
                """, [scopeID])
        else { return counts }
        var restricted = try HoldClause.Part.allCases.filter { try parts[$0.rawValue] as Int? == 1 }
        // To ask it of each case costs five times as much as to see that none is without.
        if restricted.contains(.jurisdiction), try allCasesHaveJurisdictions() {
            restricted.removeAll { $0 == .jurisdiction }
        }
        // Of several clauses two may take in the same.
        let isSingle = try count("SELECT count(*) FROM hold_clause WHERE scope_id = ?", [scopeID]) == 1
        let columns =
            [
                isSingle ? "count(*) AS objects" : "count(DISTINCT object.id) AS objects",
                "count(DISTINCT cases.id) AS cases",
            ]
            + restricted.map {
                "count(DISTINCT CASE WHEN \(Self.unjudged($0)) THEN cases.id END) AS \($0.rawValue)"
            }
        guard
            let row = try row(
                """
                SELECT \(columns.joined(separator: ", "))
                FROM hold_clause CROSS JOIN hold_scope CROSS JOIN verification CROSS JOIN cases CROSS JOIN object
                WHERE hold_clause.scope_id = ? AND hold_scope.id = hold_clause.scope_id
                    AND cases.id = verification.case_id AND object.verification_id = verification.id
                    AND \(Schema.takesIn)
                """, [scopeID])
        else { return counts }
        counts.cases = try row["cases"]
        counts.objects = try row["objects"]
        for part in restricted {
            let count: Int = try row[part.rawValue]
            if count > 0 { counts.unjudged[part] = count }
        }
        return counts
    }

    private func allCasesHaveJurisdictions() throws -> Bool {
        try row(
            """
            SELECT 1 WHERE (SELECT count(*) FROM cases)
                = (SELECT count(*) FROM (SELECT DISTINCT case_id FROM case_jurisdiction) AS known)
            """) != nil
    }

    /// Whether a clause restricts a part that is not known of a case or its verification.
    private static func unjudged(_ part: HoldClause.Part) -> String {
        switch part {
        case .jurisdiction:
            """
            hold_clause.any_jurisdiction = 0
                AND NOT EXISTS (SELECT 1 FROM case_jurisdiction AS c WHERE c.case_id = cases.id)
            """
        case .purpose: "hold_clause.any_purpose = 0 AND cases.purpose IS NULL"
        case .outcome: "hold_clause.any_outcome = 0 AND verification.outcome IS NULL"
        case .captured:
            """
            hold_clause.captured_from IS NOT NULL AND verification.captured_until IS NULL
                OR hold_clause.captured_before IS NOT NULL AND verification.captured_from IS NULL
            """
        }
    }
}
