internal import Base
import Foundation
internal import GRDB
import Ledger
import Retention
import Sealing

extension SQLiteSession {
    // MARK: Reading

    func holds() throws -> [HoldRecord] { try rows("SELECT * FROM hold ORDER BY id").map(hold) }

    func hold(_ uid: HoldUID) throws -> HoldRecord? {
        try row("SELECT * FROM hold WHERE uid = ?", [Data(uid.bytes)]).map(hold)
    }

    func holds(matterTag tag: Tag) throws -> [HoldRecord] {
        try rows(
            "SELECT * FROM hold WHERE matter_tag = ? AND matter_tag_key = ? ORDER BY id",
            [Data(tag.bytes), Int64(tag.keyNumber)]
        ).map(hold)
    }

    private func hold(_ row: Row) throws -> HoldRecord {
        HoldRecord(
            uid: try row.uid("uid"), matterTag: try row.required(row.tag("matter_tag"), "matter_tag"),
            sealed: try row.required(row.bytes("sealed"), "sealed"), isConfidential: row["confidential"],
            authorUID: try row.uid("author_uid"), placedAt: try row.required(row.date("placed_at"), "placed_at"),
            reviewBy: try row.required(row.date("review_by"), "review_by"), revision: row["revision"],
            state: try row.value("state"), coolingUntil: row.date("cooling_until"))
    }

    func holdScopes(of hold: HoldUID) throws -> [HoldScopeRecord] {
        try rows(
            """
            SELECT hold_scope.* FROM hold_scope JOIN hold ON hold.id = hold_scope.hold_id WHERE hold.uid = ?
            ORDER BY hold_scope.revision
            """, [Data(hold.bytes)]
        ).map { row in
            HoldScopeRecord(
                name: HoldScopeName(hold: hold, revision: row["revision"]), form: try row.value("form"),
                state: try row.value("state"), judgedOnly: row["judged_only"], clauses: try clauses(ofScope: row["id"]),
                coolingUntil: row.date("cooling_until"))
        }
    }

    private func clauses(ofScope id: Int64) throws -> [HoldClause] {
        try rows("SELECT * FROM hold_clause WHERE scope_id = ? ORDER BY id", [id]).map(clause)
    }

    func clause(_ row: Row) throws -> HoldClause {
        var values: [String: Set<String>] = [:]
        for value in try rows("SELECT part, value FROM hold_clause_value WHERE clause_id = ?", [row["id"] as Int64]) {
            values[value["part"], default: []].insert(value["value"])
        }
        func set(_ part: String) -> Set<String>? { row["any_\(part)"] ? nil : values[part] ?? [] }
        return HoldClause(
            media: set("media"), jurisdictions: set("jurisdiction"), purposes: set("purpose"), outcomes: set("outcome"),
            captured: .init(from: row.date("captured_from"), before: row.date("captured_before")),
            archived: .init(from: row.date("archived_from"), before: row.date("archived_before")))
    }

    func holdCases(of scope: HoldScopeName, after: CaseUID?, limit: Int) throws -> [CaseUID] {
        try rows(
            """
            SELECT cases.uid FROM hold_case JOIN cases ON cases.id = hold_case.case_id
            WHERE hold_case.scope_id = ? AND hold_case.case_id > coalesce((SELECT id FROM cases WHERE uid = ?), 0)
            ORDER BY hold_case.case_id LIMIT ?
            """, [try id(of: scope), after.map { Data($0.bytes) }, limit]
        ).map { try $0.uid("uid") }
    }

    func holdExpectations(of scope: HoldScopeName) throws -> [HoldExpectation] {
        try rows("SELECT * FROM hold_expectation WHERE scope_id = ?", [try id(of: scope)]).map { row in
            guard let purpose = HoldExpectation.Purpose(rawValue: row["purpose"]) else {
                throw CatalogError.damaged("purpose")
            }
            return HoldExpectation(purpose: purpose, tag: try row.required(row.tag("tag"), "tag"))
        }
    }

