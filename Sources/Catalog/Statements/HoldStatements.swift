public import Base
public import Foundation
internal import Ledger
internal import Retention
public import Sealing

extension IndexReader {
    // MARK: Reading

    /// In the order in which they were placed.
    public func forEachHold(_ body: (HoldRecord) throws -> Void) throws {
        try forEachRow("\(Self.holdColumns) ORDER BY id") { try body(hold($0)) }
    }

    public func hold(_ uid: HoldUID) throws -> HoldRecord? {
        try row("\(Self.holdColumns) WHERE uid = ?", [uid]).map(hold)
    }

    /// The holds of a matter, the newest last.
    public func holds(matterTag tag: Tag) throws -> [HoldRecord] {
        try rows(
            "\(Self.holdColumns) WHERE matter_tag = ? AND matter_tag_key = ? ORDER BY id",
            [tag.bytes, tag.keyNumber]
        ).map(hold)
    }

    private static let holdColumns = """
        SELECT uid, matter_tag, matter_tag_key, sealed, confidential, author_uid, placed_at, review_by, revision, state,
            cooling_until FROM hold
        """

    private func hold(_ row: Row) throws -> HoldRecord {
        HoldRecord(
            uid: try row.uid("uid"), matterTag: try row.required(try row.tag("matter_tag"), "matter_tag"),
            sealed: try row.required(try row.bytes("sealed"), "sealed"), isConfidential: try row["confidential"],
            authorUID: try row.uid("author_uid"), placedAt: try row.required(try row.date("placed_at"), "placed_at"),
            reviewBy: try row.required(try row.date("review_by"), "review_by"), revision: try row["revision"],
            state: try row.value("state"), coolingUntil: try row.date("cooling_until"))
    }

    /// In the order of their revisions.
    public func holdScopes(of hold: HoldUID) throws -> [HoldScopeRecord] {
        try rows(
            """
            SELECT hold_scope.id, hold_scope.revision, hold_scope.form, hold_scope.state, hold_scope.judged_only,
                hold_scope.cooling_until
            FROM hold_scope JOIN hold ON hold.id = hold_scope.hold_id WHERE hold.uid = ? ORDER BY hold_scope.revision
            """, [hold]
        ).map { row in
            HoldScopeRecord(
                name: HoldScopeName(hold: hold, revision: try row["revision"]), form: try row.value("form"),
                state: try row.value("state"), judgedOnly: try row["judged_only"],
                clauses: try clauses(
                    rows("\(Self.clauseColumns) WHERE scope_id = ? ORDER BY id", [try row[0] as Int64]),
                    judgedOnly: try row["judged_only"]),
                coolingUntil: try row.date("cooling_until"))
        }
    }

    private static let clauseColumns = """
        SELECT id, judged_only, any_media, any_jurisdiction, any_purpose, any_outcome, captured_from, captured_before,
            archived_from, archived_before FROM hold_clause
        """

    /// The clauses that rows of their table are, with their values.
    ///
    /// - Parameter judgedOnly: what their revision says of each.
    func clauses(_ rows: [Row], judgedOnly: Bool? = nil) throws -> [HoldClause] {
        if let judgedOnly, try rows.contains(where: { try $0["judged_only"] as Bool != judgedOnly }) {
            throw CatalogError.damaged("a clause is not as its revision says: judged_only")
        }
        var values: [Int64: [String: Set<String>]] = [:]
        let found = try self.rows(about: rows.map { try $0["id"] as Int64 }) { places in
            "SELECT clause_id, part, value FROM hold_clause_value WHERE clause_id IN (\(places))"
        }
        for value in found {
            values[try value[0], default: [:]][try value[1], default: []].insert(try value[2])
        }
        return try rows.map { row in
            let own = values[try row["id"]] ?? [:]
            func set(_ part: String) throws -> Set<String>? { try row["any_\(part)"] ? nil : own[part] ?? [] }
            return HoldClause(
                media: try set("media"), jurisdictions: try set("jurisdiction"), purposes: try set("purpose"),
                outcomes: try set("outcome"),
                captured: .init(from: try row.date("captured_from"), before: try row.date("captured_before")),
                archived: .init(from: try row.date("archived_from"), before: try row.date("archived_before")))
        }
    }

