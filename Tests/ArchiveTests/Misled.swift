import Foundation
import GRDB
import Testing

@testable import Archive
@testable import Vault

extension TestArchive {
    /// Writes into the index by hand, with nothing in the way.
    func alter(_ sql: String) throws {
        var byHand = GRDB.Configuration()
        byHand.foreignKeysEnabled = false
        let database = try DatabaseQueue(path: path + "/index.sqlite", configuration: byHand)
        try database.altering { try $0.execute(sql: sql) }
        try database.close()
    }
}

extension LedgerQuery {
    /// The newest entries of a kind.
    init(kind: String) {
        self.init()
        self.kind = kind
    }
}

/// Expects that something was found to be altered.
func expectDamaged(
    _ what: String = "", sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void
) {
    let refused = refusal(body)
    #expect(refused?.outcome == .integrity, "\(what): \(refused as Any)", sourceLocation: sourceLocation)
}
