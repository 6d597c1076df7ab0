internal import Vault

/// What is handed out: cases as they are known, and their media, every access on the record.
public struct Retrieval: Sendable {
    let session: Session

    init(_ session: Session) { self.session = session }
}
