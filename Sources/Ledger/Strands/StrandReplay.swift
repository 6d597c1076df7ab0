/// Strands as they follow from all entries of a ledger, one after the other. Memory grows by some hundred bytes with
/// each case.
public struct StrandReplay: Sendable {
    private var ends: [Strand: (leaf: UInt64, end: StrandEnd)] = [:]
    private var tree = StrandTree()
    /// Strands whose leaf is not in the tree yet as they are now.
    private var grown: Set<Strand> = []
    /// How many entries there were.
    public private(set) var size: UInt64 = 0
    /// The number of the last entry, where that closes the strands.
    public private(set) var closing: UInt64?

    public init() {
        for (leaf, strand) in Strand.own.enumerated() {
            ends[strand] = (UInt64(leaf), StrandEnd(strand, place: 0, number: 0))
        }
    }

    /// Takes the next entry.
    ///
    /// - Returns: what does not hold: a sentence.
    public mutating func apply(_ entry: Entry) -> String? {
        let number = size
        size += 1
        closing = nil
        let strand = entry.strand
        if case .strands(let event) = entry.event {
            closing = number
            settle()
            guard event.root == tree.root else {
                return "the strands of the entries before it come to another root than it says"
            }
        }
        let isRegistration = entry.event.kind == .caseRegistered
        let known = ends[strand] ?? (tree.count, StrandEnd(strand, place: 0, number: 0))
        let isNew = ends[strand] == nil
        if isNew {
            // The leaf is taken at once: the order of leaves is that of the first entries.
            tree.append(MerkleHasher().leaf(known.end.extended(by: number)), MerkleHasher())
        }
        ends[strand] = (known.leaf, known.end.extended(by: number))
        grown.insert(strand)
        if isNew != isRegistration {
            return isNew
                ? "it is about a case that was never registered" : "its case was registered before"
        }
        guard entry.place == known.end.next else {
            return "it says that it is the \(entry.place.place). about \(strand.name), where it is the "
                + "\(known.end.place + 1)."
        }
        return nil
    }

    /// What the strands of all entries so far come to.
    public mutating func root() -> StrandRoot {
        settle()
        return tree.root
    }

    private mutating func settle() {
        let hasher = MerkleHasher()
        for strand in grown {
            guard let (leaf, end) = ends[strand] else { continue }
            tree.replace(leaf, with: hasher.leaf(end), hasher)
        }
        grown = []
        tree.forgetChanges()
    }
}
