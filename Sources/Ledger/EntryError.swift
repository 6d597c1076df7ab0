/// Why bytes are not an entry.
public enum EntryError: Error, Equatable, Sendable {
    /// Not JSON in its one form, from this byte on.
    case notCanonical(offset: Int)
    /// More than ``Entry/longest`` bytes.
    case tooLong(Int)
    /// A kind that is not known.
    case unknownKind(String)
    /// A version that this program does not read.
    case otherVersion
    /// A member is missing or has another type.
    case badMember(String)
    /// A member that this kind does not have.
    case unknownMember(String)
}

extension EntryError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .notCanonical(let offset): "not an entry in its one form: byte \(offset)"
        case .tooLong(let length): "\(length) bytes, where an entry has at most \(Entry.longest)"
        case .unknownKind: "an entry of a kind that is not known"
        case .otherVersion: "an entry of another version"
        case .badMember(let name): "the member \(name) is missing or is not what it should be"
        case .unknownMember(let name): "the member \(name) does not belong there"
        }
    }
}
