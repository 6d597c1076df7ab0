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

    /// The entry in its one form. Throws ``EntryError/tooLong(_:)``, and ``EntryError/badMember(_:)`` for a number that
    /// not every reader keeps.
    public func encoded() throws(EntryError) -> [UInt8] {
        var members = MemberWriter()
        members.add("version", .number(Self.version))
        members.add("kind", event.kind.rawValue)
        members.add("time", time)
        members.add("actor", actor.value)
        members.add("strand", strand.name)
        members.add("place", place.place)
        members.add("after", place.before.map { .number($0) })
        event.fields.write(to: &members)
        for (name, value) in members.members {
            if case .number(let number) = value, number > CanonicalJSON.largestNumber { throw .badMember(name) }
        }
        let bytes = CanonicalJSON.object(members.members).bytes
        guard bytes.count <= Self.longest else { throw .tooLong(bytes.count) }
        return bytes
    }

    /// Reads an entry that is in its one form, of a known kind and with that kind's members alone.
    public init(_ bytes: [UInt8]) throws(EntryError) {
        guard bytes.count <= Self.longest else { throw .tooLong(bytes.count) }
        var members = try MemberReader(try CanonicalJSON(bytes))
        guard try members.number("version") == Self.version else { throw .otherVersion }
        let name: String = try members.text("kind")
        guard let kind = Event.Kind(rawValue: name) else { throw .unknownKind(name) }
        time = try members.time("time")
        actor = try ActorStamp(try members.value("actor"))
        let strand: String = try members.text("strand")
        place = StrandPlace(try members.number("place"), after: try members.number("after"))
        guard place.place >= 1 else { throw .badMember("place") }
        guard (place.place == 1) == (place.before == nil) else { throw .badMember("after") }
        event = try Event(kind, &members)
        guard event.strand.name == strand else { throw .badMember("strand") }
        try members.finish()
    }
}

/// Who did something, and how that is known.
public struct ActorStamp: Hashable, Sendable {
    public enum Source: String, Sendable, CaseIterable {
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

    var value: CanonicalJSON { .object(["known": .text(known.rawValue), "uid": .text(uid.hex)]) }

    init(_ value: CanonicalJSON) throws(EntryError) {
        var members = try MemberReader(value)
        uid = try members.uid("uid")
        known = try members.choice("known")
        try members.finish()
    }
}

/// Collects the members of an entry; those without a value are left out.
struct MemberWriter {
    private(set) var members: [String: CanonicalJSON] = [:]

    mutating func add(_ name: String, _ value: CanonicalJSON?) {
        if let value { members[name] = value }
    }
    mutating func add(_ name: String, _ text: String?) { add(name, text.map { .text($0) }) }
    mutating func add(_ name: String, _ number: UInt64) { add(name, .number(number)) }
    mutating func add(_ name: String, _ flag: Bool) { add(name, .flag(flag)) }
    mutating func add(_ name: String, _ time: Date?) { add(name, time.map { .text(LedgerTime.text($0)) }) }
    mutating func add<Thing>(_ name: String, _ uid: UID<Thing>?) { add(name, uid.map { .text($0.hex) }) }
    mutating func add(_ name: String, _ commitment: Commitment?) { add(name, commitment.map { .text($0.hex) }) }
    mutating func add(_ name: String, _ texts: [String]?) { add(name, texts.map { .list($0.map { .text($0) }) }) }
}

/// Takes the members of an entry one by one; what is left at the end does not belong there.
struct MemberReader {
    private var members: [String: CanonicalJSON]

    init(_ value: CanonicalJSON) throws(EntryError) {
        guard case .object(let members) = value else { throw .notCanonical(offset: 0) }
        self.members = members
    }

    func finish() throws(EntryError) {
        if let name = members.keys.sorted().first { throw .unknownMember(name) }
    }

    private mutating func take<Value>(
        _ name: String, _ convert: (CanonicalJSON) -> Value?
    ) throws(EntryError) -> Value? {
        guard let value = members.removeValue(forKey: name) else { return nil }
        guard let converted = convert(value) else { throw .badMember(name) }
        return converted
    }

