internal import Base
internal import Foundation

/// What a comparison of the ledger with index and store found.
public struct Reconciliation: Encodable, Sendable {
    public internal(set) var entries: UInt64 = 0
    public internal(set) var cases = 0
    public internal(set) var verifications = 0
    public internal(set) var objects = 0
    public internal(set) var commitments = 0
    /// What does not fit: sentences, the first thousand.
    public private(set) var findings: [String] = []
    /// How many there are beyond those.
    public private(set) var furtherFindings = 0
    /// Objects that could not be opened; a reason is kept for the first thousand.
    private(set) var missed: [(object: ObjectUID, why: String?)] = []

    private static let mostNamed = 1000

    private enum CodingKeys: CodingKey {
        case entries, cases, verifications, objects, commitments, findings, furtherFindings
    }

    mutating func find(_ what: String) {
        if findings.count < Self.mostNamed { findings.append(what) } else { furtherFindings += 1 }
    }

    mutating func find(all sentences: [String]) { for sentence in sentences { find(sentence) } }

    /// Looked at again later: somebody may be destroying it.
    mutating func miss(_ object: ObjectUID, _ why: String) {
        missed.append((object, missed.count < Self.mostNamed ? why : nil))
    }
}
