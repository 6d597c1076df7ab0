public import Base
public import Foundation

/// What an entry about a verification says exactly: under a commitment, because it could find the person. The entry
/// itself has days, and lengths that are powers of two. See <doc:Entries>.
public struct Exact: Codable, Equatable, Sendable {
    public struct Length: Codable, Equatable, Sendable {
        public let object: ObjectUID
        /// Bytes.
        public let length: UInt64

        public init(object: ObjectUID, length: UInt64) { (self.object, self.length) = (object, length) }
    }

    /// A keyed tag: of what something is recognised by.
    public struct Recognised: Codable, Equatable, Sendable {
        /// The number of the key that made it.
        public let key: UInt64
        /// In hexadecimal.
        public let tag: String

        public init(key: UInt64, tag: String) { (self.key, self.tag) = (key, tag) }
    }

    public var tokenIssuedAt: Date?
    public var capturedFrom: Date?
    public var capturedUntil: Date?
    private var verdict: Outcome.Verdict?
    private var result: String?
    /// Of the objects that the answer had.
    public var lengths: [Length]?
    /// Of the SDK token, and of the whole answer.
    public var token: Recognised?
    public var answer: Recognised?

    public init(
        tokenIssuedAt: Date? = nil, capturedFrom: Date? = nil, capturedUntil: Date? = nil, outcome: Outcome? = nil,
        lengths: [Length]? = nil, token: Recognised? = nil, answer: Recognised? = nil
    ) {
        self.tokenIssuedAt = tokenIssuedAt
        self.capturedFrom = capturedFrom
        self.capturedUntil = capturedUntil
        verdict = outcome?.verdict
        result = outcome?.code
        self.lengths = lengths
        (self.token, self.answer) = (token, answer)
    }

    enum CodingKeys: String, CodingKey {
        case tokenIssuedAt, capturedFrom, capturedUntil, verdict = "outcome", result, lengths, token, answer
    }

    public var outcome: Outcome? {
        verdict.flatMap { verdict in result.map { Outcome(verdict, code: $0) } }
    }

    /// The text that is committed to, in canonical JSON.
    public func text() throws(EntryError) -> String {
        let encoder = CanonicalEncoder()
        try encoder.add(self)
        return String(decoding: encoder.object.bytes, as: UTF8.self)
    }

    /// Reads what ``text()`` writes.
    public init(_ text: String) throws(EntryError) {
        let decoder = try CanonicalDecoder(try CanonicalJSON(Array(text.utf8)))
        self = try decoder.read(Exact.self)
        try decoder.finish()
        guard (verdict == nil) == (result == nil) else { throw .badMember("outcome") }
    }

    /// The length that stands in an entry: the next power of two.
    public static func rounded(_ length: UInt64) -> UInt64 {
        guard length > 1 else { return length }
        let bits = 64 - (length - 1).leadingZeroBitCount
        return bits > 52 ? CanonicalJSON.largestNumber : 1 << UInt64(bits)
    }
}

extension Event {
    /// Whether it commits to what somebody has to know exactly.
    public var isExact: Bool {
        switch self {
        case .caseRegistered(let event): event.age != nil
        case .caseCompleted(let event): event.age != nil
        case .verificationRegistered(let event): event.exact != nil
        case .verificationCompleted(let event): event.exact != nil
        case .verificationEnded: true
        case .caseCorrected(let event): event.exact != nil
        default: false
        }
    }
}

extension Entry {
    /// The entry with what it commits to, as far as that is opened.
    ///
    /// - Parameter openings: by the members that they open.
    /// - Throws: ``EntryError/badMember(_:)`` for one that does not fit.
    public func opened(by openings: [String: Commitment.Opening]) throws(EntryError) -> Entry {
        func text(_ member: String, _ commitment: Commitment?) throws(EntryError) -> String? {
            guard let opening = openings[member] else { return nil }
            guard opening.commitment == commitment else { throw .badMember(member) }
            return opening.text
        }
        func exact(_ commitment: Commitment?) throws(EntryError) -> Exact? {
            guard let text = try text("exactCommitment", commitment) else { return nil }
            return try Exact(text)
        }
        let opened: Event
        switch event {
        case .caseRegistered(var event):
            event.openedAge = try text("ageCommitment", event.age)
            opened = .caseRegistered(event)
        case .caseCompleted(var event):
            event.openedAge = try text("ageCommitment", event.age)
            opened = .caseCompleted(event)
        case .verificationRegistered(var event):
            event.opened = try exact(event.exact)
            opened = .verificationRegistered(event)
        case .verificationCompleted(var event):
            event.opened = try exact(event.exact)
            opened = .verificationCompleted(event)
        case .verificationEnded(var event):
            event.opened = try exact(event.exact)
            opened = .verificationEnded(event)
        case .caseCorrected(var event):
            event.opened = try exact(event.exact)
            opened = .caseCorrected(event)
        default: return self
        }
        return Entry(time: time, actor: actor, event: opened, place: place)
    }

    /// Members that hold what somebody has to know exactly.
    public static let exactMembers: Set<String> = ["exactCommitment", "ageCommitment"]
}
