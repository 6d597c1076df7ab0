/// Why sealed bytes could not be opened, or a key could not be used.
///
/// Every case means that nothing was opened: no byte of an unverified chunk, field or key is ever
/// returned beside one of these.
public enum SealingError: Error, Equatable, Sendable {
    /// The bytes do not begin with the magic of a sealed object.
    case notSealedObject
    /// The sealed object has a version or suite that this program does not read.
    case unsupportedFormat(version: UInt8, suite: UInt8)
    /// The reserved bytes of the header are not zero.
    case reservedBytesSet
    /// The header's commitment does not fit the key: another key, or an edited header.
    case commitmentMismatch
    /// The sealed length cannot be the length of a sealed object.
    case impossibleLength(UInt64)
    /// The authenticated length differs from the length that the caller expected.
    case lengthMismatch(expected: UInt64, found: UInt64)
    /// A chunk was altered, moved, cut or exchanged.
    case chunkAltered(index: UInt64)
    /// The range does not lie within the object.
    case rangeOutside(first: UInt64, last: UInt64, length: UInt64)
    /// A small sealed value (a wrapped key, a field) was altered or belongs somewhere else.
    case fieldAltered
    /// The bytes are not a keyring, or one of another version.
    case notKeyring
    /// The keyring's header asks for more memory or time than this program spends on a passphrase.
    case passphraseCostRefused
    /// The root key does not open this keyring.
    case wrongRootKey
    /// The root key fits, but the keyring's content was altered.
    case keyringAltered
    /// The keyring is opened by the other kind of root key.
    case otherRootKeyKind(needed: RootKeyKind)
    /// The keyring holds no key of this number.
    case keyMissing(purpose: Keyring.Purpose, number: UInt32)
    /// The file is not a root key file.
    case notRootKeyFile
    /// The passphrase is shorter than ``RootKey/shortestPassphrase`` bytes.
    case passphraseTooShort
    /// The passphrase is UTF-16, or has a zero in it.
    case passphraseNotText
    /// The memory for the passphrase's key derivation could not be had.
    case outOfMemory
}

extension SealingError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .notSealedObject: "not a sealed object: it does not begin with the format's magic bytes"
        case .unsupportedFormat(let version, let suite):
            "sealed in version \(version), suite \(suite); this program reads version 1, suite 1"
        case .reservedBytesSet: "reserved bytes of the header are set"
        case .commitmentMismatch:
            "the header does not fit the object's key: it was altered, or belongs to another object"
        case .impossibleLength(let length): "\(length) bytes cannot be a sealed object: it was cut short or extended"
        case .lengthMismatch(let expected, let found): "holds \(found) bytes where the index says \(expected)"
        case .chunkAltered(let index): "chunk \(index) was altered"
        case .rangeOutside(let first, let last, let length):
            "the range \(first)-\(last) does not lie within the object's \(length) bytes"
        case .fieldAltered: "a sealed value of the index was altered, or stands in the wrong place"
        case .notKeyring: "not a keyring of version 1"
        case .passphraseCostRefused:
            "the keyring asks for more memory or time than a passphrase may cost: it was altered"
        case .wrongRootKey: "the root key does not open this keyring"
        case .keyringAltered: "the root key fits, but the keyring was altered"
        case .otherRootKeyKind(let needed): "the keyring is opened by a \(needed.name)"
        case .keyMissing(let purpose, let number): "the keyring holds no \(purpose.name) key \(number)"
        case .notRootKeyFile: "not a root key file"
        case .passphraseNotText: "the passphrase is UTF-16, or no text: save it as UTF-8"
        case .passphraseTooShort: "the passphrase is shorter than \(RootKey.shortestPassphrase) bytes"
        case .outOfMemory: "not enough memory to derive the key from the passphrase"
        }
    }
}
