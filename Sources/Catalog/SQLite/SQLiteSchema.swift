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
}
