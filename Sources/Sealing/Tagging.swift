/// A keyed BLAKE2b-256 of something that must be found, or compared, without standing in the clear.
public struct Tag: Hashable, Sendable {
    /// Bytes of a tag.
    public static let length = 32

    /// Which tagging key made it.
    public let keyNumber: UInt32
    public let bytes: [UInt8]

    public init(keyNumber: UInt32, bytes: [UInt8]) {
        self.keyNumber = keyNumber
        self.bytes = bytes
    }
}

/// What a tag is of. Each purpose has its own subkey of the tagging key, so that tags of the same
/// bytes for different purposes have nothing in common.
public enum TagPurpose: UInt64, Sendable, CaseIterable {
    case caseID = 1
    case subject = 2
    case token = 3
    /// The SHA-256 of an object's plaintext.
    case content = 4
    /// A whole answer of the vendor, by the contents that it brought.
    case answer = 5
    /// The name of somebody who acts.
    case actor = 6
    /// Why somebody looks at media.
    case reason = 7
    /// The digest of a purge plan that this archive made.
    case plan = 8
    /// The name of a legal matter.
    case matter = 9
    /// The secret of a personal token.
    case personalToken = 10
    /// What a case ID looks like.
    case likeness = 11
}

/// Makes the tag of something that arrives in pieces.
public struct Tagger: ~Copyable {
    private let keyNumber: UInt32
    private var hash: KeyedHash

    fileprivate init(keyNumber: UInt32, key: borrowing SecretKey) {
        self.keyNumber = keyNumber
        hash = KeyedHash(key: key)
    }

    public mutating func update(_ bytes: UnsafeRawBufferPointer) { hash.update(bytes) }

    public consuming func finish() -> Tag { Tag(keyNumber: keyNumber, bytes: hash.finish()) }
}

extension Keyring {
    /// A tagger under the newest tagging key.
    public func tagger(_ purpose: TagPurpose) -> Tagger {
        let newest = newest(.tagging)
        return Tagger(keyNumber: newest.number, key: newest.key.key.subkey(purpose.rawValue))
    }

    /// The tag of `bytes` under the newest tagging key, without a copy of them.
    public func tag(_ bytes: UnsafeRawBufferPointer, purpose: TagPurpose) -> Tag {
        var tagger = tagger(purpose)
        tagger.update(bytes)
        return tagger.finish()
    }

    /// The tag of `bytes` under the newest tagging key.
    public func tag(_ bytes: some Sequence<UInt8>, purpose: TagPurpose) -> Tag {
        var tagger = tagger(purpose)
        Array(bytes).withUnsafeBytes { tagger.update($0) }
        return tagger.finish()
    }
}

extension Tag {
    /// Compares in a time that says nothing of where two tags differ.
    public func isEqualInConstantTime(to other: Tag) -> Bool {
        keyNumber == other.keyNumber
            && bytes.withUnsafeBytes { a in other.bytes.withUnsafeBytes { constantTimeEqual(a, $0) } }
    }
}
