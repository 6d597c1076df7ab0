package import Base
package import Catalog
package import Ledger

extension Session {
    /// The entries that introduced some actors, one each.
    ///
    /// - Throws: ``CatalogError/damaged(_:)`` where one is missing.
    package func introductions(
        of people: Set<ActorUID>, in index: IndexReader, _ roots: LedgerRoots
    ) throws -> [(number: UInt64, entry: Entry)] {
        let rows = try people.map { uid in
            var introduction = LedgerFilter()
            introduction.kind = Event.Kind.actorIntroduced.rawValue
            introduction.actorUIDs = [uid]
            guard let row = try index.ledgerRows(introduction, from: 0, limit: 1).first else {
                throw CatalogError.damaged("the entry that introduced actor \(uid) is missing")
            }
            return row
        }
        let found = try vouched(rows, in: index, roots)
        guard found.allSatisfy({ $0.entry.event.kind == .actorIntroduced }),
            Set(found.map(\.entry.actor.uid)) == people
        else { throw CatalogError.damaged("who was introduced is not what the ledger says") }
        return found
    }
}
