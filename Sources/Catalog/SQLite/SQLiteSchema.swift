internal import Base
internal import GRDB

/// The schema in a SQLite database. Migrations are named, stay in order and are never changed once released.
enum SQLiteSchema {
    /// SQLite's `application_id`: "SRMi".
    static let applicationID: Int32 = 0x5352_4D69

    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("index 1") { db in
            try db.execute(sql: "PRAGMA application_id = \(applicationID)")
            for part in Schema.parts { try db.execute(sql: part) }
        }
        return migrator
    }

    // MARK: Comparing

    /// SHA-256 of all parts of the schema of this version, as ``fingerprint(of:)`` makes it; a test says what it is.
    static let fingerprint = "28dbff21f87fbdb02668a96831904243e465130d103569c453c6884c89f7e447"

    /// Tables, views, indexes and triggers with what made them, but for what SQLite makes itself: indexes of
    /// constraints, and tables of figures. No trigger is among those, whatever its name.
    static func parts(of db: Database) throws -> [String: String] {
        let rows = try GRDB.Row.fetchCursor(
            db,
            sql:
                "SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_schema "
                + "WHERE NOT (type = 'index' AND sql IS NULL AND substr(name, 1, 17) = 'sqlite_autoindex_') "
                + "AND NOT (type = 'table' AND name IN ('sqlite_sequence', 'sqlite_stat1', 'sqlite_stat4'))"
        )
        var parts: [String: String] = [:]
        while let row = try rows.next() {
            let (type, name, table, sql): (String, String, String, String) = (row[0], row[1], row[2], row[3])
            parts["\(type) \(name)"] = "\(table)\n\(sql)"
        }
        return parts
    }

    static func fingerprint(of parts: [String: String]) -> String {
        var hash = SHA256()
        for (name, definition) in parts.sorted(by: { $0.key < $1.key }) {
            Array("\(name)\n\(definition)\n".utf8).withUnsafeBytes { hash.update($0) }
        }
        return hash.finish().hex
    }

    /// What is missing, what is another, and what does not belong there.
    static func differences(of found: [String: String]) throws -> [String] {
        let database = try DatabaseQueue()
        try migrator.migrate(database)
        let expected = try database.read { try parts(of: $0) }
        let names = Set(found.keys).union(expected.keys).sorted()
        return names.compactMap { name in
            switch (found[name], expected[name]) {
            case (nil, _?): "the \(name) is missing"
            case (_?, nil): "the \(name) does not belong there"
            case (let a?, let b?) where a != b: "the \(name) is another"
            default: nil
            }
        }
    }
}
