internal import Base
import Foundation
internal import GRDB
import Ledger
import Sealing

extension SQLiteSession {
    // MARK: Actors

    func actor(_ uid: ActorUID) throws -> ActorRecord? {
        try row("SELECT * FROM actor WHERE uid = ?", [Data(uid.bytes)]).map(actor)
    }

    func actorCount() throws -> Int { try count("SELECT count(*) FROM actor") }

    func actors(nameTag tag: Tag) throws -> [ActorRecord] {
        try rows(
            "SELECT * FROM actor WHERE name_tag = ? AND name_tag_key = ? ORDER BY known",
            [Data(tag.bytes), Int64(tag.keyNumber)]
        ).map(actor)
    }

    func insert(_ actor: ActorRecord) throws {
        try insert(
            "actor", "INSERT INTO actor (uid, known, name_tag, name_tag_key, name) VALUES (?, ?, ?, ?, ?)",
            [
                Data(actor.stamp.uid.bytes), actor.stamp.known.rawValue, Data(actor.nameTag.bytes),
                Int64(actor.nameTag.keyNumber), Data(actor.sealedName),
            ])
    }

    private func actor(_ row: Row) throws -> ActorRecord {
        ActorRecord(
            stamp: ActorStamp(uid: try row.uid("uid"), known: try row.value("known")),
            nameTag: try row.required(row.tag("name_tag"), "name_tag"),
            sealedName: try row.required(row.bytes("name"), "name"))
    }

    // MARK: Refused openings

    func countRefusedOpening(at time: Date) throws {
        try db.cachedStatement(
            sql: """
                UPDATE archive SET refused_openings = refused_openings + 1, refused_last = ?1,
                    refused_first = ifnull(refused_first, ?1)
                """
        ).execute(arguments: [time.milliseconds])
    }

    func takeRefusedOpenings() throws -> RefusedOpenings? {
        guard let row = try row("SELECT * FROM archive WHERE refused_openings > 0"),
            let first = row.date("refused_first"), let last = row.date("refused_last")
        else { return nil }
        try db.execute(sql: "UPDATE archive SET refused_openings = 0, refused_first = NULL, refused_last = NULL")
        return RefusedOpenings(count: try row.unsigned("refused_openings"), first: first, last: last)
    }

    // MARK: Origins

    func origins() throws -> [OriginRecord] {
        try rows("SELECT * FROM ledger_origin ORDER BY number").map { row in
            OriginRecord(
                number: row["number"], origin: row["origin"], firstEntry: try row.unsigned("first_entry"),
                published: try row.unsigned("published"))
        }
    }

    func insert(_ origin: OriginRecord) throws {
        try insert(
            "origin", "INSERT INTO ledger_origin (number, origin, first_entry, published) VALUES (?, ?, ?, ?)",
            [origin.number, origin.origin, Int64(origin.firstEntry), Int64(origin.published)])
    }

    func update(_ origin: OriginRecord) throws {
        try db.cachedStatement(sql: "UPDATE ledger_origin SET published = ? WHERE number = ?")
            .execute(arguments: [Int64(origin.published), origin.number])
    }

    // MARK: Entries

    func ledgerSize() throws -> UInt64 {
        try row("SELECT number FROM ledger_entry ORDER BY number DESC LIMIT 1").map { try $0.unsigned("number") + 1 }
            ?? 0
    }

    func ledgerRow(_ number: UInt64) throws -> LedgerRow? {
        try row("SELECT * FROM ledger_entry WHERE number = ?", [Int64(clamping: number)]).map(ledgerRow)
    }

    func ledgerRows(_ filter: LedgerFilter, from number: UInt64, limit: Int) throws -> [LedgerRow] {
        let bounds = try bounds(of: filter)
        let first = max(bounds.first, number)
        var found = try ledgerRows(filter, first..<max(first, bounds.end), isBehind: false, limit: limit)
        // After the first entry of the bound, only those whose clock had been set back can be of before it.
        if found.count < limit, filter.before != nil {
            found += try ledgerRows(
                filter, max(first, bounds.end)..<UInt64(Int64.max), isBehind: true, limit: limit - found.count)
        }
        return found
    }

    func newestLedgerRows(_ filter: LedgerFilter, limit: Int) throws -> [LedgerRow] {
        let bounds = try bounds(of: filter)
        var found: [LedgerRow] = []
        if filter.before != nil {
            found = try ledgerRows(
                filter, max(bounds.first, bounds.end)..<UInt64(Int64.max), isBehind: true, limit: limit,
                newestFirst: true)
        }
        if found.count < limit {
            found += try ledgerRows(
                filter, bounds.first..<max(bounds.first, bounds.end), isBehind: false, limit: limit - found.count,
                newestFirst: true)
        }
        return found.reversed()
    }

    /// The numbers among which a filter's times can lie: all from `first` on, and nearly all before `end`.
    private func bounds(of filter: LedgerFilter) throws -> (first: UInt64, end: UInt64) {
        func first(_ time: Date) throws -> UInt64 {
            let number = try row(
                "SELECT number FROM ledger_entry WHERE newest >= ? ORDER BY newest, number LIMIT 1", [time.milliseconds]
            )
            return UInt64(number?["number"] as Int64? ?? Int64.max)
        }
        return (try filter.from.map(first) ?? 0, try filter.before.map(first) ?? UInt64(Int64.max))
    }

