internal import Vault

/// The rules of retention: what is active, what a change of them does, what they say of a case, and the case
/// events that they count from.
public struct Policies: Sendable {
    let session: Session

    init(_ session: Session) { self.session = session }
}
