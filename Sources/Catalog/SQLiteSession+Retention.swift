import Base
import Foundation
internal import GRDB
import Ledger
import Retention
import Sealing

extension SQLiteSession {
    // MARK: Policies

    func policyRecord(_ name: String, version: Int) throws -> PolicyRecord? {
        try row("SELECT * FROM policy_file WHERE name = ? AND version = ?", [name, version]).map(policy)
    }

    func policyRecords() throws -> [PolicyRecord] {
        try rows("SELECT * FROM policy_file ORDER BY name, version").map(policy)
    }

    func activeSetEntry() throws -> UInt64? {
        try row("SELECT entry FROM policy_set ORDER BY number DESC LIMIT 1")?.unsigned("entry")
    }

    func activeSetNumber() throws -> Int { try count("SELECT ifnull(max(number), 0) FROM policy_set") }

    func activePolicies() throws -> [PolicyRecord] {
        try rows(
            """
            SELECT policy_file.* FROM policy_set_member JOIN policy_file USING (name, version)
            WHERE set_number = (SELECT max(number) FROM policy_set) ORDER BY name
            """
        ).map(policy)
    }

    func insert(_ policy: PolicyRecord) throws {
        try insert(
            "policy", "INSERT INTO policy_file (name, version, form, text, digest, entry) VALUES (?, ?, ?, ?, ?, ?)",
            [
                policy.name, policy.version, policy.form.rawValue, policy.text, Data(policy.digest.bytes),
                Int64(policy.entry),
            ])
    }

    func insertPolicySet(_ number: Int, entry: UInt64, members: [(name: String, version: Int)]) throws {
        try insert("policy set", "INSERT INTO policy_set (number, entry) VALUES (?, ?)", [number, Int64(entry)])
        for member in members {
            try insert(
                "policy", "INSERT INTO policy_set_member (set_number, name, version) VALUES (?, ?, ?)",
                [number, member.name, member.version])
        }
    }

    private func policy(_ row: Row) throws -> PolicyRecord {
        guard let digest = row.bytes("digest").flatMap(Digest.init(bytes:)) else {
            throw CatalogError.damaged("digest")
        }
        return PolicyRecord(
            form: try row.value("form"), name: row["name"], version: row["version"], text: row["text"], digest: digest,
            entry: try row.unsigned("entry"))
    }

    func resolutions() throws -> [Resolution] {
        try rows("SELECT * FROM resolution ORDER BY entry").map { row in
            Resolution(
                entry: try row.unsigned("entry"),
                lower: RuleName(policy: row["lower_policy"], version: row["lower_version"], rule: row["lower_rule"]),
                upper: RuleName(policy: row["upper_policy"], version: row["upper_version"], rule: row["upper_rule"]),
                winner: try row.value("winner"))
        }
    }