    private func ledgerRows(
        _ filter: LedgerFilter, _ numbers: Range<UInt64>, isBehind: Bool, limit: Int, newestFirst: Bool = false
    ) throws -> [LedgerRow] {
        guard !numbers.isEmpty, limit > 0 else { return [] }
        // The rows of each actor are in order in an index; those of several are not.
        if let uids = filter.actorUIDs, uids.count > 1 {
            let found = try Set(uids).flatMap { uid in
                var filter = filter
                filter.actorUIDs = [uid]
                return try ledgerRows(filter, numbers, isBehind: isBehind, limit: limit, newestFirst: newestFirst)
            }
            return Array(found.sorted { newestFirst ? $0.number > $1.number : $0.number < $1.number }.prefix(limit))
        }
        var conditions = ["number >= ? AND number < ?"]
        var arguments: StatementArguments = [Int64(numbers.lowerBound), Int64(numbers.upperBound)]
        func restrict(_ condition: String, _ values: StatementArguments = []) {
            conditions.append(condition)
            arguments += values
        }
        // Those behind are few and have an index of their own, which a unary plus leaves as the only one to take.
        let column = isBehind ? "+" : ""
        if isBehind { restrict("time < newest") }
        if let kind = filter.kind { restrict("\(column)kind = ?", [kind]) }
        if let uids = filter.actorUIDs {
            guard let uid = uids.first else { return [] }
            restrict("\(column)actor_uid = ?", [Data(uid.bytes)])
        }
        if let uid = filter.caseUID { restrict("\(column)case_uid = ?", [Data(uid.bytes)]) }
        if let from = filter.from { restrict("time >= ?", [from.milliseconds]) }
        if let before = filter.before { restrict("time < ?", [before.milliseconds]) }
        return try rows(
            """
            SELECT * FROM ledger_entry WHERE \(conditions.joined(separator: " AND "))
            ORDER BY number \(newestFirst ? "DESC" : "") LIMIT ?
            """, arguments + [limit]
        ).map(ledgerRow)
    }

    private func ledgerRow(_ row: Row) throws -> LedgerRow {
        LedgerRow(
            number: try row.unsigned("number"), bytes: try row.required(row.bytes("entry"), "entry"),
            offset: try row.unsigned("offset"), kind: row["kind"],
            time: try row.required(row.date("time"), "time"), newest: try row.required(row.date("newest"), "newest"),
            actorUID: try row.uid("actor_uid"), caseUID: row["case_uid"] == nil ? nil : try row.uid("case_uid"))
    }

    func append(_ entries: [Entry]) throws -> UInt64 {
        let last = try row(
            "SELECT number, offset, length(entry) AS length, newest FROM ledger_entry ORDER BY number DESC LIMIT 1")
        var number = (last?["number"] as Int64? ?? -1) + 1
        let first = UInt64(number)
        var offset = (last?["offset"] as Int64? ?? 0) + (last.map { ($0["length"] as Int64) + 1 } ?? 0)
        var newest = last?["newest"] as Int64? ?? 0
        var frontier = try MerkleFrontier(after: first, in: ledgerNodes)
        let hasher = MerkleHasher()
        let insertsEntry = try db.cachedStatement(
            sql: """
                INSERT INTO ledger_entry (number, entry, offset, kind, time, newest, actor_uid, case_uid)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """)
        let insertsNode = try db.cachedStatement(sql: "INSERT INTO ledger_node (position, hash) VALUES (?, ?)")
        for entry in entries {
            let bytes = try entry.encoded()
            newest = max(newest, entry.time.milliseconds)
            try insertsEntry.execute(arguments: [
                number, Data(bytes), offset, entry.event.kind.rawValue, entry.time.milliseconds, newest,
                Data(entry.actor.uid.bytes), (entry.event.caseUID?.bytes).map { Data($0) },
            ])
            try bytes.withUnsafeBytes { buffer in
                try frontier.append(buffer, hasher: hasher) { node, hash in
                    try insertsNode.execute(arguments: [Int64(node.position), Data(hash.bytes)])
                }
            }
            number += 1
            offset += Int64(bytes.count) + 1
        }
        return first
    }

    // MARK: Nodes

    var ledgerNodes: any MerkleNodes { StoredNodes(session: self) }

    func ledgerNodeCount() throws -> UInt64 { UInt64(try count("SELECT count(*) FROM ledger_node")) }

    private struct StoredNodes: MerkleNodes {
        let session: SQLiteSession

        func hash(_ node: MerkleNode) throws -> MerkleHash {
            guard node.level > 0 else {
                let row = try session.row("SELECT entry FROM ledger_entry WHERE number = ?", [Int64(node.index)])
                guard let bytes = row?.bytes("entry") else {
                    throw CatalogError.damaged("entry \(node.index) of the ledger is missing")
                }
                return MerkleHasher().leaf(bytes)
            }
            let row = try session.row("SELECT hash FROM ledger_node WHERE position = ?", [Int64(node.position)])
            guard let hash = row?.bytes("hash").flatMap({ MerkleHash(bytes: $0) }) else {
                throw CatalogError.damaged("node \(node.index) of level \(node.level) of the ledger is missing")
            }
            return hash
        }
    }

