package import Base

/// A failure as JSON: the last document, or the last line, of what a command prints.
package struct FailureDocument: Encodable {
    /// What went wrong, in a sentence.
    package let error: String
    /// Its kind.
    package let code: String
    /// What to do about it.
    @OrNull package var remedy: String?
    package let exitCode: Int32
    /// Of an impact that has to be accepted: what `--accept-impact` takes.
    @OrNull package var digest: String?

    package init(error: String, code: String, remedy: Remedy?, exitCode: Int32, digest: String? = nil) {
        self.error = error
        self.code = code
        self.exitCode = exitCode
        _remedy = OrNull(wrappedValue: remedy?.words)
        _digest = OrNull(wrappedValue: digest)
    }
}

/// What was done stands in this entry of the ledger.
package struct EntryDocument: Encodable {
    package let entry: UInt64

    package init(entry: UInt64) { self.entry = entry }
}
