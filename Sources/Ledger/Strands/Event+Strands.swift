internal import Base

extension Event {
    /// What the strands of all entries before it come to. What is published ends with it.
    public struct Strands: EventFields {
        private let count: UInt64
        private let hash: MerkleHash

        public init(root: StrandRoot) { (count, hash) = (root.count, root.hash) }

        public var root: StrandRoot { StrandRoot(count: count, hash: hash) }

        enum CodingKeys: String, CodingKey { case count, hash = "root" }

        static var kind: Event.Kind { .strands }
        static var countsForNewestTime: Bool { false }
        var asEvent: Event { .strands(self) }
    }
}
