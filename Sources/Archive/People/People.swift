internal import Vault

/// Who may do what: personal tokens, requests and votes on them, and the settings that guard destruction.
public struct People: Sendable {
    let session: Session

    init(_ session: Session) { self.session = session }
}
