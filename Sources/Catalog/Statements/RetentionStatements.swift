public import Base
public import Foundation
internal import Ledger
public import Retention
internal import Sealing

extension IndexReader {
    /// In the order of the ledger.
    public func caseEvents(of caseUID: CaseUID) throws -> [CaseEventRecord] {
        try rows(
            """
            SELECT entry, name, day, time, corrects, withdraws FROM case_event JOIN cases ON cases.id = case_id
            WHERE cases.uid = ? ORDER BY entry
            """, [caseUID]
        ).map { CaseEventRecord(caseUID: caseUID, event: try event($0)) }
    }

    private func event(_ row: Row) throws -> EventRecord {
        let effect: EventRecord.Effect
        if try row["withdraws"] as Int64? != nil {
            effect = .withdraws(try row.unsigned("withdraws"))
        } else {
            let at: DayOrTime
            if let day = try row["day"] as Int? {
                at = .day(try row.required(CalendarDay(number: day), "day"))
            } else {
                at = .time(try row.required(try row.date("time"), "time"))
            }
            effect = try row["corrects"] as Int64? == nil ? .happened(at) : .corrects(try row.unsigned("corrects"), at)
        }
        return EventRecord(entry: try row.unsigned("entry"), name: try row["name"], effect: effect)
    }

    /// The columns by their numbers: a million rows are read in one go.
    private static let selection = """
        SELECT object.id, object.uid, verification.uid, verification.number, cases.uid, object.length, object.address,
            object.kind, verification.outcome, cases.purpose, verification.captured_from,
            verification.captured_until, object.archived_at, object.status, object.changes_at, object.due_at,
            object.policy_set, cases.id,
            (SELECT approved_at FROM backstop_approval WHERE backstop_approval.object_id = object.id),
            verification.result_code, object.unconfirmed
        FROM object CROSS JOIN verification CROSS JOIN cases
        WHERE verification.id = object.verification_id AND cases.id = verification.case_id
        """

    /// Objects with everything that is decided by, `limit` at most, after a position that was returned before.
    public func retentionRows(
        _ selection: RetentionSelection, after: CatalogPosition?, limit: Int
    ) throws -> [RetentionRow] {
        let id = after?.rowID ?? 0
        let found: [Row]
        switch selection {
        case .all:
            found = try rows("\(Self.selection) AND object.id > ? ORDER BY object.id LIMIT ?", [id, limit])
        case .notOf(let set):
            found = try rows(
                "\(Self.selection) AND object.id > ? AND policy_set <> ? ORDER BY object.id LIMIT ?",
                [id, set, limit])
        case .changing(let time):
            found = try rows(
                """
                \(Self.selection) AND changes_at <= ? AND (changes_at, object.id) > (?, ?)
                ORDER BY changes_at, object.id LIMIT ?
                """, [time, after?.key ?? Int64.min, after?.rowID ?? Int64.min, limit])
        case .due(let time):
            let (from, rowID) = (after?.key ?? Int64.min, after?.rowID ?? Int64.min)
            found = try rows(
                """
                \(Self.selection) AND due_at <= ? AND (due_at, object.id) > (?, ?)
                ORDER BY due_at, object.id LIMIT ?
                """, [time, from, rowID, limit])
        case .ofCase(let uid):
            found = try rows(
                """
                SELECT * FROM (\(Self.selection) AND object.id IN (
                    SELECT object.id FROM cases JOIN verification ON verification.case_id = cases.id
                    JOIN object ON object.verification_id = verification.id
                    WHERE cases.uid = ? AND object.id > ?)) AS found
                ORDER BY 1 LIMIT ?
                """, [uid, id, limit])
        case .heldBy(let scope): found = try rowsHeld(by: scope, after: id, limit: limit)
        case .objects(let uids):
            let rows = try rows(about: uids) { "\(Self.selection) AND object.uid IN (\($0))" }
            let byUID = try Dictionary(rows.map { (try $0[1] as [UInt8], $0) }) { first, _ in first }
            found = uids.compactMap { byUID[$0.bytes] }
        }
        guard !found.isEmpty else { return [] }
        let cases = try Array(Set(found.map { try $0[17] as Int64 }))
        let (events, jurisdictions) = (try events(ofCases: cases), try jurisdictions(ofCases: cases))
        let holds = try holdFacts(ofObjects: found.map { try $0[0] as Int64 })
        var isByChange = false
        if case .changing = selection { isByChange = true }
        return try found.map { row in
            let (object, caseID): (Int64, Int64) = (try row[0], try row[17])
            return try retentionRow(
                row, events: events[caseID] ?? [], jurisdictions: jurisdictions[caseID] ?? [],
                holds: holds[object] ?? [], isByChange: isByChange)
        }
    }

