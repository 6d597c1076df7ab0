internal import Base
internal import Foundation
internal import Ledger
internal import Retention
internal import Sealing
internal import Synchronization

/// The clauses in force, as an object that comes asks them.
final class HoldClauses: Sendable {
    /// Of which revision a clause is.
    struct Place: Sendable {
        let scope: Int64
        let hold: Int64
        let revision: Int
    }

    /// The index's number for this state of its holds.
    let revision: Int64
    /// The newest clause that there ever was.
    let last: Int64
    let places: [Place]
    let clauses: HoldClauseSet

    init(revision: Int64, last: Int64, places: [Place], clauses: HoldClauseSet) {
        self.revision = revision
        self.last = last
        self.places = places
        self.clauses = clauses
    }
}

/// The clauses that were read last.
final class KnownHoldClauses: Sendable {
    private let state = Mutex<HoldClauses?>(nil)

    var newest: HoldClauses? {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }
}

extension IndexReader {
    /// Clauses in force, those that were read before where nothing has changed since.
    func holdClauses() throws -> HoldClauses {
        let revision = try row("SELECT hold_revision FROM archive").map { try $0[0] as Int64 } ?? 0
        if let known = knownClauses.newest, known.revision == revision { return known }
        let found = try rows(
            """
            SELECT hold_clause.id, hold_clause.scope_id, hold_clause.judged_only, any_media, any_jurisdiction,
                any_purpose, any_outcome, captured_from, captured_before, archived_from, archived_before,
                hold_scope.hold_id, hold_scope.revision
            FROM hold_clause JOIN hold_scope ON hold_scope.id = hold_clause.scope_id
            WHERE hold_scope.state <> 'ended' ORDER BY hold_clause.id
            """)
        let members = try zip(clauses(found), found).map { HoldClauseSet.Member($0, judgedOnly: try $1["judged_only"]) }
        let places = try found.map {
            HoldClauses.Place(scope: try $0["scope_id"], hold: try $0["hold_id"], revision: try $0["revision"])
        }
        let last = try count("SELECT coalesce(max(id), 0) FROM hold_clause")
        let set = HoldClauses(
            revision: revision, last: Int64(last), places: places, clauses: HoldClauseSet(members))
        knownClauses.newest = set
        return set
    }

    // MARK: Compiling

    /// A clause that is not compiled to the end, and how far it is.
    func uncompiledClause() throws -> (id: Int64, scope: Int64, upto: Int64, end: Int64)? {
        try row(
            """
            SELECT hold_clause.id, hold_clause.scope_id, hold_clause.compiled_upto, hold_clause.compile_to
            FROM hold_clause JOIN hold_scope ON hold_scope.id = hold_clause.scope_id
            WHERE hold_clause.compiled_upto < hold_clause.compile_to AND hold_scope.state <> 'ended'
            ORDER BY hold_clause.id LIMIT 1
            """
        ).map { (try $0[0], try $0[1], try $0[2], try $0[3]) }
    }

    // MARK: Holds of objects

    /// The holds that bind each of these objects, by their rows.
    func holdFacts(ofObjects ids: [Int64]) throws -> [Int64: [HoldFact]] {
        guard try hasHolds() else { return [:] }
        var facts: [Int64: Set<HoldFact>] = [:]
        let columns = """
            e.id AS object_id, hold.uid, s.state, s.cooling_until, (SELECT min(x.cooling_until)
                FROM hold_exclusion AS x
                JOIN object AS o ON o.id = e.id JOIN verification AS w ON w.id = o.verification_id
                WHERE x.hold_id = s.hold_id AND x.case_id = w.case_id AND x.revision > s.revision
                    AND x.state = 'cooling') AS out_at
            """
        // One statement for each way in which an object is bound: a union of them would be read whole.
        var ways = [
            """
            hold_pin AS b CROSS JOIN hold_scope AS s CROSS JOIN hold
            WHERE b.object_id = e.id AND s.id = b.scope_id AND s.state <> 'ended' AND hold.id = s.hold_id
            """,
            """
            object AS p CROSS JOIN verification AS v CROSS JOIN hold_case AS b CROSS JOIN hold_scope AS s
                CROSS JOIN hold
            WHERE p.id = e.id AND v.id = p.verification_id AND b.case_id = v.case_id AND s.id = b.scope_id
                AND s.state <> 'ended' AND hold.id = s.hold_id
            """,
        ]
        if try row("SELECT 1 FROM hold_scope WHERE form = 'everything' AND state <> 'ended' LIMIT 1") != nil {
            ways.append(
                """
                object AS p CROSS JOIN verification AS v CROSS JOIN hold_scope AS s CROSS JOIN hold
                WHERE p.id = e.id AND v.id = p.verification_id AND s.form = 'everything' AND s.state <> 'ended'
                    AND hold.id = s.hold_id AND NOT EXISTS (SELECT 1 FROM hold_exclusion AS y
                        WHERE y.hold_id = s.hold_id
                        AND y.case_id = v.case_id AND y.revision > s.revision AND y.state = 'ended')
                """)
        }
        if try uncompiledClause() != nil {
            ways.append(
                """
                hold_match AS b CROSS JOIN hold_scope AS s CROSS JOIN hold
                WHERE b.object_id = e.id AND b.compiled_upto < b.object_id AND b.clause_id + 0 > b.holds_seen
                    AND s.id = b.scope_id AND hold.id = s.hold_id
                """)
        }
        for way in ways {
            let rows = try rows(about: ids, each: "(?)") { places in
                "WITH e (id) AS (VALUES \(places)) SELECT \(columns) FROM e CROSS JOIN \(way)"
            }
            for row in rows {
                let state: HoldScopeRecord.State = try row.value("state")
                var end = state == .cooling ? try row.date("cooling_until") : nil
                if let out = try row.date("out_at") { end = min(end ?? out, out) }
                facts[try row["object_id"], default: []].insert(
                    HoldFact(
                        matter: (try row.uid("uid") as HoldUID).hex, placed: .distantPast, released: end, cooling: 0))
            }
        }
        return facts.mapValues { Array($0) }
    }
}