    // MARK: Openings

    func ledgerOpenings(of entry: UInt64) throws -> [OpeningRecord] {
        try rows(
            """
            SELECT entry, member, sealed, cases.uid AS case_uid FROM ledger_opening
            LEFT JOIN cases ON cases.id = case_id WHERE entry = ? ORDER BY member
            """, [Int64(entry)]
        ).map { row in
            OpeningRecord(
                entry: entry, member: row["member"], caseUID: row["case_uid"] == nil ? nil : try row.uid("case_uid"),
                sealed: try row.required(row.bytes("sealed"), "sealed"))
        }
    }

    func insert(_ opening: OpeningRecord) throws {
        try insert(
            "opening",
            """
            INSERT INTO ledger_opening (entry, member, case_id, sealed)
            VALUES (?, ?, (SELECT id FROM cases WHERE uid = ?), ?)
            """,
            [
                Int64(opening.entry), opening.member, (opening.caseUID?.bytes).map { Data($0) }, Data(opening.sealed),
            ])
    }

    // MARK: Open accesses

    func openAccesses(openedBefore time: Date, standingAloneBefore alone: Date, limit: Int) throws -> [OpenAccessRecord]
    {
        try rows(
            """
            SELECT * FROM open_access WHERE opened_at < ? AND (object_uid IS NOT NULL OR opened_at < ?)
            ORDER BY opened_at, entry LIMIT ?
            """, [time.milliseconds, alone.milliseconds, limit]
        ).map(openAccess)
    }

    func openAccess(_ entry: UInt64) throws -> OpenAccessRecord? {
        try row("SELECT * FROM open_access WHERE entry = ?", [Int64(entry)]).map(openAccess)
    }

    func openAccess(
        joining joinable: OpenAccessRecord.Joinable, actor: ActorUID, opened times: ClosedRange<Date>
    ) throws -> OpenAccessRecord? {
        try row(
            """
            SELECT * FROM open_access WHERE opened_at BETWEEN ? AND ? AND actor_uid = ? AND object_uid = ? AND \
            reason_tag = ?
                AND reason_tag_key = ? ORDER BY entry DESC LIMIT 1
            """,
            [
                times.lowerBound.milliseconds, times.upperBound.milliseconds, Data(actor.bytes),
                Data(joinable.object.bytes), Data(joinable.reasonTag.bytes),
                Int64(joinable.reasonTag.keyNumber),
            ]
        ).map(openAccess)
    }

    func insert(_ access: OpenAccessRecord) throws {
        try insert(
            "access",
            """
            INSERT INTO open_access (entry, actor_uid, case_uid, object_uid, reason_tag, reason_tag_key, opened_at, \
            bytes,
                ranges, unfinished)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                Int64(access.entry), Data(access.actorUID.bytes), Data(access.caseUID.bytes),
                (access.joinable?.object.bytes).map { Data($0) },
                (access.joinable?.reasonTag.bytes).map { Data($0) },
                (access.joinable?.reasonTag.keyNumber).map { Int64($0) },
                access.openedAt.milliseconds, Int64(access.bytes), Int64(access.ranges), Int64(access.unfinished),
            ])
    }

    func update(_ access: OpenAccessRecord) throws {
        try db.cachedStatement(sql: "UPDATE open_access SET bytes = ?, ranges = ?, unfinished = ? WHERE entry = ?")
            .execute(arguments: [
                Int64(access.bytes), Int64(access.ranges), Int64(access.unfinished), Int64(access.entry),
            ])
    }

    func deleteOpenAccess(_ entry: UInt64) throws {
        try db.cachedStatement(sql: "DELETE FROM open_access WHERE entry = ?").execute(arguments: [Int64(entry)])
    }

    private func openAccess(_ row: Row) throws -> OpenAccessRecord {
        var joinable: OpenAccessRecord.Joinable?
        if row["object_uid"] != nil, let tag = row.tag("reason_tag") {
            joinable = OpenAccessRecord.Joinable(object: try row.uid("object_uid"), reasonTag: tag)
        }
        return OpenAccessRecord(
            entry: try row.unsigned("entry"), actorUID: try row.uid("actor_uid"), caseUID: try row.uid("case_uid"),
            joinable: joinable, openedAt: try row.required(row.date("opened_at"), "opened_at"),
            bytes: try row.unsigned("bytes"), ranges: try row.unsigned("ranges"),
            unfinished: try row.unsigned("unfinished"))
    }

    func damages() throws -> [String] {
        try rows("PRAGMA integrity_check").compactMap { $0[0] as String? }.filter { $0 != "ok" }
            + rows("PRAGMA foreign_key_check").map {
                "a row of \($0["table"] as String? ?? "?") refers to one that is gone"
            }
    }
}