    func holdExclusions(of hold: HoldUID) throws -> [HoldExclusionRecord] {
        try rows(
            """
            SELECT cases.uid, hold_exclusion.* FROM hold_exclusion JOIN cases ON cases.id = hold_exclusion.case_id
                JOIN hold ON hold.id = hold_exclusion.hold_id
            WHERE hold.uid = ? ORDER BY hold_exclusion.revision, cases.id
            """, [Data(hold.bytes)]
        ).map { row in
            HoldExclusionRecord(
                caseUID: try row.uid("uid"), revision: row["revision"], hasEnded: row["state"] == "ended",
                coolingUntil: try row.required(row.date("cooling_until"), "cooling_until"))
        }
    }

    func holdScopes(naming caseUID: CaseUID) throws -> [HoldScopeName] {
        try rows(
            """
            SELECT hold.uid, hold_scope.revision FROM cases JOIN hold_case ON hold_case.case_id = cases.id
                JOIN hold_scope ON hold_scope.id = hold_case.scope_id JOIN hold ON hold.id = hold_scope.hold_id
            WHERE cases.uid = ? AND hold_scope.state <> 'ended' ORDER BY hold.id, hold_scope.revision
            """, [Data(caseUID.bytes)]
        ).map { HoldScopeName(hold: try $0.uid("uid"), revision: $0["revision"]) }
    }

    func destroyedBefore(_ scope: HoldScopeName, limit: Int) throws -> [DestroyedBefore] {
        try rows(
            """
            SELECT cases.uid, ledger_entry.number, ledger_entry.time FROM hold_case
                CROSS JOIN cases CROSS JOIN ledger_entry
            WHERE hold_case.scope_id = ? AND cases.id = hold_case.case_id AND ledger_entry.case_uid = cases.uid
                AND ledger_entry.kind = 'object destroyed' ORDER BY hold_case.case_id, ledger_entry.number LIMIT ?
            """, [try id(of: scope), limit]
        ).map { row in
            DestroyedBefore(
                caseUID: try row.uid("uid"), entry: try row.unsigned("number"),
                time: try row.required(row.date("time"), "time"))
        }
    }

    func hasHolds() throws -> Bool { try row("SELECT 1 FROM hold_scope WHERE state <> 'ended' LIMIT 1") != nil }

    func hasCoolingHolds(by time: Date) throws -> Bool {
        let cooled = time.wholeMilliseconds
        return try row("SELECT 1 FROM hold_scope WHERE state = 'cooling' AND cooling_until <= ? LIMIT 1", [cooled])
            != nil
            || row("SELECT 1 FROM hold_exclusion WHERE state = 'cooling' AND cooling_until <= ? LIMIT 1", [cooled])
                != nil
            || !cooledReleases(by: cooled).isEmpty
    }

    /// Holds that were released, have cooled, and of which no revision is left.
    private func cooledReleases(by cooled: Int64) throws -> [HoldUID] {
        try rows(
            """
            SELECT uid FROM hold WHERE state = 'released' AND cooling_until <= ? AND NOT EXISTS (
                SELECT 1 FROM hold_scope AS s WHERE s.hold_id = hold.id AND s.state <> 'ended') ORDER BY id
            """, [cooled]
        ).map { try $0.uid("uid") }
    }