    /// By its cases where it names them, by its pins where it has clauses.
    private func rowsHeld(by scope: HoldScopeName, after id: Int64, limit: Int) throws -> [Row] {
        let scopeID = try self.id(of: scope)
        switch try row("SELECT form FROM hold_scope WHERE id = ?", [scopeID])?["form"] as String? {
        case "everything":
            return try rows("\(Self.selection) AND object.id > ? ORDER BY object.id LIMIT ?", [id, limit])
        case "where":
            return try rows(
                """
                \(Self.selection) AND object.id IN (SELECT object_id FROM hold_pin WHERE scope_id = ?1
                    AND object_id > ?2 ORDER BY object_id LIMIT ?3) ORDER BY object.id
                """, [scopeID, id, limit])
        default:
            return try rows(
                """
                SELECT * FROM (\(Self.selection) AND object.id IN (
                    SELECT o.id FROM hold_case AS h CROSS JOIN verification AS v CROSS JOIN object AS o
                    WHERE h.scope_id = ?1 AND v.case_id = h.case_id AND o.verification_id = v.id
                        AND o.id > ?2)) AS found
                ORDER BY 1 LIMIT ?3
                """, [scopeID, id, limit])
        }
    }

    private func events(ofCases ids: [Int64]) throws -> [Int64: [EventRecord]] {
        var events: [Int64: [EventRecord]] = [:]
        let rows = try rows(about: ids) { places in
            """
            SELECT case_id, entry, name, day, time, corrects, withdraws FROM case_event
            WHERE case_id IN (\(places)) ORDER BY entry
            """
        }
        for row in rows {
            events[try row["case_id"], default: []].append(try event(row))
        }
        return events
    }

    private func retentionRow(
        _ row: Row, events: [EventRecord], jurisdictions: [String], holds: [HoldFact], isByChange: Bool
    ) throws -> RetentionRow {
        func uid<Named>(_ column: Int) throws -> UID<Named> {
            guard let uid = UID<Named>(bytes: try row[column]) else { throw CatalogError.damaged("uid") }
            return uid
        }
        func time(_ column: Int) throws -> Date? {
            guard let value = try row[column] as Int64? else { return nil }
            // What no calendar has would overflow later.
            guard (-1 << 48...1 << 48).contains(value) else { throw CatalogError.damaged("a time") }
            return Date(milliseconds: value)
        }
        let length: Int64 = try row[5]
        guard let address = BlobAddress(bytes: try row[6]), let archived = try time(12), length >= 0,
            let status = Decision.Status(rawValue: try row[13])
        else { throw CatalogError.damaged("object") }
        let from = try time(10) ?? archived
        let facts = ObjectFacts(
            media: try row[7], outcome: try row.outcome("outcome", code: "result_code"), jurisdictions: jurisdictions,
            purpose: try row[9],
            captured: from...(try max(from, time(11) ?? archived)), archived: archived, events: events, holds: holds,
            backstopApproved: try time(18), isUnconfirmed: try row[20] as Int != 0)
        return RetentionRow(
            position: CatalogPosition(rowID: try row[0], key: isByChange ? try row[14] : try row[15]),
            object: try uid(1), verificationUID: try uid(2), verification: try row[3], caseUID: try uid(4),
            length: UInt64(length), address: address, facts: facts,
            standing: Standing(status: status, changesAt: try time(14), dueAt: try time(15), set: try row[16]))
    }

    /// The set of policies by which every object's standing was computed.
    public func standingSet() throws -> Int { try count("SELECT standing_set FROM archive") }

    /// How many objects have each status, by their standings.
    public func standingCounts() throws -> [Decision.Status: Int] {
        var counts: [Decision.Status: Int] = [:]
        for row in try rows("SELECT which, number FROM tally WHERE what = 'status' AND number > 0") {
            counts[try row.value("which")] = try row["number"]
        }
        return counts
    }

