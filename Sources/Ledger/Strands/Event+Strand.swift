internal import Base

extension Event {
    /// What the strands of all entries before it come to. What is published ends with it.
    public struct Strands: EventFields {
        public let root: StrandRoot

        public init(root: StrandRoot) { self.root = root }

        var about: CaseUID? { nil }

        func write(to members: inout MemberWriter) {
            members.add("count", root.count)
            members.add("root", root.hash.bytes.hex)
        }

        init(from members: inout MemberReader) throws(EntryError) {
            let count: UInt64 = try members.number("count")
            guard let hash = MerkleHash(hex: try members.digest("root")) else { throw .badMember("root") }
            root = StrandRoot(count: count, hash: hash)
        }
    }

    /// What it is about.
    public var strand: Strand {
        // What is found altered may name a case that never was.
        if kind != .integrityFound, let caseUID = fields.about { return .ofCase(caseUID) }
        switch kind {
        case .policyActivated, .policyRetired, .conflictResolved, .configurationChanged, .clockDoubted, .clockAccepted:
            return .rules
        case .holdPlaced, .holdCovers, .holdExpects, .holdNarrowed, .holdReleased, .holdEnded, .holdAcknowledged,
            .forkAccepted:
            return .holds
        case .actorIntroduced, .tokenCreated, .tokenRevoked, .requestMade, .voteCast, .requestClosed,
            .twoPersonsEnded:
            return .people
        default: return .work
        }
    }
}
