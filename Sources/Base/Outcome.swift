/// How a verification ended, whoever made it: passed or not, and the vendor's own word for it.
public struct Outcome: Hashable, Sendable {
    public enum Verdict: String, CaseIterable, Codable, Sendable { case passed, failed }

    public let verdict: Verdict
    /// The vendor's code, as it is recorded.
    public let code: String

    public init(_ verdict: Verdict, code: String) {
        self.verdict = verdict
        self.code = code
    }
}