    /// The cases that a revision names, in the order of their registration, `limit` at most, after one of them.
    public func holdCases(of scope: HoldScopeName, after: CaseUID?, limit: Int) throws -> [CaseUID] {
        try rows(
            """
            SELECT cases.uid FROM hold_case JOIN cases ON cases.id = hold_case.case_id
            WHERE hold_case.scope_id = ? AND hold_case.case_id > coalesce((SELECT id FROM cases WHERE uid = ?), 0)
            ORDER BY hold_case.case_id LIMIT ?
            """, [try id(of: scope), after, limit]
        ).map { try $0.uid("uid") }
    }

    public func holdExpectationCount(of scope: HoldScopeName) throws -> Int {
        try count("SELECT count(*) FROM hold_expectation WHERE scope_id = ?", [try id(of: scope)])
    }

    public func forEachHoldExpectation(
        of scope: HoldScopeName, _ body: (HoldExpectation) throws -> Void
    ) throws {
        try forEachRow(
            "SELECT tag, tag_key, purpose FROM hold_expectation WHERE scope_id = ?", [try id(of: scope)]
        ) { row in
            guard let purpose = HoldExpectation.Purpose(rawValue: try row["purpose"]) else {
                throw CatalogError.damaged("purpose")
            }
            try body(HoldExpectation(purpose: purpose, tag: try row.required(try row.tag("tag"), "tag")))
        }
    }

    /// In the order of the revisions that took cases out.
    public func forEachHoldExclusion(
        of hold: HoldUID, _ body: (HoldExclusionRecord) throws -> Void
    ) throws {
        try forEachRow(
            """
            SELECT cases.uid, hold_exclusion.revision, hold_exclusion.state, hold_exclusion.cooling_until
            FROM hold_exclusion JOIN cases ON cases.id = hold_exclusion.case_id
                JOIN hold ON hold.id = hold_exclusion.hold_id
            WHERE hold.uid = ? ORDER BY hold_exclusion.revision, cases.id
            """, [hold]
        ) { row in
            try body(
                HoldExclusionRecord(
                    caseUID: try row.uid("uid"), revision: try row["revision"], hasEnded: try row["state"] == "ended",
                    coolingUntil: try row.required(try row.date("cooling_until"), "cooling_until")))
        }
    }

    /// The revisions that name a case, or expected it.
    public func holdScopes(naming caseUID: CaseUID) throws -> [HoldScopeName] {
        try rows(
            """
            SELECT hold.uid, hold_scope.revision FROM cases JOIN hold_case ON hold_case.case_id = cases.id
                JOIN hold_scope ON hold_scope.id = hold_case.scope_id JOIN hold ON hold.id = hold_scope.hold_id
            WHERE cases.uid = ? AND hold_scope.state <> 'ended' ORDER BY hold.id, hold_scope.revision
            """, [caseUID]
        ).map { HoldScopeName(hold: try $0.uid("uid"), revision: try $0["revision"]) }
    }

    /// What was destroyed of the cases that a revision names, `limit` at most.
    public func destroyedBefore(_ scope: HoldScopeName, limit: Int) throws -> [DestroyedBefore] {
        try rows(
            """
            SELECT cases.uid, ledger_entry.number, ledger_entry.time FROM hold_case
                CROSS JOIN cases CROSS JOIN ledger_entry
            WHERE hold_case.scope_id = ? AND cases.id = hold_case.case_id AND ledger_entry.strand = cases.uid
                AND ledger_entry.kind = 'object destroyed' ORDER BY hold_case.case_id, ledger_entry.number LIMIT ?
            """, [try id(of: scope), limit]
        ).map { row in
            DestroyedBefore(
                caseUID: try row.uid("uid"), entry: try row.unsigned("number"),
                time: try row.required(try row.date("time"), "time"))
        }
    }

