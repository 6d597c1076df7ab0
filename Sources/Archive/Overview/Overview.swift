internal import Vault

/// How the archive is.
public struct Overview: Sendable {
    let session: Session

    init(_ session: Session) { self.session = session }
}