    /// How many objects become due on each of the following days, by their standings; those that are due by now
    /// are not among them.
    public func dueCounts(from time: Date, days: Int) throws -> [Int] {
        let start = time.milliseconds
        var counts = [Int](repeating: 0, count: days)
        for row in try rows(
            """
            SELECT (due_at - ?1 - 1) / 86400000 AS day, count(*) AS n FROM object
            WHERE due_at > ?1 AND due_at <= ?2 GROUP BY day
            """, [start, start + Int64(days) * 86_400_000])
        {
            counts[try row[0]] = try row[1]
        }
        return counts
    }

    /// How many objects there are, as it is noted; takes the same time however many.
    public func objectCount() throws -> Int {
        try count("SELECT CAST(coalesce(sum(number), 0) AS BIGINT) FROM tally WHERE what = 'object'")
    }
}

extension IndexWriter {
    public func insert(_ event: CaseEventRecord) throws {
        var (happened, corrects, withdraws): (DayOrTime?, UInt64?, UInt64?) = (nil, nil, nil)
        switch event.event.effect {
        case .happened(let at): happened = at
        case .corrects(let entry, let at): (happened, corrects) = (at, entry)
        case .withdraws(let entry): withdraws = entry
        }
        var (day, time): (Int?, Date?) = (nil, nil)
        switch happened {
        case .day(let at): day = at.number
        case .time(let at): time = at
        case nil: break
        }
        try insert(
            "event",
            """
            INSERT INTO case_event (entry, case_id, name, day, time, corrects, withdraws)
            VALUES (?, (SELECT id FROM cases WHERE uid = ?), ?, ?, ?, ?, ?)
            """, [event.event.entry, event.caseUID, event.event.name, day, time, corrects, withdraws])
    }

    /// Whether a person has said that the time of its capture is right.
    public func note(unconfirmed: Bool, of object: ObjectUID) throws {
        try run("UPDATE object SET unconfirmed = ? WHERE uid = ?", [unconfirmed ? 1 : 0, object])
    }

    /// Writes down what was decided about an object.
    public func update(_ standing: Standing, of object: ObjectUID) throws {
        try note(
            "UPDATE object SET status = ?, changes_at = ?, due_at = ?, policy_set = ? WHERE uid = ?",
            [
                standing.status.rawValue, standing.changesAt?.nextMilliseconds, standing.dueAt?.nextMilliseconds,
                standing.set, object,
            ])
    }

    /// Writes down standings that were computed ahead. An object whose standing is by their set already was decided
    /// about since, by who knew more of it; one whose standing has changed by itself since, or that is held by now,
    /// is left out.
    public func update(_ ahead: StandingsAhead, _ places: Range<Int>, asOf now: Date) throws {
        // By a clock that has gone back since, nothing of it follows.
        guard now >= ahead.computedAt else { return }
        let now = now.milliseconds
        let standings = places.map { ahead[$0] }.filter { standing in standing.changesAt.map { $0 > now } ?? true }
        for first in stride(from: 0, to: standings.count, by: Self.standingsTogether) {
            let part = standings[first..<min(first + Self.standingsTogether, standings.count)]
            // Few lengths, so that few statements are compiled.
            if part.count == Self.standingsTogether {
                try update(part, set: ahead.set)
            } else {
                for place in part.indices { try update(part[place...place], set: ahead.set) }
            }
        }
    }

    /// Standings that one statement writes down: a statement for each takes twice as long.
    private static let standingsTogether = 256

    private func update(_ standings: ArraySlice<StandingsAhead.Note>, set: Int) throws {
        let places = [String](repeating: "(?, ?, ?, ?)", count: standings.count).joined(separator: ", ")
        try note(
            """
            WITH found (object, status, change, due) AS (VALUES \(places))
            UPDATE object SET status = found.status, changes_at = found.change, due_at = found.due, policy_set = ?
            FROM found WHERE object.id = found.object AND object.policy_set <> ? AND object.status <> 'held'
            """,
            standings.flatMap { [$0.object, $0.status.rawValue, $0.changesAt, $0.dueAt] as [any Bindable] } + [
                set, set,
            ])
    }

    public func setStandingSet(_ number: Int) throws {
        try note("UPDATE archive SET standing_set = ?", [number])
    }
}
