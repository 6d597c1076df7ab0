public import Base
public import Foundation
public import Ledger
public import Sealing

extension IndexReader {
    // MARK: Actors

    public func actor(_ uid: ActorUID) throws -> ActorRecord? {
        try row("SELECT uid, known, name_tag, name_tag_key, name FROM actor WHERE uid = ?", [uid]).map(actor)
    }

    public func actorCount() throws -> Int { try count("SELECT count(*) FROM actor") }

    /// The actors with this name, one for each way in which it can be known.
    public func actors(nameTag tag: Tag) throws -> [ActorRecord] {
        try rows(
            """
            SELECT uid, known, name_tag, name_tag_key, name FROM actor WHERE name_tag = ? AND name_tag_key = ?
            ORDER BY known
            """, [tag.bytes, tag.keyNumber]
        ).map(actor)
    }

    /// The first of those who have ever acted.
    public func actors(limit: Int) throws -> [ActorRecord] {
        try rows("SELECT uid, known, name_tag, name_tag_key, name FROM actor ORDER BY uid LIMIT ?", [limit]).map(actor)
    }

    private func actor(_ row: Row) throws -> ActorRecord {
        ActorRecord(
            stamp: ActorStamp(uid: try row.uid("uid"), known: try row.value("known")),
            nameTag: try row.required(try row.tag("name_tag"), "name_tag"),
            sealedName: try row.required(try row.bytes("name"), "name"))
    }

    // MARK: Origins

    /// In the order of their numbers; never empty in an archive.
    public func origins() throws -> [OriginRecord] {
        try rows("SELECT number, origin, first_entry, published FROM ledger_origin ORDER BY number").map { row in
            OriginRecord(
                number: try row["number"], origin: try row["origin"], firstEntry: try row.unsigned("first_entry"),
                published: try row.unsigned("published"))
        }
    }

    // MARK: Entries

    /// How many entries the ledger has. Takes the same time however many.
    public func ledgerSize() throws -> UInt64 {
        try row("SELECT number FROM ledger_entry ORDER BY number DESC LIMIT 1").map { try $0.unsigned("number") + 1 }
            ?? 0
    }

    public func ledgerRow(_ number: UInt64) throws -> LedgerRow? {
        try row("\(Self.entryColumns) WHERE number = ?", [Int64(clamping: number)]).map(ledgerRow)
    }

