import CatalogConformance
import Testing

/// The same statements on PostgreSQL, by a real server.
struct PostgreSQLEngineTests {
    @Test(arguments: EngineCheck.all) func keeps(_ check: EngineCheck) throws {
        let engine = try PostgreSQLEngine()
        try check.run(on: engine, beside: engine.another())
    }
}