extension IndexWriter {
    /// The scopes that take in an object that is about to come, and up to which clause that was asked.
    func scopesTakingIn(_ object: ObjectRecord) throws -> (scopes: Set<Int64>, seen: Int64) {
        let clauses = try holdClauses()
        guard !clauses.places.isEmpty else { return ([], clauses.last) }
        guard
            let row = try row(
                """
                SELECT cases.id, cases.purpose, verification.outcome, verification.result_code,
                    verification.captured_from, verification.captured_until
                FROM verification JOIN cases ON cases.id = verification.case_id WHERE verification.uid = ?
                """, [object.verificationUID])
        else { throw CatalogError.damaged("an object without a verification") }
        let facts = HoldClause.Facts(
            media: object.kind.name,
            jurisdictions: try jurisdictions(ofCases: [try row["id"]]).values.first ?? [],
            purpose: try row["purpose"], outcome: try row.outcome("outcome", code: "result_code"),
            capturedFrom: try row.date("captured_from"), capturedUntil: try row.date("captured_until"),
            archived: object.archivedAt)
        var scopes: Set<Int64> = []
        for place in clauses.clauses.takingIn(facts).map({ clauses.places[$0] }) where !scopes.contains(place.scope) {
            let isOut = try self.row(
                "SELECT 1 FROM hold_exclusion WHERE hold_id = ? AND case_id = ? AND revision > ? AND state = 'ended'",
                [place.hold, try row["id"] as Int64, place.revision])
            if isOut == nil { scopes.insert(place.scope) }
        }
        return (scopes, clauses.last)
    }

    /// Pins what clauses take in among the next objects, `limit` at most, and notes them as held.
    ///
    /// - Returns: whether there is more to pin.
    public func compileHolds(limit: Int) throws -> Bool {
        guard let (clause, scope, upto, last) = try uncompiledClause() else { return false }
        let end = min(
            last,
            try row(
                "SELECT max(id) FROM (SELECT id FROM object WHERE id > ? ORDER BY id LIMIT ?) AS part", [upto, limit]
            ).flatMap { try $0[0] as Int64? } ?? last)
        try note(
            """
            INSERT INTO hold_pin (object_id, scope_id) SELECT object_id, scope_id FROM hold_match
            WHERE clause_id = ? AND object_id > ? AND object_id <= ? ON CONFLICT DO NOTHING
            """, [clause, upto, end])
        // What is held has no next change of its own.
        try note(
            """
            UPDATE object SET status = 'held', changes_at = NULL, due_at = NULL WHERE id > ? AND id <= ?
                AND status <> 'held' AND EXISTS (SELECT 1 FROM hold_pin
                    JOIN hold_scope ON hold_scope.id = hold_pin.scope_id
                    WHERE hold_pin.object_id = object.id AND hold_pin.scope_id = ?
                        AND hold_scope.state IN ('placing', 'standing'))
            """, [upto, end, scope])
        try note("UPDATE hold_clause SET compiled_upto = ? WHERE id = ?", [end, clause])
        return true
    }

    /// Asks every clause about every object again: after a restore, or where pins were found missing.
    public func recompileHolds() throws {
        try note("UPDATE object SET holds_seen = 0 WHERE holds_seen <> 0")
        try note("UPDATE hold_clause SET compiled_upto = 0, compile_to = (SELECT coalesce(max(id), 0) FROM object)")
    }
}
