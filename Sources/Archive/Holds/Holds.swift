internal import Vault

/// Legal holds: placed, extended, narrowed, released, shown and reported. See <doc:Holds>.
public struct Holds: Sendable {
    let session: Session

    init(_ session: Session) { self.session = session }
}
