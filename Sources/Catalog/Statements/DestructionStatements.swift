public import Base
public import Foundation
internal import Ledger
internal import Retention
public import Sealing

extension IndexReader {
    /// The entries of the destructions of cases that are remembered after a time.
    public func rememberedCases(after time: Date) throws -> Set<UInt64> {
        Set(
            try rows("SELECT entry FROM destroyed_tag WHERE purpose = 'case' AND forget_at > ?", [time])
                .map { try $0.unsigned("entry") })
    }

    /// Whether an object's row is there: its key can be unwrapped.
    public func hasObject(_ uid: ObjectUID) throws -> Bool {
        try row("SELECT 1 FROM object WHERE uid = ?", [uid]) != nil
    }

    public func destroyedTags(_ tag: Tag, purpose: DestroyedTagRecord.Purpose) throws -> [DestroyedTagRecord] {
        try rows(
            """
            SELECT case_uid, entry, destroyed_at, forget_at FROM destroyed_tag
            WHERE tag = ? AND tag_key = ? AND purpose = ? ORDER BY entry
            """, [tag.bytes, tag.keyNumber, purpose.rawValue]
        ).map { row in
            DestroyedTagRecord(
                tag: tag, purpose: purpose, caseUID: try row.uid("case_uid"), entry: try row.unsigned("entry"),
                destroyedAt: try row.required(try row.date("destroyed_at"), "destroyed_at"),
                forgetAt: try row.required(try row.date("forget_at"), "forget_at"))
        }
    }

    /// Whether the time of a tag is over.
    public func hasDestroyedTags(forgottenBy time: Date) throws -> Bool {
        try row("SELECT 1 FROM destroyed_tag WHERE forget_at <= ? LIMIT 1", [time]) != nil
    }

    /// All that is remembered of what was destroyed.
    public func forEachDestroyedTag(_ body: (DestroyedTagRecord) throws -> Void) throws {
        try forEachRow(
            "SELECT tag, tag_key, purpose, case_uid, entry, destroyed_at, forget_at FROM destroyed_tag"
        ) { try body(Self.destroyedTag($0)) }
    }

    fileprivate static func destroyedTag(_ row: Row) throws -> DestroyedTagRecord {
        DestroyedTagRecord(
            tag: try row.required(try row.tag("tag"), "tag"), purpose: try row.value("purpose"),
            caseUID: try row.uid("case_uid"), entry: try row.unsigned("entry"),
            destroyedAt: try row.required(try row.date("destroyed_at"), "destroyed_at"),
            forgetAt: try row.required(try row.date("forget_at"), "forget_at"))
    }

    /// Blobs whose key is gone, the longest-waiting first.
    public func blobRemovals(limit: Int) throws -> [BlobRemovalRecord] {
        try rows(
            "SELECT address, object_uid, case_uid, noted_at FROM blob_removal ORDER BY noted_at, case_uid LIMIT ?",
            [limit]
        ).map { row in
            guard let address = try row.bytes("address").flatMap(BlobAddress.init(bytes:)) else {
                throw CatalogError.damaged("address")
            }
            return BlobRemovalRecord(
                address: address, object: try row.uid("object_uid"), caseUID: try row.uid("case_uid"),
                notedAt: try row.required(try row.date("noted_at"), "noted_at"))
        }
    }

    public func blobRemovalCount() throws -> Int { try count("SELECT count(*) FROM blob_removal") }

    public func isAwaitingRemoval(_ address: BlobAddress) throws -> Bool {
        try row("SELECT 1 FROM blob_removal WHERE address = ?", [address.bytes]) != nil
    }
}

