internal import Base
public import Foundation
internal import Sealing

extension IndexReader {
    public func archive() throws -> ArchiveRecord {
        guard let row = try row("SELECT uid, created_at, keyring_generation, epoch, wrapped_key FROM archive") else {
            throw CatalogError.notIndex("it names no archive")
        }
        return ArchiveRecord(
            uid: try row.uid("uid"), createdAt: try row.required(try row.date("created_at"), "created_at"),
            keyringGeneration: UInt64(bitPattern: try row["keyring_generation"]), key: try row.wrappedKey())
    }

    public func epochs() throws -> [EpochRecord] {
        try rows("SELECT number, state, created_at FROM epoch ORDER BY number").map { row in
            EpochRecord(
                epoch: Epoch(UInt32(truncatingIfNeeded: try row["number"] as Int64)), state: try row.value("state"),
                createdAt: try row.required(try row.date("created_at"), "created_at"))
        }
    }

    /// What the keys vouch for, and what they say of it; nil in an archive that is being made.
    public func head() throws -> (body: [UInt8], mac: [UInt8])? {
        if let known = group?.head { return known }
        let found: (body: [UInt8], mac: [UInt8])? = try row("SELECT body, mac FROM head WHERE id = 1").map {
            (try $0[0], try $0[1])
        }
        group?.head = found
        return found
    }

    public func compactedAt() throws -> Date? { try row("SELECT compacted_at FROM archive")?.date("compacted_at") }
}

extension IndexWriter {
    public func insert(_ archive: ArchiveRecord) throws {
        try insert(
            "archive",
            """
            INSERT INTO archive (id, uid, created_at, keyring_generation, epoch, wrapped_key)
            VALUES (1, ?, ?, ?, ?, ?)
            """,
            [
                archive.uid, archive.createdAt, Int64(bitPattern: archive.keyringGeneration),
                archive.key.epoch.number, archive.key.bytes,
            ])
    }

    public func insert(_ epoch: EpochRecord) throws {
        try insert(
            "epoch", "INSERT INTO epoch (number, state, created_at) VALUES (?, ?, ?)",
            [epoch.epoch.number, epoch.state.rawValue, epoch.createdAt])
    }

    // MARK: Refused openings

    /// Counts an opening with a wrong root key.
    public func countRefusedOpening(at time: Date) throws {
        try note(
            """
            UPDATE archive SET refused_openings = refused_openings + 1, refused_last = ?1,
                refused_first = coalesce(refused_first, ?1)
            """, [time])
    }

    /// Forgets the refused openings that were counted.
    ///
    /// - Returns: nil where there were none.
    public func takeRefusedOpenings() throws -> RefusedOpenings? {
        guard
            let row = try row(
                "SELECT refused_openings, refused_first, refused_last FROM archive WHERE refused_openings > 0"),
            let first = try row.date("refused_first"), let last = try row.date("refused_last")
        else { return nil }
        try note("UPDATE archive SET refused_openings = 0, refused_first = NULL, refused_last = NULL")
        return RefusedOpenings(count: try row.unsigned("refused_openings"), first: first, last: last)
    }

    /// Writes the head anew.
    public func setHead(_ body: [UInt8], mac: [UInt8]) throws {
        let rows = try note(
            """
            INSERT INTO head (id, body, mac) VALUES (1, ?, ?)
            ON CONFLICT (id) DO UPDATE SET body = excluded.body, mac = excluded.mac
            """, [body, mac])
        guard rows == 1 else {
            throw CatalogError.damaged("its head was not written: something in the schema ignores it")
        }
        group?.head = (body, mac)
    }

    public func setCompactedAt(_ time: Date) throws {
        try note("UPDATE archive SET compacted_at = ?", [time])
    }
}
