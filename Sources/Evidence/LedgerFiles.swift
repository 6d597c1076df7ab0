/// The files that an export, a published ledger and a proof of anything consist of.
public enum LedgerFiles {
    /// The signed checkpoint.
    public static let checkpoint = "checkpoint"
    /// The entries, a line each.
    public static let entries = "entries.jsonl"
    /// The key that checks the signature, as a line.
    public static let verifierKey = "verifier.key"
}
