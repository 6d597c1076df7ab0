internal import Vault

/// What happened, and whether it is true: the ledger, its proofs and exports, and the checks of index, store and
/// ledger against each other.
public struct Audit: Sendable {
    let session: Session

    init(_ session: Session) { self.session = session }
}
