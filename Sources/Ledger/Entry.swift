public import Base
public import Foundation

/// What the ledger says of one thing that happened. See <doc:Entries>.
public struct Entry: Equatable, Sendable {
    /// Bytes of an entry at most.
    public static let longest = 65_535
    static let version: UInt64 = 1

    public let time: Date
    public let actor: ActorStamp
    public let event: Event
    /// Where it stands among the entries about the same.
    public var place: StrandPlace

    /// - Parameter place: whoever appends it says where it stands.
    public init(time: Date, actor: ActorStamp, event: Event, place: StrandPlace = .first) {
        self.time = time
        self.actor = actor
        self.event = event
        self.place = place
    }

    public var strand: Strand { event.strand }

    /// What it commits to, by its members.
    public func commitments() throws(EntryError) -> [String: Commitment] {
        guard case .object(let members) = try CanonicalJSON(try encoded()) else { return [:] }
        return members.reduce(into: [:]) { found, member in
            guard member.key.hasSuffix("Commitment"), case .text(let hex) = member.value else { return }
            found[member.key] = Commitment(hex: hex)
        }
    }

    /// What an entry of any kind says, before what its kind adds.
    private struct Envelope: Codable {
        let version: UInt64
        let kind: String
        let time: Date
        let actor: ActorStamp
        /// Nil where it is that of a case, which the kind's member `case` names.
        let strand: String?
        let place: UInt64
        let after: UInt64?
    }

    private struct Version: Decodable { let version: UInt64 }

    /// The entry in its one form. Throws ``EntryError/tooLong(_:)``, and ``EntryError/badMember(_:)`` for a number that
    /// not every reader keeps.
    public func encoded() throws(EntryError) -> [UInt8] {
        let fields = event.fields
        let encoder = CanonicalEncoder()
        try encoder.add(
            Envelope(
                version: Self.version, kind: type(of: fields).kind.rawValue, time: time, actor: actor,
                strand: fields.strand.caseUID == nil ? fields.strand.name : nil, place: place.place, after: place.before
            ))
        try encoder.add(fields)
        let bytes = encoder.object.bytes
        guard bytes.count <= Self.longest else { throw .tooLong(bytes.count) }
        return bytes
    }

    /// Reads an entry that is in its one form, of a known kind and with that kind's members alone.
    public init(_ bytes: [UInt8]) throws(EntryError) {
        guard bytes.count <= Self.longest else { throw .tooLong(bytes.count) }
        let json = try CanonicalJSON(bytes)
        guard try CanonicalDecoder(json).read(Version.self).version == Self.version else { throw .otherVersion }
        let decoder = try CanonicalDecoder(json)
        let envelope = try decoder.read(Envelope.self)
        guard let kind = Event.Kind(rawValue: envelope.kind) else { throw .unknownKind(envelope.kind) }
        (time, actor) = (envelope.time, envelope.actor)
        place = StrandPlace(envelope.place, after: envelope.after)
        guard place.place >= 1 else { throw .badMember("place") }
        guard (place.place == 1) == (place.before == nil) else { throw .badMember("after") }
        let fields = try decoder.read(kind.fields)
        try fields.check()
        event = fields.asEvent
        guard (event.strand.caseUID == nil ? event.strand.name : nil) == envelope.strand else {
            throw .badMember("strand")
        }
        try decoder.finish()
    }
}

/// Who did something, and how that is known.
public struct ActorStamp: Codable, Hashable, Sendable {
    public enum Source: String, CaseIterable, Codable, Sendable {
        /// A name that was given.
        case claimed
        /// The operating system's word.
        case osUser = "os-user"
        /// A personal token.
        case token
    }

    public let uid: ActorUID
    public let known: Source

    public init(uid: ActorUID, known: Source) {
        self.uid = uid
        self.known = known
    }
}
