internal import Ledger

/// What several bodies share that one transaction commits. Nobody else writes meanwhile, so what the first has read and
/// checked, or what one of them wrote, the next need not read again.
final class WriteGroup {
    /// The head as it is stored now.
    var head: (body: [UInt8], mac: [UInt8])?
    var schemaVersion: Int64?
    /// The end of the ledger, as the last that appended to it left it.
    var end: LedgerEnd?

    init() {}

    /// What a body wrote was taken back.
    func forget() { (head, schemaVersion, end) = (nil, nil, nil) }
}
