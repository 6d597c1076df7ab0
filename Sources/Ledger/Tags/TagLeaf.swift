public import Base

/// One tag, of one case. See <doc:Tags>.
public struct TagLeaf: Hashable, Sendable {
    /// What a tag is of; the numbers of the tagging key's subkeys.
    public enum Purpose: UInt8, Sendable {
        case caseID = 1
        case subject = 2
        case token = 3
        case answer = 5
    }

    /// That something was destroyed, at least in part.
    public struct Destruction: Hashable, Sendable {
        /// The number of the entry that says so.
        public let entry: UInt64
        /// When the tag is forgotten, in milliseconds since 1970-01-01 UTC.
        public let forgetAt: UInt64

        public init(entry: UInt64, forgetAt: UInt64) { (self.entry, self.forgetAt) = (entry, forgetAt) }
    }

    /// Bytes of a tag.
    public static let tagLength = 32
    /// Bytes of a leaf.
    static let length = 70

    public let tag: [UInt8]
    public let caseUID: CaseUID
    /// Which tagging key made it.
    public let keyNumber: UInt32
    public let purpose: Purpose
    /// Nil while it is live.
    public let destruction: Destruction?

    /// - Parameter tag: 32 bytes.
    public init(
        tag: [UInt8], caseUID: CaseUID, keyNumber: UInt32, purpose: Purpose, destruction: Destruction? = nil
    ) {
        precondition(tag.count == Self.tagLength)
        (self.tag, self.caseUID, self.keyNumber, self.purpose) = (tag, caseUID, keyNumber, purpose)
        self.destruction = destruction
    }

    init?(_ bytes: ArraySlice<UInt8>) {
        guard bytes.count == Self.length else { return nil }
        let bytes = Array(bytes)
        func number(_ range: Range<Int>) -> UInt64 { bytes[range].reduce(0) { $0 << 8 | UInt64($1) } }
        guard let caseUID = CaseUID(bytes: Array(bytes[32..<48])), let purpose = Purpose(rawValue: bytes[52]) else {
            return nil
        }
        let (entry, forgetAt) = (number(54..<62), number(62..<70))
        switch bytes[53] {
        case 0: guard entry == 0, forgetAt == 0 else { return nil }
        case 1: break
        default: return nil
        }
        self.init(
            tag: Array(bytes[..<32]), caseUID: caseUID, keyNumber: UInt32(number(48..<52)), purpose: purpose,
            destruction: bytes[53] == 0 ? nil : Destruction(entry: entry, forgetAt: forgetAt))
    }

    public var bytes: [UInt8] {
        func number(_ value: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }
        return tag + caseUID.bytes + number(keyNumber) + [purpose.rawValue, destruction == nil ? 0 : 1]
            + number(destruction?.entry ?? 0) + number(destruction?.forgetAt ?? 0)
    }

    public var path: TagPath { TagPath(tag + caseUID.bytes) }
}

/// Half-bytes from the root of the tree over tags downwards.
public struct TagPath: Hashable, Sendable {
    /// One in each byte.
    public let halves: [UInt8]

    static let root = TagPath(halves: [])

    /// Half-bytes of the path of a leaf.
    static let length = (TagLeaf.tagLength + CaseUID.length) * 2

    /// The path to something that begins with these bytes.
    public init(_ bytes: [UInt8]) {
        halves = bytes.flatMap { [$0 >> 4, $0 & 15] }
    }

    public init(halves: [UInt8]) { self.halves = halves }

    var count: Int { halves.count }

    func begins(with other: TagPath) -> Bool {
        other.count <= count && halves.prefix(other.count).elementsEqual(other.halves)
    }

    func prefix(_ count: Int) -> TagPath { TagPath(halves: Array(halves.prefix(count))) }

    func followed(by half: UInt8) -> TagPath { TagPath(halves: halves + [half]) }

    /// What two have in common.
    func common(_ other: TagPath) -> TagPath {
        var count = 0
        while count < self.count, count < other.count, halves[count] == other.halves[count] { count += 1 }
        return prefix(count)
    }

    /// Two half-bytes a byte, the last one filled up with 0.
    var packed: [UInt8] {
        stride(from: 0, to: count, by: 2).map { halves[$0] << 4 | ($0 + 1 < count ? halves[$0 + 1] : 0) }
    }
}
