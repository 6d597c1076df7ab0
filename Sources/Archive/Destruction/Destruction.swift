internal import Vault

/// What goes: plans, purges, their certificates, and the clock that they go by. See <doc:Purge>.
public struct Destruction: Sendable {
    let session: Session

    init(_ session: Session) { self.session = session }
}
