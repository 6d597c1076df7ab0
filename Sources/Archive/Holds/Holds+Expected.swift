internal import Base
internal import Catalog
internal import Ledger
internal import Vault

extension Holds {
    /// Puts it on the ledger where a case that has just come, or whose person has just become known, was expected.
    func noteExpected(_ caseUID: CaseUID, before: [HoldScopeName], _ transaction: Transaction) throws {
        let index = transaction.index
        let scopes = try index.holdScopes(naming: caseUID).filter { !before.contains($0) }
        guard !scopes.isEmpty, let record = try index.caseRecord(caseUID) else { return }
        let book = try session.holdBook(in: index)
        let tags = session.expectations(of: try session.open(record).particulars)
        for scope in scopes {
            guard let expected = book.holds[scope.hold]?.scopes[scope.revision]?.expected,
                tags.contains(where: expected.contains)
            else { throw CatalogError.damaged("by the ledger, hold \(scope.hold) does not expect case \(caseUID)") }
            try transaction.add(
                .holdCovers(.init(hold: scope.hold, revision: UInt64(scope.revision), cases: [caseUID])))
        }
    }
}