    /// Whether any hold binds anything.
    public func hasHolds() throws -> Bool { try row("SELECT 1 FROM hold_scope WHERE state <> 'ended' LIMIT 1") != nil }

    /// Whether something has cooled by a time, and has not ended.
    public func hasCoolingHolds(by time: Date) throws -> Bool {
        let cooled = time.wholeMilliseconds
        return try row("SELECT 1 FROM hold_scope WHERE state = 'cooling' AND cooling_until <= ? LIMIT 1", [cooled])
            != nil
            || row("SELECT 1 FROM hold_exclusion WHERE state = 'cooling' AND cooling_until <= ? LIMIT 1", [cooled])
                != nil
            || !cooledReleases(by: cooled).isEmpty
    }

    /// Holds that were released, have cooled, and of which no revision is left.
    func cooledReleases(by cooled: Int64) throws -> [HoldUID] {
        try rows(
            """
            SELECT uid FROM hold WHERE state = 'released' AND cooling_until <= ? AND NOT EXISTS (
                SELECT 1 FROM hold_scope AS s WHERE s.hold_id = hold.id AND s.state <> 'ended') ORDER BY id
            """, [cooled]
        ).map { try $0.uid("uid") }
    }

    /// Whether all objects are held.
    public func holdsEverything() throws -> Bool {
        try row("SELECT 1 FROM hold_scope WHERE form = 'everything' AND state = 'standing' LIMIT 1") != nil
    }

    /// Whether what holds take in is still to be pinned, or decisions about it to be computed anew.
    public func holdsAreUnfinished() throws -> Bool {
        if try row("SELECT 1 FROM hold_scope WHERE stale = 1 LIMIT 1") != nil { return true }
        return try uncompiledClause() != nil
    }

    /// Whether something is still to be pinned.
    public func hasUncompiledClauses() throws -> Bool { try uncompiledClause() != nil }

    /// Whether something is left of holds that have ended.
    public func hasEndedPins() throws -> Bool { try endedScope() != nil }

    /// A revision that has ended and of which something is left.
    func endedScope() throws -> Int64? {
        try row(
            """
            SELECT id FROM hold_scope WHERE state = 'ended' AND stale = 0 AND (
                EXISTS (SELECT 1 FROM hold_pin WHERE scope_id = hold_scope.id)
                OR EXISTS (SELECT 1 FROM hold_case WHERE scope_id = hold_scope.id)
                OR EXISTS (SELECT 1 FROM hold_expectation WHERE scope_id = hold_scope.id)
                OR EXISTS (SELECT 1 FROM hold_clause WHERE scope_id = hold_scope.id)) ORDER BY id LIMIT 1
            """
        ).map { try $0[0] }
    }

    /// A revision about whose objects decisions are still to be computed anew; nil where there is none.
    public func staleHoldScope() throws -> HoldScopeName? {
        try row(
            """
            SELECT hold.uid, hold_scope.revision FROM hold_scope JOIN hold ON hold.id = hold_scope.hold_id
            WHERE hold_scope.stale = 1 ORDER BY hold_scope.id LIMIT 1
            """
        ).map { HoldScopeName(hold: try $0.uid("uid"), revision: try $0["revision"]) }
    }

    // MARK: Parts

    func id(of scope: HoldScopeName) throws -> Int64 {
        guard
            let id: Int64 = try row(
                """
                SELECT hold_scope.id FROM hold_scope JOIN hold ON hold.id = hold_scope.hold_id
                WHERE hold.uid = ? AND hold_scope.revision = ?
                """, [scope.hold, scope.revision]
            ).map({ try $0[0] })
        else { throw CatalogError.damaged("a revision of a hold is gone") }
        return id
    }
}
