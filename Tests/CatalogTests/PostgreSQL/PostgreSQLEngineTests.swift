import CatalogConformance
import Testing

/// The same statements on PostgreSQL, by a real server.
struct PostgreSQLEngineTests {
    @Test(arguments: EngineCheck.all) func keeps(_ check: EngineCheck) throws {
        try check.run(on: PostgreSQLEngine())
    }
}
