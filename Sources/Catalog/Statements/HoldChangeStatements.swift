public import Base
public import Foundation
internal import Ledger
internal import Retention
internal import Sealing

extension IndexWriter {

    // MARK: Writing

    /// Throws ``CatalogError/exists(_:)`` where a hold of the same matter is in force.
    public func insert(_ hold: HoldRecord) throws {
        try insert(
            "hold",
            """
            INSERT INTO hold (uid, matter_tag, matter_tag_key, sealed, confidential, author_uid, placed_at, review_by,
                revision, state, cooling_until)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                hold.uid, hold.matterTag.bytes, hold.matterTag.keyNumber, hold.sealed,
                hold.isConfidential, hold.authorUID, hold.placedAt, hold.reviewBy,
                hold.revision, hold.state.rawValue, hold.coolingUntil,
            ])
    }

    /// Changes the day of its review, its newest revision, its state and the end of its cooling.
    public func update(_ hold: HoldRecord) throws {
        try run(
            "UPDATE hold SET review_by = ?, revision = ?, state = ?, cooling_until = ? WHERE uid = ?",
            [
                hold.reviewBy, hold.revision, hold.state.rawValue, hold.coolingUntil,
                hold.uid,
            ])
    }

    /// Makes a revision, with its clauses. It protects from here on.
    public func insert(_ scope: HoldScopeRecord) throws {
        try insert(
            "revision",
            """
            INSERT INTO hold_scope (hold_id, revision, form, judged_only, state, cooling_until, stale)
            SELECT id, ?, ?, ?, ?, ?, 1 FROM hold WHERE uid = ?
            """,
            [
                scope.name.revision, scope.form.rawValue, scope.judgedOnly, scope.state.rawValue,
                scope.coolingUntil, scope.name.hold,
            ])
        let scopeID = try id(of: scope.name)
        for clause in scope.clauses {
            let made = try row(
                """
                INSERT INTO hold_clause (scope_id, judged_only, any_media, any_jurisdiction, any_purpose, any_outcome,
                    captured_from, captured_before, archived_from, archived_before, compile_to)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, (SELECT coalesce(max(id), 0) FROM object)) RETURNING id
                """,
                [
                    scopeID, scope.judgedOnly, clause.media == nil, clause.jurisdictions == nil, clause.purposes == nil,
                    clause.outcomes == nil, clause.captured.from, clause.captured.before,
                    clause.archived.from, clause.archived.before,
                ])
            guard let made else { throw CatalogError.damaged("a clause was not made") }
            let clauseID: Int64 = try made[0]
            for (part, values) in [
                ("media", clause.media), ("jurisdiction", clause.jurisdictions), ("purpose", clause.purposes),
                ("outcome", clause.outcomes),
            ] {
                for value in (values ?? []).sorted() {
                    try run(
                        "INSERT INTO hold_clause_value (clause_id, part, value) VALUES (?, ?, ?)",
                        [clauseID, part, value])
                }
            }
        }
        try holdsChanged()
    }

    /// Names a case for a revision.
    ///
    /// - Returns: whether it was not named before.
    public func addCase(_ uid: CaseUID, to scope: HoldScopeName) throws -> Bool {
        let id: Int64? = try row("SELECT id FROM cases WHERE uid = ?", [uid]).map { try $0[0] }
        guard let id else { throw CatalogError.damaged("case \(uid) is missing") }
        return try run(
            "INSERT INTO hold_case (case_id, scope_id) VALUES (?, ?) ON CONFLICT DO NOTHING",
            [id, try self.id(of: scope)]
        ) == 1
    }

    public func insert(_ expectation: HoldExpectation, of scope: HoldScopeName) throws {
        try run(
            "INSERT INTO hold_expectation (tag, tag_key, purpose, scope_id) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            [
                expectation.tag.bytes, expectation.tag.keyNumber, expectation.purpose.rawValue,
                try id(of: scope),
            ])
    }

    /// Changes the state of a revision: it stands, cools until a time, or has ended. Decisions about what it takes in
    /// are then to be computed anew.
    public func setState(_ state: HoldScopeRecord.State, coolingUntil: Date?, of scope: HoldScopeName) throws {
        try run(
            "UPDATE hold_scope SET state = ?, cooling_until = ?, stale = 1 WHERE id = ?",
            [state.rawValue, coolingUntil, try id(of: scope)])
        try holdsChanged()
    }

    /// Takes a case out of the revisions of a hold before one, at the end of a cooling.
    public func exclude(_ caseUID: CaseUID, from scope: HoldScopeName, coolingUntil: Date) throws {
        try insert(
            "exclusion",
            """
            INSERT INTO hold_exclusion (hold_id, case_id, revision, state, cooling_until)
            VALUES ((SELECT id FROM hold WHERE uid = ?), (SELECT id FROM cases WHERE uid = ?), ?, 'cooling', ?)
            """,
            [scope.hold, caseUID, scope.revision, coolingUntil])
        try holdsChanged()
    }

    /// Ends what has cooled by a time. It follows from the entries that released or narrowed it, so that it needs none
    /// where the hold has ended before.
    public func endCooled(by time: Date) throws -> CooledHolds {
        let cooled = time.wholeMilliseconds
        let scopes = try rows(
            """
            SELECT hold_scope.id, hold.uid, hold_scope.revision
            FROM hold_scope JOIN hold ON hold.id = hold_scope.hold_id
            WHERE hold_scope.state = 'cooling' AND hold_scope.cooling_until <= ? ORDER BY hold_scope.id
            """, [cooled])
        for scope in scopes {
            try note("UPDATE hold_scope SET state = 'ended', stale = 1 WHERE id = ?", [try scope["id"] as Int64])
        }
        var exclusions: [HoldScopeName: [CaseUID]] = [:]
        for row in try rows(
            """
            SELECT x.hold_id, x.case_id, x.revision, hold.uid, cases.uid AS case_uid FROM hold_exclusion AS x
                JOIN hold ON hold.id = x.hold_id JOIN cases ON cases.id = x.case_id
            WHERE x.state = 'cooling' AND x.cooling_until <= ? ORDER BY x.hold_id, x.revision, x.case_id
            """, [cooled])
        {
            let (holdID, caseID, revision): (Int64, Int64, Int) = (try row[0], try row[1], try row[2])
            try note(
                "UPDATE hold_exclusion SET state = 'ended' WHERE hold_id = ? AND case_id = ? AND revision = ?",
                [holdID, caseID, revision])
            try note(
                """
                DELETE FROM hold_pin WHERE object_id IN (SELECT object.id FROM object
                        JOIN verification ON verification.id = object.verification_id WHERE verification.case_id = ?)
                    AND scope_id IN (SELECT id FROM hold_scope WHERE hold_id = ? AND revision < ?)
                """, [caseID, holdID, revision])
            try note(
                """
                DELETE FROM hold_case WHERE case_id = ?
                    AND scope_id IN (SELECT id FROM hold_scope WHERE hold_id = ? AND revision < ?)
                """, [caseID, holdID, revision])
            exclusions[HoldScopeName(hold: try row.uid("uid"), revision: revision), default: []].append(
                try row.uid("case_uid"))
        }
        if !scopes.isEmpty || !exclusions.isEmpty { try holdsChanged() }
        return CooledHolds(
            scopes: try scopes.map { HoldScopeName(hold: try $0.uid("uid"), revision: try $0["revision"]) },
            exclusions: exclusions,
            released: try cooledReleases(by: cooled))
    }

    /// Notes that decisions about what a revision takes in are those of now, unless its state is another than it was.
    public func setFresh(_ scope: HoldScopeName, in state: HoldScopeRecord.State) throws {
        try note("UPDATE hold_scope SET stale = 0 WHERE id = ? AND state = ?", [try id(of: scope), state.rawValue])
    }

    /// Deletes what is left of revisions that have ended, `limit` rows at most.
    ///
    /// - Returns: whether there is more.
    public func deleteEndedPins(limit: Int) throws -> Bool {
        guard let scope = try endedScope() else { return false }
        for (table, column) in [("hold_pin", "object_id"), ("hold_case", "case_id")] {
            let deleted = try note(
                """
                DELETE FROM \(table) WHERE scope_id = ?1 AND \(column) IN (
                    SELECT \(column) FROM \(table) WHERE scope_id = ?1 ORDER BY \(column) LIMIT ?2)
                """, [scope, limit])
            if deleted > 0 { return true }
        }
        try note("DELETE FROM hold_expectation WHERE scope_id = ?", [scope])
        try note(
            "DELETE FROM hold_clause_value WHERE clause_id IN (SELECT id FROM hold_clause WHERE scope_id = ?)", [scope])
        try note("DELETE FROM hold_clause WHERE scope_id = ?", [scope])
        try holdsChanged()
        return true
    }

    /// Notes that persons let an object go after its backstop.
    public func approveBackstop(of object: ObjectUID, at time: Date, entry: UInt64) throws {
        try run(
            """
            INSERT INTO backstop_approval (object_id, approved_at, entry) SELECT id, ?, ? FROM object WHERE uid = ?
            ON CONFLICT (object_id) DO NOTHING
            """, [time, Int64(entry), object.bytes])
    }

    /// A transaction that is undone must not leave its number to another.
    private func holdsChanged() throws {
        try note("UPDATE archive SET hold_revision = ?", [Int64.random(in: 0...Int64.max)])
    }
}