    func heldCounts(by hold: HoldUID) throws -> HoldCounts {
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
                """, [Data(hold.bytes)])
        else { return counts }
        (counts.objects, counts.cases) = (row["objects"], row["cases"])
        return counts
    }

    func holdsEverything() throws -> Bool {
        try row("SELECT 1 FROM hold_scope WHERE form = 'everything' AND state = 'standing' LIMIT 1") != nil
    }

    func holdsAreUnfinished() throws -> Bool {
        if try row("SELECT 1 FROM hold_scope WHERE stale = 1 LIMIT 1") != nil { return true }
        return try uncompiledClause() != nil
    }

    func staleHoldScope() throws -> HoldScopeName? {
        try row(
            """
            SELECT hold.uid, hold_scope.revision FROM hold_scope JOIN hold ON hold.id = hold_scope.hold_id
            WHERE hold_scope.stale = 1 ORDER BY hold_scope.id LIMIT 1
            """
        ).map { HoldScopeName(hold: try $0.uid("uid"), revision: $0["revision"]) }
    }

    func holdCounts(of scope: HoldScopeName) throws -> HoldCounts {
        let scopeID = try id(of: scope)
        guard let form = try row("SELECT form FROM hold_scope WHERE id = ?", [scopeID])?["form"] as String? else {
            throw CatalogError.damaged("a revision of a hold is gone")
        }
        var counts = HoldCounts()
        switch HoldScopeRecord.Form(rawValue: form) {
        case .everything:
            counts.objects = try objectCount()
            counts.cases = try count("SELECT count(*) FROM cases")
        case .cases:
            counts.cases =
                try row("SELECT count(*) AS n FROM hold_case WHERE scope_id = ?", [scopeID])?["n"] as Int? ?? 0
            counts.objects =
                try row(
                    """
                    SELECT count(*) AS n FROM hold_case CROSS JOIN verification CROSS JOIN object
                    WHERE hold_case.scope_id = ? AND verification.case_id = hold_case.case_id
                        AND object.verification_id = verification.id
                    """, [scopeID])?["n"] as Int? ?? 0
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
                    max(captured_from IS NOT NULL OR captured_before IS NOT NULL) AS captured
                FROM hold_clause WHERE scope_id = ? AND judged_only = 0
                """, [scopeID])
        else { return counts }
        var restricted = HoldClause.Part.allCases.filter { (parts[$0.rawValue] as Int?) == 1 }
        // To ask it of each case costs five times as much as to see that none is without.
        if restricted.contains(.jurisdiction), try allCasesHaveJurisdictions() {
            restricted.removeAll { $0 == .jurisdiction }
        }
        // Of several clauses two may take in the same.
        let isSingle = try row("SELECT count(*) AS n FROM hold_clause WHERE scope_id = ?", [scopeID])?["n"] as Int? == 1
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
        counts.cases = row["cases"]
        counts.objects = row["objects"]
        for part in restricted {
            let count: Int = row[part.rawValue]
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
        case .outcome: "hold_clause.any_outcome = 0 AND verification.result_code IS NULL"
        case .captured:
            """
            hold_clause.captured_from IS NOT NULL AND verification.captured_until IS NULL
                OR hold_clause.captured_before IS NOT NULL AND verification.captured_from IS NULL
            """
        }
    }

    // MARK: Writing

    func insert(_ hold: HoldRecord) throws {
        try insert(
            "hold",
            """
            INSERT INTO hold (uid, matter_tag, matter_tag_key, sealed, confidential, author_uid, placed_at, review_by,
                revision, state, cooling_until)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                Data(hold.uid.bytes), Data(hold.matterTag.bytes), Int64(hold.matterTag.keyNumber), Data(hold.sealed),
                hold.isConfidential, Data(hold.authorUID.bytes), hold.placedAt.milliseconds, hold.reviewBy.milliseconds,
                hold.revision, hold.state.rawValue, hold.coolingUntil?.milliseconds,
            ])
    }

    func update(_ hold: HoldRecord) throws {
        try run(
            "UPDATE hold SET review_by = ?, revision = ?, state = ?, cooling_until = ? WHERE uid = ?",
            [
                hold.reviewBy.milliseconds, hold.revision, hold.state.rawValue, hold.coolingUntil?.milliseconds,
                Data(hold.uid.bytes),
            ])
    }

    func insert(_ scope: HoldScopeRecord) throws {
        try insert(
            "revision",
            """
            INSERT INTO hold_scope (hold_id, revision, form, judged_only, state, cooling_until, stale)
            SELECT id, ?, ?, ?, ?, ?, 1 FROM hold WHERE uid = ?
            """,
            [
                scope.name.revision, scope.form.rawValue, scope.judgedOnly, scope.state.rawValue,
                scope.coolingUntil?.milliseconds, Data(scope.name.hold.bytes),
            ])
        let scopeID = try id(of: scope.name)
        for clause in scope.clauses {
            try run(
                """
                INSERT INTO hold_clause (scope_id, judged_only, any_media, any_jurisdiction, any_purpose, any_outcome,
                    captured_from, captured_before, archived_from, archived_before, compile_to)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, (SELECT coalesce(max(id), 0) FROM object))
                """,
                [
                    scopeID, scope.judgedOnly, clause.media == nil, clause.jurisdictions == nil, clause.purposes == nil,
                    clause.outcomes == nil, clause.captured.from?.milliseconds, clause.captured.before?.milliseconds,
                    clause.archived.from?.milliseconds, clause.archived.before?.milliseconds,
                ])
            let clauseID = db.lastInsertedRowID
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

    func addCase(tagged tag: Tag, to scope: HoldScopeName) throws -> (uid: CaseUID, wasNamed: Bool)? {
        guard
            let found = try row(
                "SELECT id, uid FROM cases WHERE case_id_tag = ? AND case_id_tag_key = ?",
                [Data(tag.bytes), Int64(tag.keyNumber)])
        else { return nil }
        try run(
            "INSERT INTO hold_case (case_id, scope_id) VALUES (?, ?) ON CONFLICT DO NOTHING",
            [found["id"] as Int64, try id(of: scope)])
        return (try found.uid("uid"), db.changesCount == 0)
    }

    func addCases(subjectTag tag: Tag, to scope: HoldScopeName) throws -> [CaseUID] {
        let scopeID = try id(of: scope)
        return try rows(
            "SELECT id, uid FROM cases WHERE subject_tag = ? AND subject_tag_key = ? ORDER BY id",
            [Data(tag.bytes), Int64(tag.keyNumber)]
        ).map { row in
            try run(
                "INSERT INTO hold_case (case_id, scope_id) VALUES (?, ?) ON CONFLICT DO NOTHING",
                [row["id"] as Int64, scopeID])
            return try row.uid("uid")
        }
    }

    func insert(_ expectation: HoldExpectation, of scope: HoldScopeName) throws {
        try run(
            "INSERT INTO hold_expectation (tag, tag_key, purpose, scope_id) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            [
                Data(expectation.tag.bytes), Int64(expectation.tag.keyNumber), expectation.purpose.rawValue,
                try id(of: scope),
            ])
    }

    func setState(_ state: HoldScopeRecord.State, coolingUntil: Date?, of scope: HoldScopeName) throws {
        try run(
            "UPDATE hold_scope SET state = ?, cooling_until = ?, stale = 1 WHERE id = ?",
            [state.rawValue, coolingUntil?.milliseconds, try id(of: scope)])
        try holdsChanged()
    }

    func exclude(_ caseUID: CaseUID, from scope: HoldScopeName, coolingUntil: Date) throws {
        try insert(
            "exclusion",
            """
            INSERT INTO hold_exclusion (hold_id, case_id, revision, state, cooling_until)
            VALUES ((SELECT id FROM hold WHERE uid = ?), (SELECT id FROM cases WHERE uid = ?), ?, 'cooling', ?)
            """,
            [Data(scope.hold.bytes), Data(caseUID.bytes), scope.revision, coolingUntil.milliseconds])
        try holdsChanged()
    }

    func endCooled(by time: Date) throws -> CooledHolds {
        let cooled = time.wholeMilliseconds
        let scopes = try rows(
            """
            SELECT hold_scope.id, hold.uid, hold_scope.revision FROM hold_scope JOIN hold ON hold.id = \
            hold_scope.hold_id
            WHERE hold_scope.state = 'cooling' AND hold_scope.cooling_until <= ? ORDER BY hold_scope.id
            """, [cooled])
        for scope in scopes {
            try run("UPDATE hold_scope SET state = 'ended', stale = 1 WHERE id = ?", [scope["id"] as Int64])
        }
        var exclusions: [HoldScopeName: [CaseUID]] = [:]
        for row in try rows(
            """
            SELECT x.hold_id, x.case_id, x.revision, hold.uid, cases.uid AS case_uid FROM hold_exclusion AS x
                JOIN hold ON hold.id = x.hold_id JOIN cases ON cases.id = x.case_id
            WHERE x.state = 'cooling' AND x.cooling_until <= ? ORDER BY x.hold_id, x.revision, x.case_id
            """, [cooled])
        {
            let (holdID, caseID, revision): (Int64, Int64, Int) = (row["hold_id"], row["case_id"], row["revision"])
            try run(
                "UPDATE hold_exclusion SET state = 'ended' WHERE hold_id = ? AND case_id = ? AND revision = ?",
                [holdID, caseID, revision])
            try run(
                """
                DELETE FROM hold_pin WHERE object_id IN (SELECT object.id FROM object
                        JOIN verification ON verification.id = object.verification_id WHERE verification.case_id = ?)
                    AND scope_id IN (SELECT id FROM hold_scope WHERE hold_id = ? AND revision < ?)
                """, [caseID, holdID, revision])
            try run(
                """
                DELETE FROM hold_case WHERE case_id = ?
                    AND scope_id IN (SELECT id FROM hold_scope WHERE hold_id = ? AND revision < ?)
                """, [caseID, holdID, revision])
            exclusions[HoldScopeName(hold: try row.uid("uid"), revision: revision), default: []].append(
                try row.uid("case_uid"))
        }
        if !scopes.isEmpty || !exclusions.isEmpty { try holdsChanged() }
        return CooledHolds(
            scopes: try scopes.map { HoldScopeName(hold: try $0.uid("uid"), revision: $0["revision"]) },
            exclusions: exclusions,
            released: try cooledReleases(by: cooled))
    }

    func setFresh(_ scope: HoldScopeName, in state: HoldScopeRecord.State) throws {
        try run("UPDATE hold_scope SET stale = 0 WHERE id = ? AND state = ?", [try id(of: scope), state.rawValue])
    }

    func deleteEndedPins(limit: Int) throws -> Bool {
        guard
            let scope = try row(
                """
                SELECT id FROM hold_scope WHERE state = 'ended' AND stale = 0 AND (
                    EXISTS (SELECT 1 FROM hold_pin WHERE scope_id = hold_scope.id)
                    OR EXISTS (SELECT 1 FROM hold_case WHERE scope_id = hold_scope.id)
                    OR EXISTS (SELECT 1 FROM hold_expectation WHERE scope_id = hold_scope.id)
                    OR EXISTS (SELECT 1 FROM hold_clause WHERE scope_id = hold_scope.id)) ORDER BY id LIMIT 1
                """)?["id"] as Int64?
        else { return false }
        for (table, column) in [("hold_pin", "object_id"), ("hold_case", "case_id")] {
            try run(
                """
                DELETE FROM \(table) WHERE scope_id = ?1 AND \(column) IN (
                    SELECT \(column) FROM \(table) WHERE scope_id = ?1 ORDER BY \(column) LIMIT ?2)
                """, [scope, limit])
            if db.changesCount > 0 { return true }
        }
        try run("DELETE FROM hold_expectation WHERE scope_id = ?", [scope])
        try run(
            "DELETE FROM hold_clause_value WHERE clause_id IN (SELECT id FROM hold_clause WHERE scope_id = ?)", [scope])
        try run("DELETE FROM hold_clause WHERE scope_id = ?", [scope])
        try holdsChanged()
        return true
    }

    func approveBackstop(of object: ObjectUID, at time: Date, entry: UInt64) throws {
        try run(
            """
            INSERT INTO backstop_approval (object_id, approved_at, entry) SELECT id, ?, ? FROM object WHERE uid = ?
            ON CONFLICT (object_id) DO NOTHING
            """, [time.milliseconds, Int64(entry), Data(object.bytes)])
    }

    // MARK: Parts

    func run(_ sql: String, _ arguments: StatementArguments = []) throws {
        try db.cachedStatement(sql: sql).execute(arguments: arguments)
    }

    func id(of scope: HoldScopeName) throws -> Int64 {
        guard
            let id = try row(
                """
                SELECT hold_scope.id FROM hold_scope JOIN hold ON hold.id = hold_scope.hold_id
                WHERE hold.uid = ? AND hold_scope.revision = ?
                """, [Data(scope.hold.bytes), scope.revision])?["id"] as Int64?
        else { throw CatalogError.damaged("a revision of a hold is gone") }
        return id
    }

    /// A transaction that is undone must not leave its number to another.
    private func holdsChanged() throws {
        try run("UPDATE archive SET hold_revision = ?", [Int64.random(in: 0...Int64.max)])
    }
}