    func insert(_ resolution: Resolution) throws {
        let (lower, upper) = (resolution.lower, resolution.upper)
        try insert(
            "resolution",
            """
            INSERT INTO resolution (entry, lower_policy, lower_version, lower_rule, upper_policy, upper_version,
                upper_rule, winner)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                Int64(resolution.entry), lower.policy, lower.version, lower.rule, upper.policy, upper.version,
                upper.rule, resolution.winner.rawValue,
            ])
    }

    // MARK: Events

    func caseEvents(of caseUID: CaseUID) throws -> [CaseEventRecord] {
        try rows(
            """
            SELECT case_event.* FROM case_event JOIN cases ON cases.id = case_id WHERE cases.uid = ?
            ORDER BY entry
            """, [Data(caseUID.bytes)]
        ).map { CaseEventRecord(caseUID: caseUID, event: try event($0)) }
    }

    func insert(_ event: CaseEventRecord) throws {
        var (time, corrects, withdraws): (Int64?, Int64?, Int64?) = (nil, nil, nil)
        switch event.event.effect {
        case .happened(let at): time = at.milliseconds
        case .corrects(let entry, let at): (time, corrects) = (at.milliseconds, Int64(entry))
        case .withdraws(let entry): withdraws = Int64(entry)
        }
        try insert(
            "event",
            """
            INSERT INTO case_event (entry, case_id, name, time, corrects, withdraws)
            VALUES (?, (SELECT id FROM cases WHERE uid = ?), ?, ?, ?, ?)
            """, [Int64(event.event.entry), Data(event.caseUID.bytes), event.event.name, time, corrects, withdraws])
    }

    private func event(_ row: Row) throws -> EventRecord {
        let effect: EventRecord.Effect
        if row["withdraws"] != nil {
            effect = .withdraws(try row.unsigned("withdraws"))
        } else {
            let time = try row.required(row.date("time"), "time")
            effect = row["corrects"] == nil ? .happened(time) : .corrects(try row.unsigned("corrects"), time)
        }
        return EventRecord(entry: try row.unsigned("entry"), name: row["name"], effect: effect)
    }

    // MARK: Objects and what is decided about them

    /// The columns by their numbers: a million rows are read in one go.
    private static let selection = """
        SELECT object.id, object.uid, verification.uid, verification.number, cases.uid, object.length, object.address,
            object.kind, verification.result_code, cases.purpose, verification.captured_from,
            verification.captured_until, object.archived_at, object.status, object.changes_at, object.due_at,
            object.policy_set, cases.id,
            (SELECT group_concat(code, ' ') FROM case_jurisdiction WHERE case_jurisdiction.case_id = cases.id),
            (SELECT approved_at FROM backstop_approval WHERE backstop_approval.object_id = object.id)
        FROM object CROSS JOIN verification ON verification.id = verification_id
            CROSS JOIN cases ON cases.id = verification.case_id
        """

    func retentionRows(
        _ selection: RetentionSelection, after: CatalogPosition?, limit: Int
    ) throws -> [RetentionRow] {
        let id = after?.rowID ?? 0
        let found: [Row]
        switch selection {
        case .all:
            found = try rows("\(Self.selection) WHERE object.id > ? ORDER BY object.id LIMIT ?", [id, limit])
        case .notOf(let set):
            found = try rows(
                "\(Self.selection) WHERE object.id > ? AND policy_set <> ? ORDER BY object.id LIMIT ?",
                [id, set, limit])
        case .changing(let time):
            found = try rows(
                """
                \(Self.selection) WHERE changes_at <= ? AND (changes_at, object.id) > (?, ?)
                ORDER BY changes_at, object.id LIMIT ?
                """, [time.milliseconds, after?.key ?? Int64.min, after?.rowID ?? Int64.min, limit])
        case .due(let time):
            let (from, rowID) = (after?.key ?? Int64.min, after?.rowID ?? Int64.min)
            found = try rows(
                """
                \(Self.selection) WHERE due_at <= ? AND (due_at, object.id) > (?, ?)
                ORDER BY due_at, object.id LIMIT ?
                """, [time.milliseconds, from, rowID, limit])
        case .ofCase(let uid):
            found = try rows(
                """
                SELECT * FROM (\(Self.selection) WHERE object.id IN (
                    SELECT object.id FROM cases JOIN verification ON verification.case_id = cases.id
                    JOIN object ON object.verification_id = verification.id WHERE cases.uid = ? AND object.id > ?))
                ORDER BY 1 LIMIT ?
                """, [Data(uid.bytes), id, limit])
        case .heldBy(let scope): found = try rowsHeld(by: scope, after: id, limit: limit)
        case .objects(let uids):
            found = try uids.compactMap { try row("\(Self.selection) WHERE object.uid = ?", [Data($0.bytes)]) }
        }
        guard !found.isEmpty else { return [] }
        let events = try self.events(ofCases: Set(found.map { $0[17] as Int64 }))
        let holds = try holdFacts(ofObjects: found.map { $0[0] as Int64 })
        var isByChange = false
        if case .changing = selection { isByChange = true }
        return try found.map {
            try retentionRow(
                $0, events: events[$0[17] as Int64] ?? [], holds: holds[$0[0] as Int64] ?? [], isByChange: isByChange)
        }
    }

    /// By its cases where it names them, by its pins where it has clauses.
    private func rowsHeld(by scope: HoldScopeName, after id: Int64, limit: Int) throws -> [Row] {
        let scopeID = try self.id(of: scope)
        switch try row("SELECT form FROM hold_scope WHERE id = ?", [scopeID])?["form"] as String? {
        case "everything":
            return try rows("\(Self.selection) WHERE object.id > ? ORDER BY object.id LIMIT ?", [id, limit])
        case "where":
            return try rows(
                """
                \(Self.selection) WHERE object.id IN (SELECT object_id FROM hold_pin WHERE scope_id = ?1
                    AND object_id > ?2 ORDER BY object_id LIMIT ?3) ORDER BY object.id
                """, [scopeID, id, limit])
        default:
            return try rows(
                """
                SELECT * FROM (\(Self.selection) WHERE object.id IN (
                    SELECT o.id FROM hold_case AS h CROSS JOIN verification AS v CROSS JOIN object AS o
                    WHERE h.scope_id = ?1 AND v.case_id = h.case_id AND o.verification_id = v.id AND o.id > ?2))
                ORDER BY 1 LIMIT ?3
                """, [scopeID, id, limit])
        }
    }

    private func events(ofCases ids: Set<Int64>) throws -> [Int64: [EventRecord]] {
        let list = "[\(ids.map { "\($0)" }.joined(separator: ","))]"
        var events: [Int64: [EventRecord]] = [:]
        for row in try rows(
            "SELECT * FROM case_event WHERE case_id IN (SELECT value FROM json_each(?)) ORDER BY entry", [list])
        {
            events[row["case_id"], default: []].append(try event(row))
        }
        return events
    }

    private func retentionRow(
        _ row: Row, events: [EventRecord], holds: [HoldFact], isByChange: Bool
    ) throws -> RetentionRow {
        func uid<Named>(_ column: Int) throws -> UID<Named> {
            guard let bytes = row[column] as Data?, let uid = UID<Named>(bytes: [UInt8](bytes)) else {
                throw CatalogError.damaged("uid")
            }
            return uid
        }
        func time(_ column: Int) throws -> Date? {
            guard let value = row[column] as Int64? else { return nil }
            // What no calendar has would overflow later.
            guard (-1 << 48...1 << 48).contains(value) else { throw CatalogError.damaged("a time") }
            return Date(milliseconds: value)
        }
        guard let address = (row[6] as Data?).flatMap({ BlobAddress(bytes: [UInt8]($0)) }), let archived = try time(12),
            let status = (row[13] as String?).flatMap(Decision.Status.init(rawValue:))
        else { throw CatalogError.damaged("object") }
        let from = try time(10) ?? archived
        let facts = ObjectFacts(
            media: row[7], resultCode: row[8],
            jurisdictions: (row[18] as String?)?.split(separator: " ").map(String.init) ?? [], purpose: row[9],
            captured: from...(try max(from, time(11) ?? archived)), archived: archived, events: events, holds: holds,
            backstopApproved: try time(19))
        return RetentionRow(
            position: CatalogPosition(rowID: row[0], key: isByChange ? row[14] : row[15]), object: try uid(1),
            verificationUID: try uid(2),
            verification: row[3], caseUID: try uid(4), length: UInt64(row[5] as Int64), address: address, facts: facts,
            standing: Standing(
                status: status, changesAt: try time(14), dueAt: try time(15), set: row[16]))
    }

    func update(_ standing: Standing, at position: CatalogPosition) throws {
        // Rounded up: what stands as due is due.
        func whole(_ time: Date?) -> Int64? { time.map { Int64(($0.timeIntervalSince1970 * 1000).rounded(.up)) } }
        try db.cachedStatement(
            sql: "UPDATE object SET status = ?, changes_at = ?, due_at = ?, policy_set = ? WHERE id = ?"
        ).execute(arguments: [
            standing.status.rawValue, whole(standing.changesAt), whole(standing.dueAt), standing.set, position.rowID,
        ])
    }

    func standingSet() throws -> Int { try count("SELECT standing_set FROM archive") }

    func setStandingSet(_ number: Int) throws {
        try db.cachedStatement(sql: "UPDATE archive SET standing_set = ?").execute(arguments: [number])
    }

    func standingCounts() throws -> [Decision.Status: Int] {
        var counts: [Decision.Status: Int] = [:]
        for row in try rows("SELECT which, number FROM tally WHERE what = 'status' AND number > 0") {
            counts[try row.value("which")] = row["number"]
        }
        return counts
    }

    func dueCounts(from time: Date, days: Int) throws -> [Int] {
        let start = time.milliseconds
        var counts = [Int](repeating: 0, count: days)
        for row in try rows(
            """
            SELECT (due_at - ?1 - 1) / 86400000 AS day, count(*) AS n FROM object
            WHERE due_at > ?1 AND due_at <= ?2 GROUP BY day
            """, [start, start + Int64(days) * 86_400_000])
        {
            counts[row["day"]] = row["n"]
        }
        return counts
    }

    func objectCount() throws -> Int { try count("SELECT coalesce(sum(number), 0) FROM tally WHERE what = 'object'") }

    func countObjects() throws -> Int { try count("SELECT count(*) FROM object") }

    func rememberedCases(after time: Date) throws -> Set<UInt64> {
        Set(
            try rows("SELECT entry FROM destroyed_tag WHERE purpose = 'case' AND forget_at > ?", [time.milliseconds])
                .map { try $0.unsigned("entry") })
    }

    func hasObject(_ uid: ObjectUID) throws -> Bool {
        try row("SELECT 1 FROM object WHERE uid = ?", [Data(uid.bytes)]) != nil
    }

    // MARK: Destruction

    func destroy(_ permit: consuming DestructionPermit, at time: Date) throws {
        guard permit.transaction == transaction else {
            throw CatalogError.damaged("an object was to be destroyed by a permit of another transaction")
        }
        let object = permit.row
        try insert(
            "blob removal", "INSERT INTO blob_removal (address, object_uid, case_uid, noted_at) VALUES (?, ?, ?, ?)",
            [
                Data(object.address.bytes), Data(object.object.bytes), Data(object.caseUID.bytes), time.milliseconds,
            ])
        // Pins of holds that have ended; of others the database keeps them.
        try run("DELETE FROM hold_pin WHERE object_id = ?", [object.position.rowID])
        try run("DELETE FROM backstop_approval WHERE object_id = ?", [object.position.rowID])
        try run("DELETE FROM object WHERE id = ?", [object.position.rowID])
        guard db.changesCount == 1 else { throw CatalogError.damaged("an object that is to be destroyed is gone") }
    }

    func deleteDetails(of verification: VerificationUID) throws {
        try db.cachedStatement(sql: "UPDATE verification SET details = NULL WHERE uid = ?")
            .execute(arguments: [Data(verification.bytes)])
    }

    func destroyCase(_ uid: CaseUID) throws {
        let id = try row("SELECT id FROM cases WHERE uid = ?", [Data(uid.bytes)])?["id"] as Int64?
        guard let id else { throw CatalogError.damaged("a case that is to be destroyed is gone") }
        for statement in [
            "DELETE FROM ledger_opening WHERE case_id = ?", "DELETE FROM case_event WHERE case_id = ?",
            "DELETE FROM verification WHERE case_id = ?", "DELETE FROM case_jurisdiction WHERE case_id = ?",
            "DELETE FROM hold_case WHERE case_id = ?", "DELETE FROM hold_exclusion WHERE case_id = ?",
            "DELETE FROM cases WHERE id = ?",
        ] {
            try db.cachedStatement(sql: statement).execute(arguments: [id])
        }
    }

    func destroyedTags(_ tag: Tag, purpose: DestroyedTagRecord.Purpose) throws -> [DestroyedTagRecord] {
        try rows(
            "SELECT * FROM destroyed_tag WHERE tag = ? AND tag_key = ? AND purpose = ? ORDER BY entry",
            [Data(tag.bytes), Int64(tag.keyNumber), purpose.rawValue]
        ).map { row in
            DestroyedTagRecord(
                tag: tag, purpose: purpose, caseUID: try row.uid("case_uid"), entry: try row.unsigned("entry"),
                destroyedAt: try row.required(row.date("destroyed_at"), "destroyed_at"),
                forgetAt: try row.required(row.date("forget_at"), "forget_at"))
        }
    }

    func insert(_ tag: DestroyedTagRecord) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO destroyed_tag (tag, tag_key, purpose, case_uid, entry, destroyed_at, forget_at)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT DO UPDATE SET entry = excluded.entry, destroyed_at = excluded.destroyed_at,
                    forget_at = max(forget_at, excluded.forget_at)
                """
        ).execute(arguments: [
            Data(tag.tag.bytes), Int64(tag.tag.keyNumber), tag.purpose.rawValue, Data(tag.caseUID.bytes),
            Int64(tag.entry), tag.destroyedAt.milliseconds, tag.forgetAt.milliseconds,
        ])
    }

