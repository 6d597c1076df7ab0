internal import Vault

/// What comes in: cases and verifications are registered, and results pulled or imported.
public struct Intake: Sendable {
    let session: Session

    init(_ session: Session) { self.session = session }
}
