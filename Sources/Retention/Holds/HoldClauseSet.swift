internal import Base
internal import Synchronization

/// Many clauses, asked about many objects. Which of them fit an object's codes is remembered, since few combinations of
/// codes occur; only times are compared each time.
public final class HoldClauseSet: Sendable {
    public struct Member: Sendable {
        public let clause: HoldClause
        /// What it cannot judge is not taken in.
        public let judgedOnly: Bool

        public init(_ clause: HoldClause, judgedOnly: Bool) {
            self.clause = clause
            self.judgedOnly = judgedOnly
        }
    }

    private struct Codes: Hashable {
        let media: String
        let jurisdictions: [String]
        let purpose: String?
        let outcome: Outcome?
    }

    private static let mostRemembered = 10_000

    public let members: [Member]
    private let known = Mutex<[Codes: [Int]]>([:])

    public init(_ members: [Member]) { self.members = members }

    /// The places of the members that take an object in.
    public func takingIn(_ facts: HoldClause.Facts) -> [Int] {
        guard !members.isEmpty else { return [] }
        let codes = Codes(
            media: facts.media, jurisdictions: facts.jurisdictions, purpose: facts.purpose, outcome: facts.outcome)
        let candidates = known.withLock { known in
            if let found = known[codes] { return found }
            let found = members.indices.filter {
                members[$0].clause.takesInCodes(of: facts, judgedOnly: members[$0].judgedOnly)
            }
            if known.count >= Self.mostRemembered { known.removeAll() }
            known[codes] = found
            return found
        }
        return candidates.filter { members[$0].clause.takesInTimes(of: facts, judgedOnly: members[$0].judgedOnly) }
    }
}
