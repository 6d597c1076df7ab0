public import Base

/// What an entry is about: a case, or one of the archive's own affairs. See <doc:Strands>.
public enum Strand: Hashable, Sendable {
    case ofCase(CaseUID)
    /// By which rules, settings and clock destruction goes.
    case rules
    /// What is held.
    case holds
    /// Who there is, who may do what, and what was asked of whom.
    case people
    /// What the archive did by itself, or with itself.
    case work

    /// The archive's own, in their order: they are there from its beginning.
    public static let own: [Strand] = [.rules, .holds, .people, .work]

    /// 32 hexadecimal digits, or a word.
    public var name: String {
        switch self {
        case .ofCase(let uid): uid.hex
        case .rules: "rules"
        case .holds: "holds"
        case .people: "people"
        case .work: "work"
        }
    }

    public init?(name: String) {
        if let own = Self.own.first(where: { $0.name == name }) {
            self = own
        } else if let uid = CaseUID(hex: name) {
            self = .ofCase(uid)
        } else {
            return nil
        }
    }

    public var caseUID: CaseUID? { if case .ofCase(let uid) = self { uid } else { nil } }
}

/// Where an entry stands in its strand.
public struct StrandPlace: Hashable, Sendable {
    /// Counted from 1; 0 stands for the end of a strand that has no entry.
    public let place: UInt64
    /// The number of the entry before it in the strand; nil for the first.
    public let before: UInt64?

    public init(_ place: UInt64, after before: UInt64?) { (self.place, self.before) = (place, before) }

    public static let first = StrandPlace(1, after: nil)
}

/// How far a strand has come: what its leaf says.
public struct StrandEnd: Hashable, Sendable {
    public let strand: Strand
    /// How many entries it has.
    public let place: UInt64
    /// The number of the last; 0 where there is none.
    public let number: UInt64

    public init(_ strand: Strand, place: UInt64, number: UInt64) {
        (self.strand, self.place, self.number) = (strand, place, number)
    }

    /// Where the next entry stands.
    public var next: StrandPlace { StrandPlace(place + 1, after: place == 0 ? nil : number) }

    /// The end after one more entry.
    public func extended(by number: UInt64) -> StrandEnd { StrandEnd(strand, place: place + 1, number: number) }
}