    func deleteDestroyedTags(forgottenBy time: Date) throws -> Int {
        try db.cachedStatement(sql: "DELETE FROM destroyed_tag WHERE forget_at <= ?")
            .execute(arguments: [time.milliseconds])
        return db.changesCount
    }

    func blobRemovals(limit: Int) throws -> [BlobRemovalRecord] {
        try rows("SELECT * FROM blob_removal ORDER BY noted_at, case_uid LIMIT ?", [limit]).map { row in
            guard let address = row.bytes("address").flatMap(BlobAddress.init(bytes:)) else {
                throw CatalogError.damaged("address")
            }
            return BlobRemovalRecord(
                address: address, object: try row.uid("object_uid"), caseUID: try row.uid("case_uid"),
                notedAt: try row.required(row.date("noted_at"), "noted_at"))
        }
    }

    func blobRemovalCount() throws -> Int { try count("SELECT count(*) FROM blob_removal") }

    func isAwaitingRemoval(_ address: BlobAddress) throws -> Bool {
        try row("SELECT 1 FROM blob_removal WHERE address = ?", [Data(address.bytes)]) != nil
    }

    func deleteBlobRemoval(_ address: BlobAddress) throws {
        try db.cachedStatement(sql: "DELETE FROM blob_removal WHERE address = ?")
            .execute(arguments: [Data(address.bytes)])
    }

