public import Vault

extension OpenArchive {
    /// The part of ``verify(_:progress:)`` that needs no key: addresses, and index against store.
    public static func verifyAddresses(
        _ directory: String, options: VerifyOptions, effects: Effects,
        progress: @escaping @Sendable (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) throws -> StoreReport {
        do {
            let parts = try Parts(directory: directory, effects: effects)
            let check = StoreCheck(
                store: parts.store, catalog: parts.catalog, options: options, randomness: effects.randomness,
                progress: progress, caseID: { _ in nil }, open: nil)
            try check.checkObjects()
            try check.checkStore()
            return check.result
        } catch {
            throw ArchiveError(error)
        }
    }
}