    private func need<Value>(_ value: Value?, _ name: String) throws(EntryError) -> Value {
        guard let value else { throw .badMember(name) }
        return value
    }

    mutating func value(_ name: String) throws(EntryError) -> CanonicalJSON { try need(take(name) { $0 }, name) }

    mutating func text(_ name: String) throws(EntryError) -> String? {
        try take(name) { if case .text(let text) = $0 { text } else { nil } }
    }
    mutating func text(_ name: String) throws(EntryError) -> String { try need(text(name), name) }

    mutating func number(_ name: String) throws(EntryError) -> UInt64? {
        try take(name) { if case .number(let number) = $0 { number } else { nil } }
    }
    mutating func number(_ name: String) throws(EntryError) -> UInt64 { try need(number(name), name) }

    /// A SHA-256 in hexadecimal.
    mutating func digest(_ name: String) throws(EntryError) -> String? {
        try take(name) { if case .text(let text) = $0, Digest(hex: text) != nil { text } else { nil } }
    }
    mutating func digest(_ name: String) throws(EntryError) -> String { try need(digest(name), name) }

    mutating func flag(_ name: String) throws(EntryError) -> Bool? {
        try take(name) { if case .flag(let flag) = $0 { flag } else { nil } }
    }
    mutating func flag(_ name: String) throws(EntryError) -> Bool { try need(flag(name), name) }

    mutating func time(_ name: String) throws(EntryError) -> Date? {
        try take(name) { if case .text(let text) = $0 { LedgerTime.time(text) } else { nil } }
    }
    mutating func time(_ name: String) throws(EntryError) -> Date { try need(time(name), name) }

    mutating func uid<Thing>(_ name: String) throws(EntryError) -> UID<Thing>? {
        try take(name) { if case .text(let text) = $0 { UID(hex: text) } else { nil } }
    }
    mutating func uid<Thing>(_ name: String) throws(EntryError) -> UID<Thing> { try need(uid(name), name) }

    mutating func commitment(_ name: String) throws(EntryError) -> Commitment? {
        try take(name) { if case .text(let text) = $0 { Commitment(hex: text) } else { nil } }
    }
    mutating func commitment(_ name: String) throws(EntryError) -> Commitment { try need(commitment(name), name) }

    mutating func address(_ name: String) throws(EntryError) -> BlobAddress? {
        try take(name) { if case .text(let text) = $0 { BlobAddress(hex: text) } else { nil } }
    }
    mutating func address(_ name: String) throws(EntryError) -> BlobAddress { try need(address(name), name) }

    mutating func choice<Value: RawRepresentable>(_ name: String) throws(EntryError) -> Value?
    where Value.RawValue == String {
        try take(name) { if case .text(let text) = $0 { Value(rawValue: text) } else { nil } }
    }
    mutating func choice<Value: RawRepresentable>(_ name: String) throws(EntryError) -> Value
    where Value.RawValue == String { try need(choice(name), name) }

    mutating func list<Element>(
        _ name: String, _ convert: (CanonicalJSON) -> Element?
    ) throws(EntryError) -> [Element]? {
        try take(name) { value in
            guard case .list(let values) = value else { return nil }
            let elements = values.compactMap(convert)
            return elements.count == values.count ? elements : nil
        }
    }
    mutating func texts(_ name: String) throws(EntryError) -> [String]? {
        try list(name) { if case .text(let text) = $0 { text } else { nil } }
    }
    mutating func texts(_ name: String) throws(EntryError) -> [String] { try need(texts(name), name) }

    mutating func uids<Thing>(_ name: String) throws(EntryError) -> [UID<Thing>]? {
        try list(name) { if case .text(let text) = $0 { UID(hex: text) } else { nil } }
    }
    mutating func uids<Thing>(_ name: String) throws(EntryError) -> [UID<Thing>] { try need(uids(name), name) }

    mutating func object(_ name: String) throws(EntryError) -> [String: CanonicalJSON]? {
        try take(name) { if case .object(let members) = $0 { members } else { nil } }
    }
    mutating func object(_ name: String) throws(EntryError) -> [String: CanonicalJSON] { try need(object(name), name) }
}