extension IndexWriter {
    /// Deletes an object with its wrapped key, and notes its blob for removal. Throws where the permit is of another
    /// transaction.
    public func destroy(_ permit: consuming DestructionPermit, at time: Date) throws {
        guard permit.transaction == transaction else {
            throw CatalogError.damaged("an object was to be destroyed by a permit of another transaction")
        }
        let object = permit.row
        do {
            try insert(
                "blob removal",
                "INSERT INTO blob_removal (address, object_uid, case_uid, noted_at) VALUES (?, ?, ?, ?)",
                [object.address.bytes, object.object, object.caseUID, time])
        } catch CatalogError.exists {
            throw CatalogError.damaged("it notes that the blob of object \(object.object) goes, which nobody destroyed")
        }
        // Pins of holds that have ended; of others the database keeps them.
        for table in ["hold_pin", "backstop_approval"] {
            try run(
                "DELETE FROM \(table) WHERE object_id = (SELECT id FROM object WHERE uid = ?)", [object.object])
        }
        guard try run("DELETE FROM object WHERE uid = ?", [object.object]) == 1 else {
            throw CatalogError.damaged("an object that is to be destroyed is gone")
        }
    }

    /// Deletes what a verification keeps of its answer.
    public func deleteDetails(of verification: VerificationUID) throws {
        try run("UPDATE verification SET details = NULL, sealed_token = NULL WHERE uid = ?", [verification])
    }

    /// Deletes a case that has no object any more: its key, its particulars, its events, what opens its commitments.
    public func destroyCase(_ uid: CaseUID) throws {
        let id: Int64? = try row("SELECT id FROM cases WHERE uid = ?", [uid]).map { try $0[0] }
        guard let id else { throw CatalogError.damaged("a case that is to be destroyed is gone") }
        try removeLiveTags(of: uid)
        for statement in [
            "DELETE FROM ledger_opening WHERE case_id = ?", "DELETE FROM case_event WHERE case_id = ?",
            "DELETE FROM verification WHERE case_id = ?", "DELETE FROM case_jurisdiction WHERE case_id = ?",
            "DELETE FROM hold_case WHERE case_id = ?", "DELETE FROM hold_exclusion WHERE case_id = ?",
            "DELETE FROM cases WHERE id = ?",
        ] {
            try run(statement, [id])
        }
    }

    public func insert(_ tag: DestroyedTagRecord) throws {
        func remembered() throws -> TagLeaf? {
            try destroyedTags(tag.tag, purpose: tag.purpose).first { $0.caseUID == tag.caseUID }?.leaf
        }
        let before = try remembered() ?? TagLeaf(tag.tag, tag.leaf.purpose, of: tag.caseUID)
        try run(
            """
            INSERT INTO destroyed_tag (tag, tag_key, purpose, case_uid, entry, destroyed_at, forget_at)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (tag, tag_key, purpose, case_uid) DO UPDATE SET entry = excluded.entry,
                destroyed_at = excluded.destroyed_at,
                forget_at = CASE WHEN destroyed_tag.forget_at > excluded.forget_at THEN destroyed_tag.forget_at
                    ELSE excluded.forget_at END
            """,
            [
                tag.tag.bytes, tag.tag.keyNumber, tag.purpose.rawValue, tag.caseUID, tag.entry, tag.destroyedAt,
                tag.forgetAt,
            ])
        noteTagChange(before, try remembered())
    }

    /// Deletes tags of what was destroyed whose time is over, those that are over longest first; `limit` at most.
    ///
    /// - Returns: how many were deleted.
    public func deleteDestroyedTags(forgottenBy time: Date, limit: Int) throws -> Int {
        let records = try rows(
            """
            SELECT tag, tag_key, purpose, case_uid, entry, destroyed_at, forget_at FROM destroyed_tag
            WHERE forget_at <= ? ORDER BY forget_at, tag LIMIT ?
            """, [time, limit]
        ).map(Self.destroyedTag)
        for record in records {
            try run(
                "DELETE FROM destroyed_tag WHERE tag = ? AND tag_key = ? AND purpose = ? AND case_uid = ?",
                [record.tag.bytes, record.tag.keyNumber, record.purpose.rawValue, record.caseUID])
            // Where something is left of its case, it is found by the tag again.
            noteTagChange(
                record.leaf,
                try isLive(record) ? TagLeaf(record.tag, record.leaf.purpose, of: record.caseUID) : nil)
        }
        return records.count
    }

    public func deleteBlobRemoval(_ address: BlobAddress) throws {
        try run("DELETE FROM blob_removal WHERE address = ?", [address.bytes])
    }
}