    /// Entries that a filter takes in, in their order, `limit` at most, from a number on.
    public func ledgerRows(_ filter: LedgerFilter, from number: UInt64, limit: Int) throws -> [LedgerRow] {
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

    /// The newest entries that a filter takes in, in their order, `limit` at most.
    public func newestLedgerRows(_ filter: LedgerFilter, limit: Int) throws -> [LedgerRow] {
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

    /// How many entries before a number a filter takes in, counted up to a bound; without those whose clock had been
    /// set back.
    public func ledgerCount(_ filter: LedgerFilter, before number: UInt64, most: Int) throws -> Int {
        let bounds = try bounds(of: filter)
        var (conditions, values) = (
            ["number >= ? AND number < ?"],
            [Int64(clamping: bounds.first), Int64(clamping: min(number, bounds.end))] as [any Bindable]
        )
        if let kind = filter.kind {
            conditions.append("kind = ?")
            values.append(kind)
        }
        if let uids = filter.actorUIDs {
            guard !uids.isEmpty else { return 0 }
            conditions.append("actor_uid IN (\(uids.map { _ in "?" }.joined(separator: ", ")))")
            values += uids as [any Bindable]
        }
        if let strand = filter.strand {
            conditions.append("strand = ?")
            values.append(strand)
        }
        if let from = filter.from {
            conditions.append("time >= ?")
            values.append(from)
        }
        if let before = filter.before {
            conditions.append("time < ?")
            values.append(before)
        }
        return try count(
            """
            SELECT count(*) FROM (SELECT 1 FROM ledger_entry WHERE \(conditions.joined(separator: " AND ")) LIMIT ?) \
            AS found
            """, values + [most])
    }

    /// The numbers among which a filter's times can lie: all from `first` on, and nearly all before `end`.
    private func bounds(of filter: LedgerFilter) throws -> (first: UInt64, end: UInt64) {
        func first(_ time: Date) throws -> UInt64 {
            let number = try row(
                "SELECT number FROM ledger_entry WHERE newest >= ? ORDER BY newest, number LIMIT 1", [time]
            )
            return try number?.unsigned("number") ?? UInt64(Int64.max)
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
        var arguments: [any Bindable] = [Int64(numbers.lowerBound), Int64(numbers.upperBound)]
        func restrict(_ condition: String, _ values: [any Bindable] = []) {
            conditions.append(condition)
            arguments += values
        }
        // Those behind are few and have an index of their own, which a CASE leaves as the only one to take.
        func restrict(_ column: String, is value: any Bindable) {
            restrict(isBehind ? "CASE WHEN \(column) = ? THEN 1 ELSE 0 END = 1" : "\(column) = ?", [value])
        }
        if isBehind { restrict("time < newest") }
        if let kind = filter.kind { restrict("kind", is: kind) }
        if let uids = filter.actorUIDs {
            guard let uid = uids.first else { return [] }
            restrict("actor_uid", is: uid)
        }
        if let strand = filter.strand { restrict("strand", is: strand) }
        if let from = filter.from { restrict("time >= ?", [from]) }
        if let before = filter.before { restrict("time < ?", [before]) }
        return try rows(
            """
            \(Self.entryColumns) WHERE \(conditions.joined(separator: " AND "))
            ORDER BY number \(newestFirst ? "DESC" : "") LIMIT ?
            """, arguments + [limit]
        ).map(ledgerRow)
    }

    /// The entries about some cases, by the case, in their order.
    public func ledgerRows(ofCases uids: [CaseUID]) throws -> [CaseUID: [LedgerRow]] {
        let found = try rows(about: uids) { "\(Self.entryColumns) WHERE strand IN (\($0)) ORDER BY number" }
        return try Dictionary(grouping: found.map(ledgerRow)) { row in
            guard let uid = row.caseUID else { throw CatalogError.damaged("strand") }
            return uid
        }
    }

    private static let entryColumns =
        "SELECT number, entry, line_start, kind, time, newest, actor_uid, strand FROM ledger_entry"

    private func ledgerRow(_ row: Row) throws -> LedgerRow {
        LedgerRow(
            number: try row.unsigned("number"), bytes: try row.required(try row.bytes("entry"), "entry"),
            offset: try row.unsigned("line_start"), kind: try row["kind"],
            time: try row.required(try row.date("time"), "time"),
            newest: try row.required(try row.date("newest"), "newest"),
            actorUID: try row.uid("actor_uid"), strand: try row.strand("strand"))
    }

    // MARK: Nodes

    /// The stored hashes of complete nodes, those of entries computed. Throws
    /// ``CatalogError/damaged(_:)`` where one is missing.
    public var ledgerNodes: any MerkleNodes { StoredNodes(index: self) }

    /// How many nodes above the entries are stored.
    public func ledgerNodeCount() throws -> UInt64 { UInt64(try count("SELECT count(*) FROM ledger_node")) }

    private struct StoredNodes: MerkleNodes {
        let index: IndexReader

        func hashes(_ nodes: [MerkleNode]) throws -> [MerkleHash] {
            let entries = try found(
                "SELECT number, entry FROM ledger_entry WHERE number IN",
                nodes.filter { $0.level == 0 }.map { Int64($0.index) })
            let stored = try found(
                "SELECT position, hash FROM ledger_node WHERE position IN",
                nodes.filter { $0.level > 0 }.map { Int64($0.position) })
            let hasher = MerkleHasher()
            return try nodes.map { node in
                guard node.level > 0 else {
                    guard let entry = entries[Int64(node.index)] else {
                        throw CatalogError.damaged("entry \(node.index) of the ledger is missing")
                    }
                    return hasher.leaf(entry)
                }
                guard let hash = stored[Int64(node.position)].flatMap({ MerkleHash(bytes: $0) }) else {
                    throw CatalogError.damaged("node \(node.index) of level \(node.level) of the ledger is missing")
                }
                return hash
            }
        }

        private func found(_ statement: String, _ numbers: [Int64]) throws -> [Int64: [UInt8]] {
            var found: [Int64: [UInt8]] = [:]
            for row in try index.rows(about: numbers, { "\(statement) (\($0))" }) { found[try row[0]] = try row[1] }
            return found
        }
    }

    // MARK: Openings

    public func ledgerOpenings(of entries: [UInt64]) throws -> [UInt64: [OpeningRecord]] {
        let rows = try rows(about: entries) { places in
            """
            SELECT entry, member, sealed, cases.uid AS case_uid FROM ledger_opening
            LEFT JOIN cases ON cases.id = case_id WHERE entry IN (\(places)) ORDER BY entry, member
            """
        }
        return try Dictionary(
            grouping: rows.map { row in
                OpeningRecord(
                    entry: try row.unsigned("entry"), member: try row["member"], caseUID: try row.uidIfAny("case_uid"),
                    sealed: try row.required(try row.bytes("sealed"), "sealed"))
            }, by: \.entry)
    }

    // MARK: Open accesses

    /// In the order in which they were opened, `limit` at most: those that more ranges may join of before a time,
    /// those that stand alone of before another that is no later.
    public func openAccesses(
        openedBefore time: Date, standingAloneBefore alone: Date, limit: Int
    ) throws -> [OpenAccessRecord] {
        try rows(
            """
            \(Self.accessColumns) WHERE opened_at < ? AND (object_uid IS NOT NULL OR opened_at < ?)
            ORDER BY opened_at, entry LIMIT ?
            """, [time, alone, limit]
        ).map(openAccess)
    }

    public func openAccess(_ entry: UInt64) throws -> OpenAccessRecord? {
        try row("\(Self.accessColumns) WHERE entry = ?", [Int64(entry)]).map(openAccess)
    }

    /// The newest access of this actor that more ranges of the same may join.
    public func openAccess(
        joining joinable: OpenAccessRecord.Joinable, actor: ActorUID, opened times: ClosedRange<Date>
    ) throws -> OpenAccessRecord? {
        try row(
            """
            \(Self.accessColumns) WHERE opened_at BETWEEN ? AND ? AND actor_uid = ? AND object_uid = ?
                AND reason_tag = ? AND reason_tag_key = ? ORDER BY entry DESC LIMIT 1
            """,
            [
                times.lowerBound, times.upperBound, actor.bytes,
                joinable.object.bytes, joinable.reasonTag.bytes,
                joinable.reasonTag.keyNumber,
            ]
        ).map(openAccess)
    }

    private static let accessColumns = """
        SELECT entry, actor_uid, case_uid, object_uid, reason_tag, reason_tag_key, opened_at, bytes, ranges, unfinished
        FROM open_access
        """

    private func openAccess(_ row: Row) throws -> OpenAccessRecord {
        var joinable: OpenAccessRecord.Joinable?
        if let object: ObjectUID = try row.uidIfAny("object_uid"), let tag = try row.tag("reason_tag") {
            joinable = OpenAccessRecord.Joinable(object: object, reasonTag: tag)
        }
        return OpenAccessRecord(
            entry: try row.unsigned("entry"), actorUID: try row.uid("actor_uid"), caseUID: try row.uid("case_uid"),
            joinable: joinable, openedAt: try row.required(try row.date("opened_at"), "opened_at"),
            bytes: try row.unsigned("bytes"), ranges: try row.unsigned("ranges"),
            unfinished: try row.unsigned("unfinished"))
    }

    /// Entries of a kind since a time.
    public func ledgerCount(kind: String, since time: Date) throws -> Int {
        let first = try row(
            "SELECT number FROM ledger_entry WHERE newest >= ? ORDER BY newest, number LIMIT 1", [time])
        guard let number = try first?["number"] as Int64? else { return 0 }
        return try count(
            "SELECT count(*) FROM ledger_entry WHERE kind = ? AND number >= ? AND time >= ?", [kind, number, time])
    }
}

extension IndexWriter {
    public func insert(_ actor: ActorRecord) throws {
        try insert(
            "actor", "INSERT INTO actor (uid, known, name_tag, name_tag_key, name) VALUES (?, ?, ?, ?, ?)",
            [
                actor.stamp.uid, actor.stamp.known.rawValue, actor.nameTag.bytes,
                actor.nameTag.keyNumber, actor.sealedName,
            ])
    }

    public func insert(_ origin: OriginRecord) throws {
        try insert(
            "origin", "INSERT INTO ledger_origin (number, origin, first_entry, published) VALUES (?, ?, ?, ?)",
            [origin.number, origin.origin, Int64(origin.firstEntry), Int64(origin.published)])
    }

    /// Changes how many entries are known to be published.
    public func update(_ origin: OriginRecord) throws {
        try note("UPDATE ledger_origin SET published = ? WHERE number = ?", [Int64(origin.published), origin.number])
    }

    public func insert(_ opening: OpeningRecord) throws {
        try insert(
            "opening",
            """
            INSERT INTO ledger_opening (entry, member, case_id, sealed)
            VALUES (?, ?, (SELECT id FROM cases WHERE uid = ?), ?)
            """,
            [opening.entry, opening.member, opening.caseUID, opening.sealed])
    }

    public func insert(_ access: OpenAccessRecord) throws {
        try insert(
            "access",
            """
            INSERT INTO open_access (entry, actor_uid, case_uid, object_uid, reason_tag, reason_tag_key, opened_at,
                bytes, ranges, unfinished)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                access.entry, access.actorUID, access.caseUID, access.joinable?.object,
                access.joinable?.reasonTag.bytes, access.joinable?.reasonTag.keyNumber, access.openedAt, access.bytes,
                access.ranges, access.unfinished,
            ])
    }

    /// Changes an access's counts.
    public func update(_ access: OpenAccessRecord) throws {
        try note(
            "UPDATE open_access SET bytes = ?, ranges = ?, unfinished = ? WHERE entry = ?",
            [access.bytes, access.ranges, access.unfinished, access.entry])
    }

    public func deleteOpenAccess(_ entry: UInt64) throws {
        try run("DELETE FROM open_access WHERE entry = ?", [Int64(entry)])
    }
}