    // MARK: Clock, compaction, counts

    func newestTime() throws -> Date? {
        try row("SELECT newest_time FROM archive WHERE newest_time > 0")?.date("newest_time")
    }

    func setNewestTime(_ time: Date) throws {
        try db.cachedStatement(sql: "UPDATE archive SET newest_time = ?").execute(arguments: [time.milliseconds])
    }

    func entryNote() throws -> [UInt8]? { try row("SELECT entry_note FROM archive")?.bytes("entry_note") }

    func setEntryNote(_ sealed: [UInt8]) throws { try run("UPDATE archive SET entry_note = ?", [Data(sealed)]) }

    func compactedAt() throws -> Date? { try row("SELECT compacted_at FROM archive")?.date("compacted_at") }

    func setCompactedAt(_ time: Date) throws {
        try db.cachedStatement(sql: "UPDATE archive SET compacted_at = ?").execute(arguments: [time.milliseconds])
    }

    func ledgerCount(kind: String, since time: Date) throws -> Int {
        let first = try row(
            "SELECT number FROM ledger_entry WHERE newest >= ? ORDER BY newest, number LIMIT 1", [time.milliseconds])
        guard let number = first?["number"] as Int64? else { return 0 }
        return try Int.fetchOne(
            db.cachedStatement(sql: "SELECT count(*) FROM ledger_entry WHERE kind = ? AND number >= ? AND time >= ?"),
            arguments: [kind, number, time.milliseconds]) ?? 0
    }

    func caseCounts() throws -> CaseCounts {
        let row = try row(
            """
            SELECT count(*) AS n, total(has_consent) AS consent, count(age) AS age, count(purpose) AS purpose,
                (SELECT count(DISTINCT case_id) FROM case_jurisdiction) AS places FROM cases
            """)
        return CaseCounts(
            cases: row?["n"] ?? 0, withConsent: Int(row?["consent"] as Double? ?? 0), withAge: row?["age"] ?? 0,
            withPurpose: row?["purpose"] ?? 0, withJurisdiction: row?["places"] ?? 0)
    }
}
